//! Sales without a connection, as terminals upload them.

use utoipa::ToSchema;

use super::request::Request;

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
