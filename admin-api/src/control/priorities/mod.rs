//! Priorities at a provider: what meets there, in the order of a decision, and what a draft would change (control 4).

mod payers;
mod preview;

use std::ops::Range;

use avis_core::{DottedPath, Meeting, document};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::operations::{Answers, Operation, act, get};
use super::policy::{Action, Role};
use super::problem::{Code, Problem};
use super::rules;
use super::shape::{Field, Kind, needed, optional};

/// Benefits that one answer lists: as many as rules may have.
const BENEFITS_MAX: usize = 1_000_000;

const AT: Field = optional("at", Kind::Instant);
const PRODUCT: Field = optional("product", Kind::Token(1, 200));
const ROWS_MAX: i64 = 1_000;
/// Of all that meets, so many from a place on, counted from one over all slots; without them everything.
const ASKED: &[Field] =
    &[AT, PRODUCT, optional("row", Kind::Whole(1, i64::MAX)), optional("rows", Kind::Whole(1, ROWS_MAX))];
const PREVIEWED: &[Field] = &[needed("draft", Kind::Id), AT, PRODUCT];

const PROVIDER: Field = needed("provider", Kind::Token(1, 200));
const MOMENT: Field = needed("at", Kind::Instant);
const REVISION: Field = needed("revision", Kind::Whole(1, i64::MAX));
const SLOTS: Field = needed("slots", Kind::List(&Kind::Object(SLOT), BENEFITS_MAX));

/// How many meet.
const OF: Field = needed("of", Kind::Whole(0, i64::MAX));

/// What meets at a provider.
const MEETING: &[Field] = &[PROVIDER, MOMENT, REVISION, OF, SLOTS];

/// What would meet there with a draft, and who would pay.
const PREVIEW: &[Field] = &[
    PROVIDER,
    MOMENT,
    REVISION,
    needed("version", Kind::Whole(1, i64::MAX)),
    SLOTS,
    needed("changes_payer", Kind::List(&Kind::Object(payers::CHANGE), 10_000)),
    needed("decided", Kind::Object(payers::DECIDED)),
];

/// A slot; without a name that of one benefit alone. How many meet in it, and how many of them come before those that are told.
const SLOT: &[Field] = &[
    OF,
    needed("before", Kind::Whole(0, i64::MAX)),
    optional("name", Kind::Token(1, 200)),
    optional("policy", Kind::Word(&["best", "first", "all"])),
    needed("priority", Kind::Whole(0, i64::MAX)),
    optional("max_discount_rate", Kind::Whole(0, 10_000)),
    needed("benefits", Kind::List(&Kind::Object(BENEFIT), BENEFITS_MAX)),
];

const BENEFIT: &[Field] = &[
    needed("code", Kind::Token(1, 200)),
    needed("version", Kind::Whole(1, i64::MAX)),
    needed("grantor", Kind::Token(1, 200)),
    needed("priority", Kind::Whole(0, i64::MAX)),
    needed("state", Kind::Word(&[IN_FORCE, SUSPENDED])),
    needed("mine", Kind::Truth),
    needed("is_draft", Kind::Truth),
    needed("warnings", Kind::List(&Kind::Object(WARNING), 10)),
];

/// `by` is null where the benefit that stands before it is one that the caller does not read.
const WARNING: &[Field] = &[
    needed("code", Kind::Word(&["unreachable"])),
    optional("by", Kind::Token(1, 200)),
    needed("from", Kind::Whole(1, i64::MAX)),
];

const IN_FORCE: &str = "in_force";
const SUSPENDED: &str = "suspended";

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        query: ASKED,
        ..get(
            "/providers/{code}/priorities",
            ("priorities", "What meets at a provider, in the order of a decision"),
            Action::Priorities,
            Answers::One(MEETING),
            priorities,
        )
    },
    Operation {
        roles: Some(&[Role::Operator, Role::Editor, Role::Approver, Role::Auditor]),
        ..act(
            "/providers/{code}/priorities/preview",
            ("preview_priorities", "What would meet at a provider with a draft, and for whom another would pay"),
            Action::Priorities,
            (Some(PREVIEWED), PREVIEW),
            preview::preview,
        )
    },
];

