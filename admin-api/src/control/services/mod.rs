//! E-services of merchants: drafted by a party, published and withdrawn by an operator, read by everybody.

mod openings;
mod operations;

pub(crate) use operations::OPERATIONS;

use avis_store::records::RecordFilter;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::kept::{self, Kept, Object};
use super::link;
use super::list::Page;
use super::policy::Action;
use super::problem::{Code, Problem};
use super::rules;
use super::secret;
use super::shape::{Field, Kind, needed, optional};

/// Never published.
const DRAFT: &str = "draft";
/// Everybody sees it, as it was published last.
const PUBLISHED: &str = "published";
/// Nobody but its party and operators sees it any more.
const WITHDRAWN: &str = "withdrawn";

/// Services of a party.
const SERVICES_MAX: usize = 100;
/// Groups that a service is for.
const GROUPS_MAX: usize = 50;

const NAME: &[Field] = &[needed("lv", Kind::Text(1, 100)), needed("en", Kind::Text(1, 100))];

/// A service as its party drafts it. It is for the members of groups, or for everybody where there is none.
const DRAFTED: &[Field] = &[
    needed("name", Kind::Object(NAME)),
    needed("audience", Kind::List(&Kind::Code, GROUPS_MAX)),
    needed("address", Kind::Token(1, link::CHARACTERS_MAX)),
    needed("login", Kind::Truth),
];

/// A service as it is shown: as it was published, or as it was drafted where it was not. What is to be published next is shown to
/// its party and to operators.
const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("party", Kind::Code),
    needed("state", Kind::Word(&[DRAFT, PUBLISHED, WITHDRAWN])),
    needed("name", Kind::Object(NAME)),
    needed("audience", Kind::List(&Kind::Code, GROUPS_MAX)),
    needed("address", Kind::Token(1, link::CHARACTERS_MAX)),
    needed("login", Kind::Truth),
    optional("pending", Kind::Object(DRAFTED)),
];

/// What a service is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    name: Name,
    audience: Vec<String>,
    address: String,
    login: bool,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Name {
    lv: String,
    en: String,
}

/// A service as it is kept: what everybody may read, and what waits for an operator.
#[derive(Serialize, Deserialize)]
struct Service {
    published: Option<Content>,
    pending: Option<Content>,
    /// Who wrote what waits.
    edited_by: String,
}

impl Object for Service {
    const KIND: &'static str = "service";
}

/// Whether the caller sees more than what is published.
fn is_insider(call: &Call<'_>, owner: &str) -> bool {
    call.reads(Action::ProviderWrite, owner)
}

impl Kept<Service> {
    fn shown_to(&self, call: &Call<'_>) -> Option<Value> {
        let is_insider = is_insider(call, self.owner());
        let (service, is_published) = (&self.object, self.state() == PUBLISHED);
        if !is_insider && !is_published {
            return None;
        }
        let content = service.published.as_ref().filter(|_| is_published);
        let Content { name, audience, address, login } =
            content.or(service.pending.as_ref()).or(service.published.as_ref())?;
        let pending = service.pending.as_ref().filter(|_| is_insider && is_published);
        Some(json!({"id": self.record.key, "party": self.owner(), "state": self.state(), "name": name,
            "audience": audience, "address": address, "login": login, "pending": pending}))
    }
}

/// The service in the path, as far as the caller may know that there is one.
fn find(call: &Call<'_>) -> Result<Kept<Service>, Problem> {
    let found = kept::load::<Service>(&*call.control.registry, call.path("id"), call.now)?;
    let found = found.filter(|service| service.state() == PUBLISHED || is_insider(call, service.owner()));
    found.ok_or_else(|| Code::NotFound.into())
}

/// The content in the body.
fn drafted(call: &Call<'_>) -> Result<Content, Problem> {
    let content: Content =
        serde_json::from_value(call.body.clone()).map_err(|_| Problem::at("", "expected a service"))?;
    if let Err(detail) = link::check(&content.address) {
        return Err(Problem::at("/address", detail));
    }
    let (rules, hidden) = (rules::rules(call.control)?, rules::hidden(call)?);
    let is_read = |group: &String| rules.owner_of_group(group).is_some_and(|owner| !hidden.contains(owner));
    match content.audience.iter().position(|group| !is_read(group)) {
        Some(place) => Err(Problem::at(format!("/audience/{place}"), "expected a group that there is")),
        None => Ok(content),
    }
}

