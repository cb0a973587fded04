//! Reads a holder as it is kept, straight into its types: the short way for what is right. Whatever it does not take goes the long
//! way of [`WrittenHolder`], which tells every fault; what both take, they read alike.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::fact::FactValue;
use crate::fault::Faults;
use crate::holder::{
    Attribute, Entitlement, Holder, IdentifierState, IdentifierStatus, RegisteredHolder, RegisteredIdentifier,
    Residence, WrittenHolder,
};
use crate::identifier::IdentifierKey;
use crate::limits::{HOLDER_FACTS_MAX, TEXT_CHARACTERS_MAX};
use crate::loyalty::Membership;
use crate::path;
use crate::span::{self, Bound, Span};

impl RegisteredHolder {
    /// Reads a holder as [`RegisteredHolder::to_json`] writes it.
    ///
    /// # Errors
    /// Every fault with its place, an identifier that stands by its value or twice among them.
    pub fn parse(json: &[u8]) -> Result<Self, Faults> {
        match short_way(json) {
            Some(holder) => Ok(holder),
            None => WrittenHolder::parse(json)?.registered(),
        }
    }
}

fn short_way(json: &[u8]) -> Option<RegisteredHolder> {
    let kept: KeptHolder<'_> = serde_json::from_slice(json).ok()?;
    let lengths = [kept.residences.len(), kept.entitlements.len(), kept.attributes.len(), kept.identifiers.len()];
    // The long way finds out whether several memberships meet.
    if lengths.iter().any(|length| *length > HOLDER_FACTS_MAX) || kept.memberships.len() > 1 {
        return None;
    }
    let residence = |one: KeptResidence<'_>| {
        path::is_dotted(one.territory.0).then_some(())?;
        Some(Residence { territory: one.territory.0.into(), span: span(one.from, one.until)? })
    };
    let entitlement =
        |one: KeptEntitlement<'_>| Some(Entitlement { group: one.group.0.into(), span: span(one.from, one.until)? });
    let attribute = |one: KeptAttribute<'_>| {
        Some(Attribute { name: one.name.0.into(), value: one.value.0, span: span(one.from, one.until)? })
    };
    let membership = |one: KeptMembership<'_>| {
        Some(Membership {
            program: one.program.0.into(),
            account: one.account.map(|account| account.0.into()),
            span: span(one.from, one.until)?,
            consent: one.consent.0.into(),
        })
    };
    let holder = Holder {
        code: kept.holder.0.into(),
        birth_date: kept.birth_date.map(|date| date.0),
        household: kept.household.map(|household| household.0.into()),
        residences: kept.residences.into_iter().map(residence).collect::<Option<_>>()?,
        entitlements: kept.entitlements.into_iter().map(entitlement).collect::<Option<_>>()?,
        attributes: kept.attributes.into_iter().map(attribute).collect::<Option<_>>()?,
        memberships: kept.memberships.into_iter().map(membership).collect::<Option<_>>()?,
    };
    Some(RegisteredHolder { holder, identifiers: identifiers(&kept.identifiers)? })
}

