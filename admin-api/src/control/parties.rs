//! Parties: legal bodies that grant, sell, serve, or run the installation.

use std::collections::BTreeSet;

use avis_store::AuditEntry;
use avis_store::records::{RecordChange, RecordFilter};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Control;
use super::answer::Answer;
use super::call::Call;
use super::kept::{self, Kept, Object};
use super::list::Page;
use super::policy::Action;
use super::problem::{Code, Problem};
use super::shape::{Field, Kind, NAME, needed, optional};

/// The state of a party whose roles count.
pub(crate) const ACTIVE: &str = "active";
/// The state of one whose roles don't.
const CLOSED: &str = "closed";

/// What a party may be.
const CAPACITIES: &[&str] = &["operator", "grantor", "provider", "centre", "institution"];
/// The capacity of exactly one party, and the code of that party.
pub const OPERATOR: &str = "operator";

/// The fields that may change.
macro_rules! changeable {
    () => {
        needed("name", Kind::Object(NAME))
    };
}

/// A party as it is made.
pub(crate) const NEW: &[Field] = &[
    needed("code", Kind::Code),
    changeable!(),
    needed("capacities", Kind::List(&Kind::Word(CAPACITIES), 5)),
    optional("commercial", Kind::Truth),
    optional("contact", Kind::Text(0, 500)),
];

/// A party as it is changed.
pub(crate) const CHANGE: &[Field] = &[
    changeable!(),
    needed("capacities", Kind::List(&Kind::Word(CAPACITIES), 5)),
    optional("commercial", Kind::Truth),
    optional("contact", Kind::Text(0, 500)),
    optional("state", Kind::Word(&[ACTIVE, CLOSED])),
];

/// A party as it is shown.
pub(crate) const SHOWN: &[Field] = &[
    needed("code", Kind::Code),
    changeable!(),
    needed("capacities", Kind::List(&Kind::Word(CAPACITIES), 5)),
    needed("commercial", Kind::Truth),
    needed("contact", Kind::Text(0, 500)),
    needed("state", Kind::Word(&[ACTIVE, CLOSED])),
];

/// A party as it is kept, under its code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Party {
    name: Name,
    capacities: Vec<String>,
    #[serde(default)]
    commercial: bool,
    #[serde(default)]
    contact: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Name {
    lv: String,
    en: String,
}

impl Object for Party {
    const KIND: &'static str = "party";
}

impl Party {
    /// The party that runs the installation, as it is at first.
    pub(crate) fn first_operator() -> Self {
        let name = Name { lv: "Operators".into(), en: "Operator".into() };
        Self { name, capacities: vec![OPERATOR.into()], commercial: false, contact: String::new() }
    }

    /// Whether it runs the installation.
    pub(crate) fn is_operator(&self) -> bool {
        self.has(OPERATOR)
    }

    /// Whether it has a capacity.
    pub(crate) fn has(&self, capacity: &str) -> bool {
        self.capacities.iter().any(|own| own == capacity)
    }

    pub(crate) fn read(body: &Value) -> Result<Self, Problem> {
        let party: Self =
            serde_json::from_value(without_nulls(body)).map_err(|_| Problem::at("", "expected a party"))?;
        let mut sorted = party.capacities.clone();
        sorted.sort();
        sorted.dedup();
        if sorted.is_empty() || sorted.len() != party.capacities.len() {
            return Err(Problem::at("/capacities", "expected at least one capacity, each once"));
        }
        Ok(party)
    }

    fn shown(&self, code: &str, state: &str) -> Value {
        json!(Shown { code, party: self, state })
    }
}

/// A party as it is shown, of all that is kept.
#[derive(Serialize)]
struct Shown<'a> {
    code: &'a str,
    #[serde(flatten)]
    party: &'a Party,
    state: &'a str,
}

impl<'a> Shown<'a> {
    fn of(kept: &'a Kept<Party>) -> Self {
        Self { code: &kept.record.key, party: &kept.object, state: kept.state() }
    }
}

/// Whether a party is registered, and was not closed.
pub(crate) fn is_open(call: &Call<'_>, code: &str) -> Result<bool, Problem> {
    let party = kept::load::<Party>(&*call.control.registry, code, call.now)?;
    Ok(party.is_some_and(|party| party.state() != CLOSED))
}

/// Whether a party was closed. One that is not registered is not.
pub(crate) fn is_closed(control: &Control, code: &str) -> Result<bool, Problem> {
    let party = kept::load::<Party>(&*control.registry, code, control.clock.now())?;
    Ok(party.is_some_and(|party| party.state() == CLOSED))
}

/// The codes of commercial parties, in one record beside them, so that who reads rules does not read all parties.
#[derive(Serialize, Deserialize)]
struct Commercial(BTreeSet<String>);

