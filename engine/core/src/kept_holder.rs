//! Reads a holder as it is kept, straight from its bytes: the short way for what is right. Whatever it does not take goes the long
//! way of [`WrittenHolder`], which tells every fault; what both take, they read alike.

use std::sync::Arc;

use crate::fact::FactValue;
use crate::fault::Faults;
use crate::holder::{
    Attribute, Entitlement, Holder, IdentifierState, IdentifierStatus, RegisteredHolder, RegisteredIdentifier,
    Residence, WrittenHolder,
};
use crate::identifier::IdentifierKey;
use crate::limits::HOLDER_FACTS_MAX;
use crate::loyalty::Membership;
use crate::path;
use crate::scanner::{Once, Scanner};
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

/// The long way finds out whether several memberships meet.
const MEMBERSHIPS_MAX: usize = 1;

fn short_way(json: &[u8]) -> Option<RegisteredHolder> {
    let mut scanner = Scanner::new(json)?;
    let (mut code, mut birth_date, mut household) = (Once::default(), Once::default(), Once::default());
    let (mut residences, mut entitlements, mut attributes) = (Once::default(), Once::default(), Once::default());
    let (mut memberships, mut identifiers) = (Once::default(), Once::default());
    scanner.object(|scanner| {
        if scanner.is_field("holder") {
            code.read(scanner, shared)
        } else if scanner.is_field("birth_date") {
            birth_date.read(scanner, |scanner| span::date(scanner.text()?))
        } else if scanner.is_field("household") {
            household.read(scanner, shared)
        } else if scanner.is_field("residences") {
            residences.read(scanner, |scanner| scanner.items(HOLDER_FACTS_MAX, residence))
        } else if scanner.is_field("entitlements") {
            entitlements.read(scanner, |scanner| scanner.items(HOLDER_FACTS_MAX, entitlement))
        } else if scanner.is_field("attributes") {
            attributes.read(scanner, |scanner| scanner.items(HOLDER_FACTS_MAX, attribute))
        } else if scanner.is_field("memberships") {
            memberships.read(scanner, |scanner| scanner.items(MEMBERSHIPS_MAX, membership))
        } else if scanner.is_field("identifiers") {
            identifiers.read(scanner, |scanner| scanner.items(HOLDER_FACTS_MAX, identifier))
        } else {
            None
        }
    })?;
    scanner.end()?;
    let holder = Holder {
        code: code.value?,
        birth_date: birth_date.value,
        household: household.value,
        residences: residences.value.unwrap_or_default(),
        entitlements: entitlements.value.unwrap_or_default(),
        attributes: attributes.value.unwrap_or_default(),
        memberships: memberships.value.unwrap_or_default(),
    };
    let identifiers = identifiers.value.unwrap_or_default();
    stands_once(&identifiers).then_some(RegisteredHolder { holder, identifiers })
}

/// Whether no identifier stands twice.
fn stands_once(identifiers: &[RegisteredIdentifier]) -> bool {
    let mut places = identifiers.iter().enumerate();
    places.all(|(place, one)| identifiers.iter().take(place).all(|before| before.key != one.key))
}

fn shared(scanner: &mut Scanner<'_>) -> Option<Arc<str>> {
    scanner.filled_text().map(Arc::from)
}

/// The two ends of a span, among other fields.
#[derive(Default)]
struct Ends {
    from: Once<Bound>,
    until: Once<Bound>,
}

impl Ends {
    fn read(&mut self, scanner: &mut Scanner<'_>) -> Option<()> {
        let end = |scanner: &mut Scanner<'_>| Bound::of_text(scanner.text()?);
        if scanner.is_field("from") {
            self.from.read(scanner, end)
        } else if scanner.is_field("until") {
            self.until.read(scanner, end)
        } else {
            None
        }
    }

    fn span(self) -> Option<Span> {
        let span = Span { from: self.from.value, until: self.until.value };
        (!span.is_reversed()).then_some(span)
    }
}

fn residence(scanner: &mut Scanner<'_>) -> Option<Residence> {
    let (mut territory, mut ends) = (Once::default(), Ends::default());
    scanner.object(
        |scanner| {
            if scanner.is_field("territory") { territory.read(scanner, shared) } else { ends.read(scanner) }
        },
    )?;
    let territory = territory.value.filter(|territory| path::is_dotted(territory))?;
    Some(Residence { territory, span: ends.span()? })
}

fn entitlement(scanner: &mut Scanner<'_>) -> Option<Entitlement> {
    let (mut group, mut ends) = (Once::default(), Ends::default());
    scanner.object(
        |scanner| {
            if scanner.is_field("group") { group.read(scanner, shared) } else { ends.read(scanner) }
        },
    )?;
    Some(Entitlement { group: group.value?, span: ends.span()? })
}

fn attribute(scanner: &mut Scanner<'_>) -> Option<Attribute> {
    let (mut name, mut value, mut ends) = (Once::default(), Once::default(), Ends::default());
    scanner.object(|scanner| {
        if scanner.is_field("name") {
            name.read(scanner, shared)
        } else if scanner.is_field("value") {
            value.read(scanner, FactValue::scanned)
        } else {
            ends.read(scanner)
        }
    })?;
    Some(Attribute { name: name.value?, value: value.value?, span: ends.span()? })
}

fn membership(scanner: &mut Scanner<'_>) -> Option<Membership> {
    let (mut program, mut account, mut consent) = (Once::default(), Once::default(), Once::default());
    let mut ends = Ends::default();
    scanner.object(|scanner| {
        if scanner.is_field("program") {
            program.read(scanner, shared)
        } else if scanner.is_field("account") {
            account.read(scanner, shared)
        } else if scanner.is_field("consent") {
            consent.read(scanner, |scanner| scanner.filled_text().map(Box::from))
        } else {
            ends.read(scanner)
        }
    })?;
    Some(Membership { program: program.value?, account: account.value, span: ends.span()?, consent: consent.value? })
}

fn identifier(scanner: &mut Scanner<'_>) -> Option<RegisteredIdentifier> {
    let (mut scheme, mut key, mut status) = (Once::default(), Once::default(), Once::default());
    let (mut since, mut valid_until) = (Once::default(), Once::default());
    scanner.object(|scanner| {
        if scanner.is_field("scheme") {
            scheme.read(scanner, shared)
        } else if scanner.is_field("key") {
            key.read(scanner, |scanner| IdentifierKey::from_hex(scanner.text()?))
        } else if scanner.is_field("status") {
            status.read(scanner, |scanner| {
                let text = scanner.text()?;
                IdentifierStatus::WORDS.iter().find(|(word, _)| *word == text).map(|(_, status)| *status)
            })
        } else if scanner.is_field("since") {
            since.read(scanner, |scanner| span::instant(scanner.text()?))
        } else if scanner.is_field("valid_until") {
            valid_until.read(scanner, |scanner| Bound::of_text(scanner.text()?))
        } else {
            None
        }
    })?;
    let status = status.value.unwrap_or_default();
    let state = IdentifierState { status, since: since.value, valid_until: valid_until.value };
    Some(RegisteredIdentifier { scheme: scheme.value?, key: key.value?, state })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::TEXT_CHARACTERS_MAX;

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
