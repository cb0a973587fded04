//! The operations of loyalty.

use super::{adjusting, breakdown, coupons, enrolling, figures, finding, statement, uplift};
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD};
use crate::control::operations::{Answers, Operation, act, delete, get, list, make};
use crate::control::policy::{Action, Role};
use crate::control::shape::{Field, Kind, optional};

const ADJUSTMENTS: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("state", Kind::Word(&["asked", "sent", "done"]))];

pub(crate) const OPERATIONS: &[Operation] = &[
    act(
        "/programs/{code}/members",
        ("enrol_member", "Make somebody a member of a programme of the own party, with the consent that was given"),
        Action::LoyaltyMembers,
        (Some(enrolling::JOIN), enrolling::SHOWN),
        enrolling::join,
    ),
    act(
        "/programs/{code}/members/leave",
        ("end_membership", "End somebody's membership of a programme of the own party"),
        Action::LoyaltyMembers,
        (Some(enrolling::LEAVE), enrolling::SHOWN),
        enrolling::leave,
    ),
    act(
        "/programs/{code}/members/find",
        (
            "find_member",
            "Find a member of a programme of the own party by an exact identifier; a handle for half an hour",
        ),
        Action::LoyaltyMembers,
        (Some(finding::FIND), crate::control::people::FOUND),
        finding::find,
    ),
    Operation {
        query: figures::MONTHS,
        ..get(
            "/programs/{code}/figures",
            (
                "programme_figures",
                "Members, and what was earned, spent and expired by month, and what is owed to members still",
            ),
            Action::Figures,
            Answers::One(figures::SHOWN),
            figures::read,
        )
    },
    Operation {
        query: figures::MONTHS,
        ..get(
            "/programs/{code}/figures/providers",
            (
                "programme_by_provider",
                "What was earned and spent by month and provider, and what it owes for points that paid",
            ),
            Action::Figures,
            Answers::One(breakdown::PROVIDERS),
            breakdown::by_provider,
        )
    },
    Operation {
        query: figures::MONTHS,
        ..get(
            "/programs/{code}/figures/rules",
            ("programme_by_rule", "What each rule gave by month, and what that is worth"),
            Action::Figures,
            Answers::One(breakdown::RULES),
            breakdown::by_rule,
        )
    },
    Operation {
        query: figures::MONTHS,
        ..get(
            "/providers/{code}/tenders",
            ("tenders", "What points paid at a provider by month and programme, and who owes it"),
            Action::SettlementRead,
            Answers::One(breakdown::TENDERS),
            breakdown::tenders,
        )
    },
    get(
        "/campaigns/{code}/uplift",
        (
            "campaign_uplift",
            "By how much members bought more in a campaign's time than those held out of it, with the interval of chance",
        ),
        Action::Figures,
        Answers::One(uplift::SHOWN),
        uplift::read,
    ),
    Operation {
        query: statement::AT,
        ..get(
            "/programs/{code}/members/{handle}",
            (
                "member_statement",
                "What a member who was found has: balance, level and lots, now or at an earlier moment",
            ),
            Action::LoyaltyMembers,
            Answers::One(statement::STATEMENT),
            statement::read,
        )
    },
    list(
        "/programs/{code}/members/{handle}/operations",
        ("member_operations", "What happened to the account of a member who was found, the newest first"),
        Action::LoyaltyMembers,
        Kind::Object(statement::OPERATION),
        statement::operations,
    ),
    Operation {
        roles: Some(&[Role::Editor]),
        example: Some(r#"{"points": 200, "reason": "a late delivery"}"#),
        ..make(
            "/programs/{code}/members/{handle}/adjustments",
            (
                "adjust_points",
                "Give a member points, or take some: at once up to a bound, above it when another confirms",
            ),
            Action::LoyaltyAdjust,
            (adjusting::NEW, adjusting::SHOWN),
            adjusting::ask,
        )
    },
    Operation {
        secrets: &["file_key"],
        answers: Answers::Accepted(coupons::MADE),
        example: Some(r#"{"count": 50000, "valid": {"until": "2027-05-31"}, "reason": "the spring letter"}"#),
        ..make(
            "/campaigns/{code}/coupons",
            (
                "make_coupons",
                "Make up to a million coupons of an own campaign, by a job; `file_key` takes their codes, once",
            ),
            Action::LoyaltyCoupons,
            (coupons::NEW, coupons::MADE),
            coupons::make,
        )
    },
    Operation {
        body: Some(coupons::TAKE),
        answers: Answers::File("text/csv"),
        ..act(
            "/jobs/{id}/coupons",
            ("take_coupons", "The codes that a job made, one a line, once"),
            Action::LoyaltyCoupons,
            (None, &[]),
            coupons::take,
        )
    },
    Operation {
        query: ADJUSTMENTS,
        ..list(
            "/adjustments",
            ("adjustments", "Adjustments of points of the own party's programmes: that wait, and that were done"),
            Action::LoyaltyRead,
            Kind::Object(adjusting::SHOWN),
            adjusting::list,
        )
    },
    Operation {
        roles: Some(&[Role::Approver]),
        ..act(
            "/adjustments/{id}/confirm",
            ("confirm_adjustment", "Confirm an adjustment that another asked for: it is done"),
            Action::LoyaltyAdjust,
            (None, adjusting::SHOWN),
            adjusting::confirm,
        )
    },
    delete(
        "/adjustments/{id}",
        ("remove_adjustment", "Remove an adjustment that waits"),
        Action::LoyaltyAdjust,
        adjusting::remove,
    ),
];
