//! What kind of file host the sandbox plays.

use serde::{Deserialize, Serialize};

/// Settings of the file host; the defaults follow what captures of the real hosts show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileHostOptions {
    /// Answers `Range` with 206 or 416; off, every answer is the whole file.
    pub ranges: bool,
    /// Sends `ETag` and honours `If-None-Match`.
    pub etags: bool,
    /// Gives a clip a new opaque path in every link.
    pub fresh_video_paths: bool,
    /// How long links to pictures last.
    pub image_hours: Hours,
    /// How long links to clips last.
    pub video_hours: Hours,
    /// How many of a hundred photos carry an extension that is not the type of their bytes.
    pub lying_percent: u8,
    /// Paints only so many scenes per size and kind, each file made distinct by a comment inside;
    /// `None` paints a scene for every file.
    pub pool: Option<usize>,
    /// How many bytes of finished scenes are kept in memory.
    pub cache_bytes: u64,
}

/// A span of hours, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// The shortest.
    pub from: u32,
    /// The longest.
    pub to: u32,
}

impl Default for FileHostOptions {
    fn default() -> Self {
        Self {
            ranges: true,
            etags: true,
            fresh_video_paths: false,
            image_hours: Hours { from: 91, to: 105 },
            video_hours: Hours { from: 25, to: 33 },
            lying_percent: 15,
            pool: None,
            cache_bytes: 256 << 20,
        }
    }
}
