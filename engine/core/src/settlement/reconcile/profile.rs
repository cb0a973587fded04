//! How a provider's file is to be read (settlement 4.1).

use std::collections::HashMap;

use jiff::tz::TimeZone;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use super::amounts::AmountField;
use super::times::TimePattern;
use crate::document::Zone;
use crate::fault::Faults;
use crate::limits::{AMOUNT_MAX, RULE_LIST_MAX};
use crate::movement::Direction;
use crate::read::{self, Object, Place, Read, word};

/// The most seconds within which a row and a movement are looked for: a day.
const WINDOW_MAX_S: i64 = 86_400;

/// How a provider's file is to be read, and how near a row has to be to a movement.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What kind of file it is.
    pub format: Format,
    /// The sheet of a workbook; none is the first.
    pub sheet: Option<Box<str>>,
    /// How its text is encoded, unless a byte order mark says so.
    pub encoding: TextEncoding,
    /// What separates cells; none is the one that cuts the header into most.
    pub delimiter: Option<char>,
    /// Lines before the header.
    pub skip_rows: usize,
    pub(super) columns: Columns,
    pub(super) decimal: char,
    pub(super) dates: Vec<TimePattern>,
    pub(super) time_zone: Option<TimeZone>,
    pub(super) sign: Sign,
    pub(super) kinds: HashMap<String, RowKind>,
    pub(super) negate: Vec<AmountField>,
    pub(super) is_minor: bool,
    pub(super) terminals: HashMap<String, Box<str>>,
    pub(super) tight_s: i64,
    pub(super) window_s: i64,
    pub(super) tolerance: i64,
}

/// What kind of file a provider has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A text with rows of cells.
    Csv,
    /// A workbook of Excel.
    Xlsx,
}

/// How a text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8 if it is valid, else Windows-1257.
    Auto,
    /// UTF-8.
    Utf8,
    /// UTF-16.
    Utf16,
    /// Windows-1257, of the Baltic states.
    Windows1257,
}

/// What tells a return from a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// The sign of the amounts.
    Signed,
    /// The column `kind`; amounts of both are written alike.
    ByKind,
}

/// What the column `kind` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    Is(Direction),
    /// Not to be looked at.
    Ignored,
}

/// The names of the columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// One, or two that are joined by a blank.
    pub(super) time: Vec<String>,
    pub(super) request_id: Option<String>,
    pub(super) authorization_id: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) terminal: Option<String>,
    pub(super) kind: Option<String>,
    /// In the order of [`AmountField::ALL`].
    pub(super) amounts: [Option<String>; 3],
}

/// A name as it is compared: trimmed, in NFC, without case.
pub(super) fn comparable(name: &str) -> String {
    name.trim().nfc().collect::<String>().to_lowercase()
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// Every field that is not as expected.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Faults> {
        read::document(bytes)
    }

    /// Reads a profile that is parsed already.
    ///
    /// # Errors
    /// As [`Self::from_json`].
    pub fn from_value(value: &Value) -> Result<Self, Faults> {
        read::parsed(value)
    }

    pub(super) fn kind(&self, text: &str) -> Option<RowKind> {
        self.kinds.get(&comparable(text)).copied()
    }

    /// Our name of one of their terminals.
    pub(super) fn terminal<'t>(&'t self, theirs: &'t str) -> &'t str {
        self.terminals.get(theirs).map_or(theirs, |ours| ours)
    }
}

impl Read for Profile {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (format, sheet) = (object.or("format", Format::Csv), object.optional("sheet"));
        let encoding = object.or("encoding", TextEncoding::Auto);
        let delimiter = object.or("delimiter", Delimiter(None));
        let skip_rows = object.bounded_or("skip_rows", 0, 0, 1_000);
        let columns = object.required::<Columns>("columns");
        let decimal = object.or("decimal", Decimal('.'));
        let dates = object.list("dates", 16);
        let time_zone = object.optional::<Zone>("time_zone");
        let sign = object.or("sign", Sign::Signed);
        let kinds = object.or("kinds", Words::<RowKind>(Vec::new()));
        let negate = object.list("negate", AmountField::ALL.len());
        let is_minor = object.or("minor", false);
        let terminals = object.or("terminals", Words::<Box<str>>(Vec::new()));
        let tight_s = object.bounded_or("tight_s", 5, 0, WINDOW_MAX_S);
        let window_s = object.bounded_or("window_s", 120, 0, WINDOW_MAX_S);
        let tolerance = object.bounded_or("tolerance", 0, 0, AMOUNT_MAX);
        object.schema();
        object.close();
        let kinds = kinds?.0.into_iter().map(|(name, kind)| (comparable(&name), kind));
        let read = Self {
            format: format?,
            sheet: sheet?,
            encoding: encoding?,
            delimiter: delimiter?.0,
            skip_rows: usize::try_from(skip_rows?).ok()?,
            columns: columns?,
            decimal: decimal?.0,
            dates: dates?,
            time_zone: time_zone?.map(|zone| zone.0),
            sign: sign?,
            kinds: kinds.collect(),
            negate: negate?,
            is_minor: is_minor?,
            terminals: terminals?.0.into_iter().collect(),
            tight_s: tight_s?,
            window_s: window_s?,
            tolerance: tolerance?,
        };
        read.check(place)?;
        Some(read)
    }
}

