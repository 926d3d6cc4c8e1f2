//! Makes the bytes of files, off the request threads, and keeps what may be asked for again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinError;

use super::bytes::{Base, FileBytes};
use super::{FileHostOptions, FileShape, FileSpec, lock};
use crate::mix::mix;
use crate::{clip, picture};

/// Why a file could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum StudioError {
    /// The painting thread ended without a result.
    #[error("could not paint file {id}")]
    Painting { id: u64, source: JoinError },
}

#[derive(Debug)]
pub(super) struct Studio {
    shelf: Mutex<Shelf>,
    /// So many scenes are painted at a time; the machine has other work too.
    easels: Semaphore,
}

/// Finished scenes, the least recently used of which go first.
#[derive(Debug, Default)]
struct Shelf {
    scenes: HashMap<Scene, Kept>,
    uses: u64,
}

#[derive(Debug, Default)]
struct Kept {
    cell: Arc<OnceCell<Base>>,
    last_use: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Scene {
    shape: FileShape,
    id: u64,
    version: u32,
    /// 0 is the best; higher ones are smaller files, for specs that ask for few bytes.
    step: u8,
}

impl Studio {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { shelf: Mutex::default(), easels: Semaphore::new(cores) }
    }

    /// The bytes of a file, the same at every call.
    pub(super) async fn file(
        &self,
        spec: &FileSpec,
        options: &FileHostOptions,
    ) -> Result<FileBytes, StudioError> {
        let (id, version) = match options.pool {
            Some(size) => (mix(&[spec.id]) % size.max(1) as u64, 1),
            None => (spec.id, spec.version),
        };
        let scene = |step| Scene { shape: spec.shape, id, version, step };
        for step in 0..Scene::STEPS {
            let base = self.scene(scene(step), options).await?;
            if let Some(file) = base.with_comment(spec, spec.bytes) {
                return Ok(file);
            }
        }
        let base = self.scene(scene(Scene::STEPS - 1), options).await?;
        Ok(base.with_comment(spec, None).unwrap_or_default())
    }

    async fn scene(&self, scene: Scene, options: &FileHostOptions) -> Result<Base, StudioError> {
        let cell = lock(&self.shelf).take(scene);
        let base = cell
            .get_or_try_init(|| async {
                let _turn = self.easels.acquire().await;
                tokio::task::spawn_blocking(move || scene.paint()).await
            })
            .await
            .map_err(|source| StudioError::Painting { id: scene.id, source })?
            .clone();
        lock(&self.shelf).tidy(options.cache_bytes);
        Ok(base)
    }
}

impl Shelf {
    fn take(&mut self, scene: Scene) -> Arc<OnceCell<Base>> {
        self.uses += 1;
        let kept = self.scenes.entry(scene).or_default();
        kept.last_use = self.uses;
        Arc::clone(&kept.cell)
    }

    /// Throws out scenes until the rest takes at most `limit` bytes.
    fn tidy(&mut self, limit: u64) {
        let size = |kept: &Kept| kept.cell.get().map_or(0, Base::len);
        let mut total: u64 = self.scenes.values().map(size).sum();
        while total > limit {
            let finished = self.scenes.iter().filter(|(_, kept)| kept.cell.initialized());
            let Some((oldest, bytes)) = finished
                .min_by_key(|(_, kept)| kept.last_use)
                .map(|(scene, kept)| (*scene, size(kept)))
            else {
                return;
            };
            self.scenes.remove(&oldest);
            total -= bytes;
        }
    }
}

impl Scene {
    const STEPS: u8 = 8;

    fn paint(self) -> Base {
        let container = match self.shape {
            FileShape::Photo { width, height } => match self.reduced() {
                None => picture::photo(self.id, self.version, width, height),
                Some((divisor, quality)) => {
                    picture::photo_in(self.id, width / divisor, height / divisor, quality)
                }
            },
            FileShape::Poster { width, height } => match self.reduced() {
                None => picture::poster(self.id, self.version, width, height),
                Some((divisor, quality)) => {
                    picture::poster_in(self.id, width / divisor, height / divisor, quality)
                }
            },
            FileShape::Clip { width, height, seconds } => {
                let divisor = 1 << self.step.min(6);
                clip::clip(self.id, self.version, width / divisor, height / divisor, seconds)
            }
        };
        Base::new(self.shape, container)
    }

    /// What to divide the size of a picture by, and its JPEG quality; `None` for the best.
    fn reduced(self) -> Option<(u32, u8)> {
        match self.step {
            0 => None,
            1 => Some((1, 60)),
            2 => Some((1, 35)),
            3 => Some((1, 12)),
            4 => Some((2, 30)),
            5 => Some((4, 30)),
            6 => Some((8, 20)),
            _ => Some((16, 10)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FileHostOptions, FileShape, FileSpec, Studio, lock};

    #[tokio::test]
    async fn the_shelf_never_holds_more_than_it_may() {
        let options = FileHostOptions { cache_bytes: 20_000, ..FileHostOptions::default() };
        let studio = Studio::new();
        for id in 0..12 {
            let shape = FileShape::Photo { width: 96, height: 96 };
            let spec = FileSpec { id, version: 1, shape, bytes: None };
            let first = studio.file(&spec, &options).await.unwrap();
            let again = studio.file(&spec, &options).await.unwrap();
            assert_eq!(first.part(0..u64::MAX).concat(), again.part(0..u64::MAX).concat());
        }
        let shelf = lock(&studio.shelf);
        let kept: u64 = shelf.scenes.values().map(|k| k.cell.get().unwrap().len()).sum();
        assert!(kept <= 20_000, "{kept} bytes kept");
        assert!(
            (1..12).contains(&shelf.scenes.len()),
            "something is kept, something was thrown out"
        );
    }
}
