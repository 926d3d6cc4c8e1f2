//! Tables that fit: columns as wide as their cells, one of them giving way.

use crate::telemetry::Colours;

use super::paint::{Tone, paint};
use super::text::{clip, width};

/// To which side the cells of a column go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) side: Side,
}

/// A column of words.
pub(crate) const fn words(title: &'static str) -> Column {
    Column { title, side: Side::Left }
}

/// A column of numbers.
pub(crate) const fn numbers(title: &'static str) -> Column {
    Column { title, side: Side::Right }
}

/// One cell: text that is already harmless, and its tone.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(super) text: String,
    pub(super) tone: Tone,
}

impl Cell {
    /// A cell with a tone.
    pub(crate) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), tone: Tone::Normal }
    }
}

pub(super) const GAP: usize = 2;

/// Lays rows out in at most `columns` columns of the terminal; `giving` is the index of the
/// column whose cells are cut when the rest leaves too little room.
pub(crate) fn table(
    head: &[Column],
    rows: &[Vec<Cell>],
    giving: usize,
    columns: usize,
    colours: Colours,
) -> String {
    let mut widths: Vec<usize> = head.iter().map(|column| width(column.title)).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(&cell.text));
        }
    }
    let total: usize = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    if let Some(giving) = widths.get_mut(giving) {
        *giving = giving.saturating_sub(total.saturating_sub(columns)).max(8.min(*giving));
    }
    let titles: Vec<Cell> =
        head.iter().map(|column| Cell::toned(column.title, Tone::Heading)).collect();
    let mut text = String::new();
    for row in std::iter::once(&titles).chain(rows) {
        let cells: Vec<String> = row
            .iter()
            .zip(head)
            .zip(&widths)
            .enumerate()
            .map(|(at, ((cell, column), width))| {
                let last = at + 1 == head.len();
                place(cell, column.side, *width, last, colours)
            })
            .collect();
        text.push_str(cells.join(&" ".repeat(GAP)).trim_end());
        text.push('\n');
    }
    text
}

/// As [`table`], without as many of the `spare` columns, in this order, as it takes to fit.
pub(crate) fn table_without(
    head: &[Column],
    rows: &[Vec<Cell>],
    spare: &[&str],
    columns: usize,
    colours: Colours,
) -> String {
    let mut head = head.to_vec();
    let mut rows = rows.to_vec();
    for title in spare {
        let natural = |at: usize| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells.map(|cell| width(&cell.text)).max().unwrap_or(0)
        };
        let used = head.iter().enumerate().map(|(at, column)| natural(at).max(width(column.title)));
        if used.sum::<usize>() + GAP * head.len().saturating_sub(1) <= columns {
            break;
        }
        if let Some(at) = head.iter().position(|column| column.title == *title) {
            head.remove(at);
            for row in &mut rows {
                row.remove(at);
            }
        }
    }
    table(&head, &rows, head.len().saturating_sub(1), columns, colours)
}

pub(super) fn place(
    cell: &Cell,
    side: Side,
    columns: usize,
    last: bool,
    colours: Colours,
) -> String {
    let clipped = clip(&cell.text, columns);
    let padding = " ".repeat(columns.saturating_sub(width(&clipped)));
    let painted = paint(&clipped, cell.tone, colours);
    match side {
        Side::Left if last => painted,
        Side::Left => painted + &padding,
        Side::Right => padding + &painted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: [Column; 3] = [words("NAME"), numbers("ITEMS"), words("CAPTION")];

    fn rows() -> Vec<Vec<Cell>> {
        vec![
            vec!["a".into(), "1".into(), "a very long caption that needs much room".into()],
            vec!["bb".into(), "12345".into(), "日本語".into()],
        ]
    }

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let text = table(&HEAD, &rows(), 2, 100, Colours::Off);
        assert_eq!(
            text,
            "NAME  ITEMS  CAPTION\n\
             a         1  a very long caption that needs much room\n\
             bb    12345  日本語\n"
        );
    }

    #[test]
    fn the_giving_column_gives_way_until_the_table_fits() {
        for columns in 22..60 {
            let text = table(&HEAD, &rows(), 2, columns, Colours::Off);
            for line in text.lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
            }
        }
        assert!(table(&HEAD, &rows(), 2, 30, Colours::Off).contains("a very long capt…"));
    }

    #[test]
    fn spare_columns_go_first_when_there_is_no_room() {
        let at = |columns| table_without(&HEAD, &rows(), &["ITEMS", "NAME"], columns, Colours::Off);
        assert_eq!(at(100), table(&HEAD, &rows(), 2, 100, Colours::Off));
        assert!(at(48).starts_with("NAME  CAPTION\n"), "{}", at(48));
        assert!(at(40).starts_with("CAPTION\na very long caption"), "{}", at(40));
        assert!(at(20).contains("a very long caption…"), "{}", at(20));
    }

    #[test]
    fn colours_do_not_change_the_layout() {
        let rows = vec![vec![Cell::toned("a", Tone::Bad), "1".into(), "x".into()]];
        let bare = table(&HEAD, &rows, 2, 100, Colours::Off);
        let painted = table(&HEAD, &rows, 2, 100, Colours::On);
        let stripped =
            painted.replace("\u{1b}[1m", "").replace("\u{1b}[31m", "").replace("\u{1b}[0m", "");
        assert_eq!(stripped, bare);
    }
}
