//! What a handler answers.

use serde_json::Value;

/// An answer that is no refusal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// None of an answer without content.
    pub(crate) body: Option<Value>,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) cookie: Option<String>,
    /// Whether it was given before, to the same request.
    pub(crate) is_replayed: bool,
    /// Whether nothing was done, for it was asked what would be.
    pub(crate) is_dry: bool,
    /// A page for people, in the place of a body.
    pub(crate) page: Option<String>,
}

impl Answer {
    /// An object or a list.
    pub(crate) fn of(body: Value) -> Self {
        Self { status: 200, body: Some(body), ..Self::default() }
    }

    /// What was made, and where it is.
    pub(crate) fn made(body: Value, location: String) -> Self {
        Self { status: 201, body: Some(body), location: Some(location), ..Self::default() }
    }

    /// Done, and nothing to say.
    pub(crate) fn nothing() -> Self {
        Self { status: 204, ..Self::default() }
    }

    /// With the version of what it shows.
    #[must_use]
    pub(crate) fn tagged(self, etag: String) -> Self {
        Self { etag: Some(etag), ..self }
    }
}
