//! Identifiers say since when they are stopped, so that what was sold before is judged as of its time.

use avis_store::{Kind, Row};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::copy::Copy;
use crate::office::{Adapter, Followed, Terms, now};
use crate::rows::holder_with;

fn later(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

fn with(status: &str, since: Option<Timestamp>) -> Row {
    holder_with("h", &[json!({"scheme": "etalons", "value": "1", "status": status, "since": since})])
}

/// Commits at a moment; the identifier as it is kept then.
fn kept(store: &dyn Followed, row: Row, at: Timestamp) -> Value {
    Terms { at, ..Terms::default() }.commit(store, [row]).unwrap();
    let copy = Copy::of(store);
    let holder: Value = serde_json::from_str(copy.content(Kind::Holder, "h").unwrap()).unwrap();
    holder["identifiers"][0].clone()
}

pub(crate) fn what_is_newly_stopped_says_since_when(adapter: &dyn Adapter) {
    for status in ["blocked", "expired"] {
        let store = adapter.open();
        kept(&*store, with("active", None), later(0));
        let identifier = kept(&*store, with(status, None), later(1));
        assert_eq!((&identifier["status"], &identifier["since"]), (&json!(status), &json!(later(1))));
    }
}

pub(crate) fn what_is_stopped_again_keeps_its_moment(adapter: &dyn Adapter) {
    let store = adapter.open();
    kept(&*store, with("active", None), later(0));
    kept(&*store, with("blocked", None), later(1));
    assert_eq!(kept(&*store, with("blocked", None), later(2))["since"], json!(later(1)));
    let expired = kept(&*store, with("expired", None), later(3));
    assert_eq!(expired["since"], json!(later(1)), "it was not usable in between");
}

pub(crate) fn a_moment_that_is_given_is_kept(adapter: &dyn Adapter) {
    let store = adapter.open();
    kept(&*store, with("active", None), later(0));
    assert_eq!(kept(&*store, with("blocked", Some(later(-5))), later(1))["since"], json!(later(-5)));
    assert_eq!(kept(&*store, with("blocked", Some(later(-4))), later(2))["since"], json!(later(-4)));
    assert_eq!(kept(&*store, with("blocked", None), later(3))["since"], json!(later(-4)));
}

pub(crate) fn what_is_active_again_has_no_moment(adapter: &dyn Adapter) {
    let store = adapter.open();
    kept(&*store, with("active", Some(later(-1))), later(0));
    kept(&*store, with("blocked", None), later(1));
    assert_eq!(kept(&*store, with("active", None), later(2)).get("since"), None);
    assert_eq!(kept(&*store, with("blocked", None), later(3))["since"], json!(later(3)));
}

pub(crate) fn what_was_stopped_from_the_first_is_so_ever_since(adapter: &dyn Adapter) {
    let store = adapter.open();
    assert_eq!(kept(&*store, with("blocked", None), later(1)).get("since"), None);
    assert_eq!(kept(&*store, with("expired", None), later(2)).get("since"), None);
}

pub(crate) fn a_repeated_file_changes_nothing(adapter: &dyn Adapter) {
    let store = adapter.open();
    kept(&*store, with("active", None), later(0));
    kept(&*store, with("blocked", None), later(1));
    let again = Terms { at: later(2), ..Terms::default() }.commit(&*store, [with("blocked", None)]).unwrap();
    assert_eq!((again.head.revision.number, again.counts.unchanged), (2, 1));
}
