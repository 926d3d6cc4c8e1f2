//! How fast to go, by the API's own account of the allowance.

use std::time::Duration;

/// What the usage headers of one answer said.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// The highest of all percentages given; absent when no header was readable.
    pub percent: Option<f64>,
    /// The API's estimate until calls are allowed again; absent when not blocked.
    pub regain: Option<Duration>,
}

/// What the next call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Call at once.
    Go,
    /// Call after this pause, to leave the allowance to others.
    Slow(Duration),
    /// Do not call for this long.
    Pause(Duration),
}

/// Decides the pace from the last answer's usage and the configured ceiling in percent.
///
/// Calls within the last fifth below the ceiling are spread out; from the ceiling on there are
/// none. The window of the API rolls, so a pause of five minutes lets some of it pass.
pub fn pace(usage: Usage, max_usage: f64) -> Pace {
    const PAUSE: Duration = Duration::from_secs(300);
    if let Some(regain) = usage.regain {
        return Pace::Pause(regain);
    }
    let percent = usage.percent.unwrap_or(0.0);
    let slow_from = max_usage * 0.8;
    if percent >= max_usage {
        Pace::Pause(PAUSE)
    } else if percent >= slow_from {
        let share = (percent - slow_from) / (max_usage - slow_from);
        Pace::Slow(Duration::from_millis(500).mul_f64(1.0 + 9.0 * share))
    } else {
        Pace::Go
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(percent: f64) -> Pace {
        pace(Usage { percent: Some(percent), regain: None }, 90.0)
    }

    #[test]
    fn the_pace_falls_as_the_allowance_is_used_up() {
        assert_eq!(at(0.0), Pace::Go);
        assert_eq!(at(71.9), Pace::Go);
        assert_eq!(at(72.0), Pace::Slow(Duration::from_millis(500)));
        assert!(matches!(at(89.9), Pace::Slow(pause) if pause > Duration::from_secs(4)));
        assert_eq!(at(90.0), Pace::Pause(Duration::from_secs(300)));
        assert_eq!(at(250.0), Pace::Pause(Duration::from_secs(300)));
    }

    #[test]
    fn a_block_is_believed_whatever_the_percentages_say() {
        let usage = Usage { percent: Some(3.0), regain: Some(Duration::from_secs(1140)) };
        assert_eq!(pace(usage, 90.0), Pace::Pause(Duration::from_secs(1140)));
    }

    #[test]
    fn no_header_is_no_reason_to_stop() {
        assert_eq!(pace(Usage::default(), 90.0), Pace::Go);
    }
}
