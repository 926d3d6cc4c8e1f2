//! The command line as types.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

use crate::catalog::EventKind;
use crate::config::Since;
use crate::domain::{AccountName, Timestamp};
use crate::exit::Exit;

/// Keeps every post of the Instagram professional accounts you own, on your own disk.
#[derive(Debug, Parser)]
#[command(name = "mediakeep", version, max_term_width = 100, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What every command takes, before or after its name.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// Configuration file [default: see `mediakeep --help`]
    #[arg(short, long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// Write results and errors as JSON, one object per line
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Say nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say what is done; twice for every detail
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Keep all accounts by their schedules until it is stopped
    #[command(after_long_help = "\
The daemon: it says on standard error what it does, and tells systemd when it is ready and alive.
SIGTERM and SIGINT stop it at safe points within ten seconds; a second one ends it at once.
SIGHUP makes it read the configuration again; one that is wrong is refused and the old one stays.

Examples:
  mediakeep run
  mediakeep next                       what it will do, and when
  systemctl reload mediakeep           after a change of the configuration")]
    Run,
    /// Fetch what is new, once, and end
    #[command(after_long_help = "\
Examples:
  mediakeep sync                       everything that each account collects, in full
  mediakeep sync harbor.lantern        one account
  mediakeep sync --walk full           one walk of every account that has it
  mediakeep sync --since 2026-01-01    everything published since then
  mediakeep sync --dry-run             list what is new, keep nothing")]
    Sync(SyncArgs),
    /// Read everything kept again and compare it with its digests
    #[command(after_long_help = "\
Examples:
  mediakeep verify                     every file
  mediakeep verify --share 1/30        a thirtieth, those read longest ago first
  mediakeep verify --repair            fetch missing and damaged files again")]
    Verify(VerifyArgs),
    /// Copy the catalog, and check the copy
    #[command(after_long_help = "\
Works beside a running daemon and without one. The daemon makes copies by itself, as
[archive.backup] says.

Examples:
  mediakeep backup                     into backups/ in the archive
  mediakeep backup --to /mnt/usb/catalog.db")]
    Backup(BackupArgs),
    /// Put a copy in place of a lost or damaged catalog
    #[command(after_long_help = "\
The copy is looked through fully first. The present catalog is set aside in backups/ and never
removed. Stop the daemon before, and run `mediakeep sync` after.

Examples:
  mediakeep restore                    the newest sound copy in backups/, after a question
  mediakeep restore latest --yes       the same without a question
  mediakeep restore /mnt/usb/catalog.db")]
    Restore(RestoreArgs),
    /// Show accounts, last walks, failures and space on one screen
    Status,
    /// List posts
    #[command(after_long_help = "\
Examples:
  mediakeep list --since 30d                     published in the last 30 days
  mediakeep list --account harbor.lantern --type video
  mediakeep list --missing-files                 posts with files that are not held yet
  mediakeep list --state gone                    no longer available to the token
  mediakeep list --at 2026-03-01                 as of the end of that day, and what proves it
  mediakeep list --limit 0 --json                all of them, as JSON lines")]
    List(ListArgs),
    /// Show one post with its life and its files
    #[command(after_long_help = "\
Examples:
  mediakeep show 17900000000000001
  mediakeep show DNZCmWE8gB7
  mediakeep show DNZCmWE8gB7 --events            with the events as they are recorded
  mediakeep show https://www.instagram.com/p/DNZCmWE8gB7/")]
    Show(ShowArgs),
    /// List what happened, in sentences: first seen, missing, gone, returned
    #[command(after_long_help = "\
Examples:
  mediakeep events                               the last 50
  mediakeep events --kind gone --kind url_lost   what disappeared, so far as it is proven
  mediakeep events --media DNZCmWE8gB7 --all     the life of one post
  mediakeep events --since 7d --json             one object per event, with its evidence")]
    Events(EventsArgs),
    /// List what no walk has proven complete, why, and what will be done
    Gaps(GapsArgs),
    /// Write what is known of one post, and how, for others to check
    #[command(after_long_help = "\
