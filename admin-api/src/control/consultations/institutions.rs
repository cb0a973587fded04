//! What institutions offer: their topics, the hosts of their join links, and the telephone where a link fails.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::link;
use crate::control::list::Page;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, NAME, needed, optional};

/// Topics of one institution.
const TOPICS_MAX: usize = 200;
/// Hosts of one institution.
const HOSTS_MAX: usize = 20;

const TOPIC: &[Field] = &[needed("code", Kind::Code), needed("name", Kind::Object(NAME))];

/// What an institution says of itself.
pub(super) const SAID: &[Field] = &[
    needed("topics", Kind::List(&Kind::Object(TOPIC), TOPICS_MAX)),
    needed("hosts", Kind::List(&Kind::Token(3, 253), HOSTS_MAX)),
    optional("telephone", Kind::Token(3, 30)),
];

/// An institution.
pub(super) const SHOWN: &[Field] = &[
    needed("code", Kind::Code),
    needed("topics", Kind::List(&Kind::Object(TOPIC), TOPICS_MAX)),
    needed("hosts", Kind::List(&Kind::Token(3, 253), HOSTS_MAX)),
    optional("telephone", Kind::Token(3, 30)),
];

/// An institution as it is kept, under the code of its party.
#[derive(Serialize, Deserialize)]
pub(super) struct Institution {
    topics: Vec<Topic>,
    /// Hosts of join links, in small letters.
    hosts: Vec<String>,
    pub(super) telephone: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Topic {
    code: String,
    name: Value,
}

impl Object for Institution {
    const KIND: &'static str = "institution";
}

impl Institution {
    pub(super) fn has_topic(&self, code: &str) -> bool {
        self.topics.iter().any(|topic| topic.code == code)
    }

    /// Checks a join link: encrypted, and of a host that is listed.
    pub(super) fn check_link(&self, address: &str) -> Result<(), &'static str> {
        let host = link::check(address)?;
        if self.hosts.contains(&host) {
            Ok(())
        } else {
            Err("expected an address of a host that the institution listed")
        }
    }
}

fn shown(kept: &Kept<Institution>) -> Value {
    let Institution { topics, hosts, telephone } = &kept.object;
    json!({"code": kept.record.key, "topics": topics, "hosts": hosts, "telephone": telephone})
}

/// The institution of a code.
pub(super) fn of(call: &Call<'_>, code: &str) -> Result<Option<Kept<Institution>>, Problem> {
    kept::load(&*call.control.registry, code, call.now)
}

/// `GET /institutions`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let filter = page.records();
    let found = kept::list::<Institution>(&*call.control.registry, &filter, page.most(), call.now)?;
    Ok(page.answer(found.iter().map(|kept| (kept.record.key.clone(), shown(kept)))))
}

/// `GET /institutions/{code}`.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = of(call, call.path("code"))?.ok_or_else(|| Problem::from(Code::NotFound))?;
    Ok(Answer::of(shown(&found)).tagged(found.etag()))
}

/// `PUT /institutions/{code}`: new, or over what was read.
pub(super) fn set(call: &Call<'_>) -> Result<Answer, Problem> {
    let code = call.path("code");
    let before = of(call, code)?;
    if before.is_none() && call.party()? != code {
        return Err(Code::NotFound.into());
    }
    call.check_owner(code, Action::OpenRead)?;
    match (&before, &call.if_match) {
        (None, None) => {}
        (None, Some(_)) => return Err(Code::Changed.into()),
        (Some(_), None) => return Err(Code::PreconditionRequired.into()),
        (Some(before), Some(_)) => call.check_match(&before.etag())?,
    }
    let said = said(call)?;
    let after = json!({"topics": said.topics, "hosts": said.hosts, "telephone": said.telephone});
    let entry =
        call.entry("institution_set", ("institution", code), (before.as_ref().map(shown).as_ref(), Some(&after)));
    let change = kept::put(before.as_ref(), code, &said, (code, ""));
    call.control.registry.change(&[change], &[entry.of_party(code)])?;
    let found = of(call, code)?.ok_or_else(|| Problem::from(Code::Changed))?;
    Ok(Answer::of(shown(&found)).tagged(found.etag()))
}

fn said(call: &Call<'_>) -> Result<Institution, Problem> {
    let mut said: Institution =
        serde_json::from_value(call.body.clone()).map_err(|_| Problem::at("", "expected an institution"))?;
    for (place, topic) in said.topics.iter().enumerate() {
        if said.topics.iter().take(place).any(|other| other.code == topic.code) {
            return Err(Problem::at(format!("/topics/{place}/code"), "expected a code that no topic before has"));
        }
    }
    for (place, host) in said.hosts.iter_mut().enumerate() {
        *host = host.to_lowercase();
        if link::check(&format!("https://{host}/")).as_ref() != Ok(host) {
            return Err(Problem::at(format!("/hosts/{place}"), "expected a host such as `video.example.lv`"));
        }
    }
    let is_telephone = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit() || b"+ ".contains(&byte));
    if said.telephone.as_ref().is_some_and(|text| !is_telephone(text)) {
        return Err(Problem::at("/telephone", "expected digits, blanks and `+`"));
    }
    Ok(said)
}
