//! The page for people: the document as plain HTML that needs nothing else.

use std::fmt::Write as _;

use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, OpenApi, PathItem, RefOr, Response};

use super::page_curl::curl;
use super::page_example::example;
use super::page_schema::{fields, kind};
use super::page_tables::{self, PARTS};
use super::page_text::{escaped, marked, paragraph_of, target};

const STYLE: &str = include_str!("page.css");

/// A call: its method, its path and what it is.
type Call<'a> = (&'static str, &'a str, &'a Operation);

/// The whole page.
pub(super) fn render(document: &OpenApi) -> String {
    let info = &document.info;
    let mut page = String::with_capacity(128 * 1024);
    add(&mut page, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    add(&mut page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    add(&mut page, &format!("<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n", escaped(&info.title)));
    add(&mut page, "<a class=\"skip\" href=\"#calls\">Skip to the calls</a>\n<header>\n");
    add(&mut page, &format!("<h1>{} <small>{}</small></h1>\n", escaped(&info.title), escaped(&info.version)));
    for paragraph in info.description.iter().flat_map(|text| text.split("\n\n")) {
        add(&mut page, &paragraph_of(paragraph));
    }
    add(&mut page, "<p>For programs: <a href=\"openapi.json\">openapi.json</a>.</p>\n</header>\n");
    add(&mut page, &contents(document));
    add(&mut page, "<main id=\"calls\">\n");
    add(&mut page, &page_tables::parts());
    for (tag, about) in tags(document) {
        add(&mut page, &format!("<section>\n<h2>{}</h2>\n{}", escaped(tag), paragraph_of(about)));
        calls(document).filter(|call| is_of(call, tag)).for_each(|call| add(&mut page, &article(document, call)));
        add(&mut page, "</section>\n");
    }
    add(&mut page, "<section id=\"types\">\n<h2>Types</h2>\n");
    for (name, schema) in document.components.iter().flat_map(|components| &components.schemas) {
        add(&mut page, &format!("<article id=\"{name}\">\n<h3>{name}</h3>\n{}</article>\n", fields(schema)));
    }
    add(&mut page, "</section>\n</main>\n</body>\n</html>\n");
    page
}

/// Links to everything.
fn contents(document: &OpenApi) -> String {
    let mut list = String::from("<nav aria-label=\"Contents\">\n<ul>\n");
    for (id, title) in PARTS {
        add(&mut list, &format!("<li><a href=\"#{id}\">{title}</a></li>\n"));
    }
    add(&mut list, "</ul>\n");
    for (tag, _) in tags(document) {
        add(&mut list, &format!("<h2>{}</h2>\n<ul>\n", escaped(tag)));
        for (method, path, operation) in calls(document).filter(|call| is_of(call, tag)) {
            let (id, summary) = (id(operation), text(operation.summary.as_ref()));
            let call = format!("<code><b>{method}</b> {}</code>", escaped(path));
            add(&mut list, &format!("<li><a href=\"#{id}\">{call}</a> <span>{}</span></li>\n", marked(summary)));
        }
        add(&mut list, "</ul>\n");
    }
    let names = document.components.iter().flat_map(|components| components.schemas.keys());
    let links: Vec<String> = names.map(|name| format!("<a href=\"#{name}\">{name}</a>")).collect();
    list + &format!("<h2>Types</h2>\n<p>{}</p>\n</nav>\n", links.join(", "))
}

/// A call.
fn article(document: &OpenApi, (method, path, operation): Call<'_>) -> String {
    let call = format!("<code><b>{method}</b> {}</code>", escaped(path));
    let mut html = format!("<article id=\"{}\">\n<h3>{call}</h3>\n", id(operation));
    add(&mut html, &format!("<p class=\"lead\">{}.</p>\n", marked(text(operation.summary.as_ref()))));
    for paragraph in text(operation.description.as_ref()).split("\n\n") {
        add(&mut html, &paragraph_of(paragraph));
    }
    let needs_key = operation.security.iter().flatten().any(|needed| *needed != Default::default());
    if !needs_key {
        add(&mut html, "<p>It asks for no key.</p>\n");
    }
    for parameter in operation.parameters.iter().flatten() {
        let (name, about) = (escaped(&parameter.name), marked(text(parameter.description.as_ref())));
        let of = parameter.schema.as_ref().map(kind).unwrap_or_default();
        add(&mut html, "<h4>In the path</h4>\n<dl>\n");
        add(
            &mut html,
            &format!("<dt><code>{name}</code></dt>\n<dd><p class=\"kind\">{of}</p><p>{about}</p></dd>\n</dl>\n"),
        );
    }
    add(
        &mut html,
        &format!(
            "<h4>Try it</h4>\n<pre tabindex=\"0\"><code class=\"curl\">{}</code></pre>\n",
            escaped(&curl(document, method, path, operation))
        ),
    );
    for (media, content) in operation.request_body.iter().flat_map(|body| &body.content) {
        let of = content.schema.as_ref().map(kind).unwrap_or_default();
        add(&mut html, &format!("<h4>Send</h4>\n<p>{of} as <code>{}</code></p>\n", escaped(media)));
    }
    add(&mut html, "<h4>Answers</h4>\n<dl class=\"answers\">\n");
    for (status, response) in &operation.responses.responses {
        if let Some(response) = resolved(document, response) {
            add(&mut html, &answer(document, status, response));
        }
    }
    html + "</dl>\n</article>\n"
}

fn resolved<'a>(document: &'a OpenApi, response: &'a RefOr<Response>) -> Option<&'a Response> {
    match response {
        RefOr::T(response) => Some(response),
        RefOr::Ref(reference) => {
            let responses = &document.components.as_ref()?.responses;
            responses.get(target(reference)).and_then(|response| resolved(document, response))
        }
    }
}

fn answer(document: &OpenApi, status: &str, response: &Response) -> String {
    let mut html = format!("<dt><code>{}</code></dt>\n<dd>\n", escaped(status));
    add(&mut html, &paragraph_of(&response.description));
    for (name, header) in &response.headers {
        let about = marked(text(header.description.as_ref()));
        add(&mut html, &format!("<p>Header <code>{}</code>: {about}</p>\n", escaped(name)));
    }
    // What a problem document is stands once, among the types.
    for (media, content) in response.content.iter().filter(|(media, _)| !media.contains("problem")) {
        let of = content.schema.as_ref().map(kind).unwrap_or_default();
        add(&mut html, &format!("<p>{of} as <code>{}</code></p>\n", escaped(media)));
        add(&mut html, &shown(document, content));
    }
    html + "</dd>\n"
}

fn shown(document: &OpenApi, content: &Content) -> String {
    let Some(value) = &content.example else { return String::new() };
    let text = escaped(&example(document, value, content.schema.as_ref()));
    format!("<details open>\n<summary>Example</summary>\n<pre tabindex=\"0\"><code>{text}</code></pre>\n</details>\n")
}

fn tags(document: &OpenApi) -> impl Iterator<Item = (&str, &str)> {
    document.tags.iter().flatten().map(|tag| (tag.name.as_str(), text(tag.description.as_ref())))
}

fn calls(document: &OpenApi) -> impl Iterator<Item = Call<'_>> {
    let methods = |item: &'_ PathItem| [("POST", item.post.is_some()), ("GET", item.get.is_some())];
    document.paths.paths.iter().flat_map(move |(path, item)| {
        let operation = move |method| if method == "POST" { item.post.as_ref() } else { item.get.as_ref() };
        methods(item).into_iter().filter_map(move |(method, _)| Some((method, path.as_str(), operation(method)?)))
    })
}

fn is_of((_, _, operation): &Call<'_>, tag: &str) -> bool {
    operation.tags.iter().flatten().any(|one| one == tag)
}

fn id(operation: &Operation) -> &str {
    text(operation.operation_id.as_ref())
}

fn text(optional: Option<&String>) -> &str {
    optional.map(String::as_str).unwrap_or_default()
}

fn add(page: &mut String, html: &str) {
    // Writing to a string can't fail.
    let _ = page.write_str(html);
}
