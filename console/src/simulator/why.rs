//! Why it came out so, for who may know: each benefit that was looked at, and each of its conditions with the value that was read.

use askama::Template;
use serde_json::Value;

use crate::view::{Details, Html};
use crate::visit::Visit;

/// A benefit that was looked at.
#[derive(Template)]
#[template(
    source = r#"<h3>{{ title }}</h3><ul class="why">{% for (depth, mark, text) in conditions %}<li class="deep-{{ depth }}">{{ mark }} {{ text }}</li>{% endfor %}</ul>{% for verdict in verdicts %}<p>{{ verdict }}</p>{% endfor %}"#,
    ext = "html"
)]
struct Looked {
    title: String,
    /// Depth, mark, and what is asked and was read.
    conditions: Vec<(usize, &'static str, String)>,
    verdicts: Vec<String>,
}

/// How deep conditions are set in, at most.
const DEPTH_MAX: usize = 6;

/// The whole story, of an answer to `explain`.
pub(super) fn part(visit: &Visit<'_>, explained: &Value) -> Html {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let sentence = explained.get("explanation").map(|told| visit.named(told).to_owned()).unwrap_or_default();
    let mut parts = vec![Html::paragraph(sentence)];
    let Some(trace) = explained.get("trace") else { return Html::joined(parts) };
    let list = |name: &str| trace.get(name).and_then(Value::as_array).map_or(&[][..], |list| &**list);
    for candidate in list("candidates") {
        let name = candidate.get("name").map(|name| visit.named(name)).unwrap_or_default();
        let (benefit, version) = (text(candidate, "benefit"), candidate.get("version").and_then(Value::as_i64));
        let mut conditions = Vec::new();
        candidate.get("when").iter().for_each(|when| put(visit, when, 0, &mut conditions));
        let lines = candidate.get("lines").and_then(Value::as_array).map_or(&[][..], |list| &**list);
        let mut verdicts = Vec::new();
        for line in lines {
            line.get("when").iter().for_each(|when| put(visit, when, 0, &mut conditions));
            let because = line.get("because").and_then(Value::as_str).unwrap_or("eligible");
            let turn = list("turns").iter().find(|turn| {
                ["benefit", "version"].iter().all(|name| turn.get(*name) == candidate.get(*name))
                    && turn.get("line_id") == line.get("line_id")
            });
            let (family, word) = match turn {
                Some(turn) => ("try-turn", text(turn, "turn")),
                None => ("try-because", because.to_owned()),
            };
            let told =
                if family == "try-turn" { visit.word("try-turn", &word) } else { visit.word("try-because", &word) };
            let line_id = text(line, "line_id");
            let arguments = [("n", (&*line_id).into()), ("verdict", (&*told).into())];
            verdicts.push(visit.texts.with("try-verdict", &arguments));
        }
        let title = format!("{name} · {benefit} v{}", version.unwrap_or_default());
        parts.push(Html::of(&Looked { title, conditions, verdicts }));
    }
    Html::of(&Details { summary: visit.say("try-why"), parts, is_open: true })
}

/// A condition and its parts, each set in by its depth.
fn put(visit: &Visit<'_>, node: &Value, depth: usize, conditions: &mut Vec<(usize, &'static str, String)>) {
    let Some(test) = node.get("test").and_then(Value::as_str) else { return };
    let mark = match node.get("answer").and_then(Value::as_str) {
        Some("true") => "✓",
        Some("false") => "✗",
        _ => "?",
    };
    let asks = node.get("asks").map(|asks| format!(" {asks}")).unwrap_or_default();
    let read = node.get("read").map(|read| match read {
        Value::Null => visit.say("try-nothing-read"),
        read => visit.texts.with("try-read", &[("read", (&*read.to_string()).into())]),
    });
    let read = read.map(|read| format!(" — {read}")).unwrap_or_default();
    let named = visit.word("try-test", test);
    conditions.push((depth.min(DEPTH_MAX), mark, format!("{named}{asks}{read}")));
    let parts = node.get("parts").and_then(Value::as_array);
    parts.into_iter().flatten().for_each(|part| put(visit, part, depth + 1, conditions));
}
