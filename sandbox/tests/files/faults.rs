//! Every fault does on the socket what its name says, and fires exactly once.

use std::io::Read;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use graph_sandbox::files::{FileFault, FileSpec, Text403};
use reqwest::Response;

use crate::stand::{Stand, clip, header, photo};

/// The answer with this fault; asserts that it fired and that the next answer is good again.
async fn faulty(stand: &Stand, spec: &FileSpec, fault: FileFault) -> Response {
    let link = stand.host.link(spec);
    let before = stand.host.served().faults;
    stand.script.add(fault);
    let response = stand.get(&link).await;
    assert_eq!(stand.host.served().faults, before + 1);
    let after = stand.get(&link).await;
    assert_eq!(after.status(), 200);
    assert_eq!(header(&after, "content-type"), spec.shape.mime_type());
    assert_eq!(stand.host.served().faults, before + 1);
    response
}

async fn raw(stand: &Stand, spec: &FileSpec, fault: FileFault) -> (String, Vec<u8>) {
    let before = stand.host.served().faults;
    stand.script.add(fault);
    let answer = stand.raw("GET", &stand.host.link(spec), "").await;
    assert_eq!(stand.host.served().faults, before + 1);
    answer
}

fn announced(head: &str) -> Option<usize> {
    let value = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    Some(value.parse().unwrap())
}

#[tokio::test]
async fn refusals_have_their_status_and_text() {
    let stand = Stand::new().await;
    for (fault, status, text) in [
        (FileFault::Forbidden(Text403::Expired), 403, "URL signature expired"),
        (FileFault::Forbidden(Text403::Mismatch), 403, "URL signature mismatch"),
        (FileFault::Forbidden(Text403::BadHash), 403, "Bad URL hash"),
        (FileFault::Forbidden(Text403::BadTimestamp), 403, "Bad URL timestamp"),
        (FileFault::Missing, 404, "Not Found"),
        (FileFault::Gone, 410, "Gone"),
        (FileFault::ServerError(502), 502, "Bad Gateway"),
        (FileFault::ServerError(503), 503, "Service Unavailable"),
    ] {
        let response = faulty(&stand, &photo(1), fault).await;
        assert_eq!(response.status(), status);
        assert_eq!(header(&response, "content-type"), "text/plain");
        assert_eq!(response.text().await.unwrap(), text);
    }
    let response = faulty(&stand, &photo(1), FileFault::Throttled { retry_after: 7 }).await;
    assert_eq!(response.status(), 429);
    assert_eq!(header(&response, "retry-after"), "7");
    let elsewhere = "https://example.com/other.jpg".to_owned();
    let response = faulty(&stand, &photo(1), FileFault::Redirect(elsewhere.clone())).await;
    assert_eq!(response.status(), 302);
    assert_eq!(header(&response, "location"), elsewhere);
}

#[tokio::test]
async fn a_cut_ends_the_connection_in_the_middle_of_the_announced_body() {
    let stand = Stand::new().await;
    let whole = stand.file(&clip(2)).await;
    for at in [0, 1, 10_000, 1 << 40] {
        let (head, body) = raw(&stand, &clip(2), FileFault::Cut { at }).await;
        assert!(head.starts_with("http/1.1 200"));
        assert_eq!(announced(&head), Some(whole.len()));
        let expected = usize::try_from(at).unwrap().min(whole.len() - 1);
        assert!(body == whole[..expected], "{} bytes came instead of {expected}", body.len());
    }
    let response = faulty(&stand, &clip(2), FileFault::Cut { at: 9_000 }).await;
    assert!(response.bytes().await.is_err(), "a client notices");
}

#[tokio::test]
async fn a_stall_pauses_in_the_middle_and_then_completes() {
    let stand = Stand::new().await;
    let whole = stand.file(&clip(3)).await;
    stand.script.add(FileFault::Stall { at: 5_000, seconds: 1 });
    let mut response = stand.get(&stand.host.link(&clip(3))).await;
    let mut body = Vec::new();
    let mut longest = Duration::ZERO;
    let mut before = Instant::now();
    while let Some(piece) = response.chunk().await.unwrap() {
        if before.elapsed() > longest {
            longest = before.elapsed();
        }
        before = Instant::now();
        body.extend_from_slice(&piece);
    }
    assert_eq!(body, whole);
    assert!(longest >= Duration::from_millis(900), "the longest pause was {longest:?}");
    assert_eq!(stand.host.served().faults, 1);
}

#[tokio::test]
async fn silence_delays_even_the_status() {
    let stand = Stand::new().await;
    stand.script.add(FileFault::Silent { seconds: 1 });
    let link = stand.host.link(&photo(4));
    let start = Instant::now();
    let response = stand.get(&link).await;
    assert!(start.elapsed() >= Duration::from_millis(990));
    assert_eq!(response.bytes().await.unwrap(), stand.file(&photo(4)).await);
}

#[tokio::test]
async fn a_drip_is_as_slow_as_it_says() {
    let stand = Stand::new().await;
    let whole = stand.file(&photo(5)).await;
    let rate = whole.len() as u64;
    let start = Instant::now();
    let response = faulty(&stand, &photo(5), FileFault::Drip { bytes_per_second: rate }).await;
    assert_eq!(response.bytes().await.unwrap(), whole);
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(800), "a second's worth took {took:?}");
}

