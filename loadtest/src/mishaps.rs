//! What goes wrong in life: answers that never come, requests that come twice, and those that must be refused.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::basket;
use crate::check;
use crate::owed::Owed;
use crate::people::Terminal;
use crate::report::{Kind, locked};
use crate::sent::Sent;
use crate::standing::Step;
use crate::till::Reply;
use crate::work::{How, Visit};

impl<'a> Visit<'a> {
    /// What must be refused: by the state of an authorization, or an id that was used for something else.
    pub(crate) fn refused(&mut self) {
        if self.dice.percent(50) {
            return self.reuse();
        }
        let Some(shared) = self.load.register.take(false, &mut self.dice) else { return self.open(Kind::Sale) };
        let mut standing = locked(&shared);
        let step = standing.choose_wrongly(&mut self.dice);
        let id = basket::new_id(&mut self.dice);
        let is_settled = self.operate(&shared, &mut standing, (step, id), How::Wrongly);
        drop(standing);
        if is_settled {
            self.load.register.put_back(false, shared);
        }
    }

    /// Another meaning under an id that was used.
    fn reuse(&mut self) {
        let Some(sent) = self.load.register.recent(&mut self.dice) else { return };
        let (Some(terminal), Ok(mut body)) =
            (self.load.world.terminals.get(sent.terminal), serde_json::from_str::<Value>(&sent.body))
        else {
            return;
        };
        if body["lines"][0]["unit_price"].is_i64() {
            body["lines"][0]["unit_price"] = json!(49);
        } else if body["original_request_id"].is_string() {
            body["reason"] = json!("another");
        } else {
            return self.open(Kind::Sale);
        }
        let reply = self.post_at(self.who_knows(&sent), Kind::Refused, terminal, &sent.path, &body.to_string());
        let Some(reply) = reply.filter(|reply| !self.is_put_off(Kind::Refused, reply)) else { return };
        let checked = is_problem(&reply, 409, "request_id_reused");
        self.load.findings.check(checked, || format!("another meaning under {}", sent.named()));
    }

    /// Whom to ask about what was answered: only that engine while nobody else may know of it.
    fn who_knows(&self, sent: &Sent) -> (usize, bool) {
        (sent.engine(), self.load.target.shares_a_ledger())
    }

    /// The same request once more, now and then in other words.
    pub(crate) fn repeat(&mut self) {
        let Some(sent) = self.load.register.recent(&mut self.dice) else { return };
        let Some(terminal) = self.load.world.terminals.get(sent.terminal) else { return };
        let body = if self.dice.percent(50) { basket::written_otherwise(&sent.body) } else { sent.body.clone() };
        let reply = self.post_at(self.who_knows(&sent), Kind::Repeat, terminal, &sent.path, &body);
        let Some(reply) = reply.filter(|reply| !self.is_put_off(Kind::Repeat, reply)) else { return };
        match reply.status {
            200 => self.load.findings.check(sent.answered(&reply), || format!("a repeat of {}", sent.named())),
            _ => self.unexpected(Kind::Repeat, &format!("a repeat of {}", sent.named()), &reply),
        }
    }

    /// What is sold so: of the contended quota, to a member, or to anybody.
    fn basket_unheard(&mut self) -> Option<(usize, &'a Terminal, Value)> {
        let (world, quota) = (&self.load.world, &self.load.contended);
        match self.dice.below(100) {
            0..30 => {
                let id = basket::new_id(&mut self.dice);
                let asked = quota.asked(world, id, "sale", 1, &mut self.dice);
                Some((quota.terminal, world.terminals.get(quota.terminal)?, asked))
            }
            30..50 if world.regulars.is_some() => self.basket_of_member(),
            _ => {
                let (place, terminal) = self.terminal();
                let id = basket::new_id(&mut self.dice);
                Some((place, terminal?, basket::basket(world, terminal?, id, "sale", &mut self.dice)))
            }
        }
    }

    /// A sale whose answer never comes, or that never arrives, and its reversal; sometimes the sale comes again.
    pub(crate) fn unheard(&mut self) {
        let Some((place, terminal, body)) = self.basket_unheard() else { return };
        let original = body["request_id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        let (id, body) = (basket::new_id(&mut self.dice), body.to_string());
        if self.dice.percent(70) {
            self.till.send_unheard(terminal, "/v1/authorizations", &body);
        }
        self.load.register.unheard(place, original);
        let step = Step::Reverse(original);
        let sent = Sent::new(place, id, step.path(original), &step.body(id));
        let Some(answer) = self.reverse_unheard(self.till.home, sent) else { return };
        if self.dice.percent(50) {
            let late = self.post(Kind::Repeat, terminal, "/v1/authorizations", &body);
            let Some(late) = late.filter(|reply| !self.is_put_off(Kind::Repeat, reply)) else { return };
            let outcome = late.json()["outcome"].clone();
            let came_first = !answer["authorization_id"].is_null();
            let fits = match outcome.as_str() {
                Some("reversed") => !came_first,
                // It came before its reversal, which undid nothing since nothing was recorded.
                Some("declined") => !came_first && late.replayed,
                Some(_) => came_first && late.replayed,
                None => false,
            };
            let checked = if fits { Ok(()) } else { Err(format!("after {answer} the original got {}", late.told())) };
            self.load.findings.check(checked, || format!("{original}, reversed by {id}"));
        }
    }

    /// The reversal of a sale whose answer never came; its answer, unless it was put off.
    pub(crate) fn reverse_unheard(&self, engine: usize, sent: Sent) -> Option<Value> {
        let terminal = self.load.world.terminals.get(sent.terminal)?;
        let reply = self.post_at((engine, false), Kind::Reversal, terminal, &sent.path, &sent.body)?;
        if self.is_put_off(Kind::Reversal, &reply) {
            self.load.debts.owe(Owed::Reversal { engine, sent });
            return None;
        }
        if reply.status != 200 {
            self.unexpected(Kind::Reversal, &sent.named(), &reply);
            self.load.register.refused(sent.terminal, sent.id);
            return None;
        }
        let answer = reply.json();
        let checked = sent.answered(&reply).and_then(|()| is_reversed(&answer));
        self.load.findings.check(checked, || format!("{} answered {answer}", sent.named()));
        self.load.register.keep(Arc::new(sent));
        Some(answer)
    }
}

/// Whether a reversal leaves nothing.
pub(crate) fn is_reversed(answer: &Value) -> Result<(), String> {
    if !answer["authorization_id"].is_null() {
        check::equal("state", &answer["state"], &json!("reversed"))?;
        for line in check::list(answer, "lines")? {
            let left = line["left"].as_object().ok_or("a line without `left`")?;
            check::equal("what is left of a line", left.values().all(|amount| *amount == 0), true)?;
        }
    }
    match answer["operation"]["result"].as_str() {
        None | Some("reversed") => Ok(()),
        result => Err(format!("the result of a first reversal is {result:?}")),
    }
}

/// Whether a request was refused for this reason.
pub(crate) fn is_problem(reply: &Reply, status: u16, code: &str) -> Result<(), String> {
    check::equal("status", reply.status, status)?;
    check::equal("code", reply.json()["code"].as_str(), Some(code))
}
