//! What moved, as a file from which both sides make a statement (settlement 1.1): a provider's own movements, and of others what concerns
//! a grantor. Nobody's code is in it.

use std::io::{self, Write};
use std::sync::Arc;

use avis_core::settlement::MovementId;
use avis_core::settlement::reconcile::Dates;
use avis_store::{Authorizations, ClosedDays, Entries, MovementsError, Reports, Wanted};
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use super::{days, is_provider};
use crate::control::answer::{Answer, Download};
use crate::control::call::Call;
use crate::control::imports::noted_export;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, REASON, needed, optional};

/// Of which business days, and of which provider where it is not the own party.
pub(super) const QUERY: &[Field] =
    &[needed("from", Kind::Date), needed("until", Kind::Date), optional("provider", Kind::Code), REASON];
/// One movement a line.
pub(super) const NDJSON: &str = "application/x-ndjson";
/// Movements that are in memory with their lines at a time.
const AT_ONCE: usize = 500;

/// Whose movements of which days are written.
struct Exported {
    reports: Arc<dyn Reports>,
    provider: String,
    /// To whom what concerns it is told alone; none where all is.
    grantor: Option<String>,
    closed: ClosedDays,
    days: (Date, Date),
}

/// `GET /exports/movements`: what counts on business days from one until another.
pub(super) fn movements(call: &Call<'_>) -> Result<Answer, Problem> {
    let said = |name: &str| call.query.get(name).and_then(Value::as_str);
    let date = |name: &'static str| {
        let date = said(name).and_then(|date| date.parse().ok());
        date.ok_or_else(|| Problem::of_parameter(name, "expected a date such as `2026-11-18`"))
    };
    let days = (date("from")?, date("until")?);
    if Dates::new(days.0, days.1).is_none() {
        return Err(Problem::of_parameter(
            "until",
            format!("expected a day after `from`, {} days at most", Dates::DAYS_MAX),
        ));
    }
    let party = call.party()?;
    let provider = said("provider").unwrap_or(party).to_owned();
    if !is_provider(call, &provider)? {
        return match said("provider") {
            Some(_) => Err(Code::NotFound.into()),
            None => Err(Problem::of_parameter("provider", "expected the provider whose movements they are")),
        };
    }
    let grantor = (!call.reaches(&provider)).then(|| party.to_owned());
    let closed = days::closed(call, &provider)?;
    let reports = Arc::clone(&call.control.reports);
    let exported = Exported { reports, provider: provider.clone(), grantor, closed, days };
    let file = Download::new(NDJSON, move |out| exported.write(out).map_err(unwritten));
    noted_export(call, ("provider", &provider), file)
}

fn unwritten(error: MovementsError) -> io::Error {
    match error {
        MovementsError::Sink(error) => error,
        error => io::Error::other(error),
    }
}

impl Exported {
    /// Finds out what counts on the days, and writes it page by page: rows of what moved never change.
    fn write(&self, out: &mut dyn Write) -> Result<(), MovementsError> {
        for page in self.dated()?.chunks(AT_ONCE) {
            let mut ids: Vec<Uuid> = page.iter().map(|(id, _)| id.authorization).collect();
            ids.dedup();
            for movement in self.reports.movements_of(&ids)? {
                let id = MovementId { authorization: movement.authorization(), number: movement.number() };
                let Ok(place) = page.binary_search_by_key(&id, |(id, _)| *id) else { continue };
                let Some((_, date)) = page.get(place) else { continue };
                let movement = match &self.grantor {
                    Some(grantor) => movement.part_of(grantor),
                    None => movement,
                };
                movement.write_line(*date, &mut *out)?;
            }
        }
        Ok(out.flush()?)
    }

    /// The movements of the days in their order, each with the day on which it counts.
    fn dated(&self) -> Result<Vec<(MovementId, Date)>, MovementsError> {
        let Self { reports, provider, grantor, closed, days: (from, until) } = self;
        let entries = grantor.as_deref().map_or(Entries::None, Entries::Of);
        let wanted = Wanted { provider, entries, closed, of: Authorizations::OfDays(*from, *until) };
        let mut dated: Vec<(MovementId, Date)> = Vec::new();
        reports.each_posting(&wanted, &mut |posting| {
            let (id, date) = (posting.movement.id, posting.movement.business_date);
            let is_told = grantor.is_none() || posting.borne.is_some();
            if is_told && *from <= date && date < *until && dated.last().is_none_or(|(last, _)| *last != id) {
                dated.push((id, date));
            }
            Ok(())
        })?;
        Ok(dated)
    }
}
