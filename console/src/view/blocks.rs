//! Headings, notices, facts, tables, and the small things in them.

use askama::Template;

use super::html::Html;

/// In which tone something is said; never by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As usual.
    Plain,
    /// Done, in force.
    Good,
    /// Look at it.
    Warn,
    /// Refused, stopped.
    Bad,
}

impl Tone {
    /// The class of the stylesheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A heading within a page.
#[derive(Template)]
#[template(source = r#"<h2{% if !id.is_empty() %} id="{{ id }}"{% endif %}>{{ text }}</h2>"#, ext = "html")]
pub(crate) struct Heading<'a> {
    pub(crate) id: &'a str,
    pub(crate) text: String,
}

/// A remark that stands out.
#[derive(Template)]
#[template(source = r#"<div class="notice {{ tone.class() }}"><p>{{ text }}</p></div>"#, ext = "html")]
pub(crate) struct Notice {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

/// Names and values.
#[derive(Template)]
#[template(
    source = "<dl class=\"facts\">{% for (name, value) in rows %}<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>{% endfor %}</dl>",
    ext = "html"
)]
pub(crate) struct Facts {
    pub(crate) rows: Vec<(String, Html)>,
}

/// The head of a column.
pub(crate) struct Column {
    pub(crate) name: String,
    /// Whether its cells are numbers, which stand under each other.
    pub(crate) is_number: bool,
}

impl Column {
    /// Of texts.
    pub(crate) fn text(name: String) -> Self {
        Self { name, is_number: false }
    }

    /// Of numbers.
    pub(crate) fn number(name: String) -> Self {
        Self { name, is_number: true }
    }
}

/// A table, which on a small screen is a list.
#[derive(Template)]
#[template(path = "table.html")]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Html>>,
    /// What is said where there is no row.
    pub(crate) empty: String,
    /// To the rows that follow: an address, and what the link says.
    pub(crate) next: Option<(String, String)>,
}

impl Table {
    fn column(&self, place: &usize) -> (&str, bool) {
        self.columns.get(*place).map_or(("", false), |column| (&*column.name, column.is_number))
    }
}

/// One thing after the other.
#[derive(Template)]
#[template(source = "<ul>{% for text in texts %}<li>{{ text }}</li>{% endfor %}</ul>", ext = "html")]
pub(crate) struct Listing {
    pub(crate) texts: Vec<String>,
}

/// Something to copy, in the letters of a machine.
#[derive(Template)]
#[template(
    source = r#"<figure class="code"><figcaption>{{ label }}</figcaption><pre tabindex="0"><code>{{ text }}</code></pre></figure>"#,
    ext = "html"
)]
pub(crate) struct Code {
    pub(crate) label: String,
    pub(crate) text: String,
}

/// What opens on demand.
#[derive(Template)]
#[template(
    source = r#"<details{% if is_open %} open{% endif %}><summary>{{ summary }}</summary>{% for part in parts %}{{ part }}{% endfor %}</details>"#,
    ext = "html"
)]
pub(crate) struct Details {
    pub(crate) summary: String,
    pub(crate) parts: Vec<Html>,
    pub(crate) is_open: bool,
}

/// What is told anew each second until it is said without an address. It stays the same part of the page, so that it is read aloud when
/// something else is told, and not each second.
#[derive(Template)]
#[template(
    source = r#"<div class="live notice {{ tone.class() }}" id="{{ id }}" role="status"{% if let Some(address) = address %} hx-get="{{ address }}" hx-trigger="load delay:1s" hx-swap="outerMorph"{% endif %}><p>{{ text }}</p></div>"#,
    ext = "html"
)]
pub(crate) struct Live {
    pub(crate) id: String,
    pub(crate) tone: Tone,
    pub(crate) text: String,
    pub(crate) address: Option<String>,
}

#[derive(Template)]
#[template(source = r#"<a href="{{ address }}">{{ text }}</a>"#, ext = "html")]
struct Link<'a> {
    address: &'a str,
    text: &'a str,
}

/// A link to an address of this host.
pub(crate) fn link(address: impl AsRef<str>, text: impl AsRef<str>) -> Html {
    Html::of(&Link { address: address.as_ref(), text: text.as_ref() })
}

#[derive(Template)]
#[template(source = r#"<p><a href="{{ address }}" rel="next">{{ text }}</a></p>"#, ext = "html")]
struct Behind<'a> {
    address: &'a str,
    text: &'a str,
}

/// A link to what follows on the next page.
pub(crate) fn next(address: impl AsRef<str>, text: impl AsRef<str>) -> Html {
    Html::of(&Behind { address: address.as_ref(), text: text.as_ref() })
}

#[derive(Template)]
#[template(source = r#"<p><a class="go" href="{{ address }}">{{ text }}</a></p>"#, ext = "html")]
struct Go<'a> {
    address: &'a str,
    text: &'a str,
}

/// A link that stands out, to what comes next.
pub(crate) fn go(address: impl AsRef<str>, text: impl AsRef<str>) -> Html {
    Html::of(&Go { address: address.as_ref(), text: text.as_ref() })
}

/// Ways to other pages, beside each other.
#[derive(Template)]
#[template(source = r#"<p class="ways">{% for way in ways %}{{ way }} {% endfor %}</p>"#, ext = "html")]
pub(crate) struct Ways {
    pub(crate) ways: Vec<Html>,
}

#[derive(Template)]
#[template(source = r#"<span class="tag {{ tone.class() }}">{{ text }}</span>"#, ext = "html")]
struct Tag<'a> {
    tone: Tone,
    text: &'a str,
}

/// A word for a state.
pub(crate) fn tag(tone: Tone, text: impl AsRef<str>) -> Html {
    Html::of(&Tag { tone, text: text.as_ref() })
}
