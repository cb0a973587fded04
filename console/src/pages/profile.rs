//! How a provider's own files are written: a form, kept for the files that follow. What the form has no room for stays as it is.

use avis_admin::control::Refusal;
use serde_json::{Map, Value, json};

use super::Stepped;
use crate::layout::Page;
use crate::reading::{items_of, text, texts, whole};
use crate::view::{Details, Field, Form, Html, Kind};
use crate::visit::Visit;

/// Columns of one name each.
const COLUMNS: [&str; 8] =
    ["external_id", "terminal", "request_id", "authorization_id", "kind", "gross", "discount", "payable"];
const DELIMITERS: [&str; 5] = ["auto", ";", ",", "\t", "|"];
const DECIMALS: [&str; 2] = [",", "."];
const ENCODINGS: [&str; 4] = ["auto", "utf-8", "utf-16", "windows-1257"];
const SIGNS: [&str; 2] = ["signed", "by_kind"];

/// What is kept, and the etag that was read.
pub(super) struct Kept {
    pub(super) profile: Option<Value>,
    etag: String,
}

/// The own party's.
pub(super) fn kept(visit: &Visit<'_>) -> Result<Kept, Refusal> {
    let reply = visit.get(format!("/providers/{}/profile", visit.own()))?;
    let profile = reply.body.get("profile").filter(|profile| profile.is_object()).cloned();
    // One that is not there yet has no version to be written over.
    let etag = if profile.is_some() { reply.etag.unwrap_or_default() } else { String::new() };
    Ok(Kept { profile, etag })
}

/// The form, open until there is a profile.
pub(super) fn add(visit: &Visit<'_>, page: &mut Page, kept: &Kept) {
    let is_faulty = visit.refusal.is_some() && visit.form.find("do") == Some("profile");
    let is_open = kept.profile.is_none() || is_faulty;
    let form = form(visit, kept.profile.as_ref().unwrap_or(&Value::Null)).hidden("etag", &*kept.etag);
    let parts = vec![Html::paragraph(visit.say("profile-lead")), visit.form(form)];
    page.add(Html::of(&Details { summary: visit.say("profile-title"), parts, is_open }));
}

/// Words of a list or a single one, with commas between.
fn listed(profile: &Value, name: &str) -> String {
    match profile.get(name) {
        Some(Value::String(one)) => one.clone(),
        _ => texts(profile, name).join(", "),
    }
}

/// Pairs of an object, one a line.
fn paired(profile: &Value, name: &str) -> String {
    let pairs = profile.get(name).and_then(Value::as_object).into_iter().flatten();
    pairs.map(|(name, value)| format!("{name} = {}", value.as_str().unwrap_or_default())).collect::<Vec<_>>().join("\n")
}

fn form(visit: &Visit<'_>, profile: &Value) -> Form {
    let columns = profile.get("columns").unwrap_or(&Value::Null);
    let choice = |words: &[&str], said: fn(&Visit<'_>, &str) -> String| {
        Kind::Choice(words.iter().map(|word| ((*word).to_owned(), said(visit, named(word)))).collect())
    };
    let cut = |visit: &Visit<'_>, word: &str| visit.word("profile-cut", word);
    let encoded = |visit: &Visit<'_>, word: &str| visit.word("profile-encoded", word);
    let signed = |visit: &Visit<'_>, word: &str| visit.word("profile-signed", word);
    let or = |name: &str, otherwise: &str| match text(profile, name) {
        "" => otherwise.to_owned(),
        given => given.to_owned(),
    };
    let mut form = Form::new("profile", visit.say("profile-save")).field(
        Field::new("occurred_at", visit.word("profile-column", "occurred_at"))
            .hint(visit.say("profile-time-hint"))
            .value(listed(columns, "occurred_at")),
    );
    for column in COLUMNS {
        form = form
            .field(Field::new(column, visit.word("profile-column", column)).value(text(columns, column)).optional());
    }
    let dates = match listed(profile, "dates") {
        dates if dates.is_empty() => "DD.MM.YYYY HH:mm:ss".to_owned(),
        dates => dates,
    };
    let area = |name: &str, said: &str, hint: &str, rows| {
        let field = Field::new(name, visit.say(said)).hint(visit.say(hint)).kind(Kind::Area(rows));
        field.value(paired(profile, name)).optional()
    };
    let lines = whole(profile, "skip_rows").unwrap_or_default().to_string();
    form.field(Field::new("dates", visit.say("profile-dates")).hint(visit.say("profile-dates-hint")).value(dates))
        .field(
            Field::new("delimiter", visit.say("profile-delimiter"))
                .kind(choice(&DELIMITERS, cut))
                .value(or("delimiter", "auto")),
        )
        .field(
            Field::new("decimal", visit.say("profile-decimal")).kind(choice(&DECIMALS, cut)).value(or("decimal", ",")),
        )
        .field(
            Field::new("encoding", visit.say("profile-encoding"))
                .kind(choice(&ENCODINGS, encoded))
                .value(or("encoding", "auto")),
        )
        .field(Field::new("skip_rows", visit.say("profile-skip")).kind(Kind::Line("number")).value(lines))
        .field(Field::new("sign", visit.say("profile-sign")).kind(choice(&SIGNS, signed)).value(or("sign", "signed")))
        .field(area("kinds", "profile-kinds", "profile-kinds-hint", 3))
        .field(area("terminals", "profile-terminals", "profile-terminals-hint", 4))
}

