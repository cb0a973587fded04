//! A benefit, a programme or a campaign as a sentence: who, on what, when, gets what, at most how much, and who pays. What has no words of
//! its own stays JSON.

mod beside;
pub(crate) mod case;
mod differing;
mod programme;

use avis_core::telling;
use serde_json::Value;

use crate::reading::{items_of, text, texts, whole};
use crate::view::Html;
use crate::visit::Visit;

pub(crate) use differing::differences;
use programme::rules as rules_of_programme;

/// Places that are told also where a benefit says nothing of them.
const ALWAYS: [&str; 13] = [
    "who",
    "on",
    "at",
    "valid",
    "gets",
    "limits",
    "paid-by",
    "slot",
    "priority",
    "earn",
    "expiry",
    "redeem",
    "coupon-uses",
];

/// Every place of the sentence of a draft of a kind with what stands there, or with what holds where nothing does.
pub(crate) fn sentence(visit: &Visit<'_>, kind: &str, content: &Value) -> Vec<(&'static str, String)> {
    let places = told(visit, kind, content).into_iter();
    places
        .map(|(place, told)| (place, within_room(visit, told.unwrap_or_else(|| visit.word("sentence-none", place)))))
        .collect()
}

/// Characters of what stands at one place; of more the rest is in its fields and its JSON.
const PLACE_CHARACTERS_MAX: usize = 1_500;

fn within_room(visit: &Visit<'_>, told: String) -> String {
    match told.char_indices().nth(PLACE_CHARACTERS_MAX) {
        None => told,
        Some((end, _)) => format!("{}… ({})", told.get(..end).unwrap_or_default(), visit.say("sentence-long")),
    }
}

/// What a version of a kind says, by what its places are called: those that say something, and those that everybody looks for.
pub(crate) fn said(visit: &Visit<'_>, kind: &str, content: &Value) -> Vec<(String, Html)> {
    let places = told(visit, kind, content).into_iter();
    let looked_for = places.filter(|(place, told)| told.is_some() || ALWAYS.contains(place));
    let row = |(place, told): (&str, Option<String>)| {
        let told = told.unwrap_or_else(|| visit.word("sentence-none", place));
        (visit.word("sentence", place), Html::text(within_room(visit, told)))
    };
    looked_for.map(row).collect()
}

/// What a benefit gives.
pub(crate) fn gets(visit: &Visit<'_>, content: &Value) -> Option<String> {
    content.get("effect").map(|effect| effect_told(visit, effect, text(content, "base")))
}

/// What stands in each place of the sentence; none where nothing does.
fn told(visit: &Visit<'_>, kind: &str, content: &Value) -> Vec<(&'static str, Option<String>)> {
    match kind {
        "program" => programme::told(visit, content),
        "campaign" => programme::campaign(visit, content),
        _ => benefit(visit, content),
    }
}

fn benefit(visit: &Visit<'_>, content: &Value) -> Vec<(&'static str, Option<String>)> {
    let scope = content.get("scope").unwrap_or(&Value::Null);
    let limits: Vec<String> = items_of(content, "limits").iter().map(|one| limit(visit, one)).collect();
    let slot = Some(text(content, "slot")).filter(|slot| !slot.is_empty());
    vec![
        ("named", beside::named(visit, content)),
        ("who", content.get("when").map(|when| condition(visit, when))),
        ("covers", beside::covers(visit, content)),
        ("on", products(visit, scope)),
        ("at", providers(scope.get("providers").unwrap_or(&Value::Null))),
        ("valid", valid(visit, content)),
        ("gets", gets(visit, content)),
        ("rounding", beside::rounding(visit, content)),
        ("bounds", beside::bounds(visit, content)),
        ("units", beside::units(visit, content)),
        ("only", beside::only(visit, content)),
        ("limits", Some(limits.join("; ")).filter(|limits| !limits.is_empty())),
        ("paid-by", funding(visit, content)),
        ("offline", beside::offline(visit, content)),
        ("points", beside::points(visit, content)),
        ("slot", slot.map(str::to_owned)),
        ("priority", Some(whole(content, "priority").unwrap_or_default().to_string())),
        ("stopped", beside::stopped(visit, content)),
    ]
}

fn products(visit: &Visit<'_>, scope: &Value) -> Option<String> {
    let (products, except) = (texts(scope, "products"), texts(scope, "except_products"));
    let on = if products.is_empty() { visit.word("sentence-none", "on") } else { products.join(", ") };
    match (products.is_empty(), except.is_empty()) {
        (true, true) => None,
        (false, true) => Some(on),
        (_, false) => {
            let except = except.join(", ");
            Some(visit.texts.with("sentence-except", &[("what", on.as_str().into()), ("but", except.as_str().into())]))
        }
    }
}

fn funding(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let payers: Vec<String> = items_of(content, "funding").iter().map(|one| payer(visit, one)).collect();
    Some(payers.join(", ")).filter(|payers| !payers.is_empty())
}

