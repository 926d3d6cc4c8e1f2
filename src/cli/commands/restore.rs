//! `mediakeep restore`: a checked copy in place of a lost or damaged catalog.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use crate::archive::restore::{
    Choice, Present, RestoreDone, RestoreError, RestorePlan, plan_restore, restore,
};
use crate::blobs::ArchiveDir;
use crate::catalog::{CatalogError, Contents};
use crate::cli::args::RestoreArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::units::{ago, bytes, counted};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{catalog_failure, store_failure};
use crate::domain::Timestamp;
use crate::exit::{Exit, Failure};

/// Shows what will happen, asks, and does it.
pub(crate) fn run(args: &RestoreArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let now = Clock::system().now();
    let dir = open(config)?;
    let choice = match args.copy.as_deref() {
        None => Choice::Latest,
        Some(word) if word == Path::new("latest") => Choice::Latest,
        Some(file) => Choice::File(file.to_owned()),
    };
    let plan = plan_restore(&dir, &choice).map_err(restore_failure)?;
    match output.reader {
        Reader::Program => output.record("restore_plan", plan_fields(&plan))?,
        Reader::Person => output.write(&told_plan(&plan, now))?,
    }
    if !args.yes && !agreed()? {
        output.write("Nothing was changed.\n")?;
        return Ok(Exit::Done);
    }
    let done = restore(&dir, &plan, now).map_err(restore_failure)?;
    match output.reader {
        Reader::Program => output
            .record("restored", json!({ "aside": done.aside, "adoptable": done.adoptable }))?,
        Reader::Person => output.write(&told_done(&done))?,
    }
    Ok(Exit::Done)
}

/// An archive that exists; a restore never makes one.
fn open(config: &Config) -> Result<ArchiveDir, Failure> {
    let wanted = config.archive.id.clone();
    let there = ArchiveDir::open_read_only(&config.archive.dir).map_err(store_failure)?;
    let id = wanted.unwrap_or_else(|| there.id().to_owned());
    drop(there);
    ArchiveDir::create_or_open(&config.archive.dir, Some(&id)).map_err(store_failure)
}

