//! What a run found, and who resolved it and why (settlement 4.3, 4.4).

use std::collections::{BTreeMap, HashSet};

use avis_core::settlement::PostedMovement;
use avis_core::settlement::reconcile::{Finding, Status};
use avis_store::records::{RecordChange, RecordFilter};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::advising::{self, KeptRow};
use super::dispute::LineClaim;
use super::disputing::{self, Claim, Disputed};
use super::moved::{self, MOVED_MAX, Moved};
use super::runs::{self, Run};
use super::statements::StatementRecord;
use super::{contracts, steps};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};
use crate::control::users::User;

/// What a finding can be that is kept: not [`Status::Matched`].
const STATUSES: &[&str] = &[
    Status::AmountDiffers.word(),
    Status::WrongPrice.word(),
    Status::WrongDay.word(),
    Status::Clock.word(),
    Status::Late.word(),
    Status::Duplicate.word(),
    Status::Cancelled.word(),
    MISSING_HERE,
    Status::MissingThere.word(),
    RESOLVED,
];
/// What a late advice can be made of.
const MISSING_HERE: &str = Status::MissingHere.word();
/// What somebody dealt with.
const RESOLVED: &str = "resolved";
const ACCEPT: &str = "accept";
const ADVICE: &str = "advice";
const DISPUTE: &str = "dispute";
const IGNORE: &str = "ignore";
const REOPEN: &str = "reopen";
const ACTIONS: Kind = Kind::Word(&[ACCEPT, ADVICE, DISPUTE, IGNORE, REOPEN]);
const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
const TOTALS: &[Field] = &[optional("gross", SUM), optional("discount", SUM), optional("payable", SUM)];
const WORDS: usize = 10;

/// What is done about a finding, and why.
pub(super) const RESOLVE: &[Field] = &[
    needed("action", ACTIONS),
    optional("reason", Kind::Text(1, 200)),
    optional("advice", Kind::Object(advising::ADVICE)),
    optional("dispute", Kind::Object(disputing::DISPUTE)),
];

const RESOLUTION: &[Field] = &[
    needed("action", ACTIONS),
    needed("by", Kind::Token(0, 100)),
    optional("by_name", Kind::Text(1, 200)),
    needed("at", Kind::Instant),
    optional("reason", Kind::Text(1, 200)),
    needed("prior", Kind::Word(STATUSES)),
    optional("authorization", Kind::Id),
    optional("statement", Kind::Id),
];

/// A finding as it is shown.
pub(super) const SHOWN: &[Field] = &[
    needed("key", Kind::Token(64, 64)),
    needed("status", Kind::Word(STATUSES)),
    needed("also", Kind::List(&Kind::Word(STATUSES), WORDS)),
    needed("lines", Kind::List(&Kind::Whole(1, i64::MAX), 1_000_000)),
    needed("movements", Kind::List(&Kind::Token(1, 60), 1_000_000)),
    needed("moved", Kind::List(&Kind::Object(moved::SHOWN), MOVED_MAX)),
    needed("difference", Kind::Object(TOTALS)),
    optional("row", Kind::Object(advising::ROW)),
    optional("resolution", Kind::Object(RESOLUTION)),
];

/// A finding as it is kept, under its run and its key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptFinding {
    key: String,
    status: String,
    also: Value,
    lines: Vec<u64>,
    movements: Vec<String>,
    /// The first of them, with what moved; none in what was kept before it was told.
    #[serde(default)]
    moved: Vec<Moved>,
    difference: Value,
    /// Of one that is missing here.
    row: Option<KeptRow>,
}

impl Object for KeptFinding {
    const KIND: &'static str = "finding";
}

/// What somebody did about a finding. It holds for each run over the same days, as long as the finding's status is the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Resolution {
    action: String,
    by: String,
    at: Timestamp,
    reason: Option<String>,
    /// The status that was resolved.
    prior: String,
    /// What a late advice opened.
    authorization: Option<String>,
    /// The statement of which a line is disputed; none while it waits to be issued.
    statement: Option<String>,
    /// What is disputed.
    claim: Option<Claim>,
}

/// Names of users by whose they are, each read once for a page; none of a user who is gone.
type Names = BTreeMap<String, Option<String>>;

/// What stands beside the findings of a page, read once.
struct Beside {
    names: Names,
    /// The provider's.
    terminals: HashSet<String>,
}

impl Beside {
    fn of(call: &Call<'_>, provider: &str) -> Result<Self, Problem> {
        Ok(Self { names: Names::new(), terminals: advising::terminals_of(call, provider)? })
    }
}

/// The state of a resolution whose dispute waits for its statement.
const WAITS: &str = "waits";

