//! Why it came out so, for who may know.

use serde_json::Value;

use crate::reading::items_of;
use crate::view::{Details, Html};
use crate::visit::Visit;
use crate::why;

/// The whole story, of an answer to `explain`.
pub(super) fn part(visit: &Visit<'_>, explained: &Value) -> Html {
    let sentence = explained.get("explanation").map(|told| visit.named(told)).unwrap_or_default();
    let mut parts = vec![Html::paragraph(sentence)];
    parts.extend(why::lines(visit, items_of(explained, "why")));
    Html::of(&Details { summary: visit.say("try-why"), parts, is_open: true })
}
