//! The document, from the table of calls and the schemas.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Paths, Ref, RefOr, Required, Response,
    ResponseBuilder, Responses, Schema, Tag,
};
use utoipa::{PartialSchema, ToSchema};

use avis_store::{AuthorizationAnswer, DayAnswer, NothingReversed, ReversedBefore};

use super::flat::flat;
use super::problems::Refusal;
use super::{advice, day, loyalty, problems, request};
use crate::http::endpoints::{Access, Answer, ENDPOINTS, Endpoint, Shape};
use crate::http::health::LINE_TYPE;
use crate::http::{Problem, advise, explain, members, offline, quote, tap, terminal};

/// The name under which the bearer scheme stands.
const KEY: &str = "terminal";

/// The whole description.
pub(super) fn document() -> OpenApi {
    let about = format!(
        "A terminal asks: what does this basket cost this person, and who pays the rest? One call answers it, and one records \
         it. Amounts are whole minor units (cents) everywhere.\n\nIn requests a null is an absent field; a field that is \
         unknown or stands twice is refused; a body has at most 256 KiB. A problem says in \
         `recorded` whether the request may have been recorded. Elsewhere than described: {}",
        problems::elsewhere()
    );
    let license = LicenseBuilder::new().name("Apache License 2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("AVIS for terminals")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(about))
        .license(Some(license));
    OpenApiBuilder::new().info(info).paths(paths()).components(Some(components())).tags(Some(tags())).build()
}

fn tags() -> Vec<Tag> {
    let tag = |(access, about): (Access, &str)| TagBuilder::new().name(access.tag()).description(Some(about)).build();
    [
        (Access::Sell, "Quotes, authorizations and what follows them, with the key of a terminal that sells."),
        (Access::Explain, "Why, with a credential of the scope `explain`: for grantors, auditors and service desks."),
        (Access::Enrol, "Joining and leaving merchants' programmes, with a key of the scope `enrol`: try it at `avis demo --data demo/loyalty`."),
        (Access::Open, "Health, metrics and this description, for everybody."),
    ]
    .map(tag)
    .into()
}

impl Access {
    fn tag(self) -> &'static str {
        match self {
            Self::Sell | Self::Key => "Selling",
            Self::Explain => "Explaining",
            Self::Enrol => "Enrolling",
            Self::Open => "Running",
        }
    }
}

fn components() -> Components {
    let mut components = Components::new();
    components.schemas.extend(schemas());
    let refused = ENDPOINTS.iter().flat_map(refusals).map(|refusal| (refusal.name, refusal.response.into()));
    components.responses.extend(refused);
    let about = "The terminal's key: `authorization: Bearer KEY`. It names the terminal, its provider, and the channels, \
                 schemes and scopes that it may use.";
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build();
    components.add_security_scheme(KEY, SecurityScheme::Http(scheme));
    components
}

/// What is sent and what is answered, and all that these refer to, by name.
fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = Vec::new();
    add::<request::Request>(&mut schemas);
    add::<request::Capture>(&mut schemas);
    add::<request::Void>(&mut schemas);
    add::<request::Refund>(&mut schemas);
    add::<request::Reversal>(&mut schemas);
    add::<advice::Advices>(&mut schemas);
    add::<quote::Answer<'_>>(&mut schemas);
    add::<AuthorizationAnswer<'_>>(&mut schemas);
    add::<ReversedBefore>(&mut schemas);
    add::<NothingReversed<'_>>(&mut schemas);
    add::<advise::Answers>(&mut schemas);
    add::<explain::Explained<'_>>(&mut schemas);
    add::<terminal::Answer<'_>>(&mut schemas);
    add::<offline::Answer<'_>>(&mut schemas);
    add::<loyalty::Join>(&mut schemas);
    add::<loyalty::Leave>(&mut schemas);
    add::<loyalty::Tap>(&mut schemas);
    add::<members::Answer>(&mut schemas);
    add::<tap::Answer>(&mut schemas);
    add::<day::CloseDay>(&mut schemas);
    add::<DayAnswer<'_>>(&mut schemas);
    add::<Problem>(&mut schemas);
    schemas.into_iter().map(|(name, schema)| (name, flat(schema))).collect()
}

/// A schema and all that it refers to.
fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into(), <T as PartialSchema>::schema()));
    T::schemas(schemas);
}

fn paths() -> Paths {
    let described = |paths: PathsBuilder, endpoint: &Endpoint| {
        paths.path(endpoint.path, PathItem::new(endpoint.method.clone(), operation(endpoint)))
    };
    ENDPOINTS.iter().fold(PathsBuilder::new(), described).build()
}

