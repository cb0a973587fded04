//! What was changed behind the store's back is found.

use avis_store::{Broken, Kind, SecurityEvent, SecurityEventKind};

use crate::fleet::report;
use crate::office::{Adapter, Followed, commit, now};
use crate::rows::{gone, group, holder};

fn event(kind: SecurityEventKind, provider: Option<&str>) -> SecurityEvent {
    let terminal = provider.map(|provider| format!("{provider}-1"));
    SecurityEvent { at: now(), kind, provider: provider.map(str::to_owned), terminal, subject: None }
}

/// Three revisions and two seals over four events.
fn written(adapter: &dyn Adapter) -> Box<dyn Followed> {
    let store = adapter.open();
    commit(&*store, [group("a", 1), group("b", 1), holder("h", &["1"])]);
    commit(&*store, [group("a", 2), holder("h", &["2"]), gone(Kind::Group, "b")]);
    commit(&*store, [gone(Kind::Holder, "h"), group("c", 1)]);
    store.note(&[event(SecurityEventKind::Guessing, Some("bus")), event(SecurityEventKind::KeyRefused, None)]).unwrap();
    store.note(&[event(SecurityEventKind::OutOfScope, Some("bus"))]).unwrap();
    store.note(&[event(SecurityEventKind::RequestIdReused, Some(""))]).unwrap();
    store
}

fn found(adapter: &dyn Adapter, sql: &str) -> Option<Broken> {
    drop(written(adapter));
    adapter.tamper(sql);
    adapter.open().verify().unwrap()
}

pub(crate) fn an_audit_holds(adapter: &dyn Adapter) {
    assert_eq!(adapter.open().verify().unwrap(), None, "an empty one");
    assert_eq!(written(adapter).verify().unwrap(), None);
}

pub(crate) fn a_changed_header_is_found(adapter: &dyn Adapter) {
    let sql = "UPDATE revision SET actor = 'mallory' WHERE number = 2";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(2)));
}

pub(crate) fn a_changed_digest_of_a_header_is_found(adapter: &dyn Adapter) {
    let sql = "UPDATE revision SET rules = holders WHERE number = 2";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(2)));
}

pub(crate) fn a_missing_header_is_found(adapter: &dyn Adapter) {
    drop(written(adapter));
    adapter.tamper("UPDATE followed SET revision = 1");
    adapter.tamper("DELETE FROM revision WHERE number = 3");
    assert_eq!(adapter.open().verify().unwrap(), Some(Broken::Revision(3)), "rows without a header");
    adapter.tamper("DELETE FROM audit WHERE revision = 2");
    adapter.tamper("DELETE FROM revision WHERE number = 2");
    assert_eq!(adapter.open().verify().unwrap(), Some(Broken::Revision(3)), "rows without a header");
}

pub(crate) fn a_missing_revision_is_found(adapter: &dyn Adapter) {
    drop(written(adapter));
    adapter.tamper("UPDATE followed SET revision = 1");
    adapter.tamper("DELETE FROM audit WHERE revision = 2");
    adapter.tamper("DELETE FROM revision WHERE number = 2");
    assert_eq!(adapter.open().verify().unwrap(), Some(Broken::Revision(2)));
}

pub(crate) fn a_changed_row_is_found(adapter: &dyn Adapter) {
    let sql = "UPDATE audit SET after_digest = NULL WHERE revision = 2 AND key = 'a'";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(2)));
}

pub(crate) fn a_changed_content_is_found(adapter: &dyn Adapter) {
    let sql = "UPDATE audit SET before = '{}' WHERE revision = 3 AND kind = 'holder'";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(3)));
}

pub(crate) fn a_missing_row_is_found(adapter: &dyn Adapter) {
    let sql = "DELETE FROM audit WHERE revision = 1 AND key = 'b'";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(1)));
}

pub(crate) fn a_row_that_was_put_in_is_found(adapter: &dyn Adapter) {
    let sql = "INSERT INTO audit (revision, place, kind, key) VALUES (2, 99, 'group', 'z')";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(2)));
}

pub(crate) fn a_changed_event_is_found(adapter: &dyn Adapter) {
    let sql = "UPDATE security_event SET provider = NULL WHERE number = 4";
    assert_eq!(found(adapter, sql), Some(Broken::Events(4)), "nothing is another thing than empty");
}

pub(crate) fn a_missing_event_is_found(adapter: &dyn Adapter) {
    assert_eq!(found(adapter, "DELETE FROM security_event WHERE number = 1"), Some(Broken::Events(2)));
}

pub(crate) fn an_event_that_was_put_in_is_found(adapter: &dyn Adapter) {
    let columns = "number, at, kind, provider, terminal, subject";
    let sql = format!(
        "INSERT INTO security_event ({columns})
         SELECT 5, at, kind, provider, terminal, subject FROM security_event WHERE number = 1"
    );
    assert_eq!(found(adapter, &sql), Some(Broken::Events(5)), "it is under no seal");
}

pub(crate) fn an_audit_holds_after_erasure(adapter: &dyn Adapter) {
    drop(written(adapter));
    adapter.tamper("UPDATE audit SET salt = NULL, before = NULL WHERE kind = 'holder' AND key = 'h'");
    let store = adapter.open();
    assert_eq!(store.verify().unwrap(), None);
    commit(&*store, [holder("h", &["3"])]);
    assert_eq!(store.verify().unwrap(), None);
}

pub(crate) fn an_audit_goes_on_after_a_restart(adapter: &dyn Adapter) {
    drop(written(adapter));
    let store = adapter.open();
    commit(&*store, [group("d", 1)]);
    store.note(&[event(SecurityEventKind::Guessing, None)]).unwrap();
    assert_eq!(store.verify().unwrap(), None);
    drop(store);
    adapter.tamper("UPDATE revision SET reason = 'none' WHERE number = 4");
    assert_eq!(adapter.open().verify().unwrap(), Some(Broken::Revision(4)));
}

/// However long a revision is being written: what concerns security is kept, and engines say how they stand.
pub(crate) fn events_are_kept_while_a_revision_is_written(adapter: &dyn Adapter) {
    let store = written(adapter);
    let turn = adapter.hold_turn();
    store.note(&[event(SecurityEventKind::KeyRefused, Some("bus"))]).unwrap();
    store.report(&report("one", store.head().unwrap())).unwrap();
    assert_eq!(store.fleet().unwrap().len(), 1);
    assert_eq!(store.verify().unwrap(), None);
    drop(turn);
    drop(store);
    adapter.tamper("UPDATE security_event SET provider = 'tram' WHERE number = 5");
    assert_eq!(adapter.open().verify().unwrap(), Some(Broken::Events(5)), "it was there to be changed");
}

pub(crate) fn no_events_leave_no_seal(adapter: &dyn Adapter) {
    let store = adapter.open();
    store.note(&[]).unwrap();
    store.note(&[event(SecurityEventKind::Guessing, None)]).unwrap();
    store.note(&[]).unwrap();
    assert_eq!(store.verify().unwrap(), None);
    drop(store);
    adapter.tamper("DELETE FROM security_event");
    assert_eq!(adapter.open().verify().unwrap(), Some(Broken::Events(1)));
}
