//! When a token is renewed, and how urgently somebody is told that it ends.

use std::time::Duration;

use super::{Login, Timestamp, TokenTrouble};

/// What is known of a token's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    pub login: Login,
    /// When this program first met it: its age is at least this.
    pub first_seen_at: Timestamp,
    pub issued_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// The API said that it has no end.
    pub never_expires: bool,
    /// When the person has to agree again, whatever the token's own end (Facebook login).
    pub data_access_expires_at: Option<Timestamp>,
    /// Why it does not work, when it was last used.
    pub trouble: Option<TokenTrouble>,
    /// The last try to renew it, when that failed.
    pub failed: Option<FailedTry>,
}

/// A try that brought no new token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedTry {
    pub at: Timestamp,
    pub how: TryFault,
}

/// How a try failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TryFault {
    /// The API said no.
    Refused,
    /// Nobody answered, or nobody had time.
    Unreachable,
}

/// How a token can be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Means {
    /// Instagram login: with the token alone.
    Refresh,
    /// Facebook login: with the app's id and secret.
    Exchange,
    /// Facebook login without them.
    Nothing,
}

/// When a token is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    Now,
    At(Timestamp),
    Never(WhyNever),
}

/// Why a token is not renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNever {
    /// It has no end.
    NoEnd,
    /// Nobody said when it ends, which the Facebook login says to its app alone.
    EndUnknown,
    /// The app's id and secret are needed.
    NoApp,
    /// It does not work any more, and what does not work cannot be renewed.
    Dead(TokenTrouble),
}

impl WhyNever {
    /// One plain sentence for people.
    pub fn explain(self) -> &'static str {
        match self {
            Self::NoEnd => "it has no end",
            Self::EndUnknown => "nobody said when it ends",
            Self::NoApp => "a token of the Facebook login is renewed with app_id and app_secret",
            Self::Dead(trouble) => trouble.explain(),
        }
    }
}

/// Which of two ends a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    Token,
    /// The person's agreement: the app loses access although the token goes on.
    DataAccess,
}

/// An end that is near enough to tell somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    pub ending: Ending,
    /// When it ends, at the latest.
    pub at: Timestamp,
    pub level: Level,
}

/// How near an end is; each is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Fortnight,
    Week,
    ThreeDays,
    LastDay,
    Ended,
}

impl Level {
    /// The number in the catalog's alarms.
    pub fn as_number(self) -> u8 {
        match self {
            Self::Fortnight => 1,
            Self::Week => 2,
            Self::ThreeDays => 3,
            Self::LastDay => 4,
            Self::Ended => 5,
        }
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// A younger token of the Instagram login is refused ("Refresh a long-lived token" of the
/// reference).
const YOUNGEST: Duration = DAY;
/// Half of a life is left for tries.
const EARLY: Duration = Duration::from_secs(30 * 86_400);
/// No token of the Instagram login lives longer.
const LONGEST_LIFE: Duration = Duration::from_secs(60 * 86_400);

impl Life {
    /// When the token ends, as far as anybody knows: a token of the Instagram login whose end was
    /// never told ends 60 days after it was first seen, at the latest.
    pub fn ends_by(&self) -> Option<Timestamp> {
        match (self.never_expires, self.expires_at, self.login) {
            (true, _, _) | (false, None, Login::Facebook) => None,
            (false, Some(at), _) => Some(at),
            (false, None, Login::Instagram) => Some(self.born().plus(LONGEST_LIFE)),
        }
    }

    fn born(&self) -> Timestamp {
        self.issued_at.unwrap_or(self.first_seen_at)
    }
}

/// Decides when a token is renewed.
///
/// An Instagram token of unknown age is renewed as soon as it must be old enough, so that its end
/// becomes known. One that has ended by this machine's clock is tried all the same: only the API
/// knows what time it is there.
pub fn renewal(life: &Life, means: Means, now: Timestamp) -> Renewal {
    if let Some(trouble) = life.trouble {
        return Renewal::Never(WhyNever::Dead(trouble));
    }
    if life.never_expires {
        return Renewal::Never(WhyNever::NoEnd);
    }
    let due = match (means, life.expires_at) {
        (Means::Nothing, _) => return Renewal::Never(WhyNever::NoApp),
        (Means::Exchange, None) => return Renewal::Never(WhyNever::EndUnknown),
        (Means::Refresh, None) => life.born().plus(YOUNGEST),
        // One of hours cannot wait.
        (Means::Exchange, Some(end)) if end < life.born().plus(2 * YOUNGEST) => end.minus(EARLY),
        // An exchange that did not move the end is not tried again the same day.
        (Means::Refresh | Means::Exchange, Some(end)) => {
            end.minus(EARLY).max(life.born().plus(YOUNGEST))
        }
    };
    // A try in the future is one that another clock dated.
    let pause = life.failed.filter(|failed| failed.at <= now).map(|failed| {
        failed.at.plus(match failed.how {
            TryFault::Refused => DAY,
            TryFault::Unreachable => HOUR,
        })
    });
    match due.max(pause.unwrap_or(due)) {
        at if at <= now => Renewal::Now,
        at => Renewal::At(at),
    }
}

/// Decides what has to be told of a token's end. Of a token that does not work for another reason
/// nothing: that is told already, and more urgently.
pub fn warnings(life: &Life, now: Timestamp) -> Vec<Warning> {
    let works = matches!(life.trouble, None | Some(TokenTrouble::Expired));
    let ends = [(Ending::Token, life.ends_by()), (Ending::DataAccess, life.data_access_expires_at)];
    ends.into_iter()
        .filter_map(|(ending, at)| Some((ending, at.filter(|_| works)?)))
        .filter_map(|(ending, at)| Some(Warning { ending, at, level: level(at, now)? }))
        .collect()
}

fn level(end: Timestamp, now: Timestamp) -> Option<Level> {
    let days = |days: u32| end <= now.plus(DAY * days);
    match () {
        () if end <= now => Some(Level::Ended),
        () if days(1) => Some(Level::LastDay),
        () if days(3) => Some(Level::ThreeDays),
        () if days(7) => Some(Level::Week),
        () if days(14) => Some(Level::Fortnight),
        () => None,
    }
}

#[cfg(test)]
mod tests;
