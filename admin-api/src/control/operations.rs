//! Every operation of the control plane, in one table: from it come the routes, the admission and the published description.

use super::answer::{Answer, Body};
use super::call::Call;
use super::list::PAGE;
use super::path::path_parameters;
use super::policy::{Action, Role};
use super::problem::Problem;
use super::secret::etag_of;
use super::shape::{self, Field, Kind, is_code};
use super::{
    audit, consultations, docs, drafts, dry_run, engines, forms, ground, groups, imports, loyalty, metering, openapi,
    parties, people, prices, priorities, providers, records, reports, rules, services, settlement, sign_in, stopping,
    terminals, trying, users,
};

/// Bytes of a body where nothing else is said.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;

/// One operation.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    /// Behind `/admin/v1`.
    pub(crate) path: &'static str,
    /// Unique; names the operation in generated clients.
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    /// The row of the policy; none if it is open to all.
    pub(crate) action: Option<Action>,
    /// The only roles that may, where that is narrower than the row.
    pub(crate) roles: Option<&'static [Role]>,
    pub(crate) query: &'static [Field],
    /// Whether parameters that are not named are passed over: another than the caller may have added them.
    pub(crate) takes_other_parameters: bool,
    /// None where no body is expected.
    pub(crate) body: Option<&'static [Field]>,
    /// A body as somebody would send it, as JSON.
    pub(crate) example: Option<&'static str>,
    pub(crate) answers: Answers,
    /// Whether it makes something, and is answered once for each idempotency key.
    pub(crate) is_once: bool,
    /// Whether it is answered once for an idempotency key, where one is sent.
    pub(crate) may_be_once: bool,
    /// Whether it needs the etag that was read.
    pub(crate) needs_match: bool,
    /// Whether it makes something, or changes what is there by the etag that was read.
    pub(crate) may_match: bool,
    /// Whether it needs a sign-in of the last minutes.
    pub(crate) needs_fresh_sign_in: bool,
    /// Whether it makes a revision, and can be asked what it would do.
    pub(crate) can_be_dry: bool,
    /// The media types of the file that is its body, which is read as it comes; none where it is no file.
    pub(crate) takes_file: &'static [&'static str],
    /// Bytes that its body may have.
    pub(crate) body_bytes_max: usize,
    /// Fields of the answer that are shown once.
    pub(crate) secrets: &'static [&'static str],
    pub(crate) handle: fn(&Call<'_>) -> Result<Answer, Problem>,
}

