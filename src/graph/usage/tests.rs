use reqwest::header::{HeaderName, HeaderValue};

use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let header = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(header).collect()
}

fn read(pairs: &[(&'static str, &str)]) -> (Option<f64>, Option<u64>) {
    let usage = usage(&headers(pairs));
    (usage.percent(), usage.regain().map(|regain| regain.as_secs()))
}

const APP: &str = "x-app-usage";
const BUC: &str = "x-business-use-case-usage";

#[test]
fn both_families_of_headers_are_read_and_the_highest_number_counts() {
    for (pairs, percent, regain) in [
        (vec![], None, None),
        (vec![(APP, r#"{"call_count":28,"total_time":25,"total_cputime":25}"#)], Some(28.0), None),
        (vec![(APP, r#"{"call_volume":3,"cpu_time":41}"#)], Some(41.0), None),
        (vec![(APP, r#"{"call_volume":0,"cpu_time":0}"#)], Some(0.0), None),
        (vec![(APP, r#"{"call_count":100.5,"total_time":"250"}"#)], Some(250.0), None),
        (
            vec![(
                BUC,
                r#"{"17841400000000111":[{"type":"instagram","call_count":100,"total_cputime":25,"total_time":25,"estimated_time_to_regain_access":19}]}"#,
            )],
            Some(100.0),
            Some(19 * 60),
        ),
        (
            vec![(
                BUC,
                r#"{"1":[{"call_count":1,"estimated_time_to_regain_access":0}],"2":[{"call_count":9,"estimated_time_to_regain_access":1.5},{"total_time":"12"}]}"#,
            )],
            Some(12.0),
            Some(90),
        ),
        (vec![(APP, r#"{"call_count":5}"#), (BUC, r#"{"1":[{"call_count":7}]}"#)], Some(7.0), None),
        (vec![(APP, r#"{"call_count":5}"#), (APP, r#"{"call_count":6}"#)], Some(6.0), None),
        (vec![(BUC, r#"{"1":{"call_count":8}}"#)], Some(8.0), None),
    ] {
        assert_eq!(read(&pairs), (percent, regain), "{pairs:?}");
    }
}

#[test]
fn what_is_said_of_the_app_and_of_the_account_stays_apart() {
    let both = headers(&[
        (APP, r#"{"call_volume":41,"cpu_time":3}"#),
        (BUC, r#"{"1":[{"call_count":7,"estimated_time_to_regain_access":2}]}"#),
        ("x-page-usage", r#"{"call_count":9}"#),
    ]);
    let usage = usage(&both);
    assert_eq!(usage.app, Share { percent: Some(41.0), regain: None });
    assert_eq!(usage.account, Share { percent: Some(9.0), regain: Some(Duration::from_secs(120)) });
}

#[test]
fn malformed_headers_count_as_not_sent() {
    for text in [
        "",
        "{",
        "null",
        "[]",
        "17",
        "\"call_count\"",
        "call_count=100",
        r#"{"call_count":null}"#,
        r#"{"call_count":-5}"#,
        r#"{"call_count":"many"}"#,
        r#"{"call_count":1e999}"#,
        r#"{"acc_id_util_pct":99}"#,
        r#"{"1":[{"1":[{"1":[{"call_count":5}]}]}]}"#,
    ] {
        assert_eq!(read(&[(APP, text)]), (None, None), "{text}");
        assert_eq!(read(&[(BUC, text)]), (None, None), "{text}");
    }
    let bytes = HeaderValue::from_bytes(b"{\"call_count\":\xff}").unwrap();
    let mut map = HeaderMap::new();
    map.insert(APP, bytes);
    assert_eq!(usage(&map), Usage::default());
}

#[test]
fn no_header_silences_an_account_for_more_than_a_day() {
    let (_, regain) = read(&[(BUC, r#"{"1":[{"estimated_time_to_regain_access":1e300}]}"#)]);
    assert_eq!(regain, Some(86_400));
    let waits = headers(&[("retry-after", "18446744073709551615")]);
    assert_eq!(retry_after(&waits, None), Some(LONGEST_BLOCK));
}

#[test]
fn retry_after_is_seconds_or_a_date_by_the_servers_own_clock() {
    let date = "Fri, 25 Sep 2026 12:00:00 GMT";
    let answered_at = Timestamp::from_http_date(date);
    assert_eq!(answered_at.map(|at| at.to_string()).as_deref(), Some("2026-09-25T12:00:00Z"));
    for (text, wait) in [
        ("120", Some(120)),
        (" 7 ", Some(7)),
        ("0", Some(0)),
        ("Fri, 25 Sep 2026 12:01:30 GMT", Some(90)),
        ("Fri, 25 Sep 2026 11:00:00 GMT", Some(0)),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
    ] {
        let wait = wait.map(Duration::from_secs);
        assert_eq!(retry_after(&headers(&[("retry-after", text)]), answered_at), wait, "{text}");
    }
    let dated = headers(&[("retry-after", date)]);
    assert_eq!(retry_after(&dated, None), None);
    assert_eq!(super::date(&headers(&[("date", date)])), answered_at);
    assert_eq!(super::date(&headers(&[("date", "today")])), None);
}
