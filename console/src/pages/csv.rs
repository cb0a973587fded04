//! Tables as files for spreadsheets.

use super::{Content, File};

/// Columns and rows as CSV: UTF-8, a comma between cells, a line feed after every row, and no text that a program takes for a formula.
pub(super) fn file(name: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> File {
    let mut csv = columns.join(",");
    csv.push('\n');
    for row in rows {
        csv.push_str(&row.iter().map(|cell| written(cell)).collect::<Vec<_>>().join(","));
        csv.push('\n');
    }
    File { name: format!("{name}.csv"), content: Content::Written("text/csv; charset=utf-8", csv.into_bytes()) }
}

fn written(cell: &str) -> String {
    let is_number = cell.parse::<f64>().is_ok();
    let guard = if !is_number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        format!("{guard}{cell}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_what_its_table_has_and_no_formula() {
        let rows = [vec!["=1+1", "-12.05"], vec!["a, \"b\"", "0.05"]];
        let rows = rows.map(|row| row.into_iter().map(str::to_owned).collect());
        let Content::Written(_, bytes) = file("x", &["name", "amount"], rows.into_iter()).content else { panic!() };
        assert_eq!(String::from_utf8(bytes).unwrap(), "name,amount\n'=1+1,-12.05\n\"a, \"\"b\"\"\",0.05\n");
    }

    #[test]
    fn a_cell_that_a_spreadsheet_would_take_for_a_formula_is_guarded() {
        for (cell, expected) in [
            ("@SUM(1)", "'@SUM(1)"),
            ("+1+1", "'+1+1"),
            ("\t=1+1", "'\t=1+1"),
            ("\r=1+1", "\"'\r=1+1\""),
            ("-12.05", "-12.05"),
            ("a\t=1", "a\t=1"),
        ] {
            assert_eq!(written(cell), expected, "{cell:?}");
        }
    }
}
