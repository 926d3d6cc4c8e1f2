use std::time::Duration;

use super::words::one_line;
use super::*;

const ARCHIVE: &str = "3f2a9c01d4e5f60718293a4b5c6d7e8f";

fn at(minutes: u64) -> Timestamp {
    let start: Timestamp = "2026-11-22T05:00:00Z".parse().unwrap();
    start.plus(Duration::from_secs(60 * minutes))
}

fn event(id: i64, account: &str, what: What) -> Fact {
    let minutes = u64::try_from(id).unwrap();
    Fact { origin: Origin::Event(id), at: at(minutes), account: Some(account.to_owned()), what }
}

fn gone(id: i64, account: &str, post: Post) -> Fact {
    let became = Became::Gone {
        last_seen_at: Some("2026-11-21T05:00:00Z".to_owned()),
        first_missing_at: Some("2026-11-21T05:15:07Z".to_owned()),
    };
    event(id, account, What::Post { became, post })
}

fn post(code: &str, held: u32, expected: u32) -> Post {
    Post {
        media_id: format!("id of {code}"),
        shortcode: Some(code.to_owned()),
        permalink: Some(format!("https://www.instagram.com/p/{code}/")),
        caption: None,
        files_expected: expected,
        files_held: held,
    }
}

fn gap(id: i64, account: &str, turn: GapTurn, reason: &str) -> Fact {
    let reason = GapReason::from_word(reason);
    let from = Some("2026-01-01T00:00:00Z".to_owned());
    event(id, account, What::Gap { turn, edge: "media".to_owned(), from, to: None, reason })
}

fn alarm(turn_id: i64, minutes: u64, account: &str, kind: AlarmKind, turn: Turn) -> Fact {
    let alarm = i64::try_from(account.len()).unwrap() * 100 + kind as i64;
    of_alarm(turn_id, minutes, account, alarm, kind, turn)
}

fn of_alarm(
    turn_id: i64,
    minutes: u64,
    account: &str,
    alarm: i64,
    kind: AlarmKind,
    turn: Turn,
) -> Fact {
    Fact {
        origin: Origin::Turn(turn_id),
        at: at(minutes),
        account: (!account.is_empty()).then(|| account.to_owned()),
        what: What::Alarm {
            alarm,
            kind,
            subject: String::new(),
            turn,
            detail: "the API answers nothing".to_owned(),
            since: at(0),
        },
    }
}

fn told(facts: &[Fact]) -> Vec<Message> {
    compose(facts, &NoticeKind::ALL, ARCHIVE)
}

fn titles(facts: &[Fact]) -> Vec<String> {
    told(facts).into_iter().map(|message| message.title).collect()
}

#[test]
fn words_are_read_back_and_differ() {
    for kind in NoticeKind::ALL {
        assert_eq!(NoticeKind::from_word(kind.as_str()), Some(kind));
    }
    assert_eq!(NoticeKind::from_word("deleted"), None);
}

#[test]
fn every_alarm_is_told_as_some_kind_and_its_end_as_recovered() {
    for kind in AlarmKind::ALL {
        let raised = told(&[alarm(1, 0, "bakery", kind, Turn::Raised)]);
        assert_eq!(raised[0].kind, MessageKind::Notice(NoticeKind::of_alarm(kind)), "{kind:?}");
        let ended = told(&[alarm(2, 90, "bakery", kind, Turn::Ended)]);
        assert_eq!(ended[0].kind, MessageKind::Notice(NoticeKind::Recovered), "{kind:?}");
        assert_ne!(raised[0].title, ended[0].title);
        let text = "The API answers nothing. It lasted from 2026-11-22 05:00 UTC to \
                    2026-11-22 06:30 UTC.";
        assert_eq!(ended[0].text, text);
    }
}

#[test]
fn a_post_that_left_is_told_with_its_name_and_what_is_held_of_it() {
    for (held, expected, words) in [
        (3, 3, "We hold all 3 files."),
        (1, 1, "We hold its file."),
        (0, 1, "We do not hold its file."),
        (0, 3, "We hold none of its 3 files."),
        (2, 3, "We hold 2 of its 3 files."),
        (0, 0, "The API never gave an address for its files."),
    ] {
        let message = told(&[gone(7, "bakery", post("DNZ", held, expected))]).remove(0);
        assert_eq!(message.title, "bakery: a post is no longer available");
        assert_eq!(
            message.text,
            format!(
                "DNZ is no longer available to its token since some time between 2026-11-21 05:00 \
                 UTC and 2026-11-21 05:15:07 UTC. {words} https://www.instagram.com/p/DNZ/"
            )
        );
        let lacking = held < expected;
        assert_eq!(message.priority, if lacking { Priority::High } else { Priority::Normal });
        assert_eq!(message.link(), Some("https://www.instagram.com/p/DNZ/"));
        assert_eq!(message.id, "3f2a9c01-gone-e7");
    }
}

