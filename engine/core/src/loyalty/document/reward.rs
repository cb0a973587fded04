//! What a benefit costs in points, and which units it takes.

use serde_json::Value;

use crate::document::Scope;
use crate::limits::{LOYALTY_POINTS_MAX, QUANTITY_MAX};
use crate::loyalty::document::programme::products;
use crate::read::{Object, Place, Read, word};

/// What a benefit costs: it is a reward then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    /// The programme's code.
    pub program: Box<str>,
    /// Points.
    pub points: i64,
    /// For what.
    pub per: CostsPer,
    /// Whether it is given without being asked for.
    pub automatic: bool,
}

/// For what a reward's points are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostsPer {
    /// Each unit that it covers.
    Unit,
    /// Each authorization in which it gives something.
    Use,
}

/// Which units a benefit takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choose {
    /// Which lines first.
    pub order: ChooseOrder,
    /// How many units for how many.
    pub every: Option<ForEvery>,
}

/// Which lines come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChooseOrder {
    /// As the request has them.
    Request,
    /// The least that is left per unit.
    Cheapest,
    /// The most that is left per unit.
    Dearest,
}

/// So many units for each so many bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForEvery {
    /// Units bought.
    pub of: i64,
    /// Units taken for them.
    pub units: i64,
    /// Of what units are bought; none is of what the benefit is eligible for.
    pub products: Option<Scope>,
}

impl Read for Costs {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (program, points) = (object.required("program"), object.bounded("points", 1, LOYALTY_POINTS_MAX));
        let (per, automatic) = (object.or("per", CostsPer::Unit), object.or("automatic", false));
        object.close();
        Some(Self { program: program?, points: points?, per: per?, automatic: automatic? })
    }
}

impl Read for CostsPer {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("unit", Self::Unit), ("use", Self::Use)])
    }
}

impl Read for Choose {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (order, every) = (object.or("order", ChooseOrder::Request), object.optional("every"));
        object.close();
        Some(Self { order: order?, every: every? })
    }
}

impl Read for ChooseOrder {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let words = [("request", Self::Request), ("cheapest", Self::Cheapest), ("dearest", Self::Dearest)];
        word(value, place, &words)
    }
}

impl Read for ForEvery {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let of = object.bounded("of", 1, QUANTITY_MAX);
        let units = object.bounded("units", 1, QUANTITY_MAX);
        let scope = products(&object, place);
        object.close();
        let scope = scope?;
        let names_products = scope.products.is_some() || !scope.except_products.is_empty();
        Some(Self { of: of?, units: units?, products: names_products.then_some(scope) })
    }
}
