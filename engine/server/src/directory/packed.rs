//! A holder in few bytes: how many identifiers, their keys as they are, then their states and the facts in a compact
//! encoding with numbers for shared words and days for dates.

use std::sync::Arc;

use avis_core::loyalty::Membership;
use avis_core::{
    Attribute, Bound, Entitlement, FactValue, Holder, IdentifierKey, IdentifierState, IdentifierStatus,
    RegisteredHolder, RegisteredIdentifier, Residence, Span,
};
use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use triomphe::ThinArc;

use crate::directory::names::Names;

const KEY_BYTES: usize = 16;
/// For most holders.
const ROOM: usize = 256;

/// A shared, immutable holder.
#[derive(Clone, Debug)]
pub struct PackedHolder(ThinArc<(), u8>);

impl PartialEq for PackedHolder {
    /// By code, so that a holder is itself also while what is known of it is being replaced.
    fn eq(&self, other: &Self) -> bool {
        self.bytes().code() == other.bytes().code()
    }
}

/// The bytes of a packed holder, wherever they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HolderBytes<'a>(&'a [u8]);

/// Scheme, status, and which of the two moments follow, in one number: two bytes for most identifiers.
struct Packed {
    head: u32,
    valid_until: Option<Moment>,
    since: Option<Moment>,
}

/// Days or an instant since 1970.
#[derive(Clone, Copy, Serialize, Deserialize)]
enum Moment {
    Date(i32),
    Second(i64),
    Exact(i64, i32),
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Dated(Option<Moment>, Option<Moment>);

#[derive(Serialize, Deserialize)]
enum Fact<'a> {
    Bool(bool),
    Integer(i64),
    Text(&'a str),
}

#[derive(Serialize)]
struct Facts<'a> {
    code: &'a str,
    birth_date: Option<i32>,
    household: Option<&'a str>,
    residences: Vec<(u32, Dated)>,
    entitlements: Vec<(u32, Dated)>,
    attributes: Vec<(u32, Fact<'a>, Dated)>,
}

/// A membership: its programme and what was consented to are words, its account is the member's own.
#[derive(Serialize, Deserialize)]
struct Member<'a> {
    program: u32,
    account: Option<&'a str>,
    dates: Dated,
    consent: u32,
}

impl<'a> Member<'a> {
    fn of(one: &'a Membership, names: &Names) -> Self {
        let consent: Arc<str> = (&*one.consent).into();
        let (program, consent) = (names.number(&one.program), names.number(&consent));
        Self { program, account: one.account.as_deref(), dates: Dated::of(&one.span), consent }
    }

    fn membership(self, word: &dyn Fn(u32) -> Option<Arc<str>>) -> Option<Membership> {
        Some(Membership {
            program: word(self.program)?,
            account: self.account.map(Arc::from),
            span: self.dates.span()?,
            consent: (&*word(self.consent)?).into(),
        })
    }
}

impl PackedHolder {
    pub(super) fn pack(registered: &RegisteredHolder, names: &Names) -> Self {
        let RegisteredHolder { holder, identifiers } = registered;
        // Schemes first: the smallest numbers are the shortest.
        let packed: Vec<Packed> = identifiers.iter().map(|identifier| Packed::of(identifier, names)).collect();
        let facts = Facts {
            code: &holder.code,
            birth_date: holder.birth_date.map(days),
            household: holder.household.as_deref(),
            residences: holder
                .residences
                .iter()
                .map(|one| (names.number(&one.territory), Dated::of(&one.span)))
                .collect(),
            entitlements: holder
                .entitlements
                .iter()
                .map(|one| (names.number(&one.group), Dated::of(&one.span)))
                .collect(),
            attributes: holder
                .attributes
                .iter()
                .map(|one| (names.number(&one.name), Fact::of(&one.value), Dated::of(&one.span)))
                .collect(),
        };
        // Writing these types to a growing buffer has no failure.
        let mut bytes = postcard::to_extend(&identifiers.len(), Vec::with_capacity(ROOM)).unwrap_or_default();
        identifiers.iter().for_each(|identifier| bytes.extend_from_slice(&identifier.key.0));
        for identifier in &packed {
            bytes = identifier.write(bytes);
        }
        let mut bytes = postcard::to_extend(&facts, bytes).unwrap_or_default();
        // Who is a member of nothing takes no byte for it.
        for one in &holder.memberships {
            bytes = postcard::to_extend(&Member::of(one, names), bytes).unwrap_or_default();
        }
        Self(ThinArc::from_header_and_slice((), &bytes))
    }

    /// From bytes that are a holder's.
    pub(super) fn of(bytes: HolderBytes<'_>) -> Self {
        Self(ThinArc::from_header_and_slice((), bytes.0))
    }

