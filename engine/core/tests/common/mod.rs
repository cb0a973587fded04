//! A till for tests: a rule set, holders in a map, and a book of usage.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod generate;
pub(crate) mod points;
pub(crate) mod points_till;

use std::collections::HashMap;
use std::sync::Arc;

use avis_core::{
    Book, Catalogue, Decision, Holder, IdentifierKey, IdentifierSecret, IdentifierState, Person, Plan, Request,
    RuleSet, Trace, WrittenHolder, explain, plan, recognise,
};
use jiff::tz::TimeZone;
use serde_json::Value;

pub(crate) struct Till {
    pub(crate) rules: Arc<RuleSet>,
    identifiers: HashMap<IdentifierKey, (usize, IdentifierState)>,
    holders: Vec<Arc<Holder>>,
    provider: String,
    pub(crate) book: Book,
}

fn secret() -> IdentifierSecret {
    IdentifierSecret::new([1; 32])
}

impl Till {
    pub(crate) fn new(catalogue: &Value, holders: &[Value], provider: &str) -> Self {
        let catalogue = Catalogue::from_value(catalogue).unwrap_or_else(|faults| panic!("catalogue: {faults}"));
        let mut till = Self {
            rules: Arc::new(RuleSet::compile(&catalogue)),
            identifiers: HashMap::new(),
            holders: Vec::new(),
            provider: provider.to_owned(),
            book: Book::default(),
        };
        for holder in holders {
            till.know(WrittenHolder::from_value(holder).unwrap_or_else(|faults| panic!("holder: {faults}")));
        }
        till
    }

    pub(crate) fn know(&mut self, written: WrittenHolder) {
        for identifier in &written.register(&secret()).unwrap().identifiers {
            self.identifiers.insert(identifier.key, (self.holders.len(), identifier.state));
        }
        self.holders.push(Arc::new(written.holder));
    }

    pub(crate) fn person(&self, request: &Request) -> Person {
        let zone = TimeZone::get("Europe/Riga").unwrap();
        let (holder, identifiers) = recognise(&request.identifiers, request.occurred_at, &zone, |presented| {
            let key = IdentifierKey::of(&presented.scheme, &presented.value, &secret())?;
            self.identifiers.get(&key).copied()
        });
        Person { holder: holder.map(|place| self.holders[place].clone()), identifiers }
    }

    pub(crate) fn plan(&self, request: &Value) -> Box<Plan> {
        let request = Request::from_value(request).unwrap_or_else(|faults| panic!("request: {faults}"));
        plan(self.rules.clone(), &self.provider, self.person(&request), request).unwrap()
    }

    /// Decides without recording.
    pub(crate) fn quote(&self, request: &Value) -> Decision {
        let plan = self.plan(request);
        plan.decide(&plan.usage(|need| self.book.sum(need)))
    }

    /// Decides and records the use.
    pub(crate) fn sell(&mut self, request: &Value) -> Decision {
        let decision = self.quote(request);
        self.book.charge(&decision.charges);
        decision
    }

    pub(crate) fn explain(&self, request: &Value) -> (Decision, Trace) {
        let request = Request::from_value(request).unwrap();
        explain(self.rules.clone(), &self.provider, self.person(&request), request, |need| self.book.sum(need)).unwrap()
    }
}

/// The rows of the corpus: a catalogue, holders, requests in order and the answers expected.
pub(crate) fn corpus() -> Vec<Value> {
    let text = include_str!("../data/decisions.ndjson");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}
