//! What a connection does with each arrival.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use avis_core::Plan;
use avis_core::authorization::{Refusal, State};
use serde_json::Value;
use uuid::Uuid;

use crate::arrivals::Dice;
use crate::basket;
use crate::check;
use crate::load::Load;
use crate::mishaps::is_problem;
use crate::owed::Owed;
use crate::people::Terminal;
use crate::report::{Kind, locked};
use crate::sent::{Sent, Shared};
use crate::standing::{Standing, Step};
use crate::till::{Call, Reply, Till};

/// A hold ends by itself after half an hour; before that it is left alone, so that nobody races its end.
const HOLD_TIME: Duration = Duration::from_mins(25);

/// Most people have no right to most things; so often another basket is drawn, so that more than declined ones are recorded.
const TRIES: usize = 3;

/// Takes arrivals until there are none: each is done when it is due, or as soon as somebody is free.
pub(crate) fn run(load: &Load, connection: usize) {
    let (till, other) = (Till::new(load, connection), Till::new(load, connection));
    while let Some(arrival) = { locked(&load.arrivals).next() } {
        if load.begun.elapsed() > load.give_up {
            load.unsent.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        std::thread::sleep(arrival.due.saturating_sub(load.begun.elapsed()));
        Visit { load, till: &till, other: &other, due: load.begun + arrival.due, dice: arrival.dice }.perform();
    }
}

/// One arrival at a till.
pub(crate) struct Visit<'a> {
    pub(crate) load: &'a Load,
    pub(crate) till: &'a Till<'a>,
    /// For what is sent twice at once.
    pub(crate) other: &'a Till<'a>,
    pub(crate) due: Instant,
    pub(crate) dice: Dice,
}

impl<'a> Visit<'a> {
    fn perform(mut self) {
        match self.dice.below(100) {
            0..32 => self.quote(),
            32..40 => self.spend_points(),
            40..54 => self.open(Kind::Sale),
            54..64 => self.open(Kind::Hold),
            64..72 => self.contend(),
            72..90 => self.follow_up(false),
            90..94 => self.repeat(),
            94..96 => self.open(Kind::Twice),
            96..98 => self.refused(),
            _ => self.unheard(),
        }
    }

    pub(crate) fn terminal(&mut self) -> (usize, Option<&'a Terminal>) {
        let place = self.dice.below(self.load.world.terminals.len());
        (place, self.load.world.terminals.get(place))
    }

    pub(crate) fn post(&self, kind: Kind, terminal: &Terminal, path: &str, body: &str) -> Option<Reply> {
        self.post_at((self.till.home, false), kind, terminal, path, body)
    }

    /// Posts to an engine that knows of it: to no other one if only that does.
    pub(crate) fn post_at(
        &self,
        (engine, only): (usize, bool),
        kind: Kind,
        terminal: &Terminal,
        path: &str,
        body: &str,
    ) -> Option<Reply> {
        self.till.post(&Call { kind, due: self.due, terminal, engine, only }, path, body)
    }

    /// Whether an answer leaves open what became of its request: it is to be sent again when the ledger is back.
    pub(crate) fn is_put_off(&self, kind: Kind, reply: &Reply) -> bool {
        let is_put_off = reply.status == 503 && self.load.target.shares_a_ledger();
        if is_put_off {
            locked(&self.load.timings).error(kind);
            self.load.outages.put_off();
        }
        is_put_off
    }

    /// Sends again what was put off.
    pub(crate) fn settle(&mut self, owed: Owed) {
        match owed {
            Owed::Authorization { kind, engine, terminal, id, body } => {
                let Some(sells) = self.load.world.terminals.get(terminal) else { return };
                self.authorize(kind, engine, (terminal, sells), id, &body);
            }
            Owed::Operation { shared, step, id } => {
                let mut standing = locked(&shared);
                self.operate(&shared, &mut standing, (step, id), How::Again);
            }
            Owed::Reversal { engine, sent } => {
                self.reverse_unheard(engine, sent);
            }
        }
    }

    /// An answer that nobody asked for.
    pub(crate) fn unexpected(&self, kind: Kind, what: &str, reply: &Reply) {
        locked(&self.load.timings).error(kind);
        // An overloaded server says so and records nothing: an error of this run, but no wrong answer.
        if reply.status != 503 {
            self.load.findings.violation(format!("{what}: unexpected answer {}", reply.told()));
        }
    }

