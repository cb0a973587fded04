//! The whole state of the simulator, as it stands in an address and in its forms. Nothing of it is kept on the server.

use avis_admin::control::encoded;
use uuid::Uuid;

use crate::fields::Fields;

use super::wrong::{Wrong, WrongAt};

/// Lines of a basket.
pub(super) const LINES_MAX: usize = 20;
/// Bytes of a query or of a form.
pub(super) const QUERY_BYTES_MAX: usize = 16 * 1024;
/// Characters of one field.
const FIELD_CHARACTERS_MAX: usize = 100;

/// What stands in the fields, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) terminal: String,
    pub(super) channel: String,
    /// The time of sale by the clock on the wall; now where it is empty.
    pub(super) at: String,
    pub(super) means: String,
    pub(super) coupon: String,
    /// Points to pay with: a number, or `max`.
    pub(super) points: String,
    pub(super) rows: Vec<Row>,
    /// Whether the till has no connection.
    pub(super) is_offline: bool,
    /// The request of what was sold without a connection and waits.
    pub(super) kept: Option<Uuid>,
    /// The authorization that is looked at.
    pub(super) sale: Option<Uuid>,
    /// The draft that is put beside the rules in force.
    pub(super) draft: Option<Uuid>,
    /// The benefit that is looked at, by its code.
    pub(super) benefit: String,
}

/// A line of the basket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) product: String,
    pub(super) quantity: String,
    /// A price other than the usual one.
    pub(super) price: String,
    /// `companion`, or empty.
    pub(super) whose: String,
    /// What the till grants without a connection: a benefit with its version, `code:version`.
    pub(super) grant: String,
    /// How much of the line it grants.
    pub(super) granted: String,
}

/// The fields of a row: their names, and where they stand.
type Column = (&'static str, fn(&mut Row) -> &mut String);

const COLUMNS: [Column; 6] = [
    ("product", |row| &mut row.product),
    ("quantity", |row| &mut row.quantity),
    ("price", |row| &mut row.price),
    ("for", |row| &mut row.whose),
    ("grant", |row| &mut row.grant),
    ("granted", |row| &mut row.granted),
];

impl State {
    /// Of the fields of a query or of a form. The k-th `product`, `quantity` and so on are a line; lines without a product are none.
    pub(super) fn read(fields: &Fields) -> Result<Self, Vec<WrongAt>> {
        let (mut state, mut rows, mut wrong) = (Self::default(), Vec::new(), Vec::new());
        for (name, value) in fields.pairs() {
            if value.chars().count() > FIELD_CHARACTERS_MAX && name != "benefit" {
                wrong.push(Wrong::TooLong { most: FIELD_CHARACTERS_MAX }.at(name));
            }
            let value = value.trim();
            match name {
                "terminal" => value.clone_into(&mut state.terminal),
                "channel" => value.clone_into(&mut state.channel),
                "at" => value.clone_into(&mut state.at),
                "means" => value.clone_into(&mut state.means),
                "coupon" => value.clone_into(&mut state.coupon),
                "points" => value.clone_into(&mut state.points),
                "offline" => state.is_offline = !value.is_empty(),
                "kept" => state.kept = id(value, name, &mut wrong),
                "sale" => state.sale = id(value, name, &mut wrong),
                "benefit" => value.clone_into(&mut state.benefit),
                "draft" => state.draft = id(value, name, &mut wrong),
                _ => put(&mut rows, name, value),
            }
        }
        rows.retain(|(row, _): &(Row, Filled)| !row.product.is_empty());
        if rows.len() > LINES_MAX {
            wrong.push(Wrong::TooManyLines { most: LINES_MAX }.at("product"));
        }
        state.rows = rows.into_iter().map(|(row, _)| row).collect();
        if wrong.is_empty() { Ok(state) } else { Err(wrong) }
    }

    /// The fields that make this state again.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let single = [
            ("terminal", self.terminal.clone()),
            ("channel", self.channel.clone()),
            ("at", self.at.clone()),
            ("means", self.means.clone()),
            ("coupon", self.coupon.clone()),
            ("points", self.points.clone()),
            ("offline", if self.is_offline { "1".to_owned() } else { String::new() }),
            ("kept", id(self.kept)),
            ("sale", id(self.sale)),
            ("draft", id(self.draft)),
            ("benefit", self.benefit.clone()),
        ];
        let mut fields: Vec<_> = single.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let mut rows = self.rows.clone();
        for (name, field) in COLUMNS {
            let column: Vec<String> = rows.iter_mut().map(|row| field(row).clone()).collect();
            // A column stands for every line, or for none.
            if column.iter().any(|value| !value.is_empty()) {
                fields.extend(column.into_iter().map(|value| (name, value)));
            }
        }
        fields
    }

    /// The address of this very state.
    pub(super) fn address(&self) -> String {
        let fields = self.fields().into_iter().map(|(name, value)| format!("{name}={}", encoded(&value)));
        format!("/try?{}", fields.collect::<Vec<_>>().join("&"))
    }

    /// The same without what was sold.
    pub(super) fn unsold(&self) -> Self {
        Self { sale: None, kept: None, ..self.clone() }
    }
}

