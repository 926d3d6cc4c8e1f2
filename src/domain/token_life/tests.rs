use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_800_000_000;
const D: i64 = 86_400;
const H: i64 = 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds).unwrap()
}

fn now() -> Timestamp {
    at(0)
}

/// A token that was first seen so many seconds ago and ends in so many.
fn life(login: Login, seen: i64, end: Option<i64>) -> Life {
    Life {
        login,
        first_seen_at: at(-seen),
        issued_at: None,
        expires_at: end.map(at),
        never_expires: false,
        data_access_expires_at: None,
        trouble: None,
        failed: None,
    }
}

fn instagram(seen: i64, end: Option<i64>) -> Life {
    life(Login::Instagram, seen, end)
}

#[test]
fn an_instagram_token_is_renewed_when_a_day_old_and_with_less_than_thirty_days_left() {
    for (seen, end, expected) in [
        // Of unknown age: as soon as it must be a day old.
        (0, None, Renewal::At(at(D))),
        (D - 1, None, Renewal::At(at(1))),
        (D, None, Renewal::Now),
        (90 * D, None, Renewal::Now),
        // Of known end.
        (D, Some(59 * D), Renewal::At(at(29 * D))),
        (30 * D, Some(30 * D + 1), Renewal::At(at(1))),
        (30 * D, Some(30 * D), Renewal::Now),
        (59 * D, Some(1), Renewal::Now),
        // A young one of short life waits for its day.
        (H, Some(5 * D), Renewal::At(at(23 * H))),
        // Ended by this clock: the API decides.
        (61 * D, Some(-D), Renewal::Now),
    ] {
        let found = renewal(&instagram(seen, end), Means::Refresh, now());
        assert_eq!(found, expected, "seen {seen} s ago, ends in {end:?} s");
    }
}

#[test]
fn a_known_day_of_issue_counts_for_more_than_the_day_it_was_seen() {
    let issued = Life { issued_at: Some(at(-2 * D)), ..instagram(0, None) };
    assert_eq!(renewal(&issued, Means::Refresh, now()), Renewal::Now);
    let young = Life { issued_at: Some(at(-H)), ..instagram(50 * D, Some(10 * D)) };
    assert_eq!(renewal(&young, Means::Refresh, now()), Renewal::At(at(23 * H)));
}

#[test]
fn a_failed_try_is_repeated_after_a_day_or_after_an_hour_when_nobody_answered() {
    for (how, ago, expected) in [
        (TryFault::Refused, 0, Renewal::At(at(D))),
        (TryFault::Refused, D - 1, Renewal::At(at(1))),
        (TryFault::Refused, D, Renewal::Now),
        (TryFault::Unreachable, 0, Renewal::At(at(H))),
        (TryFault::Unreachable, H, Renewal::Now),
        // The clock was set back since.
        (TryFault::Refused, -D, Renewal::Now),
    ] {
        let failed = Some(FailedTry { at: at(-ago), how });
        let tried = Life { failed, ..instagram(40 * D, Some(20 * D)) };
        assert_eq!(renewal(&tried, Means::Refresh, now()), expected, "{how:?} {ago} s ago");
    }
    let early = Life {
        failed: Some(FailedTry { at: at(0), how: TryFault::Unreachable }),
        ..instagram(D, Some(59 * D))
    };
    assert_eq!(renewal(&early, Means::Refresh, now()), Renewal::At(at(29 * D)));
}

#[test]
fn a_facebook_token_is_renewed_by_its_end_and_with_its_app() {
    for (end, means, expected) in [
        (None, Means::Nothing, Renewal::Never(WhyNever::NoApp)),
        (Some(5 * D), Means::Nothing, Renewal::Never(WhyNever::NoApp)),
        (None, Means::Exchange, Renewal::Never(WhyNever::EndUnknown)),
        (Some(40 * D), Means::Exchange, Renewal::At(at(10 * D))),
        // A token of two hours is exchanged at once; one of days not twice a day.
        (Some(2 * H), Means::Exchange, Renewal::Now),
        (Some(5 * D), Means::Exchange, Renewal::At(at(D))),
    ] {
        let found = renewal(&life(Login::Facebook, 0, end), means, now());
        assert_eq!(found, expected, "{end:?} {means:?}");
    }
    let endless = Life { never_expires: true, ..life(Login::Facebook, 0, None) };
    for means in [Means::Exchange, Means::Nothing] {
        assert_eq!(renewal(&endless, means, now()), Renewal::Never(WhyNever::NoEnd));
    }
}