fn agreed() -> Result<bool, Failure> {
    let cannot_ask = || {
        Failure::new(Exit::Usage, "nobody can be asked here: nothing was changed")
            .with_hint("say --yes to restore without a question")
    };
    if !io::stdin().is_terminal() {
        return Err(cannot_ask());
    }
    let mut answer = String::new();
    write!(io::stderr(), "Restore it? [y/N] ")
        .and_then(|()| io::stdin().lock().read_line(&mut answer))
        .map_err(|_| cannot_ask())?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn told_plan(plan: &RestorePlan, now: Timestamp) -> String {
    let mut text = String::new();
    for (path, why) in &plan.passed_over {
        text.extend(["passed over  ", &path.display().to_string(), ": ", why, "\n"]);
    }
    let age = plan.made_at.or(plan.contents.newest_at).map(|at| format!(", {}", ago(at, now)));
    text.extend([
        format!("copy         {}\n", plan.copy.display()),
        format!(
            "             {}{}, schema {}, sound\n",
            bytes(plan.size_bytes),
            age.unwrap_or_default(),
            plan.contents.schema
        ),
        format!("             {}\n", held(&plan.contents)),
    ]);
    text.extend([match &plan.present {
        Present::Missing => "catalog.db   is not there\n".to_owned(),
        Present::Damaged { found, contents } => format!(
            "catalog.db   is damaged: {found}\n{}",
            contents.as_ref().map(|c| format!("             {}\n", held(c))).unwrap_or_default()
        ),
        Present::Sound(contents) => format!("catalog.db   {}\n", held(contents)),
    }]);
    if let Some(present) = plan.present.contents() {
        text.extend(["difference   ", &difference(present, &plan.contents), "\n"]);
    }
    text
}

fn held(contents: &Contents) -> String {
    format!(
        "{}, {}, {}{}",
        counted(contents.posts, "post"),
        counted(contents.files_held, "file"),
        counted(contents.events, "event"),
        contents.newest_at.map(|at| format!(", the newest of {at}")).unwrap_or_default()
    )
}

fn difference(present: &Contents, copy: &Contents) -> String {
    let parts: Vec<String> = [
        (present.posts, copy.posts, "post"),
        (present.files_held, copy.files_held, "file"),
        (present.events, copy.events, "event"),
    ]
    .into_iter()
    .filter_map(|(present, copy, what)| match present.checked_sub(copy) {
        Some(0) => None,
        Some(fewer) => Some(format!("{} fewer", counted(fewer, what))),
        None => Some(format!("{} more", counted(copy - present, what))),
    })
    .collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

fn told_done(done: &RestoreDone) -> String {
    let aside = match &done.aside {
        Some(path) => format!("The former catalog is in {path}; nothing of it was removed.\n"),
        None => String::new(),
    };
    format!(
        "Restored. {aside}Next: `mediakeep sync` lists what came since the copy and keeps it again, \
         then `mediakeep verify`.\n"
    )
}

fn plan_fields(plan: &RestorePlan) -> Value {
    let contents = |held: &Contents| {
        json!({
            "schema": held.schema,
            "posts": held.posts,
            "files_held": held.files_held,
            "events": held.events,
            "newest_at": held.newest_at.map(|at| at.to_string()),
        })
    };
    let (state, found) = match &plan.present {
        Present::Missing => ("missing", None),
        Present::Damaged { found, .. } => ("damaged", Some(found)),
        Present::Sound(_) => ("sound", None),
    };
    json!({
        "copy": plan.copy.display().to_string(),
        "made_at": plan.made_at.map(|at| at.to_string()),
        "size_bytes": plan.size_bytes,
        "sha256": plan.sha256,
        "contents": contents(&plan.contents),
        "present": { "state": state, "found": found, "contents": plan.present.contents().map(contents) },
        "passed_over": plan.passed_over.iter()
            .map(|(path, why)| json!({ "path": path.display().to_string(), "reason": why }))
            .collect::<Vec<_>>(),
    })
}

fn restore_failure(error: RestoreError) -> Failure {
    let message = error.to_string();
    let (exit, hint) = match error {
        RestoreError::Catalog(CatalogError::BadCopy { .. }) => {
            (Exit::Damage, "the catalog is as it was; try another copy from backups/")
        }
        RestoreError::Catalog(error) => {
            let failure = catalog_failure(error);
            return failure.with_hint("the catalog is as it was; try another copy from backups/");
        }
        RestoreError::Store(error) => return store_failure(error),
        RestoreError::NoCopy { .. } | RestoreError::NoSoundCopy { .. } => {
            (Exit::Damage, "name a copy from elsewhere: `mediakeep restore FILE`")
        }
        RestoreError::Itself { .. } => (Exit::Usage, "name a copy, such as one in backups/"),
        RestoreError::OtherArchive { .. } => (
            Exit::Storage,
            "a catalog belongs to the files beside it: find this archive's own copy",
        ),
        RestoreError::Changed { .. } => (Exit::Storage, "run it again when nobody writes the copy"),
        RestoreError::InUse => (
            Exit::InUse,
            "end whoever reads it (`fuser -v catalog.db` in the archive) and run it again",
        ),
    };
    Failure::new(exit, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(posts: u64, files_held: u64, events: u64) -> Contents {
        Contents {
            archive_id: "a1b2c3".to_owned(),
            schema: 3,
            posts,
            files_held,
            events,
            newest_at: None,
            heads: Vec::new(),
        }
    }

    #[test]
    fn what_a_copy_lacks_is_told_in_numbers() {
        let copy = contents(10, 20, 30);
        for (present, text) in [
            (contents(10, 20, 30), "none"),
            (contents(12, 20, 31), "2 posts fewer, 1 event fewer"),
            (contents(0, 19, 30), "10 posts more, 1 file more"),
        ] {
            assert_eq!(difference(&present, &copy), text);
        }
    }
}
