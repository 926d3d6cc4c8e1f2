//! The default world and its promises.

use graph_sandbox::{Login, MediaKind, Product, Sandbox, Settings};

use super::support::{EPOCH, Lab, settings};

#[tokio::test]
async fn the_default_world_holds_every_oddity_an_archive_must_know() {
    let lab = Lab::new().await;
    let accounts = &lab.sandbox.ready().accounts;
    assert_eq!(accounts.len(), 2);
    assert_eq!(
        (accounts[0].name.as_str(), accounts[0].login),
        ("harbor.lantern", Login::Instagram)
    );
    assert_eq!(accounts[1].login, Login::Facebook);
    for account in accounts {
        let posts = lab.sandbox.world().posts(&account.name);
        assert!(posts.len() > 50);
        assert!(posts.windows(2).all(|pair| pair[0].published_at > pair[1].published_at));
        let span = posts[0].published_at - posts.last().unwrap().published_at;
        assert!(span > 3 * 365 * 86_400, "several years");
        let has = |what: &str, fits: &dyn Fn(&graph_sandbox::ItemTruth) -> bool| {
            assert!(posts.iter().any(fits), "{} has no {what}", account.name);
        };
        let slides = |n| move |post: &graph_sandbox::ItemTruth| post.children.len() == n;
        has("album of 20", &slides(20));
        has("album of 2", &slides(2));
        has("mixed album", &|post| {
            post.children.iter().any(|child| child.media_type == MediaKind::Video)
                && post.children.iter().any(|child| child.media_type == MediaKind::Image)
        });
        has("reel without a URL", &|post| {
            post.product == Product::Reels && !post.files[0].offered && post.files[1].offered
        });
        has("post without a caption", &|post| post.caption.is_none());
        has("alt text", &|post| post.alt_text.is_some());
        has("comments", &|post| post.comments > 3);
        assert_eq!(lab.sandbox.world().stories(&account.name).len(), 3);
        for post in &posts {
            assert_eq!(post.id.len(), 17);
            assert_eq!(post.shortcode.len(), 11);
        }
    }
}

#[tokio::test]
async fn the_same_seed_makes_the_same_world_and_another_seed_another() {
    let world = async |seed, epoch| {
        let settings = Settings { seed, epoch: Some(epoch), posts: 12, ..settings() };
        let sandbox = Sandbox::start(settings).await.unwrap();
        let posts = sandbox.world().posts("harbor.lantern");
        let tokens = sandbox.ready().accounts[0].token.clone();
        let all: Vec<_> = posts
            .iter()
            .map(|post| (post.id.clone(), post.caption.clone(), epoch - post.published_at))
            .collect();
        sandbox.stop().await;
        (all, tokens)
    };
    let first = world(5, EPOCH).await;
    assert_eq!(first, world(5, EPOCH).await);
    assert_eq!(first, world(5, EPOCH + 9_000_000).await, "only times move");
    assert_ne!(first, world(6, EPOCH).await);
}

#[tokio::test]
async fn a_big_world_generates_quickly_and_serves_its_pages() {
    let big = Settings { posts: 10_000, facebook_accounts: 0, ..settings() };
    let began = std::time::Instant::now();
    let sandbox = Sandbox::start(big).await.unwrap();
    // Generous: a debug build on a busy machine; the aim is a second.
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    assert_eq!(sandbox.world().post_ids("harbor.lantern").len(), 10_000);
    sandbox.stop().await;
}

#[tokio::test]
async fn files_can_be_padded_to_a_range_of_sizes() {
    let range = 200_000..=220_000;
    let lab = Lab::with(Settings { file_bytes: Some(range.clone()), ..settings() }).await;
    for item in lab.ig("/me/media?fields=media_url&limit=5").await.data() {
        if let Some(url) = item["media_url"].as_str() {
            let size = lab.client.get(url).send().await.unwrap().bytes().await.unwrap().len();
            assert!(range.contains(&(size as u64)), "{size}");
        }
    }
}
