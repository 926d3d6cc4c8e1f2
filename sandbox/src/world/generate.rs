//! Makes a world from a seed: years of posts, albums, reels, stories, comments, and the odd cases.

use std::collections::{BTreeSet, HashMap, VecDeque};

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::case::{Case, publication_times};
use super::node::{Account, Comment, InsightsState, Media, MediaKind, Product, Shapes, State};
use super::people::{FACEBOOK, INSTAGRAM, NEIGHBOURS, Profile};
use super::{Found, World, ids};
use crate::codes::CodeBook;
use crate::files::{FileShape, FileSpec};
use crate::host::Login;
use crate::settings::Settings;
use crate::tokens::{LONG_LIFE, TokenBook, TokenKind};
use crate::words;

/// Photo sizes that Instagram delivers.
const PHOTO_SIZES: [(u32, u32); 4] = [(1080, 1350), (1080, 1080), (1080, 566), (1440, 1800)];
/// Tokens are this old when the world begins: neither fresh nor due.
const TOKEN_AGE: i64 = 10 * 86_400;
/// Comments on the one busy post: more than one page of the edge's 50.
const BUSY_POST_COMMENTS: usize = 64;

impl World {
    /// Builds the world that the settings describe, as it stands at `now`.
    pub(crate) fn generate(settings: &Settings, now: i64) -> Self {
        let mut world = Self {
            accounts: Vec::new(),
            media: Vec::new(),
            tokens: TokenBook::new(settings.seed),
            codes: CodeBook::new(settings.seed),
            found: HashMap::new(),
            seed: settings.seed,
            serial: 0,
            shapes: Shapes { clip: settings.clip_size, bytes: settings.file_bytes.clone() },
        };
        let instagram = (0..settings.instagram_accounts).map(|n| (Login::Instagram, n));
        let facebook = (0..settings.facebook_accounts).map(|n| (Login::Facebook, n));
        for (login, number) in instagram.chain(facebook) {
            let salt = (number as u64) << 8 | u64::from(login == Login::Facebook);
            let mut rng = ChaCha8Rng::seed_from_u64(ids::mix(settings.seed) ^ ids::mix(salt));
            let account = world.add_account(login, number, now, &mut rng);
            world.add_history(account, settings, now, &mut rng);
            world.add_surroundings(account, now, &mut rng);
        }
        if settings.shared_app {
            world.share_apps();
        }
        world
    }

    /// Makes all accounts of a host belong to the app of the first one.
    fn share_apps(&mut self) {
        for login in [Login::Instagram, Login::Facebook] {
            let mut accounts = self.accounts.iter_mut().filter(|account| account.login == login);
            let Some(first) = accounts.next() else { continue };
            for account in accounts {
                account.app_id.clone_from(&first.app_id);
                account.app_secret.clone_from(&first.app_secret);
            }
        }
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.serial += 1;
        ids::node_id(self.seed, self.serial)
    }

    /// Puts a medium into the world; lists are the caller's business.
    pub(super) fn insert(&mut self, medium: Media) -> u32 {
        let index = u32::try_from(self.media.len()).unwrap_or(u32::MAX);
        self.found.insert(medium.id, Found::Media(index));
        self.media.push(medium);
        self.index_comments(index);
        index
    }

    /// Makes the comments of a medium findable; to be called whenever they changed.
    pub(super) fn index_comments(&mut self, index: u32) {
        let Some(medium) = self.media.get(index as usize) else { return };
        for (at, comment) in medium.comments.iter().enumerate() {
            self.found.insert(comment.id, Found::Comment(index, at));
            for (reply_at, reply) in comment.replies.iter().enumerate() {
                self.found.insert(reply.id, Found::Reply(index, at, reply_at));
            }
        }
    }

    pub(super) fn forget(&mut self, id: u64) {
        self.found.remove(&id);
    }

    /// A medium with nothing special about it.
    pub(super) fn blank(
        &mut self,
        account: usize,
        kind: MediaKind,
        product: Product,
        published_at: i64,
        rng: &mut impl Rng,
    ) -> Media {
        let id = self.next_id();
        let (width, height) = match (kind, product) {
            (MediaKind::Video, _) => self.shapes.clip,
            (_, Product::Story) => (1080, 1920),
            _ => *PHOTO_SIZES.choose(rng).unwrap_or(&PHOTO_SIZES[0]),
        };
        Media {
            id,
            ig_id: ids::ig_id(published_at - 20, id),
            legacy_id: 17_900_000_000_000_000 + ids::mix(id) % 90_000_000_000_000,
            account,
            author: None,
            parent: None,
            kind,
            product,
            state: State::Listed,
            caption: None,
            alt_text: None,
            published_at,
            likes: 0,
            counts_hidden: false,
            comments_enabled: true,
            comments_count: 0,
            shared_to_feed: product == Product::Reels,
            width,
            height,
            seconds: rng.random_range(3..=6),
            version: 1,
            url_withheld: false,
            thumbnail_withheld: false,
            insights: InsightsState::Ready,
            children: Vec::new(),
            comments: Vec::new(),
            collaborators: Vec::new(),
            bytes: self.shapes.bytes_of(id),
        }
    }

