//! What erasing a person leaves in a ledger: amounts under a subject that nobody can join with the person, and nothing of what was
//! read of them.
//!
//! The rows of a record are changed once, by this alone. Whatever was sealed of them before is as the seal has it, and stands in the
//! chain as before; beside it a keyed hash covers what is left, so that another change is found (`sealing`).

use std::collections::BTreeSet;

use avis_core::{Reading, Subject};
use serde_json::Value;

use crate::recording::subject_key;

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

    /// The codes, before and after.
    pub(crate) fn codes(&self) -> (&str, &str) {
        (&self.holder, &self.subject)
    }

    /// By which usage is counted and own accounts of points are named, before and after.
    pub(crate) fn keys(&self) -> (String, String) {
        let key = |code: &str| subject_key(&Subject::Holder(code.into())).into_owned();
        (key(&self.holder), key(&self.subject))
    }

    /// What stands in a record that is the person's: a part of its text.
    pub(crate) fn mark(&self) -> String {
        format!("\"holder\":{}", Value::from(&*self.holder))
    }

    /// A record, or an event of one, without the person, and the codes of benefits whose use by the person it charged. Nothing else of
    /// the text changes: what is read back stays byte by byte.
    ///
    /// # Errors
    /// What is no JSON.
    pub(crate) fn rewritten(&self, text: &str) -> Result<(String, BTreeSet<String>), serde_json::Error> {
        let value: Value = serde_json::from_str(text)?;
        let mut charged = BTreeSet::new();
        self.collect(&value, &mut charged);
        let (holder, subject) = (Value::from(&*self.holder), Value::from(&*self.subject));
        let mut left = text.to_owned();
        // A quote within a string stands behind a backslash: these are fields.
        for name in ["holder", "household", "own"] {
            left = left.replace(&format!("\"{name}\":{holder}"), &format!("\"{name}\":{subject}"));
        }
        if let Some(territory) = value.get("territory") {
            let field = format!("\"territory\":{territory}");
            left = left.replacen(&format!("{field},"), "", 1).replacen(&format!(",{field}"), "", 1);
        }
        Ok((left, charged))
    }

    fn collect(&self, value: &Value, charged: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                let of = value.pointer("/subject/holder").and_then(Value::as_str);
                if let (Some(code), true) = (fields.get("code").and_then(Value::as_str), of == Some(&*self.holder)) {
                    charged.insert(code.to_owned());
                }
                fields.values().for_each(|value| self.collect(value, charged));
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(item, charged)),
            _ => {}
        }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_keeps_its_amounts_under_another_subject() {
        let erasure = Erasure::new("h-1").unwrap();
        let record = json!({"holder": "h-1", "territory": "lv.riga", "amount": 50, "authorization": {"charged": [
            {"code": "half", "subject": {"holder": "h-1"}}, {"code": "home", "subject": {"household": "hh-1"}}],
            "points": [{"account": {"own": "h-1"}}], "product": "h-1"}});
        let (left, charged) = erasure.rewritten(&record.to_string()).unwrap();
        let left: Value = serde_json::from_str(&left).unwrap();
        let (_, subject) = erasure.codes();
        assert_eq!((&left["holder"], &left["territory"], &left["amount"]), (&json!(subject), &Value::Null, &json!(50)));
        assert_eq!(left["authorization"]["charged"][0]["subject"]["holder"], subject);
        assert_eq!(left["authorization"]["charged"][1]["subject"]["household"], "hh-1");
        assert_eq!(
            (&left["authorization"]["points"][0]["account"]["own"], &left["authorization"]["product"]),
            (&json!(subject), &json!("h-1"))
        );
        let first = r#"{"z":1,"territory":"lv.riga","a":"\"territory\":\"lv.riga\"","holder":"h-1","b":"h-1"}"#;
        let expected = format!(r#"{{"z":1,"a":"\"territory\":\"lv.riga\"","holder":"{subject}","b":"h-1"}}"#);
        assert_eq!(erasure.rewritten(first).unwrap().0, expected, "nothing else moves");
        assert_eq!(charged, BTreeSet::from(["half".to_owned()]));
        assert!(record.to_string().contains(&erasure.mark()));
        assert_ne!(Erasure::new("h-1").unwrap().codes(), erasure.codes());
    }
}
