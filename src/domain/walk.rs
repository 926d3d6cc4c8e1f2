//! How a walk goes on and how it ends.

use std::collections::HashSet;

use super::coverage::{Sweep, coverage};
use super::window::Position;
use super::{Coverage, Edge, MediaId, Timestamp, Window};

/// The API lists at most this many of the newest items ("User media" page of the reference).
pub const LISTED_AT_MOST: usize = 10_000;

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It reached its natural end without an error.
    Complete,
    /// It recorded something and then had to stop.
    Partial,
    /// It recorded nothing.
    Failed,
    /// The process ended while it ran.
    Interrupted,
}

impl Outcome {
    /// The word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Why a walk is less than a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The same cursor came back.
    RepeatedCursor,
    /// More pages than any list of 10 000 items can have.
    TooManyPages,
    /// More items than the API says it lists.
    TooManyItems,
    /// A page was newer than the page before it.
    OutOfOrder,
    /// Some item could not be read.
    Unreadable,
    /// The token answered for another account in the end.
    OtherAccount,
    /// The end came with no item at all where there were items before, twice.
    EmptyEnd,
    /// The list has items that the walk did not show.
    SkippedItems,
    /// The cursor became invalid, again after starting over.
    InvalidCursor,
    /// The network or the API failed.
    Api,
    /// The allowance was used up.
    Throttled,
    /// The token stopped working.
    Token,
    /// A permission is missing.
    Permission,
    /// Someone asked the program to stop.
    Stopped,
    /// The catalog could not be written.
    Storage,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 15] = [
        Self::RepeatedCursor,
        Self::TooManyPages,
        Self::TooManyItems,
        Self::OutOfOrder,
        Self::Unreadable,
        Self::OtherAccount,
        Self::EmptyEnd,
        Self::SkippedItems,
        Self::InvalidCursor,
        Self::Api,
        Self::Throttled,
        Self::Token,
        Self::Permission,
        Self::Stopped,
        Self::Storage,
    ];

    /// Reads the word that [`Reason::as_str`] writes.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// The word in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RepeatedCursor => "repeated_cursor",
            Self::TooManyPages => "too_many_pages",
            Self::TooManyItems => "too_many_items",
            Self::OutOfOrder => "out_of_order",
            Self::Unreadable => "unreadable_items",
            Self::OtherAccount => "other_account",
            Self::EmptyEnd => "empty_end",
            Self::SkippedItems => "skipped_items",
            Self::InvalidCursor => "invalid_cursor",
            Self::Api => "api",
            Self::Throttled => "throttled",
            Self::Token => "token",
            Self::Permission => "permission",
            Self::Stopped => "stopped",
            Self::Storage => "storage",
        }
    }

    /// One plain clause for people.
    pub fn explain(self) -> &'static str {
        match self {
            Self::RepeatedCursor => "the API handed out the same cursor again",
            Self::TooManyPages => "the API went on with pages beyond any possible end",
            Self::TooManyItems => "the API listed more items than it says it can",
            Self::OutOfOrder => "a page was newer than the page before it",
            Self::Unreadable => "some items could not be read",
            Self::OtherAccount => "the token answered for another account in the end",
            Self::EmptyEnd => "the list came back empty twice where there were items before",
            Self::SkippedItems => "it skipped items that the list has",
            Self::InvalidCursor => "the list changed under the walk and its cursor died twice",
            Self::Api => "the API or the network failed",
            Self::Throttled => "the allowance was used up",
            Self::Token => "the token stopped working",
            Self::Permission => "a permission is missing",
            Self::Stopped => "the program was asked to stop",
            Self::Storage => "the catalog could not be written",
        }
    }
}

/// What one recorded page showed.
#[derive(Debug, Clone, Copy)]
pub struct PageFacts<'a> {
    /// Ids and publication times of the page's readable items, as listed.
    pub items: &'a [(&'a MediaId, Option<Timestamp>)],
    /// How many of its items could not be read.
    pub unreadable: usize,
    /// The cursor of the next page, when the edge says that there is one.
    pub next: Option<&'a str>,
}

/// What a walk does after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Ask for the next page.
    Continue,
    /// Ask for the same page once more: an empty end is only believed twice.
    AskAgain,
    /// The walk is over.
    End(Ending),
}

/// The end of a walk and what it proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    pub outcome: Outcome,
    pub reason: Option<Reason>,
    pub coverage: Option<Coverage>,
    /// The oldest item that the API listed, when it has more than it lists.
    pub capped_at: Option<Timestamp>,
}

/// What a walk has seen so far; decides after each page.
#[derive(Debug)]
pub struct Progress {
    edge: Edge,
    window: Window,
    started_at: Timestamp,
    latest: Timestamp,
    known_in_window: usize,
    account_total: Option<usize>,
    listed_at_most: usize,
    max_pages: usize,
    pages: usize,
    /// Every item that a page showed, whether the window wants it or not: the cap counts them all.
    met: HashSet<MediaId>,
    listed: usize,
    cursors: HashSet<String>,
    oldest: Option<Timestamp>,
    out_of_order: bool,
    unreadable: usize,
    asked_again: bool,
}

impl Progress {
    /// Starts a walk; `known_in_window` is how many items of the window the catalog already
    /// knows as present.
    pub fn new(
        edge: Edge,
        window: Window,
        page_size: usize,
        known_in_window: usize,
        started_at: Timestamp,
    ) -> Self {
        Self {
            edge,
            window,
            started_at,
            latest: started_at,
            known_in_window,
            account_total: None,
            listed_at_most: LISTED_AT_MOST,
            max_pages: most_pages(LISTED_AT_MOST, page_size),
            pages: 0,
            met: HashSet::new(),
            listed: 0,
            cursors: HashSet::new(),
            oldest: None,
            out_of_order: false,
            unreadable: 0,
            asked_again: false,
        }
    }

