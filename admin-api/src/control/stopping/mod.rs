//! Stopping what is published, benefits, programmes of points and campaigns: suspended, resumed, ended. Taking away may be done by
//! one, and no stale page hinders it (control 3).

mod rule;

use avis_core::document::Suspension;
use avis_core::{Faults, Interval};
use avis_store::Committed;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use self::rule::{InForce, Stoppable};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::dry_run;
use crate::control::operations::{Operation, act};
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::shape::{Field, Kind, REASON, needed, optional};
use crate::import::Judged;

/// Benefits that are suspended at once.
const BENEFITS_MAX: usize = 200;

/// The shortest time that ledgers tell apart.
const MOMENT: SignedDuration = SignedDuration::from_millis(1);

const FROM: Field = optional("from", Kind::Instant);
const UNTIL: Field = optional("until", Kind::Instant);
const EXCEPT_GROUPS: Field = optional("except_groups", Kind::List(&Kind::Code, 1_000));

const SUSPEND: &[Field] = &[REASON, FROM, UNTIL, EXCEPT_GROUPS];
const SUSPEND_SET: &[Field] =
    &[needed("codes", Kind::List(&Kind::Code, BENEFITS_MAX)), REASON, FROM, UNTIL, EXCEPT_GROUPS];
/// A programme is suspended for everybody.
const SUSPEND_PROGRAMME: &[Field] = &[REASON, FROM, UNTIL];
const RESUME: &[Field] = &[REASON, FROM];
const END: &[Field] = &[REASON, UNTIL];

/// The versions that are stopped, or go on. A campaign has none.
const STOPPED: &[Field] =
    &[needed("versions", Kind::List(&Kind::Object(VERSION), 100_000)), needed("revision", Kind::Whole(1, i64::MAX))];
const VERSION: &[Field] = &[needed("code", Kind::Code), optional("version", Kind::Whole(1, i64::MAX))];

/// A POST that stops something, or lets it go on.
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
    stop(
        "/programs/{code}/suspend",
        (
            "suspend_programme",
            "Suspend a programme of points, now or for a time: nothing is earned or spent, and what was earned stays",
        ),
        SUSPEND_PROGRAMME,
        suspend_programme,
    ),
    stop(
        "/programs/{code}/resume",
        ("resume_programme", "End what suspends a programme now, or drop what is to suspend it from a moment on"),
        RESUME,
        resume_programme,
    ),
    stop(
        "/programs/{code}/end",
        ("end_programme", "End a programme, now or earlier than it would"),
        END,
        end_programme,
    ),
    stop(
        "/campaigns/{code}/end",
        ("end_campaign", "End a campaign, now or earlier than it would: none of its coupons is good any more"),
        END,
        end_campaign,
    ),
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
    change(call, Stoppable::Benefit, "benefit_suspended", &|fields, rule| suspended(call, fields, rule))
}

/// `POST /programs/{code}/suspend`.
fn suspend_programme(call: &Call<'_>) -> Result<Answer, Problem> {
    check_order(call)?;
    change(call, Stoppable::Programme, "program_suspended", &|fields, rule| suspended(call, fields, rule))
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
    change_all(call, (Stoppable::Benefit, &codes), "benefits_suspended", &|fields, rule| suspended(call, fields, rule))
}

/// `POST /benefits/{code}/resume`.
fn resume(call: &Call<'_>) -> Result<Answer, Problem> {
    change(call, Stoppable::Benefit, "benefit_resumed", &|fields, rule| resumed(call, fields, rule))
}

/// `POST /programs/{code}/resume`.
fn resume_programme(call: &Call<'_>) -> Result<Answer, Problem> {
    change(call, Stoppable::Programme, "program_resumed", &|fields, rule| resumed(call, fields, rule))
}

/// `POST /benefits/{code}/end`.
fn end(call: &Call<'_>) -> Result<Answer, Problem> {
    ended(call, Stoppable::Benefit, "benefit_ended")
}

/// `POST /programs/{code}/end`.
fn end_programme(call: &Call<'_>) -> Result<Answer, Problem> {
    ended(call, Stoppable::Programme, "program_ended")
}

/// `POST /campaigns/{code}/end`.
fn end_campaign(call: &Call<'_>) -> Result<Answer, Problem> {
    ended(call, Stoppable::Campaign, "campaign_ended")
}

fn ended(call: &Call<'_>, kind: Stoppable, action: &str) -> Result<Answer, Problem> {
    let until = instant(call, "until").unwrap_or(call.now);
    if until < call.now {
        return Err(Problem::at("/until", "expected a moment that is still to come"));
    }
    change(call, kind, action, &|fields, rule| {
        let Interval { from, until: end } = rule.valid.resolve(&rule.time_zone);
        // What has yet to begin then ends with the moment in which it begins, since a span is not empty, and gives nothing in it.
        let begins_later = from.filter(|from| *from >= until);
        let until = begins_later.map_or(until, |from| from.saturating_add(MOMENT).unwrap_or(from));
        if end.is_some_and(|end| end <= until) {
            return false;
        }
        if let Some(from) = begins_later.filter(|_| kind != Stoppable::Campaign) {
            suspend_between(fields, from, Some(until), &[]);
        }
        let valid = fields.entry("valid").or_insert_with(|| json!({}));
        valid.as_object_mut().is_some_and(|valid| valid.insert("until".to_owned(), json!(until)) != Some(json!(until)))
    })
}

fn instant(call: &Call<'_>, name: &str) -> Option<Timestamp> {
    call.body.get(name).and_then(Value::as_str)?.parse().ok()
}

