//! Values as text: tables, units, colours, and words of strangers made harmless.

pub(super) mod paint;
pub(super) mod report;
pub(super) mod rows;
pub(super) mod table;
pub(super) mod text;
pub(super) mod units;
