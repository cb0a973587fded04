//! What reconciliations came to, by the time when they were made; of those over the same days the last one counts (settlement 4.4).

use std::collections::btree_map::{BTreeMap, Entry};

use avis_store::Registry;
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

/// A run as it is kept, by its provider and its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    /// The same content, profile and days have the same.
    pub(super) id: String,
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

/// The key of a run, under its id: keys of runs grow with time.
#[derive(Serialize, Deserialize)]
struct Place {
    key: String,
}

impl Object for Place {
    const KIND: &'static str = "reconciliation_id";
}

impl Run {
    /// Its days, which are the state of its record, so that the last run of them is found.
    fn days(&self) -> String {
        format!("{}/{}", self.from, self.until)
    }

    /// The changes that make it, at its place and under its id.
    pub(super) fn changes(&self, provider: &str, place: i64) -> [RecordChange; 2] {
        let key = format!("{provider}/{place:020}/{}", self.id);
        let run = kept::make(&key, self, (provider, &self.days()), None);
        [run, kept::make(&self.id, &Place { key }, (provider, ""), None)]
    }
}

/// The place of a run that begins now, behind those before it: of two that begin at once the later one is behind the other, too.
pub(super) fn next_place(call: &Call<'_>, provider: &str) -> Result<i64, Problem> {
    let last = newest(call, provider, None)?;
    let last = last.and_then(|last| last.record.key.split('/').nth(1)?.parse::<i64>().ok());
    Ok(last.map_or(i64::MIN, |last| last.saturating_add(1)).max(call.now.as_microsecond()))
}

/// The last run of a provider, of some days if it matters.
fn newest(call: &Call<'_>, provider: &str, days: Option<&str>) -> Result<Option<Kept<Run>>, Problem> {
    let filter = RecordFilter { owner: Some(provider), state: days, newest_first: true, ..RecordFilter::default() };
    Ok(kept::list::<Run>(&*call.control.registry, &filter, 1, call.now)?.pop())
}

/// Whether it is the last run of its days.
pub(super) fn counts(call: &Call<'_>, run: &Kept<Run>) -> Result<bool, Problem> {
    let last = newest(call, run.owner(), Some(&run.object.days()))?;
    Ok(last.is_some_and(|last| last.object.id == run.object.id))
}

/// A run as it is shown.
pub(super) fn shown(call: &Call<'_>, kept: &Kept<Run>) -> Result<Value, Problem> {
    Ok(shown_as(kept, counts(call, kept)?))
}

fn shown_as(kept: &Kept<Run>, counts: bool) -> Value {
    let Run { id, from, until, made_at, made_by, summary, theirs, ours, .. } = &kept.object;
    let Run { outside, bad_rows, bad_count, sums, findings, findings_kept, .. } = &kept.object;
    json!({
        "id": id, "provider": kept.owner(), "from": from, "until": until, "made_at": made_at,
        "made_by": made_by, "summary": summary, "theirs": theirs, "ours": ours, "outside": outside, "bad_rows": bad_rows,
        "bad_count": bad_count, "sums": sums, "counts": counts, "findings": findings, "findings_kept": findings_kept,
    })
}

/// The run of an id.
pub(super) fn load(registry: &dyn Registry, id: &str, now: Timestamp) -> Result<Option<Kept<Run>>, Problem> {
    let Some(place) = kept::load::<Place>(registry, id, now)? else { return Ok(None) };
    kept::load(registry, &place.object.key, now)
}

/// `GET /providers/{code}/reconciliations`: in the order of time.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, provider) = (Page::of(call)?, provider(call)?);
    let filter = RecordFilter { owner: Some(provider), ..page.records() };
    let (mut items, mut last) = (Vec::new(), BTreeMap::new());
    for run in kept::list::<Run>(&*call.control.registry, &filter, page.most(), call.now)? {
        let id = match last.entry(run.object.days()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(days) => {
                let newest = newest(call, provider, Some(days.key()))?;
                days.insert(newest.map(|run| run.object.id))
            }
        };
        let counts = id.as_ref() == Some(&run.object.id);
        items.push((run.record.key.clone(), shown_as(&run, counts)));
    }
    Ok(page.answer(items))
}

/// The run in the path, if it is the caller's party's.
pub(super) fn find(call: &Call<'_>) -> Result<Kept<Run>, Problem> {
    let run = load(&*call.control.registry, call.path("id"), call.now)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(run.owner(), Action::SettlementRead)?;
    Ok(run)
}

/// `GET /reconciliations/{id}`.
pub(super) fn show(call: &Call<'_>) -> Result<Answer, Problem> {
    let run = find(call)?;
    // Another run of its days changes what it says of itself.
    Ok(Answer::of(shown(call, &run)?))
}
