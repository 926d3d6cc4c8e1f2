//! How much of the allowance is used, by the headers of an answer.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::value::RawValue;

use super::json;
use crate::domain::Timestamp;
use crate::domain::pace::{Scope, Share, Usage};
use crate::domain::standing::LONGEST_BLOCK;

/// Percentages under their names on both hosts: `graph.instagram.com` has been seen with the
/// last two, `graph.facebook.com` documents the first three ("Rate Limits" of the reference).
const PERCENTAGES: [&str; 5] =
    ["call_count", "total_cputime", "total_time", "call_volume", "cpu_time"];

/// Reads both families of usage headers, one about the app and one about this account with it;
/// whatever is malformed counts as not sent.
pub(super) fn usage(headers: &HeaderMap) -> Usage {
    let mut usage = Usage::default();
    for (name, scope) in [
        ("x-app-usage", Scope::App),
        ("x-business-use-case-usage", Scope::Account),
        ("x-page-usage", Scope::Account),
    ] {
        let share = match scope {
            Scope::App => &mut usage.app,
            Scope::Account => &mut usage.account,
        };
        for value in headers.get_all(name) {
            let text = value.to_str().ok();
            if let Some(value) = text.and_then(|text| serde_json::from_str(text).ok()) {
                collect(value, 0, share);
            }
        }
    }
    usage
}

/// One family is a flat object, the other `{"<id>":[{…}]}`: counters are taken wherever they
/// stand.
fn collect(value: &RawValue, depth: usize, share: &mut Share) {
    const DEEPEST: usize = 4;
    if depth > DEEPEST {
        return;
    }
    for element in json::elements(value).unwrap_or_default() {
        collect(element, depth + 1, share);
    }
    for (key, value) in json::members(value).unwrap_or_default() {
        let number = json::as_number(value).filter(|number| *number >= 0.0);
        match number {
            Some(percent) if PERCENTAGES.contains(&key.as_ref()) => {
                share.percent = Some(share.percent.map_or(percent, |most| most.max(percent)));
            }
            Some(minutes) if key == "estimated_time_to_regain_access" && minutes > 0.0 => {
                let longest = LONGEST_BLOCK.as_secs_f64() / 60.0;
                let regain = Duration::from_secs_f64(minutes.min(longest) * 60.0);
                share.regain = share.regain.max(Some(regain));
            }
            Some(_) => {}
            None => collect(value, depth + 1, share),
        }
    }
}

/// The wait that `Retry-After` asks for: seconds, or a date to be compared with the answer's own.
pub(super) fn retry_after(headers: &HeaderMap, answered_at: Option<Timestamp>) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Timestamp::from_http_date(text)?.since(answered_at?),
    };
    Some(wait.min(LONGEST_BLOCK))
}

/// When the server says it answered, for the check of our own clock.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    Timestamp::from_http_date(headers.get("date")?.to_str().ok()?)
}

#[cfg(test)]
mod tests;
