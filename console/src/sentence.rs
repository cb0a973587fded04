//! A benefit as a sentence: who, on what, when, gets what, at most how much, and who pays. What has no words of its own stays JSON.

use avis_core::telling;
use serde_json::Value;

use crate::formats::CURRENCY;
use crate::reading::{items_of, text, texts, whole};
use crate::visit::Visit;

/// The places of the sentence, each with what stands there.
pub(crate) fn sentence(visit: &Visit<'_>, content: &Value) -> Vec<(&'static str, String)> {
    let nothing = |name: &str| visit.word("sentence-none", name);
    let scope = content.get("scope").unwrap_or(&Value::Null);
    let products = texts(scope, "products");
    let except = texts(scope, "except_products");
    let mut on = if products.is_empty() { nothing("products") } else { products.join(", ") };
    if !except.is_empty() {
        on = visit
            .texts
            .with("sentence-except", &[("what", on.as_str().into()), ("but", except.join(", ").as_str().into())]);
    }
    let limits = items_of(content, "limits");
    let limits: Vec<String> = limits.iter().map(|one| limit(visit, one)).collect();
    let funding = items_of(content, "funding").iter().map(|one| {
        format!("{} {}", text(one, "payer"), whole(one, "rate").map(|rate| visit.percent(rate)).unwrap_or_default())
            .trim()
            .to_owned()
    });
    let funding: Vec<String> = funding.collect();
    vec![
        ("who", content.get("when").map_or_else(|| nothing("who"), |when| condition(visit, when))),
        ("on", on),
        ("at", providers(visit, scope.get("providers").unwrap_or(&Value::Null))),
        ("valid", span(visit, content.get("valid").unwrap_or(&Value::Null))),
        ("gets", content.get("effect").map_or_else(|| nothing("gets"), |effect| effect_told(visit, effect))),
        ("limits", if limits.is_empty() { nothing("limits") } else { limits.join("; ") }),
        ("paid-by", if funding.is_empty() { nothing("paid-by") } else { funding.join(", ") }),
        (
            "slot",
            match text(content, "slot") {
                "" => nothing("slot"),
                slot => slot.to_owned(),
            },
        ),
        ("priority", whole(content, "priority").unwrap_or_default().to_string()),
    ]
}

fn span(visit: &Visit<'_>, span: &Value) -> String {
    let from = span.get("from").map(|from| visit.when(from)).unwrap_or_default();
    let until = span.get("until").map(|until| visit.when(until)).unwrap_or_default();
    match (from.is_empty(), until.is_empty()) {
        (true, true) => visit.word("sentence-none", "valid"),
        (false, true) => visit.texts.with("span-from", &[("from", from.as_str().into())]),
        (true, false) => visit.texts.with("span-until", &[("until", until.as_str().into())]),
        (false, false) => {
            visit.texts.with("span-both", &[("from", from.as_str().into()), ("until", until.as_str().into())])
        }
    }
}

fn providers(visit: &Visit<'_>, providers: &Value) -> String {
    let mut all = texts(providers, "codes");
    all.extend(texts(providers, "tags").into_iter().map(|tag| format!("#{tag}")));
    if all.is_empty() { visit.word("sentence-none", "at") } else { all.join(", ") }
}

fn effect_told(visit: &Visit<'_>, effect: &Value) -> String {
    let Some((kind, how)) = effect.as_object().and_then(|fields| fields.iter().next()) else {
        return effect.to_string();
    };
    let amount = || visit.euro(whole(how, "amount").unwrap_or_default());
    match kind.as_str() {
        "percent" => {
            let rate = visit.percent(whole(how, "rate").unwrap_or_default());
            visit.texts.with("effect-percent", &[("rate", rate.as_str().into())])
        }
        "amount_off" => visit.texts.with("effect-amount-off", &[("amount", amount().as_str().into())]),
        "fixed_price" => visit.texts.with("effect-fixed-price", &[("amount", amount().as_str().into())]),
        "price_cap" => visit.texts.with("effect-price-cap", &[("amount", amount().as_str().into())]),
        "spend_cap" => {
            let window = how.get("window").and_then(Value::as_object).and_then(|window| window.keys().next());
            let window = window.map(|window| visit.word("window", window)).unwrap_or_default();
            visit
                .texts
                .with("effect-spend-cap", &[("amount", amount().as_str().into()), ("window", window.as_str().into())])
        }
        _ => format!("{kind} {how}"),
    }
}

fn limit(visit: &Visit<'_>, limit: &Value) -> String {
    let max = whole(limit, "max").unwrap_or_default();
    let max = match text(limit, "measure") {
        "discount" | "spent" => visit.euro(max),
        measure => format!("{max} {}", visit.word("measure", measure)),
    };
    let window = limit.get("window").and_then(Value::as_object).and_then(|window| window.keys().next());
    let window = window.map(|window| visit.word("window", window)).unwrap_or_default();
    format!("{max} {} {window}", visit.word("limit-scope", text(limit, "scope"))).trim().to_owned()
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
        test => telling::asked(test, how, CURRENCY, visit.language()),
    }
}
