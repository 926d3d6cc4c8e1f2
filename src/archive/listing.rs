//! The pages of one edge inside one window, in order, with every way a list can go wrong.

use std::sync::atomic::{AtomicU64, Ordering};

use super::ask::Trouble;
use super::running::PassContext;
use crate::domain::walk::{Ending, PageFacts, Progress, Reason, Step};
use crate::domain::{Class, Edge, MediaId, Timestamp, Window};
use crate::graph::{Cursor, FieldSet, Kept, Page, PageRequest};

/// Asks for page after page; nothing is recorded here.
#[derive(Debug)]
pub(super) struct Listing {
    request: PageRequest,
    progress: Progress,
    started_over: bool,
    /// The list came back without an item that it had before.
    came_empty: bool,
    over: Option<Ending>,
    refused: Vec<RefusedField>,
    api_version: Option<String>,
    server_at: Option<Timestamp>,
    calls: AtomicU64,
}

/// A field that the API refused on the way; the list went on without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RefusedField {
    pub name: String,
    pub answer: String,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Turn {
    /// A page, reduced to the items that belong to the window, and what is kept of it whole.
    Page(Page, Kept),
    /// The list is over, with the error that broke it off, if one did.
    Over(Ending, Option<Trouble>),
}

impl Listing {
    /// Prepares the first request.
    pub(super) fn new(
        edge: Edge,
        window: Window,
        page_size: u16,
        fields: FieldSet,
        known_in_window: usize,
        account_total: Option<usize>,
        now: Timestamp,
    ) -> Self {
        let progress = Progress::new(edge, window, page_size.into(), known_in_window, now);
        Self {
            request: PageRequest { edge, window, limit: page_size, after: None, fields },
            progress: progress.of_account_with(account_total),
            started_over: false,
            came_empty: false,
            over: None,
            refused: Vec::new(),
            api_version: None,
            server_at: None,
            calls: AtomicU64::new(0),
        }
    }

    /// Notes what the API's clock showed before the first request.
    pub(super) fn note_clock(&mut self, server_at: Option<Timestamp>) {
        if let Some(at) = server_at {
            self.progress.note_clock(at);
        }
    }

    /// The fields that are asked for now.
    pub(super) fn fields(&self) -> &FieldSet {
        &self.request.fields
    }

    /// What the list has shown so far.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Calls made for this list, repeated ones included.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The API version that answered.
    pub(super) fn api_version(&self) -> Option<&str> {
        self.api_version.as_deref()
    }

    /// The API's own time when it answered first.
    pub(super) fn server_at(&self) -> Option<Timestamp> {
        self.server_at
    }

    /// Takes the refused fields noted since the last call.
    pub(super) fn take_refused(&mut self) -> Vec<RefusedField> {
        std::mem::take(&mut self.refused)
    }

    /// The next page, or the end.
    pub(super) async fn next(&mut self, pass: &PassContext) -> Turn {
        if let Some(ending) = self.over {
            return Turn::Over(ending, None);
        }
        if self.came_empty {
            self.learn_total(pass).await;
        }
        loop {
            let graph = &pass.access.graph;
            let ask = || {
                self.calls.fetch_add(1, Ordering::Relaxed);
                graph.page(&self.request)
            };
            let answer = pass.asker.ask(ask).await;
            match answer {
                Ok(answer) => {
                    // Later pages move the latest time on: a walk may wait in between for longer
                    // than some stories have left.
                    if let Some(date) = answer.date {
                        self.server_at.get_or_insert(date);
                        self.progress.note_clock(date);
                    }
                    self.api_version = answer.api_version.or(self.api_version.take());
                    return Turn::Page(self.take_page(answer.value), answer.kept);
                }
                Err(trouble) => {
                    if let Some(reason) = self.recover(&trouble) {
                        let ending = self.progress.broken_off(reason);
                        self.over = Some(ending);
                        return Turn::Over(ending, Some(trouble));
                    }
                    pass.note(&format!(
                        "the {} list is asked for otherwise: {trouble}",
                        self.request.edge
                    ));
                }
            }
        }
    }

    fn take_page(&mut self, mut page: Page) -> Page {
        let items: Vec<(&MediaId, Option<Timestamp>)> =
            page.items.iter().map(|item| (&item.id, item.published_at.value().copied())).collect();
        let step = self.progress.after_page(PageFacts {
            items: &items,
            unreadable: page.unreadable.len(),
            next: page.next.as_ref().map(Cursor::as_str),
        });
        match step {
            Step::Continue => self.request.after = page.next.clone(),
            Step::AskAgain => self.came_empty = self.progress.listed() == 0,
            Step::End(ending) => self.over = Some(ending),
        }
        page.items.retain(|item| self.progress.wants(item.published_at.value().copied()));
        page
    }

    /// An account that says it has nothing explains a list that shows nothing; a pass that did not
    /// have to ask for it so far asks now.
    async fn learn_total(&mut self, pass: &PassContext) {
        self.came_empty = false;
        if pass.total().is_none() && self.request.edge == Edge::Media {
            let graph = &pass.access.graph;
            match pass.asker.ask(|| graph.account()).await {
                Ok(answer) if answer.value.answers_for(&pass.access.user_id) => {
                    pass.note_total(&answer.value);
                }
                // Without it, nothing is concluded.
                Ok(_) | Err(_) => {}
            }
        }
        self.progress.note_account_total(pass.total());
    }

    /// Changes the request so that asking again can succeed, or says why it cannot.
    fn recover(&mut self, trouble: &Trouble) -> Option<Reason> {
        let error = match trouble {
            Trouble::Stopped => return Some(Reason::Stopped),
            Trouble::Blocked { .. } => return Some(Reason::Throttled),
            Trouble::Catalog(_) => return Some(Reason::Storage),
            Trouble::Graph(error) => error,
        };
        match error.class() {
            Class::Shrink if self.request.limit > 1 => {
                self.request.limit /= 2;
                self.progress.shrink_to(self.request.limit.into());
                None
            }
            Class::DropField(name) if self.request.fields.can_drop(&name) => {
                self.request.fields = self.request.fields.without(&name);
                self.refused.push(RefusedField { name, answer: error.to_string() });
                None
            }
            // The reference says that a cursor dies with its item: once, that is no failure.
            Class::Fatal if error.is_dead_cursor() => {
                if self.started_over {
                    return Some(Reason::InvalidCursor);
                }
                self.started_over = true;
                self.request.after = None;
                self.progress.start_over();
                None
            }
            Class::Wait { .. } => Some(Reason::Throttled),
            Class::StopAccount(_) => Some(Reason::Token),
            Class::Permission | Class::MaybeGone => Some(Reason::Permission),
            Class::Retry | Class::Shrink | Class::DropField(_) | Class::Fatal => Some(Reason::Api),
        }
    }
}
