//! The control API and the program.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use graph_sandbox::{FaultKind, Ready};
use reqwest::StatusCode;
use serde_json::json;

use super::support::{EPOCH, Lab, answer};

#[tokio::test]
async fn the_clock_moves_and_the_world_with_it() {
    let lab = Lab::new().await;
    let moved = lab.control("/control/clock", json!({"advance_seconds": 100_000})).await;
    let now = moved.json()["now"].as_i64().unwrap();
    assert!((EPOCH + 100_000..EPOCH + 100_060).contains(&now));
    assert_eq!(lab.ig("/me/stories").await.data().len(), 0);
}

#[tokio::test]
async fn edits_go_by_name_and_tell_what_is_wrong() {
    let lab = Lab::new().await;
    let published = lab
        .control(
            "/control/world/publish",
            json!({"account": lab.ig.name, "kind": "reel", "count": 2}),
        )
        .await;
    let ids = published.json()["ids"].clone();
    assert_eq!(
        lab.ig("/me/media?limit=2").await.ids(),
        [ids[1].as_str().unwrap(), ids[0].as_str().unwrap()]
    );
    let edit = json!({"media": ids[0], "caption": "told so"});
    assert_eq!(lab.control("/control/world/edit_caption", edit).await.status, StatusCode::OK);
    let node = lab.ig(&format!("/{}?fields=caption", ids[0].as_str().unwrap())).await;
    assert_eq!(node.json()["caption"], "told so");
    for (path, body, status, says) in [
        ("/control/world/explode", json!({}), 400, "unknown variant `explode`"),
        ("/control/world/archive", json!({}), 400, "missing field `media`"),
        ("/control/world/archive", json!({"media": "1", "now": true}), 400, "unknown field `now`"),
        ("/control/world/archive", json!({"media": "1"}), 404, "there is no media"),
        ("/control/faults", json!({"name": "gremlins"}), 400, "there is no fault"),
        (
            "/control/faults",
            json!({"name": "html_200", "times": 1, "probability": 0.5}),
            400,
            "not both",
        ),
        ("/control/clock", json!({"advance": 1}), 400, "unknown field `advance`"),
    ] {
        let refused = lab.control(path, body).await;
        assert_eq!(refused.status.as_u16(), status, "{path}: {}", refused.text);
        assert!(refused.text.contains(says), "{path}: {}", refused.text);
    }
}

#[tokio::test]
async fn faults_are_listed_armed_counted_and_cleared() {
    let lab = Lab::new().await;
    let url = format!("{}/control/faults", lab.sandbox.ready().control_url);
    let listed = lab.url(&url).await.json();
    assert_eq!(listed["catalogue"].as_array().unwrap().len(), FaultKind::ALL.len());
    let fault = json!({"name": "transient_2", "route": "media", "times": 2, "after": 1});
    assert_eq!(lab.control("/control/faults", fault).await.status, StatusCode::OK);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(lab.ig("/me/media").await.status.as_u16());
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
    lab.control("/control/faults", json!({"name": "http_503"})).await;
    answer(lab.client.delete(&url).send().await.unwrap()).await;
    assert_eq!(lab.ig("/me").await.status, StatusCode::OK);
    let counters = lab.url(&format!("{}/control/counters", lab.sandbox.ready().control_url)).await;
    assert_eq!(counters.json()["faults"]["transient_2"], 2);
    assert_eq!(counters.json()["calls_by_route"]["media"], 4);
    assert_eq!(counters.json()["calls_by_account"][&lab.ig.name], 5);
}

#[tokio::test]
async fn the_truth_can_be_read() {
    let lab = Lab::new().await;
    let url = format!("{}/control/world", lab.sandbox.ready().control_url);
    let truth = lab.url(&url).await.json();
    let posts = truth["accounts"][0]["posts"].as_array().unwrap();
    assert_eq!(posts.len(), 60);
    assert_eq!(posts[0]["id"], lab.sandbox.world().post_ids(&lab.ig.name)[0].as_str());
    assert!(!truth.to_string().contains(&lab.ig.token));
}

#[tokio::test]
async fn switches_of_the_file_host_change_one_by_one() {
    let lab = Lab::new().await;
    let changed = lab.control("/control/files", json!({"ranges": false})).await.json();
    assert_eq!((&changed["ranges"], &changed["etags"]), (&false.into(), &true.into()));
    let refused = lab.control("/control/files", json!({"wings": true})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn four_ports_in_a_row_can_be_asked_for() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let wanted = graph_sandbox::Settings { listen: free, posts: 1, ..super::support::settings() };
    // Another process may hold one of the next three: then the error must say which.
    match graph_sandbox::Sandbox::start(wanted).await {
        Ok(sandbox) => {
            let ready = sandbox.ready();
            let ports: Vec<u16> =
                [&ready.instagram_url, &ready.facebook_url, &ready.files_url, &ready.control_url]
                    .iter()
                    .map(|url| reqwest::Url::parse(url).unwrap().port().unwrap())
                    .collect();
            let first = free.port();
            assert_eq!(ports, [first, first + 1, first + 2, first + 3]);
        }
        Err(error) => assert!(error.to_string().starts_with("could not listen on 127.0.0.1:")),
    }
}

/// Kills the program when a test fails half-way.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::test]
async fn the_program_prints_one_line_and_ends_cleanly_on_sigterm() {
    let child = Command::new(env!("CARGO_BIN_EXE_graph-sandbox"))
        .args(["serve", "--listen", "127.0.0.1:0", "--posts", "5", "--seed", "3"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut program = Program(child);
    let mut out = BufReader::new(program.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ready: Ready = serde_json::from_str(&line).unwrap();
    assert_eq!(ready.accounts[0].name, "harbor.lantern");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/me", ready.instagram_url);
    let me = client.get(url).bearer_auth(&ready.accounts[0].token).send().await.unwrap();
    assert_eq!(me.status(), StatusCode::OK);
    let killed = Command::new("kill").args(["-TERM", &program.0.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let mut status = None;
    for _ in 0..200 {
        status = program.0.try_wait().unwrap();
        if status.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(status.expect("it ends within ten seconds").success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "one line and no more");
}

#[test]
fn the_program_refuses_to_listen_beyond_loopback() {
    let output = Command::new(env!("CARGO_BIN_EXE_graph-sandbox"))
        .args(["serve", "--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a loopback address"));
}
