//! Targets that hang or fail: nobody waits for them, and it is seen.

use std::time::{Duration, Instant};

use mediakeep::notify::{Address, Messenger, ReadSecret, Way};
use secrecy::SecretString;

use crate::office::{Telling, at_once, held_numbers, outbound, until, webhook, write_held};
use crate::receiver::{Mood, Receiver};
use crate::stand::Stand;

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_hangs_delays_neither_the_others_nor_a_pass_nor_a_stop() {
    let stand = Stand::with_posts(12).await;
    let (stuck, fine) = (Receiver::start().await, Receiver::start().await);
    let patient = mediakeep::notify::Outbound::new(mediakeep::notify::Limits::default()).unwrap();
    let slow = Messenger {
        target: "webhook stuck".to_owned(),
        name: "webhook stuck.example.org".to_owned(),
        way: Way::Webhook {
            address: Address::Plain(stuck.url("/")),
            secret: None,
            outbound: patient,
        },
    };
    stuck.feel(Mood::Hangs);
    let telling = Telling::start(&stand, vec![slow, webhook("fine", &fine)]);
    until(&stand, "both are known", || stand.count("SELECT count(*) FROM messengers") == 2).await;
    write_held(&stand, 1);
    until(&stand, "it hangs", || !stuck.posts().is_empty()).await;
    until(&stand, "the other is told", || fine.told().len() == 1).await;
    // Its request is open all the time: it gives up after 15 seconds.
    let begun = Instant::now();
    for _ in 0..3 {
        stand.pass_hours(1);
        assert_eq!(stand.sync().await.problems, []);
    }
    write_held(&stand, 2);
    until(&stand, "the other is told again", || fine.told().len() == 2).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(stuck.posts().len(), 1);
    let begun = Instant::now();
    telling.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(held_numbers(&fine.told()), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_fails_is_an_alarm_for_the_others_until_it_is_reached_again() {
    let stand = Stand::with_posts(12).await;
    let (bad, good) = (Receiver::start().await, Receiver::start().await);
    bad.feel(Mood::Answers(500));
    let telling = Telling::start(&stand, vec![webhook("bad", &bad), webhook("good", &good)]);
    until(&stand, "both are known", || stand.count("SELECT count(*) FROM messengers") == 2).await;
    write_held(&stand, 1);
    telling.news.notify_one();
    until(&stand, "three tries failed", || bad.posts().len() >= 3).await;
    until(&stand, "the other hears of it", || good.told().len() == 2).await;
    let trouble = good.told()[1].clone();
    assert_eq!((trouble["kind"].as_str(), trouble["account"].as_str()), (Some("trouble"), None));
    assert_eq!(trouble["title"], "mediakeep: messages do not arrive");
    let text = trouble["text"].as_str().unwrap();
    assert!(text.starts_with("Webhook bad.example.org is not told since 2026-"), "{text}");
    assert!(text.ends_with("it answered 500 Internal Server Error."), "{text}");
    assert!(!text.contains("canary"), "an answer is not repeated: {text}");
    let seen = "SELECT tries >= 3 AND next_try_at IS NOT NULL AND failing_since IS NOT NULL
        AND told_at IS NULL AND error = 'it answered 500 Internal Server Error'
        FROM messengers WHERE target = 'webhook bad'";
    assert_eq!(stand.count(seen), 1);
    let open = "SELECT count(*) FROM alarms WHERE kind = 'messenger_failing'
        AND subject = 'webhook bad' AND ended_at IS NULL";
    assert_eq!(stand.count(open), 1);
    bad.feel(Mood::Fine);
    until(&stand, "it is told", || bad.told().len() == 1).await;
    until(&stand, "the other hears of it", || good.told().len() == 3).await;
    assert_eq!(good.told()[2]["kind"], "recovered");
    assert_eq!(stand.count(open), 0);
    assert_eq!(stand.count("SELECT count(*) FROM messengers WHERE tries > 0"), 0);
    telling.stop().await;
    assert_eq!(bad.field("kind"), ["held"], "it is not told of itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_ends_when_its_target_is_not_configured_any_more() {
    let stand = Stand::with_posts(12).await;
    let bad = Receiver::start().await;
    bad.feel(Mood::Answers(404));
    let telling = Telling::start(&stand, vec![webhook("bad", &bad)]);
    until(&stand, "it is known", || stand.count("SELECT count(*) FROM messengers") == 1).await;
    write_held(&stand, 1);
    let open = "SELECT count(*) FROM alarms WHERE kind = 'messenger_failing' AND ended_at IS NULL";
    until(&stand, "it is an alarm", || stand.count(open) == 1).await;
    telling.stop().await;
    let telling = Telling::start(&stand, Vec::new());
    at_once("it is over", || stand.count(open) == 0).await;
    telling.stop().await;
    assert_eq!(stand.count("SELECT count(*) FROM messengers"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_address_is_never_in_the_catalog_nor_in_an_error() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    receiver.feel(Mood::Answers(302));
    // A redirect, a closed port, and a host that does not exist.
    let urls = [
        receiver.url("/canary/path?canary=query").to_string(),
        "http://canary:canary@127.0.0.1:1/canary".to_owned(),
        "http://canary.invalid/canary".to_owned(),
    ];
    let messengers: Vec<Messenger> = urls
        .iter()
        .enumerate()
        .map(|(nth, url)| {
            let url = url.clone();
            let secret = ReadSecret::new(move || Ok(SecretString::from(url.clone())));
            let way = Way::Ntfy { address: Address::Secret(secret), outbound: outbound() };
            Messenger { target: format!("ntfy {nth}"), name: format!("ntfy from file {nth}"), way }
        })
        .collect();
    for messenger in &messengers {
        assert!(!format!("{messenger:?}").contains("canary"));
    }
    let telling = Telling::start(&stand, messengers);
    until(&stand, "all are known", || stand.count("SELECT count(*) FROM messengers") == 3).await;
    write_held(&stand, 1);
    until(&stand, "each failed", || {
        stand.count("SELECT count(*) FROM messengers WHERE tries >= 3") == 3
    })
    .await;
    telling.stop().await;
    let errors = stand.column("SELECT error FROM messengers ORDER BY target");
    assert_eq!(errors[0], "it answered 302 Found");
    assert_eq!(errors[1], "it cannot be reached: connection refused");
    let alarms = stand.column("SELECT detail FROM alarms WHERE kind = 'messenger_failing'");
    assert_eq!(alarms.len(), 3);
    stand.count("SELECT count(*) FROM sqlite_schema");
    for file in std::fs::read_dir(stand.archive.dir.catalog_path().parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(6).any(|window| window == b"canary"), "{}", path.display());
        }
    }
}
