//! What a terminal without a connection may grant, as far as the `offline` policies of benefits allow.

use jiff::Timestamp;

use crate::document::{Offline, Text};
use crate::path::DottedPath;
use crate::rules::{RuleSet, Version};

/// A version that may be granted without a connection, and for how much its grantor answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineGrant<'a> {
    /// The benefit's code.
    pub benefit: &'a str,
    /// Which version.
    pub version: i64,
    /// For the receipt; neutral.
    pub public_name: &'a Text,
    /// From when it counts; none is ever since.
    pub from: Option<Timestamp>,
    /// Until when, half-open: its end, or a higher version's beginning.
    pub until: Option<Timestamp>,
    /// Paths of products that it covers; none is all.
    pub products: Option<&'a [DottedPath]>,
    /// Paths that it does not.
    pub except_products: &'a [DottedPath],
    /// Minor units for one holder on one service date.
    pub max_discount: i64,
    /// Uses of one holder on one service date.
    pub max_uses: i64,
}

impl RuleSet {
    /// What may be granted at a provider from a moment on, by the order of codes and versions. What is suspended at that moment is
    /// left out, for whomever it is.
    pub fn offline_grants(&self, provider: &str, at: Timestamp) -> Vec<OfflineGrant<'_>> {
        let provider = self.provider(provider);
        let here = self.versions.iter().map(|(_, version)| version).filter(|version| {
            let is_suspended = version.suspensions.iter().any(|suspended| suspended.during.contains(at));
            provider.covered_by(&version.scope.providers) && !is_suspended
        });
        let mut grants: Vec<OfflineGrant<'_>> = here.filter_map(|version| version.offline_grant(at)).collect();
        grants.sort_unstable_by_key(|grant| (grant.benefit, grant.version));
        grants
    }

    /// Whether the catalogue has a version of a benefit.
    pub fn has_version(&self, benefit: &str, number: i64) -> bool {
        self.version(&benefit.into(), number).is_some()
    }
}

impl Version {
    fn offline_grant(&self, at: Timestamp) -> Option<OfflineGrant<'_>> {
        let Offline::Allow { max_discount, max_uses } = self.offline else { return None };
        let until = [self.valid.until, self.superseded].into_iter().flatten().min();
        until.is_none_or(|until| at < until).then_some(OfflineGrant {
            benefit: &self.code,
            version: self.number,
            public_name: &self.public_name,
            from: self.valid.from,
            until,
            products: self.scope.products.as_deref(),
            except_products: &self.scope.except_products,
            max_discount,
            max_uses,
        })
    }
}
