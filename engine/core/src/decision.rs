//! What was decided, as the answers carry it.

use std::sync::Arc;

use utoipa::ToSchema;

use crate::document::Text;
use crate::plan::LineSet;
use crate::reason::{Reason, Reasons};
use crate::usage::{Charge, Quota};

/// The outcome of a request, to the cent. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Decision {
    /// Whether anything was given, and all that might have been.
    pub outcome: Outcome,
    /// Of all lines.
    pub gross: i64,
    /// Of all lines.
    pub discount: i64,
    /// Of all lines.
    pub payable: i64,
    /// In the order of the request.
    pub lines: Vec<DecidedLine>,
    /// Why not everything is discounted.
    pub reasons: Reasons,
    /// The first of them for a person; none where nothing is left to pay.
    pub main_reason: Option<Reason>,
    /// Where identifiers of several people were presented, the place of the one that names who counts, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_by: Option<u8>,
    /// The use that it charges if it is recorded.
    #[serde(skip)]
    pub charges: Vec<Charge>,
    /// The limits that decline of the benefits that gave something.
    #[serde(skip)]
    pub(crate) quotas: Vec<Quota>,
    /// The spend caps that count what is paid for its lines.
    #[serde(skip)]
    pub(crate) counted_by: CountedBy,
}

/// Spend caps by their codes, each with the lines that it counts; mostly there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CountedBy(pub(crate) Vec<(LineSet, Arc<str>)>);

impl CountedBy {
    /// The caps that count what is paid for a line.
    pub(crate) fn of_line(&self, line: usize) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter().filter(move |(lines, _)| lines.contains(line)).map(|(_, cap)| cap)
    }
}

/// `approved`; `partially_approved`, where a limit kept something back that is left to pay; `declined`, where nothing was
/// given. Declined is an outcome, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Something was given.
    Approved,
    /// Something was given, and a limit kept back something that is left to pay.
    PartiallyApproved,
    /// Nothing was given; nothing is consumed.
    Declined,
}

/// A line as it was decided.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
pub struct DecidedLine {
    /// As in the request.
    pub line_id: Box<str>,
    /// Before discounts, in minor units.
    #[schema(minimum = 0)]
    pub gross: i64,
    /// After them, in minor units.
    #[schema(minimum = 0)]
    pub payable: i64,
    /// In the order in which they were taken.
    pub discounts: Vec<Discount>,
    /// Why the line is not fully discounted, sorted.
    #[schema(value_type = Vec<Reason>)]
    pub reasons: Reasons,
    /// Of a product whose price is reduced, the lowest price of a unit in the thirty days before the reduction, in minor units; null
    /// where there was none. It changes no amount.
    #[schema(value_type = Option<i64>, minimum = 0)]
    #[serde(default, deserialize_with = "told", skip_serializing_if = "Option::is_none")]
    pub reference_price: Option<Option<i64>>,
}

/// What is there is told, also where it is null.
pub(crate) fn told<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    serde::Deserialize::deserialize(deserializer).map(Some)
}

/// A discount on a line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
pub struct Discount {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Its version.
    #[schema(minimum = 1)]
    pub version: i64,
    /// Who granted the benefit; none of a benefit that is not known here. Answers do not carry it.
    #[serde(skip)]
    pub grantor: Option<Arc<str>>,
    /// For the receipt; neutral.
    pub public_name: Arc<Text>,
    /// Units covered.
    #[schema(minimum = 0)]
    pub units: i64,
    /// What it takes off, in minor units; 0 where the line costs nothing, so that a free ride is counted.
    #[schema(minimum = 0)]
    pub amount: i64,
    /// Who bears it; sums to the amount. The provider's own part stands last.
    pub funding: Vec<FundingEntry>,
}

/// What one payer bears of a discount.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
pub struct FundingEntry {
    /// The payer's code; the provider's for what nobody owes.
    pub payer: Arc<str>,
    /// Its part, in minor units.
    #[schema(minimum = 1)]
    pub amount: i64,
    /// There if a limit or a terminal's own grant made it the provider's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<FundingReason>,
}

/// `unfunded`: a budget was used up. `over_granted`: a terminal without a connection granted more than would have been decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FundingReason {
    /// A limit left it to nobody.
    Unfunded,
    /// A terminal without a connection granted more than was due.
    OverGranted,
}
