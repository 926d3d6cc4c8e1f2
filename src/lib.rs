//! Keeps every post of the Instagram professional accounts you own, and can prove what became
//! of each one.

pub mod cdn;
pub mod blobs;
pub mod clock;
pub mod config;
pub mod domain;
pub mod graph;
pub mod redact;
pub mod secret;
pub mod exit;
pub mod schedule;
