//! Posts JSON, signed so that the receiver knows who sent it.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::address::{Address, ReadSecret};
use super::post::Outbound;
use super::{NotifyError, Receipt, payload};
use crate::domain::notice::Message;

const ID: HeaderName = HeaderName::from_static("x-mediakeep-id");
const SIGNATURE: HeaderName = HeaderName::from_static("x-mediakeep-signature");

/// Posts a message.
pub(super) async fn send(
    outbound: &Outbound,
    address: &Address,
    secret: Option<&ReadSecret>,
    message: &Message,
) -> Result<Receipt, NotifyError> {
    let url = address.read().await?;
    let body = payload(message).to_string().into_bytes();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.extend(HeaderValue::from_str(&message.id).ok().map(|id| (ID, id)));
    if let Some(secret) = secret {
        let secret = secret.read("the webhook's secret").await?;
        headers.extend(signature(&secret, &body).map(|signature| (SIGNATURE, signature)));
    }
    outbound.post(url, headers, body).await
}

/// `sha256=` and the HMAC-SHA256 of the body in lower-case hexadecimal, as many receivers know it
/// from elsewhere.
fn signature(secret: &SecretString, body: &[u8]) -> Option<HeaderValue> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    let digest = mac.chain_update(body).finalize().into_bytes();
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    let hex: String = digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    HeaderValue::from_str(&format!("sha256={hex}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_rfc_4231() {
        // Test case 2 of RFC 4231.
        let signed = signature(&SecretString::from("Jefe"), b"what do ya want for nothing?");
        assert_eq!(
            signed.unwrap(),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
