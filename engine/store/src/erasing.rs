//! What erasing a person leaves in a ledger: amounts under a subject that nobody can join with the person, and nothing of what was
//! read of them.
//!
//! It goes in portions, each whole or not at all, and tills sell between them. What takes the person's place stands in the ledger until
//! it is done, so that an erasure that was cut off is gone on with by the next.
//!
//! The rows of a record are changed once, by this alone. Whatever was sealed of them before is as the seal has it, and stands in the
//! chain as before; beside it a keyed hash covers what is left, so that another change is found (`sealing`).

use std::collections::BTreeSet;

use avis_core::loyalty::AccountKey;
use avis_core::{Reading, Subject};
use serde::Deserialize as _;
use serde_json::Value;

use crate::recording::subject_key;

/// Records, or other units of the ledger, that are rewritten together: whoever sells waits for these at most.
pub(crate) const PORTION: usize = 20;

/// What stands in the place of a reading that could not be read: nobody reads it any more.
const UNREADABLE: &str = "null";

/// An erasure of one person.
#[derive(Clone, Debug)]
pub(crate) struct Erasure {
    /// The person's code.
    holder: String,
    /// What takes its place.
    subject: String,
}

/// A record, or an event of one, without the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// Nothing else of the text changed: what is read back stays byte by byte.
    pub(crate) text: String,
    /// Accounts of points to which it posts, also such as several people share.
    pub(crate) accounts: BTreeSet<AccountKey>,
}

/// What a ledger erased of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Records of which nothing tells the person any more.
    pub records: u64,
}

impl Erasure {
    /// Why nothing was erased where what is recorded is not sealed in time.
    pub(crate) const UNSEALED: &str = "records of the person are not sealed yet";

    /// Of a person, under a subject that nobody can guess.
    ///
    /// # Errors
    /// A system that has no random bytes.
    pub(crate) fn new(holder: &str) -> Result<Self, getrandom::Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let subject = format!("erased-{:032x}", u128::from_be_bytes(random));
        Ok(Self { holder: holder.to_owned(), subject })
    }

    /// The same as it was begun before.
    #[must_use]
    pub(crate) fn under(self, subject: String) -> Self {
        Self { subject, ..self }
    }

    /// The codes, before and after.
    pub(crate) fn codes(&self) -> (&str, &str) {
        (&self.holder, &self.subject)
    }

    /// By which usage is counted and own accounts of points are named, before and after.
    pub(crate) fn keys(&self) -> (String, String) {
        let key = |code: &str| subject_key(&Subject::Holder(code.into())).into_owned();
        (key(&self.holder), key(&self.subject))
    }

    /// What stands in a record that is the person's, and in what accounts of points keep of it: a part of its text, before and after.
    pub(crate) fn marks(&self) -> (String, String) {
        let field = |code: &str| format!("\"holder\":{}", Value::from(code));
        (field(&self.holder), field(&self.subject))
    }

    /// What stands in an event of an own account of points: a part of its text, before and after.
    pub(crate) fn marks_of_account(&self) -> (String, String) {
        let field = |account: String| format!("\"account\":{}", Value::from(account));
        let (before, after) = self.keys();
        (field(before), field(after))
    }

    /// A record, or an event of one, without the person.
    ///
    /// # Errors
    /// What is no JSON.
    pub(crate) fn rewritten(&self, text: &str) -> Result<Left, serde_json::Error> {
        let value: Value = serde_json::from_str(text)?;
        let mut left = Left { text: text.to_owned(), ..Left::default() };
        collect(&value, &mut left.accounts);
        let (holder, subject) = (Value::from(&*self.holder), Value::from(&*self.subject));
        // A quote within a string stands behind a backslash: these are fields.
        for name in ["holder", "own"] {
            left.text = left.text.replace(&format!("\"{name}\":{holder}"), &format!("\"{name}\":{subject}"));
        }
        if let Some(territory) = value.get("territory") {
            let field = format!("\"territory\":{territory}");
            // The record's own comes first, with a comma behind it or, at the end, in front of it.
            let with_comma =
                [format!("{field},"), format!(",{field}")].into_iter().find(|part| left.text.contains(part));
            left.text = left.text.replacen(&with_comma.unwrap_or(field), "", 1);
        }
        Ok(left)
    }

    /// What a decision read, without the person.
    ///
    /// # Errors
    /// What can't be written.
    pub(crate) fn reading(text: &str) -> Result<String, serde_json::Error> {
        match serde_json::from_str::<Reading>(text) {
            Ok(reading) => serde_json::to_string(&reading.without_person()),
            Err(_) => Ok(UNREADABLE.to_owned()),
        }
    }
}

