//! Evidence about one item as a folder that anybody can check without this program.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::blobs::{ArchiveDir, StoreError};
use crate::catalog::{
    AnswerRef, CatalogError, CatalogReader, ChainLine, EventRow, FileRow, ItemDetail, PageRow,
    QuestionRow, WalkEvidence,
};
use crate::domain::{BlobId, Timestamp};

mod bundle;
mod readme;
mod records;

use bundle::Bundle;

/// The program that checks a folder, so that nobody has to trust this one.
const CHECK: &str = include_str!("../../docs/check_evidence.py");

/// What to prove, and where to write it.
#[derive(Debug, Clone)]
pub struct ProofOrder<'a> {
    /// Id, shortcode or permalink.
    pub media: &'a str,
    /// A folder that does not exist, or is empty.
    pub to: &'a Path,
    pub files: Copies,
    pub now: Timestamp,
    pub program_version: &'static str,
}

/// Whether the files of the item come along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copies {
    /// Their digests alone.
    Leave,
    /// Copied into the folder.
    Take,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    pub media_id: String,
    pub account: String,
    pub state: String,
    /// Of the item and its slides.
    pub events: usize,
    /// All events of the account since the item's first.
    pub chained: usize,
    /// The newest event's digest: written down elsewhere, it fixes all that came before.
    pub head: Option<String>,
    pub requests: usize,
    pub responses: usize,
    /// Held files by digest.
    pub files: usize,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    #[error("no post {0} in the archive")]
    UnknownItem(String),
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    #[error("could not write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// What is damaged proves nothing.
    #[error("{0}")]
    Damaged(String),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes all that the archive knows of an item, and what it rests on, into a folder.
///
/// The archive is only read. What is written is one state of the catalog, checked before the
/// folder is made: evidence that is damaged is an error and no folder.
pub fn prove(
    dir: &ArchiveDir,
    catalog: &CatalogReader,
    order: &ProofOrder<'_>,
) -> Result<Proof, ProveError> {
    let (case, chain, mut bundle) = catalog.in_one_state(|catalog| {
        let case = Case::collect(catalog, order)?;
        check_chain(catalog, &case)?;
        let mut bundle = Bundle::create(order.to)?;
        let chain = write_chain(catalog, &case, &mut bundle)?;
        write_records(catalog, &case, &mut bundle)?;
        Ok::<_, ProveError>((case, chain, bundle))
    })?;
    let files = write_files(dir, &case, order.files, &mut bundle)?;
    let item = &case.detail.item;
    let proof = Proof {
        media_id: item.media_id.clone(),
        account: item.account.clone(),
        state: item.state.clone(),
        events: case.events.len(),
        chained: chain.events,
        head: chain.head,
        requests: case.requests.len(),
        responses: case.answers().len(),
        files,
    };
    bundle.write("README.txt", readme::text(&case, &proof, order, dir.id()).as_bytes())?;
    bundle.write("check.py", CHECK.as_bytes())?;
    bundle.finish()?;
    Ok(proof)
}

/// Everything about one item, read.
#[derive(Debug)]
struct Case {
    detail: ItemDetail,
    /// Of the item and its slides, in the order of the chain.
    events: Vec<EventRow>,
    walks: Vec<WalkEvidence>,
    requests: Vec<Request>,
}

/// A question or a page that an event refers to.
#[derive(Debug)]
enum Request {
    Question { event: i64, row: QuestionRow },
    Page { walk: i64, row: PageRow },
}

impl Request {
    fn answer(&self) -> Option<&AnswerRef> {
        match self {
            Self::Question { row, .. } => row.answer.as_ref(),
            Self::Page { row, .. } => Some(&row.answer),
        }
    }
}

impl Case {
    fn collect(catalog: &CatalogReader, order: &ProofOrder<'_>) -> Result<Self, ProveError> {
        let unknown = || ProveError::UnknownItem(order.media.to_owned());
        let mut detail = catalog.item(order.media)?.ok_or_else(unknown)?;
        let mut events = std::mem::take(&mut detail.events);
        events.sort_by_key(|event| event.id);
        let mut requests = Vec::new();
        let mut named = Walks::default();
        for event in &events {
            let rows = catalog.questions(event.id)?;
            requests.extend(rows.into_iter().map(|row| Request::Question { event: event.id, row }));
            named.add(event);
        }
        let mut walks = Vec::new();
        for walk in &named.all {
            walks.extend(catalog.walk_evidence(*walk)?);
            for row in catalog.walk_pages(*walk)? {
                // A walk proves an absence with all of its pages, a presence with one. Pages that
                // say nothing about the item are nobody's business.
                let wanted = named.proving.contains(walk)
                    || shows(&answer_text(catalog, &row.answer)?, &detail);
                if wanted {
                    requests.push(Request::Page { walk: *walk, row });
                }
            }
        }
        let case = Self { detail, events, walks, requests };
        for answer in case.answers() {
            answer_text(catalog, answer)?;
        }
        Ok(case)
    }

    /// The answers, each once.
    fn answers(&self) -> Vec<&AnswerRef> {
        let mut seen = BTreeSet::new();
        let answers = self.requests.iter().filter_map(Request::answer);
        answers.filter(|answer| seen.insert(&answer.sha256)).collect()
    }

    /// Files with bytes, each digest once.
    fn held_files(&self) -> Vec<(&FileRow, BlobId)> {
        let mut seen = BTreeSet::new();
        let id = |file: &FileRow| file.sha256.as_ref().and_then(|name| name.parse().ok());
        let held = self.detail.files.iter().filter_map(|file| Some((file, id(file)?)));
        held.filter(|(_, id): &(_, BlobId)| seen.insert(id.to_string())).collect()
    }

