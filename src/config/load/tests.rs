use std::collections::BTreeSet;

use super::*;
use crate::config::{AccountConfig, SecretSource};

const ACCOUNT: &str = r#"
[[account]]
name = "harbor"
login = "instagram"
user_id = "17841400000000111"
token = { file = "token" }
"#;

fn read(text: &str) -> Result<Config, ConfigError> {
    read_over(text, &[])
}

fn read_over(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = variables.iter().copied().collect();
    parse(Path::new("/etc/mediakeep/config.toml"), text.to_owned(), &environment)
}

/// The message with its file name cut off, and the hint.
fn wrong(text: &str) -> (String, String) {
    let error = read(text).expect_err(text);
    let message = error.to_string();
    let line = message.strip_prefix("/etc/mediakeep/config.toml:").expect(&message);
    (line.to_owned(), error.hint.unwrap_or_default().into())
}

fn account(config: &Config) -> &AccountConfig {
    config.accounts.first().unwrap()
}

#[test]
fn an_empty_file_means_the_defaults_and_the_example_shows_exactly_those() {
    let defaults = read("").unwrap();
    assert_eq!(read(example()).unwrap(), defaults);
    assert_eq!(defaults.archive.dir, Path::new("/var/lib/mediakeep"));
    assert_eq!(defaults.download.concurrency.get(), 8);
    assert!(defaults.accounts.is_empty());
}

/// The example with its commented keys brought in.
fn full_example() -> String {
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => {
            rest.to_owned()
        }
        _ => line.to_owned(),
    };
    example().lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_commented_part_of_the_example_is_right_too() {
    let config = read(&full_example()).unwrap();
    let account = account(&config);
    assert_eq!(account.name.as_str(), "harbor.lantern");
    assert_eq!(account.walks.len(), 1);
    assert!(config.http.listen.is_some() && config.download.bandwidth.is_some());
}

#[test]
fn every_key_that_can_be_written_stands_in_the_example() {
    fn known_keys(prefix: &str) -> Vec<String> {
        let error = read(&format!("{ACCOUNT}\n{prefix}zzzzzzzzzzzz = 1\n")).unwrap_err();
        let hint = error.hint.unwrap();
        let list = hint.strip_prefix("known keys here: ").expect(&hint);
        list.split(", ").map(str::to_owned).collect()
    }
    fn keys_of(table: &toml::Table, into: &mut BTreeSet<String>) {
        for (key, value) in table {
            into.insert(key.clone());
            match value {
                toml::Value::Table(inner) => keys_of(inner, into),
                toml::Value::Array(items) => {
                    items
                        .iter()
                        .filter_map(toml::Value::as_table)
                        .for_each(|item| keys_of(item, into));
                }
                _ => {}
            }
        }
    }
    let shown: toml::Table = full_example().parse().unwrap();
    let sections = [
        "archive",
        "archive.backup",
        "api",
        "download",
        "absence",
        "schedule",
        "log",
        "http",
        "notify",
    ];
    for section in sections {
        let table = section.split('.').fold(&shown, |table, key| table[key].as_table().unwrap());
        for key in known_keys(&format!("[{section}]\n")) {
            assert!(table.contains_key(&key), "[{section}] {key} is not in the example");
        }
    }
    let account = shown["account"][0].as_table().unwrap();
    for key in known_keys("") {
        assert!(account.contains_key(&key), "[[account]] {key} is not in the example");
    }
    let walk = account["walk"][0].as_table().unwrap();
    for key in known_keys("[[account.walk]]\nname = \"a\"\nschedule = \"@daily\"\n") {
        assert!(walk.contains_key(&key), "[[account.walk]] {key} is not in the example");
    }
    // The top level is complete when every section above is all there is.
    let error = read("zzzzzzzzzzzz = 1").unwrap_err().hint.unwrap();
    let mut all = BTreeSet::new();
    keys_of(&shown, &mut all);
    for section in error.strip_prefix("known keys here: ").unwrap().split(", ") {
        assert!(all.contains(section), "[{section}] is not in the example");
    }
}

