//! How one allowance stands, by what was heard of it and by our own calls.

use std::collections::VecDeque;
use std::time::Duration;

use super::Timestamp;
use super::pace::Share;

/// An allowance rolls over within a day, so no honest block is longer, and what is remembered of a
/// clock that was wrong is not believed.
pub const LONGEST_BLOCK: Duration = Duration::from_secs(86_400);

/// Times are whole seconds: one more, so that no call comes a moment early.
pub const SLACK: Duration = Duration::from_secs(1);

const HOUR: Duration = Duration::from_secs(3600);
/// The shortest and the longest rest at the ceiling.
const RESTS: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(1800));

/// How one allowance stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    percent: Option<f64>,
    heard_at: Option<Timestamp>,
    blocked_until: Option<Timestamp>,
    /// Whether the API itself named the block: with its end the share heard before is void.
    was_shut_out: bool,
    /// Minutes of the last hour and our own calls in each.
    minutes: VecDeque<(i64, u32)>,
    /// Refusals in a row that named no time.
    refusals: u32,
}

impl Standing {
    /// What an earlier process left behind.
    pub fn remembered(
        percent: Option<f64>,
        heard_at: Timestamp,
        blocked_until: Option<Timestamp>,
    ) -> Self {
        let was_shut_out = blocked_until.is_some();
        let heard_at = Some(heard_at);
        Self { percent, heard_at, blocked_until, was_shut_out, ..Self::default() }
    }

    /// Counts a call that is being sent.
    pub fn note_call(&mut self, now: Timestamp) {
        let minute = now.as_unix().div_euclid(60);
        match self.minutes.back_mut() {
            Some((last, calls)) if *last == minute => *calls += 1,
            Some(_) | None => self.minutes.push_back((minute, 1)),
        }
        while self.minutes.len() > 61 {
            self.minutes.pop_front();
        }
    }

    /// Takes in an answer that was no throttle; from `max_usage` on nobody calls.
    pub fn note_answer(&mut self, share: Share, max_usage: f64, now: Timestamp) {
        self.refusals = 0;
        self.note_share(share, now);
        if share.regain.is_none()
            && let Some(percent) = share.percent.filter(|percent| *percent >= max_usage)
        {
            self.block_for(self.rest(percent, max_usage, now), now);
        }
    }

    /// Takes in a throttle by this allowance. One that names no time is waited out for ever longer,
    /// from a minute to half an hour: calls made while blocked prolong the block.
    pub fn note_refusal(&mut self, share: Share, regain: Option<Duration>, now: Timestamp) {
        let pause = match regain.filter(|regain| !regain.is_zero()) {
            Some(regain) => regain,
            None => Duration::from_secs(60) * 2_u32.pow(self.refusals.min(5)),
        };
        self.refusals = self.refusals.saturating_add(1);
        self.note_share(share, now);
        self.was_shut_out = true;
        self.block_for(pause.min(LONGEST_BLOCK), now);
    }

    fn note_share(&mut self, share: Share, now: Timestamp) {
        if share.percent.is_some() {
            self.percent = share.percent;
            self.heard_at = Some(now);
            self.was_shut_out = false;
        }
        if let Some(regain) = share.regain {
            self.was_shut_out = true;
            self.block_for(regain, now);
        }
    }

    /// Before when nobody may call, if that lies ahead.
    pub fn blocked_until(&self, now: Timestamp) -> Option<Timestamp> {
        let credible = now.plus(LONGEST_BLOCK).plus(SLACK);
        self.blocked_until.filter(|until| *until > now && *until <= credible)
    }

    /// The share in use, unless it was heard so long ago, or before such a block, that it says
    /// nothing any more.
    pub fn percent(&self, now: Timestamp) -> Option<f64> {
        let is_fresh = self.heard_at.is_some_and(|at| now.since(at) < HOUR);
        let is_void = self.was_shut_out && self.blocked_until(now).is_none();
        self.percent.filter(|_| is_fresh && !is_void)
    }

    /// The share in use when it was last heard, for the record.
    pub fn last_percent(&self) -> Option<f64> {
        self.percent
    }

    /// The end of the last block, for the record; it may lie in the past.
    pub fn last_block(&self) -> Option<Timestamp> {
        self.blocked_until
    }

    /// Our own calls within the last hour.
    pub fn calls_of_the_hour(&self, now: Timestamp) -> u32 {
        self.within_the_hour(now).map(|(_, calls)| calls).sum()
    }

    fn within_the_hour(&self, now: Timestamp) -> impl Iterator<Item = (i64, u32)> {
        let minute = now.as_unix().div_euclid(60);
        self.minutes.iter().copied().filter(move |(at, _)| (minute - 60..=minute).contains(at))
    }

    fn block_for(&mut self, pause: Duration, now: Timestamp) {
        let until = now.plus(pause).plus(SLACK);
        self.blocked_until = self.blocked_until(now).max(Some(until));
    }

    /// How long to rest at the ceiling: until as many of our calls are an hour old as bring the
    /// share a fifth below it.
    fn rest(&self, percent: f64, max_usage: f64, now: Timestamp) -> Duration {
        let surplus = 1.0 - max_usage * 0.8 / percent;
        let must_go = f64::from(self.calls_of_the_hour(now)) * surplus;
        let mut gone = 0.0;
        let rolled = self.within_the_hour(now).find(|(_, calls)| {
            gone += f64::from(*calls);
            gone >= must_go
        });
        let rest = rolled.and_then(|(minute, _)| Timestamp::from_unix((minute + 61) * 60));
        rest.map_or(RESTS.1, |at| at.since(now)).clamp(RESTS.0, RESTS.1)
    }
}

#[cfg(test)]
mod tests;
