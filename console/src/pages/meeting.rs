//! What a draft of a benefit would change where it meets others: in which order they would be considered, who would not be reached any
//! more, and for whom another would pay. It is decided anew for that, so that it is told of one provider, and to who asks.

use avis_admin::control::{Code, Question, Refusal, encoded};
use serde_json::{Value, json};

use crate::reading::{is, items_of, state, text, texts, whole};
use crate::view::{Field, Heading, Html, Notice, Search, Table, Tone, Ways, link, tag};
use crate::visit::Visit;

/// Under which name the address has the provider of which it is told.
pub(super) const AT: &str = "at";
const PREVIEW: &str = "/providers/{code}/priorities/preview";
/// Benefits that are told before a draft, and behind it.
const AROUND: usize = 10;
/// Providers that are named as ways.
const WAYS_MAX: usize = 8;

/// Whether the address asks for a provider.
pub(super) fn is_asked(visit: &Visit<'_>) -> bool {
    !visit.query.text(AT).is_empty()
}

/// The part of a draft's page.
///
/// # Errors
/// What the control plane refuses, but what makes the draft one that can't be decided.
pub(super) fn part(visit: &Visit<'_>, draft: &Value) -> Result<Html, Refusal> {
    let is_open = matches!(text(draft, "state"), "draft" | "submitted" | "approved" | "scheduled");
    if text(draft, "kind") != "benefit" || !is_open || !visit.may("POST", PREVIEW) {
        return Ok(Html::default());
    }
    let mut parts = vec![Html::of(&Heading { id: "meeting", text: visit.say("meeting-title") })];
    let chosen = visit.query.text(AT);
    parts.push(ways(visit, draft, chosen));
    if !chosen.is_empty() {
        parts.push(previewed(visit, draft, chosen)?);
    }
    Ok(Html::joined(parts))
}

/// To the providers that the draft names; any other one is typed.
fn ways(visit: &Visit<'_>, draft: &Value, chosen: &str) -> Html {
    let scope = draft.pointer("/content/scope/providers").unwrap_or(&Value::Null);
    let way = |code: &String| {
        let address = format!("{}?{AT}={}#meeting", visit.path, encoded(code));
        link(address, visit.texts.with("meeting-at", &[("provider", code.as_str().into())]))
    };
    let named = texts(scope, "codes");
    let ways = Html::of(&Ways { ways: named.iter().take(WAYS_MAX).map(way).collect() });
    let field = Field::new(AT, visit.word("column", "provider")).value(chosen);
    let search = visit.searched(Search { address: "", fields: vec![field], submit: visit.say("meeting-look") });
    let lead = Html::paragraph(visit.say("meeting-lead"));
    Html::joined(if named.is_empty() { vec![lead, search] } else { vec![lead, ways, search] })
}

fn previewed(visit: &Visit<'_>, draft: &Value, provider: &str) -> Result<Html, Refusal> {
    let path = format!("/providers/{}/priorities/preview", encoded(provider));
    let body = json!({"draft": text(draft, "id")});
    let asked = visit.ask(Question { method: "POST", path, body, ..Question::default() });
    let found = match asked {
        // Who came by an address alone asks by the button.
        Err(refusal) if refusal.code == Code::CrossSite => return Ok(Html::default()),
        // No such provider, or a draft that says nothing that could be decided.
        Err(refusal) if matches!(refusal.code.status(), 404 | 409 | 422) => {
            let unknown = [("provider", provider.into())];
            let told = if refusal.code.status() == 404 { "meeting-no-provider" } else { "meeting-not-decided" };
            return Ok(Html::of(&Notice { tone: Tone::Warn, text: visit.texts.with(told, &unknown) }));
        }
        asked => asked?.body,
    };
    let slots: Vec<&[Value]> = items_of(&found, "slots").iter().map(|slot| items_of(slot, "benefits")).collect();
    let own = slots.iter().find_map(|slot| Some((*slot, slot.iter().position(|one| is(one, "is_draft"))?)));
    let Some((slot, place)) = own else {
        let text = visit.texts.with("meeting-alone", &[("provider", provider.into())]);
        return Ok(Html::of(&Notice { tone: Tone::Plain, text }));
    };
    let as_of = visit.texts.with("meeting-as-of", &[("at", visit.when_of(&found, "at").as_str().into())]);
    let as_of = Html::paragraph(as_of);
    Ok(Html::joined([as_of, reached(visit, draft, &slots), order(visit, slot, place), payers(visit, &found)]))
}

