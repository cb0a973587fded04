//! What conditions read of loyalty.

use jiff::civil::Date;

use crate::loyalty::Tiers;
use crate::plan::Facts;
use crate::rules::Version;

/// The level of a holder in a programme of which the holder is a member.
pub(crate) struct LevelOf<'a> {
    tiers: Option<&'a Tiers>,
    number: usize,
}

impl LevelOf<'_> {
    /// Whether it is the level or a higher one; any or none is enough where none is named.
    pub(crate) fn reaches(&self, at_least: Option<&str>) -> bool {
        let Some(at_least) = at_least else { return true };
        self.tiers.and_then(|tiers| tiers.number(at_least)).is_some_and(|wanted| self.number >= wanted)
    }

    /// Its code; none of no level.
    pub(crate) fn code(&self) -> Option<&str> {
        self.tiers?.code(self.number)
    }
}

impl Facts {
    /// None of a programme that is not there now, or of which the holder is no member.
    pub(crate) fn level_of(&self, program: &str) -> Option<LevelOf<'_>> {
        let member = self.loyalty.known()?.member(program)?;
        let programme = self.rules.loyalty.as_ref()?.programmes.get(member.programme)?;
        Some(LevelOf { tiers: programme.written.tiers.as_ref(), number: member.reached.level })
    }

    /// Whether the holder is a member of at least a level, or of any or none. Unknown without a holder, and where the account that decides
    /// it could not be looked up: what is not known never grants, nor does its opposite.
    pub(crate) fn is_of_level(&self, program: &str, at_least: Option<&str>) -> Option<bool> {
        self.holder()?;
        let known = self.loyalty.known();
        if known.is_some_and(|known| known.lost.is_some()) {
            return None;
        }
        match self.level_of(program) {
            Some(_) if at_least.is_some() && known.is_some_and(|known| known.is_away) => None,
            level => Some(level.is_some_and(|level| level.reaches(at_least))),
        }
    }

    /// The place of the coupon of a campaign that counts.
    pub(crate) fn good_coupon(&self, campaign: &str) -> Option<usize> {
        self.loyalty.known()?.good_coupon(campaign)
    }

    /// Whether the campaign of a coupon presented holds out who presents it.
    pub(crate) fn is_held_out(&self, campaign: &str) -> bool {
        let mut coupons = self.loyalty.known().into_iter().flat_map(|known| &known.coupons);
        coupons.any(|coupon| coupon.held_out && coupon.campaign.as_deref() == Some(campaign))
    }

    /// Whether it is the holder's birthday, or its month; who was born on 29 February has it on 1 March in a common year.
    pub(crate) fn birthday(&self, month: bool, version: &Version) -> Option<bool> {
        let birth = self.holder()?.birth_date?;
        let today = self.now(version).moment.date;
        if month {
            return Some(today.month() == birth.month());
        }
        let this_year = |month, day| Date::new(today.year(), month, day);
        let birthday = this_year(birth.month(), birth.day()).or_else(|_| this_year(3, 1)).ok()?;
        Some(birthday == today)
    }

    /// Whether what is still to be looked up can make a condition true that is not.
    pub(crate) fn may_come_true(&self, version: &Version) -> bool {
        version.asks_loyalty && self.loyalty.known().is_some_and(|known| known.in_prospect)
    }

    /// Whether a reward may be considered: its programme is in play, and it is automatic or asked for.
    pub(crate) fn may_be_rewarded(&self, version: &Version) -> bool {
        let Some(costs) = version.costs() else { return true };
        let Some(known) = self.loyalty.known().filter(|known| !known.stand_in) else { return false };
        known.member(&costs.program).is_some_and(|member| member.here)
            && (costs.automatic || known.asked_units(&costs.program, &version.code).is_some())
    }
}
