//! What needs a person: open alarms, what keeps us from judging, what waits for a word.

use super::facts::Facts;
use crate::catalog::{AccountStatus, AlarmRow, HoldRow};
use crate::cli::render::flow::Told;
use crate::cli::render::paint::Tone;
use crate::cli::render::reason;
use crate::cli::render::table::Cell;
use crate::cli::render::text::plain;
use crate::cli::render::units::{ago, count, span};
use crate::domain::{AlarmKind, Timestamp};

/// One row each, the worst first.
pub(super) fn rows(facts: &Facts) -> Vec<Told> {
    let alarms = &facts.around.alarms;
    let accounts = &facts.status.accounts;
    let blind = accounts.iter().filter(|account| is_blind(account) && !is_told(account, alarms));
    let blind = blind.map(|account| {
        let text = format!("{}: nothing is judged", why_blind(account, facts.now));
        told("BLIND", &account.account, &text, Tone::Bad)
    });
    let alarms = alarms.iter().map(|alarm| alarm_row(alarm, facts.now));
    let held =
        facts.holds.iter().map(|hold| told("HELD", &hold.account, &held(hold), Tone::Warning));
    let is_more = |account: &&AccountStatus| {
        !is_blind(account) && !facts.holds.iter().any(|hold| hold.account == account.account)
    };
    let look = accounts.iter().filter(is_more).filter_map(|account| {
        let text = account.attention.as_deref()?;
        Some(told("LOOK", &account.account, text, Tone::Warning))
    });
    let next = if facts.status.accounts.is_empty() && facts.around.daemon.is_none() {
        "not synced yet: run `mediakeep sync`"
    } else {
        "not synced yet: its first pass comes with the daemon or with `mediakeep sync`"
    };
    let new = facts.waiting.iter().map(|account| told("NEW", account, next, Tone::Warning));
    blind.chain(alarms).chain(held).chain(look).chain(new).collect()
}

fn told(word: &'static str, account: &str, text: &str, tone: Tone) -> Told {
    Told {
        cells: vec![Cell::toned(word, tone), plain(account).into()],
        sentence: Cell::from(plain(text)),
    }
}

fn alarm_row(alarm: &AlarmRow, now: Timestamp) -> Told {
    let account = alarm.account.as_deref().unwrap_or("archive");
    // The message names the account, as this line does.
    let detail = alarm.detail.strip_prefix(&format!("{account}: ")).unwrap_or(&alarm.detail);
    let since = span(alarm.since, now);
    let kind = AlarmKind::from_word(&alarm.kind);
    let text = match kind {
        Some(kind) => {
            format!("{detail} (for {since}): {}", kind.hint().replace("ACCOUNT", account))
        }
        // A newer daemon may know kinds that this program does not.
        None => format!("{}: {detail} (for {since})", alarm.kind),
    };
    told("ALARM", account, &text, kind.map_or(Tone::Bad, tone))
}

fn tone(kind: AlarmKind) -> Tone {
    match kind {
        AlarmKind::TokenExpiring
        | AlarmKind::Blind
        | AlarmKind::PublishFailing
        | AlarmKind::WalLarge
        | AlarmKind::WorkerRestarted
        | AlarmKind::MessengerFailing
        | AlarmKind::ClockOff => Tone::Warning,
        AlarmKind::TokenDead
        | AlarmKind::PermissionMissing
        | AlarmKind::PassFailing
        | AlarmKind::DiskLow
        | AlarmKind::Damaged
        | AlarmKind::BackupFailing => Tone::Bad,
    }
}

/// Whether an alarm says already why the account is blind.
fn is_told(account: &AccountStatus, alarms: &[AlarmRow]) -> bool {
    alarms.iter().any(|alarm| {
        alarm.account.as_deref() == Some(account.account.as_str())
            && AlarmKind::from_word(&alarm.kind).is_some_and(says_why_blind)
    })
}

fn says_why_blind(kind: AlarmKind) -> bool {
    match kind {
        AlarmKind::TokenDead | AlarmKind::PermissionMissing | AlarmKind::PassFailing => true,
        AlarmKind::TokenExpiring
        | AlarmKind::Blind
        | AlarmKind::DiskLow
        | AlarmKind::Damaged
        | AlarmKind::BackupFailing
        | AlarmKind::PublishFailing
        | AlarmKind::WalLarge
        | AlarmKind::WorkerRestarted
        | AlarmKind::MessengerFailing
        | AlarmKind::ClockOff => false,
    }
}

fn is_blind(account: &AccountStatus) -> bool {
    account.state != "ok" && account.state != "new"
}

fn why_blind(account: &AccountStatus, now: Timestamp) -> String {
    let since = account.state_since_at.map(|at| format!(" since {at}")).unwrap_or_default();
    match (&account.state_detail, account.blocked_until) {
        (_, Some(until)) if until > now => {
            format!("{}{since}, allowed again {}", account.state, ago(until, now))
        }
        (Some(detail), _) => {
            // The message names the account, as this line does.
            let detail = detail.strip_prefix(&format!("{}: ", account.account)).unwrap_or(detail);
            format!("{}{since}: {detail}", account.state)
        }
        (None, _) => format!("{}{since}", account.state),
    }
}

fn held(hold: &HoldRow) -> String {
    let number = |number: i64| count(u64::try_from(number).unwrap_or(0));
    format!(
        "{} of {} {} (walk {}): mediakeep accept {} believes it, else a later walk decides",
        number(hold.items),
        number(hold.looked_at),
        reason::of_hold(&hold.kind, &hold.reason),
        hold.walk_id,
        hold.walk_id
    )
}
