//! Appends to a catalog's chain from outside, as its documentation says that it is made.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "shared by test binaries")]

use rusqlite::{Connection, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A second connection that writes.
pub fn writing(catalog: &std::path::Path) -> Connection {
    let connection = Connection::open(catalog).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection
}

/// Lets history be rewritten.
pub fn without_triggers(connection: &Connection) {
    let mut query =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let names: Vec<String> =
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    for name in names {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
}

pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// Appends an event about an item to the chain of its account; answers its number.
pub fn append(c: &Connection, kind: &str, media_id: &str, walk: i64, detail: &Value) -> i64 {
    let (account_id, account, item_id): (i64, String, i64) = c
        .query_row(
            "SELECT a.account_id, a.name, i.item_id FROM item i JOIN account a USING (account_id)
             WHERE i.media_id = ?1",
            [media_id],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    let (id, previous): (i64, String) = c
        .query_row(
            "SELECT max(event_id) + 1, (SELECT digest FROM event WHERE account_id = ?1
              ORDER BY event_id DESC LIMIT 1) FROM event",
            [account_id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let (at, detail) = ("2026-11-03T00:00:00Z", detail.to_string());
    let lines =
        format!("{previous}\n{id}\n{at}\n{account}\n{media_id}\n{kind}\n\n{walk}\n{detail}");
    c.execute(
        "INSERT INTO event (event_id, account_id, at, item_id, kind, walk_id, detail,
         previous_digest, digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![id, account_id, at, item_id, kind, walk, detail, previous, sha256(lines)],
    )
    .unwrap();
    id
}

/// Keeps an answer and the question that it answers.
pub fn ask(c: &Connection, event: i64, purpose: &str, media_id: &str, body: &str) {
    use std::io::Write;
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(body.as_bytes()).unwrap();
    c.execute(
        "INSERT INTO response (account_id, digest, size_bytes, body, first_at, last_at, is_pinned)
         SELECT account_id, ?2, ?3, ?4, at, at, 1 FROM event WHERE event_id = ?1
         ON CONFLICT DO UPDATE SET is_pinned = 1",
        params![
            event,
            &*Sha256::digest(body),
            u32::try_from(body.len()).unwrap(),
            zlib.finish().unwrap()
        ],
    )
    .unwrap();
    c.execute(
        "INSERT INTO question (event_id, purpose, media_id, at, request, outcome, http_status,
         response_id) SELECT ?1, ?2, ?3, '2026-11-03T00:00:00Z', 'GET /v25.0/' || ?3, 'x', 400,
         response_id FROM response WHERE digest = ?4",
        params![event, purpose, media_id, &*Sha256::digest(body)],
    )
    .unwrap();
}
