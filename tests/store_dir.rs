//! The archive directory: what is refused, what is made, who may open it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod store_support;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;

use mediakeep::blobs::{ArchiveDir, Refusal, StoreClass, StoreError};
use store_support::{
    DONE, again, archive, assert_done, files, is_root, mode, put, set_mode, tree, workplace,
};

fn refusal(dir: &Path, expect_id: Option<&str>) -> Refusal {
    match ArchiveDir::create_or_open(dir, expect_id) {
        Err(StoreError::Refused(refusal)) => {
            assert!(refusal.hint().len() > 10);
            refusal
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// A closed archive and its path.
fn closed() -> (tempfile::TempDir, PathBuf, String) {
    let (home, archive) = archive();
    let (path, id) = (archive.path().to_owned(), archive.id().to_owned());
    (home, path, id)
}

#[test]
fn an_absent_and_an_empty_directory_become_archives() {
    let home = tempfile::tempdir().unwrap();
    let absent = home.path().join("new");
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    // What a new file system and a creation that was cut off leave behind.
    let used = home.path().join("used");
    fs::create_dir_all(used.join("lost+found")).unwrap();
    fs::write(used.join(".STORE.new"), "version").unwrap();
    fs::write(used.join(".lock"), "12\n").unwrap();
    let mut ids = Vec::new();
    for dir in [&absent, &empty, &used] {
        let archive = ArchiveDir::create_or_open(dir, None).unwrap();
        assert_eq!(archive.catalog_path(), dir.join("catalog.db"));
        assert!(archive.free_space().unwrap() > 0);
        ids.push(archive.id().to_owned());
    }
    let distinct: HashSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), 3, "every archive has its own id");
    assert_eq!(ArchiveDir::open_read_only(&empty).unwrap().id(), ids[1]);
    let again = ArchiveDir::create_or_open(&absent, Some(&ids[0])).unwrap();
    assert_eq!(again.id(), ids[0]);
}

#[test]
fn a_directory_of_something_else_is_left_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("thesis.odt"), "text").unwrap();
    assert!(matches!(refusal(home.path(), None), Refusal::NoMarker { .. }));
    assert_eq!(tree(home.path()).len(), 1);
    let file = home.path().join("thesis.odt");
    assert!(matches!(refusal(&file, None), Refusal::NotADirectory { .. }));
}

#[test]
fn an_archive_without_its_marker_is_left_as_it_was() {
    for piece in ["catalog.db", "blobs"] {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(piece);
        if piece == "blobs" { fs::create_dir(path) } else { fs::write(path, "") }.unwrap();
        let Refusal::MarkerLost { piece: named, .. } = refusal(home.path(), None) else {
            panic!("{piece}");
        };
        assert_eq!(named, piece);
        assert_eq!(tree(home.path()).len(), 1);
        assert!(ArchiveDir::open_read_only(home.path()).is_err());
    }
}

#[test]
fn a_disk_that_is_not_mounted_is_not_taken_for_a_new_archive() {
    let home = tempfile::tempdir().unwrap();
    let id = "0".repeat(32);
    let empty = home.path().join("mountpoint");
    fs::create_dir(&empty).unwrap();
    assert!(matches!(refusal(&empty, Some(&id)), Refusal::NotMounted { .. }));
    let absent = home.path().join("absent");
    assert!(matches!(refusal(&absent, Some(&id)), Refusal::Absent { .. }));
    let no_parent = absent.join("archive");
    assert!(matches!(refusal(&no_parent, None), Refusal::Absent { .. }));
    assert_eq!(tree(home.path()).len(), 1);
    assert!(matches!(
        ArchiveDir::open_read_only(&empty),
        Err(StoreError::Refused(Refusal::NoMarker { .. }))
    ));
}

#[test]
fn another_archive_is_refused_by_both_ids() {
    let (_home, path, id) = closed();
    let expected = "1".repeat(32);
    let message = refusal(&path, Some(&expected)).to_string();
    assert!(message.contains(&expected) && message.contains(&id), "{message}");
}

#[test]
fn an_unreadable_marker_is_refused() {
    let (_home, path, id) = closed();
    let store = path.join("STORE");
    let text = fs::read_to_string(&store).unwrap();
    fs::write(&store, text.replace("version = 1", "version = 9")).unwrap();
    assert!(matches!(refusal(&path, Some(&id)), Refusal::OtherVersion { found: 9, .. }));
    fs::write(&store, "garbage").unwrap();
    assert!(matches!(refusal(&path, Some(&id)), Refusal::BadMarker { .. }));
    fs::remove_file(&store).unwrap();
    fs::create_dir(&store).unwrap();
    assert!(matches!(refusal(&path, None), Refusal::WrongKind { .. }));
}

#[test]
fn a_marker_can_be_written_back_by_hand_as_the_readme_says() {
    let (_home, path, id) = closed();
    let readme = fs::read_to_string(path.join("README.txt")).unwrap();
    let lines: Vec<&str> = readme.lines().rev().take(2).map(str::trim).collect();
    fs::write(path.join("STORE"), format!("{}\n{}\n", lines[1], lines[0])).unwrap();
    assert_eq!(ArchiveDir::create_or_open(&path, None).unwrap().id(), id);
}

