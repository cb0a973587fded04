//! What must hold in the end, by reading back everything that was answered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use avis_core::authorization::{Origin, State};
use serde_json::Value;
use uuid::Uuid;

use crate::arrivals::Dice;
use crate::balance::balances;
use crate::check::{amount, equal, list};
use crate::load::Load;
use crate::mishaps::is_reversed;
use crate::report::{Kind, locked};
use crate::sent::Sent;
use crate::standing::Standing;
use crate::till::{Call, Till};

/// One thing to be read.
enum Item<'a> {
    /// I2, I8, I6: what was answered, and the authorization that it opened or changed.
    Answered(&'a Sent),
    /// What was refused left nothing.
    Refused(usize, Uuid),
    /// What was reversed left nothing.
    Unheard(usize, Uuid),
}

/// Reads everything back on so many connections; a line for the report.
pub(crate) fn read_back(load: &Load, connections: usize) -> String {
    let sent = load.register.all_sent();
    let standings = standings(load);
    let by_id: HashMap<Uuid, &Standing> = standings.iter().map(|standing| (standing.id, standing)).collect();
    let openers: HashMap<Uuid, &Standing> = standings.iter().map(|standing| (standing.opened_by, standing)).collect();
    if by_id.len() != standings.len() || openers.len() != standings.len() {
        load.findings.violation("I2: two requests were given one authorization, or one request two".to_owned());
    }
    let refused = load.register.all_refused();
    let unheard = load.register.all_unheard();
    let items: Vec<Item<'_>> = sent
        .iter()
        .map(|sent| Item::Answered(sent))
        .chain(refused.iter().map(|(terminal, id)| Item::Refused(*terminal, *id)))
        .chain(unheard.iter().map(|(terminal, id)| Item::Unheard(*terminal, *id)))
        .collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for connection in 0..connections {
            let (items, next, by_id) = (&items, &next, &by_id);
            scope.spawn(move || {
                let reader = Reader { load, till: Till::new(load, connection), by_id };
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    reader.read(item);
                }
            });
        }
    });
    format!(
        "Read back: {} answered requests (I2, I8), {} authorizations (I6), {} refused and {} reversed unheard (nothing left).\n",
        sent.len(),
        standings.len(),
        refused.len(),
        unheard.len()
    )
}

struct Reader<'a> {
    load: &'a Load,
    till: Till<'a>,
    by_id: &'a HashMap<Uuid, &'a Standing>,
}

impl Reader<'_> {
    fn read(&self, item: &Item<'_>) {
        let (checked, name) = match item {
            Item::Answered(sent) => (self.answered(sent), format!("reading back {}", sent.named())),
            Item::Refused(terminal, id) => {
                (self.nothing(*terminal, *id, false), format!("reading back {id}, which was refused"))
            }
            Item::Unheard(terminal, id) => {
                (self.nothing(*terminal, *id, true), format!("reading back {id}, which was reversed"))
            }
        };
        self.load.findings.check(checked, || name);
    }

    /// The bytes at a path; none if there is no such record.
    fn bytes(&self, terminal: usize, path: &str) -> Result<Option<Vec<u8>>, String> {
        let terminal = self.load.world.terminals.get(terminal).ok_or("no such terminal")?;
        let reply = self.till.get(terminal, path).ok_or("no answer came")?;
        match reply.status {
            200 => Ok(Some(reply.body)),
            404 => Ok(None),
            _ => Err(format!("{path}: unexpected answer {}", reply.told())),
        }
    }

    fn answered(&self, sent: &Sent) -> Result<(), String> {
        let read = self.bytes(sent.terminal, &format!("/v1/requests/{}", sent.id))?;
        let read = read.ok_or("I8: it was answered, and is not there")?;
        // The same request again has the same bytes, whatever happened since.
        self.again(sent)?;
        let answer: Value = serde_json::from_slice(sent.answer().unwrap_or_default()).unwrap_or_default();
        let Some(id) = answer["authorization_id"].as_str().and_then(|id| id.parse::<Uuid>().ok()) else {
            // It opened nothing: what is kept is its answer.
            return if Some(&*read) == sent.answer() {
                Ok(())
            } else {
                Err("I2: its answer reads otherwise".to_owned())
            };
        };
        let text: Value = serde_json::from_slice(&read).map_err(|error| error.to_string())?;
        let Some(standing) = self.by_id.get(&id) else {
            // The sale of a reversal that nobody heard of.
            return is_reversed(&text)
                .and_then(|()| equal("authorization_id", &text["authorization_id"], &answer["authorization_id"]));
        };
        let stands = self.expired(standing, &text);
        let stands = stands.as_ref().unwrap_or(standing);
        stands.is_told(&text).map_err(|detail| format!("I8: {detail}, read {text}"))?;
        stands.has_history(&text).map_err(|detail| format!("I8: {detail}, read {text}"))?;
        if standing.opened_by == sent.id {
            let lines = &standing.authorization.lines;
            let quantities: Vec<i64> = lines.iter().map(|line| line.quantity).collect();
            balances(&quantities, &text).map_err(|detail| format!("I6: {detail}, read {text}"))?;
            let whole = self.bytes(sent.terminal, &format!("/v1/authorizations/{id}"))?;
            equal("I2: bytes of the authorization and of its request", whole.as_ref() == Some(&read), true)?;
        }
        Ok(())
    }

    fn again(&self, sent: &Sent) -> Result<(), String> {
        let terminal = self.load.world.terminals.get(sent.terminal).ok_or("no such terminal")?;
        let asked = Call { kind: Kind::Repeat, due: Instant::now(), terminal, engine: self.till.home, only: false };
        let reply = self.till.post(&asked, &sent.path, &sent.body);
        let reply = reply.ok_or("no answer came to its repeat")?;
        match reply.status {
            200 => sent.answered(&reply),
            _ => Err(format!("I2: its repeat was answered {}", reply.told())),
        }
    }

    /// A hold that ended by itself meanwhile, as it must then stand.
    fn expired(&self, standing: &Standing, read: &Value) -> Option<Standing> {
        let ended = standing.authorization.state() == State::Held
            && read["state"] == "expired"
            && standing.opened_at.elapsed().as_secs() > 29 * 60;
        ended.then(|| {
            let mut standing = standing.clone();
            // It is held, so it can end.
            let _ = standing.authorization.expire(Origin { at: jiff::Timestamp::now(), ..Origin::default() });
            standing
        })
    }

    /// Nothing is there, or nothing of it is left.
    fn nothing(&self, terminal: usize, id: Uuid, may_be_reversed: bool) -> Result<(), String> {
        let Some(read) = self.bytes(terminal, &format!("/v1/requests/{id}"))? else { return Ok(()) };
        let read: Value = serde_json::from_slice(&read).map_err(|error| error.to_string())?;
        if !may_be_reversed {
            return Err(format!("it was refused, yet it is there: {read}"));
        }
        // What was sold without the ledger may be an authorization, though the ledger itself declines it.
        match (&read["authorization_id"], read["outcome"].as_str()) {
            (Value::Null, Some("declined" | "reversed")) => Ok(()),
            _ => is_reversed(&read).map_err(|detail| format!("{detail}, read {read}")),
        }
    }
}

