//! The console behind HTTP: a request is taken in, answered on a thread that may wait, and written.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;
use avis_admin::control::{Code, Door, Question, Visitor, secured, statements_run};
use avis_admin::http::file;
use avis_admin::{NotDone, WorkPool};
use futures_core::Stream;

use crate::assets::{Asset, FOLDER};
use crate::fields::Fields;
use crate::language::spoken;
use crate::multipart;
use crate::pages::{self, Content, File, Next, PAGES};
use crate::simulator::Simulator;
use crate::texts::Texts;
use crate::view::Html;
use crate::visit::{Come, Visit};

/// Bytes of a form: the largest draft, encoded.
const FORM_BYTES_MAX: usize = 3 * 1024 * 1024;
/// How long a form may take to come.
const FORM_WAIT: Duration = Duration::from_secs(30);

/// The till simulator, where there is one.
type Till = Option<Arc<Simulator>>;

/// Puts the console on a server, beside the control plane that it asks; with a till simulator or without.
pub fn routes(door: Arc<Door>, simulator: Till) -> impl Fn(&mut ServiceConfig) + Send + Sync + 'static {
    let data = Data::from(door);
    move |config: &mut ServiceConfig| {
        config.app_data(data.clone()).app_data(Data::new(simulator.clone()));
        config.service(web::resource(format!("{FOLDER}/{{name}}")).route(web::get().to(asset)));
        // What stands under the first word of a page's path is the console's.
        let mut firsts: Vec<&str> = PAGES.iter().filter_map(|page| page.path.split('/').nth(1)).collect();
        firsts.sort_unstable();
        firsts.dedup();
        for first in firsts {
            let paths = match first {
                "" => vec!["/".to_owned()],
                first => vec![format!("/{first}"), format!("/{first}/{{rest:.*}}")],
            };
            config.service(web::resource(paths).default_service(web::to(page)));
        }
    }
}

async fn asset(http: HttpRequest) -> HttpResponse {
    match Asset::find(http.path()) {
        Some(asset) => secured(200, "", false)
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .insert_header((header::VARY, "accept-encoding"))
            .content_type(asset.media_type)
            .body(asset.content),
        None => secured(404, "", false).finish(),
    }
}

async fn page(http: HttpRequest, payload: Payload, door: Data<Door>, till: Data<Till>) -> HttpResponse {
    let Ok(visitor) = door.visitor(&http) else { return secured(400, "", false).finish() };
    let (request, is_encrypted) = (visitor.request().to_owned(), visitor.is_encrypted());
    let method = http.method().to_string();
    if !matches!(&*method, "GET" | "HEAD" | "POST") {
        return secured(405, &request, is_encrypted).insert_header((header::ALLOW, "GET, POST")).finish();
    }
    let accepts = http.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let texts = Texts(spoken(&visitor, accepts.unwrap_or_default()));
    let come = |form: Fields| Come {
        path: http.path().to_owned(),
        query: Fields::of(http.query_string()),
        form,
        file: None,
        accepts: accepts.unwrap_or_default().to_owned(),
    };
    let pool = door.control.pool.clone();
    let media_type = http.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_sent = method == "POST";
    let answered = if let Some(boundary) = media_type.and_then(multipart::boundary).filter(|_| is_sent) {
        let (come, boundary) = (come(Fields::default()), boundary.to_owned());
        let (file, feeding) = file(payload);
        let feeding = actix_web::rt::spawn(feeding);
        let answered = pool.run(move || {
            // Whoever did not sign in, or comes from another site, is answered without being read.
            let is_read = visitor.check_site().is_ok() && is_signed_in(&door, &visitor);
            let sent = is_read.then(|| multipart::read(file, &boundary)).transpose();
            let (come, sent) = match sent.map(Option::unwrap_or_default) {
                Ok((form, file)) => (Come { form, file, ..come }, Sent::Form),
                Err(_) => (come, Sent::Unread(Code::MalformedRequest)),
            };
            answer((&door, till.as_deref()), &visitor, come, sent)
        });
        let answered = answered.await;
        // Who did not read a file to its end needs no more of it.
        feeding.abort();
        answered
    } else {
        let form = if is_sent { Some(in_time(payload).await) } else { None };
        let (form, sent) = match form {
            None => (Fields::default(), Sent::Nothing),
            Some(Ok(form)) => (form, Sent::Form),
            Some(Err(code)) => (Fields::default(), Sent::Unread(code)),
        };
        let come = come(form);
        pool.run(move || answer((&door, till.as_deref()), &visitor, come, sent)).await
    };
    match answered {
        Ok(answered) => written(answered, (&request, is_encrypted), &pool),
        Err(NotDone::Full) => overloaded(texts, &request, is_encrypted),
        Err(NotDone::Failed) => secured(500, &request, is_encrypted).finish(),
    }
}

