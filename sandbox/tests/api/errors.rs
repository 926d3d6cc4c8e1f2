//! Errors on request: each fault does what its description says, as often as it was told to.

use graph_sandbox::{Edit, Fault, FaultKind, Login, TokenEnd};
use reqwest::StatusCode;

use super::support::{Answer, Lab};

async fn struck(lab: &Lab, login: Login, fault: Fault, kind: FaultKind) -> Answer {
    lab.sandbox.inject(fault.times(1));
    let answer = match login {
        Login::Instagram => lab.ig("/me/media").await,
        Login::Facebook => lab.fb("/{me}/media").await,
    };
    assert_eq!(lab.sandbox.fired(kind), 1, "{}", kind.name());
    lab.sandbox.clear_faults();
    answer
}

#[tokio::test]
async fn faults_answer_with_the_documented_codes() {
    let cases = [
        (FaultKind::ThrottleApp, 403, 4, Some(1_349_210)),
        (FaultKind::ThrottleBuc, 400, 80002, None),
        (FaultKind::ThrottleUser, 403, 17, Some(2_446_079)),
        (FaultKind::Transient2, 500, 2, None),
        (FaultKind::Unknown1, 500, 1, Some(99)),
        (FaultKind::TooHeavy, 500, 1, None),
        (FaultKind::LocalizedMessage, 500, 2, None),
        (FaultKind::MissingType, 500, 1, None),
        (FaultKind::ErrorSubcodeZero, 500, 2, Some(0)),
        (FaultKind::Permission10, 400, 10, None),
        (FaultKind::Permission200, 403, 200, None),
        (FaultKind::TokenExpired463, 400, 190, Some(463)),
        (FaultKind::TokenRevoked458, 400, 190, Some(458)),
        (FaultKind::PasswordChanged460, 400, 190, Some(460)),
        (FaultKind::Checkpoint459, 400, 190, Some(459)),
    ];
    for (kind, status, code, subcode) in cases {
        let lab = Lab::new().await;
        let answer = struck(&lab, Login::Instagram, Fault::new(kind), kind).await;
        assert_eq!(answer.status.as_u16(), status, "{}", kind.name());
        assert_eq!(answer.error(), (code, subcode), "{}", kind.name());
        assert_eq!(lab.ig("/me/media").await.status, StatusCode::OK, "it struck once");
    }
}

#[tokio::test]
async fn error_objects_can_lack_parts_and_speak_other_languages() {
    let lab = Lab::new().await;
    let untyped =
        struck(&lab, Login::Facebook, Fault::new(FaultKind::MissingType), FaultKind::MissingType)
            .await;
    assert!(untyped.json()["error"].get("type").is_none());
    let heavy =
        struck(&lab, Login::Facebook, Fault::new(FaultKind::TooHeavy), FaultKind::TooHeavy).await;
    assert!(heavy.message().starts_with("Please reduce the amount of data"));
    let kind = FaultKind::LocalizedMessage;
    let local = struck(&lab, Login::Facebook, Fault::new(kind), kind).await;
    assert!(local.message().contains("Tente novamente"));
    assert_eq!(local.json()["error"]["is_transient"], true);
    let kind = FaultKind::ThrottleBuc;
    let throttled = struck(&lab, Login::Facebook, Fault::new(kind), kind).await;
    assert!(throttled.message().starts_with("(#80002) There have been too many calls"));
    assert!(throttled.header("x-business-use-case-usage").contains("\"call_count\":100"));
}

#[tokio::test]
async fn answers_can_be_no_json_at_all() {
    let lab = Lab::new().await;
    let kind = FaultKind::Http502Html;
    let page = struck(&lab, Login::Instagram, Fault::new(kind), kind).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (502, "text/html"));
    let kind = FaultKind::Http503;
    let empty = struck(&lab, Login::Instagram, Fault::new(kind), kind).await;
    assert_eq!((empty.status.as_u16(), empty.text.as_str()), (503, ""));
    let kind = FaultKind::Http429;
    let throttled =
        struck(&lab, Login::Instagram, Fault::new(kind).arg("retry_after", 7), kind).await;
    assert_eq!((throttled.status.as_u16(), throttled.header("retry-after")), (429, "7"));
    let kind = FaultKind::Html200;
    let html = struck(&lab, Login::Instagram, Fault::new(kind), kind).await;
    assert!(html.status == StatusCode::OK && html.text.starts_with("<!DOCTYPE html>"));
    let kind = FaultKind::EmptyBody;
    let nothing = struck(&lab, Login::Instagram, Fault::new(kind), kind).await;
    assert_eq!((nothing.status, nothing.text.as_str()), (StatusCode::OK, ""));
    for kind in [FaultKind::TruncatedJson, FaultKind::InvalidJson] {
        let broken = struck(&lab, Login::Instagram, Fault::new(kind), kind).await;
        assert_eq!(broken.status, StatusCode::OK);
        assert!(serde_json::from_str::<serde_json::Value>(&broken.text).is_err());
    }
    let kind = FaultKind::RedirectOtherHost;
    let away = struck(&lab, Login::Instagram, Fault::new(kind), kind).await;
    assert_eq!(away.status, StatusCode::FOUND);
    assert!(away.header("location").starts_with("https://graph.example.net/"));
}

