//! A faithful stand-in.

pub mod clock;
pub mod files;
