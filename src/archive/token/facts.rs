//! Writes down for readers what is known of a token, and raises and ends the alarm of its end.

use super::TokenKeeper;
use super::protocol::SeenByPass;
use crate::archive::Archive;
use crate::catalog::{CatalogError, TokenRecord};
use crate::domain::AlarmKind;
use crate::domain::token_life::{Ending, Level, Warning, warnings};
use crate::tokens::{Kept, Source, TokenStoreError};

/// What the last pass showed of the token that it used.
pub(super) async fn seen_by_pass(archive: &Archive, keeper: &TokenKeeper) -> SeenByPass {
    let name = keeper.account.clone();
    match archive.catalog.call(move |c| c.account_state(&name)).await {
        Ok(Some((state, _))) if state == "token" => SeenByPass::Refused,
        Ok(Some((state, Some(at)))) if state == "ok" => SeenByPass::Answered(at),
        // Whoever needs the catalog next says what is wrong with it.
        Ok(_) | Err(_) => SeenByPass::Nothing,
    }
}

/// Records the facts and the alarms that follow from them.
pub(super) async fn note(
    archive: &Archive,
    keeper: &TokenKeeper,
    kept: &Kept,
) -> Result<(), CatalogError> {
    enroll(archive, keeper).await?;
    let (name, record) = (keeper.account.clone(), record(kept));
    archive.catalog.call(move |c| c.record_token(&name, &record)).await?;
    let life = keeper.life(kept);
    let due: Vec<Due> = warnings(&life, archive.clock.now())
        .into_iter()
        .map(|warning| Due {
            subject: subject(&warning),
            level: warning.level.as_number(),
            detail: detail(keeper, kept, &warning),
        })
        .collect();
    raise(archive, keeper, due).await
}

/// Says that the tokens cannot be kept, which ends with a token that nobody renewed.
pub(super) async fn note_store_error(
    archive: &Archive,
    keeper: &TokenKeeper,
    error: &TokenStoreError,
) -> Result<(), CatalogError> {
    enroll(archive, keeper).await?;
    let due = Due {
        subject: "store".to_owned(),
        level: Level::LastDay.as_number(),
        detail: format!(
            "{}: its token cannot be kept and is not renewed: {error}; {}",
            keeper.account,
            error.hint()
        ),
    };
    let (name, now) = (keeper.account.clone(), archive.clock.now());
    let raise = move |c: &mut crate::catalog::Writer| {
        let Due { subject, level, detail } = due;
        c.raise_alarm(Some(&name), AlarmKind::TokenExpiring, &subject, level, &detail, now)
    };
    archive.catalog.call(raise).await?;
    Ok(())
}

/// An alarm that is to be open.
struct Due {
    subject: String,
    level: u8,
    detail: String,
}

/// The account's row exists before anything refers to it.
async fn enroll(archive: &Archive, keeper: &TokenKeeper) -> Result<(), CatalogError> {
    let (name, login, user_id) = (keeper.account.clone(), keeper.login, keeper.user_id.clone());
    let now = archive.clock.now();
    archive.catalog.call(move |c| c.ensure_account(&name, login, &user_id, now)).await
}

async fn raise(archive: &Archive, keeper: &TokenKeeper, due: Vec<Due>) -> Result<(), CatalogError> {
    let (name, now) = (keeper.account.clone(), archive.clock.now());
    let job = move |c: &mut crate::catalog::Writer| {
        let kind = AlarmKind::TokenExpiring;
        for open in c.open_alarms()? {
            let ours = open.account.as_deref() == Some(name.as_str()) && open.kind == kind.as_str();
            if ours && !due.iter().any(|due| due.subject == open.subject) {
                let detail = format!("{name}: its token is good for longer again");
                c.end_alarms(Some(&name), kind, Some(&open.subject), &detail, now)?;
            }
        }
        for Due { subject, level, detail } in due {
            c.raise_alarm(Some(&name), kind, &subject, level, &detail, now)?;
        }
        Ok(())
    };
    archive.catalog.call(job).await
}

/// The day of the end tells two of them apart: a new token has another one.
fn subject(warning: &Warning) -> String {
    let at = warning.at.to_string();
    let day = at.split('T').next().unwrap_or_default();
    match warning.ending {
        Ending::Token => day.to_owned(),
        Ending::DataAccess => format!("data access {day}"),
    }
}

fn detail(keeper: &TokenKeeper, kept: &Kept, warning: &Warning) -> String {
    let (account, at) = (&keeper.account, warning.at);
    let ends = if warning.level == Level::Ended { "ended" } else { "ends" };
    match warning.ending {
        Ending::DataAccess => format!(
            "{account}: the agreement of its owner {ends} at {at}: log in again with `mediakeep login {account}`"
        ),
        Ending::Token => {
            let latest = if kept.current.expires_at.is_none() { " at the latest" } else { "" };
            let why = match &kept.tried {
                Some(tried) => format!(" and could not be renewed: {}", tried.error),
                None => String::new(),
            };
            format!(
                "{account}: its token {ends} at {at}{latest}{why}; `mediakeep login {account}` or `mediakeep token set {account}` brings a new one"
            )
        }
    }
}

/// What readers may know.
pub(super) fn record(kept: &Kept) -> TokenRecord {
    let entry = &kept.current;
    let state = match (kept.trouble, entry.answered_at) {
        (Some(trouble), _) => trouble.as_str(),
        (None, Some(_)) => "ok",
        (None, None) => "unknown",
    };
    let renewed = entry.source == Source::Refreshed;
    TokenRecord {
        fingerprint: entry.token.fingerprint(),
        source: entry.source.as_str().to_owned(),
        state: state.to_owned(),
        detail: kept.note.clone(),
        first_seen_at: entry.since,
        issued_at: entry.issued_at,
        expires_at: entry.expires_at,
        never_expires: entry.never_expires,
        data_access_expires_at: entry.data_access_expires_at,
        scopes: entry.scopes.clone(),
        refreshed_at: renewed.then(|| entry.issued_at.unwrap_or(entry.since)),
        tried_at: kept.tried.as_ref().map(|tried| tried.failed.at),
        error: kept.tried.as_ref().map(|tried| tried.error.clone()),
    }
}
