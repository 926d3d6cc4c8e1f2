//! Pages of a list: where one begins and ends, and the `paging` object in all its observed shapes.

use crate::faults::FaultKind;
use crate::host::Login;
use crate::json::Json;
use crate::world::mix;

use super::Ask;
use super::cursor::Cursor;
use super::error::GraphError;
use super::plan::Edge;
use super::query::Params;

/// Page size when none is asked for (observed; written into `next`).
const DEFAULT_LIMIT: usize = 25;

pub(crate) fn default_limit() -> usize {
    DEFAULT_LIMIT
}

/// What one request wants of a list.
#[derive(Clone, Debug)]
pub(crate) struct ListRequest {
    pub(crate) limit: usize,
    after: Option<String>,
    before: Option<String>,
    pub(crate) since: Option<String>,
    pub(crate) until: Option<String>,
    /// Whether the list faults apply: nested lists are left alone.
    nested: bool,
    /// Moves the start: what a client sees when items come or go between two pages.
    pub(crate) shift: isize,
}

impl ListRequest {
    pub(crate) fn of_query(params: &Params) -> Result<Self, GraphError> {
        let text = |name| params.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Self {
            limit: limit(params.get("limit"), DEFAULT_LIMIT)?,
            after: text("after"),
            before: text("before"),
            since: text("since"),
            until: text("until"),
            nested: false,
            shift: 0,
        })
    }

    pub(crate) fn of_edge<F>(edge: &Edge<F>, default: usize) -> Result<Self, GraphError> {
        Ok(Self {
            limit: limit(edge.limit.as_deref(), default)?,
            after: edge.after.clone(),
            before: None,
            since: edge.since.clone(),
            until: edge.until.clone(),
            nested: true,
            shift: 0,
        })
    }

    /// Cuts the page out of a list of `length` items; `place_of` finds an item that a cursor names.
    pub(crate) fn page(
        &self,
        ask: &Ask<'_>,
        list: u64,
        length: usize,
        cap: usize,
        place_of: impl Fn(u64) -> Option<usize>,
    ) -> Result<Page, GraphError> {
        let limit = self.limit.min(cap);
        let fires = |kind| !self.nested && ask.fault(kind).is_some();
        let after = self.after.as_deref().map(|text| read_cursor(text, list)).transpose()?;
        let before = self.before.as_deref().map(|text| read_cursor(text, list)).transpose()?;
        if after.is_some() && fires(FaultKind::InvalidCursor) {
            return Err(invalid_cursor());
        }
        let place = |cursor: Cursor| match cursor.item {
            0 => Ok(None),
            item => place_of(item).map(Some).ok_or_else(invalid_cursor),
        };
        let (mut start, mut end) = match (after, before) {
            (Some(cursor), _) => {
                let start = place(cursor)?.map_or(0, |at| at + 1);
                (start.saturating_add_signed(self.shift), usize::MAX)
            }
            (None, Some(cursor)) => {
                let end = place(cursor)?.unwrap_or(0);
                (end.saturating_sub(limit), end)
            }
            (None, None) => (0, usize::MAX),
        };
        start = start.min(length);
        end = end.min(length).min(start + limit);
        let lap = after.map_or(0, |cursor| cursor.lap);
        let mut page = Page {
            items: Vec::new(),
            list,
            lap,
            first: None,
            last: None,
            before_first: after.map_or(0, |cursor| cursor.item),
            next: Next::End,
            has_previous: start > 0,
            limit,
            elsewhere: false,
        };
        let remains = start < length;
        if remains && fires(FaultKind::EmptyEnd) {
            return Ok(page);
        }
        if remains && fires(FaultKind::EmptyPageWithNext) {
            page.next = Next::Cursor(Cursor { item: page.before_first, list, lap: lap + 1 });
            return Ok(page);
        }
        if end - start > 1
            && !self.nested
            && let Some(fired) = ask.fault(FaultKind::ShortPages)
        {
            let wanted = fired.amount("items", ((end - start) / 2) as u64);
            end = start + usize::try_from(wanted).unwrap_or(usize::MAX).clamp(1, end - start);
        }
        let mut ends_early = false;
        if end - start > 1
            && !self.nested
            && let Some(fired) = ask.fault(FaultKind::EarlyEnd)
        {
            let wanted = fired.amount("items", ((end - start) / 2) as u64);
            end = start + usize::try_from(wanted).unwrap_or(usize::MAX).clamp(1, end - start);
            ends_early = true;
        }
        page.items = (start..end).collect();
        page.first = page.items.first().copied();
        page.last = page.items.last().copied();
        if end < length && !ends_early {
            page.next = Next::AfterLast;
            if fires(FaultKind::RepeatedCursor) {
                let lap = if page.before_first == 0 { 1 } else { lap };
                page.next = Next::Cursor(Cursor { item: page.before_first, list, lap });
            } else if after.is_some() && start >= limit && fires(FaultKind::CursorLoopAba) {
                page.next = match start.checked_sub(limit + 1) {
                    Some(at) => Next::AfterPlace(at),
                    None => Next::Cursor(Cursor { item: 0, list, lap }),
                };
            }
        } else if length > 0 && !ends_early && fires(FaultKind::EndlessPages) {
            page.next = Next::Cursor(Cursor { item: 0, list, lap: lap + 1 });
        }
        page.elsewhere = !matches!(page.next, Next::End) && fires(FaultKind::NextOtherHost);
        if !self.nested {
            page.disturb(ask);
        }
        Ok(page)
    }
}

