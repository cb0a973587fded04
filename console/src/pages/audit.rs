//! The audit: who did what, the newest first, and whether anything of it was changed.

use avis_admin::control::{Code as Refused, Refusal, encoded};
use serde_json::{Value, json};

use super::why::sought;
use super::{Shown, Stepped, exports};
use crate::layout::Page;
use crate::reading::{is, items, pretty, text, texts, whole};
use crate::view::{Code, Facts, Field, Form, Html, Kind, Notice, Table, Tone, link};
use crate::visit::Visit;

pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "audit"));
    page.add(visit.search(vec![
        visit.sought("text", "action").kind(Kind::Choice(actions(visit))),
        visit.sought("text", "actor").hint(visit.say("audit-actor-hint")),
        visit.sought("text", "party"),
        visit.sought("text", "object_kind"),
        visit.sought("text", "object_key"),
        visit.sought("date", "from"),
        visit.sought("date", "until"),
    ]));
    let (reply, next) =
        visit.page_of("/audit", query(visit, &["action", "actor", "party", "object_kind", "object_key"]))?;
    page.add(Html::of(&Table {
        caption: visit.word("room", "audit"),
        columns: visit.columns(&["at", "actor", "action", "object", "reason"], &[]),
        rows: items(&reply).iter().map(|entry| row(visit, entry)).collect(),
        empty: visit.say("audit-none"),
        next,
    }));
    page.add(link("/audit/people", visit.say("audit-people")));
    page.add(Html::paragraph(visit.say("audit-verify-lead")));
    page.add(
        visit.form(
            Form::new("verify", visit.say("audit-verify"))
                .field(Field::new("seq", visit.say("audit-anchor-seq")).optional())
                .field(Field::new("link", visit.say("audit-anchor-link")).optional()),
        ),
    );
    if visit.oversees() {
        for (which, list) in LISTS {
            page.add(exports::one_of(visit, list, &format!("export:{which}"), visit.word("export-of", which)));
        }
    }
    Ok(Shown::Page(page))
}

/// What is sought, by fields of the address and by days.
fn query(visit: &Visit<'_>, names: &[&'static str]) -> Vec<(&'static str, String)> {
    let typed =
        names.iter().map(|name| (*name, visit.query.text(name).to_owned())).filter(|(_, typed)| !typed.is_empty());
    [("limit", "50".to_owned())].into_iter().chain(typed).chain(sought(visit)).collect()
}

/// Everything that is noted, as it is called, after that nothing is chosen.
fn actions(visit: &Visit<'_>) -> Vec<(String, String)> {
    let mut actions: Vec<_> = visit.texts.words("did").map(|(word, told)| (word.replace('-', "_"), told)).collect();
    actions.sort_by(|(_, one), (_, other)| one.cmp(other));
    [(String::new(), visit.say("audit-any-action"))].into_iter().chain(actions).collect()
}

/// What the auditor of the installation takes out beside the audit.
const LISTS: [(&str, &str); 2] = [("holders", exports::HOLDERS), ("relations", exports::RELATIONS)];

/// One of these lists as a file.
pub(super) fn export(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let name = if visit.which() == "holders" { "holders.ndjson" } else { "relations.csv" };
    let list = LISTS.into_iter().find(|(which, _)| *which == visit.which()).map(|(_, list)| list);
    exports::take(visit, (list.ok_or(Refused::NotFound)?, name), Vec::new())
}

/// What is a look at a person.
const LOOKS: [&str; 20] = [
    "person_found",
    "person_not_found",
    "person_read",
    "person_means_read",
    "person_points_read",
    "person_entitlements_read",
    "person_usage_read",
    "person_authorizations_read",
    "person_accesses_read",
    "person_consents_read",
    "person_relations_read",
    "person_explained",
    "nobody_explained",
    "person_advised",
    "nobody_advised",
    "member_found",
    "member_not_found",
    "member_read",
    "member_operations_read",
    "people_exported",
];

/// Who looked at people, when and why, and what they were shown.
pub(super) fn people(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.say("audit-people"));
    page.add(Html::paragraph(visit.say("audit-people-lead")));
    let mut query = query(visit, &["actor", "party"]);
    query.push(("action", LOOKS.join(",")));
    page.add(visit.search(vec![
        visit.sought("text", "actor").hint(visit.say("audit-actor-hint")),
        visit.sought("text", "party"),
        visit.sought("date", "from"),
        visit.sought("date", "until"),
    ]));
    let (reply, next) = visit.page_of("/audit", query)?;
    page.add(Html::of(&Table {
        caption: visit.say("audit-people"),
        columns: visit.columns(&["at", "actor", "action", "object", "reason", "shown"], &[]),
        rows: items(&reply).iter().map(|entry| look(visit, entry)).collect(),
        empty: visit.say("audit-people-none"),
        next,
    }));
    page.add(link("/audit", visit.word("room", "audit")));
    Ok(Shown::Page(page))
}

