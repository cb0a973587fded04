//! How a session stands, as an open page tells it: shortly before its end it is prolonged there, and what is typed stays as it is.

use askama::Template;

use super::blocks::Tone;

/// What stands in the part of a page that is kept for it.
#[derive(Template)]
#[template(
    source = r##"{% if let Some((tone, told)) = told %}<div class="notice {{ tone.class() }}"{% if button.is_none() %} tabindex="-1" autofocus{% endif %}><p>{{ told }}</p></div>{% endif %}{% if let Some(says) = button %}<form method="post" action="/session-ending" id="prolong" hx-post="/session-ending" hx-target="#session" hx-swap="innerHTML"><input type="hidden" name="do" value=""><button>{{ says }}</button></form>{% endif %}{% if is_waited_for %}<div hx-get="/session-ending" hx-trigger="load delay:1680s" hx-target="#session" hx-swap="innerHTML"></div>{% endif %}"##,
    ext = "html"
)]
pub(crate) struct Session {
    /// What is told; who pressed the button goes on from there.
    told: Option<(Tone, String)>,
    /// What the button says that prolongs it.
    button: Option<String>,
    /// Whether it is asked again shortly before its end.
    is_waited_for: bool,
}

impl Session {
    /// Nothing is told until shortly before its end.
    pub(crate) fn begun() -> Self {
        Self { told: None, button: None, is_waited_for: true }
    }

    /// It ends soon, and a button prolongs it.
    pub(crate) fn ends(told: String, button: String) -> Self {
        Self { told: Some((Tone::Warn, told)), button: Some(button), is_waited_for: false }
    }

    /// It was prolonged.
    pub(crate) fn prolonged(told: String) -> Self {
        Self { told: Some((Tone::Good, told)), button: None, is_waited_for: true }
    }

    /// It was too late.
    pub(crate) fn ended(told: String) -> Self {
        Self { told: Some((Tone::Bad, told)), button: None, is_waited_for: false }
    }
}
