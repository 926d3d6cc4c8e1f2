//! A handle to the world: the edits by name, and the questions a test asks.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::edit::{Edit, EditError, Outcome, PostKind, TokenEnd};
use super::truth::{FileTruth, ItemTruth};
use super::{Found, State};
use crate::graph::Api;
use crate::tokens::TokenKind;

/// Edits and questions; clones share one world.
#[derive(Clone, Debug)]
pub struct WorldHandle(Arc<Api>);

macro_rules! media_edits {
    ($($(#[$doc:meta])* $name:ident $variant:ident,)+) => {
        $($(#[$doc])*
        ///
        /// # Errors
        /// When there is no such medium, or it is of the wrong kind.
        pub fn $name(&self, media: &str) -> Result<Outcome, EditError> {
            self.edit(Edit::$variant { media: media.to_owned() })
        })+
    };
}

macro_rules! account_edits {
    ($($(#[$doc:meta])* $name:ident $variant:ident,)+) => {
        $($(#[$doc])*
        ///
        /// # Errors
        /// When there is no such account.
        pub fn $name(&self, account: &str) -> Result<Outcome, EditError> {
            self.edit(Edit::$variant { account: account.to_owned() })
        })+
    };
}

impl WorldHandle {
    pub(crate) fn new(api: Arc<Api>) -> Self {
        Self(api)
    }

    /// Does any edit.
    ///
    /// # Errors
    /// Names what does not exist or does not fit.
    pub fn edit(&self, edit: Edit) -> Result<Outcome, EditError> {
        super::apply(&self.0, edit)
    }

    media_edits! {
        /// Takes a post out of the lists and of reach.
        archive Archive,
        /// Takes a post out of the lists alone.
        unlist Unlist,
        /// Brings an archived or unlisted post back.
        restore Restore,
        /// Removes a post, a slide or a story for good.
        delete Delete,
        /// Leaves `media_url` out from now on.
        withhold_media_url WithholdMediaUrl,
        /// Shows `media_url` again.
        restore_media_url RestoreMediaUrl,
        /// Leaves `thumbnail_url` out from now on.
        withhold_thumbnail WithholdThumbnail,
        /// Shows `thumbnail_url` again.
        restore_thumbnail RestoreThumbnail,
        /// Encodes the files again.
        reencode Reencode,
    }

    account_edits! {
        /// Begins a broadcast.
        start_live StartLive,
        /// Ends the broadcast.
        end_live EndLive,
        /// Someone else tags the account.
        add_tag AddTag,
        /// Lets all tokens of the account expire a minute ago.
        expire_token ExpireToken,
        /// The person withdraws the app.
        revoke Revoke,
        /// The password changes.
        change_password ChangePassword,
    }

    /// Publishes one post now.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn publish(&self, account: &str, kind: PostKind) -> Result<Outcome, EditError> {
        let mut edit = Edit::publish(account);
        if let Edit::Publish { kind: wanted, .. } = &mut edit {
            *wanted = kind;
        }
        self.edit(edit)
    }

    /// Publishes one photo at a Unix second of the past.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn publish_at(&self, account: &str, kind: PostKind, at: i64) -> Result<Outcome, EditError> {
        let mut edit = Edit::publish(account);
        if let Edit::Publish { kind: wanted, at: when, .. } = &mut edit {
            *wanted = kind;
            *when = Some(at);
        }
        self.edit(edit)
    }

    /// Publishes a story now.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn publish_story(&self, account: &str) -> Result<Outcome, EditError> {
        self.edit(Edit::PublishStory { account: account.to_owned(), video: false })
    }

    /// Replaces the caption; none removes it.
    ///
    /// # Errors
    /// When there is no such medium.
    pub fn edit_caption(&self, media: &str, caption: Option<&str>) -> Result<Outcome, EditError> {
        let caption = caption.map(str::to_owned);
        self.edit(Edit::EditCaption { media: media.to_owned(), caption })
    }

    /// Replaces the alternative text; none removes it.
    ///
    /// # Errors
    /// When there is no such medium.
    pub fn set_alt_text(&self, media: &str, alt_text: Option<&str>) -> Result<Outcome, EditError> {
        let alt_text = alt_text.map(str::to_owned);
        self.edit(Edit::SetAltText { media: media.to_owned(), alt_text })
    }

    /// Reverses the order of an album's slides.
    ///
    /// # Errors
    /// When there is no such album.
    pub fn reorder_children(&self, media: &str) -> Result<Outcome, EditError> {
        self.edit(Edit::ReorderChildren { media: media.to_owned(), order: None })
    }

    /// Hides or shows likes and the number of comments.
    ///
    /// # Errors
    /// When there is no such medium.
    pub fn hide_counts(&self, media: &str, hidden: bool) -> Result<Outcome, EditError> {
        self.edit(Edit::HideCounts { media: media.to_owned(), hidden })
    }

    /// Sets likes and the number of comments.
    ///
    /// # Errors
    /// When there is no such medium.
    pub fn set_counts(&self, media: &str, likes: u64, comments: u64) -> Result<Outcome, EditError> {
        let (likes, comments) = (Some(likes), Some(comments));
        self.edit(Edit::SetCounts { media: media.to_owned(), likes, comments })
    }

    /// Ends all tokens of an account for a reason.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn end_token(&self, account: &str, reason: TokenEnd) -> Result<Outcome, EditError> {
        self.edit(Edit::EndToken { account: account.to_owned(), reason })
    }

    /// Issues a new token, as a new login would; it is in the outcome.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn new_token(&self, account: &str) -> Result<Outcome, EditError> {
        self.edit(Edit::NewToken { account: account.to_owned(), age: 0 })
    }

    /// The account takes another username; its configured name stays.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn rename_account(&self, account: &str, username: &str) -> Result<Outcome, EditError> {
        let (account, username) = (account.to_owned(), username.to_owned());
        self.edit(Edit::RenameAccount { account, username })
    }

    /// Posts listed now, newest first; unknown accounts have none.
    pub fn posts(&self, account: &str) -> Vec<ItemTruth> {
        let world = self.0.read();
        let now = self.0.clock.now();
        let Some(index) = world.account_named(account) else { return Vec::new() };
        world.accounts[index].posts.iter().map(|&index| world.truth(index, now)).collect()
    }

    /// Ids of the posts listed now, newest first.
    pub fn post_ids(&self, account: &str) -> Vec<String> {
        let world = self.0.read();
        let Some(index) = world.account_named(account) else { return Vec::new() };
        let posts = &world.accounts[index].posts;
        posts.iter().map(|&index| world.medium(index).id.to_string()).collect()
    }

    /// Stories that are alive now.
    pub fn stories(&self, account: &str) -> Vec<ItemTruth> {
        let world = self.0.read();
        let now = self.0.clock.now();
        let Some(index) = world.account_named(account) else { return Vec::new() };
        world.stories_now(index, now).into_iter().map(|index| world.truth(index, now)).collect()
    }

    /// One item, whatever became of it.
    pub fn item(&self, id: &str) -> Option<ItemTruth> {
        let world = self.0.read();
        match world.find(id.parse().ok()?)? {
            Found::Media(index) => Some(world.truth(index, self.0.clock.now())),
            _ => None,
        }
    }

    /// Every item of an account that was taken away, with what became of it.
    pub fn taken_away(&self, account: &str) -> Vec<ItemTruth> {
        let world = self.0.read();
        let Some(index) = world.account_named(account) else { return Vec::new() };
        let now = self.0.clock.now();
        (0_u32..)
            .zip(&world.media)
            .filter(|(_, medium)| medium.account == index && medium.state != State::Listed)
            .map(|(at, _)| world.truth(at, now))
            .collect()
    }

    /// SHA-256 in lower-case hex of a file as the file host serves it now; none where it cannot be painted.
    pub async fn sha256(&self, file: &FileTruth) -> Option<String> {
        let bytes = self.0.files.contents(&file.spec).await?;
        Some(crate::graph::hex(&Sha256::digest(&bytes)))
    }

    /// A token of the account that works now: the user's on either host.
    pub fn token(&self, account: &str) -> Option<String> {
        let world = self.0.read();
        let index = world.account_named(account)?;
        let kind = match world.login_of(index) {
            crate::host::Login::Instagram => TokenKind::InstagramUser,
            crate::host::Login::Facebook => TokenKind::FacebookUser,
        };
        Some(world.tokens.current(index, kind, self.0.clock.now())?.text.clone())
    }

    /// The page token of a Facebook account.
    pub fn page_token(&self, account: &str) -> Option<String> {
        let world = self.0.read();
        let index = world.account_named(account)?;
        Some(world.tokens.current(index, TokenKind::Page, self.0.clock.now())?.text.clone())
    }
}
