//! The second half of a decision: given the usage, who pays for each cent.

mod account;
mod basket;
mod beginning;
mod funding;
mod loyal;
mod offer;
mod outcome;
mod picked;
mod reward;
mod slot;
mod spend_cap;

use smallvec::SmallVec;

use crate::decision::{Decision, Discount};
use crate::document::Effect;
use crate::plan::{Candidate, Plan, Usage};
use crate::reason::{Reason, Reasons};
use crate::request::Line;
use crate::rules::Version;
use crate::trace::{LimitTrace, Recorder, Turn, TurnTrace};

use account::Account;
use beginning::Beginning;
pub(crate) use reward::RewardTurn;

impl Plan {
    /// Decides; the same plan and usage give the same decision.
    pub fn decide(&self, usage: &Usage) -> Decision {
        self.decide_with(usage, &mut ())
    }

    pub(crate) fn decide_with<R: Recorder>(&self, usage: &Usage, recorder: &mut R) -> Decision {
        Till::open(self, &self.entrants(), usage, recorder).run().0
    }

    /// Decides with no more uses and no more discount of a benefit than `most` allows, whatever its limits have left; none is not held.
    pub(crate) fn decide_held(&self, usage: &Usage, most: impl Fn(&Version) -> Option<(i64, i64)>) -> Decision {
        let mut nobody_listens = ();
        let entrants = self.entrants();
        let mut till = Till::open(self, &entrants, usage, &mut nobody_listens);
        for entrant in &entrants {
            if let Some((uses, discount)) = most(entrant.version) {
                till.account_mut(*entrant).hold_to(uses, discount);
            }
        }
        till.run().0
    }

    /// The candidates as their turns come.
    fn entrants(&self) -> Entrants<'_> {
        let mut entrants = Entrants::new();
        for (place, candidate) in self.candidates.iter().enumerate() {
            entrants.push(Entrant { place, candidate, version: self.version(candidate) });
        }
        entrants
    }
}

impl<R: Recorder> Till<'_, R> {
    /// The decision, and the turns of benefits that cost points.
    fn run(&mut self) -> (Decision, Vec<RewardTurn>) {
        self.slots();
        self.spend_caps();
        (self.close(), std::mem::take(&mut self.rewards))
    }
}

/// A decision in the making.
struct Till<'a, R> {
    plan: &'a Plan,
    usage: &'a Usage,
    lines: SmallVec<[LineAccount<'a>; 4]>,
    /// In the order of evaluation.
    entrants: &'a [Entrant<'a>],
    /// One for each of them.
    accounts: SmallVec<[Account; 4]>,
    /// Of the slot that is decided, where one of its benefits asks for it.
    beginning: Option<Box<Beginning>>,
    /// Turns of benefits that cost points.
    rewards: Vec<RewardTurn>,
    recorder: &'a mut R,
}

/// A line while discounts are taken from it.
struct LineAccount<'a> {
    asked: &'a Line,
    gross: i64,
    remaining: i64,
    discounts: Vec<Discount>,
    /// Whether a limit trimmed a discount here, or a benefit was refused.
    held_back: bool,
    reasons: Reasons,
}

impl<'a> LineAccount<'a> {
    fn open(asked: &'a Line) -> Self {
        let (gross, reasons) = (asked.gross(), Reasons::default());
        Self { asked, gross, remaining: gross, discounts: Vec::new(), held_back: false, reasons }
    }
}

type Entrants<'a> = SmallVec<[Entrant<'a>; 4]>;

/// A candidate, by its place among the candidates of the plan.
#[derive(Clone, Copy)]
struct Entrant<'a> {
    place: usize,
    candidate: &'a Candidate,
    version: &'a Version,
}

/// A discount that a benefit would give on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Offer {
    units: i64,
    amount: i64,
    /// Whether a limit made it smaller.
    trimmed: bool,
    /// Whether it is counted although there is nothing to take off: a free ride.
    free: bool,
}

impl Offer {
    /// Whether it is applied: zero is not, but on a line that costs nothing.
    fn is_given(self) -> bool {
        self.amount > 0 || self.free
    }
}

