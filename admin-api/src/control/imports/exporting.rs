//! Lists as files, in the shape in which they are imported: an identifier stands by its keyed hash, never by its value.

use std::io::{self, Write};

use avis_core::{RegisteredHolder, RegisteredIdentifier};
use avis_store::{Scope, Stored};
use serde_json::json;

use super::parameter;
use crate::control::answer::{Answer, Download};
use crate::control::call::Call;
use crate::control::policy::Action;
use crate::control::problem::Problem;
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed, optional};

/// Which list.
pub(super) const QUERY: &[Field] = &[optional("group", Kind::Code), needed("reason", Kind::Text(1, 200))];

/// `GET /exports/entitlements`: everybody's memberships of an own group, as CSV. In the audit before the first row.
pub(super) fn entitlements(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let group =
        parameter(call, "group").ok_or_else(|| Problem::at("group", "expected the group of the list"))?.to_owned();
    let owner =
        rules::group_owner(call, &rules, &group).map_err(|_| Problem::at("group", "expected a group that there is"))?;
    call.check_owner(owner, Action::OpenRead)?;
    let written = json!(group).to_string();
    exported(call, ("group", group.clone()), "scheme,key,from,until", move |content, out| {
        if !content.contains(&written) {
            return Ok(());
        }
        let holder = RegisteredHolder::parse(content.as_bytes()).map_err(|_| unreadable())?;
        let Some(RegisteredIdentifier { scheme, key, .. }) = holder.identifiers.first() else { return Ok(()) };
        for known in holder.holder.entitlements.iter().filter(|known| *known.group == *group) {
            let ends = [known.span.from, known.span.until].map(|bound| bound.map_or_else(String::new, |it| text(&it)));
            writeln!(out, "{scheme},{},{}", key.to_hex(), ends.join(","))?;
        }
        Ok(())
    })
}

/// `GET /exports/means`: the means of the schemes that the provider issues, as CSV.
pub(super) fn means(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let party = call.party()?.to_owned();
    let issued: Vec<String> = rules.schemes_issued_by(&party).into_iter().map(str::to_owned).collect();
    exported(call, ("provider", party), "scheme,key,status,since,valid_until", move |content, out| {
        let holder = RegisteredHolder::parse(content.as_bytes()).map_err(|_| unreadable())?;
        for means in holder.identifiers.iter().filter(|means| issued.iter().any(|issued| **issued == *means.scheme)) {
            let state = json!(means.state);
            let cell = |name: &str| state.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
            let cells = ["status", "since", "valid_until"].map(cell);
            writeln!(out, "{},{},{}", means.scheme, means.key.to_hex(), cells.join(","))?;
        }
        Ok(())
    })
}

/// A list that lacks somebody would pass for the whole.
fn unreadable() -> io::Error {
    io::Error::other("a holder's row is not what it was, or can't be read")
}

fn text(bound: &avis_core::Bound) -> String {
    json!(bound).as_str().unwrap_or_default().to_owned()
}

/// A list of all holders, row by row.
fn exported(
    call: &Call<'_>,
    (kind, key): (&'static str, String),
    header: &'static str,
    row: impl Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
) -> Result<Answer, Problem> {
    let reason = parameter(call, "reason").map(str::to_owned);
    let act = avis_store::Act { reason, ..call.act("people_exported", Some((kind, &key))) };
    call.control.registry.append(&[avis_store::AuditEntry::new(call.now, act)])?;
    let store = call.control.store.clone();
    Ok(Answer::download(Download::new("text/csv; charset=utf-8", move |out| {
        writeln!(out, "{header}")?;
        let mut written = Ok(());
        let read = store.snapshot(&[Scope::Holders], &mut |stored| match stored {
            Stored::Row(found) if written.is_ok() => {
                written = found.content.as_deref().map_or(Ok(()), |content| row(content, out));
            }
            Stored::Altered { .. } if written.is_ok() => written = Err(unreadable()),
            Stored::Row(_) | Stored::Altered { .. } | Stored::Unknown { .. } => {}
        });
        read.map_err(|error| io::Error::other(error.to_string()))?;
        written
    })))
}
