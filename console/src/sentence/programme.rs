//! A merchant's programme in words: how points come, become active, end, pay, and what levels there are; and a campaign.

use serde_json::Value;

use super::beside::{amount, listed, number, of, rate, word};
use super::{condition, measured, products, providers, valid, window};
use crate::reading::{is, items_of, text, texts, whole};
use crate::visit::Visit;

/// Each place of a programme; none of a place of which it says nothing.
pub(super) fn told(visit: &Visit<'_>, content: &Value) -> Vec<(&'static str, Option<String>)> {
    let scope = of(content, "scope");
    vec![
        ("named", super::beside::named(visit, content)),
        ("at", providers(of(scope, "providers"))),
        ("on", products(visit, scope)),
        ("valid", valid(visit, content)),
        ("earn", earn(visit, of(content, "earn"))),
        ("earn-most", earn_most(visit, of(content, "earn"))),
        ("pending", pending(visit, of(content, "pending"))),
        ("expiry", expiry(visit, of(content, "expiry"))),
        ("redeem", content.get("redeem").and_then(|redeem| redeemed(visit, redeem))),
        ("levels", content.get("tiers").and_then(|tiers| levels(visit, tiers))),
        ("returns", returns(visit, of(content, "returns"))),
        ("stopped", super::beside::stopped(visit, content)),
    ]
}

/// Each place of a campaign.
pub(super) fn campaign(visit: &Visit<'_>, content: &Value) -> Vec<(&'static str, Option<String>)> {
    let uses =
        listed([number(visit, content, "uses", "coupon-uses"), word(visit, content, "on_refund", "use-comes-back")]);
    vec![
        ("valid", valid(visit, content)),
        ("coupon-uses", uses),
        ("hold-out", held_out(visit, of(content, "hold_out"))),
    ]
}

/// Who is held out of it.
fn held_out(visit: &Visit<'_>, hold_out: &Value) -> Option<String> {
    let share = visit.percent(whole(hold_out, "share")?);
    Some(
        visit
            .texts
            .with("holds-out", &[("share", share.as_str().into()), ("program", text(hold_out, "program").into())]),
    )
}

/// The rules by which points are earned.
pub(super) fn rules<'v>(visit: &'v Visit<'_>, earn: &'v Value) -> impl Iterator<Item = String> + use<'v> {
    let per = whole(earn, "per").unwrap_or(100);
    items_of(earn, "rules").iter().map(move |one| rule(visit, one, per))
}

fn earn(visit: &Visit<'_>, earn: &Value) -> Option<String> {
    let rules = rules(visit, earn).map(Some);
    let bonuses = (text(earn, "bonuses") == "best").then(|| visit.word("bonuses", "best"));
    let told = rules.chain([bonuses]).flatten().collect::<Vec<_>>().join("; ");
    Some(told).filter(|told| !told.is_empty())
}

/// What a rule gives, on what, how often, and when.
fn rule(visit: &Visit<'_>, rule: &Value, per: i64) -> String {
    let money = |points: i64| {
        let per = visit.amount(per);
        visit.texts.with("earns-money", &[("n", points.into()), ("per", per.as_str().into())])
    };
    let gives = listed([
        whole(rule, "money").map(money),
        number(visit, rule, "unit", "earns-unit"),
        rate(visit, rule, "bonus", "earns-bonus"),
        number(visit, rule, "fixed", "earns-fixed"),
    ]);
    let uses = rule.get("uses").map(|uses| {
        let times = measured(visit, "uses", whole(uses, "max").unwrap_or_default());
        visit.texts.with("earns-at-most", &[("what", format!("{times} {}", window(visit, uses)).as_str().into())])
    });
    let told = listed([gives, on(visit, rule), when(visit, rule), uses]);
    format!("{}: {}", text(rule, "code"), told.unwrap_or_default())
}

/// The products on which points are earned or paid.
fn on(visit: &Visit<'_>, of: &Value) -> Option<String> {
    Some(visit.texts.with("earns-on", &[("what", products(visit, of)?.as_str().into())]))
}

