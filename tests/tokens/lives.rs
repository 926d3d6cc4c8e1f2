//! What becomes of a token before each pass.

use graph_sandbox::{Fault, FaultKind, Login, Settings, TokenEnd};
use mediakeep::archive::report::ProblemKind;
use mediakeep::archive::token::Done;
use mediakeep::domain::TokenTrouble;
use mediakeep::domain::token_life::{Renewal, WhyNever};
use mediakeep::tokens::Source;

use crate::stand::{DAY, Stand, hours};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_on_for_four_of_its_lives_without_anybody() {
    let stand = Stand::new().await;
    for account in [stand.account(Login::Instagram), stand.account(Login::Facebook)] {
        let mut renewals = Vec::new();
        let mut tokens = vec![account.token.clone()];
        // Looked after every 12 hours for 240 days.
        for half_day in 0..480 {
            let report = stand.keep_alive(&account).await;
            let token = report.access.graph.token().expose().to_owned();
            assert!(stand.works(&account, &token).await, "after {half_day} half days");
            if report.done == Done::Renewed {
                renewals.push(half_day / 2);
                assert!(!tokens.contains(&token), "a renewed token is another one");
                tokens.push(token);
            }
            stand.pass_time(DAY / 2);
        }
        println!("{:?}: renewed on days {renewals:?}", account.login);
        // Instagram: of unknown age, hence after a day, and then every 30 days. Facebook: by its end,
        // 50 days away at the beginning.
        assert!((8..=10).contains(&renewals.len()), "{renewals:?}");
        match account.login {
            Login::Instagram => assert_eq!(renewals[..3], [1, 31, 61]),
            Login::Facebook => assert_eq!(renewals[..3], [20, 50, 80]),
        }
        let kept = stand.kept(&account);
        assert!(kept.candidate.is_none() && kept.former.is_empty() && kept.trouble.is_none());
        assert_eq!(kept.current.source, Source::Refreshed);
        assert_eq!(stand.turns(), Vec::<String>::new(), "nothing had to be told");
        // The next account begins with a token of its own time.
        let fresh = stand.account(Login::Facebook);
        let token = stand.sandbox.world().new_token(&fresh.name).unwrap().token.unwrap();
        if account.login == Login::Instagram {
            stand.write_token(&fresh, &token);
            stand.pass_time(10 * DAY);
        }
    }
    assert_eq!(stand.calls("media"), 0);
    assert_eq!(stand.sandbox.counters().write_calls, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_a_token_stands_in_the_catalog() {
    let stand = Stand::new().await;
    let account = stand.instagram();
    stand.pass(&account).await;
    let facts = "SELECT source || ' ' || state || ' ' || coalesce(expires_at, '-') FROM tokens";
    assert_eq!(stand.column(facts), ["configured unknown -"]);
    stand.pass_time(DAY);
    let (token, pass) = stand.pass(&account).await;
    assert_eq!((token.done, pass.problems.len()), (Done::Renewed, 0));
    let facts = stand.column(facts);
    assert!(facts[0].starts_with("refreshed ok 2026-06-06T10:00:0"), "{facts:?}");
    let ends = "SELECT token_expires_at FROM accounts WHERE account = '";
    assert_eq!(stand.column(&format!("{ends}{}'", account.name)), ["2026-06-06T10:00:00Z"]);
    let scopes = stand.column("SELECT scopes FROM tokens");
    assert!(scopes[0].contains("instagram_business_basic"), "{scopes:?}");
    // No table holds a token.
    let bytes = std::fs::read(stand.archive.dir.catalog_path()).unwrap();
    for token in [&account.token, stand.kept(&account).current.token.expose()] {
        assert!(!contains(&bytes, token));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_facebook_token_says_what_it_is_worth_once_a_day() {
    let stand = Stand::new().await;
    let account = stand.account(Login::Facebook);
    for _ in 0..4 {
        stand.keep_alive(&account).await;
        stand.pass_time(6 * 3600);
    }
    assert_eq!(stand.calls("debug_token"), 1);
    let kept = stand.kept(&account);
    let ends = kept.current.expires_at.unwrap().to_string();
    assert!(ends.starts_with("2026-05-26T"), "{ends}");
    let agreed = kept.current.data_access_expires_at.unwrap().to_string();
    assert!(agreed.starts_with("2026-06-25T"), "{agreed}");
    // A page's token has no end, and the person's agreement has.
    let page = stand.sandbox.world().page_token(&account.name).unwrap();
    stand.write_token(&account, &page);
    let report = stand.keep_alive(&account).await;
    assert_eq!(report.next, Renewal::Never(WhyNever::NoEnd));
    assert!(stand.kept(&account).current.never_expires);
    stand.pass_time(79 * DAY);
    stand.keep_alive(&account).await;
    assert_eq!(stand.turns(), ["raised data access 2026-06-25"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_renewal_stops_no_pass_and_is_told_once_per_level() {
    let stand = Stand::new().await;
    let account = stand.instagram();
    stand.keep_alive(&account).await;
    stand.pass_time(DAY);
    assert_eq!(stand.keep_alive(&account).await.done, Done::Renewed);
    // From now on the API refuses every renewal.
    stand.sandbox.inject(Fault::new(FaultKind::Permission10).on("refresh"));
    let mut tries = 0;
    for half_day in 2..124 {
        stand.pass_time(DAY / 2);
        let report = stand.keep_alive(&account).await;
        match &report.done {
            Done::Failed(why) => {
                tries += 1;
                assert!(half_day >= 60, "half day {half_day}: {why}");
            }
            done => assert_eq!(*done, Done::Nothing, "half day {half_day}"),
        }
        if half_day % 30 == 0 && half_day < 119 {
            let (_, pass) = stand.pass(&account).await;
            assert_eq!(pass.problems, [], "half day {half_day}");
        }
    }
    assert_eq!(stand.sandbox.fired(FaultKind::Permission10), tries);
    assert!((29..=32).contains(&tries), "once a day: {tries}");
    let day = "2026-06-06";
    let expected =
        [format!("raised {day}")].into_iter().chain((0..4).map(|_| format!("rose {day}")));
    assert_eq!(stand.turns(), expected.collect::<Vec<_>>());
    let open = "SELECT level || ' ' || detail FROM alarms WHERE kind = 'token_expiring' AND ended_at IS NULL";
    let open = stand.column(open);
    assert_eq!(open.len(), 1);
    assert!(open[0].starts_with("5 ") && open[0].contains("could not be renewed"), "{open:?}");
    // A person brings a new one, and the alarm ends.
    let token = stand.sandbox.world().new_token(&account.name).unwrap().token.unwrap();
    stand.write_token(&account, &token);
    let (report, pass) = stand.pass(&account).await;
    assert_eq!((report.done, pass.problems.len()), (Done::Adopted, 0));
    assert_eq!(stand.turns().last().unwrap(), &format!("ended {day}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_a_renewal_is_tried_every_hour() {
    let stand = Stand::new().await;
    let account = stand.instagram();
    stand.keep_alive(&account).await;
    stand.pass_time(DAY);
    stand.sandbox.inject(Fault::new(FaultKind::Http503).on("refresh"));
    for _ in 0..12 {
        let report = stand.keep_alive(&account).await;
        assert!(!matches!(report.done, Done::Renewed));
        stand.pass_time(15 * 60);
    }
    assert_eq!(stand.calls("refresh"), 3, "three hours, four passes an hour");
    stand.sandbox.clear_faults();
    assert_eq!(stand.keep_alive(&account).await.done, Done::Renewed);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_of_a_token_is_told_apart_and_a_new_one_cures_it() {
    let stand = Stand::new().await;
    for login in [Login::Instagram, Login::Facebook] {
        let account = stand.account(login);
        stand.pass(&account).await;
        for (end, trouble) in [
            (TokenEnd::Revoked, TokenTrouble::Revoked),
            (TokenEnd::PasswordChanged, TokenTrouble::PasswordChanged),
            (TokenEnd::Checkpointed, TokenTrouble::Checkpoint),
            (TokenEnd::Expired, TokenTrouble::Expired),
            (TokenEnd::InvalidSession, TokenTrouble::Refused),
        ] {
            stand.pass_time(3600);
            stand.sandbox.world().end_token(&account.name, end).unwrap();
            let (_, pass) = stand.pass(&account).await;
            assert_eq!(pass.worst(), Some(ProblemKind::Token), "{end:?}");
            stand.pass_time(900);
            let (report, _) = stand.pass(&account).await;
            assert_eq!(report.trouble, Some(trouble), "{login:?} {end:?}");
            assert_eq!(report.next, Renewal::Never(WhyNever::Dead(trouble)));
            let state = format!("SELECT state FROM tokens WHERE account = '{}'", account.name);
            assert_eq!(stand.column(&state), [trouble.as_str()], "{end:?}");
            // Nothing is asked again and again.
            let refreshes = stand.calls("refresh") + stand.calls("exchange");
            stand.keep_alive(&account).await;
            assert_eq!(stand.calls("refresh") + stand.calls("exchange"), refreshes);

            let token = stand.sandbox.world().new_token(&account.name).unwrap().token.unwrap();
            stand.write_token(&account, &token);
            let (report, pass) = stand.pass(&account).await;
            assert_eq!(report.access.graph.token().expose(), token, "{end:?}");
            assert_eq!((report.trouble, pass.worst()), (None, None), "{end:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_recovers_is_noticed() {
    let stand = Stand::new().await;
    let account = stand.instagram();
    stand.pass(&account).await;
    // The host is out of order and says so of every token; then it is well again.
    stand.sandbox.inject(Fault::new(FaultKind::TokenExpired463).times(4));
    for _ in 0..2 {
        stand.pass(&account).await;
    }
    assert!(stand.sandbox.fired(FaultKind::TokenExpired463) > 1);
    assert!(stand.kept(&account).trouble.is_some());
    stand.sandbox.clear_faults();
    stand.pass_time(3600);
    let (report, pass) = stand.pass(&account).await;
    assert_eq!((report.trouble, pass.worst()), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_new_token_wins_over_the_renewed_one() {
    let stand = Stand::new().await;
    let account = stand.instagram();
    stand.keep_alive(&account).await;
    stand.pass_time(DAY);
    stand.keep_alive(&account).await;
    let renewed = stand.kept(&account).current.token.expose().to_owned();
    // The file still holds the first one: the renewed one is used.
    assert_eq!(stand.open(&account).access.graph.token().expose(), renewed);
    let token = stand.sandbox.world().new_token(&account.name).unwrap().token.unwrap();
    stand.write_token(&account, &token);
    assert_eq!(stand.open(&account).access.graph.token().expose(), token);
    let report = stand.keep_alive(&account).await;
    assert_eq!(report.done, Done::Adopted);
    let kept = stand.kept(&account);
    assert_eq!(kept.current.token.expose(), token);
    assert!(kept.current.answered_at.is_some() && kept.former.is_empty(), "it has answered");
    // Copying the one in use back into the file changes nothing.
    stand.pass_time(DAY);
    stand.keep_alive(&account).await;
    let renewed = stand.kept(&account).current.token.expose().to_owned();
    stand.write_token(&account, &renewed);
    assert_eq!(stand.keep_alive(&account).await.done, Done::Nothing);
    assert_eq!(stand.kept(&account).current.token.expose(), renewed);
    assert_eq!(stand.kept(&account).current.source, Source::Refreshed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_token_that_is_none_or_anothers_gives_way_to_the_one_that_works() {
    let stand = Stand::with(Settings {
        instagram_accounts: 2,
        facebook_accounts: 2,
        ..Settings::default()
    })
    .await;
    let accounts = stand.sandbox.ready().accounts.clone();
    for login in [Login::Instagram, Login::Facebook] {
        let of: Vec<_> = accounts.iter().filter(|account| account.login == login).collect();
        let (account, other) = (of[0].clone(), of[1].clone());
        stand.keep_alive(&account).await;
        let mut cut = account.token.clone();
        cut.truncate(60);
        for wrong in [cut, other.token.clone()] {
            stand.write_token(&account, &wrong);
            let (report, pass) = stand.pass(&account).await;
            assert!(matches!(report.done, Done::WentBack(_)), "{login:?}: {:?}", report.done);
            assert_eq!(report.access.graph.token().expose(), account.token);
            assert_eq!(pass.problems, [], "the pass went on");
            let note = stand.kept(&account).note.unwrap();
            assert!(note.contains("is not used"), "{note}");
            // It is looked at once.
            let calls = stand.sandbox.counters().api_calls;
            assert_eq!(stand.keep_alive(&account).await.done, Done::Nothing);
            assert_eq!(stand.sandbox.counters().api_calls, calls);
        }
        // A good one after that wins.
        let token = stand.sandbox.world().new_token(&account.name).unwrap().token.unwrap();
        stand.write_token(&account, &token);
        assert_eq!(stand.keep_alive(&account).await.done, Done::Adopted);
        assert_eq!(stand.kept(&account).note, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_costs_an_hour_and_no_token() {
    let stand = Stand::new().await;
    let account = stand.instagram();
    stand.keep_alive(&account).await;
    stand.pass_time(DAY);
    stand.sandbox.inject(Fault::new(FaultKind::ResetConnection).on("refresh").times(1));
    let (report, pass) = stand.pass(&account).await;
    assert!(matches!(report.done, Done::Failed(_)), "{:?}", report.done);
    assert_eq!(pass.problems, []);
    assert_eq!(stand.sandbox.fired(FaultKind::ResetConnection), 1);
    let again = stand.clock.now().plus(hours(1));
    assert_eq!(report.next, Renewal::At(again));
    stand.pass_time(3600);
    assert_eq!(stand.keep_alive(&account).await.done, Done::Renewed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_the_old_token_at_once_costs_nothing() {
    let stand = Stand::with(Settings { refresh_invalidates: true, ..Settings::default() }).await;
    let account = stand.instagram();
    stand.keep_alive(&account).await;
    for _ in 0..4 {
        stand.pass_time(31 * DAY);
        let before = stand.kept(&account).current.token.expose().to_owned();
        let (report, pass) = stand.pass(&account).await;
        assert_eq!((report.done, pass.problems.len()), (Done::Renewed, 0));
        assert!(!stand.works(&account, &before).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_token_that_nobody_could_try_waits_beside_the_old_one() {
    let stand = Stand::with(Settings { refresh_invalidates: true, ..Settings::default() }).await;
    let account = stand.instagram();
    stand.keep_alive(&account).await;
    stand.pass_time(DAY);
    // The network fails between the answer and the first use.
    stand.sandbox.inject(Fault::new(FaultKind::Http503).on("me"));
    let report = stand.keep_alive(&account).await;
    assert!(matches!(report.done, Done::Waits(_)), "{:?}", report.done);
    let kept = stand.kept(&account);
    assert_eq!(kept.current.token.expose(), account.token);
    let candidate = kept.candidate.unwrap().token.expose().to_owned();
    assert!(
        stand.works(&account, &candidate).await && !stand.works(&account, &account.token).await
    );
    // No second renewal is asked for meanwhile.
    stand.pass_time(2 * DAY);
    stand.keep_alive(&account).await;
    assert_eq!(stand.calls("refresh"), 1);
    stand.sandbox.clear_faults();
    let (report, pass) = stand.pass(&account).await;
    assert_eq!((report.done, pass.problems.len()), (Done::Renewed, 0));
    assert_eq!(report.access.graph.token().expose(), candidate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_token_that_is_refused_is_dropped_while_the_old_one_works() {
    let stand = Stand::new().await;
    let account = stand.instagram();
    stand.keep_alive(&account).await;
    stand.pass_time(DAY);
    // One question is refused: that of the renewed token.
    stand.sandbox.inject(Fault::new(FaultKind::TokenRevoked458).on("me").times(1));
    let (report, pass) = stand.pass(&account).await;
    assert!(matches!(report.done, Done::Dropped(_)), "{:?}", report.done);
    assert_eq!(stand.sandbox.fired(FaultKind::TokenRevoked458), 1);
    assert_eq!(pass.problems, []);
    let kept = stand.kept(&account);
    assert_eq!(kept.current.token.expose(), account.token);
    assert!(kept.candidate.is_none());
    assert!(kept.note.unwrap().contains("a renewed token was refused"));
    stand.pass_time(DAY);
    assert_eq!(stand.keep_alive(&account).await.done, Done::Renewed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_used_renews_nothing_and_says_so() {
    use std::os::unix::fs::PermissionsExt as _;
    let stand = Stand::new().await;
    let account = stand.instagram();
    let open = stand.open(&account);
    stand.pass_time(2 * DAY);
    let tokens = stand.archive.dir.tokens_dir();
    std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(0o750)).unwrap();
    let report =
        mediakeep::archive::token::keep_alive(&stand.archive, &open.keeper, &open.access).await;
    assert!(report.store_error.is_some());
    assert_eq!(stand.calls("refresh"), 0);
    assert_eq!(stand.turns(), ["raised store"]);
    std::fs::set_permissions(&tokens, std::fs::Permissions::from_mode(0o700)).unwrap();
    stand.keep_alive(&account).await;
    assert_eq!(stand.turns(), ["raised store", "ended store"]);
    assert!(stand.tokens_file(&account).exists());
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