impl Object for Commercial {
    const KIND: &'static str = "commercial_parties";
}

/// The key of that record.
const ALL: &str = "all";

/// The codes of commercial parties.
pub(crate) fn commercial(control: &Control) -> Result<BTreeSet<String>, Problem> {
    let (registry, now) = (&*control.registry, control.clock.now());
    if let Some(known) = kept::load::<Commercial>(registry, ALL, now)? {
        return Ok(known.object.0);
    }
    // Parties are older than the record.
    let parties = kept::all::<Party>(registry, &RecordFilter::default(), now)?;
    Ok(parties.into_iter().filter(|party| party.object.commercial).map(|party| party.record.key).collect())
}

/// The record as it is to be once a party is commercial, or is not any more.
fn commercial_with(call: &Call<'_>, code: &str, is_commercial: bool) -> Result<RecordChange, Problem> {
    let before = call.control.registry.record(Commercial::KIND, ALL)?;
    let mut codes = commercial(call.control)?;
    if is_commercial {
        codes.insert(code.to_owned());
    } else {
        codes.remove(code);
    }
    let value = kept::value(&Commercial(codes), "", "", None);
    Ok(RecordChange::put(before.as_ref(), Commercial::KIND, ALL, value))
}

/// An object in which null is absence.
fn without_nulls(body: &Value) -> Value {
    let fields = body.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// `GET /parties`.
pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let filter = page.records();
    let parties = kept::list::<Party>(&*call.control.registry, &filter, page.most(), call.now)?;
    Ok(page.answer(parties.iter().map(|party| (party.record.key.clone(), Shown::of(party)))))
}

/// The party of a code.
pub(crate) fn find(call: &Call<'_>, code: &str) -> Result<Kept<Party>, Problem> {
    kept::load(&*call.control.registry, code, call.now)?.ok_or_else(|| Code::NotFound.into())
}

/// `GET /parties/{code}`.
pub(crate) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let party = find(call, call.path("code"))?;
    Ok(Answer::of(party.object.shown(&party.record.key, party.state())).tagged(party.etag()))
}

/// `POST /parties`.
pub(crate) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let code = call.text("code");
    let party = Party::read(&call.body)?;
    if party.is_operator() {
        return Err(Problem::at("/capacities", "the installation has its `operator` already"));
    }
    call.check_owner(code, Action::OpenRead)?;
    if kept::load::<Party>(&*call.control.registry, code, call.now)?.is_some() {
        return Err(Code::Exists.into());
    }
    let shown = party.shown(code, ACTIVE);
    let change = kept::make(code, &party, (code, ACTIVE), None);
    let entry: AuditEntry = call.entry("party_made", ("party", code), (None, Some(&shown))).of_party(code);
    let commercial = party.commercial.then(|| commercial_with(call, code, true)).transpose()?;
    call.control.registry.change(&[change].into_iter().chain(commercial).collect::<Vec<_>>(), &[entry])?;
    Ok(Answer::made(shown, format!("/admin/v1/parties/{code}")).tagged(kept::etag(1)))
}

/// `PUT /parties/{code}`: an administrator changes names and contact, an operator also what the party may be.
pub(crate) fn change(call: &Call<'_>) -> Result<Answer, Problem> {
    let code = call.path("code");
    let mut party = find(call, code)?;
    call.check_owner(code, Action::OpenRead)?;
    call.check_match(&party.etag())?;
    let new = Party::read(&call.body)?;
    let state = call.body.get("state").and_then(Value::as_str).unwrap_or_else(|| party.state()).to_owned();
    let is_same_body = new.capacities == party.object.capacities
        && new.commercial == party.object.commercial
        && state == party.state();
    let is_operators = call.reach == Some(super::policy::Reach::All);
    if !is_same_body && !is_operators {
        let detail = "capacities, `commercial` and `state` are changed by an operator";
        return Err(Problem::new(Code::NotYours, detail));
    }
    if new.is_operator() != party.object.is_operator() || (new.is_operator() && state != ACTIVE) {
        return Err(Problem::at("/capacities", "exactly one party is the `operator`, and it is active"));
    }
    let before = party.object.shown(code, party.state());
    let after = new.shown(code, &state);
    let becomes = (new.commercial != party.object.commercial).then_some(new.commercial);
    let commercial = becomes.map(|is_commercial| commercial_with(call, code, is_commercial)).transpose()?;
    party.object = new;
    let entry = call.entry("party_changed", ("party", code), (Some(&before), Some(&after))).of_party(code);
    let changes: Vec<RecordChange> = std::iter::once(party.replace(&state)).chain(commercial).collect();
    call.control.registry.change(&changes, &[entry])?;
    Ok(Answer::of(after).tagged(kept::etag(party.record.version + 1)))
}
