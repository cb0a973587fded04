//! What terminals read of a decision.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::loyalty::{CouponAnswer, LinePoints, ProgrammeDecided, TenderPart};
use crate::http::reason::statement;

/// What would apply now. Nothing is recorded, no limit is promised.
#[derive(ToSchema)]
pub(super) struct Quote {
    /// As in the request.
    #[schema(format = "uuid")]
    request_id: String,
    outcome: Outcome,
    usage: UsageKnown,
    /// Of the data that was read.
    #[schema(minimum = 0)]
    revision: u64,
    /// Whether newer data is known to exist.
    stale: bool,
    /// Of all lines, before discounts, in minor units.
    #[schema(minimum = 0)]
    gross: i64,
    /// Of all lines, in minor units.
    #[schema(minimum = 0)]
    discount: i64,
    /// Of all lines, after discounts, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    /// Of it, what points pay, in minor units; where there are programmes.
    #[schema(minimum = 0, nullable = false)]
    tender: Option<i64>,
    /// Of it, what is paid in money, in minor units; where there are programmes.
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
    /// Of each coupon presented; where there are programmes.
    #[schema(nullable = false)]
    coupons: Option<Vec<CouponAnswer>>,
    /// The programmes in play, and others that the request names; where there are programmes.
    #[schema(nullable = false)]
    loyalty: Option<Vec<ProgrammeDecided>>,
    /// In the order of the request.
    lines: Vec<QuotedLine>,
    /// Why something is left to pay, sorted; those of all lines and of the person.
    reasons: Vec<Reason>,
    /// Where only one can be said to the person; null if nothing is left to pay or there is no reason.
    #[schema(required)]
    main_reason: Option<Reason>,
}

/// `approved`; `partially_approved`, where a limit kept something back that is left to pay; `declined`, where nothing was
/// given. Declined is an outcome, not an error.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Outcome {
    Approved,
    PartiallyApproved,
    Declined,
}

/// How well a quote knows what was used before. `exact`: as of the ledger's last commit. `as_of`: the ledger does not answer now, so
/// as this engine read it last. `unknown`: as if nothing was used.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum UsageKnown {
    Exact,
    AsOf,
    Unknown,
}

/// A line as it was decided.
#[derive(ToSchema)]
pub(super) struct DecidedLine {
    /// As in the request.
    line_id: String,
    /// Before discounts, in minor units.
    #[schema(minimum = 0)]
    gross: i64,
    /// After them, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    /// In the order in which they were taken.
    discounts: Vec<Discount>,
    /// Why the line is not fully discounted, sorted.
    reasons: Vec<Reason>,
}

/// A line as it would be decided.
#[derive(ToSchema)]
pub(super) struct QuotedLine {
    /// As in the request.
    line_id: String,
    /// Before discounts, in minor units.
    #[schema(minimum = 0)]
    gross: i64,
    /// After them, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    /// In the order in which they were taken.
    discounts: Vec<Discount>,
    /// Why the line is not fully discounted, sorted.
    reasons: Vec<Reason>,
    /// What is paid of it in money, in minor units; where there are programmes.
    #[schema(minimum = 0, nullable = false)]
    due: Option<i64>,
    /// What points pay of it; where there are programmes.
    #[schema(nullable = false)]
    tender: Option<Vec<TenderPart>>,
    /// What it spends and earns; where there are programmes.
    #[schema(nullable = false)]
    points: Option<Vec<LinePoints>>,
}

/// A discount on a line.
#[derive(ToSchema)]
pub(super) struct Discount {
    /// The benefit's code.
    benefit: String,
    /// Its version.
    #[schema(minimum = 1)]
    version: i64,
    /// For the receipt; neutral.
    public_name: Text,
    /// Units covered.
    #[schema(minimum = 0)]
    units: i64,
    /// What it takes off, in minor units; 0 where the line costs nothing, so that a free ride is counted.
    #[schema(minimum = 0)]
    amount: i64,
    /// Who bears it; sums to the amount. The provider's own part stands last.
    funding: Vec<FundingEntry>,
}

/// A text by language (BCP 47 tags): every language of the deployment (`lv` and `en` where it names none), and others.
#[derive(ToSchema)]
pub(crate) struct Text(BTreeMap<String, String>);

/// What one payer bears of a discount.
#[derive(ToSchema)]
pub(super) struct FundingEntry {
    /// The payer's code; the provider's for what nobody owes.
    payer: String,
    /// Its part, in minor units.
    #[schema(minimum = 1)]
    amount: i64,
    /// There if a limit or a terminal's own grant made it the provider's.
    #[schema(nullable = false)]
    reason: Option<FundingReason>,
}

/// `unfunded`: a budget was used up. `over_granted`: a terminal without a connection granted more than would have been decided.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum FundingReason {
    Unfunded,
    OverGranted,
}

/// Why something is left to pay.
pub(super) struct Reason;

impl PartialSchema for Reason {
    fn schema() -> RefOr<Schema> {
        let told = avis_core::Reason::ALL.map(|reason| format!("`{}`: {}.", reason.word(), statement(reason)));
        let about = format!("Why something is left to pay, in neutral words for the till. {}", told.join(" "));
        let words = avis_core::Reason::ALL.map(avis_core::Reason::word);
        ObjectBuilder::new().schema_type(Type::String).description(Some(about)).enum_values(Some(words)).into()
    }
}

impl ToSchema for Reason {}
