//! Reading the configuration again while the daemon runs: what changed, and what cannot.

use crate::config::{Config, ConfigError, Environment};

/// A configuration that was read again and can be used from now on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub config: Config,
    pub extent: Extent,
}

/// What has to begin anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Nothing,
    /// The accounts that are new, gone or changed; the others do not notice.
    SomeAccounts,
    /// What holds for all has changed.
    Everything,
}

/// Why a configuration is not used; the old one stays.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    Wrong(#[from] ConfigError),
    #[error("{key} cannot change while the daemon runs: restart it")]
    NeedsRestart { key: &'static str },
}

/// Reads the file again and compares it with what is in use.
pub(super) fn read_again(present: &Config) -> Result<Change, Refused> {
    let config = Config::load(&present.path, &Environment::of_process())?;
    let extent = compare(present, &config)?;
    Ok(Change { config, extent })
}

fn compare(present: &Config, new: &Config) -> Result<Extent, Refused> {
    let needs_restart = |key| Err(Refused::NeedsRestart { key });
    if present.archive.dir != new.archive.dir {
        return needs_restart("[archive] dir");
    }
    if present.archive.id != new.archive.id {
        return needs_restart("[archive] id");
    }
    if present.http.listen != new.http.listen {
        return needs_restart("[http] listen");
    }
    if present.log != new.log {
        tracing::warn!("[log] takes effect at the next start");
    }
    let shared = |config: &Config| {
        let mut shared = config.clone();
        shared.accounts.clear();
        shared.log = present.log.clone();
        shared
    };
    Ok(if shared(present) != shared(new) {
        Extent::Everything
    } else if present.accounts != new.accounts {
        Extent::SomeAccounts
    } else {
        Extent::Nothing
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let config = Config::load(&path, &Environment::default()).unwrap();
        Config { path: "config.toml".into(), ..config }
    }

    fn account(name: &str) -> String {
        format!("[[account]]\nname = \"{name}\"\nuser_id = \"1\"\ntoken = {{ file = \"/t\" }}\n")
    }

    #[test]
    fn only_what_changed_begins_anew() {
        let start = "[archive]\ndir = \"/a\"\n";
        let one = config(&format!("{start}{}", account("one")));
        for (text, expected) in [
            (format!("{start}{}", account("one")), Extent::Nothing),
            (format!("{start}[log]\nlevel = \"debug\"\n{}", account("one")), Extent::Nothing),
            (format!("{start}{}", account("two")), Extent::SomeAccounts),
            (start.to_owned(), Extent::SomeAccounts),
            (format!("{start}min_free = \"2GiB\"\n{}", account("one")), Extent::Everything),
            (
                format!("{start}[schedule]\ntimezone = \"Europe/Berlin\"\n{}", account("one")),
                Extent::Everything,
            ),
        ] {
            assert_eq!(compare(&one, &config(&text)).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_needs_a_restart_is_refused_by_its_key() {
        let one = config("[archive]\ndir = \"/a\"\n");
        for (text, key) in [
            ("[archive]\ndir = \"/b\"\n", "[archive] dir"),
            ("[archive]\ndir = \"/a\"\n[http]\nlisten = \"127.0.0.1:1\"\n", "[http] listen"),
        ] {
            let refused = compare(&one, &config(text)).unwrap_err().to_string();
            assert!(refused.starts_with(key), "{refused}");
        }
    }
}
