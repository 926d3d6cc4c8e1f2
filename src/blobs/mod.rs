//! Adapter: the archive directory and its content-addressed store.
//!
//! A file is complete, hashed, synced, renamed without replacing anything, and its directory
//! synced before anyone learns its name; the catalog's row comes after that. A crash can
//! therefore leave a temporary file or a blob that no row names, never a row without its blob.
//!
//! Everything is opened relative to directories that were opened and checked once, without
//! following symbolic links. All calls block: async callers use a blocking thread. Writing past
//! a file size limit (`ulimit -f`) raises `SIGXFSZ`, which ends a process that does not handle
//! it; the program's entry handles it, and the write then fails like any other.

mod archive_dir;
mod catalog_file;
mod commit;
mod error;
mod inspect;
mod layout;
mod lock;
mod marker;
mod quarantine;
mod refusal;
mod store;
mod sweep;
mod sys;
mod temp;
mod verify;
mod walk;
mod writer;

pub use archive_dir::ArchiveDir;
pub use catalog_file::{CopyLock, Former, NewFile, digest_of, free_space_at};
pub use commit::{Committed, Placement};
pub use error::{StoreClass, StoreError};
pub use inspect::{ContentFault, InspectError, MediaFacts, inspect_file};
pub use refusal::Refusal;
pub use store::BlobStore;
pub use sweep::Swept;
pub use verify::BlobVerdict;
pub use walk::{BlobWalk, Found};
pub use writer::{BlobWriter, Staged};
