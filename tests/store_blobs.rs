//! The store: what is committed stays, what is not leaves no trace.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod store_support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;

use mediakeep::blobs::{
    ArchiveDir, BlobVerdict, ContentFault, Found, InspectError, Placement, StoreClass, StoreError,
    Swept,
};
use mediakeep::domain::BlobId;
use sha2::{Digest as _, Sha256};
use store_support::{archive, files, mode, noise, put, set_mode, stage, tree};

fn id_of(bytes: &[u8]) -> BlobId {
    BlobId::from_digest(Sha256::digest(bytes).into())
}

fn threads(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

/// Overwrites a blob in place, as a failing disk would.
fn damage(archive: &ArchiveDir, id: &BlobId, bytes: &[u8]) {
    let path = archive.blobs().path(id);
    set_mode(&path, 0o640);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_file_is_named_by_its_bytes_however_they_were_cut_into_writes() {
    let (_home, archive) = archive();
    let bytes = noise(1, 700_001);
    for piece in [1000, 16_384, 131_071, 131_072, 131_073, 262_144, 700_001] {
        let mut writer = archive.blobs().begin().unwrap();
        assert!(writer.is_empty());
        for part in bytes.chunks(piece) {
            writer.write(part).unwrap();
        }
        assert_eq!(writer.len(), 700_001);
        assert_eq!(writer.head(), &bytes[..4096]);
        let staged = writer.finish().unwrap();
        assert_eq!((staged.id(), staged.size()), (id_of(&bytes), 700_001));
        let committed = archive.blobs().commit(vec![staged]).remove(0).unwrap();
        let mut read = Vec::new();
        archive.blobs().open(&committed.id).unwrap().read_to_end(&mut read).unwrap();
        assert!(read == bytes, "written in pieces of {piece}");
        fs::remove_file(archive.blobs().path(&committed.id)).unwrap();
    }
}

#[test]
fn an_empty_file_is_a_file() {
    let (_home, archive) = archive();
    let staged = archive.blobs().begin().unwrap().finish().unwrap();
    assert!(matches!(staged.inspect(), Err(InspectError::Content(ContentFault::Empty))));
    let committed = archive.blobs().commit(vec![staged]).remove(0).unwrap();
    assert_eq!((committed.id, committed.size), (id_of(b""), 0));
}

#[test]
fn a_commit_answers_in_the_order_of_the_batch() {
    let (_home, archive) = archive();
    let contents: Vec<Vec<u8>> = (0..100).map(|seed| noise(seed % 90, 5000)).collect();
    let batch = contents.iter().map(|bytes| stage(archive.blobs(), bytes).unwrap()).collect();
    let results = archive.blobs().commit(batch);
    for (at, (bytes, result)) in contents.iter().zip(results).enumerate() {
        let committed = result.unwrap();
        assert_eq!((committed.id, committed.size), (id_of(bytes), 5000));
        // The last ten repeat the first ten.
        let placement = if at < 90 { Placement::New } else { Placement::AlreadyThere };
        assert_eq!(committed.placement, placement, "{at}");
        assert_eq!(mode(&archive.blobs().path(&committed.id)), 0o440);
    }
    assert!(archive.blobs().commit(Vec::new()).is_empty());
    assert!(files(&archive.path().join("tmp")).is_empty());
    assert_eq!(archive.blobs().walk_blobs().count(), 90);
}

#[test]
fn what_is_dropped_before_its_commit_leaves_nothing() {
    let (_home, archive) = archive();
    let before = tree(archive.path());
    let mut writer = archive.blobs().begin().unwrap();
    writer.write(&noise(1, 200_000)).unwrap();
    let staged = stage(archive.blobs(), b"finished, and not wanted").unwrap();
    assert_eq!(files(&archive.path().join("tmp")).len(), 2);
    drop((writer, staged));
    assert_eq!(tree(archive.path()), before);
}

#[test]
fn leftovers_of_a_crash_are_swept_and_files_in_work_are_not() {
    let (_home, archive) = archive();
    let path = archive.path().to_owned();
    drop(archive);
    fs::write(path.join("tmp/3/0123456789abcdef-1"), "half a picture").unwrap();
    fs::write(path.join("tmp/older"), "x").unwrap();
    symlink("/etc/hostname", path.join("tmp/0/link")).unwrap();
    let archive = ArchiveDir::create_or_open(&path, None).unwrap();
    let staged = stage(archive.blobs(), b"in work").unwrap();
    let link = "/etc/hostname".len() as u64;
    assert_eq!(archive.blobs().sweep().unwrap(), Swept { files: 3, bytes: 14 + 1 + link });
    assert_eq!(archive.blobs().sweep().unwrap(), Swept::default());
    archive.blobs().commit(vec![staged]).remove(0).unwrap();
    assert!(files(&path.join("tmp")).is_empty());
}

#[test]
fn an_orphan_of_a_crash_is_adopted_by_the_next_same_file() {
    let (_home, archive) = archive();
    let path = archive.path().to_owned();
    let orphan = put(archive.blobs(), b"no row names me").unwrap();
    drop(archive);
    let archive = ArchiveDir::create_or_open(&path, None).unwrap();
    let adopted = put(archive.blobs(), b"no row names me").unwrap();
    assert_eq!((adopted.id, adopted.placement), (orphan.id, Placement::AlreadyThere));
    assert!(files(&path.join("tmp")).is_empty());
}

#[test]
fn a_damaged_blob_makes_room_for_a_good_one_and_is_kept() {
    let (_home, archive) = archive();
    let good = noise(7, 10_000);
    let id = put(archive.blobs(), &good).unwrap().id;
    let mut flipped = good.clone();
    flipped[5000] ^= 1;
    // Cut, emptied, and of the same length with one other bit.
    for (at, bad) in [&good[..9999], b"", &flipped].into_iter().enumerate() {
        damage(&archive, &id, bad);
        let committed = put(archive.blobs(), &good).unwrap();
        let Placement::Replaced { quarantined } = committed.placement else {
            panic!("{committed:?}");
        };
        assert_eq!(fs::read(&quarantined).unwrap(), bad);
        let name = if at == 0 { id.to_string() } else { format!("{id}.{at}") };
        assert_eq!(quarantined, archive.path().join("quarantine").join(name));
        assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Intact);
    }
    assert_eq!(files(&archive.path().join("quarantine")).len(), 3);
}

#[test]
fn what_is_no_file_under_a_blobs_name_is_moved_aside_too() {
    let (home, archive) = archive();
    let outside = home.path().join("outside");
    fs::write(&outside, "precious").unwrap();
    let id = id_of(b"content");
    let path = archive.blobs().path(&id);
    for place in
        [&(|| symlink(&outside, &path).unwrap()) as &dyn Fn(), &|| fs::create_dir(&path).unwrap()]
    {
        place();
        assert_eq!(
            archive.blobs().verify(&id).unwrap(),
            BlobVerdict::Damaged { actual: None, size: 0 }
        );
        assert!(archive.blobs().open(&id).is_err());
        assert!(!archive.blobs().contains(&id, 7).unwrap());
        let committed = put(archive.blobs(), b"content").unwrap();
        assert!(matches!(committed.placement, Placement::Replaced { .. }));
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(fs::read_to_string(outside).unwrap(), "precious");
}

#[test]
fn the_same_content_from_eight_threads_is_stored_once() {
    let (_home, archive) = archive();
    for round in 0..20 {
        let bytes = noise(round, 50_000);
        if round % 2 == 1 {
            fs::write(archive.blobs().path(&id_of(&bytes)), "damaged").unwrap();
        }
        let start = Barrier::new(8);
        let placements: Vec<Placement> = thread::scope(|scope| {
            let work = || {
                let staged = stage(archive.blobs(), &bytes).unwrap();
                start.wait();
                archive.blobs().commit(vec![staged]).remove(0).unwrap().placement
            };
            let workers: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        let placed = placements.iter().filter(|p| **p != Placement::AlreadyThere).count();
        assert_eq!(placed, 1, "{placements:?}");
        assert_eq!(archive.blobs().verify(&id_of(&bytes)).unwrap(), BlobVerdict::Intact);
    }
    assert!(files(&archive.path().join("tmp")).is_empty());
    assert_eq!(files(&archive.path().join("quarantine")).len(), 10);
}

#[test]
fn a_file_that_cannot_be_placed_does_not_take_its_batch_along() {
    let (_home, archive) = archive();
    let (lost, kept) = (b"lost".as_slice(), b"kept".as_slice());
    let batch = [lost, kept].map(|bytes| stage(archive.blobs(), bytes).unwrap()).into();
    let path = archive.blobs().path(&id_of(lost));
    fs::remove_dir(path.parent().unwrap()).unwrap();
    let mut results = archive.blobs().commit(batch);
    assert_eq!(results.remove(1).unwrap().id, id_of(kept));
    let Err(error) = results.remove(0) else { panic!("placed without a directory") };
    assert_eq!(error.class(), StoreClass::Storage);
    assert!(files(&archive.path().join("tmp")).is_empty());
}

#[test]
fn every_single_flipped_bit_is_found() {
    let (_home, archive) = archive();
    let bytes = noise(3, 60);
    let id = put(archive.blobs(), &bytes).unwrap().id;
    assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Intact);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        damage(&archive, &id, &flipped);
        let actual = Some(id_of(&flipped));
        assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Damaged { actual, size: 60 });
    }
}

#[test]
fn many_blobs_are_verified_once_each_and_the_end_can_be_early() {
    let (_home, archive) = archive();
    let batch = (0..60).map(|seed| stage(archive.blobs(), &noise(seed, 3000)).unwrap()).collect();
    let mut ids: Vec<BlobId> =
        archive.blobs().commit(batch).into_iter().map(|result| result.unwrap().id).collect();
    damage(&archive, &ids[10], b"other");
    fs::remove_file(archive.blobs().path(&ids[20])).unwrap();
    let expected = |id: &BlobId| match id {
        id if *id == ids[10] => BlobVerdict::Damaged { actual: Some(id_of(b"other")), size: 5 },
        id if *id == ids[20] => BlobVerdict::Missing,
        _ => BlobVerdict::Intact,
    };
    for threads in [1, 2, 7, 200].map(threads) {
        let mut seen = BTreeSet::new();
        archive.blobs().verify_many(&ids, threads, |id, verdict| {
            assert_eq!(verdict.unwrap(), expected(id));
            assert!(seen.insert(*id), "verified twice");
            ControlFlow::Continue(())
        });
        assert_eq!(seen.len(), 60);
    }
    let mut seen = 0;
    archive.blobs().verify_many(&ids, threads(2), |_, _| {
        seen += 1;
        if seen == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(seen, 5);
    ids.clear();
    archive.blobs().verify_many(&ids, threads(2), |_, _| panic!("nothing to verify"));
}

#[test]
fn only_damaged_blobs_go_to_quarantine() {
    let (_home, archive) = archive();
    let id = put(archive.blobs(), b"good").unwrap().id;
    assert_eq!(archive.blobs().quarantine(&id).unwrap(), None);
    assert!(archive.blobs().contains(&id, 4).unwrap());
    assert!(!archive.blobs().contains(&id, 5).unwrap());
    damage(&archive, &id, b"bad");
    let moved = archive.blobs().quarantine(&id).unwrap().unwrap();
    assert_eq!(fs::read(moved).unwrap(), b"bad");
    assert_eq!(archive.blobs().verify(&id).unwrap(), BlobVerdict::Missing);
    assert_eq!(archive.blobs().quarantine(&id).unwrap(), None);
    assert!(!archive.blobs().contains(&id, 4).unwrap());
}

#[test]
fn a_walk_lists_every_blob_in_order_and_names_strays() {
    let (_home, archive) = archive();
    let mut blobs = BTreeSet::new();
    for seed in 0..40 {
        blobs.insert(put(archive.blobs(), &noise(seed, 10)).unwrap().id);
    }
    let top = archive.path().join("blobs");
    let first = *blobs.first().unwrap();
    let wrong_shard = format!("{:02x}/{first}", first.as_bytes()[0].wrapping_add(1));
    let strays = ["00/notes.txt", "0A", "zz", "ff/deep", wrong_shard.as_str()];
    fs::write(top.join(strays[0]), "x").unwrap();
    fs::create_dir(top.join(strays[1])).unwrap();
    fs::write(top.join(strays[2]), "x").unwrap();
    fs::create_dir(top.join(strays[3])).unwrap();
    fs::write(top.join(strays[4]), "x").unwrap();
    let (mut listed, mut found) = (Vec::new(), BTreeSet::new());
    for entry in archive.blobs().walk_blobs() {
        match entry.unwrap() {
            Found::Blob { id, size } => {
                assert_eq!(size, 10);
                listed.push(id);
            }
            Found::Stray { path } => assert!(found.insert(path)),
        }
    }
    assert_eq!(listed, blobs.into_iter().collect::<Vec<_>>());
    assert_eq!(found, strays.iter().map(|stray| top.join(stray)).collect());
}

#[test]
fn coreutils_agree_about_the_whole_store() {
    let (_home, archive) = archive();
    let batch =
        (0..100).map(|seed| stage(archive.blobs(), &noise(seed, 40_000)).unwrap()).collect();
    let mut list = String::new();
    for committed in archive.blobs().commit(batch) {
        let id = committed.unwrap().id;
        writeln!(list, "{id}  {}", id.relative_path()).unwrap();
    }
    let check = |list: &str| {
        let mut sums = Command::new("sha256sum")
            .args(["--check", "--strict"])
            .current_dir(archive.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sums.stdin.take().unwrap().write_all(list.as_bytes()).unwrap();
        let output = sums.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.success(), text.matches(": OK").count())
    };
    assert_eq!(check(&list), (true, 100));
    let first: BlobId = list[..64].parse().unwrap();
    damage(&archive, &first, b"other");
    assert_eq!(check(&list), (false, 99));
}

#[test]
fn content_is_judged_before_it_is_committed() {
    let (_home, archive) = archive();
    let page = stage(archive.blobs(), b"<html><body>Please log in</body></html>").unwrap();
    let Err(InspectError::Content(fault)) = page.inspect() else { panic!("a page passed") };
    assert!(fault.to_string().contains("a page of HTML"));
    let gif = stage(archive.blobs(), b"GIF89a\x20\0\x10\0\0\0\0,,,\0;").unwrap();
    let facts = gif.inspect().unwrap();
    assert_eq!((facts.mime_type, facts.width, facts.height), ("image/gif", Some(32), Some(16)));
}

#[test]
fn a_missing_blob_cannot_be_opened() {
    let (_home, archive) = archive();
    let error = archive.blobs().open(&id_of(b"never stored")).map(|_: File| ()).unwrap_err();
    assert!(matches!(error, StoreError::Io { doing: "open", .. }), "{error}");
}
