//! Reconciliation of what a provider says that it sold with what the ledger has: as CSV or a workbook by a profile, or line by line
//! (settlement 4).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use avis_core::movement::ServiceDay;
use avis_core::settlement::reconcile::{Dates, Format, Profile, Reconciliation, Sheet, Status, reconcile};
use avis_core::settlement::{MovementId, PostedMovement};
use avis_store::records::RecordFilter;
use avis_store::{Authorizations, ClosedDays, Entries, StoreError, Wanted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::findings::{self, KeptFinding};
use super::{date, days, faults_at, provider, service_day};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::pace::Turns;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::secret::{hashed, id_of_hash};
use crate::control::shape::{Field, Kind, needed, optional};
use crate::read_workbook;

/// Bytes of a body with a file or with lines: a month of a carrier's tickets.
pub(super) const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Lines that a body may carry.
const LINES_MAX: usize = 50_000;
/// Findings of one run that do not match: nobody looks at more.
const FINDINGS_MAX: usize = 20_000;
/// Workbooks that are unpacked at a time: what one shares stays in memory while its rows are read.
pub(in crate::control) const UNPACKED_AT_ONCE: usize = 2;
/// Ids that are asked for at once.
const IDS_AT_ONCE: usize = 10_000;

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
    made_at: Timestamp,
    made_by: String,
    summary: Value,
    theirs: Value,
    ours: Value,
    outside: u64,
    bad_rows: Value,
    bad_count: u64,
    sums: Value,
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

/// What is reconciled.
struct Given {
    dates: Dates,
    from: Date,
    until: Date,
    text: String,
    profile: Value,
}

impl Given {
    fn of(call: &Call<'_>) -> Result<Self, Problem> {
        let (from, until) = (date(call, "from")?, date(call, "until")?);
        let dates = Dates::new(from, until).ok_or_else(|| {
            Problem::at("/until", format!("expected a day after `from`, {} days at most", Dates::DAYS_MAX))
        })?;
        let field = |name: &str| call.body.get(name).filter(|value| !value.is_null());
        let (text, profile) = match (field("file"), field("profile"), field("lines")) {
            (Some(Value::String(file)), Some(profile), None) => (file.clone(), profile.clone()),
            (None, None, Some(Value::Array(lines))) => written(lines),
            _ => return Err(Problem::at("", "expected `file` and `profile`, or `lines`")),
        };
        Ok(Self { dates, from, until, text, profile })
    }

    /// The same file, profile and dates have the same id, unless they are to be looked at again.
    fn id(&self, call: &Call<'_>, provider: &str) -> Result<String, Problem> {
        let again = call.body.get("again").and_then(Value::as_bool).unwrap_or_default().then_some(call.now);
        let meaning = json!([provider, self.from, self.until, self.text, self.profile, again]).to_string();
        let id = id_of_hash(&hashed(&meaning)).ok_or_else(|| Problem::from(Code::Failed))?;
        Ok(id.to_string())
    }
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
    let (provider, given) = (provider(call)?, Given::of(call)?);
    let id = given.id(call, provider)?;
    if let Some(known) = load(call, &id)? {
        return Ok(made(&known));
    }
    let profile = Profile::from_value(&given.profile).map_err(|faults| faults_at("/profile", faults))?;
    let day = service_day(call.control, provider)?;
    let zone = day.zone();
    let sheet = sheet(&given.text, &profile, &day, &call.control.unpacking)?;
    let movements = movements(call, provider, &sheet, &given)?;
    let found = reconcile(&sheet, &movements, &profile, given.dates, zone);
    let run = run(call, &given, &sheet, &found)?;
    let mut changes = vec![kept::make(&id, &run, (provider, "done"), None)];
    let unmatched: Vec<_> = found.findings.iter().filter(|finding| finding.status != Status::Matched).collect();
    if unmatched.len() > FINDINGS_MAX {
        let detail = format!("more than {FINDINGS_MAX} findings: expected a shorter period, or another profile");
        return Err(Problem::new(Code::TooManyObjects, detail));
    }
    for finding in unmatched {
        changes.push(kept::make(&findings::key(&id, &finding.key), &KeptFinding::of(finding)?, (provider, ""), None));
    }
    let told = json!({"from": given.from, "until": given.until, "summary": run.summary});
    let entry = call.entry("reconciled", (Run::KIND, &id), (None, Some(&told)));
    match call.control.registry.change(&changes, &[entry]) {
        // Somebody else was faster with the same.
        Ok(()) | Err(StoreError::RecordChanged { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let known = load(call, &id)?.ok_or_else(|| Problem::from(Code::Unavailable))?;
    Ok(made(&known))
}

fn made(known: &Kept<Run>) -> Answer {
    Answer::made(shown(known), format!("/admin/v1/reconciliations/{}", known.record.key)).tagged(known.etag())
}

fn load(call: &Call<'_>, id: &str) -> Result<Option<Kept<Run>>, Problem> {
    kept::load(&*call.control.registry, id, call.now)
}

/// The rows of a file: of a text as it is, of a workbook from its base64 in one of the turns.
fn sheet(file: &str, profile: &Profile, day: &ServiceDay, unpacking: &Turns) -> Result<Sheet, Problem> {
    match profile.format {
        Format::Csv => Sheet::read(file, profile, day.zone(), day).map_err(of_sheet),
        Format::Xlsx => {
            let bytes = STANDARD.decode(file).map_err(|_| Problem::at("/file", "expected a workbook in base64"))?;
            let _turn = unpacking.take().ok_or(Code::Overloaded)?;
            read_workbook(&bytes, profile, day.zone(), day).map_err(of_sheet)
        }
    }
}

/// A file that is refused whole. Faults of its columns are the profile's.
fn of_sheet(faults: avis_core::Faults) -> Problem {
    let is_of_profile = faults.list.iter().any(|fault| fault.pointer.starts_with("/columns"));
    faults_at(if is_of_profile { "/profile" } else { "" }, faults)
}

/// The provider's movements near the dates, and those that the file names.
fn movements(call: &Call<'_>, provider: &str, sheet: &Sheet, given: &Given) -> Result<Vec<PostedMovement>, Problem> {
    let closed = days::closed(call, provider)?;
    let (before, behind) = (given.from.yesterday(), given.until.tomorrow());
    let (before, behind) = (before.unwrap_or(Date::MIN), behind.unwrap_or(Date::MAX));
    let mut found = BTreeMap::new();
    read(call, (provider, &closed), Authorizations::OfDays(before, behind), &mut found)?;
    let requests: Vec<Uuid> = sheet.requests().collect();
    for ids in requests.chunks(IDS_AT_ONCE) {
        read(call, (provider, &closed), Authorizations::OfRequests(ids), &mut found)?;
    }
    let named: Vec<Uuid> = sheet.authorizations().collect();
    for ids in named.chunks(IDS_AT_ONCE) {
        read(call, (provider, &closed), Authorizations::Of(ids), &mut found)?;
    }
    Ok(found.into_values().collect())
}

fn read(
    call: &Call<'_>,
    (provider, closed): (&str, &ClosedDays),
    of: Authorizations<'_>,
    found: &mut BTreeMap<MovementId, PostedMovement>,
) -> Result<(), Problem> {
    let wanted = Wanted { provider, entries: Entries::None, closed, of };
    Ok(call.control.reports.each_posting(&wanted, &mut |posting| {
        found.insert(posting.movement.id, posting.movement);
        Ok(())
    })?)
}

fn run(call: &Call<'_>, given: &Given, sheet: &Sheet, found: &Reconciliation) -> Result<Run, Problem> {
    Ok(Run {
        from: given.from,
        until: given.until,
        made_at: call.now,
        made_by: call.caller()?.user.clone(),
        summary: findings::value(&found.summary)?,
        theirs: findings::value(&found.theirs)?,
        ours: findings::value(&found.ours)?,
        outside: found.outside,
        bad_rows: findings::value(&sheet.bad)?,
        bad_count: sheet.bad_count,
        sums: findings::value(&sheet.sums)?,
    })
}

/// `GET /providers/{code}/reconciliations`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, provider) = (Page::of(call)?, provider(call)?);
    let filter = RecordFilter { owner: Some(provider), after: &page.after, ..RecordFilter::default() };
    let runs = kept::list::<Run>(&*call.control.registry, &filter, page.most(), call.now)?;
    Ok(page.answer(runs.iter().map(|run| (run.record.key.clone(), shown(run))).collect()))
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
        let (turns, file) = (Turns::of(1), STANDARD.encode("no workbook"));
        let code = || sheet(&file, &profile, &day, &turns).err().map(|problem| problem.code);
        let taken = turns.take();
        assert_eq!(code(), Some(Code::Overloaded));
        drop(taken);
        assert_eq!((code(), code()), (Some(Code::Invalid), Some(Code::Invalid)), "each turn is given back");
    }
}
