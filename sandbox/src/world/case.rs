//! Which posts a generated history has: when, of what kind, and what is odd about some.

use rand::Rng;

use super::node::{MediaKind, Product};
use crate::settings::Settings;

/// Oddities that every world shows near the top of an account's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Captionless,
    Withheld,
    HiddenCounts,
    BigAlbum,
    SmallAlbum,
    Described,
    Busy,
    Together,
    PreConversion,
    Plain,
}

impl Case {
    pub(super) fn of(number: usize, last: usize) -> Self {
        match number {
            1 => Self::Captionless,
            2 => Self::Withheld,
            3 => Self::HiddenCounts,
            4 => Self::BigAlbum,
            5 => Self::SmallAlbum,
            6 => Self::Described,
            7 => Self::Busy,
            8 => Self::Together,
            _ if number == last => Self::PreConversion,
            _ => Self::Plain,
        }
    }

    pub(super) fn shape(
        self,
        settings: &Settings,
        rng: &mut impl Rng,
    ) -> (MediaKind, Product, u32) {
        match self {
            Self::Captionless
            | Self::HiddenCounts
            | Self::Described
            | Self::Busy
            | Self::Together => (MediaKind::Image, Product::Feed, 0),
            Self::Withheld => (MediaKind::Video, Product::Reels, 0),
            Self::BigAlbum => (MediaKind::Album, Product::Feed, settings.album_children.max(20)),
            Self::SmallAlbum => (MediaKind::Album, Product::Feed, 2),
            Self::PreConversion | Self::Plain => {
                let dice: f64 = rng.random();
                if dice < settings.album_share {
                    let children = rng.random_range(2..=settings.album_children.max(2));
                    (MediaKind::Album, Product::Feed, children)
                } else if dice < settings.album_share + settings.reel_share {
                    (MediaKind::Video, Product::Reels, 0)
                } else if dice > 0.97 {
                    (MediaKind::Video, Product::Feed, 0)
                } else {
                    (MediaKind::Image, Product::Feed, 0)
                }
            }
        }
    }
}

/// Times of publication, newest first: dense lately, thinner towards the beginning, no two alike.
pub(super) fn publication_times(settings: &Settings, now: i64, rng: &mut impl Rng) -> Vec<i64> {
    /// Thousandths of the distance between two posts that one may stray.
    const STRAY: i128 = 900;
    let count = settings.posts.max(1) as i128;
    let history = i128::from(settings.history);
    let mut newest = now - 2 * 3600;
    (0..settings.posts as i128)
        .map(|number| {
            // The age grows with the square of the place in the list.
            let place = number * 1_000 + rng.random_range(0..STRAY);
            let age = history * place * place / (count * count * 1_000_000);
            newest = (newest - 61).min(now - 2 * 3600 - i64::try_from(age).unwrap_or(i64::MAX));
            newest
        })
        .collect()
}