fn payer(visit: &Visit<'_>, one: &Value) -> String {
    let rate = whole(one, "rate").map(|rate| visit.percent(rate)).unwrap_or_default();
    format!("{} {rate}", text(one, "payer")).trim().to_owned()
}

/// When it is in force, and by which clock.
fn valid(visit: &Visit<'_>, content: &Value) -> Option<String> {
    beside::listed([span(visit, beside::of(content, "valid")), beside::zone(visit, content)])
}

fn span(visit: &Visit<'_>, span: &Value) -> Option<String> {
    let from = span.get("from").map(|from| visit.when(from)).unwrap_or_default();
    let until = span.get("until").map(|until| visit.when(until)).unwrap_or_default();
    Some(match (from.is_empty(), until.is_empty()) {
        (true, true) => return None,
        (false, true) => visit.texts.with("span-from", &[("from", from.as_str().into())]),
        (true, false) => visit.texts.with("span-until", &[("until", until.as_str().into())]),
        (false, false) => {
            visit.texts.with("span-both", &[("from", from.as_str().into()), ("until", until.as_str().into())])
        }
    })
}

fn providers(providers: &Value) -> Option<String> {
    let mut all = texts(providers, "codes");
    all.extend(texts(providers, "tags").into_iter().map(|tag| format!("#{tag}")));
    Some(all.join(", ")).filter(|all| !all.is_empty())
}

fn effect_told(visit: &Visit<'_>, effect: &Value, base: &str) -> String {
    let Some((kind, how)) = effect.as_object().and_then(|fields| fields.iter().next()) else {
        return effect.to_string();
    };
    let amount = visit.amount(whole(how, "amount").unwrap_or_default());
    let of_amount = |name: &str| visit.texts.with(name, &[("amount", amount.as_str().into())]);
    let told = match kind.as_str() {
        "percent" => {
            let rate = visit.percent(whole(how, "rate").unwrap_or_default());
            visit.texts.with("effect-percent", &[("rate", rate.as_str().into())])
        }
        "amount_off" => match text(how, "per") {
            "" => of_amount("effect-amount-off"),
            per => format!("{} {}", of_amount("effect-amount-off"), visit.word("per", per)),
        },
        "fixed_price" => of_amount("effect-fixed-price"),
        "price_cap" => of_amount("effect-price-cap"),
        "spend_cap" => {
            let window = window(visit, how);
            let places = [("amount", amount.as_str().into()), ("window", window.as_str().into())];
            visit.texts.with("effect-spend-cap", &places)
        }
        _ => format!("{kind} {how}"),
    };
    if base == "gross" { format!("{told} {}", visit.say("effect-of-gross")) } else { told }
}

/// The window of a limit or a cap.
fn window(visit: &Visit<'_>, of: &Value) -> String {
    let Some((word, how)) = of.get("window").and_then(Value::as_object).and_then(|window| window.iter().next()) else {
        return String::new();
    };
    match (word.as_str(), whole(how, "days").or_else(|| whole(how, "minutes"))) {
        ("rolling", Some(days)) => visit.texts.with("within-days", &[("n", days.into())]),
        ("from_first", Some(minutes)) => visit.texts.with("within-minutes", &[("n", minutes.into())]),
        (word, _) => visit.word("window", word),
    }
}

/// So many uses or units.
fn measured(visit: &Visit<'_>, measure: &str, count: i64) -> String {
    visit.texts.with(if measure == "uses" { "measured-uses" } else { "measured-units" }, &[("n", count.into())])
}

fn limit(visit: &Visit<'_>, limit: &Value) -> String {
    let max = whole(limit, "max").unwrap_or_default();
    let max = match text(limit, "measure") {
        "discount" | "spent" => visit.amount(max),
        measure => measured(visit, measure, max),
    };
    let told = format!("{max} {} {}", visit.word("limit-scope", text(limit, "scope")), window(visit, limit));
    let carried = limit.get("carry_over").map(|carried| text(carried, "until")).unwrap_or_default();
    let carried = match carried {
        "" => None,
        until => Some(visit.texts.with("limit-carries", &[("until", until.into())])),
    };
    let unfunded = (text(limit, "on_exhausted") == "unfunded").then(|| visit.word("exhausted", "unfunded"));
    [Some(told.trim().to_owned()), carried, unfunded].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A condition; all, any and not are said as such.
fn condition(visit: &Visit<'_>, when: &Value) -> String {
    let Some((kind, how)) = when.as_object().and_then(|fields| fields.iter().next()) else { return when.to_string() };
    let joined = |with: &str| {
        let parts = how.as_array().into_iter().flatten().map(|one| {
            let told = condition(visit, one);
            let is_nested = one.get("all").is_some() || one.get("any").is_some();
            if is_nested { format!("({told})") } else { told }
        });
        parts.collect::<Vec<_>>().join(&format!(" {} ", visit.word("join", with)))
    };
    match kind.as_str() {
        "all" => joined("all"),
        "any" => joined("any"),
        "not" => visit.texts.with("when-not", &[("what", condition(visit, how).as_str().into())]),
        test => telling::asked(test, how, visit.currency(), visit.language()),
    }
}