    /// Publishes one medium as a post: an album gets `children` slides, photos and clips mixed.
    pub(super) fn add_post(
        &mut self,
        account: usize,
        kind: MediaKind,
        product: Product,
        children: u32,
        published_at: i64,
        rng: &mut impl Rng,
    ) -> u32 {
        let medium = self.blank(account, kind, product, published_at, rng);
        let index = self.insert(medium);
        if kind == MediaKind::Album {
            let slides = (0..children)
                .map(|_| {
                    let kind =
                        if rng.random_bool(0.2) { MediaKind::Video } else { MediaKind::Image };
                    let mut child = self.blank(account, kind, Product::Feed, published_at - 1, rng);
                    child.parent = Some(index);
                    self.insert(child)
                })
                .collect();
            self.media[index as usize].children = slides;
        }
        index
    }

    /// Puts a post into its account's list, where its time belongs.
    pub(super) fn list_post(&mut self, index: u32) {
        let medium = self.medium(index);
        let (account, key) = (medium.account, (medium.published_at, medium.id));
        let posts = &self.accounts[account].posts;
        let at = posts.partition_point(|&other| {
            let other = &self.media[other as usize];
            (other.published_at, other.id) > key
        });
        self.accounts[account].posts.insert(at, index);
    }

    fn add_account(
        &mut self,
        login: Login,
        number: usize,
        now: i64,
        rng: &mut ChaCha8Rng,
    ) -> usize {
        let profiles = match login {
            Login::Instagram => &INSTAGRAM,
            Login::Facebook => &FACEBOOK,
        };
        let Profile { username, name, biography, website, business } =
            &profiles[number % profiles.len()];
        let round = number / profiles.len();
        let username =
            if round == 0 { (*username).to_owned() } else { format!("{username}.{round}") };
        let index = self.accounts.len();
        let user_id =
            17_841_400_000_000_000 + rng.random_range(1_000_000..9_999_999) * 1000 + index as u64;
        let picture = FileSpec {
            id: user_id * 4 + 2,
            version: 1,
            shape: FileShape::Photo { width: 320, height: 320 },
            bytes: None,
        };
        let account = Account {
            name: username.clone(),
            login,
            username,
            display_name: (*name).to_owned(),
            biography: (*biography).to_owned(),
            website: website.map(str::to_owned),
            user_id,
            scoped_id: 26_100_000_000_000_000 + ids::mix(user_id) % 900_000_000_000_000,
            legacy_id: 5_000_000_000 + ids::mix(user_id) % 900_000_000,
            page_id: 100_000_000_000_000 + ids::mix(user_id + 1) % 90_000_000_000_000,
            person_id: 120_000_000_000_000 + ids::mix(user_id + 2) % 90_000_000_000_000,
            business: *business,
            followers: rng.random_range(300..90_000),
            follows: rng.random_range(40..900),
            picture: Some(picture),
            app_id: format!("{}", 700_000_000_000_000 + ids::mix(user_id + 3) % 90_000_000_000_000),
            app_secret: format!("{:016x}{:016x}", rng.random::<u64>(), rng.random::<u64>()),
            posts: VecDeque::new(),
            stories: Vec::new(),
            tags: Vec::new(),
            collaborations: Vec::new(),
            live: None,
            comments_trap: false,
            scopes: default_scopes(login),
            count_offset: 0,
        };
        self.found.insert(account.user_id, Found::Account(index));
        match login {
            Login::Instagram => {
                self.found.insert(account.scoped_id, Found::Account(index));
                let issued = now - TOKEN_AGE;
                self.tokens.issue(
                    index,
                    TokenKind::InstagramUser,
                    issued,
                    Some(issued + LONG_LIFE),
                );
            }
            Login::Facebook => {
                self.found.insert(account.page_id, Found::Page(index));
                self.found.insert(account.person_id, Found::Person(index));
                let issued = now - TOKEN_AGE;
                self.tokens.issue(index, TokenKind::FacebookUser, issued, Some(issued + LONG_LIFE));
                self.tokens.issue(index, TokenKind::Page, issued, None);
            }
        }
        self.accounts.push(account);
        index
    }

    fn add_history(&mut self, account: usize, settings: &Settings, now: i64, rng: &mut ChaCha8Rng) {
        let times = publication_times(settings, now, rng);
        let last = times.len().saturating_sub(1);
        for (number, published_at) in times.into_iter().enumerate() {
            let case = Case::of(number, last);
            let (kind, product, children) = case.shape(settings, rng);
            let index = self.add_post(account, kind, product, children, published_at, rng);
            self.accounts[account].posts.push_back(index);
            self.dress(index, case, now, rng);
        }
    }

