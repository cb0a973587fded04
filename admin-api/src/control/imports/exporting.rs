//! Lists as files, in the shape in which they are imported: an identifier stands by its keyed hash, never by its value.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;

use avis_core::{Bound, RegisteredHolder, RegisteredIdentifier, Span};
use avis_server::Terminal;
use avis_store::{Act, AuditEntry, Scope, Store, Stored};
use serde_json::{Value, json};

use super::parameter;
use crate::control::answer::{Answer, Download};
use crate::control::call::Call;
use crate::control::drafts::lists;
use crate::control::people::{self, Relation};
use crate::control::policy::{Action, Reach};
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, REASON, needed, optional};
use crate::control::{records, rules};
use crate::keys::Terminals;

/// Of which group.
pub(super) const OF_GROUP: &[Field] = &[needed("group", Kind::Code), REASON];
/// Why.
pub(super) const QUERY: &[Field] = &[REASON];
/// Of which records.
pub(super) const OF_RECORDS: &[Field] = &[
    optional("from", Kind::Instant),
    optional("until", Kind::Instant),
    optional("provider", Kind::Token(1, 200)),
    optional("terminal", Kind::Token(1, 200)),
    REASON,
];

const CSV: &str = "text/csv; charset=utf-8";
const NDJSON: &str = "application/x-ndjson";

/// `GET /exports/entitlements`: everybody's memberships of an own group, as CSV. In the audit before the first row.
pub(super) fn entitlements(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let group =
        parameter(call, "group").ok_or_else(|| Problem::at("/group", "expected the group of the list"))?.to_owned();
    let owner = rules::group_owner(call, &rules, &group)
        .map_err(|_| Problem::at("/group", "expected a group that there is"))?;
    call.check_owner(owner, Action::OpenRead)?;
    let written = json!(group).to_string();
    exported(call, ("group", group.clone()), "scheme,key,from,until", move |content, out| {
        if !content.contains(&written) {
            return Ok(());
        }
        let holder = RegisteredHolder::parse(content.as_bytes()).map_err(|_| unreadable())?;
        let Some(RegisteredIdentifier { scheme, key, .. }) = holder.identifiers.first() else { return Ok(()) };
        for known in holder.holder.entitlements.iter().filter(|known| *known.group == *group) {
            writeln!(out, "{scheme},{},{}", key.to_hex(), ends(known.span))?;
        }
        Ok(())
    })
}

/// `GET /exports/means`: the means of the schemes that the provider issues, as CSV; all of them for who oversees the installation.
pub(super) fn means(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let party = call.party()?.to_owned();
    let reaches_all = call.reach == Some(Reach::All);
    let issued: Vec<String> = rules.schemes_issued_by(&party).into_iter().map(str::to_owned).collect();
    exported(call, ("provider", party), "scheme,key,status,since,valid_until", move |content, out| {
        let holder = RegisteredHolder::parse(content.as_bytes()).map_err(|_| unreadable())?;
        let is_wanted = |means: &&RegisteredIdentifier| reaches_all || issued.iter().any(|it| **it == *means.scheme);
        for means in holder.identifiers.iter().filter(is_wanted) {
            let state = json!(means.state);
            let cell = |name: &str| state.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let cells = ["status", "since", "valid_until"].map(cell);
            writeln!(out, "{},{},{}", means.scheme, means.key.to_hex(), cells.join(","))?;
        }
        Ok(())
    })
}

/// `GET /exports/holders`: everybody who has means, as JSON one a line, for who oversees the installation. A person stands by the
/// means, never by the code, and of which merchants' programmes they are members is not told.
pub(super) fn holders(call: &Call<'_>) -> Result<Answer, Problem> {
    if call.reach != Some(Reach::All) {
        return Err(Code::NotYourRole.into());
    }
    exported(call, ("party", call.party()?.to_owned()), "", |content, out| {
        let mut holder: Value = serde_json::from_str(content).map_err(|_| unreadable())?;
        let Some(fields) = holder.as_object_mut() else { return Err(unreadable()) };
        fields.remove("holder");
        fields.remove("memberships");
        let has_means = fields.get("identifiers").and_then(Value::as_array).is_some_and(|means| !means.is_empty());
        if has_means { writeln!(out, "{holder}") } else { Ok(()) }
    })
}

/// `GET /exports/relations`: who speaks for whom, as CSV, for who oversees the installation. Both stand by their means; whom nothing
/// identifies is not named.
pub(super) fn relations(call: &Call<'_>) -> Result<Answer, Problem> {
    if call.reach != Some(Reach::All) {
        return Err(Code::NotYourRole.into());
    }
    let (all, secret) = (people::all_relations(call.control, call.now)?, call.control.cases.secret.clone());
    let store = call.control.store.clone();
    let file = Download::new(CSV, move |out| {
        let of_people: HashSet<&str> = all.iter().map(|(_, relation)| relation.holder.as_str()).collect();
        let of_guardians: HashSet<&str> = all.iter().map(|(guardian, _)| guardian.as_str()).collect();
        let (mut people, mut guardians) = (HashMap::new(), HashMap::new());
        each_holder(&*store, &mut |content| {
            let holder = RegisteredHolder::parse(content.as_bytes()).map_err(|_| unreadable())?;
            let Some(RegisteredIdentifier { scheme, key, .. }) = holder.identifiers.first() else { return Ok(()) };
            let (code, means) = (holder.holder.code.to_string(), format!("{scheme},{}", key.to_hex()));
            let subject = secret.subject(&code);
            if of_guardians.contains(&*subject) {
                guardians.insert(subject, means.clone());
            }
            if of_people.contains(&*code) {
                people.insert(code, means);
            }
            Ok(())
        })?;
        writeln!(out, "scheme,key,guardian_scheme,guardian_key,relation,from,until")?;
        for (guardian, Relation { holder, relation, span }) in &all {
            let (Some(person), Some(guardian)) = (people.get(holder), guardians.get(guardian)) else { continue };
            writeln!(out, "{person},{guardian},{relation},{}", ends(*span))?;
        }
        Ok(())
    });
    noted(call, ("party", call.party()?), file)
}

