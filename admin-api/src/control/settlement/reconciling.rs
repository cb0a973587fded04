//! Reconciliation of what a provider says that it sold with what the ledger has: as CSV or a workbook by a profile, or line by line
//! (settlement 4).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;

use avis_core::movement::ServiceDay;
use avis_core::settlement::reconcile::{Format, Profile, Sheet};
use avis_store::StoreError;
use avis_store::records::RecordFilter;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::holding::{Holding, Period};
use super::{date, faults_at, provider};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::pace::Turns;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::secret::hex;
use crate::control::shape::{Field, Kind, needed, optional};
use crate::read_sheet;

/// Bytes of a body with a file or with lines; a file of more is uploaded.
pub(super) const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Lines that a body may carry.
const LINES_MAX: usize = 50_000;
/// Workbooks that are unpacked at a time: what one shares stays in memory while its rows are read.
pub(in crate::control) const UNPACKED_AT_ONCE: usize = 2;

const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
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

const BAD: &[Field] = &[
    needed("line", Kind::Whole(1, i64::MAX)),
    needed("field", Kind::Token(0, 40)),
    needed("expected", Kind::Token(0, 300)),
];
const TOTALS: &[Field] = &[optional("gross", SUM), optional("discount", SUM), optional("payable", SUM)];
const SUMS: &[Field] = &[needed("written", Kind::Object(TOTALS)), needed("of_rows", Kind::Object(TOTALS))];

/// A run as it is shown. Amounts are minor units.
pub(super) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("provider", Kind::Token(1, 200)),
    needed("from", Kind::Date),
    needed("until", Kind::Date),
    needed("made_at", Kind::Instant),
    needed("made_by", Kind::Token(0, 100)),
    needed("summary", Kind::Json),
    needed("theirs", Kind::Object(TOTALS)),
    needed("ours", Kind::Object(TOTALS)),
    needed("outside", Kind::Whole(0, i64::MAX)),
    needed("bad_rows", Kind::List(&Kind::Object(BAD), 1_000)),
    needed("bad_count", Kind::Whole(0, i64::MAX)),
    optional("sums", Kind::Object(SUMS)),
];

/// A run as it is kept, under its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) from: Date,
    pub(super) until: Date,
    pub(super) made_at: Timestamp,
    pub(super) made_by: String,
    pub(super) summary: Value,
    pub(super) theirs: Value,
    pub(super) ours: Value,
    pub(super) outside: u64,
    pub(super) bad_rows: Value,
    pub(super) bad_count: u64,
    pub(super) sums: Value,
}

impl Object for Run {
    const KIND: &'static str = "reconciliation";
}

fn shown(kept: &Kept<Run>) -> Value {
    let Run { from, until, made_at, made_by, summary, theirs, ours, outside, bad_rows, bad_count, sums, .. } =
        &kept.object;
    json!({
        "id": kept.record.key, "provider": kept.owner(), "from": from, "until": until, "made_at": made_at,
        "made_by": made_by, "summary": summary, "theirs": theirs, "ours": ours, "outside": outside, "bad_rows": bad_rows,
        "bad_count": bad_count, "sums": sums,
    })
}

const AMOUNTS: [&str; 3] = ["gross", "discount", "payable"];

/// Lines as a file and the profile by which it is read.
fn written(lines: &[Value]) -> (String, Value) {
    let text = |line: &Value, name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_there = |name: &&str| lines.iter().any(|line| line.get(*name).is_some_and(|amount| !amount.is_null()));
    let amounts: Vec<&str> = AMOUNTS.into_iter().filter(is_there).collect();
    let mut file = format!("occurred_at;request_id;authorization_id;external_id;terminal;{}\n", amounts.join(";"));
    for line in lines {
        let at: Option<Timestamp> = text(line, "occurred_at").parse().ok();
        let at = at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()).unwrap_or_default();
        let ids = line.get("authorization_ids").and_then(Value::as_array).into_iter().flatten();
        let ids: Vec<&str> = ids.filter_map(Value::as_str).collect();
        let quoted = |name| format!("\"{}\"", text(line, name).replace('"', "\"\""));
        let mut cells = vec![at, text(line, "request_id"), ids.join(" "), quoted("external_id"), quoted("terminal")];
        let amount = |name: &&str| line.get(*name).filter(|amount| !amount.is_null()).map(Value::to_string);
        cells.extend(amounts.iter().map(|name| amount(name).unwrap_or_default()));
        // Writing to a string can't fail.
        let _ = writeln!(file, "{}", cells.join(";"));
    }
    let names = ["occurred_at", "request_id", "authorization_id", "external_id", "terminal"];
    let columns: BTreeMap<&str, &str> = names.into_iter().chain(amounts).map(|name| (name, name)).collect();
    (file, json!({"columns": columns, "delimiter": ";", "minor": true, "dates": ["YYYY-MM-DDTHH:mm:ss.fffZ"]}))
}

