//! What an effect does not go with. Read from the document as it stands, so that a fault in one field hides none in another,
//! and a field that is refused is refused also when it says what is the default.

use serde_json::Value;

use crate::document::{Effect, PerWhat};
use crate::read::Place;

/// Notes every field of a benefit that its effect does not take.
pub(super) fn check_combination(effect: Effect, benefit: &Value, place: &Place<'_>) {
    let written = Written { benefit, place };
    check_reward(effect, &written);
    let gross_fits = match effect {
        Effect::Percent { .. } => true,
        Effect::AmountOff { per, .. } => per != PerWhat::Basket,
        Effect::FixedPrice { .. } | Effect::PriceCap { .. } | Effect::SpendCap { .. } => false,
    };
    if written.at("/base") == "gross" && !gross_fits {
        let detail = "`gross` is possible with `percent` and with `amount_off` per `unit` or `line` only";
        let _ = place.field("base").fault::<()>(detail);
    }
    if !is_by_unit(effect) {
        let only = "possible with `percent`, `amount_off` per `unit` and `fixed_price` only";
        written.refuse(&["min_price", "pick"], only);
        if written.at("/rounding/per") == "unit" {
            let _ = place.field("rounding").field("per").fault::<()>(format!("`unit` is {only}"));
        }
    }
    match effect {
        Effect::AmountOff { per: PerWhat::Basket, .. } => {
            written.refuse(&["rounding"], "a basket effect takes no rounding");
            if !written.at("/max_discount/per_line").is_null() {
                let place = place.field("max_discount");
                let _ = place.field("per_line").fault::<()>("a basket effect takes no bound per line");
            }
            written.refuse_limits("units", "a basket effect takes no limit of `units`");
        }
        Effect::PriceCap { .. } => {
            written.refuse(&["rounding", "max_discount"], "a price cap does not take this field");
            written.refuse_limits("discount", "a price cap takes no limit of `discount`");
        }
        Effect::SpendCap { .. } => {
            let fields = ["slot", "rounding", "max_discount", "limits", "only_untouched", "at_least"];
            written.refuse(&fields, "a spend cap does not take this field");
            let covers = place.field("covers");
            if written.at("/covers/companions").as_i64().is_some_and(|companions| companions > 0) {
                let _ = covers.field("companions").fault::<()>("a spend cap covers no companions");
            }
            if *written.at("/covers/holder") == false {
                let _ = covers.field("holder").fault::<()>("a spend cap covers the holder");
            }
        }
        Effect::Percent { .. } | Effect::AmountOff { .. } | Effect::FixedPrice { .. } => {}
    }
}

/// Whether an effect means the same on a unit as on a line of it alone.
fn is_by_unit(effect: Effect) -> bool {
    match effect {
        Effect::Percent { .. } | Effect::FixedPrice { .. } => true,
        Effect::AmountOff { per, .. } => per == PerWhat::Unit,
        Effect::PriceCap { .. } | Effect::SpendCap { .. } => false,
    }
}

/// What a benefit that costs points or chooses its units does not go with.
fn check_reward(effect: Effect, written: &Written<'_>) {
    let place = written.place;
    for name in ["costs", "choose"] {
        if written.at(&format!("/{name}")).is_null() {
            continue;
        }
        for field in ["slot", "pick"] {
            if !written.at(&format!("/{field}")).is_null() {
                let _ = place.field(name).fault::<()>(format!("not possible beside `{field}`"));
            }
        }
        if effect.is_spend_cap() {
            let _ = place.field(name).fault::<()>("a spend cap does not take this field");
        }
    }
    if effect.is_basket() {
        written.refuse(&["choose"], "a basket effect has no units to choose");
        let per = written.at("/costs/per");
        if !written.at("/costs").is_null() && (per.is_null() || per == "unit") {
            let _ = place.field("costs").field("per").fault::<()>("expected `use`, a basket effect has no units");
        }
    }
}

/// A benefit's fields as they were written.
struct Written<'a> {
    benefit: &'a Value,
    place: &'a Place<'a>,
}

impl Written<'_> {
    /// Null if it is not there.
    fn at(&self, pointer: &str) -> &Value {
        self.benefit.pointer(pointer).unwrap_or(&Value::Null)
    }

    fn refuse(&self, fields: &[&'static str], because: &str) {
        for field in fields {
            let value = self.benefit.get(field).unwrap_or(&Value::Null);
            if !value.is_null() && *value != Value::Array(Vec::new()) {
                let _ = self.place.field(field).fault::<()>(because);
            }
        }
    }

    fn refuse_limits(&self, measure: &str, because: &str) {
        let limits = self.at("/limits").as_array().into_iter().flatten().enumerate();
        let refused = limits.filter(|(_, limit)| limit.get("measure").is_some_and(|written| written == measure));
        for (index, _) in refused {
            let limits = self.place.field("limits");
            let _ = limits.item(index).field("measure").fault::<()>(because);
        }
    }
}
