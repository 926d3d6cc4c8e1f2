//! Which walks a pass consists of.

use crate::archive::{FilePlan, PassPlan, WalkPlan};
use crate::config::{AccountConfig, Collect, Since, WalkConfig};
use crate::domain::{Edge, Timestamp, Window};

/// The walks of a pass by hand: everything that the account collects, in full.
///
/// Windows only narrow what a schedule looks at often; a person who says `sync` wants all of it.
/// Stories come first, because they are gone tomorrow.
pub fn pass_plan(account: &AccountConfig, files: FilePlan) -> PassPlan {
    let wanted = [
        (Edge::Stories, Collect::Stories),
        (Edge::Media, Collect::Media),
        (Edge::Tags, Collect::Tags),
    ];
    let walks = wanted
        .into_iter()
        .filter(|(_, collect)| account.collect.contains(collect))
        .map(|(edge, _)| WalkPlan { name: "full".to_owned(), edge, window: Window::ALL })
        .collect();
    PassPlan { walks, files }
}

/// One configured walk, its window reckoned from now.
pub fn walk_plan(walk: &WalkConfig, files: FilePlan, now: Timestamp) -> PassPlan {
    let at = |bound: &Since| match bound {
        Since::Ago(duration) => now.minus(*duration),
        Since::At(time) => *time,
    };
    let window = Window { since: walk.since.as_ref().map(at), until: walk.until.as_ref().map(at) };
    let walks = vec![WalkPlan { name: walk.name.clone(), edge: walk.edge, window }];
    PassPlan { walks, files }
}

/// The media of one window.
pub fn window_plan(window: Window, files: FilePlan) -> PassPlan {
    let walks = vec![WalkPlan { name: "window".to_owned(), edge: Edge::Media, window }];
    PassPlan { walks, files }
}
