//! Turns what is written into what is meant: defaults, cross-checks, types of the domain.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use url::{Host, Url};

use super::locate::{Problem, contains_token};
use super::raw::{
    RawAccount, RawAddress, RawApi, RawArchive, RawConfig, RawDownload, RawEdge, RawHttp, RawLogin,
    RawNotify, RawPublish, RawSecret, RawSource, RawWalk,
};
use super::units::{Since, Size, Text, Word};
use super::{
    AbsenceConfig, AccountConfig, Address, ApiConfig, ArchiveConfig, BackupConfig, Collect, Config,
    DownloadConfig, HttpConfig, Listen, LogConfig, LogFormat, NotifyConfig, PublishConfig, Recheck,
    ScheduleConfig, SecretSource, WalkConfig,
};
use crate::domain::notice::NoticeKind;
use crate::domain::{Edge, Login};
use crate::schedule::{Crontab, InvalidCrontab, Schedule, UnknownZone, Zone};

const DAY: Duration = Duration::from_secs(86_400);

/// Checks everything that the types alone cannot say; `path` is where relative paths begin.
pub(super) fn validate(raw: RawConfig, path: &Path) -> Result<Config, Problem> {
    let base = path.parent().unwrap_or(Path::new(""));
    let zone = raw.schedule.timezone.map_or(Zone::UTC, |zone| zone.0);
    let level = raw.log.level.unwrap_or_else(|| Spanned::new(0..0, "info".to_owned()));
    if level.get_ref().parse::<tracing_subscriber::filter::Targets>().is_err() {
        return Err(Problem::at(&level, "not a log level").with_hint(
            "use error, warn, info, debug or trace, or directives like mediakeep=debug,hyper=warn",
        ));
    }
    Ok(Config {
        path: path.to_owned(),
        archive: archive(raw.archive, base, &zone)?,
        api: api(raw.api)?,
        download: download(raw.download)?,
        absence: AbsenceConfig {
            confirm_after: raw.absence.confirm_after.map_or(DAY, |text| text.0),
            brake_items: raw.absence.brake_items.map_or(20, |number| number.0),
            brake_share: raw.absence.brake_share.map_or(0.05, |share| share.0),
        },
        schedule: ScheduleConfig {
            timezone: zone.clone(),
            jitter: raw.schedule.jitter.map_or(Duration::from_secs(60), |text| text.0),
        },
        log: LogConfig {
            format: raw.log.format.unwrap_or(LogFormat::Text),
            level: level.into_inner(),
        },
        http: http(raw.http, base)?,
        notify: notify(raw.notify, base)?,
        accounts: accounts(raw.account, base, &zone)?,
    })
}

fn archive(raw: RawArchive, base: &Path, zone: &Zone) -> Result<ArchiveConfig, Problem> {
    let dir = match raw.dir {
        Some(dir) if dir.get_ref().as_os_str().is_empty() => {
            return Err(Problem::at(&dir, "no directory"));
        }
        Some(dir) => base.join(dir.into_inner()),
        None => PathBuf::from("/var/lib/mediakeep"),
    };
    let is_id = |text: &str| {
        text.len() == 32 && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
    };
    if let Some(id) = raw.id.as_ref().filter(|id| !is_id(id.get_ref())) {
        return Err(Problem::at(id, "not the id of an archive").with_hint(
            "it is the 32 hexadecimal digits behind `id =` in the file STORE of the archive",
        ));
    }
    if let Some(every) = &raw.verify_every
        && every.get_ref().0 < DAY
    {
        return Err(Problem::at(every, "shorter than a day")
            .with_hint("it is the time in which everything is read again once, such as \"30d\""));
    }
    Ok(ArchiveConfig {
        dir,
        id: raw.id.map(toml::Spanned::into_inner),
        min_free: raw.min_free.map_or(1 << 30, |size| size.0.0),
        keep_responses: raw.keep_responses.map_or(30 * DAY, |text| text.0),
        verify_every: raw.verify_every.map_or(30 * DAY, |text| text.into_inner().0),
        backup: BackupConfig {
            schedule: match raw.backup.schedule {
                Some(crontab) => Schedule::new(crontab.0, zone.clone()),
                None => built_in("40 3 * * *", zone)?,
            },
            keep: raw.backup.keep.map_or(7, |number| number.0),
        },
        publish: raw.publish.map(|written| publish(written, base, zone)).transpose()?,
    })
}

