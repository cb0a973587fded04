//! Why each benefit gave what it gave, as the core tells it: a line a candidate, with its conditions, what was read, and what would
//! change it.

use serde_json::Value;

use crate::reading::{items_of, text, whole};
use crate::view::{Details, Html, Notice, Table, Tone, link, tag};
use crate::visit::Visit;

/// A part for each line.
pub(crate) fn lines(visit: &Visit<'_>, lines: &[Value]) -> Vec<Html> {
    lines.iter().map(|line| considered(visit, line)).collect()
}

/// A benefit: what became of it, and opened its conditions and what would change it.
fn considered(visit: &Visit<'_>, line: &Value) -> Html {
    let name = line.get("name").map(|name| visit.named(name)).filter(|name| !name.is_empty());
    let words = visit.named(line.get("words").unwrap_or(&Value::Null));
    let mut parts = Vec::new();
    let conditions = items_of(line, "conditions");
    if !conditions.is_empty() {
        parts.push(table(visit, conditions));
    }
    let change = line.get("would_change").map(|words| visit.named(words)).unwrap_or_default();
    if !change.is_empty() {
        let text = visit.texts.with("why-change", &[("change", change.into())]);
        parts.push(Html::of(&Notice { tone: Tone::Warn, text }));
    }
    let benefit = text(line, "benefit");
    let version = whole(line, "version").unwrap_or_default();
    let told = visit.texts.with("why-benefit", &[("benefit", benefit.into()), ("version", version.into())]);
    parts.push(if visit.may("GET", "/benefits") {
        link(format!("/benefits/{benefit}"), told)
    } else {
        Html::text(told)
    });
    let gave = whole(line, "amount").unwrap_or_default() > 0;
    Html::of(&Details { summary: format!("{}: {words}", name.unwrap_or(benefit)), parts, is_open: !gave })
}

/// The conditions; where each was read from, if that is told.
fn table(visit: &Visit<'_>, conditions: &[Value]) -> Html {
    let has_sources = conditions.iter().any(|one| one.get("source").is_some_and(|source| !source.is_null()));
    let source: &[&str] = if has_sources { &["source"] } else { &[] };
    Html::of(&Table {
        caption: visit.say("why-conditions"),
        columns: visit.columns(&[&["condition", "answer", "read"], source].concat(), &[]),
        rows: conditions.iter().map(|condition| row(visit, condition, has_sources)).collect(),
        empty: String::new(),
        next: None,
    })
}

/// A condition as a sentence, with its answer, the value read, and where that is from.
fn row(visit: &Visit<'_>, condition: &Value, has_sources: bool) -> Vec<Html> {
    let answer = text(condition, "answer");
    let tone = match answer {
        "true" => Tone::Good,
        "false" => Tone::Bad,
        _ => Tone::Warn,
    };
    let depth = usize::try_from(whole(condition, "depth").unwrap_or_default()).unwrap_or_default().min(20);
    let words = visit.named(condition.get("words").unwrap_or(&Value::Null));
    let read = condition.get("read").filter(|read| !read.is_null()).map(plain);
    let mut cells = vec![
        Html::text(format!("{}{words}", "– ".repeat(depth))),
        tag(tone, visit.word("answer", answer)),
        Html::text(read.unwrap_or_default()),
    ];
    if has_sources {
        let source = condition.get("source").filter(|source| !source.is_null());
        let source = source.map(|source| {
            let at = visit.when_of(source, "at");
            format!("{} {at}", visit.word("source", text(source, "kind")))
        });
        cells.push(Html::text(source.unwrap_or_default()));
    }
    cells
}

/// What was read, as people write it.
fn plain(read: &Value) -> String {
    match read {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
