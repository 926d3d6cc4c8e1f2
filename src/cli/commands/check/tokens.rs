//! The tokens, as far as this machine alone can tell.

use std::time::Duration;

use super::Finding;
use crate::config::{AccountConfig, Config};
use crate::daemon::{read_token, token_store};
use crate::domain::Timestamp;
use crate::exit::{Exit, Failure};
use crate::secret::AccessToken;

/// Whether each secret can be read and looks like one of its login.
pub(super) fn tokens(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    for account in &config.accounts {
        let subject = format!("token {}", account.name);
        findings.push(match read_token(config, account) {
            Ok(token) => kept_token(config, account, subject, &token, now),
            Err(failure) => Finding::failed(subject, &failure),
        });
        if let Some(source) = &account.app_secret {
            let subject = format!("app secret {}", account.name);
            findings.push(match source.read() {
                Ok(_) => Finding::good(subject, format!("from {source}")),
                Err(error) => {
                    let hint = error.hint();
                    let failure = Failure::new(Exit::Token, "the app secret cannot be read")
                        .caused_by(error)
                        .with_hint(hint);
                    Finding::failed(subject, &failure)
                }
            });
        }
    }
    findings
}

/// What the archive knows of a token that it keeps, or where one comes from that it does not keep yet.
fn kept_token(
    config: &Config,
    account: &AccountConfig,
    subject: String,
    token: &AccessToken,
    now: Timestamp,
) -> Finding {
    const WEEK: Duration = Duration::from_secs(7 * 86_400);
    let fingerprint = token.fingerprint();
    let kept = token_store(config).read(&account.name).ok().flatten();
    let Some(kept) = kept.filter(|kept| kept.current.is(token)) else {
        let from = account.token.as_ref().map_or_else(String::new, ToString::to_string);
        return Finding::good(subject, format!("from {from}, fingerprint {fingerprint}"));
    };
    let ends = kept.life(account.login).ends_by();
    let mut detail =
        format!("kept in the archive ({}), {fingerprint}", kept.current.source.as_str());
    match ends {
        Some(at) => detail.extend([format!(", ends at {at}")]),
        None if kept.current.never_expires => detail.push_str(", has no end"),
        None => {}
    }
    let again = format!(
        "`mediakeep token refresh {0}` says more; `mediakeep login {0}` brings a new one",
        account.name
    );
    match (kept.trouble, &kept.note, &kept.tried) {
        (Some(trouble), _, _) => {
            let failure = Failure::new(Exit::Token, format!("{detail}: {trouble}"));
            Finding::failed(subject, &failure.with_hint(again))
        }
        (None, Some(note), _) => Finding::warning(subject, format!("{detail}: {note}")),
        (None, None, Some(tried)) => {
            let detail = format!("{detail}; not renewed at {}: {}", tried.failed.at, tried.error);
            Finding::warning(subject, detail).with_hint(again)
        }
        (None, None, None) if ends.is_some_and(|at| at <= now.plus(WEEK)) => {
            Finding::warning(subject, detail).with_hint(again)
        }
        (None, None, None) => Finding::good(subject, detail),
    }
}
