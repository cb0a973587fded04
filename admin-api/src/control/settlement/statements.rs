//! Statements: drafted over what is there, and sealed when they are issued (settlement 3).

use std::collections::BTreeMap;

use avis_core::narrow;
use avis_core::settlement::{Line, Period, adjustment_note};
use avis_store::records::{RecordChange, RecordFilter};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::computing::{Stated, compute};
use super::dispute::{self, Dispute};
use super::lines::{self, KeptLine};
use super::workbook::{self, WORKBOOK};
use super::{OfPair, all_of, check_pair, check_role, date, find, find_in, is_provider};
use crate::control::answer::{Answer, Download};
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::parties;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed, optional};

/// Over what is there, without a number.
pub(super) const DRAFT: &str = "draft";
/// Sealed; the other party looks at it.
pub(super) const ISSUED: &str = "issued";
/// Accepted by the other party.
pub(super) const AGREED: &str = "agreed";
/// Paid as a whole.
pub(super) const PAID: &str = "paid";

/// Lines of one statement.
const LINES_MAX: usize = 100_000;
/// Drafts of a pair: both parties look at a month, and at some of its days.
const DRAFTS_MAX: usize = 24;
const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
const CODE: Kind = Kind::Token(1, 200);
const REASON: Kind = Kind::Text(1, 200);

/// A statement as it is drafted.
pub(super) const NEW: &[Field] = &[
    needed("grantor", Kind::Code),
    needed("provider", Kind::Code),
    needed("from", Kind::Date),
    needed("until", Kind::Date),
];

const STEP: &[Field] = &[
    needed("step", Kind::Word(&["issued", "disputed", "dispute_withdrawn", "dispute_ended", "agreed", "paid"])),
    needed("by", Kind::Token(0, 100)),
    needed("party", CODE),
    needed("at", Kind::Instant),
    optional("reason", REASON),
];

/// A statement in a list.
pub(super) const LISTED: &[Field] = &[
    needed("id", Kind::Id),
    needed("grantor", CODE),
    needed("provider", CODE),
    needed("from", Kind::Date),
    needed("until", Kind::Date),
    needed("state", Kind::Word(&[DRAFT, ISSUED, AGREED, PAID])),
    optional("number", Kind::Whole(1, i64::MAX)),
    optional("total", SUM),
    optional("issued_by", CODE),
    // That wait for an answer.
    needed("open_disputes", Kind::Whole(0, i64::MAX)),
];

/// Why a draft can't be issued, as issuing would answer: of days that are stated already, or with something before them that is not.
const REFUSED: &[Field] =
    &[needed("code", Kind::Word(&["gap", "period_is_issued"])), needed("detail", Kind::Token(1, 300))];

/// A statement with its lines. A draft that can't be issued has none.
pub(super) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("grantor", CODE),
    needed("provider", CODE),
    needed("from", Kind::Date),
    needed("until", Kind::Date),
    needed("state", Kind::Word(&[DRAFT, ISSUED, AGREED, PAID])),
    optional("number", Kind::Whole(1, i64::MAX)),
    needed("total", SUM),
    needed("currency", Kind::Token(3, 3)),
    needed("opening", SUM),
    needed("balance", SUM),
    optional("hash", Kind::Token(64, 64)),
    optional("open_from", Kind::Date),
    optional("refused", Kind::Object(REFUSED)),
    needed("lines", Kind::List(&Kind::Object(lines::SHOWN), LINES_MAX)),
    needed("disputes", Kind::List(&Kind::Object(dispute::SHOWN), LINES_MAX)),
    needed("steps", Kind::List(&Kind::Object(STEP), LINES_MAX)),
    optional("paid_on", Kind::Date),
    optional("reference", Kind::Reference(1, 200)),
];

/// The sealed bytes, as CSV.
pub(super) const SEALED: &[Field] = &[needed("csv", Kind::Token(1, usize::MAX)), needed("hash", Kind::Token(64, 64))];

/// A statement as it is kept, under its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StatementRecord {
    pub(super) provider: String,
    pub(super) from: Date,
    pub(super) until: Date,
    /// None of a draft.
    pub(super) sealed: Option<Sealed>,
    pub(super) disputes: Vec<Dispute>,
    pub(super) steps: Vec<Step>,
    pub(super) paid: Option<Payment>,
}

/// What was sealed when a statement was issued. Amounts are minor units.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sealed {
    pub(super) number: u32,
    /// Whose party issued it: the other one agrees or disputes.
    pub(super) issued_by: String,
    pub(super) currency: String,
    pub(super) opening: i64,
    pub(super) total: i64,
    pub(super) csv: String,
    pub(super) hash: String,
    pub(super) lines: Vec<KeptLine>,
}

/// One step of a statement's life.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) step: String,
    pub(super) by: String,
    pub(super) party: String,
    pub(super) at: Timestamp,
    pub(super) reason: Option<String>,
}

/// That a statement was paid as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Payment {
    pub(super) on: Date,
    pub(super) reference: String,
}

