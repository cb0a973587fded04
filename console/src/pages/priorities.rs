//! What meets at a provider, in the order of a decision; an own benefit is moved by buttons, as a draft of its next version.

use avis_admin::control::{Refusal, encoded};
use serde_json::{Value, json};

use super::{Shown, Stepped, benefits, meeting};
use crate::layout::Page;
use crate::reading::{is, items, items_of, state, text, texts, whole};
use crate::view::{Field, Form, Heading, Html, Kind, Table, Tone, link, next, tag};
use crate::visit::Visit;

/// Rows of one page.
const ROWS_MAX: i64 = 50;
/// The largest priority of a benefit.
const PRIORITY_MAX: i64 = 9_999;

/// The providers at which benefits meet.
pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    providers(visit, "priorities", visit.say("priorities-lead"))
}

/// The page of a room in which a provider is chosen, each leading to its own.
pub(super) fn providers(visit: &Visit<'_>, room: &str, lead: String) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", room));
    page.add(Html::paragraph(lead));
    let (reply, next) = visit.page_of("/providers", vec![("limit", "100".into())])?;
    let row = |provider: &Value| {
        let code = text(provider, "code");
        vec![link(format!("/{room}/{code}"), code), Html::text(texts(provider, "tags").join(", "))]
    };
    page.add(Html::of(&Table {
        caption: visit.word("column", "provider"),
        columns: visit.columns(&["provider", "tags"], &[]),
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("priorities-none"),
        next,
    }));
    Ok(Shown::Page(page))
}

/// What meets at one provider.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let provider = visit.parameter("code");
    // So many rows from the one that the address names, slot by slot.
    let first = visit.query.text("row").parse::<i64>().unwrap_or(1).max(1);
    let rows = vec![("row", first.to_string()), ("rows", ROWS_MAX.to_string())];
    let meeting = visit.list(format!("/providers/{provider}/priorities"), rows)?.body;
    let mut page = Page::new(visit.texts.with("priorities-at", &[("provider", provider.into())]));
    page.add(Html::paragraph(visit.say("priorities-order")));
    let moves = visit.may("POST", "/drafts");
    for slot in items_of(&meeting, "slots") {
        let name = text(slot, "name");
        let counted = |field: &str| whole(slot, field).and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
        let (before, of) = (counted("before"), counted("of"));
        if !name.is_empty() {
            let policy = visit.word("policy", text(slot, "policy"));
            page.add(Html::of(&Heading { id: "", text: format!("{name} · {policy}") }));
        }
        let benefits = (before..).zip(items_of(slot, "benefits"));
        let rows = benefits.map(|(place, benefit)| row(visit, benefit, (place, of), moves));
        page.add(Html::of(&Table {
            caption: if name.is_empty() { visit.say("priorities-alone") } else { name.to_owned() },
            columns: visit.columns(&["place", "benefit", "grantor", "priority", "state", "action"], &[]),
            rows: rows.collect(),
            empty: String::new(),
            next: None,
        }));
    }
    let behind = first.saturating_add(ROWS_MAX);
    if behind <= whole(&meeting, "of").unwrap_or_default() {
        page.add(next(format!("{}?row={behind}", visit.path), visit.say("table-next")));
    }
    Ok(Shown::Page(page))
}

fn row(visit: &Visit<'_>, benefit: &Value, (place, of): (usize, usize), moves: bool) -> Vec<Html> {
    let code = text(benefit, "code");
    let mut told = vec![state(visit, text(benefit, "state"))];
    for warning in items_of(benefit, "warnings") {
        let by = text(warning, "by");
        told.push(tag(Tone::Bad, visit.texts.with("priorities-unreachable", &[("by", by.into())])));
    }
    let is_moved = moves && is(benefit, "mine") && of > 1;
    let actions = if is_moved { buttons(visit, code, (place, of)) } else { Html::default() };
    vec![
        Html::text((place + 1).to_string()),
        link(format!("/benefits/{code}"), code),
        Html::text(text(benefit, "grantor")),
        Html::text(whole(benefit, "priority").unwrap_or_default().to_string()),
        Html::joined(told),
        actions,
    ]
}

/// Up, down, and to a place; places are counted from one, as people see them.
fn buttons(visit: &Visit<'_>, code: &str, (place, of): (usize, usize)) -> Html {
    let button = |step: &str, to: usize, says: &str| {
        let label = visit.texts.with(says, &[("benefit", code.into())]);
        visit.form(Form::new(format!("{step}:{code}"), label).hidden("place", to.to_string()).quiet())
    };
    let mut parts = Vec::new();
    if place > 0 {
        parts.push(button("up", place, "priorities-up"));
    }
    if place + 1 < of {
        parts.push(button("down", place + 2, "priorities-down"));
    }
    if of > 2 {
        let field = Field::new("place", visit.say("priorities-place")).kind(Kind::Line("number"));
        parts.push(visit.form(Form::new(format!("move:{code}"), visit.say("priorities-move")).field(field).quiet()));
    }
    Html::joined(parts)
}

/// Drafts the next version of a benefit with the priority of another place. Nobody else's benefit changes by it.
pub(super) fn step(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let (provider, code) = (visit.parameter("code"), visit.which().to_owned());
    let meeting = visit.get(format!("/providers/{provider}/priorities"))?.body;
    let slots = items_of(&meeting, "slots").iter().map(|slot| items_of(slot, "benefits"));
    let slot: Vec<&Value> =
        slots.filter(|meeting| meeting.iter().any(|benefit| text(benefit, "code") == code)).flatten().collect();
    let others: Vec<i64> =
        slot.iter().filter(|one| text(one, "code") != code).filter_map(|one| whole(one, "priority")).collect();
    let typed = visit.form.text("place").trim().parse::<usize>().ok();
    let place = typed.filter(|place| (1..=slot.len()).contains(place));
    let expected = || visit.texts.with("priorities-no-place", &[("last", slot.len().to_string().as_str().into())]);
    let place = place.ok_or_else(|| Visit::at("place", &expected()))?;
    let priority = between(&others, place - 1);
    let draft =
        benefits::draft_next(visit, &code, |fields| drop(fields.insert("priority".to_owned(), json!(priority))))?;
    Ok(Stepped::Go(format!("{draft}?done=moved&{}={}", meeting::AT, encoded(provider))))
}

/// A priority by which a benefit comes before the one that stands at a place now, and after the one before that.
fn between(others: &[i64], place: usize) -> i64 {
    let before = place.checked_sub(1).and_then(|before| others.get(before)).copied();
    match (before, others.get(place).copied()) {
        (None, None) => 0,
        (Some(before), None) => (before + 10).min(PRIORITY_MAX),
        (None, Some(after)) => (after - 10).max(0),
        // Where there is no number between, the one behind: among equals the code decides.
        (Some(before), Some(after)) => {
            if after - before > 1 {
                before + (after - before) / 2
            } else {
                after
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn a_place_has_a_priority_between_its_neighbours() {
        let others = [10, 20, 21];
        assert_eq!([0, 1, 2, 3].map(|place| between(&others, place)), [0, 15, 21, 31]);
        assert_eq!((between(&[], 0), between(&[9_999], 1)), (0, 9_999));
    }
}