/// Who is not reached any more because of the draft.
fn reached(visit: &Visit<'_>, draft: &Value, slots: &[&[Value]]) -> Html {
    let code = text(draft, "code");
    let is_by_draft = |one: &&Value| items_of(one, "warnings").iter().any(|warning| text(warning, "by") == code);
    let lost: Vec<&str> = slots.iter().copied().flatten().filter(is_by_draft).map(|one| text(one, "code")).collect();
    let notice = if lost.is_empty() {
        Notice { tone: Tone::Good, text: visit.say("meeting-all-reached") }
    } else {
        let benefits = lost.join(", ");
        let text = visit.texts.with("meeting-unreachable", &[("benefits", benefits.as_str().into())]);
        Notice { tone: Tone::Bad, text }
    };
    Html::of(&notice)
}

/// Those around the draft, in the order in which they would be considered.
fn order(visit: &Visit<'_>, slot: &[Value], place: usize) -> Html {
    let first = place.saturating_sub(AROUND);
    let row = |(number, one): (usize, &Value)| {
        let mut told = vec![state(visit, text(one, "state"))];
        if is(one, "is_draft") {
            told.push(tag(Tone::Warn, visit.word("waiting", "draft")));
        }
        for warning in items_of(one, "warnings") {
            let by = text(warning, "by");
            told.push(tag(Tone::Bad, visit.texts.with("priorities-unreachable", &[("by", by.into())])));
        }
        let code = text(one, "code");
        vec![
            Html::text((number + 1).to_string()),
            if is(one, "is_draft") { Html::text(code) } else { link(format!("/benefits/{}", encoded(code)), code) },
            Html::text(text(one, "grantor")),
            Html::text(whole(one, "priority").unwrap_or_default().to_string()),
            Html::joined(told),
        ]
    };
    Html::of(&Table {
        caption: visit.say("meeting-order"),
        columns: visit.columns(&["place", "benefit", "grantor", "priority", "state"], &[]),
        rows: slot.iter().enumerate().skip(first).take(2 * AROUND + 1).map(row).collect(),
        empty: String::new(),
        next: None,
    })
}

/// For whom another would pay, in cases and in the newest sales.
fn payers(visit: &Visit<'_>, found: &Value) -> Html {
    let decided = found.get("decided").unwrap_or(&Value::Null);
    let number = |of: &Value, name: &str| whole(of, name).unwrap_or_default();
    let counts = [("cases", number(decided, "cases").into()), ("records", number(decided, "records").into())];
    let payer = |change: &Value, name: &str| match text(change, name) {
        "" => Html::text(visit.say("try-person")),
        code => Html::text(code),
    };
    let row = |change: &Value| {
        let count = |name: &str| Html::text(visit.number(number(change, name)));
        vec![payer(change, "from"), payer(change, "to"), count("cases"), count("records")]
    };
    let table = Table {
        caption: visit.say("meeting-payers"),
        columns: visit.columns(&["pays-now", "would-pay"], &["in-cases", "in-sales"]),
        rows: items_of(found, "changes_payer").iter().map(row).collect(),
        empty: visit.say("meeting-same-payers"),
        next: None,
    };
    Html::joined([Html::of(&table), Html::paragraph(visit.texts.with("meeting-decided", &counts))])
}