impl Profile {
    /// What only several fields together tell.
    fn check(&self, place: &Place<'_>) -> Option<()> {
        if self.sheet.is_some() && self.format == Format::Csv {
            return place.field("sheet").fault("expected none without the format `xlsx`");
        }
        if self.dates.is_empty() {
            return place.field("dates").fault("expected at least one pattern");
        }
        if self.window_s < self.tight_s {
            return place.field("window_s").fault("expected at least `tight_s`");
        }
        let by_kind = self.sign == Sign::ByKind;
        if by_kind && (self.columns.kind.is_none() || self.kinds.is_empty()) {
            return place.field("sign").fault("expected `kinds` and a column `kind` with `by_kind`");
        }
        Some(())
    }
}

impl Read for Format {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("csv", Self::Csv), ("xlsx", Self::Xlsx)])
    }
}

struct Delimiter(Option<char>);

impl Read for Delimiter {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let text = value.as_str().unwrap_or_default();
        let mut letters = text.chars();
        match (text, letters.next(), letters.next()) {
            ("auto", ..) => Some(Self(None)),
            (_, Some(one), None) if !one.is_alphanumeric() && !matches!(one, '"' | '\r' | '\n') => {
                Some(Self(Some(one)))
            }
            _ => place.fault("expected `auto` or one character that is no letter, digit or quote"),
        }
    }
}

#[derive(Clone, Copy)]
struct Decimal(char);

impl Read for Decimal {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[(".", Self('.')), (",", Self(','))])
    }
}

impl Read for TextEncoding {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let words =
            [("auto", Self::Auto), ("utf-8", Self::Utf8), ("utf-16", Self::Utf16), ("windows-1257", Self::Windows1257)];
        word(value, place, &words)
    }
}

impl Read for Sign {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("signed", Self::Signed), ("by_kind", Self::ByKind)])
    }
}

impl Read for RowKind {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let words =
            [("sale", Self::Is(Direction::Sale)), ("return", Self::Is(Direction::Return)), ("ignore", Self::Ignored)];
        word(value, place, &words)
    }
}

impl Read for AmountField {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &Self::ALL.map(|field| (field.word(), field)))
    }
}

/// An object of values by whatever name.
struct Words<T>(Vec<(String, T)>);

impl<T: Read> Read for Words<T> {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let Value::Object(fields) = value else { return place.fault("expected an object") };
        if fields.len() > RULE_LIST_MAX {
            return place.fault(format!("expected at most {RULE_LIST_MAX} fields"));
        }
        let read: Vec<_> =
            fields.iter().map(|(name, value)| Some((name.clone(), T::read(value, &place.field(name))?))).collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }
}

impl Read for Columns {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let time = object.required::<TimeColumns>("occurred_at");
        let [request_id, authorization_id, external_id, terminal, kind] =
            ["request_id", "authorization_id", "external_id", "terminal", "kind"]
                .map(|name| object.optional::<Box<str>>(name));
        let amounts = AmountField::ALL.map(|field| object.optional::<Box<str>>(field.word()));
        object.close();
        let name = |column: Option<Option<Box<str>>>| Some(column?.map(|name| comparable(&name)));
        let [gross, discount, payable] = amounts;
        let read = Self {
            time: time?.0,
            request_id: name(request_id)?,
            authorization_id: name(authorization_id)?,
            external_id: name(external_id)?,
            terminal: name(terminal)?,
            kind: name(kind)?,
            amounts: [name(gross)?, name(discount)?, name(payable)?],
        };
        if read.amounts.iter().all(Option::is_none) {
            return place.fault("expected a column for `gross`, `discount` or `payable`");
        }
        Some(read)
    }
}

struct TimeColumns(Vec<String>);

impl Read for TimeColumns {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let names =
            if value.is_array() { read::list::<Box<str>>(value, place, 2)? } else { vec![Box::read(value, place)?] };
        if names.is_empty() {
            return place.fault("expected a column, or two");
        }
        Some(Self(names.iter().map(|name| comparable(name)).collect()))
    }
}
