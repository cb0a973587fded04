//! Contracts between who pays for benefits and who sells (settlement 2).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use crate::fault::Faults;
use crate::limits::{AMOUNT_MAX, RATE_WHOLE, RULE_LIST_MAX};
use crate::read::{self, Object, Place, Read, word};
use crate::settlement::written::Plain;

/// One version of what a grantor reimburses to a provider. The grantor is whoever is named as a payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Who pays.
    pub grantor: Box<str>,
    /// Who sells.
    pub provider: Box<str>,
    /// Counts the versions of the pair from 1.
    pub version: i64,
    /// The provider's day from which it counts.
    pub from: Date,
    /// The first day on which it counts no more.
    pub until: Option<Date>,
    /// Which part is reimbursed, in basis points.
    pub rate: i64,
    /// Rates of single benefits.
    pub rates: BTreeMap<Box<str>, i64>,
    /// What is rounded.
    pub rounding: ContractRounding,
    /// The most that is reimbursed.
    pub ceiling: Option<Ceiling>,
}

/// What is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractRounding {
    /// What stands of each authorization.
    Record,
    /// The amount of a line of the statement.
    Batch,
}

/// The most that is reimbursed in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// The window.
    pub per: Per,
    /// Minor units.
    pub amount: i64,
}

/// The window of a ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Per {
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
    /// As long as the version counts.
    Validity,
}

impl Per {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
            Self::Validity => "validity",
        }
    }
}

/// The part of an amount at a rate of basis points, half a minor unit away from zero (settlement 2.3).
pub fn due(amount: i128, rate: i64) -> i128 {
    amount.signum() * ((amount.abs() * i128::from(rate) + i128::from(RATE_WHOLE / 2)) / i128::from(RATE_WHOLE))
}

impl Contract {
    /// Reads a version of a contract.
    ///
    /// # Errors
    /// Every field that is not as expected.
    pub fn from_value(value: &Value) -> Result<Self, Faults> {
        read::parsed(value)
    }

    /// The rate for a benefit, in basis points.
    pub fn rate_of(&self, benefit: &str) -> i64 {
        self.rates.get(benefit).copied().unwrap_or(self.rate)
    }
}

/// The versions of one pair.
#[derive(Clone, Debug, Default)]
pub struct Contracts {
    versions: BTreeMap<i64, Contract>,
    /// The highest version that has begun, by the days on which that changes.
    begun: BTreeMap<Date, i64>,
}

impl Contracts {
    /// All versions of a pair.
    pub fn of(versions: impl IntoIterator<Item = Contract>) -> Self {
        let versions: BTreeMap<i64, Contract> =
            versions.into_iter().map(|contract| (contract.version, contract)).collect();
        let mut by_day: Vec<(Date, i64)> =
            versions.values().map(|contract| (contract.from, contract.version)).collect();
        by_day.sort_unstable();
        let mut highest = i64::MIN;
        let begun = by_day.into_iter().map(|(from, version)| {
            highest = highest.max(version);
            (from, highest)
        });
        Self { begun: begun.collect(), versions }
    }

    /// The one that counts for what was authorized on a day: the highest version that has begun. If that has ended, none does.
    pub fn for_day(&self, authorized_on: Date) -> Option<&Contract> {
        let (_, version) = self.begun.range(..=authorized_on).next_back()?;
        let begun = self.versions.get(version)?;
        begun.until.is_none_or(|until| authorized_on < until).then_some(begun)
    }

    /// One version.
    pub fn version(&self, version: i64) -> Option<&Contract> {
        self.versions.get(&version)
    }
}

impl Read for Contract {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (grantor, provider) = (object.required::<Plain>("grantor"), object.required::<Plain>("provider"));
        let version = object.bounded("version", 1, i64::from(i32::MAX));
        let (from, until) = (object.required::<Date>("from"), object.optional::<Date>("until"));
        let rate = object.bounded_or("rate", RATE_WHOLE, 0, RATE_WHOLE);
        let rates = object.optional::<Rates>("rates");
        let rounding = object.or("rounding", ContractRounding::Record);
        let ceiling = object.optional("ceiling");
        object.close();
        let (from, until) = (from?, until?);
        if until.is_some_and(|until| until <= from) {
            return place.field("until").fault("expected a date after `from`");
        }
        Some(Self {
            grantor: grantor?.0,
            provider: provider?.0,
            version: version?,
            from,
            until,
            rate: rate?,
            rates: rates?.map(|rates| rates.0).unwrap_or_default(),
            rounding: rounding?,
            ceiling: ceiling?,
        })
    }
}

/// Rates by benefit.
struct Rates(BTreeMap<Box<str>, i64>);

impl Read for Rates {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let Value::Object(fields) = value else { return place.fault("expected an object of rates by benefit") };
        if fields.len() > RULE_LIST_MAX {
            return place.fault(format!("expected at most {RULE_LIST_MAX} rates"));
        }
        let rate = |(benefit, rate): (&String, &Value)| {
            let place = place.field(benefit);
            Some((Plain::of(benefit, &place)?.0, read::whole(rate, &place, 0, RATE_WHOLE)?))
        };
        let rates: Vec<_> = fields.iter().map(rate).collect();
        rates.into_iter().collect::<Option<_>>().map(Self)
    }
}

impl Read for ContractRounding {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("record", Self::Record), ("batch", Self::Batch)])
    }
}

impl Read for Ceiling {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (per, amount) = (object.required("per"), object.bounded("amount", 0, AMOUNT_MAX));
        object.close();
        Some(Self { per: per?, amount: amount? })
    }
}

impl Read for Per {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[Self::Month, Self::Year, Self::Validity].map(|per| (per.word(), per)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_that_has_begun_counts() {
        let date = |day: i8| Date::constant(2026, 11, day);
        let contract = |version, from: i8, until: Option<i8>| Contract {
            grantor: "g".into(),
            provider: "p".into(),
            version,
            from: date(from),
            until: until.map(date),
            rate: RATE_WHOLE,
            rates: BTreeMap::new(),
            rounding: ContractRounding::Record,
            ceiling: None,
        };
        let contracts = Contracts::of([contract(2, 5, Some(20)), contract(1, 10, None), contract(3, 15, Some(25))]);
        for (day, expected) in [(4, None), (5, Some(2)), (12, Some(2)), (15, Some(3)), (22, Some(3)), (25, None)] {
            assert_eq!(contracts.for_day(date(day)).map(|contract| contract.version), expected, "{day}");
        }
    }

    #[test]
    fn half_a_cent_is_rounded_away_from_zero() {
        for (amount, rate, expected) in [(1, 5000, 1), (-1, 5000, -1), (3, 3333, 1), (1, 4999, 0), (0, 10_000, 0)] {
            assert_eq!(due(amount, rate), expected, "{amount} at {rate}");
        }
    }
}