fn publish(raw: RawPublish, base: &Path, zone: &Zone) -> Result<PublishConfig, Problem> {
    if raw.path.get_ref().file_name().is_none() {
        return Err(Problem::at(&raw.path, "not the path of a file"));
    }
    Ok(PublishConfig {
        path: base.join(raw.path.into_inner()),
        schedule: match raw.schedule {
            Some(crontab) => Schedule::new(crontab.0, zone.clone()),
            None => built_in("10 * * * *", zone)?,
        },
    })
}

fn api(raw: RawApi) -> Result<ApiConfig, Problem> {
    let version = match raw.version {
        None => "v25.0".to_owned(),
        Some(version) if is_version(version.get_ref()) => version.into_inner(),
        Some(version) => {
            return Err(Problem::at(&version, "not a version of the API")
                .with_hint("write it like \"v25.0\""));
        }
    };
    let max_usage = match raw.max_usage {
        None => 90.0,
        Some(percent) if percent.get_ref().0 >= 1.0 => percent.into_inner().0,
        Some(percent) => return Err(Problem::at(&percent, "expected a number from 1 to 100")),
    };
    Ok(ApiConfig {
        version,
        page_size: raw.page_size.map_or(100, |number| u16::try_from(number.0).unwrap_or(100)),
        max_usage,
        instagram_url: base_url(raw.instagram_url, "https://graph.instagram.com")?,
        facebook_url: base_url(raw.facebook_url, "https://graph.facebook.com")?,
        instagram_login_url: base_url(raw.instagram_login_url, "https://api.instagram.com")?,
    })
}

fn is_version(text: &str) -> bool {
    let digits =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}

