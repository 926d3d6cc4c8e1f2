//! Each way to a target: what exactly arrives there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use mediakeep::domain::notice::{
    Message, MessageKind, NoticeKind, Post, Priority, Told, test_message,
};
use mediakeep::notify::{Address, Messenger, NotifyError, Way};
use serde_json::Value;

use crate::office::{SECRET, outbound, webhook};
use crate::receiver::{Mood, Receiver};

const HOSTILE: &str = "'; touch pwned; \"$(touch pwned)\" `touch pwned` | \u{1f3ee}\n\r\n# \\";

fn message() -> Message {
    let at = "2026-11-22T05:27:00Z".parse().unwrap();
    let post = Post {
        media_id: "17900000000000001".to_owned(),
        shortcode: Some("DNZ".to_owned()),
        permalink: Some("https://www.instagram.com/p/DNZ/".to_owned()),
        caption: None,
        files_expected: 1,
        files_held: 1,
    };
    Message {
        id: "3f2a9c01-gone-e7".to_owned(),
        kind: MessageKind::Notice(NoticeKind::Gone),
        account: Some("bakery".to_owned()),
        priority: Priority::High,
        title: HOSTILE.to_owned(),
        text: HOSTILE.to_owned(),
        number: 1,
        items: vec![Told { at, account: None, text: HOSTILE.to_owned(), post: Some(post) }],
        at,
    }
}

#[tokio::test]
async fn a_webhook_gets_json_with_the_signature_of_its_bytes() {
    let receiver = Receiver::start().await;
    webhook("a", &receiver).send(&message()).await.unwrap();
    let post = receiver.posts().remove(0);
    assert_eq!((post.method.as_str(), post.uri.path()), ("POST", "/hook"));
    assert_eq!(post.header("content-type"), "application/json");
    assert_eq!(post.header("x-mediakeep-id"), "3f2a9c01-gone-e7");
    let signature = post.header("x-mediakeep-signature");
    assert_eq!(signature.len(), "sha256=".len() + 64);
    // As the manual says it: what is in it is run here.
    let manual = fs::read_to_string("docs/operations.md").unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("body"), &post.body).unwrap();
    fs::write(dir.path().join("secret"), format!("{SECRET}\n")).unwrap();
    for (program, language) in [("sh", "sh"), ("python3", "python")] {
        let begin = format!("```{language}\n");
        let code = manual.split(&begin).nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        assert_eq!(code.lines().count(), 3, "{code}");
        let says = |signature: &str| {
            let mut command = Command::new(program);
            command.args(["-c", code]).current_dir(dir.path()).env("SIGNATURE", signature);
            let output = command.output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        assert_eq!(says(signature), "genuine", "{program}");
        assert_eq!(says(&signature.replace('a', "b")), "", "{program}");
    }
    let body = post.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    let expected =
        ["v", "id", "kind", "account", "priority", "title", "text", "count", "items", "at"];
    assert_eq!(keys, expected);
    assert_eq!(body["text"], HOSTILE);
    assert_eq!(body["at"], "2026-11-22T05:27:00Z");
}

#[tokio::test]
async fn ntfy_gets_any_title_in_headers_of_its_own_and_nothing_else_in_them() {
    let receiver = Receiver::start().await;
    let way = Way::Ntfy { address: Address::Plain(receiver.url("/topic")), outbound: outbound() };
    let ntfy = Messenger { target: String::new(), name: String::new(), way };
    let evil = "\u{1f3ee} lantern\r\nX-Evil: 1\n\nbody";
    ntfy.send(&Message { title: evil.to_owned(), ..message() }).await.unwrap();
    let post = receiver.posts().remove(0);
    assert_eq!(post.uri.path(), "/topic");
    assert_eq!(String::from_utf8(post.body.clone()).unwrap(), HOSTILE);
    assert_eq!(post.header("x-evil"), "");
    assert_eq!(post.header("title"), "=?UTF-8?B?8J+PriBsYW50ZXJuICBYLUV2aWw6IDEgIGJvZHk=?=");
    assert_eq!((post.header("priority"), post.header("tags")), ("4", "ghost"));
    assert_eq!(post.header("click"), "https://www.instagram.com/p/DNZ/");
    ntfy.send(&test_message("2026-11-22T05:27:00Z".parse().unwrap(), "abc")).await.unwrap();
    let post = receiver.posts().remove(1);
    assert_eq!((post.header("title"), post.header("click")), ("mediakeep: a test", ""));
}

#[tokio::test]
async fn a_refusal_says_how_long_to_wait_and_nothing_that_the_target_said() {
    let receiver = Receiver::start().await;
    receiver.feel(Mood::Answers(429));
    let error = webhook("a", &receiver).send(&message()).await.unwrap_err();
    assert_eq!(error.line(), "it answered 429 Too Many Requests");
    receiver.feel(Mood::Hangs);
    let error = webhook("a", &receiver).send(&message()).await.unwrap_err();
    assert_eq!(error.line(), "no answer within 0.3 seconds");
}

fn script(dir: &Path, text: &str) -> Vec<String> {
    let path = dir.join("script");
    fs::write(&path, format!("#!/bin/sh\ncd '{}'\n{text}\n", dir.display())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    vec![path.to_string_lossy().into_owned(), HOSTILE.to_owned()]
}

async fn run(words: Vec<String>) -> Result<mediakeep::notify::Receipt, NotifyError> {
    let way = Way::Command { words, patience: Duration::from_millis(1500) };
    Messenger { target: String::new(), name: String::new(), way }.send(&message()).await
}

#[tokio::test]
async fn a_command_gets_json_on_its_input_and_no_text_is_ever_run() {
    let dir = tempfile::tempdir().unwrap();
    let words = script(dir.path(), "cat > got; printf %s \"$1\" > argument; echo printed");
    assert_eq!(run(words).await.unwrap().0, "exit code 0");
    let got = fs::read_to_string(dir.path().join("got")).unwrap();
    let body: Value = serde_json::from_str(&got).unwrap();
    assert_eq!((&body["title"], &body["kind"]), (&HOSTILE.into(), &"gone".into()));
    assert_eq!(fs::read_to_string(dir.path().join("argument")).unwrap(), HOSTILE);
    assert!(!dir.path().join("pwned").exists() && !Path::new("pwned").exists());
}

#[tokio::test]
async fn a_command_that_fails_or_is_not_there_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let error = run(script(dir.path(), "exit 7")).await.unwrap_err().line();
    assert!(error.ends_with("ended with exit status: 7"), "{error}");
    let error = run(vec!["/nowhere/at/all".to_owned()]).await.unwrap_err().line();
    assert_eq!(error, "could not run \"/nowhere/at/all\": No such file or directory (os error 2)");
}

#[tokio::test]
async fn a_command_that_hangs_is_ended_with_all_that_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let words = script(dir.path(), "sleep 1000 & echo $! > pid.new; mv pid.new pid; wait");
    let error = run(words).await.unwrap_err();
    assert!(matches!(error, NotifyError::TooSlow { .. }), "{error}");
    let pid: u32 = fs::read_to_string(dir.path().join("pid")).unwrap().trim().parse().unwrap();
    let is_alive = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    crate::office::at_once("its child is gone", || !is_alive()).await;
}
