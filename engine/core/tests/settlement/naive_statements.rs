//! A slow reading of settlement 2 and 3.1: each line of a statement by asking every entry again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

/// An entry of a movement, with what its authorization says.
#[derive(Clone, Debug)]
pub(crate) struct Stood {
    pub(crate) authorization: u128,
    /// Business date of the movement, and of the authorization's first.
    pub(crate) day: Date,
    pub(crate) first: Date,
    pub(crate) authorized_on: Date,
    pub(crate) benefit: &'static str,
    pub(crate) version: i64,
    pub(crate) benefit_grantor: &'static str,
    pub(crate) payer: &'static str,
    pub(crate) cause: &'static str,
    pub(crate) units: i64,
    pub(crate) amount: i64,
}

/// A version of the contract of state and carrier.
#[derive(Clone, Debug)]
pub(crate) struct Agreed {
    pub(crate) version: i64,
    pub(crate) from: Date,
    pub(crate) until: Option<Date>,
    pub(crate) rate: i64,
    /// Of benefit `day`.
    pub(crate) other_rate: Option<i64>,
    pub(crate) is_batch: bool,
    pub(crate) ceiling: Option<(&'static str, i64)>,
}

/// A line as text: part, month, benefit, version, its grantor, payer, cause, contract, rate, uses, units, amount, reimbursed, note.
pub(crate) type LineText = String;

const GRANTOR: &str = "state";

type Key = (&'static str, String, &'static str, i64, &'static str, &'static str, &'static str, Option<i64>);

fn month_of(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}

fn due(amount: i64, rate: i64) -> i64 {
    amount.signum() * ((amount.abs() * rate + 5000) / 10_000)
}

impl Agreed {
    fn rate_of(&self, benefit: &str) -> i64 {
        self.other_rate.filter(|_| benefit == "day").unwrap_or(self.rate)
    }
}

fn contract_of(contracts: &[Agreed], authorized_on: Date) -> Option<&Agreed> {
    let newest =
        contracts.iter().filter(|contract| contract.from <= authorized_on).max_by_key(|contract| contract.version);
    newest.filter(|contract| contract.until.is_none_or(|until| authorized_on < until))
}

/// A line of entries, before it is written.
struct Line {
    key: Key,
    rate: Option<i64>,
    uses: i64,
    units: i64,
    amount: i64,
    reimbursed: i64,
}

fn lines_of(entries: &[Stood], contracts: &[Agreed], from: Date, until: Date) -> Vec<Line> {
    let key_of = |entry: &Stood| -> Key {
        let part = if from <= entry.first && entry.first < until { "accrued" } else { "correction" };
        let contract = contract_of(contracts, entry.authorized_on).map(|contract| contract.version);
        (
            part,
            month_of(entry.first),
            entry.benefit,
            entry.version,
            entry.benefit_grantor,
            entry.payer,
            entry.cause,
            contract,
        )
    };
    let taken: Vec<&Stood> = entries
        .iter()
        .filter(|entry| from <= entry.day && entry.day < until)
        .filter(|entry| entry.payer == GRANTOR || entry.benefit_grantor == GRANTOR)
        .collect();
    let keys: BTreeSet<Key> = taken.iter().map(|entry| key_of(entry)).collect();
    keys.into_iter()
        .map(|key| {
            let of_key: Vec<&&Stood> = taken.iter().filter(|entry| key_of(entry) == key).collect();
            let contract = contracts.iter().find(|contract| Some(contract.version) == key.7);
            let rate = contract.filter(|_| key.5 == GRANTOR).map(|contract| contract.rate_of(key.2));
            let authorizations: BTreeSet<u128> = of_key.iter().map(|entry| entry.authorization).collect();
            let mut line = Line { key: key.clone(), rate, uses: 0, units: 0, amount: 0, reimbursed: 0 };
            for authorization in authorizations {
                let stands = |until: Date| -> i64 {
                    let of_it =
                        entries.iter().filter(|entry| entry.authorization == authorization && entry.day < until);
                    let alike = of_it.filter(|entry| {
                        (entry.benefit, entry.version, entry.benefit_grantor, entry.payer, entry.cause)
                            == (key.2, key.3, key.4, key.5, key.6)
                    });
                    alike.map(|entry| entry.amount).sum()
                };
                let (before, after) = (stands(from), stands(until));
                if before == after {
                    continue;
                }
                line.uses += i64::from(after > 0) - i64::from(before > 0);
                line.amount += after - before;
                line.units += of_key
                    .iter()
                    .filter(|entry| entry.authorization == authorization)
                    .map(|entry| entry.units)
                    .sum::<i64>();
                line.reimbursed += due(after, rate.unwrap_or(0)) - due(before, rate.unwrap_or(0));
            }
            if contract.is_some_and(|contract| contract.is_batch) {
                line.reimbursed = due(line.amount, rate.unwrap_or(0));
            }
            line
        })
        .filter(|line| (line.uses, line.units, line.amount, line.reimbursed) != (0, 0, 0, 0))
        .collect()
}

/// The lines of statements over these periods, one after the other.
pub(crate) fn stated(entries: &[Stood], contracts: &[Agreed], periods: &[(Date, Date)]) -> Vec<Vec<LineText>> {
    // By window: what was reimbursed under which newest version, and what ceilings took off.
    let mut reimbursed: BTreeMap<(&'static str, String, Option<i64>), (i64, i64)> = BTreeMap::new();
    let mut taken_off: BTreeMap<(&'static str, String, Option<i64>), i64> = BTreeMap::new();
    let mut stated = Vec::new();
    for (from, until) in periods {
        let mut told = BTreeSet::new();
        for line in lines_of(entries, contracts, *from, *until) {
            let contract = contracts.iter().find(|contract| Some(contract.version) == line.key.7);
            if let Some((contract, (per, _))) = contract.and_then(|contract| Some((contract, contract.ceiling?))) {
                let (sum, newest) = reimbursed.entry(window(per, &line.key.1, line.key.7)).or_default();
                (*sum, *newest) = (*sum + line.reimbursed, contract.version.max(*newest));
            }
            told.insert(told_line(&line));
        }
        for (window, (sum, newest)) in &reimbursed {
            let (per, month, _) = window;
            let newest = contracts.iter().find(|contract| contract.version == *newest).unwrap();
            let before = taken_off.entry(window.clone()).or_default();
            let line = -(sum - newest.ceiling.unwrap().1).max(0) - *before;
            *before += line;
            if line != 0 {
                told.insert(format!("ceiling {month} - - - - - {} - 0 0 0 {line} {per}", newest.version));
            }
        }
        stated.push(told.into_iter().collect());
    }
    stated
}

fn window(per: &'static str, month: &str, contract: Option<i64>) -> (&'static str, String, Option<i64>) {
    match per {
        "month" => (per, month.to_owned(), None),
        "year" => (per, month[..4].to_owned(), None),
        _ => (per, String::new(), contract),
    }
}

fn told_line(line: &Line) -> LineText {
    let (part, month, benefit, version, grantor, payer, cause, contract) = &line.key;
    let absent = |number: Option<i64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let Line { rate, uses, units, amount, reimbursed, .. } = line;
    format!(
        "{part} {month} {benefit} {version} {grantor} {payer} {cause} {} {} {uses} {units} {amount} {reimbursed} -",
        absent(*contract),
        absent(*rate)
    )
}