    /// As it is packed. Local snapshots carry it: who changes how holders are packed raises the version of their format.
    pub(crate) fn bytes(&self) -> HolderBytes<'_> {
        HolderBytes(&self.0.slice)
    }

    /// All that is known of the holder.
    pub(super) fn unpack_registered(&self, names: &Names) -> Option<RegisteredHolder> {
        let (keys, mut rest) = self.bytes().keys_and_rest()?;
        let mut identifiers = Vec::with_capacity(keys.len());
        for key in keys {
            let (packed, after) = Packed::read(rest)?;
            rest = after;
            let scheme = names.read(|word| word(packed.scheme()))?;
            identifiers.push(RegisteredIdentifier { scheme, key: IdentifierKey(*key), state: packed.state()? });
        }
        Some(RegisteredHolder { holder: self.unpack(names)?, identifiers })
    }

    pub(super) fn unpack(&self, names: &Names) -> Option<Holder> {
        let (keys, rest) = self.bytes().keys_and_rest()?;
        let mut facts = Unread(after_states(rest, keys.len())?);
        names.read(|word| {
            let residence = |one: (u32, Dated)| Some(Residence { territory: word(one.0)?, span: one.1.span()? });
            let entitlement = |one: (u32, Dated)| Some(Entitlement { group: word(one.0)?, span: one.1.span()? });
            let attribute = |one: (u32, Fact<'_>, Dated)| {
                Some(Attribute { name: word(one.0)?, value: one.1.value(), span: one.2.span()? })
            };
            // In the order in which they are packed.
            Some(Holder {
                code: facts.next::<&str>()?.into(),
                birth_date: match facts.next::<Option<i32>>()? {
                    Some(days) => Some(date(days)?),
                    None => None,
                },
                household: facts.next::<Option<&str>>()?.map(Arc::from),
                residences: facts.list(residence)?,
                entitlements: facts.list(entitlement)?,
                attributes: facts.list(attribute)?,
                memberships: facts.rest(|one: Member<'_>| one.membership(word))?,
            })
        })
    }
}

impl<'a> HolderBytes<'a> {
    /// As what they are is not asked before it is needed.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes alone, as local snapshots carry them.
    pub(super) fn as_slice(self) -> &'a [u8] {
        self.0
    }

    fn keys_and_rest(self) -> Option<(&'a [[u8; KEY_BYTES]], &'a [u8])> {
        let (count, bytes) = postcard::take_from_bytes::<usize>(self.0).ok()?;
        let (keys, rest) = bytes.split_at_checked(count.checked_mul(KEY_BYTES)?)?;
        Some((keys.as_chunks().0, rest))
    }

    /// The state of one of its identifiers; none if the key is not its own.
    pub(super) fn state(self, key: &IdentifierKey) -> Option<IdentifierState> {
        let (keys, rest) = self.keys_and_rest()?;
        let place = keys.iter().position(|known| *known == key.0)?;
        Packed::read(after_states(rest, place)?)?.0.state()
    }

    /// Whose facts they are; none if they are no holder's.
    pub(crate) fn code(self) -> Option<&'a str> {
        let (keys, rest) = self.keys_and_rest()?;
        Some(postcard::take_from_bytes(after_states(rest, keys.len())?).ok()?.0)
    }

    /// The keys of its identifiers.
    pub(crate) fn keys(self) -> impl Iterator<Item = IdentifierKey> + use<'a> {
        self.keys_and_rest().into_iter().flat_map(|(keys, _)| keys.iter().copied().map(IdentifierKey))
    }
}

/// Bytes of facts, read forwards straight into what they are.
struct Unread<'a>(&'a [u8]);

impl<'a> Unread<'a> {
    fn next<T: Deserialize<'a>>(&mut self) -> Option<T> {
        let (value, rest) = postcard::take_from_bytes(self.0).ok()?;
        self.0 = rest;
        Some(value)
    }

    /// What stands behind its number.
    fn list<P: Deserialize<'a>, T>(&mut self, unpack: impl Fn(P) -> Option<T>) -> Option<Vec<T>> {
        let length: usize = self.next()?;
        // Each takes a byte and more, whatever the number says.
        let mut items = Vec::with_capacity(length.min(self.0.len()));
        for _ in 0..length {
            items.push(unpack(self.next()?)?);
        }
        Some(items)
    }

    /// What stands up to the end.
    fn rest<P: Deserialize<'a>, T>(&mut self, unpack: impl Fn(P) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        while !self.0.is_empty() {
            items.push(unpack(self.next()?)?);
        }
        Some(items)
    }
}

/// What follows some states: each is read on its own, so that a look-up takes no memory.
fn after_states(bytes: &[u8], states: usize) -> Option<&[u8]> {
    (0..states).try_fold(bytes, |bytes, _| Some(Packed::read(bytes)?.1))
}

const STATUS_BITS: u32 = 0b11;
const HAS_VALID_UNTIL: u32 = 0b100;
const HAS_SINCE: u32 = 0b1000;
const SCHEME_SHIFT: u32 = 4;

