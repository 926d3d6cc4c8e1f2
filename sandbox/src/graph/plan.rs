//! Turns parsed fields into what will be written, refusing what the host does not have.

use crate::host::Login;

use super::comment::CommentField;
use super::error::GraphError;
use super::fields::Field;
use super::insights::InsightsPlan;

/// One field of a medium, ready to be written.
#[derive(Clone, Debug)]
pub(crate) enum MediaField {
    Id,
    Caption,
    MediaType,
    ProductType,
    MediaUrl,
    ThumbnailUrl,
    Permalink,
    Shortcode,
    Timestamp,
    Username,
    Owner(Vec<OwnerField>),
    LikeCount,
    CommentsCount,
    CommentEnabled,
    SharedToFeed,
    AltText,
    LiveViewers,
    AiGenerated,
    /// What the Facebook host alone has.
    Facebook(FacebookField),
    Children(Edge<MediaField>),
    Comments(Edge<CommentField>),
    Insights(InsightsPlan),
}

impl MediaField {
    /// The name of a field that a fault can withhold.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Caption => "caption",
            Self::MediaUrl => "media_url",
            Self::Permalink => "permalink",
            Self::Owner(_) => "owner",
            Self::AltText => "alt_text",
            Self::Id
            | Self::MediaType
            | Self::ProductType
            | Self::ThumbnailUrl
            | Self::Shortcode
            | Self::Timestamp
            | Self::Username
            | Self::LikeCount
            | Self::CommentsCount
            | Self::CommentEnabled
            | Self::SharedToFeed
            | Self::LiveViewers
            | Self::AiGenerated
            | Self::Facebook(_)
            | Self::Children(_)
            | Self::Comments(_)
            | Self::Insights(_) => "",
        }
    }
}

/// One field that the Facebook host alone has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FacebookField {
    IgId,
    LegacyId,
    /// `reposts_count`, `saved_count`, `shares_count`, `total_like_count`, `total_comments_count`.
    Engagement(&'static str),
    TotalViews,
    /// `view_count`: business discovery alone.
    ViewCount,
    Copyright,
    Boost,
    /// `boost_ads_list`, which these media never have.
    BoostAds,
    /// `has_poll` and `has_slider`.
    Sticker(&'static str),
    AudioType,
    Collaborators,
}

/// One field of `owner{…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnerField {
    Id,
    Username,
}

/// A nested list with its own page.
#[derive(Clone, Debug)]
pub(crate) struct Edge<F> {
    pub(crate) fields: Vec<F>,
    /// The fields as they were asked for, for the link to the next page.
    pub(crate) text: String,
    pub(crate) limit: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) since: Option<String>,
    pub(crate) until: Option<String>,
}

impl<F> Edge<F> {
    pub(crate) fn new(field: &Field, fields: Vec<F>) -> Self {
        let modifier = |name| field.modifier(name).map(str::to_owned);
        Self {
            fields,
            text: super::fields::write(field.fields.as_deref().unwrap_or_default()),
            limit: modifier("limit"),
            after: modifier("after"),
            since: modifier("since"),
            until: modifier("until"),
        }
    }
}

/// Who asks, as far as fields depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The account's own media.
    Own(Login),
    /// Someone else's, through business discovery.
    Discovery,
}

const NODE: &str = "IGMedia";

/// The plan for a medium; nothing asked for means `id`.
pub(crate) fn media(fields: &[Field], view: View) -> Result<Vec<MediaField>, GraphError> {
    fields.iter().map(|field| medium(field, view)).collect()
}

fn medium(field: &Field, view: View) -> Result<MediaField, GraphError> {
    let name = field.name.as_str();
    let common = match name {
        "id" => MediaField::Id,
        "caption" => MediaField::Caption,
        "media_type" => MediaField::MediaType,
        "media_product_type" => MediaField::ProductType,
        "media_url" => MediaField::MediaUrl,
        "permalink" => MediaField::Permalink,
        "timestamp" => MediaField::Timestamp,
        "username" => MediaField::Username,
        "like_count" => MediaField::LikeCount,
        "comments_count" => MediaField::CommentsCount,
        "thumbnail_url" => MediaField::ThumbnailUrl,
        "children" => {
            let inner = media(field.fields.as_deref().unwrap_or_default(), view)?;
            MediaField::Children(Edge::new(field, inner))
        }
        _ => {
            return match view {
                View::Own(login) => own(field, login),
                View::Discovery => discovered(name).map(MediaField::Facebook),
            };
        }
    };
    plain(field, common)
}

