//! How fast the catalog records pages, and what a quiet pass leaves behind.
//!
//! `cargo bench --bench catalog [POSTS]`; the default is 10 000 posts, every third an album of
//! four slides. Figures go to standard output, one line each.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

use std::path::Path;
use std::time::{Duration, Instant};

use mediakeep::catalog::{
    Catalog, CatalogOptions, Compared, Judgement, PageRecord, Recheck, WalkContext, WalkStart,
    WalkTally, Writer,
};
use mediakeep::domain::reconcile::Caution;
use mediakeep::domain::walk::{Ending, Outcome};
use mediakeep::domain::{
    AccountName, Coverage, Edge, Field, Link, Login, MediaType, Observation, Timestamp, Window,
};

const PAGE: usize = 100;
const FIELDS: &str = "id,caption,media_type,media_product_type,media_url,thumbnail_url,permalink,\
    shortcode,timestamp,username,owner,like_count,comments_count,is_comment_enabled,\
    is_shared_to_feed,alt_text,children{id,media_type,media_url,thumbnail_url,permalink,shortcode,\
    timestamp,alt_text}";

fn main() {
    let posts = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(10_000);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("catalog.db");
    let options = CatalogOptions {
        archive_id: "bench".to_owned(),
        now: at(0),
        program_version: "bench".to_owned(),
        caution: Caution::default(),
    };
    let catalog = Catalog::open(&path, &options).unwrap();
    catalog
        .call_blocking(|w| {
            w.ensure_account(&account(), Login::Instagram, &"1".parse().unwrap(), at(0))
        })
        .unwrap();

    let mut items: Vec<Observation> = (0..posts).map(post).collect();
    let slides: usize = items.iter().filter_map(|i| i.children.value()).map(Vec::len).sum();
    println!("{posts} posts with {slides} slides, pages of {PAGE}, a transaction each");
    report("fresh", posts, slides, walk(&catalog, &items, 10));
    let before = size(&path);
    report("unchanged", posts, slides, walk(&catalog, &items, 1_000));
    report("unchanged again", posts, slides, walk(&catalog, &items, 2_000));
    println!("growth of the file in two quiet walks: {} bytes", size(&path) - before);
    for (item, likes) in items.iter_mut().zip(100..) {
        item.like_count = Field::Value(likes);
    }
    report("other counts", posts, slides, walk(&catalog, &items, 3_000));
    for item in &mut items {
        item.caption = Field::Value(format!("Edited. {}", item.id));
        item.raw.push(' ');
    }
    report("other captions", posts, slides, walk(&catalog, &items, 4_000));
    let bytes = size(&path);
    println!("file: {bytes} bytes, {} a post", bytes / posts as u64);
}

/// Records everything as one walk; answers the time and what was found.
fn walk(catalog: &Catalog, items: &[Observation], seconds: i64) -> Measured {
    let start = WalkStart {
        account: account(),
        edge: Edge::Media,
        name: "full".to_owned(),
        window: Window::ALL,
        context: WalkContext {
            host: "graph.instagram.com".to_owned(),
            login: Login::Instagram,
            api_version_asked: "v25.0".to_owned(),
            field_set: FIELDS.to_owned(),
            program_version: "bench".to_owned(),
        },
    };
    let pages: Vec<Vec<Observation>> = items.chunks(PAGE).map(<[_]>::to_vec).collect();
    let (begun, cpu_before) =
        (Instant::now(), catalog.call_blocking(|_| Ok(cpu_of_this_thread())).unwrap());
    let walk = catalog.call_blocking(move |w| w.begin_walk(&start, at(seconds))).unwrap().id;
    let mut sum = PageRecord::default();
    for page in pages {
        let record = catalog
            .call_blocking(move |w| {
                w.record_page(walk, &page, &[], Recheck::Path, None, at(seconds))
            })
            .unwrap();
        sum.new += record.new;
        sum.changed += record.changed;
        sum.unchanged += record.unchanged;
    }
    let ending = Ending {
        outcome: Outcome::Complete,
        reason: None,
        coverage: Some(Coverage { from: Timestamp::EPOCH, to: at(seconds) }),
        capped_at: None,
    };
    let judgement = Judgement::Compared(Compared::default());
    catalog
        .call_blocking(move |w| {
            w.close_walk(walk, &ending, &WalkTally::default(), None, &judgement, at(seconds))
        })
        .unwrap();
    let took = begun.elapsed();
    let cpu = catalog.call_blocking(|_| Ok(cpu_of_this_thread())).unwrap();
    catalog.call_blocking(Writer::checkpoint).unwrap();
    Measured { took, computed: cpu.saturating_sub(cpu_before), sum }
}

/// Time that this thread spent computing: what other programs on the machine do not change.
fn cpu_of_this_thread() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn report(what: &str, posts: usize, slides: usize, measured: Measured) {
    let Measured { took, computed, sum } = measured;
    let rate = |time: Duration| (posts + slides) as f64 / time.as_secs_f64();
    println!(
        "{what:16} wall {:>7.1} ms {:>8.0} items/s   cpu {:>7.1} ms {:>8.0} items/s   \
         new {} changed {} unchanged {}",
        took.as_secs_f64() * 1e3,
        rate(took),
        computed.as_secs_f64() * 1e3,
        rate(computed),
        sum.new,
        sum.changed,
        sum.unchanged
    );
}

/// One walk: how long it took, how long the catalog's thread computed, what was recorded.
struct Measured {
    took: Duration,
    computed: Duration,
    sum: PageRecord,
}

/// A post of about the size that the API answers.
fn post(n: usize) -> Observation {
    let number = 17_900_000_000_000_000 + 10 * (1_000_000 - n);
    let mut item = node(number, n);
    item.media_product_type = Field::Value("FEED".to_owned());
    item.caption = Field::Value(format!(
        "Fresh from the oven, number {n}: sourdough with walnuts, rye and a little honey. \
         Open from seven, closed when the last loaf is gone. #bread #bakery{n} #morning"
    ));
    item.username = Field::Value("bakery.example".to_owned());
    item.owner_id = Field::Value("17841400000000111".to_owned());
    item.like_count = Field::Value(12);
    item.comments_count = Field::Value(3);
    item.is_comment_enabled = Field::Value(true);
    if n.is_multiple_of(3) {
        item.media_type = Field::Value(MediaType::CarouselAlbum);
        item.children = Field::Value((1..5).map(|slide| node(number + slide, n)).collect());
    }
    item.raw = format!("{{\"id\":\"{number}\",\"padding\":\"{}\"}}", "x".repeat(1_200));
    item
}

fn node(number: usize, n: usize) -> Observation {
    let mut item = Observation::empty(number.to_string().parse().unwrap());
    item.media_type = Field::Value(MediaType::Image);
    item.published_at = Field::Value(at(-600 * i64::try_from(n).unwrap()));
    item.shortcode = Field::Value(format!("D{number:x}"));
    item.permalink = Field::Value(format!("https://www.instagram.com/p/D{number:x}/"));
    let url = format!("https://scontent.cdninstagram.com/v/t51/{number}_n.jpg?oe=6AB66240");
    item.media_url = Field::Value(Link::new(&url));
    item.raw = format!("{{\"id\":\"{number}\",\"padding\":\"{}\"}}", "x".repeat(300));
    item
}

fn account() -> AccountName {
    "bakery".parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_793_491_200 + seconds).unwrap()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}
