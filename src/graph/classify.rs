//! Decides what a refusal of the API means, once and for all: nobody else reads codes or texts.
//!
//! Codes and subcodes decide ("Handling Errors" and "Rate Limits" of the Graph API reference,
//! and captured answers); the HTTP status does so only where there is no code, because the API
//! has been seen to answer the same error with several. Messages are localised: they only break
//! ties.

use std::time::Duration;

use super::fields::FieldSet;
use super::refusal::Refusal;
use crate::domain::pace::Scope;
use crate::domain::{Class, TokenTrouble};

/// What a refusal means.
///
/// `regain` is the wait that the headers ask for; `asked` are the request's fields, because only
/// a field that was asked for can be dropped.
pub(super) fn classify(
    refusal: &Refusal,
    status: u16,
    regain: Option<Duration>,
    asked: &FieldSet,
) -> Class {
    // Blocked for a person to look at, although it comes as a throttle.
    const ACTION_BLOCKED: i64 = 2_207_051;
    if refusal.subcode == Some(ACTION_BLOCKED) {
        return Class::Permission;
    }
    if status == 429 || refusal.code.is_some_and(is_throttle) {
        return Class::Wait { regain, scope: scope_of(refusal) };
    }
    if refusal.code == Some(368) {
        let regain = Some(regain.unwrap_or_default().max(POLICY_BLOCK));
        return Class::Wait { regain, scope: Scope::Account };
    }
    if is_too_heavy(refusal) {
        return Class::Shrink;
    }
    if refusal.is_transient == Some(true) || status >= 500 {
        return Class::Retry;
    }
    by_code(refusal, asked)
}

/// What an answer means that is not in the API's language: a gateway's page, an empty body.
pub(super) fn classify_status(status: u16, regain: Option<Duration>) -> Class {
    match (status, regain) {
        (429, _) | (503, Some(_)) => Class::Wait { regain, scope: Scope::Account },
        _ => Class::Retry,
    }
}

/// Blocks "for policy" last hours, and the API does not say how many.
const POLICY_BLOCK: Duration = Duration::from_secs(3600);

fn is_throttle(code: i64) -> bool {
    matches!(code, 4 | 17 | 32 | 341 | 613 | 80_000..=80_014)
}

/// Two codes speak of the application; all others of a user, a page or a business.
fn scope_of(refusal: &Refusal) -> Scope {
    match refusal.code {
        Some(4 | 341) => Scope::App,
        _ => Scope::Account,
    }
}

fn is_too_heavy(refusal: &Refusal) -> bool {
    match refusal.code {
        Some(1) => says(refusal, "reduce the amount of data"),
        Some(18) => true,
        _ => false,
    }
}

fn by_code(refusal: &Refusal, asked: &FieldSet) -> Class {
    let Some(code) = refusal.code else {
        return Class::Retry;
    };
    match code {
        -1 => match refusal.subcode {
            // A kind of item or a metric that the call does not support.
            Some(2_207_073 | 2_207_086) => Class::Fatal,
            _ => Class::Retry,
        },
        1 | 2 => Class::Retry,
        102 | 190 => Class::StopAccount(token_trouble(refusal)),
        // Three meanings: too few viewers for a number, a field that needs another right, and
        // the right itself.
        10 if says(refusal, "viewers") => Class::Fatal,
        10 => drop_named(refusal, asked).unwrap_or(Class::Permission),
        // "Outside of the Business Discovery API": known for one field.
        36_104 => drop_named(refusal, asked)
            .or_else(|| drop_field("view_count", asked))
            .unwrap_or(Class::Fatal),
        // Asked about something that is no video.
        9005 => drop_field("copyright_check_information", asked).unwrap_or(Class::Fatal),
        3 | 200..=299 | 2500 => Class::Permission,
        24 | 803 => Class::MaybeGone,
        100 => bad_parameter(refusal, asked),
        _ => Class::Fatal,
    }
}

/// Code 100, "invalid parameter", says most of what can be wrong.
fn bad_parameter(refusal: &Refusal, asked: &FieldSet) -> Class {
    match refusal.subcode {
        Some(33) => Class::MaybeGone,
        // Numbers of a post that is older than the professional account.
        Some(2_108_006) => Class::Fatal,
        _ if says(refusal, "method type: get") => Class::StopAccount(TokenTrouble::NotOfThisHost),
        _ if says(refusal, "appsecret_proof") => Class::Permission,
        _ => drop_named(refusal, asked).unwrap_or(Class::Fatal),
    }
}

/// A field that the message names in brackets, as in "nonexisting field (caption)"; the bracket
/// stays in other languages.
fn drop_named(refusal: &Refusal, asked: &FieldSet) -> Option<Class> {
    let brackets = refusal.message.split('(').skip(1);
    let mut names = brackets.filter_map(|rest| rest.split_once(')')).map(|(name, _)| name.trim());
    names.find_map(|name| drop_field(name, asked))
}

/// Dropping a field that was not asked for would send the same request again.
fn drop_field(name: &str, asked: &FieldSet) -> Option<Class> {
    asked.can_drop(name).then(|| Class::DropField(name.to_owned()))
}

fn token_trouble(refusal: &Refusal) -> TokenTrouble {
    match refusal.subcode {
        Some(463) => TokenTrouble::Expired,
        Some(458 | 492) => TokenTrouble::Revoked,
        Some(460) => TokenTrouble::PasswordChanged,
        Some(459 | 464) => TokenTrouble::Checkpoint,
        _ if says(refusal, "expired") => TokenTrouble::Expired,
        _ if says(refusal, "password") => TokenTrouble::PasswordChanged,
        _ if says(refusal, "not authorized application") => TokenTrouble::Revoked,
        _ if ["cannot parse", "malformed", "invalid oauth"].iter().any(|w| says(refusal, w)) => {
            TokenTrouble::NotOfThisHost
        }
        _ => TokenTrouble::Refused,
    }
}

fn says(refusal: &Refusal, words: &str) -> bool {
    refusal.message.to_lowercase().contains(words)
}

#[cfg(test)]
mod tests;
