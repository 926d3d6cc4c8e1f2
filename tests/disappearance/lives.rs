//! Whole lives of an account, drawn at random, through the whole program: the API in front, the
//! catalog behind, and after each pass the truth beside what was said.

use std::collections::BTreeMap;

use graph_sandbox::{Fault, FaultKind, PostKind};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

use crate::stand::Stand;

const PASSES: usize = 24;

/// How many lives are told; `MEDIAKEEP_TORTURE` tells more.
fn lives() -> u64 {
    if std::env::var_os("MEDIAKEEP_TORTURE").is_some() { 60 } else { 10 }
}

struct Life {
    stand: Stand,
    rng: TestRng,
    /// Every post that ever was, and what was done to it last.
    posts: Vec<String>,
    fired: BTreeMap<&'static str, u64>,
    said: BTreeMap<String, usize>,
    newest_event: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_false_is_said_in_any_life_and_in_the_end_all_is_known() {
    let mut fired: BTreeMap<&str, u64> = BTreeMap::new();
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 1..=lives() {
        let mut life = Life::begin(seed).await;
        for pass in 0..PASSES {
            life.live_on();
            let fault = life.trouble();
            life.stand.sync().await;
            life.stand.sandbox.clear_faults();
            life.judge(&format!("seed {seed}, pass {pass}, {fault}"));
        }
        life.settle(seed).await;
        for (kind, times) in life.fired {
            *fired.entry(kind).or_default() += times;
        }
        for (kind, times) in life.said {
            *said.entry(kind).or_default() += times;
        }
    }
    println!("{} lives of {PASSES} passes; faults that fired: {fired:?}; said: {said:?}", lives());
    for word in ["missing", "gone", "returned"] {
        assert!(said.contains_key(word), "{word} was never said");
    }
    assert!(fired.len() >= 6, "too few kinds of trouble: {fired:?}");
}

impl Life {
    async fn begin(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let stand = Stand::with_posts(30).await;
        let posts = stand.world().post_ids(&stand.account());
        Self {
            stand,
            rng: TestRng::from_seed(RngAlgorithm::ChaCha, &key),
            posts,
            fired: BTreeMap::new(),
            said: BTreeMap::new(),
            newest_event: 0,
        }
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.rng.next_u64() % below
    }

    fn any_post(&mut self) -> String {
        let at = self.draw(self.posts.len() as u64);
        self.posts[usize::try_from(at).unwrap()].clone()
    }

    /// Some hours with some deeds of the owner; what is not possible is not done.
    fn live_on(&mut self) {
        let hours = [1, 3, 7, 13, 25, 40][usize::try_from(self.draw(6)).unwrap()];
        for _ in 0..self.draw(3) {
            let post = self.any_post();
            let world = self.stand.world();
            let done = match self.draw(8) {
                0 => world.publish(&self.stand.account(), PostKind::Image).map(drop),
                1 | 2 => world.archive(&post).map(drop),
                3 | 4 => world.restore(&post).map(drop),
                5 => world.unlist(&post).map(drop),
                6 => world.delete(&post).map(drop),
                _ => world.edit_caption(&post, Some("another one")).map(drop),
            };
            // A post that is gone for good cannot be edited.
            done.ok();
        }
        for id in self.stand.world().post_ids(&self.stand.account()) {
            if !self.posts.contains(&id) {
                self.posts.push(id);
            }
        }
        self.stand.pass_hours(hours);
    }

    /// Arms the trouble of one pass, or none.
    fn trouble(&mut self) -> String {
        use FaultKind as K;
        let after = self.draw(4);
        let media = |kind| Fault::new(kind).on("media");
        let (kind, fault) = match self.draw(16) {
            0 => (K::EarlyEnd, media(K::EarlyEnd).times(1).after(after)),
            1 => (K::EmptyEnd, media(K::EmptyEnd).after(after)),
            2 => (K::ShortPages, media(K::ShortPages)),
            3 => (K::ItemShift, media(K::ItemShift).times(1).arg("by", 1)),
            4 => (K::Nodes100_33, Fault::new(K::Nodes100_33).on("node")),
            5 => (K::Nodes100_33, Fault::new(K::Nodes100_33).on("node").after(after)),
            6 => (K::TokenExpired463, Fault::new(K::TokenExpired463).after(after)),
            7 => (K::LateList, Fault::new(K::LateList).arg("seconds", 3_000)),
            8 => (K::OutOfOrder, media(K::OutOfOrder).times(1)),
            9 => (K::RepeatedCursor, media(K::RepeatedCursor).times(1)),
            10 => (K::ThrottleApp, Fault::new(K::ThrottleApp).after(after).arg("minutes", 19)),
            11 => (K::Permission10, Fault::new(K::Permission10).on("node")),
            _ => return "no fault".to_owned(),
        };
        self.stand.sandbox.inject(fault);
        *self.fired.entry(kind.name()).or_default() += 1;
        kind.name().to_owned()
    }

    /// Holds what was said in a pass against the truth, which stood still while it ran.
    fn judge(&mut self, when: &str) {
        let events = self.stand.column(&format!(
            "SELECT id || ' ' || kind || ' ' || coalesce(media_id, '') FROM events
             WHERE id > {} ORDER BY id",
            self.newest_event
        ));
        for event in events {
            let mut words = event.split(' ');
            self.newest_event = words.next().unwrap().parse().unwrap();
            let (kind, media) = (words.next().unwrap(), words.next().unwrap());
            *self.said.entry(kind.to_owned()).or_default() += 1;
            let truth = || self.stand.world().item(media).unwrap();
            let is_listed = || {
                let posts = self.stand.world().posts(&self.stand.account());
                let slides = posts.iter().flat_map(|post| &post.children);
                posts.iter().chain(slides).any(|item| item.id == media)
            };
            match kind {
                "gone" => assert!(!truth().answers && !is_listed(), "{when}: gone {media}"),
                "unlisted" => assert!(truth().answers && !is_listed(), "{when}: unlisted {media}"),
                "returned" => assert!(is_listed(), "{when}: returned {media}"),
                "unreachable" | "url_lost" | "expired" => {
                    let story = self
                        .stand
                        .text(&format!("SELECT edge FROM items WHERE media_id = '{media}'"));
                    assert_eq!((kind, story.as_str()), ("expired", "stories"), "{when}: {media}");
                }
                _ => {}
            }
        }
    }

    /// Quiet days: everything becomes known.
    async fn settle(&mut self, seed: u64) {
        for day in 0..6 {
            self.stand.pass_hours(25);
            self.stand.sync().await;
            self.judge(&format!("seed {seed}, quiet day {day}"));
        }
        let listed = self.stand.world().post_ids(&self.stand.account());
        for post in self.posts.clone() {
            let state = self.stand.state(&post);
            let answers = self.stand.world().item(&post).is_some_and(|truth| truth.answers);
            match (listed.contains(&post), answers) {
                (true, _) => assert_eq!(state, "present", "seed {seed}: {post}"),
                // What was found gone is looked for in lists from then on, not by its id.
                (false, true) => {
                    let known = ["unlisted", "missing", "gone"].contains(&state.as_str());
                    assert!(known, "seed {seed}: {post} {state}");
                }
                (false, false) => assert_eq!(state, "gone", "seed {seed}: {post}"),
            }
        }
    }
}
