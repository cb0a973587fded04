//! Days that nobody closes close by themselves some days after their end (settlement 1.4), on whichever admin node looks first: of two
//! that close at once, one closes and the other finds it closed.

use std::sync::Arc;
use std::time::Duration;

use avis_store::{Act, Actor, ActorKind, AuditEntry, AuditObject, Background, DAY_KIND, ToldDay, Whose};
use jiff::Span;

use super::days::{closing, days_of};
use crate::control::Control;
use crate::control::problem::Problem;

/// After how long it is looked for days first, so that who starts does not wait for it.
const FIRST: Duration = Duration::from_secs(60);
/// How often it is looked for days.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// Who closes them.
const BY: &str = "schedule";

impl Control {
    /// Closes days that ended so many days ago, in the background, until it is dropped.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn close_days(self: &Arc<Self>, after_days: i64) -> std::io::Result<Background> {
        let plane = self.clone();
        Background::giving_way("avis-days", move |control| {
            let mut waits = FIRST;
            while control.sleep(waits) {
                plane.close_overdue_days(after_days);
                waits = EVERY;
            }
        })
    }

    /// Closes the days of providers that ended so many days ago and are open. Other nodes may do the same at the same time; what
    /// can't be closed now is looked at again.
    pub fn close_overdue_days(&self, after_days: i64) {
        let providers = match closing(self) {
            Ok(providers) => providers,
            Err(problem) => return told("", &problem),
        };
        for provider in providers {
            let whose = Whose { provider: &provider, terminal: None };
            let entry = |key: &str, told: &ToldDay| {
                let party = Some(provider.clone());
                let actor = Actor { kind: ActorKind::Program, id: BY.to_owned(), party };
                let object = AuditObject { kind: DAY_KIND.to_owned(), key: key.to_owned() };
                let act = Act { object: Some(object), ..Act::new(actor, "day_closed") };
                AuditEntry { after: Some(told.shown(whose).to_string()), ..AuditEntry::new(self.clock.now(), act) }
            };
            let closed = days_of(self, &provider).and_then(|days| {
                let today = days.day.date(days.now);
                let Ok(before) = today.checked_sub(Span::new().days(after_days)) else { return Ok(()) };
                Ok(days.close_overdue(&provider, before, (BY, &entry))?)
            });
            if let Err(problem) = closed {
                told(&provider, &problem);
            }
        }
    }
}

fn told(provider: &str, problem: &Problem) {
    let code = problem.code.word();
    tracing::warn!(target: "avis::control", provider, code, "days that ended long ago wait for another attempt to close them");
}
