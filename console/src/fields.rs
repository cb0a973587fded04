//! What a form or an address carries: names and values.

use avis_admin::control::decoded;

/// Names and values in their order, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

/// Fields of a form: the largest one has some hundred.
const FIELDS_MAX: usize = 2_000;

impl Fields {
    /// Of a form; none of one with too many fields.
    pub(crate) fn of_form(encoded: &str) -> Option<Self> {
        (encoded.bytes().filter(|byte| *byte == b'&').count() < FIELDS_MAX).then(|| Self::of(encoded))
    }

    /// Of `application/x-www-form-urlencoded`, or of a query; what can't be decoded is left out.
    pub(crate) fn of(encoded: &str) -> Self {
        let pairs = encoded.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // Forms write the end of a line as two characters.
            Some((decoded(name)?, decoded(value)?.replace("\r\n", "\n")))
        });
        Self(pairs.collect())
    }

    /// With another one.
    pub(crate) fn add(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// The first value of a name; none where it is not there.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a name, without white space around it; empty where it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default().trim()
    }

    /// Every value of a name.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Names and values.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_so_many_fields_at_most() {
        assert_eq!(Fields::of_form(&vec!["a"; FIELDS_MAX].join("&")).unwrap().all("a").count(), FIELDS_MAX);
        assert_eq!(Fields::of_form(&"a&".repeat(FIELDS_MAX)), None);
    }

    #[test]
    fn a_form_is_read_as_it_was_filled() {
        let fields = Fields::of("name=A+%26+B&text=one%0D%0Atwo&empty=&bad=%zz&name=2");
        assert_eq!((fields.text("name"), fields.text("text"), fields.find("empty")), ("A & B", "one\ntwo", Some("")));
        assert_eq!((fields.find("bad"), fields.all("name").count()), (None, 2));
    }
}
