//! Asks whom a token answers for.

use crate::domain::{Class, TokenTrouble, UserId};
use crate::graph::GraphClient;

/// What using a token once showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It answers for the account.
    Yes,
    /// It does not work, or answers for another account.
    No(TokenTrouble, String),
    /// "Does not exist" or "no permission": that the token is no good only when another one answers
    /// in the same minute, for the API says so too when it is out of order.
    Doubtful(String),
    /// Nobody answered, or nobody had time.
    Unknown(String),
}

/// Uses a token once, for the account itself.
pub(super) async fn probe(graph: &GraphClient, user_id: &UserId) -> Answered {
    let error = match graph.account().await {
        Ok(answer) if answer.value.answers_for(user_id) => return Answered::Yes,
        Ok(answer) => {
            let facts = answer.value;
            let other = facts.user_id.as_deref().unwrap_or(&facts.id);
            let called =
                facts.username.value().map(|name| format!(" ({name})")).unwrap_or_default();
            let detail = format!("configured is {user_id}, it answers for {other}{called}");
            return Answered::No(TokenTrouble::OtherAccount, detail);
        }
        Err(error) => error,
    };
    match error.class() {
        Class::StopAccount(trouble) => Answered::No(trouble, error.to_string()),
        Class::MaybeGone | Class::Permission => Answered::Doubtful(error.to_string()),
        Class::Retry | Class::Wait { .. } | Class::Shrink | Class::DropField(_) | Class::Fatal => {
            Answered::Unknown(error.to_string())
        }
    }
}
