//! Which items the catalog knows.

use std::collections::HashSet;

use rusqlite::OptionalExtension;

use super::{CatalogError, Writer};
use crate::domain::MediaId;

impl Writer {
    /// Those of the given items that were recorded before; writes nothing.
    pub fn known_among(&mut self, ids: &[MediaId]) -> Result<HashSet<MediaId>, CatalogError> {
        const QUERY: &str = "SELECT 1 FROM item WHERE media_id = ?1";
        let mut statement = self.reading().prepare_cached(QUERY)?;
        let mut known = HashSet::new();
        for id in ids {
            let found = statement.query_row([id.as_str()], |_| Ok(())).optional()?;
            if found.is_some() {
                known.insert(id.clone());
            }
        }
        Ok(known)
    }
}
