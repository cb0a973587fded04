//! Accounts of points in the end: what answers told of them, held against the ledger's own tables.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use avis_core::Mode;
use serde_json::Value;
use uuid::Uuid;

use crate::check::{equal, list};
use crate::load::Load;
use crate::points;
use crate::report::{Kind, locked};
use crate::tables::{Entry, Rows};
use crate::till::{Call, Till};

/// A programme's code, and whose account.
type Account = (String, String);

/// Balances of those who came again and again, as an engine tells them.
pub(crate) fn quoted(load: &Load) -> Result<BTreeMap<Account, i64>, String> {
    let mut balances = BTreeMap::new();
    let Some(regulars) = &load.world.regulars else { return Ok(balances) };
    let terminal = load.world.terminals.get(regulars.terminal).ok_or("no such terminal")?;
    let till = Till::new(load, 0);
    for member in &regulars.members {
        let body = points::balance_asked(&load.world, terminal, member);
        let asked = Call { kind: Kind::Quote, due: Instant::now(), terminal, engine: 0, only: false };
        let reply = till.post(&asked, "/v1/quote", &body).filter(|reply| reply.status == 200);
        let answer = reply.ok_or("no answer came to the quote of a balance")?.json();
        for key in load.world.accounts(terminal, &body)? {
            let of = list(&answer, "loyalty")?.iter().find(|of| of["program"] == *key.program);
            let balance = of.and_then(|of| of["balance_before"].as_i64());
            balances.insert(points::named(&key), balance.ok_or_else(|| format!("no balance in {answer}"))?);
        }
    }
    Ok(balances)
}

/// Checks what the tables hold: by themselves, and against balances and answers; a line for the report.
pub(crate) fn check(load: &Load, rows: &Rows, quoted: &BTreeMap<Account, i64>) -> String {
    for broken in laws(rows) {
        load.findings.violation(format!("I6: {broken}"));
    }
    let ledger = Ledger::of(&rows.entries);
    for (account, balance) in quoted {
        let held = ledger.balances.get(account).copied().unwrap_or_default();
        load.findings.check(equal("balance by quote and by entries", *balance, held), || format!("I6: {account:?}"));
    }
    let told = told(load);
    for told in &told {
        load.findings.check(ledger.holds(told), || format!("I8: points of {} by {}", told.authorization, told.request));
    }
    format!(
        "Points (I6): {} entries of {} accounts; {} answers are in them as they were told.\n",
        rows.entries.len(),
        ledger.balances.len(),
        told.len()
    )
}

/// What an answer told of the points of a programme.
struct Answered {
    authorization: Uuid,
    request: Uuid,
    /// By which event of the authorization; 0 is its opening.
    event: usize,
    program: String,
    /// What was active before it, and what was pending; of an operation neither is told.
    before: Option<(i64, i64)>,
    /// None of what an engine sold without the ledger: no account was known there.
    after: Option<i64>,
    redeemed: Option<i64>,
    /// By a sale; a hold promises only, and an operation does not tell it.
    earned: Option<i64>,
}

/// What answers told; of what was done to a sale that an engine sold without the ledger nothing.
fn told(load: &Load) -> Vec<Answered> {
    let standings: HashMap<Uuid, _> =
        load.register.all_standings().into_iter().map(|one| (locked(&one).id, one.clone())).collect();
    let mut all = Vec::new();
    for sent in load.register.all_sent() {
        let answer: Value = serde_json::from_slice(sent.answer().unwrap_or_default()).unwrap_or_default();
        let id = answer["authorization_id"].as_str().and_then(|id| id.parse::<Uuid>().ok());
        let Some(standing) = id.and_then(|id| standings.get(&id)) else { continue };
        let standing = locked(standing);
        let history = standing.authorization.history();
        let event = history.iter().position(|event| event.origin.request_id == Some(sent.id)).map(|place| place + 1);
        let Some(event) = event.or((standing.opened_by == sent.id).then_some(0)) else { continue };
        if standing.stale && event > 0 {
            continue;
        }
        let is_sale = event == 0 && standing.authorization.mode == Mode::Sale;
        for of in answer["loyalty"].as_array().into_iter().flatten() {
            let (Some(program), Some(after)) = (of["program"].as_str(), of["balance_after"].as_i64()) else { continue };
            let before = of["balance_before"].as_i64().zip(of["pending_before"].as_i64());
            all.push(Answered {
                authorization: standing.id,
                request: sent.id,
                event,
                program: program.to_owned(),
                before: before.filter(|_| !standing.stale),
                after: Some(after).filter(|_| !standing.stale),
                redeemed: of["redeemed"]["points"].as_i64(),
                earned: of["earned"]["points"].as_i64().filter(|_| is_sale),
            });
        }
    }
    all
}

