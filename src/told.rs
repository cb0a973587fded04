//! Fields of a control plane's answers, as commands show them, and amounts as people write them.

use std::io::{self, Write};

use avis_core::settlement::Money;
use serde_json::Value;

use crate::failure::{self, Failure};

/// A field as text; nothing where it is absent.
pub(crate) fn text(of: &Value, name: &str) -> String {
    match of.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

/// Minor units with two decimals; nothing where they are absent.
pub(crate) fn money(of: &Value, name: &str) -> String {
    let amount = of.get(name).and_then(Value::as_i64);
    amount.map_or_else(String::new, |amount| Money(amount.into()).to_string())
}

/// The items of a list.
pub(crate) fn items<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Prints it for people, or the answer itself as JSON.
pub(crate) fn print(is_json: bool, answer: &Value, told: impl FnOnce(&Value) -> String) -> Result<(), Failure> {
    let written = if is_json { writeln!(io::stdout(), "{answer:#}") } else { write!(io::stdout(), "{}", told(answer)) };
    failure::written(written)
}

/// An amount such as `-12.50` in minor units.
///
/// # Errors
/// What is no such amount.
pub(crate) fn minor_units(text: &str) -> Result<i64, String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or((1, text), |unsigned| (-1, unsigned));
    let (whole, cents) = unsigned.split_once('.').unwrap_or((unsigned, "00"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let amount = Some(format!("{whole}{cents}")).filter(|_| is_digits(whole) && is_digits(cents) && cents.len() == 2);
    let amount = amount.and_then(|digits| digits.parse::<i64>().ok());
    amount.map(|amount| sign * amount).ok_or_else(|| "expected an amount such as `12.50`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_shown() {
        for (text, amount) in [("12.50", 1_250), ("-0.05", -5), ("7", 700), ("0.00", 0)] {
            assert_eq!(minor_units(text), Ok(amount), "{text}");
        }
        for text in ["", "-", "12.5", "12,50", "12.500", "--1", "1e2", ".50", "99999999999999999999"] {
            assert!(minor_units(text).is_err(), "{text}");
        }
    }
}
