//! Whether two requests under one id mean the same.

use uuid::Uuid;

use crate::authorization::{OperationBody, OperationKind, ReversalBody, UnitsOfLine};
use crate::canonical::Canonical;
use crate::fact::{Context, FactValue};
use crate::identifier::IdentifierSecret;
use crate::loyalty::{AccountKey, AccountName, EnrolmentBody, LoyaltyRequest, Redemption, RedemptionOf};
use crate::request::{Line, LineFor, Mode, Presented, Price, Request};
use crate::tap::TapBody;

/// The version of the canonical forms below. It changes only when the same meaning is to be written in other bytes.
const VERSION: u8 = 1;

/// A keyed hash of what a request means, so that it tells nothing of the identifiers in it.
///
/// The first byte is the version of the form that was hashed: a program that knows several compares by the one of the fingerprint
/// that it finds stored. The rest is the beginning of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// The fingerprint of a sale or hold: `min_revision` is not part of its meaning, nor are the order of fields and the offset.
    pub fn of_request(request: &Request, secret: &IdentifierSecret) -> Self {
        Self::new(&canonical_request(request, (&[], &[])), secret)
    }

    /// The same of a request with what it asks of programmes.
    pub fn of_loyalty_request(asked: &LoyaltyRequest, secret: &IdentifierSecret) -> Self {
        Self::new(&canonical_request(&asked.request, (&asked.coupons, &asked.redeem)), secret)
    }

    /// The fingerprint of a capture, a void or a refund of one authorization.
    pub fn of_operation(
        kind: OperationKind,
        authorization: Uuid,
        body: &OperationBody,
        secret: &IdentifierSecret,
    ) -> Self {
        Self::new(&canonical_operation(kind, authorization, body), secret)
    }

    /// The fingerprint of a reversal.
    pub fn of_reversal(body: &ReversalBody, secret: &IdentifierSecret) -> Self {
        Self::new(&canonical_reversal(body), secret)
    }

    /// The fingerprint of who enrols in a programme or leaves it.
    pub fn of_enrolment(body: &EnrolmentBody, secret: &IdentifierSecret) -> Self {
        Self::new(&canonical_enrolment(body), secret)
    }

    /// The fingerprint of means that were tapped.
    pub fn of_tap(body: &TapBody, secret: &IdentifierSecret) -> Self {
        let mut form = Canonical::new(VERSION);
        form.text(tag::KIND, "tap").bytes(tag::REQUEST_ID, body.request_id.as_bytes()).text(tag::CODE, &body.code);
        form.groups(tag::IDENTIFIER, &body.identifiers, identifier);
        Self::new(&form.into_bytes(), secret)
    }

    /// The fingerprint of points that an owner gives or takes for a reason; of none, where what expired is booked.
    pub fn of_adjustment(
        id: Uuid,
        account: &AccountKey,
        (points, reason): (i64, &str),
        secret: &IdentifierSecret,
    ) -> Self {
        let (kind, name) = match &account.account {
            AccountName::Named(name) => ("adjust_named", name),
            AccountName::Own(holder) => ("adjust", holder),
        };
        let mut form = Canonical::new(VERSION);
        form.text(tag::KIND, kind).bytes(tag::REQUEST_ID, id.as_bytes()).text(tag::REASON, reason);
        form.text(tag::PROGRAM, &account.program).text(tag::ACCOUNT, name).number(tag::POINTS, points);
        Self::new(&form.into_bytes(), secret)
    }

    fn new(canonical: &[u8], secret: &IdentifierSecret) -> Self {
        let mut fingerprint = [VERSION; 16];
        let [_, hash @ ..] = &mut fingerprint;
        let mut hasher = secret.fingerprints().hasher();
        hasher.update(canonical).finalize_xof().fill(hash);
        Self(fingerprint)
    }
}

