//! `mediakeep prove`: the evidence about one post, for others to check.

use super::open_to_read;
use crate::archive::prove::{Copies, Proof, ProofOrder, ProveError, prove};
use crate::cli::args::ProveArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::text::plain;
use crate::cli::render::units::counted;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{VERSION, catalog_failure, store_failure};
use crate::exit::{Exit, Failure};

/// Writes the evidence.
pub(crate) fn run(args: &ProveArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let reading = open_to_read(config)?;
    let order = ProofOrder {
        media: &args.media,
        to: &args.dir,
        files: if args.with_files { Copies::Take } else { Copies::Leave },
        now: Clock::system().now(),
        program_version: VERSION,
    };
    let proof = prove(&reading.dir, &reading.catalog, &order).map_err(failure)?;
    match output.reader {
        Reader::Program => output.record("proof", serde_json::to_value(&proof)?)?,
        Reader::Person => output.write(&text(&proof, args))?,
    }
    Ok(Exit::Done)
}

fn text(proof: &Proof, args: &ProveArgs) -> String {
    let number = |number: usize, noun| counted(u64::try_from(number).unwrap_or(u64::MAX), noun);
    let dir = plain(&args.dir.to_string_lossy());
    format!(
        "Post {} of {} ({}): {} in a chain of {}, {}, {}, {}.\n\
         It is in {dir}; README.txt says what it shows.\n\
         Check it with: cd {dir} && sha256sum -c SHA256SUMS && python3 check.py\n",
        plain(&proof.media_id),
        plain(&proof.account),
        plain(&proof.state),
        number(proof.events, "event"),
        number(proof.chained, "event"),
        number(proof.requests, "request"),
        number(proof.responses, "answer"),
        number(proof.files, "file"),
    )
}

fn failure(error: ProveError) -> Failure {
    let (exit, hint) = match error {
        ProveError::Catalog(error) => return catalog_failure(error),
        ProveError::Store(error) => return store_failure(error),
        ProveError::UnknownItem(_) => (
            Exit::Usage,
            "`mediakeep list` shows ids and shortcodes; a new post comes with the next sync",
        ),
        ProveError::NotEmpty(_) => {
            (Exit::Usage, "name a directory that does not exist yet, or is empty")
        }
        ProveError::Write { .. } => (Exit::Storage, "choose a directory that you may write to"),
        ProveError::Damaged(_) => (
            Exit::Damage,
            "`mediakeep verify` finds all that is damaged; backups/ has older copies",
        ),
    };
    Failure::new(exit, format!("{:#}", anyhow::Error::from(error))).with_hint(hint)
}
