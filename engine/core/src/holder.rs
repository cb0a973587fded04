//! What is known of a person who has rights.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::fact::FactValue;
use crate::fault::Faults;
use crate::identifier::{IdentifierKey, IdentifierSecret};
use crate::limits::{ACTIVE_MEANS_MAX, HOLDER_FACTS_MAX};
use crate::loyalty::{Membership, check_memberships};
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
    /// Memberships in merchants' programmes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memberships: Vec<Membership>,
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct IdentifierState {
    /// As its issuer says.
    pub status: IdentifierStatus,
    /// From when it was blocked or expired, so that what was sold before is judged as of its time; absent is ever since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// A date is read in the deployment's zone and included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Bound>,
}

impl Holder {
    /// The territory in which the holder resides at an instant, its dates read in a zone: the deepest, of several the smallest.
    pub fn territory_at(&self, at: Timestamp, zone: &TimeZone) -> Option<&Arc<str>> {
        let moment = Moment { instant: at, date: zone.to_datetime(at).date() };
        let depth = |territory: &str| territory.split('.').count();
        let residences = self.residences.iter().filter(|residence| residence.span.holds_at(&moment));
        residences.map(|residence| &residence.territory).min_by_key(|territory| (Reverse(depth(territory)), *territory))
    }
}

impl IdentifierState {
    /// The status at an instant: before `since` it was active, and an active identifier past its validity is expired.
    pub fn at(&self, instant: Timestamp, deployment_zone: &TimeZone) -> IdentifierStatus {
        let status =
            if self.since.is_some_and(|since| instant < since) { IdentifierStatus::Active } else { self.status };
        if status == IdentifierStatus::Active && self.valid_until.is_some() {
            let moment = Moment { instant, date: deployment_zone.to_datetime(instant).date() };
            if !(Span { from: None, until: self.valid_until }).holds_at(&moment) {
                return IdentifierStatus::Expired;
            }
        }
        status
    }
}

/// An identifier as a file carries it: the only place where its value stands beside its holder.
pub struct WrittenIdentifier {
    /// The scheme's code.
    pub scheme: Box<str>,
    /// By what it is recognised.
    pub means: Means,
    /// Status and validity.
    pub state: IdentifierState,
}

/// By what an identifier is recognised, as a file says it.
pub enum Means {
    /// The value, to be hashed and forgotten.
    Value(Box<str>),
    /// The keyed hash itself, as an export carries it.
    Key(IdentifierKey),
}

/// A holder with identifiers, as a file carries them.
pub struct WrittenHolder {
    /// The facts.
    pub holder: Holder,
    /// The identification means.
    pub identifiers: Vec<WrittenIdentifier>,
}

/// An identifier as it is kept: its value is forgotten.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RegisteredIdentifier {
    /// The scheme's code.
    pub scheme: Arc<str>,
    /// The keyed hash of scheme and value.
    #[serde(serialize_with = "as_hex")]
    pub key: IdentifierKey,
    /// Status and validity.
    #[serde(flatten)]
    pub state: IdentifierState,
}

/// A holder with identifiers, as they are kept. Written as JSON it is a line of a file of holders.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RegisteredHolder {
    /// The facts.
    #[serde(flatten)]
    pub holder: Holder,
    /// The identification means.
    pub identifiers: Vec<RegisteredIdentifier>,
}

fn as_hex<S: serde::Serializer>(key: &IdentifierKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&key.to_hex())
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

    /// The holder as it is kept: values hashed and forgotten.
    ///
    /// # Errors
    /// An identifier whose value has no normal form, or that stands twice.
    pub fn register(&self, secret: &IdentifierSecret) -> Result<RegisteredHolder, Faults> {
        let refused = "expected more than blanks, dashes and what can't be seen";
        self.keyed(|scheme, value| IdentifierKey::of(scheme, value, secret).ok_or(refused))
    }

    /// The holder as it was kept, read back: every identifier stands by its key.
    ///
    /// # Errors
    /// An identifier that stands by its value, or twice.
    pub fn registered(&self) -> Result<RegisteredHolder, Faults> {
        self.keyed(|_, _| Err("expected `key` instead; a value is hashed before it is kept"))
    }

    fn keyed(
        &self,
        key_of: impl Fn(&str, &str) -> Result<IdentifierKey, &'static str>,
    ) -> Result<RegisteredHolder, Faults> {
        let mut identifiers: Vec<RegisteredIdentifier> = Vec::with_capacity(self.identifiers.len());
        for (place, written) in self.identifiers.iter().enumerate() {
            let refused = |field: &str, detail| Faults::at(format!("/identifiers/{place}{field}"), detail);
            let key = match &written.means {
                Means::Key(key) => *key,
                Means::Value(value) => key_of(&written.scheme, value).map_err(|detail| refused("/value", detail))?,
            };
            if identifiers.iter().any(|known| known.key == key) {
                return Err(refused("", "expected an identifier that does not stand before"));
            }
            identifiers.push(RegisteredIdentifier { scheme: (&*written.scheme).into(), key, state: written.state });
        }
        Ok(RegisteredHolder { holder: self.holder.clone(), identifiers })
    }
}