fn operation(endpoint: &Endpoint) -> OperationBuilder {
    let security = match endpoint.access {
        Access::Sell | Access::Explain | Access::Enrol | Access::Key => {
            SecurityRequirement::new::<_, [&str; 0], _>(KEY, [])
        }
        Access::Open => SecurityRequirement::default(),
    };
    let refused = refused_records(endpoint);
    let operation = OperationBuilder::new()
        .tag(endpoint.access.tag())
        .operation_id(Some(endpoint.id))
        .summary(Some(endpoint.summary))
        .description(Some(about(endpoint)))
        .extensions((!refused.is_empty()).then_some(refused))
        .security(security)
        .responses(responses(endpoint));
    let operation = match endpoint.body {
        Some((schema, example)) => {
            let schema = Ref::from_schema_name(schema);
            let content =
                ContentBuilder::new().schema(Some(schema)).example(serde_json::from_str(example).ok()).build();
            let body = RequestBodyBuilder::new().content("application/json", content);
            operation.request_body(Some(body.required(Some(Required::True)).build()))
        }
        None => operation,
    };
    match endpoint.path.split(['{', '}']).nth(1) {
        Some(name) => operation.parameter(parameter(name)),
        None => operation,
    }
}

/// What a call is, and how a record in it is refused where it takes many.
fn about(endpoint: &Endpoint) -> String {
    let codes = endpoint.of_records.concat();
    if codes.is_empty() {
        return endpoint.about.to_owned();
    }
    let told: Vec<String> = codes.iter().map(|code| format!("`{}`", code.word())).collect();
    format!("{}\n\nA record that is refused has one of these codes: {}.", endpoint.about, told.join(", "))
}

/// The same for programs.
fn refused_records(endpoint: &Endpoint) -> Extensions {
    let words: Vec<&str> = endpoint.of_records.concat().iter().map(|code| code.word()).collect();
    let mut extensions = Extensions::default();
    if !words.is_empty() {
        extensions.insert("x-record-problems".to_owned(), words.into());
    }
    extensions
}

fn parameter(name: &str) -> ParameterBuilder {
    let date = name == "date";
    let about = match name {
        "date" => "A day, as the service counts it: `2026-11-18`.",
        "id" => "The `authorization_id` of a record of this provider.",
        _ => "The `request_id` of a request of this provider.",
    };
    let format = SchemaFormat::Custom(if date { "date" } else { "uuid" }.into());
    let schema = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(schema))
}

fn responses(endpoint: &Endpoint) -> Responses {
    let refused = refusals(endpoint)
        .into_iter()
        .map(|refusal| (refusal.status.to_string(), RefOr::Ref(Ref::from_response_name(refusal.name))));
    let not_ready = match endpoint.answer {
        Answer::Ready(_, not_ready) => Some(("503".to_owned(), RefOr::T(text(LINE_TYPE, not_ready).build()))),
        Answer::Json(..) | Answer::Repeated(..) | Answer::Other(..) => None,
    };
    std::iter::once(("200".to_owned(), RefOr::T(answered(endpoint)))).chain(refused).chain(not_ready).collect()
}

fn refusals(endpoint: &Endpoint) -> Vec<Refusal> {
    problems::refusals(&endpoint.problems.concat())
}

fn answered(endpoint: &Endpoint) -> Response {
    let json = |shapes: &[Shape], example| {
        let content = ContentBuilder::new().schema(Some(one_of(shapes))).example(serde_json::from_str(example).ok());
        ResponseBuilder::new().content("application/json", content.build())
    };
    let response = match &endpoint.answer {
        Answer::Json(shapes, example) => json(shapes, example).description("The answer; every outcome is one."),
        Answer::Repeated(shapes, example) => json(shapes, example)
            .description("The answer; every outcome is one. The same request again is answered with the same bytes.")
            .header("idempotent-replayed", replayed())
            .header("avis-standing", standing()),
        Answer::Other(media, about) => text(media, about),
        Answer::Ready(about, _) => text(LINE_TYPE, about),
    };
    match endpoint.access {
        Access::Open => response.build(),
        Access::Sell | Access::Explain | Access::Enrol | Access::Key => {
            response.header("avis-training", problems::training()).build()
        }
    }
}

/// What is no JSON of a schema.
fn text(media: &str, about: &str) -> ResponseBuilder {
    let of = if media == "application/json" { Type::Object } else { Type::String };
    let content = ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(of))).build();
    ResponseBuilder::new().content(media, content).description(about)
}

fn replayed() -> Header {
    problems::header(Type::String, "`true` if it is a repeat; else it is not there.")
}

fn standing() -> Header {
    problems::header(
        Type::String,
        "`reversed` if it is a repeat of what was undone since: the bytes are those of then, and stand no more.",
    )
}

fn one_of(shapes: &[Shape]) -> RefOr<Schema> {
    match shapes {
        [only] => one(*only),
        several => {
            let one_of = several.iter().fold(OneOfBuilder::new(), |one_of, shape| one_of.item(one(*shape)));
            Schema::OneOf(one_of.build()).into()
        }
    }
}

fn one((name, there): Shape) -> RefOr<Schema> {
    let schema = Ref::from_schema_name(name);
    if there.is_empty() {
        return schema.into();
    }
    let required = there.iter().fold(ObjectBuilder::new(), |object, field| object.required(*field));
    Schema::AllOf(AllOfBuilder::new().item(schema).item(required).build()).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_name_means_one_schema() {
        let mut known = BTreeMap::new();
        for (name, schema) in schemas() {
            let is_other = known.insert(name.clone(), schema.clone()).is_some_and(|before| before != schema);
            assert!(!is_other, "two types are described as {name}");
        }
    }
}
