//! `mediakeep demo --story`: nine days in the life of an invented account.

use std::path::Path;

use graph_sandbox::{EditError, Fault, FaultKind, Sandbox, Settings};
use serde_json::json;

use super::demo::{Stage, archive, configure, new_dir, what_next};
use super::{events, gaps, prove, show, status};
use crate::catalog::EventKind;
use crate::cli::args::{DemoArgs, EventsArgs, GapsArgs, Global, ProveArgs, ShowArgs};
use crate::cli::output::{Output, Reader};
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::exit::{Exit, Failure};

/// One day: the hours since the one before, what happens there, and how it is told.
struct Day {
    hours: i64,
    told: &'static str,
    happens: fn(&Scene<'_>) -> Result<(), EditError>,
}

/// The invented account and the posts that the story is about.
struct Scene<'a> {
    sandbox: &'a Sandbox,
    /// Leaves, is gone, and comes back.
    archived: String,
    /// Loses its file's address and gets it back.
    withheld: String,
    edited: String,
    unlisted: String,
    /// Leaves for good while the API is of no help.
    removed: String,
}

const DAYS: [Day; 9] = [
    Day { hours: 0, told: "Everything is archived for the first time.", happens: |_| Ok(()) },
    Day {
        hours: 26,
        told: "There, one post is taken out of view, a caption is edited, and a reel's file is withheld.",
        happens: |scene| {
            let world = scene.sandbox.world();
            world.archive(&scene.archived)?;
            world.edit_caption(&scene.edited, Some("edited on the second day"))?;
            world.withhold_media_url(&scene.withheld)?;
            Ok(())
        },
    },
    Day {
        hours: 26,
        told: "Nothing new there. The post is looked for a second time, a day after the first.",
        happens: |_| Ok(()),
    },
    Day {
        hours: 26,
        told: "There, the post is put back, and another one is taken out of the list alone.",
        happens: |scene| {
            scene.sandbox.world().restore(&scene.archived)?;
            scene.sandbox.world().unlist(&scene.unlisted)?;
            Ok(())
        },
    },
    Day {
        hours: 26,
        told: "There, a post is removed for good, on a day when the API says \"does not exist\" of every post.",
        happens: |scene| {
            scene.sandbox.world().delete(&scene.removed)?;
            scene.sandbox.inject(Fault::new(FaultKind::Nodes100_33));
            Ok(())
        },
    },
    Day {
        hours: 26,
        told: "The API is well again, and the reel's file is back.",
        happens: |scene| {
            scene.sandbox.clear_faults();
            scene.sandbox.world().restore_media_url(&scene.withheld)?;
            Ok(())
        },
    },
    Day {
        hours: 26,
        told: "The list ends in the middle, as if that were all.",
        happens: |scene| {
            let early = Fault::new(FaultKind::EarlyEnd).on("media").times(1).arg("items", 20);
            scene.sandbox.inject(early);
            Ok(())
        },
    },
    Day {
        hours: 26,
        told: "The list is whole again.",
        happens: |scene| {
            scene.sandbox.clear_faults();
            Ok(())
        },
    },
    Day {
        hours: 3,
        told: "The list breaks off: the server fails.",
        happens: |scene| {
            scene.sandbox.inject(Fault::new(FaultKind::Http503).on("media"));
            Ok(())
        },
    },
];

/// The events that the story is about.
const TOLD: [EventKind; 12] = [
    EventKind::Changed,
    EventKind::Missing,
    EventKind::Gone,
    EventKind::Returned,
    EventKind::Unlisted,
    EventKind::UrlLost,
    EventKind::UrlRegained,
    EventKind::WalkHeld,
    EventKind::HoldEnded,
    EventKind::WalkDisproved,
    EventKind::GapOpened,
    EventKind::GapClosed,
];

