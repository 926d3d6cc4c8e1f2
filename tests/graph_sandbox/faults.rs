//! Each fault of the API gets the class that the next decision needs.

use std::time::Duration;

use graph_sandbox::{Fault, FaultKind, Settings, TokenEnd};
use mediakeep::domain::pace::Scope;
use mediakeep::domain::{Class, Edge, Login, TokenTrouble};
use mediakeep::graph::{FieldSet, GraphError, Limits, PageRequest, Trouble};

use crate::stand::{Stand, request, walk};

/// Asks for a page while a fault is armed for one call.
async fn page_under(
    kind: FaultKind,
    args: &[(&str, u64)],
    login: Login,
    limits: Limits,
) -> GraphError {
    let settings = Settings { posts: 3, ..Settings::default() };
    let stand = Stand::of(settings, limits).await;
    let fault = args.iter().fold(Fault::new(kind), |fault, (name, value)| fault.arg(name, *value));
    stand.next(fault, "media");
    let client = stand.client(login);
    let error = client.page(&request(login, Edge::Media, 100)).await.unwrap_err();
    assert_eq!(stand.sandbox.fired(kind), 1, "{kind:?} did not fire");
    assert_eq!(stand.sandbox.counters().api_calls, 1, "{kind:?} was asked again unasked");
    error
}

#[tokio::test]
async fn every_refusal_has_its_class_on_both_hosts() {
    let stop = Class::StopAccount;
    for (kind, class) in [
        (FaultKind::Transient2, Class::Retry),
        (FaultKind::Unknown1, Class::Retry),
        (FaultKind::TooHeavy, Class::Shrink),
        (FaultKind::Http502Html, Class::Retry),
        (FaultKind::Http503, Class::Retry),
        (FaultKind::Http429, Class::Wait { regain: None, scope: Scope::Account }),
        (FaultKind::TruncatedJson, Class::Retry),
        (FaultKind::InvalidJson, Class::Retry),
        (FaultKind::EmptyBody, Class::Retry),
        (FaultKind::LocalizedMessage, Class::Retry),
        (FaultKind::MissingType, Class::Retry),
        (FaultKind::ErrorSubcodeZero, Class::Retry),
        (FaultKind::ErrorIn200, Class::Retry),
        (FaultKind::Html200, Class::Retry),
        (FaultKind::Permission10, Class::Permission),
        (FaultKind::Permission200, Class::Permission),
        (FaultKind::TokenExpired463, stop(TokenTrouble::Expired)),
        (FaultKind::TokenRevoked458, stop(TokenTrouble::Revoked)),
        (FaultKind::PasswordChanged460, stop(TokenTrouble::PasswordChanged)),
        (FaultKind::Checkpoint459, stop(TokenTrouble::Checkpoint)),
        (FaultKind::ResetConnection, Class::Retry),
        (FaultKind::HugeBody, Class::Shrink),
        (FaultKind::RedirectOtherHost, Class::Retry),
    ] {
        for login in [Login::Instagram, Login::Facebook] {
            let error = page_under(kind, &[], login, Limits::default()).await;
            assert_eq!(error.class(), class, "{kind:?} {login}: {error:?}");
        }
    }
}

#[tokio::test]
async fn every_throttle_waits_for_as_long_as_the_api_says() {
    let minutes = |minutes: u64| Class::Wait {
        regain: Some(Duration::from_secs(60 * minutes)),
        scope: Scope::Account,
    };
    let blocked = [("minutes", 19)];
    for login in [Login::Instagram, Login::Facebook] {
        for kind in [FaultKind::ThrottleApp, FaultKind::ThrottleUser, FaultKind::ThrottleBuc] {
            let error = page_under(kind, &blocked, login, Limits::default()).await;
            assert!(matches!(error.class(), Class::Wait { .. }), "{kind:?} {login}: {error:?}");
            assert!(error.usage().percent().is_some_and(|percent| percent >= 100.0), "{error:?}");
            let of_app = matches!(error.class(), Class::Wait { scope: Scope::App, .. });
            assert_eq!(of_app, kind == FaultKind::ThrottleApp, "{error:?}");
            if kind == FaultKind::ThrottleBuc {
                assert_eq!(error.class(), minutes(19), "{error:?}");
            }
        }
        let later = [("retry_after", 120)];
        let error = page_under(FaultKind::Http429, &later, login, Limits::default()).await;
        assert_eq!(error.class(), minutes(2), "{error:?}");
    }
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let limits = Limits {
        stall: Duration::from_millis(400),
        whole: Duration::from_millis(1500),
        ..Limits::default()
    };
    for kind in [FaultKind::HangBeforeHeaders, FaultKind::StallBody, FaultKind::DripBody] {
        let slow = [("bytes_per_second", 20)];
        let error = page_under(kind, &slow, Login::Instagram, limits).await;
        assert_eq!(error.class(), Class::Retry);
        let timed_out = matches!(error, GraphError::Transport { trouble: Trouble::Timeout, .. });
        assert!(timed_out, "{error:?}");
    }
}