#[tokio::test]
async fn an_error_can_hide_under_http_200() {
    let lab = Lab::new().await;
    let kind = FaultKind::ErrorIn200;
    let answer = struck(&lab, Login::Instagram, Fault::new(kind), kind).await;
    assert_eq!((answer.status, answer.error().0), (StatusCode::OK, 2));
    assert!(answer.json()["id"].is_string());
}

#[tokio::test]
async fn bodies_can_be_deep_or_huge_and_still_be_json() {
    let lab = Lab::new().await;
    let kind = FaultKind::DeepJson;
    let deep = struck(&lab, Login::Instagram, Fault::new(kind).arg("depth", 5_000), kind).await;
    assert!(serde_json::from_str::<serde_json::Value>(&deep.text).is_err(), "too deep to read");
    assert!(deep.text.contains(&"[".repeat(5_000)));
    let kind = FaultKind::HugeBody;
    let huge = struck(&lab, Login::Instagram, Fault::new(kind).arg("bytes", 3_000_000), kind).await;
    assert!(huge.text.len() > 3_000_000);
    assert_eq!(huge.data().len(), 25);
}

#[tokio::test]
async fn items_can_be_odd() {
    let lab = Lab::new().await;
    let ask = async |kind: FaultKind| {
        lab.sandbox.inject(Fault::new(kind).times(1));
        let fields =
            "fields=id,caption,media_type,media_product_type,timestamp,like_count,thumbnail_url";
        let answer = lab.ig(&format!("/me/media?limit=5&{fields}")).await;
        assert_eq!(lab.sandbox.fired(kind), 1, "{}", kind.name());
        lab.sandbox.clear_faults();
        answer
    };
    let nulls = ask(FaultKind::NullFields).await;
    assert!(nulls.data().iter().any(|item| item["thumbnail_url"].is_null()));
    assert!(nulls.text.contains("\"thumbnail_url\":null"));
    let types = ask(FaultKind::WrongTypes).await.data()[0].clone();
    assert!(types["id"].is_u64() && types["like_count"].is_string() && types["timestamp"].is_i64());
    let missing = ask(FaultKind::MissingId).await.data();
    assert!(missing[0].get("id").is_none() && missing[1].get("id").is_some());
    let odd = ask(FaultKind::OddIds).await.data();
    let id = odd[0]["id"].as_str().unwrap();
    assert!(id.parse::<u64>().is_err(), "{id:?}");
    let unknown = ask(FaultKind::UnknownMediaType).await.data();
    assert_eq!(
        (&unknown[0]["media_type"], &unknown[0]["media_product_type"]),
        (&"HOLOGRAM".into(), &"WALL".into())
    );
    let extra = ask(FaultKind::ExtraFields).await.data();
    assert!(extra.iter().all(|item| item.get("surprise_object").is_some()));
}

#[tokio::test]
async fn a_field_can_be_refused_by_name() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::RefusedField).arg("field", "alt_text"));
    assert_eq!(lab.ig("/me/media?fields=id,alt_text").await.error(), (10, None));
    assert_eq!(lab.ig("/me/media?fields=id,children{alt_text}").await.error(), (10, None));
    assert_eq!(lab.ig("/me/media?fields=id,caption").await.status, StatusCode::OK);
    assert_eq!(lab.sandbox.fired(FaultKind::RefusedField), 2);
}

#[tokio::test]
async fn too_heavy_can_depend_on_the_page_size() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::TooHeavy).arg("above_limit", 50));
    assert_eq!(lab.ig("/me/media?limit=100").await.error().0, 1);
    assert_eq!(lab.ig("/me/media?limit=50").await.data().len(), 50);
}