Examples:
  mediakeep prove DNZCmWE8gB7 ./evidence
  mediakeep prove 17900000000000001 ./evidence --with-files
  cd evidence && sha256sum -c SHA256SUMS && python3 check.py")]
    Prove(ProveArgs),
    /// List past walks and what they proved
    Walks(WalksArgs),
    /// List the coming runs of the daemon
    #[command(after_long_help = "\
Examples:
  mediakeep next
  mediakeep next harbor.lantern --count 20
  mediakeep next --json")]
    Next(NextArgs),
    /// List what failed and when it is tried again
    Failures(FailuresArgs),
    /// Believe a walk that is held because too much was missing at once
    #[command(after_long_help = "\
A walk that misses very many items at once is held: no item changes its state until a later walk
misses the same, or until a person who has looked says that it is true. This is that word.

Examples:
  mediakeep status                     names the walks that are held
  mediakeep events --kind walk_held    when and how many
  mediakeep accept 17                  its items are missing since walk 17")]
    Accept(AcceptArgs),
    /// Check configuration, tokens, schedules and storage before they fail
    #[command(after_long_help = "\
Examples:
  mediakeep check                      everything, asking the API once per account
  mediakeep check --offline            what this machine alone can tell
  sudo -u mediakeep mediakeep check    as the service would see it")]
    Check(CheckArgs),
    /// Show tokens, put in a new one, or renew one now
    #[command(after_long_help = "\
Examples:
  mediakeep token list                 how each one stands and when it is renewed
  mediakeep token set harbor.lantern   asks for it without showing it
  mediakeep token set harbor.lantern < token-file
  mediakeep token refresh harbor.lantern")]
    Token(TokenArgs),
    /// Log in for an account in a browser and keep its token
    #[command(after_long_help = "\
Prints an address to open in a browser, reads the address at which the browser ends up, and keeps a
token of 60 days, which is renewed by itself. The account needs app_id, app_secret and redirect_uri
in the configuration; docs/tokens.md says where they are found.

Examples:
  mediakeep login harbor.lantern
  sudo -u mediakeep mediakeep login harbor.lantern    as the service would")]
    Login(LoginArgs),
    /// Try everything with an invented Instagram on this machine
    #[command(after_long_help = "\
Examples:
  mediakeep demo                       in a directory of its own, which is named at the end
  mediakeep demo --story               what it says when posts leave and return
  mediakeep demo --dir ./look --posts 200")]
    Demo(DemoArgs),
    /// Try whether messages reach those who are to be told
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        after_long_help = "\
Whom to tell, and what, stands in [notify] of the configuration (docs/operations.md, \"Being told\").

Examples:
  mediakeep notify test                a test message to everybody, now
  mediakeep notify test --target 2     to the second of them
  mediakeep notify test --json         one object per target"
    )]
    Notify(NotifyArgs),
    /// Print a completion script for a shell
    #[command(after_long_help = "\
Examples:
  mediakeep completions bash > /etc/bash_completion.d/mediakeep
  mediakeep completions zsh > /usr/local/share/zsh/site-functions/_mediakeep
  mediakeep completions fish > ~/.config/fish/completions/mediakeep.fish")]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one page per command
    #[command(after_long_help = "\
