//! What terminals send of merchants' programmes: points to redeem, and who joins and leaves.

use utoipa::ToSchema;

use super::request::Identifier;

/// Points to redeem.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum Redemption {
    Points(RedeemPoints),
    Most(RedeemMost),
    Reward(RedeemReward),
}

/// So many points as a tender.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeemPoints {
    /// The programme's code.
    #[schema(min_length = 1, max_length = 200)]
    program: String,
    /// How many; less is redeemed where less is there or pays anything.
    #[schema(minimum = 1, maximum = 1000000000)]
    points: i64,
}

/// As many points as a tender as are there and pay anything.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeemMost {
    /// The programme's code.
    #[schema(min_length = 1, max_length = 200)]
    program: String,
    /// True.
    #[schema(schema_with = only_true)]
    max: bool,
}

/// There is nothing to say by false.
fn only_true() -> utoipa::openapi::Object {
    use utoipa::openapi::{ObjectBuilder, Type};
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])).build()
}

/// Points for a reward.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RedeemReward {
    /// The programme's code.
    #[schema(min_length = 1, max_length = 200)]
    program: String,
    /// The benefit's code.
    #[schema(min_length = 1, max_length = 200)]
    reward: String,
    /// Of how many units.
    #[schema(minimum = 1, maximum = 1000000, default = 1)]
    units: Option<i64>,
}

/// Who joins a programme.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Join {
    /// A UUID of yours for this request alone.
    #[schema(format = "uuid")]
    request_id: String,
    /// The programme's code.
    #[schema(min_length = 1, max_length = 200)]
    program: String,
    /// What the person presents. All that are known must be of one person.
    #[schema(min_items = 1, max_items = 8)]
    identifiers: Vec<Identifier>,
    /// To what the person consented, such as the version of the terms. It is kept with the membership.
    #[schema(min_length = 1, max_length = 200)]
    consent: String,
}

/// Means that a person taps.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Tap {
    /// A UUID of yours for this request alone.
    #[schema(format = "uuid")]
    request_id: String,
    /// What the person was given, with or without its dash, in any letters.
    #[schema(min_length = 8, max_length = 200)]
    code: String,
    /// The means that were tapped.
    #[schema(min_items = 1, max_items = 1)]
    identifiers: Vec<Identifier>,
}

/// Who leaves a programme.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Leave {
    /// A UUID of yours for this request alone.
    #[schema(format = "uuid")]
    request_id: String,
    /// The programme's code.
    #[schema(min_length = 1, max_length = 200)]
    program: String,
    /// What the person presents. All that are known must be of one person.
    #[schema(min_items = 1, max_items = 8)]
    identifiers: Vec<Identifier>,
}
