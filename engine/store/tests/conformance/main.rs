//! One suite for every adapter: each test is a sentence of the interface's contract.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod accounts;
mod advices;
mod compared;
mod erasing;
mod expiry;
mod limits;
mod movements;
mod operations;
mod points;
mod points_under_faults;
mod postgres;
mod recorded;
mod reports;
mod requests;
mod reversals;
mod rows;
mod sealed;
mod sqlite;
mod stand_in;
mod tally;
mod till;

/// A test for each sentence, on an adapter; afterwards every law of its tables holds.
macro_rules! sentences {
    ($adapter:ident: $($part:ident { $($sentence:ident),+ $(,)? })+) => {
        mod $adapter {
            $(mod $part {
                $(#[test]
                fn $sentence() {
                    let test = concat!(stringify!($part), "-", stringify!($sentence));
                    let adapter = crate::$adapter::adapter(test);
                    crate::$part::$sentence(&adapter);
                    crate::rows::laws_hold(&adapter);
                })+
            })+
        }
    };
}

/// A test for each sentence on what is changed behind a ledger's back: no law of its tables holds afterwards.
macro_rules! finds {
    ($adapter:ident: $($sentence:ident),+ $(,)?) => {
        mod $adapter {
            $(#[test]
            fn $sentence() {
                crate::sealed::$sentence(&crate::$adapter::adapter(concat!("changed-", stringify!($sentence))));
            })+
        }
    };
}

