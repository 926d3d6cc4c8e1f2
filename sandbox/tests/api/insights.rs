//! The insights edge and its ways to refuse.

use graph_sandbox::{Edit, InsightsState, MediaKind, Product};
use reqwest::StatusCode;

use super::support::{Lab, keys};

#[tokio::test]
async fn every_kind_of_medium_has_its_own_metrics() {
    let lab = Lab::new().await;
    let photo = lab.post(|post| post.media_type == MediaKind::Image);
    let reel = lab.post(|post| post.product == Product::Reels);
    let story = lab.sandbox.world().stories(&lab.ig.name)[0].clone();
    let works = [
        (&photo, "reach,saved,likes,comments,shares,follows,profile_visits,reposts"),
        (&reel, "ig_reels_avg_watch_time,ig_reels_video_view_total_time,reels_skip_rate,views"),
        (&story, "reach,replies,navigation,follows,shares,total_interactions"),
    ];
    for (post, metrics) in works {
        let answer = lab.ig(&format!("/{}/insights?metric={metrics}", post.id)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let names: Vec<_> =
            answer.data().iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names.join(","), metrics);
        let entry = &answer.data()[0];
        assert_eq!(keys(entry), ["name", "period", "values", "title", "description", "id"]);
        assert_eq!(entry["id"], format!("{}/insights/{}/lifetime", post.id, names[0]));
    }
    let refused = [
        (&photo, "ig_reels_avg_watch_time"),
        (&photo, "navigation"),
        (&reel, "follows"),
        (&reel, "profile_visits"),
        (&story, "saved"),
        (&story, "likes"),
    ];
    for (post, metric) in refused {
        let answer = lab.ig(&format!("/{}/insights?metric=reach,{metric}", post.id)).await;
        assert_eq!((answer.status, answer.error()), (StatusCode::BAD_REQUEST, (100, None)));
        assert!(answer.message().contains(&format!("does not support the {metric} metric")));
    }
}

#[tokio::test]
async fn dead_and_invented_metrics_are_refused_by_position() {
    let lab = Lab::new().await;
    let post = lab.post(|_| true);
    for metric in ["impressions", "plays", "nonsense"] {
        let refused = lab.ig(&format!("/{}/insights?metric=reach,{metric}", post.id)).await;
        assert_eq!(refused.error().0, 100);
        assert!(refused.message().starts_with("metric[1] must be one of the following values:"));
    }
    let refused = lab.ig(&format!("/{}/insights?metric=facebook_views", post.id)).await;
    assert_eq!(refused.error(), (-1, Some(2_207_086)));
    assert_eq!(lab.ig(&format!("/{}/insights", post.id)).await.error().0, 100);
}

#[tokio::test]
async fn a_post_from_before_the_conversion_fails_its_page_when_expanded() {
    let lab = Lab::new().await;
    let old = lab.sandbox.world().posts(&lab.fb.name).pop().unwrap();
    let refused = lab.fb(&format!("/{}/insights?metric=reach", old.id)).await;
    assert_eq!(refused.error(), (100, Some(2_108_006)));
    assert_eq!(refused.message(), "Invalid parameter");
    assert_eq!(
        refused.json()["error"]["error_user_title"],
        "Media posted before business account conversion"
    );
    let page = lab.fb("/{me}/media?limit=100&fields=id,insights.metric(reach)").await;
    assert_eq!(page.error(), (100, Some(2_108_006)));
    let page = lab.fb("/{me}/media?limit=5&fields=id,insights.metric(reach)").await;
    assert_eq!(page.data()[0]["insights"]["data"][0]["name"], "reach");
}

#[tokio::test]
async fn a_story_with_few_viewers_is_code_10_without_being_a_permission() {
    let lab = Lab::new().await;
    let stories = lab.sandbox.world().stories(&lab.ig.name);
    let refused = lab.ig(&format!("/{}/insights?metric=reach", stories[2].id)).await;
    assert_eq!(refused.error(), (10, None));
    assert_eq!(refused.message(), "(#10) Not enough viewers for the media to show insights");
}

#[tokio::test]
async fn nothing_measured_is_an_empty_list() {
    let lab = Lab::new().await;
    let post = lab.post(|_| true);
    let edit = Edit::SetInsights { media: post.id.clone(), state: InsightsState::Empty };
    lab.sandbox.world().edit(edit).unwrap();
    let answer = lab.ig(&format!("/{}/insights?metric=reach", post.id)).await;
    assert_eq!(answer.text, r#"{"data":[]}"#);
}

#[tokio::test]
async fn a_breakdown_adds_a_total_with_its_parts() {
    let lab = Lab::new().await;
    let post = lab.post(|post| post.product == Product::Feed);
    let path = format!("/{}/insights?metric=profile_activity&breakdown=action_type", post.id);
    let entry = lab.ig(&path).await.data()[0].clone();
    let breakdown = &entry["total_value"]["breakdowns"][0];
    assert_eq!(breakdown["dimension_keys"][0], "action_type");
    let parts: u64 =
        breakdown["results"].as_array().unwrap().iter().map(|r| r["value"].as_u64().unwrap()).sum();
    assert_eq!(entry["total_value"]["value"].as_u64(), Some(parts));
}