#[test]
fn texts_of_others_stay_on_their_line_and_are_cut() {
    for (text, longest, line) in [
        ("a\r\nb\tc\u{0}d", 80, "a b c d"),
        ("  ", 80, ""),
        ("\u{202e}evil\u{2069}", 80, "evil"),
        ("ünïcödé 🎉", 80, "ünïcödé 🎉"),
        ("abcdef", 4, "abc\u{2026}"),
    ] {
        assert_eq!(one_line(text, longest), line);
    }
    let caption = Some("$(reboot)\n\u{1b}[2Jred".to_owned());
    let message = told(&[gone(1, "bakery", Post { caption, ..post("A", 1, 1) })]).remove(0);
    assert!(message.text.starts_with("A (\u{201c}$(reboot) [2Jred\u{201d}) is"), "{message:?}");
}

#[test]
fn many_of_a_kind_are_one_message_with_their_number_and_the_command_for_the_rest() {
    let mut facts: Vec<Fact> =
        (1..=500).map(|id| gone(id, "bakery", post(&format!("P{id}"), 1, 1))).collect();
    facts.push(gone(501, "other", post("Q", 0, 2)));
    let messages = told(&facts);
    assert_eq!(messages.len(), 2);
    let digest = &messages[0];
    assert_eq!(digest.title, "bakery: 500 posts are no longer available");
    assert_eq!((digest.number, digest.items.len()), (500, SEVERAL));
    assert_eq!(digest.id, "3f2a9c01-gone-e1-e500");
    assert_eq!(
        digest.text,
        "We hold the files of all of them.\nThe first of them:\n- P1\n- P2\n- P3\n- P4\n- P5\nAll of \
         them: mediakeep events --account bakery --kind gone --since 2026-11-22T05:01:00Z --all"
    );
    assert_eq!(messages[1].title, "other: a post is no longer available");
}

#[test]
fn one_outage_of_hundreds_of_accounts_is_one_message() {
    let mut facts = Vec::new();
    for nth in 0..300 {
        let account = format!("account{nth}");
        facts.push(of_alarm(nth, 5, &account, nth, AlarmKind::PassFailing, Turn::Raised));
        facts.push(gap(nth + 1000, &account, GapTurn::Opened, "throttled"));
    }
    let messages = told(&facts);
    assert_eq!(messages.len(), 1, "{messages:#?}");
    assert_eq!(messages[0].title, "mediakeep: passes of 300 accounts fail");
    assert_eq!(messages[0].account, None);
    let text = &messages[0].text;
    assert!(text.contains("account4 and 295 more."), "{text}");
    assert!(text.ends_with("All of them: mediakeep status"), "{text}");
}

#[test]
fn few_of_a_kind_are_told_one_by_one() {
    let facts: Vec<Fact> = (1..=5).map(|id| gone(id, "bakery", post("P", 1, 1))).collect();
    assert_eq!(told(&facts).len(), 5);
}

#[test]
fn an_alarm_that_passed_is_told_shortly_or_not_at_all() {
    let kind = AlarmKind::PassFailing;
    let turns = |minutes| {
        vec![
            alarm(1, 0, "bakery", kind, Turn::Raised),
            alarm(2, 1, "bakery", kind, Turn::Rose),
            alarm(3, minutes, "bakery", kind, Turn::Ended),
        ]
    };
    assert_eq!(titles(&turns(5)), [""; 0]);
    assert_eq!(titles(&turns(60)), ["bakery: passes work again"]);
    // It was told before: its end is told however soon.
    assert_eq!(titles(&turns(5)[1..]), ["bakery: passes work again"]);
    assert_eq!(titles(&turns(5)[..2]), ["bakery: passes fail"]);
    assert_eq!(told(&turns(5)[..2])[0].priority, Priority::High);
}

#[test]
fn a_gap_that_opened_and_closed_is_not_told() {
    let opened = || gap(1, "bakery", GapTurn::Opened, "throttled");
    let closed = || gap(2, "bakery", GapTurn::Closed, "throttled");
    assert_eq!(titles(&[opened(), closed()]), [""; 0]);
    assert_eq!(
        titles(&[opened(), gap(2, "bakery", GapTurn::Closed, "not_walked")]),
        ["bakery: a span of time is not proven complete", "bakery: the end of a gap"]
    );
    assert_eq!(
        told(&[opened()])[0].text,
        "Not proven complete: posts from 2026-01-01 00:00 UTC on. The last walk proved nothing: the \
         allowance was used up."
    );
}

