//! The direction of dependencies, read from the source files themselves.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may name of this crate, beside itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("secret", &["domain"]),
    ("redact", &[]),
    ("clock", &["domain"]),
    ("schedule", &["domain"]),
    ("graph", &["domain", "secret", "redact"]),
    ("cdn", &["domain"]),
    ("catalog", &["domain"]),
    ("blobs", &["domain"]),
    ("tokens", &["domain", "secret"]),
    ("notify", &["domain", "secret"]),
    (
        "archive",
        &["graph", "cdn", "catalog", "blobs", "tokens", "notify", "clock", "domain", "secret"],
    ),
    ("exit", &[]),
    ("config", &["domain", "secret", "schedule", "exit"]),
    ("telemetry", &["config", "secret", "redact"]),
    (
        "daemon",
        &[
            "archive",
            "graph",
            "cdn",
            "catalog",
            "blobs",
            "tokens",
            "notify",
            "config",
            "clock",
            "schedule",
            "secret",
            "exit",
            "telemetry",
            "domain",
        ],
    ),
    (
        "web",
        &[
            "daemon", "archive", "catalog", "config", "clock", "schedule", "secret", "exit",
            "domain",
        ],
    ),
    (
        "cli",
        &[
            "web",
            "daemon",
            "archive",
            "graph",
            "cdn",
            "catalog",
            "blobs",
            "tokens",
            "notify",
            "config",
            "telemetry",
            "clock",
            "schedule",
            "secret",
            "exit",
            "domain",
        ],
    ),
];

/// Crates that only one place may know, so that they can be exchanged there.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("rusqlite", &["catalog"]),
    ("flate2", &["catalog"]),
    ("reqwest", &["graph", "cdn", "notify"]),
    ("axum", &["web"]),
    ("prometheus_client", &["web"]),
    ("sd_notify", &["daemon"]),
    ("cron", &["schedule"]),
    ("chrono", &["schedule"]),
    ("jiff", &["domain", "clock", "schedule"]),
    ("clap", &["cli", "main"]),
    ("indicatif", &["cli"]),
    ("graph_sandbox", &["cli"]),
];

#[test]
fn modules_point_only_towards_the_domain() {
    let mut wrong = Vec::new();
    for source in sources() {
        let allowed = MAY_USE.iter().find(|(module, _)| *module == source.module);
        let Some((_, allowed)) = allowed else {
            assert!(
                matches!(source.module.as_str(), "lib" | "main"),
                "{} belongs to no module of the list above",
                source.path.display()
            );
            continue;
        };
        for used in words_after(&source.code, "crate::") {
            if used != source.module && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: crate::{used}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows the wrong way:\n{}", wrong.join("\n"));
}

#[test]
fn each_outside_crate_is_known_in_its_place_alone() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, places) in ONLY_IN {
            let used = source.code.contains(&format!("use {name}::"))
                || source.code.contains(&format!("use {name};"))
                || words_before(&source.code, &format!("{name}::"));
            if used && !places.contains(&source.module.as_str()) {
                wrong.push(format!("{}: {name}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "crates outside their place:\n{}", wrong.join("\n"));
}

#[test]
fn the_domain_does_nothing() {
    for source in sources().into_iter().filter(|source| source.module == "domain") {
        for word in [
            "async ",
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "SystemTime",
            "time::Instant",
            "tokio",
            "tracing",
            "serde",
            "println!",
            "::now()",
        ] {
            assert!(!source.code.contains(word), "{} has {word:?}", source.path.display());
        }
    }
}

#[test]
fn unsafe_code_stands_in_one_file() {
    let keyword = concat!("uns", "afe ");
    let files: BTreeSet<_> = sources()
        .into_iter()
        .filter(|source| source.code.contains(&format!("{keyword}{{")))
        .map(|source| source.path.to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, BTreeSet::from(["src/catalog/persistent_wal.rs".to_owned()]));
}

#[test]
fn sql_is_spoken_in_the_catalog_alone() {
    let verbs = ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "PRAGMA "];
    for source in sources().into_iter().filter(|source| source.module != "catalog") {
        for line in source.code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            // A hint may show a person what to type into `sqlite3`.
            let shown = line.contains("sqlite3");
            let sql = !shown && verbs.iter().any(|verb| line.contains(&format!("\"{verb}")));
            assert!(!sql, "{}: {line}", source.path.display());
        }
    }
}

struct Source {
    path: PathBuf,
    module: String,
    /// Without test modules, which may use anything.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(&root.join("src"), &mut found);
    let sources: Vec<_> = found
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "tests.rs"))
        .map(|path| {
            let path = path.strip_prefix(root).unwrap().to_owned();
            let module = path.components().nth(1).unwrap().as_os_str().to_string_lossy();
            let code = fs::read_to_string(root.join(&path)).unwrap();
            let code = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
            Source { module: module.trim_end_matches(".rs").to_owned(), path, code }
        })
        .collect();
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The words that follow a prefix, in code lines.
fn words_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.split(prefix).skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .filter(|word: &String| !word.is_empty())
        .collect()
}

/// Whether a path begins with this word, as in `cron::Schedule`, and not as in `schedule_cron::`.
fn words_before(code: &str, word: &str) -> bool {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.into_iter().any(|line| {
        line.match_indices(word).any(|(at, _)| {
            !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
        })
    })
}
