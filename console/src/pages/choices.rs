//! Language, theme, and the party for which somebody acts: each a cookie, chosen in the frame of every page.

use avis_admin::control::{Refusal, is_own_path};

use super::{Shown, Stepped};
use crate::language::LANGUAGE;
use crate::layout::Page;
use crate::visit::{PARTY, THEME, Visit};

/// There is nothing to see.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    Ok(Shown::Page(Page::new(visit.say("choices-title"))))
}

/// Keeps what was chosen, and leads back.
pub(super) fn choose(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    for (field, cookie) in [("language", LANGUAGE), ("theme", THEME), ("party", PARTY)] {
        let chosen = visit.form.text(field);
        let is_word = chosen.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        if !chosen.is_empty() && chosen.len() <= 64 && is_word {
            visit.keep(cookie, chosen);
        }
    }
    Ok(Stepped::Go(own_path(visit.form.text("back")).to_owned()))
}

/// A path of this host, or its start.
pub(super) fn own_path(path: &str) -> &str {
    if is_own_path(path) { path } else { "/" }
}
