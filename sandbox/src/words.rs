//! Texts of posts.

use rand::Rng;

pub(crate) fn caption(rng: &mut impl Rng) -> String {
    format!("Tide tables 🌊 no. {}\n#harbor", rng.random_range(1..900))
}

pub(crate) fn comment(rng: &mut impl Rng) -> String {
    format!("love it ❤️ {}", rng.random_range(1..900))
}

pub(crate) fn alt_text(rng: &mut impl Rng) -> String {
    format!("A boat at pier {}", rng.random_range(1..90))
}

pub(crate) fn username(rng: &mut impl Rng) -> String {
    format!("visitor.{}", rng.random_range(1..9_000))
}
