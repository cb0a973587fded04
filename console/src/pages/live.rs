//! On how many engines a change is, told anew each second until it is on all of them.

use avis_admin::control::Refusal;
use serde_json::Value;

use super::Shown;
use crate::reading::{items, text, whole};
use crate::view::{Html, Live, Tone};
use crate::visit::Visit;

/// After so many looks it is said whom to call.
const PATIENCE: u32 = 10;
/// After so many it is not looked any more.
const LOOKS_MAX: u32 = 120;

/// Names of engines that are told.
const NAMES_MAX: usize = 5;

/// Which engines do not have a revision yet, for whom engines concern.
fn behind(visit: &Visit<'_>, revision: u64) -> Result<String, Refusal> {
    if !visit.may("GET", "/engines") {
        return Ok(String::new());
    }
    let engines = visit.list("/engines", vec![("limit", "200".into())])?;
    let has = |engine: &&Value| engine.get("revision").and_then(Value::as_u64).is_some_and(|has| has >= revision);
    let names = items(&engines).iter().filter(|engine| !has(engine)).map(|engine| text(engine, "node"));
    let names: Vec<&str> = names.take(NAMES_MAX).collect();
    if names.is_empty() {
        return Ok(String::new());
    }
    Ok(format!(" {}", visit.texts.with("live-without", &[("nodes", (&*names.join(", ")).into())])))
}

/// The part of a page alone.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let revision = visit.parameter("n").parse().unwrap_or_default();
    let looks = visit.query.text("looks").parse().unwrap_or_default();
    part(visit, revision, looks).map(Shown::Html)
}

/// A part of a page whose address names a revision.
pub(super) fn of_address(visit: &Visit<'_>) -> Result<Html, Refusal> {
    let revision = visit.query.find("revision").and_then(|number| number.parse().ok());
    revision.map_or_else(|| Ok(Html::default()), |revision| part(visit, revision, 0))
}

/// A part of a page.
pub(super) fn part(visit: &Visit<'_>, revision: u64, looks: u32) -> Result<Html, Refusal> {
    let reply = visit.get(format!("/revisions/{revision}"))?.body;
    let (live, of) = (whole(&reply, "live").unwrap_or_default(), whole(&reply, "of").unwrap_or_default());
    let is_everywhere = live >= of && of > 0;
    let mut said = visit.texts.with("live-on", &[("live", live.into()), ("of", of.into())]);
    if looks >= PATIENCE && !is_everywhere {
        said = format!("{said} {}", visit.say("live-call"));
    }
    if !is_everywhere {
        said.push_str(&behind(visit, revision)?);
    }
    let goes_on = !is_everywhere && looks < LOOKS_MAX;
    Ok(Html::of(&Live {
        id: format!("live-{revision}"),
        tone: if is_everywhere { Tone::Good } else { Tone::Warn },
        text: said,
        address: goes_on.then(|| format!("/live/{revision}?looks={}", looks + 1)),
    }))
}
