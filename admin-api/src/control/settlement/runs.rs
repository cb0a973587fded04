//! What reconciliations came to, by the time when they were made; of those over the same days the last one counts (settlement 4.4).

use avis_store::records::{RecordChange, RecordFilter};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::provider;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
const BAD: &[Field] = &[
    needed("line", Kind::Whole(1, i64::MAX)),
    needed("field", Kind::Token(0, 40)),
    needed("expected", Kind::Token(0, 300)),
];
const TOTALS: &[Field] = &[optional("gross", SUM), optional("discount", SUM), optional("payable", SUM)];
const SUMS: &[Field] = &[needed("written", Kind::Object(TOTALS)), needed("of_rows", Kind::Object(TOTALS))];

/// A run as it is shown. Amounts are minor units. `counts` where it is the last one of its days; of all `findings` that do not match the
/// first are kept.
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
    needed("counts", Kind::Truth),
    needed("findings", Kind::Whole(0, i64::MAX)),
    needed("findings_kept", Kind::Whole(0, i64::MAX)),
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
    /// How many findings do not match, and how many of them are kept.
    pub(super) findings: u64,
    pub(super) findings_kept: u64,
}

impl Object for Run {
    const KIND: &'static str = "reconciliation";
}

/// Where a run stands among those of its provider, under a key that grows with time. Its state are the days, so that the last run of them
/// is found.
#[derive(Serialize, Deserialize)]
struct Place {
    run: String,
}

impl Object for Place {
    const KIND: &'static str = "reconciliation_by_time";
}

impl Run {
    fn days(&self) -> String {
        format!("{}/{}", self.from, self.until)
    }

    /// The changes that make it, under its id and at its place.
    pub(super) fn changes(&self, id: &str, provider: &str, place: i64) -> [RecordChange; 2] {
        let key = format!("{provider}/{place:020}/{id}");
        let place = Place { run: id.to_owned() };
        [kept::make(id, self, (provider, "done"), None), kept::make(&key, &place, (provider, &self.days()), None)]
    }
}

/// The place of a run that begins now, behind those before it: of two that begin at once the later one is behind the other, too.
pub(super) fn next_place(call: &Call<'_>, provider: &str) -> Result<i64, Problem> {
    let filter = RecordFilter { owner: Some(provider), newest_first: true, ..RecordFilter::default() };
    let last = kept::list::<Place>(&*call.control.registry, &filter, 1, call.now)?;
    let last = last.first().and_then(|last| last.record.key.split('/').nth(1)?.parse::<i64>().ok());
    Ok(last.map_or(i64::MIN, |last| last.saturating_add(1)).max(call.now.as_microsecond()))
}

/// Whether it is the last run of its days.
pub(super) fn counts(call: &Call<'_>, run: &Kept<Run>) -> Result<bool, Problem> {
    let days = run.object.days();
    let filter =
        RecordFilter { owner: Some(run.owner()), state: Some(&days), newest_first: true, ..RecordFilter::default() };
    let last = kept::list::<Place>(&*call.control.registry, &filter, 1, call.now)?;
    Ok(last.first().is_some_and(|last| last.object.run == run.record.key))
}

/// A run as it is shown.
pub(super) fn shown(call: &Call<'_>, kept: &Kept<Run>) -> Result<Value, Problem> {
    let Run { from, until, made_at, made_by, summary, theirs, ours, outside, bad_rows, bad_count, sums, .. } =
        &kept.object;
    let Run { findings, findings_kept, .. } = &kept.object;
    Ok(json!({
        "id": kept.record.key, "provider": kept.owner(), "from": from, "until": until, "made_at": made_at,
        "made_by": made_by, "summary": summary, "theirs": theirs, "ours": ours, "outside": outside, "bad_rows": bad_rows,
        "bad_count": bad_count, "sums": sums, "counts": counts(call, kept)?, "findings": findings,
        "findings_kept": findings_kept,
    }))
}

/// The run of an id.
pub(super) fn load(call: &Call<'_>, id: &str) -> Result<Option<Kept<Run>>, Problem> {
    kept::load(&*call.control.registry, id, call.now)
}

/// `GET /providers/{code}/reconciliations`: in the order of time.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, provider) = (Page::of(call)?, provider(call)?);
    let filter = RecordFilter { owner: Some(provider), ..page.records() };
    let mut items = Vec::new();
    for place in kept::list::<Place>(&*call.control.registry, &filter, page.most(), call.now)? {
        let run = load(call, &place.object.run)?.ok_or_else(|| Problem::from(Code::Unavailable))?;
        items.push((place.record.key, shown(call, &run)?));
    }
    Ok(page.answer(items))
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
    // Another run of its days changes what it says of itself.
    Ok(Answer::of(shown(call, &run)?))
}
