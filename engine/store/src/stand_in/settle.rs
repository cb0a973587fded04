//! The thread that sells in the ledger's stead: what waits together is one commit of the journal.

use std::sync::mpsc::Receiver;

use avis_core::loyalty::{Known, Settlement};
use avis_core::offline::{Granted, OverGrantKey};
use avis_core::{Charge, DecidedLine, Decision, Outcome, Reading, Usage};
use jiff::Timestamp;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::answer;
use crate::clock::Moment;
use crate::ledger::{LedgerError, NewAuthorization, OfflineAnswer, Refused, Verdict};
use crate::record::Record;
use crate::sqlite::{Entries, JournalError, Sale};
use crate::stand_in::known_usage::KnownUsage;
use crate::stand_in::switch::away;
use crate::stand_in::{Shared, usage};

/// Sales in one commit.
const BATCH_MAX: usize = 256;

/// A sale for the journal.
pub(super) struct Waiting {
    pub(super) new: Box<NewAuthorization>,
    /// When the outage began.
    pub(super) outage: Timestamp,
    /// Whether it is the first under its id.
    pub(super) first: bool,
    pub(super) answer: oneshot::Sender<Result<Verdict, LedgerError>>,
}

/// What became of a sale.
struct Settled {
    verdict: Result<Verdict, LedgerError>,
    authorization: Option<Uuid>,
}

/// Until nobody can submit any more.
pub(super) fn run(shared: &Shared, waiting: &Receiver<Waiting>) {
    while let Ok(first) = waiting.recv() {
        let mut batch: Vec<Waiting> = std::iter::once(first).chain(waiting.try_iter().take(BATCH_MAX - 1)).collect();
        let moment = Moment::of(&*shared.clock);
        let mut charged = Vec::new();
        let settled = shared.journal.enter(|entries| {
            let settled = batch.iter_mut().map(|waiting| {
                let (settled, charges) = settle(entries, &shared.known, waiting, moment)?;
                shared.known.add(&charges);
                charged.extend(charges);
                Ok(settled)
            });
            settled.collect::<Result<Vec<_>, JournalError>>()
        });
        match settled {
            Ok(settled) => batch.into_iter().zip(settled).for_each(|(waiting, settled)| tell(shared, waiting, settled)),
            Err(error) => {
                shared.known.take_back(&charged);
                tracing::error!(target: "avis::stand-in", sales = batch.len(), %error, "sales were not kept");
                for waiting in batch {
                    let verdict = Err(LedgerError::Failed(error.to_string()));
                    tell(shared, waiting, Settled { verdict, authorization: None });
                }
            }
        }
    }
}

fn tell(shared: &Shared, waiting: Waiting, settled: Settled) {
    let key = &waiting.new.key;
    let request = (key.provider.clone(), key.request_id);
    if waiting.first {
        match &settled.verdict {
            Ok(_) => shared.switch.router().keep(request, settled.authorization),
            Err(_) => shared.switch.router().give_up(&request),
        }
    }
    // Who went away meanwhile asks again under the same id.
    let _ = waiting.answer.send(settled.verdict);
}

/// What becomes of a sale, and what it charges.
fn settle(
    entries: &Entries<'_>,
    known: &KnownUsage,
    waiting: &mut Waiting,
    moment: Moment<'_>,
) -> Result<(Settled, Vec<Charge>), JournalError> {
    let told = |verdict| (Settled { verdict, authorization: None }, Vec::new());
    let key = &waiting.new.key;
    match entries.find(&key.provider, key.request_id)? {
        Some((fingerprint, body)) if fingerprint == key.fingerprint => {
            return Ok(told(Ok(Verdict::repeated(body, false))));
        }
        Some(_) => return Ok(told(Ok(Verdict::Refused(Refused::RequestIdReused)))),
        // It was handed in meanwhile, or what came first was not kept: who asks again finds its place.
        None if !waiting.first => return Ok(told(Err(away()))),
        None => {}
    }
    let new = &mut *waiting.new;
    new.stale = true;
    if let Some(inquiry) = &new.inquiry {
        // Accounts and coupons are with the ledger.
        new.plan.know(Known::away(inquiry, moment.now));
    }
    let keys = new.plan.offline_keys();
    let before = entries.granted_before(&keys, waiting.outage)?;
    let least = usage(&new.plan, known.least(new.plan.needs()).0);
    let mut decision = new.plan.decide_offline(&least, &before);
    let settlement = new.plan.settle_points(&mut decision);
    let charges = decision.charges.clone();
    for key in &keys {
        if let Some(discount) = granted_by(&decision, key) {
            entries.grant(key, waiting.outage, discount)?;
        }
    }
    let sale = sale(new, &least, (decision, settlement), moment)?;
    entries.keep(&sale)?;
    let OfflineAnswer { authorization, body } = sale.told;
    let verdict = Ok(Verdict::Answered { body, replayed: false, reversed: false, usage: charges.clone() });
    Ok((Settled { verdict, authorization }, charges))
}

/// The answer to a sale, and everything that the ledger needs to have it afterwards.
fn sale(
    new: &NewAuthorization,
    least: &Usage,
    (decision, settlement): (Decision, Option<Settlement>),
    moment: Moment<'_>,
) -> Result<Sale, JournalError> {
    let granted = decision.lines.iter().flat_map(granted_on).collect();
    let told = match decision.outcome {
        Outcome::Declined => {
            OfflineAnswer { authorization: None, body: answer::declined(new, &decision, settlement.as_ref()) }
        }
        Outcome::Approved | Outcome::PartiallyApproved => {
            let id = new.authorization_id();
            let record = Record::new(new, decision, Vec::new(), id, moment).settled(settlement.as_ref());
            OfflineAnswer { authorization: Some(id), body: answer::authorized(&record) }
        }
    };
    Ok(Sale {
        key: new.key.clone(),
        terminal: new.terminal.clone(),
        recorded_at: moment.now,
        told,
        reading: Reading::of(&new.plan, least),
        granted,
    })
}

fn granted_on(line: &DecidedLine) -> impl Iterator<Item = Granted> {
    line.discounts.iter().map(|discount| Granted {
        line_id: line.line_id.clone(),
        benefit: discount.benefit.clone(),
        version: discount.version,
        amount: discount.amount,
    })
}

fn granted_by(decision: &Decision, key: &OverGrantKey) -> Option<i64> {
    let discounts = decision.lines.iter().flat_map(|line| &line.discounts);
    let amounts = discounts.filter(|discount| discount.benefit == key.benefit).map(|discount| discount.amount);
    amounts.reduce(i64::saturating_add)
}
