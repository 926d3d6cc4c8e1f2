//! The bytes of a file without a request, so that a test knows what it should have been given.

use super::{FileHost, FileSpec};

impl FileHost {
    /// The whole file as the host would serve it; none where it cannot be painted.
    pub async fn contents(&self, spec: &FileSpec) -> Option<Vec<u8>> {
        let file = self.0.studio.file(spec, &self.options()).await.ok()?;
        Some(file.part(0..file.len()).concat())
    }
}
