//! What a draft would be as a version, beside the rules that are there.

use avis_core::{Catalogue, Fault, Faults};
use avis_store::Kind;
use serde_json::{Number, Value, json};
use sha2::{Digest, Sha256};

use super::Draft;
use super::subject::Subject;
use crate::cases::FailedCase;
use crate::control::Control;
use crate::control::dry_run::{WARNING_MAX, WARNINGS_MAX};
use crate::control::problem::{Code, FieldFault, Problem};
use crate::control::secret::hex;
use crate::control::{parties, rules};
use crate::import::{Broken, Judged};

/// SHA-256 of the canonical JSON (RFC 8785) of `[code, base, content, cases, publish_at]`, in hexadecimal digits.
pub(super) fn content_hash(draft: &Draft) -> String {
    hex(&Sha256::digest(canonical_text(&json!([draft.code, draft.base, draft.content, draft.cases, draft.publish_at]))))
}

/// Canonical JSON (RFC 8785) of a value.
pub(super) fn canonical_text(value: &Value) -> String {
    let mut text = String::new();
    canonical(value, &mut text);
    text
}

/// Canonical JSON: no blanks, and members by the UTF-16 code units of their names.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_by(|one, other| one.encode_utf16().cmp(other.encode_utf16()));
            joined(out, ('{', '}'), names, |name, out| {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                canonical(fields.get(name).unwrap_or(&Value::Null), out);
            });
        }
        Value::Array(items) => joined(out, ('[', ']'), items, canonical),
        Value::Number(number) => out.push_str(&canonical_number(number)),
        other => out.push_str(&other.to_string()),
    }
}

/// The greatest whole number below which each is a double.
const WHOLE_MAX: u64 = 1 << 53;
/// Digits of a number that is written without an exponent.
const DIGITS_MAX: i32 = 21;

/// A number as ECMAScript writes it: a double, in as few digits as tell it from others.
fn canonical_number(number: &Number) -> String {
    if number.as_i64().is_some_and(|whole| whole.unsigned_abs() <= WHOLE_MAX) {
        return number.to_string();
    }
    let double = number.as_f64().unwrap_or_default();
    let scientific = format!("{:e}", double.abs());
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&*scientific, "0"));
    let digits = digits.replace('.', "");
    let (count, exponent) = (i32::try_from(digits.len()).unwrap_or(DIGITS_MAX), exponent.parse::<i32>().unwrap_or(0));
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    // Digits before the point.
    let whole = exponent + 1;
    let (before, behind) = digits.split_at(usize::try_from(whole).unwrap_or(0).min(digits.len()));
    let written = if (count..=DIGITS_MAX).contains(&whole) {
        format!("{digits}{}", zeros(whole - count))
    } else if (1..=DIGITS_MAX).contains(&whole) {
        format!("{before}.{behind}")
    } else if (-5..=0).contains(&whole) {
        format!("0.{}{digits}", zeros(-whole))
    } else {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{first}{point}{rest}e{exponent:+}")
    };
    if double < 0.0 { format!("-{written}") } else { written }
}

