//! How points come: the rules of earning.

use serde_json::Value;

use crate::condition::Condition;
use crate::document::Scope;
use crate::limits::{
    LOYALTY_FACTOR_MAX, LOYALTY_LIMITS_MAX, LOYALTY_POINTS_MAX, LOYALTY_RULES_MAX, POINTS_OF_AUTHORIZATION_MAX,
};
use crate::loyalty::document::programme::products;
use crate::money::RoundingMode;
use crate::read::{Object, Place, Read, whole, word};
use crate::window::Window;

/// How points come.
#[derive(Clone, Debug, PartialEq)]
pub struct Earn {
    /// Minor units for which `money` gives its points.
    pub per: i64,
    /// In order.
    pub rules: Vec<EarnRule>,
    /// How the bonuses of a line go together.
    pub bonuses: Bonuses,
    /// The most in one authorization.
    pub max_per_authorization: i64,
    /// The most in windows, in points.
    pub limits: Vec<EarnLimit>,
    /// Whether each line is rounded by itself.
    pub by_line: bool,
    /// Points of which the result is a multiple.
    pub increment: i64,
    /// Which way a remainder goes.
    pub mode: RoundingMode,
}

impl Default for Earn {
    fn default() -> Self {
        Self {
            per: 100,
            rules: Vec::new(),
            bonuses: Bonuses::All,
            max_per_authorization: POINTS_OF_AUTHORIZATION_MAX,
            limits: Vec::new(),
            by_line: false,
            increment: 1,
            mode: RoundingMode::Down,
        }
    }
}

/// A rule by which points come.
#[derive(Clone, Debug, PartialEq)]
pub struct EarnRule {
    /// Unique in its programme.
    pub code: Box<str>,
    /// On what.
    pub products: Scope,
    /// For whom; absent is everyone.
    pub when: Option<Condition>,
    /// How often an account may use it.
    pub uses: Option<Uses>,
    /// What it gives.
    pub earns: Earns,
}

/// What a rule gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earns {
    /// Points for each `per` paid.
    Money(i64),
    /// Points for each unit.
    Unit(i64),
    /// Basis points of what money and unit give on the line.
    Bonus(i64),
    /// Points once an authorization.
    Fixed(i64),
}

/// How the bonuses of a line go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bonuses {
    /// They are added up.
    All,
    /// The greatest alone counts.
    Best,
}

/// How often an account may use a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uses {
    /// Over which service dates.
    pub window: Window,
    /// Authorizations.
    pub max: i64,
}

/// A bound on points in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarnLimit {
    /// Whose points are counted.
    pub of: LimitOf,
    /// Over which service dates.
    pub window: Window,
    /// Points.
    pub max: i64,
}

/// Whose points a limit of a programme counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitOf {
    /// The account's.
    Account,
    /// Those of one of its members.
    Holder,
}

/// A list of a programme's limits.
pub(super) fn limits(object: &Object<'_>) -> Option<Vec<EarnLimit>> {
    object.list("limits", LOYALTY_LIMITS_MAX)
}

impl Read for Earn {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let per = object.bounded_or("per", 100, 1, LOYALTY_FACTOR_MAX);
        let rules: Option<Vec<EarnRule>> = object.list("rules", LOYALTY_RULES_MAX);
        let bonuses = object.or("bonuses", Bonuses::All);
        let most = POINTS_OF_AUTHORIZATION_MAX;
        let max_per_authorization = object.bounded_or("max_per_authorization", most, 0, most);
        let limits = limits(&object);
        let rounding = object.optional::<PointsRounding>("rounding");
        object.close();
        let rounding = rounding?.unwrap_or(PointsRounding { by_line: false, increment: 1, mode: RoundingMode::Down });
        Some(Self {
            per: per?,
            rules: rules?,
            bonuses: bonuses?,
            max_per_authorization: max_per_authorization?,
            limits: limits?,
            by_line: rounding.by_line,
            increment: rounding.increment,
            mode: rounding.mode,
        })
    }
}

struct PointsRounding {
    by_line: bool,
    increment: i64,
    mode: RoundingMode,
}

impl Read for PointsRounding {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let on = match object.raw("on") {
            Some(value) => word(value, &place.field("on"), &[("authorization", false), ("line", true)]),
            None => Some(false),
        };
        let increment = object.bounded_or("increment", 1, 1, LOYALTY_POINTS_MAX);
        let mode = object.or("mode", RoundingMode::Down);
        object.close();
        Some(Self { by_line: on?, increment: increment?, mode: mode? })
    }
}

impl Read for EarnRule {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let code = object.required("code");
        let products = products(&object, place);
        let (when, uses) = (object.optional("when"), object.optional("uses"));
        let earns = earns(&object, place);
        object.close();
        Some(Self { code: code?, products: products?, when: when?, uses: uses?, earns: earns? })
    }
}

/// Exactly one of what a rule can give.
fn earns(object: &Object<'_>, place: &Place<'_>) -> Option<Earns> {
    type Kind = (&'static str, fn(i64) -> Earns, i64);
    const KINDS: [Kind; 4] = [
        ("money", Earns::Money, LOYALTY_FACTOR_MAX),
        ("unit", Earns::Unit, LOYALTY_FACTOR_MAX),
        ("bonus", Earns::Bonus, LOYALTY_FACTOR_MAX),
        ("fixed", Earns::Fixed, LOYALTY_POINTS_MAX),
    ];
    let mut given = Vec::new();
    for (name, earns, most) in KINDS {
        if let Some(value) = object.raw(name) {
            given.push(whole(value, &place.field(name), 1, most).map(earns));
        }
    }
    match given.as_slice() {
        [earns] => *earns,
        _ => place.fault("expected exactly one of `money`, `unit`, `bonus`, `fixed`"),
    }
}

impl Read for Uses {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (window, max) = (object.required("window"), object.bounded("max", 0, LOYALTY_POINTS_MAX));
        object.close();
        Some(Self { window: window?, max: max? })
    }
}

impl Read for EarnLimit {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let of = object.or("scope", LimitOf::Account);
        let (window, max) = (object.required("window"), object.bounded("max", 0, LOYALTY_POINTS_MAX));
        object.close();
        Some(Self { of: of?, window: window?, max: max? })
    }
}

impl Read for LimitOf {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("account", Self::Account), ("holder", Self::Holder)])
    }
}

impl Read for Bonuses {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("all", Self::All), ("best", Self::Best)])
    }
}
