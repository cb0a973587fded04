//! A request as it came: its parts as text, read strictly.

use std::io::Read;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use avis_core::strict_json;
use serde_json::{Map, Value};

use super::problem::{Code, Problem};
use super::shape::{self, Field};

/// A body as it comes.
pub(crate) type File = Box<dyn Read + Send>;

/// A request before anybody looked who asks.
pub(crate) struct Incoming {
    pub(crate) method: String,
    /// Behind `/admin/v1`.
    pub(crate) path: String,
    pub(crate) query: String,
    /// In lower case; a name may stand more than once.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The body of an operation that takes a file; read once, as it comes.
    pub(crate) file: Mutex<Option<File>>,
    /// Whose address it came from, past trusted proxies; none where that is unknown.
    pub(crate) peer: Option<IpAddr>,
    pub(crate) is_encrypted: bool,
    /// Its id, for the audit and for who asks about it.
    pub(crate) request: String,
}

impl Incoming {
    /// The file that comes as the body; none where none was expected, or it was taken before.
    pub(crate) fn file(&self) -> Option<File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether a file comes as the body that nobody took yet.
    pub(crate) fn has_file(&self) -> bool {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// A header that may stand once.
    ///
    /// # Errors
    /// One that stands twice.
    pub(crate) fn header(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut found = self.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.as_str());
        match (found.next(), found.next()) {
            (value, None) => Ok(value),
            _ => Err(Problem::new(Code::MalformedRequest, format!("expected the header `{name}` once"))),
        }
    }

    /// The value of a cookie.
    ///
    /// # Errors
    /// One that stands twice.
    pub(crate) fn cookie(&self, name: &str) -> Result<Option<&str>, Problem> {
        let headers = self.headers.iter().filter(|(header, _)| header == "cookie");
        let pairs = headers.flat_map(|(_, value)| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(cookie, _)| *cookie == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (value, None) => Ok(value),
            _ => Err(Problem::new(Code::MalformedRequest, format!("expected the cookie `{name}` once"))),
        }
    }

    /// The parameters of the query, checked; others are refused or passed over.
    ///
    /// # Errors
    /// One that is unknown, stands twice, or is not as expected.
    pub(crate) fn parameters(&self, fields: &'static [Field], takes_others: bool) -> Result<Value, Problem> {
        let mut parameters = Map::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(text) = decoded(text) else {
                return Err(Problem::new(Code::MalformedRequest, "expected a query in percent-encoded UTF-8"));
            };
            let field = fields.iter().find(|field| field.name == name);
            if field.is_none() && takes_others {
                continue;
            }
            let value = field.map_or(Value::Null, |field| field.kind.of_text(&text));
            if field.is_none() || parameters.insert(name.to_owned(), value).is_some() {
                return Err(unknown_parameter(fields));
            }
        }
        let parameters = Value::Object(parameters);
        shape::check(&parameters, fields)?;
        Ok(parameters)
    }

    /// The body as JSON, checked; an absent one where none is expected.
    ///
    /// # Errors
    /// Another media type, malformed JSON, a field that is not as expected. Where no field is required, nothing is as good as an empty object.
    pub(crate) fn json(&self, fields: Option<&'static [Field]>) -> Result<Value, Problem> {
        let Some(fields) = fields else {
            return if self.body.is_empty() { Ok(Value::Null) } else { Err(Problem::at("", "expected no body")) };
        };
        if self.body.is_empty() && self.header("content-type")?.is_none() && shape::is_optional(fields) {
            return Ok(Value::Null);
        }
        let media_type = self.header("content-type")?.unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") || self.header("content-encoding")?.is_some() {
            return Err(Problem::new(Code::WrongMediaType, "expected `application/json`, not compressed"));
        }
        let value = strict_json(&self.body).map_err(|faults| Problem::of_document(faults, str::to_owned))?;
        shape::check(&value, fields)?;
        Ok(value)
    }

    /// The network from which it came, cut so that it names no one: /24 or /48.
    pub(crate) fn network(&self) -> Option<String> {
        Some(match self.peer?.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
        })
    }

    /// From where it came, for counting: an address, of IPv6 the network that one subscriber has (/64).
    pub(crate) fn place(&self) -> String {
        match self.peer.map(|peer| peer.to_canonical()) {
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            Some(address) => address.to_string(),
            None => String::new(),
        }
    }

    /// Whether what it carries can't be overheard on its way.
    pub(crate) fn is_private(&self) -> bool {
        self.is_encrypted || self.peer.is_some_and(|peer| peer.to_canonical().is_loopback())
    }
}

