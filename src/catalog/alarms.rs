//! Alarms: raised once, ended when all is well again, each turn in the order people are told.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::text::{parsed, parsed_or_null, text};
use super::writer::account_id;
use super::{CatalogError, CatalogReader, Writer};
use crate::domain::{AccountName, AlarmKind, Timestamp};

/// An alarm as the view shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmRow {
    pub alarm_id: i64,
    /// Absent: of the archive as a whole.
    pub account: Option<String>,
    /// A word of [`AlarmKind`].
    pub kind: String,
    pub subject: String,
    pub since: Timestamp,
    pub level: u8,
    pub detail: String,
    pub ended_at: Option<Timestamp>,
}

impl Writer {
    /// Raises an alarm, or notes that it got more urgent or has another detail.
    ///
    /// Answers whether people are to be told: it is new, or its level rose.
    pub fn raise_alarm(
        &mut self,
        account: Option<&AccountName>,
        kind: AlarmKind,
        subject: &str,
        level: u8,
        detail: &str,
        now: Timestamp,
    ) -> Result<bool, CatalogError> {
        const OPEN: &str = "SELECT alarm_id, level FROM alarm WHERE coalesce(account_id, 0) = ?1
            AND kind = ?2 AND subject = ?3 AND ended_at IS NULL";
        const INSERT: &str = "INSERT INTO alarm
            (account_id, kind, subject, since_at, level, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        const UPDATE: &str = "UPDATE alarm SET level = max(level, ?2), detail = ?3
            WHERE alarm_id = ?1 AND (level < ?2 OR detail <> ?3)";
        let tx = self.begin()?;
        let account = account.map(|name| account_id(&tx, name)).transpose()?;
        let open: Option<(i64, u8)> = tx
            .query_row(OPEN, params![account.unwrap_or(0), kind.as_str(), subject], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let turn = match open {
            None => {
                tx.execute(
                    INSERT,
                    params![account, kind.as_str(), subject, text(now), level, detail],
                )?;
                Some((tx.last_insert_rowid(), "raised"))
            }
            Some((alarm, was)) => {
                tx.execute(UPDATE, params![alarm, level, detail])?;
                (was < level).then_some((alarm, "rose"))
            }
        };
        if let Some((alarm, turn)) = turn {
            note_turn(&tx, alarm, turn, detail, now)?;
        }
        tx.commit()?;
        Ok(turn.is_some())
    }

    /// Ends the open alarms of a kind; with `subject` only that one. Answers how many there were.
    pub fn end_alarms(
        &mut self,
        account: Option<&AccountName>,
        kind: AlarmKind,
        subject: Option<&str>,
        detail: &str,
        now: Timestamp,
    ) -> Result<usize, CatalogError> {
        const OPEN: &str = "SELECT alarm_id FROM alarm WHERE coalesce(account_id, 0) = ?1
            AND kind = ?2 AND ended_at IS NULL AND (?3 IS NULL OR subject = ?3)";
        const END: &str = "UPDATE alarm SET ended_at = ?2 WHERE alarm_id = ?1";
        let tx = self.begin()?;
        let account = account.map(|name| account_id(&tx, name)).transpose()?;
        let open: Vec<i64> = tx
            .prepare_cached(OPEN)?
            .query_map(params![account.unwrap_or(0), kind.as_str(), subject], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for alarm in &open {
            tx.execute(END, params![alarm, text(now)])?;
            note_turn(&tx, *alarm, "ended", detail, now)?;
        }
        tx.commit()?;
        Ok(open.len())
    }

    /// Ends the open alarms of accounts that are not among these: nobody looks after them any more.
    pub fn end_alarms_of_others(
        &mut self,
        configured: &[AccountName],
        now: Timestamp,
    ) -> Result<usize, CatalogError> {
        const DETAIL: &str = "the account is not configured any more";
        let open = open_alarms(self.reading())?;
        let mut ended = 0;
        for alarm in open {
            let Some(name) = alarm.account.and_then(|name| name.parse::<AccountName>().ok()) else {
                continue;
            };
            let Some(kind) = AlarmKind::from_word(&alarm.kind) else { continue };
            if !configured.contains(&name) {
                ended += self.end_alarms(Some(&name), kind, Some(&alarm.subject), DETAIL, now)?;
            }
        }
        Ok(ended)
    }

    /// Ends the open alarms of one kind, whatever they are about.
    pub fn end_all_alarms(
        &mut self,
        kind: AlarmKind,
        detail: &str,
        now: Timestamp,
    ) -> Result<usize, CatalogError> {
        const OPEN: &str = "SELECT alarm_id FROM alarm WHERE kind = ?1 AND ended_at IS NULL";
        const END: &str = "UPDATE alarm SET ended_at = ?2 WHERE alarm_id = ?1";
        let tx = self.begin()?;
        let open: Vec<i64> = tx
            .prepare_cached(OPEN)?
            .query_map([kind.as_str()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for alarm in &open {
            tx.execute(END, params![alarm, text(now)])?;
            note_turn(&tx, *alarm, "ended", detail, now)?;
        }
        tx.commit()?;
        Ok(open.len())
    }

    /// Alarms that have not ended, oldest first.
    pub fn open_alarms(&mut self) -> Result<Vec<AlarmRow>, CatalogError> {
        open_alarms(self.reading())
    }
}

impl CatalogReader {
    /// Alarms that have not ended, oldest first.
    pub fn open_alarms(&self) -> Result<Vec<AlarmRow>, CatalogError> {
        open_alarms(self.connection())
    }
}

fn note_turn(
    tx: &Transaction<'_>,
    alarm: i64,
    turn: &str,
    detail: &str,
    now: Timestamp,
) -> Result<(), CatalogError> {
    const INSERT: &str = "INSERT INTO alarm_turn (alarm_id, at, turn, detail)
        VALUES (?1, ?2, ?3, ?4)";
    tx.execute(INSERT, params![alarm, text(now), turn, detail])?;
    Ok(())
}

fn open_alarms(connection: &Connection) -> Result<Vec<AlarmRow>, CatalogError> {
    const QUERY: &str = "SELECT alarm_id, account, kind, subject, since, level, detail, ended_at
        FROM alarms WHERE ended_at IS NULL ORDER BY since, alarm_id";
    let mut query = connection.prepare_cached(QUERY)?;
    let rows = query.query_map([], |row| {
        Ok(AlarmRow {
            alarm_id: row.get(0)?,
            account: row.get(1)?,
            kind: row.get(2)?,
            subject: row.get(3)?,
            since: parsed(row, 4)?,
            level: row.get(5)?,
            detail: row.get(6)?,
            ended_at: parsed_or_null(row, 7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
