//! Jobs on their pages: how far one is, why it failed, and how it is cancelled.

use avis_admin::control::Refusal;
use serde_json::Value;

use super::{Shown, Stepped};
use crate::reading::{text, whole};
use crate::view::{Form, Html, Live, Notice, Tone};
use crate::visit::Visit;

/// After so many looks, one each second, it is not looked any more.
const LOOKS_MAX: u32 = 1_800;

/// Jobs of a kind.
pub(super) struct Jobs {
    /// Beneath what the control plane tells each.
    pub(super) told: &'static str,
    /// Beneath what each has its page.
    pub(super) shown: &'static str,
    /// The messages by which it is said how far one is, with its state and a number: at first, and once it tells of how many.
    pub(super) messages: [&'static str; 2],
}

impl Jobs {
    /// The one in the path.
    pub(super) fn read(&self, visit: &Visit<'_>) -> Result<Value, Refusal> {
        Ok(visit.get(format!("{}/{}", self.told, visit.parameter("id")))?.body)
    }

    /// How far one is; told anew each second until it ended.
    pub(super) fn progress(&self, visit: &Visit<'_>, job: &Value) -> Html {
        let looks: u32 = visit.query.text("looks").parse().unwrap_or_default();
        let progress = job.get("progress").unwrap_or(&Value::Null);
        let (done, of) = (whole(progress, "done").unwrap_or_default(), whole(progress, "of"));
        let [at_first, then] = self.messages;
        let state = text(job, "state");
        let word = visit.word("state", state);
        let tone = match state {
            "done" => Tone::Good,
            "failed" | "cancelled" => Tone::Bad,
            _ => Tone::Warn,
        };
        let goes_on = state == "running" && looks < LOOKS_MAX;
        let address = || format!("{}/{}/progress?looks={}", self.shown, text(job, "id"), looks + 1);
        Html::of(&Live {
            id: "progress".to_owned(),
            tone,
            text: visit.texts.with(
                if of.is_some() { then } else { at_first },
                &[("state", word.as_str().into()), ("n", done.into()), ("of", of.unwrap_or_default().into())],
            ),
            address: goes_on.then(address),
        })
    }

    /// That part of a page alone.
    pub(super) fn part(&self, visit: &Visit<'_>) -> Result<Shown, Refusal> {
        Ok(Shown::Html(self.progress(visit, &self.read(visit)?)))
    }

    /// Cancels the one in the path: as if it had never begun.
    pub(super) fn cancel(&self, visit: &Visit<'_>) -> Result<Stepped, Refusal> {
        let id = visit.parameter("id");
        visit.send("POST", format!("/jobs/{id}/cancel"), Value::Null)?;
        Ok(Stepped::Go(format!("{}/{id}?done=cancelled", self.shown)))
    }
}

/// Why one failed; nothing of one that did not.
pub(super) fn failure(visit: &Visit<'_>, job: &Value) -> Html {
    let Some(problem) = job.get("problem").filter(|problem| !problem.is_null()) else { return Html::default() };
    let detail = visit.texts.fault(text(problem, "detail"));
    let told = format!("{}. {detail}", visit.word("problem", text(problem, "code")));
    Html::of(&Notice { tone: Tone::Bad, text: told })
}

/// A form by which one that runs is cancelled, for who may.
pub(super) fn cancelling(visit: &Visit<'_>, job: &Value) -> Html {
    if text(job, "state") == "running" && visit.may("POST", "/jobs/{id}/cancel") {
        visit.form(Form::new("cancel", visit.say("lists-cancel")).danger())
    } else {
        Html::default()
    }
}
