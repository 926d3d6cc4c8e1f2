//! Links to files, as the API hands them out and the file host honours them.

use graph_sandbox::{Fault, FaultKind, FileRole, MediaKind};
use sha2::{Digest as _, Sha256};

use super::support::{Lab, hex};

async fn link(lab: &Lab, id: &str, field: &str) -> String {
    lab.ig(&format!("/{id}?fields={field}")).await.json()[field].as_str().unwrap().to_owned()
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[tokio::test]
async fn every_link_leads_to_the_bytes_the_truth_names() {
    let lab = Lab::new().await;
    let world = lab.sandbox.world();
    let album = lab.post(|post| post.media_type == MediaKind::Album);
    let reel = lab.post(|post| post.media_type == MediaKind::Video && post.files[0].offered);
    for item in album.children.iter().chain([&reel]) {
        for file in &item.files {
            let field = match file.role {
                FileRole::Media => "media_url",
                FileRole::Thumbnail => "thumbnail_url",
            };
            let url = link(&lab, &item.id, field).await;
            let response = lab.client.get(&url).send().await.unwrap();
            assert_eq!(response.status(), 200);
            let bytes = response.bytes().await.unwrap();
            assert_eq!(Some(sha256(&bytes)), world.sha256(file).await);
        }
    }
}

#[tokio::test]
async fn files_of_different_items_differ_and_a_reencoded_one_is_another() {
    let lab = Lab::new().await;
    let world = lab.sandbox.world();
    let mut seen = std::collections::BTreeSet::new();
    let photos: Vec<_> = world
        .posts(&lab.ig.name)
        .into_iter()
        .filter(|post| post.media_type == MediaKind::Image)
        .take(6)
        .collect();
    for photo in &photos {
        assert!(seen.insert(world.sha256(&photo.files[0]).await.unwrap()));
    }
    world.reencode(&photos[0].id).unwrap();
    let again = world.item(&photos[0].id).unwrap();
    assert!(seen.insert(world.sha256(&again.files[0]).await.unwrap()));
    let url = link(&lab, &again.id, "media_url").await;
    let bytes = lab.client.get(&url).send().await.unwrap().bytes().await.unwrap();
    assert!(seen.contains(&sha256(&bytes)));
}

#[tokio::test]
async fn a_link_expires_and_reading_the_item_again_gives_a_fresh_one() {
    let lab = Lab::new().await;
    let reel = lab.post(|post| post.media_type == MediaKind::Video && post.files[0].offered);
    let old = link(&lab, &reel.id, "media_url").await;
    let poster = link(&lab, &reel.id, "thumbnail_url").await;
    lab.sandbox.clock().advance(36 * 3600);
    let expired = lab.url(&old).await;
    assert_eq!((expired.status.as_u16(), expired.text.as_str()), (403, "URL signature expired"));
    assert_eq!(lab.client.get(&poster).send().await.unwrap().status(), 200, "pictures last longer");
    let fresh = link(&lab, &reel.id, "media_url").await;
    assert_ne!(fresh, old);
    assert_eq!(lab.client.get(&fresh).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_withheld_url_disappears_and_comes_back() {
    let lab = Lab::new().await;
    let world = lab.sandbox.world();
    let reel = lab.post(|post| post.media_type == MediaKind::Video && post.files[0].offered);
    let fields = format!("/{}?fields=media_url,thumbnail_url", reel.id);
    world.withhold_media_url(&reel.id).unwrap();
    assert_eq!(lab.ig(&fields).await.keys(), ["thumbnail_url", "id"]);
    assert!(!world.item(&reel.id).unwrap().files[0].offered);
    world.withhold_thumbnail(&reel.id).unwrap();
    assert_eq!(lab.ig(&fields).await.keys(), ["id"]);
    world.restore_media_url(&reel.id).unwrap();
    world.restore_thumbnail(&reel.id).unwrap();
    assert_eq!(lab.ig(&fields).await.keys(), ["media_url", "thumbnail_url", "id"]);
}

#[tokio::test]
async fn a_purged_file_is_404_under_a_good_link() {
    let lab = Lab::new().await;
    let photo = lab.post(|post| post.media_type == MediaKind::Image);
    let answer = lab
        .control("/control/world/purge_file", serde_json::json!({"media": photo.id, "status": 410}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let url = link(&lab, &photo.id, "media_url").await;
    assert_eq!(lab.url(&url).await.status, 410);
}

#[tokio::test]
async fn file_faults_of_the_catalogue_happen_on_the_file_host() {
    let lab = Lab::new().await;
    let photo = lab.post(|post| post.media_type == MediaKind::Image);
    let url = link(&lab, &photo.id, "media_url").await;
    let whole = lab.client.get(&url).send().await.unwrap().bytes().await.unwrap();
    let statuses = [
        (FaultKind::FileForbidden, 403),
        (FaultKind::FileMissing, 404),
        (FaultKind::FileGone, 410),
        (FaultKind::FileRedirect, 302),
        (FaultKind::FileServerError, 503),
        (FaultKind::FileThrottled, 429),
        (FaultKind::FilePartial206, 206),
    ];
    for (kind, status) in statuses {
        lab.sandbox.inject(Fault::new(kind).on("file").times(1));
        let response = lab.client.get(&url).send().await.unwrap();
        assert_eq!(response.status(), status, "{}", kind.name());
        assert_eq!(lab.sandbox.fired(kind), 1);
    }
    for kind in [FaultKind::FileCut, FaultKind::FileStall] {
        lab.sandbox.inject(Fault::new(kind).times(1).arg("seconds", 3600));
        let request = lab.client.get(&url).timeout(std::time::Duration::from_millis(700));
        assert!(request.send().await.unwrap().bytes().await.is_err(), "{}", kind.name());
    }
    for kind in
        [FaultKind::FileHtml, FaultKind::FileEmpty, FaultKind::FileSwapped, FaultKind::FileFlipped]
    {
        lab.sandbox.inject(Fault::new(kind).times(1));
        let bytes = lab.client.get(&url).send().await.unwrap().bytes().await.unwrap();
        assert_ne!(bytes, whole, "{}", kind.name());
        assert_eq!(lab.sandbox.fired(kind), 1);
    }
    for kind in [FaultKind::FileChunked, FaultKind::FileCloseDelimited, FaultKind::FileWrongType] {
        lab.sandbox.inject(Fault::new(kind).times(1));
        let bytes = lab.client.get(&url).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes, whole, "{}", kind.name());
        assert_eq!(lab.sandbox.fired(kind), 1);
    }
    let counters = lab.sandbox.counters();
    assert_eq!(counters.file_answers[&404], 1);
    assert!(counters.file_requests >= 17 && counters.file_bytes > 0);
}
