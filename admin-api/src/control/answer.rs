//! What a handler answers.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::Value;

/// What an answer says.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// An object.
    Value(Value),
    /// JSON that is written already: a page of a list is written item by item, and never built.
    Written(String),
}

impl Body {
    /// As a value, whichever it is.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Value(value) => value,
            // It was written as JSON.
            Self::Written(json) => serde_json::from_str(&json).unwrap_or_default(),
        }
    }

    /// As JSON.
    pub(crate) fn into_json(self) -> String {
        match self {
            Self::Value(value) => value.to_string(),
            Self::Written(json) => json,
        }
    }
}

/// What was written as it is shown, with the revision that it made.
pub(crate) fn with_revision(mut shown: Value, revision: u64) -> Value {
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("revision".to_owned(), revision.into());
    }
    shown
}

/// An answer that is no refusal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// None of an answer without content.
    pub(crate) body: Option<Body>,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) cookies: Vec<String>,
    /// Whether it was given before, to the same request.
    pub(crate) is_replayed: bool,
    /// Whether nothing was done, for it was asked what would be.
    pub(crate) is_dry: bool,
    /// A page for people, in the place of a body.
    pub(crate) page: Option<String>,
    /// A file that is written while it goes out, in the place of a body.
    pub(crate) download: Option<Download>,
}

/// What writes a file.
type Written = dyn Fn(&mut dyn Write) -> io::Result<()> + Send + Sync;
/// What is told whether a file was written and read to its end.
type Ended = dyn Fn(bool) + Send + Sync;

/// A file that is written while it goes out.
#[derive(Clone)]
pub(crate) struct Download {
    pub(crate) media_type: &'static str,
    pub(crate) write: Arc<Written>,
    pub(crate) ended: Option<Arc<Ended>>,
}

impl fmt::Debug for Download {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Download({})", self.media_type)
    }
}

impl Download {
    /// Of a media type, written by a function.
    pub(crate) fn new(
        media_type: &'static str,
        write: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { media_type, write: Arc::new(write), ended: None }
    }

    /// With what is told whether it was read to its end.
    #[must_use]
    pub(crate) fn telling(self, ended: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Self { ended: Some(Arc::new(ended)), ..self }
    }
}

impl Answer {
    /// A file.
    pub(crate) fn download(download: Download) -> Self {
        Self { status: 200, download: Some(download), ..Self::default() }
    }

    /// An object or a list.
    pub(crate) fn of(body: Value) -> Self {
        Self { status: 200, body: Some(Body::Value(body)), ..Self::default() }
    }

    /// JSON that is written already.
    pub(crate) fn written(json: String) -> Self {
        Self { status: 200, body: Some(Body::Written(json)), ..Self::default() }
    }

    /// What was made, and where it is.
    pub(crate) fn made(body: Value, location: String) -> Self {
        Self { status: 201, location: Some(location), ..Self::of(body) }
    }

    /// Done, and nothing to say.
    pub(crate) fn nothing() -> Self {
        Self { status: 204, ..Self::default() }
    }

    /// With what is to be thought of, where there is any.
    #[must_use]
    pub(crate) fn warned(mut self, warnings: &[String]) -> Self {
        if let Some(Body::Value(Value::Object(fields))) = &mut self.body
            && !warnings.is_empty()
        {
            fields.insert("warnings".to_owned(), warnings.into());
        }
        self
    }

    /// With the version of what it shows.
    #[must_use]
    pub(crate) fn tagged(self, etag: String) -> Self {
        Self { etag: Some(etag), ..self }
    }
}
