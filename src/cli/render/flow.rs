//! Rows that end in a sentence: nothing of it is cut, it goes on below instead.

use crate::telemetry::Colours;

use super::paint::paint;
use super::table::{Cell, GAP, Side, place};
use super::text::{width, wrap};

/// A few cells and the sentence that they lead to.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) cells: Vec<Cell>,
    pub(crate) sentence: Cell,
}

/// A sentence needs this many columns beside the cells, else it begins on the next line.
const ROOM: usize = 34;
const INDENT: usize = 4;

/// Lays rows out in at most `columns` columns; cells of one column are equally wide.
pub(crate) fn flow(rows: &[Told], columns: usize, colours: Colours) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (at, cell) in row.cells.iter().enumerate() {
            match widths.get_mut(at) {
                Some(widest) => *widest = (*widest).max(width(&cell.text)),
                None => widths.push(width(&cell.text)),
            }
        }
    }
    // A column that is empty in every row takes no room.
    let used: usize = widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum();
    let beside = columns.saturating_sub(used) >= ROOM;
    let indent = if beside { used } else { INDENT };
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.cells.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            line.push_str(&place(cell, Side::Left, *width, false, colours));
            line.push_str(&" ".repeat(GAP));
        }
        let mut lines = wrap(&row.sentence.text, columns.saturating_sub(indent)).into_iter();
        let mut painted = || lines.next().map(|part| paint(&part, row.sentence.tone, colours));
        if beside {
            line.push_str(&painted().unwrap_or_default());
        }
        let line = line.trim_end();
        if !line.is_empty() {
            text.extend([line, "\n"]);
        }
        while let Some(part) = painted() {
            text.extend([format!("{}{part}\n", " ".repeat(indent))]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::paint::Tone;

    fn rows() -> Vec<Told> {
        let told = |item: &str, sentence: &str| Told {
            cells: vec!["05:27".into(), item.into(), "".into()],
            sentence: Cell::toned(sentence, Tone::Bad),
        };
        vec![
            told("DNZ", "no longer available to this token since between A and B"),
            told("longer name", "seen for the first time"),
        ]
    }

    #[test]
    fn a_sentence_goes_on_below_itself() {
        assert_eq!(
            flow(&rows(), 64, Colours::Off),
            "05:27  DNZ          no longer available to this token since\n\
             \u{20}                   between A and B\n\
             05:27  longer name  seen for the first time\n"
        );
    }

    #[test]
    fn without_room_beside_the_cells_it_begins_on_the_next_line() {
        assert_eq!(
            flow(&rows(), 40, Colours::Off),
            "05:27  DNZ\n    no longer available to this token\n    since between A and B\n\
             05:27  longer name\n    seen for the first time\n"
        );
        let bare = Told { cells: vec!["".into(), "".into()], sentence: "+ new".into() };
        let rows = [rows(), vec![bare]].concat();
        assert!(flow(&rows, 40, Colours::Off).ends_with("first time\n    + new\n"));
    }

    #[test]
    fn without_a_limit_each_row_is_one_line() {
        assert_eq!(flow(&rows(), usize::MAX, Colours::Off).lines().count(), 2);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for columns in 40..120 {
            for line in flow(&rows(), columns, Colours::Off).lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
            }
        }
    }
}
