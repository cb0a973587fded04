//! Addresses: what may be sent where, and how parameters are written in them.

use ureq::http::Uri;

use crate::control::incoming::encoded;

/// Whether what is sent to an address can't be overheard: it is encrypted, or stays on this machine.
pub(super) fn is_private(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    let Some(authority) = uri.authority().filter(|authority| !authority.as_str().contains('@')) else { return false };
    match uri.scheme_str() {
        Some("https") => !authority.host().is_empty(),
        Some("http") => is_loopback(authority.host()),
        _ => false,
    }
}

/// Whether an address is one of this machine, in the clear.
pub(super) fn is_plain(address: &str) -> bool {
    address.starts_with("http://")
}

fn is_loopback(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || number.is_ok_and(|address| address.is_loopback())
}

/// Parameters as a form or a query has them.
pub(super) fn form(parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

/// An address with further parameters.
pub(super) fn with(address: &str, parameters: &[(&str, &str)]) -> String {
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}{}", form(parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_overheard_is_no_address() {
        for address in
            ["https://eid.example.lv", "https://eid.lv:8443/a?b=c", "http://127.0.0.1:3000", "http://[::1]/x"]
        {
            assert!(is_private(address), "{address}");
        }
        for address in [
            "http://eid.example.lv",
            "http://127.0.0.1.evil.lv",
            "https://",
            "https://avis@evil.lv",
            "http://127.0.0.1@evil.lv/",
            "ftp://127.0.0.1",
            "eid.lv",
            "",
        ] {
            assert!(!is_private(address), "{address}");
        }
    }

    #[test]
    fn parameters_are_escaped() {
        assert_eq!(with("https://a.lv/x?y=1", &[("to", "a b&c=ā")]), "https://a.lv/x?y=1&to=a%20b%26c%3D%C4%81");
    }
}
