//! The API in front of the truth, with everything that it is known to do wrong.

use mediakeep::domain::{Edge, Window};

use super::faults::{Fault, Tally};
use super::history::{Op, Upset};
use super::truth::{HOUR, Hidden, MINUTE, Time, Truth};

/// What an account's API is like for good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nature {
    pub cap: usize,
    pub page_size: usize,
    /// Cursors are numbers of items to skip, not items.
    pub by_offset: bool,
    /// A cursor dies with its item.
    pub cursors_die: bool,
    /// The account's own count is off by so many.
    pub miscount: usize,
}

/// What the API does with `since` and `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    Ignored,
    /// Honoured, with a clock that is off by so many seconds.
    Honoured(Time),
}

/// What goes on for a while.
#[derive(Debug, Clone)]
pub(crate) struct Weather {
    pub since: Since,
    /// Nodes answer "does not exist" until then, lists work.
    pub outage: Time,
    /// Lists end after so many items, until then.
    pub cut: (usize, Time),
    /// Every request may go to a replica that is up to an hour old, until then.
    pub lagging: Time,
    /// Items that neither lists nor nodes have, though nobody took them away, until then.
    pub lost: (Vec<usize>, Time),
}

/// What breaks for the rest of a pass.
#[derive(Debug, Default)]
struct Spell {
    throttled: bool,
    token_dead: bool,
    refused: bool,
    swapped: Option<(usize, usize)>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Throttled,
    Token,
    Permission,
    Broken,
    DeadCursor,
}

/// One item of a page, with its slides when the answer has them.
#[derive(Debug)]
pub(crate) struct Listed {
    pub item: usize,
    pub slides: Option<Vec<usize>>,
}

#[derive(Debug, Default)]
pub(crate) struct Page {
    pub items: Vec<Listed>,
    pub unreadable: usize,
    pub next: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Api {
    pub truth: Truth,
    pub nature: Nature,
    pub weather: Weather,
    pub now: Time,
    /// The oldest replica that answered in this pass was so old.
    pub stalest: Time,
    pub tally: Tally,
    pace: Time,
    upsets: Vec<(usize, Upset)>,
    requests: usize,
    spell: Spell,
    handed_out: Option<String>,
    random: u64,
}

impl Api {
    pub(crate) fn new(nature: Nature, now: Time, salt: u64) -> Self {
        Self {
            truth: Truth::default(),
            nature,
            weather: Weather {
                since: Since::Honoured(0),
                outage: 0,
                cut: (0, 0),
                lagging: 0,
                lost: (Vec::new(), 0),
            },
            now,
            stalest: 0,
            tally: Tally::default(),
            pace: 1,
            upsets: Vec::new(),
            requests: 0,
            spell: Spell::default(),
            handed_out: None,
            random: salt,
        }
    }

    /// A pass begins: what broke in the last one works again.
    pub(crate) fn begin_pass(&mut self, pace: Time, upsets: &[(usize, Upset)]) {
        self.pace = pace;
        self.upsets = upsets.to_vec();
        (self.requests, self.stalest) = (0, 0);
        (self.spell, self.handed_out) = (Spell::default(), None);
    }

    /// The account itself: how many posts it says that it has.
    pub(crate) fn account(&mut self) -> Result<usize, Refusal> {
        let (view, _) = self.request(false)?;
        Ok(self.truth.list(Edge::Media, view, usize::MAX).len() + self.nature.miscount)
    }

    /// Whether an item answers by its id.
    pub(crate) fn node(&mut self, item: usize) -> Result<bool, Refusal> {
        let (view, _) = self.request(true)?;
        Ok(self.has_node(item, view))
    }

    /// The slides of an album, read by its id.
    pub(crate) fn album(&mut self, item: usize) -> Result<Option<Vec<usize>>, Refusal> {
        let (view, upset) = self.request(true)?;
        let absent = !self.has_node(item, view) || upset == Some(Upset::NoSlides);
        Ok((!absent).then(|| self.slides(item, view)))
    }

    fn has_node(&mut self, item: usize, view: Time) -> bool {
        if self.now < self.weather.outage {
            self.tally.fired(Fault::NodesOut);
            return false;
        }
        self.truth.is_served(item, view) && !self.is_lost(item)
    }

    fn is_lost(&mut self, item: usize) -> bool {
        let lost = self.now < self.weather.lost.1 && self.weather.lost.0.contains(&item);
        self.tally.fired_if(lost, Fault::ItemsLost);
        lost
    }

    fn slides(&self, album: usize, view: Time) -> Vec<usize> {
        let slides = self.truth.items[album].slides.iter().copied();
        slides.filter(|slide| self.truth.is_listed(*slide, view)).collect()
    }

