//! Times at which specialists can be asked: published a week at a time, each taken by one consultation.

use avis_store::records::{Record, RecordChange, RecordFilter};
use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Time, institutions};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::link;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use crate::control::policy::Action;
use crate::control::problem::{Code, FieldFault, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

/// Times of one specialist in one week.
const TIMES_MAX: usize = 500;
/// Free times that are shown to who lost one.
const NEXT: usize = 3;

const FREE: &str = "free";
const TAKEN: &str = "taken";
/// How long a time is kept after it.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// A specialist's week.
pub(super) const WEEK: &[Field] = &[
    needed("minutes", Kind::Whole(5, 240)),
    needed("link", Kind::Token(1, link::CHARACTERS_MAX)),
    needed("times", Kind::List(&Kind::Instant, TIMES_MAX)),
];

/// A week as it was published: what was taken stays.
pub(super) const PUBLISHED: &[Field] =
    &[needed("free", Kind::Whole(0, i64::MAX)), needed("taken", Kind::Whole(0, i64::MAX))];

/// A free time.
pub(super) const FREE_TIME: &[Field] = &[needed("at", Kind::Instant), needed("minutes", Kind::Whole(5, 240))];

/// Free times from a moment on.
pub(super) const LISTED: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("from", Kind::Instant)];

/// A time as it is kept, in the order of an institution's times.
#[derive(Clone, Serialize, Deserialize)]
struct Published {
    at: Timestamp,
    minutes: i64,
    specialist: String,
    link: String,
}

impl Object for Published {
    const KIND: &'static str = "consultation_time";
}