fn joined<T>(
    out: &mut String,
    (open, close): (char, char),
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

/// A draft as the version that it would become.
pub(crate) struct Candidate {
    /// A catalogue of this version and its cases alone.
    pub(super) document: Value,
    kind: Subject,
    code: String,
    owner: String,
    /// The version's number.
    pub(crate) version: i64,
    pub(super) judged: Judged,
}

impl Candidate {
    /// Judges a draft beside the rules of this moment.
    ///
    /// # Errors
    /// [`Code::Outdated`]; every fault by its pointer into the draft.
    pub(super) fn read(control: &Control, draft: &Draft, owner: &str) -> Result<Self, Problem> {
        let rules = rules::rules(control)?;
        let newest = draft.kind.newest(&rules, &draft.code);
        if newest != draft.base {
            return Err(Code::Outdated.into());
        }
        let version = newest.unwrap_or(0) + 1;
        let document = document(&rules.currency(), draft, (owner, version));
        let prefix = draft.kind.case_prefix(&draft.code);
        let replaces = |kind, key: &str| kind == Kind::Case && key.starts_with(&prefix);
        match Judged::read(&*control.store, &document, &control.cases.secret, replaces)? {
            Ok(judged) => {
                let (code, owner) = (draft.code.clone(), owner.to_owned());
                Ok(Self { document, kind: draft.kind, code, owner, version, judged })
            }
            Err(faults) => Err(Problem::of_faults(of_draft(draft.kind, faults))),
        }
    }

    /// The rules that there would be with it, with all cases.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.judged.checked
    }

    /// Its code and number.
    pub(crate) fn named(&self) -> (&str, i64) {
        (&self.code, self.version)
    }

    /// Runs every case, the draft's and those that are there; what is to be thought of before. Its own have to pass, and those of its
    /// grantor that pass without it.
    ///
    /// # Errors
    /// [`Code::CaseFailed`] with what was expected and what came.
    pub(super) fn run_cases(&self, control: &Control) -> Result<Vec<String>, Problem> {
        let broken = self.broken(control);
        if !broken.refusing.is_empty() {
            let errors = of_draft(self.kind, self.judged.told_of_cases(&self.document, broken.refusing));
            return Err(Problem { code: Code::CaseFailed, ..Problem::of_faults(errors) });
        }
        Ok(Failing::told_to(Some(&self.owner), control, &self.judged, broken.warned)?.warnings())
    }

    fn broken(&self, control: &Control) -> Broken {
        self.judged.broken(&control.cases, &self.document, |owner| owner == Some(&*self.owner))
    }

    /// How the draft's own cases come out, and which of the others it breaks; each with what was expected and what came. Beside it how
    /// many it breaks that are not told.
    ///
    /// # Errors
    /// A store that can't be read.
    pub(super) fn ran(&self, control: &Control) -> Result<(Vec<Value>, usize), Problem> {
        let Broken { mut refusing, warned } = self.broken(control);
        let warned = Failing::told_to(Some(&self.owner), control, &self.judged, warned)?;
        let own = self.document.get("cases").and_then(Value::as_array).into_iter().flatten();
        let mut told: Vec<Value> = own
            .filter_map(|case| case.get("name")?.as_str())
            .map(|name| {
                let found = refusing.iter().position(|case| *case.name == *name).map(|place| refusing.remove(place));
                outcome(name.strip_prefix(&*self.kind.case_prefix(&self.code)).unwrap_or(name), (true, true), found)
            })
            .collect();
        let others = [(refusing, true), (warned.told, false)];
        told.extend(others.into_iter().flat_map(|(cases, refuses)| {
            cases.into_iter().map(move |case| outcome(&case.name.clone(), (false, refuses), Some(case)))
        }));
        Ok((told, warned.hidden))
    }
}

/// The cases of others that a change breaks.
pub(crate) struct Failing {
    told: Vec<FailedCase>,
    /// How many more there are.
    hidden: usize,
}

impl Failing {
    /// What a party is told of cases that a change breaks: of those of rules that it does not read, how many they are. Who oversees all
    /// parties, and so is none of them, is told everything.
    ///
    /// # Errors
    /// A store that can't be read.
    pub(crate) fn told_to(
        party: Option<&str>,
        control: &Control,
        judged: &Judged,
        failed: Vec<FailedCase>,
    ) -> Result<Self, Problem> {
        let commercial = parties::commercial(control)?;
        let is_told = |case: &FailedCase| {
            let is_read = |owner: &str| party.is_none_or(|party| owner == party) || !commercial.contains(owner);
            judged.owner_of_case(&case.name).is_none_or(is_read)
        };
        let (told, hidden): (Vec<FailedCase>, Vec<FailedCase>) = failed.into_iter().partition(is_told);
        Ok(Self { told, hidden: hidden.len() })
    }

    /// Each of them in words.
    pub(crate) fn warnings(self) -> Vec<String> {
        let told = |case: FailedCase| {
            let detail = case.faults.into_iter().next().map(|fault| fault.detail).unwrap_or_default();
            let text = format!("case `{}` passes now and would fail: {detail}", case.name);
            text.chars().take(WARNING_MAX).collect()
        };
        let hidden = self.hidden;
        let hidden = (hidden > 0)
            .then(|| format!("cases of rules that are not shown to your party pass now and would fail: {hidden}"));
        hidden.into_iter().chain(self.told.into_iter().map(told)).take(WARNINGS_MAX).collect()
    }
}