Examples:
  mediakeep man | man -l -
  mediakeep man --dir /usr/local/share/man/man1")]
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub(super) struct SyncArgs {
    /// Accounts by their configured names [default: all]
    #[arg(value_name = "ACCOUNT")]
    pub(super) accounts: Vec<AccountName>,
    /// Run only this configured walk
    #[arg(long, value_name = "NAME", conflicts_with_all = ["since", "until"])]
    pub(super) walk: Option<String>,
    /// Walk what was published since then: "30d", 2026-05-07 or 2026-05-07T13:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<Since>,
    /// Walk what was published before then
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<Since>,
    /// Record what is listed and leave the files for a later sync
    #[arg(long)]
    pub(super) metadata_only: bool,
    /// List and compare, but keep no post and no file
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// Beside a running daemon, which then does it: do not wait for the end of the pass
    #[arg(long)]
    pub(super) no_wait: bool,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Every file (the default)
    #[arg(long, conflicts_with = "share")]
    pub(super) all: bool,
    /// Only this share, those read longest ago first
    #[arg(long, value_name = "1/N")]
    pub(super) share: Option<Share>,
    /// Set bad files aside and fetch them again where the API still has them
    #[arg(long)]
    pub(super) repair: bool,
}

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// Write the copy there instead of into backups/
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) to: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// A copy, or "latest" for the newest sound one in backups/ (the default)
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) copy: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub(super) yes: bool,
}

/// One part of so many, such as 1/30.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// How many parts make the whole.
    pub(super) of: NonZeroUsize,
}

impl std::str::FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let of = text.strip_prefix("1/").and_then(|of| of.parse().ok());
        of.map(|of| Self { of }).ok_or_else(|| "write a share like 1/30".to_owned())
    }
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only this account
    #[arg(short, long, value_name = "NAME")]
    pub(super) account: Option<AccountName>,
    /// Published since then: "30d", 2026-05-07 or 2026-05-07T13:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<Since>,
    /// Published before then
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<Since>,
    /// Only posts of this kind
    #[arg(short = 't', long = "type", value_name = "KIND")]
    pub(super) kind: Option<Kind>,
    /// Only posts in this state
    #[arg(short, long)]
    pub(super) state: Option<State>,
    /// Only posts with files that are not held yet
    #[arg(short, long)]
    pub(super) missing_files: bool,
    /// The posts as they stood then: 2026-05-07, which means its end, or 2026-05-07T13:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "missing_files")]
    pub(super) at: Option<AsOf>,
    /// At most so many, newest first; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub(super) limit: usize,
}

/// A moment of the past that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsOf {
    /// The end of the day in UTC that begins then.
    Day(Timestamp),
    Moment(Timestamp),
}

impl AsOf {
    /// The instant that it means; nothing when it has not come yet. Of today it is now.
    pub(super) fn resolve(self, now: Timestamp) -> Option<Timestamp> {
        const DAY: Duration = Duration::from_secs(86_399);
        match self {
            Self::Day(begins) => (begins <= now).then(|| begins.plus(DAY).min(now)),
            Self::Moment(at) => (at <= now).then_some(at),
        }
    }
}

impl std::str::FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = || format!("{text}T00:00:00Z").parse().map(Self::Day);
        let moment = text.parse::<Timestamp>().map(Self::Moment);
        moment.or_else(|_| day()).map_err(|_| {
            "write a date like 2026-05-07 or a time like 2026-05-07T13:00:00Z".to_owned()
        })
    }
}

/// The kinds of posts by the API's `media_type` and `media_product_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    Image,
    Video,
    Album,
    Reel,
    Story,
}

/// The states of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum State {
    Present,
    Missing,
    Unlisted,
    Gone,
    Expired,
    Unreachable,
}

impl State {
    /// The word in the catalog.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Missing => "missing",
            Self::Unlisted => "unlisted",
            Self::Gone => "gone",
            Self::Expired => "expired",
            Self::Unreachable => "unreachable",
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Id, shortcode or permalink of the post
    pub(super) media: String,
    /// Add the events as they are recorded, with their evidence
    #[arg(long)]
    pub(super) events: bool,
}

#[derive(Debug, Args)]
pub(super) struct EventsArgs {
    /// Only this account
    #[arg(short, long, value_name = "NAME")]
    pub(super) account: Option<AccountName>,
    /// Only this post and its slides: id, shortcode or permalink
    #[arg(short, long, value_name = "MEDIA")]
    pub(super) media: Option<String>,
    /// Only events of this kind; may be given several times
    #[arg(short, long = "kind", value_name = "KIND", value_parser = event_kind())]
    pub(super) kinds: Vec<EventKind>,
    /// Recorded since then: "30d", 2026-05-07 or 2026-05-07T13:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<Since>,
    /// All of them
    #[arg(long, conflicts_with = "limit")]
    pub(super) all: bool,
    /// The newest so many, in the order of time; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub(super) limit: usize,
}

