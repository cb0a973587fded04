//! A provider's terminals: connecting one with a key that is shown once, and a line for a shell that sells by it.

use avis_admin::control::Refusal;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Shown, Stepped, calls, exports, live};
use crate::layout::Page;
use crate::reading::{items, items_of, text, texts};
use crate::view::{Code, Details, Facts, Field, Form, Heading, Html, Notice, Table, Tone, go, link, tag};
use crate::visit::Visit;

pub(super) fn list(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.word("room", "terminals"));
    let (reply, next) = visit.page_of("/terminals", vec![("limit", "100".into())])?;
    let are_told = calls::are_told(visit);
    let row = |terminal: &Value| {
        let code = text(terminal, "code");
        let mut row = vec![
            link(format!("/terminals/{code}"), code),
            Html::text(text(terminal, "provider")),
            Html::text(texts(terminal, "channels").join(", ")),
            Html::text(scopes(visit, terminal)),
            Html::text(items_of(terminal, "keys").len().to_string()),
        ];
        if are_told {
            row.extend(calls::cells(visit, terminal));
        }
        row
    };
    let mut columns = visit.columns(&["terminal", "provider", "channels", "scopes"], &["keys"]);
    if are_told {
        columns.extend(visit.columns(&["last-call"], &["gaps"]));
    }
    page.add(Html::of(&Table {
        caption: visit.word("room", "terminals"),
        columns,
        rows: items(&reply).iter().map(row).collect(),
        empty: visit.say("terminals-none"),
        next,
    }));
    // A terminal belongs to the provider that makes it.
    if visit.may("POST", "/terminals") && visit.is("pr") {
        page.add(Html::of(&Heading { id: "connect", text: visit.say("terminals-connect") }));
        page.add(Html::paragraph(visit.say("terminals-connect-lead")));
        page.add(visit.form(made(visit)));
    }
    page.add(exports::form(visit, exports::TERMINALS));
    Ok(Shown::Page(page))
}

/// The terminals as a file.
pub(super) fn export(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    exports::take(visit, (exports::TERMINALS, "terminals.ndjson"), Vec::new())
}

fn scopes(visit: &Visit<'_>, terminal: &Value) -> String {
    texts(terminal, "scopes").iter().map(|scope| visit.word("scope", scope)).collect::<Vec<_>>().join(", ")
}

fn made(visit: &Visit<'_>) -> Form {
    let column = |name: &str| visit.word("column", name);
    Form::new("make", visit.say("terminals-make"))
        .field(Field::new("code", column("terminal")).hint(visit.say("code-hint")))
        .field(Field::new("channels", column("channels")).hint(visit.say("terminals-channels-hint")))
        .field(Field::new("schemes", column("schemes")).hint(visit.say("terminals-schemes-hint")))
        .field(Field::new("training", visit.say("terminals-training")).kind(crate::view::Kind::Tick).optional())
        .field(visit.reason())
}

/// Words that were typed with commas or blanks between.
pub(super) fn words_of(typed: &str) -> Vec<&str> {
    typed.split([',', ' ', ';', '\n']).filter(|word| !word.is_empty()).collect()
}

/// Makes a terminal.
pub(super) fn make(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let field = |name: &str| visit.form.text(name);
    let scopes = if field("training") == "yes" { vec!["train"] } else { vec!["sell"] };
    let body = json!({"code": field("code"), "channels": words_of(field("channels")),
        "schemes": words_of(field("schemes")), "scopes": scopes, "reason": field("reason")});
    let made = visit.send("POST", "/terminals", body)?;
    Ok(Stepped::Go(format!("/terminals/{}?done=terminal-made", text(&made.body, "code"))))
}

