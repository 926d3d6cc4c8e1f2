//! What keeps the archive well for years: copies, restoring, reading again, the disk.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../support/mod.rs"]
mod support;

mod backup;
mod restore;

/// One account in a small world.
fn small(posts: usize) -> graph_sandbox::Settings {
    graph_sandbox::Settings {
        facebook_accounts: 0,
        picture_pool: Some(2),
        ..support::Rig::settings(posts)
    }
}