/// The accounts of points that a record names.
fn collect(value: &Value, accounts: &mut BTreeSet<AccountKey>) {
    match value {
        Value::Object(fields) => {
            accounts.extend(fields.get("key").and_then(|key| AccountKey::deserialize(key).ok()));
            fields.values().for_each(|value| collect(value, accounts));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, accounts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use avis_core::loyalty::AccountName;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_keeps_its_amounts_under_another_subject() {
        let erasure = Erasure::new("h-1").unwrap();
        let record = json!({"holder": "h-1", "territory": "lv.riga", "amount": 50, "authorization": {"charged": [
            {"code": "half", "subject": {"holder": "h-1"}}, {"code": "home", "subject": {"household": "h-1"}}],
            "points": [{"account": {"own": "h-1"}}], "product": "h-1"}});
        let Left { text, .. } = erasure.rewritten(&record.to_string()).unwrap();
        let left: Value = serde_json::from_str(&text).unwrap();
        let (_, subject) = erasure.codes();
        assert_eq!((&left["holder"], &left["territory"], &left["amount"]), (&json!(subject), &Value::Null, &json!(50)));
        assert_eq!(left["authorization"]["charged"][0]["subject"]["holder"], subject);
        assert_eq!(left["authorization"]["charged"][1]["subject"]["household"], "h-1", "a household is counted on");
        assert_eq!(
            (&left["authorization"]["points"][0]["account"]["own"], &left["authorization"]["product"]),
            (&json!(subject), &json!("h-1"))
        );
        assert!(record.to_string().contains(&erasure.marks().0));
        assert_ne!(Erasure::new("h-1").unwrap().codes(), erasure.codes());
    }

    #[test]
    fn nothing_of_a_record_moves_but_the_person() {
        let erasure = Erasure::new("h-1").unwrap();
        let holder = |text: &str| text.replace("h-1\",\"b", &format!("{}\",\"b", erasure.codes().1));
        for (record, left) in [
            (
                r#"{"z":1,"territory":"lv.riga","a":"\"territory\":\"lv.riga\"","holder":"h-1","b":"h-1"}"#,
                r#"{"z":1,"a":"\"territory\":\"lv.riga\"","holder":"h-1","b":"h-1"}"#,
            ),
            (
                r#"{"holder":"h-1","b":{"territory":"other"},"territory":"lv.riga"}"#,
                r#"{"holder":"h-1","b":{"territory":"other"}}"#,
            ),
            (
                r#"{"territory":"lv.riga","holder":"h-1","b":{"a":1,"territory":"lv.riga"}}"#,
                r#"{"holder":"h-1","b":{"a":1,"territory":"lv.riga"}}"#,
            ),
            (r#"{"territory":"lv.riga"}"#, "{}"),
        ] {
            assert_eq!(erasure.rewritten(record).unwrap().text, holder(left));
        }
    }

    #[test]
    fn a_record_says_to_which_accounts_of_points_it_posts() {
        let family = AccountKey { program: "points".into(), account: AccountName::Named("family".into()) };
        let own = AccountKey { program: "stamps".into(), account: AccountName::Own("h-1".into()) };
        let record =
            json!({"authorization": {"loyalty": {"programmes": [{"key": family}, {"key": own}]}}, "key": "none"});
        let left = Erasure::new("h-1").unwrap().rewritten(&record.to_string()).unwrap();
        assert_eq!(left.accounts, BTreeSet::from([family, own]), "as they are named before the erasure");
    }
}