    fn quote(&mut self) {
        let (place, Some(terminal)) = self.terminal() else { return };
        let id = basket::new_id(&mut self.dice);
        let nobody = self.dice.percent(5) && self.load.unknown.may(place, self.load.begun);
        let world = &self.load.world;
        let body = if nobody {
            basket::of_nobody(world, terminal, id, &mut self.dice)
        } else {
            basket::basket(world, terminal, id, "sale", &mut self.dice)
        };
        let body = body.to_string();
        let Some(reply) = self.post(Kind::Quote, terminal, "/v1/quote", &body) else { return };
        if reply.status != 200 {
            return self.unexpected(Kind::Quote, "a quote", &reply);
        }
        let answer = reply.json();
        let checked = world.plan_as_told(terminal, &body, &answer).and_then(|plan| self.decision(&plan, &answer));
        let context = || format!("quote of {} for {body} answered {answer}", terminal.code);
        self.load.findings.check(checked, context);
    }

    fn decision(&self, plan: &Plan, answer: &Value) -> Result<(), String> {
        if check::decision(plan, answer)? {
            self.load.findings.compared();
        }
        Ok(())
    }

    /// A sale or a hold; twice at once under one id, too.
    pub(crate) fn open(&mut self, kind: Kind) {
        let (place, Some(terminal)) = self.terminal() else { return };
        let id = basket::new_id(&mut self.dice);
        let mode = if kind == Kind::Hold { "hold" } else { "sale" };
        let mut body = basket::basket(&self.load.world, terminal, id, mode, &mut self.dice);
        for _ in 0..TRIES {
            if self.load.world.gives(terminal, &body) {
                break;
            }
            body = basket::basket(&self.load.world, terminal, id, mode, &mut self.dice);
        }
        self.authorize(kind, self.till.home, (place, terminal), id, &body);
    }