    /// Gives a generated post its texts, counts, comments and oddity.
    fn dress(&mut self, index: u32, case: Case, now: i64, rng: &mut ChaCha8Rng) {
        let caption = (!matches!(case, Case::Captionless) && !rng.random_bool(0.04))
            .then(|| words::caption(rng));
        let wants_comments = match case {
            Case::Busy => BUSY_POST_COMMENTS,
            _ if rng.random_bool(0.4) => 0,
            _ => rng.random_range(1..=5),
        };
        let published_at = self.medium(index).published_at;
        let account = self.medium(index).account;
        let comments = self.write_comments(account, published_at, wants_comments, now, rng);
        let described = matches!(case, Case::Described) || rng.random_bool(0.2);
        let parts: Vec<u32> =
            std::iter::once(index).chain(self.medium(index).children.clone()).collect();
        for part in parts {
            if described && self.medium(part).kind == MediaKind::Image {
                let text = words::alt_text(rng);
                self.media[part as usize].alt_text = Some(text);
            }
        }
        let collaborator = (ids::mix(u64::from(index)), NEIGHBOURS[0].to_owned(), true);
        let medium = &mut self.media[index as usize];
        medium.caption = caption;
        medium.comments_count =
            comments.iter().map(|comment| 1 + comment.replies.len() as u64).sum();
        medium.comments = comments;
        medium.likes = rng.random_range(0..4_000);
        medium.shared_to_feed = medium.product == Product::Reels && rng.random_bool(0.8);
        match case {
            Case::Withheld => medium.url_withheld = true,
            Case::HiddenCounts => medium.counts_hidden = true,
            Case::PreConversion => medium.insights = InsightsState::PreConversion,
            Case::Together => medium.collaborators.push(collaborator),
            Case::Captionless
            | Case::Described
            | Case::BigAlbum
            | Case::SmallAlbum
            | Case::Busy
            | Case::Plain => {}
        }
        self.index_comments(index);
    }

    fn write_comments(
        &mut self,
        account: usize,
        since: i64,
        count: usize,
        now: i64,
        rng: &mut ChaCha8Rng,
    ) -> Vec<Comment> {
        let span = (now - since).clamp(2, 14 * 86_400);
        let mut ages: Vec<i64> = (0..count).map(|_| rng.random_range(1..span)).collect();
        ages.sort_unstable_by(|a, b| b.cmp(a));
        let own_name = self.accounts[account].username.clone();
        ages.into_iter()
            .map(|age| {
                let mut comment = self.write_comment(None, since + age, rng);
                if rng.random_bool(0.25) {
                    let reply = self.write_comment(Some(own_name.clone()), since + age + 1, rng);
                    comment.replies.push(reply);
                }
                comment
            })
            .collect()
    }

    pub(super) fn write_comment(
        &mut self,
        own: Option<String>,
        at: i64,
        rng: &mut impl Rng,
    ) -> Comment {
        let id = self.next_id();
        let is_own = own.is_some();
        Comment {
            id,
            text: words::comment(rng),
            username: own.unwrap_or_else(|| words::username(rng)),
            author_id: 9_000_000_000_000_000 + ids::mix(id) % 900_000_000_000_000,
            at,
            likes: rng.random_range(0..12),
            hidden: false,
            own: is_own,
            replies: Vec::new(),
        }
    }

    /// Stories, tags by others and collaborations.
    fn add_surroundings(&mut self, account: usize, now: i64, rng: &mut ChaCha8Rng) {
        for (kind, age) in [
            (MediaKind::Image, 3_600),
            (MediaKind::Video, 5 * 3_600),
            (MediaKind::Image, 20 * 3_600),
            (MediaKind::Image, 30 * 3_600),
        ] {
            let mut story = self.blank(account, kind, Product::Story, now - age, rng);
            story.caption = rng.random_bool(0.5).then(|| words::caption(rng));
            let index = self.insert(story);
            self.accounts[account].stories.push(index);
        }
        if let Some(few) = self.accounts[account].stories.get(2).copied() {
            self.media[few as usize].insights = InsightsState::FewViewers;
        }
        for (number, neighbour) in NEIGHBOURS.iter().enumerate() {
            let age = 86_400 * (3 + 11 * i64::try_from(number).unwrap_or(0));
            let kind = if number % 2 == 0 { MediaKind::Image } else { MediaKind::Video };
            let mut post = self.blank(account, kind, Product::Feed, now - age, rng);
            let author = 17_841_400_900_000_000 + number as u64;
            post.author = Some((author, (*neighbour).to_owned()));
            post.caption = Some(words::caption(rng));
            post.likes = rng.random_range(0..500);
            let index = self.insert(post);
            // The first three tag the account, the others were made with it.
            let list = if number < 3 {
                &mut self.accounts[account].tags
            } else {
                &mut self.accounts[account].collaborations
            };
            list.push(index);
        }
    }
}

fn default_scopes(login: Login) -> BTreeSet<String> {
    let scopes: &[&str] = match login {
        Login::Instagram => &[
            "instagram_business_basic",
            "instagram_business_manage_comments",
            "instagram_business_manage_insights",
        ],
        Login::Facebook => &[
            "instagram_basic",
            "pages_show_list",
            "pages_read_engagement",
            "instagram_manage_comments",
            "instagram_manage_insights",
            "instagram_manage_contents",
        ],
    };
    scopes.iter().map(|&scope| scope.to_owned()).collect()
}
