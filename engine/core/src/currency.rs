//! The currency of all amounts of a deployment.

use serde_json::Value;

use crate::read::{Place, Read};

/// An ISO 4217 code: three capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency that a code names, if it is written as one.
    pub fn of_code(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// Whether it is the one of a code.
    pub fn is(self, code: &str) -> bool {
        code.as_bytes() == self.0
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        // Capital letters are text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Read for Currency {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let code = value.as_str().and_then(Self::of_code);
        code.or_else(|| place.fault("expected a currency code such as `EUR`"))
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Box::<str>::deserialize(deserializer)?;
        Self::of_code(&code).ok_or_else(|| serde::de::Error::custom("expected a currency code such as `EUR`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_capital_letters_are_a_currency() {
        let currency = Currency::of_code("EUR").unwrap();
        assert_eq!(currency.as_str(), "EUR");
        assert!(currency.is("EUR") && !currency.is("EURO") && !currency.is("USD"));
        let json = serde_json::to_string(&currency).unwrap();
        assert_eq!((&*json, serde_json::from_str(&json).ok()), ("\"EUR\"", Some(currency)));
        for other in ["", "EU", "EURO", "eur", "E1R", "Eā"] {
            assert_eq!(Currency::of_code(other), None, "{other}");
            assert!(serde_json::from_value::<Currency>(other.into()).is_err(), "{other}");
        }
    }
}
