//! The file `STORE`, by which a directory is known as an archive.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::{Refusal, StoreError, sys};

pub(super) const NAME: &str = "STORE";
/// The marker while it is written; a crash may leave it in an otherwise empty directory.
pub(super) const NEW_NAME: &str = ".STORE.new";

/// The layout that this program reads and writes.
const VERSION: u32 = 1;
const LARGEST: u64 = 4096;
const HEAD: &str = "\
# This file marks a directory as an archive of mediakeep. Without it, or with another id in it,
# mediakeep touches nothing here. README.txt says what the archive holds and how to read it.
";

/// Makes a new id: 32 hexadecimal digits from the system's random numbers.
pub(super) fn new_id() -> Result<String, StoreError> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0_u8; 16];
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| StoreError::io("read", source, error))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Reads the archive's id, or nothing when there is no marker.
pub(super) fn read(root: &OwnedFd, dir: &Path) -> Result<Option<String>, StoreError> {
    let path = dir.join(NAME);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(root, NAME, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP) => return Err(Refusal::SymbolicLink { path }.into()),
        Err(errno) => return Err(StoreError::io("open", &path, errno)),
    };
    let kind = file.metadata().map_err(|error| StoreError::io("read", &path, error))?;
    if !kind.is_file() {
        return Err(Refusal::WrongKind { path, expected: "regular file" }.into());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| StoreError::io("read", &path, error))?;
    parse(&bytes).map(Some).map_err(|fault| {
        let refusal = match fault {
            Fault::Garbage(why) => Refusal::BadMarker { path, why },
            Fault::Version(found) => Refusal::OtherVersion { path, found, known: VERSION },
        };
        refusal.into()
    })
}

/// Writes the marker of a new archive durably; it appears whole or not at all.
pub(super) fn write(root: &OwnedFd, dir: &Path, id: &str) -> Result<(), StoreError> {
    let path = dir.join(NEW_NAME);
    match rustix::fs::unlinkat(root, NEW_NAME, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(StoreError::io("remove", &path, errno)),
    }
    let mut file = sys::create_new(root, NEW_NAME, &path)?;
    sys::share(&file, &path)?;
    file.write_all(text(id).as_bytes()).map_err(|error| StoreError::io("write", &path, error))?;
    file.sync_all().map_err(|source| StoreError::SyncFile { path, source })?;
    let target = dir.join(NAME);
    sys::rename_new(root, NEW_NAME, root, NAME)
        .map_err(|errno| StoreError::io("create", &target, io::Error::from(errno)))?;
    sys::sync_dir(root, dir)
}

fn text(id: &str) -> String {
    format!("{HEAD}version = {VERSION}\nid = {id}\n")
}

enum Fault {
    Garbage(String),
    Version(u32),
}

fn parse(bytes: &[u8]) -> Result<String, Fault> {
    let garbage = |why: &str| Fault::Garbage(why.to_owned());
    if bytes.len() as u64 > LARGEST {
        return Err(garbage("it is too long"));
    }
    let text = str::from_utf8(bytes).map_err(|_| garbage("it is no text"))?;
    let value = |key: &str| {
        let mut values = text.lines().filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == key).then(|| value.trim())
        });
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(Fault::Garbage(format!("it has no line {key} = …"))),
            (Some(_), Some(_)) => Err(Fault::Garbage(format!("it has two lines {key} = …"))),
        }
    };
    let version = value("version")?;
    let version = version.parse().map_err(|_| garbage("its version is no number"))?;
    if version != VERSION {
        return Err(Fault::Version(version));
    }
    let id = value("id")?;
    let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    if id.len() != 32 || !id.bytes().all(hex) {
        return Err(garbage("its id is not 32 lower-case hexadecimal digits"));
    }
    Ok(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let id = new_id().unwrap();
        assert_eq!(id.len(), 32);
        assert_ne!(id, new_id().unwrap());
        assert!(matches!(parse(text(&id).as_bytes()), Ok(read) if read == id));
    }

    #[test]
    fn another_version_is_not_taken_for_garbage() {
        let id = "0".repeat(32);
        let newer = text(&id).replace("version = 1", "version = 2");
        assert!(matches!(parse(newer.as_bytes()), Err(Fault::Version(2))));
    }

    #[test]
    fn garbage_is_refused_with_its_reason() {
        let id = "0".repeat(32);
        for (bytes, reason) in [
            (String::new(), "version"),
            (format!("id = {id}"), "version"),
            (format!("version = one\nid = {id}"), "no number"),
            ("version = 1".to_owned(), "no line id"),
            ("version = 1\nid = 12".to_owned(), "32"),
            (format!("version = 1\nid = {}", "G".repeat(32)), "32"),
            (format!("version = 1\nid = {id}\nid = {id}"), "two lines id"),
            ("#".repeat(5000), "too long"),
        ] {
            match parse(bytes.as_bytes()) {
                Err(Fault::Garbage(why)) => assert!(why.contains(reason), "{why}"),
                Err(Fault::Version(_)) | Ok(_) => panic!("{bytes:?} was not refused"),
            }
        }
        assert!(matches!(parse(b"\xff\xfe"), Err(Fault::Garbage(_))));
    }
}
