//! Makes the host's signed links and checks the ones that come back.
//!
//! Shapes of paths and parameters are those of captured responses from 2023 to 2026.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{FileHostOptions, FileShape, FileSpec, Hours, Text403};
use crate::mix::mix;

/// Links to pictures are the same for everyone who asks within this many seconds.
const SHARED_SECONDS: i64 = 3_600;
/// Characters of a signature after its prefix.
const SIGNATURE_LENGTH: usize = 32;
const SIGNATURE_PREFIX: &str = "00_Af";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Where a file stands, before anything is signed.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) path: String,
    /// The picture transform that goes with the path, for paths whose extension lies.
    transform: Option<&'static str>,
}

/// The path of a file: the same in every link to this version of it, unless a `nonce` is given.
pub(super) fn place(
    seed: u64,
    spec: &FileSpec,
    options: &FileHostOptions,
    nonce: Option<u64>,
) -> Place {
    let h = |n: u64| mix(&[seed, spec.id, u64::from(spec.version), spec.shape.kind(), n]);
    let numbers = || {
        let (a, b, c) = (h(1) % 900_000_000, h(2) % 9_000_000_000_000_000, h(3));
        let c = c % 9_000_000_000_000_000_000;
        let (a, b) = (a + 100_000_000, b + 1_000_000_000_000_000);
        format!("{a}_{b}_{}_n", c + 1_000_000_000_000_000_000)
    };
    match spec.shape {
        FileShape::Photo { .. } if h(4) % 100 < u64::from(options.lying_percent) => {
            let (extension, transform) = match h(5) % 3 {
                0 => ("heic", "dst-jpg_e35_tt6"),
                1 => ("webp", "dst-jpg_e35"),
                _ => ("png", "dst-jpg"),
            };
            let path = format!("/v/t51.82787-15/{}.{extension}", numbers());
            Place { path, transform: Some(transform) }
        }
        FileShape::Photo { .. } => {
            let folders = ["t51.29350-15", "t51.82787-15", "t51.2885-15", "t39.30808-6"];
            let folder = folders[pick(h(6), folders.len())];
            Place { path: format!("/v/{folder}/{}.jpg", numbers()), transform: None }
        }
        FileShape::Poster { .. } => {
            Place { path: format!("/v/t51.36329-15/{}.jpg", numbers()), transform: None }
        }
        FileShape::Clip { .. } => {
            let path = match (nonce, h(7) % 4) {
                (Some(nonce), _) => {
                    let opaque = base64(&mix(&[h(8), nonce]).to_be_bytes());
                    format!("/o1/v/t2/f2/m367/AQ{}{opaque}.mp4", base64(&h(9).to_be_bytes()))
                }
                (None, 0) => format!("/v/t50.2886-16/{}.mp4", numbers()),
                (None, _) => {
                    format!("/o1/v/t16/f1/m82/{:016X}{:016X}_video_dashinit.mp4", h(8), h(9))
                }
            };
            Place { path, transform: None }
        }
    }
}

/// Signs links with a key that only this host knows.
pub(super) struct Signer {
    key: [u8; 64],
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(..)")
    }
}

impl Signer {
    pub(super) fn new(seed: u64) -> Self {
        let mut key = [0; 64];
        for (n, bytes) in (0_u64..).zip(key.chunks_mut(8)) {
            bytes.copy_from_slice(&mix(&[seed, n, 0x6B65]).to_be_bytes());
        }
        Self { key }
    }