#[tokio::test]
async fn an_outage_of_direct_reads_looks_like_a_missing_item_and_lists_work() {
    let stand = Stand::with_posts(3).await;
    for login in [Login::Instagram, Login::Facebook] {
        let client = stand.client(login);
        let world = stand.sandbox.world();
        let id = world.post_ids(&stand.account(login).name)[0].clone();
        let fields = FieldSet::for_item(login);
        stand.sandbox.inject(Fault::new(FaultKind::Nodes100_33));
        let error = client.item(&id.parse().unwrap(), &fields).await.unwrap_err();
        assert_eq!(error.class(), Class::MaybeGone);
        assert_eq!((error.code(), error.subcode()), (Some(100), Some(33)));
        assert!(client.page(&request(login, Edge::Media, 100)).await.is_ok());
        stand.sandbox.clear_faults();
        assert!(client.item(&id.parse().unwrap(), &fields).await.is_ok());
        world.delete(&id).unwrap();
        let error = client.item(&id.parse().unwrap(), &fields).await.unwrap_err();
        assert_eq!(error.class(), Class::MaybeGone);
    }
}

#[tokio::test]
async fn a_refused_field_is_named_and_the_request_without_it_works() {
    let stand = Stand::with_posts(3).await;
    // The Instagram host has no such field.
    let login = Login::Instagram;
    let foreign = request(Login::Facebook, Edge::Media, 100);
    let client = stand.client(login);
    let error = client.page(&foreign).await.unwrap_err();
    let Class::DropField(field) = error.class() else { panic!("{error:?}") };
    assert_eq!(field, "legacy_instagram_media_id");
    let without = PageRequest { fields: foreign.fields.without(&field), ..foreign };
    assert_eq!(client.page(&without).await.unwrap().value.items.len(), 3);
}

#[tokio::test]
async fn tokens_that_ended_or_belong_elsewhere_stop_the_account() {
    for (end, trouble) in [
        (TokenEnd::Expired, TokenTrouble::Expired),
        (TokenEnd::Revoked, TokenTrouble::Revoked),
        (TokenEnd::PasswordChanged, TokenTrouble::PasswordChanged),
        (TokenEnd::Checkpointed, TokenTrouble::Checkpoint),
    ] {
        let stand = Stand::with_posts(3).await;
        for login in [Login::Instagram, Login::Facebook] {
            stand.sandbox.world().end_token(&stand.account(login).name, end).unwrap();
            let error = stand.client(login).account().await.unwrap_err();
            assert_eq!(error.class(), Class::StopAccount(trouble), "{login}: {error:?}");
        }
    }
    let stand = Stand::with_posts(3).await;
    for (login, other) in [(Login::Instagram, Login::Facebook), (Login::Facebook, Login::Instagram)]
    {
        let foreign = stand.account(other).token.clone();
        for token in [foreign.as_str(), "IGAAnonsenseNonsenseNonsense"] {
            let error = stand.client_with(login, token).account().await.unwrap_err();
            let class = error.class();
            assert_eq!(class, Class::StopAccount(TokenTrouble::NotOfThisHost), "{error:?}");
            assert!(!format!("{error} {error:?}").contains(token));
        }
    }
}

#[tokio::test]
async fn a_dead_cursor_is_told_from_a_wrong_request() {
    let stand = Stand::with_posts(10).await;
    for login in [Login::Instagram, Login::Facebook] {
        let client = stand.client(login);
        let first = request(login, Edge::Media, 4);
        let page = client.page(&first).await.unwrap().value;
        stand.next(Fault::new(FaultKind::InvalidCursor), "media");
        let further = PageRequest { after: page.next, ..first };
        let error = client.page(&further).await.unwrap_err();
        assert!(error.is_dead_cursor(), "{error:?}");
        assert!(client.page(&further).await.is_ok());
    }
    assert_eq!(stand.sandbox.fired(FaultKind::InvalidCursor), 2);
}

#[tokio::test]
async fn next_on_another_host_is_not_followed() {
    let stand = Stand::with_posts(10).await;
    stand.sandbox.inject(Fault::new(FaultKind::NextOtherHost));
    let login = Login::Instagram;
    let pages = walk(&stand.client(login), &request(login, Edge::Media, 4)).await.unwrap();
    assert_eq!(pages.iter().map(|page| page.items.len()).sum::<usize>(), 10);
    assert!(stand.sandbox.fired(FaultKind::NextOtherHost) > 0);
    assert_eq!(stand.sandbox.counters().api_calls, 3);
}