/// In the order of time: whole seconds of one width.
fn key(institution: &str, at: Timestamp, specialist: &str) -> String {
    format!("{institution}/{}/{specialist}", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

/// `PUT /institutions/{code}/weeks/{date}`: the caller's own times in the week that begins on that Monday.
pub(super) fn publish(call: &Call<'_>) -> Result<Answer, Problem> {
    let code = call.path("code");
    let institution = institutions::of(call, code)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(code, Action::OpenRead)?;
    if let Err(detail) = institution.object.check_link(call.text("link")) {
        return Err(Problem::at("/link", detail));
    }
    let (from, until) = week(call)?;
    let (minutes, link) = (call.body.get("minutes").and_then(Value::as_i64).unwrap_or(0), call.text("link"));
    let times = times(call, (from, until), minutes)?;
    let specialist = &call.caller()?.user;
    let known = in_week(call, code, (from, until))?;
    let own: Vec<&Kept<Published>> = known.iter().filter(|time| time.object.specialist == *specialist).collect();
    let taken: Vec<&&Kept<Published>> = own.iter().filter(|time| time.state() == TAKEN).collect();
    let lasts = SignedDuration::from_mins(minutes);
    let meets = |at: &Timestamp| {
        taken.iter().any(|time| {
            let ends_at = time.object.at.saturating_add(SignedDuration::from_mins(time.object.minutes));
            *at < ends_at.unwrap_or(Timestamp::MAX)
                && time.object.at < at.saturating_add(lasts).unwrap_or(Timestamp::MAX)
        })
    };
    let mut changes: Vec<RecordChange> = Vec::new();
    let free: Vec<Timestamp> = times.into_iter().filter(|at| !meets(at)).collect();
    for at in &free {
        let time = Published { at: *at, minutes, specialist: specialist.clone(), link: link.to_owned() };
        let name = key(code, *at, specialist);
        let before = own.iter().find(|known| known.record.key == name).map(|known| &known.record);
        let until = at.saturating_add(KEPT_FOR).ok();
        changes.push(RecordChange::put(before, Published::KIND, &name, kept::value(&time, code, FREE, until)));
    }
    let goes = |time: &&&Kept<Published>| time.state() == FREE && !free.contains(&time.object.at);
    changes.extend(own.iter().filter(goes).map(|time| time.remove()));
    let shown = json!({"free": free.len(), "taken": taken.len()});
    let entry = call.entry("consultation_times_published", ("institution", code), (None, Some(&shown)));
    call.control.registry.change(&changes, &[entry.of_party(code)])?;
    Ok(Answer::of(shown))
}

/// From when until when the week in the path is, by the days of the deployment.
fn week(call: &Call<'_>) -> Result<(Timestamp, Timestamp), Problem> {
    let monday: Date = call.path("date").parse().map_err(|_| Problem::from(Code::NotFound))?;
    if monday.weekday() != Weekday::Monday {
        return Err(Problem::at("/date", "expected a Monday"));
    }
    let start = |date: Date| call.control.cases.zone.to_timestamp(date.at(0, 0, 0, 0)).ok();
    let next = monday.checked_add(7.days()).ok();
    start(monday).zip(next.and_then(start)).ok_or_else(|| Problem::from(Code::NotFound))
}

/// The times in the body, in their order: in the week, to come, in whole seconds, and none within another.
fn times(call: &Call<'_>, (from, until): (Timestamp, Timestamp), minutes: i64) -> Result<Vec<Timestamp>, Problem> {
    let mut times: Vec<(Timestamp, usize)> = Vec::new();
    for (place, text) in call.texts("times").iter().enumerate() {
        let at = text
            .parse::<Timestamp>()
            .ok()
            .filter(|at| (from..until).contains(at) && *at > call.now && at.subsec_nanosecond() == 0);
        let at = at.ok_or_else(|| {
            Problem::at(format!("/times/{place}"), "expected an instant of that week, in whole seconds and to come")
        })?;
        times.push((at, place));
    }
    times.sort_unstable();
    for ((one, _), (next, place)) in times.iter().zip(times.iter().skip(1)) {
        if next.duration_since(*one) < SignedDuration::from_mins(minutes) {
            return Err(Problem::at(format!("/times/{place}"), "expected an instant after the end of the one before"));
        }
    }
    Ok(times.into_iter().map(|(at, _)| at).collect())
}

/// All times of an institution within a span.
fn in_week(
    call: &Call<'_>,
    institution: &str,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<Kept<Published>>, Problem> {
    let after = key(institution, from, "");
    let filter = RecordFilter { owner: Some(institution), after: &after, ..RecordFilter::default() };
    let mut found = kept::all::<Published>(&*call.control.registry, &filter, call.now)?;
    found.retain(|time| time.object.at < until);
    Ok(found)
}

/// Free times of an institution behind a key, at most so many.
fn free_behind(call: &Call<'_>, institution: &str, after: &str, most: usize) -> Result<Vec<Kept<Published>>, Problem> {
    let filter = RecordFilter { owner: Some(institution), state: Some(FREE), after, ..RecordFilter::default() };
    kept::list(&*call.control.registry, &filter, most, call.now)
}

/// `GET /institutions/{code}/times`: free ones to come.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let code = call.path("code");
    institutions::of(call, code)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    let from = call.query.get("from").and_then(Value::as_str).and_then(|from| from.parse::<Timestamp>().ok());
    let begins = key(code, from.unwrap_or(call.now).max(call.now), "");
    let after = if page.after.is_empty() { &begins } else { &page.after };
    let found = free_behind(call, code, after, page.most())?;
    let shown =
        |time: Kept<Published>| (time.record.key, json!({"at": time.object.at, "minutes": time.object.minutes}));
    Ok(page.answer(found.into_iter().map(shown)))
}

/// Takes a free time of an institution.
///
/// # Errors
/// [`Code::TimeTaken`] with the next three that are free.
pub(super) fn take(call: &Call<'_>, institution: &str, at: Timestamp) -> Result<(Time, RecordChange), Problem> {
    let begins = key(institution, at, "");
    let found = free_behind(call, institution, &begins, 1)?.into_iter().next();
    let Some(free) = found.filter(|free| free.object.at == at && at > call.now) else {
        return Err(taken(call, institution, at.max(call.now))?);
    };
    let Published { at, minutes, specialist, link } = free.object.clone();
    let taken = free.replace(TAKEN);
    Ok((Time { key: free.record.key, at, minutes, specialist, link }, taken))
}

/// That a time is not free, with those that are next.
fn taken(call: &Call<'_>, institution: &str, at: Timestamp) -> Result<Problem, Problem> {
    let mut next = free_behind(call, institution, &key(institution, at, ""), TIMES_MAX)?;
    // Of several specialists at one time one is told.
    next.dedup_by(|one, other| one.object.at == other.object.at);
    next.truncate(NEXT);
    let told =
        |time: &Kept<Published>| FieldFault { pointer: "/at".to_owned(), detail: format!("free: {}", time.object.at) };
    let errors = next.iter().map(told).collect();
    Ok(Problem { errors, ..Code::TimeTaken.into() })
}

/// Frees a time that is not needed any more, unless it is past.
///
/// # Errors
/// A store that can't be read.
pub(super) fn free(call: &Call<'_>, time: &Time) -> Result<Option<RecordChange>, Problem> {
    let record: Option<Record> = call.control.registry.record(Published::KIND, &time.key)?;
    let published = record.map(kept::read::<Published>).transpose()?;
    Ok(published.filter(|published| published.object.at > call.now).map(|published| published.replace(FREE)))
}