/// The base address of the API: https, or plain http to this machine for the sandbox.
fn base_url(written: Option<Spanned<String>>, default: &str) -> Result<Url, Problem> {
    let written = written.unwrap_or_else(|| Spanned::new(0..0, default.to_owned()));
    let refuse = |problem: &str| Err(Problem::at(&written, problem.to_owned()));
    let Ok(url) = written.get_ref().parse::<Url>() else {
        return refuse("not a URL");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("a URL with a user or password in it");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("a base URL ends with its path");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(Problem::at(&written, "plain http would show the token to the network")
            .with_hint("use https; http is for a sandbox on 127.0.0.1 alone")),
        _ => refuse("not an https URL"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn download(raw: RawDownload) -> Result<DownloadConfig, Problem> {
    let hosts = match raw.hosts {
        None => ["*.cdninstagram.com", "*.fbcdn.net", "*.fbsbx.com"].map(str::to_owned).to_vec(),
        Some(hosts) => hosts.into_iter().map(host).collect::<Result<_, _>>()?,
    };
    let above_zero = |size: Spanned<Text<Size>>, hint: &str| match size.get_ref().0.0 {
        0 => Err(Problem::at(&size, "zero would fetch nothing").with_hint(hint)),
        bytes => Ok(bytes),
    };
    let concurrency = raw.concurrency.map_or(8, |number| number.0);
    Ok(DownloadConfig {
        concurrency: usize::try_from(concurrency)
            .ok()
            .and_then(NonZeroUsize::new)
            .unwrap_or(NonZeroUsize::MIN),
        max_file_size: match raw.max_file_size {
            Some(size) => above_zero(size, "the default is \"4GiB\"")?,
            None => 4 << 30,
        },
        hosts,
        recheck: raw.recheck.unwrap_or(Recheck::Path),
        bandwidth: match raw.bandwidth {
            Some(size) => Some(above_zero(size, "leave the key out for no limit")?),
            None => None,
        },
    })
}

fn host(written: Spanned<String>) -> Result<String, Problem> {
    let name = written.get_ref();
    let plain = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
    };
    let numeric =
        plain.rsplit('.').next().is_some_and(|last| last.bytes().all(|c| c.is_ascii_digit()));
    if plain.contains('.') && plain.split('.').all(label) && !numeric {
        Ok(written.into_inner())
    } else {
        Err(Problem::at(&written, "not a host name")
            .with_hint("write \"*.cdninstagram.com\" or a full host name in lower case"))
    }
}

fn http(raw: RawHttp, base: &Path) -> Result<HttpConfig, Problem> {
    if let Some(listen) = &raw.listen
        && let Listen::Tcp(address) = listen.get_ref().0
        && !address.ip().is_loopback()
        && raw.password_file.is_none()
    {
        return Err(Problem::at(listen, "open to the network without a password")
            .with_hint("set http.password_file, or listen on 127.0.0.1 or unix:/path"));
    }
    Ok(HttpConfig {
        listen: raw.listen.map(|listen| listen.into_inner().0),
        password_file: raw.password_file.map(|path| base.join(path)),
    })
}

fn notify(raw: RawNotify, base: &Path) -> Result<NotifyConfig, Problem> {
    for command in &raw.commands {
        if command.get_ref().first().is_none_or(String::is_empty) {
            return Err(Problem::at(command, "a command without a program"));
        }
    }
    Ok(NotifyConfig {
        webhooks: raw
            .webhooks
            .into_iter()
            .map(|address| self::address(address, base))
            .collect::<Result<_, _>>()?,
        webhook_secret: raw.webhook_secret.map(|written| secret(written, base)).transpose()?,
        commands: raw.commands.into_iter().map(Spanned::into_inner).collect(),
        ntfy: raw
            .ntfy
            .into_iter()
            .map(|address| self::address(address, base))
            .collect::<Result<_, _>>()?,
        ping_url: raw.ping_url.map(|address| self::address(address, base)).transpose()?,
        events: match raw.events {
            Some(events) => events.into_iter().map(|event| event.0).collect(),
            None => NoticeKind::ALL.to_vec(),
        },
    })
}

fn address(written: Spanned<RawAddress>, base: &Path) -> Result<Address, Problem> {
    let span = written.span();
    match written.into_inner() {
        RawAddress::Secret(source) => {
            source_of(&Spanned::new(span, source), base).map(Address::Secret)
        }
        RawAddress::Plain(text) => match text.parse::<Url>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Address::Plain(url)),
            Ok(_) | Err(_) => Err(Problem::at(&Spanned::new(span, ()), "not an http or https URL")),
        },
    }
}

fn accounts(raw: Vec<RawAccount>, base: &Path, zone: &Zone) -> Result<Vec<AccountConfig>, Problem> {
    let mut names = HashSet::new();
    let mut ids = HashSet::new();
    let mut accounts = Vec::new();
    for account in raw {
        if !names.insert(account.name.get_ref().0.clone()) {
            return Err(Problem::at(&account.name, "a second account of this name")
                .with_hint("every account has a name of its own"));
        }
        if !ids.insert(account.user_id.get_ref().0.clone()) {
            return Err(Problem::at(&account.user_id, "a second account with this id")
                .with_hint("one account is archived once; give it several walks instead"));
        }
        accounts.push(self::account(account, base, zone)?);
    }
    Ok(accounts)
}

