//! Contracts: what a grantor reimburses to a provider. One person drafts a version, another one of the grantor confirms it, and it
//! never changes (settlement 2).

use std::collections::BTreeMap;

use avis_core::settlement::{Contract, Contracts};
use avis_store::records::RecordFilter;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{OfPair, ReadPair, check_pair, faults_at, find, find_in, is_provider};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed, optional};

/// Drafted, and counting for nothing.
const DRAFT: &str = "draft";
/// Confirmed by a second person.
const CONFIRMED: &str = "confirmed";

const AMOUNT: Kind = Kind::Whole(0, avis_core::limits::AMOUNT_MAX);
const RATE: Kind = Kind::Whole(0, avis_core::limits::RATE_WHOLE);
const CEILING: &[Field] = &[needed("per", Kind::Word(&["month", "year", "validity"])), needed("amount", AMOUNT)];

const PROVIDER: Field = needed("provider", Kind::Code);
const FROM: Field = needed("from", Kind::Date);
const UNTIL: Field = optional("until", Kind::Date);
const RATES: Field = optional("rates", Kind::Json);
const CEILING_FIELD: Field = optional("ceiling", Kind::Object(CEILING));
const ROUNDING: Kind = Kind::Word(&["record", "batch"]);

/// A version as it is drafted.
pub(super) const NEW: &[Field] =
    &[PROVIDER, FROM, UNTIL, optional("rate", RATE), RATES, optional("rounding", ROUNDING), CEILING_FIELD];

/// A version as it is shown.
pub(super) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("grantor", Kind::Token(1, 200)),
    needed("provider", Kind::Token(1, 200)),
    needed("state", Kind::Word(&[DRAFT, CONFIRMED])),
    optional("version", Kind::Whole(1, i64::MAX)),
    FROM,
    UNTIL,
    needed("rate", RATE),
    needed("rates", Kind::Json),
    needed("rounding", ROUNDING),
    CEILING_FIELD,
    needed("drafted_by", Kind::Token(0, 100)),
    optional("confirmed_by", Kind::Token(0, 100)),
    optional("confirmed_at", Kind::Instant),
];

/// A version as it is kept, under its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    provider: String,
    /// None of a draft.
    version: Option<i64>,
    from: Date,
    until: Option<Date>,
    rate: i64,
    rates: Value,
    rounding: String,
    ceiling: Value,
    drafted_by: String,
    confirmed_by: Option<String>,
    confirmed_at: Option<Timestamp>,
}

impl Object for Version {
    const KIND: &'static str = "contract";
}

impl OfPair for Version {
    fn provider(&self) -> &str {
        &self.provider
    }

    fn is_shown_to_provider(state: &str) -> bool {
        state == CONFIRMED
    }
}

impl Version {
    /// As a body says it.
    fn read(call: &Call<'_>) -> Result<Self, Problem> {
        let body = |name: &str| call.body.get(name).cloned().unwrap_or_default();
        let until = body("until").as_str().and_then(|text| text.parse().ok());
        let version = Self {
            provider: call.text("provider").to_owned(),
            version: None,
            from: super::date(call, "from")?,
            until,
            rate: body("rate").as_i64().unwrap_or(avis_core::limits::RATE_WHOLE),
            rates: Some(body("rates")).filter(|rates| !rates.is_null()).unwrap_or_else(|| json!({})),
            rounding: body("rounding").as_str().unwrap_or("record").to_owned(),
            ceiling: body("ceiling"),
            drafted_by: call.caller()?.user.clone(),
            confirmed_by: None,
            confirmed_at: None,
        };
        version.contract(call.party()?).map_err(|faults| faults_at("", faults))?;
        Ok(version)
    }

    /// As the core reads it.
    fn contract(&self, grantor: &str) -> Result<Contract, avis_core::Faults> {
        let Self { provider, version, from, until, rate, rates, rounding, ceiling, .. } = self;
        Contract::from_value(&json!({
            "grantor": grantor, "provider": provider, "version": version.unwrap_or(1), "from": from, "until": until,
            "rate": rate, "rates": rates, "rounding": rounding, "ceiling": ceiling,
        }))
    }

    fn shown(&self, id: &str, grantor: &str, state: &str) -> Value {
        json!({
            "id": id, "grantor": grantor, "provider": self.provider, "state": state, "version": self.version,
            "from": self.from, "until": self.until, "rate": self.rate, "rates": self.rates, "rounding": self.rounding,
            "ceiling": self.ceiling, "drafted_by": self.drafted_by, "confirmed_by": self.confirmed_by,
            "confirmed_at": self.confirmed_at,
        })
    }
}

