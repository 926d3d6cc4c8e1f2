//! The same for programs: one object for the archive, one for each account, hold and alarm.

use serde_json::{Value, json};

use super::facts::{Facts, Token};
use crate::catalog::AccountStatus;
use crate::cli::output::Output;
use crate::cli::render::rows;
use crate::domain::AlarmKind;
use crate::domain::Timestamp;
use crate::domain::liveness::Liveness;

/// Writes the records.
pub(super) fn write(facts: &Facts, output: &Output) -> anyhow::Result<()> {
    output.record("status", archive(facts))?;
    for account in &facts.status.accounts {
        output.record("account", self::account(facts, account))?;
    }
    for hold in &facts.holds {
        output.record("hold", rows::hold(hold))?;
    }
    for alarm in &facts.around.alarms {
        let hint = AlarmKind::from_word(&alarm.kind).map(AlarmKind::hint);
        let alarm = json!({
            "account": alarm.account,
            "kind": alarm.kind,
            "subject": alarm.subject,
            "since": alarm.since.to_string(),
            "level": alarm.level,
            "detail": alarm.detail,
            "hint": hint,
        });
        output.record("alarm", alarm)?;
    }
    Ok(())
}

fn archive(facts: &Facts) -> Value {
    let around = &facts.around;
    let messengers: Vec<Value> = around
        .messengers
        .iter()
        .map(|messenger| {
            json!({
                "target": messenger.target,
                "told_at": time(messenger.told_at),
                "failing_since": time(messenger.failing_since),
                "error": messenger.error,
            })
        })
        .collect();
    json!({
        "program": env!("CARGO_PKG_VERSION"),
        "dir": facts.dir.display().to_string(),
        "archive_id": facts.status.archive_id,
        "schema": facts.status.schema,
        "free_bytes": facts.free,
        "min_free_bytes": facts.min_free,
        "totals": rows::totals(&facts.status.totals),
        "never_synced": facts.waiting,
        "daemon": daemon(facts),
        "backup": around.backup.map(|(made_at, size)| {
            json!({"made_at": made_at.to_string(), "size_bytes": size})
        }),
        "verify": {
            "oldest_at": time(around.least_verified_at),
            "started_at": time(around.verify.as_ref().map(|verify| verify.started_at)),
            "finished_at": time(around.verify.as_ref().and_then(|verify| verify.finished_at)),
            "outcome": around.verify.as_ref().and_then(|verify| verify.outcome.clone()),
            "detail": around.verify.as_ref().and_then(|verify| verify.detail.clone()),
        },
        "messengers": messengers,
    })
}

fn daemon(facts: &Facts) -> Value {
    let state = match facts.daemon {
        Liveness::Never => "never",
        Liveness::Running { .. } => "running",
        Liveness::Stopped { .. } => "stopped",
        Liveness::Vanished { .. } => "vanished",
    };
    let row = facts.around.daemon.as_ref();
    json!({
        "state": state,
        "pid": row.map(|row| row.pid),
        "program_version": row.map(|row| row.program_version.clone()),
        "started_at": time(row.map(|row| row.started_at)),
        "stopped_at": time(row.and_then(|row| row.stopped_at)),
    })
}

fn account(facts: &Facts, account: &AccountStatus) -> Value {
    let mut record = rows::account(account);
    let Value::Object(fields) = &mut record else { return record };
    let around = &facts.around;
    let token = around.tokens.iter().find(|token| token.account == account.account);
    let standing = match facts.token_of(account) {
        Token::Unseen => "unseen".to_owned(),
        Token::NoEndKnown => "no_end_known".to_owned(),
        Token::NeverEnds => "never_ends".to_owned(),
        Token::EndsAt(_) => "ok".to_owned(),
        Token::EndedAt(_) => "expired".to_owned(),
        Token::Broken(_) => token.map(|token| token.state.clone()).unwrap_or_default(),
    };
    let token = json!({
        "standing": standing,
        "state": token.map(|token| token.state.clone()),
        "source": token.map(|token| token.source.clone()),
        "expires_at": time(token.and_then(|token| token.expires_at).or(account.token_expires_at)),
        "never_expires": token.is_some_and(|token| token.never_expires),
        "refreshed_at": time(token.and_then(|token| token.refreshed_at)),
    });
    let runs = around.runs.iter().filter(|run| run.account == account.account).map(|run| {
        json!({
            "walk": run.walk,
            "due_at": run.due_at.to_string(),
            "started_at": run.started_at.to_string(),
            "finished_at": time(run.finished_at),
            "skipped": run.skipped,
        })
    });
    fields.insert("token".to_owned(), token);
    fields.insert("next_run_at".to_owned(), json!(time(facts.next_of(&account.account))));
    fields.insert("runs".to_owned(), runs.collect());
    record
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}