impl Object for Resolution {
    const KIND: &'static str = "resolution";
}

impl Resolution {
    /// What the body says of a finding.
    fn of(call: &Call<'_>, finding: &KeptFinding) -> Result<Self, Problem> {
        let (action, reason) = (call.text("action"), call.text("reason"));
        if [IGNORE, DISPUTE].contains(&action) && reason.is_empty() {
            return Err(Problem::at("/reason", "expected a reason"));
        }
        for (name, of) in [("advice", ADVICE), ("dispute", DISPUTE)] {
            if action != of && call.body.get(name).is_some_and(|said| !said.is_null()) {
                return Err(Problem::at(format!("/{name}"), format!("expected none without the action `{of}`")));
            }
        }
        Ok(Self {
            action: action.to_owned(),
            by: call.caller()?.user.clone(),
            at: call.now,
            reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
            prior: finding.status.clone(),
            authorization: None,
            statement: None,
            claim: None,
        })
    }

    /// With the name of who it is, as far as there still is such a user.
    fn shown(&self, call: &Call<'_>, names: &mut Names) -> Result<Value, Problem> {
        if !names.contains_key(&self.by) {
            let user = kept::load::<User>(&*call.control.registry, &self.by, call.now)?;
            names.insert(self.by.clone(), user.map(|user| user.object.name));
        }
        let mut shown = self.told();
        if let (Some(fields), Some(Some(name))) = (shown.as_object_mut(), names.get(&self.by)) {
            fields.insert("by_name".to_owned(), json!(name));
        }
        Ok(shown)
    }

    fn told(&self) -> Value {
        let Self { action, by, at, reason, prior, authorization, statement, .. } = self;
        json!({"action": action, "by": by, "at": at, "reason": reason, "prior": prior, "authorization": authorization,
               "statement": statement})
    }
}

/// What can be serialised as JSON that a record keeps.
pub(super) fn value(of: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(of).map_err(|_| Problem::new(Code::Invalid, "a sum is beyond all that AVIS keeps"))
}

/// The key of a finding's record.
pub(super) fn key(run: &str, finding: &str) -> String {
    format!("{run}/{finding}")
}

impl KeptFinding {
    /// As it was found among movements, in the order of their ids.
    pub(super) fn of(finding: &Finding, among: &[PostedMovement]) -> Result<Self, Problem> {
        let Finding { key, status, also, lines, movements, difference, missing } = finding;
        Ok(Self {
            key: key.clone(),
            status: status.word().to_owned(),
            also: value(also)?,
            lines: lines.clone(),
            movements: movements.clone(),
            moved: Moved::of(movements, among),
            difference: value(difference)?,
            row: missing.as_ref().map(KeptRow::of),
        })
    }

    fn shown(&self, call: &Call<'_>, resolution: Option<&Resolution>, beside: &mut Beside) -> Result<Value, Problem> {
        let holds = resolution.filter(|it| it.prior == self.status && it.action != REOPEN);
        let status = if holds.is_some() { RESOLVED } else { &self.status };
        let Self { key, also, lines, movements, moved, difference, row, .. } = self;
        let resolution = resolution.map(|resolution| resolution.shown(call, &mut beside.names)).transpose()?;
        let row = row.as_ref().map(|row| row.shown(&beside.terminals));
        Ok(json!({"key": key, "status": status, "also": also, "lines": lines, "movements": movements,
                  "moved": moved, "difference": difference, "row": row, "resolution": resolution}))
    }
}

/// The resolution of a finding over the days of a run.
fn resolution(call: &Call<'_>, run: &Kept<Run>, finding: &str) -> Result<(String, Option<Kept<Resolution>>), Problem> {
    let key = format!("{}/{}/{}/{finding}", run.owner(), run.object.from, run.object.until);
    let found = kept::load::<Resolution>(&*call.control.registry, &key, call.now)?;
    Ok((key, found))
}

/// `GET /reconciliations/{id}/findings`: all that do not match, by their keys.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, run) = (Page::of(call)?, runs::find(call)?);
    // The keys of a run's findings are those between its id with a slash and with what comes after it.
    let first = key(&run.object.id, "");
    let after = if page.after.is_empty() { first.clone() } else { page.after.clone() };
    let filter = RecordFilter { owner: Some(run.owner()), after: &after, ..RecordFilter::default() };
    let (mut items, mut beside) = (Vec::new(), Beside::of(call, run.owner())?);
    for finding in kept::list::<KeptFinding>(&*call.control.registry, &filter, page.most(), call.now)? {
        if !finding.record.key.starts_with(&first) {
            break;
        }
        let (_, resolution) = resolution(call, &run, &finding.object.key)?;
        let shown = finding.object.shown(call, resolution.as_ref().map(|kept| &kept.object), &mut beside)?;
        items.push((finding.record.key, shown));
    }
    Ok(page.answer(items))
}

