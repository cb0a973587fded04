//! The versions that count, in force, not suspended, in scope (4, step 2).

use serde_json::Value;

use super::{Case, facts, loyalty, time};

// 4, step 2
pub(crate) fn candidates<'a>(case: &Case<'a>) -> Vec<&'a Value> {
    let benefits = facts::list(&case.catalogue["benefits"]);
    let counting = benefits.iter().filter(|benefit| counts(case, benefit));
    counting
        .filter(|benefit| {
            !has_ended(case, benefit)
                && loyalty::may_be_given(case, benefit)
                && !is_suspended(case, benefit)
                && covers_provider(case, benefit)
                && facts::list(&case.request["lines"]).iter().any(|line| covers_product(benefit, line))
        })
        .collect()
}

// 3: "Of each code the version that counts is the highest whose `valid.from` is not after `occurred_at`"
fn counts(case: &Case, benefit: &Value) -> bool {
    let versions = facts::list(&case.catalogue["benefits"]).iter().filter(|other| other["code"] == benefit["code"]);
    let begun = versions.filter(|version| has_begun(case, version));
    begun.map(|version| version["version"].as_i64()).max() == Some(benefit["version"].as_i64())
        && has_begun(case, benefit)
}

fn has_begun(case: &Case, benefit: &Value) -> bool {
    time::from(&benefit["valid"]["from"], &time::zone(benefit)).is_none_or(|from| from <= case.at)
}

fn has_ended(case: &Case, benefit: &Value) -> bool {
    time::until(&benefit["valid"]["until"], &time::zone(benefit)).is_some_and(|until| until <= case.at)
}

// 4, step 2: "not suspended for this holder (a member now of one of `except_groups` is not suspended)"
fn is_suspended(case: &Case, benefit: &Value) -> bool {
    facts::list(&benefit["suspensions"]).iter().any(|suspension| {
        let excepted = &suspension["except_groups"];
        time::in_force(suspension, &time::zone(benefit), case.at)
            && !case.holder.is_some_and(|holder| facts::is_member(benefit, holder, excepted, case.at))
    })
}

// 6: "`scope.providers` is `{"all": true}`, `{"codes": […]}` or `{"tags": […]}`"; absent means all.
fn covers_provider(case: &Case, benefit: &Value) -> bool {
    let providers = &benefit["scope"]["providers"];
    if providers["codes"].is_array() {
        facts::list(&providers["codes"]).iter().any(|code| code == case.provider)
    } else if providers["tags"].is_array() {
        let known = facts::list(&case.catalogue["providers"]);
        let provider = known.iter().find(|provider| provider["code"] == case.provider);
        let tags = provider.map_or(&[][..], |provider| facts::list(&provider["tags"]));
        facts::list(&providers["tags"]).iter().any(|tag| tags.contains(tag))
    } else {
        true
    }
}

// 3: "products: [paths] (absent = all), except_products: [paths]". Reading: a list that is there but empty covers none.
pub(crate) fn covers_product(benefit: &Value, line: &Value) -> bool {
    let scope = &benefit["scope"];
    let one_of = |paths: &Value| facts::list(paths).iter().any(|path| facts::path_covers(path, &line["product"]));
    (scope["products"].is_null() || one_of(&scope["products"])) && !one_of(&scope["except_products"])
}
