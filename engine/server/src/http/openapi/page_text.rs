//! Pieces of the page: text, code, and what is referred to.

use utoipa::openapi::Ref;

/// A paragraph, unless it is empty.
pub(super) fn paragraph_of(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<p>{}</p>\n", marked(text)) }
}

/// The name of the type that is referred to.
pub(super) fn target(reference: &Ref) -> &str {
    reference.ref_location.rsplit('/').next().unwrap_or_default()
}

/// Text in which backticks enclose code.
pub(super) fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(place, part)| if place % 2 == 1 { code(part) } else { escaped(part) }).collect()
}

/// A word of code.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// Text that can't be taken for HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
