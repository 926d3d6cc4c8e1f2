//! What can be checked without asking anybody.

use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::{Finding, Verdict};
use crate::blobs::ArchiveDir;
use crate::catalog::CatalogReader;
use crate::cli::render::units::{bytes, counted};
use crate::clock::Clock;
use crate::config::{Config, Since};
use crate::daemon::{catalog_failure, store_failure};
use crate::domain::Timestamp;
use crate::exit::{Exit, Failure};

/// The configuration itself, the clock, the API's version.
pub(super) fn machine(config: &Config, clock: &Clock) -> Vec<Finding> {
    let accounts = config.accounts.len();
    let place = config.path.display().to_string();
    let configuration = if accounts == 0 {
        Finding::new(
            "configuration",
            Verdict::Bad(Exit::Config),
            format!("{place} names no account"),
        )
        .with_hint("add an [[account]] section; docs/tokens.md says where its values come from")
    } else {
        let number = u64::try_from(accounts).unwrap_or(u64::MAX);
        Finding::good("configuration", format!("{place}, {}", counted(number, "account")))
    };
    vec![configuration, self::clock(clock.now()), api_version(&config.api.version, clock.now())]
}

/// The program is younger than any right clock.
fn clock(now: Timestamp) -> Finding {
    const WRITTEN: i64 = 1_795_305_600; // 2026-11-22
    let shown = format!("{now}");
    if now.as_unix() < WRITTEN {
        Finding::warning("clock", format!("{shown} is before this program was written"))
            .with_hint("set the clock, for example by running an NTP client")
    } else {
        Finding::good("clock", shown)
    }
}

/// Until when versions are served, by the changelog of the Graph API (autumn 2026).
const VERSIONS: [(&str, &str); 5] = [
    ("v21.0", "2027-01-21T00:00:00Z"),
    ("v22.0", "2027-05-20T00:00:00Z"),
    ("v23.0", "2027-10-08T00:00:00Z"),
    ("v24.0", "2028-02-18T00:00:00Z"),
    ("v25.0", "2028-07-29T00:00:00Z"),
];

fn api_version(version: &str, now: Timestamp) -> Finding {
    const AHEAD: std::time::Duration = std::time::Duration::from_secs(90 * 86_400);
    let known = VERSIONS.iter().find(|(known, _)| *known == version);
    let Some(end) = known.and_then(|(_, end)| end.parse::<Timestamp>().ok()) else {
        return Finding::good("API version", version);
    };
    let day = end.to_string().chars().take(10).collect::<String>();
    if now.plus(AHEAD) >= end {
        Finding::warning("API version", format!("{version} is served until {day}"))
            .with_hint("set api.version to a newer one and run `mediakeep check`")
    } else {
        Finding::good("API version", format!("{version}, served until {day}"))
    }
}