/// How many fields of a row were filled, by column.
type Filled = [bool; COLUMNS.len()];

/// Puts a field of a row into the first row that has none of its column yet.
fn put(rows: &mut Vec<(Row, Filled)>, name: &str, value: &str) {
    let Some(column) = COLUMNS.iter().position(|(known, _)| *known == name) else { return };
    let is_free = |filled: &Filled| filled.get(column) == Some(&false);
    if !rows.iter().any(|(_, filled)| is_free(filled)) {
        rows.push((Row::default(), Filled::default()));
    }
    let place = rows.iter_mut().find(|(_, filled)| is_free(filled));
    if let (Some((row, filled)), Some((_, field))) = (place, COLUMNS.get(column)) {
        value.clone_into(field(row));
        filled.iter_mut().skip(column).take(1).for_each(|one| *one = true);
    }
}

fn id(text: &str, name: &str, wrong: &mut Vec<WrongAt>) -> Option<Uuid> {
    if text.is_empty() {
        return None;
    }
    let id = text.parse().ok();
    if id.is_none() {
        wrong.push(Wrong::NoId.at(name));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<State, Vec<WrongAt>> {
        State::read(&Fields::of(query))
    }

    #[test]
    fn an_address_makes_the_state_again() {
        let query = "terminal=try-bus&channel=desk&at=2026-11-18T08:12&means=anna&product=a.b&product=c&quantity=2&quantity=\
                     &price=&price=1%2C50&for=&for=companion&offline=1&sale=0190f6a2-1001-7000-8000-000000000001";
        let state = read(query).unwrap();
        assert_eq!(state.rows.len(), 2);
        assert_eq!(
            (&*state.rows[0].quantity, &*state.rows[1].price, &*state.rows[1].whose),
            ("2", "1,50", "companion")
        );
        let address = state.address();
        assert_eq!(read(address.strip_prefix("/try?").unwrap()).unwrap(), state);
        assert_eq!(read("").unwrap(), State::default());
    }

    #[test]
    fn lines_without_a_product_are_none() {
        let state = read("product=&quantity=1&product=a&quantity=3&product=&quantity=1").unwrap();
        assert_eq!(state.rows, [Row { product: "a".to_owned(), quantity: "3".to_owned(), ..Row::default() }]);
    }

    #[test]
    fn what_is_too_much_or_no_id_is_named() {
        let lines = "product=a&".repeat(LINES_MAX);
        assert_eq!(read(&lines).unwrap().rows.len(), LINES_MAX);
        assert_eq!(read(&format!("{lines}product=a")).unwrap_err(), [Wrong::TooManyLines { most: 20 }.at("product")]);
        let long = "x".repeat(FIELD_CHARACTERS_MAX);
        assert!(read(&format!("means={long}")).is_ok());
        assert_eq!(read(&format!("means={long}x")).unwrap_err(), [Wrong::TooLong { most: 100 }.at("means")]);
        assert_eq!(read("sale=1").unwrap_err(), [Wrong::NoId.at("sale")]);
    }
}
