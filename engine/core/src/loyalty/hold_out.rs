//! A share of the members for whom a campaign's coupons are not good, so that what the campaign brings can be measured.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::limits::RATE_WHOLE;
use crate::loyalty::account::AccountName;
use crate::read::{Object, Place, Read};

/// Which members are held out of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldOut {
    /// The programme whose members they are, and by whose sales the campaign is measured.
    pub program: Box<str>,
    /// Basis points of its accounts.
    pub share: i64,
}

impl HoldOut {
    /// Whether an account of the programme is held out of the campaign of a code. A hash decides: an account stays on its side, and
    /// falls in each campaign anew. Members who share an account are on one side, so that none spends what the other was given.
    pub fn holds_out(&self, campaign: &str, account: &AccountName) -> bool {
        let (kind, name) = match account {
            AccountName::Named(name) => ("account", name),
            AccountName::Own(holder) => ("holder", holder),
        };
        let digest = Sha256::digest(format!("{campaign}\n{}\n{kind}:{name}", self.program));
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % RATE_WHOLE.unsigned_abs() < self.share.unsigned_abs()
    }
}

impl Read for HoldOut {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (program, share) = (object.required("program"), object.bounded("share", 1, RATE_WHOLE / 2));
        object.close();
        Some(Self { program: program?, share: share? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_out(share: i64, campaign: &str, count: usize) -> Vec<usize> {
        let hold_out = HoldOut { program: "club".into(), share };
        let is_held_out =
            |number: &usize| hold_out.holds_out(campaign, &AccountName::Own(format!("h-{number}").into()));
        (0..count).filter(is_held_out).collect()
    }

    #[test]
    fn who_is_held_out_is_fixed_for_ever() {
        assert_eq!(held_out(1_000, "spring", 60), [0, 7, 23]);
    }

    #[test]
    fn a_share_is_held_out_of_each_campaign_anew() {
        let (spring, summer) = (held_out(2_000, "spring", 10_000), held_out(2_000, "summer", 10_000));
        let both = spring.iter().filter(|number| summer.contains(number)).count();
        // Four standard deviations of what chance gives.
        for (count, expected, within) in [(spring.len(), 2_000, 160), (summer.len(), 2_000, 160), (both, 400, 80)] {
            assert!(count.abs_diff(expected) < within, "{count} instead of about {expected}");
        }
    }

    #[test]
    fn a_greater_share_holds_out_those_of_a_smaller_one_and_more() {
        let (few, more) = (held_out(500, "spring", 2_000), held_out(2_500, "spring", 2_000));
        assert!(few.iter().all(|number| more.contains(number)) && few.len() < more.len());
    }
}
