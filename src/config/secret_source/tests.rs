use std::fs::{self, Permissions};

use secrecy::ExposeSecret;

use super::*;

fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, SecretSource) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    (dir, SecretSource::File(path))
}

fn read(source: &SecretSource) -> Result<String, SecretError> {
    source.read_in(&Environment::default()).map(|secret| secret.expose_secret().to_owned())
}

fn command(script: &str) -> SecretSource {
    SecretSource::Command(["sh", "-c", script].map(str::to_owned).to_vec())
}

#[test]
fn a_file_of_owner_and_group_is_read_without_its_line_end() {
    for mode in [0o600, 0o400, 0o640, 0o440] {
        let (_dir, source) = file(b"IGAAexample\n", mode);
        assert_eq!(read(&source).unwrap(), "IGAAexample", "{mode:o}");
    }
}

#[test]
fn a_file_open_to_others_is_refused_with_the_cure() {
    for mode in [0o644, 0o604, 0o602, 0o620, 0o666, 0o777] {
        let (_dir, source) = file(b"IGAAexample", mode);
        let error = read(&source).unwrap_err();
        assert!(matches!(error, SecretError::TooOpen { .. }), "{mode:o}: {error}");
        assert!(error.hint().starts_with("run `chmod 600 "), "{}", error.hint());
        assert!(!error.to_string().contains("IGAAexample"));
    }
}

#[test]
fn what_is_no_single_word_is_refused_without_being_shown() {
    let cases: [(&[u8], &str); 6] = [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"IGAAone IGAAtwo", "more than one word"),
        (b"IGAAone\nIGAAtwo\n", "more than one word"),
        (b"IGAA\xff", "no text"),
        (b"IGAA\x00x", "no text"),
    ];
    for (content, problem) in cases {
        let (_dir, source) = file(content, 0o600);
        let error = read(&source).unwrap_err().to_string();
        assert!(error.contains(problem), "{content:?}: {error}");
        assert!(!error.contains("IGAA"), "{error}");
    }
    let (_dir, source) = file(&vec![b'A'; 20_000], 0o600);
    assert!(matches!(read(&source), Err(SecretError::NotText { .. })));
}

#[test]
fn a_missing_file_and_a_directory_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = SecretSource::File(dir.path().join("nothing"));
    assert!(read(&missing).unwrap_err().to_string().contains("nothing"));
    let directory = SecretSource::File(dir.path().to_owned());
    assert!(matches!(read(&directory), Err(SecretError::NotAFile { .. })));
}

#[test]
fn variables_and_credentials_come_from_the_environment() {
    let (dir, _) = file(b"IGAAcredential", 0o444);
    let environment: Environment = [
        ("TOKEN", "IGAAvariable".into()),
        ("CREDENTIALS_DIRECTORY", dir.path().as_os_str().to_owned()),
    ]
    .into_iter()
    .collect();
    let read = |source: SecretSource| {
        source.read_in(&environment).map(|secret| secret.expose_secret().to_owned())
    };
    assert_eq!(read(SecretSource::Env("TOKEN".into())).unwrap(), "IGAAvariable");
    assert_eq!(read(SecretSource::Credential("token".into())).unwrap(), "IGAAcredential");
    assert!(matches!(read(SecretSource::Env("OTHER".into())), Err(SecretError::NotSet { .. })));
    let outside = SecretSource::Credential("token".into()).read_in(&Environment::default());
    assert!(matches!(outside, Err(SecretError::NoCredentials { .. })));
}

#[test]
fn a_command_prints_the_secret_and_its_failure_is_told_without_its_arguments() {
    assert_eq!(read(&command("echo IGAAprinted")).unwrap(), "IGAAprinted");
    let error = read(&command("echo IGAAprinted; exit 3")).unwrap_err();
    assert_eq!(error.to_string(), "\"sh\" ended with exit status: 3");
    let error = read(&SecretSource::Command(vec!["/nonexistent/tool".into()])).unwrap_err();
    assert_eq!(error.to_string(), "could not run \"/nonexistent/tool\"");
}

#[test]
fn a_command_that_prints_nothing_does_not_hold_the_program_up() {
    let mut child = Command::new("sleep").arg("600").stdout(Stdio::piped()).spawn().unwrap();
    let output = read_within(&mut child, Duration::from_millis(50)).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(output, None);
}
