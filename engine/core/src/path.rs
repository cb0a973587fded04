//! Dotted paths of territories and products: a path covers itself and all below it.

use serde_json::Value;

use crate::read::{Place, Read};

/// A dotted path such as `transport.bus.regional`, with no empty step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct DottedPath(Box<str>);

impl DottedPath {
    /// The path that a text is; none if a step of it is empty.
    pub fn of_text(text: Box<str>) -> Option<Self> {
        is_dotted(&text).then_some(Self(text))
    }

    /// The whole path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path itself or the one above it that has so many bytes, if there is one.
    pub(crate) fn of_length(&self, bytes: usize) -> Option<&str> {
        let ends = bytes == self.0.len() || self.0.as_bytes().get(bytes) == Some(&b'.');
        if ends { self.0.get(..bytes) } else { None }
    }
}

/// Whether a path has no empty step.
pub(crate) fn is_dotted(path: &str) -> bool {
    !path.as_bytes().split(|byte| *byte == b'.').any(<[u8]>::is_empty)
}

/// Whether a rule on `rule` covers `path`.
pub(crate) fn covers(rule: &str, path: &str) -> bool {
    path.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Read for DottedPath {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let text = Box::<str>::read(value, place)?;
        Self::of_text(text)
            .or_else(|| place.fault("expected a dotted path such as `transport.bus` without empty steps"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_covers_itself_and_all_below_but_not_its_namesakes() {
        assert!(covers("transport.bus", "transport.bus"));
        assert!(covers("transport.bus", "transport.bus.city"));
        assert!(!covers("transport.bus", "transport.business"));
        assert!(!covers("transport.bus", "transport"));
    }

    #[test]
    fn a_path_knows_those_above_it() {
        let path = DottedPath("a.bc.d".into());
        let found: Vec<_> = (0..9).filter_map(|bytes| path.of_length(bytes)).collect();
        assert_eq!(found, ["a", "a.bc", "a.bc.d"]);
    }
}
