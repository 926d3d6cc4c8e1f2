//! What really is: posts, slides and stories of one account, and when each could be seen.

use mediakeep::domain::{Edge, MediaId};

/// Seconds since the epoch, of a clock that is always right.
pub(crate) type Time = i64;

pub(crate) const MINUTE: Time = 60;
pub(crate) const HOUR: Time = 3_600;
pub(crate) const DAY: Time = 24 * HOUR;
/// Stories are listed for this long.
pub(crate) const STORY_LIFE: Time = DAY;

/// Something that is true or false and changes now and then.
#[derive(Debug, Clone)]
pub(crate) struct Track(Vec<(Time, bool)>);

impl Track {
    fn since(time: Time) -> Self {
        Self(vec![(time, true)])
    }

    pub(crate) fn at(&self, time: Time) -> bool {
        self.0.iter().rev().find(|(since, _)| *since <= time).is_some_and(|(_, is)| *is)
    }

    fn set(&mut self, time: Time, is: bool) {
        if self.at(time) != is {
            self.0.push((time, is));
        }
    }

    /// The instants inside of a span at which the answer changes, and its first one.
    fn instants(&self, from: Time, to: Time) -> impl Iterator<Item = Time> {
        let inside = self.0.iter().map(|(time, _)| *time);
        std::iter::once(from).chain(inside.filter(move |time| (from..=to).contains(time)))
    }
}

/// A post, a slide of an album, or a story.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub id: MediaId,
    pub edge: Edge,
    /// Photos or reels.
    pub kind: u8,
    pub published: Time,
    /// Whether its answers have a time of publication.
    pub is_dated: bool,
    /// The album that it is a slide of.
    pub album: Option<usize>,
    pub slides: Vec<usize>,
    /// In its list, as its owner wants it.
    listed: Track,
    /// Answers by its id.
    served: Track,
}

/// The number that the id of an item stands for.
pub(crate) fn number_of(id: &MediaId) -> usize {
    id.as_str().parse::<usize>().unwrap() - 100
}

/// A span in which a permission hides a kind of item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hidden {
    pub kind: u8,
    pub from: Time,
    pub to: Time,
}

/// The whole account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth {
    pub items: Vec<Item>,
    /// Posts and stories, newest first.
    order: Vec<usize>,
    /// Permissions that this token lacked: what it may not see is not there for it.
    pub hidden: Vec<Hidden>,
}

impl Truth {
    pub(crate) fn publish(&mut self, edge: Edge, kind: u8, slides: u8, time: Time) -> usize {
        let post = self.add(edge, kind, None, time);
        let newer = |n: &usize| self.items[*n].published > time;
        let place = self.order.iter().take_while(|n| newer(n)).count();
        self.order.insert(place, post);
        for _ in 0..slides {
            let slide = self.add(edge, kind, Some(post), time);
            self.items[post].slides.push(slide);
        }
        post
    }

    fn add(&mut self, edge: Edge, kind: u8, album: Option<usize>, time: Time) -> usize {
        let number = self.items.len();
        self.items.push(Item {
            id: (100 + number).to_string().parse().unwrap(),
            edge,
            kind,
            published: time,
            is_dated: true,
            album,
            slides: Vec::new(),
            listed: Track::since(time),
            served: Track::since(time),
        });
        number
    }

    /// Changes whether an item is in its list and answers by its id.
    pub(crate) fn show(&mut self, item: usize, listed: bool, served: bool, time: Time) {
        self.items[item].listed.set(time, listed);
        self.items[item].served.set(time, served);
    }

    /// Whether the owner has the item in its list, whatever the cap.
    pub(crate) fn is_listed(&self, item: usize, time: Time) -> bool {
        let it = &self.items[item];
        let lives = it.edge == Edge::Media || time < it.published + STORY_LIFE;
        it.listed.at(time)
            && lives
            && !self.is_hidden(it.kind, time)
            && it.album.is_none_or(|album| self.is_listed(album, time))
    }

    /// Whether the item answers by its id.
    pub(crate) fn is_served(&self, item: usize, time: Time) -> bool {
        let it = &self.items[item];
        let lives = it.edge == Edge::Media || time < it.published + STORY_LIFE;
        it.served.at(time)
            && lives
            && !self.is_hidden(it.kind, time)
            && it.album.is_none_or(|album| self.items[album].served.at(time))
    }

    pub(crate) fn is_hidden(&self, kind: u8, time: Time) -> bool {
        self.hidden.iter().any(|span| span.kind == kind && (span.from..span.to).contains(&time))
    }

    /// The posts or stories of a list as its owner has it, newest first, up to the cap.
    pub(crate) fn list(&self, edge: Edge, time: Time, cap: usize) -> Vec<usize> {
        let limit = if edge == Edge::Media { cap } else { usize::MAX };
        let mut list = Vec::with_capacity(self.order.len());
        for &item in &self.order {
            if list.len() < limit && self.items[item].edge == edge && self.is_listed(item, time) {
                list.push(item);
            }
        }
        list
    }

    /// Instants between which nothing that concerns an item changes.
    pub(crate) fn instants(&self, item: usize, from: Time, to: Time) -> Vec<Time> {
        let it = &self.items[item];
        let mut instants: Vec<Time> = it.listed.instants(from, to).collect();
        instants.extend(it.served.instants(from, to));
        instants.extend(it.album.into_iter().flat_map(|album| self.instants(album, from, to)));
        let ends = self.hidden.iter().flat_map(|span| [span.from, span.to]);
        let story = it.published + STORY_LIFE;
        instants.extend(ends.chain([story, to]).filter(|time| (from..=to).contains(time)));
        instants
    }
}
