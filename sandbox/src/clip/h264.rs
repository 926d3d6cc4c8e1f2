//! Encodes one painted scene, and a window that drifts over it, as H.264.
//!
//! The first picture holds its samples uncompressed (`I_PCM`). Every other picture says that it is the
//! first one, moved: the first row and column carry the motion, all other macroblocks are skipped and
//! inherit it. Clause numbers are those of Rec. ITU-T H.264.

use super::bits::Bits;
use super::planes::Planes;

/// Frames per second.
pub(super) const RATE: u32 = 25;
const MACROBLOCK: usize = 16;
/// A coded slice of an instantaneous refresh, which others refer to, and of one that none refers to.
const NAL_REFRESH: u8 = 0x65;
const NAL_MOVED: u8 = 0x01;
const NAL_SEQUENCE: u8 = 0x67;
const NAL_PICTURE: u8 = 0x68;

/// The part of the coded picture that is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// What a decoder must know before the first picture (7.3.2.1.1), in the constrained baseline profile.
pub(super) fn sequence(planes: &Planes, window: Window) -> Vec<u8> {
    let (across, down) = (planes.width / MACROBLOCK, planes.height / MACROBLOCK);
    let mut bits = Bits::default();
    bits.u(8, 66);
    bits.u(8, 0b1100_0000);
    bits.u(8, level(across * down));
    bits.ue(0);
    bits.ue(0); // 4 bits of frame_num
    bits.ue(0); // picture order is sent, because consecutive pictures may be no references
    bits.ue(12); // in 16 bits, so that it never wraps relative to the only reference
    bits.ue(1); // one reference frame
    bits.u(1, 0);
    bits.ue(word(across) - 1);
    bits.ue(word(down) - 1);
    bits.u(1, 1); // frames only
    bits.u(1, 1); // direct_8x8_inference
    bits.u(1, 1); // cropping, in chroma samples
    for edge in [
        window.left,
        word(planes.width) - window.left - window.width,
        window.top,
        word(planes.height) - window.top - window.height,
    ] {
        bits.ue(edge / 2);
    }
    bits.u(1, 1); // usability information (E.1.1)
    bits.u(1, 0);
    bits.u(1, 0);
    bits.u(1, 1); // video signal: unspecified format, limited range, BT.709
    bits.u(3, 5);
    bits.u(1, 0);
    bits.u(1, 1);
    for _ in 0..3 {
        bits.u(8, 1);
    }
    bits.u(1, 0);
    bits.u(1, 1); // timing: two ticks a frame, fixed
    bits.u(32, 1);
    bits.u(32, RATE * 2);
    bits.u(1, 1);
    bits.u(1, 0);
    bits.u(1, 0);
    bits.u(1, 0);
    bits.u(1, 1); // restrictions: nothing is reordered, one frame is held
    bits.u(1, 1);
    bits.ue(0);
    bits.ue(0);
    bits.ue(10);
    bits.ue(10);
    bits.ue(0);
    bits.ue(1);
    bits.into_nal(NAL_SEQUENCE)
}

/// What the pictures have in common (7.3.2.2).
pub(super) fn picture() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.ue(0);
    bits.ue(0);
    bits.u(2, 0); // variable-length codes
    bits.ue(0);
    bits.ue(0);
    bits.ue(0);
    bits.u(3, 0); // no weights
    bits.se(0);
    bits.se(0);
    bits.se(0);
    bits.u(1, 1); // each slice says whether it is deblocked
    bits.u(2, 0);
    bits.into_nal(NAL_PICTURE)
}

/// The first picture: every sample as it is (7.3.5, `I_PCM`).
pub(super) fn first(planes: &Planes) -> Vec<u8> {
    let mut bits = Bits::with_capacity(planes.width * planes.height * 3 / 2 * 101 / 100 + 64);
    header(&mut bits, NAL_REFRESH, 0);
    let (across, down) = (planes.width / MACROBLOCK, planes.height / MACROBLOCK);
    for row in 0..down {
        for column in 0..across {
            bits.ue(25);
            bits.align();
            for line in planes.luma_block(column, row) {
                bits.bytes(line);
            }
            for chroma in [&planes.blue, &planes.red] {
                for line in planes.chroma_block(chroma, column, row) {
                    bits.bytes(line);
                }
            }
        }
    }
    bits.into_nal(NAL_REFRESH)
}

/// The first picture moved by (x, y) quarter samples, as picture number `number` of the clip.
///
/// A skipped macroblock takes the median of its neighbours' motion, but none at all where it has no
/// neighbour to the left or above (8.4.1.1); hence the coded first row and column. There the
/// prediction is already right (8.4.1.3), except in the first macroblock, which has no neighbours.
pub(super) fn moved(planes: &Planes, number: u32, (x, y): (i32, i32)) -> Vec<u8> {
    let (across, down) = (planes.width / MACROBLOCK, planes.height / MACROBLOCK);
    let mut bits = Bits::default();
    header(&mut bits, NAL_MOVED, number);
    if (x, y) == (0, 0) {
        bits.ue(word(across * down));
        return bits.into_nal(NAL_MOVED);
    }
    for row in 0..down {
        let coded = if row == 0 { across } else { 1 };
        for column in 0..coded {
            let skipped = if row > 1 { across - 1 } else { 0 };
            bits.ue(word(skipped));
            bits.ue(0); // P_L0_16x16
            let difference = if (row, column) == (0, 0) { (x, y) } else { (0, 0) };
            bits.se(difference.0);
            bits.se(difference.1);
            bits.ue(0); // no residual
        }
    }
    if down > 1 && across > 1 {
        bits.ue(word(across - 1));
    }
    bits.into_nal(NAL_MOVED)
}

