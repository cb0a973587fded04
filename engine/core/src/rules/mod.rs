//! The catalogue compiled for deciding: immutable, shared, indexed.

mod compile;
mod index;
mod meeting;
mod names;
mod programmes;
mod steps;
mod table;
mod unreachable;
mod version;

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::document::{Catalogue, ProviderScope};
use crate::loyalty::{Coupon, Coupons, LoyaltyRules, Prices};
use crate::movement::{OwnDay, ServiceDay};

pub(crate) use index::{Bucket, Index, ScopeIndex, ScopeKey};
pub use meeting::{Meeting, Unreachable};
pub(crate) use names::{Names, Symbol};
pub(crate) use steps::Steps;
pub(crate) use table::{Id, Table};
pub(crate) use version::{CompiledCondition, Question, Refined, Reward, Version};

/// A compiled catalogue. A decision reads exactly one.
#[derive(Debug)]
pub struct RuleSet {
    pub(crate) currency: Box<str>,
    pub(crate) names: Names,
    pub(crate) zones: Table<TimeZone>,
    /// In the order of evaluation: by slot, priority and code; spend caps last.
    pub(crate) versions: Table<Version>,
    pub(crate) index: Index,
    /// None where there is no programme and no campaign.
    pub(crate) loyalty: Option<Box<LoyaltyRules>>,
    coupons: Arc<Coupons>,
    pub(crate) prices: Prices,
    by_number: HashMap<(Arc<str>, i64), Id<Version>, FixedState>,
    providers: HashMap<Box<str>, Arc<Provider>, FixedState>,
}

/// A provider as rules see it.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) code: Arc<str>,
    tags: Box<[Box<str>]>,
    /// Where the index has benefits for it.
    pub(crate) places: Vec<Id<ScopeIndex>>,
    /// What it says of its business days.
    pub(crate) day: OwnDay,
}

impl Provider {
    pub(crate) fn new(code: Arc<str>, tags: &[Box<str>], places: Vec<Id<ScopeIndex>>) -> Self {
        Self { code, tags: tags.into(), places, day: OwnDay::default() }
    }

    /// Whether a benefit's scope of providers covers this one.
    pub(crate) fn covered_by(&self, scope: &ProviderScope) -> bool {
        match scope {
            ProviderScope::All => true,
            ProviderScope::Codes(codes) => codes.iter().any(|code| **code == *self.code),
            ProviderScope::Tags(tags) => tags.iter().any(|tag| self.tags.contains(tag)),
        }
    }
}

impl RuleSet {
    /// Compiles a catalogue. A catalogue that was read is valid, so this can't fail.
    pub fn compile(catalogue: &Catalogue) -> Self {
        compile::compile(catalogue)
    }

    /// Of a product whose price a provider has reduced at an instant, the lowest one before the reduction, if there was one; the outer
    /// none is no reduction.
    pub fn reference_price(&self, provider: &str, product: &str, at: Timestamp) -> Option<Option<i64>> {
        self.prices.at(provider)?.reference(product, at)
    }

    /// ISO 4217 code of every amount.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// Whether the catalogue names the provider.
    pub fn knows_provider(&self, code: &str) -> bool {
        self.providers.contains_key(code)
    }

    /// A provider's business day.
    pub fn service_day(&self, provider: &str, of_deployment: &ServiceDay) -> ServiceDay {
        let own = self.providers.get(provider).and_then(|provider| provider.day.beside(of_deployment));
        own.unwrap_or_else(|| of_deployment.clone())
    }

    /// How many versions of benefits there are.
    pub fn version_count(&self) -> usize {
        self.versions.len()
    }

    /// The same with other coupons.
    #[must_use]
    pub fn with_coupons(self, coupons: Arc<Coupons>) -> Self {
        Self { coupons, ..self }
    }

    /// A coupon by its code, or by the keyed hash of it where codes are not kept.
    pub fn coupon(&self, code: &str) -> Option<Coupon> {
        self.coupons.get(code)
    }

    /// Whether there are programmes or campaigns.
    pub fn has_loyalty(&self) -> bool {
        self.loyalty.is_some()
    }

    /// A version of a benefit.
    pub(crate) fn version(&self, code: &Arc<str>, number: i64) -> Option<&Version> {
        self.by_number.get(&(code.clone(), number)).map(|id| self.versions.get(*id))
    }

    /// A provider that the catalogue does not name is in the scope `all` only.
    pub(crate) fn provider(&self, code: &str) -> Arc<Provider> {
        let of_all = || self.index.places_of(ScopeKey::All).into_iter().collect();
        let unnamed = || Arc::new(Provider::new(code.into(), &[], of_all()));
        self.providers.get(code).cloned().unwrap_or_else(unnamed)
    }
}
