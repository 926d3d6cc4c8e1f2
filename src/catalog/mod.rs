//! The catalog: everything the archive knows, in one SQLite file. The only place with SQL.
//!
//! [`Catalog`] is a handle to the thread that owns the one writing connection; jobs get a
//! [`Writer`], each of whose methods is one transaction. [`CatalogReader`] is a reading connection
//! of its own and never waits for the writer, nor the writer for it.
//!
//! In reading order, after `migrations/0001_initial.sql` (the tables and the views, which are the
//! contract with everybody who queries the file):
//!
//! - the file: `open`, `migrate`, `persistent_wal`, `handle`, `writer`;
//! - one page of a walk: `walks`, `page`, `node` (one item: enter or compare), `known_item`,
//!   `item_row`, `sightings`, `slides` (its rows), `fields` and `history` (what counts as a change),
//!   `doubtful` and `url_loss` (what is only believed when a walk has ended), `returns` (what turns
//!   up again), `looks`, `assets` and `held` (files), `events` (the chained facts);
//! - the end of a walk: `judgement`, `case` and `controls` (what deciding needs), `close` with
//!   `reckoning`, `absence`, `holds`, `accept`, `ledger`, `expected`;
//! - the proof: `responses` (answers as they came), `chain`, `evidence`, `proofs`, `verification`;
//! - years of running: `runs`, `chores`, `processes` and `alarms` (what a daemon remembers);
//! - looking: `reader`, `event_reader`, `status`, `failures`, `rows`, `gauges` and `surroundings`
//!   (what an administrator looks at).
//!
//! Two tables keep quiet passes cheap. `item` holds what changes seldom and the digest of the
//! item's text, so that an unchanged item costs one look at a narrow row; `sighting` holds what
//! moves with every look (when, by which walk, the counts) in a few bytes. An unchanged item
//! therefore writes its sighting and nothing else.

mod absence;
mod accept;
mod accounts;
mod alarms;
mod allowances;
mod asked;
mod assets;
mod backups;
mod case;
mod chain;
mod chores;
mod close;
mod controls;
mod copying;
mod degraded;
mod doubtful;
mod error;
mod event_reader;
mod events;
mod everything;
mod evidence;
mod expected;
mod failures;
mod fields;
mod gauges;
mod handle;
mod held;
mod history;
mod holds;
mod item_row;
mod judgement;
mod keeping;
mod known;
mod known_item;
mod ledger;
mod looks;
mod messengers;
mod metrics;
mod migrate;
mod neighbour;
mod news;
mod node;
mod observers;
mod open;
mod page;
mod persistent_wal;
mod processes;
mod proofs;
mod reader;
mod reckoning;
mod responses;
mod restoring;
mod returns;
mod rows;
mod runs;
mod search;
mod sightings;
mod slides;
mod soundness;
mod status;
mod surroundings;
#[cfg(test)]
mod tests;
mod text;
mod to_tell;
mod tokens;
mod url_loss;
mod url_pages;
mod verification;
mod walks;
mod withheld;
mod writer;

pub use accounts::AccountRecord;
pub use alarms::AlarmRow;
pub use allowances::AllowanceRow;
pub use asked::AskedFields;
pub use assets::{AssetId, QueuedAsset, Recheck};
pub use backups::BackupRow;
pub use chain::{ChainLine, ChainReport, ResponsesReport};
pub use chores::ChoreRow;
pub use controls::ControlGroup;
pub use copying::{CatalogCopier, ChainHead, Contents, CopyInterrupt, contents_of, examine_copy};
pub use error::CatalogError;
pub use event_reader::{EventFilter, EventPart, ItemKey, NamedEvent};
pub use events::EventKind;
pub use evidence::{AnswerRef, PageRow, QuestionRow, WalkEvidence};
pub use failures::{FailureNote, FileFailure, Stage};
pub use gauges::{AccountGauges, Gauges, WalkBeginnings};
pub use handle::Catalog;
pub use held::{HeldFile, HeldTally};
pub use judgement::{Accepted, Asked, Closed, Compared, Judgement, Purpose, Saw, Step};
pub use keeping::{Keeping, ReadAgain};
pub use messengers::{Batch, Mark, MessengerRow, Target};
pub use news::NewsRow;
pub use page::{PageRecord, Unreadable};
pub use processes::ProcessRow;
pub use proofs::{ProvenRow, WitnessRow, WitnessSide};
pub use reader::CatalogReader;
pub use responses::PageText;
pub use restoring::{KnownBlobs, Restored, mark_restored};
pub use rows::{
    AccountStatus, ChangeRow, DisappearedRow, EventRow, FailureRow, FileRow, GapRow, HoldRow,
    ItemCursor, ItemDetail, ItemFilter, ItemRow, LastWalk, LostUrlRow, PostAtRow, StatusFacts,
    Totals, WalkFilter, WalkRow,
};
pub use runs::RunRow;
pub use soundness::{LastEnd, empty_log, look_before_writing};
pub use surroundings::{MessengerFacts, Surroundings, TokenFacts};
pub use tokens::TokenRecord;
pub use verification::{BlobRow, Fixity, Verification, VerifyOrder};
pub use walks::{WalkBegun, WalkContext, WalkId, WalkStart, WalkTally};
pub use writer::Writer;

use crate::domain::Timestamp;
use crate::domain::reconcile::Caution;

/// What the catalog must know of the archive it is opened for.
#[derive(Debug, Clone)]
pub struct CatalogOptions {
    /// The id in the archive directory's marker: another one in the file is refused.
    pub archive_id: String,
    /// The time that a migration is dated.
    pub now: Timestamp,
    /// The program's version, for the record.
    pub program_version: String,
    /// How careful the operator wants it when something is lost.
    pub caution: Caution,
}