/// Each identifier once.
fn identifiers(kept: &[KeptIdentifier<'_>]) -> Option<Vec<RegisteredIdentifier>> {
    let mut identifiers: Vec<RegisteredIdentifier> = Vec::with_capacity(kept.len());
    for one in kept {
        let key = IdentifierKey::from_hex(one.key.0)?;
        if identifiers.iter().any(|known| known.key == key) {
            return None;
        }
        let (since, valid_until) = (one.since.as_ref().map(|since| since.0), one.valid_until.as_ref().map(|end| end.0));
        let state = IdentifierState { status: one.status.unwrap_or_default(), since, valid_until };
        identifiers.push(RegisteredIdentifier { scheme: Arc::from(one.scheme.0), key, state });
    }
    Some(identifiers)
}

fn span(from: Option<Word<Bound>>, until: Option<Word<Bound>>) -> Option<Span> {
    let span = Span { from: from.map(|from| from.0), until: until.map(|until| until.0) };
    (!span.is_reversed()).then_some(span)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptHolder<'a> {
    #[serde(borrow)]
    holder: Text<'a>,
    birth_date: Option<Word<Date>>,
    household: Option<Text<'a>>,
    #[serde(default)]
    residences: Vec<KeptResidence<'a>>,
    #[serde(default)]
    entitlements: Vec<KeptEntitlement<'a>>,
    #[serde(default)]
    attributes: Vec<KeptAttribute<'a>>,
    #[serde(default)]
    memberships: Vec<KeptMembership<'a>>,
    #[serde(default)]
    identifiers: Vec<KeptIdentifier<'a>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptResidence<'a> {
    #[serde(borrow)]
    territory: Text<'a>,
    from: Option<Word<Bound>>,
    until: Option<Word<Bound>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptEntitlement<'a> {
    #[serde(borrow)]
    group: Text<'a>,
    from: Option<Word<Bound>>,
    until: Option<Word<Bound>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptAttribute<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    value: Fact,
    from: Option<Word<Bound>>,
    until: Option<Word<Bound>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptMembership<'a> {
    #[serde(borrow)]
    program: Text<'a>,
    #[serde(borrow)]
    account: Option<Text<'a>>,
    from: Option<Word<Bound>>,
    until: Option<Word<Bound>>,
    #[serde(borrow)]
    consent: Text<'a>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptIdentifier<'a> {
    #[serde(borrow)]
    scheme: Text<'a>,
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(deserialize_with = "status", default)]
    status: Option<IdentifierStatus>,
    since: Option<Word<Timestamp>>,
    valid_until: Option<Word<Bound>>,
}

/// Text without escapes that is surely not too long.
struct Text<'a>(&'a str);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        if (1..=TEXT_CHARACTERS_MAX).contains(&text.len()) { Ok(Self(text)) } else { Err(D::Error::custom("")) }
    }
}

/// What is written as one word.
struct Word<T>(T);

/// A value that is written as one word.
trait OfWord: Sized {
    fn of_word(text: &str) -> Option<Self>;
}

impl OfWord for Date {
    fn of_word(text: &str) -> Option<Self> {
        span::date(text)
    }
}

impl OfWord for Bound {
    fn of_word(text: &str) -> Option<Self> {
        Self::of_text(text)
    }
}

impl OfWord for Timestamp {
    fn of_word(text: &str) -> Option<Self> {
        span::instant(text)
    }
}

impl<'de, T: OfWord> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordVisitor<T>(PhantomData<T>);
        impl<T: OfWord> Visitor<'_> for WordVisitor<T> {
            type Value = Word<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a word")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                T::of_word(text).map(Word).ok_or_else(|| E::custom(""))
            }
        }
        deserializer.deserialize_str(WordVisitor(PhantomData))
    }
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IdentifierStatus>, D::Error> {
    match <&str>::deserialize(deserializer)? {
        "active" => Ok(Some(IdentifierStatus::Active)),
        "blocked" => Ok(Some(IdentifierStatus::Blocked)),
        "expired" => Ok(Some(IdentifierStatus::Expired)),
        _ => Err(D::Error::custom("")),
    }
}

/// The value of an attribute.
struct Fact(FactValue);