    /// Somebody buys who has points, and may spend them.
    fn spend_points(&mut self) {
        let Some((place, terminal, body)) = self.basket_of_member() else { return self.open(Kind::Sale) };
        let id = body["request_id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        self.authorize(Kind::Points, self.till.home, (place, terminal), id, &body);
    }

    /// What a member buys; none where there are no programmes.
    pub(crate) fn basket_of_member(&mut self) -> Option<(usize, &'a Terminal, Value)> {
        let regulars = self.load.world.regulars.as_ref()?;
        let terminal = self.load.world.terminals.get(regulars.terminal)?;
        let member = self.dice.pick(&regulars.members)?;
        let mode = if self.dice.percent(30) { "hold" } else { "sale" };
        let id = basket::new_id(&mut self.dice);
        let of = (mode, &*regulars.program, member);
        Some((regulars.terminal, terminal, basket::of_member(&self.load.world, terminal, id, of, &mut self.dice)))
    }

    /// A few units of the contended quota, or giving some back.
    fn contend(&mut self) {
        if self.dice.percent(40) {
            return self.follow_up(true);
        }
        let place = self.load.contended.terminal;
        let Some(terminal) = self.load.world.terminals.get(place) else { return };
        let id = basket::new_id(&mut self.dice);
        let mode = if self.dice.percent(40) { "hold" } else { "sale" };
        let units = self.dice.between(1, 3);
        let body = self.load.contended.asked(&self.load.world, id, mode, units, &mut self.dice);
        self.authorize(Kind::Contended, self.till.home, (place, terminal), id, &body);
    }

    fn authorize(&self, kind: Kind, engine: usize, (place, terminal): (usize, &Terminal), id: Uuid, body: &Value) {
        let sent = Arc::new(Sent::new(place, id, "/v1/authorizations".to_owned(), body));
        let asked = Call { kind, due: self.due, terminal, engine, only: false };
        let first = || self.till.post(&asked, &sent.path, &sent.body);
        let replies = if kind == Kind::Twice {
            std::thread::scope(|scope| {
                let second = scope.spawn(|| self.other.post(&asked, &sent.path, &sent.body));
                [first(), second.join().unwrap_or_default()]
            })
        } else {
            [first(), None]
        };
        for reply in replies.iter().flatten() {
            match reply.status {
                200 => self.load.findings.check(sent.answered(reply), || sent.named()),
                _ if self.is_put_off(kind, reply) => {}
                _ => self.unexpected(kind, &sent.named(), reply),
            }
        }
        let Some(reply) = replies.iter().flatten().find(|reply| reply.status == 200) else {
            // Twice at once is once, when it comes again.
            let kind = if kind == Kind::Twice { Kind::Sale } else { kind };
            return if self.load.target.shares_a_ledger() {
                let body = body.clone();
                self.load.debts.owe(Owed::Authorization { kind, engine, terminal: place, id, body });
            } else {
                self.load.register.refused(place, id);
            };
        };
        let answer = reply.json();
        self.load.outages.sold(answer["stale"] == true);
        let checked = self.load.world.plan_as_told(terminal, &sent.body, &answer).and_then(|plan| {
            // A wrong answer opens an authorization, too: it is followed like every other.
            let opened = match answer["outcome"].as_str() {
                Some("declined") => check::equal("authorization_id", &answer["authorization_id"], &Value::Null),
                _ => self.opened(place, &plan, &answer, (kind == Kind::Contended, reply.engine)),
            };
            self.decision(&plan, &answer).and(opened)
        });
        let context = || format!("{} for {} answered {answer}", sent.named(), sent.body);
        self.load.findings.check(checked, context);
        self.load.register.keep(sent);
    }

    fn opened(
        &self,
        place: usize,
        plan: &Plan,
        answer: &Value,
        (contended, engine): (bool, usize),
    ) -> Result<(), String> {
        let standing = Standing::open(place, plan, answer, contended, engine)?;
        if standing.is_counted() {
            self.load.contended.note(standing.covered());
        }
        self.load.register.open(standing);
        Ok(())
    }

    /// Something that may be done to an authorization: a capture, a void, a refund, a reversal.
    fn follow_up(&mut self, contended: bool) {
        let Some(shared) = self.load.register.take(contended, &mut self.dice) else { return self.open(Kind::Hold) };
        let is_alive = {
            let mut standing = locked(&shared);
            if standing.authorization.state() == State::Held && standing.opened_at.elapsed() > HOLD_TIME {
                return self.open(Kind::Hold);
            }
            let step = standing.choose(&mut self.dice);
            let id = basket::new_id(&mut self.dice);
            let is_settled = self.operate(&shared, &mut standing, (step, id), How::Rightly);
            // What was given back whole is undone now and then, or reversed once more.
            is_settled && (standing.is_open() || (!contended && self.dice.percent(20)))
        };
        if is_alive {
            self.load.register.put_back(contended, shared);
        }
    }

    /// Does something to an authorization; whether it is known what became of it.
    pub(crate) fn operate(
        &mut self,
        shared: &Shared,
        standing: &mut Standing,
        (step, id): (Step, Uuid),
        how: How,
    ) -> bool {
        let Some(terminal) = self.load.world.terminals.get(standing.terminal) else { return true };
        let sent = Sent::new(standing.terminal, id, step.path(standing.id), &step.body(id));
        let kind = match &step {
            _ if how == How::Wrongly => Kind::Refused,
            Step::Capture(_) => Kind::Capture,
            Step::Void => Kind::Void,
            Step::Refund(_) => Kind::Refund,
            Step::Reverse(_) => Kind::Reversal,
        };
        let expected = standing.after(&step, id);
        let given_back = expected.as_ref().map_or(0, |(next, _)| standing.covered() - next.covered());
        if standing.is_counted() && how != How::Again {
            self.load.contended.note(-given_back);
        }
        let knows = (standing.engine, standing.stale && how != How::Again);
        let Some(reply) = self.post_at(knows, kind, terminal, &sent.path, &sent.body) else {
            // Its engine is gone, and has to hand it in first.
            if standing.is_counted() {
                self.load.contended.note(given_back);
            }
            return true;
        };
        let context = || format!("{} for {} answered {}", sent.named(), sent.body, reply.told());
        match (expected, reply.status) {
            (Ok((next, told)), 200) => {
                let answer = reply.json();
                let checked = sent.answered(&reply).and_then(|()| next.is_told(&answer));
                let checked = checked.and_then(|()| {
                    next.is_operation("operation", &check::without_over_grants(&answer["operation"])?, &told)
                });
                self.load.findings.check(checked, context);
                *standing = next;
                self.load.register.keep(Arc::new(sent));
            }
            (Err(refusal), 409 | 422) => {
                self.load.findings.check(is_refused(refusal, &reply), context);
                self.load.register.refused(standing.terminal, id);
            }
            (expected, _) => {
                // Nothing happened, or it is open what did: what may have been given back is not surely in use any more.
                let is_put_off = self.is_put_off(kind, &reply);
                if is_put_off && expected.is_ok() {
                    self.load.debts.owe(Owed::Operation { shared: shared.clone(), step, id });
                    return false;
                }
                if standing.is_counted() {
                    self.load.contended.note(given_back);
                }
                if !is_put_off {
                    self.unexpected(kind, &sent.named(), &reply);
                }
                self.load.register.refused(standing.terminal, id);
            }
        }
        true
    }
}

/// Why something is done to an authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Rightly,
    /// So that it is refused.
    Wrongly,
    /// It was put off; what it gives back counts as given back since then.
    Again,
}

fn is_refused(refusal: Refusal, reply: &Reply) -> Result<(), String> {
    match refusal {
        Refusal::NotInState(state) => {
            is_problem(reply, 409, "not_in_state")?;
            check::equal("state", reply.json()["state"].as_str(), Some(state.word()))
        }
        Refusal::UnknownLine { .. } | Refusal::TooManyUnits { .. } => is_problem(reply, 422, "invalid_request"),
    }
}