impl Object for StatementRecord {
    const KIND: &'static str = "statement";
}

impl OfPair for StatementRecord {
    fn provider(&self) -> &str {
        &self.provider
    }

    fn is_shown_to_provider(_: &str) -> bool {
        true
    }
}

impl StatementRecord {
    pub(super) fn period(&self) -> Result<Period, Problem> {
        Period::new(self.from, self.until).map_err(|refused| Problem::at("/until", refused.to_string()))
    }
}

/// A statement that was issued, as the next one looks at it.
pub(super) struct Issued {
    pub(super) period: Period,
    pub(super) lines: Vec<Line>,
    /// Minor units.
    pub(super) total: i128,
    pub(super) is_paid: bool,
    /// What its disputes ended in and no statement has yet.
    pub(super) adjustments: Vec<(Box<str>, i128)>,
}

impl Issued {
    fn of(kept: &Kept<StatementRecord>, sealed: &Sealed) -> Result<Self, Problem> {
        let pending = |dispute: &Dispute| {
            let outcome = dispute.outcome.as_ref().filter(|outcome| !outcome.is_stated)?;
            Some((adjustment_note(sealed.number, dispute.line, &outcome.reason), outcome.adjusted?.into()))
        };
        Ok(Self {
            period: kept.object.period()?,
            lines: sealed.lines.iter().map(KeptLine::line).collect::<Result<_, _>>()?,
            total: sealed.total.into(),
            is_paid: kept.state() == PAID,
            adjustments: kept.object.disputes.iter().filter_map(pending).collect(),
        })
    }
}

/// The issued statements of a pair in the order of their numbers: as records, and as the next one looks at them.
pub(super) fn issued(
    call: &Call<'_>,
    grantor: &str,
    provider: &str,
) -> Result<(Vec<Kept<StatementRecord>>, Vec<Issued>), Problem> {
    let mut records = all_of::<StatementRecord>(call, grantor)?;
    records.retain(|kept| kept.object.provider == provider && kept.object.sealed.is_some());
    records.sort_by_key(|kept| kept.object.sealed.as_ref().map(|sealed| sealed.number));
    let issued = records.iter().filter_map(|kept| Some(Issued::of(kept, kept.object.sealed.as_ref()?)));
    let issued = issued.collect::<Result<Vec<_>, _>>()?;
    Ok((records, issued))
}

/// The days of a grantor's issued statements, by provider.
pub(in crate::control) fn issued_periods(
    call: &Call<'_>,
    grantor: &str,
) -> Result<BTreeMap<String, Vec<Period>>, Problem> {
    let mut periods: BTreeMap<String, Vec<Period>> = BTreeMap::new();
    for kept in all_of::<StatementRecord>(call, grantor)?.iter().filter(|kept| kept.object.sealed.is_some()) {
        periods.entry(kept.object.provider.clone()).or_default().push(kept.object.period()?);
    }
    Ok(periods)
}

/// A statement as its record stands; a draft as it would be sealed now.
pub(super) fn shown(call: &Call<'_>, kept: &Kept<StatementRecord>) -> Result<Value, Problem> {
    let StatementRecord { provider, from, until, sealed, disputes, steps, paid } = &kept.object;
    let disputes: Vec<Value> = disputes.iter().map(Dispute::shown).collect();
    let of_pair = json!({
        "id": kept.record.key, "grantor": kept.owner(), "provider": provider, "from": from, "until": until,
        "state": kept.state(), "disputes": disputes, "steps": steps, "paid_on": paid.as_ref().map(|paid| paid.on),
        "reference": paid.as_ref().map(|paid| &paid.reference),
    });
    let sums = match sealed {
        Some(sealed) => {
            let Sealed { number, currency, opening, total, hash, lines, .. } = sealed;
            let balance = opening.saturating_add(*total);
            json!({"number": number, "currency": currency, "opening": opening, "total": total, "balance": balance,
                   "hash": hash, "lines": lines})
        }
        None => {
            let stated = Stated { grantor: kept.owner(), provider, period: kept.object.period()? };
            let currency = rules::rules(call.control)?.currency();
            let computed = match compute(call, stated, &issued(call, kept.owner(), provider)?.1) {
                Ok(computed) => computed,
                Err(problem) if matches!(problem.code, Code::Gap | Code::PeriodIsIssued) => {
                    let refused = json!({"code": problem.code.word(), "detail": problem.detail});
                    let nothing = json!({"currency": currency, "opening": 0, "total": 0, "balance": 0, "lines": [],
                                         "refused": refused});
                    return Ok(joined(of_pair, nothing));
                }
                Err(problem) => return Err(problem),
            };
            let statement = &computed.statement;
            json!({"currency": currency, "opening": narrow(statement.opening),
                   "total": narrow(statement.total()), "balance": narrow(statement.balance()),
                   "open_from": computed.open_from, "lines": KeptLine::of(&statement.lines)})
        }
    };
    Ok(joined(of_pair, sums))
}

fn joined(mut one: Value, other: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut one, other) {
        fields.extend(more);
    }
    one
}

