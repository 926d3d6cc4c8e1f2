//! When to ask again.

use std::time::Duration;

use super::failure::{Class, FileFault};
use super::standing::SLACK;

/// How patient one request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The pause after the first failure; it doubles from there.
    pub first_pause: Duration,
    /// The longest pause between two attempts.
    pub longest_pause: Duration,
    /// The longest throttle that is waited out inside a pass.
    pub longest_wait: Duration,
}

impl RetryPolicy {
    /// For a daemon, where nobody sits and waits: half an hour without calls is waited out, so that
    /// the walk of a large account goes on where it is instead of beginning again.
    pub fn patient() -> Self {
        Self { longest_wait: Duration::from_secs(1800), ..Self::default() }
    }

    /// Whether a wait is short enough for a pass to sit it out.
    pub fn sits_out(&self, wait: Duration) -> bool {
        wait <= self.longest_wait + SLACK
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            longest_wait: Duration::from_secs(60),
        }
    }
}

/// What to do after a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Ask again after this pause.
    Again(Duration),
    /// No more attempts now.
    GiveUp,
}

/// Decides whether a failed request is sent again.
///
/// `jitter` is a number from 0 to 1 that the caller drew, so that many accounts do not ask in
/// step; a pause lies between half and all of its nominal length. `blocked` is how long nobody may
/// call from now on: whoever asks again waits for that first, so it is no pause of its own.
pub fn verdict(
    class: &Class,
    attempt: u32,
    jitter: f64,
    blocked: Duration,
    policy: &RetryPolicy,
) -> Verdict {
    match class {
        Class::Retry if attempt < policy.attempts => Verdict::Again(pause(attempt, jitter, policy)),
        Class::Wait { .. } if attempt < policy.attempts && policy.sits_out(blocked) => {
            Verdict::Again(Duration::ZERO)
        }
        Class::Retry
        | Class::Wait { .. }
        | Class::StopAccount(_)
        | Class::Permission
        | Class::Shrink
        | Class::DropField(_)
        | Class::MaybeGone
        | Class::Fatal => Verdict::GiveUp,
    }
}

fn pause(attempt: u32, jitter: f64, policy: &RetryPolicy) -> Duration {
    let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
    let nominal = policy.first_pause.saturating_mul(doubled).min(policy.longest_pause);
    nominal.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

/// How long a file that could not be fetched rests before a later pass tries it again.
///
/// `tries` counts the failures so far. The rest grows from one minute to one day; what looks
/// final (a refused address, a file over the limit) is still looked at once a day, because the
/// configuration or the item may change.
pub fn rest_before_next_try(fault: FileFault, tries: u32) -> Duration {
    const MINUTE: u64 = 60;
    const DAY: u64 = 86_400;
    let steps: &[u64] = match fault {
        FileFault::LinkAged | FileFault::Transient | FileFault::Storage => {
            &[MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * 3600, 6 * 3600, DAY]
        }
        FileFault::NoSpace => &[5 * MINUTE, 15 * MINUTE, 3600],
        FileFault::WrongContent | FileFault::ItemUnreadable => &[10 * MINUTE, 3600, 6 * 3600, DAY],
        FileFault::NoUrl | FileFault::ForbiddenAddress | FileFault::TooLarge => &[DAY],
    };
    let step = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    Duration::from_secs(steps.get(step).or(steps.last()).copied().unwrap_or(DAY))
}

#[cfg(test)]
mod tests {
    use super::super::pace::Scope;
    use super::*;

    fn retry(attempt: u32, jitter: f64, policy: &RetryPolicy) -> Verdict {
        verdict(&Class::Retry, attempt, jitter, Duration::ZERO, policy)
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_attempts_end() {
        let policy = RetryPolicy::default();
        let pauses: Vec<_> = (1..=5).map(|n| retry(n, 1.0, &policy)).collect();
        let seconds = |s| Verdict::Again(Duration::from_secs(s));
        assert_eq!(pauses, [seconds(1), seconds(2), seconds(4), seconds(8), Verdict::GiveUp]);
        let patient = RetryPolicy { attempts: 100, ..policy };
        assert_eq!(retry(99, 1.0, &patient), seconds(60));
        assert_eq!(retry(1, 0.0, &policy), Verdict::Again(Duration::from_millis(500)));
    }

    #[test]
    fn a_short_throttle_is_waited_out_and_a_long_one_is_not() {
        let class = Class::Wait { regain: None, scope: Scope::Account };
        for (policy, blocked, attempt, again) in [
            (RetryPolicy::default(), 60, 1, true),
            (RetryPolicy::default(), 62, 1, false),
            (RetryPolicy::default(), 1, 5, false),
            (RetryPolicy::patient(), 1800, 4, true),
            (RetryPolicy::patient(), 1802, 1, false),
        ] {
            let expected = if again { Verdict::Again(Duration::ZERO) } else { Verdict::GiveUp };
            let blocked = Duration::from_secs(blocked);
            assert_eq!(verdict(&class, attempt, 0.3, blocked, &policy), expected, "{blocked:?}");
        }
    }

    #[test]
    fn what_asking_again_cannot_mend_is_given_up_at_once() {
        use super::super::failure::TokenTrouble;
        for class in [
            Class::StopAccount(TokenTrouble::Expired),
            Class::Permission,
            Class::Shrink,
            Class::DropField("x".into()),
            Class::MaybeGone,
            Class::Fatal,
        ] {
            let policy = RetryPolicy::default();
            assert_eq!(verdict(&class, 1, 0.5, Duration::ZERO, &policy), Verdict::GiveUp);
        }
    }

    #[test]
    fn a_file_rests_longer_after_each_failure_and_never_for_ever() {
        let day = Duration::from_secs(86_400);
        for fault in [
            FileFault::LinkAged,
            FileFault::Transient,
            FileFault::WrongContent,
            FileFault::ForbiddenAddress,
            FileFault::TooLarge,
            FileFault::NoSpace,
            FileFault::Storage,
            FileFault::NoUrl,
            FileFault::ItemUnreadable,
        ] {
            let rests: Vec<_> = (1..20).map(|n| rest_before_next_try(fault, n)).collect();
            assert!(rests.is_sorted(), "{fault:?}");
            assert!(rests.iter().all(|rest| *rest <= day && !rest.is_zero()), "{fault:?}");
        }
        assert_eq!(rest_before_next_try(FileFault::Transient, 1), Duration::from_secs(60));
    }
}
