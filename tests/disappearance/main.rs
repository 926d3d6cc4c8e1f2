//! What the archive says of items that left, came back, or only seemed to leave: the whole way
//! from the API to the views, with days that pass in a moment.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blindness;
mod brake;
mod cost;
mod evidence;
mod ladder;
mod lists;
mod lives;
mod stand;
mod urls;
mod values;
