//! What the page reads of an engine's answers; a till finds more in them.

use serde::Deserialize;
use uuid::Uuid;

/// A quote, or an authorization as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) authorization_id: Option<Uuid>,
    #[serde(default)]
    pub(super) request_id: Uuid,
    #[serde(default)]
    pub(super) outcome: String,
    #[serde(default)]
    pub(super) state: Option<String>,
    #[serde(default)]
    pub(super) lines: Vec<Line>,
    #[serde(default)]
    pub(super) reasons: Vec<String>,
    #[serde(default)]
    pub(super) main_reason: Option<String>,
    #[serde(default)]
    pub(super) loyalty: Vec<Programme>,
    #[serde(default)]
    pub(super) coupons: Vec<CouponState>,
    #[serde(default)]
    pub(super) advice: Option<Advice>,
    #[serde(default)]
    pub(super) history: Vec<Done>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Line {
    pub(super) line_id: String,
    #[serde(default)]
    pub(super) product: Option<String>,
    pub(super) gross: i64,
    pub(super) payable: i64,
    #[serde(default)]
    pub(super) due: Option<i64>,
    pub(super) discounts: Vec<Discount>,
    #[serde(default)]
    pub(super) left: Option<Left>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Left {
    pub(super) units: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Discount {
    pub(super) benefit: String,
    pub(super) version: i64,
    pub(super) units: i64,
    pub(super) amount: i64,
    pub(super) funding: Vec<Entry>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) payer: String,
    pub(super) amount: i64,
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// What a programme of a merchant has to do with it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Programme {
    pub(super) program: String,
    #[serde(default)]
    pub(super) balance_before: Option<i64>,
    #[serde(default)]
    pub(super) balance_after: Option<i64>,
    #[serde(default)]
    pub(super) redeemed: Option<Points>,
    #[serde(default)]
    pub(super) earned: Option<Points>,
    #[serde(default)]
    pub(super) reasons: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Points {
    pub(super) points: i64,
    #[serde(default)]
    pub(super) amount: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct CouponState {
    pub(super) state: String,
}

/// How a sale without a connection came about.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Advice {
    pub(super) over_granted: Vec<OverGrant>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct OverGrant {
    pub(super) benefit: String,
    pub(super) grantor: i64,
    pub(super) provider: i64,
}

/// Something that happened to an authorization.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Done {
    pub(super) kind: String,
    #[serde(default)]
    pub(super) result: Option<String>,
    #[serde(default)]
    pub(super) gross: Option<i64>,
    #[serde(default)]
    pub(super) payable: Option<i64>,
    #[serde(default)]
    pub(super) lines: Vec<Moved>,
    #[serde(default)]
    pub(super) undone: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Moved {
    pub(super) units: i64,
    pub(super) payable: i64,
    #[serde(default)]
    pub(super) due: Option<i64>,
    pub(super) funding: Vec<Entry>,
}

/// The answer to an upload: for each record, in order, what would have been answered to it alone.
#[derive(Debug, Deserialize)]
pub(super) struct Uploaded {
    pub(super) records: Vec<UploadedRecord>,
}

#[derive(Debug, Deserialize)]
pub(super) struct UploadedRecord {
    pub(super) status: u16,
    pub(super) body: serde_json::Value,
}

/// Why something was refused.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Problem {
    pub(super) code: String,
    pub(super) detail: String,
}

/// What a till may grant without a connection.
#[derive(Debug, Deserialize)]
pub(super) struct Offline {
    pub(super) benefits: Vec<Grant>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Grant {
    pub(super) benefit: String,
    pub(super) version: i64,
    products: Option<Vec<String>>,
    #[serde(default)]
    except_products: Vec<String>,
    pub(super) max_discount: i64,
    pub(super) max_uses: i64,
}

impl Grant {
    /// Whether a product is among those that it covers.
    pub(super) fn covers(&self, product: &str) -> bool {
        let is_below =
            |path: &String| product.strip_prefix(&**path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.products.as_ref().is_none_or(|products| products.iter().any(is_below))
            && !self.except_products.iter().any(is_below)
    }
}
