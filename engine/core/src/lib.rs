//! The decision core of AVIS: which benefits apply to a basket, in which order, and who pays for each cent.
//!
//! Pure: no clock, no IO, no async. What rules mean is told in `docs/rules.md`.
//!
//! A [`Catalogue`] is read from its document and compiled to a [`RuleSet`]; a [`Request`] with the holder that its
//! identifiers name becomes a [`Plan`]; the plan says which usage it needs and, given it, gives a [`Decision`].

pub mod authorization;
pub mod document;
pub mod limits;
pub mod loyalty;
pub mod movement;
pub mod offline;
pub mod settlement;
pub mod telling;

mod answer;
mod canonical;
mod condition;
mod currency;
mod decide;
mod decision;
mod encoding;
mod explain;
mod fact;
mod fault;
mod fingerprint;
mod hex;
mod holder;
mod identifier;
mod identifier_form;
mod json;
mod kept_holder;
mod matching;
mod money;
mod nearest;
mod path;
mod person;
mod plan;
mod read;
mod reading;
mod reason;
mod request;
mod rules;
mod scanner;
mod span;
mod tap;
mod trace;
mod truth;
mod usage;
mod window;

pub use answer::DecisionAnswer;
pub use condition::{Anchor, AsOf, Condition, FactTest, Leaf, YearDay};
pub use currency::Currency;
pub use decision::{DecidedLine, Decision, Discount, FundingEntry, FundingReason, Outcome};
pub use document::Catalogue;
pub use encoding::without_mark;
pub use explain::{explain, explain_loyal};
pub use fact::{Comparison, Context, FactValue};
pub use fault::{Fault, Faults};
pub use fingerprint::Fingerprint;
pub use holder::{
    Attribute, Entitlement, Holder, IdentifierState, IdentifierStatus, Means, RegisteredHolder, RegisteredIdentifier,
    Residence, WrittenHolder, WrittenIdentifier,
};
pub use identifier::{DerivedKey, IdentifierKey, IdentifierSecret, NORMAL_FORM_VERSION};
pub use identifier_form::IdentifierForms;
pub use matching::{Mismatch, mismatches};
pub use money::{Rounding, RoundingMode, RoundingOn, Shares, narrow, split};
pub use nearest::suggestion;
pub use path::DottedPath;
pub use person::{IdentifierVerdict, Person, recognise};
pub use plan::{Plan, Usage, plan, plan_loyal};
pub use read::{broken_line, strict_json};
pub use reading::Reading;
pub use reason::{Reason, Reasons};
pub use request::{Line, LineFor, Mode, Presented, Price, Request};
pub use rules::{Meeting, RuleSet, Unreachable};
pub use span::{Bound, Interval, Span};
pub use tap::{TAP_CODE_CHARACTERS, TapBody, tap_code};
pub use trace::{
    Considered, Counted, IdentifierTrace, LimitTrace, LineVerdict, LoyaltyStep, Node, Obstacle, SetAside, Standing,
    Trace, Turn, TurnTrace,
};
pub use truth::Truth;
pub use usage::{Book, Charge, Need, Quota, Subject, Totals, UsageRange, UseWindow};
pub use window::{DateRange, LimitWindow, Window};