fn unknown_parameter(fields: &[Field]) -> Problem {
    let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
    let expected =
        if names.is_empty() { "no parameters".to_owned() } else { format!("each once of {}", names.join(", ")) };
    Problem::at("", format!("expected {expected}"))
}

/// Percent-encoded text as UTF-8; none where it is not.
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A text as it stands in a query.
pub fn encoded(text: &str) -> String {
    let mut query = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => query.push(char::from(byte)),
            other => query.push_str(&format!("%{other:02X}")),
        }
    }
    query
}

#[cfg(test)]
mod tests {
    use super::super::shape::{Kind, optional};
    use super::*;

    fn incoming(query: &str, headers: &[(&str, &str)], peer: &str) -> Incoming {
        Incoming {
            method: "GET".into(),
            path: "/me".into(),
            query: query.into(),
            headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body: Vec::new(),
            file: Mutex::default(),
            peer: peer.parse().ok(),
            is_encrypted: false,
            request: String::new(),
        }
    }

    #[test]
    fn a_parameter_is_known_and_stands_once() {
        const FIELDS: &[Field] = &[optional("limit", Kind::Whole(1, 9)), optional("actor", Kind::Token(1, 9))];
        let read = |query: &str| incoming(query, &[], "").parameters(FIELDS, false);
        assert_eq!(read("limit=3&actor=%C4%81+b").unwrap(), serde_json::json!({"limit": 3, "actor": "ā b"}));
        for query in
            ["limit=3&limit=3", "other=1", "limit=10", "limit=x", "limit", "actor=%C4", "actor=%zz", "actor=%4"]
        {
            assert!(read(query).is_err(), "{query}");
        }
        let read = |query: &str| incoming(query, &[], "").parameters(FIELDS, true);
        assert_eq!(read("other=1&limit=3&other=2").unwrap(), serde_json::json!({"limit": 3}));
        assert!(read("other=1&limit=3&limit=3").is_err());
    }

    #[test]
    fn what_is_encoded_is_read_as_it_was() {
        for text in ["", "a b", "ā&=+%", "2026-11-18T10:00:00+02:00"] {
            assert_eq!(decoded(&encoded(text)).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_doubled_header_or_cookie_is_refused() {
        let request = incoming("", &[("cookie", "a=1; b=2"), ("cookie", "a=3"), ("x", "1"), ("x", "1")], "");
        assert_eq!(request.cookie("b").unwrap(), Some("2"));
        assert!(request.cookie("a").is_err() && request.header("x").is_err());
        assert_eq!(request.header("none").unwrap(), None);
    }

    #[test]
    fn an_address_is_cut() {
        for (peer, network) in [
            ("192.0.2.77", Some("192.0.2.0/24")),
            ("2001:db8:1:2::9", Some("2001:db8:1::/48")),
            ("::ffff:192.0.2.77", Some("192.0.2.0/24")),
            ("", None),
        ] {
            assert_eq!(incoming("", &[], peer).network().as_deref(), network);
        }
    }

    #[test]
    fn a_subscriber_of_ipv6_is_counted_as_one() {
        let place = |peer: &str| incoming("", &[], peer).place();
        assert_eq!(place("2001:db8:1:2::9"), place("2001:db8:1:2:ffff::1"));
        assert_ne!(place("2001:db8:1:2::9"), place("2001:db8:1:3::9"));
        assert_eq!(place("::ffff:192.0.2.77"), "192.0.2.77");
    }
}
