//! A faithful stand-in.

pub mod clip;
pub mod clock;
pub mod files;
mod mix;
pub mod picture;
pub mod words;