fn shown(kept: &Kept<Version>) -> Value {
    kept.object.shown(&kept.record.key, kept.owner(), kept.state())
}

/// The confirmed contracts of a pair.
pub(super) fn of_pair(call: &Call<'_>, grantor: &str, provider: &str) -> Result<Contracts, Problem> {
    let confirmed = confirmed(call, grantor)?;
    let of_pair = confirmed.iter().filter(|kept| kept.object.provider == provider);
    Ok(Contracts::of(of_pair.map(|kept| contract(kept, grantor)).collect::<Result<Vec<_>, _>>()?))
}

/// The confirmed contracts of a grantor, by provider.
pub(in crate::control) fn of_grantor(call: &Call<'_>, grantor: &str) -> Result<BTreeMap<String, Contracts>, Problem> {
    let mut contracts: BTreeMap<String, Vec<Contract>> = BTreeMap::new();
    for kept in confirmed(call, grantor)? {
        contracts.entry(kept.object.provider.clone()).or_default().push(contract(&kept, grantor)?);
    }
    Ok(contracts.into_iter().map(|(provider, of_pair)| (provider, Contracts::of(of_pair))).collect())
}

fn confirmed(call: &Call<'_>, grantor: &str) -> Result<Vec<Kept<Version>>, Problem> {
    let filter = RecordFilter { owner: Some(grantor), state: Some(CONFIRMED), ..RecordFilter::default() };
    kept::all(&*call.control.registry, &filter, call.now)
}

fn contract(kept: &Kept<Version>, grantor: &str) -> Result<Contract, Problem> {
    kept.object.contract(grantor).map_err(|faults| {
        tracing::error!(target: "avis::control", %faults, contract = kept.record.key, "a contract can't be read");
        Code::Failed.into()
    })
}

/// `GET /contracts`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    super::list::<Version>(call, |kept| Ok(shown(kept)))
}

/// `GET /contracts/{id}`.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let kept = find::<Version>(call)?;
    Ok(Answer::of(shown(&kept)).tagged(kept.etag()))
}

/// `POST /contracts`.
pub(super) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let (version, grantor) = (Version::read(call)?, call.party()?);
    check_pair(grantor, &version.provider)?;
    if !is_provider(call, &version.provider)? {
        return Err(Problem::at("/provider", "expected a provider that the rules know"));
    }
    let id = secret::id(call.now)?;
    let shown = version.shown(&id, grantor, DRAFT);
    let entry = call.entry("contract_drafted", (Version::KIND, &id), (None, Some(&shown)));
    call.control.registry.change(&[kept::make(&id, &version, (grantor, DRAFT), None)], &[entry])?;
    Ok(Answer::made(shown, format!("/admin/v1/contracts/{id}")).tagged(kept::etag(1)))
}

/// `POST /contracts/{id}/confirm`: by another than who drafted it. It is the pair's next version from then on.
pub(super) fn confirm(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut kept = find_in::<Version>(call, DRAFT)?;
    let by = call.caller()?.user.clone();
    if by == kept.object.drafted_by {
        return Err(Problem::new(Code::OwnWork, "a contract is confirmed by another than who drafted it"));
    }
    let read = ReadPair::of(call, kept.owner(), &kept.object.provider)?;
    let mut pair = read.pair();
    if let Some(until) = pair.until.filter(|until| kept.object.from < *until) {
        let detail =
            format!("the days before {until} are in an issued statement: expected `from` on that day or later");
        return Err(Problem::new(Code::PeriodIsIssued, detail));
    }
    pair.contracts += 1;
    let before = shown(&kept);
    kept.object.version = Some(pair.contracts);
    (kept.object.confirmed_by, kept.object.confirmed_at) = (Some(by), Some(call.now));
    let after = kept.object.shown(&kept.record.key, kept.owner(), CONFIRMED);
    let entry = call.entry("contract_confirmed", (Version::KIND, &kept.record.key), (Some(&before), Some(&after)));
    call.control.registry.change(&[kept.replace(CONFIRMED), read.replace(pair)], &[entry])?;
    Ok(Answer::of(after).tagged(kept::etag(kept.record.version + 1)))
}

/// `DELETE /contracts/{id}`: a draft.
pub(super) fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let kept = find_in::<Version>(call, DRAFT)?;
    let entry = call.entry("contract_removed", (Version::KIND, &kept.record.key), (Some(&shown(&kept)), None));
    call.control.registry.change(&[kept.remove()], &[entry])?;
    Ok(Answer::nothing())
}