fn limit(text: Option<&str>, default: usize) -> Result<usize, GraphError> {
    match text.map(str::trim) {
        None | Some("") => Ok(default),
        Some(text) => match text.parse::<usize>() {
            Ok(limit) if limit > 0 => Ok(limit),
            Ok(_) | Err(_) => {
                Err(GraphError::bad_parameter("Param limit must be a positive integer"))
            }
        },
    }
}

fn read_cursor(text: &str, list: u64) -> Result<Cursor, GraphError> {
    Cursor::decode(text).filter(|cursor| cursor.list == list).ok_or_else(invalid_cursor)
}

fn invalid_cursor() -> GraphError {
    GraphError::bad_parameter("Invalid cursor: it does not belong to this list or its item is gone")
}

/// Where the next page begins.
#[derive(Clone, Copy, Debug)]
enum Next {
    End,
    AfterLast,
    AfterPlace(usize),
    Cursor(Cursor),
}

/// One page of a list: the places of its items, and what surrounds them.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Places in the list, in the order in which they are written.
    pub(crate) items: Vec<usize>,
    list: u64,
    lap: u32,
    first: Option<usize>,
    last: Option<usize>,
    before_first: u64,
    next: Next,
    has_previous: bool,
    limit: usize,
    /// Whether links lead to another host.
    elsewhere: bool,
}

/// Which of the observed shapes a list's `paging` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Both cursors, `next` and `previous`.
    Full,
    /// Only `after` and `next`; nothing on the last page.
    Comments,
    /// Cursors, never a link.
    CursorsOnly,
    /// As business discovery writes it: `after` while there is more, `before` behind the first page.
    Discovery,
}

impl Page {
    fn disturb(&mut self, ask: &Ask<'_>) {
        if !self.items.is_empty() && ask.fault(FaultKind::DuplicateItems).is_some() {
            self.items.insert(1, self.items[0]);
        }
        if self.items.len() > 1 && ask.fault(FaultKind::OutOfOrder).is_some() {
            let last = self.items.len() - 1;
            self.items.swap(0, last);
        }
    }

