//! Error answers on request: the faults that replace an answer by an error.

use axum::http::StatusCode;

use crate::faults::{Call, FaultKind, Faults, Fired};
use crate::host::Login;
use crate::world::TokenEnd;

use super::error::{ErrorKind, GraphError};

/// An error that a fault puts in the place of an answer.
pub(crate) struct Outage {
    pub(crate) error: GraphError,
    /// Minutes that a throttle announces, and whether it really blocks.
    pub(crate) throttle: Option<Throttle>,
}

/// What a throttle says about its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Throttle {
    pub(crate) minutes: i64,
    pub(crate) blocks: bool,
    /// Whether it is the app that is shut out, with all of its accounts.
    pub(crate) of_app: bool,
}

/// The kinds looked for, in this order.
const KINDS: [FaultKind; 18] = [
    FaultKind::ThrottleApp,
    FaultKind::ThrottleBuc,
    FaultKind::ThrottleUser,
    FaultKind::TokenExpired463,
    FaultKind::TokenRevoked458,
    FaultKind::PasswordChanged460,
    FaultKind::Checkpoint459,
    FaultKind::Permission10,
    FaultKind::Permission200,
    FaultKind::Transient2,
    FaultKind::Unknown1,
    FaultKind::TooHeavy,
    FaultKind::LocalizedMessage,
    FaultKind::MissingType,
    FaultKind::ErrorSubcodeZero,
    FaultKind::Nodes100_33,
    FaultKind::RefusedField,
    FaultKind::NonexistingField,
];

/// What the faults need to know about a call beyond its route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) login: Login,
    /// Whether it reads one object instead of a list.
    pub(crate) reads_node: bool,
    pub(crate) id: &'a str,
    pub(crate) limit: u64,
    pub(crate) fields: &'a str,
    pub(crate) now: i64,
}

/// The error that an armed fault wants for this call.
pub(crate) fn strike(faults: &Faults, call: Call<'_>, facts: Facts<'_>) -> Option<Outage> {
    KINDS.iter().find_map(|&kind| {
        let fired = faults.fires_if(kind, call, |args| applies(kind, args, facts))?;
        let throttle = match kind {
            FaultKind::ThrottleApp | FaultKind::ThrottleBuc | FaultKind::ThrottleUser => {
                let minutes = fired.number("minutes");
                Some(Throttle {
                    minutes: minutes.unwrap_or(1),
                    blocks: minutes.is_some(),
                    of_app: kind == FaultKind::ThrottleApp,
                })
            }
            _ => None,
        };
        let named = fired.text("field").unwrap_or_default();
        Some(Outage { error: error(kind, facts, named), throttle })
    })
}

fn applies(kind: FaultKind, args: &Fired, facts: Facts<'_>) -> bool {
    match kind {
        FaultKind::TooHeavy => args
            .number("above_limit")
            .is_none_or(|limit| i64::try_from(facts.limit).unwrap_or(i64::MAX) > limit),
        FaultKind::Nodes100_33 => facts.reads_node,
        FaultKind::RefusedField | FaultKind::NonexistingField => {
            let names = |text: &str, name: &str| {
                text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                    .any(|word| word == name)
            };
            args.text("field").is_some_and(|name| names(facts.fields, name))
        }
        _ => true,
    }
}

fn error(kind: FaultKind, facts: Facts<'_>, named: &str) -> GraphError {
    let server = StatusCode::INTERNAL_SERVER_ERROR;
    match kind {
        FaultKind::ThrottleApp => app_limit(),
        FaultKind::ThrottleBuc => account_limit(),
        FaultKind::ThrottleUser => GraphError::new(17, "User request limit reached")
            .subcode(2_446_079)
            .kind(ErrorKind::OAuth)
            .status(StatusCode::FORBIDDEN),
        FaultKind::TokenExpired463 => {
            super::auth::ended(TokenEnd::Expired, facts.login, facts.now - 60, facts.now)
                .subcode(463)
        }
        FaultKind::TokenRevoked458 => {
            super::auth::ended(TokenEnd::Revoked, facts.login, facts.now, facts.now)
        }
        FaultKind::PasswordChanged460 => {
            super::auth::ended(TokenEnd::PasswordChanged, facts.login, facts.now, facts.now)
        }
        FaultKind::Checkpoint459 => {
            super::auth::ended(TokenEnd::Checkpointed, facts.login, facts.now, facts.now)
        }
        FaultKind::Permission10 | FaultKind::RefusedField => GraphError::no_permission(),
        FaultKind::NonexistingField => {
            GraphError::new(100, format!("Tried accessing nonexisting field ({named})"))
        }
        FaultKind::Permission200 => GraphError::new(
            200,
            "The calling app is missing a permission that this account requires",
        )
        .kind(ErrorKind::OAuth)
        .status(StatusCode::FORBIDDEN),
        FaultKind::Unknown1 => {
            GraphError::new(1, "An unknown error occurred").plain().subcode(99).status(server)
        }
        FaultKind::MissingType => GraphError::new(1, "An unknown error occurred")
            .plain()
            .kind(ErrorKind::Missing)
            .status(server),
        FaultKind::TooHeavy => GraphError::new(
            1,
            "Please reduce the amount of data you're asking for, then retry your request",
        )
        .plain()
        .kind(ErrorKind::Missing)
        .status(server),
        FaultKind::LocalizedMessage => GraphError::new(
            2,
            "Ocorreu um erro inesperado. Tente novamente a sua solicitação mais tarde.",
        )
        .plain()
        .transient(true)
        .status(server),
        FaultKind::ErrorSubcodeZero => transient(facts.login).subcode(0),
        FaultKind::Nodes100_33 => outage_of_nodes(facts),
        _ => transient(facts.login),
    }
}

/// 100/33 in the flavour of each host: the Facebook one says only "Authorization Error".
fn outage_of_nodes(facts: Facts<'_>) -> GraphError {
    let mut error = GraphError::no_object(facts.id, "get");
    if facts.login == Login::Facebook {
        "Authorization Error".clone_into(&mut error.message);
    }
    error
}

fn transient(login: Login) -> GraphError {
    let message = match login {
        Login::Instagram => "Service temporarily unavailable",
        Login::Facebook => "An unexpected error has occurred. Please retry your request later.",
    };
    GraphError::new(2, message).plain().transient(true).status(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Code 4 with 403: the app's allowance is used up (observed on the Instagram host).
pub(crate) fn app_limit() -> GraphError {
    GraphError::new(4, "Application request limit reached")
        .subcode(1_349_210)
        .kind(ErrorKind::OAuth)
        .transient(true)
        .status(StatusCode::FORBIDDEN)
}

/// Code 80002: the account's own allowance is used up.
pub(crate) fn account_limit() -> GraphError {
    GraphError::new(
        80002,
        "There have been too many calls to this Instagram account. Wait a bit and try again.",
    )
    .kind(ErrorKind::OAuth)
}