/// Adds a suspension, unless one that is there stops as much for as long.
fn suspended(call: &Call<'_>, fields: &mut Map<String, Value>, rule: &InForce) -> bool {
    let (from, until) = (instant(call, "from").unwrap_or(call.now), instant(call, "until"));
    let except = call.texts("except_groups");
    let covers = |there: &Suspension| {
        let span = there.span.resolve(&rule.time_zone);
        span.from.is_none_or(|begun| begun <= from)
            && span.until.is_none_or(|end| until.is_some_and(|until| until <= end))
            && there.except_groups.iter().all(|group| except.iter().any(|other| **other == **group))
    };
    if rule.suspensions.iter().any(covers) {
        return false;
    }
    suspend_between(fields, from, until, &except)
}

/// Adds a suspension, but for members of some groups; whether it could be.
fn suspend_between(
    fields: &mut Map<String, Value>,
    from: Timestamp,
    until: Option<Timestamp>,
    except: &[String],
) -> bool {
    let mut suspension = Map::from_iter([("from".to_owned(), json!(from))]);
    suspension.extend(until.map(|until| ("until".to_owned(), json!(until))));
    if !except.is_empty() {
        suspension.insert("except_groups".to_owned(), json!(except));
    }
    let all = fields.entry("suspensions").or_insert_with(|| json!([]));
    all.as_array_mut().map(|all| all.push(suspension.into())).is_some()
}

/// Ends what is suspended now. What is to be suspended later stays, but for what is to begin at a moment that is named.
fn resumed(call: &Call<'_>, fields: &mut Map<String, Value>, rule: &InForce) -> bool {
    let Some(all) = fields.get_mut("suspensions").and_then(Value::as_array_mut) else { return false };
    let (now, planned) = (call.now, instant(call, "from"));
    let mut is_changed = false;
    let mut kept = Vec::new();
    for (mut written, Suspension { span, .. }) in std::mem::take(all).into_iter().zip(&rule.suspensions) {
        let span = span.resolve(&rule.time_zone);
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
type Change<'c> = dyn Fn(&mut Map<String, Value>, &InForce) -> bool + 'c;

/// Changes every version of the code in the path that has not ended.
fn change(call: &Call<'_>, kind: Stoppable, action: &str, change: &Change<'_>) -> Result<Answer, Problem> {
    change_all(call, (kind, &[call.path("code").to_owned()]), action, change)
}

/// Changes every version of some codes that has not ended, in one revision.
fn change_all(
    call: &Call<'_>,
    (kind, codes): (Stoppable, &[String]),
    action: &str,
    change: &Change<'_>,
) -> Result<Answer, Problem> {
    let document = changed(call, (kind, codes), change)?;
    let judged = match Judged::read(&*call.control.store, &document, &call.control.cases.secret, |_, _| false)? {
        Ok(judged) => judged,
        Err(faults) => return Err(told(faults)),
    };
    let object = if let [code] = codes { code } else { "several" };
    let act = call.act(action, Some((kind.row().word(), object)));
    let committed = judged.commit(&*call.control.store, judged.rows(&document), &act, (call.now, call.is_dry()))?;
    Ok(stopped(call, (kind, codes), &document, &committed))
}

/// The versions that were changed; of a dry run how many would be, and which codes are as they are to be.
fn stopped(call: &Call<'_>, (kind, codes): (Stoppable, &[String]), document: &Value, committed: &Committed) -> Answer {
    let changed: Vec<&Value> = document.get(kind.list()).and_then(Value::as_array).into_iter().flatten().collect();
    if call.is_dry() {
        let is_changed = |code: &str| changed.iter().any(|it| it.get("code").and_then(Value::as_str) == Some(code));
        let unchanged = codes.iter().filter(|code| !is_changed(code));
        let warnings: Vec<String> = unchanged.map(|code| format!("nothing of `{code}` is to be changed")).collect();
        return dry_run::would(&committed.counts, &warnings);
    }
    let version = |it: &&Value| json!({"code": it.get("code"), "version": it.get("version")});
    let versions: Vec<Value> = changed.iter().map(version).collect();
    Answer::of(json!({"versions": versions, "revision": committed.head.revision.number}))
}

/// A catalogue of the changed versions.
fn changed(call: &Call<'_>, (kind, codes): (Stoppable, &[String]), change: &Change<'_>) -> Result<Value, Problem> {
    let rules = rules::rules(call.control)?;
    let mut all = Vec::new();
    for code in codes {
        for content in kind.versions(call, &rules, code)? {
            let mut changed = content.clone();
            let Some(rule) = kind.in_force(content) else { continue };
            let has_ended = rule.valid.resolve(&rule.time_zone).until.is_some_and(|until| until <= call.now);
            if !has_ended && changed.as_object_mut().is_some_and(|fields| change(fields, &rule)) {
                all.push(changed);
            }
        }
    }
    // Of several, those that are as they are to be hold up no other.
    if all.is_empty() {
        return Err(Problem::new(Code::NotInThisState, "nothing is to be changed by this"));
    }
    Ok(json!({"currency": rules.currency(), kind.list(): all}))
}

/// Faults of the changed versions by the fields of the body.
fn told(faults: Faults) -> Problem {
    let field = |pointer: &str| {
        let in_suspension = pointer.split("/suspensions/").nth(1).and_then(|rest| rest.split_once('/'));
        in_suspension.map_or_else(|| "/until".to_owned(), |(_, rest)| format!("/{rest}"))
    };
    Problem::of_document(faults, field)
}