    /// Notes how many items the account says it has.
    #[must_use]
    pub fn of_account_with(self, account_total: Option<usize>) -> Self {
        Self { account_total, ..self }
    }

    /// Notes what another clock showed when the walk began: either may be ahead, and nothing is
    /// claimed that one of them calls the future.
    pub fn note_clock(&mut self, at: Timestamp) {
        self.started_at = self.started_at.min(at);
        self.latest = self.latest.max(at);
    }

    /// Notes what was learned only now of how many items the account has.
    pub fn note_account_total(&mut self, account_total: Option<usize>) {
        self.account_total = account_total.or(self.account_total);
    }

    /// Notes another number of items that the list ends after.
    #[must_use]
    pub fn of_list_with(self, listed_at_most: usize) -> Self {
        Self { listed_at_most, ..self }
    }

    /// How many distinct items of the window were listed.
    pub fn listed(&self) -> usize {
        self.listed
    }

    /// How many answers were recorded.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// The page size changed to a smaller one: more pages are legitimate from here on.
    pub fn shrink_to(&mut self, page_size: usize) {
        self.max_pages = most_pages(self.listed_at_most, page_size);
    }

    /// The cursor died and the walk begins again at the top; what was seen stays seen.
    pub fn start_over(&mut self) {
        self.cursors.clear();
        self.oldest = None;
    }

    /// Whether an item of this publication time belongs to the walk; the server's own filter is
    /// only an optimisation.
    pub fn wants(&self, published_at: Option<Timestamp>) -> bool {
        published_at.is_none_or(|at| self.window.locate(at) == Position::Inside)
    }

    /// Takes note of a page and decides what follows.
    pub fn after_page(&mut self, page: PageFacts<'_>) -> Step {
        self.pages += 1;
        self.unreadable += page.unreadable;
        let passed_since = self.note_order(page.items);
        for (id, at) in page.items {
            let is_new = self.met.insert((*id).clone());
            self.listed += usize::from(is_new && self.wants(*at));
        }

        if passed_since && !self.out_of_order {
            return self.natural_end();
        }
        if self.met.len() > self.listed_at_most + 100 {
            return Self::partial(Reason::TooManyItems);
        }
        match page.next {
            Some(cursor) if self.cursors.contains(cursor) => Self::partial(Reason::RepeatedCursor),
            Some(_) if self.pages >= self.max_pages => Self::partial(Reason::TooManyPages),
            Some(cursor) => {
                self.cursors.insert(cursor.to_owned());
                self.asked_again = false;
                Step::Continue
            }
            None => self.at_the_end(page.items.is_empty() && page.unreadable == 0),
        }
    }

    /// Ends a walk that an error stopped.
    pub fn broken_off(&self, reason: Reason) -> Ending {
        let outcome = if self.pages == 0 { Outcome::Failed } else { Outcome::Partial };
        Ending { outcome, reason: Some(reason), coverage: None, capped_at: None }
    }

    /// Newest first is what the API promises by observation, not by contract: a page that begins
    /// later than the last one ended takes away the walk's proof. Answers whether the whole page
    /// lies before the window.
    fn note_order(&mut self, items: &[(&MediaId, Option<Timestamp>)]) -> bool {
        let mut times = items.iter().filter_map(|(_, at)| *at).peekable();
        let any = times.peek().is_some();
        let mut all_before = any;
        for at in times {
            if self.oldest.is_some_and(|oldest| at > oldest) {
                self.out_of_order = true;
            }
            self.oldest = Some(self.oldest.map_or(at, |oldest| oldest.min(at)));
            all_before &= self.window.locate(at) == Position::Before;
        }
        all_before && items.iter().all(|(_, at)| at.is_some())
    }

    fn at_the_end(&mut self, empty: bool) -> Step {
        let short = self.listed == 0 && self.known_in_window > 0;
        if empty && short {
            // The account itself says that it has nothing, so nothing is what its list has to show.
            let is_bare = self.edge == Edge::Media && self.account_total == Some(0);
            if self.asked_again && is_bare {
                return self.natural_end();
            }
            if self.asked_again {
                return Self::partial(Reason::EmptyEnd);
            }
            self.asked_again = true;
            return Step::AskAgain;
        }
        if empty && self.listed < self.known_in_window && !self.asked_again {
            self.asked_again = true;
            return Step::AskAgain;
        }
        self.natural_end()
    }

    fn natural_end(&self) -> Step {
        let reason = if self.out_of_order {
            Some(Reason::OutOfOrder)
        } else if self.unreadable > 0 {
            Some(Reason::Unreadable)
        } else {
            None
        };
        let sweep = self.sweep();
        let (coverage, capped_at) = match reason {
            None => (coverage(&sweep), sweep.capped_at()),
            Some(_) => (None, None),
        };
        Step::End(Ending { outcome: Outcome::Complete, reason, coverage, capped_at })
    }

    /// What the finished walk met, for its proof.
    fn sweep(&self) -> Sweep {
        Sweep {
            edge: self.edge,
            window: self.window,
            started_at: self.started_at,
            latest: self.latest,
            met: self.met.len(),
            oldest: self.oldest,
            account_total: self.account_total,
            listed_at_most: self.listed_at_most,
        }
    }

    fn partial(reason: Reason) -> Step {
        Step::End(Ending {
            outcome: Outcome::Partial,
            reason: Some(reason),
            coverage: None,
            capped_at: None,
        })
    }
}

/// Pages may be half empty, and a few wholly.
fn most_pages(items: usize, page_size: usize) -> usize {
    2 * items.div_ceil(page_size.max(1)) + 10
}

#[cfg(test)]
mod tests;
