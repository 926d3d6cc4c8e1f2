//! Makes messages of notices: one each, or one of many.

use std::collections::BTreeMap;

use super::settle::{Notice, settle};
use super::words::{lacks_files, post_name};
use super::{Fact, Message, MessageKind, NoticeKind, Origin, Priority, Told};
use crate::domain::Timestamp;

/// More of a kind than this, of one account or over all, become one message, which names so many.
pub const SEVERAL: usize = 5;

/// The messages of a batch of facts, in the order in which things happened.
///
/// `archive` makes ids differ from those of other archives; its first digits are enough.
pub fn compose(facts: &[Fact], wanted: &[NoticeKind], archive: &str) -> Vec<Message> {
    let mut kinds: BTreeMap<NoticeKind, Vec<Notice>> = BTreeMap::new();
    for notice in settle(facts, wanted) {
        kinds.entry(notice.kind).or_default().push(notice);
    }
    let mut groups: Vec<Vec<Notice>> = kinds.into_values().flat_map(grouped).collect();
    groups.sort_by_key(|group| group.first().map(|first| (first.at, first.origin)));
    groups.iter().filter_map(|group| message(group, archive)).collect()
}

/// The message by which somebody tries whether messages arrive.
pub fn test_message(at: Timestamp, archive: &str) -> Message {
    Message {
        id: format!("{}-test-{}", short(archive), at.as_unix()),
        kind: MessageKind::Test,
        account: None,
        priority: Priority::Normal,
        title: "mediakeep: a test".to_owned(),
        text: "This is a test by `mediakeep notify test`. Nothing happened.".to_owned(),
        number: 0,
        items: Vec::new(),
        at,
    }
}

/// Notices of one kind, those that are told together in one group.
fn grouped(notices: Vec<Notice>) -> Vec<Vec<Notice>> {
    let mut accounts: BTreeMap<Option<String>, Vec<Notice>> = BTreeMap::new();
    for notice in notices {
        accounts.entry(notice.account.clone()).or_default().push(notice);
    }
    let mut groups: Vec<Vec<Notice>> = Vec::new();
    for (_, notices) in accounts {
        if notices.len() > SEVERAL {
            groups.push(notices);
        } else {
            groups.extend(notices.into_iter().map(|notice| vec![notice]));
        }
    }
    if groups.len() > SEVERAL {
        let mut all: Vec<Notice> = groups.into_iter().flatten().collect();
        all.sort_by_key(|notice| (notice.at, notice.origin));
        return vec![all];
    }
    groups
}

fn message(group: &[Notice], archive: &str) -> Option<Message> {
    let (first, last) = (group.first()?, group.last()?);
    let one_account = group.iter().all(|notice| notice.account == first.account);
    let account = first.account.clone().filter(|_| one_account);
    let who = account.as_deref().unwrap_or("mediakeep");
    let (title, text) = if group.len() == 1 {
        (first.title.clone(), first.text.clone())
    } else {
        (digest_title(first.kind, group), digest_text(first, group, account.as_deref()))
    };
    Some(Message {
        id: id(group, archive),
        kind: MessageKind::Notice(first.kind),
        priority: group.iter().map(|notice| notice.priority).max()?,
        title: format!("{who}: {title}"),
        account,
        text,
        number: group.len(),
        items: group.iter().take(SEVERAL).map(told).collect(),
        at: last.at,
    })
}

fn told(notice: &Notice) -> Told {
    Told {
        at: notice.at,
        account: notice.account.clone(),
        text: notice.text.clone(),
        post: notice.post.clone(),
    }
}

/// Named after the rows that it tells of: every try of a batch makes the same.
fn id(group: &[Notice], archive: &str) -> String {
    let word = |origin: Origin| match origin {
        Origin::Event(event) => format!("e{event}"),
        Origin::Turn(turn) => format!("t{turn}"),
    };
    let kind = group.first().map_or("", |notice| notice.kind.as_str());
    let mut origins: Vec<Origin> = group.iter().map(|notice| notice.origin).collect();
    origins.sort_unstable();
    let ends = match origins.as_slice() {
        [] => String::new(),
        [only] => word(*only),
        [first, .., last] => format!("{}-{}", word(*first), word(*last)),
    };
    format!("{}-{kind}-{ends}", short(archive))
}

