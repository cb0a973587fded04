//! A holder's memberships in programmes.

use std::sync::Arc;

use jiff::tz::{Offset, TimeZone};
use serde_json::Value;

use crate::read::{Object, Place, Read};
use crate::span::Span;

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

/// No clock shows an earlier, and none a later date than in these zones.
const WEST: Offset = Offset::constant(-12);
const EAST: Offset = Offset::constant(14);

/// Notes two memberships of a holder in one programme at once. In which zone their dates are read is the programme's matter: only
/// those that meet wherever it may be are faulty by themselves.
pub(crate) fn check_memberships(memberships: &[Membership], place: &Place<'_>) {
    // What begins or ends with a day does so later the further west it is, so who meets at both ends meets everywhere.
    let zones = [WEST, EAST].map(TimeZone::fixed);
    for (index, one) in memberships.iter().enumerate() {
        let meets = |other: &Membership| {
            other.program == one.program
                && zones.iter().all(|zone| other.span.resolve(zone).meets(&one.span.resolve(zone)))
        };
        if memberships.iter().take(index).any(meets) {
            let _ = place.item(index).fault::<()>("expected one membership in a programme at a time");
        }
    }
}

impl Membership {
    /// The places of memberships that meet one before them in the same programme, their dates read in the zone of that programme.
    pub fn met<'m>(
        memberships: &'m [Self],
        zone_of: impl Fn(&str) -> Option<TimeZone> + 'm,
    ) -> impl Iterator<Item = usize> + 'm {
        memberships.iter().enumerate().filter_map(move |(index, one)| {
            let mut before = memberships.iter().take(index).filter(|other| other.program == one.program).peekable();
            before.peek()?;
            let zone = zone_of(&one.program)?;
            let during = one.span.resolve(&zone);
            before.any(|other| other.span.resolve(&zone).meets(&during)).then_some(index)
        })
    }
}
