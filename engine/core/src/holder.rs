//! What is known of a person who has rights.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::fact::FactValue;
use crate::fault::Faults;
use crate::limits::HOLDER_FACTS_MAX;
use crate::path::DottedPath;
use crate::read::{self, Object, Place, Read};
use crate::span::{Bound, Moment, Span};

/// A holder's facts, as a decision reads them.
///
/// Codes that many holders share (groups, territories, attribute names) are shared text.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Holder {
    /// The holder's code; not an identifier and not a personal code.
    #[serde(rename = "holder")]
    pub code: Arc<str>,
    /// Absent if it isn't known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// The code of the household, shared by its members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<Arc<str>>,
    /// Declared residences.
    pub residences: Vec<Residence>,
    /// Memberships of beneficiary groups.
    pub entitlements: Vec<Entitlement>,
    /// Other dated facts.
    pub attributes: Vec<Attribute>,
}

/// A dated residence in a territory.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Residence {
    /// A dotted path.
    pub territory: Arc<str>,
    /// When.
    #[serde(flatten)]
    pub span: Span,
}

/// A dated membership of a beneficiary group.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entitlement {
    /// The group's code.
    pub group: Arc<str>,
    /// When.
    #[serde(flatten)]
    pub span: Span,
}

/// A dated fact of any other kind.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attribute {
    /// The fact's name.
    pub name: Arc<str>,
    /// Its value.
    pub value: FactValue,
    /// When.
    #[serde(flatten)]
    pub span: Span,
}

/// Whether an identifier may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdentifierStatus {
    /// It may.
    #[default]
    Active,
    /// Stopped by its issuer or its holder.
    Blocked,
    /// Past its validity.
    Expired,
}

/// Status and validity of an identifier; the validity of a right is a separate thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdentifierState {
    /// As its issuer says.
    pub status: IdentifierStatus,
    /// A date is read in the deployment's zone and included.
    pub valid_until: Option<Bound>,
}

impl IdentifierState {
    /// The status at an instant: an active identifier past its validity is expired.
    pub fn at(&self, instant: Timestamp, deployment_zone: &TimeZone) -> IdentifierStatus {
        if self.status == IdentifierStatus::Active && self.valid_until.is_some() {
            let moment = Moment { instant, date: deployment_zone.to_datetime(instant).date() };
            if !(Span { from: None, until: self.valid_until }).holds_at(&moment) {
                return IdentifierStatus::Expired;
            }
        }
        self.status
    }
}

/// An identifier as a file carries it: the only place where its value stands beside its holder.
pub struct WrittenIdentifier {
    /// The scheme's code.
    pub scheme: Box<str>,
    /// The value, to be hashed and forgotten.
    pub value: Box<str>,
    /// Status and validity.
    pub state: IdentifierState,
}

/// A holder with identifiers, as a file carries them.
pub struct WrittenHolder {
    /// The facts.
    pub holder: Holder,
    /// The identification means.
    pub identifiers: Vec<WrittenIdentifier>,
}

impl WrittenHolder {
    /// Reads one line of a file of holders.
    ///
    /// # Errors
    /// Every fault of the line with its place.
    pub fn parse(json: &[u8]) -> Result<Self, Faults> {
        read::document(json)
    }

    /// Reads a holder inside another document.
    ///
    /// # Errors
    /// Every fault of the value with its place.
    pub fn from_value(value: &Value) -> Result<Self, Faults> {
        read::parsed(value)
    }
}

impl Read for WrittenHolder {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (code, birth_date, household) =
            (object.required("holder"), object.optional("birth_date"), object.optional("household"));
        let residences = object.list("residences", HOLDER_FACTS_MAX);
        let entitlements = object.list("entitlements", HOLDER_FACTS_MAX);
        let attributes = object.list("attributes", HOLDER_FACTS_MAX);
        let identifiers = object.list("identifiers", HOLDER_FACTS_MAX);
        object.close();
        let holder = Holder {
            code: code?,
            birth_date: birth_date?,
            household: household?,
            residences: residences?,
            entitlements: entitlements?,
            attributes: attributes?,
        };
        Some(Self { holder, identifiers: identifiers? })
    }
}

/// A holder's span. Only ends of one kind are compared: which of a date and an instant is first depends on the zone of
/// the benefit that reads them.
fn ordered_span(object: &Object<'_>, place: &Place<'_>) -> Option<Span> {
    let span = Span::read_from(object)?;
    let reversed = match (span.from, span.until) {
        (Some(Bound::Date(from)), Some(Bound::Date(until))) => from > until,
        (Some(Bound::Instant(from)), Some(Bound::Instant(until))) => from > until,
        _ => false,
    };
    if reversed { place.field("from").fault("expected a moment before `until`") } else { Some(span) }
}

impl Read for Residence {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (territory, span) = (object.required::<DottedPath>("territory"), ordered_span(&object, place));
        object.close();
        Some(Self { territory: territory?.as_str().into(), span: span? })
    }
}

impl Read for Entitlement {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (group, span) = (object.required("group"), ordered_span(&object, place));
        object.close();
        Some(Self { group: group?, span: span? })
    }
}

impl Read for Attribute {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (name, fact, span) = (object.required("name"), object.required("value"), ordered_span(&object, place));
        object.close();
        Some(Self { name: name?, value: fact?, span: span? })
    }
}

impl Read for WrittenIdentifier {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (scheme, text) = (object.required("scheme"), object.required::<Box<str>>("value"));
        let status = object.or("status", IdentifierStatus::Active);
        let valid_until = object.optional("valid_until");
        object.close_unnamed();
        let (scheme, text): (Box<str>, _) = (scheme?, text?);
        if crate::identifier::normal_form(&scheme, &text).is_empty() {
            return place.field("value").fault("expected more than blanks and hyphens");
        }
        Some(Self { scheme, value: text, state: IdentifierState { status: status?, valid_until: valid_until? } })
    }
}

impl Read for IdentifierStatus {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        read::word(value, place, &[("active", Self::Active), ("blocked", Self::Blocked), ("expired", Self::Expired)])
    }
}

impl Read for Arc<str> {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        Box::<str>::read(value, place).map(Self::from)
    }
}
