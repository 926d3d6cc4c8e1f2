//! Fields of a medium that the Facebook host alone has.

use crate::json::Json;
use crate::world::{Media, Product, mix};

use super::Ask;
use super::error::GraphError;
use super::plan::FacebookField;

impl Ask<'_> {
    /// Fields that the Facebook host alone has.
    pub(super) fn facebook_media_field(
        &self,
        json: &mut Json,
        medium: &Media,
        field: FacebookField,
    ) -> Result<(), GraphError> {
        let post = !medium.is_child();
        match field {
            FacebookField::IgId => json.id_field("ig_id", medium.ig_id),
            FacebookField::LegacyId => json.id_field("legacy_instagram_media_id", medium.legacy_id),
            FacebookField::Engagement(name) => {
                let shown = post
                    && !medium.counts_hidden
                    && matches!(medium.product, Product::Feed | Product::Reels);
                let value = match name {
                    "total_like_count" => medium.likes,
                    "total_comments_count" => medium.comments_count,
                    _ => medium.likes / 9,
                };
                self.optional_number(json, name, shown.then_some(value));
            }
            FacebookField::TotalViews => {
                let shown = post && medium.is_video() && medium.product != Product::Story;
                self.optional_number(json, "total_views_count", shown.then(|| medium.likes * 11));
            }
            FacebookField::ViewCount => {
                self.optional_number(
                    json,
                    "view_count",
                    medium.is_video().then(|| medium.likes * 11),
                );
            }
            FacebookField::Copyright => copyright(json, medium)?,
            FacebookField::Boost if post => {
                json.key("boost_eligibility_info");
                json.raw(r#"{"eligible_to_boost":true}"#);
            }
            FacebookField::Sticker(name) => {
                self.optional_flag(json, name, (medium.product == Product::Story).then_some(false));
            }
            FacebookField::AudioType => {
                let reel = medium.product == Product::Reels;
                self.optional_text(json, "media_audio_type", reel.then_some("original_audio"));
            }
            FacebookField::Collaborators if !medium.collaborators.is_empty() => {
                json.key("collaborators");
                collaborators(json, medium);
            }
            FacebookField::BoostAds | FacebookField::Boost | FacebookField::Collaborators => {}
        }
        Ok(())
    }
}

/// Writes who made a post together with the account.
pub(crate) fn collaborators(json: &mut Json, medium: &Media) {
    json.open();
    json.key("data");
    json.open_list();
    for (id, username, accepted) in &medium.collaborators {
        json.open();
        json.id_field("id", *id);
        json.text_field("username", username);
        json.text_field("invite_status", if *accepted { "Accepted" } else { "Pending" });
        json.close();
    }
    json.close_list();
    json.close();
}

fn copyright(json: &mut Json, medium: &Media) -> Result<(), GraphError> {
    if !medium.is_video() {
        return Err(GraphError::new(9005, "Video content was not found.").subcode(1_452_042));
    }
    json.key("copyright_check_information");
    let status = if medium.url_withheld {
        r#"{"status":{"status":"completed","matches_found":true},"copyright_matches":[{"author":"The Owner","content_title":"A Song","matched_segments":[{"start_time_in_seconds":0,"duration_in_seconds":3,"segment_type":"AUDIO"}],"owner_copyright_policy":{"name":"policy","actions":[{"action":"BLOCK","geos":["DE"]}]}}]}"#
    } else if mix(medium.id).is_multiple_of(7) {
        r#"{"status":{"status":"error"}}"#
    } else {
        r#"{"status":{"status":"completed","matches_found":false}}"#
    };
    json.raw(status);
    Ok(())
}
