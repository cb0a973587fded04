//! Sales without a connection: what terminals upload, and what they read.

use utoipa::ToSchema;

use super::authorization::{Authorization, ReversedBefore};
use super::request::Request;
use crate::http::Problem;

/// What was sold without a connection.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advices {
    /// In the order in which the terminal sold. Each is read and answered on its own.
    #[schema(min_items = 1, max_items = 500)]
    records: Vec<Advice>,
}

/// A sale that a terminal made by itself.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advice {
    request: Request,
    /// What it granted; none is as good as an empty list.
    #[schema(max_items = 500)]
    granted: Option<Vec<Granted>>,
    /// By the terminal's own clock: RFC 3339 with its offset.
    #[schema(format = "date-time")]
    device_time: String,
    /// In the order in which the terminal sold.
    #[schema(minimum = 0, maximum = 9223372036854775807_isize)]
    device_sequence: u64,
}

/// A discount that a terminal granted by itself.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Granted {
    /// On which line of the request. A benefit is named once for a line.
    #[schema(min_length = 1, max_length = 200)]
    line_id: String,
    /// By which benefit's code.
    #[schema(min_length = 1, max_length = 200)]
    benefit: String,
    /// By which version, as the terminal knew it.
    #[schema(minimum = 1, maximum = 4294967295_isize)]
    version: i64,
    /// In minor units, at most what is left of the line; 0 only where the line costs nothing.
    #[schema(minimum = 0, maximum = 1000000000000_isize)]
    amount: i64,
}

/// The answers to all records, in their order.
#[derive(ToSchema)]
pub(super) struct AdviceAnswers {
    records: Vec<AdviceAnswer>,
}

/// The answer to one record, as if it had been sent alone.
#[derive(ToSchema)]
pub(super) struct AdviceAnswer {
    /// 200, or the status of the refusal.
    #[schema(minimum = 200, maximum = 599)]
    status: u16,
    body: AdviceBody,
    /// There of a repeat that was undone since: it stands no more.
    #[schema(nullable = false)]
    standing: Option<Standing>,
    /// There if it says that something was granted by a version that the catalogue does not have: the provider bears that.
    #[schema(nullable = false)]
    unknown: Option<Vec<Unknown>>,
}

/// A discount that was granted by a version that nobody knows.
#[derive(ToSchema)]
pub(super) struct Unknown {
    /// On which line of the request.
    line_id: String,
    /// By which benefit's code.
    benefit: String,
    /// By which version.
    #[schema(minimum = 1)]
    version: i64,
}

/// How what was answered before stands now.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Standing {
    Reversed,
}

/// With 200 the authorization; else why the record was refused.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum AdviceBody {
    Authorization(Box<Authorization>),
    ReversedBefore(ReversedBefore),
    Problem(Box<Problem>),
}

/// What an authorization keeps of a sale without a connection.
#[derive(ToSchema)]
pub(super) struct Advised {
    /// By the terminal's own clock.
    #[schema(format = "date-time")]
    device_time: String,
    /// In the order in which the terminal sold.
    #[schema(minimum = 0)]
    device_sequence: u64,
    /// What was granted beyond what would have been decided.
    over_granted: Vec<OverGrant>,
}

/// What was granted beyond what would have been decided, and who is liable for it.
#[derive(ToSchema)]
pub(super) struct OverGrant {
    /// On which line.
    line_id: String,
    /// By which benefit's code.
    benefit: String,
    /// By which version, as the terminal knew it.
    #[schema(minimum = 1)]
    version: i64,
    /// In minor units, what the grantor bears within the benefit's `offline` caps.
    #[schema(minimum = 0)]
    grantor: i64,
    /// In minor units, what the provider bears beyond them.
    #[schema(minimum = 0)]
    provider: i64,
}
