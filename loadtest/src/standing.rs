//! An authorization as it must stand: the core's own, with the operations that were answered.

use std::time::Instant;

use avis_core::Plan;
use avis_core::authorization::{Authorization, Event, Operation, Origin, Refusal, State, UnitsOfLine, What};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arrivals::Dice;
use crate::check::{self, amount, equal, list};

/// An authorization that was opened, and what was done to it since.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) terminal: usize,
    pub(crate) id: Uuid,
    /// The request that opened it.
    pub(crate) opened_by: Uuid,
    pub(crate) opened_at: Instant,
    /// Whether it draws on the contended quota.
    pub(crate) contended: bool,
    /// Whether an engine sold it without the ledger: beyond a limit, if its grantor allows that.
    pub(crate) stale: bool,
    /// The engine that opened it.
    pub(crate) engine: usize,
    /// Whether answers tell what is paid in money beside what is payable: where there are programmes.
    in_points: bool,
    pub(crate) authorization: Authorization,
}

/// Something to be done to an authorization.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Capture(Vec<UnitsOfLine>),
    Void,
    Refund(Vec<UnitsOfLine>),
    /// Of the request that opened it, or of an operation.
    Reverse(Uuid),
}

impl Standing {
    /// What an answer opened: the core's own authorization of this plan, with what points paid and earned.
    ///
    /// # Errors
    /// Lines that are none.
    pub(crate) fn open(
        terminal: usize,
        plan: &Plan,
        answer: &Value,
        contended: bool,
        engine: usize,
    ) -> Result<Self, String> {
        let stale = answer["stale"] == true;
        let (id, opened_by) = (uuid(&answer["authorization_id"])?, plan.request().request_id);
        let (decision, settlement) = check::own(plan, answer)?;
        let mut authorization = Authorization::new(plan.request(), decision, Vec::new());
        settlement.iter().for_each(|settlement| authorization.settle(settlement));
        equal("state", answer["state"].as_str(), Some(authorization.state().word()))?;
        let (opened_at, in_points) = (Instant::now(), settlement.is_some());
        Ok(Self { terminal, id, opened_by, opened_at, contended, stale, engine, in_points, authorization })
    }

    /// Whether it is bound by the contended quota.
    pub(crate) fn is_counted(&self) -> bool {
        self.contended && !self.stale
    }

