//! Evidence that other people's tools can check: `sha256sum` and a page of Python.
#![allow(clippy::unwrap_used)]

mod chain_support;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chain_support::{sha256, without_triggers, writing};
use graph_sandbox::ItemTruth;
use serde_json::{Value, json};
use support::{Ran, Rig, files_below};

/// A small synced archive and its evidence about one album.
struct Evidence {
    rig: Rig,
    album: ItemTruth,
    dir: PathBuf,
}

impl Evidence {
    async fn of_a_living_album() -> Self {
        let rig = Rig::start(Rig::settings(12)).await;
        rig.run(&["sync"]).expect(0);
        let name = rig.sandbox.ready().accounts[0].name.clone();
        let posts = rig.sandbox.world().posts(&name);
        let album = posts.into_iter().find(|post| post.children.len() > 1).unwrap();
        rig.sandbox.world().edit_caption(&album.id, Some("other words")).unwrap();
        rig.run(&["sync"]).expect(0);
        let dir = rig.dir.path().join("evidence");
        Self { rig, album, dir }
    }

    fn prove(&self, media: &str, more: &[&str]) -> Ran {
        let dir = self.dir.to_str().unwrap();
        self.rig.run(&[&["prove", media, dir], more].concat())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).unwrap()
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        self.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn catalog(&self) -> rusqlite::Connection {
        writing(&self.rig.catalog())
    }

    /// Takes the album away there and looks again; answers the event's number.
    fn lose_the_album(&self) -> i64 {
        self.rig.sandbox.world().delete(&self.album.id).unwrap();
        self.rig.run(&["sync"]).expect(0);
        self.rig.sql_count("SELECT max(id) FROM events WHERE kind = 'missing'")
    }
}

