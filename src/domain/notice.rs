//! What people are told: from facts to messages, and when.
//!
//! Facts are events and turns of alarms, as the catalog has them. [`compose`] drops what nobody
//! asked for and what came and went in between, says each in plain sentences, and makes one
//! message of many of a kind: an agency with hundreds of accounts and one outage is told once.

use super::ledger::GapReason;
use super::{AlarmKind, AssetRole, Timestamp};

mod compose;
mod kind;
mod rhythm;
mod settle;
#[cfg(test)]
mod tests;
mod words;

pub use compose::{SEVERAL, compose, test_message};
pub use kind::{NoticeKind, Priority};
pub use rhythm::{QUIET, Rhythm, pause_after, settled_at};

/// One thing that the catalog recorded and that people may want to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub origin: Origin,
    pub at: Timestamp,
    /// Absent: of the archive as a whole.
    pub account: Option<String>,
    pub what: What,
}

/// The row that a fact was read from: what makes a message's id the same at every try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    Event(i64),
    Turn(i64),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Post {
        became: Became,
        post: Post,
    },
    /// Very much was lost at once in this walk, and nothing of it is believed.
    Held {
        walk: i64,
        lost: Lost,
        items: u64,
        looked_at: u64,
    },
    HoldEnded {
        walk: i64,
        lost: Lost,
        items: u64,
        by: HoldEnd,
    },
    Gap {
        turn: GapTurn,
        /// The list that it is a gap in, such as `media`.
        edge: String,
        from: Option<String>,
        to: Option<String>,
        reason: GapReason,
    },
    Alarm {
        /// Its number, by which its turns belong together.
        alarm: i64,
        kind: AlarmKind,
        subject: String,
        turn: Turn,
        detail: String,
        /// When it was raised.
        since: Timestamp,
    },
}

/// What became of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// No longer available to its token since a moment between these two.
    Gone {
        last_seen_at: Option<String>,
        first_missing_at: Option<String>,
    },
    Returned {
        first_missing_at: Option<String>,
    },
    /// The API gives no address for a file any more, which was or was not held by then.
    UrlLost {
        role: AssetRole,
        held: bool,
    },
}

/// A post as people know it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Post {
    pub media_id: String,
    /// Of the album, when the item is a slide.
    pub shortcode: Option<String>,
    /// Likewise.
    pub permalink: Option<String>,
    pub caption: Option<String>,
    /// Files of the post and of its slides.
    pub files_expected: u32,
    pub files_held: u32,
}

/// What was lost all at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    Items,
    /// Addresses of files.
    Urls,
}

/// How the doubt about a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldEnd {
    /// A later walk missed the same.
    Confirmed,
    /// By a person, who knows.
    Accepted,
    /// The walk was wrong.
    Dropped,
}

/// What became of a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapTurn {
    Opened,
    Closed,
}

/// What became of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Raised,
    /// It got more urgent.
    Rose,
    Ended,
}

impl Turn {
    /// Reads the catalog's word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "raised" => Some(Self::Raised),
            "rose" => Some(Self::Rose),
            "ended" => Some(Self::Ended),
            _ => None,
        }
    }
}

/// What is sent: one thing that happened, or many of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The same at every try, so that a receiver can drop what it has had.
    pub id: String,
    pub kind: MessageKind,
    /// Absent: of the archive as a whole, or of several accounts.
    pub account: Option<String>,
    pub priority: Priority,
    pub title: String,
    /// Sentences, with line breaks between them.
    pub text: String,
    /// How many things it tells of.
    pub number: usize,
    /// The first of them.
    pub items: Vec<Told>,
    /// When the last of them happened.
    pub at: Timestamp,
}

impl Message {
    /// Where to look first.
    pub fn link(&self) -> Option<&str> {
        self.items.iter().find_map(|item| item.post.as_ref()?.permalink.as_deref())
    }
}

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    Notice(NoticeKind),
    /// Nothing happened: somebody tries whether messages arrive.
    Test,
}

impl MessageKind {
    /// The word in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice(kind) => kind.as_str(),
            Self::Test => "test",
        }
    }
}

/// One of the things that a message tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub at: Timestamp,
    pub account: Option<String>,
    /// A sentence.
    pub text: String,
    pub post: Option<Post>,
}
