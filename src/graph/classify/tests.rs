use super::*;
use crate::domain::Login;
use crate::graph::{item, json};

fn envelope(json: &str) -> Refusal {
    let body = serde_json::from_str(json).unwrap();
    Refusal::read(&json::members(body).unwrap()).unwrap()
}

fn refusal(code: i64, subcode: i64, message: &str) -> Refusal {
    let subcode = (subcode != 0).then_some(subcode);
    Refusal { code: Some(code), subcode, message: message.to_owned(), ..Refusal::default() }
}

fn class_of(refusal: &Refusal, status: u16) -> Class {
    let asked = FieldSet::for_item(Login::Facebook);
    classify(refusal, status, None, &asked)
}

const WAIT: Class = Class::Wait { regain: None, scope: Scope::Account };
const WAIT_OF_APP: Class = Class::Wait { regain: None, scope: Scope::App };

fn stop(trouble: TokenTrouble) -> Class {
    Class::StopAccount(trouble)
}

/// Code, subcode (0 for none), message, HTTP status, class.
type Row = (i64, i64, &'static str, u16, Class);

fn assert_classes(rows: &[Row]) {
    for (code, subcode, message, status, class) in rows {
        let found = class_of(&refusal(*code, *subcode, message), *status);
        assert_eq!(found, *class, "{code}/{subcode} {status} {message}");
    }
}

#[test]
fn outages_and_heavy_requests_are_told_apart() {
    let unknown = "An unknown error occurred";
    let heavy = "Please reduce the amount of data you're asking for, then retry your request";
    assert_classes(&[
        (-1, 0, "server error", 400, Class::Retry),
        (-1, 2_207_001, "server error", 500, Class::Retry),
        (-1, 2_207_073, "Fatal", 400, Class::Fatal),
        (-1, 2_207_086, "Fatal", 400, Class::Fatal),
        (1, 0, unknown, 500, Class::Retry),
        (1, 99, unknown, 400, Class::Retry),
        (1, 0, heavy, 500, Class::Shrink),
        (1, 0, heavy, 400, Class::Shrink),
        (2, 0, "Service temporarily unavailable", 500, Class::Retry),
        (2, 0, "Service temporarily unavailable", 400, Class::Retry),
        (2, 0, "Service temporarily unavailable", 503, Class::Retry),
        (18, 0, "resource limits", 400, Class::Shrink),
    ]);
}

#[test]
fn every_throttle_waits_and_an_integrity_block_stops() {
    let limit = "(#4) Application request limit reached";
    let long_wait = Class::Wait { regain: Some(POLICY_BLOCK), scope: Scope::Account };
    assert_classes(&[
        (4, 0, limit, 403, WAIT_OF_APP),
        (4, 1_349_210, limit, 403, WAIT_OF_APP),
        (4, 1_504_022, limit, 400, WAIT_OF_APP),
        (4, 2_446_079, limit, 429, WAIT_OF_APP),
        (4, 2_207_051, limit, 403, Class::Permission),
        (17, 0, "User request limit reached", 400, WAIT),
        (17, 2_446_079, "User request limit reached", 403, WAIT),
        (32, 0, "Page request limit reached", 403, WAIT),
        (80_002, 0, "There have been too many calls", 400, WAIT),
        (80_002, 2_446_079, "There have been too many calls", 403, WAIT),
        (80_001, 0, "too many calls", 400, WAIT),
        (80_009, 0, "too many calls", 400, WAIT),
        (80_014, 0, "too many calls", 400, WAIT),
        (341, 0, "Application limit reached", 400, WAIT_OF_APP),
        (368, 0, "temporarily blocked", 403, long_wait),
        (613, 0, "Calls to this api have exceeded the rate limit", 500, WAIT),
        (77_777, 0, "something new", 429, WAIT),
    ]);
}

#[test]
fn every_token_trouble_has_its_own_name() {
    let expired =
        "Error validating access token: Session has expired on Monday, 31-Aug-26 11:00:00 PDT.";
    assert_classes(&[
        (100, 0, "Unsupported request - method type: get", 400, stop(TokenTrouble::NotOfThisHost)),
        (102, 0, "API session", 401, stop(TokenTrouble::Refused)),
        (190, 463, expired, 400, stop(TokenTrouble::Expired)),
        (190, 463, "Sitzung abgelaufen", 401, stop(TokenTrouble::Expired)),
        (190, 0, expired, 400, stop(TokenTrouble::Expired)),
        (190, 458, "The user has not authorized application 1.", 400, stop(TokenTrouble::Revoked)),
        (190, 0, "The user has not authorized application 1.", 400, stop(TokenTrouble::Revoked)),
        (190, 459, "checkpointed", 400, stop(TokenTrouble::Checkpoint)),
        (190, 460, "password changed", 400, stop(TokenTrouble::PasswordChanged)),
        (
            190,
            0,
            "The session has been invalidated because the user changed their password",
            400,
            stop(TokenTrouble::PasswordChanged),
        ),
        (190, 464, "unconfirmed", 400, stop(TokenTrouble::Checkpoint)),
        (190, 467, "invalid session", 401, stop(TokenTrouble::Refused)),
        (190, 492, "role lost", 400, stop(TokenTrouble::Revoked)),
        (
            190,
            0,
            "Invalid OAuth access token - Cannot parse access token",
            400,
            stop(TokenTrouble::NotOfThisHost),
        ),
        (190, 0, "Invalid OAuth 2.0 Access Token", 401, stop(TokenTrouble::NotOfThisHost)),
        (190, 0, "Malformed access token [redacted]", 400, stop(TokenTrouble::NotOfThisHost)),
        (190, 0, "Zugriff verweigert", 400, stop(TokenTrouble::Refused)),
        (190, 463, expired, 502, Class::Retry),
    ]);
}

#[test]
fn rights_fields_and_missing_items_are_told_apart() {
    let missing = "Unsupported get request. Object with ID '1' does not exist";
    assert_classes(&[
        (3, 0, "capability", 400, Class::Permission),
        (9, 2_207_042, "quota", 400, Class::Fatal),
        (
            10,
            0,
            "(#10) Application does not have permission for this action",
            400,
            Class::Permission,
        ),
        (
            10,
            0,
            "(#10) Application does not have permission for this action",
            403,
            Class::Permission,
        ),
        (10, 0, "(#10) Not enough viewers for the media to show insights", 400, Class::Fatal),
        (10, 0, "(#10) No permission for field (owner)", 400, Class::DropField("owner".into())),
        (24, 2_207_006, "media cannot be found", 400, Class::MaybeGone),
        (24, 2_207_008, "media cannot be found", 400, Class::MaybeGone),
        (
            100,
            0,
            "Tried accessing nonexisting field (alt_text)",
            400,
            Class::DropField("alt_text".into()),
        ),
        (100, 0, "Invalid appsecret_proof provided in the API argument", 400, Class::Permission),
        (100, 0, "Invalid parameter", 400, Class::Fatal),
        (100, 33, missing, 400, Class::MaybeGone),
        (100, 33, "Authorization Error", 400, Class::MaybeGone),
        (100, 33, "Authorization Error", 404, Class::MaybeGone),
        (100, 2_108_006, "Invalid parameter", 400, Class::Fatal),
        (110, 2_207_013, "Invalid user id", 400, Class::Fatal),
        (200, 0, "Permissions error", 403, Class::Permission),
        (
            299,
            0,
            "The calling app is missing the ads_management permission",
            400,
            Class::Permission,
        ),
        (506, 0, "duplicate post", 400, Class::Fatal),
        (803, 0, "(#803) Some of the aliases you requested do not exist", 404, Class::MaybeGone),
        (2500, 0, "An active access token must be used", 400, Class::Permission),
        (9005, 1_452_042, "Video content was not found.", 400, Class::Fatal),
        (36_104, 0, "You do not have permission to access this field", 400, Class::Fatal),
        (77_777, 0, "something new", 400, Class::Fatal),
        (77_777, 0, "something new", 500, Class::Retry),
    ]);
}

#[test]
fn a_transient_error_is_asked_again_whatever_its_code() {
    for (code, class) in
        [(100, Class::Retry), (190, Class::Retry), (2, Class::Retry), (4, WAIT_OF_APP)]
    {
        let transient = Refusal { is_transient: Some(true), ..refusal(code, 0, "") };
        assert_eq!(class_of(&transient, 400), class, "{code}");
    }
    let blocked = Refusal { is_transient: Some(true), ..refusal(4, 2_207_051, "") };
    assert_eq!(class_of(&blocked, 403), Class::Permission);
    let firm = Refusal { is_transient: Some(false), ..refusal(190, 463, "") };
    assert_eq!(class_of(&firm, 400), stop(TokenTrouble::Expired));
}

#[test]
fn a_field_is_dropped_only_when_it_was_asked_for() {
    for (message, class) in [
        (
            "(#100) Tried accessing nonexisting field (alt_text) on node type (IGMedia)",
            Class::DropField("alt_text".into()),
        ),
        (
            "(#100) Tentativa de acessar campo inexistente (shortcode)",
            Class::DropField("shortcode".into()),
        ),
        ("Tried accessing nonexisting field ( children )", Class::DropField("children".into())),
        ("Tried accessing nonexisting field (saved_count)", Class::Fatal),
        ("Tried accessing nonexisting field (id)", Class::Fatal),
        ("Tried accessing nonexisting field (", Class::Fatal),
        ("Tried accessing nonexisting field alt_text", Class::Fatal),
    ] {
        assert_eq!(class_of(&refusal(100, 0, message), 400), class, "{message}");
    }
    let risky = FieldSet::plain(&["id", "view_count", "copyright_check_information"]);
    for (code, field) in [(36_104, "view_count"), (9005, "copyright_check_information")] {
        let class = classify(&refusal(code, 0, "Localised"), 400, None, &risky);
        assert_eq!(class, Class::DropField(field.into()));
    }
}

#[test]
fn the_wait_is_the_one_that_the_headers_ask_for() {
    let asked = FieldSet::for_item(Login::Instagram);
    let regain = Some(Duration::from_secs(19 * 60));
    for (code, status, scope) in
        [(80_002, 400, Scope::Account), (4, 403, Scope::App), (1, 429, Scope::Account)]
    {
        let class = classify(&refusal(code, 0, ""), status, regain, &asked);
        assert_eq!(class, Class::Wait { regain, scope }, "{code}");
    }
    let day = Some(Duration::from_secs(86_400));
    let scope = Scope::Account;
    let blocked = classify(&refusal(368, 0, ""), 400, day, &asked);
    assert_eq!(blocked, Class::Wait { regain: day, scope });
    let short = Some(Duration::from_secs(60));
    assert_eq!(
        classify(&refusal(368, 0, ""), 400, short, &asked),
        Class::Wait { regain: Some(POLICY_BLOCK), scope }
    );
}

#[test]
fn without_the_api_speaking_only_the_status_is_left() {
    let wait = Some(Duration::from_secs(120));
    for (status, regain, class) in [
        (502, None, Class::Retry),
        (200, None, Class::Retry),
        (302, None, Class::Retry),
        (401, None, Class::Retry),
        (429, None, WAIT),
        (429, wait, Class::Wait { regain: wait, scope: Scope::Account }),
        (503, wait, Class::Wait { regain: wait, scope: Scope::Account }),
        (503, None, Class::Retry),
        (500, wait, Class::Retry),
    ] {
        assert_eq!(classify_status(status, regain), class, "{status}");
    }
}

#[test]
fn envelopes_as_captured_are_understood() {
    for (json, status, class) in [
        (
            r#"{"error":{"code":1,"message":"Please reduce the amount of data you're asking for, then retry your request"}}"#,
            500,
            Class::Shrink,
        ),
        (
            r#"{"error":{"message":"Error validating access token: Session has expired on Monday","type":"OAuthException","code":190,"error_subcode":0}}"#,
            400,
            stop(TokenTrouble::Expired),
        ),
        (
            r#"{"error":{"message":"Error validating","type":"OAuthException","code":"190","error_subcode":"463"}}"#,
            400,
            stop(TokenTrouble::Expired),
        ),
        (
            r#"{"error":{"message":"An unexpected error","is_transient":true,"code":2}}"#,
            500,
            Class::Retry,
        ),
        (
            r#"{"id":"1","error":{"message":"Authorization Error","type":"GraphMethodException","code":100,"error_subcode":33}}"#,
            200,
            Class::MaybeGone,
        ),
        (r#"{"error":"nonsense"}"#, 400, Class::Retry),
        (r#"{"error":{}}"#, 400, Class::Retry),
        (r#"{"error":[]}"#, 200, Class::Retry),
    ] {
        assert_eq!(class_of(&envelope(json), status), class, "{json}");
    }
    let success: &serde_json::value::RawValue =
        serde_json::from_str(r#"{"id":"1","error":null}"#).unwrap();
    assert_eq!(Refusal::read(&json::members(success).unwrap()), None);
    assert!(item::read_item(success, &mut Vec::new()).is_ok());
}

#[test]
fn a_message_prints_on_one_short_line() {
    let long = Refusal {
        trace: Some("Asynthetic01".to_owned()),
        ..refusal(100, 33, &format!("a\nb\u{1b}[31m\u{202e}{}", "é".repeat(300)))
    };
    let text = long.to_string();
    assert!(text.starts_with("a\\u{a}b\\u{1b}[31m\\u{202e}é"), "{text}");
    assert!(text.ends_with("é… (code 100, subcode 33, trace Asynthetic01)"), "{text}");
    assert_eq!(text.matches('é').count(), 200 - 9);
    assert_eq!(Refusal::default().to_string(), "no message (no code)");
    let odd = envelope(r#"{"error":{"code":1,"message":"x","fbtrace_id":"a b\nc"}}"#);
    assert_eq!(odd.to_string(), "x (code 1)");
}