    /// One page of a list.
    pub(crate) fn list(
        &mut self,
        edge: Edge,
        window: Window,
        after: Option<&str>,
    ) -> Result<Page, Refusal> {
        let (view, upset) = self.request(false)?;
        if self.spell.refused {
            return Err(Refusal::Permission);
        }
        let list = self.list_of(edge, window, view);
        let begin = self.position(&list, after)?;
        if upset == Some(Upset::DeadCursor) && after.is_some() {
            self.tally.fired(Fault::DeadCursor);
            return Err(Refusal::DeadCursor);
        }
        let limit = match upset {
            Some(Upset::ShortPage) => 1 + self.draw(self.nature.page_size),
            Some(Upset::EmptyPage | Upset::EmptyEnd) => 0,
            _ => self.nature.page_size,
        };
        let mut end = (begin + limit).min(list.len());
        let cut = self.now < self.weather.cut.1 && end >= self.weather.cut.0;
        let mut page = Page::default();
        if cut {
            self.tally.fired_if(self.weather.cut.0 < list.len(), Fault::ListCut);
            end = self.weather.cut.0.clamp(begin, end);
        }
        if end < list.len() && !cut {
            page.next = Some(self.cursor(&list, end));
        }
        for &item in &list[begin.min(end)..end] {
            let is_album = !self.truth.items[item].slides.is_empty();
            let slides = is_album.then(|| self.slides(item, view));
            page.items.push(Listed { item, slides });
        }
        self.spoil(&mut page, upset);
        self.handed_out.clone_from(&page.next);
        Ok(page)
    }

    fn list_of(&mut self, edge: Edge, window: Window, view: Time) -> Vec<usize> {
        let mut list = self.truth.list(edge, view, self.nature.cap);
        if let Some((left, right)) = self.spell.swapped
            && left.max(right) < list.len()
        {
            self.tally.fired(Fault::OutOfOrder);
            list.swap(left, right);
        }
        let windowed = window != Window::ALL && edge.has_windows();
        match self.weather.since {
            Since::Honoured(skew) => {
                self.tally.fired_if(windowed && skew != 0, Fault::SinceSkewed);
                let since = window.since.map_or(Time::MIN, |at| at.as_unix() + skew);
                let until = window.until.map_or(Time::MAX, |at| at.as_unix() + skew);
                let inside = |n: &usize| {
                    (since..=until).contains(&self.truth.items[*n].published) || !windowed
                };
                list.retain(inside);
            }
            Since::Ignored => self.tally.fired_if(windowed, Fault::SinceIgnored),
        }
        list.retain(|item| !self.is_lost(*item));
        list
    }

    fn position(&mut self, list: &[usize], after: Option<&str>) -> Result<usize, Refusal> {
        let Some(cursor) = after else { return Ok(0) };
        let number: usize = cursor.split('.').next().unwrap().parse().unwrap();
        if self.nature.by_offset {
            return Ok(number.min(list.len()));
        }
        if let Some(at) = list.iter().position(|item| *item == number) {
            return Ok(at + 1);
        }
        if self.nature.cursors_die {
            self.tally.fired(Fault::DeadCursor);
            return Err(Refusal::DeadCursor);
        }
        let published = |n: usize| self.truth.items[n].published;
        Ok(list.iter().take_while(|n| published(**n) > published(number)).count())
    }

    fn cursor(&self, list: &[usize], end: usize) -> String {
        let number = if self.nature.by_offset { end } else { list[end.max(1) - 1] };
        format!("{number}.{}", self.requests)
    }

    fn spoil(&mut self, page: &mut Page, upset: Option<Upset>) {
        match upset {
            Some(Upset::ShortPage) if page.next.is_some() => self.tally.fired(Fault::ShortPage),
            Some(Upset::EmptyPage) if page.next.is_some() => self.tally.fired(Fault::EmptyPage),
            Some(Upset::EmptyEnd) => {
                page.next = None;
                self.tally.fired(Fault::EmptyEnd);
            }
            Some(Upset::CutEnd) if page.next.is_some() => {
                page.next = None;
                self.tally.fired(Fault::ListCut);
            }
            Some(Upset::RepeatedCursor) if page.next.is_some() && self.handed_out.is_some() => {
                page.next = self.handed_out.take();
                self.tally.fired(Fault::RepeatedCursor);
            }
            Some(Upset::Unreadable) if !page.items.is_empty() => {
                let spoilt = self.draw(page.items.len());
                page.items.remove(spoilt);
                page.unreadable = 1;
                self.tally.fired(Fault::Unreadable);
            }
            Some(Upset::NoSlides) => {
                let had = page.items.iter().any(|listed| listed.slides.is_some());
                self.tally.fired_if(had, Fault::SlidesAbsent);
                for listed in &mut page.items {
                    listed.slides = None;
                }
            }
            _ => {}
        }
    }