impl Packed {
    fn of(identifier: &RegisteredIdentifier, names: &Names) -> Self {
        let state = identifier.state;
        let status = match state.status {
            IdentifierStatus::Active => 0,
            IdentifierStatus::Blocked => 1,
            IdentifierStatus::Expired => 2,
        };
        let valid_until = state.valid_until.map(Moment::of);
        let since = state.since.map(|since| Moment::of(Bound::Instant(since)));
        let flag = |moment: Option<Moment>, bit| if moment.is_some() { bit } else { 0 };
        let head = status
            | flag(valid_until, HAS_VALID_UNTIL)
            | flag(since, HAS_SINCE)
            | names.number(&identifier.scheme) << SCHEME_SHIFT;
        Self { head, valid_until, since }
    }

    /// Appends it.
    fn write(&self, bytes: Vec<u8>) -> Vec<u8> {
        // Writing these types to a growing buffer has no failure.
        let mut bytes = postcard::to_extend(&self.head, bytes).unwrap_or_default();
        for moment in self.valid_until.iter().chain(&self.since) {
            bytes = postcard::to_extend(moment, bytes).unwrap_or_default();
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = postcard::take_from_bytes::<u32>(bytes).ok()?;
        let moment = |bit, rest| {
            if head & bit == 0 {
                return Some((None, rest));
            }
            let (moment, rest) = postcard::take_from_bytes::<Moment>(rest).ok()?;
            Some((Some(moment), rest))
        };
        let (valid_until, rest) = moment(HAS_VALID_UNTIL, rest)?;
        let (since, rest) = moment(HAS_SINCE, rest)?;
        Some((Self { head, valid_until, since }, rest))
    }

    fn scheme(&self) -> u32 {
        self.head >> SCHEME_SHIFT
    }

    fn state(&self) -> Option<IdentifierState> {
        let status = match self.head & STATUS_BITS {
            0 => IdentifierStatus::Active,
            1 => IdentifierStatus::Blocked,
            2 => IdentifierStatus::Expired,
            _ => return None,
        };
        let valid_until = match self.valid_until {
            Some(moment) => Some(moment.bound()?),
            None => None,
        };
        let since = match self.since.map(Moment::bound) {
            None => None,
            Some(Some(Bound::Instant(since))) => Some(since),
            Some(_) => return None,
        };
        Some(IdentifierState { status, since, valid_until })
    }
}

impl Moment {
    fn of(bound: Bound) -> Self {
        match bound {
            Bound::Date(date) => Self::Date(days(date)),
            Bound::Instant(instant) if instant.subsec_nanosecond() == 0 => Self::Second(instant.as_second()),
            Bound::Instant(instant) => Self::Exact(instant.as_second(), instant.subsec_nanosecond()),
        }
    }

    fn bound(self) -> Option<Bound> {
        match self {
            Self::Date(days) => date(days).map(Bound::Date),
            Self::Second(second) => Timestamp::from_second(second).ok().map(Bound::Instant),
            Self::Exact(second, nanosecond) => Timestamp::new(second, nanosecond).ok().map(Bound::Instant),
        }
    }
}

impl Dated {
    fn of(span: &Span) -> Self {
        Self(span.from.map(Moment::of), span.until.map(Moment::of))
    }

    fn span(self) -> Option<Span> {
        let end = |moment: Option<Moment>| match moment {
            Some(moment) => moment.bound().map(Some),
            None => Some(None),
        };
        Some(Span { from: end(self.0)?, until: end(self.1)? })
    }
}

impl<'a> Fact<'a> {
    fn of(value: &'a FactValue) -> Self {
        match value {
            FactValue::Bool(truth) => Self::Bool(*truth),
            FactValue::Integer(number) => Self::Integer(*number),
            FactValue::Text(text) => Self::Text(text),
        }
    }

    fn value(self) -> FactValue {
        match self {
            Self::Bool(truth) => FactValue::Bool(truth),
            Self::Integer(number) => FactValue::Integer(number),
            Self::Text(text) => FactValue::Text(text.into()),
        }
    }
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

fn days(date: Date) -> i32 {
    // All dates that there are lie within the range.
    i32::try_from(date.duration_since(EPOCH).as_hours() / 24).unwrap_or(0)
}

fn date(days: i32) -> Option<Date> {
    // The short way for all but the last days that there are, of which no instant is counted.
    let midnight = Timestamp::from_second(i64::from(days) * 86_400);
    let counted = || EPOCH.checked_add(SignedDuration::from_hours(i64::from(days) * 24));
    midnight.map(|midnight| Offset::UTC.to_datetime(midnight).date()).or_else(|_| counted()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_date_comes_back() {
        let ends = [Date::MIN, Date::MAX, EPOCH, jiff::civil::date(2028, 2, 29), jiff::civil::date(9999, 12, 30)];
        let around = ends.into_iter().flat_map(|end| [end.yesterday().ok(), Some(end), end.tomorrow().ok()]);
        for day in around.flatten() {
            assert_eq!(date(days(day)), Some(day));
        }
    }
}
