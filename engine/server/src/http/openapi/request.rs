//! What terminals send: baskets, operations and reversals. A null is an absent field, an unknown field is refused.

use utoipa::ToSchema;

use super::context::Context;
use super::loyalty::Redemption;

/// A basket to be decided: who presents what, where and when, and what is bought. Amounts are whole minor units (cents).
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// A UUID of yours in its hyphenated form, version 7 advised. A provider uses it once, across all calls that record.
    #[schema(format = "uuid")]
    request_id: String,
    /// What a recorded use becomes; a quote decides both alike.
    #[schema(default = "sale")]
    mode: Option<Mode>,
    /// When the use takes place: RFC 3339 with its offset. Event time decides, never the time of receipt. An authorization
    /// takes what lies between 24 hours before and 5 minutes after the engine's clock, unless the deployment says otherwise.
    #[schema(format = "date-time")]
    occurred_at: String,
    /// One of the terminal's own channels (`desk`, `app`, …). Rules may ask for it.
    #[schema(min_length = 1, max_length = 200)]
    channel: Option<String>,
    /// ISO 4217 code of the deployment's one currency; any other is refused.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
    /// What the person presented. The first that is known and active names the holder. None is as good as an empty list.
    #[schema(max_items = 8)]
    identifiers: Option<Vec<Identifier>>,
    /// Facts about the whole request.
    context: Option<Context>,
    /// What is bought. All lines together come to at most 10^18.
    #[schema(min_items = 1, max_items = 500)]
    lines: Vec<Line>,
    /// Codes of coupons, as they were typed or read; compared in capitals, without blanks and hyphens.
    #[schema(max_items = 8, min_length = 1, max_length = 200)]
    coupons: Option<Vec<String>>,
    /// Points to redeem, in order: a tender of a programme once, a reward once.
    #[schema(max_items = 16)]
    redeem: Option<Vec<Redemption>>,
    /// The oldest data that you accept; not part of the request's meaning.
    #[schema(minimum = 0, maximum = 9223372036854775807_isize)]
    min_revision: Option<u64>,
}

/// `sale` is captured at once. `hold` waits for its capture, 30 minutes unless the deployment says otherwise.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Mode {
    Sale,
    Hold,
}

/// An identification means. Its value never comes back in an answer.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Identifier {
    /// One of the terminal's own schemes (`etalons`, `bank-card`, …).
    #[schema(min_length = 1, max_length = 200)]
    scheme: String,
    /// As it was read or typed. What people type is compared in capitals, without blanks and hyphens: `ab-12 34` is `AB1234`.
    #[schema(min_length = 1, max_length = 200)]
    value: String,
}

/// One line of the basket: units of a price, or one piece of a price as a whole.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum Line {
    Units(LineOfUnits),
    Piece(LineOfOnePiece),
}

/// Units of one price.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineOfUnits {
    /// Unique in the request.
    #[schema(min_length = 1, max_length = 200)]
    line_id: String,
    /// What is sold: a dotted path without empty steps.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^.]+(\.[^.]+)*$")]
    product: String,
    /// How many units.
    #[schema(minimum = 1, maximum = 1000000)]
    quantity: i64,
    /// Minor units for each.
    #[schema(minimum = 0, maximum = 1000000000000_isize)]
    unit_price: i64,
    /// For whom it is.
    #[serde(rename = "for")]
    #[schema(default = "holder")]
    passenger: Option<LineFor>,
    /// Facts about the line.
    context: Option<Context>,
}

/// What is weighed or measured: one piece that costs its price, whatever its quantity. Amounts of rules that are per unit are per
/// unit of that quantity.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineOfOnePiece {
    /// Unique in the request.
    #[schema(min_length = 1, max_length = 200)]
    line_id: String,
    /// What is sold: a dotted path without empty steps.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^.]+(\.[^.]+)*$")]
    product: String,
    /// What it measures: grams, millilitres, minutes.
    #[schema(minimum = 1, maximum = 1000000)]
    quantity: i64,
    /// Minor units for all of it.
    #[schema(minimum = 0, maximum = 1000000000000_isize)]
    price: i64,
    /// For whom it is.
    #[serde(rename = "for")]
    #[schema(default = "holder")]
    passenger: Option<LineFor>,
    /// Facts about the line.
    context: Option<Context>,
}

/// `holder` is the person recognised, `companion` somebody who comes along.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum LineFor {
    Holder,
    Companion,
}

/// What a capture says.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Capture {
    /// A UUID of yours for this operation.
    #[schema(format = "uuid")]
    request_id: String,
    /// What becomes sold; the rest is released. None named is all. No line is named twice.
    #[schema(max_items = 500)]
    lines: Option<Vec<UnitsOfLine>>,
}

/// What a void says.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Void {
    /// A UUID of yours for this operation.
    #[schema(format = "uuid")]
    request_id: String,
    /// Why, in your words.
    #[schema(min_length = 1, max_length = 200)]
    reason: Option<String>,
}

/// What a refund says.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Refund {
    /// A UUID of yours for this operation.
    #[schema(format = "uuid")]
    request_id: String,
    /// What is given back. None named is all that is left. No line is named twice.
    #[schema(max_items = 500)]
    lines: Option<Vec<UnitsOfLine>>,
    /// Why, in your words.
    #[schema(min_length = 1, max_length = 200)]
    reason: Option<String>,
}

/// Units of one line.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitsOfLine {
    /// As in the request that was authorized.
    #[schema(min_length = 1, max_length = 200)]
    line_id: String,
    /// How many.
    #[schema(minimum = 1, maximum = 1000000)]
    units: i64,
}

/// What a reversal says.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reversal {
    /// A UUID of yours for this reversal.
    #[schema(format = "uuid")]
    request_id: String,
    /// What is to be undone, whether it arrived or not.
    #[schema(format = "uuid")]
    original_request_id: String,
    /// Why, in your words.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}