/// What entries come to.
struct Ledger {
    balances: BTreeMap<Account, i64>,
    /// By programme, authorization and event.
    moves: HashMap<(String, Uuid, usize), Moved>,
}

/// What one event did to an account.
#[derive(Clone, Copy, Default)]
struct Moved {
    before: i64,
    after: i64,
    /// Of points reserved and redeemed.
    spent: i64,
    earned: i64,
    /// Points that came so shortly before it that they may count for later moments only.
    new: i64,
}

/// How long a request may wait for an account, in milliseconds: what others earned meanwhile is active from later than its own moment.
const WAIT_MS: i64 = 5_000;

impl Ledger {
    /// Of entries in the order of accounts and operations.
    fn of(entries: &[Entry]) -> Self {
        let (mut balances, mut moves) = (BTreeMap::new(), HashMap::new());
        // From when each points counted, by account.
        let mut came: HashMap<Account, Vec<(i64, i64)>> = HashMap::new();
        for entry in entries {
            let balance: &mut i64 = balances.entry(entry.account()).or_default();
            let came = came.entry(entry.account()).or_default();
            if entry.lot.is_some() && entry.points > 0 {
                came.push((entry.active_from, entry.points));
            }
            let moved = moves.entry((entry.program.clone(), entry.authorization, entry.event));
            let moved: &mut Moved = moved.or_insert(Moved { before: *balance, ..Moved::default() });
            came.retain(|(active_from, _)| *active_from > entry.at - WAIT_MS);
            moved.new = came.iter().map(|(_, points)| points).sum();
            match &*entry.ledger_account {
                "points" | "owed" => *balance += entry.points,
                "reserved" | "redeemed" => moved.spent += entry.points,
                "issued" => moved.earned -= entry.points,
                _ => {}
            }
            moved.after = *balance;
        }
        Self { balances, moves }
    }

    /// Whether an answer is in the entries. What moved no points has none.
    fn holds(&self, told: &Answered) -> Result<(), String> {
        let points = [("points redeemed", told.redeemed), ("points earned", told.earned)];
        let Some(moved) = self.moves.get(&(told.program.clone(), told.authorization, told.event)) else {
            let same = told.before.zip(told.after).is_none_or(|((before, _), after)| before == after);
            equal("whether the balance is the same, without an entry", same, true)?;
            return points.iter().try_for_each(|(what, told)| equal(what, told.unwrap_or_default(), 0));
        };
        let least = moved.after - moved.new;
        match (told.before, told.after) {
            (Some((before, pending)), Some(after)) => {
                equal("balance before it", before + pending, moved.before)?;
                equal("balance after it", after + pending, moved.after)?;
            }
            (None, Some(after)) if !(least..=moved.after).contains(&after) => {
                return Err(format!("balance after it: expected {least} to {}, came {after}", moved.after));
            }
            _ => {}
        }
        points
            .into_iter()
            .zip([moved.spent, moved.earned])
            .try_for_each(|((what, told), moved)| told.map_or(Ok(()), |told| equal(what, told, moved)))
    }
}

