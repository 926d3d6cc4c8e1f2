//! Accounts, pages and people: their fields, and the lists that hang on an account.

use crate::host::Login;
use crate::json::Json;
use crate::world::Account;

use super::Ask;
use super::error::GraphError;
use super::fields::Field;
use super::lists::MediaList;
use super::paging::{ListRequest, default_limit};
use super::plan::{self, Edge, View};

const NODE: &str = "IGUser";

impl Ask<'_> {
    /// Writes an account as an object.
    pub(crate) fn user(
        &self,
        json: &mut Json,
        index: usize,
        fields: &[Field],
    ) -> Result<(), GraphError> {
        let account = &self.world.accounts[index];
        json.open();
        let mut has_id = false;
        for field in fields {
            has_id |= field.name == "id";
            self.user_field(json, index, account, field)?;
        }
        if !has_id {
            self.user_id(json, account);
        }
        json.close();
        Ok(())
    }

    fn user_field(
        &self,
        json: &mut Json,
        index: usize,
        account: &Account,
        field: &Field,
    ) -> Result<(), GraphError> {
        match field.name.as_str() {
            "id" => self.user_id(json, account),
            "username" => json.text_field("username", &account.username),
            "name" => json.text_field("name", &account.display_name),
            "biography" => json.text_field("biography", &account.biography),
            "followers_count" => json.number_field("followers_count", account.followers),
            "follows_count" => json.number_field("follows_count", account.follows),
            "media_count" => json.number_field("media_count", media_count(account)),
            "website" => {
                if let Some(website) = &account.website {
                    json.text_field("website", website);
                }
            }
            "profile_picture_url" => {
                if let Some(picture) = &account.picture {
                    json.text_field("profile_picture_url", &self.api.files.link(picture));
                }
            }
            name => {
                if let Some(list) = MediaList::named(name, self.login) {
                    json.key(name);
                    let inner = field.fields.as_deref().unwrap_or_default();
                    let fields = plan::media(inner, View::Own(self.login))?;
                    let edge = Edge::new(field, fields);
                    let request = ListRequest::of_edge(&edge, default_limit())?;
                    return self.media_list(json, index, list, &edge, &request);
                }
                match self.login {
                    Login::Instagram => self.instagram_field(json, account, name)?,
                    Login::Facebook => self.facebook_field(json, account, field)?,
                }
            }
        }
        Ok(())
    }

    fn instagram_field(
        &self,
        json: &mut Json,
        account: &Account,
        name: &str,
    ) -> Result<(), GraphError> {
        match name {
            "user_id" => self.id_field(json, "user_id", account.user_id),
            "account_type" => {
                let kind = if account.business { "BUSINESS" } else { "MEDIA_CREATOR" };
                json.text_field("account_type", kind);
            }
            _ => return Err(GraphError::no_field(name, NODE)),
        }
        Ok(())
    }

    fn facebook_field(
        &self,
        json: &mut Json,
        account: &Account,
        field: &Field,
    ) -> Result<(), GraphError> {
        match field.name.as_str() {
            "ig_id" => json.number_field("ig_id", account.legacy_id),
            "legacy_instagram_user_id" => {
                json.id_field("legacy_instagram_user_id", account.legacy_id);
            }
            "has_profile_pic" => {
                json.key("has_profile_pic");
                json.flag(account.picture.is_some());
            }
            "is_published" => {
                json.key("is_published");
                json.flag(true);
            }
            // Each needs a permission of its own; the whole call fails without it (observed).
            "shopping_product_tag_eligibility" | "shopping_review_status" | "owner_business" => {
                return Err(GraphError::no_permission());
            }
            "business_discovery" => self.discovery(json, field)?,
            name => return Err(GraphError::no_field(name, NODE)),
        }
        Ok(())
    }

    /// Public data of another professional account.
    fn discovery(&self, json: &mut Json, field: &Field) -> Result<(), GraphError> {
        let name = field.modifier("username").unwrap_or_default();
        let found = self.world.accounts.iter().position(|account| account.username == name);
        let Some(index) = found else {
            return Err(GraphError::new(110, "Invalid user id").subcode(2_207_013).titled(
                "Cannot find User",
                "The user with this username cannot be found, or is not a professional account.",
            ));
        };
        let account = &self.world.accounts[index];
        json.key("business_discovery");
        json.open();
        let mut has_id = false;
        for inner in field.fields.as_deref().unwrap_or_default() {
            match inner.name.as_str() {
                "id" => {
                    has_id = true;
                    json.id_field("id", account.user_id);
                }
                "media" => {
                    json.key("media");
                    let fields = inner.fields.as_deref().unwrap_or_default();
                    let edge = Edge::new(inner, plan::media(fields, View::Discovery)?);
                    self.discovered_media(json, index, &edge)?;
                }
                "live_media" => return Err(plan::outside_discovery()),
                "stories" => return Err(GraphError::no_permission()),
                "username"
                | "name"
                | "biography"
                | "website"
                | "followers_count"
                | "follows_count"
                | "media_count"
                | "profile_picture_url" => {
                    self.user_field(json, index, account, inner)?;
                }
                other => return Err(GraphError::no_field(other, NODE)),
            }
        }
        if !has_id {
            json.id_field("id", account.user_id);
        }
        json.close();
        Ok(())
    }

    /// What this host calls the account's `id`.
    fn user_id(&self, json: &mut Json, account: &Account) {
        let id = match self.login {
            Login::Instagram => account.scoped_id,
            Login::Facebook => account.user_id,
        };
        self.id_field(json, "id", id);
    }

    /// Writes the Facebook user behind a token.
    pub(crate) fn person(&self, json: &mut Json, fields: &[Field]) -> Result<(), GraphError> {
        let account = &self.world.accounts[self.account];
        json.open();
        let asked: Vec<&str> = if fields.is_empty() {
            vec!["name"]
        } else {
            fields.iter().map(|field| field.name.as_str()).collect()
        };
        let mut has_id = false;
        for name in asked {
            match name {
                "id" => {
                    has_id = true;
                    json.id_field("id", account.person_id);
                }
                "name" => json.text_field("name", &format!("{} Desk", account.display_name)),
                other => return Err(GraphError::no_field(other, "User")),
            }
        }
        if !has_id {
            json.id_field("id", account.person_id);
        }
        json.close();
        Ok(())
    }

    /// Writes the Facebook page that the account hangs on.
    pub(crate) fn page_node(&self, json: &mut Json, fields: &[Field]) -> Result<(), GraphError> {
        let account = &self.world.accounts[self.account];
        json.open();
        let mut has_id = false;
        for field in fields {
            match field.name.as_str() {
                "id" => {
                    has_id = true;
                    json.id_field("id", account.page_id);
                }
                "name" => json.text_field("name", &account.display_name),
                "category" => json.text_field("category", "Museum"),
                "access_token" => {
                    let kind = crate::tokens::TokenKind::Page;
                    if let Some(page) = self.world.tokens.current(self.account, kind, self.now) {
                        json.text_field("access_token", &page.text);
                    }
                }
                "instagram_business_account" => {
                    json.key("instagram_business_account");
                    let inner = field.fields.as_deref().unwrap_or_default();
                    self.user(json, self.account, inner)?;
                }
                other => return Err(GraphError::no_field(other, "Page")),
            }
        }
        if !has_id {
            json.id_field("id", account.page_id);
        }
        json.close();
        Ok(())
    }

    /// Writes `/me/accounts`: the pages of the person, one here.
    pub(crate) fn pages(&self, json: &mut Json, fields: &[Field]) -> Result<(), GraphError> {
        json.open();
        json.key("data");
        json.open_list();
        self.page_node(json, fields)?;
        json.close_list();
        json.key("paging");
        json.open();
        let page = self.world.accounts[self.account].page_id;
        super::paging::write_cursors(json, page, Some(page), Some(page), 0);
        json.close();
        json.close();
        Ok(())
    }
}

fn media_count(account: &Account) -> i64 {
    i64::try_from(account.posts.len()).unwrap_or(i64::MAX) + account.count_offset
}
