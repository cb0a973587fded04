//! The limits of a benefit, a row each and one more; what a row has no field for stays as it is.

use avis_admin::control::Refusal;
use serde_json::{Value, json};

use super::places::{Content, field};
use crate::formats::{hundredths, of_hundredths};
use crate::reading::{items_of, text, whole};
use crate::view::{Field, Kind};
use crate::visit::Visit;

const MEASURES: &[&str] = &["uses", "units", "discount"];
const SCOPES: &[&str] = &["holder", "household", "provider", "benefit"];
const WINDOWS: &[&str] = &["day", "week", "month", "year", "school_year", "lifetime"];

/// The fields of each limit, and of another one.
pub(super) fn fields(visit: &Visit<'_>, content: &Value) -> Vec<Field> {
    let (there, nothing) = (items_of(content, "limits"), json!({}));
    let rows = there.iter().chain([&nothing]).enumerate();
    rows.flat_map(|(row, limit)| row_fields(visit, row, limit)).collect()
}

fn row_fields(visit: &Visit<'_>, row: usize, limit: &Value) -> [Field; 4] {
    let named = |name: &str, value: String| {
        let mut field = field(visit, name, value);
        field.name = format!("{name}-{row}");
        field
    };
    let measure = Some(text(limit, "measure")).filter(|it| !it.is_empty()).unwrap_or("uses");
    let max = whole(limit, "max").map(|max| if is_money(measure) { hundredths(max) } else { max.to_string() });
    let window = window_of(limit).unwrap_or("month");
    let choice = |family: &str, words: &[&str], chosen: &str| {
        // A word that is not offered stays where it stands.
        let other = Some(chosen).filter(|chosen| !chosen.is_empty() && !words.contains(chosen));
        let words = words.iter().copied().chain(other);
        Kind::Choice(words.map(|word| (word.to_owned(), visit.word(family, word))).collect())
    };
    let scope = Some(text(limit, "scope")).filter(|it| !it.is_empty()).unwrap_or("holder");
    [
        named("max", max.unwrap_or_default()).hint(visit.say("places-max-hint")),
        named("measure", measure.to_owned()).kind(choice("measure", MEASURES, measure)),
        named("scope", scope.to_owned()).kind(choice("limit-scope", SCOPES, scope)),
        named("window", window.to_owned()).kind(choice("window", WINDOWS, window)),
    ]
}

fn is_money(measure: &str) -> bool {
    measure == "discount"
}

fn window_of(limit: &Value) -> Option<&str> {
    limit.get("window")?.as_object()?.keys().next().map(String::as_str)
}

/// Writes the limits that were filled; one without a bound is taken away.
///
/// # Errors
/// A bound that is no number.
pub(super) fn write(visit: &Visit<'_>, content: &mut Content) -> Result<(), Refusal> {
    let before = content.get("limits").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut limits = Vec::new();
    for row in 0..=before.len() {
        let typed = |name: &str| visit.form.text(&format!("{name}-{row}")).to_owned();
        let (max, measure, window) = (typed("max"), typed("measure"), typed("window"));
        if max.is_empty() {
            continue;
        }
        let number = if is_money(&measure) { of_hundredths(&max) } else { max.parse().ok() };
        let number = number.ok_or_else(|| Visit::at(&format!("max-{row}"), &visit.say("places-no-number")))?;
        let mut limit = before.get(row).cloned().unwrap_or_else(|| json!({}));
        let has_window = window_of(&limit) == Some(&*window);
        if let Some(fields) = limit.as_object_mut() {
            fields.insert("max".to_owned(), json!(number));
            fields.insert("measure".to_owned(), json!(measure));
            fields.insert("scope".to_owned(), json!(typed("scope")));
            if !has_window {
                fields.insert("window".to_owned(), json!({window: {}}));
            }
        }
        limits.push(limit);
    }
    if limits.is_empty() {
        content.remove("limits");
    } else {
        content.insert("limits".to_owned(), json!(limits));
    }
    Ok(())
}
