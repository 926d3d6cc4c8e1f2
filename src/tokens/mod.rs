//! Adapter: the tokens that the program keeps itself, one small file per account.
//!
//! A token that the API hands out at a refresh exists nowhere else, and the one before may be worth
//! nothing any more. So each file holds all tokens that may still be needed, is replaced whole and
//! durably, and forgets one only when its successor has answered. In reading order: [`Kept`] is what
//! a file says and how it may change, `file` reads and writes it, [`TokenStore`] opens, locks and
//! replaces, `guard` refuses what others could read.

mod error;
mod file;
mod guard;
mod kept;
mod store;

pub use error::TokenStoreError;
pub use kept::{Entry, Kept, Seed, Source, Tried};
pub use store::{Stamp, TokenStore};
