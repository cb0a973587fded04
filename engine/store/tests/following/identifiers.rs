//! An identifier names one holder.

use avis_store::{Kind, StoreError};
use serde_json::json;

use crate::copy::Copy;
use crate::office::{Adapter, Terms, commit, places, refusal};
use crate::rows::{gone, holder, holder_with, row};

pub(crate) fn an_identifier_names_one_holder(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1", "2"])]);
    let faults = refusal(&*store, [holder("i", &["3"]), holder("j", &["4", "2"])]);
    assert_eq!(places(&faults), [(1, "/identifiers/1")]);
    commit(&*store, [holder("i", &["3"])]);
}

pub(crate) fn forms_of_one_value_are_one_identifier_where_their_scheme_says_so(adapter: &dyn Adapter) {
    let store = adapter.open();
    let with = |code, scheme, value| holder_with(code, &[json!({"scheme": scheme, "value": value})]);
    commit(&*store, [with("h", "etalons", "ab-12 34"), with("i", "token", "code-a")]);
    assert_eq!(places(&refusal(&*store, [with("j", "etalons", "AB1234")])), [(0, "/identifiers/0")]);
    assert_eq!(places(&refusal(&*store, [with("j", "token", " code-a ")])), [(0, "/identifiers/0")]);
    commit(&*store, [with("j", "token", "CODE-A"), with("k", "token", "codea"), with("l", "isic", "AB1234")]);
}

pub(crate) fn two_of_one_commit_cannot_share_an_identifier(adapter: &dyn Adapter) {
    let store = adapter.open();
    let faults = refusal(&*store, [holder("h", &["1"]), holder("i", &["2", "1"])]);
    assert_eq!(places(&faults), [(1, "/identifiers/1")]);
    assert!(Copy::of(&*store).rows.is_empty());
}

/// The same faults as the commit itself would have, and the same moves are allowed.
pub(crate) fn a_dry_run_finds_who_would_share_an_identifier(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1"]), holder("i", &["2"])]);
    let trying = Terms { dry_run: true, ..Terms::default() };
    for rows in [
        vec![holder("j", &["3"]), holder("k", &["4", "3"])],
        vec![holder("j", &["1"])],
        vec![holder("j", &["1"]), holder("h", &["1"])],
        vec![holder("h", &["1", "2"])],
    ] {
        let tried = trying.commit(&*store, rows.clone());
        assert_eq!(tried, Err(StoreError::Refused(refusal(&*store, rows))));
    }
    for rows in [
        vec![holder("h", &["2"]), holder("i", &["1"])],
        vec![gone(Kind::Holder, "h"), holder("j", &["1"])],
        vec![holder("j", &["2"]), holder("i", &[])],
    ] {
        let tried = trying.commit(&*store, rows.clone()).unwrap().counts;
        assert_eq!(tried, Terms::default().commit(&*store, rows).unwrap().counts);
        commit(&*store, [holder("h", &["1"]), holder("i", &["2"]), gone(Kind::Holder, "j")]);
    }
}

pub(crate) fn faults_of_rows_and_of_identifiers_are_told_together(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1"])]);
    let rows = [holder("i", &["1"]), row(Kind::Group, "g", "{"), holder("j", &["2"]), holder("k", &["2"])];
    assert_eq!(places(&refusal(&*store, rows)), [(0, "/identifiers/0"), (1, ""), (3, "/identifiers/0")]);
}

pub(crate) fn an_identifier_moves_within_one_commit_in_either_order(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1"]), holder("i", &["2"])]);
    commit(&*store, [holder("h", &[]), holder("i", &["1", "2"])]);
    commit(&*store, [holder("h", &["1"]), holder("i", &["2"])]);
    commit(&*store, [holder("h", &["2"]), holder("i", &["1"])]);
    commit(&*store, [holder("j", &["2"]), gone(Kind::Holder, "h")]);
    commit(&*store, [gone(Kind::Holder, "j"), holder("k", &["2"])]);
    let faults = refusal(&*store, [holder("l", &["1", "2"])]);
    assert_eq!(places(&faults), [(0, "/identifiers/0"), (0, "/identifiers/1")], "they arrived");
}

pub(crate) fn an_identifier_does_not_move_from_who_keeps_it(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1"])]);
    let faults = refusal(&*store, [holder("i", &["1"]), holder("h", &["1"])]);
    assert_eq!(places(&faults), [(0, "/identifiers/0")], "who keeps it changes nothing");
    let faults = refusal(&*store, [holder("h", &["1", "2"]), holder("i", &["1"])]);
    assert_eq!(places(&faults), [(1, "/identifiers/0")]);
    assert!(!refusal(&*store, [holder("i", &["1"]), holder("h", &["1", "2"])]).is_empty());
}

pub(crate) fn what_is_given_up_is_free(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1", "2"])]);
    commit(&*store, [holder("h", &["2"])]);
    commit(&*store, [holder("i", &["1"])]);
    assert_eq!(places(&refusal(&*store, [holder("j", &["2"])])), [(0, "/identifiers/0")]);
}

pub(crate) fn a_deleted_holder_frees_its_identifiers(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1"])]);
    commit(&*store, [gone(Kind::Holder, "h")]);
    commit(&*store, [holder("i", &["1"])]);
    assert_eq!(places(&refusal(&*store, [holder("h", &["1"])])), [(0, "/identifiers/0")]);
}

pub(crate) fn a_refused_commit_moves_nothing(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1"])]);
    refusal(&*store, [holder("h", &["2"]), holder("i", &["1"]), gone(Kind::Holder, ""), holder("j", &["2"])]);
    commit(&*store, [holder("i", &["2"])]);
    assert_eq!(places(&refusal(&*store, [holder("j", &["1"])])), [(0, "/identifiers/0")]);
}
