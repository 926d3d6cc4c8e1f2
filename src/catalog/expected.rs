//! The API's own count beside what a walk of everything listed: a difference is learned, told when
//! it changes, and blocks nothing.

use rusqlite::params;
use serde_json::json;

use super::CatalogError;
use super::events::EventKind;
use super::reckoning::Reckoning;
use super::text::count;
use crate::domain::expected::{Difference, Offset, difference};

impl Reckoning<'_> {
    /// Compares the count with what a walk of everything listed.
    pub(super) fn settle_count(&mut self, listed: usize) -> Result<(), CatalogError> {
        const QUERY: &str = "SELECT media_count, count_offset, count_last FROM account
            WHERE account_id = ?1";
        let (api, known): (Option<i64>, Offset) =
            self.connection.prepare_cached(QUERY)?.query_row([self.account_id], |row| {
                Ok((row.get(0)?, Offset { learned: row.get(1)?, last: row.get(2)? }))
            })?;
        let Some(api) = api else { return Ok(()) };
        let listed = count(listed);
        let now = api - listed;
        match difference(known, api, listed) {
            Difference::Usual | Difference::New => {
                self.write_count(known, Offset { last: Some(now), ..known })
            }
            Difference::Learned => {
                self.write_count(known, Offset { learned: Some(now), last: Some(now) })?;
                // That both agree from the start is nothing to tell.
                if known.learned.is_none() && now == 0 {
                    return Ok(());
                }
                self.append_count(EventKind::CountLearned, api, listed, known)
            }
            Difference::Changed => {
                self.write_count(known, Offset { last: Some(now), ..known })?;
                self.append_count(EventKind::CountDiffers, api, listed, known)
            }
        }
    }

    fn write_count(&self, known: Offset, now: Offset) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE account SET count_offset = ?2, count_last = ?3
            WHERE account_id = ?1";
        if now != known {
            let values = params![self.account_id, now.learned, now.last];
            self.connection.prepare_cached(UPDATE)?.execute(values)?;
        }
        Ok(())
    }

    fn append_count(
        &mut self,
        kind: EventKind,
        api: i64,
        listed: i64,
        known: Offset,
    ) -> Result<(), CatalogError> {
        let detail = json!({
            "api": api, "listed": listed, "offset": known.learned, "last": known.last,
        });
        self.append(kind, None, detail)
    }
}
