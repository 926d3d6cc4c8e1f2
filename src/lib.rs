//! Keeps every post of the Instagram professional accounts you own, and can prove what became
//! of each one.

pub mod cdn;
pub mod blobs;
pub mod domain;
pub mod graph;
pub mod redact;
pub mod secret;
