//! `GET /v1/terminal/offline`: what the terminal may grant without a connection.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use avis_core::DottedPath;
use avis_core::document::Text;
use avis_core::offline::OfflineGrant;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::admission::Caller;
use crate::http::{AppState, Problem, admission};
use crate::metrics::Operation;

/// What a terminal may grant without a connection, and for how much grantors answer.
#[derive(Serialize, ToSchema)]
#[schema(as = Offline)]
pub(super) struct Answer<'a> {
    /// Of the data that was read.
    #[schema(minimum = 0)]
    revision: u64,
    /// Whether newer data was known to exist.
    stale: bool,
    /// The engine's clock: what has ended by then is left out.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// By code and version, those that begin later as well.
    benefits: Vec<Grant<'a>>,
}

/// A version of a benefit whose `offline` policy allows something. To whom it is due the terminal must know by itself.
#[derive(Serialize, ToSchema)]
#[schema(as = OfflineGrant)]
struct Grant<'a> {
    /// The benefit's code.
    benefit: &'a str,
    /// Its version; an upload names both.
    #[schema(minimum = 1)]
    version: i64,
    /// For the receipt; neutral.
    public_name: &'a Text,
    /// From when it counts; null is ever since.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    from: Option<Timestamp>,
    /// Until when, half-open; null is for good.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    until: Option<Timestamp>,
    /// Paths of products that it covers; null is all.
    #[schema(required)]
    products: Option<Vec<&'a str>>,
    /// Paths that it does not cover.
    except_products: Vec<&'a str>,
    /// Minor units for which the grantor answers, for one holder on one service date.
    #[schema(minimum = 0)]
    max_discount: i64,
    /// Uses for which it answers, of one holder on one service date.
    #[schema(minimum = 0)]
    max_uses: i64,
}

pub(super) async fn offline(http: HttpRequest, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, &shared);
    admission::answered(&shared, Operation::Terminal, answer)
}

fn asked(http: &HttpRequest, shared: &AppState) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let (rules, time) = (caller.rules()?, shared.clock.now());
    let benefits = rules.offline_grants(&caller.terminal.provider, time).iter().map(Grant::of).collect();
    let (revision, stale) = (caller.known.revision(), shared.is_stale());
    Ok(HttpResponse::Ok().json(Answer { revision, stale, time, benefits }))
}

impl<'a> Grant<'a> {
    fn of(grant: &OfflineGrant<'a>) -> Self {
        let paths = |paths: &'a [DottedPath]| paths.iter().map(DottedPath::as_str).collect::<Vec<_>>();
        Self {
            benefit: grant.benefit,
            version: grant.version,
            public_name: grant.public_name,
            from: grant.from,
            until: grant.until,
            products: grant.products.map(paths),
            except_products: paths(grant.except_products),
            max_discount: grant.max_discount,
            max_uses: grant.max_uses,
        }
    }
}
