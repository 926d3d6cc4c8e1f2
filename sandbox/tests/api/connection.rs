//! Faults of the connection itself.

use std::time::Duration;

use graph_sandbox::{Fault, FaultKind};

use super::support::Lab;

#[tokio::test]
async fn a_reset_ends_the_connection_without_an_answer() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::ResetConnection).on("me").times(1));
    let url = format!("{}/me?fields=id", lab.sandbox.ready().instagram_url);
    let error = lab.client.get(&url).bearer_auth(&lab.ig.token).send().await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    let reset = std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source())
        .filter_map(|e| e.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::ConnectionReset);
    assert!(reset, "{error:?}");
    assert_eq!(lab.sandbox.fired(FaultKind::ResetConnection), 1);
    assert_eq!(lab.ig("/me").await.status, 200, "the next connection works");
}

#[tokio::test]
async fn a_hang_sends_nothing_and_does_not_hinder_others_or_the_end() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::HangBeforeHeaders).on("me").times(1));
    let url = format!("{}/me", lab.sandbox.ready().instagram_url);
    let hanging = lab
        .client
        .get(&url)
        .bearer_auth(&lab.ig.token)
        .timeout(Duration::from_millis(300))
        .send()
        .await
        .unwrap_err();
    assert!(hanging.is_timeout());
    assert_eq!(lab.sandbox.fired(FaultKind::HangBeforeHeaders), 1);
    assert_eq!(lab.ig("/me").await.status, 200);
    let stopped = tokio::time::timeout(Duration::from_secs(10), lab.sandbox.stop()).await;
    assert!(stopped.is_ok());
}

#[tokio::test]
async fn a_stalled_body_begins_and_does_not_end() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::StallBody).times(1));
    let url = format!("{}/me/media", lab.sandbox.ready().instagram_url);
    let answer = lab
        .client
        .get(&url)
        .bearer_auth(&lab.ig.token)
        .timeout(Duration::from_millis(500))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.is_err());
    assert_eq!(lab.sandbox.fired(FaultKind::StallBody), 1);
}

#[tokio::test]
async fn a_stalled_body_ends_in_a_broken_connection() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::StallBody).times(1).arg("seconds", 0));
    let url = format!("{}/me/media", lab.sandbox.ready().instagram_url);
    let answer = lab.client.get(&url).bearer_auth(&lab.ig.token).send().await.unwrap();
    assert!(answer.text().await.is_err());
}

#[tokio::test]
async fn a_dripping_body_arrives_whole_in_the_end() {
    let lab = Lab::new().await;
    lab.sandbox.inject(Fault::new(FaultKind::DripBody).times(1).arg("bytes_per_second", 500));
    let began = std::time::Instant::now();
    let answer = lab.ig("/me/media?limit=6").await;
    assert_eq!(answer.data().len(), 6);
    assert!(began.elapsed() > Duration::from_millis(200));
    assert_eq!(lab.sandbox.fired(FaultKind::DripBody), 1);
}

#[tokio::test]
async fn latency_delays_every_answer() {
    let latency = Duration::from_millis(120);
    let slow = graph_sandbox::Settings { latency, ..super::support::settings() };
    let lab = Lab::with(slow).await;
    let began = std::time::Instant::now();
    lab.ig("/me").await;
    assert!(began.elapsed() >= latency);
    let url = lab.ig("/me/media?fields=media_url&limit=1").await.data()[0]["media_url"].clone();
    let began = std::time::Instant::now();
    assert_eq!(lab.client.get(url.as_str().unwrap()).send().await.unwrap().status(), 200);
    assert!(began.elapsed() >= latency);
}

#[tokio::test]
async fn a_refresh_can_succeed_although_its_answer_is_lost() {
    let lab = Lab::with(graph_sandbox::Settings {
        refresh_invalidates: true,
        ..super::support::settings()
    })
    .await;
    lab.sandbox.inject(Fault::new(FaultKind::ResetConnection).on("refresh").times(1));
    let url = format!(
        "{}/refresh_access_token?grant_type=ig_refresh_token&access_token={}",
        lab.sandbox.ready().instagram_url,
        lab.ig.token
    );
    assert!(lab.client.get(&url).send().await.is_err());
    assert_eq!(lab.sandbox.fired(FaultKind::ResetConnection), 1);
    assert_eq!(lab.ig("/me").await.error().0, 190, "the old token is gone all the same");
    let new = lab.sandbox.world().token(&lab.ig.name).unwrap();
    assert_ne!(new, lab.ig.token);
}
