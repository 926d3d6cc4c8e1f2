//! A model of a living account, and the archive that looks at it: nothing false is ever said of an
//! item, whatever the API, the network and the clocks do; and what really left is noticed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod api;
mod archive;
mod catalog;
mod faults;
mod guards;
mod history;
mod oracle;
mod story;
mod truth;

use std::cell::RefCell;

use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};

use faults::{Fault, Said, Tally};
use history::histories;
use story::tell;

/// How many histories of about 30 passes are told.
fn number_of_histories() -> u32 {
    let asked = std::env::var("MEDIAKEEP_HISTORIES").ok().and_then(|number| number.parse().ok());
    let torture = std::env::var_os("MEDIAKEEP_TORTURE").is_some();
    asked.unwrap_or(if torture { 100_000 } else { 10_000 })
}

#[test]
fn nothing_false_is_said_in_any_history_and_what_left_is_noticed() {
    let cases = number_of_histories();
    let file = "tests/proptest-regressions/living_account.txt";
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        max_shrink_iters: 20_000,
        ..Config::default()
    });
    let tally = RefCell::new(Tally::default());
    let outcome = runner.run(&histories(), |history| {
        let (told, outcome) = tell(&history);
        tally.borrow_mut().add(&told);
        outcome.map_err(|flaw| proptest::test_runner::TestCaseError::fail(format!("{flaw:?}")))
    });
    let tally = tally.into_inner();
    println!("{} histories, {} passes", tally.histories, tally.passes);
    println!("said: {:?}", tally.said);
    println!("faults: {:?}", tally.faults);
    if let Err(error) = outcome {
        panic!("{error}");
    }
    if cases >= 1_000 {
        for fault in Fault::ALL {
            assert!(tally.faults.contains_key(&fault), "{fault:?} never happened");
        }
        for said in Said::ALL {
            assert!(tally.said.contains_key(&said), "{said:?} was never said");
        }
    }
}