#[tokio::test]
async fn a_wrong_length_is_announced_and_not_kept() {
    let stand = Stand::new().await;
    let whole = stand.file(&photo(6)).await;
    let (head, body) = raw(&stand, &photo(6), FileFault::WrongLength { delta: 100 }).await;
    assert_eq!(announced(&head), Some(whole.len() + 100));
    assert_eq!(body, whole);
    let (head, body) = raw(&stand, &photo(6), FileFault::WrongLength { delta: -100 }).await;
    assert_eq!(announced(&head), Some(whole.len() - 100));
    assert_eq!(body, whole[..whole.len() - 100]);
}

#[tokio::test]
async fn damage_to_the_file_shows_in_its_bytes_alone() {
    let stand = Stand::new().await;
    let whole = stand.file(&photo(7)).await;
    let (head, body) = raw(&stand, &photo(7), FileFault::Truncated { at: 3_000 }).await;
    assert_eq!(announced(&head), Some(3_000));
    assert_eq!(body, whole[..3_000]);
    let (head, body) = raw(&stand, &photo(7), FileFault::Flipped { at: 3_000 }).await;
    assert_eq!(announced(&head), Some(whole.len()));
    let differ: Vec<usize> = (0..whole.len()).filter(|n| body[*n] != whole[*n]).collect();
    assert_eq!(differ, [3_000]);
    let (head, body) = raw(&stand, &photo(7), FileFault::Empty).await;
    assert_eq!(announced(&head), Some(0));
    assert!(head.contains("content-type: image/jpeg") && body.is_empty());
}

#[tokio::test]
async fn other_content_comes_with_status_200() {
    let stand = Stand::new().await;
    let whole = stand.file(&photo(8)).await;
    let response = faulty(&stand, &photo(8), FileFault::Html).await;
    assert_eq!((response.status().as_u16(), header(&response, "content-type")), (200, "text/html"));
    assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));

    let wrong = FileFault::WrongType("application/octet-stream".to_owned());
    let response = faulty(&stand, &photo(8), wrong).await;
    assert_eq!(header(&response, "content-type"), "application/octet-stream");
    assert_eq!(response.bytes().await.unwrap(), whole);

    let response = faulty(&stand, &photo(8), FileFault::SwappedItem).await;
    let swapped = response.bytes().await.unwrap();
    assert_ne!(swapped, whole);
    let picture = image::load_from_memory(&swapped).unwrap();
    assert_eq!((picture.width(), picture.height()), (216, 270));
}

#[tokio::test]
async fn a_compressed_body_unpacks_to_the_file() {
    let stand = Stand::new().await;
    let whole = stand.file(&clip(9)).await;
    let response = faulty(&stand, &clip(9), FileFault::Compressed).await;
    assert_eq!(header(&response, "content-encoding"), "gzip");
    let announced = response.content_length();
    let packed = response.bytes().await.unwrap();
    assert_eq!(announced, Some(packed.len() as u64));
    let mut unpacked = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, whole);
}

#[tokio::test]
async fn partial_answers_come_unasked_and_ranges_are_ignored() {
    let stand = Stand::new().await;
    let whole = stand.file(&photo(10)).await;
    let half = whole.len() / 2;
    let response = faulty(&stand, &photo(10), FileFault::Partial206).await;
    assert_eq!(response.status(), 206);
    let expected = format!("bytes 0-{}/{}", half - 1, whole.len());
    assert_eq!(header(&response, "content-range"), expected);
    assert_eq!(response.bytes().await.unwrap(), whole[..half]);

    stand.script.add(FileFault::RangeIgnored);
    let request = stand.client.get(stand.host.link(&photo(10)));
    let response = request.header("range", "bytes=100-").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.bytes().await.unwrap(), whole);
}

#[tokio::test]
async fn bodies_may_end_without_an_announced_length() {
    let stand = Stand::new().await;
    let whole = stand.file(&photo(11)).await;
    let response = faulty(&stand, &photo(11), FileFault::ChunkedNoLength).await;
    assert_eq!(response.content_length(), None);
    assert_eq!(header(&response, "transfer-encoding"), "chunked");
    assert_eq!(response.bytes().await.unwrap(), whole);

    for (fault, expected) in
        [(FileFault::CloseDelimited, whole.len()), (FileFault::CloseEarly { at: 2_000 }, 2_000)]
    {
        let (head, body) = raw(&stand, &photo(11), fault.clone()).await;
        assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
        assert_eq!(body, whole[..expected]);
        let response = faulty(&stand, &photo(11), fault).await;
        assert_eq!(response.bytes().await.unwrap(), whole[..expected], "no error betrays the end");
    }
}

#[tokio::test]
async fn a_fault_counts_offsets_from_the_start_of_the_part_that_was_asked_for() {
    let stand = Stand::new().await;
    let whole = stand.file(&photo(12)).await;
    stand.script.add(FileFault::Cut { at: 500 });
    let link = stand.host.link(&photo(12));
    let (head, body) = stand.raw("GET", &link, "Range: bytes=1000-\r\n").await;
    assert!(head.starts_with("http/1.1 206"));
    assert_eq!(announced(&head), Some(whole.len() - 1_000));
    assert_eq!(body, whole[1_000..1_500]);
}

#[tokio::test]
async fn a_fault_that_nobody_saw_is_not_counted() {
    let stand = Stand::new().await;
    let link = stand.host.link(&photo(13));
    stand.script.add(FileFault::Cut { at: 500 });
    assert_eq!(stand.get(&format!("{link}0")).await.status(), 403);
    assert_eq!(stand.host.served().faults, 0);
}

#[test]
fn the_catalogue_survives_json() {
    for fault in FileFault::catalogue() {
        let text = serde_json::to_string(&fault).unwrap();
        assert_eq!(serde_json::from_str::<FileFault>(&text).unwrap(), fault, "{text}");
    }
}
