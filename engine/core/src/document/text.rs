//! Texts for people, in the languages of a deployment and in any other.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::limits::{LANGUAGE_TAG_BYTES_MAX, LANGUAGES_MAX};
use crate::read::{Place, Read};

/// A text by language (BCP 47 tags): every language of the deployment (`lv` and `en` where it names none), and others. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = std::collections::BTreeMap<String, String>)]
pub struct Text(Vec<(Box<str>, Box<str>)>);

impl Text {
    /// The text in a language; tags differ by more than capitals.
    pub fn in_language(&self, tag: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(tag)).map(|(_, text)| &**text)
    }

    /// The text in the first of these languages that it has, else in the first that it has at all.
    pub fn in_first_of<'a>(&self, languages: impl IntoIterator<Item = &'a str>) -> &str {
        let wanted = languages.into_iter().find_map(|tag| self.in_language(tag));
        wanted.or_else(|| self.0.first().map(|(_, text)| &**text)).unwrap_or_default()
    }

    /// The same with every language of the deployment, those first and in their order: what is absent is as
    /// [`Text::in_first_of`] tells.
    pub(crate) fn in_all(&self, languages: &[Box<str>]) -> Self {
        let of_deployment = |tag: &str| languages.iter().any(|language| language.eq_ignore_ascii_case(tag));
        let own = self.in_first_of(languages.iter().map(|tag| &**tag));
        let first = languages.iter().map(|tag| (tag.clone(), self.in_language(tag).unwrap_or(own).into()));
        let others = self.0.iter().filter(|(tag, _)| !of_deployment(tag)).cloned();
        Self(first.chain(others).collect())
    }
}

/// The neutral name of a discount.
impl Default for Text {
    fn default() -> Self {
        Self(vec![("lv".into(), "Atlaide".into()), ("en".into(), "Discount".into())])
    }
}

/// The languages of a deployment that names none.
pub(crate) fn default_languages() -> Vec<Box<str>> {
    ["lv", "en"].map(Box::from).to_vec()
}

/// A language's tag as BCP 47 shapes it: letters, then parts of up to eight letters and digits.
pub(crate) struct LanguageTag(pub(crate) Box<str>);

fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=8).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.len() <= LANGUAGE_TAG_BYTES_MAX && is_language && parts.all(is_part)
}

impl Read for LanguageTag {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let tag = value.as_str().filter(|tag| is_tag(tag));
        tag.map(|tag| Self(tag.into()))
            .or_else(|| place.fault("expected the tag of a language such as `lv` or `pt-BR` (BCP 47)"))
    }
}

impl Read for Text {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let Value::Object(fields) = value else {
            return place.fault("expected an object with a text for each language, such as `{\"lv\": …, \"en\": …}`");
        };
        let given: Vec<_> = fields.iter().filter(|(_, text)| !text.is_null()).collect();
        if given.is_empty() || given.len() > LANGUAGES_MAX {
            return place.fault(format!("expected a text in 1 to {LANGUAGES_MAX} languages"));
        }
        let read = given.into_iter().map(|(tag, text)| {
            let place = place.field(tag);
            if !is_tag(tag) {
                return place.fault("unknown field, expected the tag of a language such as `lv` or `pt-BR` (BCP 47)");
            }
            Some((tag.as_str().into(), Box::<str>::read(text, &place)?))
        });
        let mut texts: Vec<(Box<str>, Box<str>)> = read.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?;
        texts.sort_unstable();
        let is_twice =
            |pair: &[(Box<str>, Box<str>)]| matches!(pair, [(left, _), (right, _)] if left.eq_ignore_ascii_case(right));
        if texts.windows(2).any(is_twice) {
            return place.fault("expected each language once, whatever its capitals");
        }
        Some(Self(texts))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(tag, text)| (tag, text)))
    }
}

/// In the order in which it was written: what is answered again has the same bytes.
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = Text;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text for each language")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Text, A::Error> {
                let mut texts = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    texts.push(entry);
                }
                Ok(Text(texts))
            }
        }

        deserializer.deserialize_map(Texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_falls_back_in_the_order_of_the_languages() {
        let text =
            |pairs: &[(&str, &str)]| Text(pairs.iter().map(|(tag, text)| ((*tag).into(), (*text).into())).collect());
        let languages = ["lv", "en", "pt-BR"].map(Box::from);
        let written = text(&[("en", "half"), ("de", "halb")]);
        let all = written.in_all(&languages);
        assert_eq!(
            (all.in_language("LV"), all.in_language("pt-br"), all.in_language("de")),
            (Some("half"), Some("half"), Some("halb"))
        );
        assert_eq!(written.in_first_of(["lv"]), "half", "the first that it has at all");
        assert_eq!(Text::default().in_all(&default_languages()), Text::default());
        let json = serde_json::to_string(&all).unwrap();
        assert_eq!(json, r#"{"lv":"half","en":"half","pt-BR":"half","de":"halb"}"#, "the deployment's languages first");
        assert_eq!(serde_json::from_str::<Text>(&json).unwrap(), all);
    }

    #[test]
    fn tags_are_shaped_as_bcp_47_says() {
        for tag in ["lv", "pt-BR", "zh-Hant", "de-CH-1996", "sl-rozaj-biske"] {
            assert!(is_tag(tag), "{tag}");
        }
        for other in ["", "l", "lv-", "-lv", "lv_LV", "lv LV", "12", "lv-überlang", "abcdefghi", &"a-".repeat(30)] {
            assert!(!is_tag(other), "{other}");
        }
    }
}
