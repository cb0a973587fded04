//! A till without a ledger: decides requests in order, and operations on them, each seeing what those before it left.

use std::sync::Arc;

use avis_core::loyalty::{
    Books, FileLine, FileOperation, FileOperationOf, LoyaltyRequest, Membership, Operated, OperationRefused,
    Settlement, inquire,
};
use avis_core::{Decision, DecisionAnswer, Faults, RuleSet, Totals, Trace, explain_loyal, plan_loyal};
use avis_server::Engine;
use serde_json::{Value, json};
use uuid::Uuid;

/// A till with everything that its decisions read.
pub struct FileTill {
    rules: Arc<RuleSet>,
    engine: Engine,
    books: Books,
    /// Whether no request sees those before it.
    stateless: bool,
}

/// What became of a line.
pub enum Answered {
    /// It was a request.
    Decided(Box<Decided>),
    /// It was an operation, and this is its answer.
    Done(Value),
    /// It was an operation that is not possible.
    Refused(OperationRefused),
}

/// A request that was decided.
pub struct Decided {
    /// The request.
    pub request_id: Uuid,
    /// What was decided.
    pub decision: Decision,
    /// What points make of it; none where loyalty was not asked.
    pub settlement: Option<Settlement>,
    /// Why, if that was asked.
    pub trace: Option<Trace>,
    /// Whether it was undone before it came, so that nothing was recorded.
    reversed: bool,
}

impl Decided {
    /// The answer without what only a record has.
    pub fn answer(&self) -> Value {
        let mut answer = json!(DecisionAnswer::new(&self.decision, self.settlement.as_ref()));
        if let Some(fields) = answer.as_object_mut().filter(|_| self.reversed) {
            fields.insert("state".to_owned(), json!("reversed"));
        }
        answer
    }

    /// Whether it says more than the decision.
    pub fn is_plain(&self) -> bool {
        self.settlement.is_none() && !self.reversed
    }
}

impl FileTill {
    /// A till with empty books.
    pub fn new(rules: Arc<RuleSet>, engine: Engine) -> Self {
        let books = Books::new(&rules);
        Self { rules, engine, books, stateless: false }
    }

    /// The same; with `stateless` no request sees those before it.
    #[must_use]
    pub fn stateless(self, stateless: bool) -> Self {
        Self { stateless, ..self }
    }

    /// Decides a request, or does an operation; with `explain` it says why.
    ///
    /// # Errors
    /// A request in another currency than that of the rules.
    pub fn take(&mut self, provider: &str, line: FileLine, explain: bool) -> Result<Answered, Faults> {
        match line {
            FileLine::Operation(operation) => Ok(match self.operate(&operation) {
                Ok(answer) => Answered::Done(answer),
                Err(refused) => Answered::Refused(refused),
            }),
            FileLine::Request(asked) => {
                let request = &asked.request;
                if !self.stateless {
                    self.books.pass(request.occurred_at);
                }
                let person = self.engine.person(request);
                let coupons = asked.coupons.iter().map(|code| self.coupon(code)).collect();
                let asked = LoyaltyRequest { coupons, ..*asked };
                let inquiry = inquire(&self.rules, provider, person.holder.as_deref(), &asked);
                let known = inquiry.map(|inquiry| self.books.known(&inquiry));
                let (rules, request) = (self.rules.clone(), asked.request.clone());
                let sum = |need: &_| if self.stateless { Totals::default() } else { self.books.sum(need) };
                let (decision, settlement, trace) = if explain {
                    let (decision, settlement, trace) = explain_loyal(rules, provider, person, request, known, sum)?;
                    (decision, settlement, Some(trace))
                } else {
                    let plan = plan_loyal(rules, provider, person, request, known)?;
                    let (decision, settlement) = plan.decide_loyal(&plan.usage(sum));
                    (decision, settlement, None)
                };
                let request_id = asked.request.request_id;
                let reversed = self.books.was_undone_before(request_id);
                if !self.stateless {
                    self.books.record(&asked.request, &decision, settlement.as_ref());
                }
                Ok(Answered::Decided(Box::new(Decided { request_id, decision, settlement, trace, reversed })))
            }
        }
    }

    /// By its code, as a file has it, or by the hash of it, as it is kept.
    fn coupon(&self, code: &str) -> Box<str> {
        if self.rules.coupon(code).is_some() { code.into() } else { self.engine.coupon_key(code) }
    }

    fn memberships(&self, holder: &str) -> Vec<Membership> {
        self.engine.directory.holder(holder).map(|holder| holder.memberships).unwrap_or_default()
    }

    fn operate(&mut self, operation: &FileOperation) -> Result<Value, OperationRefused> {
        if let Some(at) = operation.occurred_at.or(self.books.clock()) {
            self.books.pass(at);
        }
        let request_id = operation.request_id;
        match &operation.what {
            FileOperationOf::Adjustment { program, holder, points } => {
                let memberships = self.memberships(holder);
                let balance = self.books.adjust(&self.rules, program, holder, &memberships, *points)?;
                Ok(json!({"request_id": request_id, "operation": {"kind": "adjustment", "request_id": request_id},
                          "loyalty": [{"program": program, "balance_after": balance}]}))
            }
            FileOperationOf::Statement { holder } => {
                let statement = self.books.statement(&self.rules, holder, &self.memberships(holder));
                Ok(json!({"request_id": request_id, "holder": holder, "loyalty": statement}))
            }
            FileOperationOf::Clock => Ok(json!({"request_id": request_id, "clock": self.books.clock()})),
            _ => self.books.operate(operation).map(|operated: Operated| operated.answer()),
        }
    }
}
