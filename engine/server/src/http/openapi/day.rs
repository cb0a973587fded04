//! How a terminal closes its business day.

use utoipa::ToSchema;

/// A terminal closes its day.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CloseDay {
    /// A UUID of yours for this request. A day is closed once, whatever ids ask for it.
    #[schema(format = "uuid")]
    request_id: String,
    /// What the terminal has itself; what is left out counts as nothing.
    totals: Option<TerminalTotals>,
}

/// A terminal's own sums by kind.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TerminalTotals {
    sale: Option<TerminalTotal>,
    capture: Option<TerminalTotal>,
    advice: Option<TerminalTotal>,
    void: Option<TerminalTotal>,
    refund: Option<TerminalTotal>,
    reversal: Option<TerminalTotal>,
}

/// What a terminal has of movements of one kind, in minor units; what comes back is below zero.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TerminalTotal {
    /// How many they are.
    #[schema(minimum = -9007199254740991_isize, maximum = 9007199254740991_isize)]
    count: Option<i64>,
    /// Before discounts.
    #[schema(minimum = -9007199254740991_isize, maximum = 9007199254740991_isize)]
    gross: Option<i64>,
    /// The discounts.
    #[schema(minimum = -9007199254740991_isize, maximum = 9007199254740991_isize)]
    discount: Option<i64>,
    /// What is left to pay.
    #[schema(minimum = -9007199254740991_isize, maximum = 9007199254740991_isize)]
    payable: Option<i64>,
}
