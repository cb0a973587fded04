//! Rows for people, in columns as wide as what stands in them.

/// A table under its heads, one row a line. What would move the cursor of a terminal is shown as a dot.
pub(crate) fn table<const COLUMNS: usize>(heads: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> String {
    let rows = || {
        std::iter::once(heads.map(str::to_owned)).chain(rows.iter().map(|row| row.each_ref().map(|cell| shown(cell))))
    };
    let mut widths = [0; COLUMNS];
    for row in rows() {
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: [String; COLUMNS]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows().map(line).collect()
}

fn shown(cell: &str) -> String {
    cell.chars().map(|letter| if letter.is_control() { '·' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let rows = [
            ["1".to_owned(), "ķēde".to_owned(), "x".to_owned()],
            ["200".to_owned(), "\u{1b}[31m".to_owned(), String::new()],
        ];
        assert_eq!(table(["n", "name", "more"], &rows), "n    name   more\n1    ķēde   x\n200  ·[31m\n");
        assert_eq!(table(["alone"], &[]), "alone\n");
    }
}
