//! `mediakeep accept`: a person's word that what a held walk did not list is missing.

use serde_json::json;

use super::{Reading, open_to_read};
use crate::archive::Archive;
use crate::catalog::{Accepted, CatalogError, HoldRow, WalkFilter, WalkId};
use crate::cli::args::AcceptArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::text::{plain, wrap};
use crate::cli::render::units::counted;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{catalog_failure, open_archive};
use crate::exit::{Exit, Failure};
use crate::web::control::{Reply, Request, ask};

/// Believes the walk, and tells what that did.
pub(crate) fn run(args: &AcceptArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let account = account_of(&open_to_read(config)?, args.walk)?;
    let accepted = match ask(&config.archive.dir, &Request::Accept { walk: args.walk })? {
        Some(Reply::Accepted { missing, lost_urls }) => Accepted { missing, lost_urls },
        Some(other) => return Err(other.into_failure().into()),
        None => super::runtime()?.block_on(accept(config, args.walk))?,
    };
    match output.reader {
        Reader::Program => output.record(
            "accepted",
            json!({
                "walk_id": args.walk,
                "account": account,
                "missing": accepted.missing,
                "lost_urls": accepted.lost_urls,
            }),
        )?,
        Reader::Person => {
            for line in wrap(&told(args.walk, &account, accepted), output.sentences) {
                output.write(&format!("{line}\n"))?;
            }
        }
    }
    Ok(Exit::Done)
}

async fn accept(config: &Config, walk: i64) -> Result<Accepted, Failure> {
    let clock = Clock::system();
    let archive: Archive = open_archive(config, clock.clone()).await?;
    let now = clock.now();
    let accepted = archive.catalog.call(move |c| c.accept_walk(WalkId(walk), now)).await;
    archive.catalog.clone().close().await.map_err(catalog_failure)?;
    accepted.map_err(|error| match error {
        // A sync may have ended the hold since we looked.
        CatalogError::WalkNotHeld(walk) => not_held(walk, &[]),
        other => catalog_failure(other),
    })
}

/// The account of a walk that is held; nothing is opened for writing when it is not.
fn account_of(reading: &Reading, walk: i64) -> Result<String, Failure> {
    let holds = reading.catalog.open_holds(None).map_err(catalog_failure)?;
    if let Some(hold) = holds.iter().find(|hold| hold.walk_id == walk) {
        return Ok(hold.account.clone());
    }
    let before = walk.checked_add(1);
    let filter = WalkFilter { before, limit: 1, ..WalkFilter::default() };
    let found = reading.catalog.walks(&filter).map_err(catalog_failure)?;
    if found.iter().any(|known| known.walk_id == walk) {
        return Err(not_held(walk, &holds));
    }
    Err(Failure::new(Exit::Usage, format!("no walk {walk} in the archive"))
        .with_hint("`mediakeep walks` lists the walks, `mediakeep status` names those held"))
}

fn not_held(walk: i64, holds: &[HoldRow]) -> Failure {
    let held: Vec<String> =
        holds.iter().map(|hold| format!("{} ({})", hold.walk_id, plain(&hold.account))).collect();
    let hint = if held.is_empty() {
        "no walk is held: there is nothing to accept".to_owned()
    } else {
        format!("held is walk {}", held.join(", "))
    };
    Failure::new(Exit::Usage, format!("walk {walk} is not held")).with_hint(hint)
}

fn told(walk: i64, account: &str, accepted: Accepted) -> String {
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let mut parts = Vec::new();
    if accepted.missing > 0 {
        let items = counted(number(accepted.missing), "item");
        let are = if accepted.missing == 1 { "is" } else { "are" };
        parts.push(format!("{items} {are} missing since then"));
    }
    if accepted.lost_urls > 0 {
        let files = counted(number(accepted.lost_urls), "file");
        let have = if accepted.lost_urls == 1 { "has" } else { "have" };
        parts.push(format!("{files} {have} no address since then"));
    }
    if parts.is_empty() {
        parts.push("all of it is there again, nothing is missing".to_owned());
    }
    let next = if accepted.missing > 0 {
        " The next walks ask for it by its id; only that can show that it is gone."
    } else {
        ""
    };
    format!("Walk {walk} of {} is believed: {}.{next}", plain(account), parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_accepting_did_is_told_in_numbers() {
        for (missing, lost_urls, part) in [
            (412, 0, "412 items are missing since then."),
            (1, 2, "1 item is missing since then, 2 files have no address since then."),
            (0, 1, "1 file has no address since then."),
            (0, 0, "all of it is there again"),
        ] {
            let text = told(17, "bakery", Accepted { missing, lost_urls });
            assert!(text.starts_with("Walk 17 of bakery is believed: "), "{text}");
            assert!(text.contains(part), "{text}");
            assert_eq!(text.contains("The next walks ask"), missing > 0, "{text}");
        }
    }

    #[test]
    fn a_walk_that_is_not_held_is_refused_with_those_that_are() {
        assert_eq!(not_held(3, &[]).hint(), Some("no walk is held: there is nothing to accept"));
        let failure = not_held(3, &[hold(17), hold(18)]);
        assert_eq!((failure.exit, failure.to_string()), (Exit::Usage, "walk 3 is not held".into()));
        assert_eq!(failure.hint(), Some("held is walk 17 (bakery), 18 (bakery)"));
    }

    fn hold(walk_id: i64) -> HoldRow {
        HoldRow {
            walk_id,
            account: "bakery".to_owned(),
            edge: "media".to_owned(),
            kind: "missing".to_owned(),
            reason: "too_many".to_owned(),
            items: 412,
            looked_at: 4812,
            held_at: "2026-11-22T05:27:00Z".parse().unwrap(),
            ended_at: None,
            ended_by: None,
        }
    }
}
