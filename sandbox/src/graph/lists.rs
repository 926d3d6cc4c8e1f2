//! The lists of media under an account.

use crate::faults::{FaultKind, Fired};
use crate::host::Login;
use crate::json::Json;
use crate::world::Media;

use super::Ask;
use super::error::GraphError;
use super::paging::{ListRequest, NextLink, Style, default_limit};
use super::plan::{Edge, MediaField};

/// The largest page of any media list; more is cut silently.
const PAGE_CAP: usize = 100;
/// Only the most recently created media are reachable (User Media reference).
const REACHABLE: usize = 10_000;

/// A list of media under an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaList {
    Posts,
    Stories,
    Tags,
    Live,
    Collaborations,
}

impl MediaList {
    /// The list with this name on this host.
    pub(crate) fn named(name: &str, login: Login) -> Option<Self> {
        match (name, login) {
            ("media", _) => Some(Self::Posts),
            ("stories", _) => Some(Self::Stories),
            ("tags", _) => Some(Self::Tags),
            ("live_media", _) => Some(Self::Live),
            ("collaborative_media", Login::Facebook) => Some(Self::Collaborations),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Posts => "media",
            Self::Stories => "stories",
            Self::Tags => "tags",
            Self::Live => "live_media",
            Self::Collaborations => "collaborative_media",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Tags => Style::CursorsOnly,
            Self::Posts | Self::Stories | Self::Live | Self::Collaborations => Style::Full,
        }
    }
}

impl Ask<'_> {
    /// Writes media of another account: never with links to pages.
    pub(super) fn discovered_media(
        &self,
        json: &mut Json,
        account: usize,
        edge: &Edge<MediaField>,
    ) -> Result<(), GraphError> {
        let request = ListRequest::of_edge(edge, default_limit())?;
        let owner = self.world.accounts[account].user_id;
        let items = self.listed(account, MediaList::Posts, &request)?;
        let page = request.page(self, owner, items.len(), PAGE_CAP, |id| self.place(&items, id))?;
        json.open();
        json.key("data");
        json.open_list();
        for &at in &page.items {
            self.media(json, items[at], &edge.fields)?;
        }
        json.close_list();
        let link = NextLink::new(self, owner, "media", &edge.text);
        page.write(json, Style::Discovery, &link, |at| self.world.medium(items[at]).id);
        json.close();
        Ok(())
    }

    /// Writes one page of a list of media.
    pub(crate) fn media_list(
        &self,
        json: &mut Json,
        account: usize,
        list: MediaList,
        edge: &Edge<MediaField>,
        request: &ListRequest,
    ) -> Result<(), GraphError> {
        let owner = self.world.accounts[account].user_id;
        // Cursors of one list mean nothing in another one of the same account.
        let list_key = owner ^ (list as u64) << 60;
        let items = self.listed(account, list, request)?;
        let page =
            request.page(self, list_key, items.len(), PAGE_CAP, |id| self.place(&items, id))?;
        json.open();
        json.key("data");
        json.open_list();
        for (number, &at) in page.items.iter().enumerate() {
            self.at_first(number == 0);
            self.media(json, items[at], &edge.fields)?;
        }
        json.close_list();
        self.at_first(false);
        let link = NextLink::new(self, owner, list.name(), &edge.text)
            .with("since", request.since.as_deref())
            .with("until", request.until.as_deref());
        let id_at = |at: usize| self.world.medium(items[at]).id;
        match list {
            // While nothing runs there is no `paging` at all (observed).
            MediaList::Live => {}
            MediaList::Posts | MediaList::Stories | MediaList::Tags | MediaList::Collaborations => {
                page.write(json, list.style(), &link, id_at);
            }
        }
        json.close();
        Ok(())
    }

    /// What a list holds now, newest first.
    fn listed(
        &self,
        account: usize,
        list: MediaList,
        request: &ListRequest,
    ) -> Result<Vec<u32>, GraphError> {
        let account_node = &self.world.accounts[account];
        let mut items: Vec<u32> = match list {
            MediaList::Posts => account_node.posts.iter().take(REACHABLE).copied().collect(),
            MediaList::Stories => self.world.stories_now(account, self.now),
            MediaList::Tags => account_node.tags.clone(),
            MediaList::Live => account_node.live.into_iter().collect(),
            MediaList::Collaborations => account_node.collaborations.clone(),
        };
        items.retain(|&index| self.world.medium(index).answers(self.now));
        if !items.is_empty()
            && let Some(fired) = self.fault(FaultKind::HiddenKind)
        {
            items.retain(|&index| !self.is_hidden(&fired, self.world.medium(index)));
        }
        if !items.is_empty()
            && let Some(fired) = self.fault(FaultKind::LateList)
        {
            let seen = self.now - fired.number("seconds").unwrap_or(3600);
            items.retain(|&index| self.world.medium(index).published_at <= seen);
        }
        let windowed = match list {
            MediaList::Posts => true,
            MediaList::Live => self.login == Login::Facebook,
            MediaList::Stories | MediaList::Tags | MediaList::Collaborations => false,
        };
        let asks = request.since.is_some() || request.until.is_some();
        if windowed && asks && self.fault(FaultKind::SinceUntilIgnored).is_none() {
            let since = self.moment("since", request.since.as_deref())?.unwrap_or(i64::MIN);
            let until = self.moment("until", request.until.as_deref())?.unwrap_or(i64::MAX);
            items.retain(|&index| (since..=until).contains(&self.world.medium(index).published_at));
        }
        Ok(items)
    }

    /// Whether a lost permission hides a medium.
    pub(super) fn is_hidden(&self, fired: &Fired, medium: &Media) -> bool {
        fired.text("media_product_type") == Some(self.product_name(medium))
    }

    fn moment(&self, name: &str, text: Option<&str>) -> Result<Option<i64>, GraphError> {
        let Some(text) = text else { return Ok(None) };
        super::stamp::moment(text, self.now)
            .map(Some)
            .ok_or_else(|| GraphError::bad_parameter(format!("Param {name} must be a valid time")))
    }

    fn place(&self, items: &[u32], id: u64) -> Option<usize> {
        let index = self.world.find_media(id)?;
        items.iter().position(|&item| item == index)
    }
}
