//! A till for tests of loyalty: books in memory, and answers as documents.

use std::sync::Arc;

use avis_core::loyalty::{Books, FileLine, FileOperationOf, Known, LoyaltyRequest, Membership, Settlement, inquire};
use avis_core::{Decision, DecisionAnswer, Person, RuleSet, WrittenHolder, explain_loyal, plan_loyal};
use serde_json::{Value, json};

use super::Till;

pub(crate) struct PointsTill {
    till: Till,
    rules: Arc<RuleSet>,
    members: Vec<WrittenHolder>,
    provider: String,
    pub(crate) books: Books,
}

impl PointsTill {
    pub(crate) fn new(catalogue: &Value, holders: &[Value], provider: &str) -> Self {
        let till = Till::new(catalogue, holders, provider);
        let books = Books::new(&till.rules).with_entries();
        let members = holders.iter().map(|holder| WrittenHolder::from_value(holder).unwrap()).collect();
        Self { rules: till.rules.clone(), till, members, provider: provider.to_owned(), books }
    }

    fn memberships(&self, holder: &str) -> &[Membership] {
        let found = self.members.iter().find(|one| *one.holder.code == *holder);
        found.map_or(&[], |one| &one.holder.memberships)
    }

    fn known(&self, asked: &LoyaltyRequest) -> (Person, Option<Known>) {
        let person = self.till.person(&asked.request);
        let holder = person.holder.clone();
        let inquiry = inquire(&self.rules, &self.provider, holder.as_deref(), asked);
        (person, inquiry.map(|inquiry| self.books.known(&inquiry)))
    }

    /// The answer to a request, decided while it is explained and not recorded; none for an operation.
    pub(crate) fn explained(&mut self, line: &Value) -> Option<Value> {
        let FileLine::Request(asked) = FileLine::parse(line.to_string().as_bytes()).unwrap() else { return None };
        self.books.pass(asked.request.occurred_at);
        let (person, known) = self.known(&asked);
        let sum = |need: &_| self.books.sum(need);
        let (rules, request) = (self.rules.clone(), asked.request.clone());
        let (decision, settlement, trace) = explain_loyal(rules, &self.provider, person, request, known, sum).unwrap();
        let told: i64 =
            json!(trace.loyalty).as_array().unwrap().iter().filter_map(|step| step["amount"].as_i64()).sum();
        assert_eq!(settlement.as_ref().map_or(0, |settlement| settlement.tender), told, "the trace tells every tender");
        Some(comparable(&decision, settlement.as_ref()))
    }

    /// What an explanation of a request tells, as it is shown.
    pub(crate) fn trace(&self, request: &Value) -> Value {
        let asked = LoyaltyRequest::from_value(request).unwrap();
        let (person, known) = self.known(&asked);
        let (rules, sum) = (self.rules.clone(), |need: &_| self.books.sum(need));
        json!(explain_loyal(rules, &self.provider, person, asked.request, known, sum).unwrap().2)
    }

    /// The answer to a line of a file.
    pub(crate) fn take(&mut self, line: &Value) -> Value {
        match FileLine::parse(line.to_string().as_bytes()).unwrap_or_else(|faults| panic!("{line}: {faults}")) {
            FileLine::Request(asked) => {
                self.books.pass(asked.request.occurred_at);
                let (person, known) = self.known(&asked);
                let plan =
                    plan_loyal(self.rules.clone(), &self.provider, person, asked.request.clone(), known).unwrap();
                let (decision, settlement) = plan.decide_loyal(&plan.usage(|need| self.books.sum(need)));
                self.books.record(&asked.request, &decision, settlement.as_ref());
                comparable(&decision, settlement.as_ref())
            }
            FileLine::Operation(operation) => {
                if let Some(at) = operation.occurred_at.or(self.books.clock()) {
                    self.books.pass(at);
                }
                let refused = |refused: avis_core::loyalty::OperationRefused| json!({"code": refused.code()});
                match &operation.what {
                    FileOperationOf::Clock => json!({}),
                    FileOperationOf::Statement { holder } => {
                        json!({"loyalty": self.books.statement(&self.rules, holder, self.memberships(holder))})
                    }
                    FileOperationOf::Adjustment { program, holder, points } => {
                        let memberships = self.memberships(holder).to_vec();
                        let rules = self.rules.clone();
                        match self.books.adjust(&rules, program, holder, &memberships, *points) {
                            Ok(balance) => json!({"loyalty": [{"program": program, "balance_after": balance}]}),
                            Err(error) => refused(error),
                        }
                    }
                    _ => match self.books.operate(&operation) {
                        Ok(operated) => {
                            let answer = operated.answer();
                            json!({"state": answer["state"], "loyalty": answer["loyalty"]})
                        }
                        Err(error) => refused(error),
                    },
                }
            }
        }
    }
}

/// The answer without the names for the receipt, which the oracle leaves out.
pub(crate) fn comparable(decision: &Decision, settlement: Option<&Settlement>) -> Value {
    let mut answer = serde_json::to_value(DecisionAnswer::new(decision, settlement)).unwrap();
    for line in answer["lines"].as_array_mut().unwrap() {
        for discount in line["discounts"].as_array_mut().unwrap() {
            discount.as_object_mut().unwrap().remove("public_name");
        }
    }
    answer
}
