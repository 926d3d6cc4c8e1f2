use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn schedule(crontab: &str, zone: &str) -> Schedule {
    Schedule::new(crontab.parse().expect(crontab), zone.parse().expect(zone))
}

fn runs(crontab: &str, zone: &str, after: &str, n: usize) -> Vec<String> {
    schedule(crontab, zone).next_runs(at(after), n).iter().map(ToString::to_string).collect()
}

#[test]
fn expressions_mean_what_crontab_means() {
    // 2026-11-22 is a Sunday.
    for (crontab, next) in [
        ("*/15 * * * *", "2026-11-22T12:15:00Z"),
        ("0 4 * * *", "2026-11-23T04:00:00Z"),
        ("30 0 4 * * *", "2026-11-23T04:00:30Z"),
        ("0 4 * * 0", "2026-11-29T04:00:00Z"),
        ("0 4 * * 7", "2026-11-29T04:00:00Z"),
        ("0 4 * * sun", "2026-11-29T04:00:00Z"),
        ("0 4 * * 1", "2026-11-23T04:00:00Z"),
        ("0 4 * * Mon-Fri", "2026-11-23T04:00:00Z"),
        ("0 4 * * 6", "2026-11-28T04:00:00Z"),
        ("0 13 * * 5-7", "2026-11-22T13:00:00Z"),
        ("0 13 * * fri-sun", "2026-11-22T13:00:00Z"),
        ("0 13 * * sat,sun", "2026-11-22T13:00:00Z"),
        ("0 4 * * 1-5/2", "2026-11-23T04:00:00Z"),
        ("0 4 1 * *", "2026-12-01T04:00:00Z"),
        ("0 4 1 jan *", "2027-01-01T04:00:00Z"),
        ("0 4 29 2 *", "2028-02-29T04:00:00Z"),
        // Either day field is enough: the 25th is a Wednesday, the next Tuesday is the 24th.
        ("0 4 25 * 2", "2026-11-24T04:00:00Z"),
        // A star first means that both must hold: an odd day that is a Tuesday.
        ("0 4 */2 * 2", "2026-12-01T04:00:00Z"),
        ("0 4 13 * */7", "2026-12-13T04:00:00Z"),
        ("10-20/5,40 12 * * *", "2026-11-22T12:10:00Z"),
        ("@hourly", "2026-11-22T13:00:00Z"),
        ("@daily", "2026-11-23T00:00:00Z"),
        ("@midnight", "2026-11-23T00:00:00Z"),
        ("@weekly", "2026-11-29T00:00:00Z"),
        ("@monthly", "2026-12-01T00:00:00Z"),
        ("@yearly", "2027-01-01T00:00:00Z"),
        ("  0   4 * *  * ", "2026-11-23T04:00:00Z"),
    ] {
        assert_eq!(runs(crontab, "UTC", "2026-11-22T12:07:00Z", 1), [next], "{crontab}");
    }
}

#[test]
fn what_crontab_would_not_take_is_refused_by_field() {
    for (crontab, problem) in [
        ("", "0 fields instead of 5, or 6 with seconds"),
        ("* * * *", "4 fields instead of 5, or 6 with seconds"),
        ("* * * * * * *", "7 fields instead of 5, or 6 with seconds"),
        ("60 * * * *", "minute: 60 is not within 0-59"),
        ("* 24 * * *", "hour: 24 is not within 0-23"),
        ("* * 0 * *", "day of month: 0 is not within 1-31"),
        ("* * * 13 *", "month: 13 is not within 1-12"),
        ("* * * * 8", "day of week: 8 is not within 0-7"),
        ("* * * * L", "day of week: \"L\" is not within 0-7"),
        ("* * ? * *", "day of month: \"?\" is not within 1-31"),
        ("5/10 * * * *", "minute: a step needs a range, as in 0-59/2"),
        ("*/0 * * * *", "minute: a step must be a number above 0"),
        ("30-10 * * * *", "minute: the range 30-10 runs backwards"),
        ("1,,2 * * * *", "minute: \"\" is not within 0-59"),
        ("-1 * * * *", "minute: \"\" is not within 0-59"),
        ("@reboot", "@reboot is no time"),
        ("@often", "an unknown nickname"),
        ("0 0 30 2 *", "a schedule without any run: no such day exists"),
    ] {
        let error = crontab.parse::<Crontab>().unwrap_err();
        assert_eq!(error.to_string(), problem, "{crontab}");
    }
}