fn account(raw: RawAccount, base: &Path, zone: &Zone) -> Result<AccountConfig, Problem> {
    let login = match raw.login {
        None | Some(RawLogin::Instagram) => Login::Instagram,
        Some(RawLogin::Facebook) => Login::Facebook,
    };
    let collect = raw.collect.unwrap_or_else(|| vec![Collect::Media, Collect::Stories]);
    let mut walks: Vec<WalkConfig> = Vec::new();
    for walk in raw.walk {
        if walks.iter().any(|known| known.name == walk.name.get_ref().0.0) {
            return Err(Problem::at(&walk.name, "a second walk of this name in the account"));
        }
        walks.push(self::walk(walk, &collect, zone)?);
    }
    if walks.is_empty() {
        walks = default_walks(&collect, zone)?;
    }
    Ok(AccountConfig {
        name: raw.name.into_inner().0,
        login,
        user_id: raw.user_id.into_inner().0,
        token: raw.token.map(|written| secret(written, base)).transpose()?,
        app_secret: raw.app_secret.map(|written| secret(written, base)).transpose()?,
        app_id: raw.app_id.map(|id| id.0.0),
        redirect_uri: raw.redirect_uri.as_ref().map(redirect_uri).transpose()?,
        collect,
        walks,
    })
}

/// Nothing has to listen there: the browser's address bar is what a person copies.
fn redirect_uri(written: &Spanned<String>) -> Result<Url, Problem> {
    match written.get_ref().parse::<Url>() {
        Ok(url) if url.scheme() == "https" || is_loopback(&url) => Ok(url),
        Ok(_) | Err(_) => Err(Problem::at(written, "not an https URL")
            .with_hint("write the redirect address exactly as the app's settings have it")),
    }
}

fn walk(raw: RawWalk, collect: &[Collect], zone: &Zone) -> Result<WalkConfig, Problem> {
    let edge = match raw.edge.as_ref().map(Spanned::get_ref) {
        None | Some(RawEdge::Media) => Edge::Media,
        Some(RawEdge::Stories) => Edge::Stories,
        Some(RawEdge::Tags) => Edge::Tags,
    };
    if !collect.contains(&Collect::from(edge)) {
        let problem = format!("the account does not collect {edge}");
        let place = raw.edge.as_ref().map_or_else(|| raw.name.span(), Spanned::span);
        return Err(Problem::at(&Spanned::new(place, ()), problem)
            .with_hint(format!("add \"{edge}\" to the account's collect")));
    }
    for bound in [&raw.since, &raw.until].into_iter().flatten() {
        if !edge.has_windows() {
            return Err(Problem::at(bound, format!("the list of {edge} has no windows"))
                .with_hint("leave since and until out"));
        }
    }
    let since = raw.since.map(|text| text.into_inner().0);
    if let (Some(Since::At(from)), Some(until)) = (since, &raw.until)
        && matches!(until.get_ref().0, Since::At(to) if to <= from)
    {
        return Err(Problem::at(until, "the window ends before it begins"));
    }
    if let (Some(Since::Ago(from)), Some(until)) = (since, &raw.until)
        && matches!(until.get_ref().0, Since::Ago(to) if to >= from)
    {
        return Err(Problem::at(until, "the window ends before it begins"));
    }
    Ok(WalkConfig {
        name: raw.name.into_inner().0.0,
        schedule: Schedule::new(raw.schedule.0, zone.clone()),
        edge,
        since,
        until: raw.until.map(|text| text.into_inner().0),
    })
}

/// The walks of an account that names none.
fn default_walks(collect: &[Collect], zone: &Zone) -> Result<Vec<WalkConfig>, Problem> {
    let walk = |name: &str, edge, crontab, since| {
        Ok(WalkConfig {
            name: name.to_owned(),
            schedule: built_in(crontab, zone)?,
            edge,
            since,
            until: None,
        })
    };
    let mut walks = Vec::new();
    if collect.contains(&Collect::Media) {
        walks.push(walk("recent", Edge::Media, "*/15 * * * *", Some(Since::Ago(30 * DAY)))?);
        walks.push(walk("full", Edge::Media, "20 4 * * 0", None)?);
    }
    if collect.contains(&Collect::Stories) {
        walks.push(walk("stories", Edge::Stories, "5 */4 * * *", None)?);
    }
    if collect.contains(&Collect::Tags) {
        walks.push(walk("tags", Edge::Tags, "50 4 * * *", None)?);
    }
    Ok(walks)
}