impl RegisteredHolder {
    /// The one way in which it is written, so that two texts are equal where two holders are.
    pub fn to_json(&self) -> String {
        // These types have no keys that JSON can't write.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether the person may have another means that is active at an instant.
    pub fn has_room(&self, now: Timestamp, deployment_zone: &TimeZone) -> bool {
        let is_active =
            |known: &&RegisteredIdentifier| known.state.at(now, deployment_zone) == IdentifierStatus::Active;
        self.identifiers.iter().filter(is_active).count() < ACTIVE_MEANS_MAX
    }

    /// Gives each identifier that is newly stopped the moment from when it is, unless its file says it.
    pub fn stopped_at(&mut self, now: Timestamp, before: Option<&Self>) {
        for identifier in &mut self.identifiers {
            if identifier.state.status == IdentifierStatus::Active {
                identifier.state.since = None;
            } else if identifier.state.since.is_none() {
                let known = before.and_then(|before| before.identifiers.iter().find(|one| one.key == identifier.key));
                identifier.state.since = match known {
                    // Stopped for another reason now, it was not usable in between.
                    Some(known) if known.state.status != IdentifierStatus::Active => known.state.since,
                    Some(_) => Some(now),
                    // Nobody sold with it before.
                    None => None,
                };
            }
        }
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
        let memberships: Option<Vec<Membership>> = object.list("memberships", HOLDER_FACTS_MAX);
        let identifiers = object.list("identifiers", HOLDER_FACTS_MAX);
        object.close();
        check_memberships(memberships.as_deref().unwrap_or_default(), &place.field("memberships"));
        let holder = Holder {
            code: code?,
            birth_date: birth_date?,
            household: household?,
            residences: residences?,
            entitlements: entitlements?,
            attributes: attributes?,
            memberships: memberships?,
        };
        Some(Self { holder, identifiers: identifiers? })
    }
}

/// A holder's span.
fn ordered_span(object: &Object<'_>, place: &Place<'_>) -> Option<Span> {
    let span = Span::read_from(object)?;
    if span.is_reversed() { place.field("from").fault("expected a moment before `until`") } else { Some(span) }
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
        let scheme = object.required::<Box<str>>("scheme");
        let (text, key) = (object.optional::<Box<str>>("value"), object.optional::<Box<str>>("key"));
        let status = object.or("status", IdentifierStatus::Active);
        let (since, valid_until) = (object.optional("since"), object.optional("valid_until"));
        object.close_unnamed();
        let (scheme, text, key) = (scheme?, text?, key?);
        let means = match (text, key) {
            (Some(text), None) => Means::Value(text),
            (None, Some(hex)) => match IdentifierKey::from_hex(&hex) {
                Some(key) => Means::Key(key),
                None => return place.field("key").fault("expected 32 hexadecimal digits, as an export has them"),
            },
            (None, None) => return place.field("value").fault("this field is required"),
            (Some(_), Some(_)) => return place.field("key").fault("expected either `value` or `key`"),
        };
        let state = IdentifierState { status: status?, since: since?, valid_until: valid_until? };
        Some(Self { scheme, means, state })
    }
}

impl IdentifierStatus {
    /// Each as files say it.
    pub(crate) const WORDS: [(&'static str, Self); 3] =
        [("active", Self::Active), ("blocked", Self::Blocked), ("expired", Self::Expired)];
}

impl Read for IdentifierStatus {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        read::word(value, place, &Self::WORDS)
    }
}

impl Read for Arc<str> {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        Box::<str>::read(value, place).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_territory_is_the_deepest_residence_of_the_moment_and_of_several_the_smallest() {
        let residence = |territory: &str, until: &str| json!({"territory": territory, "until": until});
        let residences = [
            residence("lv.riga", "2030-12-31"),
            residence("lv.riga.north", "2030-12-31"),
            residence("lv.riga.centre", "2030-12-31"),
            residence("lv.riga.a.b", "2026-10-31"),
        ];
        let holder = WrittenHolder::from_value(&json!({"holder": "h", "residences": residences})).unwrap().holder;
        let zone = TimeZone::get("Europe/Riga").unwrap();
        let at = |instant: &str| holder.territory_at(instant.parse().unwrap(), &zone).map(|territory| &**territory);
        assert_eq!(at("2026-10-31T21:59:59Z"), Some("lv.riga.a.b"), "its last evening in Riga");
        assert_eq!(at("2026-10-31T22:00:00Z"), Some("lv.riga.centre"));
        assert_eq!(at("2031-01-01T00:00:00Z"), None);
    }
}
