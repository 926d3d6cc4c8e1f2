//! Which part of the API a request asks for.

use crate::host::{Login, version_segment};

use super::error::GraphError;

/// A place of the API, by the name that faults and counters use for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/me`
    Me,
    /// `/{id}`: the dispatcher finds out what the id is.
    Node(String),
    /// `/{id}/{edge}`, with `me` as a possible id.
    Edge(String, String),
    /// `/?ids=…`
    Ids,
    /// `POST /` with `batch`
    Batch,
    /// `/refresh_access_token`
    Refresh,
    /// `/access_token` or `/oauth/access_token`
    Exchange,
    /// `/debug_token`
    DebugToken,
    /// `/oauth/authorize` or `/dialog/oauth`, which live on another host in reality
    Authorise,
    /// `POST /oauth/access_token`, which lives on `api.instagram.com`
    Code,
}

/// The route and the version segment of a path.
pub(crate) fn parse(
    path: &str,
    login: Login,
    is_post: bool,
) -> Result<(Option<u32>, Route), GraphError> {
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let version = segments.first().and_then(|segment| version_segment(segment));
    if version.is_some() {
        segments.remove(0);
    }
    let route = match (segments.as_slice(), login) {
        ([], _) if is_post => Route::Batch,
        ([], _) => Route::Ids,
        (["me"], _) => Route::Me,
        (["refresh_access_token"], Login::Instagram) => Route::Refresh,
        (["access_token"], Login::Instagram) | (["oauth", "access_token"], Login::Facebook) => {
            Route::Exchange
        }
        (["debug_token"], Login::Facebook) => Route::DebugToken,
        (["oauth", "authorize"], Login::Instagram) | (["dialog", "oauth"], Login::Facebook) => {
            Route::Authorise
        }
        (["oauth", "access_token"], Login::Instagram) if is_post => Route::Code,
        ([id], _) => Route::Node((*id).to_owned()),
        ([id, edge], _) => Route::Edge((*id).to_owned(), (*edge).to_owned()),
        (_, _) => {
            return Err(GraphError::unknown_path(&format!("/{}", segments[2..].join("/"))));
        }
    };
    Ok((version, route))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_segment_is_optional_and_paths_have_two_parts_at_most() {
        assert_eq!(parse("/v25.0/me", Login::Instagram, false).unwrap(), (Some(25), Route::Me));
        assert_eq!(
            parse("/17/media", Login::Facebook, false).unwrap(),
            (None, Route::Edge("17".into(), "media".into()))
        );
        let error =
            parse("/v25.0/17/insights/impressions/day", Login::Facebook, false).unwrap_err();
        assert_eq!(error.message, "Unknown path components: /impressions/day");
    }

    #[test]
    fn debug_token_exists_on_the_facebook_host_alone() {
        assert_eq!(parse("/debug_token", Login::Facebook, false).unwrap().1, Route::DebugToken);
        assert_eq!(
            parse("/debug_token", Login::Instagram, false).unwrap().1,
            Route::Node("debug_token".into())
        );
    }
}
