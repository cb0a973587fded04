//! Stopping benefits that are published: suspended, resumed, ended. Taking away may be done by one, and no stale page hinders it
//! (control 3).

use avis_core::document::{Benefit, Suspension};
use avis_core::{Faults, Interval};
use avis_store::{Committed, Kind as RowKind};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::dry_run;
use super::operations::{Operation, act};
use super::policy::Action;
use super::problem::{Code, Problem};
use super::rules;
use super::shape::{Field, Kind, REASON, needed, optional};
use crate::import::Judged;

/// Benefits that are suspended at once.
const BENEFITS_MAX: usize = 200;

const FROM: Field = optional("from", Kind::Instant);
const UNTIL: Field = optional("until", Kind::Instant);
const EXCEPT_GROUPS: Field = optional("except_groups", Kind::List(&Kind::Code, 1_000));

const SUSPEND: &[Field] = &[REASON, FROM, UNTIL, EXCEPT_GROUPS];
const SUSPEND_SET: &[Field] =
    &[needed("codes", Kind::List(&Kind::Code, BENEFITS_MAX)), REASON, FROM, UNTIL, EXCEPT_GROUPS];
const RESUME: &[Field] = &[REASON, FROM];
const END: &[Field] = &[REASON, UNTIL];

/// The versions that are stopped, or go on.
const STOPPED: &[Field] =
    &[needed("versions", Kind::List(&Kind::Object(VERSION), 100_000)), needed("revision", Kind::Whole(1, i64::MAX))];
const VERSION: &[Field] = &[needed("code", Kind::Code), needed("version", Kind::Whole(1, i64::MAX))];

