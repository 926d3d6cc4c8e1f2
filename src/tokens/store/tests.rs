use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use tempfile::TempDir;

use super::*;
use crate::domain::token_life::{FailedTry, TryFault};
use crate::domain::{Timestamp, TokenTrouble};
use crate::secret::AccessToken;
use crate::tokens::{Entry, Seed, Source, Tried};

fn name() -> AccountName {
    "harbor.lantern".parse().unwrap()
}

fn token(text: &str) -> AccessToken {
    AccessToken::new(text).unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
}

fn entry(text: &str) -> Entry {
    Entry::new(token(text), Source::Configured, at(0))
}

fn first(text: &str) -> Kept {
    Kept::first(entry(text), Seed::Digest(token(text).digest()))
}

fn store() -> (TempDir, TokenStore) {
    let dir = TempDir::new().unwrap();
    let store = TokenStore::new(dir.path().join("tokens"));
    (dir, store)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn everything_that_is_kept_is_read_back() {
    let (_dir, store) = store();
    assert!(store.read(&name()).unwrap().is_none());
    let candidate = Entry {
        source: Source::Refreshed,
        issued_at: Some(at(1)),
        expires_at: Some(at(2)),
        never_expires: true,
        data_access_expires_at: Some(at(3)),
        scopes: Some("instagram_business_basic".to_owned()),
        answered_at: Some(at(4)),
        ..entry("IGAAcandidate")
    };
    let failed = FailedTry { at: at(5), how: TryFault::Unreachable };
    let kept = Kept {
        candidate: Some(candidate),
        former: vec![entry("IGAAone"), entry("IGAAtwo")],
        trouble: Some(TokenTrouble::Checkpoint),
        note: Some("a \"note\"\n".to_owned()),
        tried: Some(Tried { failed, error: "no answer".to_owned() }),
        checked_at: Some(at(6)),
        inspected_at: Some(at(7)),
        ..first("IGAAcurrent")
    };
    for seed in [Seed::Absent, Seed::Unread, Seed::Digest("00".to_owned())] {
        let kept = Kept { seed, ..kept.clone() };
        store.update(&name(), |_| Some(kept.clone())).unwrap();
        let read = store.read(&name()).unwrap().unwrap();
        let tokens = |kept: &Kept| -> Vec<String> {
            let all = [&kept.current].into_iter().chain(&kept.candidate).chain(&kept.former);
            all.map(|entry| entry.token.expose().to_owned()).collect()
        };
        assert_eq!(tokens(&read), tokens(&kept));
        // Tokens print as their kind alone, all else in full.
        assert_eq!(format!("{read:?}"), format!("{kept:?}"));
        assert!(!format!("{read:?}").contains("IGAA"));
    }
}

#[test]
fn only_the_owner_can_read_what_is_written() {
    let (_dir, store) = store();
    store.update(&name(), |_| Some(first("IGAAone"))).unwrap();
    assert_eq!(mode(&store.dir), 0o700);
    assert_eq!(mode(&store.path(&name())), 0o600);
    assert_eq!(mode(&store.dir.join(".lock")), 0o600);
    let names: Vec<_> = fs::read_dir(&store.dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn what_others_can_use_is_refused_with_what_mends_it() {
    let (_dir, store) = store();
    store.update(&name(), |_| Some(first("IGAAone"))).unwrap();
    for bits in 0..0o1000 {
        let path = store.path(&name());
        let open = bits & 0o077 != 0;
        // A directory that its owner may not enter fails otherwise, and root may do anything.
        for (place, mode, wanted) in
            [(path.clone(), bits | 0o600, "600"), (store.dir.clone(), bits | 0o700, "700")]
        {
            set_mode(&place, mode);
            let read = store.read(&name());
            if open {
                let error = read.unwrap_err();
                assert!(matches!(error, TokenStoreError::TooOpen { .. }), "{mode:o}: {error}");
                assert_eq!(error.hint(), format!("run `chmod {wanted} {}`", place.display()));
                assert!(error.to_string().contains(&format!("{mode:04o}")), "{error}");
                store.update(&name(), |_| Some(first("IGAAtwo"))).unwrap_err();
            } else {
                assert!(read.unwrap().is_some(), "{mode:o}");
            }
            set_mode(&path, 0o600);
            set_mode(&store.dir, 0o700);
        }
    }
}

#[test]
fn links_and_other_kinds_are_not_followed() {
    let (dir, store) = store();
    store.update(&name(), |_| Some(first("IGAAone"))).unwrap();
    let path = store.path(&name());
    let elsewhere = dir.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(matches!(store.read(&name()), Err(TokenStoreError::WrongKind { .. })));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(store.read(&name()), Err(TokenStoreError::WrongKind { .. })));
    let through = TokenStore::new(dir.path().join("link"));
    symlink(&store.dir, &through.dir).unwrap();
    assert!(matches!(through.read(&name()), Err(TokenStoreError::WrongKind { .. })));
}

#[test]
fn a_file_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (_dir, store) = store();
    store.update(&name(), |_| Some(first("IGAAone"))).unwrap();
    for place in [store.path(&name()), store.dir.clone()] {
        std::os::unix::fs::chown(&place, Some(65_534), None).unwrap();
        let error = store.read(&name()).unwrap_err();
        assert!(matches!(error, TokenStoreError::ForeignOwner { owner: 65_534, .. }), "{error}");
        assert!(error.hint().contains("sudo -u"), "{}", error.hint());
        std::os::unix::fs::chown(&place, Some(0), None).unwrap();
    }
}

#[test]
fn what_is_garbled_is_refused_without_repeating_it() {
    let (_dir, store) = store();
    store.update(&name(), |_| Some(first("IGAACANARYCANARY"))).unwrap();
    let path = store.path(&name());
    let text = fs::read_to_string(&path).unwrap();
    for (garbled, why) in [
        (String::new(), "no JSON"),
        (text[..text.len() / 2].to_owned(), "no JSON"),
        (text.replace("\"version\": 1", "\"version\": 2"), "version 2"),
        (text.replace("\"configured\"", "\"IGAACANARYCANARY\""), "a word"),
        (text.replace("\"since\": \"2", "\"since\": \"IGAACANARY"), "a time"),
        (text.replace("\"former\": [],", ""), "missing"),
        ("x".repeat(70_000), "too long"),
    ] {
        fs::write(&path, garbled).unwrap();
        let error = store.read(&name()).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        let told = format!("{error} {error:?} {}", error.hint());
        assert!(!told.contains("CANARY"), "{told}");
        // Nothing replaces what could not be read.
        store.update(&name(), |_| Some(first("IGAAtwo"))).unwrap_err();
    }
}

#[test]
fn of_many_changes_at_once_none_is_lost() {
    let (_dir, store) = store();
    store.update(&name(), |_| Some(first("IGAAfirst"))).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let store = store.clone();
            scope.spawn(move || {
                for nth in 0..5 {
                    let add = |kept: Option<Kept>| {
                        let mut kept = kept?;
                        kept.former.push(entry(&format!("IGAA{writer}x{nth}")));
                        Some(kept)
                    };
                    store.update(&name(), add).unwrap();
                }
            });
        }
    });
    assert_eq!(store.read(&name()).unwrap().unwrap().former.len(), 40);
}

