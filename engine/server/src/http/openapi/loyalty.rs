//! What terminals send and read of merchants' programmes: coupons, points to redeem, and what became of both.

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
    #[schema(minimum = 1)]
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

/// What became of a coupon that was presented, in the order of the request.
#[derive(ToSchema)]
pub(super) struct CouponAnswer {
    /// Its campaign's code; null of one that nobody knows.
    #[schema(required)]
    campaign: Option<String>,
    state: CouponState,
}

/// `taken`: it served, and is used once more. `not_needed`: it is good and served nothing. `used`: as often as it may be, or sent
/// twice. `not_now`: it is not good at this time. `unknown`: nobody knows it, or it is somebody else's.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum CouponState {
    Taken,
    NotNeeded,
    Used,
    NotNow,
    Unknown,
}

/// What points pay of a line.
#[derive(ToSchema)]
pub(super) struct TenderPart {
    /// The programme's code.
    program: String,
    /// In minor units.
    #[schema(minimum = 1)]
    amount: i64,
    /// The programme's owner, who owes it.
    payer: String,
}

/// Points of a line.
#[derive(ToSchema)]
pub(super) struct LinePoints {
    /// The programme's code.
    program: String,
    /// By tender and rewards.
    #[schema(minimum = 0)]
    spent: i64,
    /// Earned; of a hold, what it will earn.
    #[schema(minimum = 0)]
    earned: i64,
}

/// What is said of a programme: what it comes to in a decision, or what an operation did to its points.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum Programme {
    Decided(Box<ProgrammeDecided>),
    Moved(PointsMoved),
}

/// A programme in play; of one that the request names and that is not in play, its code and reasons alone.
#[derive(ToSchema)]
pub(super) struct ProgrammeDecided {
    /// Its code.
    program: String,
    /// The version that counts.
    #[schema(minimum = 1, nullable = false)]
    version: Option<i64>,
    /// What the member could spend before, less what is owed.
    #[schema(nullable = false)]
    balance_before: Option<i64>,
    /// What could not be spent yet.
    #[schema(minimum = 0, nullable = false)]
    pending_before: Option<i64>,
    /// As a tender.
    #[schema(nullable = false)]
    redeemed: Option<Redeemed>,
    /// What rewards cost.
    #[schema(nullable = false)]
    rewards: Option<Vec<RewardAnswer>>,
    /// What the member can spend afterwards; what a hold would earn is not in it.
    #[schema(nullable = false)]
    balance_after: Option<i64>,
    /// What is earned, or would be.
    #[schema(nullable = false)]
    earned: Option<EarnedAnswer>,
    /// The member's level; null of none.
    tier: Option<String>,
    /// The level above; null of the highest.
    next: Option<NextLevel>,
    /// Why less was redeemed than asked for.
    reasons: Vec<ProgrammeReason>,
}

/// `not_a_member`: the holder is none. `not_here`: there is no such programme now at this provider. `not_enough_points`: less were
/// there than asked for. `limit_reached`: a limit of redeeming cut them. `below_minimum`: too few to be redeemed. `not_for_this`:
/// they pay for nothing here. `points_unavailable`: the ledger is away.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum ProgrammeReason {
    BelowMinimum,
    LimitReached,
    NotAMember,
    NotEnoughPoints,
    NotForThis,
    NotHere,
    PointsUnavailable,
}

/// Points redeemed as a tender.
#[derive(ToSchema)]
pub(super) struct Redeemed {
    /// How many.
    #[schema(minimum = 0)]
    points: i64,
    /// What they pay, in minor units.
    #[schema(minimum = 0)]
    amount: i64,
}

/// What a reward cost.
#[derive(ToSchema)]
pub(super) struct RewardAnswer {
    /// The benefit's code.
    benefit: String,
    /// Units covered.
    #[schema(minimum = 1)]
    units: i64,
    /// Points.
    #[schema(minimum = 0)]
    points: i64,
}

/// Points that are earned.
#[derive(ToSchema)]
pub(super) struct EarnedAnswer {
    /// How many.
    #[schema(minimum = 0)]
    points: i64,
    /// From when they can be spent; null if there are none.
    #[schema(format = "date-time", required)]
    active_from: Option<String>,
    /// Until when; null is for ever.
    #[schema(format = "date-time", required)]
    expires_at: Option<String>,
}

/// The level above.
#[derive(ToSchema)]
pub(super) struct NextLevel {
    /// Its code.
    tier: String,
    /// What is missing to it.
    #[schema(minimum = 0)]
    missing: i64,
}

/// What an operation did to the points of a programme.
#[derive(ToSchema)]
pub(super) struct PointsMoved {
    /// The programme's code.
    program: String,
    /// Spent points that came back.
    #[schema(minimum = 0)]
    returned: i64,
    /// Earned points that were taken back.
    #[schema(minimum = 0)]
    taken_back: i64,
    /// Earned points that could not be found.
    #[schema(minimum = 0)]
    short: i64,
    /// Points spent anew that could not be found, at the owner's cost.
    #[schema(minimum = 0)]
    over_granted: i64,
    /// What the member can spend now, less what is owed.
    balance_after: i64,
}

/// Who joins a programme.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Join {
    /// A UUID of yours for this request, apart from those of sales.
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

/// Who leaves a programme.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Leave {
    /// A UUID of yours for this request, apart from those of sales.
    #[schema(format = "uuid")]
    request_id: String,
    /// The programme's code.
    #[schema(min_length = 1, max_length = 200)]
    program: String,
    /// What the person presents. All that are known must be of one person.
    #[schema(min_items = 1, max_items = 8)]
    identifiers: Vec<Identifier>,
}

/// How it stands from now on, whatever it was before.
#[derive(ToSchema)]
pub(super) struct Enrolled {
    /// As it was sent.
    #[schema(format = "uuid")]
    request_id: String,
    /// The programme's code.
    program: String,
    /// Whether the person is a member from now on.
    member: bool,
    /// Demand it as `min_revision` of a sale that follows at once.
    #[schema(minimum = 0)]
    revision: u64,
}