fn built_in(crontab: &str, zone: &Zone) -> Result<Schedule, Problem> {
    let crontab = crontab.parse().map_err(|error: InvalidCrontab| Problem {
        span: None,
        what: error.to_string(),
        hint: None,
    })?;
    Ok(Schedule::new(crontab, zone.clone()))
}

fn secret(written: Spanned<RawSecret>, base: &Path) -> Result<SecretSource, Problem> {
    let span = written.span();
    match written.into_inner() {
        RawSecret::Literal => Err(literal(span)),
        RawSecret::From(source) => source_of(&Spanned::new(span, source), base),
    }
}

fn literal(span: std::ops::Range<usize>) -> Problem {
    Problem::at(&Spanned::new(span, ()), "a secret must not stand in the configuration").with_hint(
        "put it into a file, run `chmod 600` on that, and write { file = \"/path\" }; renew the \
         secret if others could read this file",
    )
}

fn source_of(written: &Spanned<RawSource>, base: &Path) -> Result<SecretSource, Problem> {
    let refuse = |problem: &str| {
        Err(Problem::at(written, problem.to_owned()).with_hint(
            "write one of { file = \"/path\" }, { credential = \"name\" }, { env = \"NAME\" }, \
             { command = [\"program\", \"argument\"] }",
        ))
    };
    let raw = written.get_ref();
    let words = raw.command.iter().flatten();
    let texts = [&raw.file, &raw.credential, &raw.env].into_iter().flatten();
    if texts.chain(words).any(|text| contains_token(text)) {
        return Err(literal(written.span()));
    }
    match (&raw.file, &raw.credential, &raw.env, &raw.command) {
        (Some(file), None, None, None) if !file.is_empty() => {
            Ok(SecretSource::File(base.join(file)))
        }
        (None, Some(name), None, None) if is_credential(name) => {
            Ok(SecretSource::Credential(name.clone()))
        }
        (None, Some(_), None, None) => refuse("not the name of a credential"),
        (None, None, Some(name), None) if is_variable(name) => Ok(SecretSource::Env(name.clone())),
        (None, None, Some(_), None) => refuse("not the name of an environment variable"),
        (None, None, None, Some(words)) if words.first().is_some_and(|word| !word.is_empty()) => {
            Ok(SecretSource::Command(words.clone()))
        }
        (None, None, None, Some(_)) => refuse("a command without a program"),
        (None, None, None, None) => refuse("no source named"),
        _ => refuse("a secret has one source"),
    }
}

fn is_credential(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains('/')
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

impl Word for Crontab {
    const EXPECTED: &'static str = "a schedule in quotes, such as \"*/15 * * * *\"";
    const HINT: &'static str =
        "crontab: minute hour day-of-month month day-of-week, as in \"30 4 * * 0\", or @hourly";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: InvalidCrontab| error.to_string())
    }
}

impl Word for Zone {
    const EXPECTED: &'static str = "a time zone in quotes, such as \"Europe/Berlin\"";
    const HINT: &'static str = "use a name of the IANA database, such as \"UTC\" or \"Europe/Berlin\"; the machine needs its tzdata package";

    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: UnknownZone| error.to_string())
    }
}

impl Word for Listen {
    const EXPECTED: &'static str = "an address in quotes, such as \"127.0.0.1:8780\"";
    const HINT: &'static str = "write \"127.0.0.1:8780\", \"[::1]:8780\" or \"unix:/path\"";

    fn read(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') {
                Ok(Self::Unix(PathBuf::from(path)))
            } else {
                Err("the path of a socket begins with /".to_owned())
            };
        }
        text.parse::<SocketAddr>()
            .map(Self::Tcp)
            .map_err(|_| "not an address with a port".to_owned())
    }
}
