//! A catalog in a temporary directory, and builders of what the API shows.

use mediakeep::catalog::{
    Catalog, CatalogError, CatalogOptions, Closed, HeldFile, Judgement, PageRecord, QueuedAsset,
    Recheck, Unreadable, WalkContext, WalkId, WalkStart, WalkTally, Writer,
};
use mediakeep::domain::Coverage;
use mediakeep::domain::reconcile::Caution;
use mediakeep::domain::walk::{Ending, Outcome};
use mediakeep::domain::{
    AccountName, BlobId, Edge, Field, Link, Login, MediaType, Observation, Timestamp, Window,
};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

pub(crate) const FIELDS: &str = "id,caption,media_type,media_product_type,media_url,thumbnail_url,\
    permalink,shortcode,timestamp,username,owner,like_count,comments_count,is_comment_enabled,\
    is_shared_to_feed,alt_text,children{id,media_type,media_url,thumbnail_url,permalink,shortcode,\
    timestamp,alt_text}";

pub(crate) struct Archive {
    pub(crate) dir: TempDir,
    pub(crate) catalog: Catalog,
}

impl Archive {
    /// A new catalog that knows the account `bakery`.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Catalog::open(&dir.path().join("catalog.db"), &options()).unwrap();
        let archive = Self { dir, catalog };
        archive.write(|w| {
            w.ensure_account(
                &bakery(),
                Login::Instagram,
                &"17841400000000111".parse().unwrap(),
                at(0),
            )
        });
        archive
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("catalog.db")
    }

    pub(crate) fn attempt<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Writer) -> Result<R, CatalogError> + Send + 'static,
    ) -> Result<R, CatalogError> {
        self.catalog.call_blocking(job)
    }

    pub(crate) fn write<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Writer) -> Result<R, CatalogError> + Send + 'static,
    ) -> R {
        self.attempt(job).unwrap()
    }

    pub(crate) fn begin(&self, edge: Edge, fields: &str, seconds: i64) -> WalkId {
        let start = start(edge, fields);
        self.write(move |w| w.begin_walk(&start, at(seconds))).id
    }

    /// Begins a walk of the last year only.
    pub(crate) fn begin_part(&self, seconds: i64) -> WalkId {
        let mut start = start(Edge::Media, FIELDS);
        start.window = Window { since: Some(at(-365 * 86_400)), until: None };
        self.write(move |w| w.begin_walk(&start, at(seconds))).id
    }

    pub(crate) fn page(&self, walk: WalkId, items: &[Observation], seconds: i64) -> PageRecord {
        self.page_with(walk, items, Recheck::Path, seconds)
    }

    pub(crate) fn page_with(
        &self,
        walk: WalkId,
        items: &[Observation],
        recheck: Recheck,
        seconds: i64,
    ) -> PageRecord {
        let items = items.to_vec();
        self.write(move |w| w.record_page(walk, &items, &[], recheck, None, at(seconds)))
    }

    pub(crate) fn unreadable(&self, walk: WalkId, raw: &str, seconds: i64) {
        let items = [Unreadable { raw: raw.to_owned(), reason: "no id".to_owned() }];
        self.write(move |w| w.record_page(walk, &[], &items, Recheck::Path, None, at(seconds)));
    }

    pub(crate) fn complete(&self, walk: WalkId, seconds: i64) {
        let ending = Ending {
            outcome: Outcome::Complete,
            reason: None,
            coverage: Some(Coverage { from: Timestamp::EPOCH, to: at(seconds) }),
            capped_at: None,
        };
        self.close(walk, ending, Judgement::NotCompared, seconds);
    }

    pub(crate) fn close(
        &self,
        walk: WalkId,
        ending: Ending,
        judgement: Judgement,
        seconds: i64,
    ) -> Closed {
        let tally = WalkTally::default();
        self.write(move |w| w.close_walk(walk, &ending, &tally, None, &judgement, at(seconds)))
    }

    /// Closes a walk that an API of this version answered.
    pub(crate) fn complete_with_version(&self, walk: WalkId, version: &str, seconds: i64) {
        let ending = Ending {
            outcome: Outcome::Complete,
            reason: None,
            coverage: Some(Coverage { from: Timestamp::EPOCH, to: at(seconds) }),
            capped_at: None,
        };
        let tally =
            WalkTally { api_version_answered: Some(version.to_owned()), ..WalkTally::default() };
        self.write(move |w| {
            w.close_walk(walk, &ending, &tally, None, &Judgement::NotCompared, at(seconds))
        });
    }

    /// A whole walk that shows what is known already: it writes its sightings and itself.
    pub(crate) fn quiet_walk(&self, items: &[Observation], seconds: i64) {
        let but = ["walk", "sighting"];
        let before = self.everything_but(&but);
        let rows = self.write(|w| Ok(w.rows_written()));
        self.walk(items, seconds);
        let written = self.write(|w| Ok(w.rows_written())) - rows;
        let nodes: usize =
            items.iter().map(|item| 1 + item.children.value().map_or(0, Vec::len)).sum();
        assert_eq!(self.everything_but(&but), before);
        assert_eq!(written, nodes as u64 + 3, "sightings; a walk begun, with a page, closed");
    }

    /// The kinds of events in their order, without the first sight of items and what is said of
    /// gaps; checks the chain.
    pub(crate) fn events(&self) -> Vec<String> {
        let links = self.rows(
            "SELECT digest, lead(previous_digest) OVER (ORDER BY id), kind FROM events ORDER BY id",
        );
        let last = links.len().saturating_sub(1);
        assert!(links[..last].iter().all(|link| link[0] == link[1]), "the chain has a hole");
        let kinds = links.into_iter().map(|mut link| link.remove(2));
        kinds.filter(|kind| kind != "first_seen" && !kind.starts_with("gap_")).collect()
    }

    /// A whole walk of the media edge with one page.
    pub(crate) fn walk(&self, items: &[Observation], seconds: i64) -> PageRecord {
        let walk = self.begin(Edge::Media, FIELDS, seconds);
        let record = self.page(walk, items, seconds);
        self.complete(walk, seconds);
        record
    }

    /// Rows of a query, each value as text and NULL as `NULL`.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let connection =
            Connection::open_with_flags(self.path(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..columns).map(|n| row.get::<_, Value>(n).map(|value| shown(&value))).collect()
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// The one value of a query.
    pub(crate) fn one(&self, sql: &str) -> String {
        let rows = self.rows(sql);
        assert_eq!((rows.len(), rows.first().map(Vec::len)), (1, Some(1)), "{sql}: {rows:?}");
        rows[0][0].clone()
    }

    /// Every row of every table but those named, to be compared.
    pub(crate) fn everything_but(&self, tables: &[&str]) -> Vec<(String, Vec<Vec<String>>)> {
        let names = self.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'search' ORDER BY 1",
        );
        let names = names.into_iter().map(|mut row| row.remove(0));
        let kept = names.filter(|name| !tables.contains(&name.as_str()));
        kept.map(|name| {
            let rows = self.rows(&format!("SELECT * FROM \"{name}\""));
            (name, rows)
        })
        .collect()
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{bytes:?}"),
    }
}

