//! What `status` shows, read in one transaction.

use rusqlite::{Connection, OptionalExtension, Row};

use super::rows::{AccountStatus, LastWalk, StatusFacts, Totals};
use super::text::{parsed, parsed_or_null};
use super::{CatalogError, CatalogReader};

impl CatalogReader {
    /// The whole picture at one moment: accounts in the order of their labels, and sums.
    pub fn status(&self) -> Result<StatusFacts, CatalogError> {
        const ARCHIVE: &str = "SELECT value FROM meta WHERE key = 'archive_id'";
        let tx = self.connection().unchecked_transaction()?;
        let facts = StatusFacts {
            archive_id: tx.query_row(ARCHIVE, [], |row| row.get(0))?,
            schema: tx.pragma_query_value(None, "user_version", |row| row.get(0))?,
            accounts: accounts(&tx)?,
            totals: totals(&tx)?,
        };
        tx.commit()?;
        Ok(facts)
    }

    /// Sums over all accounts.
    pub fn totals(&self) -> Result<Totals, CatalogError> {
        totals(self.connection())
    }
}

fn totals(connection: &Connection) -> Result<Totals, CatalogError> {
    const QUERY: &str = "SELECT
        (SELECT count(*) FROM item WHERE parent_item_id IS NULL),
        (SELECT count(*) FROM item),
        (SELECT count(*) FROM asset WHERE state = 'held'),
        (SELECT count(*) FROM asset WHERE state = 'pending'),
        (SELECT count(*) FROM asset WHERE state = 'failed'),
        (SELECT count(*) FROM asset WHERE state = 'no_url'),
        (SELECT count(*) FROM blob),
        (SELECT coalesce(sum(size_bytes), 0) FROM blob),
        (SELECT count(*) FROM blob WHERE verdict <> 'intact'),
        (SELECT count(*) FROM failures)";
    let totals = connection.query_row(QUERY, [], |row| {
        Ok(Totals {
            posts: unsigned(row, 0)?,
            items: unsigned(row, 1)?,
            files_held: unsigned(row, 2)?,
            files_pending: unsigned(row, 3)?,
            files_failed: unsigned(row, 4)?,
            files_without_url: unsigned(row, 5)?,
            blobs: unsigned(row, 6)?,
            blob_bytes: unsigned(row, 7)?,
            damaged_blobs: unsigned(row, 8)?,
            failures: unsigned(row, 9)?,
        })
    })?;
    Ok(totals)
}

fn accounts(connection: &Connection) -> Result<Vec<AccountStatus>, CatalogError> {
    const QUERY: &str = "SELECT v.account, v.login, v.user_id, v.username, v.state,
        a.state_detail, a.state_since_at, v.api_media_count, v.listed, v.held,
        (SELECT count(*) FROM asset s WHERE s.account_id = a.account_id AND s.state = 'held'),
        (SELECT count(*) FROM asset s WHERE s.account_id = a.account_id AND s.state = 'pending'
            AND s.state IN ('pending', 'failed')),
        (SELECT count(*) FROM asset s WHERE s.account_id = a.account_id AND s.state = 'failed'
            AND s.state IN ('pending', 'failed')),
        (SELECT count(*) FROM failures f WHERE f.account = v.account),
        (SELECT f.error FROM failures f WHERE f.account = v.account
          ORDER BY f.last_at DESC LIMIT 1),
        v.last_complete_walk_at, v.token_expires_at, a.usage_percent, a.blocked_until_at,
        a.account_id, v.gaps, v.attention,
        (SELECT count(*) FROM item i WHERE i.account_id = a.account_id AND i.state = 'missing'
            AND i.state <> 'present'),
        (SELECT count(*) FROM item i WHERE i.account_id = a.account_id AND i.state = 'gone'
            AND i.state <> 'present')
        FROM account a JOIN accounts v ON v.account = a.name ORDER BY a.name";
    let mut query = connection.prepare_cached(QUERY)?;
    let mut rows = query.query([])?;
    let mut accounts = Vec::new();
    while let Some(row) = rows.next()? {
        let last_walk = last_walk(connection, row.get(19)?)?;
        let held_walks = held_walks(connection, row.get(19)?)?;
        accounts.push(AccountStatus { held_walks, ..account(row, last_walk)? });
    }
    Ok(accounts)
}

fn account(row: &Row<'_>, last_walk: Option<LastWalk>) -> rusqlite::Result<AccountStatus> {
    Ok(AccountStatus {
        account: row.get(0)?,
        login: row.get(1)?,
        user_id: row.get(2)?,
        username: row.get(3)?,
        state: row.get(4)?,
        state_detail: row.get(5)?,
        state_since_at: parsed_or_null(row, 6)?,
        api_media_count: row.get(7)?,
        listed: unsigned(row, 8)?,
        held: unsigned(row, 9)?,
        files_held: unsigned(row, 10)?,
        files_pending: unsigned(row, 11)?,
        files_failed: unsigned(row, 12)?,
        failures: unsigned(row, 13)?,
        last_error: row.get(14)?,
        last_complete_walk_at: parsed_or_null(row, 15)?,
        last_walk,
        token_expires_at: parsed_or_null(row, 16)?,
        usage_percent: row.get(17)?,
        blocked_until: parsed_or_null(row, 18)?,
        gaps: unsigned(row, 20)?,
        attention: row.get(21)?,
        missing: unsigned(row, 22)?,
        gone: unsigned(row, 23)?,
        held_walks: Vec::new(),
    })
}

fn held_walks(connection: &Connection, account_id: i64) -> Result<Vec<i64>, CatalogError> {
    const QUERY: &str = "SELECT DISTINCT h.walk_id FROM hold h JOIN walk w ON w.walk_id = h.walk_id
        WHERE h.ended_at IS NULL AND w.account_id = ?1 ORDER BY h.walk_id";
    let mut query = connection.prepare_cached(QUERY)?;
    let walks = query.query_map([account_id], |row| row.get(0))?;
    Ok(walks.collect::<Result<_, _>>()?)
}

fn last_walk(connection: &Connection, account_id: i64) -> Result<Option<LastWalk>, CatalogError> {
    const QUERY: &str = "SELECT walk_id, name, edge, outcome, reason, started_at, finished_at
        FROM walk WHERE account_id = ?1 ORDER BY walk_id DESC LIMIT 1";
    let walk = connection.prepare_cached(QUERY)?.query_row([account_id], |row| {
        Ok(LastWalk {
            walk_id: row.get(0)?,
            name: row.get(1)?,
            edge: row.get(2)?,
            outcome: row.get(3)?,
            reason: row.get(4)?,
            started_at: parsed(row, 5)?,
            finished_at: parsed_or_null(row, 6)?,
        })
    });
    Ok(walk.optional()?)
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}
