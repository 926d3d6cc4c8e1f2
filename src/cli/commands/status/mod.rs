//! `mediakeep status`: everything on one screen, beside a running daemon and a stopped one.
//!
//! `facts` gathers, `head`, `urgent`, `accounts` and `foot` are the parts of the screen, `record` is
//! the same for programs.

use super::open_to_read;
use crate::cli::output::{Output, Reader};
use crate::cli::render::flow::flow;
use crate::clock::Clock;
use crate::config::Config;
use crate::exit::Exit;

mod accounts;
mod facts;
mod foot;
mod head;
mod record;
#[cfg(test)]
mod tests;
mod urgent;

use facts::Facts;

/// Shows the archive and its accounts.
pub(crate) fn run(config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let facts = Facts::gather(config, &open_to_read(config)?, Clock::system().now())?;
    match output.reader {
        Reader::Program => record::write(&facts, output)?,
        Reader::Person => output.write(&screen(&facts, output))?,
    }
    Ok(Exit::Done)
}

fn screen(facts: &Facts, output: &Output) -> String {
    let mut text = head::lines(facts, output);
    let first = urgent::rows(facts);
    if !first.is_empty() {
        text.extend(["\n", &flow(&first, output.sentences, output.colours)]);
    }
    text.push_str(&accounts::table(facts, output));
    text.push_str(&foot::lines(facts, output));
    text
}
