//! Beside a draft: what the same sale comes to by the rules in force and with a draft, for who may try drafts.

use askama::Template;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Answer;
use super::form::Choice;
use super::play::Scene;
use super::result::name;
use super::setup::Setup;
use super::shares::{Shares, Who};
use crate::reading::{items, text};
use crate::view::{Column, Heading, Html, Notice, Table, Tone};
use crate::visit::Visit;
use avis_admin::control::{Code, Question, Refusal};
use avis_core::telling::money;

/// Drafts among which one is chosen: the newest.
const DRAFTS_MAX: usize = 50;

/// The choice of a draft.
#[derive(Template)]
#[template(
    source = r#"<form method="post" action="/try" id="drafted">{% for (name, value) in hidden %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
<div class="field"><label for="draft">{{ label }}</label><select id="draft" name="draft">{% for draft in drafts %}<option value="{{ draft.value }}"{% if draft.is_chosen %} selected{% endif %}>{{ draft.text }}</option>{% endfor %}</select></div>
<button class="quiet" name="do" value="compare">{{ submit }}</button></form>"#,
    ext = "html"
)]
struct Drafts {
    hidden: Vec<(&'static str, String)>,
    label: String,
    drafts: Vec<Choice>,
    submit: String,
}

/// The choice of a draft, and what the one that is chosen changes; nothing for who may not try drafts, and of what is no quote.
pub(super) fn part(visit: &Visit<'_>, setup: &Setup, scene: &Scene<'_>) -> Vec<Html> {
    let quote = scene.exchanges.iter().find(|exchange| exchange.call.path == "/v1/quote");
    let request = quote.and_then(|quote| quote.call.body.clone());
    let (Some(request), true) = (request, visit.has_action("try") && visit.has_action("drafts.read")) else {
        return Vec::new();
    };
    let mut parts = vec![
        Html::of(&Heading { id: "drafted-title", text: visit.say("try-drafted") }),
        Html::paragraph(visit.say("try-drafted-lead")),
    ];
    match choice(visit, scene) {
        Ok(Some(choice)) => parts.push(choice),
        Ok(None) => parts.push(Html::paragraph(visit.say("try-drafted-none"))),
        Err(refusal) => parts.push(refused(&refusal)),
    }
    if let Some(draft) = scene.state.draft {
        match compared(visit, setup, scene, &request, draft) {
            Ok(table) => parts.push(table),
            // Who came by an address alone asks by the button.
            Err(refusal) if refusal.code == Code::CrossSite => {}
            Err(refusal) => parts.push(refused(&refusal)),
        }
    }
    parts
}

fn refused(refusal: &Refusal) -> Html {
    let mut told = vec![refusal.detail.clone()];
    told.extend(refusal.errors.iter().map(|(pointer, detail)| format!("{pointer}: {detail}")));
    Html::of(&Notice { tone: Tone::Bad, text: told.join("; ") })
}

fn choice(visit: &Visit<'_>, scene: &Scene<'_>) -> Result<Option<Html>, Refusal> {
    let query = vec![("limit", DRAFTS_MAX.to_string()), ("newest_first", "true".to_owned())];
    let mut all = items(&visit.list("/drafts", query)?).to_vec();
    all.retain(|draft| text(draft, "state") != "published");
    // The one that is chosen may be an old one.
    let is_listed = |id: Uuid| all.iter().any(|draft| text(draft, "id") == id.to_string());
    if let Some(id) = scene.state.draft.filter(|id| !is_listed(*id)) {
        all.extend(visit.get(format!("/drafts/{id}")).ok().map(|reply| reply.body));
    }
    let draft = |item: &Value| {
        let (value, state) = (text(item, "id").to_owned(), visit.word("state", text(item, "state")));
        let is_chosen = scene.state.draft.is_some_and(|chosen| chosen.to_string() == value);
        Choice { value, text: format!("{} · {state}", text(item, "code")), is_chosen }
    };
    let drafts: Vec<Choice> = all.iter().map(draft).collect();
    let mut hidden = scene.state.fields();
    hidden.retain(|(name, _)| *name != "draft");
    let (label, submit) = (visit.say("try-drafted-choose"), visit.say("try-drafted-do"));
    Ok((!drafts.is_empty()).then(|| Html::of(&Drafts { hidden, label, drafts, submit })))
}

/// Who pays what, now and with the draft.
fn compared(
    visit: &Visit<'_>,
    setup: &Setup,
    scene: &Scene<'_>,
    request: &Value,
    draft: Uuid,
) -> Result<Html, Refusal> {
    let holder = setup.means(&scene.state.means).and_then(|means| means.holder.clone());
    let body = json!({"provider": scene.terminal.provider, "request": request, "holder": holder, "draft": draft});
    let reply = visit.ask(Question { method: "POST", path: "/decide".into(), body, ..Question::default() })?;
    let shares = |name: &str| {
        let answer = reply.body.get(name).cloned().unwrap_or_default();
        Shares::decided(&serde_json::from_value::<Answer>(answer).unwrap_or_default())
    };
    let (now, then) = (shares("now"), shares("then"));
    let mut all: Vec<&Who> = now.0.iter().map(|share| &share.who).collect();
    all.extend(then.0.iter().map(|share| &share.who).filter(|who| now.0.iter().all(|share| share.who != **who)));
    let told = |amount: i64| Html::text(money(amount, &scene.terminal.currency, visit.language()));
    let rows = all.iter().map(|who| vec![Html::text(name(visit, who)), told(now.of(who)), told(then.of(who))]);
    let table = Table {
        caption: visit.say("try-drafted"),
        columns: vec![
            Column::text(visit.word("column", "try-payer")),
            Column::number(visit.word("column", "try-now")),
            Column::number(visit.word("column", "try-then")),
        ],
        rows: rows.collect(),
        empty: String::new(),
        next: None,
    };
    let same = (now == then).then(|| Html::paragraph(visit.say("try-drafted-same")));
    Ok(Html::joined([Html::of(&table)].into_iter().chain(same)))
}