#[test]
fn a_change_shows_in_the_stamp_and_a_look_does_not() {
    let (_dir, store) = store();
    assert_eq!(store.stamp(&name()), None);
    store.update(&name(), |_| Some(first("IGAAone"))).unwrap();
    let stamp = store.stamp(&name());
    assert!(stamp.is_some());
    store.read(&name()).unwrap();
    store.update(&name(), |_| None).unwrap();
    assert_eq!(store.stamp(&name()), stamp);
    store.update(&name(), |_| Some(first("IGAAtwo"))).unwrap();
    assert_ne!(store.stamp(&name()), stamp);
}

/// The tokens that are kept, the current one first and then those that may still be needed.
fn all(kept: &Kept) -> Vec<&str> {
    let all = [&kept.current].into_iter().chain(&kept.candidate).chain(&kept.former);
    all.map(|entry| entry.token.expose()).collect()
}

#[test]
fn nothing_is_forgotten_before_its_successor_has_answered() {
    let mut kept = first("IGAAone");
    kept.answered(at(0));
    assert!(kept.offer(&token("IGAAone"), entry("IGAAtwo")));
    assert_eq!(all(&kept), ["IGAAone", "IGAAtwo"]);
    let mut twice = kept.clone();
    assert!(twice.offer(&token("IGAAone"), entry("IGAAagain")));
    assert_eq!(all(&twice), ["IGAAone", "IGAAagain", "IGAAtwo"]);
    // A person's token comes in between.
    kept.replace(entry("IGAAthree"));
    assert_eq!(all(&kept), ["IGAAthree", "IGAAtwo", "IGAAone"]);
    assert!(!kept.promote(&token("IGAAtwo"), at(1)), "it is no candidate any more");
    // A renewal of the old one comes too late, and is kept all the same.
    assert!(!kept.offer(&token("IGAAone"), entry("IGAAfour")));
    assert_eq!(all(&kept), ["IGAAthree", "IGAAfour", "IGAAtwo", "IGAAone"]);
    kept.answered(at(2));
    assert_eq!(all(&kept), ["IGAAthree"]);
    assert!(!kept.offer(&token("IGAAone"), entry("IGAAfive")));
    assert_eq!(all(&kept), ["IGAAthree"], "a person's token that works needs no help");
}

