//! Writes one medium, field by field, in the order in which it was asked for.

use crate::host::Login;
use crate::json::Json;
use crate::world::{InsightsState, Media, MediaKind, Product, mix};

use super::Ask;
use super::comment::CommentField;
use super::error::GraphError;
use super::paging::{ListRequest, default_limit};
use super::plan::{Edge, MediaField, OwnerField};
use super::stamp::timestamp;

/// Ids that no client should trust as a file name or a number.
const ODD_IDS: [&str; 5] =
    ["../../etc/passwd", "", "178\u{2044}9", "99999999999999999999999999999999999999", "-1"];

impl Ask<'_> {
    /// Writes a medium as an object; `id` comes last where it was not asked for.
    pub(crate) fn media(
        &self,
        json: &mut Json,
        index: u32,
        fields: &[MediaField],
    ) -> Result<(), GraphError> {
        let medium = self.world.medium(index);
        json.open();
        let mut has_id = false;
        for field in fields {
            has_id |= matches!(field, MediaField::Id);
            self.media_field(json, index, medium, field)?;
        }
        if !has_id {
            self.media_id(json, medium);
        }
        if self.quirks.extra_fields {
            json.text_field("surprise_field", "never asked for");
            json.key("surprise_object");
            json.raw(r#"{"nested":[1,null,{"deep":true}]}"#);
        }
        json.close();
        Ok(())
    }

    fn media_field(
        &self,
        json: &mut Json,
        index: u32,
        medium: &Media,
        field: &MediaField,
    ) -> Result<(), GraphError> {
        let post = !medium.is_child();
        if self.quirks.withheld.as_deref() == Some(field.name()) {
            return Ok(());
        }
        match field {
            MediaField::Id => self.media_id(json, medium),
            MediaField::Caption => {
                let caption = medium.caption.as_deref().filter(|_| post);
                let stripped = caption
                    .filter(|_| self.quirks.at_signs_stripped)
                    .map(|caption| caption.replace('@', ""));
                self.optional_text(json, "caption", stripped.as_deref().or(caption));
            }
            MediaField::MediaType => {
                let name = if self.is_unheard_of() { "HOLOGRAM" } else { medium.kind.name() };
                json.text_field("media_type", name);
            }
            MediaField::ProductType => {
                let name = if self.is_unheard_of() { "WALL" } else { self.product_name(medium) };
                json.text_field("media_product_type", name);
            }
            MediaField::MediaUrl => {
                let url = self.media_url(medium);
                self.optional_text(json, "media_url", url.as_deref());
            }
            MediaField::ThumbnailUrl => {
                let file = medium.thumbnail().filter(|_| !medium.thumbnail_withheld);
                let url = file.map(|file| self.api.files.link(&file));
                self.optional_text(json, "thumbnail_url", url.as_deref());
            }
            MediaField::Permalink => {
                json.text_field("permalink", &medium.permalink(self.author(medium)));
            }
            MediaField::Shortcode => json.text_field("shortcode", &medium.shortcode()),
            MediaField::Timestamp => {
                if self.quirks.wrong_types {
                    json.number_field("timestamp", medium.published_at);
                } else {
                    json.text_field("timestamp", &timestamp(medium.published_at));
                }
            }
            MediaField::Username => json.text_field("username", self.author(medium)),
            MediaField::Owner(inner) => self.owner(json, medium, inner),
            MediaField::LikeCount => {
                let shown = post && !medium.counts_hidden;
                self.optional_number(json, "like_count", shown.then_some(medium.likes));
            }
            MediaField::CommentsCount => {
                let shown = post && !medium.counts_hidden;
                self.optional_number(
                    json,
                    "comments_count",
                    shown.then_some(medium.comments_count),
                );
            }
            MediaField::CommentEnabled => {
                self.optional_flag(
                    json,
                    "is_comment_enabled",
                    post.then_some(medium.comments_enabled),
                );
            }
            MediaField::SharedToFeed => {
                let reel = medium.product == Product::Reels;
                self.optional_flag(
                    json,
                    "is_shared_to_feed",
                    reel.then_some(medium.shared_to_feed),
                );
            }
            MediaField::AltText => {
                self.optional_text(json, "alt_text", medium.alt_text.as_deref());
            }
            MediaField::LiveViewers => {
                let live = medium.product == Product::Live;
                self.optional_number(
                    json,
                    "current_live_viewer_count",
                    live.then(|| mix(medium.id) % 40),
                );
            }
            MediaField::AiGenerated => {
                self.optional_flag(
                    json,
                    "is_ai_generated",
                    post.then(|| mix(medium.id).is_multiple_of(50)),
                );
            }
            MediaField::Children(edge) => self.children_field(json, medium, edge)?,
            MediaField::Comments(edge) => self.comments_field(json, index, edge)?,
            MediaField::Insights(plan) => {
                json.key("insights");
                self.insights(json, medium, plan)?;
            }
            MediaField::Facebook(inner) => self.facebook_media_field(json, medium, *inner)?,
        }
        Ok(())
    }

    fn children_field(
        &self,
        json: &mut Json,
        medium: &Media,
        edge: &Edge<MediaField>,
    ) -> Result<(), GraphError> {
        if medium.kind != MediaKind::Album {
            return Ok(());
        }
        json.key("children");
        let limit = edge.limit.as_ref().and_then(|text| text.parse().ok());
        self.children(json, medium, &edge.fields, limit.unwrap_or(usize::MAX))
    }

    fn comments_field(
        &self,
        json: &mut Json,
        index: u32,
        edge: &Edge<CommentField>,
    ) -> Result<(), GraphError> {
        let medium = self.world.medium(index);
        if medium.is_child() || medium.comments.is_empty() {
            return Ok(());
        }
        json.key("comments");
        let request = ListRequest::of_edge(edge, default_limit())?;
        self.comments(json, index, edge, &request)
    }

    /// Writes the slides of an album in their order; never with `paging` (observed).
    pub(crate) fn children(
        &self,
        json: &mut Json,
        album: &Media,
        fields: &[MediaField],
        limit: usize,
    ) -> Result<(), GraphError> {
        json.open();
        json.key("data");
        json.open_list();
        for &child in album.children.iter().take(limit) {
            if self.world.medium(child).answers(self.now) {
                self.media(json, child, fields)?;
            }
        }
        json.close_list();
        json.close();
        Ok(())
    }

    pub(crate) fn product_name(&self, medium: &Media) -> &'static str {
        match (medium.product, self.login) {
            (Product::Feed, _) | (Product::Live, Login::Instagram) => "FEED",
            (Product::Reels, _) => "REELS",
            (Product::Story, _) => "STORY",
            (Product::Live, Login::Facebook) => "LIVE",
        }
    }

    /// The link behind `media_url`: an album lends its first slide's, or has none.
    fn media_url(&self, medium: &Media) -> Option<String> {
        let shown = match medium.kind {
            MediaKind::Album if mix(medium.id).is_multiple_of(5) => return None,
            MediaKind::Album => self.world.medium(*medium.children.first()?),
            MediaKind::Image | MediaKind::Video | MediaKind::Broadcast => medium,
        };
        if shown.url_withheld {
            return None;
        }
        shown.file().map(|file| self.api.files.link(&file))
    }

    fn author<'a>(&'a self, medium: &'a Media) -> &'a str {
        match &medium.author {
            Some((_, username)) => username,
            None => &self.world.accounts[medium.account].username,
        }
    }

    fn owner(&self, json: &mut Json, medium: &Media, fields: &[OwnerField]) {
        if medium.author.is_some() {
            return;
        }
        let account = &self.world.accounts[medium.account];
        json.key("owner");
        json.open();
        let mut has_id = false;
        for field in fields {
            match field {
                OwnerField::Id => {
                    has_id = true;
                    json.id_field("id", account.user_id);
                }
                OwnerField::Username => json.text_field("username", &account.username),
            }
        }
        if !has_id {
            json.id_field("id", account.user_id);
        }
        json.close();
    }

    fn is_unheard_of(&self) -> bool {
        self.quirks.unknown_type && self.is_first()
    }

    fn media_id(&self, json: &mut Json, medium: &Media) {
        if self.quirks.odd_ids && self.is_first() {
            let odd = ODD_IDS[usize::try_from(mix(medium.id) % 5).unwrap_or(0)];
            json.text_field("id", odd);
        } else if !(self.quirks.missing_id && self.is_first()) {
            self.id_field(json, "id", medium.id);
        }
    }

    pub(crate) fn id_field(&self, json: &mut Json, key: &str, id: u64) {
        if self.quirks.wrong_types {
            json.number_field(key, id);
        } else {
            json.id_field(key, id);
        }
    }

    pub(super) fn optional_text(&self, json: &mut Json, key: &str, value: Option<&str>) {
        match value {
            Some(value) => json.text_field(key, value),
            None => self.absent(json, key),
        }
    }

    pub(super) fn optional_number(&self, json: &mut Json, key: &str, value: Option<u64>) {
        match value {
            Some(value) if self.quirks.wrong_types => json.id_field(key, value),
            Some(value) => json.number_field(key, value),
            None => self.absent(json, key),
        }
    }

    pub(super) fn optional_flag(&self, json: &mut Json, key: &str, value: Option<bool>) {
        match value {
            Some(value) => {
                json.key(key);
                json.flag(value);
            }
            None => self.absent(json, key),
        }
    }

    fn absent(&self, json: &mut Json, key: &str) {
        if self.quirks.null_fields {
            json.key(key);
            json.null();
        }
    }

    /// Whether insights of a medium can be read at all; says why not.
    pub(crate) fn insights_refusal(medium: &Media) -> Option<GraphError> {
        match medium.insights {
            InsightsState::Ready | InsightsState::Empty => None,
            InsightsState::PreConversion => Some(super::insights::pre_conversion()),
            InsightsState::FewViewers => Some(super::insights::few_viewers()),
        }
    }
}
