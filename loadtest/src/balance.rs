//! Whether an authorization balances, by plain sums over what was read.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::{amount, equal, list};

/// I6 without the core: for units authorized on each line, what was authorized, less what was released and given back, is what is left, for every payer.
pub(crate) fn balances(quantities: &[i64], read: &Value) -> Result<(), String> {
    let is_reversed = read["state"] == "reversed";
    let history = list(read, "history")?;
    for (line, quantity) in list(read, "lines")?.iter().zip(quantities) {
        let mut rest = BTreeMap::from([("units", *quantity), ("payable", amount(line, "payable")?)]);
        // What points paid of it and what is paid in money, where there are programmes.
        let in_points = !line["due"].is_null();
        if in_points {
            rest.insert("due", amount(line, "due")?);
        }
        for entry in list(line, "discounts")?.iter().flat_map(|discount| list(discount, "funding").unwrap_or_default())
        {
            *rest.entry(entry["payer"].as_str().unwrap_or_default()).or_default() += amount(entry, "amount")?;
        }
        for done in history.iter().filter(|done| done["undone"] != true) {
            let moved = list(done, "lines")?.iter().find(|moved| moved["line_id"] == line["line_id"]);
            let moved = moved.map(of_move).transpose()?.unwrap_or_default();
            match done["kind"].as_str() {
                // What is not captured is released.
                Some("capture") => {
                    rest = rest.keys().map(|part| (*part, moved.get(part).copied().unwrap_or(0))).collect();
                }
                _ => moved.iter().for_each(|(part, amount)| *rest.entry(part).or_default() -= amount),
            }
        }
        if is_reversed {
            rest.values_mut().for_each(|amount| *amount = 0);
        }
        if let Some((part, amount)) = rest.iter().find(|(_, amount)| **amount < 0) {
            return Err(format!("{part}: {} more was given back than there was", -amount));
        }
        let mut take = |part| rest.remove(part).unwrap_or(0);
        let (units, payable, due) = (take("units"), take("payable"), take("due"));
        let left = &line["left"];
        equal("units left", amount(left, "units")?, units)?;
        equal("payable left", amount(left, "payable")?, payable)?;
        if in_points {
            equal("due left", amount(left, "due")?, due)?;
        }
        equal("discount left", amount(left, "discount")?, rest.values().sum())?;
    }
    Ok(())
}

/// Units, payable, what is due of it, and what each payer gets back.
fn of_move(moved: &Value) -> Result<BTreeMap<&str, i64>, String> {
    let mut parts = BTreeMap::from([("units", amount(moved, "units")?), ("payable", amount(moved, "payable")?)]);
    if !moved["due"].is_null() {
        parts.insert("due", amount(moved, "due")?);
    }
    for entry in list(moved, "funding")? {
        *parts.entry(entry["payer"].as_str().unwrap_or_default()).or_default() += amount(entry, "amount")?;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Two tickets of 715, half paid by the state: held, one captured, and given back as the test says.
    fn read(left: &Value, refund: &Value) -> Value {
        json!({
            "state": "partly_refunded",
            "lines": [{
                "line_id": "1", "gross": 1430, "payable": 715, "left": left,
                "discounts": [{"funding": [{"payer": "state", "amount": 715}]}],
            }],
            "history": [
                {"kind": "capture", "lines": [{
                    "line_id": "1", "units": 1, "payable": 358, "funding": [{"payer": "state", "amount": 357}],
                }]},
                {"kind": "refund", "undone": true, "lines": [refund]},
                {"kind": "refund", "lines": [refund]},
            ],
        })
    }

    #[test]
    fn a_cent_too_few_or_too_many_is_found() {
        let refund = |state: i64| json!({"line_id": "1", "units": 1, "payable": 358, "funding": [{"payer": "state", "amount": state}]});
        let left = |units: i64, discount: i64| json!({"units": units, "payable": 0, "discount": discount});
        assert_eq!(balances(&[2], &read(&left(0, 0), &refund(357))), Ok(()));
        assert!(balances(&[2], &read(&left(0, 0), &refund(356))).unwrap_err().contains("discount left"));
        assert!(balances(&[2], &read(&left(0, 0), &refund(358))).unwrap_err().contains("state: 1 more"));
        assert!(balances(&[2], &read(&left(1, 0), &refund(357))).unwrap_err().contains("units left"));
    }

    #[test]
    fn what_is_left_in_money_follows_from_what_was_paid_in_money() {
        let with_due = |left: i64| {
            let refund = json!({"line_id": "1", "units": 1, "payable": 358, "due": 258, "funding": [{"payer": "state", "amount": 357}]});
            let mut read = read(&json!({"units": 0, "payable": 0, "discount": 0, "due": left}), &refund);
            read["lines"][0]["due"] = json!(515);
            read["history"][0]["lines"][0]["due"] = json!(258);
            balances(&[2], &read)
        };
        assert_eq!(with_due(0), Ok(()));
        assert!(with_due(1).unwrap_err().contains("due left"));
    }
}
