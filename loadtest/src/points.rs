//! What answers tell of points, and what the core makes of it.

use avis_core::loyalty::{Account, AccountKey, AccountName, Inquiry, Known, Lot};
use jiff::Timestamp;
use serde_json::Value;

use crate::arrivals::Dice;
use crate::basket;
use crate::check::list;
use crate::people::{Identifier, Terminal, World};

/// What an engine knew of accounts as it decided, by what it tells of them: it may be asked whether that is so when the run is over.
///
/// # Errors
/// An answer without a balance of a programme in which the holder is.
pub(crate) fn as_told(inquiry: &Inquiry, answer: &Value) -> Result<Known, String> {
    if answer["usage"] == "unknown" {
        return Ok(Known::lost(inquiry));
    }
    let told = list(answer, "loyalty")?;
    let accounts: Vec<(&AccountKey, Account)> = inquiry
        .wanted()
        .filter_map(|(key, _)| {
            let of = told.iter().find(|of| of["program"] == *key.program)?;
            Some((key, account_of(of["balance_before"].as_i64()?, of["pending_before"].as_i64()?)))
        })
        .collect();
    let account = |key: &AccountKey| accounts.iter().find(|(of, _)| *of == key).map(|(_, account)| account);
    let known = inquiry.known(Timestamp::now(), account, |_| 0);
    let is_unavailable =
        |of: &Value| list(of, "reasons").is_ok_and(|reasons| reasons.contains(&"points_unavailable".into()));
    Ok(if told.iter().any(is_unavailable) { known.standing_in() } else { known })
}

/// An account with so many points, or that owes so many.
fn account_of(balance: i64, pending: i64) -> Account {
    let lot =
        |active_from, left| Lot { earned_at: Timestamp::UNIX_EPOCH, active_from, expires_at: None, left, booked: None };
    let lots = [lot(Timestamp::UNIX_EPOCH, balance.max(0)), lot(Timestamp::MAX, pending)];
    Account::of_lots(lots.into_iter().enumerate(), (-balance).max(0))
}

/// The account as the tables of a ledger name it: the programme, and whose.
pub(crate) fn named(key: &AccountKey) -> (String, String) {
    let whose = match &key.account {
        AccountName::Named(name) => format!("account:{name}"),
        AccountName::Own(code) => format!("holder:{code}"),
    };
    (key.program.to_string(), whose)
}

/// A quote by which a member sees a balance.
pub(crate) fn balance_asked(world: &World, terminal: &Terminal, member: &Identifier) -> String {
    let mut dice = Dice::new(0);
    let product = terminal.products.first().map_or("", String::as_str);
    basket::units(world, terminal, basket::new_id(&mut dice), "sale", (member, product, 1), &mut dice).to_string()
}