/// The slice header (7.3.3) of picture `number`; each picture is one slice.
fn header(bits: &mut Bits, nal: u8, number: u32) {
    let refresh = nal == NAL_REFRESH;
    bits.ue(0);
    bits.ue(if refresh { 7 } else { 5 });
    bits.ue(0);
    // Pictures that none refers to all carry the number after their only reference (7.4.3).
    bits.u(4, u32::from(!refresh));
    if refresh {
        bits.ue(0);
    }
    bits.u(16, number * 2);
    // A refresh says how it is kept; a moved picture, which references it uses. Both: the default.
    bits.u(2, 0);
    bits.se(0);
    bits.ue(1); // no deblocking
}

/// The lowest level whose largest frame holds so many macroblocks (table A-1), times ten.
fn level(macroblocks: usize) -> u32 {
    let levels = [(1_620, 30), (3_600, 31), (5_120, 32), (8_192, 40), (22_080, 50)];
    levels.iter().find(|(most, _)| macroblocks <= *most).map_or(51, |(_, level)| *level)
}

fn word(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{MACROBLOCK, moved};
    use crate::clip::bits::Reader;
    use crate::clip::planes::Planes;

    type Motion = (i32, i32);

    /// The motion of every macroblock, derived as a decoder does (7.3.4, 8.4.1.1 and 8.4.1.3).
    fn decoded(nal: &[u8], across: usize, down: usize) -> Vec<Motion> {
        let mut bits = Reader::of(nal);
        let (first, kind, set) = (bits.ue(), bits.ue(), bits.ue());
        assert_eq!((first, kind, set), (0, 5, 0));
        let (frame, order, flags) = (bits.u(4), bits.u(16), bits.u(2));
        assert_eq!((frame, order, flags), (1, 14, 0));
        assert_eq!((bits.se(), bits.ue()), (0, 1), "no deblocking");
        let mut motions: Vec<Motion> = Vec::new();
        while bits.more() {
            for _ in 0..bits.ue() {
                let motion = skipped(&motions, across);
                motions.push(motion);
            }
            if bits.more() {
                assert_eq!(bits.ue(), 0, "P_L0_16x16");
                let (x, y) = predicted(&motions, across);
                motions.push((x + bits.se(), y + bits.se()));
                assert_eq!(bits.ue(), 0, "no residual");
            }
        }
        assert_eq!(motions.len(), across * down, "every macroblock is there");
        motions
    }

    /// Neighbours to the left, above, and above to the right or, failing that, to the left.
    fn neighbours(motions: &[Motion], across: usize) -> [Option<Motion>; 3] {
        let at = motions.len();
        let (column, row) = (at % across, at / across);
        let left = (column > 0).then(|| motions[at - 1]);
        let above = (row > 0).then(|| motions[at - across]);
        let right = (row > 0 && column + 1 < across).then(|| motions[at - across + 1]);
        let corner = (row > 0 && column > 0).then(|| motions[at - across - 1]);
        [left, above, right.or(corner)]
    }

    fn predicted(motions: &[Motion], across: usize) -> Motion {
        let [left, above, third] = neighbours(motions, across);
        let three =
            if above.is_none() && third.is_none() { [left; 3] } else { [left, above, third] };
        let known: Vec<Motion> = three.iter().flatten().copied().collect();
        if let [only] = known[..] {
            return only;
        }
        let median = |part: fn(Motion) -> i32| {
            let mut parts = three.map(|motion| motion.map_or(0, part));
            parts.sort_unstable();
            parts[1]
        };
        (median(|motion| motion.0), median(|motion| motion.1))
    }

    fn skipped(motions: &[Motion], across: usize) -> Motion {
        let [left, above, _] = neighbours(motions, across);
        match (left, above) {
            (None | Some((0, 0)), _) | (_, None | Some((0, 0))) => (0, 0),
            (Some(_), Some(_)) => predicted(motions, across),
        }
    }

    #[test]
    fn every_macroblock_of_a_moved_picture_has_the_same_motion() {
        for (across, down) in [(1, 1), (2, 1), (1, 3), (2, 2), (5, 4), (47, 82)] {
            let planes = Planes::grey(across * MACROBLOCK, down * MACROBLOCK);
            for motion in [(0, 0), (1, 0), (0, -1), (52, 52), (-37, 11), (8, -52)] {
                let nal = moved(&planes, 7, motion);
                let motions = decoded(&nal, across, down);
                assert!(motions.iter().all(|found| *found == motion), "{motion:?}: {motions:?}");
            }
        }
    }
}
