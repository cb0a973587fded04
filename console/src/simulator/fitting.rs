//! With what the till begins for who comes from a benefit or a draft: a sale at which the benefit gives something, else one of what it
//! is for.

use avis_core::telling::money;
use serde_json::Value;
use uuid::Uuid;

use super::Simulator;
use super::play::{Scene, play};
use super::state::{Row, State};
use crate::reading::{text, texts};
use crate::view::{Html, Notice, Tone, Ways, link};
use crate::visit::Visit;

/// Sales that are tried.
const TRIED_MAX: usize = 8;

/// A sale for the benefit or the draft that a state names; none where nothing is sold here that it is for, or who visits does not read it.
pub(super) fn begun(visit: &Visit<'_>, simulator: &Simulator, named: &State, fresh: Uuid) -> Option<State> {
    let path = match named.draft {
        Some(draft) => format!("/drafts/{draft}"),
        None if named.benefit.is_empty() => return None,
        None => format!("/benefits/{}", avis_admin::control::encoded(&named.benefit)),
    };
    let read = visit.get(path).ok()?.body;
    let scope = read.pointer("/content/scope")?;
    let sales: Vec<State> = sales(visit, simulator).filter(|sale| is_for(scope, sale)).take(TRIED_MAX).collect();
    let gives = |sale: &&State| {
        let played = play(&simulator.setup, &*simulator.engine, (*sale).clone(), None, fresh, false);
        played.is_ok_and(|scene| given(&scene, text(&read, "code")) > 0)
    };
    sales.iter().find(gives).or(sales.first()).cloned()
}

/// What can be sold: examples, those that are answered with a reason last, and one of each product.
fn sales<'s>(visit: &Visit<'_>, simulator: &'s Simulator) -> impl Iterator<Item = State> + use<'s> {
    let setup = &simulator.setup;
    let mut examples: Vec<_> = setup.examples(visit.language()).collect();
    examples.sort_by_key(|example| example.reason.is_some());
    let single = setup.terminals.iter().flat_map(move |till| {
        setup.offers(till).map(move |offer| State {
            rows: vec![Row { product: offer.product.clone(), quantity: "1".to_owned(), ..Row::default() }],
            ..State { terminal: till.terminal.clone(), ..State::default() }
        })
    });
    examples.into_iter().map(|example| example.state).chain(single)
}

/// Whether something of a sale is what a benefit is for.
fn is_for(scope: &Value, sale: &State) -> bool {
    let (products, except) = (texts(scope, "products"), texts(scope, "except_products"));
    let is_of = |product: &str, of: &[String]| {
        of.iter().any(|of| product.strip_prefix(&**of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    };
    sale.rows.iter().any(|row| (products.is_empty() || is_of(&row.product, &products)) && !is_of(&row.product, &except))
}

/// What a benefit gives of a sale.
fn given(scene: &Scene<'_>, benefit: &str) -> i64 {
    let lines = scene.answer.iter().flat_map(|answer| &answer.lines);
    let discounts = lines.flat_map(|line| &line.discounts).filter(|discount| discount.benefit == benefit);
    discounts.map(|discount| discount.amount).fold(0, i64::saturating_add)
}

/// What the benefit that is looked at gives of this sale, with the way back to it.
pub(super) fn part(visit: &Visit<'_>, scene: &Scene<'_>) -> Html {
    let code = &*scene.state.benefit;
    if code.is_empty() || scene.answer.is_none() {
        return Html::default();
    }
    let (tone, told) = match given(scene, code) {
        0 => (Tone::Warn, visit.texts.with("try-benefit-nothing", &[("benefit", code.into())])),
        amount => {
            let amount = money(amount, &scene.terminal.currency, visit.language());
            let both = [("benefit", code.into()), ("amount", (&*amount).into())];
            (Tone::Good, visit.texts.with("try-benefit-gives", &both))
        }
    };
    let back = match &visit.me {
        Some(_) => link(format!("/benefits/{}", avis_admin::control::encoded(code)), visit.say("benefit-back")),
        None => Html::default(),
    };
    Html::joined([Html::of(&Notice { tone, text: told }), Html::of(&Ways { ways: vec![back] })])
}