impl<'de> Deserialize<'de> for Fact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FactVisitor;
        impl Visitor<'_> for FactVisitor {
            type Value = Fact;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a fact")
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Fact, E> {
                Ok(Fact(FactValue::Bool(truth)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Fact, E> {
                Ok(Fact(FactValue::Integer(number)))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Fact, E> {
                number.try_into().map(|number| Fact(FactValue::Integer(number))).map_err(E::custom)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Fact, E> {
                if text.len() <= TEXT_CHARACTERS_MAX {
                    Ok(Fact(FactValue::Text(text.into())))
                } else {
                    Err(E::custom(""))
                }
            }
        }
        deserializer.deserialize_any(FactVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"holder":"h-1","birth_date":"1986-02-28","household":"hh-1","residences":[
        {"territory":"lv.riga","until":"2021-03-04"},{"territory":"lv.jelgava","from":"2021-03-05T00:00:00.5+03:00"}],
        "entitlements":[{"group":"g","from":"2019-05-01","until":"9999-12-31T23:59:59Z"}],"attributes":[
        {"name":"grade","value":-7},{"name":"b","value":"x"},{"name":"e","value":""},{"name":"t","value":true,"until":"2030-01-01"}],
        "memberships":[{"program":"p","account":"family","from":"2025-01-01","consent":"c"}],
        "identifiers":[{"scheme":"etalons","key":"00112233445566778899aabbccddeeff","status":"blocked","since":"2026-11-18T06:00:00Z",
        "valid_until":"2027-01-01"},{"scheme":"qr","key":"00112233445566778899aabbccddeefe"}]}"#;

    fn long_way(json: &[u8]) -> Option<RegisteredHolder> {
        WrittenHolder::parse(json).and_then(|written| written.registered()).ok()
    }

    #[test]
    fn what_is_kept_takes_the_short_way() {
        let holder = long_way(WHOLE.as_bytes()).unwrap();
        assert_eq!(short_way(WHOLE.as_bytes()), Some(holder.clone()));
        assert_eq!(short_way(holder.to_json().as_bytes()), Some(holder));
        assert!(short_way(br#"{"holder":"h-1"}"#).is_some());
    }

    /// Each byte of a whole holder is changed into each of many others: the short way takes nothing that the long way does not.
    #[test]
    fn both_ways_read_alike_whatever_the_short_way_takes() {
        let mut taken = 0;
        for place in 0..WHOLE.len() {
            for byte in *b"\"\\{}[],:.-+0129ahT \x00\xc3" {
                let mut changed = WHOLE.as_bytes().to_vec();
                changed[place] = byte;
                if let Some(holder) = short_way(&changed) {
                    assert_eq!(Some(holder), long_way(&changed), "{}", String::from_utf8_lossy(&changed));
                    taken += 1;
                }
            }
        }
        assert!(taken > 1_000, "{taken}");
    }

    #[test]
    fn what_is_wrong_has_the_faults_of_the_long_way() {
        let span = |from: &str, until: &str| {
            format!(r#"{{"holder":"h","entitlements":[{{"group":"g","from":"{from}","until":"{until}"}}]}}"#)
        };
        let key = r#"{"scheme":"s","key":"00112233445566778899aabbccddeeff"}"#;
        let many = vec![r#"{"group":"g"}"#; HOLDER_FACTS_MAX + 1].join(",");
        for wrong in [
            r#"{"holder":""}"#.to_owned(),
            format!(r#"{{"holder":"{}"}}"#, "h".repeat(TEXT_CHARACTERS_MAX + 1)),
            r#"{"holder":"h","holder":"h"}"#.to_owned(),
            r#"{"holder":"h","name":"Anna"}"#.to_owned(),
            r#"{"holder":"h","residences":[{"territory":"lv..riga"}]}"#.to_owned(),
            r#"{"holder":"h","attributes":[{"name":"n","value":1.5}]}"#.to_owned(),
            r#"{"holder":"h","attributes":[{"name":"n","value":9223372036854775808}]}"#.to_owned(),
            r#"{"holder":"h","identifiers":[{"scheme":"s","value":"v"}]}"#.to_owned(),
            format!(r#"{{"holder":"h","identifiers":[{key},{key}]}}"#),
            format!(r#"{{"holder":"h","entitlements":[{many}]}}"#),
            span("2026-01-02", "2026-01-01"),
            span("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
            span("2026-1-2", "2027-01-01"),
            r#"{"holder":"h"} x"#.to_owned(),
        ] {
            let faults = WrittenHolder::parse(wrong.as_bytes()).and_then(|written| written.registered()).unwrap_err();
            assert_eq!(RegisteredHolder::parse(wrong.as_bytes()).unwrap_err(), faults, "{wrong}");
        }
        for unusual in [
            r#"{"holder":"\u0068"}"#.to_owned(),
            r#"{"holder":"h","residences":null,"birth_date":null}"#.to_owned(),
            format!(r#"{{"holder":"{}"}}"#, "ā".repeat(TEXT_CHARACTERS_MAX)),
        ] {
            assert_eq!(RegisteredHolder::parse(unusual.as_bytes()).ok(), long_way(unusual.as_bytes()), "{unusual}");
            assert!(long_way(unusual.as_bytes()).is_some(), "{unusual}");
        }
    }
}
