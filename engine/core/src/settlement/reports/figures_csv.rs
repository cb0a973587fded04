//! Figures as CSV, for spreadsheets: groups, and who bears what they come to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Cell, Dimension};
use crate::settlement::written::Row;

/// A row of a table of figures: the values of a group, and what stands behind them.
fn table<'r, T>(
    by: &[Dimension],
    columns: &str,
    rows: impl Iterator<Item = (&'r [Arc<str>], T)>,
    write: impl Fn(&mut Row<'_>, T),
) -> String {
    let mut csv: String = by.iter().map(|dimension| format!("{},", dimension.word())).collect();
    csv.push_str(columns);
    csv.push('\n');
    for (values, rest) in rows {
        let mut row = Row::begin(&mut csv);
        values.iter().for_each(|value| {
            row.text(Some(value));
        });
        write(&mut row, rest);
        row.end();
    }
    csv
}

/// Each group with its uses, its holders and its discount, one a row; amounts with two decimals.
pub fn groups_csv<'c>(
    by: &[Dimension],
    groups: impl IntoIterator<Item = (&'c [Arc<str>], (i64, u64, i128))>,
) -> String {
    table(by, "uses,holders,discount", groups.into_iter(), |row, (uses, holders, discount)| {
        row.number(Some(uses)).number(Some(holders)).money(discount);
    })
}

/// Who bears what of each group, one payer and cause a row; amounts with two decimals.
pub fn payers_csv(by: &[Dimension], cells: &BTreeMap<Vec<Arc<str>>, Cell>) -> String {
    let rows = cells.iter().flat_map(|(values, cell)| cell.entries.iter().map(|entry| (&**values, entry)));
    table(by, "payer,cause,amount", rows, |row, ((payer, cause), amount)| {
        row.text(Some(payer)).text(Some(cause)).money(*amount);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_spreadsheets_read_them() {
        let mut cell = Cell { uses: 2, discount: -1_205, ..Cell::default() };
        cell.holders.insert(1);
        cell.entries.insert(("city".into(), ""), -1_200);
        cell.entries.insert(("=shop, \"x\"".into(), "unfunded"), -5);
        let (by, cells) = ([Dimension::Month], BTreeMap::from([(vec!["2026-10".into()], cell)]));
        let groups = cells.iter().map(|(values, cell)| (&**values, (cell.uses, 1, cell.discount)));
        assert_eq!(groups_csv(&by, groups), "month,uses,holders,discount\n2026-10,2,1,-12.05\n");
        assert_eq!(
            payers_csv(&by, &cells),
            "month,payer,cause,amount\n2026-10,\"'=shop, \"\"x\"\"\",unfunded,-0.05\n2026-10,city,,-12.00\n"
        );
    }
}