#[test]
fn a_gap_of_a_failed_walk_is_told_by_the_alarm_that_explains_it() {
    let failing = || alarm(1, 0, "bakery", AlarmKind::PassFailing, Turn::Raised);
    let opened = |account| gap(1, account, GapTurn::Opened, "throttled");
    assert_eq!(titles(&[failing(), opened("bakery")]), ["bakery: passes fail"]);
    assert_eq!(titles(&[failing(), opened("other")]).len(), 2);
    assert_eq!(titles(&[failing(), gap(1, "bakery", GapTurn::Opened, "beyond_cap")]).len(), 2);
    // Whoever does not hear of the alarm hears of the gap.
    let only_gaps = compose(&[failing(), opened("bakery")], &[NoticeKind::GapOpened], ARCHIVE);
    assert_eq!(only_gaps.len(), 1);
}

#[test]
fn the_end_of_what_nobody_asked_for_is_not_told() {
    let ended = [alarm(2, 90, "bakery", AlarmKind::ClockOff, Turn::Ended)];
    let wanted = [NoticeKind::Recovered, NoticeKind::PassFailing];
    assert_eq!(compose(&ended, &wanted, ARCHIVE), []);
    assert_eq!(compose(&ended, &[NoticeKind::Recovered, NoticeKind::Trouble], ARCHIVE).len(), 1);
    assert_eq!(compose(&ended, &[NoticeKind::Trouble], ARCHIVE), []);
}

#[test]
fn a_held_walk_and_the_end_of_the_doubt_are_told() {
    let (walk, items, lost) = (17, 412, Lost::Items);
    let held = event(1, "bakery", What::Held { walk, lost, items, looked_at: 4812 });
    assert_eq!(
        titles(std::slice::from_ref(&held)),
        ["bakery: 412 of 4812 items missing at once: held"]
    );
    assert!(told(&[held])[0].text.ends_with("`mediakeep accept 17`."));
    let ended = |by| [event(2, "bakery", What::HoldEnded { walk, lost, items, by })];
    let kind = |by| told(&ended(by)).first().map(|message| message.kind);
    assert_eq!(kind(HoldEnd::Accepted), None);
    assert_eq!(kind(HoldEnd::Confirmed), Some(MessageKind::Notice(NoticeKind::Held)));
    assert_eq!(kind(HoldEnd::Dropped), Some(MessageKind::Notice(NoticeKind::Recovered)));
}

#[test]
fn messages_come_in_the_order_in_which_things_happened_and_with_the_same_ids_at_every_try() {
    let facts = vec![
        gone(3, "bakery", post("A", 1, 1)),
        alarm(1, 1, "bakery", AlarmKind::DiskLow, Turn::Raised),
        alarm(2, 30, "", AlarmKind::BackupFailing, Turn::Raised),
    ];
    assert_eq!(
        titles(&facts),
        [
            "bakery: disk space runs out",
            "bakery: a post is no longer available",
            "mediakeep: the catalog has no backup",
        ]
    );
    assert_eq!(told(&facts), told(&facts));
}

#[test]
fn a_batch_is_whole_after_a_quiet_time_and_does_not_wait_for_ever() {
    let second = Duration::from_secs(1);
    assert_eq!(settled_at(at(0), at(0)), at(0).plus(QUIET));
    assert_eq!(settled_at(at(0), at(0).plus(30 * second)), at(0).plus(35 * second));
    assert_eq!(settled_at(at(0), at(10)), at(1));
}

#[test]
fn failures_pause_a_minute_first_and_an_hour_at_most() {
    for (failures, minutes) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (4_000_000_000, 60)] {
        assert_eq!(pause_after(failures), Duration::from_secs(60 * minutes), "{failures}");
    }
}

#[test]
fn batches_that_follow_each_other_come_ever_more_slowly() {
    let mut rhythm = Rhythm::default();
    let mut now = at(0);
    assert_eq!(rhythm.next_from(now), now);
    let mut spaces = Vec::new();
    for _ in 0..6 {
        rhythm = rhythm.sent(now);
        spaces.push(rhythm.next_from(now).since(now).as_secs() / 60);
        now = rhythm.next_from(now);
    }
    assert_eq!(spaces, [1, 2, 4, 8, 15, 15]);
    let later = now.plus(Duration::from_secs(2 * 3600));
    assert_eq!(rhythm.sent(later).next_from(later).since(later).as_secs(), 60);
    // The clock was set back: nobody waits for the old time.
    assert_eq!(rhythm.next_from(at(0)).since(at(0)).as_secs(), 15 * 60);
}
