//! What is published of closed months, as open data (settlement 5.2).

use super::Leaf;
use crate::settlement::written::Row;

/// What each column of the open data means, as CSV.
pub const DICTIONARY: &str = "\
column,type,meaning
month,year and month,The month of the business dates that are counted
grantor,code,Whose benefits are counted; `other` stands for grantors of which too few holders would be counted by themselves
benefit,code,The benefit; `other` as above; empty below another `other`
territory,dotted code,The deepest territory in which holders resided; `unknown` where none was known; `other` and empty as above
uses,whole number,\"Authorizations in which the benefit stands at the end of the month, less those in which it stood at its beginning\"
holders,whole number,Different persons who got something in the month; a use without a person counts as one; never below 5
discount,amount with two decimals,\"What the benefit gave in the month, less what was given back\"
";

/// Leaves as CSV: UTF-8, a comma between cells, a line feed after every row.
pub fn open_data(leaves: &[Leaf]) -> String {
    let mut csv = "month,grantor,benefit,territory,uses,holders,discount\n".to_owned();
    for leaf in leaves {
        let mut row = Row::begin(&mut csv);
        [&leaf.month, &leaf.grantor, &leaf.benefit, &leaf.territory].into_iter().for_each(|text| {
            row.text(Some(text));
        });
        row.number(Some(leaf.uses)).number(Some(leaf.holders)).money(leaf.discount.into()).end();
    }
    csv
}
