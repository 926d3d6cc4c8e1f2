//! Adler-32, the checksum that the real hosts send in `content-digest` (RFC 1950, section 8.2).

const MODULUS: u32 = 65_521;
/// So many bytes can be summed before a 32-bit sum may overflow.
const RUN: usize = 5_552;

/// The checksum of the empty file.
pub(super) const EMPTY: u32 = 1;

/// The checksum of `bytes`.
pub(super) fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for run in bytes.chunks(RUN) {
        for byte in run {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    (high << 16) | low
}

/// The checksum of two pieces one after the other, the second being `length` bytes long.
pub(super) fn joined(first: u32, second: u32, length: u64) -> u32 {
    let modulus = u64::from(MODULUS);
    let [low1, high1] = halves(first);
    let [low2, high2] = halves(second);
    let low = (low1 + low2 + modulus - 1) % modulus;
    // Every byte of the second piece adds the first piece's low sum, less its starting 1, to the
    // high one.
    let high = (high1 + high2 + (length % modulus) * (low1 + modulus - 1)) % modulus;
    u32::try_from((high << 16) | low).unwrap_or(EMPTY)
}

fn halves(sum: u32) -> [u64; 2] {
    [u64::from(sum & 0xFFFF), u64::from(sum >> 16)]
}

#[cfg(test)]
mod tests {
    use super::{EMPTY, adler32, joined};

    #[test]
    fn the_checksum_is_the_published_one() {
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
        assert_eq!(adler32(b""), EMPTY);
    }

    #[test]
    fn pieces_join_to_the_checksum_of_the_whole() {
        let whole: Vec<u8> = (0..200_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        for at in [0, 1, 5_551, 65_521, 131_072, 200_000] {
            let (first, second) = whole.split_at(at);
            let sum = joined(adler32(first), adler32(second), second.len() as u64);
            assert_eq!(sum, adler32(&whole), "split at {at}");
        }
    }
}
