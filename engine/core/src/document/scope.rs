//! Where a benefit may be used, and on what.

use serde_json::Value;

use crate::nearest::suggestion_of;
use crate::path::{self, DottedPath};
use crate::read::{Object, Place, Read, at_least_one, only_field};

/// Providers and products of a benefit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Where.
    pub providers: ProviderScope,
    /// Paths covered; absent means all.
    pub products: Option<Vec<DottedPath>>,
    /// Paths taken out again.
    pub except_products: Vec<DottedPath>,
}

/// Which providers a benefit may be used at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderScope {
    /// Everyone.
    All,
    /// Those named.
    Codes(Vec<Box<str>>),
    /// Those with one of the tags.
    Tags(Vec<Box<str>>),
}

impl Scope {
    /// Whether a product is covered and not taken out again.
    pub fn covers_product(&self, product: &str) -> bool {
        self.products.as_deref().is_none_or(|paths| within(paths, product)) && !self.excepts(product)
    }

    /// Whether a product is taken out again.
    pub(crate) fn excepts(&self, product: &str) -> bool {
        within(&self.except_products, product)
    }
}

fn within(paths: &[DottedPath], product: &str) -> bool {
    paths.iter().any(|path| path::covers(path.as_str(), product))
}

impl Read for Scope {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let providers = object.required("providers");
        let products = match object.raw("products") {
            Some(value) => at_least_one(value, &place.field("products")).map(Some),
            None => Some(None),
        };
        let except_products = object.or("except_products", Vec::new());
        object.close();
        Some(Self { providers: providers?, products: products?, except_products: except_products? })
    }
}

impl Read for ProviderScope {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        const EXPECTED: &str = "`all`, `codes`, `tags`";
        let (name, inner) = only_field(value, place, EXPECTED)?;
        let place = place.field(name);
        match name {
            "all" if *inner == Value::Bool(true) => Some(Self::All),
            "all" => place.fault("expected true"),
            "codes" => at_least_one(inner, &place).map(Self::Codes),
            "tags" => at_least_one(inner, &place).map(Self::Tags),
            _ => place
                .fault(format!("unknown kind of scope, expected one of {EXPECTED}{}", suggestion_of(name, EXPECTED))),
        }
    }
}
