//! A holder's memberships in programmes.

use std::sync::Arc;

use serde_json::Value;

use crate::document::default_zone;
use crate::read::{Object, Place, Read};
use crate::span::{Interval, Span};

/// A dated membership of a holder in a programme.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Membership {
    /// The programme's code.
    pub program: Arc<str>,
    /// The account that it names; none is the holder's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Arc<str>>,
    /// When; its dates are read in the programme's zone.
    #[serde(flatten)]
    pub span: Span,
    /// To what the holder consented.
    pub consent: Box<str>,
}

impl Read for Membership {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (program, account) = (object.required("program"), object.optional("account"));
        let span = Span::read_from(&object);
        let consent = object.required("consent");
        object.close();
        let span = span?;
        if span.is_reversed() {
            return place.field("from").fault("expected a moment before `until`");
        }
        Some(Self { program: program?, account: account?, span, consent: consent? })
    }
}

/// Notes two memberships of a holder in one programme at once.
pub(crate) fn check_memberships(memberships: &[Membership], place: &Place<'_>) {
    let zone = default_zone();
    let resolved: Vec<(&str, Interval)> =
        memberships.iter().map(|one| (&*one.program, one.span.resolve(&zone))).collect();
    for (index, (program, span)) in resolved.iter().enumerate() {
        let meets = |(other, before): &(&str, Interval)| other == program && before.meets(span);
        if resolved.iter().take(index).any(meets) {
            let _ = place.item(index).fault::<()>("expected one membership in a programme at a time");
        }
    }
}
