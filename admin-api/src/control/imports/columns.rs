//! What the columns of a list are called in its file, where that is otherwise than here.

use std::collections::BTreeMap;

use avis_core::strict_json;
use serde_json::Value;

use super::parameter;
use super::rows::Format;
use crate::control::call::Call;
use crate::control::problem::{Code, Problem};

/// The parameter by which it is said.
pub(super) const NAME: &str = "columns";

/// Which field each column is, by its name in the header; none of one that is passed over.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns(BTreeMap<String, Option<String>>);

impl Columns {
    /// As a call says it: a JSON object of names in the header and fields, null for a column that is passed over.
    ///
    /// # Errors
    /// What is no such object; a file that has no header.
    pub(super) fn of(call: &Call<'_>, format: Format) -> Result<Self, Problem> {
        let Some(said) = parameter(call, NAME) else { return Ok(Self::default()) };
        if format != Format::Csv {
            return Err(Problem::of_parameter(NAME, "expected none: only CSV has a header"));
        }
        let expected = || Problem::of_parameter(NAME, "expected a JSON object of columns and fields");
        let said = strict_json(said.as_bytes()).map_err(|_| expected())?;
        let pair = |(column, field): (&String, &Value)| match field {
            Value::Null => Ok((column.clone(), None)),
            Value::String(field) => Ok((column.clone(), Some(field.clone()))),
            _ => Err(expected()),
        };
        said.as_object().ok_or_else(expected)?.iter().map(pair).collect::<Result<_, _>>().map(Self)
    }

    /// The fields of the columns of a header, in their order; none of those that are passed over.
    ///
    /// # Errors
    /// A column that is no field, two of one field, one that is named and not there.
    pub(super) fn fields(&self, header: &[String], known: &[&str]) -> Result<Vec<Option<String>>, Problem> {
        if self.0.keys().any(|name| !header.contains(name)) {
            return Err(Problem::of_parameter(NAME, "expected columns that the header has"));
        }
        let field = |column: &String| self.0.get(column).cloned().unwrap_or_else(|| Some(column.clone()));
        let fields: Vec<Option<String>> = header.iter().map(field).collect();
        let named: Vec<&String> = fields.iter().flatten().collect();
        let is_doubled = |(place, name): (usize, &&String)| named.iter().skip(place + 1).any(|other| other == name);
        let is_known = named.iter().all(|name| known.contains(&name.as_str()));
        if named.is_empty() || !is_known || named.iter().enumerate().any(is_doubled) {
            let known = known.join("`, `");
            return Err(Problem::new(Code::Invalid, format!("expected a header with columns of `{known}`, each once")));
        }
        Ok(fields)
    }
}