#[test]
fn what_does_not_work_is_not_renewed() {
    let dead = Life { trouble: Some(TokenTrouble::Revoked), ..instagram(40 * D, Some(20 * D)) };
    let why = WhyNever::Dead(TokenTrouble::Revoked);
    assert_eq!(renewal(&dead, Means::Refresh, now()), Renewal::Never(why));
    assert_eq!(why.explain(), "the account no longer authorises the app");
}

#[test]
fn an_end_is_told_fourteen_seven_three_and_one_days_before_it_and_when_it_has_come() {
    for (end, expected) in [
        (14 * D + 1, None),
        (14 * D, Some(Level::Fortnight)),
        (7 * D + 1, Some(Level::Fortnight)),
        (7 * D, Some(Level::Week)),
        (3 * D, Some(Level::ThreeDays)),
        (D, Some(Level::LastDay)),
        (1, Some(Level::LastDay)),
        (0, Some(Level::Ended)),
        (-D, Some(Level::Ended)),
    ] {
        let found = warnings(&instagram(D, Some(end)), now());
        let levels: Vec<_> = found.iter().map(|warning| (warning.ending, warning.level)).collect();
        let expected: Vec<_> = expected.map(|level| (Ending::Token, level)).into_iter().collect();
        assert_eq!(levels, expected, "ends in {end} s");
    }
    let levels = [Level::Fortnight, Level::Week, Level::ThreeDays, Level::LastDay, Level::Ended];
    assert_eq!(levels.map(Level::as_number), [1, 2, 3, 4, 5]);
}

#[test]
fn an_end_that_nobody_told_is_at_most_sixty_days_away() {
    let unknown = instagram(50 * D, None);
    assert_eq!(unknown.ends_by(), Some(at(10 * D)));
    assert_eq!(warnings(&unknown, now())[0].level, Level::Fortnight);
    assert_eq!(life(Login::Facebook, 50 * D, None).ends_by(), None);
}

#[test]
fn the_persons_agreement_ends_on_its_own() {
    let endless = Life {
        never_expires: true,
        data_access_expires_at: Some(at(2 * D)),
        ..life(Login::Facebook, 80 * D, None)
    };
    let found = warnings(&endless, now());
    let expected = Warning { ending: Ending::DataAccess, at: at(2 * D), level: Level::ThreeDays };
    assert_eq!(found, [expected]);
}

#[test]
fn of_a_token_that_died_otherwise_no_end_is_told() {
    for (trouble, told) in
        [(TokenTrouble::Revoked, 0), (TokenTrouble::PasswordChanged, 0), (TokenTrouble::Expired, 1)]
    {
        let dead = Life { trouble: Some(trouble), ..instagram(60 * D, Some(-D)) };
        assert_eq!(warnings(&dead, now()).len(), told, "{trouble:?}");
    }
}

prop_compose! {
    fn any_life()(
        facebook in any::<bool>(),
        seen in -100 * D..100 * D,
        issued in proptest::option::of(-100 * D..100 * D),
        end in proptest::option::of(-100 * D..100 * D),
        failed in proptest::option::of((-10 * D..10 * D, any::<bool>())),
    ) -> Life {
        let how = |network| if network { TryFault::Unreachable } else { TryFault::Refused };
        let login = if facebook { Login::Facebook } else { Login::Instagram };
        Life {
            issued_at: issued.map(at),
            failed: failed.map(|(ago, network)| FailedTry { at: at(-ago), how: how(network) }),
            ..life(login, seen, end)
        }
    }
}

proptest! {
    #[test]
    fn what_is_due_at_a_time_is_due_when_that_time_has_come(life in any_life()) {
        let means = match life.login {
            Login::Instagram => Means::Refresh,
            Login::Facebook => Means::Exchange,
        };
        if let Renewal::At(due) = renewal(&life, means, now()) {
            prop_assert!(due > now());
            // A try that another clock dated may push it once more, by a day at most.
            let later = due.plus(DAY * 11);
            prop_assert_eq!(renewal(&life, means, later), Renewal::Now);
        }
    }

    #[test]
    fn warnings_grow_more_urgent_with_time_and_never_less(life in any_life(), step in 0..30 * D) {
        let level = |now| warnings(&life, now).first().map(|warning| warning.level);
        prop_assert!(level(now()) <= level(at(step)));
    }

    #[test]
    fn a_token_that_is_looked_at_daily_is_renewed_while_it_lives(seen in 0..60 * D) {
        // However old the token was when it was first seen, if it has two days left.
        let end = 60 * D - seen;
        prop_assume!(end > 2 * D);
        let token = instagram(0, None);
        let renewed = (0..3).map(|day| at(day * D)).find(|day| {
            renewal(&token, Means::Refresh, *day) == Renewal::Now
        });
        prop_assert!(renewed.is_some_and(|day| day < at(end)));
    }
}
