//! Who is it? (4, step 1: resolve)

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::{Case, facts, time};

// 4, step 1
pub(crate) fn resolve<'a>(
    catalogue: &'a Value,
    holders: &'a [Value],
    provider: &'a str,
    request: &'a Value,
) -> Case<'a> {
    let at = time::instant(request["occurred_at"].as_str().unwrap());
    let mut case = Case {
        catalogue,
        provider,
        request,
        at,
        holder: None,
        schemes: vec![],
        identifier_reasons: vec![],
        named_by: None,
        points: None,
    };
    for (place, presented) in facts::list(&request["identifiers"]).iter().enumerate() {
        match find(holders, presented, at) {
            // "Unknown, blocked and expired ones count as absent and are reported."
            Err(reason) => case.identifier_reasons.push(reason),
            Ok(holder) => {
                // "The first that resolves names the holder; others must belong to the same holder or are refused"
                case.named_by.get_or_insert(place);
                let named = *case.holder.get_or_insert(holder);
                if named["holder"] == holder["holder"] {
                    case.schemes.push(presented["scheme"].as_str().unwrap());
                } else {
                    case.identifier_reasons.push("identifier_mismatch");
                }
            }
        }
    }
    case
}

/// The holder of an identifier, or why it counts as absent.
fn find<'a>(holders: &'a [Value], presented: &Value, at: Timestamp) -> Result<&'a Value, &'static str> {
    for holder in holders {
        for identifier in facts::list(&holder["identifiers"]) {
            if same(identifier, presented) {
                return usable(identifier, at).map(|()| holder);
            }
        }
    }
    Err("identifier_unknown")
}

fn same(known: &Value, presented: &Value) -> bool {
    let normal = |identifier: &Value| normal_form(text(identifier, "scheme"), text(identifier, "value"));
    known["scheme"] == presented["scheme"] && normal(known) == normal(presented)
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

const TYPED: &str = "eid etalons resident-card bank-card isic goda-gimene school-card loyalty qr";

// 2: "by the scheme's `form`"
pub(crate) fn normal_form(scheme: &str, value: &str) -> String {
    if !TYPED.split(' ').any(|typed| typed == scheme) {
        // "NFC, trimmed"
        return value.nfc().collect::<String>().trim().to_owned();
    }
    // "NFKC, full upper case, NFKC again, without white space …, dashes … and format characters"
    let compatible: String = value.nfkc().collect();
    let capitals: String = compatible.to_uppercase().nfkc().collect();
    Regex::new(r"[\p{White_Space}\p{Dash}\p{Cf}]").unwrap().replace_all(&capitals, "").into_owned()
}

// 2: "status active|blocked|expired, `valid_until?`". Reading: a blocked one whose date is over too is blocked.
fn usable(identifier: &Value, at: Timestamp) -> Result<(), &'static str> {
    let until = time::until(&identifier["valid_until"], &time::deployment_zone());
    match identifier["status"].as_str().unwrap_or("active") {
        "blocked" => Err("identifier_blocked"),
        "expired" => Err("identifier_expired"),
        _ if until.is_some_and(|until| until <= at) => Err("identifier_expired"),
        _ => Ok(()),
    }
}
