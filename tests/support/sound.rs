//! What must hold of an archive after any end of a process.

use std::collections::BTreeSet;
use std::process::Command;

use super::Rig;

/// What an archive says, apart from when it learned it.
pub fn outcome(rig: &Rig) -> BTreeSet<String> {
    let rows = [
        "SELECT media_id, account, caption, state, files_held, files_expected, position FROM items",
        "SELECT media_id, role, version, state, sha256, size_bytes, mime_type, width, height, duration_ms FROM files",
    ];
    rows.iter().flat_map(|query| rig.sql(query)).map(|row| format!("{row:?}")).collect()
}

/// Every row that says a file is held is right, and the catalog is whole. Answers how many are.
pub fn assert_sound(rig: &Rig, kill: usize) -> usize {
    if !rig.catalog().exists() {
        return 0;
    }
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'files'";
    if rig.sql_count(tables) == 0 {
        return 0;
    }
    assert_eq!(rig.sql_value("PRAGMA integrity_check"), "ok", "kill {kill}");
    assert_eq!(rig.sql("PRAGMA foreign_key_check"), [], "kill {kill}");
    let held = rig.sql("SELECT DISTINCT sha256, path FROM files WHERE state = 'held'");
    for chunk in held.chunks(200) {
        let paths: Vec<_> =
            chunk.iter().map(|row| rig.archive().join(row["path"].as_str().unwrap())).collect();
        let output = Command::new("sha256sum").args(&paths).output().unwrap();
        assert!(output.status.success(), "kill {kill}: a held file is not there");
        let sums = String::from_utf8(output.stdout).unwrap();
        for (line, row) in sums.lines().zip(chunk) {
            assert!(line.starts_with(row["sha256"].as_str().unwrap()), "kill {kill}: {line}");
        }
    }
    held.len()
}

/// A small generator, so that a seed means the same moments everywhere.
#[derive(Debug)]
pub struct Lcg(pub u64);

impl Lcg {
    pub fn share(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}