/// Plays the days one after the other, then asks the archive what it knows of them.
pub(super) fn run(args: &DemoArgs, global: &Global, output: &Output) -> anyhow::Result<Exit> {
    let dir = new_dir(args.dir.as_deref())?;
    let (stage, post) = super::runtime()?.block_on(play(args, &dir, global, output))?;
    let config = &stage.config;
    let say = |text: &str| match output.reader {
        Reader::Person => output.write(text),
        Reader::Program => Ok(()),
    };
    say("\nWhat the archive says of these days, oldest first:\n\n")?;
    let events = EventsArgs {
        account: None,
        media: None,
        kinds: TOLD.to_vec(),
        since: None,
        all: true,
        limit: 0,
    };
    events::run(&events, config, output)?;
    say("\nThe life of the post that left and came back:\n\n")?;
    let shown = ShowArgs { media: post.clone(), events: false };
    show::run(&shown, config, output)?;
    say("\nWhat is not proven now:\n\n")?;
    gaps::run(&GapsArgs { account: None }, config, output)?;
    say("\nThe evidence for one post, to be checked without this program:\n\n")?;
    let evidence = dir.join("evidence");
    let proved = ProveArgs { media: post, dir: evidence.clone(), with_files: false };
    prove::run(&proved, config, output)?;
    say("\n")?;
    status::run(config, output)?;
    let more = format!(
        "  sqlite3 -readonly {0}/catalog.db \"SELECT * FROM disappeared\"\n  sqlite3 -readonly {0}/catalog.db \"SELECT * FROM lost_urls\"\n  (cd {1} && sha256sum -c SHA256SUMS && python3 check.py)\n",
        config.archive.dir.display(),
        evidence.display()
    );
    say(&what_next(config, &more))?;
    Ok(Exit::Done)
}

async fn play(
    args: &DemoArgs,
    dir: &Path,
    global: &Global,
    output: &Output,
) -> anyhow::Result<(Stage, String)> {
    let hours: i64 = DAYS.iter().map(|day| day.hours).sum();
    let beginning = Clock::system().now().as_unix() - hours * 3600;
    let settings = Settings {
        posts: usize::try_from(args.posts).unwrap_or(usize::MAX),
        seed: args.seed,
        facebook_accounts: 0,
        picture_pool: Some(24),
        epoch: Some(beginning),
        ..Settings::default()
    };
    let sandbox = Sandbox::start(settings).await.map_err(|error| {
        Failure::new(Exit::Unavailable, "could not start the invented Instagram").caused_by(error)
    })?;
    let stage =
        Stage { config: configure(dir, sandbox.ready(), &["media"])?, clock: clock_of(&sandbox) };
    let scene = scene(&sandbox)?;
    for (number, day) in (1..).zip(&DAYS) {
        sandbox.clock().advance(day.hours * 3600);
        stage.clock.set(now_of(&sandbox));
        (day.happens)(&scene).map_err(|error| {
            Failure::new(Exit::Bug, "could not change the invented Instagram").caused_by(error)
        })?;
        let date = stage.clock.now().to_string();
        match output.reader {
            Reader::Person => {
                let gap = if number == 1 { "" } else { "\n" };
                output.write(&format!("{gap}Day {number}, {}. {}\n\n", &date[..10], day.told))?;
            }
            Reader::Program => {
                output.record("day", json!({"day": number, "at": date, "told": day.told}))?;
            }
        }
        archive(&stage, global, output).await?;
    }
    let archived = scene.archived.clone();
    sandbox.stop().await;
    Ok((stage, archived))
}

fn clock_of(sandbox: &Sandbox) -> Clock {
    Clock::manual(now_of(sandbox))
}

fn now_of(sandbox: &Sandbox) -> Timestamp {
    Timestamp::from_unix(sandbox.clock().now()).unwrap_or(Timestamp::EPOCH)
}

/// Casts the posts of the story: photos from the middle of the list, and a reel.
fn scene(sandbox: &Sandbox) -> Result<Scene<'_>, Failure> {
    let account = sandbox.ready().accounts.first().map(|account| account.name.clone());
    let posts = sandbox.world().posts(&account.unwrap_or_default());
    let reel = posts.iter().find(|post| post.files.len() == 2 && post.files[0].offered);
    let mut photos = posts.iter().filter(|post| post.files.len() == 1 && post.caption.is_some());
    let mut photo = || photos.next().map(|post| post.id.clone());
    let cast = (|| {
        Some(Scene {
            sandbox,
            archived: photo()?,
            edited: photo()?,
            unlisted: photo()?,
            removed: photo()?,
            withheld: reel?.id.clone(),
        })
    })();
    cast.ok_or_else(|| {
        Failure::new(Exit::Usage, "the story needs more posts than that")
            .with_hint("leave out --posts, or give at least 40")
    })
}
