//! Numbers that look like Instagram's: node ids, the time inside `ig_id`, shortcodes.

/// The moment from which `ig_id >> 23` counts milliseconds (2011-08-24T21:07:01Z, measured on captured pairs).
const IG_EPOCH_MS: i64 = 1_314_220_021_000;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Spreads the bits of a number (splitmix64), for values that must look random and never change.
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The n-th node id of a world: 17 digits between 178… and 183…, no two alike.
pub(crate) fn node_id(seed: u64, serial: u64) -> u64 {
    // A multiplication by an odd number permutes the residues of a power of two, so ids cannot meet.
    const SPAN_BITS: u32 = 38;
    let span = 1_u64 << SPAN_BITS;
    let spread = serial.wrapping_add(mix(seed) % span).wrapping_mul(0x5_DEEC_E66D) % span;
    17_850_000_000_000_000 + spread * 1_700 + mix(serial) % 1_700
}

/// The numeric id inside a shortcode: milliseconds in the upper bits, noise below.
pub(crate) fn ig_id(published_at: i64, noise: u64) -> u64 {
    let milliseconds = (published_at * 1000 - IG_EPOCH_MS).max(0).unsigned_abs();
    (milliseconds << 23) | (mix(noise) & 0x7f_ffff)
}

/// Writes an `ig_id` as Instagram writes it in links: base64url, most significant digit first, no padding.
pub(crate) fn shortcode(ig_id: u64) -> String {
    let mut digits = Vec::with_capacity(11);
    let mut rest = ig_id;
    while rest > 0 {
        digits.push(char::from(ALPHABET[usize::from((rest & 63) as u8)]));
        rest >>= 6;
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn node_ids_have_17_digits_and_never_meet() {
        let ids: HashSet<u64> = (0..200_000).map(|serial| node_id(7, serial)).collect();
        assert_eq!(ids.len(), 200_000);
        assert!(ids.iter().all(|id| (17_800_000_000_000_000..18_400_000_000_000_000).contains(id)));
    }

    #[test]
    fn a_shortcode_carries_the_time_of_publication() {
        let published = 1_790_000_000;
        let code = shortcode(ig_id(published, 1));
        assert_eq!(code.len(), 11);
        let number = code.bytes().fold(0_u64, |sum, byte| {
            (sum << 6) | ALPHABET.iter().position(|&a| a == byte).unwrap() as u64
        });
        let milliseconds = i64::try_from(number >> 23).unwrap() + IG_EPOCH_MS;
        assert_eq!(milliseconds / 1000, published);
    }
}
