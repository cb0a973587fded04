//! The audit is one sequence, and what was changed behind the store's back is found.

use avis_store::{Act, Actor, ActorKind, Anchor, AuditEntry, AuditFilter, AuditObject, Broken, Kind, SequencedEntry};

use crate::fleet::report;
use crate::office::{Adapter, Followed, at_once, commit, now};
use crate::rows::{gone, group, holder};

/// A terminal of a provider does something.
fn event(action: &str, provider: Option<&str>) -> AuditEntry {
    let id = provider.map(|provider| format!("{provider}-1")).unwrap_or_default();
    let actor = Actor { kind: ActorKind::Terminal, id, party: provider.map(str::to_owned) };
    AuditEntry::new(now(), Act::new(actor, action))
}

/// With every field.
fn full() -> AuditEntry {
    let actor = Actor { kind: ActorKind::Other("robot".into()), id: "r-2".into(), party: Some("lv-state".into()) };
    let act = Act {
        actor,
        on_behalf: Some("h-anna".into()),
        from: Some("192.0.2.0/24".into()),
        action: "read".into(),
        object: Some(AuditObject { kind: "holder".into(), key: "h-anna".into() }),
        reason: Some("a complaint; it's hers".into()),
        request: Some("0190f6a2".into()),
        owner: Some("bus".into()),
    };
    let (before, after) = (Some("{}".into()), Some(r#"{"a":"\u010d"}"#.into()));
    AuditEntry { at: now() + jiff::SignedDuration::from_millis(1), act, before, after, revision: None }
}

/// Three revisions, entries 1 to 3, and four events behind them.
fn written(adapter: &dyn Adapter) -> Box<dyn Followed> {
    let store = adapter.open();
    commit(&*store, [group("a", 1), group("b", 1), holder("h", &["1"])]);
    commit(&*store, [group("a", 2), holder("h", &["2"]), gone(Kind::Group, "b")]);
    commit(&*store, [gone(Kind::Holder, "h"), group("c", 1)]);
    store.append(&[event("guessing", Some("bus")), event("key_refused", None)]).unwrap();
    store.append(&[event("out_of_scope", Some("bus"))]).unwrap();
    store.append(&[full()]).unwrap();
    store
}

fn found(adapter: &dyn Adapter, sql: &str) -> Option<Broken> {
    drop(written(adapter));
    adapter.tamper(sql);
    adapter.open().verify(None).unwrap()
}

fn all(store: &dyn Followed) -> Vec<SequencedEntry> {
    store.entries(&AuditFilter::default(), usize::MAX).unwrap()
}

pub(crate) fn an_audit_holds(adapter: &dyn Adapter) {
    assert_eq!(adapter.open().verify(None).unwrap(), None, "an empty one");
    assert_eq!(written(adapter).verify(None).unwrap(), None);
}

pub(crate) fn entries_are_read_back_as_they_were_the_newest_first(adapter: &dyn Adapter) {
    let store = written(adapter);
    let entries = all(&*store);
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.anchor.seq).collect();
    assert_eq!(numbers, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(entries[0].entry, full());
    assert_eq!(entries[2].entry, event("key_refused", None), "nothing is another thing than empty");
    assert_eq!(store.anchor().unwrap(), Some(entries[0].anchor));
    drop(store);
    assert_eq!(all(&*adapter.open()), entries, "also after a restart");
}

pub(crate) fn each_revision_has_its_entry_and_what_made_none_has_none(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1)]);
    commit(&*store, [group("a", 1)]);
    commit(&*store, [group("a", 2), group("b", 1)]);
    let entries: Vec<_> = all(&*store).into_iter().map(|kept| kept.entry).collect();
    let revisions: Vec<_> = entries.iter().map(|entry| entry.revision).collect();
    assert_eq!(revisions, [Some(2), Some(1)]);
    assert_eq!((&*entries[0].act.actor.id, entries[0].act.reason.as_deref()), ("anna", Some("because")));
    let after: serde_json::Value = serde_json::from_str(entries[0].after.as_deref().unwrap()).unwrap();
    assert_eq!((&after["added"], &after["changed"], &after["removed"]), (&1.into(), &1.into(), &0.into()));
}