pub(crate) fn options() -> CatalogOptions {
    CatalogOptions {
        archive_id: "a1b2c3".to_owned(),
        now: at(0),
        program_version: "0.1.0-test".to_owned(),
        caution: Caution::default(),
    }
}

/// A moment on 1 November 2026.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_793_491_200 + seconds).unwrap()
}

pub(crate) fn bakery() -> AccountName {
    "bakery".parse().unwrap()
}

pub(crate) fn start(edge: Edge, fields: &str) -> WalkStart {
    WalkStart {
        account: bakery(),
        edge,
        name: "full".to_owned(),
        window: Window::ALL,
        context: WalkContext {
            host: "graph.instagram.com".to_owned(),
            login: Login::Instagram,
            api_version_asked: "v25.0".to_owned(),
            field_set: fields.to_owned(),
            program_version: "0.1.0-test".to_owned(),
        },
    }
}

/// A picture with everything that the API usually gives.
pub(crate) fn picture(id: &str) -> Observation {
    let mut item = Observation::empty(id.parse().unwrap());
    item.media_type = Field::Value(MediaType::Image);
    item.media_product_type = Field::Value("FEED".to_owned());
    item.caption = Field::Value(format!("Caption of {id}"));
    item.shortcode = Field::Value(format!("S{id}"));
    item.permalink = Field::Value(format!("https://www.instagram.com/p/S{id}/"));
    item.published_at = Field::Value(at(-86_400));
    item.username = Field::Value("bakery.example".to_owned());
    item.owner_id = Field::Value("17841400000000111".to_owned());
    item.like_count = Field::Value(3);
    item.comments_count = Field::Value(0);
    item.is_comment_enabled = Field::Value(true);
    item.media_url = Field::Value(link(&format!("{id}.jpg")));
    sealed(item)
}

