//! Parts of a page that are safe as they are: made by templates, which escape what they are given.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;

/// A part of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Html(String);

impl HtmlSafe for Html {}

impl fmt::Display for Html {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A text, escaped.
#[derive(Template)]
#[template(source = "{{ text }}", ext = "html")]
struct Escaped<'a> {
    text: &'a str,
}

#[derive(Template)]
#[template(source = "<p>{{ text }}</p>", ext = "html")]
struct Paragraph<'a> {
    text: &'a str,
}

impl Html {
    /// What a template makes.
    pub(crate) fn of(template: &impl Template) -> Self {
        match template.render() {
            Ok(text) => Self(text),
            Err(error) => {
                // A template writes into memory.
                tracing::error!(target: "avis::console", %error, "a part of a page could not be made");
                Self::default()
            }
        }
    }

    /// A text, escaped.
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self::of(&Escaped { text: text.as_ref() })
    }

    /// A text as it stands between the tags of a field of several lines.
    pub(crate) fn within_area(text: &str) -> Self {
        Self(text.replace('&', "&amp;").replace('<', "&lt;"))
    }

    /// A paragraph.
    pub(crate) fn paragraph(text: impl AsRef<str>) -> Self {
        Self::of(&Paragraph { text: text.as_ref() })
    }

    /// One after the other.
    pub(crate) fn joined(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect::<Vec<_>>().join(" "))
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The whole as text.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_markup_stays_a_name() {
        let told = Html::paragraph("<script>alert(1)</script> & \u{5d0}").to_string();
        assert!(!told.contains("<script") && told.contains("&#38;") && told.contains('\u{5d0}'), "{told}");
    }

    #[test]
    fn nothing_ends_a_field_of_several_lines_but_its_tag() {
        let told = Html::within_area("{\"a\": \"</textarea><script>&lt;\"}").to_string();
        assert_eq!(told, "{\"a\": \"&lt;/textarea>&lt;script>&amp;lt;\"}");
    }
}
