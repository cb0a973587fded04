//! Programmes and campaigns compiled for deciding.

use std::sync::Arc;

use jiff::Timestamp;

use crate::condition::Condition;
use crate::document::Scope;
use crate::loyalty::dates::Terms;
use crate::loyalty::{Campaign, EarnRule, Programme};
use crate::rules::{CompiledCondition, Question, Version};

/// Every version of every programme, by code and version, and the campaigns.
#[derive(Debug)]
pub(crate) struct LoyaltyRules {
    pub(crate) programmes: Vec<ProgrammeVersion>,
    pub(crate) campaigns: Vec<Campaign>,
}

/// A compiled version of a programme.
#[derive(Debug)]
pub(crate) struct ProgrammeVersion {
    pub(crate) written: Programme,
    /// Its code, zone, scope and validity, as those of a benefit: its conditions are read in it.
    pub(crate) frame: Version,
    pub(crate) owner: Arc<str>,
    pub(crate) terms: Arc<Terms>,
    /// Of each rule of earning, in order.
    pub(crate) rules: Vec<CompiledRule>,
    pub(crate) redeem_when: Option<CompiledCondition>,
    /// The campaigns that a rule of earning asks for, with its place.
    pub(crate) asks_coupons: Vec<(usize, Box<str>)>,
}

/// A rule of earning with its condition at hand.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub(crate) code: Arc<str>,
    pub(crate) when: Option<CompiledCondition>,
    pub(crate) rule: EarnRule,
}

impl ProgrammeVersion {
    pub(crate) fn new(
        written: &Programme,
        frame: Version,
        condition: &mut impl FnMut(&Condition) -> CompiledCondition,
    ) -> Self {
        let rules: Vec<CompiledRule> = written
            .earn
            .rules
            .iter()
            .map(|rule| CompiledRule {
                code: (&*rule.code).into(),
                when: rule.when.as_ref().map(&mut *condition),
                rule: rule.clone(),
            })
            .collect();
        let asks = rules.iter().enumerate().filter_map(|(place, rule)| Some((place, rule.when.as_ref()?)));
        let asks_coupons = asks.filter_map(|(place, when)| Some((place, campaign_asked(when)?.into()))).collect();
        let redeem_when = written.redeem.as_ref().and_then(|redeem| redeem.when.as_ref()).map(condition);
        Self {
            owner: frame.grantor.clone(),
            written: written.clone(),
            frame,
            terms: Arc::new(Terms::of(written)),
            rules,
            redeem_when,
            asks_coupons,
        }
    }

    /// Whether it is the version that counts at an instant, and in force.
    pub(crate) fn in_force(&self, at: Timestamp) -> bool {
        let frame = &self.frame;
        frame.superseded.is_none_or(|superseded| at < superseded)
            && frame.valid.contains(at)
            && !frame.suspensions.iter().any(|suspended| suspended.during.contains(at))
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.written.scope
    }
}

/// The campaign that a condition asks for; there is at most one.
pub(crate) fn campaign_asked(condition: &CompiledCondition) -> Option<&str> {
    condition.leaves().into_iter().find_map(|question| match &**question {
        Question::Plain(crate::condition::Leaf::Coupon { campaign }) => Some(&**campaign),
        _ => None,
    })
}
