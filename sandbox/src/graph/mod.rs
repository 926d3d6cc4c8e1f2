//! The Graph API itself: one handler for both hosts.

mod answer;
mod api;
mod auth;
mod comment;
mod cursor;
mod error;
mod fields;
mod insights;
mod lists;
mod login_page;
mod media;
mod media_facebook;
mod oauth;
mod outage;
mod paging;
mod plan;
mod query;
mod respond;
mod route;
mod serve;
mod stamp;
mod user;
mod writes;

use std::cell::Cell;

pub(crate) use api::Api;
pub(crate) use auth::hex;
pub(crate) use serve::router;

use crate::faults::{Call, FaultKind, Fired};
use crate::host::Login;
use crate::world::World;

use error::GraphError;

/// One accepted call, while it is being answered.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) api: &'a Api,
    pub(crate) world: &'a World,
    pub(crate) login: Login,
    /// The version segment of the path.
    pub(crate) version: Option<u32>,
    pub(crate) token: &'a str,
    pub(crate) account: usize,
    pub(crate) route: &'static str,
    pub(crate) now: i64,
    pub(crate) quirks: Quirks,
    first: Cell<bool>,
}

/// Oddities that faults ask for in this answer.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches, one per fault")]
pub(crate) struct Quirks {
    pub(crate) null_fields: bool,
    pub(crate) wrong_types: bool,
    pub(crate) missing_id: bool,
    pub(crate) odd_ids: bool,
    pub(crate) unknown_type: bool,
    pub(crate) extra_fields: bool,
    pub(crate) at_signs_stripped: bool,
    /// A field that no item has.
    pub(crate) withheld: Option<String>,
}

impl Ask<'_> {
    /// Asks whether a fault fires on this call.
    pub(crate) fn fault(&self, kind: FaultKind) -> Option<Fired> {
        self.api.faults.fires(kind, self.call())
    }

    pub(crate) fn call(&self) -> Call<'_> {
        Call { route: self.route, account: Some(&self.world.accounts[self.account].name) }
    }

    /// Fails with code 10 where the account has not granted what an edge needs.
    pub(crate) fn need_scope(&self, instagram: &str, facebook: &str) -> Result<(), GraphError> {
        let wanted = match self.login {
            Login::Instagram => instagram,
            Login::Facebook => facebook,
        };
        if self.world.accounts[self.account].scopes.contains(wanted) {
            return Ok(());
        }
        Err(match self.login {
            Login::Instagram => {
                GraphError::no_permission().status(axum::http::StatusCode::FORBIDDEN)
            }
            Login::Facebook => GraphError::no_permission(),
        })
    }

    fn is_first(&self) -> bool {
        self.first.get()
    }

    /// Says whether the medium written next is the first of its page: some oddities touch only that one.
    fn at_first(&self, first: bool) {
        self.first.set(first);
    }
}
