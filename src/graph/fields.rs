//! Which fields a request asks for.

use crate::domain::{Edge, Login};

/// The fields of a request, in the order in which the API will answer them.
///
/// One refused field costs the whole answer ("Tried accessing nonexisting field", observed in
/// captured responses), so only fields that every item bears are asked for; the one that is
/// refused all the same is taken out by [`FieldSet::without`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSet(Vec<FieldName>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct FieldName {
    name: String,
    /// The fields of each listed node, for `name{…}`.
    inner: Vec<String>,
}

const ITEM: [&str; 17] = [
    "id",
    "caption",
    "media_type",
    "media_product_type",
    "media_url",
    "thumbnail_url",
    "permalink",
    "shortcode",
    "timestamp",
    "username",
    "owner",
    "like_count",
    "comments_count",
    "is_comment_enabled",
    "is_shared_to_feed",
    "alt_text",
    "is_ai_generated",
];
const SLIDE: [&str; 8] = [
    "id",
    "media_type",
    "media_url",
    "thumbnail_url",
    "permalink",
    "shortcode",
    "timestamp",
    "alt_text",
];

impl FieldSet {
    /// What a list is asked for; the slides of albums come inside, which saves a call per album.
    pub fn for_edge(login: Login, edge: Edge) -> Self {
        match edge {
            Edge::Media => Self::for_item(login),
            // A story is one picture or video.
            Edge::Stories => Self::for_item(login).without("children"),
            // Items of others: their owner and settings are not shown ("Tags" page of the
            // reference).
            Edge::Tags => Self::for_item(login)
                .without("owner")
                .without("is_comment_enabled")
                .without("legacy_instagram_media_id"),
        }
    }

    /// What one item is asked for.
    pub fn for_item(login: Login) -> Self {
        let mut names: Vec<_> = ITEM.map(FieldName::plain).into();
        match login {
            Login::Instagram => {}
            // The id that the item had before version 22, by which older exports name it.
            Login::Facebook => names.push(FieldName::plain("legacy_instagram_media_id")),
        }
        let inner = SLIDE.map(str::to_owned).into();
        names.push(FieldName { name: "children".to_owned(), inner });
        Self(names)
    }

    /// What an item is and where it stands in a list: nothing that could be refused.
    pub fn identity() -> Self {
        Self::plain(&["id", "timestamp"])
    }

    /// Which slides an album has.
    pub fn slides() -> Self {
        let inner = vec!["id".to_owned()];
        Self(vec![FieldName::plain("id"), FieldName { name: "children".to_owned(), inner }])
    }

    pub(super) fn plain(names: &[&str]) -> Self {
        Self(names.iter().map(|name| FieldName::plain(name)).collect())
    }

    /// The same fields less one, inside `children` too; `id` stays, the API answers it anyway.
    #[must_use]
    pub fn without(&self, dropped: &str) -> Self {
        let keeps = |name: &str| name == "id" || name != dropped;
        let kept = self.0.iter().filter(|field| keeps(&field.name)).map(|field| FieldName {
            name: field.name.clone(),
            inner: field.inner.iter().filter(|name| keeps(name)).cloned().collect(),
        });
        Self(kept.collect())
    }

    /// The value of the query parameter `fields`, not yet percent-encoded.
    pub fn as_query(&self) -> String {
        let fields = self.0.iter().map(|field| {
            if field.inner.is_empty() {
                field.name.clone()
            } else {
                format!("{}{{{}}}", field.name, field.inner.join(","))
            }
        });
        fields.collect::<Vec<_>>().join(",")
    }

    /// The names of the fields of the node itself, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|field| field.name.as_str())
    }

    /// Whether taking this field out makes the request another one.
    pub fn can_drop(&self, name: &str) -> bool {
        name != "id"
            && self.0.iter().any(|field| {
                field.name == name || field.inner.iter().any(|inner| inner.as_str() == name)
            })
    }
}

impl FieldName {
    fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), inner: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_asks_for_the_slides_of_albums_too() {
        let query = FieldSet::for_edge(Login::Instagram, Edge::Media).as_query();
        assert_eq!(
            query,
            "id,caption,media_type,media_product_type,media_url,thumbnail_url,permalink,shortcode,\
             timestamp,username,owner,like_count,comments_count,is_comment_enabled,\
             is_shared_to_feed,alt_text,is_ai_generated,children{id,media_type,media_url,\
             thumbnail_url,permalink,shortcode,timestamp,alt_text}"
        );
    }

    #[test]
    fn each_list_asks_only_for_what_its_items_have() {
        let names = |login, edge| {
            FieldSet::for_edge(login, edge).names().map(str::to_owned).collect::<Vec<_>>()
        };
        let has = |names: Vec<String>, name: &str| names.iter().any(|have| have == name);
        assert!(!has(names(Login::Instagram, Edge::Stories), "children"));
        assert!(!has(names(Login::Facebook, Edge::Tags), "owner"));
        assert!(!has(names(Login::Facebook, Edge::Tags), "legacy_instagram_media_id"));
        assert!(has(names(Login::Facebook, Edge::Media), "legacy_instagram_media_id"));
        assert!(!has(names(Login::Instagram, Edge::Media), "legacy_instagram_media_id"));
    }

    #[test]
    fn no_field_stands_twice_because_the_api_refuses_that() {
        for login in [Login::Instagram, Login::Facebook] {
            for edge in [Edge::Media, Edge::Stories, Edge::Tags] {
                let fields = FieldSet::for_edge(login, edge);
                let mut names: Vec<_> = fields.names().collect();
                let asked = names.len();
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), asked, "{login} {edge}");
            }
        }
    }

    #[test]
    fn a_refused_field_goes_everywhere_and_the_id_stays() {
        let fields = FieldSet::for_item(Login::Instagram);
        assert!(fields.can_drop("alt_text") && fields.can_drop("children"));
        assert!(!fields.without("alt_text").as_query().contains("alt_text"));
        assert!(!fields.without("children").as_query().contains('{'));
        assert_eq!(fields.without("id"), fields);
        assert!(!fields.can_drop("id"));
        assert!(!fields.can_drop("saved_count"));
        assert_eq!(fields.without("saved_count"), fields);
    }
}