/// `GET /services`: what is published, and beside it the own party's; an operator sees all.
fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let services = kept::all::<Service>(&*call.control.registry, &RecordFilter::default(), call.now)?;
    Ok(page.answer_of_all(services.iter().filter_map(|service| {
        let shown = service.shown_to(call)?;
        Some((service.record.key.clone(), shown))
    })))
}

/// `GET /services/{id}`.
fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let service = find(call)?;
    let shown = service.shown_to(call).ok_or_else(|| Problem::from(Code::NotFound))?;
    Ok(Answer::of(shown).tagged(service.etag()))
}

/// `POST /services`.
fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let (id, owner, pending) = (secret::id(call.now)?, call.party()?, drafted(call)?);
    let registry = &*call.control.registry;
    let turn = kept::turn(registry, &format!("services {owner}"), call.now)?;
    let own = RecordFilter { owner: Some(owner), ..RecordFilter::default() };
    if kept::list::<Service>(registry, &own, SERVICES_MAX, call.now)?.len() >= SERVICES_MAX {
        return Err(Problem::new(Code::TooManyObjects, format!("a party has at most {SERVICES_MAX} services")));
    }
    let service = Service { published: None, pending: Some(pending), edited_by: call.caller()?.user.clone() };
    let entry = call.entry("service_made", ("service", &id), (None, Some(&json!(service.pending)))).of_party(owner);
    registry.change(&[turn, kept::make(&id, &service, (owner, DRAFT), None)], &[entry])?;
    let made = kept::load::<Service>(registry, &id, call.now)?.and_then(|made| made.shown_to(call));
    let made = made.ok_or_else(|| Problem::from(Code::Changed))?;
    Ok(Answer::made(made, format!("/admin/v1/services/{id}")).tagged(kept::etag(1)))
}

/// `PUT /services/{id}`: what was published stays so until an operator publishes this.
fn change(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut service = find(call)?;
    call.check_owner(service.owner(), Action::OpenRead)?;
    call.check_match(&service.etag())?;
    let before = json!(service.object.pending);
    service.object.pending = Some(drafted(call)?);
    service.object.edited_by.clone_from(&call.caller()?.user);
    let state = service.state().to_owned();
    written(call, service, "service_changed", (&before, &state))
}

/// `POST /services/{id}/publish`: what was read, by another than who wrote it.
fn publish(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut service = find(call)?;
    call.check_match(&service.etag())?;
    if service.object.pending.is_none() && service.state() == PUBLISHED {
        return Err(Code::NotInThisState.into());
    }
    if service.object.pending.is_some() && service.object.edited_by == call.caller()?.user {
        return Err(Problem::new(Code::OwnWork, "a service is published by another than who wrote it"));
    }
    let before = json!(service.object.published);
    if let Some(pending) = service.object.pending.take() {
        service.object.published = Some(pending);
    }
    written(call, service, "service_published", (&before, PUBLISHED))
}

/// `POST /services/{id}/withdraw`: at once, whatever was read.
fn withdraw(call: &Call<'_>) -> Result<Answer, Problem> {
    let service = find(call)?;
    if service.state() != PUBLISHED {
        return Err(Code::NotInThisState.into());
    }
    let before = json!(service.object.published);
    written(call, service, "service_withdrawn", (&before, WITHDRAWN))
}

/// Writes a service over what was read.
fn written(
    call: &Call<'_>,
    mut service: Kept<Service>,
    action: &str,
    (before, state): (&Value, &str),
) -> Result<Answer, Problem> {
    let after = json!(service.object.pending.as_ref().or(service.object.published.as_ref()));
    let entry = call.entry(action, ("service", &service.record.key), (Some(before), Some(&after)));
    call.control.registry.change(&[service.replace(state)], &[entry.of_party(service.owner())])?;
    state.clone_into(&mut service.record.value.state);
    let shown = service.shown_to(call).ok_or_else(|| Problem::from(Code::NotFound))?;
    Ok(Answer::of(shown).tagged(kept::etag(service.record.version + 1)))
}
