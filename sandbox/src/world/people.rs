//! The accounts a world starts with, and the neighbours who tag and comment.

/// Who an account is, before ids and posts.
pub(super) struct Profile {
    pub(super) username: &'static str,
    pub(super) name: &'static str,
    pub(super) biography: &'static str,
    pub(super) website: Option<&'static str>,
    pub(super) business: bool,
}

pub(super) const INSTAGRAM: [Profile; 3] = [
    Profile {
        username: "harbor.lantern",
        name: "Harbor Lantern",
        biography: "Boats, bread and weather from a small harbour 🌊",
        website: Some("https://harbor-lantern.example/"),
        business: false,
    },
    Profile {
        username: "slow.bakery",
        name: "The Slow Bakery",
        biography: "Sourdough takes its time, and so do we.",
        website: None,
        business: true,
    },
    Profile {
        username: "rooftop.weather",
        name: "Rooftop Weather",
        biography: "One sky a day.",
        website: None,
        business: false,
    },
];

pub(super) const FACEBOOK: [Profile; 3] = [
    Profile {
        username: "tide.museum",
        name: "Museum of Tides",
        biography: "Maritime museum · open Tuesday to Sunday",
        website: Some("https://tide-museum.example/visit"),
        business: true,
    },
    Profile {
        username: "north.quay.press",
        name: "North Quay Press",
        biography: "News from the quay, printed on Fridays.",
        website: None,
        business: true,
    },
    Profile {
        username: "orchard.library",
        name: "Orchard Library",
        biography: "Books under apple trees 🍎📚",
        website: None,
        business: true,
    },
];

/// Others, whose posts tag an account or are made with it.
pub(super) const NEIGHBOURS: [&str; 5] =
    ["a.visitor", "ferry.notes", "two.gulls", "old.crane", "lamp.keeper"];
