//! Measures how long a full page of the API takes to read: `cargo run --release --example
//! read_page`. The aim is one millisecond for 100 items.

use std::fmt::Write;
use std::time::Instant;

use mediakeep::domain::Edge;
use mediakeep::graph::Page;

const ITEMS: usize = 100;
const ROUNDS: usize = 400;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let body = body()?;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let page = Page::from_body(Edge::Media, body.as_bytes())?;
        times.push(started.elapsed());
        assert_eq!(page.items.len(), ITEMS);
    }
    times.sort();
    println!(
        "{ITEMS} items, {} kB: best {:?}, median {:?}, 99 % {:?}",
        body.len() / 1000,
        times[0],
        times[ROUNDS / 2],
        times[ROUNDS * 99 / 100]
    );
    Ok(())
}

/// A page as the API sends it, slashes and characters escaped; every fifth item is an album.
fn body() -> Result<String, std::fmt::Error> {
    let link = |name: usize| {
        format!(
            "https:\\/\\/scontent-fra3-1.cdninstagram.com\\/v\\/t51.82787-15\\/{name}_{name}_n.jpg?stp=dst-jpg_e35_tt6&_nc_cat=101&ccb=7-5&_nc_sid=18de74&_nc_ohc=AbCdEfGh{name}&_nc_ht=scontent-fra3-1.cdninstagram.com&edm=ANo9K5cEAAAA&oh=00_AfSYNTHETIC{name}&oe=6ABA5FC0"
        )
    };
    let mut body = String::from("{\"data\":[");
    for item in 0..ITEMS {
        let id = 18_000_000_000_000_000 + item;
        let comma = if item == 0 { "" } else { "," };
        write!(
            body,
            "{comma}{{\"id\":\"{id}\",\"caption\":\"Tide tables \\ud83c\\udf0a for caf\\u00e9 {item}\\n{}#harbor #lantern\",\"media_type\":\"IMAGE\",\"media_product_type\":\"FEED\",\"media_url\":\"{}\",\"permalink\":\"https:\\/\\/www.instagram.com\\/p\\/DNZ{item}\\/\",\"shortcode\":\"DNZ{item}\",\"timestamp\":\"2026-09-24T10:00:05+0000\",\"username\":\"harbor.lantern\",\"owner\":{{\"id\":\"17841400000000111\"}},\"like_count\":{item},\"comments_count\":3,\"is_comment_enabled\":true,\"alt_text\":\"Photo by Harbor Lantern in September 2026.\"",
            "The lamps come on at six, and the tide turns at seven. ".repeat(6),
            link(id),
        )?;
        if item % 5 == 0 {
            body.push_str(",\"children\":{\"data\":[");
            for slide in 0..6 {
                let comma = if slide == 0 { "" } else { "," };
                let id = id + 100_000 + slide;
                write!(
                    body,
                    "{comma}{{\"id\":\"{id}\",\"media_type\":\"IMAGE\",\"media_url\":\"{}\",\"permalink\":\"https:\\/\\/www.instagram.com\\/p\\/DNY{slide}\\/\",\"shortcode\":\"DNY{slide}\",\"timestamp\":\"2026-09-24T10:00:04+0000\"}}",
                    link(id)
                )?;
            }
            body.push_str("]}");
        }
        body.push('}');
    }
    body.push_str("],\"paging\":{\"cursors\":{\"before\":\"QVFIUsynthBEFORE\",\"after\":\"QVFIUsynthAFTER\"},\"next\":\"https:\\/\\/graph.instagram.com\\/v25.0\\/17841400000000111\\/media?after=QVFIUsynthAFTER\"}}");
    Ok(body)
}