    /// Counts a request, lets happen what happens before it, and says how old the replica's view
    /// is that answers, and what is odd about this answer.
    fn request(&mut self, of_node: bool) -> Result<(Time, Option<Upset>), Refusal> {
        self.now += self.pace;
        let number = self.requests;
        self.requests += 1;
        let mut odd = None;
        let mut lag = 0;
        for (_, upset) in self.upsets.clone().iter().filter(|(at, _)| *at == number) {
            match *upset {
                Upset::World(op) => {
                    self.happen(op);
                    self.tally.fired(Fault::ChangedMidWalk);
                }
                Upset::Throttled => self.spell.throttled = true,
                Upset::TokenDead => self.spell.token_dead = true,
                Upset::PermissionRefused => self.spell.refused = true,
                Upset::Swapped(left, right) => {
                    self.spell.swapped = Some((left.into(), right.into()));
                }
                Upset::Stale(minutes) => lag = Time::from(minutes) * MINUTE,
                Upset::Broken => {
                    self.tally.fired(Fault::Broken);
                    return Err(Refusal::Broken);
                }
                Upset::ShortPage
                | Upset::EmptyPage
                | Upset::EmptyEnd
                | Upset::CutEnd
                | Upset::RepeatedCursor
                | Upset::DeadCursor
                | Upset::Unreadable
                | Upset::NoSlides => odd = Some(*upset),
            }
        }
        if self.spell.throttled {
            self.tally.fired(Fault::Throttled);
            return Err(Refusal::Throttled);
        }
        if self.spell.token_dead {
            self.tally.fired(Fault::TokenDead);
            return Err(Refusal::Token);
        }
        self.tally.fired_if(self.spell.refused && !of_node, Fault::PermissionRefused);
        if self.now < self.weather.lagging {
            lag = Time::try_from(self.draw(3_601)).unwrap();
        }
        if lag > 0 {
            self.tally.fired(if of_node { Fault::StaleNode } else { Fault::StaleList });
        }
        self.stalest = self.stalest.max(lag);
        Ok((self.now - lag, odd))
    }

    /// Something happens to the account.
    pub(crate) fn happen(&mut self, op: Op) {
        let now = self.now;
        match op {
            Op::Publish { kind, slides } => {
                self.truth.publish(Edge::Media, kind % 2, slides, now);
            }
            Op::Undated => {
                let item = self.truth.publish(Edge::Media, 0, 0, now);
                self.truth.items[item].is_dated = false;
            }
            Op::Story => {
                self.truth.publish(Edge::Stories, 2, 0, now);
            }
            Op::Archive(n) => self.take(Edge::Media, n, 1, false),
            Op::ArchiveMany(many) => self.take(Edge::Media, 0, many.into(), false),
            Op::Unlist(n) => self.take(Edge::Media, n, 1, true),
            Op::Delete(n) => {
                self.take(Edge::Media, n, 1, false);
                self.tally.deleted += 1;
            }
            Op::DeleteStory(n) => self.take(Edge::Stories, n, 1, false),
            Op::Restore(n) => {
                let away: Vec<usize> = (0..self.truth.items.len())
                    .filter(|item| self.truth.items[*item].edge == Edge::Media)
                    .filter(|item| !self.truth.is_listed(*item, now))
                    .collect();
                if let Some(item) = pick(&away, n) {
                    self.truth.show(item, true, true, now);
                }
            }
            Op::DropSlide { album, is_served } => {
                let albums: Vec<usize> = self.truth.list(Edge::Media, now, usize::MAX);
                let slides = |item: usize| self.slides(item, now);
                let full: Vec<usize> =
                    albums.into_iter().filter(|item| slides(*item).len() > 1).collect();
                if let Some(item) = pick(&full, album) {
                    let slide = slides(item)[usize::from(album) % slides(item).len()];
                    self.truth.show(slide, false, is_served, now);
                }
            }
            Op::LosePermission { kind, hours } => {
                let to = now + Time::from(hours) * HOUR;
                self.truth.hidden.push(Hidden { kind: kind % 2, from: now, to });
                self.tally.fired(Fault::PermissionLost);
            }
        }
    }

    /// Takes items out of their list, the nth and those after it.
    fn take(&mut self, edge: Edge, n: u8, many: usize, is_served: bool) {
        let list = self.truth.list(edge, self.now, usize::MAX);
        if list.is_empty() {
            return;
        }
        let first = usize::from(n) % list.len();
        for item in list.into_iter().skip(first).take(many) {
            self.truth.show(item, false, is_served, self.now);
        }
    }

    fn draw(&mut self, below: usize) -> usize {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.random >> 33).unwrap() % below.max(1)
    }
}

fn pick(items: &[usize], n: u8) -> Option<usize> {
    items.get(usize::from(n) % items.len().max(1)).copied()
}