/// Tags of a form's first level. What a request is, comes first.
mod tag {
    pub(super) const KIND: u8 = 1;
    pub(super) const REQUEST_ID: u8 = 2;
    pub(super) const MODE: u8 = 3;
    pub(super) const OCCURRED_AT: u8 = 4;
    pub(super) const CHANNEL: u8 = 5;
    pub(super) const CURRENCY: u8 = 6;
    pub(super) const IDENTIFIER: u8 = 7;
    pub(super) const FACT: u8 = 8;
    pub(super) const LINE: u8 = 9;
    pub(super) const AUTHORIZATION: u8 = 10;
    pub(super) const REASON: u8 = 11;
    pub(super) const ORIGINAL: u8 = 12;
    pub(super) const COUPON: u8 = 13;
    pub(super) const REDEEM: u8 = 14;
    pub(super) const PROGRAM: u8 = 15;
    pub(super) const CONSENT: u8 = 16;
    pub(super) const ACCOUNT: u8 = 17;
    pub(super) const POINTS: u8 = 18;
    pub(super) const CODE: u8 = 19;
}

fn canonical_request(request: &Request, (coupons, redeem): (&[Box<str>], &[Redemption])) -> Vec<u8> {
    let mut form = Canonical::new(VERSION);
    form.text(tag::KIND, "authorize").bytes(tag::REQUEST_ID, request.request_id.as_bytes());
    match request.mode {
        Mode::Sale => {}
        Mode::Hold => {
            form.text(tag::MODE, "hold");
        }
    }
    form.instant(tag::OCCURRED_AT, request.occurred_at)
        .text(tag::CHANNEL, request.channel.as_deref().unwrap_or_default())
        .text(tag::CURRENCY, request.currency.as_str())
        .groups(tag::IDENTIFIER, &request.identifiers, identifier);
    facts(&mut form, tag::FACT, &request.context);
    form.groups(tag::LINE, &request.lines, line);
    if !coupons.is_empty() {
        form.groups(tag::COUPON, coupons, |form, code| {
            form.text(1, code);
        });
    }
    if !redeem.is_empty() {
        form.groups(tag::REDEEM, redeem, redemption);
    }
    form.into_bytes()
}

fn redemption(form: &mut Canonical, redemption: &Redemption) {
    form.text(1, &redemption.program);
    match &redemption.of {
        RedemptionOf::Points(points) => form.number(2, *points),
        RedemptionOf::Max => form.text(3, "max"),
        RedemptionOf::Reward { benefit, units } => form.text(4, benefit).number(5, *units),
    };
}

fn identifier(form: &mut Canonical, presented: &Presented) {
    form.text(1, &presented.scheme).text(2, &presented.value);
}

fn line(form: &mut Canonical, line: &Line) {
    form.text(1, &line.line_id).text(2, line.product.as_str());
    form.number(3, line.quantity);
    match line.price {
        Price::OfUnit(price) => form.number(4, price),
        Price::Whole(price) => form.number(7, price),
    };
    match line.passenger {
        LineFor::Holder => {}
        LineFor::Companion => {
            form.text(5, "companion");
        }
    }
    facts(form, 6, &line.context);
}

/// Writes facts in the order of their names.
fn facts(form: &mut Canonical, tag: u8, context: &Context) {
    let mut facts: Vec<_> = context.iter().collect();
    facts.sort_unstable_by_key(|(name, _)| *name);
    form.groups(tag, facts, |form, (name, value)| {
        form.text(1, name);
        match value {
            FactValue::Bool(truth) => form.bytes(2, &[u8::from(*truth)]),
            FactValue::Integer(number) => form.number(3, *number),
            FactValue::Text(text) => form.text(4, text),
        };
    });
}

fn canonical_operation(kind: OperationKind, authorization: Uuid, body: &OperationBody) -> Vec<u8> {
    let kind = match kind {
        OperationKind::Capture => "capture",
        OperationKind::Void => "void",
        OperationKind::Refund => "refund",
        OperationKind::Expiry => "expiry",
    };
    let mut form = Canonical::new(VERSION);
    form.text(tag::KIND, kind).bytes(tag::REQUEST_ID, body.request_id.as_bytes());
    form.groups(tag::LINE, &body.lines, |form, UnitsOfLine { line_id, units }| {
        form.text(1, line_id).number(2, *units);
    });
    form.bytes(tag::AUTHORIZATION, authorization.as_bytes());
    form.text(tag::REASON, body.reason.as_deref().unwrap_or_default());
    form.into_bytes()
}