    /// Path and query of a fresh link, good at `host` only.
    ///
    /// Links to pictures are the same for an hour; `nonce` makes each link to a clip another one.
    pub(super) fn sign(
        &self,
        place: &Place,
        spec: &FileSpec,
        host: &str,
        now: i64,
        options: &FileHostOptions,
        nonce: u64,
    ) -> String {
        let path = &place.path;
        let identity = mix(&[spec.id, u64::from(spec.version), spec.shape.kind()]);
        let fixed = |n: u64| mix(&[identity, n]);
        let category = 100 + fixed(1) % 12;
        match spec.shape {
            FileShape::Photo { .. } | FileShape::Poster { .. } => {
                let shared = i64::from(options.image_hours.from) * 3_600 > SHARED_SECONDS;
                let issued = if shared { now - now.rem_euclid(SHARED_SECONDS) } else { now };
                let session = mix(&[identity, issued.cast_unsigned()]);
                let oe = expiry(issued, options.image_hours, session);
                let transform =
                    place.transform.map(|stp| format!("stp={stp}&")).unwrap_or_default();
                let object = base64(&mix(&[session, 1]).to_be_bytes());
                let group = base64(&mix(&[session, 2]).to_be_bytes());
                let before = format!(
                    "{transform}_nc_cat={category}&ccb=1-7&_nc_sid=18de74&_nc_ohc={object}\
                     &_nc_zt=23&_nc_ht={host}&edm=ANo9K5cEAAAA&_nc_gid={group}"
                );
                let after = format!("oe={oe:X}");
                let oh = self.signature(path, &[&before, &after]);
                format!("{path}?{before}&oh={oh}&{after}")
            }
            FileShape::Clip { width, .. } => {
                let oe = expiry(now, options.video_hours, mix(&[identity, nonce]));
                let tag = format!(
                    "{{\"vencode_tag\":\"vts_vod_urlgen.clips.unknown-C3.{width}.dash_baseline_1_v1\"}}"
                );
                let before = format!(
                    "efg={}&_nc_ht={host}&_nc_cat={category}&vs={}_{}&ccb=9-4",
                    base64(tag.as_bytes()),
                    fixed(2) >> 4,
                    fixed(3) >> 32,
                );
                let after = format!(
                    "oe={oe:X}&_nc_sid=1d576d&_nc_rid={:010x}",
                    mix(&[identity, nonce, 3]) >> 24
                );
                let oh = self.signature(path, &[&before, &after]);
                format!("{path}?{before}&oh={oh}&{after}")
            }
        }
    }

    /// Whether this link was signed here, for this host, and is still good.
    pub(super) fn check(
        &self,
        path: &str,
        query: &str,
        host: &str,
        now: i64,
    ) -> Result<(), Text403> {
        let parameter = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        let oh = parameter("oh").ok_or(Text403::BadHash)?;
        let digest = oh.strip_prefix(SIGNATURE_PREFIX).ok_or(Text403::BadHash)?;
        if digest.len() != SIGNATURE_LENGTH || !digest.bytes().all(|b| BASE64.contains(&b)) {
            return Err(Text403::BadHash);
        }
        let oe = parameter("oe")
            .filter(|hex| !hex.bytes().any(|b| b.is_ascii_lowercase()))
            .and_then(|hex| i64::from_str_radix(hex, 16).ok())
            .ok_or(Text403::BadTimestamp)?;
        let signed: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("oh=")).collect();
        if self.signature(path, &signed) != oh || parameter("_nc_ht") != Some(host) {
            return Err(Text403::Mismatch);
        }
        if now >= oe { Err(Text403::Expired) } else { Ok(()) }
    }

    /// The signature covers the path and every parameter but itself: any change breaks it.
    fn signature(&self, path: &str, parameters: &[&str]) -> String {
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(path.as_bytes());
        for (n, parameter) in parameters.iter().enumerate() {
            mac.update(if n == 0 { b"?" } else { b"&" });
            mac.update(parameter.as_bytes());
        }
        let digest = mac.finalize().into_bytes();
        format!("{SIGNATURE_PREFIX}{}", base64(&digest[..SIGNATURE_LENGTH * 3 / 4]))
    }
}

fn expiry(issued: i64, hours: Hours, jitter: u64) -> i64 {
    let shortest = i64::from(hours.from) * 3_600;
    let span = u64::from(hours.to.saturating_sub(hours.from)) * 3_600 + 1;
    issued + shortest + (jitter % span).cast_signed()
}

fn pick(hash: u64, choices: usize) -> usize {
    usize::try_from(hash % choices.max(1) as u64).unwrap_or_default()
}

/// Base64 with the alphabet for URLs and without padding (RFC 4648, section 5).
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word =
            group.iter().chain([0, 0].iter()).take(3).fold(0_u32, |w, b| w << 8 | u32::from(*b));
        for n in 0..=group.len() {
            let sextet = (word >> (18 - 6 * n)) & 63;
            text.push(char::from(BASE64[sextet as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let examples = ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"];
        for (n, expected) in examples.into_iter().enumerate() {
            assert_eq!(base64(&b"foobar"[..n]), expected);
        }
        assert_eq!(base64(&[0xFB, 0xFF]), "-_8");
    }
}
