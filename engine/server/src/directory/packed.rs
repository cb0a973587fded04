//! A holder in few bytes: how many identifiers, their keys as they are, then their states and the facts in a compact
//! encoding with numbers for shared words and days for dates.

use std::sync::Arc;

use avis_core::{
    Attribute, Bound, Entitlement, FactValue, Holder, IdentifierKey, IdentifierState, IdentifierStatus, Residence, Span,
};
use jiff::civil::Date;
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use triomphe::ThinArc;

use crate::directory::names::Names;

const KEY_BYTES: usize = 16;

/// A shared, immutable holder.
#[derive(Clone, Debug)]
pub struct PackedHolder(ThinArc<(), u8>);

impl PartialEq for PackedHolder {
    /// By content, so that a holder is itself also while it is being replaced by an equal one.
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

#[derive(Serialize, Deserialize)]
struct State(u8, Option<Moment>);

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

#[derive(Serialize, Deserialize)]
struct Facts<'a> {
    code: &'a str,
    birth_date: Option<i32>,
    household: Option<&'a str>,
    residences: Vec<(u32, Dated)>,
    entitlements: Vec<(u32, Dated)>,
    #[serde(borrow)]
    attributes: Vec<(u32, Fact<'a>, Dated)>,
}

impl PackedHolder {
    pub(super) fn pack(holder: &Holder, identifiers: &[(IdentifierKey, IdentifierState)], names: &Names) -> Self {
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
        let mut bytes = postcard::to_allocvec(&identifiers.len()).unwrap_or_default();
        bytes.extend(identifiers.iter().flat_map(|(key, _)| key.0));
        for (_, state) in identifiers {
            bytes.extend(postcard::to_allocvec(&State::of(state)).unwrap_or_default());
        }
        bytes.extend(postcard::to_allocvec(&facts).unwrap_or_default());
        Self(ThinArc::from_header_and_slice((), &bytes))
    }

    fn keys_and_rest(&self) -> Option<(&[[u8; KEY_BYTES]], &[u8])> {
        let (count, bytes) = postcard::take_from_bytes::<usize>(&self.0.slice).ok()?;
        let (keys, rest) = bytes.split_at_checked(count.checked_mul(KEY_BYTES)?)?;
        Some((keys.as_chunks().0, rest))
    }

    /// The state of one of its identifiers; none if the key is not its own.
    pub(super) fn state(&self, key: &IdentifierKey) -> Option<IdentifierState> {
        let (keys, rest) = self.keys_and_rest()?;
        let place = keys.iter().position(|known| *known == key.0)?;
        let (state, _) = postcard::take_from_bytes::<State>(after_states(rest, place)?).ok()?;
        state.state()
    }

    pub(super) fn unpack(&self, names: &Names) -> Option<Holder> {
        let (keys, rest) = self.keys_and_rest()?;
        let facts: Facts<'_> = postcard::from_bytes(after_states(rest, keys.len())?).ok()?;
        names.read(|word| {
            let residence = |one: (u32, Dated)| Some(Residence { territory: word(one.0)?, span: one.1.span()? });
            let entitlement = |one: (u32, Dated)| Some(Entitlement { group: word(one.0)?, span: one.1.span()? });
            let attribute = |one: (u32, Fact<'_>, Dated)| {
                Some(Attribute { name: word(one.0)?, value: one.1.value(), span: one.2.span()? })
            };
            Some(Holder {
                code: facts.code.into(),
                birth_date: match facts.birth_date {
                    Some(days) => Some(date(days)?),
                    None => None,
                },
                household: facts.household.map(Arc::from),
                residences: facts.residences.into_iter().map(residence).collect::<Option<_>>()?,
                entitlements: facts.entitlements.into_iter().map(entitlement).collect::<Option<_>>()?,
                attributes: facts.attributes.into_iter().map(attribute).collect::<Option<_>>()?,
            })
        })
    }
}

/// What follows some states: each is read on its own, so that a look-up takes no memory.
fn after_states(bytes: &[u8], states: usize) -> Option<&[u8]> {
    (0..states).try_fold(bytes, |bytes, _| Some(postcard::take_from_bytes::<State>(bytes).ok()?.1))
}

impl State {
    fn of(state: &IdentifierState) -> Self {
        let status = match state.status {
            IdentifierStatus::Active => 0,
            IdentifierStatus::Blocked => 1,
            IdentifierStatus::Expired => 2,
        };
        Self(status, state.valid_until.map(Moment::of))
    }

    fn state(&self) -> Option<IdentifierState> {
        let status = match self.0 {
            0 => IdentifierStatus::Active,
            1 => IdentifierStatus::Blocked,
            2 => IdentifierStatus::Expired,
            _ => return None,
        };
        let valid_until = match self.1 {
            Some(moment) => Some(moment.bound()?),
            None => None,
        };
        Some(IdentifierState { status, valid_until })
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
    EPOCH.until((Unit::Day, date)).map_or(0, |span| span.get_days())
}

fn date(days: i32) -> Option<Date> {
    EPOCH.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}
