//! The insights edge: which metric exists for which kind of medium, and its ways to refuse.

use crate::host::Login;
use crate::json::Json;
use crate::world::{InsightsState, Media, Product, mix};

use super::Ask;
use super::error::{ErrorKind, GraphError};
use super::fields::Field;
use super::query::Params;

/// Which metrics, as the request names them.
#[derive(Clone, Debug)]
pub(crate) struct InsightsPlan {
    metrics: Vec<String>,
    breakdown: Option<String>,
}

/// Metrics that once existed: refused like any unknown one since 2025-04-21.
const ALL: [&str; 24] = [
    "reach",
    "views",
    "likes",
    "comments",
    "shares",
    "saved",
    "total_interactions",
    "follows",
    "profile_visits",
    "profile_activity",
    "ig_reels_avg_watch_time",
    "ig_reels_video_view_total_time",
    "reels_skip_rate",
    "reposts",
    "crossposted_views",
    "facebook_views",
    "navigation",
    "replies",
    "link_clicks",
    "total_likes",
    "total_comments",
    "total_views",
    "content_views",
    "thread_replies",
];

impl InsightsPlan {
    pub(crate) fn of_field(field: &Field) -> Self {
        Self {
            metrics: split(field.modifier("metric").unwrap_or_default()),
            breakdown: field.modifier("breakdown").map(str::to_owned),
        }
    }

    pub(crate) fn of_query(params: &Params) -> Self {
        Self {
            metrics: split(params.get("metric").unwrap_or_default()),
            breakdown: params.get("breakdown").map(str::to_owned),
        }
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Published before the account's last switch to a professional one (observed).
pub(crate) fn pre_conversion() -> GraphError {
    let mut error = GraphError::new(100, "Invalid parameter")
        .plain()
        .kind(ErrorKind::OAuth)
        .subcode(2_108_006)
        .transient(false)
        .titled(
            "Media posted before business account conversion",
            "The media was posted before the account's last switch to a professional account.",
        );
    error.data = Some(r#"{"blame_field_specs":[[""]]}"#);
    error
}

/// A story with fewer than five viewers: code 10, which is no permission problem.
pub(crate) fn few_viewers() -> GraphError {
    let mut error = GraphError::new(10, "(#10) Not enough viewers for the media to show insights");
    error.prefixed = false;
    error.kind(ErrorKind::OAuth)
}

impl Ask<'_> {
    /// Writes the insights of a medium, or fails as a whole.
    pub(crate) fn insights(
        &self,
        json: &mut Json,
        medium: &Media,
        plan: &InsightsPlan,
    ) -> Result<(), GraphError> {
        self.need_scope("instagram_business_manage_insights", "instagram_manage_insights")?;
        if plan.metrics.is_empty() {
            return Err(GraphError::bad_parameter("The parameter metric is required"));
        }
        for (at, metric) in plan.metrics.iter().enumerate() {
            self.check_metric(at, metric, medium)?;
        }
        if let Some(error) = Self::insights_refusal(medium) {
            return Err(error);
        }
        json.open();
        json.key("data");
        json.open_list();
        if medium.insights == InsightsState::Ready && !medium.is_child() {
            for metric in &plan.metrics {
                Self::metric(json, medium, metric, plan.breakdown.as_deref());
            }
        }
        json.close_list();
        json.close();
        Ok(())
    }

    fn check_metric(&self, at: usize, metric: &str, medium: &Media) -> Result<(), GraphError> {
        if !ALL.contains(&metric) {
            return Err(GraphError::new(
                100,
                format!("metric[{at}] must be one of the following values: {}", ALL.join(", ")),
            )
            .kind(ErrorKind::OAuth));
        }
        if matches!(metric, "crossposted_views" | "facebook_views") {
            return Err(GraphError::new(-1, "Fatal")
                .plain()
                .kind(ErrorKind::OAuth)
                .subcode(2_207_086)
                .transient(false));
        }
        if exists(metric, medium, self.login) {
            return Ok(());
        }
        Err(GraphError::new(
            100,
            format!(
                "The Media Insights API does not support the {metric} metric for this media \
                 product type."
            ),
        )
        .kind(ErrorKind::OAuth))
    }

    fn metric(json: &mut Json, medium: &Media, metric: &str, breakdown: Option<&str>) {
        let value = mix(medium.id ^ metric.len() as u64) % 900 + medium.likes;
        json.open();
        json.text_field("name", metric);
        json.text_field("period", "lifetime");
        json.key("values");
        json.open_list();
        json.open();
        json.key("value");
        if metric == "reels_skip_rate" {
            json.raw(&format!("{}.{}", value % 100, value % 10));
        } else {
            json.number(value);
        }
        json.close();
        json.close_list();
        json.text_field("title", &metric.replace('_', " "));
        json.text_field("description", &format!("The {} of this media.", metric.replace('_', " ")));
        if let Some(breakdown) = breakdown {
            json.key("total_value");
            json.open();
            json.number_field("value", value);
            json.key("breakdowns");
            json.open_list();
            json.open();
            json.key("dimension_keys");
            json.open_list();
            json.text(breakdown);
            json.close_list();
            json.key("results");
            json.raw(&format!(
                r#"[{{"dimension_values":["first"],"value":{}}},{{"dimension_values":["second"],"value":{}}}]"#,
                value - value / 3,
                value / 3
            ));
            json.close();
            json.close_list();
            json.close();
        }
        json.text_field("id", &format!("{}/insights/{metric}/lifetime", medium.id));
        json.close();
    }
}

/// The matrix of metrics and product types (Instagram Platform documentation and captured errors).
fn exists(metric: &str, medium: &Media, login: Login) -> bool {
    let product = medium.product;
    let (feed, reel, story) =
        (product == Product::Feed, product == Product::Reels, product == Product::Story);
    match metric {
        "reach" | "views" | "shares" | "total_interactions" => true,
        "likes" | "comments" | "saved" | "reposts" => feed || reel,
        "follows" | "profile_visits" | "profile_activity" => feed || story,
        "ig_reels_avg_watch_time" | "ig_reels_video_view_total_time" | "reels_skip_rate" => reel,
        "navigation" | "replies" => story,
        "link_clicks" => story && login == Login::Facebook,
        "total_likes" | "total_comments" | "total_views" | "content_views" => {
            reel && login == Login::Facebook
        }
        _ => false,
    }
}
