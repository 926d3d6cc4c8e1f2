//! From what happened to what is told: each thing once, in order, shortly.

use mediakeep::domain::AlarmKind;
use mediakeep::domain::notice::NoticeKind;

use crate::office::{
    Telling, end, held_numbers, raise, until, until_all_is_told, webhook, write_changed,
    write_gone, write_held,
};
use crate::receiver::{Mood, Receiver};
use crate::stand::Stand;

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_is_gone_is_told_with_what_we_hold_of_it_and_its_return_too() {
    let stand = Stand::new(crate::stand::world()).await;
    assert_eq!(stand.sync_with_files().await.problems, []);
    let receiver = Receiver::start().await;
    let wanted = [NoticeKind::Gone, NoticeKind::Returned];
    let telling = Telling::of_kinds(&stand, vec![webhook("a", &receiver)], None, &wanted);
    until(&stand, "the target is known", || stand.count("SELECT count(*) FROM messengers") == 1)
        .await;
    let post = stand.photo(12);
    stand.world().archive(&post).unwrap();
    stand.pass_hours(2);
    stand.sync().await;
    stand.pass_hours(25);
    stand.sync().await;
    assert_eq!(stand.state(&post), "gone");
    telling.news.notify_one();
    until(&stand, "it is told", || !receiver.told().is_empty()).await;
    stand.world().restore(&post).unwrap();
    stand.pass_hours(50);
    stand.sync().await;
    telling.news.notify_one();
    until(&stand, "its return is told", || receiver.told().len() > 1).await;
    assert_eq!(receiver.field("kind"), ["gone", "returned"]);
    let body = &receiver.told()[0];
    let account = stand.account();
    assert_eq!(body["v"], 1);
    assert_eq!(body["account"], account.as_str());
    assert_eq!(body["title"], format!("{account}: a post is no longer available"));
    let text = body["text"].as_str().unwrap();
    assert!(
        text.contains(" is no longer available to its token since some time between"),
        "{text}"
    );
    assert!(text.contains("We hold its file. https://www.instagram.com/p/"), "{text}");
    assert_eq!(body["items"][0]["media_id"], post.as_str());
    assert_eq!(body["items"][0]["files_held"], 1);
    assert_eq!(body["count"], 1);
    telling.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_is_told_once_and_in_order_over_crashes_stops_and_a_receiver_that_fails() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    Telling::start(&stand, vec![webhook("a", &receiver)]).stop().await;
    let mut number = 0;
    for round in 0..6 {
        let mood = if round % 2 == 0 { Mood::Answers(503) } else { Mood::Fine };
        receiver.feel(mood);
        let telling = Telling::start(&stand, vec![webhook("a", &receiver)]);
        for _ in 0..2 {
            number += 1;
            write_held(&stand, number);
            telling.news.notify_one();
            let before = receiver.posts().len();
            until(&stand, "somebody tried", || receiver.posts().len() > before).await;
        }
        // A kill between two messages and a stop: nothing is on its way in both.
        match (round, mood) {
            (_, Mood::Fine) => {
                until_all_is_told(&stand).await;
                telling.kill().await;
            }
            _ => telling.stop().await,
        }
    }
    assert!(receiver.posts().iter().any(|post| post.mood == Mood::Answers(503)));
    assert_eq!(held_numbers(&receiver.told()), (1..=number).collect::<Vec<_>>());
    let mut ids = receiver.field("id");
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
    let tried: Vec<String> =
        receiver.posts().iter().map(|post| post.header("x-mediakeep-id").to_owned()).collect();
    assert!(tried.len() > count && tried.iter().all(|id| ids.contains(id)), "{tried:?} {ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_cut_off_by_a_crash_comes_again_with_the_same_id_whatever_happened_since() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    Telling::start(&stand, vec![webhook("a", &receiver)]).stop().await;
    write_gone(&stand, 8);
    receiver.feel(Mood::Hangs);
    let telling = Telling::start(&stand, vec![webhook("a", &receiver)]);
    until(&stand, "a message is under way", || !receiver.posts().is_empty()).await;
    telling.kill().await;
    write_gone(&stand, 3);
    receiver.feel(Mood::Fine);
    let telling = Telling::start(&stand, vec![webhook("a", &receiver)]);
    until_all_is_told(&stand).await;
    telling.stop().await;
    let told = receiver.told();
    assert_eq!(told.len(), 4, "{told:#?}");
    assert_eq!(told[0]["count"], 8);
    let posts = receiver.posts();
    assert_eq!(posts[0].mood, Mood::Hangs);
    assert_eq!(posts[0].body, posts[1].body);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_posts_that_left_are_one_message() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    Telling::start(&stand, vec![webhook("a", &receiver)]).stop().await;
    write_gone(&stand, 500);
    let telling = Telling::start(&stand, vec![webhook("a", &receiver)]);
    until_all_is_told(&stand).await;
    telling.stop().await;
    let told = receiver.told();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["count"], told[0]["items"].as_array().unwrap().len()), (&500.into(), 5));
    let text = told[0]["text"].as_str().unwrap();
    assert!(text.contains("We do not hold all files of 500 of them."), "{text}");
    let command = format!("mediakeep events --account {} --kind gone --since", stand.account());
    assert!(text.contains(&command), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_target_is_not_flooded_with_the_past_and_neither_is_one_that_returns() {
    let stand = Stand::with_posts(12).await;
    let (old, new) = (Receiver::start().await, Receiver::start().await);
    Telling::start(&stand, vec![webhook("old", &old)]).stop().await;
    write_held(&stand, 1);
    raise(&stand, AlarmKind::Damaged).await;
    Telling::start(&stand, vec![webhook("old", &old), webhook("new", &new)]).stop().await;
    write_held(&stand, 2);
    // Out of the configuration, and in again.
    Telling::start(&stand, vec![webhook("new", &new)]).stop().await;
    let telling = Telling::start(&stand, vec![webhook("old", &old), webhook("new", &new)]);
    until(&stand, "both are known", || stand.count("SELECT count(*) FROM messengers") == 2).await;
    write_held(&stand, 3);
    until_all_is_told(&stand).await;
    telling.stop().await;
    let held = |receiver: &Receiver| {
        let told = receiver.told();
        let held: Vec<_> = told.into_iter().filter(|body| body["kind"] == "held").collect();
        held_numbers(&held)
    };
    assert_eq!(held(&old), [1, 3]);
    assert_eq!(held(&new), [2, 3]);
    assert_eq!(old.field("kind").iter().filter(|kind| *kind == "damaged").count(), 1);
    assert_eq!(new.field("kind").iter().filter(|kind| *kind == "damaged").count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_is_told_when_it_is_raised_and_when_it_is_over_to_those_who_want_it() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    let wanted = [NoticeKind::PassFailing, NoticeKind::Recovered];
    let start = || Telling::of_kinds(&stand, vec![webhook("a", &receiver)], None, &wanted);
    let telling = start();
    until(&stand, "it is known", || stand.count("SELECT count(*) FROM messengers") == 1).await;
    raise(&stand, AlarmKind::PassFailing).await;
    raise(&stand, AlarmKind::ClockOff).await;
    until(&stand, "it is told", || receiver.told().len() == 1).await;
    end(&stand, AlarmKind::ClockOff).await;
    end(&stand, AlarmKind::PassFailing).await;
    until(&stand, "its end is told", || receiver.told().len() == 2).await;
    telling.stop().await;
    assert_eq!(receiver.field("kind"), ["pass_failing", "recovered"]);
    assert_eq!(receiver.field("priority"), ["high", "low"]);
    let account = stand.account();
    assert_eq!(
        receiver.field("title"),
        [format!("{account}: passes fail"), format!("{account}: passes work again")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_just_before_a_stop_is_told_at_once() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    let telling = Telling::start(&stand, vec![webhook("a", &receiver)]);
    crate::office::at_once("it is known", || stand.count("SELECT count(*) FROM messengers") == 1)
        .await;
    write_held(&stand, 7);
    telling.stop().await;
    assert_eq!(held_numbers(&receiver.told()), [7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_of_no_interest_writes_nothing_for_those_who_are_told() {
    let stand = Stand::with_posts(12).await;
    let receiver = Receiver::start().await;
    let telling = Telling::start(&stand, vec![webhook("a", &receiver)]);
    until(&stand, "it is known", || stand.count("SELECT count(*) FROM messengers") == 1).await;
    let rows = || stand.archive.catalog.call(|writer| Ok(writer.rows_written()));
    write_changed(&stand);
    telling.news.notify_one();
    let before = rows().await.unwrap();
    let start = stand.archive.clock.now();
    let hour = std::time::Duration::from_secs(3600);
    until(&stand, "an hour passed", || stand.archive.clock.now() > start.plus(hour)).await;
    assert_eq!(rows().await.unwrap(), before);
    telling.stop().await;
}