#[test]
fn a_wrong_key_is_named_with_its_line_and_the_nearest_key() {
    for (text, message, hint) in [
        (
            "[download]\nconcurency = 4",
            "2: download.concurency: unknown key",
            "did you mean `concurrency`?",
        ),
        ("[archive]\n\ndri = \"/a\"", "3: archive.dri: unknown key", "did you mean `dir`?"),
        ("[downlaod]\nconcurrency = 4", "1: downlaod: unknown key", "did you mean `download`?"),
        ("[log]\ncolour = true", "2: log.colour: unknown key", "known keys here: format, level"),
        ("[archive.backup]\nkep = 4", "2: archive.backup.kep: unknown key", "did you mean `keep`?"),
    ] {
        assert_eq!(wrong(text), (message.to_owned(), hint.to_owned()), "{text}");
    }
    let text = format!("{ACCOUNT}app_sceret = 1");
    assert_eq!(wrong(&text).0, "7: account.app_sceret: unknown key");
    let text = format!("{ACCOUNT}[[account.walk]]\nname = \"a\"\nscedule = \"@daily\"");
    assert_eq!(wrong(&text).0, "9: account.walk.scedule: unknown key");
}

#[test]
fn a_wrong_value_is_shown_with_file_line_key_and_advice() {
    for (text, message, hint) in [
        (
            "[download]\nconcurrency = \"four\"",
            "2: download.concurrency = \"four\": expected a whole number from 1 to 64, found a text",
            "",
        ),
        (
            "[download]\nconcurrency = 0",
            "2: download.concurrency = 0: expected a whole number from 1 to 64",
            "",
        ),
        (
            "[archive]\nmin_free = 5",
            "2: archive.min_free = 5: expected a size in quotes, such as \"5GiB\", found a number",
            "",
        ),
        (
            "[archive]\nmin_free = \"5 gigs\"",
            "2: archive.min_free = \"5 gigs\": a size with an unknown unit",
            "units are B, kB",
        ),
        (
            "[absence]\nconfirm_after = \"24\"",
            "2: absence.confirm_after = \"24\": a duration without its unit",
            "units are s, m, h, d and w",
        ),
        (
            "[archive.backup]\nschedule = \"61 * * * *\"",
            "2: archive.backup.schedule = \"61 * * * *\": minute: 61 is not within 0-59",
            "crontab: minute hour",
        ),
        (
            "[schedule]\ntimezone = \"Mars/Olympus\"",
            "2: schedule.timezone = \"Mars/Olympus\": no such time zone",
            "use a name of the IANA database",
        ),
        (
            "[download]\nrecheck = \"allways\"",
            "2: download.recheck = \"allways\": not a possible value",
            "did you mean `always`?",
        ),
        ("[log]\nlevel = \"loud==\"", "2: log.level = \"loud==\": not a log level", "use error"),
        (
            "[api]\nversion = \"25\"",
            "2: api.version = \"25\": not a version of the API",
            "write it",
        ),
        ("[api]\nmax_usage = 0", "2: api.max_usage = 0: expected a number from 1 to 100", ""),
        (
            "[api]\ninstagram_url = \"http://graph.example\"",
            "2: api.instagram_url = \"http://graph.example\": plain http would show the token to the network",
            "use https",
        ),
        (
            "[download]\nhosts = [\"*.fbcdn.net\", \"127.0.0.1\"]",
            "2: download.hosts = \"127.0.0.1\": not a host name",
            "write \"*.cdn",
        ),
        (
            "[http]\nlisten = \"0.0.0.0:80\"",
            "2: http.listen = \"0.0.0.0:80\": open to the network without a password",
            "set http.password_file",
        ),
        ("archive = 5", "1: archive = 5: expected a table, found a number", ""),
        ("[archive]\ndir =", "2: not valid TOML: ", "text, durations"),
        ("[archive\n", "1: not valid TOML: ", "text, durations"),
        ("[api]\nversion = \"v25.0\"\nversion = \"v25.0\"", "3: not valid TOML: duplicate key", ""),
    ] {
        let (found, advice) = wrong(text);
        assert!(found.starts_with(message), "{text}\nsaid {found}\nnot  {message}");
        assert!(advice.starts_with(hint), "{text}\nadvised {advice}");
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

#[test]
fn accounts_are_checked_against_each_other_and_themselves() {
    let second = ACCOUNT.replace("0111", "0112");
    for (text, message) in [
        (
            format!("{ACCOUNT}{second}"),
            "9: account.name = \"harbor\": a second account of this name",
        ),
        (
            format!("{ACCOUNT}{}", ACCOUNT.replace("harbor", "other")),
            "11: account.user_id = \"17841400000000111\": a second account with this id",
        ),
        (
            ACCOUNT.replace("harbor", "Harbor Café"),
            "3: account.name = \"Harbor Café\": not a usable name",
        ),
        (
            ACCOUNT.replace("\"instagram\"", "\"instgram\""),
            "4: account.login = \"instgram\": not a possible value",
        ),
        (
            ACCOUNT.replace("\"17841400000000111\"", "17841400000000111"),
            "5: account.user_id = 17841400000000111: expected an account id in quotes",
        ),
        (
            ACCOUNT.replace("user_id = \"17841400000000111\"\n", ""),
            "2: account: the key user_id is missing",
        ),
        (
            format!(
                "{ACCOUNT}[[account.walk]]\nname = \"t\"\nschedule = \"@daily\"\nedge = \"tags\""
            ),
            "10: account.walk.edge = \"tags\": the account does not collect tags",
        ),
        (
            format!(
                "{ACCOUNT}[[account.walk]]\nname = \"s\"\nschedule = \"@daily\"\nedge = \"stories\"\nsince = \"1d\""
            ),
            "11: account.walk.since = \"1d\": the list of stories has no windows",
        ),
        (
            format!(
                "{ACCOUNT}[[account.walk]]\nname = \"m\"\nschedule = \"@daily\"\nsince = \"2026-02-01\"\nuntil = \"2026-01-01\""
            ),
            "11: account.walk.until = \"2026-01-01\": the window ends before it begins",
        ),
        (
            format!("{ACCOUNT}[[account.walk]]\nname = \"m\"\nschedule = \"0 0 31 2 *\""),
            "9: account.walk.schedule = \"0 0 31 2 *\": a schedule without any run",
        ),
    ] {
        let (found, _) = wrong(&text);
        assert!(found.starts_with(message), "{text}\nsaid {found}\nnot  {message}");
    }
}

#[test]
fn a_literal_secret_is_refused_and_never_repeated() {
    let canary = "IGAAcanaryCANARY0123456789";
    let token = |value: &str| ACCOUNT.replace("{ file = \"token\" }", value);
    for text in [
        token(&format!("\"{canary}\"")),
        token("\"0123456789abcdef-canary\""),
        token(&format!("{{ value = \"{canary}\" }}")),
        token(&format!("{{ file = \"{canary}\" }}")),
        token(&format!("{{ env = \"{canary}\" }}")),
        token(&format!("{{ command = [\"echo\", \"{canary}\"] }}")),
        token(canary),
        token(&format!("\"{canary}")),
        token(&format!("[\"{canary}\"]")),
        format!("{ACCOUNT}app_secret = \"{canary}\""),
        format!("[api]\nversion = \"{canary}\""),
        format!("[api]\ntoken = \"{canary}\""),
        format!("[log]\nformat = \"{canary}\""),
        format!("[download]\nrecheck = [\"{canary}\"]"),
        format!("{canary} = 1"),
        format!("[notify]\nping_url = \"{canary}\""),
    ] {
        let error = read(&text).expect_err(&text);
        let all = format!("{error} {error:?} {:?}", error.hint);
        assert!(!all.to_lowercase().contains("canary"), "{text}\nrepeated: {all}");
    }
    let (message, hint) = wrong(&token(&format!("\"{canary}\"")));
    assert_eq!(message, "6: account.token: a secret must not stand in the configuration");
    assert!(hint.contains("chmod 600"), "{hint}");
}

#[test]
fn variables_win_over_the_file_and_are_typed_by_their_key() {
    let config = read_over(
        "[download]\nconcurrency = 4\n[api]\nversion = \"v24.0\"",
        &[
            ("MEDIAKEEP__DOWNLOAD__CONCURRENCY", "16"),
            ("MEDIAKEEP__API__VERSION", "v26.0"),
            ("MEDIAKEEP__ARCHIVE__DIR", "/srv/25"),
            ("MEDIAKEEP__ARCHIVE__BACKUP__KEEP", "3"),
            ("MEDIAKEEP__ABSENCE__BRAKE_SHARE", "0.5"),
            ("MEDIAKEEP__DOWNLOAD__HOSTS", "[\"*.example.org\"]"),
            ("MEDIAKEEP_CONFIG", "/elsewhere"),
            ("OTHER", "x"),
        ],
    )
    .unwrap();
    assert_eq!(config.download.concurrency.get(), 16);
    assert_eq!(config.api.version, "v26.0");
    assert_eq!(config.archive.dir, Path::new("/srv/25"));
    assert_eq!(config.archive.backup.keep, 3);
    assert!((config.absence.brake_share - 0.5).abs() < 1e-9);
    assert_eq!(config.download.hosts, ["*.example.org"]);
    let digits = read_over("", &[("MEDIAKEEP__ARCHIVE__DIR", "25")]).unwrap();
    assert_eq!(digits.archive.dir, Path::new("/etc/mediakeep/25"));
}

#[test]
fn a_wrong_variable_is_named_instead_of_a_line() {
    for (name, value, message) in [
        (
            "MEDIAKEEP__DOWNLOAD__CONCURENCY",
            "4",
            "environment variable MEDIAKEEP__DOWNLOAD__CONCURENCY: download.concurency: unknown key",
        ),
        (
            "MEDIAKEEP__DOWNLODA__CONCURRENCY",
            "4",
            "environment variable MEDIAKEEP__DOWNLODA__CONCURRENCY: downloda: unknown key",
        ),
        (
            "MEDIAKEEP__DOWNLOAD__CONCURRENCY",
            "many",
            "environment variable MEDIAKEEP__DOWNLOAD__CONCURRENCY: download.concurrency = many: \
             expected a whole number from 1 to 64, found a text",
        ),
        (
            "MEDIAKEEP__DOWNLOAD__CONCURRENCY",
            "99",
            "environment variable MEDIAKEEP__DOWNLOAD__CONCURRENCY: download.concurrency = 99: \
             expected a whole number from 1 to 64",
        ),
        (
            "MEDIAKEEP__ARCHIVE__MIN_FREE",
            "lots",
            "environment variable MEDIAKEEP__ARCHIVE__MIN_FREE: archive.min_free = lots: not a size",
        ),
        ("MEDIAKEEP__API", "x", "environment variable MEDIAKEEP__API: names no key"),
        (
            "MEDIAKEEP__ACCOUNT__TOKEN",
            "IGAAcanaryCANARY",
            "environment variable MEDIAKEEP__ACCOUNT__TOKEN: accounts cannot be set by the environment",
        ),
    ] {
        let error = read_over("", &[(name, value)]).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn an_account_without_walks_gets_the_default_ones() {
    let names = |collect: &str| -> Vec<String> {
        let config = read(&format!("{ACCOUNT}{collect}")).unwrap();
        account(&config).walks.iter().map(|walk| walk.name.clone()).collect()
    };
    assert_eq!(names(""), ["recent", "full", "stories"]);
    assert_eq!(names("collect = [\"media\"]"), ["recent", "full"]);
    assert_eq!(names("collect = [\"stories\", \"tags\"]"), ["stories", "tags"]);
    assert_eq!(names("[[account.walk]]\nname = \"all\"\nschedule = \"@daily\""), ["all"]);
}

#[test]
fn relative_paths_begin_beside_the_file() {
    let config = read(&format!("[archive]\ndir = \"keep\"\n{ACCOUNT}")).unwrap();
    assert_eq!(config.archive.dir, Path::new("/etc/mediakeep/keep"));
    assert_eq!(account(&config).token, Some(SecretSource::File("/etc/mediakeep/token".into())));
}

#[test]
fn the_file_is_searched_in_the_documented_order() {
    let home = tempfile::tempdir().unwrap();
    let own = home.path().join(".config/mediakeep/config.toml");
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(&own, "").unwrap();
    let environment = |config: &str, home: &Path| -> Environment {
        [("MEDIAKEEP_CONFIG", config.into()), ("HOME", home.as_os_str().to_owned())]
            .into_iter()
            .collect()
    };
    let given = Some(Path::new("/given"));
    assert_eq!(search(given, &environment("/named", home.path())).unwrap(), Path::new("/given"));
    assert_eq!(search(None, &environment("/named", home.path())).unwrap(), Path::new("/named"));
    assert_eq!(search(None, &environment("", home.path())).unwrap(), own);
    let nowhere = search(None, &environment("", Path::new("/nonexistent"))).unwrap_err();
    assert!(nowhere.to_string().contains("/etc/mediakeep/config.toml"), "{nowhere}");
}
