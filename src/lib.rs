//! Keeps every post of the Instagram professional accounts you own, and can prove what became
//! of each one.

pub mod catalog;
pub mod domain;