#[test]
fn symbolic_links_inside_are_refused_and_the_path_itself_may_be_one() {
    for piece in ["STORE", ".lock", "blobs", "tmp", "tokens", "backups", "quarantine", "README.txt"]
    {
        let (home, path, _) = closed();
        fs::rename(path.join(piece), home.path().join("elsewhere")).unwrap();
        symlink(home.path().join("elsewhere"), path.join(piece)).unwrap();
        let refused = refusal(&path, None);
        assert!(matches!(&refused, Refusal::SymbolicLink { .. }), "{piece}: {refused:?}");
    }
    let (home, path, _) = closed();
    fs::write(home.path().join("c"), "").unwrap();
    symlink(home.path().join("c"), path.join("catalog.db")).unwrap();
    assert!(matches!(refusal(&path, None), Refusal::SymbolicLink { .. }));
    fs::remove_file(path.join("catalog.db")).unwrap();
    fs::remove_dir(path.join("blobs/7f")).unwrap();
    symlink(home.path(), path.join("blobs/7f")).unwrap();
    assert!(matches!(refusal(&path, None), Refusal::SymbolicLink { .. }));
    fs::remove_file(path.join("blobs/7f")).unwrap();
    let link = home.path().join("link");
    symlink(&path, &link).unwrap();
    ArchiveDir::create_or_open(&link, None).unwrap();
}

#[test]
fn an_archive_with_a_catalog_does_not_get_new_blobs() {
    let (_home, path, _) = closed();
    fs::rename(path.join("blobs"), path.join("blobs.old")).unwrap();
    fs::write(path.join("catalog.db"), "").unwrap();
    assert!(matches!(refusal(&path, None), Refusal::PieceMissing { piece: "blobs", .. }));
    // Before there is a catalog it is a creation that was cut off, and goes on.
    fs::remove_file(path.join("catalog.db")).unwrap();
    fs::remove_dir_all(path.join("tmp")).unwrap();
    let archive = ArchiveDir::create_or_open(&path, None).unwrap();
    put(archive.blobs(), b"x").unwrap();
}

#[test]
fn what_everybody_may_write_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let open = home.path().join("open");
    fs::create_dir(&open).unwrap();
    set_mode(&open, 0o1777);
    assert!(matches!(refusal(&open, None), Refusal::WorldWritable { mode: 0o1777, .. }));
    assert!(tree(&open).is_empty());
    let (_home, path, _) = closed();
    set_mode(&path.join("blobs"), 0o2757);
    assert!(matches!(refusal(&path, None), Refusal::WorldWritable { .. }));
}

#[test]
fn what_belongs_to_somebody_else_is_refused() {
    if is_root() {
        let home = tempfile::tempdir().unwrap();
        chown(home.path(), Some(65_534), None).unwrap();
        assert!(matches!(
            refusal(home.path(), None),
            Refusal::ForeignOwner { owner: 65_534, user: 0, .. }
        ));
        assert!(tree(home.path()).is_empty());
    } else {
        assert!(matches!(refusal(Path::new("/usr"), None), Refusal::ForeignOwner { owner: 0, .. }));
    }
}

#[test]
fn an_archive_has_one_writer_and_any_number_of_readers() {
    let (_home, archive) = archive();
    let Err(error) = ArchiveDir::create_or_open(archive.path(), None) else {
        panic!("opened twice");
    };
    assert_eq!(error.class(), StoreClass::InUse);
    let holder = format!("held by process {}", std::process::id());
    assert!(error.to_string().ends_with(&holder), "{error}");
    let committed = put(archive.blobs(), b"seen by readers").unwrap();
    let reader = ArchiveDir::open_read_only(archive.path()).unwrap();
    assert!(reader.blobs().contains(&committed.id, 15).unwrap());
    assert!(matches!(reader.blobs().begin(), Err(StoreError::ReadOnly { .. })));
    assert!(matches!(reader.blobs().sweep(), Err(StoreError::ReadOnly { .. })));
    assert!(matches!(reader.blobs().quarantine(&committed.id), Err(StoreError::ReadOnly { .. })));
    // The lock lasts as long as anybody can still write.
    let (path, store) = (archive.path().to_owned(), archive.blobs().clone());
    drop(archive);
    assert!(ArchiveDir::create_or_open(&path, None).is_err());
    drop(store);
    ArchiveDir::create_or_open(&path, None).unwrap();
}

