//! An archive whose news are told, and the time that passes for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mediakeep::archive::tell_people;
use mediakeep::domain::notice::NoticeKind;
use mediakeep::domain::{AccountName, AlarmKind};
use mediakeep::notify::{
    Address, Limits, Messenger, Messengers, Outbound, PingQueue, ReadSecret, Way,
};
use rusqlite::Connection;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::receiver::Receiver;
use crate::stand::Stand;

pub(crate) const SECRET: &str = "the secret of the webhook";

/// The loop that tells people, as it runs beside a stand.
pub(crate) struct Telling {
    pub(crate) news: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Telling {
    pub(crate) fn start(stand: &Stand, messengers: Vec<Messenger>) -> Self {
        Self::of_kinds(stand, messengers, None, &NoticeKind::ALL)
    }

    #[allow(clippy::disallowed_methods, reason = "it is awaited or aborted by its owner")]
    pub(crate) fn of_kinds(
        stand: &Stand,
        messengers: Vec<Messenger>,
        pings: Option<PingQueue>,
        wanted: &[NoticeKind],
    ) -> Self {
        let (news, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let messengers = Messengers { messengers, pings, wanted: wanted.to_vec() };
        let telling =
            tell_people(stand.archive.clone(), messengers, news.clone(), || {}, stop.clone());
        Self { news, stop, task: tokio::spawn(telling) }
    }

    /// Ends it as a stop does.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// Ends it as a crash does.
    pub(crate) async fn kill(self) {
        self.task.abort();
        self.task.await.unwrap_err();
    }
}

/// Lets time pass until something is so.
pub(crate) async fn until(stand: &Stand, what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
        if let Some(next) = stand.archive.clock.waited_for().first() {
            stand.archive.clock.set(*next);
        }
    }
}

/// Waits until something is so, while no time passes.
pub(crate) async fn at_once(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Until nothing that happened is untold, however long that takes.
pub(crate) async fn until_all_is_told(stand: &Stand) {
    let behind = "SELECT count(*) FROM messenger WHERE batch_event_id IS NOT NULL
        OR event_id < (SELECT max(event_id) FROM event WHERE kind IN ('gone', 'walk_held'))
        OR turn_id < (SELECT coalesce(max(turn_id), 0) FROM alarm_turn)";
    until(stand, "all is told", || stand.count(behind) == 0).await;
}

pub(crate) fn outbound() -> Outbound {
    let limits = Limits { connect: Duration::from_millis(300), whole: Duration::from_millis(300) };
    Outbound::new(limits).unwrap()
}

/// A webhook of a receiver, known by its name.
pub(crate) fn webhook(name: &str, receiver: &Receiver) -> Messenger {
    let secret = ReadSecret::new(|| Ok(SecretString::from(SECRET)));
    Messenger {
        target: format!("webhook {name}"),
        name: format!("webhook {name}.example.org"),
        way: Way::Webhook {
            address: Address::Plain(receiver.url("/hook")),
            secret: Some(secret),
            outbound: outbound(),
        },
    }
}

/// So many posts are gone, as the catalog would say it. Their evidence is not of interest here.
pub(crate) fn write_gone(stand: &Stand, posts: usize) {
    let detail = json!({
        "from": "missing",
        "last_seen_at": "2026-04-06T09:00:00Z",
        "first_missing_at": "2026-04-06T10:00:00Z",
    });
    let connection = writer(stand);
    let insert = "INSERT INTO event (event_id, account_id, at, item_id, kind, walk_id, detail,
          previous_digest, digest)
        SELECT (SELECT max(event_id) + 1 FROM event), i.account_id, ?1, i.item_id, 'gone', 1, ?2,
          hex(zeroblob(32)), hex(randomblob(32))
        FROM item i WHERE i.parent_item_id IS NULL ORDER BY i.item_id LIMIT 1 OFFSET ?3";
    let at = stand.archive.clock.now().to_string();
    let items = stand.count("SELECT count(*) FROM item WHERE parent_item_id IS NULL");
    for nth in 0..i64::try_from(posts).unwrap() {
        let values = rusqlite::params![at, detail.to_string(), nth % items];
        assert_eq!(connection.execute(insert, values).unwrap(), 1);
    }
}

/// Something that nobody is told.
pub(crate) fn write_changed(stand: &Stand) {
    let insert =
        "INSERT INTO event (event_id, account_id, at, kind, detail, previous_digest, digest)
        SELECT (SELECT max(event_id) + 1 FROM event), account_id, ?1, 'changed', '{}',
          hex(zeroblob(32)), hex(randomblob(32)) FROM account LIMIT 1";
    let at = stand.archive.clock.now().to_string();
    assert_eq!(writer(stand).execute(insert, [at]).unwrap(), 1);
}

/// A held walk, whose message has the number of items in it.
pub(crate) fn write_held(stand: &Stand, items: usize) {
    let detail =
        json!({"kind": "missing", "reason": "too_many", "items": items, "looked_at": 1000});
    let insert = "INSERT INTO event (event_id, account_id, at, kind, walk_id, detail,
          previous_digest, digest)
        SELECT (SELECT max(event_id) + 1 FROM event), account_id, ?1, 'walk_held', 1, ?2,
          hex(zeroblob(32)), hex(randomblob(32)) FROM account LIMIT 1";
    let at = stand.archive.clock.now().to_string();
    assert_eq!(writer(stand).execute(insert, [at, detail.to_string()]).unwrap(), 1);
}

pub(crate) fn set_caption(stand: &Stand, caption: &str) {
    writer(stand).execute("UPDATE item SET caption = ?1", [caption]).unwrap();
}

fn writer(stand: &Stand) -> Connection {
    let connection = Connection::open(stand.archive.dir.catalog_path()).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection
}

pub(crate) async fn raise(stand: &Stand, kind: AlarmKind) {
    let (account, now): (AccountName, _) =
        (stand.account().parse().unwrap(), stand.archive.clock.now());
    let raise = move |writer: &mut mediakeep::catalog::Writer| {
        writer.raise_alarm(Some(&account), kind, "", 1, "the API answers nothing", now)
    };
    assert!(stand.archive.catalog.call(raise).await.unwrap());
}

pub(crate) async fn end(stand: &Stand, kind: AlarmKind) {
    let (account, now): (AccountName, _) =
        (stand.account().parse().unwrap(), stand.archive.clock.now());
    let end = move |writer: &mut mediakeep::catalog::Writer| {
        writer.end_alarms(Some(&account), kind, None, "the API answers", now)
    };
    assert_eq!(stand.archive.catalog.call(end).await.unwrap(), 1);
}

/// How many items the messages about held walks name, in the order in which they came.
pub(crate) fn held_numbers(told: &[Value]) -> Vec<usize> {
    let number = |text: &str| text.split(' ').next().unwrap().parse::<usize>().unwrap();
    let items = told.iter().flat_map(|body| body["items"].as_array().unwrap());
    items.map(|item| number(item["text"].as_str().unwrap())).collect()
}
