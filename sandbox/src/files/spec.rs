//! Names a file that the host can make: which picture, in which form, how large.

use serde::{Deserialize, Serialize};

/// One file of the sandbox's world, complete enough to be made again at any time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileSpec {
    /// Chooses the scene; unique per item and role. A clip and its poster may share one id, and
    /// then show the same scene.
    pub id: u64,
    /// 1 at first; every higher number is the same scene re-encoded: other bytes, another path.
    pub version: u32,
    /// What kind of file, and its size in pixels.
    pub shape: FileShape,
    /// The exact size in bytes, reached by padding; `None` leaves the natural size.
    ///
    /// A file that would naturally be larger is made in lower quality, then in fewer pixels. Where
    /// even that is too large (a few kilobytes for pictures, some ten for clips), the smallest
    /// file that can be made stands in.
    pub bytes: Option<u64>,
}

/// What a file shows and its size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileShape {
    /// A JPEG picture.
    Photo {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A silent H.264 clip in an MP4 file.
    Clip {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// Length in seconds, at 25 frames each.
        seconds: u32,
    },
    /// A JPEG of the first frame of the clip with the same id.
    Poster {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
}

impl FileShape {
    /// The type of the bytes, whatever the path's extension says.
    pub fn mime_type(self) -> &'static str {
        match self {
            Self::Photo { .. } | Self::Poster { .. } => "image/jpeg",
            Self::Clip { .. } => "video/mp4",
        }
    }

    /// A number per kind, to keep the names of a clip and its poster apart.
    pub(crate) fn kind(self) -> u64 {
        match self {
            Self::Photo { .. } => 1,
            Self::Clip { .. } => 2,
            Self::Poster { .. } => 3,
        }
    }
}
