//! What a benefit may say beside its effect; most say nothing of it.

use serde_json::Value;

use crate::condition::LinesCounted;
use crate::document::Pick;
use crate::read::{Object, Place, Read};
use crate::request::Amount;

/// Where a benefit holds back, by its own rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refinements {
    /// The amount per unit below which it never brings the units that it covers.
    pub min_price: Option<i64>,
    /// Whether it looks only at lines from which nothing was taken.
    pub only_untouched: bool,
    /// What must remain to be paid as its slot begins.
    pub at_least: Option<AtLeast>,
    /// Which units it covers; all without it.
    pub pick: Option<Pick>,
}

/// What must remain to be paid as a benefit's slot begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtLeast {
    /// Minor units.
    pub amount: i64,
    /// On which lines.
    pub lines: LinesCounted,
}

impl Refinements {
    pub(super) fn read_from(object: &Object<'_>) -> Option<Self> {
        let min_price = object.optional::<Amount>("min_price");
        let only_untouched = object.or("only_untouched", false);
        let (at_least, pick) = (object.optional("at_least"), object.optional("pick"));
        Some(Self {
            min_price: min_price?.map(|amount| amount.0),
            only_untouched: only_untouched?,
            at_least: at_least?,
            pick: pick?,
        })
    }
}

impl Read for AtLeast {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (amount, lines) = (object.required::<Amount>("amount"), object.or("lines", LinesCounted::InScope));
        object.close();
        Some(Self { amount: amount?.0, lines: lines? })
    }
}
