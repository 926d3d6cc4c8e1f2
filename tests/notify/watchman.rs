//! The watchman elsewhere: what passes tell it, and that it is not told a lie.

use mediakeep::domain::AlarmKind;
use mediakeep::domain::notice::NoticeKind;
use mediakeep::notify::{Address, Ping, PingQueue, PingTarget};

use crate::office::{Telling, end, outbound, raise, until};
use crate::receiver::{Mood, Receiver};
use crate::stand::Stand;

fn watched(receiver: &Receiver) -> (Ping, PingQueue) {
    let name = "ping hc.example.org".to_owned();
    let address = Address::Plain(receiver.url("/ping/canary"));
    Ping::to(PingTarget { name, address, outbound: outbound() })
}

fn came(receiver: &Receiver) -> Vec<String> {
    receiver.posts().iter().map(|post| post.uri.path().replace("/ping/canary", "")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_is_a_start_and_an_end_with_its_exit_code_and_one_run_id() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    let (ping, queue) = watched(&receiver);
    let telling = Telling::of_kinds(&stand, Vec::new(), Some(queue), &NoticeKind::ALL);
    ping.started("bakery 1");
    ping.ended("bakery 1", 0, "3 new posts");
    until(&stand, "the first pass is told", || receiver.posts().len() == 2).await;
    ping.started("bakery 2");
    ping.ended("bakery 2", 12, "the token is dead");
    until(&stand, "the second pass is told", || receiver.posts().len() == 4).await;
    assert_eq!(came(&receiver), ["/start", "", "/start", "/12"]);
    let posts = receiver.posts();
    let runs: Vec<&str> = posts.iter().map(|post| post.uri.query().unwrap()).collect();
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[1], runs[2]);
    assert!(runs[0].starts_with("rid=") && runs[0].len() == 4 + 36, "{runs:?}");
    assert_eq!(posts[3].body, b"the token is dead");
    telling.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_success_while_the_token_of_any_account_is_dead() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    let (ping, queue) = watched(&receiver);
    let telling = Telling::of_kinds(&stand, Vec::new(), Some(queue), &NoticeKind::ALL);
    raise(&stand, AlarmKind::TokenDead).await;
    ping.ended("other 1", 0, "3 new posts");
    until(&stand, "it is told", || receiver.posts().len() == 1).await;
    let said = String::from_utf8(receiver.posts()[0].body.clone()).unwrap();
    let account = stand.account();
    assert!(said.starts_with(&format!("3 new posts\n{account}: token_dead since 2026-")), "{said}");
    end(&stand, AlarmKind::TokenDead).await;
    ping.ended("other 2", 0, "3 new posts");
    until(&stand, "it is told", || receiver.posts().len() == 2).await;
    assert_eq!(came(&receiver), ["/3", ""]);
    telling.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watchman_who_is_not_there_is_an_alarm_and_holds_up_nobody() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    receiver.feel(Mood::Answers(404));
    let (ping, queue) = watched(&receiver);
    let telling = Telling::of_kinds(&stand, Vec::new(), Some(queue), &NoticeKind::ALL);
    for run in 0..3 {
        ping.ended(format!("bakery {run}"), 0, "");
        until(&stand, "it was tried", || receiver.posts().len() > run).await;
    }
    let open = "SELECT count(*) FROM alarms WHERE subject = 'ping' AND ended_at IS NULL";
    until(&stand, "it is an alarm", || stand.count(open) == 1).await;
    assert_eq!(
        stand.column("SELECT detail FROM alarms WHERE subject = 'ping'"),
        ["ping hc.example.org is not reached: it answered 404 Not Found"]
    );
    receiver.feel(Mood::Fine);
    ping.ended("bakery 4", 0, "");
    until(&stand, "it is over", || stand.count(open) == 0).await;
    telling.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_pass_just_before_a_stop_is_told() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    let (ping, queue) = watched(&receiver);
    let telling = Telling::of_kinds(&stand, Vec::new(), Some(queue), &NoticeKind::ALL);
    ping.started("bakery 1");
    crate::office::at_once("the start is told", || receiver.posts().len() == 1).await;
    ping.ended("bakery 1", 0, "");
    let begun = std::time::Instant::now();
    telling.stop().await;
    assert_eq!(came(&receiver), ["/start", ""]);
    assert!(begun.elapsed() < std::time::Duration::from_secs(1), "{:?}", begun.elapsed());
}