#[tokio::test]
async fn me_can_answer_for_someone_else() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::WrongAccount).times(1));
    assert_ne!(lab.ig("/me?fields=user_id").await.json()["user_id"], lab.ig.user_id.as_str());
    assert_eq!(lab.ig("/me?fields=user_id").await.json()["user_id"], lab.ig.user_id.as_str());
}

#[tokio::test]
async fn faults_can_be_random_and_keep_to_one_account() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::Transient2).probability(0.5).account(&lab.ig.name));
    let mut failed = 0;
    for _ in 0..60 {
        failed += u64::from(lab.ig("/me").await.status.is_server_error());
        assert_eq!(lab.fb("/{me}").await.status, StatusCode::OK);
    }
    assert!((10..=50).contains(&failed), "{failed}");
    assert_eq!(lab.sandbox.fired(FaultKind::Transient2), failed);
}

#[tokio::test]
async fn ended_tokens_say_why() {
    for (reason, subcode) in [
        (TokenEnd::Revoked, 458),
        (TokenEnd::Checkpointed, 459),
        (TokenEnd::PasswordChanged, 460),
        (TokenEnd::Unconfirmed, 464),
        (TokenEnd::InvalidSession, 467),
        (TokenEnd::RoleLost, 492),
    ] {
        let lab = Lab::new().await;
        lab.sandbox.world().edit(Edit::EndToken { account: lab.fb.name.clone(), reason }).unwrap();
        let refused = lab.fb("/{me}").await;
        assert_eq!((refused.status.as_u16(), refused.error()), (401, (190, Some(subcode))));
        assert_eq!(lab.ig("/me").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_fault_is_counted_only_where_it_can_be_seen() {
    let lab = Lab::new().await;
    for kind in [FaultKind::NullFields, FaultKind::NextOtherHost, FaultKind::EmptyPageWithNext] {
        lab.sandbox.inject(Fault::new(kind).times(1));
        lab.ig("/me?fields=username,media.limit(2){id}").await;
        assert_eq!(lab.sandbox.fired(kind), 0, "{}", kind.name());
        lab.ig("/me/media?limit=2").await;
        assert_eq!(lab.sandbox.fired(kind), 1, "{}", kind.name());
    }
    lab.sandbox.inject(Fault::new(FaultKind::NextOtherHost).times(1));
    lab.ig("/me/media?limit=100").await;
    assert_eq!(lab.sandbox.fired(FaultKind::NextOtherHost), 1, "the only page has no link");
}

#[tokio::test]
async fn routes_of_faults_and_counters_are_the_same_names() {
    let lab = Lab::new().await;
    let post = lab.fb_post(|post| post.comments > 0);
    let comment = lab.fb(&format!("/{}/comments", post.id)).await.ids()[0].clone();
    for (route, path) in [
        ("me", "/me".to_owned()),
        ("user", "/{me}".to_owned()),
        ("accounts", "/me/accounts".to_owned()),
        ("media", "/{me}/media".to_owned()),
        ("stories", "/{me}/stories".to_owned()),
        ("tags", "/{me}/tags".to_owned()),
        ("live_media", "/{me}/live_media".to_owned()),
        ("collaborative_media", "/{me}/collaborative_media".to_owned()),
        ("node", format!("/{}", post.id)),
        ("children", format!("/{}/children", post.id)),
        ("comments", format!("/{}/comments", post.id)),
        ("insights", format!("/{}/insights?metric=reach", post.id)),
        ("collaborators", format!("/{}/collaborators", post.id)),
        ("comment", format!("/{comment}")),
        ("replies", format!("/{comment}/replies")),
        ("ids", format!("/?ids={}", post.id)),
    ] {
        let before = lab.sandbox.counters().calls_by_route.get(route).copied().unwrap_or(0);
        for kind in [FaultKind::Http503, FaultKind::Transient2, FaultKind::EmptyBody] {
            let fired = lab.sandbox.fired(kind);
            lab.sandbox.inject(Fault::new(kind).on(route).times(1));
            lab.fb(&path).await;
            assert_eq!(lab.sandbox.fired(kind), fired + 1, "{} on {route}", kind.name());
        }
        assert_eq!(lab.fb(&path).await.status, StatusCode::OK, "{path}");
        assert_eq!(lab.sandbox.counters().calls_by_route[route], before + 4, "{route}");
    }
}