    fn account(&self) -> &str {
        &self.detail.item.account
    }

    /// Where the item's part of the chain begins.
    fn first_event(&self) -> i64 {
        self.events.first().map_or(i64::MAX, |event| event.id)
    }
}

/// The walks that events name.
#[derive(Debug, Default)]
struct Walks {
    all: BTreeSet<i64>,
    /// Those whose pages, all together, are the evidence.
    proving: BTreeSet<i64>,
}

impl Walks {
    fn add(&mut self, event: &EventRow) {
        self.all.extend(event.walk_id);
        let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
        for (key, value) in detail.as_object().into_iter().flatten() {
            if key == "walk" || key.ends_with("_walk") {
                self.all.extend(value.as_i64());
            }
        }
        if detail["pages_sha256"].is_string() {
            self.proving.extend(detail["walk"].as_i64());
        }
    }
}

/// Whether a page lists the item or one of its slides.
fn shows(page: &str, detail: &ItemDetail) -> bool {
    std::iter::once(&detail.item).chain(&detail.children).any(|item| {
        let id = &item.media_id;
        [format!("\"id\":\"{id}\""), format!("\"id\":{id},"), format!("\"id\":{id}}}")]
            .iter()
            .any(|spelling| page.contains(spelling))
    })
}

fn answer_text(catalog: &CatalogReader, answer: &AnswerRef) -> Result<String, ProveError> {
    catalog.answer_text(answer)?.ok_or_else(|| {
        ProveError::Damaged(format!("the kept answer {} is not what was kept", answer.sha256))
    })
}

/// Goes through the account's events from the item's first one on.
fn each_link(
    catalog: &CatalogReader,
    case: &Case,
    mut take: impl FnMut(ChainLine) -> Result<(), ProveError>,
) -> Result<(), ProveError> {
    const BATCH: usize = 2000;
    let mut from = case.first_event();
    loop {
        let lines = catalog.chain(case.account(), from, BATCH)?;
        let Some(last) = lines.last() else { return Ok(()) };
        from = last.id.saturating_add(1);
        lines.into_iter().try_for_each(&mut take)?;
    }
}

/// Makes sure that the chain holds before anything is called evidence.
fn check_chain(catalog: &CatalogReader, case: &Case) -> Result<(), ProveError> {
    let mut previous = None;
    each_link(catalog, case, |line| {
        let follows = previous.as_ref().is_none_or(|digest| *digest == line.previous_digest);
        if !follows || !line.is_intact() {
            let what = format!("event {} is not what was written, or not in its place", line.id);
            return Err(ProveError::Damaged(what));
        }
        previous = Some(line.digest);
        Ok(())
    })
}

/// The part of the account's chain that was written.
#[derive(Debug, Default)]
struct Chain {
    events: usize,
    head: Option<String>,
}

fn write_chain(
    catalog: &CatalogReader,
    case: &Case,
    bundle: &mut Bundle,
) -> Result<Chain, ProveError> {
    let mut chain = Chain::default();
    let mut file = bundle.begin("chain.jsonl")?;
    each_link(catalog, case, |line| {
        file.write_line(&records::link(&line))?;
        chain.events += 1;
        chain.head = Some(line.digest);
        Ok(())
    })?;
    file.finish()?;
    Ok(chain)
}

fn write_records(
    catalog: &CatalogReader,
    case: &Case,
    bundle: &mut Bundle,
) -> Result<(), ProveError> {
    bundle.write_json("item.json", &records::item(&case.detail))?;
    bundle.write_json("walks.json", &case.walks.iter().map(records::walk).collect())?;
    bundle.write_lines("events.jsonl", case.events.iter().map(records::event))?;
    bundle.write_lines("requests.jsonl", case.requests.iter().map(records::request))?;
    for answer in case.answers() {
        let text = answer_text(catalog, answer)?;
        bundle.write(&format!("responses/{}.json", answer.sha256), text.as_bytes())?;
    }
    Ok(())
}

/// Writes the digests of the held files as `sha256sum` reads them, and the files when wanted;
/// answers how many are held.
fn write_files(
    dir: &ArchiveDir,
    case: &Case,
    copies: Copies,
    bundle: &mut Bundle,
) -> Result<usize, ProveError> {
    let held = case.held_files();
    let mut list = String::new();
    for (_, id) in &held {
        list.extend([format!("{id}  {}\n", id.relative_path())]);
    }
    bundle.write("files.sha256", list.as_bytes())?;
    match copies {
        Copies::Leave => {}
        Copies::Take => {
            for (file, id) in &held {
                let name = format!("files/{id}.{}", extension(file.mime_type.as_deref()));
                let digest = bundle.copy(&name, &mut dir.blobs().open(id)?)?;
                if digest != id.to_string() {
                    let what = format!("the kept file {id} is not what was kept");
                    return Err(ProveError::Damaged(what));
                }
            }
        }
    }
    Ok(held.len())
}

fn extension(mime_type: Option<&str>) -> &'static str {
    match mime_type {
        Some("image/jpeg") => "jpg",
        Some("image/png") => "png",
        Some("image/webp") => "webp",
        Some("image/gif") => "gif",
        Some("image/heic" | "image/heif") => "heic",
        Some("video/mp4") => "mp4",
        Some("video/quicktime") => "mov",
        _ => "bin",
    }
}