/// The words of `events.kind`.
fn event_kind() -> impl TypedValueParser<Value = EventKind> {
    PossibleValuesParser::new(EventKind::ALL.map(EventKind::as_str)).try_map(|word| {
        EventKind::from_word(&word).ok_or_else(|| format!("{word} is no kind of event"))
    })
}

#[derive(Debug, Args)]
pub(super) struct GapsArgs {
    /// Only this account
    #[arg(short, long, value_name = "NAME")]
    pub(super) account: Option<AccountName>,
}

#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    /// The number of the held walk
    #[arg(value_name = "WALK")]
    pub(super) walk: i64,
}

#[derive(Debug, Args)]
pub(super) struct ProveArgs {
    /// Id, shortcode or permalink of the post
    pub(super) media: String,
    /// A directory that does not exist yet, or is empty
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) dir: PathBuf,
    /// Copy the post's files into it, too
    #[arg(long)]
    pub(super) with_files: bool,
}

#[derive(Debug, Args)]
pub(super) struct WalksArgs {
    /// Only this account
    #[arg(short, long, value_name = "NAME")]
    pub(super) account: Option<AccountName>,
    /// At most so many, newest first; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub(super) limit: usize,
}

#[derive(Debug, Args)]
pub(super) struct FailuresArgs {
    /// Only this account
    #[arg(short, long, value_name = "NAME")]
    pub(super) account: Option<AccountName>,
    /// At most so many, newest first; 0 for all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub(super) limit: usize,
}

#[derive(Debug, Args)]
pub(super) struct NextArgs {
    /// Only this account
    #[arg(value_name = "ACCOUNT")]
    pub(super) account: Option<AccountName>,
    /// So many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(super) count: u16,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Do not ask the API
    #[arg(long)]
    pub(super) offline: bool,
}

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    pub(super) command: TokenCommand,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// List what is known of each account's token
    List,
    /// Put in a new token, from a prompt or from standard input
    Set(TokenSetArgs),
    /// Renew a token now, or say why not
    Refresh(TokenRefreshArgs),
}