    /// Whether anything of it is held or sold.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.authorization.state(), State::Held | State::Captured | State::PartlyRefunded)
    }

    /// Something that may be done to it now. Reversals of operations take up again what was given back, whoever has it
    /// meanwhile: the contended quota, which must hold exactly, is spared them.
    pub(crate) fn choose(&self, dice: &mut Dice) -> Step {
        let last = self.authorization.standing_operations().next_back();
        if let Some(id) = last.and_then(|(origin, _)| origin.request_id)
            && !self.contended
            && (dice.percent(10) || !self.is_open())
        {
            return Step::Reverse(id);
        }
        match (self.authorization.state(), dice.below(100)) {
            (State::Reversed, _) | (_, 0..10) => Step::Reverse(self.opened_by),
            (State::Held, 10..60) => Step::Capture(self.some_units(dice)),
            (State::Captured, 10..30) | (State::Held, _) => Step::Void,
            _ => Step::Refund(self.some_units(dice)),
        }
    }

    /// Something that its state does not allow, or more than there is.
    pub(crate) fn choose_wrongly(&self, dice: &mut Dice) -> Step {
        let too_many = self.authorization.lines.first().map(|line| UnitsOfLine {
            line_id: line.decided.line_id.clone(),
            units: line.quantity + dice.between(1, 9),
        });
        let nowhere = UnitsOfLine { line_id: "nowhere".into(), units: 1 };
        match (self.authorization.state(), dice.below(2)) {
            (State::Held, 0) => Step::Refund(Vec::new()),
            (State::Held, _) => Step::Capture(too_many.into_iter().collect()),
            (_, 0) => Step::Capture(Vec::new()),
            _ => Step::Refund(vec![nowhere]),
        }
    }

    /// All that is left, or a part of one line.
    fn some_units(&self, dice: &mut Dice) -> Vec<UnitsOfLine> {
        let place = dice.below(self.authorization.lines.len());
        let left = self.authorization.left(place).units;
        match self.authorization.lines.get(place) {
            Some(line) if left > 1 && !dice.percent(30) => {
                vec![UnitsOfLine { line_id: line.decided.line_id.clone(), units: dice.between(1, left - 1) }]
            }
            _ => Vec::new(),
        }
    }

    /// As it must stand after a step, and the `operation` of the answer.
    ///
    /// # Errors
    /// What the core refuses, so that the server must, too.
    pub(crate) fn after(&self, step: &Step, request_id: Uuid) -> Result<(Self, Value), Refusal> {
        let mut next = self.clone();
        let authorization = &mut next.authorization;
        let origin = Origin { at: Timestamp::now(), request_id: Some(request_id), ..Origin::default() };
        match step {
            Step::Capture(units) => drop(authorization.capture(origin, units)?.clone()),
            Step::Refund(units) => drop(authorization.refund(origin, units)?.clone()),
            Step::Void => drop(authorization.void(origin)?.clone()),
            Step::Reverse(original) => {
                authorization.reverse(origin, *original, *original == self.opened_by);
            }
        }
        let told = next.authorization.history().last().map(|event| self.told(event));
        Ok((next, told.unwrap_or_default()))
    }

    /// What happened as answers tell it.
    fn told(&self, event: &Event) -> Value {
        let request_id = event.origin.request_id.map(|id| id.to_string());
        match &event.what {
            What::Operation(operation) => self.told_operation(operation, request_id.as_deref()),
            What::Reversal(reversal) => json!({
                "kind": "reversal", "request_id": request_id,
                "original_request_id": reversal.original_request_id.to_string(), "result": reversal.undone.word(),
                "lines": [],
            }),
        }
    }

    /// An operation as answers tell it: one entry for each payer of a line that gets something back.
    fn told_operation(&self, operation: &Operation, request_id: Option<&str>) -> Value {
        let moved = operation.moves.iter().filter_map(|moved| {
            let line = self.authorization.lines.get(moved.line)?;
            let mut funding: Vec<(&str, i64)> = Vec::new();
            let funded = line.funding().zip(moved.parts.iter().skip(line.first_entry()));
            for (entry, amount) in funded.filter(|(_, amount)| **amount > 0) {
                match funding.iter_mut().find(|(payer, _)| *payer == &*entry.payer) {
                    Some((_, sum)) => *sum += amount,
                    None => funding.push((&entry.payer, *amount)),
                }
            }
            let funding: Vec<Value> =
                funding.iter().map(|(payer, amount)| json!({"payer": payer, "amount": amount})).collect();
            let payable: i64 = moved.parts.iter().take(line.first_entry()).sum();
            let told = json!({
                "line_id": *line.decided.line_id, "units": moved.units, "gross": moved.parts.iter().sum::<i64>(),
                "payable": payable, "funding": funding,
            });
            Some(self.with_due(told, moved.parts.first().copied()))
        });
        let moved: Vec<Value> = moved.collect();
        let sum = |field: &str| moved.iter().filter_map(|line| line[field].as_i64()).sum::<i64>();
        let (gross, payable, due) = (sum("gross"), sum("payable"), sum("due"));
        let told = json!({
            "kind": operation.kind.word(), "request_id": request_id, "gross": gross, "discount": gross - payable,
            "payable": payable, "lines": moved,
        });
        self.with_due(told, Some(due))
    }

    /// Amounts with what of them is paid in money, where that is told.
    fn with_due(&self, mut amounts: Value, due: Option<i64>) -> Value {
        if self.in_points {
            amounts["due"] = json!(due);
        }
        amounts
    }

    /// Whether an answer tells it as it must stand: its state, and what is left of every line.
    ///
    /// # Errors
    /// What is told otherwise.
    pub(crate) fn is_told(&self, answer: &Value) -> Result<(), String> {
        equal("authorization_id", uuid(&answer["authorization_id"])?, self.id)?;
        equal("request_id", uuid(&answer["request_id"])?, self.opened_by)?;
        equal("state", answer["state"].as_str(), Some(self.authorization.state().word()))?;
        let lines = list(answer, "lines")?;
        equal("the number of lines", lines.len(), self.authorization.lines.len())?;
        for (place, line) in lines.iter().enumerate() {
            let left = self.authorization.left(place);
            let (all, payable) = (left.parts.iter().sum::<i64>(), left.payable());
            let amounts = json!({"units": left.units, "payable": payable, "discount": all - payable});
            equal("`left` of a line", &line["left"], &self.with_due(amounts, Some(left.due())))?;
        }
        Ok(())
    }

    /// Whether the history tells exactly what was answered, in its order.
    ///
    /// # Errors
    /// What is told otherwise.
    pub(crate) fn has_history(&self, answer: &Value) -> Result<(), String> {
        let history = list(answer, "history")?;
        equal("events in the history", history.len(), self.authorization.history().len())?;
        for (told, event) in history.iter().zip(self.authorization.history()) {
            let mut told = told.clone();
            let undone = told["undone"].as_bool().unwrap_or(false);
            equal("`undone` in the history", undone, event.undone)?;
            told.as_object_mut().into_iter().for_each(|told| {
                for name in ["undone", "recorded_at", "terminal", "reason", "over_granted"] {
                    told.remove(name);
                }
            });
            self.is_operation("an event in the history", &told, &self.told(event))?;
        }
        Ok(())
    }

    /// Whether an operation is told as expected. Of what an engine sold without the ledger, who pays is settled when it is handed
    /// in: the provider pays what went beyond a limit and its grantor's policy. Every sum stays.
    ///
    /// # Errors
    /// What is told otherwise.
    pub(crate) fn is_operation(&self, what: &str, came: &Value, expected: &Value) -> Result<(), String> {
        if self.stale {
            equal(what, funded_by_anybody(came)?, funded_by_anybody(expected)?)
        } else {
            equal(what, came, expected)
        }
    }

    /// Units that the first discount of each line still covers.
    pub(crate) fn covered(&self) -> i64 {
        let lines = 0..self.authorization.lines.len();
        lines.filter_map(|line| self.authorization.left(line).covered.first().copied()).sum()
    }
}

