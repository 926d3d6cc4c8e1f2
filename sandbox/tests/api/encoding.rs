//! How answers are written and packed.

use graph_sandbox::{Escaping, Settings};

use super::support::{Lab, settings};

async fn raw(lab: &Lab, encoding: Option<&str>) -> (reqwest::header::HeaderMap, Vec<u8>) {
    let plain = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let url = format!("{}/me/media?fields=caption,permalink", lab.sandbox.ready().instagram_url);
    let mut request = plain.get(url).bearer_auth(&lab.ig.token);
    if let Some(encoding) = encoding {
        request = request.header("accept-encoding", encoding);
    }
    let response = request.send().await.unwrap();
    (response.headers().clone(), response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn slashes_and_letters_beyond_ascii_are_escaped() {
    let lab = Lab::new().await;
    let post = lab.post(|post| post.caption.is_some());
    let caption = "Käse\n🌊 שלום";
    lab.sandbox.world().edit_caption(&post.id, Some(caption)).unwrap();
    let answer = lab.ig(&format!("/{}?fields=caption,permalink", post.id)).await;
    assert!(answer.text.is_ascii());
    assert!(answer.text.contains(r"K\u00e4se\n\ud83c\udf0a"), "{}", answer.text);
    assert!(answer.text.contains(r"https:\/\/www.instagram.com\/"));
    assert_eq!(answer.json()["caption"], caption);
    let minimal = Lab::with(Settings { escaping: Escaping::Minimal, ..settings() }).await;
    let text = minimal.ig(&format!("/{}?fields=permalink", minimal.post(|_| true).id)).await.text;
    assert!(text.contains("https://www.instagram.com/"));
}

#[tokio::test]
async fn answers_are_chunked_and_packed_where_gzip_is_accepted() {
    let lab = Lab::new().await;
    let (headers, plain) = raw(&lab, None).await;
    assert_eq!(headers["transfer-encoding"], "chunked");
    assert!(headers.get("content-length").is_none() && headers.get("content-encoding").is_none());
    assert_eq!(headers["content-type"], "application/json; charset=UTF-8");
    let (headers, packed) = raw(&lab, Some("gzip")).await;
    assert_eq!(headers["content-encoding"], "gzip");
    assert!(packed.len() < plain.len());
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(packed.as_slice());
    std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
    assert!(text.starts_with("{\"data\":["));
}
