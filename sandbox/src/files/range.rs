//! Decides which part of a file a request gets (RFC 9110, section 14).

use std::ops::Range;

/// The part of a file that an answer carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// 200: everything.
    Whole,
    /// 206: these bytes.
    Part(Range<u64>),
    /// 416: nothing, since the file ends before the range starts.
    Unsatisfiable,
}

/// What a `Range` header selects of a file of `length` bytes.
///
/// A header that is not understood, or asks for several ranges, is ignored, as the RFC allows.
pub(super) fn select(header: Option<&str>, length: u64) -> Selection {
    let Some((first, last)) = header
        .and_then(|header| header.trim().strip_prefix("bytes="))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Selection::Whole;
    };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Err(_), Ok(0)) if first.is_empty() => Selection::Unsatisfiable,
        (Err(_), Ok(suffix)) if first.is_empty() => {
            Selection::Part(length.saturating_sub(suffix)..length)
        }
        (Ok(first), _) if first >= length && (last.is_empty() || last.parse::<u64>().is_ok()) => {
            Selection::Unsatisfiable
        }
        (Ok(first), Err(_)) if last.is_empty() => Selection::Part(first..length),
        (Ok(first), Ok(last)) if first <= last => {
            Selection::Part(first..last.saturating_add(1).min(length))
        }
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Selection::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::{Selection, select};

    #[test]
    fn ranges_select_what_the_rfc_says() {
        for (header, expected) in [
            (None, Selection::Whole),
            (Some("bytes=0-0"), Selection::Part(0..1)),
            (Some("bytes=10-"), Selection::Part(10..100)),
            (Some("bytes=10-19"), Selection::Part(10..20)),
            (Some("bytes=90-200"), Selection::Part(90..100)),
            (Some("bytes=-5"), Selection::Part(95..100)),
            (Some("bytes=-500"), Selection::Part(0..100)),
            (Some("bytes=-0"), Selection::Unsatisfiable),
            (Some("bytes=100-"), Selection::Unsatisfiable),
            (Some("bytes=100-200"), Selection::Unsatisfiable),
            (Some("bytes=9-3"), Selection::Whole),
            (Some("bytes=0-1,5-6"), Selection::Whole),
            (Some("bytes=-"), Selection::Whole),
            (Some("pages=1-2"), Selection::Whole),
        ] {
            assert_eq!(select(header, 100), expected, "{header:?}");
        }
    }
}
