//! How the engines stand, and on how many of them a revision is.

use avis_store::EngineReport;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::list::Page;
use super::problem::{Code, Problem};
use super::shape::{Field, Kind, needed, optional};

/// An engine as it is shown.
pub(crate) const ENGINE: &[Field] = &[
    needed("node", Kind::Token(1, 300)),
    needed("program", Kind::Token(1, 100)),
    needed("revision", Kind::Whole(0, i64::MAX)),
    needed("in_sync", Kind::Truth),
    needed("age_ms", Kind::Whole(0, i64::MAX)),
    needed("unreadable", Kind::Whole(0, i64::MAX)),
    needed("at", Kind::Instant),
    optional("journal", Kind::Object(JOURNAL)),
];

/// How an engine stands in for a ledger that is away: since when, what waits in its journal, what it handed in since it started, of that
/// what the ledger had answered otherwise, and what it set aside.
const JOURNAL: &[Field] = &[
    optional("away_since", Kind::Instant),
    needed("in_journal", Kind::Whole(0, i64::MAX)),
    needed("handed_in", Kind::Whole(0, i64::MAX)),
    needed("differing", Kind::Whole(0, i64::MAX)),
    needed("set_aside", Kind::Whole(0, i64::MAX)),
];

/// A revision as it is shown.
pub(crate) const REVISION: &[Field] = &[
    needed("number", Kind::Whole(1, i64::MAX)),
    needed("at", Kind::Instant),
    needed("live", Kind::Whole(0, i64::MAX)),
    needed("of", Kind::Whole(0, i64::MAX)),
];

/// `GET /engines`.
pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let head = call.control.store.head()?;
    let engines = call.control.registry.fleet()?;
    let shown = |engine: &EngineReport| {
        let is_there = engine.revision == head.revision && engine.digest == head.digests.total();
        let value: Value = json!({"node": engine.node, "program": engine.program, "revision": engine.revision.number,
            "in_sync": is_there, "age_ms": engine.age_ms, "unreadable": engine.unreadable, "at": engine.at, "journal": engine.stand_in});
        (engine.node.clone(), value)
    };
    Ok(page.answer_of_all(engines.iter().map(shown)))
}

/// `GET /revisions/{n}`.
pub(crate) fn revision(call: &Call<'_>) -> Result<Answer, Problem> {
    let number: u64 = call.path("n").parse().map_err(|_| Problem::from(Code::NotFound))?;
    let header = call.control.registry.revision(number)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    let engines = call.control.registry.fleet()?;
    let is_live = |engine: &&EngineReport| {
        engine.revision.incarnation == header.revision.incarnation && engine.revision.number >= number
    };
    let live = engines.iter().filter(is_live).count();
    Ok(Answer::of(json!({"number": number, "at": header.at, "live": live, "of": engines.len()})))
}
