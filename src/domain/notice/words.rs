//! What is told, in sentences.
//!
//! The words never claim more than was seen: an item that left is "no longer available to its
//! token", since what became of it upstream cannot be known from here.

use super::{Became, GapTurn, HoldEnd, Lost, NoticeKind, Post, Priority, Turn, What};
use crate::domain::ledger::GapReason;
use crate::domain::walk::Reason;
use crate::domain::{AlarmKind, AssetRole, Timestamp};

/// Characters of a caption, and of anything else that others wrote.
const CAPTION: usize = 80;
const DETAIL: usize = 500;

/// The turns of one alarm in a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct AlarmStory<'a> {
    pub(super) kind: AlarmKind,
    pub(super) last: Turn,
    /// Whether it was raised in this batch.
    pub(super) begins_here: bool,
    pub(super) detail: &'a str,
    pub(super) since: Timestamp,
}

/// The kind of notice that a post is told as.
pub(super) fn kind_of(became: &Became) -> NoticeKind {
    match became {
        Became::Gone { .. } => NoticeKind::Gone,
        Became::Returned { .. } => NoticeKind::Returned,
        Became::UrlLost { .. } => NoticeKind::UrlLost,
    }
}

/// Where a fact is more or less urgent than its kind.
pub(super) fn priority_of(what: &What) -> Option<Priority> {
    match what {
        What::Post { became: Became::Gone { .. }, post } if lacks_files(post) => {
            Some(Priority::High)
        }
        What::Post { became: Became::UrlLost { held: false, .. }, .. } => Some(Priority::High),
        What::Post { .. }
        | What::Held { .. }
        | What::HoldEnded { .. }
        | What::Gap { .. }
        | What::Alarm { .. } => None,
    }
}

/// What a title says of one fact, after the account.
pub(super) fn title_of(what: &What) -> String {
    match what {
        What::Post { became: Became::Gone { .. }, .. } => "a post is no longer available".into(),
        What::Post { became: Became::Returned { .. }, .. } => "a post is there again".into(),
        What::Post { became: Became::UrlLost { .. }, .. } => "a file lost its address".into(),
        What::Held { lost, items, looked_at, .. } => {
            format!("{items} of {looked_at} {} at once: held", lost_words(*lost))
        }
        What::HoldEnded { walk, by: HoldEnd::Dropped, .. } => format!("walk {walk} was wrong"),
        What::HoldEnded { lost, items, .. } => format!("{items} {}", lost_words(*lost)),
        What::Gap { turn: GapTurn::Opened, .. } => "a span of time is not proven complete".into(),
        What::Gap { turn: GapTurn::Closed, .. } => "the end of a gap".into(),
        What::Alarm { detail, .. } => one_line(detail, CAPTION),
    }
}

/// One fact as a sentence or two.
pub(super) fn sentence(what: &What) -> String {
    match what {
        What::Post { became, post } => post_sentence(became, post),
        What::Held { walk, lost, items, looked_at } => format!(
            "{items} of {looked_at} {} at once in walk {walk}. Nothing of it is believed until a \
             later walk shows the same; if it is true, say so with `mediakeep accept {walk}`.",
            lost_words(*lost)
        ),
        What::HoldEnded { walk, lost, items, by: HoldEnd::Dropped } => format!(
            "Walk {walk} had {items} {}; some are there again, so nothing of it is believed.",
            lost_words(*lost)
        ),
        What::HoldEnded { walk, lost, items, by: HoldEnd::Confirmed | HoldEnd::Accepted } => {
            format!(
                "The {items} {} since walk {walk} are believed: a later walk showed the same.",
                lost_words(*lost)
            )
        }
        What::Gap { turn, edge, from, to, reason } => {
            let span = span(edge, from.as_deref(), to.as_deref());
            match turn {
                GapTurn::Opened => {
                    format!("Not proven complete: {span}. {}", capital(&gap_words(reason)))
                }
                GapTurn::Closed => format!("The gap is closed: {span}."),
            }
        }
        What::Alarm { detail, .. } => one_line(detail, DETAIL),
    }
}

fn post_sentence(became: &Became, post: &Post) -> String {
    let name = post_name(post);
    let text = match became {
        Became::Gone { last_seen_at, first_missing_at } => {
            let since = match (last_seen_at, first_missing_at) {
                (Some(seen), Some(missed)) => {
                    format!(" since some time between {} and {}", time(seen), time(missed))
                }
                (None, Some(at)) | (Some(at), None) => format!(" since {}", time(at)),
                (None, None) => String::new(),
            };
            format!("{name} is no longer available to its token{since}. {}", holding(post))
        }
        Became::Returned { first_missing_at } => {
            let since = first_missing_at.as_deref().map(time);
            let since = since.map(|at| format!("; it was not listed since {at}"));
            format!("{name} is listed again{}.", since.unwrap_or_default())
        }
        Became::UrlLost { role, held } => {
            let file = match role {
                AssetRole::Media => "file",
                AssetRole::Thumbnail => "poster frame",
            };
            let held = if *held { "We hold it." } else { "We do not hold it." };
            format!("The API gives no address for the {file} of {name} any more. {held}")
        }
    };
    match &post.permalink {
        Some(link) => format!("{text} {}", one_line(link, DETAIL)),
        None => text,
    }
}

