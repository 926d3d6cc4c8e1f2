//! Values as text: tables, units, colours, and words of strangers made harmless.

pub(super) mod flow;
pub(super) mod news;
pub(super) mod paint;
pub(super) mod reason;
pub(super) mod report;
pub(super) mod rows;
pub(super) mod story;
pub(super) mod table;
pub(super) mod text;
pub(super) mod timeline;
pub(super) mod units;
