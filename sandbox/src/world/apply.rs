//! Does the edits.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::edit::{Edit, EditError, Outcome, PostKind, TokenEnd};
use super::node::{MediaKind, Product, State};
use super::{Found, World, ids};
use crate::files::FileSpec;
use crate::graph::Api;
use crate::host::Login;
use crate::tokens::{LONG_LIFE, TokenKind};
use crate::words;

/// Does an edit, in the world or on the file host.
pub(crate) fn apply(api: &Api, edit: Edit) -> Result<Outcome, EditError> {
    let now = api.clock.now();
    if let Edit::PurgeFile { media, thumbnail, status } = &edit {
        let world = api.read();
        let (index, id) = world.media_called(media)?;
        let medium = world.medium(index);
        let file: Option<FileSpec> = if *thumbnail { medium.thumbnail() } else { medium.file() };
        let file =
            file.ok_or_else(|| EditError::WrongKind(media.clone(), "it has no such file"))?;
        api.files.purge(&file, *status);
        return Ok(Outcome::of(id));
    }
    api.write().edit(edit, now)
}

impl World {
    fn account_called(&self, name: &str) -> Result<usize, EditError> {
        self.account_named(name).ok_or_else(|| EditError::NoAccount(name.to_owned()))
    }

    fn media_called(&self, id: &str) -> Result<(u32, u64), EditError> {
        let number: Option<u64> = id.parse().ok();
        match number.and_then(|number| self.find(number)) {
            Some(Found::Media(index)) => Ok((index, number.unwrap_or_default())),
            _ => Err(EditError::NoMedia(id.to_owned())),
        }
    }

