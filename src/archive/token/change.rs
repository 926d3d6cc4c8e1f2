//! Changes to the store, away from the tasks that must not block.

use super::TokenKeeper;
use crate::tokens::{Kept, TokenStoreError};

/// Changes what is kept; see [`crate::tokens::TokenStore::update`].
pub(super) async fn change(
    keeper: &TokenKeeper,
    edit: impl FnOnce(Option<Kept>) -> Option<Kept> + Send + 'static,
) -> Result<Kept, TokenStoreError> {
    let (store, account) = (keeper.store.clone(), keeper.account.clone());
    let kept = blocking(keeper, move || store.update(&account, edit)).await?;
    kept.ok_or_else(|| not_there(keeper))
}

/// The account's file is not there.
pub(super) fn not_there(keeper: &TokenKeeper) -> TokenStoreError {
    let path = keeper.store.path(&keeper.account);
    TokenStoreError::Io { doing: "find", path, source: std::io::ErrorKind::NotFound.into() }
}

/// Does what blocks for moments.
pub(super) async fn blocking<T: Send + 'static>(
    keeper: &TokenKeeper,
    job: impl FnOnce() -> Result<T, TokenStoreError> + Send + 'static,
) -> Result<T, TokenStoreError> {
    let path = keeper.store.path(&keeper.account);
    tokio::task::spawn_blocking(job).await.unwrap_or_else(|error| {
        Err(TokenStoreError::Io { doing: "change", path, source: std::io::Error::other(error) })
    })
}