/// What an operation answers.
#[derive(Clone, Copy)]
pub(crate) enum Answers {
    /// An object.
    One(&'static [Field]),
    /// What was made.
    Made(&'static [Field]),
    /// What goes on beside the answer.
    Accepted(&'static [Field]),
    /// A file of a media type.
    File(&'static str),
    /// A page of a list.
    Page(Kind),
    /// An object whose fields another document describes.
    Document,
    /// A page for people.
    Html,
    /// Nothing but where the browser goes on.
    Elsewhere,
    /// Nothing.
    Nothing,
}

impl Answers {
    /// The status of success.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::One(_) | Self::Page(_) | Self::File(_) | Self::Document | Self::Html => 200,
            Self::Made(_) => 201,
            Self::Accepted(_) => 202,
            Self::Nothing => 204,
            Self::Elsewhere => 303,
        }
    }
}

impl Operation {
    /// Whether it only describes the others, and nothing secret comes with it.
    pub(crate) fn is_description(&self) -> bool {
        self.action.is_none() && matches!(self.answers, Answers::Document | Answers::Html)
    }

    /// Whether what it answers is of people: that needs a sign-in of the last minutes.
    pub(crate) fn is_of_people(&self) -> bool {
        self.needs_fresh_sign_in
    }

    /// With an etag, where it is an object that was read: of the version that it has, or of what it shows.
    pub(crate) fn tagged(&self, answer: Answer) -> Answer {
        let is_object = self.method == "GET" && matches!(self.answers, Answers::One(_) | Answers::Document);
        match &answer.body {
            Some(Body::Value(body)) if is_object && answer.etag.is_none() => {
                let etag = etag_of(body);
                answer.tagged(etag)
            }
            _ => answer,
        }
    }

    /// Whether an answer is what is described; every test of the program asks it.
    pub(crate) fn described(&self, answer: &Answer) -> Result<(), Problem> {
        let body = &answer.body.clone().map(Body::into_value).unwrap_or_default();
        match self.answers {
            _ if answer.is_dry => shape::check(body, dry_run::WOULD),
            _ if answer.status != self.answers.status() => {
                Err(Problem::at("status", "expected the status of the table"))
            }
            Answers::One(fields) | Answers::Made(fields) | Answers::Accepted(fields) => shape::check(body, fields),
            Answers::Page(Kind::Object(fields)) => {
                let items = body.get("items").and_then(serde_json::Value::as_array);
                items.into_iter().flatten().try_for_each(|item| shape::check(item, fields))
            }
            Answers::Page(_) | Answers::File(_) | Answers::Document => Ok(()),
            Answers::Html | Answers::Elsewhere | Answers::Nothing => Ok(()),
        }
    }
}

type Handle = fn(&Call<'_>) -> Result<Answer, Problem>;

pub(crate) const fn operation(
    (method, path): (&'static str, &'static str),
    (name, summary): (&'static str, &'static str),
    action: Option<Action>,
    answers: Answers,
    handle: Handle,
) -> Operation {
    Operation {
        method,
        path,
        name,
        summary,
        action,
        roles: None,
        query: &[],
        takes_other_parameters: false,
        body: None,
        example: None,
        answers,
        is_once: false,
        may_be_once: false,
        needs_match: false,
        may_match: false,
        needs_fresh_sign_in: false,
        can_be_dry: false,
        takes_file: &[],
        body_bytes_max: BODY_BYTES_MAX,
        secrets: &[],
        handle,
    }
}

pub(crate) const fn get(
    path: &'static str,
    names: (&'static str, &'static str),
    action: Action,
    of: Answers,
    handle: Handle,
) -> Operation {
    operation(("GET", path), names, Some(action), of, handle)
}

/// A list of objects.
pub(crate) const fn list(
    path: &'static str,
    names: (&'static str, &'static str),
    action: Action,
    of: Kind,
    handle: Handle,
) -> Operation {
    Operation { query: PAGE, ..get(path, names, action, Answers::Page(of), handle) }
}

/// A POST that makes something.
pub(crate) const fn make(
    path: &'static str,
    names: (&'static str, &'static str),
    action: Action,
    (body, of): (&'static [Field], &'static [Field]),
    handle: Handle,
) -> Operation {
    let made = operation(("POST", path), names, Some(action), Answers::Made(of), handle);
    Operation { body: Some(body), is_once: true, ..made }
}

/// A PUT in the place of what was read.
pub(crate) const fn replace(
    path: &'static str,
    names: (&'static str, &'static str),
    action: Action,
    (body, of): (&'static [Field], &'static [Field]),
    handle: Handle,
) -> Operation {
    let put = operation(("PUT", path), names, Some(action), Answers::One(of), handle);
    Operation { body: Some(body), needs_match: true, ..put }
}

/// A POST that does something to what is there.
pub(crate) const fn act(
    path: &'static str,
    names: (&'static str, &'static str),
    action: Action,
    (body, of): (Option<&'static [Field]>, &'static [Field]),
    handle: Handle,
) -> Operation {
    Operation { body, ..operation(("POST", path), names, Some(action), Answers::One(of), handle) }
}

pub(crate) const fn delete(
    path: &'static str,
    names: (&'static str, &'static str),
    action: Action,
    handle: Handle,
) -> Operation {
    operation(("DELETE", path), names, Some(action), Answers::Nothing, handle)
}

/// Every operation.
pub(crate) fn all() -> impl Iterator<Item = &'static Operation> {
    [
        OPERATIONS,
        sign_in::OPERATIONS,
        users::OPERATIONS,
        audit::OPERATIONS,
        consultations::OPERATIONS,
        drafts::OPERATIONS,
        forms::OPERATIONS,
        ground::OPERATIONS,
        groups::OPERATIONS,
        imports::OPERATIONS,
        loyalty::OPERATIONS,
        metering::OPERATIONS,
        prices::OPERATIONS,
        priorities::OPERATIONS,
        people::OPERATIONS,
        providers::OPERATIONS,
        records::OPERATIONS,
        reports::OPERATIONS,
        services::OPERATIONS,
        settlement::OPERATIONS,
        stopping::OPERATIONS,
        terminals::OPERATIONS,
        trying::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}

/// Those that stand with no other table.
const OPERATIONS: &[Operation] = &[
    operation(
        ("GET", "/openapi.json"),
        ("openapi", "This description, for programs"),
        None,
        Answers::Document,
        openapi::json,
    ),
    operation(("GET", "/docs"), ("docs", "This description, for people"), None, Answers::Html, docs::html),
    list("/parties", ("parties", "The parties"), Action::OpenRead, Kind::Object(parties::SHOWN), parties::list),
    make(
        "/parties",
        ("make_party", "Make a party"),
        Action::PartyManage,
        (parties::NEW, parties::SHOWN),
        parties::make,
    ),
    get("/parties/{code}", ("party", "A party"), Action::OpenRead, Answers::One(parties::SHOWN), parties::read),
    replace(
        "/parties/{code}",
        ("change_party", "Change a party"),
        Action::PartyManage,
        (parties::CHANGE, parties::SHOWN),
        parties::change,
    ),
    Operation {
        query: rules::OF_GRANTOR,
        ..list(
            "/benefits",
            ("benefits", "Benefits with their newest version"),
            Action::OpenRead,
            Kind::Object(rules::BENEFIT),
            rules::benefits,
        )
    },
    get("/benefits/{code}", ("benefit", "A benefit"), Action::OpenRead, Answers::One(rules::BENEFIT), rules::benefit),
    get(
        "/benefits/{code}/versions/{n}",
        ("version", "A version of a benefit"),
        Action::OpenRead,
        Answers::One(rules::VERSION),
        rules::version,
    ),
    get(
        "/benefits/{code}/versions/{n}/difference",
        ("version_difference", "What differs in a version from the one before it, as data and in words"),
        Action::OpenRead,
        Answers::One(rules::DIFFERENCE),
        rules::difference,
    ),
    Operation {
        query: rules::OF_PROGRAMMES,
        ..list(
            "/programs",
            ("programs", "Programmes of the own party: each version, or the newest of each"),
            Action::LoyaltyRead,
            rules::ENTRY,
            rules::programmes,
        )
    },
    get(
        "/programs/{code}",
        ("program", "A programme of the own party: its newest version, and its cases"),
        Action::LoyaltyRead,
        Answers::One(rules::PROGRAMME),
        rules::programme,
    ),
    Operation {
        query: rules::OF_CAMPAIGNS,
        ..list(
            "/campaigns",
            ("campaigns", "Campaigns of the own party"),
            Action::LoyaltyRead,
            rules::ENTRY,
            rules::campaigns,
        )
    },
    list("/groups", ("groups", "Beneficiary groups"), Action::OpenRead, rules::ENTRY, rules::groups),
    get(
        "/revisions/{n}",
        ("revision", "On how many engines a revision is"),
        Action::OpenRead,
        Answers::One(engines::REVISION),
        engines::revision,
    ),
    Operation {
        roles: Some(&[Role::Operator, Role::Auditor]),
        ..list(
            "/engines",
            ("engines", "How the engines stand"),
            Action::Figures,
            Kind::Object(engines::ENGINE),
            engines::list,
        )
    },
];

/// What a method and a path lead to.
pub(crate) enum Found {
    /// An operation, with what stands in its path.
    Operation(&'static Operation, Vec<(&'static str, String)>),
    /// The path takes these methods.
    OtherMethods(Vec<&'static str>),
    /// No such path, or what stands in it can't be there.
    Nothing,
}

/// The operation of a method and a path. A fixed segment goes before a parameter, by the order of the table.
pub(crate) fn find(method: &str, path: &str) -> Found {
    let parameters = |operation: &Operation| path_parameters(operation.path, path, may_be);
    let mut of_method = all().filter(|operation| operation.method == method);
    if let Some(found) = of_method.find_map(|operation| Some(Found::Operation(operation, parameters(operation)?))) {
        return found;
    }
    let others = all().filter(|operation| operation.method != method && parameters(operation).is_some());
    let methods: Vec<_> = others.map(|operation| operation.method).collect();
    if methods.is_empty() { Found::Nothing } else { Found::OtherMethods(methods) }
}

/// Bytes that the body for a method and a path may have.
pub(crate) fn body_bytes_max(method: &str, path: &str) -> usize {
    match find(method, path) {
        Found::Operation(operation, _) => operation.body_bytes_max,
        Found::OtherMethods(_) | Found::Nothing => BODY_BYTES_MAX,
    }
}

/// Whether a text may stand in the path under a name. What may not is not there.
fn may_be(name: &str, text: &str) -> bool {
    match name {
        "handle" if text == "me" => true,
        "id" | "handle" => uuid::Uuid::try_parse(text).is_ok_and(|id| id.to_string() == text),
        "n" | "seq" => {
            text.len() <= 18
                && !text.starts_with('0')
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && !text.is_empty()
        }
        "prefix" => {
            !text.is_empty()
                && text.len() <= 20
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        }
        _ => is_code(text),
    }
}

/// An operation, for those who walk the policy.
#[derive(Clone, Copy, Debug)]
pub struct ListedOperation {
    /// Its method.
    pub method: &'static str,
    /// Its path behind `/admin/v1`.
    pub path: &'static str,
    /// The row of the policy; none if it is open to all.
    pub action: Option<Action>,
    /// The only roles that may, where that is narrower than the row.
    pub roles: Option<&'static [Role]>,
    /// The status of success.
    pub status: u16,
}

/// Every operation.
pub fn listed() -> Vec<ListedOperation> {
    let listed = |one: &Operation| ListedOperation {
        method: one.method,
        path: one.path,
        action: one.action,
        roles: one.roles,
        status: one.answers.status(),
    };
    all().map(listed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190a6e2-0000-7000-8000-000000000000";

    #[test]
    fn each_operation_is_found_by_its_method_and_path_and_has_a_name_of_its_own() {
        let mut names = std::collections::HashSet::new();
        for operation in all() {
            let path = operation.path.replace("{id}", ID).replace("{handle}", ID).replace("{code}", "a");
            let path = path.replace("{n}", "1").replace("{seq}", "1").replace("{prefix}", "avis_a");
            let path = path.replace("{name}", "a").replace("{date}", "2026-11-18").replace("{key}", &"0".repeat(64));
            let path = path.replace("{number}", "000001-8");
            let Found::Operation(found, _) = find(operation.method, &path) else { panic!("{path}") };
            assert_eq!(found.name, operation.name);
            assert!(names.insert(operation.name), "{}", operation.name);
            if let Some(example) = operation.example {
                let body = serde_json::from_str(example).unwrap();
                assert_eq!(shape::check(&body, operation.body.unwrap()), Ok(()), "{}", operation.name);
            }
        }
    }

    #[test]
    fn what_can_not_stand_in_a_path_is_not_there() {
        for path in ["/parties/A", "/users/1", "/revisions/01", "/revisions/", "/parties/a/b", "/nothing", ""] {
            assert!(matches!(find("GET", path), Found::Nothing), "{path}");
        }
        assert!(matches!(find("PATCH", "/parties/a"), Found::OtherMethods(methods) if methods == ["GET", "PUT"]));
    }
}
