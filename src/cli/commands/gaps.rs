//! `mediakeep gaps`: what no walk has proven, why, and what will be done about it.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Reading, known_account, open_to_read};
use crate::catalog::{GapRow, HoldRow, ProvenRow};
use crate::cli::args::GapsArgs;
use crate::cli::output::{Output, Reader};
use crate::cli::render::flow::{Told, flow};
use crate::cli::render::paint::{Tone, paint};
use crate::cli::render::reason;
use crate::cli::render::rows;
use crate::cli::render::table::Cell;
use crate::cli::render::text::plain;
use crate::config::Config;
use crate::daemon::catalog_failure;
use crate::domain::Timestamp;
use crate::domain::ledger::GapReason;
use crate::exit::Exit;

/// Lists the gaps, and up to when everything else is proven.
pub(crate) fn run(args: &GapsArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let reading = open_to_read(config)?;
    let account = known_account(&reading, args.account.as_ref())?;
    let ledger = Ledger::read(&reading, account.as_deref())?;
    match output.reader {
        Reader::Program => {
            for gap in &ledger.gaps {
                output.record("gap", rows::gap(gap, &ledger.remedy(gap)))?;
            }
            for span in &ledger.proven {
                output.record("proven", rows::proven(span))?;
            }
            for account in ledger.unproven() {
                output.record("unproven", json!({"account": account}))?;
            }
        }
        Reader::Person => output.write(&ledger.text(output))?,
    }
    Ok(Exit::Done)
}

/// What is proven and what is not.
struct Ledger {
    accounts: Vec<String>,
    gaps: Vec<GapRow>,
    proven: Vec<ProvenRow>,
    holds: Vec<HoldRow>,
}

impl Ledger {
    fn read(reading: &Reading, account: Option<&str>) -> anyhow::Result<Self> {
        let catalog = &reading.catalog;
        let facts = catalog.status().map_err(catalog_failure)?;
        let names = facts.accounts.into_iter().map(|known| known.account);
        Ok(Self {
            accounts: names.filter(|name| account.is_none_or(|wanted| wanted == name)).collect(),
            gaps: catalog.gaps(account).map_err(catalog_failure)?,
            proven: catalog.proven(account).map_err(catalog_failure)?,
            holds: catalog.open_holds(account).map_err(catalog_failure)?,
        })
    }

    /// Accounts of which nothing is proven and no gap is recorded: no walk has ended yet.
    fn unproven(&self) -> impl Iterator<Item = &str> {
        let is_known = |name: &str| {
            self.gaps.iter().any(|gap| gap.account == name)
                || self.proven.iter().any(|span| span.account == name)
        };
        self.accounts.iter().map(String::as_str).filter(move |name| !is_known(name))
    }

    /// The newest proven instant of each list, and the walk that proved it.
    fn ends(&self) -> BTreeMap<(&str, &str), (Timestamp, i64)> {
        let mut ends = BTreeMap::new();
        for span in &self.proven {
            let end = ends.entry((span.account.as_str(), span.edge.as_str()));
            let end = end.or_insert((span.to_at, span.walk_id));
            *end = (*end).max((span.to_at, span.walk_id));
        }
        ends
    }

    fn remedy(&self, gap: &GapRow) -> String {
        let mut holds = self.holds.iter();
        match holds.find(|hold| hold.account == gap.account && hold.edge == gap.edge) {
            Some(hold) if gap.reason == "held" => format!(
                "mediakeep accept {} believes the walk, else a later walk decides",
                hold.walk_id
            ),
            Some(_) | None => gap.remedy.to_owned(),
        }
    }

    fn text(&self, output: &Output) -> String {
        let told = |rows: Vec<Told>| flow(&rows, output.sentences, output.colours);
        let mut text = String::new();
        if self.gaps.is_empty() && self.unproven().next().is_none() {
            text.push_str("No gaps: what the lists hold is proven.\n");
        }
        text.push_str(&told(self.gaps.iter().map(|gap| self.gap(gap)).collect()));
        text.push_str(&told(self.unproven().map(never).collect()));
        let ends = self.ends();
        if !ends.is_empty() {
            text.extend(["\n", &paint("Proven", Tone::Heading, output.colours), "\n"]);
            text.push_str(&told(ends.into_iter().map(proven).collect()));
        }
        text
    }

    fn gap(&self, gap: &GapRow) -> Told {
        let at = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let (from, to) = (at(gap.from_at), at(gap.to_at));
        let why = reason::of_gap(&GapReason::from_word(&gap.reason));
        Told {
            cells: vec![
                plain(&gap.account).into(),
                reason::span(&gap.edge, from.as_deref(), to.as_deref()).into(),
            ],
            sentence: Cell::toned(
                plain(&format!("open since {}: {why}; {}", gap.since, self.remedy(gap))),
                Tone::Warning,
            ),
        }
    }
}

fn never(account: &str) -> Told {
    let text = "no walk has ended yet: nothing is proven";
    Told { cells: vec![plain(account).into()], sentence: Cell::toned(text, Tone::Warning) }
}

fn proven(((account, edge), (end, walk)): ((&str, &str), (Timestamp, i64))) -> Told {
    Told {
        cells: vec![plain(account).into(), reason::things(edge).into()],
        sentence: Cell::toned(format!("up to {end}, by walk {walk}"), Tone::Good),
    }
}
