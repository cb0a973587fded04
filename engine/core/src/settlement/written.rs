//! How settlement writes amounts and hashes, and which texts it takes.

use std::fmt::{self, Display, Write as _};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::read::{Place, Read};

/// Minor units, written with two decimals: `-12.05`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money(pub i128);

impl Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, whole) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(out, "{sign}{}.{:02}", whole / 100, whole % 100)
    }
}

/// SHA-256 in hexadecimal digits, as `sha256sum` prints it.
pub(super) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&digest(bytes))
}

/// SHA-256.
pub(super) fn digest(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A row of CSV that is being written: a comma between cells, a line feed at its end.
pub(super) struct Row<'c> {
    csv: &'c mut String,
    is_begun: bool,
}

impl<'c> Row<'c> {
    pub(super) fn begin(csv: &'c mut String) -> Self {
        Self { csv, is_begun: false }
    }

    fn cell(&mut self) -> &mut String {
        if self.is_begun {
            self.csv.push(',');
        }
        self.is_begun = true;
        self.csv
    }

    pub(super) fn none(&mut self) -> &mut Self {
        self.cell();
        self
    }

    pub(super) fn number(&mut self, number: Option<impl Display>) -> &mut Self {
        let cell = self.cell();
        if let Some(number) = number {
            // Writing to a string can't fail.
            let _ = write!(cell, "{number}");
        }
        self
    }

    /// Minor units with two decimals.
    pub(super) fn money(&mut self, amount: i128) -> &mut Self {
        self.number(Some(Money(amount)))
    }

    /// Text that no program takes for a formula.
    pub(super) fn text(&mut self, text: Option<&str>) -> &mut Self {
        let text = text.unwrap_or_default();
        let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
        let cell = self.cell();
        if text.contains([',', '"', '\r', '\n']) {
            // Writing to a string can't fail.
            let _ = write!(cell, "\"{guard}{}\"", text.replace('"', "\"\""));
        } else {
            cell.push_str(guard);
            cell.push_str(text);
        }
        self
    }

    pub(super) fn end(&mut self) {
        self.csv.push('\n');
    }
}

/// A name or a reason: a text without control characters.
pub(super) struct Plain(pub(super) Box<str>);

impl Plain {
    pub(super) fn of(text: &str, place: &Place<'_>) -> Option<Self> {
        let is_plain = !text.chars().any(char::is_control);
        if is_plain { Some(Self(text.into())) } else { place.fault("expected text without control characters") }
    }
}

impl Read for Plain {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let text = Box::<str>::read(value, place)?;
        Self::of(&text, place)
    }
}
