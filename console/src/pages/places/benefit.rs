//! What of a benefit is said at which place.

use super::{Condition, PROVIDERS, Place, Rows, VALID, WINDOWS, place};
use crate::pages::filled::Filled::{self, Hundredths, Maybe, Measured, OneOf, Whole, Word, Words, Yes};

const EFFECTS: Filled = OneOf("effect-kind", &["percent", "amount_off", "fixed_price", "price_cap", "spend_cap"]);
const MODES: Filled = OneOf("rounding-mode", &["", "half_up", "half_even", "down", "up"]);

/// Its places.
pub(super) const PLACES: &[Place] = &[
    place("named", &[("name.lv", Word), ("name.en", Word), ("public_name.lv", Word), ("public_name.en", Word)]),
    Place { asked: Some(Condition { name: "when", root: "0" }), ..place("who", &[]) },
    place("covers", &[("covers.holder", Maybe), ("covers.companions", Whole)]),
    place("on", &[("scope.products", Words), ("scope.except_products", Words)]),
    place("at", PROVIDERS),
    place("valid", VALID),
    place(
        "gets",
        &[
            ("effect.kind", EFFECTS),
            ("effect.number", Hundredths),
            ("effect.per", OneOf("per", &["", "unit", "line", "basket"])),
            ("effect.window", OneOf("window", WINDOWS)),
            ("effect.length", Whole),
            ("base", OneOf("base", &["", "remaining", "gross"])),
        ],
    ),
    place(
        "rounding",
        &[
            ("rounding.on", OneOf("rounding-on", &["", "discount", "price"])),
            ("rounding.per", OneOf("per", &["", "line", "unit"])),
            ("rounding.increment", Hundredths),
            ("rounding.mode", MODES),
        ],
    ),
    place(
        "bounds",
        &[
            ("max_discount.per_line", Hundredths),
            ("max_discount.per_authorization", Hundredths),
            ("min_price", Hundredths),
        ],
    ),
    place(
        "units",
        &[
            ("pick.every", Whole),
            ("pick.skip", Whole),
            ("pick.take", Whole),
            ("choose.order", OneOf("order", &["", "request", "cheapest", "dearest"])),
            ("choose.every.of", Whole),
            ("choose.every.units", Whole),
            ("choose.every.products", Words),
            ("choose.every.except_products", Words),
        ],
    ),
    place(
        "only",
        &[
            ("only_untouched", Yes),
            ("at_least.amount", Hundredths),
            ("at_least.lines", OneOf("condition-word", &["", "in_scope", "all"])),
        ],
    ),
    Place {
        rows: Some(Rows {
            list: "limits",
            told: "places-limit",
            asked: None,
            fields: &[
                ("max", Measured("measure")),
                ("measure", OneOf("measure", &["uses", "units", "discount"])),
                ("scope", OneOf("limit-scope", &["holder", "household", "provider", "benefit"])),
                ("window", OneOf("window", WINDOWS.split_at(1).1)),
                ("length", Whole),
                ("carry_over.until", Word),
                ("on_exhausted", OneOf("exhausted", &["", "decline", "unfunded"])),
            ],
        }),
        ..place("limits", &[])
    },
    Place {
        rows: Some(Rows {
            list: "funding",
            told: "places-payer",
            asked: None,
            fields: &[("payer", Word), ("rate", Hundredths)],
        }),
        ..place("paid-by", &[])
    },
    place("offline", &[("offline.allow.max_discount", Hundredths), ("offline.allow.max_uses", Whole)]),
    place(
        "points",
        &[
            ("costs.program", Word),
            ("costs.points", Whole),
            ("costs.per", OneOf("per", &["", "unit", "use"])),
            ("costs.automatic", Yes),
        ],
    ),
    place("slot", &[("slot", Word)]),
    place("priority", &[("priority", Whole)]),
];
