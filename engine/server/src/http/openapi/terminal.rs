//! What a terminal reads of itself.

use utoipa::ToSchema;

/// Who the key is, and what the deployment takes from it.
#[derive(ToSchema)]
pub(super) struct Terminal {
    /// Its code.
    terminal: String,
    /// Whose it is: what it sells is this provider's.
    provider: String,
    /// The channels that it may name.
    channels: Vec<String>,
    /// The schemes of identifiers that it may present.
    schemes: Vec<String>,
    /// What its keys are for.
    scopes: Vec<Scope>,
    /// The key that was sent.
    key: KeyUsed,
    /// ISO 4217 code of the one currency that is taken; null until rules are published.
    #[schema(required)]
    currency: Option<String>,
    /// The time zone of the deployment (IANA); null where it has no name.
    #[schema(required)]
    time_zone: Option<String>,
    /// The engine's clock, by which `occurred_at` is judged.
    #[schema(format = "date-time")]
    time: String,
    sales: SaleBounds,
    revision: Revisions,
    /// Whether this engine could not compare itself with the store for too long.
    stale: bool,
}

/// `sell`: quotes, sales and what follows them. `explain`: why something was decided.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Scope {
    Sell,
    Explain,
}

/// A key by what may be shown of it.
#[derive(ToSchema)]
pub(super) struct KeyUsed {
    /// Its first characters.
    prefix: String,
    /// From when it is not taken any more; null if that is not planned.
    #[schema(format = "date-time", required)]
    until: Option<String>,
}

/// When a sale is taken, and how long a hold waits.
#[derive(ToSchema)]
pub(super) struct SaleBounds {
    /// Seconds before `time` in which a sale may have taken place.
    #[schema(minimum = 0)]
    past_s: i64,
    /// Seconds after it.
    #[schema(minimum = 0)]
    future_s: i64,
    /// Seconds for which a hold waits for its capture.
    #[schema(minimum = 0)]
    hold_s: i64,
}

/// Numbers of revisions. Others are as the engines told within the last minute.
#[derive(ToSchema)]
pub(super) struct Revisions {
    /// Of this engine. 0 before the first.
    #[schema(minimum = 0)]
    applied: u64,
    /// The oldest that an engine of the deployment has: no engine refuses this one as `min_revision`.
    #[schema(minimum = 0)]
    oldest: u64,
    /// The newest that one has.
    #[schema(minimum = 0)]
    newest: u64,
}
