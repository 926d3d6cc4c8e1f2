//! `mediakeep notify test`, as a person types it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::receiver::{Mood, Receiver};
use crate::support::{Ran, Rig};

async fn run(rig: &Rig, args: &'static [&'static str]) -> Ran {
    let mut command = rig.command(args);
    Ran::from(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_reaches_every_target_and_says_what_each_of_them_answered() {
    let rig = Rig::start(Rig::settings(5)).await;
    let (hook, topic, watch) =
        (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let secret = |name: &str, text: &str| {
        let path = rig.dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let address = secret("hook", hook.url("/canary-of-the-hook").as_str());
    let key = secret("key", "canary-of-the-signature");
    rig.write_config(&format!(
        "[notify]\nwebhooks = [{{ file = {address:?} }}]\nwebhook_secret = {{ file = {key:?} }}\n\
         commands = [[\"true\"], [\"false\"]]\nntfy = [{:?}]\nping_url = {:?}\n",
        topic.url("/canary-of-the-topic").as_str(),
        watch.url("/canary-of-the-ping").as_str(),
    ));
    let ran = run(&rig, &["notify", "test"]).await.expect(3);
    let lines: Vec<&str> =
        ran.stdout.lines().map(|line| line.split(" (").next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            format!("1  ok      webhook from {}: 200 OK", address.display()),
            "2  ok      command true: exit code 0".to_owned(),
            "3  failed  command false: \"false\" ended with exit status: 1".to_owned(),
            "4  ok      ntfy 127.0.0.1: 200 OK".to_owned(),
            "5  ok      ping 127.0.0.1: 200 OK".to_owned(),
        ]
    );
    assert_eq!(hook.field("kind"), ["test"]);
    assert!(hook.posts()[0].header("x-mediakeep-signature").starts_with("sha256="));
    assert_eq!((topic.posts().len(), watch.posts().len()), (1, 1));
    assert!(!rig.archive().exists(), "a test needs no archive");

    let ran = run(&rig, &["notify", "test", "--target", "4", "--json"]).await.expect(0);
    let record = &ran.json()[0];
    assert_eq!((&record["type"], &record["number"]), (&"notified".into(), &4.into()));
    assert_eq!((&record["ok"], &record["answer"]), (&true.into(), &"200 OK".into()));
    assert_eq!((topic.posts().len(), hook.posts().len()), (2, 1));
    run(&rig, &["notify", "test", "--target", "6"]).await.expect(2);

    topic.feel(Mood::Answers(403));
    hook.feel(Mood::Answers(307));
    fs::remove_file(&key).unwrap();
    let ran = run(&rig, &["-vv", "notify", "test"]).await.expect(3);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains("failed  ntfy 127.0.0.1: it answered 403 Forbidden"), "{said}");
    assert!(said.contains("the webhook's secret could not be read: could not read"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_to_tell_is_named_as_such() {
    let rig = Rig::start(Rig::settings(5)).await;
    let ran = run(&rig, &["notify", "test"]).await.expect(10);
    assert!(ran.stderr.starts_with("error: nobody is to be told"), "{}", ran.stderr);
    let ran = run(&rig, &["notify"]).await.expect(2);
    assert!(ran.stderr.contains("Usage: mediakeep notify [OPTIONS] <COMMAND>"), "{}", ran.stderr);
}