    /// Writes the `paging` member; `id_at` names the item at a place.
    pub(crate) fn write(
        &self,
        json: &mut Json,
        style: Style,
        link: &NextLink<'_>,
        id_at: impl Fn(usize) -> u64,
    ) {
        let cursor = |item| Cursor { item, list: self.list, lap: self.lap };
        let next = match self.next {
            Next::End => None,
            Next::AfterLast => self.last.map(|at| cursor(id_at(at))),
            Next::AfterPlace(at) => Some(cursor(id_at(at))),
            Next::Cursor(other) => Some(other),
        };
        let before = self.first.map(&id_at);
        let after = next.or_else(|| self.last.map(|at| cursor(id_at(at))));
        match style {
            Style::Full => {
                let Some(after) = after else { return };
                json.key("paging");
                json.open();
                json.key("cursors");
                json.open();
                json.text_field("before", &cursor(before.unwrap_or(after.item)).encode());
                json.text_field("after", &after.encode());
                json.close();
                if let Some(next) = next {
                    json.text_field("next", &link.url(self, "after", &next.encode()));
                }
                if let (true, Some(before)) = (self.has_previous, before) {
                    let before = cursor(before).encode();
                    json.text_field("previous", &link.url(self, "before", &before));
                }
                json.close();
            }
            Style::Comments => {
                let Some(next) = next else { return };
                json.key("paging");
                json.open();
                json.key("cursors");
                json.open();
                json.text_field("after", &next.encode());
                json.close();
                json.text_field("next", &link.url(self, "after", &next.encode()));
                json.close();
            }
            Style::CursorsOnly => {
                let Some(after) = after else { return };
                json.key("paging");
                json.open();
                write_cursors(json, self.list, before, Some(after.item), after.lap);
                json.close();
            }
            Style::Discovery => {
                if next.is_none() && !self.has_previous {
                    return;
                }
                json.key("paging");
                json.open();
                json.key("cursors");
                json.open();
                if let (true, Some(before)) = (self.has_previous, before) {
                    json.text_field("before", &cursor(before).encode());
                }
                if let Some(next) = next {
                    json.text_field("after", &next.encode());
                }
                json.close();
                json.close();
            }
        }
    }
}

/// Writes `cursors` alone.
pub(crate) fn write_cursors(
    json: &mut Json,
    list: u64,
    before: Option<u64>,
    after: Option<u64>,
    lap: u32,
) {
    json.key("cursors");
    json.open();
    for (name, item) in [("before", before), ("after", after)] {
        if let Some(item) = item {
            json.text_field(name, &Cursor { item, list, lap }.encode());
        }
    }
    json.close();
}

/// Builds `next` and `previous`: absolute, with the token in clear, parameters in no stable order.
#[derive(Debug)]
pub(crate) struct NextLink<'a> {
    host: &'a str,
    path: String,
    login: Login,
    token: &'a str,
    parameters: Vec<(&'static str, String)>,
}

impl<'a> NextLink<'a> {
    /// A link to an edge of a node; `fields` as they were asked for.
    pub(crate) fn new(ask: &Ask<'a>, node: u64, edge: &str, fields: &str) -> Self {
        let version = match (&ask.api.settings.next_version, ask.version) {
            (Some(newer), _) => newer.clone(),
            (None, asked) => format!("v{}.0", crate::host::served_version(asked)),
        };
        let mut parameters = Vec::new();
        if !fields.is_empty() {
            parameters.push(("fields", fields.to_owned()));
        }
        Self {
            host: ask.api.base(ask.login),
            path: format!("/{version}/{node}/{edge}"),
            login: ask.login,
            token: ask.token,
            parameters,
        }
    }

    /// Repeats another parameter of the request.
    pub(crate) fn with(mut self, name: &'static str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.parameters.push((name, value.to_owned()));
        }
        self
    }

    fn url(&self, page: &Page, direction: &'static str, cursor: &str) -> String {
        let host = if page.elsewhere { "https://graph.example.net" } else { self.host };
        let mut parts: Vec<String> = self
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", self.encode(value)))
            .collect();
        parts.push(format!("access_token={}", self.token));
        parts.push(format!("limit={}", page.limit));
        parts.push(format!("{direction}={cursor}"));
        if self.login == Login::Facebook {
            parts.push("pretty=0".to_owned());
        }
        // Deterministic, yet different from page to page.
        let salt = cursor.bytes().fold(7_u64, |sum, byte| mix(sum ^ u64::from(byte)));
        parts.sort_by_key(|part| {
            part.bytes().take(6).fold(salt, |sum, byte| mix(sum ^ u64::from(byte)))
        });
        format!("{host}{}?{}", self.path, parts.join("&"))
    }

    /// The Facebook host encodes commas, the Instagram host leaves them (both observed).
    fn encode(&self, value: &str) -> String {
        let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        match self.login {
            Login::Instagram => encoded.replace("%2C", ","),
            Login::Facebook => encoded,
        }
    }
}
