//! The configuration as it is written; unknown keys are refused here.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use toml::Spanned;

use super::units::{Digits, Label, Since, Size, Text, UpTo, Whole};
use super::{Collect, Listen, LogFormat, Recheck};
use crate::domain::notice::NoticeKind;
use crate::domain::{AccountName, UserId};
use crate::schedule::{Crontab, Zone};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawConfig {
    pub(super) archive: RawArchive,
    pub(super) api: RawApi,
    pub(super) download: RawDownload,
    pub(super) absence: RawAbsence,
    pub(super) schedule: RawSchedule,
    pub(super) log: RawLog,
    pub(super) http: RawHttp,
    pub(super) notify: RawNotify,
    pub(super) account: Vec<RawAccount>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawArchive {
    pub(super) dir: Option<Spanned<PathBuf>>,
    pub(super) id: Option<Spanned<String>>,
    pub(super) min_free: Option<Text<Size>>,
    pub(super) keep_responses: Option<Text<Duration>>,
    pub(super) verify_every: Option<Spanned<Text<Duration>>>,
    pub(super) backup: RawBackup,
    pub(super) publish: Option<RawPublish>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPublish {
    pub(super) path: Spanned<PathBuf>,
    pub(super) schedule: Option<Text<Crontab>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawBackup {
    pub(super) schedule: Option<Text<Crontab>>,
    pub(super) keep: Option<Whole<1, 1000>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawApi {
    pub(super) version: Option<Spanned<String>>,
    pub(super) page_size: Option<Whole<1, 100>>,
    pub(super) max_usage: Option<Spanned<UpTo<100>>>,
    pub(super) instagram_url: Option<Spanned<String>>,
    pub(super) facebook_url: Option<Spanned<String>>,
    pub(super) instagram_login_url: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawDownload {
    pub(super) concurrency: Option<Whole<1, 64>>,
    pub(super) max_file_size: Option<Spanned<Text<Size>>>,
    pub(super) hosts: Option<Vec<Spanned<String>>>,
    pub(super) recheck: Option<Recheck>,
    pub(super) bandwidth: Option<Spanned<Text<Size>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawAbsence {
    pub(super) confirm_after: Option<Text<Duration>>,
    pub(super) brake_items: Option<Whole<1, 1_000_000>>,
    pub(super) brake_share: Option<UpTo<1>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSchedule {
    pub(super) timezone: Option<Text<Zone>>,
    pub(super) jitter: Option<Text<Duration>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLog {
    pub(super) format: Option<LogFormat>,
    pub(super) level: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawHttp {
    pub(super) listen: Option<Spanned<Text<Listen>>>,
    pub(super) password_file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawNotify {
    pub(super) webhooks: Vec<Spanned<RawAddress>>,
    pub(super) webhook_secret: Option<Spanned<RawSecret>>,
    pub(super) commands: Vec<Spanned<Vec<String>>>,
    pub(super) ntfy: Vec<Spanned<RawAddress>>,
    pub(super) ping_url: Option<Spanned<RawAddress>>,
    pub(super) events: Option<Vec<RawNotice>>,
}

/// A kind of news by its word.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct RawNotice(#[serde(with = "NoticeWord")] pub(super) NoticeKind);

/// The words of [`NoticeKind`], which itself knows nothing of files.
#[derive(Deserialize)]
#[serde(remote = "NoticeKind", rename_all = "snake_case")]
enum NoticeWord {
    Gone,
    Returned,
    UrlLost,
    Held,
    GapOpened,
    GapClosed,
    TokenExpiring,
    TokenDead,
    PassFailing,
    DiskLow,
    Damaged,
    Trouble,
    Recovered,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAccount {
    pub(super) name: Spanned<Text<AccountName>>,
    pub(super) login: Option<RawLogin>,
    pub(super) user_id: Spanned<Text<UserId>>,
    pub(super) token: Option<Spanned<RawSecret>>,
    pub(super) app_secret: Option<Spanned<RawSecret>>,
    pub(super) app_id: Option<Text<Digits>>,
    pub(super) redirect_uri: Option<Spanned<String>>,
    pub(super) collect: Option<Vec<Collect>>,
    #[serde(default)]
    pub(super) walk: Vec<RawWalk>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawLogin {
    Instagram,
    Facebook,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawEdge {
    Media,
    Stories,
    Tags,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWalk {
    pub(super) name: Spanned<Text<Label>>,
    pub(super) schedule: Text<Crontab>,
    pub(super) edge: Option<Spanned<RawEdge>>,
    pub(super) since: Option<Spanned<Text<Since>>>,
    pub(super) until: Option<Spanned<Text<Since>>>,
}

/// Where a secret comes from; a literal secret is noticed and thrown away at once.
#[derive(Debug)]
pub(super) enum RawSecret {
    From(RawSource),
    Literal,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSource {
    pub(super) file: Option<String>,
    pub(super) credential: Option<String>,
    pub(super) env: Option<String>,
    pub(super) command: Option<Vec<String>>,
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = RawSecret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table that says where the secret is, such as { file = \"/path\" }")
    }

    fn visit_str<E: de::Error>(self, _literal: &str) -> Result<Self::Value, E> {
        Ok(RawSecret::Literal)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        RawSource::deserialize(de::value::MapAccessDeserializer::new(map)).map(RawSecret::From)
    }
}

impl<'de> Deserialize<'de> for RawSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// An address that may itself be a secret.
#[derive(Debug)]
pub(super) enum RawAddress {
    Plain(String),
    Secret(RawSource),
}

struct AddressVisitor;

impl<'de> Visitor<'de> for AddressVisitor {
    type Value = RawAddress;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a URL in quotes, or a table such as { file = \"/path\" }")
    }

    fn visit_str<E: de::Error>(self, url: &str) -> Result<Self::Value, E> {
        Ok(RawAddress::Plain(url.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        RawSource::deserialize(de::value::MapAccessDeserializer::new(map)).map(RawAddress::Secret)
    }
}

impl<'de> Deserialize<'de> for RawAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AddressVisitor)
    }
}