fn canonical_reversal(body: &ReversalBody) -> Vec<u8> {
    let mut form = Canonical::new(VERSION);
    form.text(tag::KIND, "reverse").bytes(tag::REQUEST_ID, body.request_id.as_bytes());
    form.text(tag::REASON, &body.reason).bytes(tag::ORIGINAL, body.original_request_id.as_bytes());
    form.into_bytes()
}

fn canonical_enrolment(body: &EnrolmentBody) -> Vec<u8> {
    let mut form = Canonical::new(VERSION);
    form.text(tag::KIND, if body.consent.is_some() { "enrol" } else { "leave" });
    form.bytes(tag::REQUEST_ID, body.request_id.as_bytes()).groups(tag::IDENTIFIER, &body.identifiers, identifier);
    form.text(tag::PROGRAM, &body.program).text(tag::CONSENT, body.consent.as_deref().unwrap_or_default());
    form.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::hex;
    use serde_json::{Value, json};

    const ID: &str = "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11";

    fn request(change: impl FnOnce(&mut Value)) -> Request {
        let mut request = json!({
            "request_id": ID, "occurred_at": "2026-11-18T08:12:00+02:00",
            "currency": "EUR", "identifiers": [{"scheme": "eid", "value": "1"}], "context": {"a": 1, "b": 2},
            "lines": [{"line_id": "1", "product": "bus", "quantity": 1, "unit_price": 715}],
        });
        change(&mut request);
        Request::from_value(&request).unwrap()
    }

    fn secret() -> IdentifierSecret {
        IdentifierSecret::new([1; 32])
    }

    fn fingerprint(change: impl FnOnce(&mut Value)) -> Fingerprint {
        Fingerprint::of_request(&request(change), &secret())
    }

    #[test]
    fn only_the_meaning_counts() {
        let same = fingerprint(|_| {});
        assert_eq!(same, fingerprint(|request| request["occurred_at"] = json!("2026-11-18T06:12:00Z")));
        assert_eq!(same, fingerprint(|request| request["min_revision"] = json!(7)));
        assert_eq!(same, fingerprint(|request| request["mode"] = json!("sale")));
        assert_eq!(same, fingerprint(|request| request["context"] = json!({"b": 2, "a": 1})));
        assert_ne!(same, fingerprint(|request| request["mode"] = json!("hold")));
        assert_ne!(same, fingerprint(|request| request["channel"] = json!("desk")));
        assert_ne!(same, fingerprint(|request| request["lines"][0]["unit_price"] = json!(716)));
        let whole = json!({"line_id": "1", "product": "bus", "quantity": 1, "price": 715});
        assert_ne!(same, fingerprint(|request| request["lines"][0] = whole));
        assert_ne!(same, fingerprint(|request| request["lines"][0]["for"] = json!("companion")));
        assert_ne!(same, fingerprint(|request| request["lines"][0]["context"] = json!({"a": 1})));
        assert_ne!(same, fingerprint(|request| request["identifiers"][0]["value"] = json!("2")));
        assert_ne!(same, fingerprint(|request| request["identifiers"] = json!([])));
        assert_ne!(same, fingerprint(|request| request["context"]["b"] = json!("2")));
        assert_ne!(same, fingerprint(|request| request["context"]["b"] = json!(true)));
        assert_ne!(same, fingerprint(|request| request["context"]["c"] = json!("")), "empty text is a fact");
    }

    /// Engines of two ages serve one ledger: these bytes are a promise between them.
    #[test]
    fn the_forms_of_requests_are_these_bytes() {
        let least = request(|request| {
            request["identifiers"] = json!([]);
            request["context"] = json!({});
        });
        assert_eq!(
            hex(&canonical_request(&least, (&[], &[]))),
            "010109000000617574686f72697a6502100000000190f6a27c1e7d3a9b526f0c8e4d2a11041000000000e0b4e9e80ee91800\
             000000000000000603000000455552890101000000310203000000627573030800000001000000000000000408000000cb02\
             00000000000000"
        );
        let full = request(|request| {
            request["mode"] = json!("hold");
            request["channel"] = json!("desk");
            request["context"] = json!({"b": true, "a": "x"});
            request["lines"][0]["for"] = json!("companion");
            request["lines"][0]["context"] = json!({"n": -1});
        });
        assert_eq!(
            hex(&canonical_request(&full, (&[], &[]))),
            "010109000000617574686f72697a6502100000000190f6a27c1e7d3a9b526f0c8e4d2a110304000000686f6c640410000000\
             00e0b4e9e80ee918000000000000000005040000006465736b06030000004555528701030000006569640201000000310088\
             0101000000610401000000780088010100000062020100000001008901010000003102030000006275730308000000010000\
             00000000000408000000cb020000000000000509000000636f6d70616e696f6e8601010000006e0308000000ffffffffffff\
             ffff0000"
        );
        let weighed = request(|request| {
            request["identifiers"] = json!([]);
            request["context"] = json!({});
            request["lines"][0] = json!({"line_id": "1", "product": "bus", "quantity": 438, "price": 87});
        });
        assert_eq!(
            hex(&canonical_request(&weighed, (&[], &[]))),
            "010109000000617574686f72697a6502100000000190f6a27c1e7d3a9b526f0c8e4d2a11041000000000e0b4e9e80ee91800\
             0000000000000006030000004555528901010000003102030000006275730308000000b60100000000000007080000005700\
             00000000000000"
        );
        assert_eq!(hex(&Fingerprint::of_request(&least, &secret()).0), "019cdb3738b5757af292ba9cf5db43ed");
    }

    #[test]
    fn coupons_and_points_are_part_of_the_meaning() {
        let same = fingerprint(|_| {});
        let of = |more: &Value| {
            let mut asked = json!({
                "request_id": ID, "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
                "identifiers": [{"scheme": "eid", "value": "1"}], "context": {"a": 1, "b": 2},
                "lines": [{"line_id": "1", "product": "bus", "quantity": 1, "unit_price": 715}],
            });
            for (name, value) in more.as_object().unwrap() {
                asked[name] = value.clone();
            }
            Fingerprint::of_loyalty_request(&LoyaltyRequest::from_value(&asked).unwrap(), &secret())
        };
        assert_eq!(same, of(&json!({})));
        let others = [
            json!({"coupons": ["AB12"]}),
            json!({"coupons": ["AB13"]}),
            json!({"redeem": [{"program": "p", "points": 300}]}),
            json!({"redeem": [{"program": "p", "points": 301}]}),
            json!({"redeem": [{"program": "p", "max": true}]}),
            json!({"redeem": [{"program": "p", "reward": "bag"}]}),
            json!({"redeem": [{"program": "p", "reward": "bag", "units": 2}]}),
        ];
        let mut all: Vec<[u8; 16]> = others.iter().map(|other| of(other).0).chain([same.0]).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), others.len() + 1);
        assert_eq!(
            of(&json!({"coupons": ["AB12"]})),
            of(&json!({"coupons": ["ab-12"]})),
            "compared in their normal form"
        );
    }

    /// As above.
    #[test]
    fn the_forms_of_operations_are_these_bytes() {
        let body = |lines: Vec<UnitsOfLine>, reason: Option<&str>| OperationBody {
            request_id: ID.parse().unwrap(),
            lines,
            reason: reason.map(Into::into),
        };
        let whole = canonical_operation(OperationKind::Void, Uuid::from_u128(7), &body(Vec::new(), None));
        assert_eq!(
            hex(&whole),
            "010104000000766f696402100000000190f6a27c1e7d3a9b526f0c8e4d2a110a100000000000000000000000000000000000\
             0007"
        );
        let units = vec![UnitsOfLine { line_id: "1".into(), units: 2 }];
        let part = canonical_operation(OperationKind::Refund, Uuid::from_u128(7), &body(units, Some("r")));
        assert_eq!(
            hex(&part),
            "010106000000726566756e6402100000000190f6a27c1e7d3a9b526f0c8e4d2a118901010000003102080000000200000000\
             000000000a10000000000000000000000000000000000000070b0100000072"
        );
        let reversal = ReversalBody {
            request_id: ID.parse().unwrap(),
            original_request_id: Uuid::from_u128(7),
            reason: "timeout".into(),
        };
        assert_eq!(
            hex(&canonical_reversal(&reversal)),
            "0101070000007265766572736502100000000190f6a27c1e7d3a9b526f0c8e4d2a110b0700000074696d656f75740c100000\
             0000000000000000000000000000000007"
        );
    }
}