/// That too many ask at once, said without asking anything.
#[derive(Template)]
#[template(path = "overloaded.html")]
struct Overloaded {
    texts: Texts,
}

fn overloaded(texts: Texts, request: &str, is_encrypted: bool) -> HttpResponse {
    let mut response = secured(503, request, is_encrypted);
    response.insert_header((header::RETRY_AFTER, 1));
    whole(&mut response, Html::of(&Overloaded { texts }))
}

fn is_signed_in(door: &Door, visitor: &Visitor) -> bool {
    let me = Question { method: "GET", path: "/me".to_owned(), ..Question::default() };
    door.control.ask(visitor, me).is_ok()
}

/// What was sent with a visit.
enum Sent {
    Nothing,
    Form,
    /// Something that could not be read.
    Unread(Code),
}

/// A form that came in time.
async fn in_time(payload: Payload) -> Result<Fields, Code> {
    let form = actix_web::rt::time::timeout(FORM_WAIT, form(payload)).await;
    form.map_err(|_| Code::MalformedRequest)?
}

/// A form as a browser sends it.
async fn form(payload: Payload) -> Result<Fields, Code> {
    let (mut payload, mut body) = (pin!(payload), Vec::new());
    while let Some(part) = poll_fn(|context| Stream::poll_next(payload.as_mut(), context)).await {
        let part = part.map_err(|_| Code::MalformedRequest)?;
        if body.len() + part.len() > FORM_BYTES_MAX {
            return Err(Code::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Fields::of_form(&String::from_utf8(body).map_err(|_| Code::MalformedRequest)?).ok_or(Code::TooLarge)
}

/// What is answered.
struct Answered {
    status: u16,
    next: Next,
    cookies: Vec<String>,
    questions: usize,
    /// Of the store.
    statements: u64,
}

fn answer((door, till): (&Door, Option<&Simulator>), visitor: &Visitor, come: Come, sent: Sent) -> Answered {
    let before = statements_run();
    let is_sent = !matches!(sent, Sent::Nothing);
    let mut visit = Visit::begin(&door.control, visitor, till, come, is_sent);
    let (status, next) = match (visitor.check_site(), sent) {
        (Err(refusal), Sent::Form | Sent::Unread(_)) => pages::refused(&mut visit, &refusal),
        (_, Sent::Unread(code)) => pages::refused(&mut visit, &code.into()),
        _ => pages::answer(&mut visit, is_sent),
    };
    let (cookies, questions) = (visit.cookies.take(), visit.questions.get());
    Answered { status, next, cookies, questions, statements: statements_run() - before }
}

fn written(answered: Answered, (request, is_encrypted): (&str, bool), pool: &WorkPool) -> HttpResponse {
    let Answered { status, next, cookies, questions, statements } = answered;
    let mut response = secured(status, request, is_encrypted);
    for cookie in cookies {
        response.append_header((header::SET_COOKIE, cookie));
    }
    if cfg!(debug_assertions) {
        response.insert_header(("avis-questions", questions)).insert_header(("avis-statements", statements));
    }
    match next {
        Next::Show(html) => whole(&mut response, html),
        Next::Go(path) => response.insert_header((header::LOCATION, path)).finish(),
        Next::Save(File { name, content }) => {
            response.insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
            match content {
                Content::Written(media_type, bytes) => response.content_type(media_type).body(bytes),
                Content::Read(reply) => reply.streamed(response, pool),
            }
        }
    }
}

fn whole(response: &mut HttpResponseBuilder, html: Html) -> HttpResponse {
    response.content_type(header::ContentType::html()).body(html.into_string())
}
