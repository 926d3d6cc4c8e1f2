//! The task that tells people.

use super::{TaskSpec, Workshop};
use crate::archive::tell::tell_people;

/// Tells everybody whom `[notify]` names what happened, until it is stopped.
pub(super) fn teller(shop: &Workshop) -> TaskSpec {
    let (archive, messengers) = (shop.archive.clone(), shop.messengers.clone());
    let news = shop.news.clone();
    TaskSpec::new("messages", move |pulse, stop| {
        let beat = move || pulse.beat();
        tell_people(archive.clone(), messengers.clone(), news.clone(), beat, stop)
    })
}
