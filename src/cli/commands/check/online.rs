//! What only the API can tell: whose token it is, whether it works, what time it is.

use std::time::Duration;

use tokio::task::block_in_place;

use super::{Finding, Verdict};
use crate::archive::AccountAccess;
use crate::blobs::ArchiveDir;
use crate::catalog::CatalogReader;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::{open_access, transport};
use crate::domain::{Class, Timestamp, TokenTrouble};
use crate::exit::{Exit, Failure};
use crate::graph::{AccountFacts, Answer, GraphError};

/// Asks for each account once; those whose secrets cannot be read are left out, since that has
/// been told already.
pub(super) async fn accounts(config: &Config, clock: &Clock) -> Vec<Finding> {
    let transport = match transport() {
        Ok(transport) => transport,
        Err(failure) => return vec![Finding::failed("connections", &failure)],
    };
    let mut findings = Vec::new();
    for account in &config.accounts {
        let subject = format!("account {}", account.name);
        match block_in_place(|| open_access(config, account, &transport)) {
            Ok(access) => match blocked_until(config, &access, clock.now()) {
                Some(until) => findings.push(blocked(subject, until)),
                None => match access.graph.account().await {
                    Ok(answer) => findings.extend(answered(&subject, &access, &answer, clock)),
                    Err(error) => findings.push(refused(subject, &access, error)),
                },
            },
            Err(failure) if failure.exit == Exit::Token => {}
            Err(failure) => findings.push(Finding::failed(subject, &failure)),
        }
    }
    findings
}

/// Calls made while blocked prolong the block: even this one is not made then.
fn blocked_until(config: &Config, access: &AccountAccess, now: Timestamp) -> Option<Timestamp> {
    let [own, app] = access.allowance_scopes();
    // Without an archive nothing is known of a block; what else is amiss with it is told elsewhere.
    let dir = ArchiveDir::open_read_only(&config.archive.dir).ok()?;
    let reader = CatalogReader::open(&dir.catalog_path()).ok()?;
    reader.blocked_until([&own, &app]).ok()?.filter(|until| *until > now)
}

fn blocked(subject: String, until: Timestamp) -> Finding {
    let failure =
        Failure::new(Exit::Allowance, format!("not asked: the allowance is used up until {until}"));
    Finding::failed(subject, &failure)
}

fn answered(
    subject: &str,
    access: &AccountAccess,
    answer: &Answer<AccountFacts>,
    clock: &Clock,
) -> Vec<Finding> {
    let facts = &answer.value;
    let name = facts.username.value().map_or("without a name", String::as_str);
    if !facts.answers_for(&access.user_id) {
        let found = facts.user_id.as_ref().unwrap_or(&facts.id);
        let failure = Failure::new(
            Exit::Token,
            format!("the token answers for {name} ({found}), not for {}", access.user_id),
        )
        .with_hint("put the token of this account there, or correct its user_id");
        return vec![Finding::failed(subject, &failure)];
    }
    let mut detail = format!("{name}, {}", access.login);
    if let Some(count) = facts.media_count.value() {
        detail.extend([format!(", {count} posts")]);
    }
    if let Some(percent) = answer.usage.percent() {
        detail.extend([format!(", {percent:.0} % of the allowance used")]);
    }
    let mut findings = vec![Finding::good(subject, detail)];
    findings.extend(version(subject, &access.api_version, answer.api_version.as_deref()));
    findings.extend(answer.date.and_then(|theirs| {
        const TOLERANCE: Duration = Duration::from_secs(120);
        let ours = clock.now();
        let apart = ours.since(theirs).max(theirs.since(ours));
        (apart > TOLERANCE).then(|| {
            Finding::warning("clock", format!("{} seconds apart from the API's", apart.as_secs()))
                .with_hint("set the clock, for example by running an NTP client")
        })
    }));
    findings
}

/// A version that answers for another is on its way out.
fn version(subject: &str, asked: &str, answered: Option<&str>) -> Option<Finding> {
    let answered = answered.filter(|answered| *answered != asked)?;
    let detail = format!("asked for {asked}, {answered} answered");
    Some(Finding::warning(subject, detail).with_hint(format!("set api.version = \"{answered}\"")))
}

fn refused(subject: String, access: &AccountAccess, error: GraphError) -> Finding {
    let (exit, what, hint) = match error.class() {
        Class::StopAccount(trouble) => (Exit::Token, trouble.explain(), Some(cure(trouble))),
        Class::Permission => (
            Exit::Permission,
            "a permission is missing, or the account is no professional one",
            Some("docs/tokens.md lists the permissions of each login"),
        ),
        Class::Wait { .. } => (Exit::Allowance, "the allowance is used up", None),
        Class::MaybeGone => (
            Exit::Token,
            "the API knows no such account for this token",
            Some("correct user_id, or put the token of this account there"),
        ),
        Class::Retry | Class::Shrink | Class::DropField(_) | Class::Fatal => {
            (Exit::Unavailable, "the API does not answer", None)
        }
    };
    let failure = Failure::new(exit, format!("{}: {what}", access.host)).caused_by(error);
    let finding = Finding::failed(subject, &failure);
    match (exit, hint) {
        (_, Some(hint)) => finding.with_hint(hint),
        (Exit::Allowance, None) => Finding { verdict: Verdict::Warning, ..finding },
        (_, None) => finding.with_hint("check network, proxy and [api] in the configuration"),
    }
}

fn cure(trouble: TokenTrouble) -> &'static str {
    match trouble {
        TokenTrouble::Expired
        | TokenTrouble::Revoked
        | TokenTrouble::PasswordChanged
        | TokenTrouble::Refused => "get a new token: docs/tokens.md",
        TokenTrouble::Checkpoint => "log in to Instagram as the account's owner and confirm",
        TokenTrouble::NotOfThisHost => "check that token and login belong together",
        TokenTrouble::OtherAccount => "put the token of this account there, or correct its user_id",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_answers_for_another_is_a_warning() {
        assert_eq!(version("a", "v25.0", None), None);
        assert_eq!(version("a", "v25.0", Some("v25.0")), None);
        let finding = version("a", "v20.0", Some("v22.0")).unwrap();
        assert_eq!(finding.verdict, Verdict::Warning);
        assert_eq!(finding.hint.as_deref(), Some("set api.version = \"v22.0\""));
    }
}
