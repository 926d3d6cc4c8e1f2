//! Every fault of the sandbox's catalogue against the real binary: it fires, it is contained, it
//! is named, and the next undisturbed pass converges to what an undisturbed archive holds.
#![allow(clippy::unwrap_used)]

mod support;

use graph_sandbox::{Fault, FaultKind};
use support::Rig;

/// A fault, how it is armed, the exit codes that are right for it.
struct Case {
    fault: Fault,
    kind: FaultKind,
    codes: &'static [i32],
    /// What a person must be told.
    told: &'static str,
}

fn case(
    kind: FaultKind,
    arm: impl Fn(Fault) -> Fault,
    codes: &'static [i32],
    told: &'static str,
) -> Case {
    Case { fault: arm(Fault::new(kind)), kind, codes, told }
}

fn once(fault: Fault) -> Fault {
    fault.on("media").times(1)
}

fn always(fault: Fault) -> Fault {
    fault.on("media")
}

fn api_cases() -> Vec<Case> {
    use FaultKind as K;
    vec![
        // Passing troubles are asked again and leave no trace.
        case(K::Transient2, once, &[0], ""),
        case(K::Unknown1, once, &[0], ""),
        case(K::Http502Html, once, &[0], ""),
        case(K::Http503, once, &[0], ""),
        case(K::TruncatedJson, once, &[0], ""),
        case(K::InvalidJson, once, &[0], ""),
        case(K::EmptyBody, once, &[0], ""),
        case(K::Html200, once, &[0], ""),
        case(K::LocalizedMessage, once, &[0], ""),
        case(K::MissingType, once, &[0], ""),
        case(K::ErrorSubcodeZero, once, &[0], ""),
        case(K::ErrorIn200, once, &[0, 3], ""),
        case(K::ResetConnection, once, &[0], ""),
        case(K::TooHeavy, |f| f.on("media").times(2), &[0], ""),
        // The list behaves oddly, but can be read.
        case(K::EmptyPageWithNext, once, &[0], ""),
        case(K::ShortPages, always, &[0], ""),
        case(K::EmptyEnd, once, &[0, 3], ""),
        case(K::ItemShift, once, &[0], ""),
        case(K::DuplicateItems, always, &[0], ""),
        case(K::NullFields, always, &[0], ""),
        case(K::WrongTypes, always, &[0], ""),
        case(K::UnknownMediaType, always, &[0], ""),
        case(K::ExtraFields, always, &[0], ""),
        case(K::NextOtherHost, always, &[0], ""),
        case(K::UsageAbsent, always, &[0], ""),
        case(K::UsageMalformed, always, &[0], ""),
        case(K::MeWrapped, |f| f.on("me"), &[0], ""),
        case(K::NonexistingField, |f| f.arg("field", "alt_text"), &[0], ""),
        case(K::RefusedField, |f| f.arg("field", "is_shared_to_feed"), &[13], "permission"),
        // The list cannot be believed.
        case(K::RepeatedCursor, always, &[3], "proves nothing"),
        case(K::CursorLoopAba, always, &[3], "proves nothing"),
        case(K::EndlessPages, always, &[3], "proves nothing"),
        case(K::OutOfOrder, always, &[3], "proves nothing"),
        case(K::MissingId, always, &[3], "could not be read"),
        case(K::OddIds, always, &[3], "could not be read"),
        // The account is stopped and says why.
        case(K::TokenExpired463, always, &[12], "expired"),
        case(K::TokenRevoked458, always, &[12], "authorises"),
        case(K::PasswordChanged460, always, &[12], "password"),
        case(K::Checkpoint459, always, &[12], "confirm"),
        case(K::WrongAccount, |f| f.on("me"), &[3, 12], "another account"),
        case(K::Permission10, always, &[13], "permission"),
        case(K::Permission200, always, &[13], "permission"),
        case(K::RedirectOtherHost, |f| f.on("media").arg("to", "http://127.0.0.1:9/"), &[15], ""),
        case(K::DeepJson, |f| f.on("media").arg("depth", 10_000), &[0, 3, 15], ""),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_api_is_contained_and_forgotten_once_it_is_over() {
    let rig = Rig::start(Rig::settings(14)).await;
    rig.write_config("page_size = 5\n");
    rig.run(&["sync"]).expect(0);
    let (present, files) = held(&rig);
    for case in api_cases() {
        let name = case.kind.name();
        let before = rig.sandbox.fired(case.kind);
        rig.sandbox.inject(case.fault);
        let ran = rig.run(&["sync"]);
        assert!(rig.sandbox.fired(case.kind) > before, "{name} never fired");
        rig.sandbox.clear_faults();
        assert!(
            case.codes.contains(&ran.code),
            "{name}: exit {}\n{}\n{}",
            ran.code,
            ran.stdout,
            ran.stderr
        );
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(case.told), "{name}: {said}");
        let after = held(&rig);
        assert!(after.0 >= present && after.1 >= files, "{name} lost something");
        rig.run(&["sync"]).expect(0);
    }
    assert_eq!(rig.sandbox.counters().write_calls, 0);
}

fn held(rig: &Rig) -> (i64, i64) {
    (
        rig.sql_count("SELECT count(*) FROM items WHERE state = 'present'"),
        rig.sql_count("SELECT count(*) FROM files WHERE state = 'held'"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_block_ends_the_pass_and_is_remembered_by_the_next_process() {
    for kind in [FaultKind::ThrottleBuc, FaultKind::ThrottleApp, FaultKind::ThrottleUser] {
        let rig = Rig::start(Rig::settings(6)).await;
        rig.sandbox.inject(Fault::new(kind).on("media").arg("minutes", 19));
        let ran = rig.run(&["sync"]).expect(14);
        assert!(ran.stderr.contains("hint:"), "{}", ran.stderr);
        assert!(rig.sandbox.fired(kind) > 0);
        let calls = rig.sandbox.counters().api_calls;
        rig.run(&["sync"]).expect(14);
        assert_eq!(rig.sandbox.counters().api_calls, calls, "{}: asked while blocked", kind.name());
        assert_eq!(rig.sandbox.counters().calls_while_blocked, 0, "{}", kind.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_the_server_ignores_is_kept_all_the_same() {
    let rig = Rig::start(Rig::settings(30)).await;
    rig.write_config("page_size = 5\n");
    rig.sandbox.inject(Fault::new(FaultKind::SinceUntilIgnored).on("media"));
    rig.run(&["sync", "--since", "400d", "--until", "100d"]).expect(0);
    assert!(rig.sandbox.fired(FaultKind::SinceUntilIgnored) > 0);
    let outside = "SELECT count(*) FROM posts WHERE edge = 'media' AND (published_at >= strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-100 days')
        OR published_at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-401 days'))";
    assert_eq!(rig.sql_count(outside), 0);
    let listed = rig.sql_count("SELECT count(*) FROM posts WHERE edge = 'media'");
    assert!((1..60).contains(&listed), "{listed}");
}

/// A fault of the file host, and whether a pass that meets it everywhere can still hold files.
fn file_cases() -> Vec<(Fault, FaultKind, Verdict)> {
    use FaultKind as K;
    use Verdict::{Heals, Mends, Refused};
    let whole = |kind| Fault::new(kind);
    vec![
        (whole(K::FileForbidden).times(1), K::FileForbidden, Mends),
        (whole(K::FileMissing).times(1), K::FileMissing, Mends),
        (whole(K::FileGone).times(1), K::FileGone, Mends),
        (whole(K::FileCut).arg("at", 5000).times(3), K::FileCut, Mends),
        (whole(K::FileCloseEarly).arg("at", 5000).times(2), K::FileCloseEarly, Mends),
        (whole(K::FileTruncated).arg("at", 5000).times(2), K::FileTruncated, Mends),
        (whole(K::FileServerError).times(3), K::FileServerError, Mends),
        (whole(K::FileThrottled).times(3), K::FileThrottled, Mends),
        (whole(K::FileWrongLength).arg("delta", 7).times(2), K::FileWrongLength, Heals),
        (whole(K::FileWrongLength).arg("delta", -7).times(2), K::FileWrongLength, Heals),
        (whole(K::FileHtml).times(1), K::FileHtml, Mends),
        (whole(K::FileEmpty).times(1), K::FileEmpty, Mends),
        (whole(K::FileCompressed).times(1), K::FileCompressed, Mends),
        (whole(K::FilePartial206).times(2), K::FilePartial206, Heals),
        (whole(K::FileChunked), K::FileChunked, Mends),
        (whole(K::FileCloseDelimited), K::FileCloseDelimited, Mends),
        (whole(K::FileRangeIgnored), K::FileRangeIgnored, Mends),
        (whole(K::FileWrongType).arg("type", "text/plain"), K::FileWrongType, Mends),
        (whole(K::FileRedirect).arg("to", "https://example.org/x"), K::FileRedirect, Refused),
        (whole(K::FileHtml), K::FileHtml, Refused),
        (whole(K::FileEmpty), K::FileEmpty, Refused),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    /// The pass itself gets over it.
    Mends,
    /// The pass may end with failures, but none of its files is wrong.
    Heals,
    /// No file of the pass can be held.
    Refused,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_the_file_host_ever_puts_a_wrong_file_into_the_store() {
    let rig = Rig::start(Rig::settings(6)).await;
    rig.run(&["sync"]).expect(0);
    let files =
        "SELECT media_id, role, state, sha256, size_bytes FROM files ORDER BY media_id, role";
    let right = rig.sql(files);
    for (fault, kind, verdict) in file_cases() {
        let name = kind.name();
        std::fs::remove_dir_all(rig.archive()).unwrap();
        let before = rig.sandbox.fired(kind);
        rig.sandbox.inject(fault);
        let ran = rig.run(&["sync"]);
        rig.sandbox.clear_faults();
        if kind != FaultKind::FileRangeIgnored {
            assert!(rig.sandbox.fired(kind) > before, "{name} never fired");
        }
        assert!([0, 3].contains(&ran.code), "{name}: exit {}\n{}", ran.code, ran.stderr);
        let now = rig.sql(files);
        assert_eq!(now.len(), right.len(), "{name}");
        for (row, right) in now.iter().zip(&right) {
            if row["state"] == "held" {
                assert_eq!(row, right, "{name}: a wrong file is held");
            }
        }
        let held = now.iter().filter(|row| row["state"] == "held").count();
        let failures = rig.sql_count("SELECT count(*) FROM failures WHERE stage = 'file'");
        let expected = right.iter().filter(|row| row["state"] == "held").count();
        assert_eq!(
            usize::try_from(failures).unwrap(),
            expected - held,
            "{name}: what is not held stands in failures"
        );
        match verdict {
            Verdict::Heals => assert!(held + 3 >= expected, "{name}: {held} of {expected}"),
            Verdict::Mends => assert_eq!(held, expected, "{name}"),
            Verdict::Refused => assert_eq!(held, 0, "{name}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_without_room_keeps_the_metadata_and_the_next_pass_brings_the_files() {
    let rig = Rig::start(Rig::settings(10)).await;
    let text = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), text.replace("min_free = \"1MiB\"", "min_free = \"900TiB\""))
        .unwrap();
    let ran = rig.run(&["sync"]).expect(16);
    assert!(ran.stderr.contains("min_free") && ran.stderr.contains("hint:"), "{}", ran.stderr);
    assert_eq!(rig.sandbox.counters().file_bytes, 0, "a file was fetched all the same");
    assert!(rig.sql_count("SELECT count(*) FROM posts") >= 20);
    std::fs::write(rig.config(), text).unwrap();
    // What met the full disk rests for minutes; what was not tried is fetched now.
    rig.run(&["sync"]);
    assert!(rig.sql_count("SELECT count(*) FROM files WHERE state = 'held'") > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_fails_for_the_moment_is_told_as_that_and_tried_again_soon() {
    let rig = Rig::start(Rig::settings(6)).await;
    rig.sandbox.inject(Fault::new(FaultKind::FileForbidden).times(1));
    rig.sandbox.inject(Fault::new(FaultKind::Transient2).on("node"));
    rig.run(&["sync"]).expect(3);
    assert_eq!(rig.sandbox.fired(FaultKind::FileForbidden), 1);
    assert!(rig.sandbox.fired(FaultKind::Transient2) > 0);
    let failures = rig.sql(
        "SELECT class, (julianday(next_try_at) - julianday('now')) * 86400 AS rest FROM failures",
    );
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0]["class"], "transient");
    assert!(failures[0]["rest"].as_f64().unwrap() <= 61.0, "{failures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn file_hosts_that_are_away_end_the_fetching_and_not_the_walk() {
    let rig = Rig::start(Rig::settings(40)).await;
    rig.write_config("[download]\nconcurrency = 64\n");
    rig.sandbox.inject(Fault::new(FaultKind::FileServerError));
    let ran = rig.run(&["sync"]).expect(15);
    assert!(ran.stderr.contains("file hosts do not answer"), "{}", ran.stderr);
    let known = rig.sql_count("SELECT count(*) FROM files WHERE state <> 'no_url'");
    let asked = i64::try_from(rig.sandbox.fired(FaultKind::FileServerError)).unwrap();
    assert!(asked < known * 4, "every file was asked for four times: {asked} for {known}");
    assert!(rig.sql_count("SELECT count(*) FROM posts") >= 80);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_not_mounted_is_not_taken_for_a_new_archive() {
    let rig = Rig::start(Rig::settings(4)).await;
    rig.run(&["sync"]).expect(0);
    let marker = std::fs::read_to_string(rig.archive().join("STORE")).unwrap();
    let id = marker.lines().find_map(|line| line.strip_prefix("id = ")).unwrap();
    let text = std::fs::read_to_string(rig.config()).unwrap();
    let with_id = text.replacen("[archive]\n", &format!("[archive]\nid = \"{id}\"\n"), 1);
    std::fs::write(rig.config(), with_id).unwrap();
    rig.run(&["sync"]).expect(0);
    let elsewhere = rig.dir.path().join("unmounted");
    std::fs::rename(rig.archive(), &elsewhere).unwrap();
    std::fs::create_dir(rig.archive()).unwrap();
    for state in ["empty", "absent"] {
        let ran = rig.run(&["sync"]).expect(16);
        assert!(
            ran.stderr.contains("hint: mount") || ran.stderr.contains("mount the disk"),
            "{state}: {}",
            ran.stderr
        );
        if state == "empty" {
            assert_eq!(
                std::fs::read_dir(rig.archive()).unwrap().count(),
                0,
                "something was written"
            );
            std::fs::remove_dir(rig.archive()).unwrap();
        }
    }
    std::fs::rename(elsewhere, rig.archive()).unwrap();
    rig.run(&["sync"]).expect(0);
}