/// What is broken in the tables: each operation on an account sums to zero, lots are what their entries come to, and neither they nor
/// a balance were below zero at any moment.
fn laws(rows: &Rows) -> Vec<String> {
    let mut broken = Vec::new();
    // By operation, by lot, and by account.
    let (mut sums, mut lots, mut owed) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for entry in &rows.entries {
        *sums.entry((entry.account(), entry.number)).or_insert(0) += entry.points;
        let (what, left) = match (&*entry.ledger_account, entry.lot) {
            ("points", Some(lot)) => (format!("lot {lot}"), lots.entry((entry.account(), lot)).or_default()),
            ("owed", None) => ("what is owed".to_owned(), owed.entry(entry.account()).or_default()),
            ("points", None) | (_, Some(_)) => {
                broken.push(format!("entry {} of {:?} has a lot, or none", entry.number, entry.account()));
                continue;
            }
            _ => continue,
        };
        *left += entry.points;
        // No programme here lets anybody owe points.
        if *left < 0 {
            broken.push(format!("{what} of {:?} came to {left} with operation {}", entry.account(), entry.number));
        }
    }
    let unequal = sums.iter().filter(|(_, sum)| **sum != 0);
    broken.extend(unequal.map(|((account, number), sum)| format!("operation {number} of {account:?} sums to {sum}")));
    if lots != rows.lots {
        let differ = |key: &&(Account, i64)| lots.get(key) != rows.lots.get(key);
        let differ: Vec<_> = lots.keys().chain(rows.lots.keys()).filter(differ).take(5).collect();
        broken.push(format!("lots are not what their entries come to: {differ:?}"));
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: i64, ledger_account: &str, lot: Option<i64>, points: i64) -> Entry {
        let (program, account) = ("stars".to_owned(), "holder:anna".to_owned());
        let authorization = Uuid::from_u128(number.unsigned_abs().into());
        let ledger_account = ledger_account.to_owned();
        // One a minute.
        let (at, active_from) = (number * 60_000, number * 60_000);
        Entry { program, account, number, authorization, event: 0, ledger_account, lot, points, at, active_from }
    }

    /// Ten are earned, and four of them spent.
    fn rows() -> Rows {
        let entries = vec![
            entry(1, "issued", None, -10),
            entry(1, "points", Some(0), 10),
            entry(2, "points", Some(0), -4),
            entry(2, "redeemed", None, 4),
        ];
        let lots = BTreeMap::from([((entries[0].account(), 0), 6)]);
        Rows { entries, lots }
    }

    #[test]
    fn what_adds_up_breaks_no_law() {
        assert_eq!(laws(&rows()), Vec::<String>::new());
    }

    #[test]
    fn each_law_is_looked_at() {
        let broken = |change: fn(&mut Rows)| {
            let mut rows = rows();
            change(&mut rows);
            laws(&rows).join("; ")
        };
        assert!(broken(|rows| rows.entries[3].points = 5).contains("operation 2"));
        assert!(broken(|rows| rows.entries[1].lot = None).contains("has a lot, or none"));
        assert!(broken(|rows| rows.lots.values_mut().for_each(|left| *left = 7)).contains("not what their entries"));
        let overdrawn = broken(|rows| {
            rows.entries[2].points = -11;
            rows.entries[3].points = 11;
        });
        assert!(overdrawn.contains("lot 0 of") && overdrawn.contains("came to -1"), "{overdrawn}");
    }

    /// An answer to the second of them, in which four were spent.
    fn answered(before: Option<(i64, i64)>, after: i64, redeemed: i64) -> Answered {
        Answered {
            authorization: Uuid::from_u128(2),
            request: Uuid::nil(),
            event: 0,
            program: "stars".to_owned(),
            before,
            after: Some(after),
            redeemed: Some(redeemed),
            earned: Some(0),
        }
    }

    #[test]
    fn an_answer_is_held_against_its_entries() {
        let ledger = Ledger::of(&rows().entries);
        // Two of them were pending.
        let told = |before: i64, after: i64, redeemed: i64| {
            ledger.holds(&answered(Some((before - 2, 2)), after - 2, redeemed))
        };
        assert_eq!(told(10, 6, 4), Ok(()));
        assert!(told(10, 7, 4).unwrap_err().contains("after"));
        assert!(told(9, 6, 4).unwrap_err().contains("before"));
        assert!(told(10, 6, 3).unwrap_err().contains("redeemed"));
    }

    #[test]
    fn of_what_was_sold_without_the_ledger_the_points_alone_are_held() {
        let ledger = Ledger::of(&rows().entries);
        let earned = |earned: i64| {
            let authorization = Uuid::from_u128(1);
            ledger.holds(&Answered { authorization, after: None, earned: Some(earned), ..answered(None, 0, 0) })
        };
        assert_eq!(earned(10), Ok(()));
        assert!(earned(9).unwrap_err().contains("points earned"));
    }

    #[test]
    fn what_moved_points_has_entries() {
        let ledger = Ledger::of(&[]);
        assert_eq!(ledger.holds(&answered(Some((6, 0)), 6, 0)), Ok(()));
        assert_eq!(ledger.holds(&answered(None, 6, 0)), Ok(()));
        assert!(ledger.holds(&answered(Some((10, 0)), 6, 0)).unwrap_err().contains("without an entry"));
        assert!(ledger.holds(&answered(None, 6, 4)).unwrap_err().contains("redeemed"));
        assert!(ledger.holds(&Answered { earned: Some(1), ..answered(None, 6, 0) }).unwrap_err().contains("earned"));
    }

    #[test]
    fn what_was_earned_while_an_operation_waited_may_be_pending_and_nothing_else() {
        let after = |active_from: i64, after: i64| {
            let mut rows = rows();
            rows.entries[1].active_from = active_from;
            Ledger::of(&rows.entries).holds(&answered(None, after, 4))
        };
        assert_eq!((after(119_999, 6), after(119_999, 0)), (Ok(()), Ok(())));
        assert_eq!(after(60_000, 6), Ok(()));
        assert!(after(60_000, 0).unwrap_err().contains("expected 6 to 6"));
        assert!(after(119_999, 7).is_err());
    }
}
