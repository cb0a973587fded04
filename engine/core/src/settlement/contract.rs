//! Contracts between who pays for benefits and who sells (settlement 2).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use crate::limits::{AMOUNT_MAX, RATE_WHOLE, RULE_LIST_MAX};
use crate::read::{Object, Place, Read, word};

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
    /// The rate for a benefit, in basis points.
    pub fn rate_of(&self, benefit: &str) -> i64 {
        self.rates.get(benefit).copied().unwrap_or(self.rate)
    }
}

/// The versions of one pair.
#[derive(Clone, Debug, Default)]
pub struct Contracts {
    versions: BTreeMap<i64, Contract>,
}

impl Contracts {
    /// Those of a grantor with a provider.
    pub fn between<'c>(grantor: &str, provider: &str, all: impl IntoIterator<Item = &'c Contract>) -> Self {
        let of_pair =
            all.into_iter().filter(|contract| *contract.grantor == *grantor && *contract.provider == *provider);
        Self { versions: of_pair.map(|contract| (contract.version, contract.clone())).collect() }
    }

    /// The one that counts for what was authorized on a day: the highest version that has begun. If that has ended, none does.
    pub fn for_day(&self, authorized_on: Date) -> Option<&Contract> {
        let begun = self.versions.values().rfind(|contract| contract.from <= authorized_on)?;
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
        let (grantor, provider) = (object.required("grantor"), object.required("provider"));
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
            grantor: grantor?,
            provider: provider?,
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
            Some((benefit.as_str().into(), crate::read::whole(rate, &place.field(benefit), 0, RATE_WHOLE)?))
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
    fn half_a_cent_is_rounded_away_from_zero() {
        for (amount, rate, expected) in [(1, 5000, 1), (-1, 5000, -1), (3, 3333, 1), (1, 4999, 0), (0, 10_000, 0)] {
            assert_eq!(due(amount, rate), expected, "{amount} at {rate}");
        }
    }
}
