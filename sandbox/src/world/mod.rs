//! The world behind the API: accounts, what they published, and what became of it.

mod apply;
mod case;
mod edit;
mod generate;
mod handle;
mod ids;
mod node;
mod people;
mod truth;

use std::collections::HashMap;

pub(crate) use apply::apply;
pub use edit::{Edit, EditError, Outcome, PostKind, TokenEnd};
pub use handle::WorldHandle;
pub(crate) use node::{Account, Comment, Media};
pub use node::{InsightsState, MediaKind, Product, State};
pub use truth::{FileRole, FileTruth, ItemTruth};

pub(crate) use ids::{mix, shortcode};

use crate::codes::CodeBook;
use crate::host::Login;
use crate::tokens::TokenBook;

/// Everything the API can show, and who may see it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) accounts: Vec<Account>,
    /// Every post, child, story and broadcast; never shrinks, so an index stays valid.
    pub(crate) media: Vec<Media>,
    pub(crate) tokens: TokenBook,
    /// What logins have ended with.
    pub(crate) codes: CodeBook,
    found: HashMap<u64, Found>,
    seed: u64,
    serial: u64,
    shapes: node::Shapes,
}

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// An account, asked for by its professional account id or its app-scoped one.
    Account(usize),
    /// A Facebook page that an account hangs on.
    Page(usize),
    /// The Facebook user who manages the pages.
    Person(usize),
    Media(u32),
    /// A top-level comment: the medium and the position.
    Comment(u32, usize),
    /// A reply: the medium, the comment's position and the reply's.
    Reply(u32, usize, usize),
}

impl World {
    pub(crate) fn find(&self, id: u64) -> Option<Found> {
        self.found.get(&id).copied()
    }

    pub(crate) fn find_media(&self, id: u64) -> Option<u32> {
        match self.find(id)? {
            Found::Media(index) => Some(index),
            _ => None,
        }
    }

    pub(crate) fn medium(&self, index: u32) -> &Media {
        &self.media[index as usize]
    }

    pub(crate) fn account_named(&self, name: &str) -> Option<usize> {
        self.accounts.iter().position(|a| a.name == name || a.username == name)
    }

    pub(crate) fn login_of(&self, account: usize) -> Login {
        self.accounts[account].login
    }

    /// Stories of the last 24 hours, newest first.
    pub(crate) fn stories_now(&self, account: usize, now: i64) -> Vec<u32> {
        self.accounts[account]
            .stories
            .iter()
            .copied()
            .filter(|&index| self.medium(index).answers(now))
            .collect()
    }
}
