//! One suite for every store: each test is a sentence of what who follows, and who administers, is promised.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod altered;
mod audit;
mod commits;
mod copy;
mod fleet;
mod history;
mod identifiers;
mod local_snapshot;
mod lookup;
mod office;
mod postgres;
mod reading;
mod records;
mod revisions;
mod rows;
mod sqlite;
mod stops;

/// Runs the whole suite on an adapter.
macro_rules! conforms {
    ($($adapter:ident),+ : $parts:tt) => {
        mod on {
            $(pub(crate) mod $adapter { conforms!(@parts $adapter $parts); })+
        }
    };
    (@parts $adapter:ident { $($part:ident { $($sentence:ident),+ $(,)? })+ }) => {
        $(mod $part {
            $(#[test]
            fn $sentence() {
                crate::$part::$sentence(&crate::$adapter::adapter(concat!(stringify!($part), "-", stringify!($sentence))));
            })+
        })+
    };
}

conforms! { sqlite, postgres: {
    revisions {
        a_new_store_is_at_nought_with_nothing_in_it,
        revisions_are_dense_however_many_commit_at_once,
        who_follows_sees_each_revision_in_order_and_has_the_digests_of_the_head,
        who_skips_revisions_sees_each_row_once_as_it_is_at_the_end,
        a_digest_depends_on_the_rows_and_not_on_the_way_to_them,
        a_restart_keeps_incarnation_head_and_digests,
        changes_after_another_incarnation_or_ahead_are_refused,
        after_a_restore_it_is_another_incarnation,
        another_key_is_refused,
        a_newer_schema_is_refused,
    }
    commits {
        what_changes_nothing_makes_no_revision,
        a_commit_says_what_it_did,
        a_commit_is_announced_whoever_makes_it,
        a_dry_run_says_all_and_keeps_nothing,
        a_fault_in_a_middle_row_leaves_nothing,
        an_interrupted_source_leaves_nothing,
        a_source_that_panics_leaves_nothing_and_stops_nobody,
        a_key_stands_once_in_a_commit,
        what_is_not_json_or_has_no_key_is_refused,
        a_holder_is_refused_with_the_place_of_each_fault,
        no_value_of_an_identifier_is_kept,
        faults_are_listed_up_to_a_bound,
        a_commit_holds_only_if_its_scope_is_unchanged,
        a_commit_holds_only_if_its_rows_are_unchanged,
        a_commit_holds_only_if_what_it_names_is_unchanged,
        a_row_that_comes_or_goes_is_changed,
        a_precondition_of_another_life_or_ahead_is_refused,
        of_many_who_edit_one_row_at_once_one_succeeds,
        f11_a_short_commit_goes_through_while_an_import_is_staged,
        what_changes_while_an_import_is_staged_breaks_its_precondition,
        f10_two_commits_end_in_the_reverse_of_their_start,
        ten_thousand_rows_are_one_revision,
    }
    identifiers {
        an_identifier_names_one_holder,
        forms_of_one_value_are_one_identifier_where_their_scheme_says_so,
        two_of_one_commit_cannot_share_an_identifier,
        a_dry_run_finds_who_would_share_an_identifier,
        faults_of_rows_and_of_identifiers_are_told_together,
        an_identifier_moves_within_one_commit_in_either_order,
        an_identifier_does_not_move_from_who_keeps_it,
        what_is_given_up_is_free,
        a_deleted_holder_frees_its_identifiers,
        a_refused_commit_moves_nothing,
    }
    stops {
        what_is_newly_stopped_says_since_when,
        what_is_stopped_again_keeps_its_moment,
        a_moment_that_is_given_is_kept,
        what_is_active_again_has_no_moment,
        what_was_stopped_from_the_first_is_so_ever_since,
        a_repeated_file_changes_nothing,
    }
    reading {
        a_snapshot_has_the_scopes_that_were_asked_for,
        a_snapshot_taken_while_commits_go_on_is_one_moment,
        changes_pulled_while_commits_go_on_are_one_moment,
        readers_go_on_during_a_long_commit,
        who_reads_slowly_stops_nobody,
        a_tombstone_reaches_followers,
        a_kind_of_a_later_program_is_handed_out_as_unknown,
    }
    lookup {
        rows_are_found_by_their_keys,
        holders_are_found_by_any_of_their_identifiers,
        what_was_found_is_changed_as_it_was_or_not_at_all,
        of_an_altered_row_only_the_name_is_found,
    }
    fleet {
        an_engine_is_known_by_what_it_said_last,
    }
    history {
        history_says_who_when_why_and_what,
        history_is_as_long_as_was_asked_for,
        a_revision_is_found_by_its_number,
        rules_as_of_gives_back_each_past_state,
        rules_as_of_what_is_still_to_come_are_refused,
    }
    records {
        a_record_is_read_back_as_it_was_written,
        a_version_rises_with_each_change,
        a_change_of_another_version_is_refused,
        a_change_is_whole_with_its_entries_or_not_at_all,
        of_many_who_change_one_version_one_succeeds,
        a_list_is_in_the_order_of_keys_and_filtered,
        what_expired_is_removed_the_oldest_first,
        what_is_too_long_or_has_no_key_is_refused,
        records_change_while_a_revision_is_written,
    }
    audit {
        an_audit_holds,
        entries_are_read_back_as_they_were_the_newest_first,
        each_revision_has_its_entry_and_what_made_none_has_none,
        entries_are_found_by_actor_party_action_and_object,
        entries_have_no_gaps_however_many_append_at_once,
        a_changed_header_is_found,
        a_changed_digest_of_a_header_is_found,
        a_missing_header_is_found,
        a_missing_revision_is_found,
        a_changed_row_is_found,
        a_changed_content_is_found,
        a_missing_row_is_found,
        a_row_that_was_put_in_is_found,
        a_changed_entry_is_found,
        a_missing_entry_is_found,
        an_entry_that_was_put_in_is_found,
        an_end_that_was_cut_off_is_found_by_an_anchor,
        an_audit_holds_after_erasure,
        an_audit_goes_on_after_a_restart,
        entries_are_kept_while_a_revision_is_written,
        no_entries_are_nothing,
    }
    altered {
        what_was_committed_is_as_it_was,
        of_a_changed_row_of_any_kind_nothing_but_the_name_is_handed_out,
        an_older_edition_in_the_place_of_the_newest_is_found,
        a_row_that_was_put_in_taken_out_or_ascribed_to_another_revision_is_found,
        rows_that_differ_are_named_up_to_a_bound_and_counted,
    }
}}
