//! What keeps the archive well for years: copies, restoring, reading again, the disk.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, reason = "another test uses the rest of it")]
#[path = "../disappearance/stand.rs"]
mod stand;
#[path = "../store_support/mod.rs"]
mod store_support;
#[path = "../support/mod.rs"]
mod support;

mod backup;
mod cost;
mod full_disk;
mod kills;
mod restore;
mod upkeep;

/// One account in a small world.
fn small(posts: usize) -> graph_sandbox::Settings {
    graph_sandbox::Settings {
        facebook_accounts: 0,
        picture_pool: Some(2),
        ..support::Rig::settings(posts)
    }
}