/// `GET /exports/terminals`: the terminals of the own provider or of all, as JSON one a line, without keys.
pub(super) fn terminals(call: &Call<'_>) -> Result<Answer, Problem> {
    let all = Terminals::read(&*call.control.store)?;
    let mut own: Vec<&Terminal> = all.all().iter().filter(|terminal| call.reaches(&terminal.provider)).collect();
    own.sort_by(|one, other| one.code.cmp(&other.code));
    let row = |terminal: &&Terminal| {
        let Terminal { code, provider, channels, schemes, scopes, .. } = terminal;
        json!({"terminal": code, "provider": provider, "channels": channels, "schemes": schemes, "scopes": scopes})
    };
    written(call, own.iter().map(row).collect())
}

/// `GET /exports/rules`: the newest version of each benefit of the own grantor or of all, as JSON one a line, each as a draft.
pub(super) fn rules(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let codes =
        rules.benefit_codes().filter(|code| rules.grantor_of(code).is_some_and(|grantor| call.reaches(grantor)));
    written(call, codes.filter_map(|code| lists::row_of(&rules, code)).collect())
}

/// `GET /exports/records`: records of use as the caller reads them in a list, the newest first, as JSON one a line.
pub(super) fn records(call: &Call<'_>) -> Result<Answer, Problem> {
    let pages = records::pages(call)?;
    let file = Download::new(NDJSON, move |out| pages.each(&mut |item| writeln!(out, "{item}")));
    noted(call, ("party", call.party()?), file)
}

/// Lines that are there already, for the audit and for who asked.
fn written(call: &Call<'_>, lines: Vec<Value>) -> Result<Answer, Problem> {
    let file = Download::new(NDJSON, move |out| lines.iter().try_for_each(|line| writeln!(out, "{line}")));
    noted(call, ("party", call.party()?), file)
}

/// A list that goes out: the audit is told who takes it before the first row, and at its end whether it was read to the last.
pub(in crate::control) fn noted(call: &Call<'_>, object: (&str, &str), file: Download) -> Result<Answer, Problem> {
    let reason = parameter(call, "reason").map(str::to_owned);
    let action = if call.operation.is_of_people() { "people_exported" } else { "list_exported" };
    let list = call.operation.name;
    let act = Act { reason, ..call.act(action, Some(object)) };
    let entry = |at, act: Act, after: Value| AuditEntry { after: Some(after.to_string()), ..AuditEntry::new(at, act) };
    let (registry, clock) = (Arc::clone(&call.control.registry), Arc::clone(&call.control.clock));
    registry.append(&[entry(call.now, act.clone(), json!({"list": list}))])?;
    let ended = move |is_whole: bool| {
        let act = Act { action: "export_ended".to_owned(), ..act.clone() };
        let told = registry.append(&[entry(clock.now(), act, json!({"list": list, "whole": is_whole}))]);
        if let Err(error) = told {
            tracing::warn!(target: "avis::control", %error, list, "the audit could not be told how an export ended");
        }
    };
    Ok(Answer::download(file.telling(ended)))
}

/// A list that lacks somebody would pass for the whole.
fn unreadable() -> io::Error {
    io::Error::other("a holder's row is not what it was, or can't be read")
}

/// The two ends of a span, as two columns.
fn ends(Span { from, until }: Span) -> String {
    let text = |bound: Option<Bound>| bound.map(|bound| json!(bound).as_str().unwrap_or_default().to_owned());
    [from, until].map(|bound| text(bound).unwrap_or_default()).join(",")
}

/// A list of all holders, row by row: of CSV with its header, else of JSON one a line.
fn exported(
    call: &Call<'_>,
    (kind, key): (&'static str, String),
    header: &'static str,
    row: impl Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
) -> Result<Answer, Problem> {
    let store = call.control.store.clone();
    let file = Download::new(if header.is_empty() { NDJSON } else { CSV }, move |out| {
        if !header.is_empty() {
            writeln!(out, "{header}")?;
        }
        each_holder(&*store, &mut |content| row(content, out))
    });
    noted(call, (kind, &key), file)
}

/// Reads every holder, one after the other, until the first that can't be taken.
fn each_holder(store: &dyn Store, take: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let mut taken = Ok(());
    let read = store.snapshot(&[Scope::Holders], &mut |stored| match stored {
        Stored::Row(found) if taken.is_ok() => taken = found.content.as_deref().map_or(Ok(()), &mut *take),
        Stored::Altered { .. } if taken.is_ok() => taken = Err(unreadable()),
        Stored::Row(_) | Stored::Altered { .. } | Stored::Unknown { .. } => {}
    });
    read.map_err(|error| io::Error::other(error.to_string()))?;
    taken
}
