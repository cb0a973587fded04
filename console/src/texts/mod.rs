//! What pages say, in Latvian and in English: the messages of `lv.ftl` and `en.ftl`.

mod faults;
mod plural;
mod resolving;

#[cfg(test)]
pub(crate) mod checks;

use std::collections::HashMap;
use std::sync::LazyLock;

use avis_core::telling::Language;
use fluent_syntax::ast::{Entry, Pattern};
use fluent_syntax::parser::parse_runtime;

const LATVIAN: &str = include_str!("../../texts/lv.ftl");
const ENGLISH: &str = include_str!("../../texts/en.ftl");

/// The messages of a language, by their names.
type Messages = HashMap<&'static str, Pattern<&'static str>>;

static MESSAGES: LazyLock<[Messages; 2]> = LazyLock::new(|| [read(LATVIAN), read(ENGLISH)]);

/// What stands in a place of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument<'a> {
    /// As it is.
    Text(&'a str),
    /// By which a form is chosen, and written as people write it.
    Number(i64),
}

impl<'a> From<&'a str> for Argument<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Argument<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A text file as it was compiled in; a test reads both without a fault.
fn read(source: &'static str) -> Messages {
    let resource = match parse_runtime(source) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    let named = resource.body.into_iter().filter_map(|entry| match entry {
        Entry::Message(message) => Some((message.id.name, message.value?)),
        _ => None,
    });
    named.collect()
}

/// The messages of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Texts(pub(crate) Language);

impl Texts {
    fn find(self, name: &str) -> Option<&'static Pattern<&'static str>> {
        let [latvian, english] = &*MESSAGES;
        self.0.choose(english, latvian).get(name)
    }

    /// A message without places.
    pub(crate) fn say(self, name: &str) -> String {
        self.with(name, &[])
    }

    /// A message with what stands in its places. One that is not there shows its name.
    pub(crate) fn with(self, name: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        let pattern = self.find(name);
        debug_assert!(pattern.is_some(), "there is no text `{name}`");
        pattern.map_or_else(|| name.to_owned(), |pattern| resolving::resolved(pattern, arguments, self.0))
    }

    /// What a word of a closed list of the program is called: the message `FAMILY-WORD`, else the word itself.
    pub(crate) fn word(self, family: &str, word: &str) -> String {
        self.known(family, word).unwrap_or_else(|| word.to_owned())
    }

    /// Every word of a family that has a text, as its message has it, and what it is called.
    pub(crate) fn words(self, family: &'static str) -> impl Iterator<Item = (&'static str, String)> {
        let [latvian, english] = &*MESSAGES;
        let messages = self.0.choose(english, latvian);
        let word = move |name: &&'static str| name.strip_prefix(family)?.strip_prefix('-');
        messages
            .iter()
            .filter_map(move |(name, pattern)| Some((word(name)?, resolving::resolved(pattern, &[], self.0))))
    }

    /// The same; none of a word that has no text.
    pub(crate) fn known(self, family: &str, word: &str) -> Option<String> {
        let name = format!("{family}-{}", word.replace(['_', '.'], "-"));
        Some(resolving::resolved(self.find(&name)?, &[], self.0))
    }
}
