//! How often, how much and for how long: the limits of a benefit.

use serde_json::Value;

use crate::condition::YearDay;
use crate::limits::AMOUNT_MAX;
use crate::read::{Object, Place, Read, whole, word};
use crate::window::{LimitWindow, Window};

/// A bound on what a subject may use in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Whose use is counted.
    pub scope: LimitScope,
    /// What is counted.
    pub measure: Measure,
    /// Over what.
    pub window: LimitWindow,
    /// The most of it: uses, units or minor units.
    pub max: i64,
    /// Whether the unused part of a month carries over.
    pub carry_over: Option<CarryOver>,
    /// What happens when nothing is left.
    pub on_exhausted: OnExhausted,
}

/// Whose use a limit counts; `benefit` is everybody's together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    /// The holder's.
    Holder,
    /// The household's, or the holder's if there is none.
    Household,
    /// The provider's.
    Provider,
    /// Everyone's together.
    Benefit,
}

impl LimitScope {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Household => "household",
            Self::Provider => "provider",
            Self::Benefit => "benefit",
        }
    }
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Authorizations in which the benefit gave a discount.
    Uses,
    /// Units that it covered.
    Units,
    /// Minor units of discount.
    Discount,
}

impl Measure {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Uses => "uses",
            Self::Units => "units",
            Self::Discount => "discount",
        }
    }
}

/// The unused part of a month stays usable in this calendar year's later months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarryOver {
    /// The last day of the year on which it does.
    pub until: YearDay,
}

/// What happens when nothing is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnExhausted {
    /// No discount.
    #[default]
    Decline,
    /// The discount is given and the provider bears it.
    Unfunded,
}

impl Read for Limit {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (scope, measure, window) =
            (object.required("scope"), object.required("measure"), object.required("window"));
        let max = object.required::<Max>("max");
        let carry_over: Option<Option<CarryOver>> = object.optional("carry_over");
        let on_exhausted = object.or("on_exhausted", OnExhausted::Decline);
        object.close();
        if on_exhausted == Some(OnExhausted::Unfunded) && measure.is_some_and(|measure| measure != Measure::Discount) {
            let _ = place.field("on_exhausted").fault::<()>("`unfunded` is possible on a limit of `discount` only");
        }
        // What could not be read is no reason to refuse more.
        let personal = scope.is_none_or(|scope| matches!(scope, LimitScope::Holder | LimitScope::Household));
        let from_first = window.is_some_and(|window| matches!(window, LimitWindow::FromFirst { .. }));
        if from_first && !personal {
            let detail = "`from_first` is possible on a limit of a `holder` or `household` only";
            let _ = place.field("window").fault::<()>(detail);
        }
        let monthly = window.is_none_or(|window| window == LimitWindow::Dates(Window::Month));
        let carries = personal && monthly && on_exhausted != Some(OnExhausted::Unfunded);
        if object_has(value, "carry_over") && !carries {
            let detail = "possible only on a `decline` limit of a `holder` or `household` with a `month` window";
            let _ = place.field("carry_over").fault::<()>(detail);
        }
        Some(Self {
            scope: scope?,
            measure: measure?,
            window: window?,
            max: max?.0,
            carry_over: carry_over?,
            on_exhausted: on_exhausted?,
        })
    }
}

fn object_has(value: &Value, field: &str) -> bool {
    value.get(field).is_some_and(|value| !value.is_null())
}

struct Max(i64);

impl Read for Max {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        whole(value, place, 0, AMOUNT_MAX).map(Self)
    }
}

impl Read for LimitScope {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let scopes = [Self::Holder, Self::Household, Self::Provider, Self::Benefit];
        word(value, place, &scopes.map(|scope| (scope.word(), scope)))
    }
}

impl Read for Measure {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[Self::Uses, Self::Units, Self::Discount].map(|measure| (measure.word(), measure)))
    }
}

impl Read for OnExhausted {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("decline", Self::Decline), ("unfunded", Self::Unfunded)])
    }
}

impl Read for CarryOver {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let until = object.required("until");
        object.close();
        Some(Self { until: until? })
    }
}
