//! The published description, from the table of operations and the policy: OpenAPI 3.1.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::dry_run::WOULD;
use super::examples;
use super::operations::{Answers, BODY_BYTES_MAX, Operation, all};
use super::policy::published;
use super::problem::{Code, Problem};
use super::shape::{is_optional, object_schema};

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The description of every operation, as it is served and published, ending with a line break.
pub fn openapi_json() -> String {
    // A value has no keys that JSON can't write.
    serde_json::to_string_pretty(&*DOCUMENT).unwrap_or_default() + "\n"
}

/// `GET /openapi.json`.
pub(crate) fn json(_: &Call<'_>) -> Result<Answer, Problem> {
    Ok(Answer::of(DOCUMENT.clone()))
}

fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in all() {
        let item = paths.entry(format!("/admin/v1{}", operation.path)).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(operation.method.to_lowercase(), described(operation));
        }
    }
    let about = format!(
        "What parties do: grantors, providers, centres, auditors and who runs the installation. A field or a parameter that is \
         unknown or stands twice is refused; a body has at most {} KiB. `x-avis-policy` says how far each action goes for each \
         role: `A` what is anyone's, `O` the own party's, `S` one's own, `.` not at all.",
        BODY_BYTES_MAX / 1024
    );
    json!({
        "openapi": "3.1.0",
        "info": {"title": "AVIS for parties", "version": env!("CARGO_PKG_VERSION"), "description": about,
                 "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"}},
        "paths": paths,
        "components": {
            "schemas": {"Problem": problem()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A personal token."},
                "session": {"type": "apiKey", "in": "cookie", "name": super::sign_in::sessions::COOKIE},
            },
        },
        "x-avis-policy": published(),
    })
}

fn problem() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.word()).collect();
    json!({
        "type": "object",
        "required": ["title", "status", "code", "detail", "request"],
        "properties": {
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string", "enum": codes},
            "detail": {"type": "string"},
            "pointer": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object", "required": ["pointer", "detail"], "properties":
                {"pointer": {"type": "string"}, "detail": {"type": "string"}}}},
            "request": {"type": "string", "format": "uuid"},
        },
    })
}

fn described(operation: &Operation) -> Value {
    let security = if operation.action.is_some() { json!([{"token": []}, {"session": []}]) } else { json!([]) };
    let mut described = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "security": security,
        "parameters": parameters(operation),
        "responses": responses(operation),
    });
    if let Value::Object(fields) = &mut described {
        if let Some(action) = operation.action {
            fields.insert("x-avis-action".into(), json!(action.word()));
        }
        if let Some(roles) = operation.roles {
            let words: Vec<&str> = roles.iter().map(|role| role.word()).collect();
            fields.insert("x-avis-roles".into(), json!(words));
        }
        if let Some(body) = operation.body {
            let mut content = json!({"application/json": {"schema": object_schema(body)}});
            if let Some(example) = operation.example.and_then(|text| serde_json::from_str::<Value>(text).ok())
                && let Some(Value::Object(json)) = content.get_mut("application/json")
            {
                json.insert("example".into(), example);
            }
            let is_required = !is_optional(body);
            fields.insert("requestBody".into(), json!({"required": is_required, "content": content}));
        }
        if !operation.takes_file.is_empty() {
            let of_type = |media_type: &&str| ((*media_type).to_owned(), json!({"schema": {"type": "string"}}));
            let content: Map<String, Value> = operation.takes_file.iter().map(of_type).collect();
            fields.insert("requestBody".into(), json!({"required": true, "content": content}));
        }
    }
    described
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let in_path = operation.path.split(['{', '}']).skip(1).step_by(2).map(|name| {
        let schema = match name {
            "id" => json!({"type": "string", "format": "uuid"}),
            "handle" => json!({"anyOf": [{"type": "string", "format": "uuid"}, {"const": "me"}]}),
            "n" | "seq" => json!({"type": "integer", "minimum": 1}),
            "date" => json!({"type": "string", "format": "date"}),
            _ => json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9.-]{0,63}$"}),
        };
        json!({"name": name, "in": "path", "required": true, "schema": schema})
    });
    let in_query = operation.query.iter().map(|field| {
        json!({"name": field.name, "in": "query", "required": field.is_required, "schema": field.kind.schema()})
    });
    let header = |name: &str, is_needed: bool, about: &str, schema: Value| json!({"name": name, "in": "header", "required": is_needed, "description": about, "schema": schema});
    let mut all: Vec<Value> = in_path.chain(in_query).collect();
    if operation.is_once || operation.may_be_once {
        let about = "The same request under the same key is answered once, and for 24 hours as before.";
        all.push(header("idempotency-key", operation.is_once, about, json!({"type": "string", "format": "uuid"})));
    }
    if operation.needs_match {
        all.push(header("if-match", true, "The etag that was read.", json!({"type": "string"})));
    }
    if operation.may_match {
        let about = "The etag that was read, where there is one already.";
        all.push(header("if-match", false, about, json!({"type": "string"})));
    }
    if operation.action.is_some() {
        let about = "The party for which a session acts, where the user has several.";
        all.push(header("avis-party", false, about, json!({"type": "string"})));
    }
    all
}

fn responses(operation: &Operation) -> Value {
    let schema = match operation.answers {
        Answers::One(fields) | Answers::Made(fields) | Answers::Accepted(fields) => Some(object_schema(fields)),
        Answers::Document => Some(json!({"type": "object"})),
        Answers::Page(of) => Some(page(&of.schema())),
        Answers::File(_) | Answers::Html | Answers::Elsewhere | Answers::Nothing => None,
    };
    let would = operation.can_be_dry.then(|| object_schema(WOULD));
    let status = operation.answers.status();
    let answered = match (schema, &would) {
        (Some(schema), Some(would)) if status == 200 => done(&json!({"anyOf": [schema, would]})),
        (Some(schema), _) => done(&schema),
        (None, _) if matches!(operation.answers, Answers::Html) => {
            json!({"description": "A page.", "content": {"text/html": {"schema": {"type": "string"}}}})
        }
        (None, _) => match operation.answers {
            Answers::File(media_type) => {
                json!({"description": "The file.", "content": {media_type: {"schema": {"type": "string"}}}})
            }
            Answers::Elsewhere => {
                let headers = json!({"location": {"schema": {"type": "string"}}});
                json!({"description": "Where the browser goes on.", "headers": headers})
            }
            _ => json!({"description": "Done."}),
        },
    };
    let answered = with_example(answered, operation);
    let problem = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
    let mut responses = Map::new();
    if let Some(would) = would.filter(|_| status != 200) {
        responses.insert("200".into(), done(&would));
    }
    responses.insert(status.to_string(), answered);
    responses.insert("default".into(), json!({"description": "Refused: nothing was changed.", "content": problem}));
    Value::Object(responses)
}

/// An answer with what it is like, where somebody wrote that down; of a list a page with one item.
fn with_example(mut answered: Value, operation: &Operation) -> Value {
    let example = examples::answered(operation.name).cloned();
    let example = example.map(|example| match operation.answers {
        Answers::Page(_) => json!({"items": [example], "next": null}),
        _ => example,
    });
    if let (Some(example), Some(Value::Object(content))) = (example, answered.pointer_mut("/content/application~1json"))
    {
        content.insert("example".into(), example);
    }
    answered
}

fn done(schema: &Value) -> Value {
    json!({"description": "Done.", "content": {"application/json": {"schema": schema}}})
}

fn page(item: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}},
    })
}
