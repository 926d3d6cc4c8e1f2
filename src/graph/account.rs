//! The account that a token answers for.

use super::fields::FieldSet;
use super::json::{self, Member};
use crate::domain::{Field, Login, UserId};
use crate::redact;

/// What the API says of the account itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFacts {
    /// With the Instagram login an id of this app's own for the account; with the Facebook login
    /// the account's id.
    pub id: String,
    /// The account's id (`1784…`), which the Instagram login alone answers.
    pub user_id: Option<String>,
    pub username: Field<String>,
    pub name: Field<String>,
    /// `BUSINESS` or `MEDIA_CREATOR`, in spellings that vary; the Instagram login alone.
    pub account_type: Field<String>,
    pub media_count: Field<i64>,
    pub followers_count: Field<i64>,
    pub follows_count: Field<i64>,
}

impl AccountFacts {
    /// Whether this is the account with that id.
    pub fn answers_for(&self, user_id: &UserId) -> bool {
        self.user_id.as_deref() == Some(user_id.as_str()) || self.id == user_id.as_str()
    }

    pub(super) fn fields(login: Login) -> FieldSet {
        match login {
            Login::Instagram => FieldSet::plain(&[
                "user_id",
                "username",
                "name",
                "account_type",
                "media_count",
                "followers_count",
                "follows_count",
                "id",
            ]),
            Login::Facebook => FieldSet::plain(&[
                "id",
                "username",
                "name",
                "media_count",
                "followers_count",
                "follows_count",
            ]),
        }
    }

    /// Reads the account from an answer; nothing when it has no id.
    ///
    /// The reference's examples wrap the account as `{"data":[…]}`, captured answers do not.
    pub(super) fn read(answer: &[Member<'_>]) -> Option<Self> {
        let wrapped = json::member(answer, "data").and_then(json::elements);
        match wrapped.and_then(|list| list.first().copied()).and_then(json::members) {
            Some(account) => Self::read_flat(&account),
            None => Self::read_flat(answer),
        }
    }

    fn read_flat(account: &[Member<'_>]) -> Option<Self> {
        let text = |key| {
            let field = json::member(account, key).map_or(Field::Absent, json::as_text);
            field.map(|text| redact::scrub(&text).into_owned())
        };
        let count = |key| json::member(account, key).map_or(Field::Absent, json::as_integer);
        let id = |key| text(key).value().filter(|id| !id.is_empty()).cloned();
        let user_id = id("user_id");
        Some(Self {
            id: id("id").or_else(|| user_id.clone())?,
            user_id,
            username: text("username"),
            name: text("name"),
            account_type: text("account_type"),
            media_count: count("media_count"),
            followers_count: count("followers_count"),
            follows_count: count("follows_count"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<AccountFacts> {
        AccountFacts::read(&json::members(serde_json::from_str(json).unwrap()).unwrap())
    }

    #[test]
    fn the_account_is_read_flat_and_wrapped() {
        let flat = r#"{"user_id":"17841400000000111","username":"harbor.lantern","account_type":"MEDIA_CREATOR","media_count":37,"id":"26100000000000999"}"#;
        let facts = read(flat).unwrap();
        assert_eq!(read(&format!(r#"{{"data":[{flat}]}}"#)).unwrap(), facts);
        assert_eq!(facts.id, "26100000000000999");
        assert_eq!(facts.username, Field::Value("harbor.lantern".to_owned()));
        assert_eq!(facts.account_type, Field::Value("MEDIA_CREATOR".to_owned()));
        assert_eq!(facts.media_count, Field::Value(37));
        assert_eq!(facts.name, Field::Absent);
        assert!(facts.answers_for(&"17841400000000111".parse().unwrap()));
        assert!(facts.answers_for(&"26100000000000999".parse().unwrap()));
        assert!(!facts.answers_for(&"17841400000000222".parse().unwrap()));
    }

    #[test]
    fn ids_may_be_numbers_and_one_of_them_is_enough() {
        let facts = read(r#"{"user_id":17841400000000111,"media_count":"37"}"#).unwrap();
        assert_eq!(facts.id, "17841400000000111");
        assert_eq!(facts.media_count, Field::Value(37));
        for json in ["{}", r#"{"data":[]}"#, r#"{"id":""}"#, r#"{"id":null,"username":"x"}"#] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