impl Step {
    /// Where it is asked for.
    pub(crate) fn path(&self, authorization: Uuid) -> String {
        let name = match self {
            Self::Capture(_) => "capture",
            Self::Void => "void",
            Self::Refund(_) => "refunds",
            Self::Reverse(_) => return "/v1/reversals".to_owned(),
        };
        format!("/v1/authorizations/{authorization}/{name}")
    }

    /// How.
    pub(crate) fn body(&self, request_id: Uuid) -> Value {
        let mut body = json!({"request_id": request_id.to_string()});
        match self {
            Self::Capture(units) | Self::Refund(units) if !units.is_empty() => {
                let lines = units.iter().map(|one| json!({"line_id": *one.line_id, "units": one.units}));
                body["lines"] = lines.collect();
            }
            Self::Reverse(original) => {
                body["original_request_id"] = json!(original.to_string());
                body["reason"] = json!("load test");
            }
            _ => {}
        }
        body
    }
}

/// An operation with one sum in place of the payers of each line.
fn funded_by_anybody(operation: &Value) -> Result<Value, String> {
    let mut operation = operation.clone();
    for line in operation["lines"].as_array_mut().into_iter().flatten() {
        let amounts = list(line, "funding")?.iter().map(|entry| amount(entry, "amount"));
        line["funding"] = amounts.sum::<Result<i64, _>>()?.into();
    }
    Ok(operation)
}

fn uuid(value: &Value) -> Result<Uuid, String> {
    value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| format!("expected an id, came {value}"))
}
