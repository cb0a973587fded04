//! `GET /v1/terminal`: who the key is, and what the deployment takes from it.

use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse, rt};
use avis_store::{EngineReport, Revision};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::Known;
use crate::http::admission::Caller;
use crate::http::{AppState, Problem, Selling, admission};
use crate::metrics::Operation;
use crate::terminal::Scope;

/// Who the key is, and what the deployment takes from it.
#[derive(Serialize, ToSchema)]
#[schema(as = Terminal)]
pub(super) struct Answer<'a> {
    /// Its code.
    terminal: &'a str,
    /// Whose it is: what it sells is this provider's.
    provider: &'a str,
    /// The channels that it may name.
    channels: &'a [String],
    /// The schemes of identifiers that it may present.
    schemes: &'a [String],
    /// What its keys are for.
    scopes: &'a [Scope],
    /// Whether all that it sells is for training: kept apart from what is real, and forgotten when the engine stops.
    training: bool,
    key: KeyUsed<'a>,
    /// ISO 4217 code of the one currency that is taken; null until rules are published.
    #[schema(required)]
    currency: Option<&'a str>,
    /// The time zone of the deployment (IANA); null where it has no name.
    #[schema(required)]
    time_zone: Option<&'a str>,
    /// The engine's clock, by which `occurred_at` is judged.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    sales: SaleBounds,
    revision: Revisions,
    /// Whether this engine could not compare itself with the store for too long.
    stale: bool,
}

/// The key that was sent, by what may be shown of it.
#[derive(Serialize, ToSchema)]
struct KeyUsed<'a> {
    /// Its first characters.
    prefix: &'a str,
    /// From when it is not taken any more; null if that is not planned.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    until: Option<Timestamp>,
}

/// When a sale is taken, and how long a hold waits.
#[derive(Serialize, ToSchema)]
struct SaleBounds {
    /// Seconds before `time` in which a sale may have taken place.
    #[schema(minimum = 0)]
    past_s: i64,
    /// Seconds after it.
    #[schema(minimum = 0)]
    future_s: i64,
    /// Seconds for which a hold waits for its capture.
    #[schema(minimum = 0)]
    hold_s: i64,
}

/// Numbers of revisions; of other engines as they told within the last minute.
#[derive(Clone, Copy, Serialize, ToSchema)]
struct Revisions {
    /// Of this engine. 0 before the first.
    #[schema(minimum = 0)]
    applied: u64,
    /// The oldest that an engine of the deployment has: no engine refuses this one as `min_revision`.
    #[schema(minimum = 0)]
    oldest: u64,
    /// The newest that one has.
    #[schema(minimum = 0)]
    newest: u64,
}

/// How long the store is waited for; without it the engine tells of itself alone.
const STORE_WAIT: Duration = Duration::from_millis(300);

/// How long an engine that said nothing more counts as one that answers.
const SILENT_MAX: SignedDuration = SignedDuration::from_secs(60);

pub(super) async fn terminal(http: HttpRequest, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, &shared).await;
    admission::answered(&shared, Operation::Terminal, answer)
}

async fn asked(http: &HttpRequest, shared: &Data<AppState>) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let revision = revisions(shared, &caller.known).await;
    let (terminal, rules) = (&caller.terminal, &caller.known.rules);
    Ok(HttpResponse::Ok().json(Answer {
        terminal: &terminal.code,
        provider: &terminal.provider,
        channels: &terminal.channels,
        schemes: &terminal.schemes,
        scopes: &terminal.scopes,
        training: terminal.trains(),
        key: KeyUsed { prefix: &caller.key.prefix, until: caller.key.until },
        currency: rules.as_ref().map(|rules| rules.currency()),
        time_zone: shared.engine.zone().iana_name(),
        time: shared.clock.now(),
        sales: SaleBounds::of(&shared.selling),
        revision,
        stale: shared.is_stale(),
    }))
}

/// Where this engine stands, and the others that told of themselves lately.
async fn revisions(shared: &Data<AppState>, known: &Known) -> Revisions {
    let applied = known.revision();
    let alone = Revisions { applied, oldest: applied, newest: applied };
    let Some(registry) = shared.registry.clone() else { return alone };
    let reports = web::block(move || registry.fleet());
    let Ok(Ok(Ok(reports))) = rt::time::timeout(STORE_WAIT, reports).await else { return alone };
    let others: Vec<EngineReport> = reports.into_iter().filter(|report| report.node != shared.node).collect();
    known.head.map_or(alone, |head| Revisions::of(head.revision, &others, shared.clock.now()))
}

impl Revisions {
    fn of(applied: Revision, others: &[EngineReport], now: Timestamp) -> Self {
        let speaking = others.iter().filter(|report| {
            report.revision.incarnation == applied.incarnation && now.duration_since(report.at) < SILENT_MAX
        });
        let numbers = || speaking.clone().map(|report| report.revision.number).chain([applied.number]);
        let (oldest, newest) = (numbers().min(), numbers().max());
        let or_applied = |number: Option<u64>| number.unwrap_or(applied.number);
        Self { applied: applied.number, oldest: or_applied(oldest), newest: or_applied(newest) }
    }
}

impl SaleBounds {
    fn of(Selling { hold, past, future }: &Selling) -> Self {
        Self { past_s: past.as_secs(), future_s: future.as_secs(), hold_s: hold.as_secs() }
    }
}

#[cfg(test)]
mod tests {
    use avis_store::Digest;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_engines_of_this_store_that_spoke_lately_count() {
        let now: Timestamp = "2026-11-18T06:12:00Z".parse().unwrap();
        let (here, elsewhere) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let report = |incarnation, number, seconds_ago| EngineReport {
            node: "other".to_owned(),
            program: "0".to_owned(),
            revision: Revision { incarnation, number },
            digest: Digest::default(),
            age_ms: 0,
            unreadable: 0,
            stand_in: None,
            at: now - SignedDuration::from_secs(seconds_ago),
        };
        let of = |reports: &[EngineReport]| {
            let Revisions { applied, oldest, newest } =
                Revisions::of(Revision { incarnation: here, number: 7 }, reports, now);
            (applied, oldest, newest)
        };
        assert_eq!(of(&[]), (7, 7, 7));
        assert_eq!(of(&[report(here, 5, 3), report(here, 9, 59)]), (7, 5, 9));
        assert_eq!(of(&[report(here, 1, 60), report(elsewhere, 2, 1)]), (7, 7, 7));
    }
}