pub(crate) fn video(id: &str) -> Observation {
    let mut item = picture(id);
    item.media_type = Field::Value(MediaType::Video);
    item.media_url = Field::Value(link(&format!("{id}.mp4")));
    item.thumbnail_url = Field::Value(link(&format!("{id}.jpg")));
    sealed(item)
}

/// A slide, as the API shows it inside an album.
pub(crate) fn slide(id: &str) -> Observation {
    let mut item = Observation::empty(id.parse().unwrap());
    item.media_type = Field::Value(MediaType::Image);
    item.published_at = Field::Value(at(-86_400));
    item.media_url = Field::Value(link(&format!("{id}.jpg")));
    sealed(item)
}

pub(crate) fn album(id: &str, slides: &[&str]) -> Observation {
    let mut item = picture(id);
    item.media_type = Field::Value(MediaType::CarouselAlbum);
    item.children = Field::Value(slides.iter().map(|id| slide(id)).collect());
    sealed(item)
}

/// A link whose signature and host differ with every call, as the real ones do.
pub(crate) fn link(name: &str) -> Link {
    use std::sync::atomic::{AtomicU32, Ordering};
    static SIGNATURE: AtomicU32 = AtomicU32::new(0);
    let signature = SIGNATURE.fetch_add(1, Ordering::Relaxed);
    let host = format!("scontent-{}.cdninstagram.com", signature % 3);
    Link::new(&format!("https://{host}/v/t51/{name}?oh=SECRET{signature}&oe=6AB66240"))
}

/// The item with its text as the API adapter would leave it: without counts, slides and
/// signatures.
pub(crate) fn sealed(mut item: Observation) -> Observation {
    fn put<T>(map: &mut Map<String, serde_json::Value>, name: &str, field: &Field<T>, text: &str) {
        match field {
            Field::Absent => None,
            Field::Null => map.insert(name.to_owned(), json!(null)),
            Field::Unreadable => map.insert(name.to_owned(), json!(["odd"])),
            Field::Value(_) => map.insert(name.to_owned(), json!(text)),
        };
    }
    let mut map = Map::new();
    map.insert("id".to_owned(), json!(item.id.as_str()));
    let kind = item.media_type.value().map_or("", MediaType::as_str);
    put(&mut map, "media_type", &item.media_type, kind);
    for (name, field) in [
        ("media_product_type", &item.media_product_type),
        ("caption", &item.caption),
        ("alt_text", &item.alt_text),
        ("permalink", &item.permalink),
        ("shortcode", &item.shortcode),
        ("username", &item.username),
        ("owner", &item.owner_id),
    ] {
        put(&mut map, name, field, field.value().map_or("", String::as_str));
    }
    let time = item.published_at.value().map(ToString::to_string).unwrap_or_default();
    put(&mut map, "timestamp", &item.published_at, &time);
    for (name, field) in [
        ("is_comment_enabled", &item.is_comment_enabled),
        ("is_shared_to_feed", &item.is_shared_to_feed),
    ] {
        put(&mut map, name, field, &format!("{:?}", field.value()));
    }
    for (name, field) in [("media_url", &item.media_url), ("thumbnail_url", &item.thumbnail_url)] {
        put(&mut map, name, field, field.value().map_or("", Link::path));
    }
    item.raw = serde_json::Value::Object(map).to_string();
    item
}

/// The file of a queued asset, held with these bytes.
pub(crate) fn held(asset: &QueuedAsset, bytes: &[u8], path: &str) -> HeldFile {
    HeldFile {
        asset: asset.asset,
        blob: blob(bytes),
        size_bytes: bytes.len() as u64,
        mime_type: "image/jpeg".to_owned(),
        width: Some(1080),
        height: Some(1350),
        duration_ms: None,
        url_path: path.to_owned(),
        length_verified: true,
    }
}

pub(crate) fn blob(bytes: &[u8]) -> BlobId {
    BlobId::from_digest(Sha256::digest(bytes).into())
}