impl<'a, R: Recorder> Till<'a, R> {
    fn open(plan: &'a Plan, entrants: &'a [Entrant<'a>], usage: &'a Usage, recorder: &'a mut R) -> Self {
        let (lines, accounts) = (SmallVec::new(), SmallVec::new());
        let mut till = Self { plan, usage, lines, entrants, accounts, beginning: None, rewards: Vec::new(), recorder };
        till.lines.reserve(plan.facts.request.lines.len());
        plan.facts.request.lines.iter().for_each(|asked| till.lines.push(LineAccount::open(asked)));
        entrants.iter().for_each(|entrant| till.accounts.push(Account::open(plan, *entrant, usage)));
        till
    }

    #[allow(clippy::indexing_slicing, reason = "there is one account for each candidate, and entrants come from those")]
    fn account(&self, entrant: Entrant<'_>) -> &Account {
        &self.accounts[entrant.place]
    }

    #[allow(clippy::indexing_slicing, reason = "there is one account for each candidate, and entrants come from those")]
    fn account_mut(&mut self, entrant: Entrant<'_>) -> &mut Account {
        &mut self.accounts[entrant.place]
    }

    #[allow(clippy::indexing_slicing, reason = "places of lines come from the plan's own sets of its lines")]
    fn line(&self, line: usize) -> &LineAccount<'a> {
        &self.lines[line]
    }

    #[allow(clippy::indexing_slicing, reason = "places of lines come from the plan's own sets of its lines")]
    fn line_mut(&mut self, line: usize) -> &mut LineAccount<'a> {
        &mut self.lines[line]
    }

    /// Notes what became of a benefit on a line where it gave nothing.
    fn pass(&mut self, entrant: Entrant<'a>, line: usize, turn: Turn) {
        let account = self.line_mut(line);
        match turn {
            Turn::LimitReached => {
                account.held_back = true;
                account.reasons.add(Reason::LimitReached);
            }
            Turn::NothingLeft | Turn::Bounded => account.reasons.add(Reason::NothingLeft),
            Turn::NoCompanionsLeft | Turn::Touched | Turn::TooLittleInBasket => {
                account.reasons.add(Reason::NotThisWay);
            }
            Turn::NothingToGive | Turn::NotPicked | Turn::NotChosen | Turn::Applied => {}
        }
        self.record(entrant, line, turn, None);
    }

    /// Takes a discount off a line and charges it.
    fn apply(&mut self, entrant: Entrant<'a>, line: usize, offer: Offer) {
        if !offer.is_given() {
            return self.pass(entrant, line, Turn::NothingToGive);
        }
        if offer.trimmed {
            let account = self.line_mut(line);
            account.held_back = true;
            account.reasons.add(Reason::LimitReached);
        }
        let version = entrant.version;
        let (funding, unfunded) = self.funding(entrant, line, offer);
        let discount = Discount {
            benefit: version.code.clone(),
            version: version.number,
            grantor: Some(version.grantor.clone()),
            public_name: version.public_name.clone(),
            units: offer.units,
            amount: offer.amount,
            funding,
        };
        let passenger = self.line(line).asked.passenger;
        self.account_mut(entrant).take(offer, passenger);
        let account = self.line_mut(line);
        account.remaining -= offer.amount;
        if account.discounts.is_empty() {
            // Most lines have one.
            account.discounts = vec![discount];
        } else {
            account.discounts.push(discount);
        }
        if unfunded {
            account.reasons.add(Reason::Unfunded);
        }
        self.record(entrant, line, Turn::Applied, Some(offer));
    }

    fn record(&mut self, entrant: Entrant<'a>, line: usize, turn: Turn, offer: Option<Offer>) {
        if !R::FULL {
            return;
        }
        let account = self.line(line);
        let (line_id, left_to_pay) = (account.asked.line_id.clone(), account.remaining);
        let limits = self.limits(entrant);
        self.recorder.turn(|| TurnTrace {
            benefit: entrant.version.code.clone(),
            version: entrant.version.number,
            line_id,
            turn,
            units: offer.map(|offer| offer.units),
            amount: offer.map(|offer| offer.amount),
            trimmed: offer.is_some_and(|offer| offer.trimmed),
            left_to_pay,
            limits,
        });
    }

    /// The limits of a candidate as they are now, and what a spend cap counts.
    fn limits(&self, entrant: Entrant<'a>) -> Vec<LimitTrace> {
        let Entrant { candidate, version, .. } = entrant;
        let (account, needs) = (self.account(entrant), self.plan.needs());
        let cap = match version.effect {
            Effect::SpendCap { amount, window } => {
                Some(LimitTrace::of_spend_cap(window, needs.get(candidate.first_need), amount, account.spent_so_far()))
            }
            _ => None,
        };
        let own = version.limits.iter().enumerate().map(|(place, limit)| {
            let need = candidate.first_need + place;
            let used = account.used(limit.measure, self.usage.get(need));
            LimitTrace::of(limit, needs.get(need), self.plan.facts.allowed(version, limit), used)
        });
        cap.into_iter().chain(own).collect()
    }
}
