use super::*;

fn says(filter: &Targets, target: &str, level: Level) -> bool {
    filter.would_enable(target, &level)
}

#[test]
fn libraries_say_no_more_than_warnings_unless_a_directive_names_them() {
    let plain = filter("debug", Verbosity::Configured);
    assert!(says(&plain, "mediakeep::graph", Level::DEBUG));
    assert!(says(&plain, "hyper", Level::WARN));
    assert!(!says(&plain, "hyper", Level::INFO));
    let named = filter("info,hyper=debug", Verbosity::Configured);
    assert!(says(&named, "hyper::client", Level::DEBUG));
    assert!(!says(&named, "rustls", Level::INFO));
    let trace = filter("info", Verbosity::VeryVerbose);
    assert!(says(&trace, "mediakeep", Level::TRACE));
    assert!(!says(&trace, "reqwest", Level::INFO));
}

#[test]
fn quiet_leaves_errors_alone() {
    let quiet = filter("debug", Verbosity::Quiet);
    assert!(says(&quiet, "mediakeep", Level::ERROR));
    assert!(!says(&quiet, "mediakeep", Level::WARN));
}

#[test]
fn a_level_below_warnings_holds_for_libraries_too() {
    let errors = filter("error", Verbosity::Configured);
    assert!(!says(&errors, "hyper", Level::WARN));
    assert!(!says(&errors, "mediakeep", Level::WARN));
}

#[test]
fn secrets_are_taken_out_by_value_and_by_look() {
    never_print("plain-words-secret");
    never_print("short");
    for (text, expected) in [
        ("a plain-words-secret b", "a [redacted] b"),
        ("a short b", "a short b"),
        ("GET /me?fields=id&access_token=IGAAabc", "GET /me"),
        ("appsecret_proof=abcdef", "appsecret_proof=[redacted]"),
        ("token IGAAabcdefghijklmnopqrstuvwxyz!", "token [redacted]!"),
        ("EAAabcdefghijklmnopqrstuvwxyz\n", "[redacted]\n"),
        ("/v/t51/1_n.jpg?oh=00_AfX&oe=6AB66240 failed", "/v/t51/1_n.jpg failed"),
        ("an ordinary line\nand another\n", "an ordinary line\nand another\n"),
    ] {
        assert_eq!(redacted(text), expected);
    }
}