/// `POST /providers/{code}/reconciliations`: the same again is the run that is there.
pub(super) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let provider = provider(call)?;
    let period = Period::of(date(call, "from")?, date(call, "until")?, "/until")?;
    let (file, profile) = given(call)?;
    let content = Content::of(file, &profile)?;
    let again = call.body.get("again").and_then(Value::as_bool).unwrap_or_default();
    let holding = Holding::of(call, provider, period, (&profile, &content.hash()), again)?;
    if let Some(known) = load(call, &holding.id)? {
        return Ok(made(&known));
    }
    let sheet = content.sheet((&holding.profile, &holding.day), &call.control.unpacking)?;
    let (changes, entry) = holding.run(&sheet, &mut |_| Ok::<_, Problem>(()))?;
    match call.control.registry.change(&changes, &[entry]) {
        // Somebody else was faster with the same.
        Ok(()) | Err(StoreError::RecordChanged { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let known = load(call, &holding.id)?.ok_or_else(|| Problem::from(Code::Unavailable))?;
    Ok(made(&known))
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

/// What a body has: a file, and how it is written.
fn given(call: &Call<'_>) -> Result<(String, Value), Problem> {
    let field = |name: &str| call.body.get(name).filter(|value| !value.is_null());
    match (field("file"), field("profile"), field("lines")) {
        (Some(Value::String(file)), Some(profile), None) => Ok((file.clone(), of_text(profile))),
        (None, None, Some(Value::Array(lines))) => Ok(written(lines)),
        _ => Err(Problem::at("", "expected `file` and `profile`, or `lines`")),
    }
}

/// What a body carries of a file: its text, or the bytes of a workbook.
enum Content {
    Text(String),
    Workbook(Vec<u8>),
}

impl Content {
    fn of(file: String, profile: &Value) -> Result<Self, Problem> {
        let profile = Profile::from_value(profile).map_err(|faults| faults_at("/profile", faults))?;
        match profile.format {
            Format::Csv => Ok(Self::Text(file)),
            Format::Xlsx => {
                let bytes = STANDARD.decode(file);
                bytes.map(Self::Workbook).map_err(|_| Problem::at("/file", "expected a workbook in base64"))
            }
        }
    }

    /// What it hashes to: what the same file does that is uploaded.
    fn hash(&self) -> String {
        hex(&match self {
            Self::Text(text) => Sha256::digest(text),
            Self::Workbook(bytes) => Sha256::digest(bytes),
        })
    }

    /// Its rows; a workbook waits for one of the turns.
    fn sheet(&self, (profile, day): (&Profile, &ServiceDay), unpacking: &Turns) -> Result<Sheet, Problem> {
        let read = match self {
            Self::Text(text) => read_sheet(&mut Cursor::new(text), profile, day, &mut |_| Ok(())),
            Self::Workbook(bytes) => {
                let _turn = unpacking.take().ok_or(Code::Overloaded)?;
                read_sheet(&mut Cursor::new(bytes), profile, day, &mut |_| Ok(()))
            }
        };
        read.map_err(of_sheet)
    }
}

fn made(known: &Kept<Run>) -> Answer {
    Answer::made(shown(known), format!("/admin/v1/reconciliations/{}", known.record.key)).tagged(known.etag())
}

fn load(call: &Call<'_>, id: &str) -> Result<Option<Kept<Run>>, Problem> {
    kept::load(&*call.control.registry, id, call.now)
}

/// A file that is refused whole. Faults of its columns are the profile's.
fn of_sheet(faults: avis_core::Faults) -> Problem {
    let is_of_profile = faults.list.iter().any(|fault| fault.pointer.starts_with("/columns"));
    faults_at(if is_of_profile { "/profile" } else { "" }, faults)
}

/// `GET /providers/{code}/reconciliations`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, provider) = (Page::of(call)?, provider(call)?);
    let filter = RecordFilter { owner: Some(provider), ..page.records() };
    let runs = kept::list::<Run>(&*call.control.registry, &filter, page.most(), call.now)?;
    Ok(page.answer(runs.iter().map(|run| (run.record.key.clone(), shown(run)))))
}

/// The run in the path, if it is the caller's party's.
pub(super) fn find(call: &Call<'_>) -> Result<Kept<Run>, Problem> {
    let run = load(call, call.path("id"))?.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(run.owner(), Action::SettlementRead)?;
    Ok(run)
}

/// `GET /reconciliations/{id}`.
pub(super) fn show(call: &Call<'_>) -> Result<Answer, Problem> {
    let run = find(call)?;
    Ok(Answer::of(shown(&run)).tagged(run.etag()))
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