pub(crate) fn entries_are_found_by_actor_party_action_and_object(adapter: &dyn Adapter) {
    let store = written(adapter);
    let numbers = |filter: AuditFilter, most| -> Vec<u64> {
        store.entries(&filter, most).unwrap().iter().map(|entry| entry.anchor.seq).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    let any = AuditFilter::default;
    assert_eq!(numbers(AuditFilter { party: text("bus"), ..any() }, 9), [6, 4]);
    assert_eq!(numbers(AuditFilter { concerning: text("bus"), ..any() }, 9), [7, 6, 4], "also what others did to it");
    let both = AuditFilter { concerning: text("bus"), actions: vec!["read".into()], ..any() };
    assert_eq!(numbers(both, 9), [7]);
    assert_eq!(numbers(AuditFilter { actor: text("anna"), ..any() }, 2), [3, 2]);
    assert_eq!(numbers(AuditFilter { actor: text("anna"), before_seq: Some(2), ..any() }, 2), [1]);
    assert_eq!(numbers(AuditFilter { actions: vec!["key_refused".into()], ..any() }, 9), [5]);
    assert_eq!(numbers(AuditFilter { party: text("bus"), actions: vec!["guessing".into()], ..any() }, 9), [4]);
    let anna = AuditObject { kind: "holder".into(), key: "h-anna".into() };
    assert_eq!(numbers(AuditFilter { object: Some(anna.clone()), ..any() }, 9), [7]);
    let group = AuditObject { kind: "group".into(), ..anna };
    assert!(numbers(AuditFilter { object: Some(group), ..any() }, 9).is_empty());
    assert!(numbers(any(), 0).is_empty());
    let either = vec!["key_refused".into(), "out_of_scope".into(), "never".into()];
    assert_eq!(numbers(AuditFilter { actions: either, ..any() }, 9), [6, 5]);
    let last = store.entries(&any(), 1).unwrap().remove(0).entry.at;
    let millisecond = jiff::SignedDuration::from_millis(1);
    assert_eq!(numbers(AuditFilter { from: Some(last + millisecond), ..any() }, 9), [0; 0]);
    assert_eq!(numbers(AuditFilter { from: Some(last), until: Some(last + millisecond), ..any() }, 1), [7]);
    assert!(!numbers(AuditFilter { until: Some(last), ..any() }, 9).contains(&7));
}

pub(crate) fn entries_have_no_gaps_however_many_append_at_once(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    at_once(4, |thread| {
        for number in 0..10 {
            store.append(&[event(&format!("{thread} {number}"), None), event("and", None)]).unwrap();
            if thread == 0 {
                commit(store, [group("a", number)]);
            }
        }
    });
    let entries = all(store);
    let numbers: Vec<u64> = entries.iter().rev().map(|entry| entry.anchor.seq).collect();
    assert_eq!(numbers, (1..=90).collect::<Vec<_>>());
    assert_eq!(store.verify(None).unwrap(), None);
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
    assert_eq!(adapter.open().verify(None).unwrap(), Some(Broken::Revision(3)));
    adapter.tamper("DELETE FROM row_change WHERE revision = 3");
    assert_eq!(adapter.open().verify(None).unwrap(), Some(Broken::Revision(3)), "its entry tells of it still");
}

pub(crate) fn a_missing_revision_is_found(adapter: &dyn Adapter) {
    drop(written(adapter));
    adapter.tamper("UPDATE followed SET revision = 1");
    adapter.tamper("DELETE FROM row_change WHERE revision = 2");
    adapter.tamper("DELETE FROM revision WHERE number = 2");
    assert_eq!(adapter.open().verify(None).unwrap(), Some(Broken::Revision(2)));
}

pub(crate) fn a_changed_row_is_found(adapter: &dyn Adapter) {
    let sql = "UPDATE row_change SET after_digest = NULL WHERE revision = 2 AND key = 'a'";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(2)));
}

pub(crate) fn a_changed_content_is_found(adapter: &dyn Adapter) {
    let sql = "UPDATE row_change SET before = '{}' WHERE revision = 3 AND kind = 'holder'";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(3)));
}

pub(crate) fn a_missing_row_is_found(adapter: &dyn Adapter) {
    let sql = "DELETE FROM row_change WHERE revision = 1 AND key = 'b'";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(1)));
}

pub(crate) fn a_row_that_was_put_in_is_found(adapter: &dyn Adapter) {
    let sql = "INSERT INTO row_change (revision, place, kind, key) VALUES (2, 99, 'group', 'z')";
    assert_eq!(found(adapter, sql), Some(Broken::Revision(2)));
    adapter.tamper("DELETE FROM row_change WHERE place = 99");
    adapter.tamper("INSERT INTO row_change (revision, place, kind, key) VALUES (9, 0, 'group', 'z')");
    assert_eq!(adapter.open().verify(None).unwrap(), Some(Broken::Revision(9)), "of a revision that was never made");
}

