//! What the history of an authorization comes to: its state, what is left of each line, and who bears what was over-granted.

use std::collections::BTreeMap;

use crate::authorization::{FrozenLine, Operation, OperationKind, Remaining, State};
use crate::decision::{FundingEntry, FundingReason};
use crate::offline::OverGrant;

/// What the history of an authorization comes to. It follows each event in work proportional to what the event moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    pub(super) state: State,
    lines: Vec<Remaining>,
    /// Units left of all lines.
    units: i64,
    /// Funding entries of which something is or was over-granted, by line and place.
    over_granted: BTreeMap<(usize, usize), OverGrantedPart>,
}

/// What of a funding entry stands over-granted, in minor units. What is given back is taken from it first, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OverGrantedPart {
    /// What came back by a reversal beyond a limit: the provider bears it in the payer's stead.
    pub(crate) provider: i64,
    /// What the entry's payer bears as the grantor, within the caps of the benefit.
    pub(crate) grantor: i64,
    /// What the provider bears of its own entry, beyond those caps.
    own: i64,
    /// What is left of the whole entry.
    left: i64,
}

impl OverGrantedPart {
    /// Follows the entry to what is left of it now.
    fn follow(&mut self, left: i64) {
        let mut given_back = (self.left - left).max(0);
        for part in [&mut self.provider, &mut self.grantor, &mut self.own] {
            let taken = given_back.min(*part);
            *part -= taken;
            given_back -= taken;
        }
        self.left = left;
    }

    fn is_nothing(self) -> bool {
        self.provider == 0 && self.grantor == 0 && self.own == 0
    }
}

impl Balance {
    /// All of what was authorized; what a terminal granted beyond our decision is borne as `over_granted` says.
    pub(super) fn whole(state: State, lines: &[FrozenLine], over_granted: &[OverGrant]) -> Self {
        let units = lines.iter().map(|line| line.quantity).sum();
        let left = lines.iter().map(Remaining::whole).collect();
        let mut balance = Self { state, lines: left, units, over_granted: BTreeMap::new() };
        for over in over_granted {
            for (place, (entry, grantor)) in entries_of(lines, over) {
                let is_own = entry.reason == Some(FundingReason::OverGranted);
                let is_grantors = entry.reason.is_none() && grantor.is_some_and(|grantor| *grantor == *entry.payer);
                let part = OverGrantedPart {
                    provider: 0,
                    grantor: if is_grantors { over.grantor } else { 0 },
                    own: if is_own { over.provider } else { 0 },
                    left: balance.part(place),
                };
                if !part.is_nothing() {
                    balance.over_granted.insert(place, part);
                }
            }
        }
        balance
    }

    /// Where the authorization stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// What is left of each line, held or sold, in the order of the lines.
    pub fn lines(&self) -> &[Remaining] {
        &self.lines
    }

    /// Whether anything stands sold: a unit is left while it is captured, partly refunded or refunded.
    pub fn is_sold(&self) -> bool {
        let sold = matches!(self.state, State::Captured | State::PartlyRefunded | State::Refunded);
        sold && self.units > 0
    }

    /// Units that are held or sold and not given back, of all lines.
    pub fn units(&self) -> i64 {
        self.units
    }

    /// What of a funding entry stands over-granted.
    pub(crate) fn over_granted_of(&self, line: usize, entry: usize) -> OverGrantedPart {
        self.over_granted.get(&(line, entry)).copied().unwrap_or_default()
    }

