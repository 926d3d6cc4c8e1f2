//! The SQL interface: what is documented, what runs where.

use std::collections::BTreeSet;
use std::process::Command;

use crate::stand::DAY;
use crate::support::{Archive, album, at, held, picture, video};

const DOCUMENT: &str = include_str!("../../docs/sql.md");
const MIGRATIONS: &str = concat!(
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_disappearance.sql")
);
const SHELL: &str = "/usr/bin/sqlite3";

fn filled() -> Archive {
    let archive = Archive::new();
    let queue = archive.walk(&[picture("101"), album("102", &["201", "202"]), video("103")], 10);
    let everything = [picture("101"), album("102", &["201", "202"]), video("103")];
    archive.look(&everything, 11);
    archive.look(&everything[1..], DAY);
    archive.look(&everything[2..], 3 * DAY);
    archive.look(&everything[1..], 4 * DAY);
    let file = held(&queue.assets[0], b"bytes", "/v/t51/101.jpg");
    archive.write(move |w| w.record_held(&[file], at(20)));
    archive
}

/// The ready queries of the document: its blocks of SQL.
fn queries() -> Vec<String> {
    let blocks = DOCUMENT.split("```sql\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().trim().to_owned()).collect()
}

/// Names of views and columns, from the schema itself; `search` is a table on purpose.
fn columns(archive: &Archive) -> BTreeSet<(String, String)> {
    let views = archive.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'view' UNION ALL SELECT 'search' ORDER BY 1",
    );
    let mut found = BTreeSet::new();
    for view in views {
        found.insert((view[0].clone(), String::new()));
        for column in archive.rows(&format!("PRAGMA table_info({})", view[0])) {
            found.insert((view[0].clone(), column[1].clone()));
        }
    }
    found
}

#[test]
fn the_views_are_those_of_the_contract_in_its_order() {
    let archive = Archive::new();
    for (view, expected) in [
        (
            "accounts",
            "account user_id username login state api_media_count listed held count_offset \
             last_complete_walk_at token_expires_at attention gaps",
        ),
        (
            "posts",
            "media_id account edge shortcode permalink media_type media_product_type caption \
             alt_text published_at like_count comments_count child_count files_expected \
             files_held state first_seen_at last_seen_at disappeared_at",
        ),
        (
            "items",
            "media_id account edge parent_id position shortcode permalink media_type \
             media_product_type caption alt_text published_at like_count comments_count \
             child_count files_expected files_held state first_seen_at last_seen_at \
             disappeared_at",
        ),
        (
            "files",
            "media_id account parent_id position role version state sha256 path size_bytes \
             mime_type width height duration_ms held_at verified_at last_error",
        ),
        ("changes", "media_id account field old new previous_seen_at seen_at old_kind new_kind"),
        ("events", "id at account media_id kind role walk_id detail digest previous_digest"),
        (
            "walks",
            "walk_id account edge name since until started_at finished_at outcome reason \
             coverage_from coverage_to pages calls listed new changed missing detail hold capped_at server_at",
        ),
        (
            "disappeared",
            "media_id account permalink published_at state last_seen_at first_missing_at \
             confirmed_at returned_at files_expected files_held edge parent_id unlisted_at \
             asked_at last_listed_walk_id missing_walk_id",
        ),
        (
            "lost_urls",
            "media_id account role last_url_at lost_at regained_at held sha256 parent_id \
             verified_at",
        ),
        ("gaps", "account edge from_at to_at reason since"),
        ("ledger", "account edge from_at to_at walk_id proven_at"),
        ("holds", "walk_id account edge kind reason items looked_at held_at ended_at ended_by"),
        ("steps", "media_id account at until state event_id"),
        (
            "failures",
            "account media_id role stage class code subcode tries first_at last_at next_try_at \
             error",
        ),
        ("metrics", "media_id account at name value kind"),
        ("search", "media_id account kind text"),
    ] {
        let columns = archive.rows(&format!("PRAGMA table_info({view})"));
        let names: Vec<_> = columns.iter().map(|column| column[1].as_str()).collect();
        assert_eq!(names.join(" "), expected, "{view}");
    }
}

#[test]
fn schema_doc_describes_every_column_of_every_view_and_nothing_else() {
    let archive = Archive::new();
    let documented: BTreeSet<_> = archive
        .rows("SELECT object_name, column_name FROM schema_doc WHERE description <> ''")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    assert_eq!(documented, columns(&archive));
}

#[test]
fn the_document_says_what_schema_doc_says() {
    let archive = Archive::new();
    let rows = archive.rows(
        "SELECT column_name, coalesce(unit, ''), description FROM schema_doc
         WHERE column_name <> ''",
    );
    for row in &rows {
        let [name, unit, description] = <&[String; 3]>::try_from(row.as_slice()).unwrap();
        let line = format!("| `{name}` | {unit} | {description} |");
        assert!(DOCUMENT.contains(&line), "docs/sql.md lacks this line:\n{line}");
    }
    let lines = DOCUMENT.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(lines, rows.len(), "docs/sql.md describes columns that are not there");
}

#[test]
fn every_ready_query_runs_in_the_program_and_in_an_old_shell() {
    let archive = filled();
    let queries = queries();
    assert!(queries.len() >= 15, "{} queries", queries.len());
    for query in &queries {
        archive.rows(query);
        let output = shell(&archive, query);
        assert_eq!(output.1, "", "{query}");
    }
}

#[test]
fn an_old_shell_shows_the_same_rows() {
    let archive = filled();
    let views = archive.rows("SELECT name FROM sqlite_schema WHERE type = 'view'");
    assert!(views.len() >= 15, "{views:?}");
    for view in views.iter().map(|row| &row[0]) {
        let query = format!("SELECT count(*) FROM (SELECT * FROM {view})");
        assert_eq!(shell(&archive, &query), (archive.one(&query) + "\n", String::new()), "{view}");
    }
    let found = "SELECT media_id FROM search WHERE search MATCH 'caption' ORDER BY media_id";
    assert_eq!(shell(&archive, found).0, "101\n102\n103\n");
    assert_eq!(shell(&archive, "PRAGMA integrity_check").0, "ok\n");
}

#[test]
fn views_use_nothing_that_other_readers_lack() {
    let lower = MIGRATIONS.to_lowercase();
    for trap in ["generated always", "unixepoch", "char(10)", "jsonb", "iif(", "select *", "->>"] {
        assert!(!lower.contains(trap), "{trap}");
    }
}

#[test]
fn no_signature_host_or_secret_is_anywhere_in_the_file() {
    let archive = filled();
    archive.write(mediakeep::catalog::Writer::checkpoint);
    let bytes = std::fs::read(archive.path()).unwrap();
    for needle in ["SECRET", "oh=", "oe=6AB66240", "cdninstagram.com"] {
        let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!found, "{needle}");
    }
    assert!(bytes.windows(7).any(|window| window == b"101.jpg"), "the test looks at real bytes");
}

/// What Debian's own `sqlite3` prints, on standard output and standard error.
fn shell(archive: &Archive, query: &str) -> (String, String) {
    let output = Command::new(SHELL)
        .arg("-readonly")
        .arg(archive.path())
        .arg(query)
        .output()
        .unwrap_or_else(|error| panic!("{SHELL} is needed (apt-get install sqlite3): {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}
