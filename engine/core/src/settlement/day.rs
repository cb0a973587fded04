//! What a business day comes to, and what who closes it has itself (settlement 1.4).

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use crate::fault::Faults;
use crate::limits::SUM_MAX;
use crate::movement::MovementKind;
use crate::read::{self, Object, Place, Read};

/// What movements of one kind come to, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Total {
    /// How many they are.
    pub count: i64,
    /// What was sold before discounts, less what came back.
    pub gross: i64,
    /// The discounts of it.
    pub discount: i64,
    /// What was left to pay of it.
    pub payable: i64,
}

/// Totals by the words of kinds, those without any left out.
pub type Totals = BTreeMap<String, Total>;

/// A difference by kind and field, without zeros.
pub type Difference = BTreeMap<String, BTreeMap<&'static str, i64>>;

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
        let fields = theirs.fields().into_iter().zip(ours.fields());
        let differing = fields.filter(|((_, theirs), (_, ours))| theirs != ours);
        let differing: BTreeMap<_, _> =
            differing.map(|((name, theirs), (_, ours))| (name, theirs.saturating_sub(ours))).collect();
        if !differing.is_empty() {
            difference.insert(kind.clone(), differing);
        }
    }
    difference
}

impl Total {
    fn fields(self) -> [(&'static str, i64); 4] {
        let Self { count, gross, discount, payable } = self;
        [("count", count), ("gross", gross), ("discount", discount), ("payable", payable)]
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
