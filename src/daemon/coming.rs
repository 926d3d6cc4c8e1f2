//! The coming runs of all accounts, from the configuration and the catalog alone.

use std::time::Duration;

use crate::catalog::RunRow;
use crate::config::{AccountConfig, Config, WalkConfig};
use crate::domain::agenda::{Agenda, NewestRun, Progress, Ticks, agenda, begins, jitter};
use crate::domain::{AccountName, Timestamp};

/// A run that will come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComingRun {
    pub account: AccountName,
    pub walk: String,
    /// When it begins; now where it is due already.
    pub at: Timestamp,
    /// The tick that it answers.
    pub due_at: Timestamp,
    /// Earlier ticks that it makes up for.
    pub skipped: u32,
}

/// The next `count` runs of an account, or of all, in the order of time.
pub fn coming_runs(
    config: &Config,
    account: Option<&AccountName>,
    runs: &[RunRow],
    now: Timestamp,
    count: usize,
) -> Vec<ComingRun> {
    let wanted = |one: &&AccountConfig| account.is_none_or(|name| *name == one.name);
    let accounts = config.accounts.iter().filter(wanted);
    let walks = accounts.flat_map(|account| account.walks.iter().map(move |walk| (account, walk)));
    let most = config.schedule.jitter;
    let mut coming: Vec<_> =
        walks.flat_map(|(account, walk)| of_walk(account, walk, runs, most, now, count)).collect();
    coming.sort_by(|a, b| (a.at, &a.account, &a.walk).cmp(&(b.at, &b.account, &b.walk)));
    coming.truncate(count);
    coming
}

fn of_walk(
    account: &AccountConfig,
    walk: &WalkConfig,
    runs: &[RunRow],
    most: Duration,
    now: Timestamp,
    count: usize,
) -> Vec<ComingRun> {
    let next_after = |after| walk.schedule.next_after(after);
    let delay = |tick| jitter(account.name.as_str(), &walk.name, tick, most);
    let ticks = Ticks { next_after: &next_after, delay: &delay };
    let row = runs.iter().find(|row| row.account == account.name.as_str() && row.walk == walk.name);
    let newest = row.map(|row| NewestRun {
        due_at: row.due_at,
        progress: if row.finished_at.is_some() { Progress::Finished } else { Progress::Open },
    });
    let run = |at, due_at, skipped| ComingRun {
        account: account.name.clone(),
        walk: walk.name.clone(),
        at,
        due_at,
        skipped,
    };
    let first = match agenda(newest, now, &ticks) {
        Agenda::Due { tick, skipped } => run(now, tick, skipped),
        Agenda::Wait { tick, begins } => run(begins, tick, 0),
        Agenda::Over => return Vec::new(),
    };
    let following = |last: &ComingRun| {
        let tick = next_after(last.due_at)?;
        Some(run(begins(tick, &ticks), tick, 0))
    };
    std::iter::successors(Some(first), following).take(count).collect()
}

/// How long it is until then, for people: `now`, `in 4 min`, `in 2 d 5 h`.
pub fn in_words(at: Timestamp, now: Timestamp) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 3_600;
    const DAY: u64 = 86_400;
    let seconds = at.since(now).as_secs();
    let two = |big: u64, unit: &str, small: u64, part: &str| match small {
        0 => format!("in {big} {unit}"),
        small => format!("in {big} {unit} {small} {part}"),
    };
    match seconds {
        0 => "now".to_owned(),
        s if s < MINUTE => format!("in {s} s"),
        s if s < HOUR => format!("in {} min", s / MINUTE),
        s if s < DAY => two(s / HOUR, "h", s % HOUR / MINUTE, "min"),
        s => two(s / DAY, "d", s % DAY / HOUR, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_until_then_reads_as_people_say_it() {
        let now = Timestamp::EPOCH;
        for (seconds, words) in [
            (0, "now"),
            (59, "in 59 s"),
            (60, "in 1 min"),
            (3_599, "in 59 min"),
            (3_600, "in 1 h"),
            (3_720, "in 1 h 2 min"),
            (86_400, "in 1 d"),
            (190_000, "in 2 d 4 h"),
        ] {
            assert_eq!(in_words(now.plus(Duration::from_secs(seconds)), now), words);
        }
        assert_eq!(in_words(now, now.plus(Duration::from_secs(9))), "now");
    }
}
