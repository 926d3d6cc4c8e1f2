//! How what a pass met ends the program; a daemon goes on, and tells the code to a watchman.

use crate::archive::PassReport;
use crate::archive::report::ProblemKind;
use crate::exit::Exit;

/// How an account's pass ends the program, taken alone.
pub fn exit_of(report: &PassReport) -> Exit {
    report.worst().map_or(Exit::Done, exit_of_problem)
}

/// How a problem ends the program.
pub fn exit_of_problem(kind: ProblemKind) -> Exit {
    match kind {
        ProblemKind::Token => Exit::Token,
        ProblemKind::Permission => Exit::Permission,
        ProblemKind::Throttled => Exit::Allowance,
        ProblemKind::Api => Exit::Unavailable,
        ProblemKind::Storage => Exit::Storage,
        ProblemKind::Stopped
        | ProblemKind::Files
        | ProblemKind::Items
        | ProblemKind::Listing
        | ProblemKind::Blind
        | ProblemKind::Held => Exit::Attention,
    }
}