    /// Does one edit.
    ///
    /// # Errors
    /// Names the account, medium or comment that does not exist or does not fit.
    #[allow(clippy::too_many_lines, reason = "one arm per edit, each a line or two")]
    pub(crate) fn edit(&mut self, edit: Edit, now: i64) -> Result<Outcome, EditError> {
        self.serial += 1;
        let mut rng = ChaCha8Rng::seed_from_u64(ids::mix(self.seed ^ self.serial));
        let rng = &mut rng;
        match edit {
            Edit::Publish { account, kind, children, caption, at, count, without_media_url } => {
                let account = self.account_called(&account)?;
                let mut outcome = Outcome::default();
                for number in 0..count {
                    let at = at.unwrap_or(now) - i64::from(count - 1 - number);
                    let (media_kind, product) = match kind {
                        PostKind::Image => (MediaKind::Image, Product::Feed),
                        PostKind::Video => (MediaKind::Video, Product::Feed),
                        PostKind::Reel => (MediaKind::Video, Product::Reels),
                        PostKind::Album => (MediaKind::Album, Product::Feed),
                    };
                    let slides = children.unwrap_or(3);
                    let index = self.add_post(account, media_kind, product, slides, at, rng);
                    let text = caption.clone().unwrap_or_else(|| words::caption(rng));
                    let medium = &mut self.media[index as usize];
                    medium.caption = Some(text).filter(|text| !text.is_empty());
                    medium.url_withheld = without_media_url;
                    outcome.ids.push(medium.id.to_string());
                    self.list_post(index);
                }
                Ok(outcome)
            }
            Edit::PublishStory { account, video } => {
                let account = self.account_called(&account)?;
                let kind = if video { MediaKind::Video } else { MediaKind::Image };
                let story = self.blank(account, kind, Product::Story, now, rng);
                let id = story.id;
                let index = self.insert(story);
                self.accounts[account].stories.insert(0, index);
                Ok(Outcome::of(id))
            }
            Edit::StartLive { account } => {
                let account = self.account_called(&account)?;
                let live = self.blank(account, MediaKind::Broadcast, Product::Live, now, rng);
                let id = live.id;
                let index = self.insert(live);
                self.accounts[account].live = Some(index);
                Ok(Outcome::of(id))
            }
            Edit::EndLive { account } => {
                let account = self.account_called(&account)?;
                let Some(index) = self.accounts[account].live.take() else {
                    return Ok(Outcome::default());
                };
                self.media[index as usize].state = State::Deleted;
                Ok(Outcome::of(self.medium(index).id))
            }
            Edit::AddTag { account } => {
                let account = self.account_called(&account)?;
                let mut post = self.blank(account, MediaKind::Image, Product::Feed, now, rng);
                post.author = Some((ids::mix(post.id) >> 8, words::username(rng)));
                post.caption = Some(words::caption(rng));
                let id = post.id;
                let index = self.insert(post);
                self.accounts[account].tags.insert(0, index);
                Ok(Outcome::of(id))
            }
            Edit::EditCaption { media, caption } => self.change(&media, |medium| {
                medium.caption = caption.filter(|text| !text.is_empty());
            }),
            Edit::SetAltText { media, alt_text } => self.change(&media, |medium| {
                medium.alt_text = alt_text.filter(|text| !text.is_empty());
            }),
            Edit::Archive { media } => self.take_away(&media, State::Archived),
            Edit::Unlist { media } => self.take_away(&media, State::Unlisted),
            Edit::Delete { media } => self.take_away(&media, State::Deleted),
            Edit::DeleteMany { account, count } => {
                let account = self.account_called(&account)?;
                let newest: Vec<u32> =
                    self.accounts[account].posts.iter().take(count as usize).copied().collect();
                let mut outcome = Outcome::default();
                for index in newest {
                    outcome.ids.push(self.medium(index).id.to_string());
                    self.remove(index, State::Deleted);
                }
                Ok(outcome)
            }
            Edit::Restore { media } => {
                let (index, id) = self.media_called(&media)?;
                match self.medium(index).state {
                    State::Archived | State::Unlisted => {
                        self.media[index as usize].state = State::Listed;
                        self.list_post(index);
                        Ok(Outcome::of(id))
                    }
                    State::Listed => Ok(Outcome::of(id)),
                    State::Deleted => Err(EditError::WrongKind(media, "it was deleted for good")),
                }
            }
            Edit::WithholdMediaUrl { media } => {
                self.change(&media, |medium| medium.url_withheld = true)
            }
            Edit::RestoreMediaUrl { media } => {
                self.change(&media, |medium| medium.url_withheld = false)
            }
            Edit::WithholdThumbnail { media } => {
                self.change(&media, |medium| medium.thumbnail_withheld = true)
            }
            Edit::RestoreThumbnail { media } => {
                self.change(&media, |medium| medium.thumbnail_withheld = false)
            }
            Edit::Reencode { media } => self.change(&media, |medium| medium.version += 1),
            Edit::ReorderChildren { media, order } => self.reorder(&media, order),
            Edit::HideCounts { media, hidden } => {
                self.change(&media, |medium| medium.counts_hidden = hidden)
            }
            Edit::SetCounts { media, likes, comments } => self.change(&media, |medium| {
                medium.likes = likes.unwrap_or(medium.likes);
                medium.comments_count = comments.unwrap_or(medium.comments_count);
            }),
            Edit::AddComment { media, text } => {
                let (index, _) = self.media_called(&media)?;
                let mut comment = self.write_comment(None, now, rng);
                comment.text = text.unwrap_or(comment.text);
                let id = comment.id;
                let medium = &mut self.media[index as usize];
                medium.comments.insert(0, comment);
                medium.comments_count += 1;
                self.index_comments(index);
                Ok(Outcome::of(id))
            }
            Edit::DeleteComment { comment } => self.delete_comment(&comment),
            Edit::HideComment { comment, hidden } => {
                let (index, at) = self.comment_called(&comment)?;
                let comment = &mut self.media[index as usize].comments[at];
                comment.hidden = hidden;
                Ok(Outcome::of(comment.id))
            }
            Edit::CommentsTrap { account, on } => {
                let account = self.account_called(&account)?;
                self.accounts[account].comments_trap = on;
                Ok(Outcome::default())
            }
            Edit::SetInsights { media, state } => {
                self.change(&media, |medium| medium.insights = state)
            }
            Edit::SetScopes { account, scopes } => {
                let account = self.account_called(&account)?;
                self.accounts[account].scopes = scopes.into_iter().collect();
                Ok(Outcome::default())
            }
            Edit::SetCountOffset { account, offset } => {
                let account = self.account_called(&account)?;
                self.accounts[account].count_offset = offset;
                Ok(Outcome::default())
            }
            Edit::RenameAccount { account, username } => {
                let account = self.account_called(&account)?;
                self.accounts[account].username = username;
                Ok(Outcome::default())
            }
            Edit::ExpireToken { account } => self.end_tokens(&account, TokenEnd::Expired, now),
            Edit::Revoke { account } => self.end_tokens(&account, TokenEnd::Revoked, now),
            Edit::ChangePassword { account } => {
                self.end_tokens(&account, TokenEnd::PasswordChanged, now)
            }
            Edit::EndToken { account, reason } => self.end_tokens(&account, reason, now),
            Edit::NewToken { account, age } => {
                let account = self.account_called(&account)?;
                let kind = match self.login_of(account) {
                    Login::Instagram => TokenKind::InstagramUser,
                    Login::Facebook => TokenKind::FacebookUser,
                };
                let issued = now - age;
                let token = self.tokens.issue(account, kind, issued, Some(issued + LONG_LIFE));
                Ok(Outcome { ids: Vec::new(), token: Some(token) })
            }
            // The file host does this one.
            Edit::PurgeFile { media, .. } => {
                self.media_called(&media).map(|(_, id)| Outcome::of(id))
            }
        }
    }

