//! Comments and replies: which fields they have and how they are written.

use crate::host::Login;
use crate::json::Json;
use crate::world::Comment;

use super::Ask;
use super::error::GraphError;
use super::fields::Field;
use super::paging::{ListRequest, NextLink, Style, default_limit};
use super::plan::Edge;
use super::stamp::timestamp;

/// Most comments one page holds (Instagram Platform documentation).
pub(crate) const PAGE_CAP: usize = 50;

/// One field of a comment, ready to be written.
#[derive(Clone, Debug)]
pub(crate) enum CommentField {
    Id,
    Text,
    Timestamp,
    Username,
    LikeCount,
    Hidden,
    ParentId,
    Media(Vec<String>),
    From,
    User,
    LegacyId,
    Replies(Edge<CommentField>),
}

/// The plan for a comment; nothing asked for means `timestamp`, `text`, `id` (observed).
pub(crate) fn plan(fields: &[Field]) -> Result<Vec<CommentField>, GraphError> {
    if fields.is_empty() {
        return Ok(vec![CommentField::Timestamp, CommentField::Text, CommentField::Id]);
    }
    fields
        .iter()
        .map(|field| {
            let inner = field.fields.as_deref().unwrap_or_default();
            Ok(match field.name.as_str() {
                "id" => CommentField::Id,
                "text" => CommentField::Text,
                "timestamp" => CommentField::Timestamp,
                "username" => CommentField::Username,
                "like_count" => CommentField::LikeCount,
                "hidden" => CommentField::Hidden,
                "parent_id" => CommentField::ParentId,
                "from" => CommentField::From,
                "user" => CommentField::User,
                "legacy_instagram_comment_id" => CommentField::LegacyId,
                "media" => {
                    CommentField::Media(inner.iter().map(|field| field.name.clone()).collect())
                }
                "replies" => CommentField::Replies(Edge::new(field, plan(inner)?)),
                other => return Err(GraphError::no_field(other, "IGComment")),
            })
        })
        .collect()
}

/// Where a comment stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) medium: u32,
    pub(crate) parent: Option<&'a Comment>,
}

impl Ask<'_> {
    /// Writes one comment as an object.
    pub(crate) fn comment(
        &self,
        json: &mut Json,
        comment: &Comment,
        place: Place<'_>,
        fields: &[CommentField],
    ) -> Result<(), GraphError> {
        json.open();
        let mut has_id = false;
        for field in fields {
            match field {
                CommentField::Id => {
                    has_id = true;
                    self.id_field(json, "id", comment.id);
                }
                CommentField::Text => json.text_field("text", &comment.text),
                CommentField::Timestamp => json.text_field("timestamp", &timestamp(comment.at)),
                CommentField::Username => json.text_field("username", &comment.username),
                CommentField::LikeCount => json.number_field("like_count", comment.likes),
                CommentField::Hidden => {
                    json.key("hidden");
                    json.flag(comment.hidden);
                }
                CommentField::ParentId => {
                    if let Some(parent) = place.parent {
                        json.id_field("parent_id", parent.id);
                    }
                }
                CommentField::From => {
                    json.key("from");
                    json.open();
                    json.id_field("id", comment.author_id);
                    json.text_field("username", &comment.username);
                    json.close();
                }
                CommentField::User => {
                    if comment.own {
                        json.key("user");
                        json.open();
                        json.id_field("id", self.own_id());
                        json.close();
                    }
                }
                CommentField::LegacyId => {
                    json.id_field("legacy_instagram_comment_id", comment.id ^ 0x5555);
                }
                CommentField::Media(inner) => self.comment_media(json, place.medium, inner)?,
                CommentField::Replies(edge) => {
                    if place.parent.is_none() && !comment.replies.is_empty() {
                        json.key("replies");
                        let request = ListRequest::of_edge(edge, default_limit())?;
                        self.replies(json, comment, place.medium, edge, &request)?;
                    }
                }
            }
        }
        if !has_id {
            self.id_field(json, "id", comment.id);
        }
        json.close();
        Ok(())
    }

    fn comment_media(
        &self,
        json: &mut Json,
        medium: u32,
        fields: &[String],
    ) -> Result<(), GraphError> {
        let medium = self.world.medium(medium);
        json.key("media");
        json.open();
        for field in fields {
            match field.as_str() {
                "id" => {}
                "media_product_type" => {
                    json.text_field("media_product_type", self.product_name(medium));
                }
                other => return Err(GraphError::no_field(other, "IGMedia")),
            }
        }
        json.id_field("id", medium.id);
        json.close();
        Ok(())
    }

    /// Writes the comments of a medium as a list.
    ///
    /// `request` comes from the query of the edge itself; a nested edge brings its own modifiers.
    pub(crate) fn comments(
        &self,
        json: &mut Json,
        medium: u32,
        edge: &Edge<CommentField>,
        request: &ListRequest,
    ) -> Result<(), GraphError> {
        self.need_scope("instagram_business_manage_comments", "instagram_manage_comments")?;
        let node = self.world.medium(medium);
        let trapped = self.world.accounts[node.account].comments_trap;
        if trapped && node.comments_count > 0 {
            trapped_comments(json, node.id);
            return Ok(());
        }
        let place = Place { medium, parent: None };
        let link = NextLink::new(self, node.id, "comments", &edge.text);
        self.comment_list(json, &node.comments, place, &edge.fields, request, node.id, &link)
    }

    /// Writes the replies of a comment as a list.
    pub(crate) fn replies(
        &self,
        json: &mut Json,
        comment: &Comment,
        medium: u32,
        edge: &Edge<CommentField>,
        request: &ListRequest,
    ) -> Result<(), GraphError> {
        let place = Place { medium, parent: Some(comment) };
        let link = NextLink::new(self, comment.id, "replies", &edge.text);
        self.comment_list(json, &comment.replies, place, &edge.fields, request, comment.id, &link)
    }

    #[allow(clippy::too_many_arguments, reason = "one list, its place, its fields and its page")]
    fn comment_list(
        &self,
        json: &mut Json,
        comments: &[Comment],
        place: Place<'_>,
        fields: &[CommentField],
        request: &ListRequest,
        list: u64,
        link: &NextLink<'_>,
    ) -> Result<(), GraphError> {
        let page = request.page(self, list, comments.len(), PAGE_CAP, |item| {
            comments.iter().position(|comment| comment.id == item)
        })?;
        json.open();
        json.key("data");
        json.open_list();
        for &at in &page.items {
            self.comment(json, &comments[at], place, fields)?;
        }
        json.close_list();
        page.write(json, Style::Comments, link, |at| comments[at].id);
        json.close();
        Ok(())
    }

    fn own_id(&self) -> u64 {
        let account = &self.world.accounts[self.account];
        match self.login {
            Login::Instagram => account.scoped_id,
            Login::Facebook => account.user_id,
        }
    }
}

/// What an app without advanced access gets: an empty list with cursors (observed in September 2026).
fn trapped_comments(json: &mut Json, list: u64) {
    json.open();
    json.key("data");
    json.open_list();
    json.close_list();
    json.key("paging");
    json.open();
    super::paging::write_cursors(json, list, Some(1), Some(2), 0);
    json.close();
    json.close();
}
