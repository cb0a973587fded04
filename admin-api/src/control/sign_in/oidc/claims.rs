//! What a token must say before it is believed.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::refusal::Refusal;
use crate::control::call::Call;
use crate::control::caller::long_ago;

/// How far the provider's clock may be from ours.
const CLOCKS_DIFFER_BY: SignedDuration = SignedDuration::from_secs(60);

/// What is expected of a token.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// How long ago the person may have shown the provider who they are, where it tells.
    pub(super) signed_in_within: SignedDuration,
    pub(super) now: Timestamp,
}

/// Makes sure that a token is of this provider, for us, of this sign-in and of now.
///
/// # Errors
/// The first thing that is not so.
pub(super) fn check(claims: &Value, expected: &Expected<'_>) -> Result<(), Refusal> {
    let audiences = check_ends(claims, expected.issuer, expected.client_id)?;
    // Of several audiences it must say who of them asked for it.
    let party = claims.get("azp");
    let is_of_ours = party.map_or(audiences.len() == 1, |party| party.as_str() == Some(expected.client_id));
    if !is_of_ours {
        return Err(Refusal::AuthorizedParty);
    }
    check_times(claims, expected)?;
    if claims.get("nonce").and_then(Value::as_str) != Some(expected.nonce) {
        return Err(Refusal::Nonce);
    }
    check_subject(claims)
}

/// Makes sure that signed userinfo is of this provider, for us, about somebody, and not over. It needs no times of its own.
///
/// # Errors
/// The first thing that is not so.
pub(super) fn check_userinfo(claims: &Value, issuer: &str, client_id: &str, now: Timestamp) -> Result<(), Refusal> {
    check_ends(claims, issuer, client_id)?;
    if moment(claims, "exp")?.is_some_and(|expires_at| later(expires_at) <= now) {
        return Err(Refusal::Expired);
    }
    check_subject(claims)
}

/// Who says it, and to whom: all to whom.
fn check_ends<'c>(claims: &'c Value, issuer: &str, client_id: &str) -> Result<Vec<&'c str>, Refusal> {
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(Refusal::Issuer);
    }
    audiences(claims).filter(|audiences| audiences.contains(&client_id)).ok_or(Refusal::Audience)
}

fn check_subject(claims: &Value) -> Result<(), Refusal> {
    let subject = claims.get("sub").and_then(Value::as_str);
    let is_somebody = subject.is_some_and(|subject| !subject.is_empty() && subject.len() <= 255);
    if is_somebody { Ok(()) } else { Err(Refusal::Subject) }
}

/// As late as it may be by the provider's clock.
fn later(at: Timestamp) -> Timestamp {
    at.saturating_add(CLOCKS_DIFFER_BY).unwrap_or(Timestamp::MAX)
}

/// One, or a list of them.
fn audiences(claims: &Value) -> Option<Vec<&str>> {
    match claims.get("aud")? {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => several.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn check_times(claims: &Value, expected: &Expected<'_>) -> Result<(), Refusal> {
    let now = expected.now;
    let expires_at = moment(claims, "exp")?.ok_or(Refusal::Expired)?;
    if later(expires_at) <= now {
        return Err(Refusal::Expired);
    }
    let issued_at = moment(claims, "iat")?.ok_or(Refusal::Malformed)?;
    for begins_at in [Some(issued_at), moment(claims, "nbf")?].into_iter().flatten() {
        if begins_at > later(now) {
            return Err(Refusal::NotYet);
        }
    }
    match moment(claims, "auth_time")? {
        Some(at) if now.duration_since(later(at)) > expected.signed_in_within => Err(Refusal::Stale),
        Some(_) | None => Ok(()),
    }
}

/// A moment in seconds, where there is one.
pub(super) fn moment(claims: &Value, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    // Some providers write fractions; what is behind the comma is of no weight.
    let seconds = value.as_i64().or_else(|| value.as_number()?.to_string().split('.').next()?.parse().ok());
    let moment = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map(Some).ok_or(Refusal::Malformed)
}

/// When somebody signed in at the provider. One that does not say so proves no sign-in of the last minutes.
pub(super) fn signed_in_at(call: &Call<'_>, told: &Value) -> Timestamp {
    let told = moment(told, "auth_time").ok().flatten();
    told.map_or_else(|| long_ago(call.now), |at| at.min(call.now))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW_S: i64 = 1_800_000_000;

    fn refused(change: impl Fn(&mut Value)) -> Result<(), Refusal> {
        let mut claims = json!({"iss": "https://eid.lv", "aud": "avis", "sub": "s", "nonce": "n", "iat": NOW_S,
            "exp": NOW_S + 60, "auth_time": NOW_S});
        change(&mut claims);
        let expected = Expected {
            issuer: "https://eid.lv",
            client_id: "avis",
            nonce: "n",
            signed_in_within: SignedDuration::from_mins(10),
            now: Timestamp::from_second(NOW_S).unwrap(),
        };
        check(&claims, &expected)
    }

    #[test]
    fn a_token_of_this_sign_in_is_believed() {
        assert_eq!(refused(|_| {}), Ok(()));
        assert_eq!(refused(|claims| claims["aud"] = json!(["avis"])), Ok(()));
        assert_eq!(refused(|claims| claims["exp"] = json!(NOW_S - 59)), Ok(()), "clocks differ a little");
        assert_eq!(refused(|claims| claims["iat"] = json!(NOW_S + 60)), Ok(()));
        assert_eq!(refused(|claims| drop(claims.as_object_mut().unwrap().remove("auth_time"))), Ok(()));
        let several = |claims: &mut Value| (claims["aud"], claims["azp"]) = (json!(["avis", "other"]), json!("avis"));
        assert_eq!(refused(several), Ok(()));
    }

    #[test]
    fn each_claim_that_is_another_is_told() {
        for (name, value, refusal) in [
            ("iss", json!("https://eid.lv/"), Refusal::Issuer),
            ("iss", json!(null), Refusal::Issuer),
            ("aud", json!("other"), Refusal::Audience),
            ("aud", json!([]), Refusal::Audience),
            ("aud", json!([1, "avis"]), Refusal::Audience),
            ("aud", json!(["avis", "other"]), Refusal::AuthorizedParty),
            ("azp", json!("other"), Refusal::AuthorizedParty),
            ("azp", json!(1), Refusal::AuthorizedParty),
            ("exp", json!(NOW_S - 60), Refusal::Expired),
            ("exp", json!("soon"), Refusal::Malformed),
            ("exp", json!(1e300), Refusal::Malformed),
            ("nbf", json!(NOW_S + 61), Refusal::NotYet),
            ("iat", json!(NOW_S + 61), Refusal::NotYet),
            ("auth_time", json!(NOW_S - 661), Refusal::Stale),
            ("nonce", json!("m"), Refusal::Nonce),
            ("sub", json!(""), Refusal::Subject),
            ("sub", json!("s".repeat(256)), Refusal::Subject),
        ] {
            assert_eq!(refused(|claims| claims[name] = value.clone()), Err(refusal), "{name} {value}");
        }
        for (name, refusal) in [("exp", Refusal::Expired), ("iat", Refusal::Malformed), ("nonce", Refusal::Nonce)] {
            assert_eq!(refused(|claims| drop(claims.as_object_mut().unwrap().remove(name))), Err(refusal), "{name}");
        }
    }
}