/// The shortcode or the id, and how the caption begins.
pub(super) fn post_name(post: &Post) -> String {
    let name = one_line(post.shortcode.as_deref().unwrap_or(&post.media_id), CAPTION);
    match post.caption.as_deref().map(|caption| one_line(caption, CAPTION)) {
        Some(caption) if !caption.is_empty() => format!("{name} (\u{201c}{caption}\u{201d})"),
        Some(_) | None => name,
    }
}

pub(super) fn lacks_files(post: &Post) -> bool {
    post.files_held < post.files_expected
}

fn holding(post: &Post) -> String {
    match (post.files_held, post.files_expected) {
        (_, 0) => "The API never gave an address for its files.".to_owned(),
        (1, 1) => "We hold its file.".to_owned(),
        (0, 1) => "We do not hold its file.".to_owned(),
        (0, expected) => format!("We hold none of its {expected} files."),
        (held, expected) if held >= expected => format!("We hold all {expected} files."),
        (held, expected) => format!("We hold {held} of its {expected} files."),
    }
}

fn lost_words(lost: Lost) -> &'static str {
    match lost {
        Lost::Items => "items missing",
        Lost::Urls => "addresses of files absent",
    }
}

fn gap_words(reason: &GapReason) -> String {
    match reason {
        GapReason::NotWalked => "no walk has been there yet.".to_owned(),
        GapReason::Walk(word) => {
            let why = match Reason::from_word(word) {
                Some(reason) => reason.explain().to_owned(),
                None if word == "held" => {
                    "too much was missing at once, and the walk is held".to_owned()
                }
                None => word.replace('_', " "),
            };
            format!("the last walk proved nothing: {why}.")
        }
        GapReason::BeyondCap => "the API lists the newest 10 000 alone.".to_owned(),
        GapReason::StoriesOver => "nobody looked while the stories were listed.".to_owned(),
        GapReason::NoProof => "the API does not say how far this list goes back.".to_owned(),
    }
}

fn span(edge: &str, from: Option<&str>, to: Option<&str>) -> String {
    let things = match edge {
        "media" => "posts",
        "stories" => "stories",
        "tags" => "tagged posts",
        _ => "items",
    };
    match (from.map(time), to.map(time)) {
        (None, None) => format!("all {things}"),
        (None, Some(to)) => format!("{things} until {to}"),
        (Some(from), None) => format!("{things} from {from} on"),
        (Some(from), Some(to)) => format!("{things} from {from} to {to}"),
    }
}

/// What a title says of an alarm, after the account.
pub(super) fn alarm_title(story: &AlarmStory<'_>) -> String {
    let (lasts, ended) = match story.kind {
        AlarmKind::TokenExpiring => ("the token ends soon", "the token is renewed"),
        AlarmKind::TokenDead => ("the token does not work", "the token works"),
        AlarmKind::PermissionMissing => ("a permission is missing", "the permissions are there"),
        AlarmKind::PassFailing => ("passes fail", "passes work again"),
        AlarmKind::Blind => ("nothing can be judged", "answers can be judged again"),
        AlarmKind::DiskLow => ("disk space runs out", "there is disk space again"),
        AlarmKind::Damaged => ("damage was found", "the damage is mended"),
        AlarmKind::BackupFailing => ("the catalog has no backup", "backups work again"),
        AlarmKind::PublishFailing => {
            ("the published copy is old", "the published copy is renewed again")
        }
        AlarmKind::WalLarge => ("the catalog's log grows", "the catalog's log is small again"),
        AlarmKind::WorkerRestarted => ("a part of the program was restarted", "all parts run"),
        AlarmKind::MessengerFailing => ("messages do not arrive", "messages arrive again"),
        AlarmKind::ClockOff => ("the clock is wrong", "the clock is right again"),
    };
    match story.last {
        Turn::Raised | Turn::Rose => lasts.to_owned(),
        Turn::Ended => ended.to_owned(),
    }
}

/// An alarm's own line, and how long it lasts or lasted.
pub(super) fn alarm_sentence(story: &AlarmStory<'_>, at: Timestamp) -> String {
    let detail = one_line(story.detail, DETAIL);
    let stop = if detail.ends_with(['.', '!', '?']) || detail.is_empty() { "" } else { "." };
    // An account's label stays as it is written.
    let begins_with_label = detail.split(' ').next().is_some_and(|word| word.ends_with(':'));
    let detail = if begins_with_label { detail } else { capital(&detail) };
    let since = time(&story.since.to_string());
    match story.last {
        Turn::Raised => format!("{detail}{stop}"),
        Turn::Rose => format!("{detail}{stop} This is so since {since}."),
        Turn::Ended => {
            format!("{detail}{stop} It lasted from {since} to {}.", time(&at.to_string()))
        }
    }
}

/// `2026-11-22T05:27:00Z` as people read it.
fn time(text: &str) -> String {
    match text.split_once('T').zip(text.strip_suffix(":00Z").or(text.strip_suffix('Z'))) {
        Some(((day, _), rest)) => format!("{day} {} UTC", &rest[(day.len() + 1).min(rest.len())..]),
        None => one_line(text, CAPTION),
    }
}

/// A text of others on one line: what controls a terminal or turns the direction of writing is
/// left out, and what is too long is cut.
pub(super) fn one_line(text: &str, longest: usize) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !turns(*c))
        .collect();
    if clean.chars().count() <= longest {
        return clean;
    }
    let cut: String = clean.chars().take(longest.saturating_sub(1)).collect();
    format!("{}\u{2026}", cut.trim_end())
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
