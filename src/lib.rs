//! Keeps every post of the Instagram professional accounts you own, and can prove what became
//! of each one.

pub mod blobs;
pub mod cdn;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod exit;
pub mod graph;
pub mod redact;
pub mod schedule;
pub mod secret;
pub mod telemetry;
