//! `mediakeep token`: what is known of the tokens, a new one put in, one renewed now.

use crate::archive::token::Answered;
use crate::blobs::ArchiveDir;
use crate::cli::args::{TokenArgs, TokenCommand};
use crate::cli::output::Output;
use crate::config::{AccountConfig, Config};
use crate::daemon::store_failure;
use crate::domain::{AccountName, TokenTrouble};
use crate::exit::{Exit, Failure};

mod list;
mod refresh;
mod set;

pub(super) use list::facts;
pub(super) use set::{tell, tried};

/// Does what the subcommand says.
pub(crate) fn run(args: &TokenArgs, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    match &args.command {
        TokenCommand::List => list::run(config, output),
        TokenCommand::Set(args) => set::run(args, config, output),
        TokenCommand::Refresh(args) => refresh::run(args, config, output),
    }
}

/// The configured account of this name.
pub(super) fn account_of<'a>(
    config: &'a Config,
    name: &AccountName,
) -> Result<&'a AccountConfig, Failure> {
    config.account(name).ok_or_else(|| {
        let known: Vec<&str> =
            config.accounts.iter().map(|account| account.name.as_str()).collect();
        let hint = if known.is_empty() {
            "add an [[account]] section; docs/tokens.md says where its values come from".to_owned()
        } else {
            format!("it names {}", known.join(", "))
        };
        Failure::new(Exit::Usage, format!("no account {name} in {}", config.path.display()))
            .with_hint(hint)
    })
}

/// Refuses words behind the account without repeating them: they may be the token.
pub(super) fn refuse_words(words: &[std::ffi::OsString]) -> Result<(), Failure> {
    if words.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, "a secret is never an argument: others can see it in the list of processes")
        .with_hint("run the command with the account alone and paste the secret when it asks; if it was a token, get a new one"))
}

/// Makes sure that there is an archive to keep tokens in, beside whoever writes it.
pub(super) fn ready_archive(config: &Config) -> Result<(), Failure> {
    let (dir, id) = (&config.archive.dir, config.archive.id.as_deref());
    match ArchiveDir::open_read_only(dir) {
        Ok(archive) if id.is_none_or(|id| id == archive.id()) => Ok(()),
        // Makes a new one where that may be, and says why where it may not.
        Ok(_) | Err(_) => ArchiveDir::create_or_open(dir, id).map(drop).map_err(store_failure),
    }
}

/// Why a token that was tried once is not taken.
pub(super) fn not_taken(account: &AccountConfig, answered: Answered) -> Failure {
    let name = &account.name;
    match answered {
        Answered::Yes => Failure::new(Exit::Bug, "a token that works was refused"),
        Answered::No(trouble, why) => {
            let failure = Failure::new(Exit::Token, format!("account {name}: {trouble}: {why}"));
            failure.with_hint(match trouble {
                TokenTrouble::OtherAccount => {
                    "nothing was changed; get the token as this account's owner, or correct its user_id"
                }
                TokenTrouble::NotOfThisHost => {
                    "nothing was changed; copy all of it, and check that `login` is the token's"
                }
                TokenTrouble::Expired
                | TokenTrouble::Revoked
                | TokenTrouble::PasswordChanged
                | TokenTrouble::Checkpoint
                | TokenTrouble::Refused => "nothing was changed; get a new one (docs/tokens.md)",
            })
        }
        Answered::Doubtful(why) => Failure::new(
            Exit::Permission,
            format!("account {name}: the token does not reach the account: {why}"),
        )
        .with_hint("nothing was changed; docs/tokens.md lists the permissions of each login"),
        Answered::Unknown(why) => Failure::new(Exit::Unavailable, format!("account {name}: {why}"))
            .with_hint("nothing was changed; try again later, or with --offline unchecked"),
    }
}
