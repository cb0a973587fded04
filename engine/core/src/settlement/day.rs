//! What a business day comes to, and what who closes it has itself (settlement 1.4).

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fault::Faults;
use crate::limits::SUM_MAX;
use crate::movement::MovementKind;
use crate::read::{self, Object, Place, Read};

/// What movements of one kind come to, in minor units; what comes back is below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = DayTotal)]
pub struct Total {
    /// How many they are.
    #[schema(required)]
    pub count: i64,
    /// What was sold before discounts, less what came back.
    #[schema(required)]
    pub gross: i64,
    /// The discounts of it.
    #[schema(required)]
    pub discount: i64,
    /// What was left to pay of it.
    #[schema(required)]
    pub payable: i64,
}

/// In what totals of one kind differ, in minor units; what is equal is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct TotalDifference {
    /// How many they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub count: Option<i64>,
    /// Before discounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gross: Option<i64>,
    /// The discounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub discount: Option<i64>,
    /// What is left to pay.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub payable: Option<i64>,
}

/// Totals by the words of kinds, those without any left out.
pub type Totals = BTreeMap<String, Total>;

/// A difference by kind, those without any left out.
pub type Difference = BTreeMap<String, TotalDifference>;

/// A terminal that closes its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayClose {
    /// The terminal's own id of this request.
    pub request_id: Uuid,
    /// What the terminal has itself; none where it does not say.
    pub totals: Option<Totals>,
}

impl DayClose {
    /// Reads the body of who closes a day.
    ///
    /// # Errors
    /// Every fault with its place.
    pub fn parse(json: &[u8]) -> Result<Self, Faults> {
        read::document(json)
    }
}

/// Theirs less ours; what one side does not have counts as nothing.
pub fn difference(theirs: &Totals, ours: &Totals) -> Difference {
    let mut difference = Difference::new();
    for kind in theirs.keys().chain(ours.keys()) {
        let [theirs, ours] = [theirs, ours].map(|totals| totals.get(kind).copied().unwrap_or_default());
        if theirs != ours {
            difference.insert(kind.clone(), theirs.less(ours));
        }
    }
    difference
}

impl Total {
    fn less(self, other: Self) -> TotalDifference {
        let less = |this: i64, other: i64| (this != other).then(|| this.saturating_sub(other));
        TotalDifference {
            count: less(self.count, other.count),
            gross: less(self.gross, other.gross),
            discount: less(self.discount, other.discount),
            payable: less(self.payable, other.payable),
        }
    }
}

impl Read for DayClose {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (request_id, totals) = (object.required("request_id"), object.optional::<ByKind>("totals"));
        object.close();
        Some(Self { request_id: request_id?, totals: totals?.map(|totals| totals.0) })
    }
}

/// Totals as they are written.
struct ByKind(Totals);

impl Read for ByKind {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let totals = MovementKind::ALL.map(|kind| (kind.word(), object.optional::<Total>(kind.word())));
        object.close();
        let mut read = Totals::new();
        for (word, total) in totals {
            read.extend(total?.map(|total| (word.to_owned(), total)));
        }
        Some(Self(read))
    }
}

impl Read for Total {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let [count, gross, discount, payable] =
            ["count", "gross", "discount", "payable"].map(|name| object.bounded_or(name, 0, -SUM_MAX, SUM_MAX));
        object.close();
        Some(Self { count: count?, gross: gross?, discount: discount?, payable: payable? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_told_by_kind_and_field_and_nothing_else() {
        let totals = |kind: &str, count, gross| [(kind.to_owned(), Total { count, gross, ..Total::default() })];
        let (theirs, ours) = (Totals::from(totals("sale", 2, 500)), Totals::from(totals("sale", 2, 700)));
        assert_eq!(json!(difference(&theirs, &ours)), json!({"sale": {"gross": -200}}));
        assert!(difference(&ours, &ours).is_empty());
        let refunds = Totals::from(totals("refund", 1, -100));
        assert_eq!(json!(difference(&Totals::new(), &refunds)), json!({"refund": {"count": -1, "gross": 100}}));
    }

    #[test]
    fn a_close_is_read_strictly() {
        let close = |body: Value| DayClose::parse(body.to_string().as_bytes());
        let id = "0190f6a2-0000-7000-8000-000000000001";
        assert_eq!(close(json!({"request_id": id})).unwrap().totals, None);
        let read = close(json!({"request_id": id, "totals": {"sale": {"count": 3}, "void": null}})).unwrap();
        assert_eq!(json!(read.totals), json!({"sale": {"count": 3, "gross": 0, "discount": 0, "payable": 0}}));
        for (bad, place) in [
            (json!({}), "/request_id"),
            (json!({"request_id": id, "totals": {"sold": {}}}), "/totals/sold"),
            (json!({"request_id": id, "totals": {"sale": {"count": 1.5}}}), "/totals/sale/count"),
            (
                json!({"request_id": id, "totals": {"sale": {"gross": 1_000_000_000_000_000_000_i64}}}),
                "/totals/sale/gross",
            ),
        ] {
            assert_eq!(close(bad).unwrap_err().to_string().split(':').next(), Some(place));
        }
    }
}
