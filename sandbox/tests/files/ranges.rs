//! What the headers of a good answer say, and which part of a file an answer carries.

use crate::stand::{Stand, clip, header, photo};

#[tokio::test]
async fn a_good_answer_has_the_headers_of_the_real_hosts() {
    let stand = Stand::new().await;
    let response = stand.get(&stand.host.link(&photo(1))).await;
    assert_eq!(header(&response, "cache-control"), "max-age=1209600, no-transform");
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    assert!(header(&response, "last-modified").ends_with(" GMT"));
    assert!(header(&response, "expires").ends_with("2026 12:10:00 GMT"));
    assert_eq!(header(&response, "server"), "", "good answers do not name the server");
    let digest = header(&response, "content-digest").to_owned();
    let body = response.bytes().await.unwrap();
    let (low, high) = body.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    assert_eq!(digest, format!("adler32={}", (high << 16) | low));
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let stand = Stand::new().await;
    let link = stand.host.link(&clip(2));
    let (get, body) = stand.raw("GET", &link, "").await;
    let (head, nothing) = stand.raw("HEAD", &link, "").await;
    let lines = |head: &str| {
        let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
        lines.retain(|line| !line.starts_with("date:") && !line.starts_with("expires:"));
        lines.sort();
        lines
    };
    assert_eq!(lines(&head), lines(&get));
    assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn ranges_put_together_are_the_file() {
    let stand = Stand::new().await;
    let whole = stand.file(&clip(3)).await;
    let link = stand.host.link(&clip(3));
    let mut found = Vec::new();
    for from in (0..whole.len()).step_by(10_000) {
        let range = format!("bytes={from}-{}", from + 9_999);
        let response = stand.client.get(&link).header("range", range).send().await.unwrap();
        assert_eq!(response.status(), 206);
        let last = whole.len().min(from + 10_000) - 1;
        let expected = format!("bytes {from}-{last}/{}", whole.len());
        assert_eq!(header(&response, "content-range"), expected);
        found.extend(response.bytes().await.unwrap());
    }
    assert_eq!(found, whole);
}

#[tokio::test]
async fn a_range_beyond_the_end_is_refused_with_the_length() {
    let stand = Stand::new().await;
    let length = stand.file(&photo(4)).await.len();
    let request = stand.client.get(stand.host.link(&photo(4)));
    let response = request.header("range", format!("bytes={length}-")).send().await.unwrap();
    assert_eq!(response.status(), 416);
    assert_eq!(header(&response, "content-range"), format!("bytes */{length}"));
}

#[tokio::test]
async fn without_ranges_every_answer_is_the_whole_file() {
    let stand = Stand::new().await;
    stand.set(|options| options.ranges = false);
    let request = stand.client.get(stand.host.link(&photo(5)));
    let response = request.header("range", "bytes=10-").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "accept-ranges"), "");
    assert_eq!(response.bytes().await.unwrap(), stand.file(&photo(5)).await);
}

#[tokio::test]
async fn if_range_continues_the_same_file_and_restarts_another_one() {
    let stand = Stand::new().await;
    let link = stand.host.link(&photo(6));
    let first = stand.get(&link).await;
    assert_eq!(header(&first, "accept-ranges"), "bytes");
    let validators = [header(&first, "etag"), header(&first, "last-modified"), "\"other\""];
    for (validator, status) in validators.into_iter().zip([206, 206, 200]) {
        let request = stand.client.get(&link).header("range", "bytes=100-");
        let response = request.header("if-range", validator).send().await.unwrap();
        assert_eq!(response.status(), status, "{validator}");
    }
}

#[tokio::test]
async fn etags_can_be_switched_off() {
    let stand = Stand::new().await;
    let link = stand.host.link(&photo(7));
    let etag = header(&stand.get(&link).await, "etag").to_owned();
    assert!(!etag.is_empty());
    let ask = || stand.client.get(&link).header("if-none-match", &etag).send();
    let unchanged = ask().await.unwrap();
    assert_eq!(unchanged.status(), 304);
    assert!(unchanged.bytes().await.unwrap().is_empty());
    stand.set(|options| options.etags = false);
    let response = ask().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "etag"), "");
}