pub(crate) fn a_changed_entry_is_found(adapter: &dyn Adapter) {
    assert_eq!(found(adapter, "UPDATE audit SET party = 'tram' WHERE seq = 6"), Some(Broken::Entry(6)));
    adapter.tamper("UPDATE audit SET party = 'bus' WHERE seq = 6");
    assert_eq!(adapter.open().verify(None).unwrap(), None);
    adapter.tamper("UPDATE audit SET on_behalf = '' WHERE seq = 6");
    assert_eq!(adapter.open().verify(None).unwrap(), Some(Broken::Entry(6)), "nothing is another thing than empty");
}

pub(crate) fn a_missing_entry_is_found(adapter: &dyn Adapter) {
    assert_eq!(found(adapter, "DELETE FROM audit WHERE seq = 5"), Some(Broken::Entry(5)));
}

pub(crate) fn an_entry_that_was_put_in_is_found(adapter: &dyn Adapter) {
    let sql = "INSERT INTO audit (seq, at, actor_kind, actor, action, link)
               SELECT 8, at, actor_kind, actor, action, link FROM audit WHERE seq = 5";
    assert_eq!(found(adapter, sql), Some(Broken::Entry(8)));
}

/// Who can write the storage can cut off its end and chain it anew; what was kept elsewhere tells.
pub(crate) fn an_end_that_was_cut_off_is_found_by_an_anchor(adapter: &dyn Adapter) {
    let store = written(adapter);
    let anchor = store.anchor().unwrap();
    store.append(&[event("guessing", None)]).unwrap();
    assert_eq!(store.verify(anchor).unwrap(), None, "what came since is no matter");
    drop(store);
    adapter.tamper("DELETE FROM audit WHERE seq >= 7");
    let store = adapter.open();
    assert_eq!(store.verify(None).unwrap(), None, "nothing in it tells");
    assert_eq!(store.verify(anchor).unwrap(), Some(Broken::Anchor(7)));
    store.append(&[event("out_of_scope", None)]).unwrap();
    assert_eq!(store.verify(anchor).unwrap(), Some(Broken::Anchor(7)), "another in its place");
    let first = all(&*store).last().unwrap().anchor;
    assert_eq!(store.verify(Some(first)).unwrap(), None);
    let other = Anchor { link: [7; 32], ..first };
    assert_eq!(store.verify(Some(other)).unwrap(), Some(Broken::Anchor(1)));
}

pub(crate) fn an_audit_holds_after_erasure(adapter: &dyn Adapter) {
    drop(written(adapter));
    adapter.tamper("UPDATE row_change SET salt = NULL, before = NULL WHERE kind = 'holder' AND key = 'h'");
    let store = adapter.open();
    assert_eq!(store.verify(None).unwrap(), None);
    commit(&*store, [holder("h", &["3"])]);
    assert_eq!(store.verify(None).unwrap(), None);
}

pub(crate) fn an_audit_goes_on_after_a_restart(adapter: &dyn Adapter) {
    drop(written(adapter));
    let store = adapter.open();
    commit(&*store, [group("d", 1)]);
    store.append(&[event("guessing", None)]).unwrap();
    assert_eq!(store.verify(None).unwrap(), None);
    drop(store);
    adapter.tamper("UPDATE revision SET reason = 'none' WHERE number = 4");
    assert_eq!(adapter.open().verify(None).unwrap(), Some(Broken::Revision(4)));
}

/// However long a revision is being written: what concerns security is kept, and engines say how they stand.
pub(crate) fn entries_are_kept_while_a_revision_is_written(adapter: &dyn Adapter) {
    let store = written(adapter);
    let turn = adapter.hold_turn();
    store.append(&[event("key_refused", Some("bus"))]).unwrap();
    store.report(&report("one", store.head().unwrap())).unwrap();
    assert_eq!(store.fleet().unwrap().len(), 1);
    assert_eq!(all(&*store)[0].entry, event("key_refused", Some("bus")));
    assert_eq!(store.verify(None).unwrap(), None);
    drop(turn);
}

pub(crate) fn no_entries_are_nothing(adapter: &dyn Adapter) {
    let store = adapter.open();
    store.append(&[]).unwrap();
    assert_eq!((store.anchor().unwrap(), all(&*store)), (None, Vec::new()));
    assert_eq!(store.verify(None).unwrap(), None);
}
