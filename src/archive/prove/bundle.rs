//! A folder in the making, of which every byte is hashed on its way to the disk.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::ProveError;
use crate::domain::BlobId;

/// The last file: without it a folder is not finished.
const SUMS: &str = "SHA256SUMS";

#[derive(Debug)]
pub(super) struct Bundle {
    root: PathBuf,
    /// Digests by name.
    sums: BTreeMap<String, String>,
}

impl Bundle {
    /// Makes the folder, or takes an empty one.
    pub(super) fn create(root: &Path) -> Result<Self, ProveError> {
        let failed = |source| ProveError::Write { path: root.to_owned(), source };
        match fs::read_dir(root) {
            Ok(mut entries) => match entries.next() {
                None => {}
                Some(_) => return Err(ProveError::NotEmpty(root.to_owned())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_dir(root).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        Ok(Self { root: root.to_owned(), sums: BTreeMap::new() })
    }

    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), ProveError> {
        let mut file = self.begin(name)?;
        file.write(bytes)?;
        file.finish().map(drop)
    }

    pub(super) fn write_json(&mut self, name: &str, value: &Value) -> Result<(), ProveError> {
        self.write(name, format!("{value:#}\n").as_bytes())
    }

    /// One JSON value on each line.
    pub(super) fn write_lines(
        &mut self,
        name: &str,
        values: impl Iterator<Item = Value>,
    ) -> Result<(), ProveError> {
        let mut file = self.begin(name)?;
        for value in values {
            file.write_line(&value)?;
        }
        file.finish().map(drop)
    }

    /// Copies a file and answers its digest.
    pub(super) fn copy(&mut self, name: &str, from: &mut File) -> Result<String, ProveError> {
        let mut file = self.begin(name)?;
        let mut piece = vec![0; 256 * 1024];
        loop {
            match from.read(&mut piece).map_err(|source| file.failed(source))? {
                0 => return file.finish(),
                length => file.write(&piece[..length])?,
            }
        }
    }

    /// Begins a file that is written piece by piece.
    pub(super) fn begin(&mut self, name: &str) -> Result<BundleFile<'_>, ProveError> {
        let path = self.root.join(name);
        let failed = |source| ProveError::Write { path: path.clone(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
            make_dir(folder).map_err(failed)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
        Ok(BundleFile {
            bundle: self,
            name: name.to_owned(),
            path,
            out: BufWriter::new(file),
            hash: Sha256::new(),
        })
    }

    /// Writes the digests of all files, and makes the folder survive a loss of power.
    pub(super) fn finish(mut self) -> Result<(), ProveError> {
        let mut list = String::new();
        for (name, digest) in &self.sums {
            list.extend([format!("{digest}  {name}\n")]);
        }
        self.write(SUMS, list.as_bytes())?;
        let failed = |source| ProveError::Write { path: self.root.clone(), source };
        File::open(&self.root).and_then(|root| root.sync_all()).map_err(failed)
    }
}

/// A file in the making.
#[derive(Debug)]
pub(super) struct BundleFile<'b> {
    bundle: &'b mut Bundle,
    name: String,
    path: PathBuf,
    out: BufWriter<File>,
    hash: Sha256,
}

impl BundleFile<'_> {
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ProveError> {
        self.hash.update(bytes);
        self.out.write_all(bytes).map_err(|source| self.failed(source))
    }

    pub(super) fn write_line(&mut self, value: &Value) -> Result<(), ProveError> {
        self.write(format!("{value}\n").as_bytes())
    }

    /// Makes the file durable and answers its digest.
    pub(super) fn finish(mut self) -> Result<String, ProveError> {
        let written = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        written.map_err(|source| self.failed(source))?;
        let digest = BlobId::from_digest(self.hash.finalize().into()).to_string();
        self.bundle.sums.insert(self.name, digest.clone());
        Ok(digest)
    }

    fn failed(&self, source: io::Error) -> ProveError {
        ProveError::Write { path: self.path.clone(), source }
    }
}

fn make_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o755).create(path)
}