/// Runs the whole suite on an adapter.
macro_rules! conforms {
    ($adapter:ident) => {
        sentences! { $adapter:
            requests {
                a_sale_is_recorded_and_read_back,
                what_is_declined_consumes_nothing_and_is_answered_the_same_again,
                a_repeat_is_answered_with_the_same_bytes_whatever_happened_since,
                f17_another_meaning_under_one_id_is_refused_and_writes_nothing,
                fifty_at_once_under_one_id_have_one_effect_and_one_answer,
                what_was_answered_is_there_after_a_restart,
                what_a_decision_read_decides_the_same_again,
                another_providers_authorization_is_as_good_as_none,
            }
            recorded {
                a_list_has_each_record_once_and_the_newest_sale_first,
                a_record_is_as_its_answers_tell_it_and_decides_the_same_again,
                what_each_party_recorded_is_counted,
                in_how_many_records_points_moved_is_counted_by_programme,
                what_was_used_and_what_is_in_accounts_is_read_as_the_ledger_tells_it,
            }
            limits {
                a_limit_of_three_gives_exactly_three_to_many_at_once,
                one_balance_is_spent_once,
                a_thousand_of_a_benefits_uses_go_to_fifteen_hundred,
                days_of_one_month_share_its_last_unit,
                what_is_given_back_can_be_used_again,
                a_window_of_two_gives_exactly_two_to_many_at_once,
                a_window_begins_with_its_first_use_and_stays_where_it_is,
                sums_beyond_all_numbers_stay_at_the_edge,
            }
            operations {
                a_hold_is_captured_in_part_and_the_rest_is_released,
                a_void_gives_everything_back,
                two_equal_refunds_are_both_legal,
                capture_and_void_at_once_come_in_a_legal_order,
                what_the_state_does_not_allow_leaves_nothing,
                one_tasks_refusal_is_not_anothers,
            }
            reversals {
                a_reversal_undoes_a_sale_once,
                a_repeat_of_what_was_reversed_says_that_it_stands_no_more,
                a_reversal_that_comes_first_leaves_its_original_without_effect,
                a_reversal_without_an_original_is_kept,
                a_reversed_refund_counts_again,
                a_reversed_capture_is_held_again,
                what_built_on_a_reversed_capture_is_undone_with_it,
                a_void_stands_when_the_capture_before_it_is_reversed,
                what_counts_again_beyond_a_limit_is_listed_with_who_is_liable,
                a_declined_request_can_be_reversed,
                a_reversal_is_not_reversed,
            }
            advices {
                what_was_granted_rightly_is_recorded_as_ever,
                what_went_beyond_is_the_grantors_within_the_caps_and_then_the_providers,
                a_benefit_that_is_not_known_or_not_allowed_offline_is_the_providers,
                what_the_provider_bears_anyway_was_not_over_granted,
                less_than_was_due_is_kept_as_less,
                an_upload_that_comes_twice_counts_once,
                what_cannot_have_been_granted_is_refused_and_leaves_nothing,
                an_advice_can_be_reversed,
                a_version_that_is_not_known_is_charged_as_ours,
                a_grantor_is_not_liable_for_what_its_rule_does_not_cover,
                what_was_declined_and_sold_all_the_same_is_recorded,
                what_was_sold_alone_and_declined_elsewhere_is_sold,
                what_is_reversed_was_not_over_granted,
                an_advice_and_a_sale_race_for_the_last_unit,
            }
            movements {
                each_request_that_changes_what_stands_sold_makes_one_movement,
                a_movement_says_when_where_and_by_which_request,
                the_days_of_a_provider_are_its_own_and_stay_those_of_its_sale,
                what_is_held_repeated_or_undone_already_moves_nothing,
                what_is_given_back_is_taken_from_what_was_over_granted,
                what_comes_back_beyond_a_limit_is_entered_as_the_providers,
                discount_by_grantor_benefit_provider_and_month_is_what_terminals_were_told,
                the_history_keeps_every_operation_and_reversal,
                what_is_stored_has_the_form_of_its_version,
            }
            points {
                points_are_earned_spent_and_given_back_by_units,
                what_is_recorded_of_points_is_there_after_a_restart,
                f18_many_tills_spend_one_balance_once,
                a_coupon_is_used_once_by_many_at_once,
                a_hold_that_expires_gives_points_and_its_coupon_back,
                buying_and_giving_back_changes_nothing,
                what_depends_on_a_level_is_decided_with_its_limits,
                a_ledger_says_of_points_what_books_in_memory_say,
            }
            points_under_faults {
                f16_t16_7_fifty_at_once_under_one_id_spend_and_earn_once,
                f17_other_points_under_one_id_are_refused_and_move_nothing,
                f18_a_rule_that_gives_three_times_gives_three_times_to_many_at_once,
                f19_capture_and_void_race_and_points_follow_the_legal_order,
                f19_two_equal_refunds_race_and_each_gives_its_points_back,
                f20_a_sale_with_points_that_was_answered_is_there_after_a_restart_and_is_answered_the_same,
                f24_each_sale_earns_by_the_one_version_that_it_was_planned_by,
                t16_1_of_twenty_who_want_all_of_a_balance_one_gets_it,
                t16_2_of_five_orders_with_one_coupon_one_takes_it,
                t16_5_t16_6_a_rollback_beside_others_gives_back_its_own_and_overwrites_no_balance,
                t17_9_points_of_the_last_of_january_end_with_the_last_of_february,
                t17_11_a_return_takes_back_what_the_policy_lets_it_find,
                t17_12_buying_and_giving_back_twice_returns_points_to_where_they_were,
            }
            accounts {
                an_owner_gives_points_once_and_takes_no_more_than_there_are,
                a_statement_is_what_entries_make_it_at_any_moment,
                booking_what_expired_changes_no_answer_and_can_be_repeated,
                what_happened_to_an_account_is_sealed,
                what_stands_bought_is_told_by_account_and_date,
                what_stands_bought_comes_in_pages_by_account,
                what_stands_is_told_by_provider_and_by_rule,
            }
            expiry {
                a_hold_expires_by_elapsed_time_and_gives_back,
                many_holds_expire_before_the_next_decision,
                a_hold_expires_across_a_restart,
                a_clock_that_went_back_never_prolongs_a_hold,
            }
            sealed {
                each_movement_is_followed_once_and_a_cursor_goes_on_where_it_was,
                a_cursor_of_a_ledger_that_was_restored_is_refused,
                an_export_has_a_movement_a_line,
                entries_add_up_to_what_was_answered,
                what_is_untouched_is_found_whole,
                an_export_tells_instants_to_the_millisecond,
            }
            erasing {
                what_is_left_of_an_erased_person_are_amounts_under_another_subject,
                an_erased_record_is_given_back_as_ever_and_its_seals_hold,
                an_erasure_goes_in_portions_and_one_that_was_cut_off_is_gone_on_with,
                points_of_an_erased_person_are_nobodys_who_comes_under_the_code,
                what_was_changed_behind_the_ledger_stays_found_after_an_erasure,
            }
            reports {
                postings_are_the_entries_of_a_grantor_in_their_order,
                movements_of_authorizations_come_whole_and_in_order,
                what_a_close_did_not_take_counts_on_the_next_open_day,
                authorizations_are_found_by_their_ids_and_by_their_requests,
                postings_tell_whose_they_are_and_where_they_lived_and_a_holders_are_found,
            }
            tally {
                what_is_added_up_is_what_the_rows_come_to,
                a_question_has_what_came_since_it_was_added_up,
                many_add_up_and_close_while_tills_sell_and_each_movement_counts_once,
                a_row_of_a_provider_that_moved_nothing_is_found,
                a_sum_that_was_changed_is_found_and_one_that_is_cleared_is_made_again,
                months_and_the_days_around_them_are_what_the_days_are,
                a_closed_month_is_what_its_rows_come_to_once_all_of_it_is_added_up,
            }
        }
    };
}

mod on {
    conforms!(postgres);
    conforms!(sqlite);
    // While the cluster's ledger answers, nobody notices that somebody would stand in for it.
    conforms!(stand_in);
}

mod changed {
    macro_rules! finds_everything {
        ($adapter:ident) => {
            finds! { $adapter:
                a_row_that_was_changed_or_deleted_is_found,
                a_row_that_was_added_is_found,
                a_state_that_was_changed_is_found,
                a_movement_that_was_changed_and_sealed_anew_is_found,
                a_record_that_cannot_be_read_is_told_and_all_others_are_compared,
                rows_whose_record_is_gone_and_a_record_whose_rows_are_gone_are_found,
                an_entry_of_points_that_was_changed_deleted_or_added_is_found,
                a_seal_that_was_changed_or_deleted_is_found,
            }
        };
    }

    finds_everything!(postgres);
    finds_everything!(sqlite);
}
