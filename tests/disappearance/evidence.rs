//! What a disappearance rests on stays, and others can check it.

use std::path::Path;
use std::process::Command;

use mediakeep::archive::prove::{Copies, Proof, ProofOrder, prove};
use mediakeep::catalog::CatalogReader;
use mediakeep::domain::Timestamp;

use crate::stand::Stand;

fn evidence_of(stand: &Stand, media: &str, to: &Path) -> Proof {
    let dir = &stand.archive.dir;
    let catalog = CatalogReader::open(&dir.catalog_path()).unwrap();
    let order = ProofOrder {
        media,
        to,
        files: Copies::Leave,
        now: Timestamp::EPOCH,
        program_version: "test",
    };
    prove(dir, &catalog, &order).unwrap()
}

fn check(dir: &Path) -> String {
    let mut sums = Command::new("sha256sum");
    sums.args(["--quiet", "-c", "SHA256SUMS"]).current_dir(dir);
    assert!(sums.output().unwrap().status.success());
    let check = Command::new("python3").arg("check.py").current_dir(dir).output().unwrap();
    let said = String::from_utf8(check.stdout).unwrap();
    assert!(check.status.success(), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_absence_can_be_proven_long_after_other_answers_were_let_go() {
    let stand = Stand::with_posts(40).await;
    let post = stand.photo(12);
    stand.world().delete(&post).unwrap();
    for hours in [2, 25] {
        stand.pass_hours(hours);
        stand.sync().await;
    }
    assert_eq!(stand.state(&post), "gone");
    let dir = tempfile::tempdir().unwrap();
    let (early, late) = (dir.path().join("early"), dir.path().join("late"));
    let then = evidence_of(&stand, &post, &early);
    check(&early);

    let pages = "SELECT count(*) FROM walk_page";
    let kept = stand.count(pages);
    stand.pass_hours(24 * 120);
    stand.sync().await;
    // What is left: the walks that listed it last and did not list it twice, and this one.
    let walks = "SELECT count(DISTINCT walk_id) FROM walk_page JOIN walk USING (walk_id)
        WHERE edge = 'media' AND is_pinned = 1";
    assert_eq!(stand.count(walks), 3);
    assert!(stand.count(pages) <= kept + 5, "old pages are let go");
    let now = evidence_of(&stand, &post, &late);
    check(&late);
    assert_eq!((now.requests, now.responses), (then.requests, then.responses));
    for name in ["events.jsonl", "requests.jsonl"] {
        let read = |dir: &Path| std::fs::read_to_string(dir.join(name)).unwrap();
        assert_eq!(read(&late), read(&early), "{name}");
    }
    let readme = std::fs::read_to_string(late.join("README.txt")).unwrap();
    assert!(
        readme.contains("This item is no longer available to this token since between"),
        "{readme}"
    );
    let catalog = CatalogReader::open(&stand.archive.dir.catalog_path()).unwrap();
    assert!(catalog.check_responses().unwrap().is_clean());
    assert_eq!(catalog.check_chain(&stand.account()).unwrap().first_break, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_archive_lets_go_of_everything_that_is_old() {
    let stand = Stand::with_posts(40).await;
    stand.world().edit_caption(&stand.photo(3), Some("other words")).unwrap();
    stand.pass_hours(24);
    stand.sync().await;
    let (pages, answers) = ("SELECT count(*) FROM walk_page", "SELECT count(*) FROM response");
    let (walked, texts) = (stand.count(pages), stand.count(answers));
    stand.pass_hours(24 * 31);
    stand.sync().await;
    assert!(stand.count(pages) < walked, "of three walks one is left");
    assert!(stand.count(answers) < texts, "the page before the edit is nobody's any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_proves_no_future_and_lets_go_of_no_answer() {
    let stand = Stand::with_posts(12).await;
    let kept = stand.count("SELECT count(*) FROM response");
    assert!(kept > 0);
    stand.jump_own_clock_hours(40 * 24);
    stand.sync_at_own_time().await;
    let now = Timestamp::from_unix(stand.sandbox.clock().now()).unwrap().to_string();
    assert!(stand.text("SELECT max(to_at) FROM ledger WHERE edge = 'media'") < now);
    assert!(stand.text("SELECT max(proven_at) FROM ledger") <= now);
    assert!(stand.count("SELECT count(*) FROM response") >= kept);
    assert_eq!(stand.count("SELECT count(DISTINCT walk_id) FROM walk_page"), 3);
}
