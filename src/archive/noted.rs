//! Failures that stay written down until what failed has worked.

use super::ask::Trouble;
use super::running::PassContext;
use crate::catalog::{CatalogError, FailureNote, Stage};
use crate::domain::{Class, TokenTrouble};

/// Writes down why asking failed; a stop that was asked for is no failure.
pub(super) async fn note_failure(
    pass: &PassContext,
    stage: Stage,
    subject: &str,
    trouble: &Trouble,
) -> Result<(), CatalogError> {
    let (class, code, subcode, http_status, next_try_at) = match trouble {
        Trouble::Stopped | Trouble::Catalog(_) => return Ok(()),
        Trouble::Blocked { until } => ("wait", None, None, None, Some(*until)),
        Trouble::Graph(error) => {
            let class = error.class().as_str();
            (class, error.code(), error.subcode(), error.http_status(), None)
        }
    };
    let note = FailureNote {
        stage,
        subject: subject.to_owned(),
        media_id: None,
        class: class.to_owned(),
        code,
        subcode,
        http_status,
        error: trouble.to_string(),
        next_try_at,
    };
    let (name, now) = (pass.access.name.clone(), pass.archive.clock.now());
    pass.archive.catalog.call(move |c| c.record_failure(&name, &note, now)).await?;
    Ok(())
}

/// Writes down that the token is not one of this account.
pub(super) async fn note_refusal(
    pass: &PassContext,
    trouble: TokenTrouble,
    detail: &str,
) -> Result<(), CatalogError> {
    let note = FailureNote {
        stage: Stage::Account,
        subject: String::new(),
        media_id: None,
        class: Class::StopAccount(trouble).as_str().to_owned(),
        code: None,
        subcode: None,
        http_status: None,
        error: format!("{trouble}: {detail}"),
        next_try_at: None,
    };
    let (name, now) = (pass.access.name.clone(), pass.archive.clock.now());
    pass.archive.catalog.call(move |c| c.record_failure(&name, &note, now)).await?;
    Ok(())
}

/// What failed before has worked.
pub(super) async fn clear_failure(
    pass: &PassContext,
    stage: Stage,
    subject: &str,
) -> Result<(), CatalogError> {
    let (name, subject) = (pass.access.name.clone(), subject.to_owned());
    pass.archive.catalog.call(move |c| c.clear_failure(&name, stage, &subject)).await?;
    Ok(())
}