/// The directory, its disk, its catalog.
pub(super) fn archive(config: &Config, now: Timestamp) -> Vec<Finding> {
    let dir = &config.archive.dir;
    let is_new = !dir.exists() || is_empty(dir);
    if let Some(id) = config.archive.id.as_ref().filter(|_| is_new) {
        let failure = Failure::new(
            Exit::Storage,
            format!("{} is not there, but archive {id} should be", dir.display()),
        )
        .with_hint("mount the disk that the archive is on");
        return vec![Finding::failed("archive", &failure)];
    }
    if is_new {
        return new_archive(dir, config.archive.min_free);
    }
    let opened = match ArchiveDir::open_read_only(dir) {
        Ok(opened) => opened,
        Err(error) => return vec![Finding::failed("archive", &store_failure(error))],
    };
    if let Some(id) = config.archive.id.as_ref().filter(|id| *id != opened.id()) {
        let failure = Failure::new(
            Exit::Storage,
            format!("{} holds archive {}, not {id}", dir.display(), opened.id()),
        )
        .with_hint("mount the right disk, or correct [archive] id");
        return vec![Finding::failed("archive", &failure)];
    }
    let mut findings = vec![match access(dir, Access::WRITE_OK) {
        Ok(()) => Finding::good("archive", format!("{}, id {}", dir.display(), opened.id())),
        Err(errno) => Finding::failed("archive", &not_writable(dir, errno.into())),
    }];
    findings.push(match opened.free_space() {
        Ok(free) => disk(free, config.archive.min_free),
        Err(error) => Finding::failed("disk", &store_failure(error)),
    });
    if opened.catalog_path().exists() {
        findings.push(catalog(&opened.catalog_path(), now));
    }
    findings
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

/// A place where the first sync makes an archive.
fn new_archive(dir: &Path, min_free: u64) -> Vec<Finding> {
    let made_in =
        if dir.exists() { Some(dir) } else { dir.parent().filter(|parent| parent.is_dir()) };
    let Some(made_in) = made_in else {
        let failure = Failure::new(
            Exit::Storage,
            format!("the directory above {} does not exist", dir.display()),
        )
        .with_hint("create it, or mount the disk that the archive is to be on");
        return vec![Finding::failed("archive", &failure)];
    };
    let archive = match access(made_in, Access::WRITE_OK) {
        Ok(()) => {
            Finding::good("archive", format!("{} will be made by the first sync", dir.display()))
        }
        Err(errno) => Finding::failed("archive", &not_writable(made_in, errno.into())),
    };
    let disk = match statvfs(made_in) {
        Ok(facts) => disk(facts.f_bavail.saturating_mul(facts.f_frsize), min_free),
        Err(errno) => Finding::failed(
            "disk",
            &Failure::new(Exit::Storage, "could not read the free space")
                .caused_by(std::io::Error::from(errno)),
        ),
    };
    vec![archive, disk]
}

fn not_writable(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(Exit::Storage, format!("{} cannot be written by this user", path.display()))
        .caused_by(error)
        .with_hint("run the check as the user that runs mediakeep, such as `sudo -u mediakeep`")
}

fn disk(free: u64, min_free: u64) -> Finding {
    if free < min_free {
        let text = format!("{} free, less than min_free {}", bytes(free), bytes(min_free));
        Finding::new("disk", Verdict::Bad(Exit::Storage), text)
            .with_hint("make room, or lower archive.min_free")
    } else {
        Finding::good("disk", format!("{} free", bytes(free)))
    }
}

fn catalog(path: &Path, now: Timestamp) -> Finding {
    let status = CatalogReader::open(path).and_then(|reader| reader.status());
    let status = match status {
        Ok(status) => status,
        Err(error) => return Finding::failed("catalog", &catalog_failure(error)),
    };
    let walked =
        status.accounts.iter().filter_map(|a| Some(a.last_walk.as_ref()?.started_at)).max();
    match walked {
        Some(walked) if walked > now => Finding::warning(
            "catalog",
            format!("its last walk began at {walked}, after now ({now})"),
        )
        .with_hint("set the clock: times in the archive would go backwards"),
        Some(_) | None => Finding::good(
            "catalog",
            format!("schema {}, {}", status.schema, counted(status.totals.posts, "post")),
        ),
    }
}

/// Every schedule with its next five runs.
pub(super) fn schedules(config: &Config, now: Timestamp) -> Vec<Finding> {
    const RUNS: usize = 5;
    let zone = &config.schedule.timezone;
    let finding = |subject: String, schedule: &crate::schedule::Schedule, what: String| {
        let runs = schedule.next_runs(now, RUNS);
        let more = runs.into_iter().map(|run| zone.show(run)).collect();
        let detail = format!("{} ({}){what}", schedule.crontab(), zone.name());
        Finding { more, ..Finding::good(subject, detail) }
    };
    let mut findings = Vec::new();
    for account in &config.accounts {
        for walk in &account.walks {
            let since = match walk.since {
                Some(Since::Ago(ago)) => {
                    format!(
                        ", {} of the last {}",
                        walk.edge,
                        crate::cli::render::units::duration(ago)
                    )
                }
                Some(Since::At(at)) => format!(", {} since {at}", walk.edge),
                None => format!(", all {}", walk.edge),
            };
            let subject = format!("schedule {} {}", account.name, walk.name);
            findings.push(finding(subject, &walk.schedule, since));
        }
    }
    findings.push(finding(
        "schedule backup".to_owned(),
        &config.archive.backup.schedule,
        String::new(),
    ));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_warned_about_ninety_days_before_its_end() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let verdict = |version, now| api_version(version, at(now)).verdict;
        assert_eq!(verdict("v25.0", "2026-11-22T00:00:00Z"), Verdict::Good);
        assert_eq!(verdict("v25.0", "2028-05-01T00:00:00Z"), Verdict::Warning);
        assert_eq!(verdict("v99.0", "2028-05-01T00:00:00Z"), Verdict::Good);
    }

    #[test]
    fn a_clock_before_the_program_is_noticed() {
        assert_eq!(clock("2026-11-23T00:00:00Z".parse().unwrap()).verdict, Verdict::Good);
        assert_eq!(clock(Timestamp::EPOCH).verdict, Verdict::Warning);
    }

    #[test]
    fn a_full_disk_fails_before_a_file_does() {
        assert_eq!(disk(1, 2).verdict, Verdict::Bad(Exit::Storage));
        assert_eq!(disk(2, 2).verdict, Verdict::Good);
    }
}
