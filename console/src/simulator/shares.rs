//! Who bears each cent of a basket, and of what stands of it after operations on it.

use super::answer::{Answer, Entry};

/// Who bears a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// The person at the till, in money.
    Person,
    /// Points, which a merchant owes.
    Points,
    /// A payer by its code.
    Payer(String),
}

/// What somebody bears, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) who: Who,
    pub(super) amount: i64,
}

/// Parts in the order in which they are shown: the person first, then who came first. No payer stands twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shares(pub(super) Vec<Share>);

impl Shares {
    fn nothing() -> Self {
        Self(vec![Share { who: Who::Person, amount: 0 }])
    }

    fn add(&mut self, who: &Who, amount: i64) {
        match self.0.iter_mut().find(|share| share.who == *who) {
            Some(share) => share.amount += amount,
            None if amount != 0 => self.0.push(Share { who: who.clone(), amount }),
            None => {}
        }
    }

    /// Adds what is payable, of which `due` is paid in money, and what payers bear; with `sign` -1 it takes that away.
    fn move_by(&mut self, payable: i64, due: Option<i64>, funding: &[Entry], sign: i64) {
        let due = due.unwrap_or(payable);
        self.add(&Who::Person, sign * due);
        self.add(&Who::Points, sign * (payable - due));
        for entry in funding {
            self.add(&Who::Payer(entry.payer.clone()), sign * entry.amount);
        }
    }

    /// As it was decided.
    pub(super) fn decided(answer: &Answer) -> Self {
        let mut shares = Self::nothing();
        for line in &answer.lines {
            shares.move_by(line.payable, line.due, &[], 1);
            for discount in &line.discounts {
                shares.move_by(0, None, &discount.funding, 1);
            }
        }
        shares
    }

    /// What stands of it now, after everything that happened and was not undone.
    pub(super) fn standing(answer: &Answer) -> Self {
        let mut shares = Self::decided(answer);
        for done in answer.history.iter().filter(|done| !done.undone) {
            let sign = if done.kind == "refund" { -1 } else { 1 };
            match &*done.kind {
                "refund" => {}
                // What a capture does not name is released.
                "capture" => shares.clear(),
                "void" | "expiry" => {
                    shares.clear();
                    continue;
                }
                _ => continue,
            }
            for moved in &done.lines {
                shares.move_by(moved.payable, moved.due, &moved.funding, sign);
            }
        }
        if answer.state.as_deref() == Some("reversed") {
            shares.clear();
        }
        shares
    }

    fn clear(&mut self) {
        self.0.iter_mut().for_each(|share| share.amount = 0);
    }

    /// What somebody bears.
    pub(super) fn of(&self, who: &Who) -> i64 {
        self.0.iter().find(|share| share.who == *who).map_or(0, |share| share.amount)
    }

    pub(super) fn total(&self) -> i64 {
        self.0.iter().map(|share| share.amount).sum()
    }

    /// As places on a line of some length, in whole steps that leave no gap.
    pub(super) fn places(&self, length: i64) -> Vec<(i64, i64)> {
        let total = i128::from(self.total().max(1));
        let step = |amount: i64| i64::try_from(i128::from(amount) * i128::from(length) / total).unwrap_or(length);
        let mut before = 0;
        let place = |share: &Share| {
            let from = step(before);
            before += share.amount;
            (from, step(before) - from)
        };
        self.0.iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn answer(json: Value) -> Answer {
        serde_json::from_value(json).unwrap()
    }

    fn told(shares: &Shares) -> Vec<(String, i64)> {
        let name = |who: &Who| match who {
            Who::Person => "person".to_owned(),
            Who::Points => "points".to_owned(),
            Who::Payer(code) => code.clone(),
        };
        shares.0.iter().map(|share| (name(&share.who), share.amount)).collect()
    }

    fn line(id: &str, gross: i64, payable: i64, funding: &Value) -> Value {
        json!({"line_id": id, "gross": gross, "payable": payable, "reasons": [], "discounts": [
            {"benefit": "b", "version": 1, "public_name": {"en": "Discount"}, "units": 1, "amount": gross - payable, "funding": funding}]})
    }

    fn moved(kind: &str, payable: i64, funding: &Value, undone: bool) -> Value {
        json!({"kind": kind, "undone": undone, "lines": [{"line_id": "1", "units": 1, "payable": payable, "funding": funding}]})
    }

    #[test]
    fn every_cent_has_one_who_bears_it() {
        let decided = answer(json!({"lines": [
            line("1", 3000, 900, &json!([{"payer": "liepaja", "amount": 1680}, {"payer": "lv-state", "amount": 420}])),
            line("2", 715, 357, &json!([{"payer": "lv-state", "amount": 358}])),
        ]}));
        let shares = Shares::decided(&decided);
        let expected =
            [("person", 1257), ("liepaja", 1680), ("lv-state", 778)].map(|(who, amount)| (who.to_owned(), amount));
        assert_eq!(told(&shares), expected);
        assert_eq!(shares.total(), 3715);
    }

    #[test]
    fn points_pay_what_is_payable_and_not_due() {
        let mut one = line("1", 800, 700, &json!([{"payer": "shop", "amount": 100}]));
        one["due"] = json!(450);
        let expected = [("person", 450), ("points", 250), ("shop", 100)].map(|(who, amount)| (who.to_owned(), amount));
        assert_eq!(told(&Shares::decided(&answer(json!({"lines": [one]})))), expected);
    }

    #[test]
    fn what_stands_follows_captures_refunds_and_what_was_undone() {
        let sold = line("1", 1430, 714, &json!([{"payer": "lv-state", "amount": 716}]));
        let state = |state: &str, history: Value| {
            let record = answer(json!({"state": state, "lines": [sold.clone()], "history": history}));
            told(&Shares::standing(&record)).into_iter().map(|(_, amount)| amount).collect::<Vec<_>>()
        };
        let half = || json!([{"payer": "lv-state", "amount": 358}]);
        assert_eq!(state("captured", json!([])), [714, 716]);
        assert_eq!(state("partly_refunded", json!([moved("refund", 357, &half(), false)])), [357, 358]);
        assert_eq!(state("captured", json!([moved("refund", 357, &half(), true)])), [714, 716]);
        assert_eq!(state("captured", json!([moved("capture", 357, &half(), false)])), [357, 358]);
        let both = json!([moved("capture", 357, &half(), false), moved("refund", 357, &half(), false)]);
        assert_eq!(state("refunded", both), [0, 0]);
        assert_eq!(state("voided", json!([moved("void", 714, &half(), false)])), [0, 0]);
        assert_eq!(state("reversed", json!([{"kind": "reversal", "result": "reversed"}])), [0, 0]);
    }

    #[test]
    fn a_bar_has_no_gap_and_fits_its_length() {
        let shares = |amounts: &[i64]| {
            let share = |amount: &i64| Share { who: Who::Person, amount: *amount };
            Shares(amounts.iter().map(share).collect())
        };
        assert_eq!(shares(&[357, 358]).places(1000), [(0, 499), (499, 501)]);
        assert_eq!(shares(&[0, 715]).places(1000), [(0, 0), (0, 1000)]);
        assert_eq!(shares(&[0]).places(1000), [(0, 0)]);
        let many = shares(&[1, 1, 1, 1, 1, 1, i64::MAX / 2]).places(1000);
        assert_eq!(many.iter().map(|(_, width)| width).sum::<i64>(), 1000);
    }
}