fn listed(kept: &Kept<StatementRecord>) -> Value {
    let StatementRecord { provider, from, until, sealed, steps, disputes, .. } = &kept.object;
    let issued = steps.iter().find(|step| step.step == ISSUED);
    json!({
        "id": kept.record.key, "grantor": kept.owner(), "provider": provider, "from": from, "until": until,
        "state": kept.state(), "number": sealed.as_ref().map(|sealed| sealed.number),
        "total": sealed.as_ref().map(|sealed| sealed.total), "issued_by": issued.map(|step| &step.party),
        "open_disputes": disputes.iter().filter(|dispute| dispute.is_open()).count(),
    })
}

/// `GET /statements`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    super::list::<StatementRecord>(call, |kept| Ok(listed(kept)))
}

/// `GET /statements/{id}`.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let kept = find::<StatementRecord>(call)?;
    Ok(Answer::of(shown(call, &kept)?).tagged(kept.etag()))
}

/// `GET /statements/{id}/sealed`: the bytes that both parties can hash.
pub(super) fn sealed(call: &Call<'_>) -> Result<Answer, Problem> {
    let Sealed { csv, hash, .. } = sealed_in_path(call)?;
    Ok(Answer::of(json!({"csv": csv, "hash": hash})))
}

/// `GET /statements/{id}/workbook`.
pub(super) fn workbook(call: &Call<'_>) -> Result<Answer, Problem> {
    let bytes = workbook::workbook(&sealed_in_path(call)?.csv).map_err(|error| {
        tracing::error!(target: "avis::control", %error, "a workbook can't be packed");
        Problem::from(Code::Failed)
    })?;
    Ok(Answer::download(Download::new(WORKBOOK, move |out| out.write_all(&bytes))))
}

/// What was sealed of the statement in the path.
fn sealed_in_path(call: &Call<'_>) -> Result<Sealed, Problem> {
    let sealed = find::<StatementRecord>(call)?.object.sealed;
    sealed.ok_or_else(|| Problem::new(Code::NotInThisState, "a draft is not sealed"))
}

/// `POST /statements`: by either party.
pub(super) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let (grantor, provider, party) = (call.text("grantor"), call.text("provider"), call.party()?);
    if party != grantor && party != provider {
        return Err(Problem::at("/grantor", "expected the own party as `grantor` or as `provider`"));
    }
    check_role(call, grantor, provider)?;
    check_pair(grantor, provider)?;
    let turn = check_parties(call, grantor, provider)?;
    let (from, until) = (date(call, "from")?, date(call, "until")?);
    let (sealed, paid) = (None, None);
    let provider = provider.to_owned();
    let object = StatementRecord { provider, from, until, sealed, disputes: Vec::new(), steps: Vec::new(), paid };
    object.period()?;
    let id = secret::id(call.now)?;
    let told = json!({"grantor": grantor, "provider": object.provider, "from": from, "until": until});
    let entry = call.entry("statement_drafted", (StatementRecord::KIND, &id), (None, Some(&told)));
    call.control.registry.change(&[turn, kept::make(&id, &object, (grantor, DRAFT), None)], &[entry])?;
    let made = kept::load::<StatementRecord>(&*call.control.registry, &id, call.now)?;
    let made = made.ok_or_else(|| Problem::from(Code::Unavailable))?;
    Ok(Answer::made(listed(&made), format!("/admin/v1/statements/{id}")).tagged(made.etag()))
}

/// Refuses a statement of parties of which nobody knows, or that were closed, and one more draft where the pair has many; what keeps
/// it so until the draft is written.
fn check_parties(call: &Call<'_>, grantor: &str, provider: &str) -> Result<RecordChange, Problem> {
    if !is_provider(call, provider)? {
        return Err(Problem::at("/provider", "expected a provider that the rules know"));
    }
    if grantor != call.party()? && !parties::is_open(call, grantor)? {
        return Err(Problem::at("/grantor", "expected a party of this installation that was not closed"));
    }
    let turn = kept::turn(&*call.control.registry, &format!("statements {grantor}/{provider}"), call.now)?;
    let filter = RecordFilter { owner: Some(grantor), state: Some(DRAFT), ..RecordFilter::default() };
    let drafts = kept::all::<StatementRecord>(&*call.control.registry, &filter, call.now)?;
    if drafts.iter().filter(|kept| kept.object.provider == provider).count() >= DRAFTS_MAX {
        let detail = format!("the pair has {DRAFTS_MAX} drafts: expected that one of them is removed");
        return Err(Problem::new(Code::TooManyObjects, detail));
    }
    Ok(turn)
}

/// `DELETE /statements/{id}`: a draft.
pub(super) fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let kept = find_in::<StatementRecord>(call, DRAFT)?;
    let entry =
        call.entry("statement_removed", (StatementRecord::KIND, &kept.record.key), (Some(&listed(&kept)), None));
    call.control.registry.change(&[kept.remove()], &[entry])?;
    Ok(Answer::nothing())
}
