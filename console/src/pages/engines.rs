//! How engines follow, and what waits in the journals of those that stand in for a ledger which is away.

use avis_admin::control::Refusal;
use serde_json::Value;

use super::Shown;
use crate::layout::Page;
use crate::reading::{is, items, state, text, whole};
use crate::view::{Html, Table, Tone, tag};
use crate::visit::Visit;

/// The page.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "engines"));
    let (reply, next) = visit.page_of("/engines", vec![("limit", "100".into())])?;
    let row = |engine: &Value| {
        let number = |name: &str| Html::text(visit.number(whole(engine, name).unwrap_or_default()));
        vec![
            Html::text(text(engine, "node")),
            Html::text(text(engine, "program")),
            number("revision"),
            state(visit, if is(engine, "in_sync") { "in_sync" } else { "behind" }),
            number("age_ms"),
            number("unreadable"),
            Html::text(visit.when_of(engine, "at")),
        ]
    };
    let columns = ["node", "program", "revision", "state", "age-ms", "unreadable", "at"];
    page.add(Html::of(&Table {
        caption: visit.word("room", "engines"),
        columns: visit.columns(&columns, &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("engines-none"),
        next,
    }));
    let journals: Vec<Vec<Html>> = items(&reply).iter().filter_map(|engine| journal(visit, engine)).collect();
    if !journals.is_empty() {
        page.add(Html::paragraph(visit.say("journals-lead")));
        let columns = ["node", "state", "in-journal", "handed-in", "differing", "set-aside"];
        page.add(Html::of(&Table {
            caption: visit.say("journals"),
            columns: visit.columns(&columns, &[]),
            rows: journals,
            empty: String::new(),
            next: None,
        }));
    }
    Ok(Shown::Page(page))
}

/// The row of an engine that can stand in.
fn journal(visit: &Visit<'_>, engine: &Value) -> Option<Vec<Html>> {
    let journal = engine.get("journal").filter(|journal| journal.is_object())?;
    let number = |name: &str| whole(journal, name).unwrap_or_default();
    // What was set aside and what came out otherwise is looked at by a person.
    let counted = |name: &str| match number(name) {
        0 => Html::text("0"),
        count => tag(Tone::Bad, visit.number(count)),
    };
    let standing = match journal.get("away_since").filter(|since| since.is_string()) {
        Some(since) => {
            let told = visit.texts.with("journal-stands-in", &[("since", visit.when(since).as_str().into())]);
            tag(Tone::Bad, told)
        }
        None => tag(Tone::Good, visit.say("journal-at-ledger")),
    };
    Some(vec![
        Html::text(text(engine, "node")),
        standing,
        Html::text(visit.number(number("in_journal"))),
        Html::text(visit.number(number("handed_in"))),
        counted("differing"),
        counted("set_aside"),
    ])
}
