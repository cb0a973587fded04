//! Slots in their order, and how the benefits of a slot share a line.

use crate::decide::{Entrant, Offer, Till};
use crate::document::SlotPolicy;
use crate::trace::{Recorder, Turn};

impl<'a, R: Recorder> Till<'a, R> {
    /// Every slot in the order of evaluation; its lines first, then its basket effects.
    pub(super) fn slots(&mut self) {
        for slot in self.entrants.chunk_by(|left, right| left.version.slot == right.version.slot) {
            let [first, ..] = slot else { continue };
            if first.version.effect.is_spend_cap() {
                continue;
            }
            self.begin(slot);
            if let Some(reward) = first.version.reward.as_deref() {
                self.choose(*first, reward);
                continue;
            }
            for line in 0..self.lines.len() {
                self.share(first.version.policy, slot, line);
            }
            for entrant in slot.iter().filter(|entrant| entrant.version.effect.is_basket()) {
                self.basket(*entrant);
            }
        }
    }

    fn share(&mut self, policy: SlotPolicy, slot: &[Entrant<'a>], line: usize) {
        let on_line =
            |entrant: &Entrant<'_>| entrant.candidate.eligible.contains(line) && !entrant.version.effect.is_basket();
        let entrants = slot.iter().copied().filter(on_line);
        match policy {
            SlotPolicy::All => {
                for entrant in entrants {
                    self.take_turn(entrant, line);
                }
            }
            SlotPolicy::First => {
                for entrant in entrants {
                    if self.take_turn(entrant, line) {
                        break;
                    }
                }
            }
            SlotPolicy::Best => self.best(entrants, line),
        }
    }

    /// Whether it gave a discount.
    pub(super) fn take_turn(&mut self, entrant: Entrant<'a>, line: usize) -> bool {
        match self.offer(entrant, line) {
            Ok(offer) => {
                self.apply(entrant, line, offer);
                offer.is_given()
            }
            Err(turn) => {
                self.pass(entrant, line, turn);
                false
            }
        }
    }

    /// The greatest discount on the line; of equals the first. On a line that costs nothing, the first free ride.
    fn best(&mut self, entrants: impl Iterator<Item = Entrant<'a>>, line: usize) {
        let mut best: Option<(Entrant<'a>, Offer)> = None;
        for entrant in entrants {
            match self.offer(entrant, line) {
                Err(turn) => self.pass(entrant, line, turn),
                Ok(offer) => {
                    let better =
                        best.is_none_or(|(_, before)| (offer.amount, offer.free) > (before.amount, before.free));
                    let loser =
                        if better { best.replace((entrant, offer)).map(|(loser, _)| loser) } else { Some(entrant) };
                    if let Some(loser) = loser {
                        self.pass(loser, line, Turn::NotChosen);
                    }
                }
            }
        }
        if let Some((entrant, offer)) = best {
            self.apply(entrant, line, offer);
        }
    }
}
