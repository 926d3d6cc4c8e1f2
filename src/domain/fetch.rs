//! Which file to fetch next, and what to do with its link first.

use std::cmp::Ordering;
use std::time::Duration;

use super::{AssetRole, FileFault, Link, Timestamp};

/// Why a file stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Seen for the first time.
    New,
    /// Held, but the bytes may have changed.
    Recheck,
    /// Failed before.
    Retry,
}

/// Where a file stands in the order of fetching: new before retries, then the link that ends
/// soonest.
///
/// Without an end a link counts as ending now, so that it is not left for last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Urgency {
    pub cause: Cause,
    pub ends_at: Option<Timestamp>,
}

impl Ord for Urgency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cause.cmp(&other.cause).then(self.ends_at.cmp(&other.ends_at))
    }
}

impl PartialOrd for Urgency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What to do before fetching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// The link is good for long enough.
    Fresh,
    /// Read the item again: the link is gone, has ended, or ends during the transfer.
    Refresh,
}

/// Judges a link by its own end; ten minutes leave room for a large video.
pub fn link_state(link: Option<&Link>, now: Timestamp) -> LinkState {
    const MARGIN: Duration = Duration::from_secs(600);
    match link {
        None => LinkState::Refresh,
        Some(link) if link.expires_at().is_some_and(|end| end <= now.plus(MARGIN)) => {
            LinkState::Refresh
        }
        Some(_) => LinkState::Fresh,
    }
}

/// What follows a failed fetch inside the same pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextAttempt {
    /// The same link once more, after a pause.
    SameLink(Duration),
    /// A fresh link for the item.
    FreshLink,
    /// Not in this pass: the failure is recorded with its next try.
    Later,
    /// No further file in this pass: the store cannot take any.
    StopFetching,
}

/// Decides by the fault and how often this file failed in this pass (1 for the first time) and
/// whether its link was already refreshed in this pass.
pub fn next_attempt(fault: FileFault, failures: u32, refreshed: bool) -> NextAttempt {
    const ATTEMPTS: u32 = 4;
    match fault {
        FileFault::LinkAged if !refreshed => NextAttempt::FreshLink,
        FileFault::Transient if failures < ATTEMPTS => {
            NextAttempt::SameLink(Duration::from_millis(250) * 4_u32.pow(failures - 1))
        }
        FileFault::WrongContent if failures < 2 => NextAttempt::SameLink(Duration::from_secs(1)),
        FileFault::NoSpace => NextAttempt::StopFetching,
        FileFault::LinkAged
        | FileFault::Transient
        | FileFault::WrongContent
        | FileFault::ForbiddenAddress
        | FileFault::TooLarge
        | FileFault::Storage
        | FileFault::NoUrl
        | FileFault::ItemUnreadable => NextAttempt::Later,
    }
}

/// Which types of content fit a role; the names are MIME types read from the bytes.
///
/// Videos may only be MP4 or QuickTime, posters and pictures only pictures: a poster's bytes in
/// place of a video are worse data, not a new version.
pub fn fits_role(role: AssetRole, item_is_video: bool, mime_type: &str) -> bool {
    let is_picture = matches!(
        mime_type,
        "image/jpeg" | "image/png" | "image/webp" | "image/heic" | "image/avif" | "image/gif"
    );
    let is_video = matches!(mime_type, "video/mp4" | "video/quicktime");
    match (role, item_is_video) {
        (AssetRole::Media, true) => is_video,
        (AssetRole::Media, false) => is_picture || is_video,
        (AssetRole::Thumbnail, _) => is_picture,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds).unwrap()
    }

    #[test]
    fn new_files_come_before_retries_and_ending_links_before_lasting_ones() {
        let mut queue = [
            Urgency { cause: Cause::Retry, ends_at: Some(at(1)) },
            Urgency { cause: Cause::New, ends_at: Some(at(90)) },
            Urgency { cause: Cause::New, ends_at: Some(at(30)) },
            Urgency { cause: Cause::New, ends_at: None },
        ];
        queue.sort();
        assert_eq!(
            queue.iter().map(|u| u.ends_at.map(Timestamp::as_unix)).collect::<Vec<_>>(),
            [None, Some(30), Some(90), Some(1)]
        );
    }

    #[test]
    fn a_link_is_used_only_while_it_lasts() {
        let now = at(0x6AB6_6240);
        let link = |end: i64| Link::new(&format!("https://h/p?oe={end:X}"));
        assert_eq!(link_state(None, now), LinkState::Refresh);
        assert_eq!(link_state(Some(&link(0x6AB6_6240)), now), LinkState::Refresh);
        assert_eq!(link_state(Some(&link(0x6AB6_6240 + 600)), now), LinkState::Refresh);
        assert_eq!(link_state(Some(&link(0x6AB6_6240 + 601)), now), LinkState::Fresh);
        assert_eq!(link_state(Some(&Link::new("https://h/p")), now), LinkState::Fresh);
    }

    #[test]
    fn an_aged_link_is_refreshed_once_and_then_waits() {
        assert_eq!(next_attempt(FileFault::LinkAged, 1, false), NextAttempt::FreshLink);
        assert_eq!(next_attempt(FileFault::LinkAged, 2, true), NextAttempt::Later);
    }

    #[test]
    fn a_broken_transfer_is_tried_four_times() {
        let next: Vec<_> = (1..=4).map(|n| next_attempt(FileFault::Transient, n, false)).collect();
        let pause = |ms| NextAttempt::SameLink(Duration::from_millis(ms));
        assert_eq!(next, [pause(250), pause(1000), pause(4000), NextAttempt::Later]);
    }

    #[test]
    fn a_full_disk_stops_fetching_and_what_cannot_change_waits() {
        assert_eq!(next_attempt(FileFault::NoSpace, 1, false), NextAttempt::StopFetching);
        for fault in [
            FileFault::ForbiddenAddress,
            FileFault::TooLarge,
            FileFault::Storage,
            FileFault::NoUrl,
            FileFault::ItemUnreadable,
        ] {
            assert_eq!(next_attempt(fault, 1, false), NextAttempt::Later, "{fault:?}");
        }
        assert!(matches!(
            next_attempt(FileFault::WrongContent, 1, false),
            NextAttempt::SameLink(_)
        ));
        assert_eq!(next_attempt(FileFault::WrongContent, 2, false), NextAttempt::Later);
    }

    #[test]
    fn a_poster_never_stands_in_for_a_video() {
        for (role, video, mime, fits) in [
            (AssetRole::Media, true, "video/mp4", true),
            (AssetRole::Media, true, "image/jpeg", false),
            (AssetRole::Media, false, "image/jpeg", true),
            (AssetRole::Media, false, "video/mp4", true),
            (AssetRole::Thumbnail, true, "image/webp", true),
            (AssetRole::Thumbnail, true, "video/mp4", false),
            (AssetRole::Media, false, "text/html", false),
            (AssetRole::Thumbnail, false, "image/svg+xml", false),
        ] {
            assert_eq!(fits_role(role, video, mime), fits, "{role} {video} {mime}");
        }
    }
}
