//! Addresses that people are sent to: encrypted, of a host, and with nothing of a person in them.

use actix_web::http::Uri;

use super::identifier_like::looks_like_an_identifier;

/// Characters of an address.
pub(crate) const CHARACTERS_MAX: usize = 500;

/// Checks an address; its host.
///
/// # Errors
/// What was expected in its place.
pub(crate) fn check(address: &str) -> Result<String, &'static str> {
    const EXPECTED: &str = "expected an address such as `https://shop.example.lv/tickets`";
    let uri: Uri = address.parse().map_err(|_| EXPECTED)?;
    let authority = uri.authority().ok_or(EXPECTED)?.as_str();
    if uri.scheme_str() != Some("https") || authority.contains('@') {
        return Err(EXPECTED);
    }
    if looks_like_an_identifier(address) {
        return Err("expected an address without a personal or a card number");
    }
    let host = uri.host().unwrap_or_default().to_lowercase();
    if host.contains('.') && !host.ends_with('.') { Ok(host) } else { Err(EXPECTED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_encrypted_of_a_host_and_names_nobody() {
        assert_eq!(check("https://Shop.example.lv:8443/a?b=c"), Ok("shop.example.lv".to_owned()));
        for wrong in [
            "http://shop.example.lv/",
            "https://a:b@shop.example.lv/",
            "javascript:alert(1)",
            "https://localhost/",
            "https:///a",
            "//shop.example.lv/",
            "/a",
            "https://shop.example.lv/ a",
            "https://shop.example.lv/010190-12345",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
