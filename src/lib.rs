//! Keeps every post of the Instagram professional accounts you own, and can prove what became
//! of each one.
//!
//! `ARCHITECTURE.md` is the map. In reading order: [`domain`] decides; [`graph`], [`cdn`],
//! [`catalog`], [`blobs`], [`tokens`] and [`notify`] reach the outside; [`archive`] does the work
//! with them; [`daemon`] keeps it going; [`cli`] is for a person, [`web`] for a monitor.

pub mod archive;
pub mod blobs;
pub mod catalog;
pub mod cdn;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod domain;
pub mod exit;
pub mod graph;
pub mod notify;
pub mod redact;
pub mod schedule;
pub mod secret;
pub mod telemetry;
pub mod tokens;
pub mod web;
