//! Codes that logins end with, each good for one token.

use std::collections::HashMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Life of a code (Instagram documentation: one hour).
const CODE_LIFE: i64 = 3600;

/// What one code stands for; `Debug` does not show its text.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) account: usize,
    pub(crate) app_id: String,
    pub(crate) redirect_uri: String,
    issued_at: i64,
    used: bool,
}

/// Why a code gives no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadCode {
    Unknown,
    Used,
    Expired,
    /// Not the redirect address, or not the app, that the login was begun with.
    OtherRedirect,
}

/// All codes by their text.
#[derive(Debug)]
pub(crate) struct CodeBook {
    by_text: HashMap<String, Code>,
    rng: ChaCha8Rng,
}

impl CodeBook {
    pub(crate) fn new(seed: u64) -> Self {
        Self { by_text: HashMap::new(), rng: ChaCha8Rng::seed_from_u64(seed ^ 0xc0de) }
    }

    pub(crate) fn issue(
        &mut self,
        account: usize,
        app_id: &str,
        redirect_uri: &str,
        now: i64,
    ) -> String {
        let mut text = String::from("AQ");
        for _ in 0..180 {
            text.push(char::from(self.rng.sample(rand::distr::Alphanumeric)));
        }
        let code = Code {
            account,
            app_id: app_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            issued_at: now,
            used: false,
        };
        self.by_text.insert(text.clone(), code);
        text
    }

    /// Uses a code up, for the account that it speaks for.
    pub(crate) fn redeem(
        &mut self,
        text: &str,
        app_id: &str,
        redirect_uri: &str,
        now: i64,
    ) -> Result<usize, BadCode> {
        let code = self.by_text.get_mut(text).ok_or(BadCode::Unknown)?;
        if code.used {
            return Err(BadCode::Used);
        }
        if code.redirect_uri != redirect_uri || code.app_id != app_id {
            return Err(BadCode::OtherRedirect);
        }
        code.used = true;
        if now - code.issued_at > CODE_LIFE { Err(BadCode::Expired) } else { Ok(code.account) }
    }
}
