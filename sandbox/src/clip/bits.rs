//! Writes the bit strings of H.264 (Rec. ITU-T H.264, clauses 7.3 and 9.1).

/// Bits in the order in which a decoder reads them.
#[derive(Debug, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    /// Bits used of the last byte; 0 when it is full or there is none.
    used: u32,
}

impl Bits {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), used: 0 }
    }

    /// u(n): the low `count` bits of `value`.
    pub(super) fn u(&mut self, count: u32, value: u32) {
        for n in (0..count).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut()
                && (value >> n) & 1 == 1
            {
                *last |= 0x80 >> self.used;
            }
            self.used = (self.used + 1) % 8;
        }
    }

    /// ue(v): an Exp-Golomb code.
    pub(super) fn ue(&mut self, value: u32) {
        let length = (value + 1).ilog2();
        self.u(length, 0);
        self.u(length + 1, value + 1);
    }

    /// se(v): a signed Exp-Golomb code.
    pub(super) fn se(&mut self, value: i32) {
        let magnitude = value.unsigned_abs() * 2;
        self.ue(if value > 0 { magnitude - 1 } else { magnitude });
    }

    /// Zero bits up to the next whole byte.
    pub(super) fn align(&mut self) {
        self.used = 0;
    }

    /// Whole bytes; the position must be aligned.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        debug_assert_eq!(self.used, 0);
        self.bytes.extend_from_slice(bytes);
    }

    /// The network abstraction layer unit with these bits as its payload.
    ///
    /// Ends the payload and puts a 3 wherever a payload could be mistaken for a start code.
    pub(super) fn into_nal(mut self, header: u8) -> Vec<u8> {
        self.u(1, 1);
        self.align();
        let mut nal = Vec::with_capacity(self.bytes.len() + 16);
        nal.push(header);
        let mut zeros = 0;
        for byte in self.bytes {
            if zeros >= 2 && byte <= 3 {
                nal.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            nal.push(byte);
        }
        nal
    }
}

/// Reads back the bits of a unit that holds no start code in disguise.
#[cfg(test)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

#[cfg(test)]
impl<'a> Reader<'a> {
    pub(super) fn of(nal: &'a [u8]) -> Self {
        assert!(!nal.windows(3).any(|three| three == [0, 0, 3]));
        Self { bytes: &nal[1..], at: 0 }
    }

    pub(super) fn u(&mut self, count: u32) -> u32 {
        (0..count).fold(0, |value, _| {
            let bit = self.bytes[self.at / 8] >> (7 - self.at % 8) & 1;
            self.at += 1;
            value << 1 | u32::from(bit)
        })
    }

    pub(super) fn ue(&mut self) -> u32 {
        let mut zeros = 0;
        while self.u(1) == 0 {
            zeros += 1;
        }
        (1 << zeros) - 1 + self.u(zeros)
    }

    pub(super) fn se(&mut self) -> i32 {
        let code = self.ue();
        let magnitude = i32::try_from(code.div_ceil(2)).unwrap();
        if code % 2 == 1 { magnitude } else { -magnitude }
    }

    /// Whether anything comes before the bit that ends the payload.
    pub(super) fn more(&self) -> bool {
        let last = self.bytes.len() * 8 - 1 - self.bytes.last().unwrap().trailing_zeros() as usize;
        self.at < last
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    use super::Reader;

    #[test]
    fn what_is_written_is_read_again() {
        let mut bits = Bits::default();
        bits.u(3, 5);
        for value in [0, 7, -7, 52, -1_000] {
            bits.se(value);
        }
        let nal = bits.into_nal(1);
        let mut reader = Reader::of(&nal);
        assert_eq!(reader.u(3), 5);
        assert_eq!([0; 5].map(|_| reader.se()), [0, 7, -7, 52, -1_000]);
        assert!(!reader.more());
    }

    fn code(write: impl Fn(&mut Bits)) -> String {
        let mut bits = Bits::default();
        write(&mut bits);
        let unused = (8 - bits.used) % 8;
        let digit = |n: usize| if (bits.bytes[n / 8] >> (7 - n % 8)) & 1 == 1 { '1' } else { '0' };
        let text: String = (0..bits.bytes.len() * 8).map(digit).collect();
        text[..text.len() - unused as usize].to_owned()
    }

    #[test]
    fn exp_golomb_codes_are_those_of_the_recommendation() {
        for (value, expected) in [(0, "1"), (1, "010"), (2, "011"), (3, "00100"), (25, "000011010")]
        {
            assert_eq!(code(|bits| bits.ue(value)), expected);
        }
        for (value, expected) in [(0, "1"), (1, "010"), (-1, "011"), (2, "00100"), (-2, "00101")] {
            assert_eq!(code(|bits| bits.se(value)), expected);
        }
    }

    #[test]
    fn nothing_in_a_unit_looks_like_a_start_code() {
        let mut bits = Bits::default();
        bits.bytes(&[0, 0, 0, 0, 0, 1, 0, 0, 3, 7]);
        assert_eq!(bits.into_nal(0x65), [0x65, 0, 0, 3, 0, 0, 3, 0, 1, 0, 0, 3, 3, 7, 0x80]);
    }
}
