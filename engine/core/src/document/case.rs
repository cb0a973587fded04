//! Worked examples beside the rules: who asks what, and what the answer must be.

use serde_json::Value;
use uuid::Uuid;

use crate::holder::WrittenHolder;
use crate::limits::RULE_LIST_MAX;
use crate::loyalty::FileLine;
use crate::read::{Object, Place, Read};

/// A worked example: requests decided in order by one provider, and any part of each answer.
pub struct Case {
    /// What it shows.
    pub name: Box<str>,
    /// Whose terminal asks.
    pub provider: Box<str>,
    /// Who is known: the `holder` of the case, then its other `holders`.
    pub holders: Vec<WrittenHolder>,
    has_holder: bool,
    /// In order, each seeing what those before it left: requests, and operations on them.
    pub requests: Vec<FileLine>,
    /// One for each request.
    pub expect: Vec<Value>,
}

impl Read for Case {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (name, provider, holder) =
            (object.required("name"), object.required("provider"), object.optional("holder"));
        let others: Option<Vec<WrittenHolder>> = object.list("holders", RULE_LIST_MAX);
        let requests = match object.raw("requests") {
            Some(value) => requests(value, &place.field("requests")),
            None => place.field("requests").fault("this field is required"),
        };
        let expect = object.list::<Expected>("expect", RULE_LIST_MAX);
        object.close();
        let (requests, expect) = (requests?, expect?);
        if requests.len() != expect.len() {
            return place.field("expect").fault(format!("expected {} answers, one for each request", requests.len()));
        }
        let expect = expect.into_iter().map(|expected| expected.0).collect();
        let holder: Option<WrittenHolder> = holder?;
        let has_holder = holder.is_some();
        let holders = holder.into_iter().chain(others?).collect();
        Some(Self { name: name?, provider: provider?, holders, has_holder, requests, expect })
    }
}

impl Case {
    /// The pointer to one of its holders, by its place.
    pub fn place_of_holder(&self, place: usize) -> String {
        match (self.has_holder, place) {
            (true, 0) => "/holder".to_owned(),
            (has_holder, place) => format!("/holders/{}", place - usize::from(has_holder)),
        }
    }
}

/// A case may leave the ids of its requests to us: they are numbered.
fn requests(value: &Value, place: &Place<'_>) -> Option<Vec<FileLine>> {
    let Value::Array(items) = value else { return place.fault("expected a list of requests") };
    if items.len() > RULE_LIST_MAX {
        return place.fault(format!("expected at most {RULE_LIST_MAX} requests"));
    }
    let numbered = |(index, item): (usize, &Value)| {
        let id = u128::try_from(index).map_or(Uuid::nil(), Uuid::from_u128);
        FileLine::read_with_id(item, &place.item(index), Some(id))
    };
    let requests: Vec<_> = items.iter().enumerate().map(numbered).collect();
    requests.into_iter().collect()
}

struct Expected(Value);

impl Read for Expected {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        if value.is_object() {
            Some(Self(value.clone()))
        } else {
            place.fault("expected an object with parts of an answer")
        }
    }
}
