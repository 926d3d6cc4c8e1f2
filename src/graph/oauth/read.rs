//! Reads the answers of the token requests.

use std::time::Duration;

use super::super::classify::classify;
use super::super::json::{self, Member};
use super::super::refusal::Refusal;
use super::{FieldSet, Grant, Reached, TokenFacts};
use crate::domain::{Class, Field, Timestamp, TokenTrouble};
use crate::redact;
use crate::secret::AccessToken;

/// A token, flat as all hosts have been seen to answer, or in a list as the reference shows it for
/// the code of a login.
pub(super) fn grant(answer: &[Member<'_>]) -> Option<Grant> {
    let wrapped = json::member(answer, "data").and_then(json::elements);
    let inner = wrapped.and_then(|list| list.first().copied()).and_then(json::members);
    let answer = inner.as_deref().unwrap_or(answer);
    let token = text(answer, "access_token")?;
    Some(Grant {
        token: AccessToken::new(&token).ok()?,
        lifetime: integer(answer, "expires_in")
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs),
        scopes: words(answer, "permissions"),
        date: None,
    })
}

/// What `debug_token` says.
pub(super) fn facts(answer: &[Member<'_>]) -> Option<TokenFacts> {
    let data = json::object(answer, "data")?;
    let moment =
        |key| integer(&data, key).filter(|seconds| *seconds > 0).and_then(Timestamp::from_unix);
    let valid = match json::member(&data, "is_valid").map(json::as_boolean)? {
        Field::Value(valid) => valid,
        Field::Absent | Field::Null | Field::Unreadable => return None,
    };
    Some(TokenFacts {
        trouble: if valid { None } else { Some(trouble(&data)) },
        kind: text(&data, "type"),
        issued_at: moment("issued_at"),
        expires_at: moment("expires_at"),
        never_expires: valid && integer(&data, "expires_at") == Some(0),
        data_access_expires_at: moment("data_access_expires_at"),
        scopes: words(&data, "scopes"),
    })
}

/// The error inside says `subcode` where others say `error_subcode`.
fn trouble(data: &[Member<'_>]) -> TokenTrouble {
    let Some(error) = json::object(data, "error") else { return TokenTrouble::Refused };
    let refusal = Refusal {
        code: Some(190),
        subcode: integer(&error, "subcode").filter(|subcode| *subcode != 0),
        message: text(&error, "message").unwrap_or_default(),
        ..Refusal::default()
    };
    match classify(&refusal, 400, None, &FieldSet::plain(&[])) {
        Class::StopAccount(trouble) => trouble,
        Class::Retry
        | Class::Wait { .. }
        | Class::Permission
        | Class::Shrink
        | Class::DropField(_)
        | Class::MaybeGone
        | Class::Fatal => TokenTrouble::Refused,
    }
}

/// The accounts behind the pages of a person.
pub(super) fn reached(answer: &[Member<'_>]) -> Option<Vec<Reached>> {
    let pages = json::member(answer, "data").and_then(json::elements)?;
    let reached = pages.into_iter().filter_map(json::members).filter_map(|page| {
        let account = json::object(&page, "instagram_business_account")?;
        Some(Reached {
            page: text(&page, "name").unwrap_or_default(),
            user_id: text(&account, "id")?,
            username: text(&account, "username"),
        })
    });
    Some(reached.collect())
}

/// `{"error_type":…,"code":400,"error_message":…}`, as the host that takes codes refuses.
pub(super) fn flat_refusal(answer: &[Member<'_>]) -> Option<Refusal> {
    let message = text(answer, "error_message")?;
    Some(Refusal {
        code: integer(answer, "code"),
        message: redact::scrub_message(&message).into_owned(),
        ..Refusal::default()
    })
}

fn text(answer: &[Member<'_>], key: &str) -> Option<String> {
    json::member(answer, key)
        .and_then(|value| json::as_text(value).value().map(ToString::to_string))
}

fn integer(answer: &[Member<'_>], key: &str) -> Option<i64> {
    json::member(answer, key).and_then(|value| json::as_integer(value).value().copied())
}

/// A list of words, or one text with commas.
fn words(answer: &[Member<'_>], key: &str) -> Option<String> {
    let value = json::member(answer, key)?;
    let words: Vec<String> = match json::elements(value) {
        Some(list) => list
            .into_iter()
            .filter_map(|word| json::as_text(word).value().map(ToString::to_string))
            .collect(),
        None => text(answer, key)?.split(',').map(|word| word.trim().to_owned()).collect(),
    };
    let plain = |word: &String| {
        (1..=64).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    Some(words.into_iter().filter(plain).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> Vec<Member<'_>> {
        json::open(json).unwrap()
    }

    #[test]
    fn a_token_is_read_flat_and_wrapped_with_what_is_said_of_it() {
        for (json, lifetime, scopes) in [
            (
                r#"{"access_token":"IGAAx","token_type":"bearer","expires_in":5183944,"permissions":"a_b,c"}"#,
                Some(5_183_944),
                Some("a_b,c"),
            ),
            (
                r#"{"access_token":"IGAAx","user_id":1784,"permissions":["a_b","c"]}"#,
                None,
                Some("a_b,c"),
            ),
            (
                r#"{"data":[{"access_token":"IGAAx","user_id":"1784","permissions":"a_b, c"}]}"#,
                None,
                Some("a_b,c"),
            ),
            (r#"{"access_token":"IGAAx","expires_in":0}"#, None, None),
            (r#"{"access_token":"IGAAx","expires_in":"60"}"#, Some(60), None),
        ] {
            let grant = grant(&members(json)).unwrap();
            assert_eq!(grant.token.expose(), "IGAAx");
            assert_eq!(grant.lifetime, lifetime.map(Duration::from_secs), "{json}");
            assert_eq!(grant.scopes.as_deref(), scopes, "{json}");
        }
        for json in [r"{}", r#"{"access_token":""}"#, r#"{"access_token":"a b"}"#] {
            assert!(grant(&members(json)).is_none(), "{json}");
        }
    }

    #[test]
    fn what_a_token_is_worth_is_read_with_its_trouble() {
        let read = |json| facts(&members(json));
        let good = read(r#"{"data":{"type":"USER","expires_at":1800000000,"is_valid":true,"issued_at":1790000000,"data_access_expires_at":1795000000,"scopes":["instagram_basic","x y"]}}"#).unwrap();
        assert_eq!(good.expires_at.unwrap().as_unix(), 1_800_000_000);
        assert_eq!(good.data_access_expires_at.unwrap().as_unix(), 1_795_000_000);
        assert_eq!((good.trouble, good.never_expires), (None, false));
        assert_eq!(good.scopes.as_deref(), Some("instagram_basic"));
        let endless = read(r#"{"data":{"type":"PAGE","expires_at":0,"is_valid":true}}"#).unwrap();
        assert_eq!((endless.never_expires, endless.expires_at), (true, None));
        for (subcode, trouble) in [
            (463, TokenTrouble::Expired),
            (460, TokenTrouble::PasswordChanged),
            (458, TokenTrouble::Revoked),
            (459, TokenTrouble::Checkpoint),
            (0, TokenTrouble::Refused),
        ] {
            let json = format!(
                r#"{{"data":{{"error":{{"code":190,"message":"m","subcode":{subcode}}},"expires_at":0,"is_valid":false}}}}"#
            );
            let dead = facts(&members(&json)).unwrap();
            assert_eq!((dead.trouble, dead.never_expires), (Some(trouble), false));
        }
        assert_eq!(read(r#"{"data":{}}"#), None);
    }

    #[test]
    fn pages_without_an_account_reach_nothing() {
        let json = r#"{"data":[{"name":"A","id":"1"},{"name":"B","instagram_business_account":{"id":"17841400000000111","username":"harbor"}}]}"#;
        let expected = Reached {
            page: "B".to_owned(),
            user_id: "17841400000000111".to_owned(),
            username: Some("harbor".to_owned()),
        };
        assert_eq!(reached(&members(json)), Some(vec![expected]));
    }

    #[test]
    fn the_login_hosts_own_envelope_is_a_refusal() {
        let json = r#"{"error_type":"OAuthException","code":400,"error_message":"Matching code was not found or was already used"}"#;
        let refusal = flat_refusal(&members(json)).unwrap();
        assert_eq!(
            refusal.to_string(),
            "Matching code was not found or was already used (code 400)"
        );
    }
}
