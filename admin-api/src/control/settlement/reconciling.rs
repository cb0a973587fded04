//! Reconciliation of what a provider says that it sold with what the ledger has: as CSV or a workbook by a profile, or line by line
//! (settlement 4).

use std::collections::BTreeMap;
use std::io::Cursor;

use avis_core::movement::ServiceDay;
use avis_core::settlement::reconcile::{FileRow, Format, Profile, Sheet, SheetReader};
use avis_store::StoreError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::holding::{Holding, Period};
use super::runs::{self, Run};
use super::{date, faults_at, provider};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::Kept;
use crate::control::pace::Turns;
use crate::control::problem::{Code, FieldFault, Problem};
use crate::control::secret::hex;
use crate::control::shape::{Field, Kind, needed, optional};
use crate::read_sheet;

/// Bytes of a body with a file or with lines; a file of more is uploaded.
pub(super) const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Lines that a body may carry.
const LINES_MAX: usize = 50_000;
/// Workbooks that are unpacked at a time: what one shares stays in memory while its rows are read.
pub(in crate::control) const UNPACKED_AT_ONCE: usize = 2;

const AMOUNT: Kind = Kind::Whole(-avis_core::limits::AMOUNT_MAX, avis_core::limits::AMOUNT_MAX);
const ID: Kind = Kind::Token(1, 200);

/// A row as a program says it. Amounts are minor units, below zero for a return.
const LINE: &[Field] = &[
    needed("occurred_at", Kind::Instant),
    optional("request_id", Kind::Id),
    optional("authorization_ids", Kind::List(&Kind::Id, 8)),
    optional("external_id", ID),
    optional("terminal", ID),
    optional("gross", AMOUNT),
    optional("discount", AMOUNT),
    optional("payable", AMOUNT),
];

/// A file with its profile, or lines.
pub(super) const NEW: &[Field] = &[
    needed("from", Kind::Date),
    needed("until", Kind::Date),
    optional("file", Kind::Token(1, BODY_BYTES_MAX)),
    optional("profile", Kind::Json),
    optional("lines", Kind::List(&Kind::Object(LINE), LINES_MAX)),
    optional("again", Kind::Truth),
];

const AMOUNTS: [&str; 3] = ["gross", "discount", "payable"];
/// What a row has beside them.
const BESIDE: [&str; 5] = ["occurred_at", "request_id", "authorization_id", "external_id", "terminal"];

/// Lines as rows of a file, counted from 1, and the profile by which they are read. Of a day without sales there are none.
///
/// # Errors
/// A line without an amount, or without one that others have.
fn rows_of(lines: &[Value]) -> Result<(Vec<FileRow>, Value), Problem> {
    let has = |line: &Value, name: &str| line.get(name).is_some_and(|amount| !amount.is_null());
    let is_there = |name: &&str| lines.is_empty() || lines.iter().any(|line| has(line, name));
    let amounts: Vec<&str> = AMOUNTS.into_iter().filter(is_there).collect();
    let fault = |pointer: String, detail: &str| FieldFault { pointer, detail: detail.to_owned() };
    let mut faults = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        if amounts.is_empty() {
            faults.push(fault(format!("/lines/{place}"), "expected `gross`, `discount` or `payable`"));
        }
        for name in amounts.iter().filter(|name| !has(line, name)) {
            faults.push(fault(format!("/lines/{place}/{name}"), "expected this amount, as other lines have it"));
        }
    }
    if !faults.is_empty() {
        return Err(Problem::of_faults(faults));
    }
    let names: Vec<&str> = BESIDE.into_iter().chain(amounts.iter().copied()).collect();
    let header = FileRow { cells: names.iter().copied().map(str::to_owned).collect(), ..FileRow::default() };
    let row = |(number, line): (u64, &Value)| FileRow {
        line: number,
        cells: names.iter().map(|name| cell(line, name)).collect(),
        ..FileRow::default()
    };
    let rows = std::iter::once(header).chain((1..).zip(lines).map(row)).collect();
    let columns: BTreeMap<&str, &str> = names.iter().map(|name| (*name, *name)).collect();
    Ok((rows, json!({"columns": columns, "minor": true, "dates": ["YYYY-MM-DDTHH:mm:ss.fffZ"]})))
}

/// A field of a line as a cell has it; empty where it is absent.
fn cell(line: &Value, name: &str) -> String {
    let field = match name {
        "authorization_id" => line.get("authorization_ids"),
        name => line.get(name),
    };
    match field {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) if name == "occurred_at" => {
            let at: Option<Timestamp> = text.parse().ok();
            at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()).unwrap_or_default()
        }
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Some(amount) => amount.to_string(),
    }
}

