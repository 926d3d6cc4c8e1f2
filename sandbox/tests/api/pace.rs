//! The allowance.

use graph_sandbox::{Fault, FaultKind, Login, Settings};
use reqwest::StatusCode;
use serde_json::Value;

use super::support::{Lab, settings};

fn tight() -> Settings {
    Settings { calls_per_hour: 4, block_minutes: 15, ..settings() }
}

fn usage(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn percentages_rise_with_every_call_and_fall_with_time() {
    let lab = Lab::with(tight()).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(
            usage(lab.ig("/me").await.header("x-app-usage"))["call_volume"].as_u64().unwrap(),
        );
    }
    assert_eq!(seen, [25, 50, 75]);
    lab.sandbox.clock().advance(2 * 3600);
    assert_eq!(usage(lab.ig("/me").await.header("x-app-usage"))["call_volume"], 25);
}

#[tokio::test]
async fn a_used_up_allowance_is_code_4_on_instagram_and_80002_with_minutes_on_facebook() {
    let lab = Lab::with(tight()).await;
    for _ in 0..4 {
        assert_eq!(lab.ig("/me").await.status, StatusCode::OK);
        assert_eq!(lab.fb("/{me}").await.status, StatusCode::OK);
    }
    let ig = lab.ig("/me").await;
    assert_eq!((ig.status, ig.error()), (StatusCode::FORBIDDEN, (4, Some(1_349_210))));
    assert_eq!(ig.json()["error"]["is_transient"], true);
    let fb = lab.fb("/{me}").await;
    assert_eq!((fb.status, fb.error()), (StatusCode::BAD_REQUEST, (80002, None)));
    let header = usage(fb.header("x-business-use-case-usage"));
    assert_eq!(header[&lab.fb.user_id][0]["estimated_time_to_regain_access"], 15);
}

#[tokio::test]
async fn calls_while_blocked_are_counted_and_prolong_the_block() {
    let lab = Lab::with(tight()).await;
    for _ in 0..5 {
        lab.fb("/{me}").await;
    }
    assert_eq!(lab.sandbox.counters().calls_while_blocked, 0);
    let mut minutes = Vec::new();
    for _ in 0..3 {
        let refused = lab.fb("/{me}").await;
        assert_eq!(refused.error().0, 80002);
        let header = usage(refused.header("x-business-use-case-usage"));
        minutes.push(header[&lab.fb.user_id][0]["estimated_time_to_regain_access"].clone());
    }
    assert_eq!(minutes, [16, 17, 18], "each call adds a minute");
    assert_eq!(lab.sandbox.counters().calls_while_blocked, 3);
    lab.sandbox.clock().advance(3600);
    assert_eq!(lab.fb("/{me}").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_throttle_with_minutes_really_blocks() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::ThrottleBuc).times(1).arg("minutes", 10));
    let first = lab.ig("/me").await;
    assert_eq!(first.error().0, 80002);
    let header = usage(first.header("x-business-use-case-usage"));
    assert_eq!(header[&lab.ig.user_id][0]["estimated_time_to_regain_access"], 10);
    assert_eq!(lab.ig("/me").await.error().0, 80002);
    lab.sandbox.clock().advance(12 * 60);
    assert_eq!(lab.ig("/me").await.status, StatusCode::OK);
    assert_eq!(lab.fb("/{me}").await.status, StatusCode::OK);
}

#[tokio::test]
async fn usage_headers_can_be_absent_or_broken() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::UsageAbsent).times(1));
    assert_eq!(lab.ig("/me").await.header("x-app-usage"), "");
    lab.sandbox.inject(Fault::new(FaultKind::UsageMalformed).times(1));
    let broken = lab.fb("/{me}").await;
    assert!(serde_json::from_str::<Value>(broken.header("x-app-usage")).is_err());
    assert_eq!(lab.sandbox.fired(FaultKind::UsageAbsent), 1);
    assert_eq!(lab.sandbox.fired(FaultKind::UsageMalformed), 1);
}

#[tokio::test]
async fn the_accounts_of_one_app_use_up_its_allowance_together() {
    let world = Settings {
        instagram_accounts: 3,
        shared_app: true,
        app_calls_per_hour: Some(6),
        ..settings()
    };
    let lab = Lab::with(world).await;
    let accounts: Vec<_> = lab.sandbox.ready().accounts.iter().take(3).cloned().collect();
    assert!(accounts.iter().all(|account| account.app_id == accounts[0].app_id));
    for _ in 0..2 {
        for account in &accounts {
            assert_eq!(
                lab.ask(Login::Instagram, "/v25.0/me", &account.token).await.status,
                StatusCode::OK
            );
        }
    }
    let refused = lab.ask(Login::Instagram, "/v25.0/me", &accounts[1].token).await;
    assert_eq!((refused.status, refused.error().0), (StatusCode::FORBIDDEN, 4));
    assert_eq!(usage(refused.header("x-app-usage"))["call_volume"], 116);
    let own = usage(refused.header("x-business-use-case-usage"));
    assert_eq!(own[&accounts[1].user_id][0]["call_count"], 0, "its own is hardly used");
    assert_eq!(lab.ask(Login::Instagram, "/v25.0/me", &accounts[2].token).await.error().0, 4);
    let counters = lab.sandbox.counters();
    assert_eq!(counters.blocked_calls_by_app[&accounts[0].app_id], 1);
    assert!(counters.blocked_calls_by_account.is_empty());
    assert_eq!(lab.fb("/{me}").await.status, StatusCode::OK, "another app is not concerned");
}