/// One terminal.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let code = visit.parameter("code");
    let reply = visit.get(format!("/terminals/{code}"))?;
    let (terminal, etag) = (reply.body, reply.etag.unwrap_or_default());
    let mut page = Page::new(code.to_owned());
    page.add(live::of_address(visit)?);
    let row = |name: &str, value: String| (visit.word("column", name), Html::text(value));
    page.add(Html::of(&Facts {
        rows: vec![
            row("provider", text(&terminal, "provider").to_owned()),
            row("channels", texts(&terminal, "channels").join(", ")),
            row("schemes", texts(&terminal, "schemes").join(", ")),
            row("scopes", scopes(visit, &terminal)),
        ],
    }));
    if calls::are_told(visit) {
        calls::add(visit, &mut page, code)?;
    }
    page.add(Html::of(&Heading { id: "keys", text: visit.word("column", "keys") }));
    let ends = visit.may("DELETE", "/terminals/{code}/keys/{prefix}");
    let key = |key: &Value| {
        let prefix = text(key, "prefix");
        let reason = visit.reason();
        let end = Form::new(format!("end:{prefix}"), visit.say("terminals-end-key")).field(reason);
        let end = visit.form(end.hidden("etag", &*etag).danger());
        let end = if ends {
            Html::of(&Details { summary: visit.say("terminals-end-key"), parts: vec![end], is_open: false })
        } else {
            Html::default()
        };
        let because = Html::text(text(key, "ended_because"));
        // What has ended is ended no more.
        let has_ended = text(key, "until").parse::<Timestamp>().is_ok_and(|until| until <= visit.now);
        let end = if has_ended { tag(Tone::Bad, visit.word("state", "ended")) } else { end };
        vec![Html::text(prefix), Html::text(visit.when_of(key, "until")), because, end]
    };
    page.add(Html::of(&Table {
        caption: visit.word("column", "keys"),
        columns: visit.columns(&["prefix", "until", "reason", "action"], &[]),
        rows: items_of(&terminal, "keys").iter().map(key).collect(),
        empty: visit.say("terminals-no-key"),
        next: None,
    }));
    // Others' are read, and not changed.
    let is_own = visit.is("op") || text(&terminal, "provider") == visit.own();
    if is_own && visit.may("POST", "/terminals/{code}/keys") {
        page.add(Html::paragraph(visit.say("terminals-key-lead")));
        let form = Form::new("key", visit.say("terminals-new-key"));
        page.add(visit.form(form.field(visit.reason())));
    }
    if is_own && visit.may("PUT", "/terminals/{code}") {
        page.add(Html::of(&Heading { id: "change-title", text: visit.say("terminals-change-title") }));
        page.add(Html::paragraph(visit.say("terminals-change-lead")));
        let words = |name: &str| {
            let field = Field::new(name, visit.word("column", name)).hint(visit.say(&format!("terminals-{name}-hint")));
            field.value(texts(&terminal, name).join(", "))
        };
        let form = Form::new("change", visit.say("terminals-change")).field(words("channels")).field(words("schemes"));
        page.add(visit.form(form.field(visit.reason()).hidden("etag", &*etag)));
    }
    Ok(Shown::Page(page))
}

/// Changes by which channels it sells, and which means it reads; its keys stay.
pub(super) fn change(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let code = visit.parameter("code");
    let field = |name: &str| visit.form.text(name);
    let body = json!({"channels": words_of(field("channels")), "schemes": words_of(field("schemes")), "reason": field("reason")});
    let changed = visit.send("PUT", format!("/terminals/{code}"), body)?;
    let revision = changed.body.get("revision").and_then(Value::as_u64).unwrap_or_default();
    Ok(Stepped::Go(format!("/terminals/{code}?done=terminal-changed&revision={revision}")))
}

/// Gives it a key, which is shown once, with a line that quotes by it.
pub(super) fn key(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let code = visit.parameter("code");
    let terminal = visit.get(format!("/terminals/{code}"))?.body;
    let made = visit.send("POST", format!("/terminals/{code}/keys"), json!({"reason": visit.form.text("reason")}))?;
    let secret = text(&made.body, "secret");
    let mut page = Page::new(visit.say("terminals-key-title"));
    if secret.is_empty() {
        page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("terminals-key-was-shown") }));
        return Ok(Stepped::Show(page));
    }
    page.add(Html::of(&Notice { tone: Tone::Warn, text: visit.say("terminals-key-once") }));
    page.add(Html::of(&Code { label: visit.say("terminals-key"), text: secret.to_owned() }));
    // From here on nothing that can't be told hides the key.
    let revision = made.body.get("revision").and_then(Value::as_u64);
    revision.and_then(|revision| live::part(visit, revision, 0).ok()).into_iter().for_each(|part| page.add(part));
    let channel = texts(&terminal, "channels").into_iter().next().unwrap_or_default();
    page.add(Html::of(&Code {
        label: visit.say("terminals-curl"),
        text: curl(visit, secret, &channel, &product(visit)),
    }));
    page.add(Html::paragraph(visit.say("terminals-curl-means")));
    calls::wait(visit, code, visit.now, 0).into_iter().for_each(|part| page.add(part));
    // Without a script the page of the terminal tells whether it came.
    page.add(go(format!("/terminals/{code}#calls"), visit.say("calls-look")));
    Ok(Stepped::Show(page))
}

/// A product for which there is a benefit; any word where none names one, or none can be told.
fn product(visit: &Visit<'_>) -> String {
    let benefits = visit.list("/benefits", vec![("limit", "50".to_owned())]).unwrap_or_default();
    let named = |benefit: &Value| Some(benefit.pointer("/content/scope/products/0")?.as_str()?.to_owned());
    items(&benefits).iter().find_map(named).unwrap_or_else(|| "goods".to_owned())
}

/// A line for a shell that quotes one thing.
fn curl(visit: &Visit<'_>, key: &str, channel: &str, product: &str) -> String {
    let request = json!({"request_id": visit.request(), "occurred_at": visit.now, "channel": channel, "currency": visit.currency(),
        "lines": [{"line_id": "1", "product": product, "quantity": 1, "unit_price": 715}]});
    format!(
        "curl -s {}/v1/quote -H 'authorization: Bearer {key}' -H 'content-type: application/json' -d '{request}'",
        visit.origin()
    )
}

/// Ends a key at once.
pub(super) fn end_key(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let (code, prefix) = (visit.parameter("code"), visit.which());
    let body = json!({"reason": visit.form.text("reason")});
    visit.send("DELETE", format!("/terminals/{code}/keys/{prefix}"), body)?;
    Ok(Stepped::Go(format!("/terminals/{code}?done=key-ended")))
}