/// The name of a mark in texts.
fn named(mark: &str) -> &str {
    match mark {
        ";" => "semicolon",
        "," => "comma",
        "\t" => "tab",
        "|" => "bar",
        "." => "point",
        word => word,
    }
}

/// Keeps what the form says.
pub(super) fn save(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let mut profile = match kept(visit)?.profile {
        Some(Value::Object(profile)) => profile,
        _ => Map::new(),
    };
    write(visit, &mut profile)?;
    let put = visit.send("PUT", format!("/providers/{}/profile", visit.own()), json!({"profile": profile}));
    put.map_err(placed)?;
    Ok(Stepped::Go("/reconciling?done=saved".to_owned()))
}

/// A refusal, with each fault at the field of the form.
fn placed(refusal: Refusal) -> Refusal {
    Visit::placed(refusal, &[("/profile/columns/", "/"), ("/profile/", "/"), ("/profile", "/occurred_at")])
}

fn write(visit: &Visit<'_>, profile: &mut Map<String, Value>) -> Result<(), Refusal> {
    let field = |name: &str| visit.form.text(name);
    let listed = |name: &str| field(name).split(',').map(str::trim).filter(|word| !word.is_empty()).collect::<Vec<_>>();
    let mut columns = Map::new();
    let time = match listed("occurred_at").as_slice() {
        [one] => json!(one),
        several => json!(several),
    };
    columns.insert("occurred_at".to_owned(), time);
    for column in COLUMNS.iter().filter(|column| !field(column).is_empty()) {
        columns.insert((*column).to_owned(), json!(field(column)));
    }
    profile.insert("columns".to_owned(), Value::Object(columns));
    profile.insert("dates".to_owned(), json!(listed("dates")));
    // A tab is nothing but a blank to who trims.
    let delimiter = visit.form.find("delimiter").unwrap_or("auto");
    profile.insert("delimiter".to_owned(), json!(delimiter));
    for name in ["decimal", "encoding", "sign"] {
        profile.insert(name.to_owned(), json!(field(name)));
    }
    let skipped: i64 = match field("skip_rows") {
        "" => 0,
        typed => typed.parse().map_err(|_| Visit::at("skip_rows", &visit.say("whole-number")))?,
    };
    profile.insert("skip_rows".to_owned(), json!(skipped));
    for name in ["kinds", "terminals"] {
        let pairs = field(name).lines().filter(|line| !line.trim().is_empty()).map(|line| {
            let (theirs, ours) = line.split_once('=')?;
            Some((theirs.trim().to_owned(), json!(ours.trim())))
        });
        let pairs: Option<Map<String, Value>> = pairs.collect();
        let pairs = pairs.ok_or_else(|| Visit::at(name, &visit.say("profile-pair")))?;
        profile.insert(name.to_owned(), Value::Object(pairs));
    }
    if items_of(&Value::Object(profile.clone()), "dates").is_empty() {
        return Err(Visit::at("dates", &visit.say("profile-dates-hint")));
    }
    Ok(())
}
