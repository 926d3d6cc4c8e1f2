//! `mediakeep man`: manual pages from the same text as the help.

use std::fs;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::args::{self, GROUPS, ManArgs};
use crate::cli::output::Output;
use crate::exit::{Exit, Failure};

/// Prints the main page, or writes one page per command.
pub(crate) fn run(args: &ManArgs, output: &Output) -> anyhow::Result<Exit> {
    let mut command = args::command();
    command.build();
    match &args.dir {
        None => output.write_bytes(&main_page(&command)?)?,
        Some(dir) => write_all(&command, dir, output)?,
    }
    Ok(Exit::Done)
}

fn write_all(command: &Command, dir: &Path, output: &Output) -> anyhow::Result<()> {
    fs::create_dir_all(dir).map_err(|error| could_not("create", dir, error))?;
    let mut pages = vec![("mediakeep.1".to_owned(), main_page(command)?)];
    for sub in command.get_subcommands() {
        let name = format!("mediakeep-{}", sub.get_name());
        let page =
            Man::new(sub.clone().version(env!("CARGO_PKG_VERSION"))).title(name.to_uppercase());
        let mut text = Vec::new();
        page.render(&mut text)?;
        pages.push((format!("{name}.1"), text));
    }
    for (name, text) in pages {
        let path = dir.join(name);
        fs::write(&path, text).map_err(|error| could_not("write", &path, error))?;
        output.write(&format!("{}\n", path.display()))?;
    }
    Ok(())
}

fn could_not(what: &str, path: &Path, error: std::io::Error) -> Failure {
    Failure::new(Exit::Storage, format!("could not {what} {}", path.display())).caused_by(error)
}

/// The page of the program, with commands in their groups and the exit codes as a list.
fn main_page(command: &Command) -> anyhow::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    let mut roff = Roff::new();
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "Archives the media of Instagram professional accounts through the official API: \
         metadata in one SQLite file, files in a directory where each is named by its SHA-256.",
    )]);
    roff.control("SH", ["COMMANDS"]);
    for (title, names) in GROUPS {
        roff.control("SS", [title]);
        for sub in names.iter().filter_map(|name| command.find_subcommand(name)) {
            roff.control("TP", []);
            roff.text([bold(format!("mediakeep-{}(1)", sub.get_name()))]);
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            roff.text([roman(about)]);
        }
    }
    roff.to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for exit in Exit::ALL {
        roff.control("TP", []);
        roff.text([bold(exit.code().to_string())]);
        roff.text([roman(exit.meaning())]);
    }
    roff.control("SH", ["FILES"]);
    for (path, what) in FILES {
        roff.control("TP", []);
        roff.text([bold(path)]);
        roff.text([roman(what)]);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, what) in VARIABLES {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(what)]);
    }
    roff.to_writer(&mut page)?;
    Ok(page)
}

const FILES: [(&str, &str); 2] = [
    ("~/.config/mediakeep/config.toml", "The configuration of a user; read before the next one."),
    ("/etc/mediakeep/config.toml", "The configuration of the machine."),
];

const VARIABLES: [(&str, &str); 4] = [
    ("MEDIAKEEP_CONFIG", "The configuration file, unless --config names one."),
    ("MEDIAKEEP__SECTION__KEY", "Wins over the key of the section in the file."),
    ("NO_COLOR", "Set to anything: no colours."),
    ("CREDENTIALS_DIRECTORY", "Where systemd puts the credentials of a unit."),
];