/// The provider in the path, if rules know it and the operation reaches it.
fn provider<'c>(call: &'c Call<'_>, rules: &rules::Rules) -> Result<&'c str, Problem> {
    let code = call.path("code");
    if rules.has_provider(code) && call.reaches(code) { Ok(code) } else { Err(Code::NotFound.into()) }
}

/// The moment that was asked for.
fn moment(asked: &Value) -> Option<Timestamp> {
    asked.get("at").and_then(Value::as_str)?.parse().ok()
}

fn product(asked: &Value, pointer: &str) -> Result<Option<DottedPath>, Problem> {
    let Some(text) = asked.get("product").and_then(Value::as_str) else { return Ok(None) };
    let path = DottedPath::of_text(text.into());
    path.map(Some).ok_or_else(|| Problem::at(pointer, "expected a dotted path such as `transport.bus`"))
}

/// `GET /providers/{code}/priorities`.
fn priorities(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let code = provider(call, &rules)?;
    let at = moment(&call.query).unwrap_or(call.now);
    let product = product(&call.query, "product")?;
    let met = rules.catalogue().map(|catalogue| catalogue.meeting(code, at, product.as_ref()));
    let asked = |name: &str| call.query.get(name).and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
    let first = asked("row").map_or(0, |row| row - 1);
    let rows = first..first.saturating_add(asked("rows").unwrap_or(usize::MAX));
    let (of, slots) = slots(call, &met.unwrap_or_default(), rows, None)?;
    let revision = rules.revision().number;
    Ok(Answer::of(json!({"provider": code, "at": at, "revision": revision, "of": of, "slots": slots})))
}

/// How many meet, and some of them, slot by slot; a benefit that the caller does not read is left out.
fn slots(
    call: &Call<'_>,
    met: &[Meeting<'_>],
    rows: Range<usize>,
    drafted: Option<(&str, i64)>,
) -> Result<(usize, Vec<Value>), Problem> {
    let hidden = rules::hidden(call)?;
    let party = call.party()?;
    let read: Vec<&Meeting<'_>> = met.iter().filter(|met| !hidden.contains(&*met.benefit.grantor)).collect();
    let in_one_slot = |one: &&Meeting<'_>, other: &&Meeting<'_>| matches!((one.slot, other.slot), (Some(slot), Some(other)) if slot.name == other.name);
    let shown = |met: &&Meeting<'_>| {
        let document::Benefit { code, version, grantor, priority, .. } = met.benefit;
        let warning = met.unreachable.map(|proof| {
            let by = Some(&*proof.by.code).filter(|_| !hidden.contains(&*proof.by.grantor));
            json!({"code": "unreachable", "by": by, "from": proof.from})
        });
        json!({"code": code, "version": version, "grantor": grantor, "priority": priority,
               "state": if met.is_suspended { SUSPENDED } else { IN_FORCE }, "mine": **grantor == *party,
               "is_draft": drafted == Some((&**code, *version)), "warnings": warning.into_iter().collect::<Vec<_>>()})
    };
    let mut behind = 0;
    let slots = read.chunk_by(in_one_slot).filter_map(|chunk| {
        let (first, begins) = (chunk.first()?, behind);
        behind += chunk.len();
        let told = rows.start.saturating_sub(begins)..rows.end.saturating_sub(begins).min(chunk.len());
        let (before, of) = (told.start, chunk.len());
        let benefits: Vec<Value> = chunk.get(told)?.iter().map(shown).collect();
        (!benefits.is_empty()).then(|| match first.slot {
            Some(slot) => json!({"name": slot.name, "policy": slot.policy.word(), "priority": slot.priority, "of": of,
                                 "before": before, "max_discount_rate": slot.max_rate, "benefits": benefits}),
            None => json!({"name": null, "priority": first.benefit.priority, "of": of, "before": before,
                           "benefits": benefits}),
        })
    });
    let slots = slots.collect();
    Ok((read.len(), slots))
}