/// I1 on the contended quota: at every moment, in the end, and as the server counts it; a line for the report.
pub(crate) fn contended(load: &Load) -> String {
    let quota = &load.contended;
    if !quota.is_the_same(&load.world) {
        return "Contended quota: its month turned during the run, so it was not counted (I1).\n".to_owned();
    }
    let standings = standings(load);
    let used = |counted: fn(&Standing) -> bool| -> i64 {
        standings.iter().filter(|standing| counted(standing)).map(Standing::covered).sum()
    };
    let (used, counted) = (used(|standing| standing.contended), used(Standing::is_counted));
    let (limit, most) = (quota.limit, quota.most());
    if counted > limit || most > limit {
        load.findings.violation(format!("I1: of {limit} units {counted} are in use, and {most} were at one moment"));
    }
    // What an engine sells without the ledger, its grantor allows once to a holder for each outage.
    let (beyond, engines) = (used - counted, i64::try_from(load.target.count()).unwrap_or(i64::MAX));
    if beyond > quota.size.saturating_mul(engines) {
        load.findings.violation(format!("I1: {engines} engines sold {beyond} units without the ledger"));
    }
    let left = left(load);
    let checked = left
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|left| equal("units left by a quote", *left, (limit - used).max(0)));
    load.findings.check(checked, || "I1: the contended quota in the end".to_owned());
    let left = left.map_or_else(|error| error, |left| left.to_string());
    format!(
        "Contended quota of {limit} (I1): at most {most} in use at one moment, {used} in the end, {beyond} of them sold \
         without the ledger, a quote says {left} left.\n"
    )
}

fn standings(load: &Load) -> Vec<Standing> {
    load.register.all_standings().iter().map(|shared| locked(shared).clone()).collect()
}

/// Units that the engine asked last would still give.
pub(crate) fn left(load: &Load) -> Result<i64, String> {
    let terminal = load.world.terminals.get(load.contended.terminal).ok_or("no such terminal")?;
    let body = load.contended.everything_asked(&load.world, &mut Dice::new(0)).to_string();
    let asked = Call { kind: Kind::Quote, due: Instant::now(), terminal, engine: 0, only: false };
    let reply = Till::new(load, 0).post(&asked, "/v1/quote", &body);
    let reply = reply.filter(|reply| reply.status == 200).ok_or("no answer came to the last quote")?;
    let answer = reply.json();
    let discounts = list(&answer, "lines")?.iter().flat_map(|line| list(line, "discounts").unwrap_or_default());
    discounts.map(|discount| amount(discount, "units")).sum()
}