/// `POST /providers/{code}/reconciliations`: the same again is the run that is there.
pub(super) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let provider = provider(call)?;
    let period = Period::of(date(call, "from")?, date(call, "until")?, "/until")?;
    let (content, profile) = given(call)?;
    let again = call.body.get("again").and_then(Value::as_bool).unwrap_or_default();
    let holding = Holding::of(call, provider, period, (&profile, &content.hash()), again)?;
    if let Some(known) = runs::load(&*call.control.registry, &holding.id, call.now)? {
        return made(call, &known);
    }
    let sheet = content.sheet((&holding.profile, &holding.day), &call.control.unpacking)?;
    let (changes, entry) = holding.run(&sheet, &mut |_| Ok::<_, Problem>(()))?;
    match call.control.registry.change(&changes, &[entry]) {
        // Somebody else was faster with the same.
        Ok(()) | Err(StoreError::RecordChanged { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let known =
        runs::load(&*call.control.registry, &holding.id, call.now)?.ok_or_else(|| Problem::from(Code::Unavailable))?;
    made(call, &known)
}

/// The profile of a text that JSON carries: however it was encoded where it came from, it is UTF-8 here. What an upload of the same
/// bytes would be read by is so the same, or another run.
fn of_text(profile: &Value) -> Value {
    let mut profile = profile.clone();
    if let Some(encoding) = profile.get_mut("encoding").filter(|encoding| **encoding != "auto") {
        *encoding = "utf-8".into();
    }
    profile
}

/// What a body has, and how it is written.
fn given(call: &Call<'_>) -> Result<(Content, Value), Problem> {
    let field = |name: &str| call.body.get(name).filter(|value| !value.is_null());
    match (field("file"), field("profile"), field("lines")) {
        (Some(Value::String(file)), Some(profile), None) => {
            let profile = of_text(profile);
            Ok((Content::of_file(file, &profile)?, profile))
        }
        (None, None, Some(Value::Array(lines))) => {
            let (rows, profile) = rows_of(lines)?;
            let hash = hex(&Sha256::digest(Value::from(lines.clone()).to_string()));
            Ok((Content::Lines { rows, hash }, profile))
        }
        _ => Err(Problem::at("", "expected `file` and `profile`, or `lines`")),
    }
}

/// What a body carries: the text of a file, the bytes of a workbook, or lines as rows with what these hash to.
enum Content {
    Text(String),
    Workbook(Vec<u8>),
    Lines { rows: Vec<FileRow>, hash: String },
}

impl Content {
    fn of_file(file: &str, profile: &Value) -> Result<Self, Problem> {
        let profile = Profile::from_value(profile).map_err(|faults| faults_at("/profile", faults))?;
        match profile.format {
            Format::Csv => Ok(Self::Text(file.to_owned())),
            Format::Xlsx => {
                let bytes = STANDARD.decode(file);
                bytes.map(Self::Workbook).map_err(|_| Problem::at("/file", "expected a workbook in base64"))
            }
        }
    }

    /// What it hashes to: what the same file does that is uploaded.
    fn hash(&self) -> String {
        match self {
            Self::Text(text) => hex(&Sha256::digest(text)),
            Self::Workbook(bytes) => hex(&Sha256::digest(bytes)),
            Self::Lines { hash, .. } => hash.clone(),
        }
    }

    /// Its rows; a workbook waits for one of the turns.
    fn sheet(&self, (profile, day): (&Profile, &ServiceDay), unpacking: &Turns) -> Result<Sheet, Problem> {
        let read = match self {
            Self::Text(text) => read_sheet(&mut Cursor::new(text), profile, day, &mut |_| Ok(())),
            Self::Lines { rows, .. } => {
                let mut reader = SheetReader::new(profile, day.zone(), day);
                rows.iter().try_for_each(|row| reader.take(row)).and_then(|()| reader.end())
            }
            Self::Workbook(bytes) => {
                let _turn = unpacking.take().ok_or(Code::Overloaded)?;
                read_sheet(&mut Cursor::new(bytes), profile, day, &mut |_| Ok(()))
            }
        };
        read.map_err(of_sheet)
    }
}

fn made(call: &Call<'_>, known: &Kept<Run>) -> Result<Answer, Problem> {
    let path = format!("/admin/v1/reconciliations/{}", known.object.id);
    Ok(Answer::made(runs::shown(call, known)?, path).tagged(known.etag()))
}

/// A file that is refused whole. Faults of its columns are the profile's.
fn of_sheet(faults: avis_core::Faults) -> Problem {
    let is_of_profile = faults.list.iter().any(|fault| fault.pointer.starts_with("/columns"));
    faults_at(if is_of_profile { "/profile" } else { "" }, faults)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn no_more_workbooks_are_unpacked_at_a_time_than_there_are_turns() {
        let profile = json!({"format": "xlsx", "dates": ["DD.MM.YYYY"],
            "columns": {"occurred_at": "Time", "discount": "Discount"}});
        let (profile, day) = (Profile::from_value(&profile).unwrap(), ServiceDay::of_deployment(TimeZone::UTC));
        let (turns, file) = (Turns::of(1), Content::Workbook(b"no workbook".to_vec()));
        let code = || file.sheet((&profile, &day), &turns).err().map(|problem| problem.code);
        let taken = turns.take();
        assert_eq!(code(), Some(Code::Overloaded));
        drop(taken);
        assert_eq!((code(), code()), (Some(Code::Invalid), Some(Code::Invalid)), "each turn is given back");
    }
}