fn look(visit: &Visit<'_>, entry: &Value) -> Vec<Html> {
    let shown = entry.get("after").map(|after| texts(after, "shown").join(", ")).unwrap_or_default();
    let mut cells = row(visit, entry);
    cells.push(Html::text(shown));
    cells
}

/// Who did it: by name, or by the kind of who has none; what else they did is one step away.
fn actor(visit: &Visit<'_>, entry: &Value) -> Html {
    let actor = entry.get("actor").unwrap_or(&Value::Null);
    let (kind, id, party) = (text(actor, "kind"), text(actor, "id"), text(actor, "party"));
    let called = match (text(actor, "name"), kind) {
        ("", "terminal") => format!("{} {id}", visit.word("actor", kind)),
        ("", _) => visit.word("actor", kind),
        (name, _) => name.to_owned(),
    };
    let told = if party.is_empty() { called } else { format!("{called} ({party})") };
    if id.is_empty() { Html::text(told) } else { link(format!("/audit?actor={}", encoded(id)), told) }
}

/// What it was done to: its kind in words, and its key.
fn object(visit: &Visit<'_>, entry: &Value) -> String {
    let object = entry.get("object").unwrap_or(&Value::Null);
    [visit.word("thing", text(object, "kind")), text(object, "key").to_owned()].join(" ").trim().to_owned()
}

fn row(visit: &Visit<'_>, entry: &Value) -> Vec<Html> {
    let seq = whole(entry, "seq").unwrap_or_default();
    vec![
        link(format!("/audit/{seq}"), visit.when_of(entry, "at")),
        actor(visit, entry),
        Html::text(visit.word("did", text(entry, "action"))),
        Html::text(object(visit, entry)),
        Html::text(text(entry, "reason")),
    ]
}

/// One entry.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let entry = visit.get(format!("/audit/{}", visit.parameter("seq")))?.body;
    let mut page = Page::new(visit.texts.with("audit-entry", &[("seq", visit.parameter("seq").into())]));
    let row = |name: &str, value: String| (visit.word("column", name), Html::text(value));
    let revision = whole(&entry, "revision").map(|revision| revision.to_string()).unwrap_or_default();
    page.add(Html::of(&Facts {
        rows: vec![
            row("at", visit.when_of(&entry, "at")),
            (visit.word("column", "actor"), actor(visit, &entry)),
            row("on-behalf", text(&entry, "on_behalf").to_owned()),
            row("action", visit.word("did", text(&entry, "action"))),
            row("object", object(visit, &entry)),
            row("reason", text(&entry, "reason").to_owned()),
            row("revision", revision),
            row("request", text(&entry, "request").to_owned()),
            row("link", text(&entry, "link").to_owned()),
        ],
    }));
    for name in ["before", "after"] {
        if let Some(value) = entry.get(name).filter(|value| !value.is_null()) {
            page.add(Html::of(&Code { label: visit.word("column", name), text: pretty(value) }));
        }
    }
    Ok(Shown::Page(page))
}

/// Goes through the whole chain.
pub(super) fn verify(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let (seq, link_) = (visit.form.text("seq"), visit.form.text("link"));
    let mut body = json!({});
    if let (Some(fields), false) = (body.as_object_mut(), seq.is_empty() && link_.is_empty()) {
        let seq = seq.parse::<i64>().map_or_else(|_| json!(seq), |seq| json!(seq));
        fields.insert("anchor".to_owned(), json!({"seq": seq, "link": link_}));
    }
    let found = visit.send("POST", "/audit/verify", body)?.body;
    let mut page = Page::new(visit.say("audit-verify"));
    let (tone, told) = if is(&found, "holds") {
        (Tone::Good, visit.say("audit-holds"))
    } else {
        (Tone::Bad, visit.texts.with("audit-broken", &[("at", text(&found, "broken_at").into())]))
    };
    page.add(Html::of(&Notice { tone, text: told }));
    let head = found.get("head").unwrap_or(&Value::Null);
    page.add(Html::paragraph(visit.say("audit-head")));
    page.add(Html::of(&Facts {
        rows: vec![
            (visit.say("audit-anchor-seq"), Html::text(whole(head, "seq").unwrap_or_default().to_string())),
            (visit.say("audit-anchor-link"), Html::text(text(head, "link"))),
        ],
    }));
    page.add(link("/audit", visit.word("room", "audit")));
    Ok(Stepped::Show(page))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::LOOKS;

    #[test]
    fn every_look_at_a_person_that_the_control_plane_notes_is_listed() {
        let sources = crate::texts::checks::control_plane();
        let begins = ["person_", "member_", "nobody_", "people_"];
        let ends = ["_read", "_found", "_explained", "_advised", "_exported"];
        let is_look = |word: &&str| {
            let is_word = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            is_word && begins.iter().any(|begin| word.starts_with(begin)) && ends.iter().any(|end| word.ends_with(end))
        };
        let noted: BTreeSet<&str> = sources.split('"').filter(is_look).collect();
        assert_eq!(noted, LOOKS.into_iter().collect());
    }
}
