//! Links: how they look, how long they last, and what breaks them.

use std::collections::HashSet;

use graph_sandbox::files::{FileSpec, Hours};

use crate::stand::{START, Stand, clip, header, photo, poster};

fn parameter<'a>(link: &'a str, name: &str) -> &'a str {
    let query = link.split_once('?').unwrap().1;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).unwrap_or_else(|| panic!("no {name} in {query}")).1
}

fn expiry(link: &str) -> i64 {
    i64::from_str_radix(parameter(link, "oe"), 16).unwrap()
}

fn path(link: &str) -> &str {
    link.split_once('?').unwrap().0
}

async fn refusal(stand: &Stand, link: &str) -> String {
    let response = stand.get(link).await;
    assert_eq!(response.status(), 403);
    assert_eq!(header(&response, "content-type"), "text/plain");
    assert_eq!(header(&response, "server"), "proxygen-bolt");
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_link_serves_until_its_expiry_and_not_a_second_longer() {
    let stand = Stand::new().await;
    for spec in [photo(1), clip(1), poster(1)] {
        stand.clock.set(START);
        let link = stand.host.link(&spec);
        stand.clock.set(expiry(&link) - 60);
        assert_eq!(stand.get(&link).await.status(), 200);
        stand.clock.set(expiry(&link));
        let text = refusal(&stand, &link).await;
        assert_eq!(text, "URL signature expired");
        assert_eq!(text.len(), 21);
        let probe = stand.client.head(&link).send().await.unwrap();
        assert_eq!(probe.status(), 403);
    }
}

#[tokio::test]
async fn pictures_last_about_four_days_and_clips_about_one() {
    let stand = Stand::new().await;
    let hours =
        |link: &str, from: i64| f64::from(u32::try_from(expiry(link) - from).unwrap()) / 3600.0;
    let mut lifetimes = HashSet::new();
    for id in 0..200 {
        let picture = stand.host.link(&photo(id));
        assert!((90.0..=105.0).contains(&hours(&picture, START)), "{picture}");
        let video = stand.host.link(&clip(id));
        assert!((24.99..=33.0).contains(&hours(&video, START)), "{video}");
        lifetimes.extend([expiry(&picture), expiry(&video)]);
    }
    assert!(lifetimes.len() > 300, "lifetimes are scattered");
    stand.set(|options| options.image_hours = Hours { from: 1, to: 1 });
    assert!((0.99..=1.01).contains(&hours(&stand.host.link(&photo(1)), START)));
}

#[tokio::test]
async fn expiry_is_upper_case_hex_and_signatures_have_the_modern_form() {
    let stand = Stand::new().await;
    for spec in [photo(3), clip(3), poster(3)] {
        let link = stand.host.link(&spec);
        let oe = parameter(&link, "oe");
        assert!(oe.len() == 8 && !oe.contains(|c: char| c.is_ascii_lowercase()), "{oe}");
        assert!(parameter(&link, "oh").starts_with("00_Af"));
        assert_eq!(parameter(&link, "_nc_ht"), "127.0.0.1");
        for name in ["_nc_cat", "ccb", "_nc_sid"] {
            assert!(!parameter(&link, name).is_empty());
        }
    }
    let video = stand.host.link(&clip(3));
    assert!(!parameter(&video, "efg").is_empty() && !parameter(&video, "vs").is_empty());
    assert!(parameter(&video, "_nc_rid").bytes().all(|b| b.is_ascii_hexdigit()));
}

#[tokio::test]
async fn any_change_to_a_link_breaks_it() {
    let stand = Stand::new().await;
    for spec in [photo(4), clip(4)] {
        let link = stand.host.link(&spec);
        let (place, query) = link.split_once('?').unwrap();
        let pairs: Vec<&str> = query.split('&').collect();
        for (n, pair) in pairs.iter().enumerate() {
            let (key, value) = pair.split_once('=').unwrap();
            let changed = match value.strip_suffix(['0', 'A']) {
                Some(rest) => format!("{key}={rest}1"),
                None => format!("{key}={}0", &value[..value.len() - 1]),
            };
            let mut altered = pairs.clone();
            altered[n] = &changed;
            let text = refusal(&stand, &format!("{place}?{}", altered.join("&"))).await;
            assert_eq!(text, "URL signature mismatch", "changed {key}");
            let mut shorter = pairs.clone();
            shorter.remove(n);
            let text = refusal(&stand, &format!("{place}?{}", shorter.join("&"))).await;
            let expected = match key {
                "oh" => "Bad URL hash",
                "oe" => "Bad URL timestamp",
                _ => "URL signature mismatch",
            };
            assert_eq!(text, expected, "without {key}");
        }
        assert_eq!(refusal(&stand, &format!("{link}&extra=1")).await, "URL signature mismatch");
        let mangled = link.replace("oh=00_Af", "oh=nonsense");
        assert_eq!(refusal(&stand, &mangled).await, "Bad URL hash");
        let elsewhere = link.replacen("_n.", "_m.", 1).replacen("_video", "_other", 1);
        assert_eq!(refusal(&stand, &elsewhere).await, "URL signature mismatch");
        assert_eq!(stand.get(&link).await.status(), 200, "the link itself is good");
    }
}

#[tokio::test]
async fn a_link_is_good_at_its_own_host_only() {
    let stand = Stand::new().await;
    let link = stand.host.link(&photo(5)).replace("//127.0.0.1", "//localhost");
    assert_eq!(refusal(&stand, &link).await, "URL signature mismatch");
}

#[tokio::test]
async fn picture_links_stay_the_same_within_an_hour_and_clip_links_never_do() {
    let stand = Stand::new().await;
    let (picture, video) = (stand.host.link(&photo(6)), stand.host.link(&clip(6)));
    stand.clock.advance(20 * 60);
    assert_eq!(stand.host.link(&photo(6)), picture);
    let again = stand.host.link(&clip(6));
    assert_ne!(parameter(&again, "_nc_rid"), parameter(&video, "_nc_rid"));
    assert_eq!(path(&again), path(&video));
    stand.clock.advance(60 * 60);
    let later = stand.host.link(&photo(6));
    assert_ne!(later, picture);
    assert_eq!(path(&later), path(&picture));
    for link in [picture, later, video, again] {
        assert_eq!(stand.get(&link).await.status(), 200);
    }
}

#[tokio::test]
async fn clips_may_have_a_new_path_in_every_link() {
    let stand = Stand::new().await;
    stand.set(|options| options.fresh_video_paths = true);
    let (one, two) = (stand.host.link(&clip(7)), stand.host.link(&clip(7)));
    assert_ne!(path(&one), path(&two));
    let first = stand.get(&one).await.bytes().await.unwrap();
    assert_eq!(first, stand.get(&two).await.bytes().await.unwrap());
}

#[tokio::test]
async fn paths_have_the_shapes_of_their_kind() {
    let stand = Stand::new().await;
    stand.set(|options| options.lying_percent = 0);
    let mut folders = HashSet::new();
    for id in 0..60 {
        let links = [photo(id), poster(id), clip(id)].map(|spec| stand.host.link(&spec));
        let paths = links.each_ref().map(|link| path(link).splitn(4, '/').last().unwrap());
        assert!(paths[0].starts_with("v/t") && paths[0].ends_with("_n.jpg"), "{}", paths[0]);
        assert!(paths[1].starts_with("v/t51.36329-15/") && paths[1].ends_with("_n.jpg"));
        let old = paths[2].starts_with("v/t50.2886-16/") && paths[2].ends_with("_n.mp4");
        let new =
            paths[2].starts_with("o1/v/t16/f1/m82/") && paths[2].ends_with("_video_dashinit.mp4");
        assert!(old || new, "{}", paths[2]);
        folders.extend(paths.map(|path| path.rsplit_once('/').unwrap().0.to_owned()));
    }
    assert_eq!(folders.len(), 7, "{folders:?}");
}

#[tokio::test]
async fn extensions_may_lie_about_jpeg_bytes() {
    let stand = Stand::new().await;
    stand.set(|options| options.lying_percent = 100);
    let mut extensions = HashSet::new();
    for id in 0..12 {
        let link = stand.host.link(&photo(id));
        extensions.insert(path(&link).rsplit_once('.').unwrap().1.to_owned());
        assert!(parameter(&link, "stp").starts_with("dst-jpg"));
        assert_eq!(stand.file(&photo(id)).await[..3], [0xFF, 0xD8, 0xFF]);
    }
    let known = ["heic", "webp", "png"].map(str::to_owned);
    assert_eq!(extensions, HashSet::from(known));
}

#[tokio::test]
async fn a_purged_file_is_missing_or_gone_although_the_link_is_good() {
    let stand = Stand::new().await;
    let link = stand.host.link(&photo(8));
    for status in [404, 410] {
        stand.host.purge(&photo(8), status);
        assert_eq!(stand.get(&link).await.status(), status);
        assert_eq!(stand.get(&stand.host.link(&photo(8))).await.status(), status);
    }
    assert_eq!(
        stand.get(&stand.host.link(&FileSpec { version: 2, ..photo(8) })).await.status(),
        200
    );
    stand.host.restore(&photo(8));
    assert_eq!(stand.get(&link).await.status(), 200);
}

#[tokio::test]
async fn other_methods_are_refused_with_a_page() {
    let stand = Stand::new().await;
    let link = stand.host.link(&photo(9));
    let response = stand.client.post(&link).body("x").send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(header(&response, "content-type"), "text/html");
    assert_eq!(response.bytes().await.unwrap().len(), 363);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_world_and_another_seed_another_one() {
    let (one, same, other) = (Stand::new().await, Stand::new().await, Stand::seeded(8).await);
    for spec in [photo(10), clip(10)] {
        let [a, b, c] = [&one, &same, &other].map(|stand| stand.host.link(&spec));
        let place = |link: &str| path(link).splitn(4, '/').last().unwrap().to_owned();
        assert_eq!(place(&a), place(&b));
        assert_ne!(place(&a), place(&c));
        let port = |link: &str| link.split(['/', ':']).nth(4).unwrap().to_owned();
        let foreign = a.replace(&port(&a), &port(&c));
        assert_eq!(refusal(&other, &foreign).await, "URL signature mismatch");
        assert_eq!(one.file(&spec).await, same.file(&spec).await);
    }
}

#[tokio::test]
async fn requests_bytes_and_statuses_are_counted() {
    let stand = Stand::new().await;
    let length = stand.file(&photo(11)).await.len() as u64;
    let link = stand.host.link(&photo(11));
    assert_eq!(stand.get(&format!("{link}0")).await.status(), 403);
    let served = stand.host.served();
    assert_eq!(served.requests, 2);
    assert_eq!(served.by_status.into_iter().collect::<Vec<_>>(), [(200, 1), (403, 1)]);
    assert!(served.bytes >= length);
}