fn outcome(name: &str, (own, refuses): (bool, bool), failed: Option<FailedCase>) -> Value {
    let (faults, expected, came) = failed.map(|case| (case.faults, case.expected, case.came)).unwrap_or_default();
    let told = |fault: &Fault| {
        let (at, detail) = (&fault.pointer, &fault.detail);
        json!({"pointer": at, "detail": detail, "expected": expected.get(at), "came": came.get(at)})
    };
    let faults: Vec<Value> = faults.iter().map(told).collect();
    json!({"name": name, "own": own, "refuses": refuses && !faults.is_empty(), "faults": faults})
}

/// Whether a version that is there is what a draft became: suspending and ending it since changes nothing of that.
pub(super) fn publishes(draft: &Draft, named: (&str, i64), there: &Value) -> bool {
    let document = document("", draft, named);
    let drafted = document.get(draft.kind.list()).and_then(|list| list.get(0));
    drafted.is_some_and(|drafted| draft.kind.publishes_the_same(drafted, there))
}

/// A catalogue of one version and its cases. A case is kept under the code of what it is of, so that no grantor writes over another's.
fn document(currency: &str, draft: &Draft, (owner, version): (&str, i64)) -> Value {
    let (kind, mut entry) = (draft.kind, draft.content.clone());
    if let Value::Object(fields) = &mut entry {
        fields.insert("code".to_owned(), json!(draft.code));
        if kind != Subject::Campaign {
            fields.insert("version".to_owned(), json!(version));
        }
        fields.insert(kind.owner_field().to_owned(), json!(owner));
    }
    let case = |case: &Value| {
        let mut case = case.clone();
        if let Some(name) = case.get_mut("name")
            && let Some(text) = name.as_str()
        {
            *name = json!(case_name(&kind.case_prefix(&draft.code), text));
        }
        case
    };
    let cases: Vec<Value> = draft.cases.iter().map(case).collect();
    json!({"currency": currency, kind.list(): [entry], "cases": cases})
}

/// Under which name a case is kept.
pub(super) fn case_name(prefix: &str, name: &str) -> String {
    if name.starts_with(prefix) { name.to_owned() } else { format!("{prefix}{name}") }
}

/// Faults of the catalogue by their pointers into the draft.
fn of_draft(kind: Subject, faults: Faults) -> Vec<FieldFault> {
    let own = format!("/{}/0", kind.list());
    let pointer = |pointer: String| match pointer.strip_prefix(&own) {
        Some(rest) => format!("/content{rest}"),
        None => pointer,
    };
    let fault = |fault: Fault| FieldFault { pointer: pointer(fault.pointer), detail: fault.detail };
    faults.list.into_iter().map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_ecmascript_writes_them() {
        for (number, written) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("-12", "-12"),
            ("1e21", "1e+21"),
            ("123456789e12", "123456789000000000000"),
            ("9007199254740993", "9007199254740992"),
            ("18446744073709551615", "18446744073709552000"),
            ("1e-6", "0.000001"),
            ("1e-7", "1e-7"),
            ("-4.50", "-4.5"),
            ("2e-3", "0.002"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("5e-324", "5e-324"),
        ] {
            let value: Value = serde_json::from_str(number).unwrap();
            assert_eq!(canonical_text(&value), written, "{number}");
        }
    }

    #[test]
    fn canonical_json_has_one_form() {
        let text = "{\"b\": [1, true, null, \"\\u20ac\\n\"], \"\\ud83d\\ude00\": 1, \"\\ufb33\": 2}";
        let value: Value = serde_json::from_str(text).unwrap();
        let mut text = String::new();
        canonical(&value, &mut text);
        assert_eq!(text, "{\"b\":[1,true,null,\"€\\n\"],\"😀\":1,\"\u{fb33}\":2}");
    }
}
