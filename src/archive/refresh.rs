//! Fresh links for files whose link is gone or has ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use super::ask::Trouble;
use super::running::PassContext;
use crate::catalog::{AskedFields, QueuedAsset};
use crate::domain::{AssetRole, Class, Edge, Field, FileFault, Link, MediaId, Observation};
use crate::graph::FieldSet;

/// Reads items again, once for all files of one post.
#[derive(Debug)]
pub(super) struct Refresher {
    fields: Mutex<FieldSet>,
    read: Mutex<HashMap<MediaId, Shared>>,
}

type Links = HashMap<(MediaId, AssetRole), Link>;
type Shared = Arc<OnceCell<Result<Links, Failed>>>;

/// Why there is no fresh link.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failed {
    pub fault: FileFault,
    pub message: String,
}

impl Refresher {
    /// Prepares to read items with these fields.
    pub(super) fn new(fields: FieldSet) -> Self {
        Self { fields: Mutex::new(fields), read: Mutex::default() }
    }

    /// How many items were read again.
    pub(super) fn items_read(&self) -> usize {
        lock(&self.read).len()
    }

    /// A fresh link of one file.
    pub(super) async fn link(
        &self,
        pass: &PassContext,
        asset: &QueuedAsset,
    ) -> Result<Link, Failed> {
        let post = asset.parent_id.as_ref().unwrap_or(&asset.media_id).clone();
        let cell = lock(&self.read).entry(post.clone()).or_default().clone();
        match cell.get_or_init(|| self.read_item(pass, &post)).await {
            Ok(links) => {
                let key = (asset.media_id.clone(), asset.role);
                links.get(&key).cloned().ok_or_else(|| Failed {
                    fault: FileFault::NoUrl,
                    message: format!("the API gives no {} URL for it now", asset.role),
                })
            }
            Err(failed) => Err(failed.clone()),
        }
    }

    async fn read_item(&self, pass: &PassContext, post: &MediaId) -> Result<Links, Failed> {
        let (item, fields) = self.ask_for(pass, post).await.map_err(|e| Failed::because(&e))?;
        let asked = AskedFields::parse(&fields.as_query());
        let links = links_of(&item);
        let account = pass.access.name.clone();
        let now = pass.archive.clock.now();
        pass.archive
            .catalog
            .call(move |c| c.observe_item(&account, Edge::Media, &item, &asked, now))
            .await
            .map_err(|error| Failed { fault: FileFault::Storage, message: error.to_string() })?;
        Ok(links)
    }

    /// Asks, leaving out whatever field the API refuses for this item.
    async fn ask_for(
        &self,
        pass: &PassContext,
        post: &MediaId,
    ) -> Result<(Observation, FieldSet), Trouble> {
        let graph = &pass.access.graph;
        loop {
            let fields = lock(&self.fields).clone();
            let answer = pass.asker.ask(|| graph.item(post, &fields)).await;
            match answer {
                Ok(answer) => return Ok((answer.value, fields)),
                Err(Trouble::Graph(error)) => match error.class() {
                    Class::DropField(name) if fields.can_drop(&name) => {
                        *lock(&self.fields) = fields.without(&name);
                    }
                    _ => return Err(Trouble::Graph(error)),
                },
                Err(trouble) => return Err(trouble),
            }
        }
    }
}

impl Failed {
    fn because(trouble: &Trouble) -> Self {
        let fault = match trouble {
            Trouble::Stopped | Trouble::Blocked { .. } => FileFault::Transient,
            Trouble::Catalog(_) => FileFault::Storage,
            Trouble::Graph(error) => match error.class() {
                Class::Retry | Class::Wait { .. } | Class::StopAccount(_) => FileFault::Transient,
                Class::Permission
                | Class::Shrink
                | Class::DropField(_)
                | Class::MaybeGone
                | Class::Fatal => FileFault::ItemUnreadable,
            },
        };
        Self { fault, message: format!("its item could not be read again: {trouble}") }
    }
}

/// The links of a post and its slides; an album's own `media_url` repeats a slide and is ignored.
pub(super) fn links_of(item: &Observation) -> Links {
    let slides = item.children.value().map(Vec::as_slice).unwrap_or_default();
    std::iter::once(item)
        .chain(slides)
        .flat_map(|shown| {
            let media = if shown.is_album() { &Field::Absent } else { &shown.media_url };
            [(AssetRole::Media, media), (AssetRole::Thumbnail, &shown.thumbnail_url)]
                .into_iter()
                .filter_map(|(role, field)| {
                    Some(((shown.id.clone(), role), field.value()?.clone()))
                })
        })
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_album_gives_the_links_of_its_slides_and_not_its_own() {
        let link = |name: &str| Field::Value(Link::new(&format!("https://h/{name}")));
        let mut slide = Observation::empty("2".parse().unwrap());
        slide.media_url = link("slide");
        slide.thumbnail_url = link("poster");
        let mut album = Observation::empty("1".parse().unwrap());
        album.media_url = link("album");
        album.children = Field::Value(vec![slide]);
        let links = links_of(&album);
        let path = |id: &str, role| links.get(&(id.parse().unwrap(), role)).map(Link::path);
        assert_eq!(links.len(), 2);
        assert_eq!(path("2", AssetRole::Media), Some("/slide"));
        assert_eq!(path("2", AssetRole::Thumbnail), Some("/poster"));
    }
}
