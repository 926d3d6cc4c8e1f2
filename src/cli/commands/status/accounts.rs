//! The table of accounts.

use super::facts::{Facts, Token};
use crate::catalog::AccountStatus;
use crate::cli::output::Output;
use crate::cli::render::paint::Tone;
use crate::cli::render::table::{Cell, Column, numbers, table_without, words};
use crate::cli::render::text::{plain, wrap};
use crate::cli::render::units::{ago, count};
use crate::daemon::in_words;
use crate::domain::Timestamp;

/// Columns that a narrow terminal does without, the first first; the lines below the table still
/// say what is in them when it is not nothing.
const SPARE: [&str; 7] = ["API", "WAITING", "GAPS", "FAILED", "HELD", "NEXT", "COMPLETE"];

const HEAD: [Column; 12] = [
    words("ACCOUNT"),
    words("TOKEN"),
    words("COMPLETE"),
    words("NEXT"),
    numbers("POSTS"),
    numbers("HELD"),
    numbers("WAITING"),
    numbers("FAILED"),
    numbers("GONE"),
    numbers("GAPS"),
    numbers("API"),
    words("STATE"),
];

const NOTHING: &str = "–";

/// A row for each account; a line instead where there is none.
pub(super) fn table(facts: &Facts, output: &Output) -> String {
    let mut cells: Vec<Vec<Cell>> =
        facts.status.accounts.iter().map(|account| row(account, facts)).collect();
    cells.extend(facts.waiting.iter().map(|name| {
        let mut row: Vec<Cell> = vec![plain(name).into()];
        row.extend((2..HEAD.len()).map(|_| Cell::from(NOTHING)));
        row.push(Cell::toned("not synced yet", Tone::Warning));
        row
    }));
    if cells.is_empty() {
        let config = facts.config.display();
        let text = format!("No account is configured: add an [[account]] section to {config}");
        return format!("\n{}\n\n", wrap(&text, output.sentences).join("\n"));
    }
    let table = table_without(&HEAD, &cells, &SPARE, output.width, output.colours);
    format!("\n{table}\n")
}

fn row(account: &AccountStatus, facts: &Facts) -> Vec<Cell> {
    let now = facts.now;
    let last = account.last_complete_walk_at.map_or_else(|| "never".to_owned(), |at| ago(at, now));
    let next = facts.next_of(&account.account);
    let next = next.map_or_else(|| NOTHING.to_owned(), |at| in_words(at, now));
    let api = account.usage_percent;
    let api = api.map_or_else(|| NOTHING.to_owned(), |percent| format!("{percent:.0} %"));
    let tone = match account.state.as_str() {
        "ok" => Tone::Good,
        "throttled" => Tone::Warning,
        _ => Tone::Bad,
    };
    let some = |number: u64, tone| {
        Cell::toned(count(number), if number > 0 { tone } else { Tone::Normal })
    };
    vec![
        plain(&account.account).into(),
        token(&facts.token_of(account), now),
        last.into(),
        next.into(),
        count(account.listed).into(),
        count(account.held).into(),
        count(account.files_pending).into(),
        some(account.files_failed, Tone::Bad),
        some(account.gone, Tone::Bad),
        some(account.gaps, Tone::Warning),
        api.into(),
        Cell::toned(plain(&account.state), tone),
    ]
}

fn token(token: &Token, now: Timestamp) -> Cell {
    const WEEK: u64 = 7 * 86_400;
    match token {
        Token::Unseen => NOTHING.into(),
        Token::NoEndKnown => "no end known".into(),
        Token::NeverEnds => "never ends".into(),
        Token::EndsAt(at) => {
            let left = ago(*at, now);
            let left = format!("{} left", left.strip_prefix("in ").unwrap_or(&left));
            let soon = at.since(now).as_secs() < WEEK;
            Cell::toned(left, if soon { Tone::Warning } else { Tone::Normal })
        }
        Token::EndedAt(at) => Cell::toned(format!("expired {}", ago(*at, now)), Tone::Bad),
        Token::Broken(word) => Cell::toned(plain(word), Tone::Bad),
    }
}