fn own(field: &Field, login: Login) -> Result<MediaField, GraphError> {
    let found = match field.name.as_str() {
        "shortcode" => MediaField::Shortcode,
        "is_comment_enabled" => MediaField::CommentEnabled,
        "is_shared_to_feed" => MediaField::SharedToFeed,
        "alt_text" => MediaField::AltText,
        "current_live_viewer_count" => MediaField::LiveViewers,
        "is_ai_generated" => MediaField::AiGenerated,
        "owner" => MediaField::Owner(owner(field)?),
        "comments" => {
            let inner = field.fields.as_deref().unwrap_or_default();
            MediaField::Comments(Edge::new(field, super::comment::plan(inner)?))
        }
        "insights" => MediaField::Insights(InsightsPlan::of_field(field)),
        _ => match login {
            Login::Instagram => return Err(GraphError::no_field(&field.name, NODE)),
            Login::Facebook => MediaField::Facebook(facebook_only(&field.name)?),
        },
    };
    plain(field, found)
}

fn facebook_only(name: &str) -> Result<FacebookField, GraphError> {
    Ok(match name {
        "ig_id" => FacebookField::IgId,
        "legacy_instagram_media_id" => FacebookField::LegacyId,
        "reposts_count" => FacebookField::Engagement("reposts_count"),
        "saved_count" => FacebookField::Engagement("saved_count"),
        "shares_count" => FacebookField::Engagement("shares_count"),
        "total_like_count" => FacebookField::Engagement("total_like_count"),
        "total_comments_count" => FacebookField::Engagement("total_comments_count"),
        "total_views_count" => FacebookField::TotalViews,
        "copyright_check_information" => FacebookField::Copyright,
        "boost_eligibility_info" => FacebookField::Boost,
        "boost_ads_list" => FacebookField::BoostAds,
        "has_poll" => FacebookField::Sticker("has_poll"),
        "has_slider" => FacebookField::Sticker("has_slider"),
        "media_audio_type" => FacebookField::AudioType,
        "collaborators" => FacebookField::Collaborators,
        "view_count" => return Err(outside_discovery()),
        _ => return Err(GraphError::no_field(name, NODE)),
    })
}

fn discovered(name: &str) -> Result<FacebookField, GraphError> {
    match name {
        "view_count" => Ok(FacebookField::ViewCount),
        _ => Err(GraphError::no_field(name, NODE)),
    }
}

/// Code 36104 (observed for `view_count` on an own medium; the whole request fails).
pub(crate) fn outside_discovery() -> GraphError {
    GraphError::new(
        36104,
        "You do not have permission to access this field outside of the Business Discovery API",
    )
}

fn owner(field: &Field) -> Result<Vec<OwnerField>, GraphError> {
    field
        .fields
        .as_deref()
        .unwrap_or_default()
        .iter()
        .map(|inner| match inner.name.as_str() {
            "id" => Ok(OwnerField::Id),
            "username" => Ok(OwnerField::Username),
            other => Err(GraphError::no_field(other, "IGUser")),
        })
        .collect()
}

/// Refuses braces behind a field that has nothing inside.
fn plain(field: &Field, found: MediaField) -> Result<MediaField, GraphError> {
    let nests = matches!(
        found,
        MediaField::Owner(_)
            | MediaField::Children(_)
            | MediaField::Comments(_)
            | MediaField::Insights(_)
            | MediaField::Facebook(FacebookField::Collaborators)
    );
    match field.fields.as_deref() {
        Some([first, ..]) if !nests => Err(GraphError::new(
            2500,
            format!("Subfields are not supported by {}; remove {{{}}}", field.name, first.name),
        )
        .plain()),
        _ => Ok(found),
    }
}
