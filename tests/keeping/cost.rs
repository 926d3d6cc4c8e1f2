//! What keeping costs with a large catalog: printed, not asserted.
//!
//! `MEDIAKEEP_TORTURE=1 cargo test --test keeping cost -- --nocapture`

use std::time::Instant;

use mediakeep::catalog::look_before_writing;
use rusqlite::Connection;

use crate::support::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_of_nine_thousand_walks_is_copied_and_looked_through() {
    if std::env::var_os("MEDIAKEEP_TORTURE").is_none() {
        return;
    }
    let rig = Rig::start(crate::small(20)).await;
    rig.run(&["sync", "--metadata-only"]).expect(0);
    let catalog = Connection::open(rig.catalog()).unwrap();
    catalog.execute_batch(GROWN).unwrap();
    drop(catalog);
    let size = std::fs::metadata(rig.catalog()).unwrap().len();
    let ran = rig.run(&["backup", "--json"]).expect(0);
    println!("{} MiB: copied and checked in {} s", size >> 20, ran.json()[0]["seconds"]);
    let began = Instant::now();
    let daemon = "INSERT INTO process (pid, program_version, started_at)
        VALUES (1, 'killed', '2026-11-22T05:27:00Z')";
    Connection::open(rig.catalog()).unwrap().execute_batch(daemon).unwrap();
    let found = look_before_writing(&rig.catalog()).unwrap();
    println!("looked through after a kill in {:?}: {found:?}", began.elapsed());
    let began = Instant::now();
    rig.run(&["restore", "--yes"]).expect(0);
    println!("restored in {:?}", began.elapsed());
}

/// 9 000 walks of one page each, with answers that hardly compress.
const GROWN: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
    INSERT INTO response (account_id, digest, size_bytes, body, first_at, last_at, is_pinned)
    SELECT 1, randomblob(32), 12000, randomblob(11000), '2026-11-22T05:27:00Z', '2026-11-22T05:27:00Z', 0 FROM n;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
    INSERT INTO walk (walk_id, account_id, edge, name, started_at, finished_at, outcome, host, login, api_version_asked, field_set, program_version)
    SELECT 100 + i, 1, 'media', 'full', '2026-11-22T05:27:00Z', '2026-11-22T05:28:00Z', 'failed', 'h', 'instagram', 'v', 'f', 'p' FROM n;
";
