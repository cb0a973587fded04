//! A terminal's business day.

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

/// Sums by kind; kinds of which there is nothing are left out.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DayTotals {
    sale: Option<DayTotal>,
    capture: Option<DayTotal>,
    advice: Option<DayTotal>,
    void: Option<DayTotal>,
    refund: Option<DayTotal>,
    reversal: Option<DayTotal>,
}

/// What movements of one kind come to, in minor units; what comes back is below zero.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DayTotal {
    /// How many they are.
    count: Option<i64>,
    /// Before discounts.
    gross: Option<i64>,
    /// The discounts.
    discount: Option<i64>,
    /// What is left to pay.
    payable: Option<i64>,
}

/// A business day of the terminal.
#[derive(ToSchema)]
pub(super) struct Day {
    /// Which one.
    #[schema(format = "date")]
    date: String,
    /// The terminal.
    terminal: String,
    state: DayState,
    result: DayResult,
    /// When it was closed; null while it is open.
    #[schema(format = "date-time")]
    closed_at: Option<String>,
    /// What counts on it.
    ours: DayTotals,
    /// What of that took place before it: it came after a close.
    late: DayTotals,
    /// The terminal's own totals less ours, without zeros.
    difference: DayTotals,
    /// Whether it was closed before this request.
    #[schema(required = false)]
    already_closed: bool,
}

/// Whether it is closed.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DayState {
    Open,
    Closed,
}

/// How both sides' totals compare; `totals` where the terminal sent none.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DayResult {
    InBalance,
    OutOfBalance,
    Totals,
}