/// `POST /reconciliations/{id}/findings/{key}/resolve`: who did what about it, and why.
pub(super) fn resolve(call: &Call<'_>) -> Result<Answer, Problem> {
    let run = runs::find(call)?;
    if !runs::counts(call, &run)? {
        let detail = "a later reconciliation of the same days counts: expected one of its findings";
        return Err(Problem::new(Code::NotInThisState, detail));
    }
    let found = kept::load::<KeptFinding>(&*call.control.registry, &key(&run.object.id, call.path("key")), call.now)?;
    let finding = found.ok_or_else(|| Problem::from(Code::NotFound))?.object;
    let (key, before) = resolution(call, &run, &finding.key)?;
    let mut resolved = Resolution::of(call, &finding)?;
    let (mut state, mut changes, mut entries) = ("", Vec::new(), Vec::new());
    match call.text("action") {
        ADVICE => resolved.authorization = Some(advise(call, run.owner(), &finding)?),
        DISPUTE => {
            let difference = finding.difference.get("discount").and_then(Value::as_i64);
            let claim = Claim::of(call, run.owner(), &finding.movements, difference)?;
            match claim.dispute(call, run.owner(), &key)? {
                Disputed::Now(statement, line) => {
                    resolved.statement = Some(statement.record.key.clone());
                    let (change, entry) = steps::disputed(call, *statement, ("disputed", line))?;
                    changes.push(change);
                    entries.push(entry);
                }
                Disputed::Waits(pair) => {
                    changes.push(*pair);
                    state = WAITS;
                }
            }
            resolved.claim = Some(claim);
        }
        _ => {}
    }
    // Whatever else is said of a finding takes back that it was disputed, as long as nobody answered.
    let disputed = before.as_ref().and_then(|before| before.object.statement.as_deref());
    if let Some(statement) = disputed.filter(|_| call.text("action") != DISPUTE)
        && let Some((change, entry)) = disputing::withdraw(call, statement, &key)?
    {
        changes.push(change);
        entries.push(entry);
    }
    let told = resolved.told();
    let told_before = before.as_ref().map(|kept| kept.object.told());
    changes.push(kept::put(before.as_ref(), &key, &resolved, (run.owner(), state)));
    entries.push(call.entry("finding_resolved", (Resolution::KIND, &key), (told_before.as_ref(), Some(&told))));
    call.control.registry.change(&changes, &entries)?;
    Ok(Answer::of(finding.shown(call, Some(&resolved), &mut Beside::of(call, run.owner())?)?))
}

/// The authorization that is made out of a row that is missing here.
fn advise(call: &Call<'_>, provider: &str, finding: &KeptFinding) -> Result<String, Problem> {
    let row = finding.row.as_ref().filter(|_| finding.status == MISSING_HERE);
    let row = row.ok_or_else(|| Problem::new(Code::NotInThisState, "expected a finding that is `missing_here`"))?;
    Ok(advising::advise(call, provider, (&finding.key, row))?.to_string())
}

/// Enters what was disputed of the days of a statement before another party issued it: the resolutions as they stand then.
///
/// # Errors
/// Records that can't be read.
pub(super) fn dispute_waiting(
    call: &Call<'_>,
    statement: &mut Kept<StatementRecord>,
) -> Result<Vec<RecordChange>, Problem> {
    let provider = statement.object.provider.clone();
    if call.party()? == provider {
        // Nobody disputes what the own party issues: the claims wait for good, and tell so.
        return Ok(Vec::new());
    }
    let filter = RecordFilter { owner: Some(&provider), state: Some(WAITS), ..RecordFilter::default() };
    let contracts = contracts::of_pair(call, statement.owner(), &provider)?;
    let mut changes = Vec::new();
    for mut kept in kept::all::<Resolution>(&*call.control.registry, &filter, call.now)? {
        let Some(claim) = kept.object.claim.clone() else { continue };
        if !claim.is_of(statement.owner(), &statement.object) {
            continue;
        }
        let Resolution { by, at, reason, .. } = kept.object.clone();
        let (finding, reason) = (Some(kept.record.key.clone()), reason.unwrap_or_default());
        claim.enter(statement, &contracts, |more| LineClaim { finding, more, reason, by, at })?;
        kept.object.statement = Some(statement.record.key.clone());
        changes.push(kept.replace(""));
    }
    Ok(changes)
}