fn short(archive: &str) -> &str {
    archive.get(..8).unwrap_or(archive)
}

fn digest_title(kind: NoticeKind, group: &[Notice]) -> String {
    let number = group.len();
    let accounts = accounts(group).len();
    match kind {
        NoticeKind::Gone => format!("{number} posts are no longer available"),
        NoticeKind::Returned => format!("{number} posts are there again"),
        NoticeKind::UrlLost => format!("{number} files lost their address"),
        NoticeKind::Held => format!("{number} walks are held"),
        NoticeKind::GapOpened => format!("{number} spans of time are not proven complete"),
        NoticeKind::GapClosed => format!("{number} gaps are closed"),
        NoticeKind::TokenExpiring => format!("the tokens of {accounts} accounts end soon"),
        NoticeKind::TokenDead => format!("the tokens of {accounts} accounts do not work"),
        NoticeKind::PassFailing => format!("passes of {accounts} accounts fail"),
        NoticeKind::DiskLow => format!("disk space runs out, {number} times"),
        NoticeKind::Damaged => format!("damage was found {number} times"),
        NoticeKind::Trouble => format!("{number} troubles"),
        NoticeKind::Recovered => format!("{number} troubles are over"),
    }
}

fn digest_text(first: &Notice, group: &[Notice], account: Option<&str>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let posts: Vec<_> = group.iter().filter_map(|notice| notice.post.as_ref()).collect();
    if first.kind == NoticeKind::Gone && !posts.is_empty() {
        let lacking = posts.iter().filter(|post| lacks_files(post)).count();
        lines.push(match lacking {
            0 => "We hold the files of all of them.".to_owned(),
            1 => "We do not hold all files of 1 of them.".to_owned(),
            lacking => format!("We do not hold all files of {lacking} of them."),
        });
    }
    if account.is_none() {
        let names = accounts(group);
        let begin = names.iter().take(SEVERAL).copied().collect::<Vec<_>>().join(", ");
        lines.push(match names.len().saturating_sub(SEVERAL) {
            0 => format!("Accounts: {begin}."),
            more => format!("Accounts: {begin} and {more} more."),
        });
    }
    lines.push("The first of them:".to_owned());
    for notice in group.iter().take(SEVERAL) {
        let of = match (&notice.account, account) {
            (Some(name), None) => format!("{name}: "),
            (Some(_) | None, _) => String::new(),
        };
        let text = match &notice.post {
            Some(post) => post_name(post),
            None => notice.text.clone(),
        };
        lines.push(format!("- {of}{text}"));
    }
    lines.push(format!("All of them: {}", command(first, account)));
    lines.join("\n")
}

fn accounts(group: &[Notice]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in group.iter().filter_map(|notice| notice.account.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What lists everything that a digest only counts.
fn command(first: &Notice, account: Option<&str>) -> String {
    let of = account.map(|name| format!(" --account {name}")).unwrap_or_default();
    let events =
        |kind: &str| format!("mediakeep events{of} --kind {kind} --since {} --all", first.at);
    match first.kind {
        NoticeKind::Gone => events("gone"),
        NoticeKind::Returned => events("returned"),
        NoticeKind::UrlLost => events("url_lost"),
        NoticeKind::Held => events("walk_held"),
        NoticeKind::GapClosed => events("gap_closed"),
        NoticeKind::GapOpened => format!("mediakeep gaps{of}"),
        NoticeKind::TokenExpiring
        | NoticeKind::TokenDead
        | NoticeKind::PassFailing
        | NoticeKind::DiskLow
        | NoticeKind::Damaged
        | NoticeKind::Trouble
        | NoticeKind::Recovered => "mediakeep status".to_owned(),
    }
}
