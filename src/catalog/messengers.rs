//! Whom to tell, and how far each one has been told.

use rusqlite::{Connection, Row, params};

use super::text::{parsed_or_null, text};
use super::{CatalogError, Writer};
use crate::domain::Timestamp;

/// How far events and turns of alarms were told, or how far they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    pub event: i64,
    pub turn: i64,
}

impl Mark {
    /// Events that one batch looks through at most, told or not.
    const STRIDE: i64 = 10_000;

    /// Whether there is anything beyond `other` here.
    pub fn is_beyond(self, other: Self) -> bool {
        self.event > other.event || self.turn > other.turn
    }

    /// This mark, or as far towards it from `other` as one batch goes.
    #[must_use]
    pub fn within_reach_of(self, other: Self) -> Self {
        Self {
            event: self.event.min(other.event.saturating_add(Self::STRIDE)),
            turn: self.turn.min(other.turn.saturating_add(Self::STRIDE)),
        }
    }
}

/// Somebody to tell, as the catalog knows them: never by their address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its kind and the digest of its address.
    pub target: String,
    /// For people.
    pub name: String,
}

/// How far a target has been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessengerRow {
    pub target: String,
    pub mark: Mark,
    /// Messages that are under way.
    pub batch: Option<Batch>,
    pub tries: u32,
    pub failing_since: Option<Timestamp>,
}

/// Messages that are under way: with the same bounds each try makes the same ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub until: Mark,
    /// The id of the last of them that arrived.
    pub told: Option<String>,
}

impl Writer {
    /// How far events and turns of alarms go.
    pub fn newest_news(&mut self) -> Result<Mark, CatalogError> {
        newest(self.reading())
    }

    /// The targets as they are configured now. A new one starts at the present, so that nobody is
    /// flooded with the past; one that is not configured any more is forgotten.
    pub fn begin_messengers(
        &mut self,
        targets: &[Target],
    ) -> Result<Vec<MessengerRow>, CatalogError> {
        const ENTER: &str = "INSERT INTO messenger (target, name, event_id, turn_id)
            VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET name = excluded.name";
        const KNOWN: &str = "SELECT target FROM messenger";
        const FORGET: &str = "DELETE FROM messenger WHERE target = ?1";
        const ROW: &str = "SELECT target, event_id, turn_id, batch_event_id, batch_turn_id,
            batch_told, tries, failing_since_at FROM messenger WHERE target = ?1";
        let tx = self.begin()?;
        let known: Vec<String> =
            tx.prepare(KNOWN)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for gone in known.iter().filter(|known| !targets.iter().any(|t| t.target == **known)) {
            tx.execute(FORGET, [gone])?;
        }
        let now = newest(&tx)?;
        let mut rows = Vec::new();
        for Target { target, name } in targets {
            tx.execute(ENTER, params![target, name, now.event, now.turn])?;
            rows.push(tx.query_row(ROW, [target], messenger_row)?);
        }
        tx.commit()?;
        Ok(rows)
    }

    /// Messages up to this mark are about to be sent.
    pub fn begin_batch(&mut self, target: &str, until: Mark) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE messenger SET batch_event_id = ?2, batch_turn_id = ?3,
            batch_told = NULL WHERE target = ?1";
        let tx = self.begin()?;
        tx.execute(UPDATE, params![target, until.event, until.turn])?;
        tx.commit().map_err(CatalogError::from)
    }

    /// The message with this id arrived: whatever failed before is forgiven. With `ends` it was the
    /// last of its batch, which told everything up to that mark.
    pub fn note_told(
        &mut self,
        target: &str,
        id: &str,
        ends: Option<Mark>,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE messenger SET batch_told = ?2, told_at = ?3, tries = 0,
            next_try_at = NULL, failing_since_at = NULL, error = NULL WHERE target = ?1";
        let tx = self.begin()?;
        tx.execute(UPDATE, params![target, id, text(now)])?;
        if let Some(until) = ends {
            tx.execute(END_BATCH, params![target, until.event, until.turn])?;
        }
        tx.commit().map_err(CatalogError::from)
    }

    /// Everything up to this mark was told, or is not of interest.
    pub fn end_batch(&mut self, target: &str, until: Mark) -> Result<(), CatalogError> {
        let tx = self.begin()?;
        tx.execute(END_BATCH, params![target, until.event, until.turn])?;
        tx.commit().map_err(CatalogError::from)
    }

    /// A message did not arrive.
    pub fn note_untold(
        &mut self,
        target: &str,
        error: &str,
        next_try_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), CatalogError> {
        const UPDATE: &str = "UPDATE messenger SET tries = tries + 1, next_try_at = ?2,
            failing_since_at = coalesce(failing_since_at, ?3), error = ?4 WHERE target = ?1";
        let tx = self.begin()?;
        tx.execute(UPDATE, params![target, text(next_try_at), text(now), error])?;
        tx.commit().map_err(CatalogError::from)
    }
}

const END_BATCH: &str = "UPDATE messenger SET event_id = ?2, turn_id = ?3, batch_event_id = NULL,
    batch_turn_id = NULL, batch_told = NULL WHERE target = ?1";

fn newest(connection: &Connection) -> Result<Mark, CatalogError> {
    const EVENT: &str = "SELECT coalesce(max(event_id), 0) FROM event";
    const TURN: &str = "SELECT coalesce(max(turn_id), 0) FROM alarm_turn";
    let read = |query| connection.prepare_cached(query)?.query_row([], |row| row.get(0));
    Ok(Mark { event: read(EVENT)?, turn: read(TURN)? })
}

fn messenger_row(row: &Row<'_>) -> rusqlite::Result<MessengerRow> {
    let batch: (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
    let told: Option<String> = row.get(5)?;
    Ok(MessengerRow {
        target: row.get(0)?,
        mark: Mark { event: row.get(1)?, turn: row.get(2)? },
        batch: batch
            .0
            .zip(batch.1)
            .map(|(event, turn)| Batch { until: Mark { event, turn }, told }),
        tries: row.get(6)?,
        failing_since: parsed_or_null(row, 7)?,
    })
}