#[derive(Debug, Args)]
pub(super) struct TokenSetArgs {
    /// The account's configured name
    pub(super) account: AccountName,
    /// Keep it without asking the API whose it is
    #[arg(long)]
    pub(super) offline: bool,
    /// Refused without being repeated: they may be the token.
    #[arg(hide = true)]
    pub(super) words: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct TokenRefreshArgs {
    /// The account's configured name
    pub(super) account: AccountName,
    /// Refused without being repeated: they may be the token.
    #[arg(hide = true)]
    pub(super) words: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// The account's configured name
    pub(super) account: AccountName,
    /// Refused without being repeated: they may be a code.
    #[arg(hide = true)]
    pub(super) words: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct NotifyArgs {
    #[command(subcommand)]
    pub(super) action: NotifyAction,
}

/// What can be done about those who are told.
#[derive(Debug, Subcommand)]
pub(super) enum NotifyAction {
    /// Send a test message to every target and say for each what happened
    Test(NotifyTestArgs),
}

#[derive(Debug, Args)]
pub(super) struct NotifyTestArgs {
    /// Only the target with this number, as the test of all of them counts
    #[arg(long, value_name = "N")]
    pub(super) target: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Play nine days in which posts leave, return and lose their files
    #[arg(long)]
    pub(super) story: bool,
    /// Directory of the demo archive [default: a new one below the system's temporary directory]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) dir: Option<PathBuf>,
    /// How many posts each invented account has
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) posts: u32,
    /// The same number invents the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write mediakeep.1 and one page per command into this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) dir: Option<PathBuf>,
}

/// The commands as the help shows them; a test holds that each stands in one group.
pub(super) const GROUPS: [(&str, &[&str]); 3] = [
    ("Archive", &["run", "sync", "verify", "accept", "backup", "restore"]),
    ("Look", &["status", "list", "show", "events", "gaps", "prove", "walks", "failures", "next"]),
    ("Set up", &["check", "login", "token", "notify", "demo", "completions", "man"]),
];

const CONFIGURATION: &str = "\
Configuration:
  The file is --config FILE, else the one that MEDIAKEEP_CONFIG names, else
  ~/.config/mediakeep/config.toml, else /etc/mediakeep/config.toml.
  MEDIAKEEP__SECTION__KEY in the environment wins over a key of the file.";

const EXAMPLES: &str = "\
Examples:
  mediakeep demo                 look at everything without an account
  mediakeep check                what would fail, before it fails
  mediakeep sync                 fetch what is new
  mediakeep run                  keep doing so by the schedules";

/// The parser with grouped help.
pub(super) fn command() -> clap::Command {
    let command = Cli::command();
    let mut groups = String::new();
    for (title, names) in GROUPS {
        groups.push_str(title);
        groups.push_str(":\n");
        for name in names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            groups.extend([format!("  {name:<12} {about}\n")]);
        }
        groups.push('\n');
    }
    let template = format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}Options:\n{{options}}{{after-help}}"
    );
    let short = format!("{EXAMPLES}\n\nMore: mediakeep --help, mediakeep COMMAND --help");
    let long = format!("{EXAMPLES}\n\n{CONFIGURATION}\n\n{}", exit_status());
    let command = command.help_template(template).after_help(short).after_long_help(long);
    let subcommands: Vec<String> =
        command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    subcommands.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |sub| {
            let long = sub.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            let gap = if long.is_empty() { "" } else { "\n\n" };
            sub.after_long_help(format!("{long}{gap}Exit status: see `mediakeep --help`."))
        })
    })
}

/// The table of exit codes.
pub(super) fn exit_status() -> String {
    let rows = Exit::ALL.map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning()));
    format!("Exit status:\n{}", rows.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_command_stands_in_one_group() {
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        let command = command();
        let mut all: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        grouped.sort_unstable();
        all.sort_unstable();
        assert_eq!(grouped, all);
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for line in [
            ["mediakeep", "--json", "--config", "/a", "status"],
            ["mediakeep", "status", "--config", "/a", "--json"],
            ["mediakeep", "--json", "status", "--config", "/a"],
        ] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert!(cli.global.json, "{line:?}");
            assert_eq!(cli.global.config, Some("/a".into()), "{line:?}");
        }
    }

    #[test]
    fn a_share_is_a_part_of_the_whole() {
        assert_eq!("1/30".parse::<Share>().unwrap().of.get(), 30);
        for text in ["", "1", "0/3", "2/3", "1/0", "a/b", "-1/3", "1/3/4"] {
            assert!(text.parse::<Share>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_day_means_its_end_and_the_future_is_nothing() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let resolved = |text: &str| {
            let at = text.parse::<AsOf>().unwrap().resolve(now);
            at.map(|at| at.to_string())
        };
        for (text, at) in [
            ("2026-11-21", Some("2026-11-21T23:59:59Z")),
            ("2026-11-22", Some("2026-11-22T12:00:00Z")),
            ("2026-11-23", None),
            ("2026-11-22T11:00:00Z", Some("2026-11-22T11:00:00Z")),
            ("2026-11-22T13:00:00+0200", Some("2026-11-22T11:00:00Z")),
            ("2026-11-22T12:00:01Z", None),
        ] {
            assert_eq!(resolved(text).as_deref(), at, "{text}");
        }
        for text in ["", "30d", "yesterday", "2026-02-30", "2026-3-1"] {
            assert!(text.parse::<AsOf>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn every_command_says_what_it_does_in_one_line() {
        for sub in command().get_subcommands() {
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            assert!((10..=70).contains(&about.len()), "{}: {about:?}", sub.get_name());
        }
    }
}