/// What is asked where points are earned or paid.
fn when(visit: &Visit<'_>, of: &Value) -> Option<String> {
    let asked = condition(visit, of.get("when")?);
    Some(visit.texts.with("earns-if", &[("what", asked.as_str().into())]))
}

/// The most that is earned or paid in windows.
fn limits<'v>(visit: &'v Visit<'_>, of: &'v Value) -> impl Iterator<Item = Option<String>> + use<'v> {
    items_of(of, "limits").iter().map(move |limit| {
        let points = number(visit, limit, "max", "points-at-most")?;
        let of = match text(limit, "scope") {
            "" => "account",
            of => of,
        };
        Some(format!("{points} {} {}", visit.word("points-of", of), window(visit, limit)))
    })
}

fn earn_most(visit: &Visit<'_>, earn: &Value) -> Option<String> {
    let rounding = of(earn, "rounding");
    let most = number(visit, earn, "max_per_authorization", "points-per-purchase");
    let rounded = [
        word(visit, rounding, "on", "points-rounded"),
        number(visit, rounding, "increment", "points-rounded-to"),
        word(visit, rounding, "mode", "rounding-mode"),
    ];
    listed([most].into_iter().chain(limits(visit, earn)).chain(rounded))
}

fn pending(visit: &Visit<'_>, pending: &Value) -> Option<String> {
    let dates = texts(pending, "dates").join(", ");
    let on = |dates: String| visit.texts.with("pending-on", &[("dates", dates.as_str().into())]);
    listed([number(visit, pending, "days", "pending-days"), Some(dates).filter(|dates| !dates.is_empty()).map(on)])
}

fn expiry(visit: &Visit<'_>, expiry: &Value) -> Option<String> {
    let end = match text(expiry, "round_up") {
        "" => None,
        day if day.contains('-') => Some(visit.texts.with("kept-until-the-day", &[("day", day.into())])),
        end => Some(visit.word("kept-until", end)),
    };
    listed([
        number(visit, expiry, "months", "expiry-months"),
        number(visit, expiry, "days", "expiry-days"),
        end,
        is(expiry, "slides").then(|| visit.say("expiry-slides")),
    ])
}

fn redeemed(visit: &Visit<'_>, redeem: &Value) -> Option<String> {
    let worth = whole(redeem, "points").zip(whole(redeem, "amount")).map(|(points, amount)| {
        let amount = visit.amount(amount);
        visit.texts.with("redeem-worth", &[("n", points.into()), ("amount", amount.as_str().into())])
    });
    let parts = [
        worth,
        rate(visit, redeem, "max_share", "redeem-share"),
        number(visit, redeem, "min", "redeem-min"),
        number(visit, redeem, "step", "redeem-step"),
        on(visit, redeem),
        when(visit, redeem),
    ];
    listed(parts.into_iter().chain(limits(visit, redeem)))
}

fn levels(visit: &Visit<'_>, tiers: &Value) -> Option<String> {
    let is_money = text(tiers, "measure") == "spend";
    let level = |level: &Value| {
        let code = text(level, "code");
        let from = if is_money {
            amount(visit, level, "min", "level-from")
        } else {
            whole(level, "min").map(|min| {
                let min = visit.number(min);
                visit.texts.with("level-from", &[("amount", min.as_str().into())])
            })
        };
        Some(format!("{code} {}", from.unwrap_or_default()).trim().to_owned())
    };
    let measured = word(visit, tiers, "measure", "level-measure");
    let measured = measured.map(|measure| format!("{measure} {}", window(visit, tiers)).trim().to_owned());
    let rules = [
        word(visit, tiers, "upgrade", "level-begins"),
        word(visit, tiers, "downgrade", "level-ends"),
        number(visit, tiers, "grace_days", "level-grace"),
    ];
    listed(items_of(tiers, "levels").iter().map(level).chain([measured]).chain(rules))
}

fn returns(visit: &Visit<'_>, returns: &Value) -> Option<String> {
    listed([word(visit, returns, "earned", "taken-back"), number(visit, returns, "expired_days", "returns-expired")])
}