#[test]
fn a_run_in_the_hour_that_spring_skips_comes_later_the_same_night() {
    // Europe/Berlin goes from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC.
    let expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"];
    assert_eq!(runs("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3), expected);
    // Asked inside the hour after the jump, the skipped run is still to come.
    assert_eq!(
        runs("30 2 * * *", "Europe/Berlin", "2026-03-29T01:10:00Z", 1),
        ["2026-03-29T01:30:00Z"]
    );
    // Skipped and later readings come in order of time.
    assert_eq!(
        runs("45 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
        ["2026-03-29T01:45:00Z", "2026-03-30T00:45:00Z"]
    );
}

#[test]
fn a_run_in_the_hour_that_autumn_repeats_happens_once() {
    // Europe/Berlin goes from 03:00 back to 02:00 on 2026-10-25, at 01:00 UTC.
    let expected = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
    assert_eq!(runs("30 2 * * *", "Europe/Berlin", "2026-10-23T12:00:00Z", 3), expected);
}

#[test]
fn a_schedule_of_every_hour_neither_pauses_nor_doubles_up() {
    for night in ["2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z"] {
        for (crontab, step) in [("*/15 * * * *", 900), ("0 * * * *", 3_600), ("7 */1 * * *", 3_600)]
        {
            let runs = schedule(crontab, "Europe/Berlin").next_runs(at(night), 24);
            for pair in runs.windows(2) {
                assert_eq!(
                    pair[1].as_unix() - pair[0].as_unix(),
                    step,
                    "{crontab} after {}",
                    pair[0]
                );
            }
        }
    }
}

#[test]
fn zones_with_odd_jumps_are_right_too() {
    // Lord Howe moves by half an hour: 02:00 becomes 02:30 on 2026-10-04, at 15:30 UTC.
    assert_eq!(
        runs("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", 2),
        ["2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"]
    );
    // Samoa had no 2011-12-30 at all.
    assert_eq!(
        runs("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 2),
        ["2011-12-30T22:00:00Z", "2012-12-29T22:00:00Z"]
    );
    // Havana repeats the hour after midnight: 2026-11-01 at 05:00 UTC.
    assert_eq!(
        runs("30 0 1 11 *", "America/Havana", "2026-10-31T00:00:00Z", 2),
        ["2026-11-01T04:30:00Z", "2027-11-01T04:30:00Z"]
    );
}

#[test]
fn an_instant_is_shown_on_the_wall_clock_of_its_zone() {
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    assert_eq!(zone.show(at("2026-11-22T05:30:00Z")), "2026-11-22 06:30 CET");
    assert_eq!(zone.name(), "Europe/Berlin");
    assert_eq!(Zone::UTC.name(), "UTC");
    assert!("Mars/Olympus".parse::<Zone>().is_err());
}

/// A field as written and as the set of values it means.
fn any_field(min: u32, max: u32) -> impl Strategy<Value = (String, Vec<u32>)> {
    let all: Vec<u32> = (min..=max).collect();
    let within = move || min..=max;
    prop_oneof![
        3 => Just(("*".to_owned(), all)),
        1 => (2..=max).prop_map(move |step| {
            (format!("*/{step}"), (min..=max).step_by(step as usize).collect())
        }),
        2 => within().prop_map(|only| (only.to_string(), vec![only])),
        2 => (within(), within()).prop_map(|(a, b)| {
            let (a, b) = (a.min(b), a.max(b));
            (format!("{a}-{b}"), (a..=b).collect())
        }),
        1 => (within(), within()).prop_map(|(a, b)| (format!("{a},{b}"), vec![a, b])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every minute of six weeks is judged by hand, with crontab's rule for the two day fields.
    #[test]
    fn the_next_run_is_the_first_minute_that_matches(
        minute in any_field(0, 59),
        hour in any_field(0, 23),
        day in any_field(1, 31),
        month in any_field(1, 12),
        weekday in any_field(0, 6),
        start in 1_700_000_000_i64..1_900_000_000,
    ) {
        let text = format!("{} {} {} {} {}", minute.0, hour.0, day.0, month.0, weekday.0);
        let Ok(crontab) = text.parse::<Crontab>() else {
            // Only a day that no month has can be refused.
            prop_assert!(!day.0.starts_with('*'), "{} was refused", text);
            return Ok(());
        };
        let next = Schedule::new(crontab, Zone::UTC).next_after(Timestamp::from_unix(start).unwrap());
        let both = day.0.starts_with('*') || weekday.0.starts_with('*');
        let first = start.div_euclid(60) + 1;
        let by_hand = (first..first + 42 * 1_440).map(|minute| minute * 60).find(|seconds| {
            let wall = TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(*seconds).unwrap());
            let has = |field: &(String, Vec<u32>), value: i8| {
                field.1.contains(&u32::try_from(value).unwrap())
            };
            let on_day = has(&day, wall.day());
            let on_weekday = has(&weekday, wall.weekday().to_sunday_zero_offset());
            has(&minute, wall.minute())
                && has(&hour, wall.hour())
                && has(&month, wall.month())
                && if both { on_day && on_weekday } else { on_day || on_weekday }
        });
        match by_hand {
            Some(seconds) => prop_assert_eq!(next.map(Timestamp::as_unix), Some(seconds), "{}", text),
            None => prop_assert!(
                next.is_none_or(|next| next.as_unix() >= (first + 42 * 1_440) * 60),
                "{} runs at {:?}", text, next
            ),
        }
    }

    /// Whatever the zone does, runs move forward, and a fixed daily run happens every day once.
    #[test]
    fn a_daily_run_happens_once_a_day_in_every_zone(
        hour in 0_u32..24,
        minute in 0_u32..60,
        zone in prop::sample::select(vec![
            "UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe",
            "Asia/Kathmandu", "Africa/Casablanca", "America/St_Johns", "Pacific/Chatham",
        ]),
    ) {
        let schedule = schedule(&format!("{minute} {hour} * * *"), zone);
        let runs = schedule.next_runs(at("2026-01-01T00:00:00Z"), 800);
        prop_assert_eq!(runs.len(), 800);
        for pair in runs.windows(2) {
            let between = pair[1].as_unix() - pair[0].as_unix();
            prop_assert!((22 * 3_600..=26 * 3_600).contains(&between), "{} then {}", pair[0], pair[1]);
        }
        let span = runs[799].as_unix() - runs[0].as_unix();
        prop_assert!((799 * 86_400 - span).abs() <= 7_200, "800 runs took {} seconds", span);
    }
}