#[test]
fn of_many_that_make_the_same_archive_at_once_one_wins() {
    for _ in 0..6 {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("archive");
        let (start, end) = (Barrier::new(8), Barrier::new(8));
        let results: Vec<Result<(), StoreError>> = thread::scope(|scope| {
            let race = || {
                start.wait();
                let opened = ArchiveDir::create_or_open(&dir, None);
                end.wait();
                opened.map(drop)
            };
            let racers: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        let lost: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        assert_eq!(lost.len(), 7, "{lost:?}");
        assert!(lost.iter().all(|error| error.class() == StoreClass::InUse), "{lost:?}");
    }
}

#[test]
fn a_killed_holder_leaves_no_lock_behind() {
    if let Some(dir) = workplace() {
        let _archive = ArchiveDir::create_or_open(&dir, None).unwrap();
        println!("\nheld");
        std::io::stdout().flush().unwrap();
        // Until killed; an end of the input ends it too, so that nothing is left running.
        std::io::stdin().read_line(&mut String::new()).unwrap();
        return;
    }
    let (_home, path, _) = closed();
    let mut holder = again(&[], "a_killed_holder_leaves_no_lock_behind", &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "held"));
    match ArchiveDir::create_or_open(&path, None) {
        Err(StoreError::InUse { pid, .. }) => assert_eq!(pid, Some(holder.id())),
        other => panic!("{other:?}"),
    }
    holder.kill().unwrap();
    holder.wait().unwrap();
    ArchiveDir::create_or_open(&path, None).unwrap();
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    if let Some(dir) = workplace() {
        let archive = ArchiveDir::create_or_open(&dir.join("archive"), None).unwrap();
        put(archive.blobs(), b"content").unwrap();
        println!("{DONE}");
        return;
    }
    for umask in ["000", "027", "077", "777"] {
        let home = tempfile::tempdir().unwrap();
        let script = format!("umask {umask}; exec \"$@\"");
        let wrapper = ["sh", "-c", &script, "sh"].map(OsStr::new);
        let test = "modes_do_not_depend_on_the_umask";
        // A umask of 777 leaves nobody but root able to work.
        if umask == "777" && !is_root() {
            continue;
        }
        assert_done(&again(&wrapper, test, home.path()).output().unwrap());
        let dir = home.path().join("archive");
        assert_eq!(mode(&dir), 0o2750);
        for path in tree(&dir) {
            let wanted = match path.to_str().unwrap() {
                ".lock" => continue,
                "tokens" => 0o700,
                "STORE" | "README.txt" => 0o640,
                blob if blob.len() > 60 => 0o440,
                _ => 0o2750,
            };
            assert_eq!(mode(&dir.join(&path)), wanted, "{} with umask {umask}", path.display());
        }
        assert_eq!(mode(&dir.join(".lock")) & 0o037, 0);
        assert_eq!(files(&dir).len(), 4);
    }
}

#[test]
fn tokens_that_others_may_see_are_closed_again() {
    let (_home, path, _) = closed();
    set_mode(&path.join("tokens"), 0o755);
    ArchiveDir::create_or_open(&path, None).unwrap();
    assert_eq!(mode(&path.join("tokens")), 0o700);
}

#[test]
fn the_commands_of_the_readme_work() {
    let (_home, archive) = archive();
    let dir = archive.path();
    let mut paths = Vec::new();
    let catalog = rusqlite::Connection::open(archive.catalog_path()).unwrap();
    catalog
        .execute_batch(
            "CREATE TABLE posts (published_at, account, permalink, caption);
             CREATE TABLE changes (media_id, field, old, new, seen_at);
             CREATE TABLE files (media_id, position, role, state, sha256, path, mime_type);
             INSERT INTO posts VALUES ('2026-05-07T13:00:34Z', 'lena', 'https://x/p/1', 'Hello');
             INSERT INTO changes VALUES ('2', 'caption', 'a', 'b', '2026-05-07T13:00:34Z');",
        )
        .unwrap();
    for content in ["one", "two"] {
        let id = put(archive.blobs(), content.as_bytes()).unwrap().id;
        paths.push(archive.blobs().path(&id));
        catalog
            .execute(
                "INSERT INTO files VALUES ('17', 0, 'media', 'held', ?1, ?2, 'image/jpeg')",
                [id.to_string(), id.relative_path()],
            )
            .unwrap();
    }
    drop(catalog);
    let readme = fs::read_to_string(dir.join("README.txt")).unwrap();
    let (_, commands) = readme.split_once("commands for a shell").unwrap();
    let (commands, _) = commands.split_once("Copy the whole directory").unwrap();
    let commands: Vec<&str> =
        commands.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(commands.len(), 5);
    let run = |command: &str| {
        let output = Command::new("sh").args(["-c", command]).current_dir(dir).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    for check in &commands[..2] {
        assert_eq!(run(check), (true, String::new()), "{check}");
    }
    for (query, shown) in commands[2..].iter().zip(["Hello", "image/jpeg", "caption"]) {
        let (success, text) = run(query);
        assert!(success && text.contains(shown), "{query}: {text}");
    }
    set_mode(&paths[1], 0o640);
    fs::write(&paths[1], "twice").unwrap();
    for check in &commands[..2] {
        let (success, text) = run(check);
        assert!(!success && text.contains("FAILED"), "{check}: {text}");
    }
}
