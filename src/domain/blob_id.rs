//! The name of a blob.

use std::fmt;
use std::str::FromStr;

/// The SHA-256 of a file's bytes, which is its name in the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 32]);

/// A text that is no blob name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a blob name of 64 lower-case hexadecimal digits")]
pub struct InvalidBlobId(pub String);

impl BlobId {
    /// Wraps a finished digest.
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The path below the archive directory: `blobs/ab/abcdef…`.
    pub fn relative_path(&self) -> String {
        let hex = self.to_string();
        format!("blobs/{}/{hex}", &hex[..2])
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

impl FromStr for BlobId {
    type Err = InvalidBlobId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidBlobId(text.to_owned());
        let lower_hex = |c: &u8| c.is_ascii_digit() || (b'a'..=b'f').contains(c);
        if text.len() != 64 || !text.as_bytes().iter().all(lower_hex) {
            return Err(invalid());
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(0..32) {
            *byte = u8::from_str_radix(&text[pair * 2..pair * 2 + 2], 16).map_err(|_| invalid())?;
        }
        Ok(Self(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_hex_and_shards_by_its_first_byte() {
        let id = BlobId::from_digest([0xab; 32]);
        assert_eq!(id.to_string(), "ab".repeat(32));
        assert_eq!(id.relative_path(), format!("blobs/ab/{}", "ab".repeat(32)));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn anything_else_is_no_name() {
        let upper = "AB".repeat(32);
        let plus = format!("+1{}", "00".repeat(31));
        for text in ["", "ab", upper.as_str(), plus.as_str(), "../../etc/passwd"] {
            assert!(text.parse::<BlobId>().is_err(), "{text:?} was accepted");
        }
    }
}
