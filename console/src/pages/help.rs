//! Help at one place: what the words mean, and where to go on.

use avis_admin::control::Refusal;

use super::Shown;
use crate::layout::Page;
use crate::view::{Facts, Html};
use crate::visit::Visit;

/// The words of which pages are made.
const WORDS: [&str; 9] = ["benefit", "draft", "version", "case", "grantor", "provider", "payer", "slot", "revision"];

pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.say("help-title"));
    page.add(Html::paragraph(visit.say("help-lead")));
    let rows = WORDS.iter().map(|word| (visit.word("help-word", word), Html::text(visit.word("help-means", word))));
    page.add(Html::of(&Facts { rows: rows.collect() }));
    page.add(Html::paragraph(visit.say("help-whom")));
    Ok(Shown::Page(page))
}
