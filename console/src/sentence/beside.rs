//! What a benefit says beside its effect, each place in words; none of a place of which it says nothing.

use serde_json::Value;

use crate::reading::{is, items_of, text, texts, whole};
use crate::visit::Visit;

/// What is said, with commas between; none of nothing.
pub(super) fn listed(parts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let said = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    Some(said).filter(|said| !said.is_empty())
}

pub(super) fn of<'v>(content: &'v Value, name: &str) -> &'v Value {
    content.get(name).unwrap_or(&Value::Null)
}

/// An amount in a message.
pub(super) fn amount(visit: &Visit<'_>, of: &Value, name: &str, message: &str) -> Option<String> {
    let amount = visit.amount(whole(of, name)?);
    Some(visit.texts.with(message, &[("amount", amount.as_str().into())]))
}

/// A share in a message.
pub(super) fn rate(visit: &Visit<'_>, of: &Value, name: &str, message: &str) -> Option<String> {
    let rate = visit.percent(whole(of, name)?);
    Some(visit.texts.with(message, &[("rate", rate.as_str().into())]))
}

/// A number in a message.
pub(super) fn number(visit: &Visit<'_>, of: &Value, name: &str, message: &str) -> Option<String> {
    Some(visit.texts.with(message, &[("n", whole(of, name)?.into())]))
}

/// A word of a field.
pub(super) fn word(visit: &Visit<'_>, of: &Value, name: &str, family: &str) -> Option<String> {
    let word = text(of, name);
    (!word.is_empty()).then(|| visit.word(family, word))
}

pub(super) fn named(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let name = |of: &Value| Some(visit.named(of).to_owned()).filter(|name| !name.is_empty());
    let public = name(of(content, "public_name"));
    let public = public.map(|name| visit.texts.with("sentence-public", &[("name", name.as_str().into())]));
    listed([name(of(content, "name")), public])
}

pub(super) fn covers(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let covers = content.get("covers")?;
    let holder = covers.get("holder") != Some(&Value::Bool(false));
    let companions = whole(covers, "companions").filter(|companions| *companions > 0);
    let companions = companions.map(|n| visit.texts.with("covers-companions", &[("n", n.into())]));
    listed([holder.then(|| visit.word("sentence-none", "covers")), companions])
}

pub(super) fn zone(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let zone = Some(text(content, "time_zone").to_owned()).filter(|zone| !zone.is_empty());
    let turns = match text(content, "service_day_start") {
        "" => None,
        at => Some(visit.texts.with("valid-day-turns", &[("at", at.into())])),
    };
    listed([zone, turns])
}

pub(super) fn rounding(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let rounding = content.get("rounding")?;
    listed([
        word(visit, rounding, "on", "rounding-on"),
        word(visit, rounding, "per", "per"),
        amount(visit, rounding, "increment", "rounding-to"),
        word(visit, rounding, "mode", "rounding-mode"),
    ])
}

pub(super) fn bounds(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let most = of(content, "max_discount");
    listed([
        amount(visit, most, "per_line", "bounds-per-line"),
        amount(visit, most, "per_authorization", "bounds-per-authorization"),
        amount(visit, content, "min_price", "bounds-min-price"),
    ])
}

pub(super) fn units(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let (pick, choose) = (of(content, "pick"), of(content, "choose"));
    let every = of(choose, "every");
    let counts = whole(every, "units").zip(whole(every, "of"));
    let counts =
        counts.map(|(units, of)| visit.texts.with("units-for-every", &[("units", units.into()), ("of", of.into())]));
    listed([
        number(visit, pick, "every", "units-every"),
        number(visit, pick, "skip", "units-skip"),
        number(visit, pick, "take", "units-take"),
        word(visit, choose, "order", "order"),
        counts,
        super::products(visit, every),
    ])
}

pub(super) fn only(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let least = of(content, "at_least");
    listed([
        is(content, "only_untouched").then(|| visit.say("only-untouched")),
        amount(visit, least, "amount", "only-at-least"),
        word(visit, least, "lines", "condition-word"),
    ])
}

pub(super) fn offline(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let allowed = of(of(content, "offline"), "allow");
    listed([
        amount(visit, allowed, "max_discount", "offline-discount"),
        number(visit, allowed, "max_uses", "offline-uses"),
    ])
}

pub(super) fn points(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let costs = content.get("costs")?;
    listed([
        number(visit, costs, "points", "points-cost"),
        Some(text(costs, "program").to_owned()).filter(|program| !program.is_empty()),
        word(visit, costs, "per", "per"),
        is(costs, "automatic").then(|| visit.say("points-automatic")),
    ])
}

/// When a version is suspended, and for whom it is not.
pub(super) fn stopped(visit: &Visit<'_>, content: &Value) -> Option<String> {
    let one = |suspension: &Value| {
        let span = super::span(visit, suspension).unwrap_or_else(|| visit.word("sentence-none", "valid"));
        let except = texts(suspension, "except_groups").join(", ");
        let except = (!except.is_empty()).then(|| visit.texts.with("differs-but-not", &[("what", (&*except).into())]));
        listed([Some(span), except]).unwrap_or_default()
    };
    let told: Vec<String> = items_of(content, "suspensions").iter().map(one).collect();
    Some(told.join("; ")).filter(|told| !told.is_empty())
}