/// A POST that stops benefits, or lets them go on.
const fn stop(
    path: &'static str,
    names: (&'static str, &'static str),
    body: &'static [Field],
    handle: fn(&Call<'_>) -> Result<Answer, Problem>,
) -> Operation {
    dry_run::possible(act(path, names, Action::BenefitsStop, (Some(body), STOPPED), handle))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    stop("/benefits/{code}/suspend", ("suspend_benefit", "Suspend a benefit, now or for a time"), SUSPEND, suspend),
    stop(
        "/benefits/{code}/resume",
        ("resume_benefit", "End what suspends a benefit now, or drop what is to suspend it from a moment on"),
        RESUME,
        resume,
    ),
    stop("/benefits/{code}/end", ("end_benefit", "End a benefit, now or earlier than it would"), END, end),
    stop("/suspensions", ("suspend_benefits", "Suspend several benefits at once"), SUSPEND_SET, suspend_set),
];

/// Refuses a suspension that ends before it begins.
fn check_order(call: &Call<'_>) -> Result<(), Problem> {
    let from = instant(call, "from").unwrap_or(call.now);
    match instant(call, "until") {
        Some(until) if until <= from => Err(Problem::at("/until", "expected a moment after `from`")),
        _ => Ok(()),
    }
}

/// `POST /benefits/{code}/suspend`.
fn suspend(call: &Call<'_>) -> Result<Answer, Problem> {
    check_order(call)?;
    change(call, &[call.path("code").to_owned()], "benefit_suspended", &|fields, benefit| {
        suspended(call, fields, benefit)
    })
}

/// `POST /suspensions`.
fn suspend_set(call: &Call<'_>) -> Result<Answer, Problem> {
    check_order(call)?;
    let mut codes = call.texts("codes");
    codes.sort();
    codes.dedup();
    if codes.is_empty() {
        return Err(Problem::at("/codes", "expected at least one benefit"));
    }
    change(call, &codes, "benefits_suspended", &|fields, benefit| suspended(call, fields, benefit))
}

/// `POST /benefits/{code}/resume`.
fn resume(call: &Call<'_>) -> Result<Answer, Problem> {
    change(call, &[call.path("code").to_owned()], "benefit_resumed", &|fields, benefit| resumed(call, fields, benefit))
}

/// `POST /benefits/{code}/end`.
fn end(call: &Call<'_>) -> Result<Answer, Problem> {
    let until = instant(call, "until").unwrap_or(call.now);
    if until < call.now {
        return Err(Problem::at("/until", "expected a moment that is still to come"));
    }
    change(call, &[call.path("code").to_owned()], "benefit_ended", &|fields, benefit| {
        let Interval { from, until: end } = benefit.valid.resolve(&benefit.time_zone);
        let ends_sooner = end.is_some_and(|end| end <= until);
        // What has yet to begin then does not begin any more.
        let until = from.map_or(until, |from| from.max(until));
        let valid = fields.entry("valid").or_insert_with(|| json!({}));
        match valid.as_object_mut() {
            Some(valid) if !ends_sooner => valid.insert("until".to_owned(), json!(until)) != Some(json!(until)),
            _ => false,
        }
    })
}

fn instant(call: &Call<'_>, name: &str) -> Option<Timestamp> {
    call.body.get(name).and_then(Value::as_str)?.parse().ok()
}

/// Adds a suspension, unless one that is there stops as much for as long.
fn suspended(call: &Call<'_>, fields: &mut Map<String, Value>, benefit: &Benefit) -> bool {
    let (from, until) = (instant(call, "from").unwrap_or(call.now), instant(call, "until"));
    let except = call.texts("except_groups");
    let covers = |there: &Suspension| {
        let span = there.span.resolve(&benefit.time_zone);
        span.from.is_none_or(|begun| begun <= from)
            && span.until.is_none_or(|end| until.is_some_and(|until| until <= end))
            && there.except_groups.iter().all(|group| except.iter().any(|other| **other == **group))
    };
    if benefit.suspensions.iter().any(covers) {
        return false;
    }
    let mut suspension = Map::from_iter([("from".to_owned(), json!(from))]);
    suspension.extend(until.map(|until| ("until".to_owned(), json!(until))));
    if !except.is_empty() {
        suspension.insert("except_groups".to_owned(), json!(except));
    }
    let all = fields.entry("suspensions").or_insert_with(|| json!([]));
    all.as_array_mut().map(|all| all.push(suspension.into())).is_some()
}

/// Ends what is suspended now. What is to be suspended later stays, but for what is to begin at a moment that is named.
fn resumed(call: &Call<'_>, fields: &mut Map<String, Value>, benefit: &Benefit) -> bool {
    let Some(all) = fields.get_mut("suspensions").and_then(Value::as_array_mut) else { return false };
    let (now, planned) = (call.now, instant(call, "from"));
    let mut is_changed = false;
    let mut kept = Vec::new();
    for (mut written, Suspension { span, .. }) in std::mem::take(all).into_iter().zip(&benefit.suspensions) {
        let span = span.resolve(&benefit.time_zone);
        let has_begun = span.from.is_none_or(|from| from <= now);
        let has_ended = span.until.is_some_and(|until| until <= now);
        if planned.is_some() {
            let is_meant = !has_begun && span.from == planned;
            is_changed |= is_meant;
            if is_meant {
                continue;
            }
        } else if has_begun && !has_ended {
            is_changed = true;
            if let Some(fields) = written.as_object_mut() {
                fields.insert("until".to_owned(), json!(now));
            }
        }
        kept.push(written);
    }
    *all = kept;
    is_changed
}

/// Changes a version; whether there was anything to change.
type Change<'c> = dyn Fn(&mut Map<String, Value>, &Benefit) -> bool + 'c;

/// Changes every version of some benefits that has not ended, in one revision.
fn change(call: &Call<'_>, codes: &[String], action: &str, change: &Change<'_>) -> Result<Answer, Problem> {
    let document = changed(call, codes, change)?;
    let judged = match Judged::read(&*call.control.store, &document, &call.control.cases.secret, |_, _| false)? {
        Ok(judged) => judged,
        Err(faults) => return Err(told(faults)),
    };
    let object = if let [code] = codes { code } else { "several" };
    let act = call.act(action, Some((RowKind::Benefit.word(), object)));
    let committed = judged.commit(&*call.control.store, judged.rows(&document), &act, (call.now, call.is_dry()))?;
    Ok(stopped(call, codes, &document, &committed))
}

/// The versions that were changed; of a dry run how many would be, and which benefits are as they are to be.
fn stopped(call: &Call<'_>, codes: &[String], document: &Value, committed: &Committed) -> Answer {
    let benefits: Vec<&Value> = document.get("benefits").and_then(Value::as_array).into_iter().flatten().collect();
    if call.is_dry() {
        let is_changed = |code: &str| benefits.iter().any(|it| it.get("code").and_then(Value::as_str) == Some(code));
        let unchanged = codes.iter().filter(|code| !is_changed(code));
        let warnings: Vec<String> = unchanged.map(|code| format!("nothing of `{code}` is to be changed")).collect();
        return dry_run::would(&committed.counts, &warnings);
    }
    let version = |it: &&Value| json!({"code": it.get("code"), "version": it.get("version")});
    let versions: Vec<Value> = benefits.iter().map(version).collect();
    Answer::of(json!({"versions": versions, "revision": committed.head.revision.number}))
}

/// A catalogue of the changed versions.
fn changed(call: &Call<'_>, codes: &[String], change: &Change<'_>) -> Result<Value, Problem> {
    let rules = rules::rules(call.control)?;
    let mut benefits = Vec::new();
    for code in codes {
        let versions = rules::versions_of(call, &rules, code)?;
        call.check_owner(rules.grantor_of(code).unwrap_or_default(), Action::OpenRead)?;
        for content in versions.values() {
            let mut changed = content.clone();
            let Ok(benefit) = Benefit::from_value(content) else { continue };
            let has_ended = benefit.valid.resolve(&benefit.time_zone).until.is_some_and(|until| until <= call.now);
            if !has_ended && changed.as_object_mut().is_some_and(|fields| change(fields, &benefit)) {
                benefits.push(changed);
            }
        }
    }
    // Of several, those that are as they are to be hold up no other.
    if benefits.is_empty() {
        return Err(Problem::new(Code::NotInThisState, "nothing is to be changed by this"));
    }
    Ok(json!({"currency": rules.currency(), "benefits": benefits}))
}

/// Faults of the changed versions by the fields of the body.
fn told(faults: Faults) -> Problem {
    let field = |pointer: &str| {
        let in_suspension = pointer.split("/suspensions/").nth(1).and_then(|rest| rest.split_once('/'));
        in_suspension.map_or_else(|| "/until".to_owned(), |(_, rest)| format!("/{rest}"))
    };
    Problem::of_document(faults, field)
}
