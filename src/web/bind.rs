//! Where the pages are listened for, decided before the daemon says that it is ready.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use super::password::Password;
use crate::config::{HttpConfig, Listen, SecretError, SecretSource};
use crate::domain::health::Names;

/// Why nobody can be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error("http.listen: {address} cannot be listened on")]
    Tcp { address: SocketAddr, source: io::Error },
    #[error("the socket {path} cannot be listened on")]
    Unix { path: PathBuf, source: io::Error },
    #[error("the path of the socket {path} is longer than the {MOST} bytes that a socket may have")]
    TooLong { path: PathBuf },
    #[error("another process listens on {path}")]
    InUse { path: PathBuf },
    #[error("{path} is in the way: it is not a socket")]
    NotASocket { path: PathBuf },
    #[error("http.password_file")]
    Password(#[source] SecretError),
}

/// The longest path of a socket that Linux takes, its final zero not counted.
pub(super) const MOST: usize = 107;

/// A place that is listened on, with who may learn what there.
#[derive(Debug)]
pub struct Bound {
    pub(super) listener: Socket,
    pub(super) password: Option<Password>,
    /// What those learn who did not give the password.
    pub(super) strangers: Names,
    /// Names by which a browser may have come here; any, where there is no address to be fooled by.
    pub(super) hosts: Hosts,
}

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(SocketFile),
}

/// Which `Host` a request may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hosts {
    /// A page of somewhere else that resolves its own name to this machine is refused by it.
    Loopback,
    Any,
}

impl Bound {
    /// The address, where it is one; port 0 in the configuration has become a real one.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.listener {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.listener, self.address()) {
            (Socket::Unix(socket), _) => write!(f, "unix:{}", socket.path.display()),
            (Socket::Tcp(_), Some(address)) => write!(f, "http://{address}"),
            (Socket::Tcp(_), None) => f.write_str("tcp"),
        }
    }
}

/// Listens where the configuration says; nothing when it says nothing.
pub fn bind(http: &HttpConfig) -> Result<Option<Bound>, WebError> {
    let Some(listen) = &http.listen else { return Ok(None) };
    let password = match &http.password_file {
        Some(path) => {
            let secret = SecretSource::File(path.clone()).read().map_err(WebError::Password)?;
            Some(Password::new(&secret))
        }
        None => None,
    };
    let bound = match listen {
        Listen::Tcp(address) => {
            let source = |source| WebError::Tcp { address: *address, source };
            let listener = TcpListener::bind(address).map_err(source)?;
            listener.set_nonblocking(true).map_err(source)?;
            let near = address.ip().is_loopback();
            Bound {
                listener: Socket::Tcp(listener),
                password,
                strangers: if near { Names::Told } else { Names::Withheld },
                hosts: if near { Hosts::Loopback } else { Hosts::Any },
            }
        }
        Listen::Unix(path) => Bound {
            listener: Socket::Unix(SocketFile::bind(path, 0o660)?),
            password,
            strangers: Names::Told,
            hosts: Hosts::Any,
        },
    };
    Ok(Some(bound))
}

/// A Unix socket and its file, which goes when the value does.
#[derive(Debug)]
pub(super) struct SocketFile {
    pub(super) listener: UnixListener,
    path: PathBuf,
    inode: Option<u64>,
}

impl SocketFile {
    /// Listens at a path, in the place of a file that a killed process left there.
    ///
    /// A socket that somebody answers on, and anything that is no socket, stays as it is. The file
    /// is made without rights for others and then opened to `mode`.
    pub(super) fn bind(path: &Path, mode: u32) -> Result<Self, WebError> {
        if path.as_os_str().len() > MOST {
            return Err(WebError::TooLong { path: path.to_owned() });
        }
        let failed = |source| WebError::Unix { path: path.to_owned(), source };
        match fs::symlink_metadata(path) {
            Ok(facts) if !facts.file_type().is_socket() => {
                return Err(WebError::NotASocket { path: path.to_owned() });
            }
            Ok(_) => match UnixStream::connect(path) {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    fs::remove_file(path).map_err(failed)?;
                }
                Ok(_) => return Err(WebError::InUse { path: path.to_owned() }),
                Err(error) => return Err(failed(error)),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(failed)?;
        let inode = fs::symlink_metadata(path).ok().map(|facts| facts.ino());
        Ok(Self { listener, path: path.to_owned(), inode })
    }
}

impl Drop for SocketFile {
    /// Only the file that we made: a later process may have put its own there.
    fn drop(&mut self) {
        let named = fs::symlink_metadata(&self.path).ok().map(|facts| facts.ino());
        if named.is_some() && named == self.inode {
            fs::remove_file(&self.path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_socket_is_replaced_and_a_live_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("web.sock");
        // Dropping std's listener leaves the file, as a killed process does.
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let first = SocketFile::bind(&path, 0o660).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        let refused = SocketFile::bind(&path, 0o660).unwrap_err();
        assert!(matches!(refused, WebError::InUse { .. }), "{refused}");
        drop(first);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_socket_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("web.sock");
        fs::write(&path, "a letter").unwrap();
        let refused = SocketFile::bind(&path, 0o660).unwrap_err();
        assert!(matches!(refused, WebError::NotASocket { .. }), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "a letter");
    }

    #[test]
    fn a_path_that_no_socket_can_have_is_named() {
        let path = PathBuf::from(format!("/tmp/{}", "x".repeat(110)));
        let refused = SocketFile::bind(&path, 0o660).unwrap_err();
        assert!(refused.to_string().contains("longer than the 107 bytes"), "{refused}");
    }

    #[test]
    fn the_file_of_a_later_process_is_not_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("web.sock");
        let ours = SocketFile::bind(&path, 0o600).unwrap();
        fs::remove_file(&path).unwrap();
        // A file in between, so that the inode's number is not given out again.
        fs::write(dir.path().join("other"), "").unwrap();
        let theirs = UnixListener::bind(&path).unwrap();
        drop(ours);
        assert!(path.exists());
        drop(theirs);
    }
}