/// Both checks, as README.txt names them.
fn checks(dir: &Path) -> (bool, bool) {
    let passes = |program: &str, args: &[&str]| {
        Command::new(program).args(args).current_dir(dir).output().unwrap().status.success()
    };
    (passes("sha256sum", &["--quiet", "-c", "SHA256SUMS"]), passes("python3", &["check.py"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_about_a_living_post_is_whole_and_checks_out() {
    let evidence = Evidence::of_a_living_album().await;
    let said = evidence.prove(&evidence.album.shortcode, &["--with-files"]).expect(0).stdout;
    assert!(said.contains(&evidence.album.id) && said.contains("check.py"), "{said}");
    assert_eq!(checks(&evidence.dir), (true, true));

    let written: BTreeSet<String> = files_below(&evidence.dir)
        .iter()
        .map(|path| path.strip_prefix(&evidence.dir).unwrap().to_str().unwrap().to_owned())
        .collect();
    let listed: BTreeSet<String> = evidence
        .read("SHA256SUMS")
        .lines()
        .map(|line| line.split_once("  ").unwrap().1.to_owned())
        .chain(["SHA256SUMS".to_owned()])
        .collect();
    assert_eq!(written, listed);

    let events = evidence.lines("events.jsonl");
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["first_seen", "changed"]);
    assert!(evidence.lines("chain.jsonl").len() > events.len());
    let item: Value = serde_json::from_str(&evidence.read("item.json")).unwrap();
    assert_eq!(item["item"]["caption"], "other words");
    assert_eq!(item["slides"].as_array().unwrap().len(), evidence.album.children.len());
    assert_eq!(item["changes"][0]["old"], evidence.album.caption.as_deref().unwrap());
    let walks: Value = serde_json::from_str(&evidence.read("walks.json")).unwrap();
    assert_eq!(walks.as_array().unwrap().len(), 2);
    assert_eq!(walks[0]["api_version_asked"], "v25.0");
    let readme = evidence.read("README.txt");
    assert!(readme.contains("another value of caption (walk"), "{readme}");
    assert!(!readme.contains("deleted"), "nobody can see that: {readme}");

    let held = Command::new("sha256sum")
        .args(["--quiet", "-c"])
        .arg(evidence.dir.join("files.sha256"))
        .current_dir(evidence.rig.archive())
        .output()
        .unwrap();
    assert!(held.status.success() && !evidence.read("files.sha256").is_empty());
    let copies = files_below(&evidence.dir.join("files"));
    assert_eq!(copies.len(), evidence.read("files.sha256").lines().count());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_of_absence_has_the_whole_list_the_question_and_its_answer() {
    let evidence = Evidence::of_a_living_album().await;
    let event = evidence.lose_the_album();
    let record = evidence.prove(&evidence.album.id, &["--json"]).expect(0).json().remove(0);
    assert_eq!((&record["type"], &record["state"]), (&json!("proof"), &json!("missing")));
    assert_eq!(checks(&evidence.dir), (true, true));
    let requests = evidence.lines("requests.jsonl");
    let questions: Vec<(&str, &str)> = requests
        .iter()
        .filter(|row| row["event_id"] == json!(event))
        .map(|row| (row["purpose"].as_str().unwrap(), row["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(
        questions,
        [("control_before", "exists"), ("item", "does_not_exist"), ("control_after", "exists")]
    );
    let question = requests.iter().find(|row| row["purpose"] == "item").unwrap();
    assert_eq!(question["http_status"], 400);
    let answer = question["response_sha256"].as_str().unwrap();
    assert!(evidence.read(&format!("responses/{answer}.json")).contains("\"error_subcode\":33"));
    let last = evidence.lines("events.jsonl").pop().unwrap();
    let pages = requests.iter().filter(|row| row["walk_id"] == last["walk_id"]).count();
    assert_eq!(json!(pages), last["detail"]["pages"]);
    assert_eq!(record["requests"].as_u64().unwrap(), requests.len() as u64);
    let readme = evidence.read("README.txt");
    let seen = last["detail"]["last_seen_at"].as_str().unwrap();
    let found = last["at"].as_str().unwrap();
    let said = format!(
        "no longer available to this token since between {seen} and {found}; not confirmed"
    );
    assert!(readme.contains(&said), "{readme}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_altered_byte_fails_both_checks_even_under_new_sums() {
    let evidence = Evidence::of_a_living_album().await;
    evidence.lose_the_album();
    evidence.prove(&evidence.album.id, &[]).expect(0);
    let answer = files_below(&evidence.dir.join("responses")).remove(0);
    let answer = answer.strip_prefix(&evidence.dir).unwrap().to_str().unwrap().to_owned();
    for (name, from, to) in [
        ("events.jsonl", "first_seen", "first_seem"),
        ("chain.jsonl", "first_seen", "first_seem"),
        ("chain.jsonl", "\"at\":\"2", "\"at\":\"3"),
        ("requests.jsonl", "\"response_sha256\":\"", "\"response_sha256\":\"0"),
        (answer.as_str(), "\"", "'"),
    ] {
        let path = evidence.dir.join(name);
        let whole = evidence.read(name);
        let altered = whole.replacen(from, to, 1);
        assert_ne!(altered, whole, "{name}");
        fs::write(&path, &altered).unwrap();
        assert_eq!(checks(&evidence.dir), (false, false), "{name}");
        let sums = evidence.read("SHA256SUMS");
        fs::write(
            evidence.dir.join("SHA256SUMS"),
            sums.replacen(&sha256(&whole), &sha256(&altered), 1),
        )
        .unwrap();
        assert_eq!(checks(&evidence.dir), (true, false), "{name}: the chain needs no sums");
        fs::write(&path, &whole).unwrap();
        fs::write(evidence.dir.join("SHA256SUMS"), sums).unwrap();
    }
    for name in [answer.as_str(), "chain.jsonl"] {
        let whole = evidence.read(name);
        let fewer: Vec<&str> =
            whole.lines().enumerate().filter(|(n, _)| *n != 1).map(|(_, line)| line).collect();
        if name == "chain.jsonl" {
            fs::write(evidence.dir.join(name), fewer.join("\n")).unwrap();
        } else {
            fs::remove_file(evidence.dir.join(name)).unwrap();
        }
        assert_eq!(checks(&evidence.dir), (false, false), "{name} without a part");
        fs::write(evidence.dir.join(name), whole).unwrap();
    }
    assert_eq!(checks(&evidence.dir), (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_words_of_other_posts_stand_in_the_evidence_about_a_living_one() {
    let evidence = Evidence::of_a_living_album().await;
    evidence.prove(&evidence.album.id, &["--with-files"]).expect(0);
    let mut forbidden: Vec<String> =
        ["oh=", "oe=", "access_token", "appsecret_proof", "\"cursors\""].map(str::to_owned).into();
    let accounts = &evidence.rig.sandbox.ready().accounts;
    forbidden.extend(accounts.iter().map(|account| account.token.clone()));
    for path in files_below(&evidence.dir) {
        let name = path.strip_prefix(&evidence.dir).unwrap().to_str().unwrap().to_owned();
        if name.starts_with("files/") || name == "README.txt" || name == "check.py" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for word in &forbidden {
            assert!(!text.contains(word), "{name} holds {word}");
        }
        if name.starts_with("responses/") {
            assert!(text.contains(&evidence.album.id), "{name} says nothing of the item");
            continue;
        }
        for post in evidence.rig.sandbox.world().posts(&evidence.album.account) {
            let caption = post.caption.filter(|_| post.id != evidence.album.id);
            let quoted = caption.map(|caption| json!(caption).to_string());
            let quoted = quoted.as_ref().map(|words| words.trim_matches('"'));
            // A caption of one short word may stand anywhere.
            let found =
                quoted.filter(|words| words.len() > 12).is_some_and(|words| text.contains(words));
            assert!(!found, "{name} holds the words of {}", post.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_of_every_state_and_slides_can_be_proven() {
    let evidence = Evidence::of_a_living_album().await;
    for (n, state) in
        ["present", "missing", "unlisted", "gone", "expired", "unreachable"].into_iter().enumerate()
    {
        let sql = "UPDATE item SET state = ?1 WHERE media_id = ?2";
        evidence.catalog().execute(sql, [state, &evidence.album.id]).unwrap();
        let dir = evidence.rig.dir.path().join(format!("evidence-{n}"));
        fs::create_dir(&dir).unwrap();
        evidence.rig.run(&["prove", &evidence.album.permalink, dir.to_str().unwrap()]).expect(0);
        assert_eq!(checks(&dir), (true, true), "{state}");
        let readme = fs::read_to_string(dir.join("README.txt")).unwrap();
        assert!(readme.contains(&format!("State      {state}\n")), "{readme}");
        let says_gone = readme.contains("This item is no longer available to this token");
        assert_eq!(says_gone, state == "gone", "{readme}");
    }
    evidence.prove(&evidence.album.children[0].id, &[]).expect(0);
    assert_eq!(checks(&evidence.dir), (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_where_something_is_and_nothing_damaged_is_called_evidence() {
    let evidence = Evidence::of_a_living_album().await;
    evidence.lose_the_album();
    let unknown = evidence.prove("no-such-post", &[]).expect(2);
    assert!(unknown.stderr.contains("no post no-such-post"), "{}", unknown.stderr);
    assert!(!evidence.dir.exists());
    fs::create_dir(&evidence.dir).unwrap();
    fs::write(evidence.dir.join("note"), "mine").unwrap();
    let full = evidence.prove(&evidence.album.id, &[]).expect(2);
    assert!(full.stderr.contains("is not empty"), "{}", full.stderr);
    assert_eq!(fs::read_dir(&evidence.dir).unwrap().count(), 1);
    fs::remove_dir_all(&evidence.dir).unwrap();

    let before = fs::read(evidence.rig.catalog()).unwrap();
    evidence.prove(&evidence.album.id, &[]).expect(0);
    assert!(fs::read(evidence.rig.catalog()).unwrap() == before, "the catalog was written to");
    fs::remove_dir_all(&evidence.dir).unwrap();

    evidence.rig.run(&["verify"]).expect(0);
    without_triggers(&evidence.catalog());
    let (catalog, save) = (evidence.rig.catalog(), evidence.rig.dir.path().join("save.db"));
    let damage = |statement: &str, sign: &str| {
        let connection = evidence.catalog();
        connection.execute("VACUUM INTO ?1", [save.to_str().unwrap()]).unwrap();
        assert!(connection.execute(statement, []).unwrap() > 0);
        let refused = evidence.prove(&evidence.album.id, &[]).expect(17);
        assert!(refused.stderr.contains(sign), "{}", refused.stderr);
        assert!(!evidence.dir.exists(), "{statement}");
        let found = evidence.rig.run(&["verify"]).expect(17).stdout;
        assert!(found.contains("not as they were written"), "{found}");
        let record = evidence.rig.run(&["verify", "--share", "1/30", "--json"]).expect(17);
        let history = &record.json()[0]["history"];
        let found = [&history["broken"], &history["damaged_responses"]];
        assert!(found.iter().any(|list| !list.as_array().unwrap().is_empty()), "{history}");
        assert!(history["heads"][0]["digest"].is_string());
        drop(connection);
        for end in ["", "-wal", "-shm"] {
            fs::remove_file(format!("{}{end}", catalog.display())).ok();
        }
        fs::rename(&save, &catalog).unwrap();
        evidence.rig.run(&["verify"]).expect(0);
    };
    damage("UPDATE event SET kind = 'returned' WHERE kind = 'missing'", "is not what was written");
    damage("UPDATE response SET body = zeroblob(length(body))", "is not what was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_file_that_is_damaged_is_no_evidence_either() {
    let evidence = Evidence::of_a_living_album().await;
    let path = evidence.rig.sql_value(&format!(
        "SELECT path FROM files WHERE parent_id = '{}' AND state = 'held' LIMIT 1",
        evidence.album.id
    ));
    let path = evidence.rig.archive().join(path.as_str().unwrap());
    fs::remove_file(&path).unwrap();
    fs::write(&path, "other bytes").unwrap();
    evidence.prove(&evidence.album.id, &["--with-files"]).expect(17);
    assert!(!evidence.dir.join("SHA256SUMS").exists(), "an unfinished folder says so");
}
