//! Every file under `tests/scenarios/` is a test of the same name.

use crate::support::scenario;

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                scenario::run(stringify!($name));
            }
        )*

        #[test]
        fn every_scenario_file_is_told() {
            let known = [$(stringify!($name)),*];
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
            for entry in std::fs::read_dir(folder).unwrap() {
                let file = entry.unwrap().file_name().into_string().unwrap();
                if let Some(name) = file.strip_suffix(".txt") {
                    assert!(known.contains(&name), "{file} is not named in tests/it/scenarios.rs");
                }
            }
        }
    };
}

scenarios!(
    a_certificate_comes_after_the_end_of_the_round,
    a_command_that_nobody_vouches_for_is_confirmed,
    a_concern_before_the_introduction_cancels_it,
    a_concern_is_shown_in_the_digest_of_the_safety_contact_alone,
    a_concern_stops_contact_and_only_the_safety_contact_hears_of_it,
    a_coordinator_erases_somebody_and_the_partner_is_told_kindly,
    a_coordinator_forgives_a_former_silence,
    a_coordinators_answer_goes_back_from_the_programme,
    a_filled_form_from_nowhere_waits_for_one_yes,
    a_forbidden_pair_stays_forbidden,
    a_forged_coordinator_changes_nothing,
    a_forged_sender_changes_nothing,
    a_free_place_with_a_mentor_is_given_to_who_waits,
    a_late_answer_is_told_where_one_stands,
    a_mentor_has_several_mentees_and_is_asked_about_each,
    a_mentor_who_wants_another_mentee_is_asked_in_the_place_of_whom,
    a_message_from_another_address_waits_for_its_owner,
    a_narrow_wish_is_warned_about,
    a_new_address_is_asked_for_from_it,
    a_new_address_is_confirmed_at_both_addresses,
    a_new_address_that_cannot_be_written_to_changes_nothing,
    a_partnership_of_three_goes_on_without_one,
    a_pause_from_another_address_holds_and_can_be_ended,
    a_pause_is_told_to_the_partner,
    a_proposal_without_an_answer_is_shown_again_each_day,
    a_replaced_proposal_takes_no_commands,
    a_reply_address_that_others_have_seen_is_worthless,
    a_reply_to_a_proposal_is_done_as_a_whole_or_not_at_all,
    a_round_from_application_to_closing,
    a_second_address_is_tried_when_mail_comes_back,
    a_sentence_that_seems_to_leave_is_answered_with_the_word,
    a_sign_of_life_ends_the_asking,
    a_silent_partner_is_asked_at_the_second_address_too,
    a_silent_partner_is_asked_twice_then_freed,
    a_stranger_gets_one_form_letter_a_day,
    a_withdrawal_from_another_address_is_a_pause_that_can_be_undone,
    a_withdrawal_from_another_address_is_final_after_a_week,
    acceptance_by_hand_waits_for_a_coordinator,
    after_downtime_only_the_newest_survey_goes_out,
    after_downtime_only_the_newest_topic_goes_out,
    alumni_get_their_last_application_back,
    an_announcement_can_be_for_a_country_or_a_language,
    an_announcement_is_shown_before_it_is_sent,
    an_announcement_waits_for_a_day_without_other_letters,
    an_application_can_be_corrected_until_the_matching,
    an_incomplete_form_is_asked_only_for_what_is_missing,
    an_odd_one_makes_a_trio,
    an_old_application_is_asked_and_left_out_if_silent,
    an_old_letter_releases_nothing,
    an_older_application_does_not_write_over_the_one_for_the_next_round,
    an_out_of_office_reply_stops_the_silence_ladder,
    an_owner_who_confirms_the_second_address_goes_on_there,
    an_unclear_answer_is_asked_again,
    an_unreachable_partner_is_told_of_the_same_day,
    answers_are_counted_for_three_weeks_after_the_round,
    any_two_can_be_asked_about,
    coordinators_are_asked_what_becomes_of_the_odd_one,
    forget_me_erases_whoever_only_applied,
    forget_me_needs_a_confirming_reply,
    free_words_reach_a_coordinator,
    introductions_that_are_days_late_wait_for_a_coordinator,
    late_applicants_wait_in_the_pool_where_the_config_allows_it,
    letters_of_a_round_stand_in_one_thread,
    letters_that_are_late_three_times_in_a_week_count_as_lost,
    mail_with_answers_to_a_survey_is_not_kept,
    my_data_go_to_the_address_on_file_once_in_thirty_days,
    no_good_fit_frees_both_and_names_nobody,
    of_three_partners_one_is_erased_and_two_go_on,
    one_unprompted_letter_a_day_topic_first,
    only_the_exact_word_releases_a_proposal,
    pairs_are_changed_by_reply_before_anything_is_sent,
    pinned_pairs_may_break_a_rule_and_the_letter_says_so,
    places_under_the_cap_go_to_those_who_wait,
    pressing_stop_after_an_erasure_is_quiet,
    release_by_itself_after_the_configured_hours,
    reminders_go_to_incomplete_applications_until_the_deadline,
    returners_get_other_topics,
    several_commands_in_one_reply_are_each_answered,
    stop_ends_unprompted_mail_only,
    surveys_are_answered_in_the_reply_and_reminded_once,
    surveys_go_to_nobody_who_left,
    surveys_respect_stop_and_pause,
    the_brake_holds_every_letter_but_the_coordinators,
    the_cap_can_be_off_for_a_country,
    the_cap_can_be_off_for_a_round,
    the_digest_says_what_needs_a_person,
    the_digest_shows_who_would_be_over_the_cap,
    the_first_answer_settles_a_message,
    the_proposal_brings_a_table,
    the_same_message_twice_has_one_effect,
    the_unmatched_are_told_and_stay_in_the_pool,
    the_unmatched_choose_what_becomes_of_them,
    topics_off_stops_topics_only,
    two_coordinators_agree_before_pairs_are_released,
    what_comes_without_our_address_waits_for_one_yes,
    what_is_meant_for_the_partner_is_not_passed_on,
    who_answers_after_the_end_is_heard,
    who_applies_after_the_deadline_is_filed_for_the_next_round,
    who_applies_when_no_round_is_to_come_hears_from_a_person,
    who_asks_about_data_and_is_unknown_hears_that_nothing_is_kept,
    who_asks_for_help_in_a_check_in_gets_a_person,
    who_calls_our_letter_spam_gets_no_more_unprompted_mail,
    who_gets_a_new_partner_is_asked_once,
    who_has_not_taken_part_for_a_year_is_told_and_then_erased,
    who_is_declined_gets_no_letter_of_the_round,
    who_is_held_out_waits_for_a_word,
    who_leaves_before_the_introduction_costs_the_partner_no_morning,
    who_leaves_between_proposal_and_release_is_taken_out,
    who_leaves_between_release_and_sending_is_taken_out,
    who_leaves_is_thanked_for_saying_why,
    who_left_or_said_stop_is_not_invited_again,
    who_lost_the_place_comes_back_with_one_word,
    who_lost_the_place_gets_no_survey,
    who_may_only_read_changes_nothing,
    who_says_stop_before_the_introduction_is_not_introduced,
    who_was_silent_through_two_rounds_is_asked_first,
    whoever_is_forgotten_before_the_matching_frees_the_place,
    whoever_leaves_a_mentor_or_is_left_by_one_goes_to_the_pool,
    withdrawing_tells_the_partner_kindly,
);