#[test]
fn a_candidate_is_promoted_or_dropped_by_name() {
    let mut kept = first("IGAAone");
    kept.offer(&token("IGAAone"), entry("IGAAtwo"));
    kept.drop_candidate(&token("IGAAother"), "no");
    assert!(kept.candidate.is_some() && kept.note.is_none());
    assert!(kept.promote(&token("IGAAtwo"), at(1)));
    assert_eq!(all(&kept), ["IGAAtwo"]);
    kept.offer(&token("IGAAtwo"), entry("IGAAthree"));
    kept.drop_candidate(&token("IGAAthree"), "refused");
    assert_eq!((all(&kept), kept.note.as_deref()), (vec!["IGAAtwo"], Some("refused")));
}

#[test]
fn a_persons_token_that_is_refused_gives_way_to_the_one_before() {
    let mut kept = first("IGAAone");
    kept.replace(entry("IGAAbad"));
    kept.seed = Seed::Digest(token("IGAAbad").digest());
    kept.go_back_to(&token("IGAAone"), "the new one was refused", at(1));
    assert_eq!(all(&kept), ["IGAAone"]);
    assert!(!kept.is_new(&token("IGAAbad")), "it does not win a second time");
    assert!(kept.is_new(&token("IGAAgood")));
}

#[test]
fn what_the_source_holds_is_new_when_a_person_has_put_it_there() {
    for (seed, configured, new) in [
        (Seed::Absent, "IGAAother", true),
        (Seed::Absent, "IGAAone", false),
        (Seed::Unread, "IGAAother", false),
        (Seed::Digest(token("IGAAseed").digest()), "IGAAseed", false),
        (Seed::Digest(token("IGAAseed").digest()), "IGAAother", true),
        // The renewed token was copied back into the source.
        (Seed::Digest(token("IGAAseed").digest()), "IGAAone", false),
    ] {
        let kept = Kept { seed, ..first("IGAAone") };
        assert_eq!(kept.is_new(&token(configured)), new, "{:?} {configured}", kept.seed);
    }
}