    /// What stands over-granted in all, by line and benefit.
    pub(super) fn over_granted(&self, lines: &[FrozenLine]) -> Vec<OverGrant> {
        let mut standing: Vec<OverGrant> = Vec::new();
        for ((place, entry), part) in self.over_granted.iter().filter(|(_, part)| !part.is_nothing()) {
            let Some(line) = lines.get(*place) else { continue };
            let mut funding = line.decided.discounts.iter().flat_map(|discount| {
                let entries = discount.funding.iter();
                entries.map(move |_| discount)
            });
            let Some(discount) = funding.nth(*entry) else { continue };
            let (grantor, provider) = (part.grantor, part.provider + part.own);
            let same = |over: &&mut OverGrant| over.line_id == line.decided.line_id && over.benefit == discount.benefit;
            match standing.iter_mut().find(same) {
                Some(over) => {
                    over.grantor += grantor;
                    over.provider += provider;
                }
                None => standing.push(OverGrant {
                    line_id: line.decided.line_id.clone(),
                    benefit: discount.benefit.clone(),
                    version: discount.version,
                    grantor,
                    provider,
                }),
            }
        }
        standing
    }

    /// Begins anew with everything that was authorized; who bears what was over-granted follows in [`Balance::settle`].
    pub(super) fn restart(&mut self, lines: &[FrozenLine]) {
        self.lines = lines.iter().map(Remaining::whole).collect();
        self.units = lines.iter().map(|line| line.quantity).sum();
    }

    /// Moves what an operation moves.
    pub(super) fn operate(&mut self, operation: &Operation) {
        match operation.kind {
            OperationKind::Refund => self.refund(operation, 1),
            // What a capture does not name is released; what is called off or expires is gone.
            OperationKind::Capture | OperationKind::Void | OperationKind::Expiry => self.clear(),
        }
        if operation.kind == OperationKind::Capture {
            for moved in &operation.moves {
                if let Some(left) = self.lines.get_mut(moved.line) {
                    left.capture(moved);
                    self.units += moved.units;
                }
            }
        }
    }

    /// Takes away what a refund gives back, or with `sign` -1 puts it back.
    pub(super) fn refund(&mut self, refund: &Operation, sign: i64) {
        for moved in &refund.moves {
            if let Some(left) = self.lines.get_mut(moved.line) {
                left.refund(moved, sign);
                self.units -= sign * moved.units;
            }
        }
    }

    /// Leaves nothing.
    pub(super) fn clear(&mut self) {
        self.lines.iter_mut().for_each(Remaining::clear);
        self.units = 0;
    }

    /// Ends a change: what was given back is taken from what was over-granted first.
    pub(super) fn settle(&mut self) {
        let mut over_granted = std::mem::take(&mut self.over_granted);
        over_granted.iter_mut().for_each(|(place, part)| part.follow(self.part(*place)));
        over_granted.retain(|_, part| !part.is_nothing());
        self.over_granted = over_granted;
    }

    /// Lets the provider bear what came back of some lines and benefits since `before`.
    pub(super) fn bear_beyond(&mut self, before: &Self, lines: &[FrozenLine], over_granted: &[OverGrant]) {
        for over in over_granted {
            for (place, _) in entries_of(lines, over) {
                let left = self.part(place);
                let came_back = (left - before.part(place)).max(0);
                if came_back > 0 {
                    let part = self.over_granted.entry(place).or_default();
                    part.provider += came_back;
                    part.left = left;
                }
            }
        }
    }

    /// What is left of a funding entry.
    fn part(&self, (line, entry): (usize, usize)) -> i64 {
        self.lines.get(line).and_then(|left| left.funded().get(entry)).copied().unwrap_or_default()
    }
}

/// A funding entry and the grantor of its benefit.
type EntryOf<'l> = (&'l FundingEntry, Option<&'l str>);

/// The funding entries of an over-granted discount, with their line and place.
fn entries_of<'l>(lines: &'l [FrozenLine], over: &'l OverGrant) -> impl Iterator<Item = ((usize, usize), EntryOf<'l>)> {
    let lines = lines.iter().enumerate().filter(|(_, line)| line.decided.line_id == over.line_id);
    lines.flat_map(move |(place, line)| {
        let discounts = line.decided.discounts.iter();
        let entries = discounts.flat_map(|discount| discount.funding.iter().map(move |entry| (discount, entry)));
        let numbered = entries.enumerate().filter(move |(_, (discount, _))| discount.benefit == over.benefit);
        numbered.map(move |(number, (discount, entry))| ((place, number), (entry, discount.grantor.as_deref())))
    })
}
