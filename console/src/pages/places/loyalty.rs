//! What of a merchant's programme and of a campaign is said at which place.

use super::{Condition, PROVIDERS, Place, Rows, VALID, place};
use crate::pages::filled::Filled::{self, Hundredths, Measured, OneOf, Whole, Word, Words, Yes};

/// The windows of a programme; the first is none.
const WINDOWS: &[&str] = &["", "day", "week", "month", "year", "school_year", "lifetime", "rolling"];
const MODES: Filled = OneOf("rounding-mode", &["", "down", "half_up", "half_even", "up"]);
const LIMIT: &[(&str, Filled)] = &[
    ("max", Whole),
    ("scope", OneOf("points-of", &["", "account", "holder"])),
    ("window", OneOf("window", WINDOWS.split_at(1).1)),
    ("length", Whole),
];

/// The places of a programme.
pub(super) const PROGRAMME: &[Place] = &[
    place("named", &[("name.lv", Word), ("name.en", Word)]),
    place("at", PROVIDERS),
    place("on", &[("scope.products", Words), ("scope.except_products", Words)]),
    place("valid", VALID),
    Place {
        rows: Some(Rows {
            list: "earn.rules",
            told: "places-rule",
            fields: &[
                ("code", Word),
                ("gives", OneOf("gives", &["money", "unit", "bonus", "fixed"])),
                ("number", Measured("gives")),
                ("products", Words),
                ("except_products", Words),
                ("uses.max", Whole),
                ("uses.window", OneOf("window", WINDOWS)),
                ("uses.length", Whole),
            ],
            asked: Some(Condition { name: "when", root: "r" }),
        }),
        ..place("earn", &[("earn.per", Hundredths), ("earn.bonuses", OneOf("bonuses", &["", "all", "best"]))])
    },
    Place {
        rows: Some(Rows { list: "earn.limits", told: "places-limit", fields: LIMIT, asked: None }),
        ..place(
            "earn-most",
            &[
                ("earn.max_per_authorization", Whole),
                ("earn.rounding.on", OneOf("points-rounded", &["", "authorization", "line"])),
                ("earn.rounding.increment", Whole),
                ("earn.rounding.mode", MODES),
            ],
        )
    },
    place("pending", &[("pending.days", Whole), ("pending.dates", Words)]),
    place(
        "expiry",
        &[
            ("expiry.months", Whole),
            ("expiry.days", Whole),
            ("expiry.round_up", OneOf("kept-until", &["", "month", "quarter", "half_year", "year", "day"])),
            ("expiry.round_up_day", Word),
            ("expiry.slides", Yes),
        ],
    ),
    Place {
        rows: Some(Rows { list: "redeem.limits", told: "places-limit", fields: LIMIT, asked: None }),
        asked: Some(Condition { name: "redeem.when", root: "p" }),
        ..place(
            "redeem",
            &[
                ("redeem.points", Whole),
                ("redeem.amount", Hundredths),
                ("redeem.max_share", Hundredths),
                ("redeem.min", Whole),
                ("redeem.step", Whole),
                ("redeem.products", Words),
                ("redeem.except_products", Words),
            ],
        )
    },
    Place {
        rows: Some(Rows {
            list: "tiers.levels",
            told: "places-level",
            fields: &[("code", Word), ("min", Measured("tiers.measure"))],
            asked: None,
        }),
        ..place(
            "levels",
            &[
                ("tiers.measure", OneOf("level-measure", &["", "points", "spend"])),
                ("tiers.window", OneOf("window", WINDOWS)),
                ("tiers.length", Whole),
                ("tiers.upgrade", OneOf("level-begins", &["", "at_once", "next_period"])),
                ("tiers.downgrade", OneOf("level-ends", &["", "recompute", "one_step"])),
                ("tiers.grace_days", Whole),
            ],
        )
    },
    place(
        "returns",
        &[
            ("returns.earned", OneOf("taken-back", &["", "within_balance", "only_pending", "unlimited"])),
            ("returns.expired_days", Whole),
        ],
    ),
];

/// The places of a campaign.
pub(super) const CAMPAIGN: &[Place] = &[
    place("valid", &[("valid.from", Word), ("valid.until", Word), ("time_zone", Word)]),
    place("coupon-uses", &[("uses", Whole), ("on_refund", OneOf("use-comes-back", &["", "give_back", "keep"]))]),
    place("hold-out", &[("hold_out.program", Word), ("hold_out.share", Hundredths)]),
];