    fn change(
        &mut self,
        media: &str,
        change: impl FnOnce(&mut super::Media),
    ) -> Result<Outcome, EditError> {
        let (index, id) = self.media_called(media)?;
        change(&mut self.media[index as usize]);
        Ok(Outcome::of(id))
    }

    fn take_away(&mut self, media: &str, state: State) -> Result<Outcome, EditError> {
        let (index, id) = self.media_called(media)?;
        self.remove(index, state);
        Ok(Outcome::of(id))
    }

    /// Takes a medium out of its list.
    pub(crate) fn remove(&mut self, index: u32, state: State) {
        let medium = &mut self.media[index as usize];
        medium.state = state;
        let account = medium.account;
        if let Some(parent) = medium.parent
            && state == State::Deleted
        {
            self.media[parent as usize].children.retain(|&child| child != index);
            return;
        }
        let lists = &mut self.accounts[account];
        lists.posts.retain(|&other| other != index);
        lists.stories.retain(|&other| other != index);
        lists.tags.retain(|&other| other != index);
    }

    fn reorder(&mut self, media: &str, order: Option<Vec<String>>) -> Result<Outcome, EditError> {
        let (index, id) = self.media_called(media)?;
        if self.medium(index).kind != MediaKind::Album {
            return Err(EditError::WrongKind(media.to_owned(), "it is no album"));
        }
        let mut slides = self.medium(index).children.clone();
        match order {
            None => slides.reverse(),
            Some(order) => {
                let mut wanted = Vec::with_capacity(order.len());
                for slide in &order {
                    wanted.push(self.media_called(slide)?.0);
                }
                let mut sorted = [wanted.clone(), slides.clone()];
                for list in &mut sorted {
                    list.sort_unstable();
                }
                if sorted[0] != sorted[1] {
                    return Err(EditError::WrongKind(media.to_owned(), "these are not its slides"));
                }
                slides = wanted;
            }
        }
        self.media[index as usize].children = slides;
        Ok(Outcome::of(id))
    }

    fn comment_called(&self, id: &str) -> Result<(u32, usize), EditError> {
        match id.parse().ok().and_then(|number| self.find(number)) {
            Some(Found::Comment(index, at)) => Ok((index, at)),
            _ => Err(EditError::NoComment(id.to_owned())),
        }
    }

    fn delete_comment(&mut self, id: &str) -> Result<Outcome, EditError> {
        let (index, at) = self.comment_called(id)?;
        let medium = &mut self.media[index as usize];
        let gone = medium.comments.remove(at);
        medium.comments_count = medium.comments_count.saturating_sub(1 + gone.replies.len() as u64);
        self.forget(gone.id);
        for reply in &gone.replies {
            self.forget(reply.id);
        }
        self.index_comments(index);
        Ok(Outcome::of(gone.id))
    }

    fn end_tokens(&mut self, name: &str, end: TokenEnd, now: i64) -> Result<Outcome, EditError> {
        let account = self.account_called(name)?;
        self.tokens.end_all(account, end, now);
        Ok(Outcome::default())
    }
}
