//! The control plane behind HTTP: a request is taken in, answered on a thread that may wait, and written.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{StatusCode, Uri};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_core::Stream;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use super::Control;
use super::answer::{Answer, Download};
use super::incoming::{File, Incoming};
use super::operations::{Found, body_bytes_max, find};
use super::problem::{Code, Problem};
use super::proxies::{Arrival, Client, Proxies};
use super::secret;
use crate::http::{outgoing, pipe};
use crate::work_pool::WorkPool;

/// Where the control plane is.
const PREFIX: &str = "/admin/v1";
/// How long a body may take to come.
const BODY_WAIT: Duration = Duration::from_secs(30);

/// The control plane, and whether its port is encrypted.
pub struct Door {
    /// What answers.
    pub control: Arc<Control>,
    /// Whether what is sent can't be overheard.
    pub is_encrypted: bool,
    /// The proxies that tell who asks.
    pub proxies: Proxies,
}

/// Puts the control plane on a server.
pub fn routes(door: Arc<Door>) -> impl Fn(&mut ServiceConfig) + Send + Sync + 'static {
    let data = Data::from(door);
    move |config: &mut ServiceConfig| {
        let path = format!("{PREFIX}/{{path:.*}}");
        config.app_data(data.clone()).service(web::resource(path).default_service(web::to(answer)));
    }
}

async fn answer(http: HttpRequest, payload: Payload, door: Data<Door>) -> HttpResponse {
    let now = door.control.clock.now();
    let request = secret::id(now).unwrap_or_default();
    let client = door.client(&http);
    let taken = take_in(&http, payload, client, request.clone()).await;
    let answered = match taken {
        Ok((incoming, feeding)) => {
            let control = door.control.clone();
            let answered = door.control.pool.run(move || control.answer(&incoming)).await;
            // Who did not read a file to its end needs no more of it.
            if let Some(feeding) = feeding {
                feeding.abort();
            }
            answered.unwrap_or_else(|not_done| Err(not_done.into()))
        }
        Err(problem) => Err(problem),
    };
    match answered {
        Ok(answer) => written(answer, (&request, client.is_encrypted), &door.control.pool),
        Err(problem) => refused(&problem, &request, client.is_encrypted),
    }
}

impl Door {
    pub(super) fn client(&self, http: &HttpRequest) -> Client {
        let values = |name: &str| http.headers().get_all(name).filter_map(|value| value.to_str().ok()).collect();
        self.proxies.client(&Arrival {
            peer: http.peer_addr().map(|address| address.ip()),
            is_encrypted: self.is_encrypted,
            forwarded_for: values("x-forwarded-for"),
            forwarded_proto: values("x-forwarded-proto"),
        })
    }
}

/// What feeds a file to who reads it.
type Feeding = Option<actix_web::rt::task::JoinHandle<()>>;

async fn take_in(
    http: &HttpRequest,
    payload: Payload,
    client: Client,
    request: String,
) -> Result<(Incoming, Feeding), Problem> {
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned);
    let headers = http.headers().iter().map(|(name, value)| Ok((name.as_str().to_owned(), text(value)?)));
    let headers = headers.collect::<Result<Vec<_>, header::ToStrError>>();
    let headers = headers.map_err(|_| Problem::new(Code::MalformedRequest, "expected headers in ASCII"))?;
    let uri: &Uri = http.uri();
    let (method, path) = (http.method().as_str(), uri.path().strip_prefix(PREFIX).unwrap_or_default());
    let takes_file = matches!(find(method, path), Found::Operation(operation, _) if !operation.takes_file.is_empty());
    let (mut whole, mut file, mut feeding): (_, Option<File>, Feeding) = (Vec::new(), None, None);
    if takes_file {
        let (reader, fed) = pipe::feed(payload, pipe::BodyLimits::FILE);
        file = Some(Box::new(reader));
        feeding = Some(actix_web::rt::spawn(fed));
    } else {
        let body = actix_web::rt::time::timeout(BODY_WAIT, body(payload, body_bytes_max(method, path))).await;
        whole = body.map_err(|_| Problem::new(Code::MalformedRequest, "the body did not come within 30 seconds"))??;
    }
    let incoming = Incoming {
        method: method.to_owned(),
        path: path.to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: whole,
        file: Mutex::new(file),
        peer: client.address,
        is_encrypted: client.is_encrypted,
        request,
    };
    Ok((incoming, feeding))
}

/// The whole body, within its bound.
async fn body(payload: Payload, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let (mut payload, mut body) = (pin!(payload), Vec::new());
    while let Some(part) = poll_fn(|context| payload.as_mut().poll_next(context)).await {
        let part = part.map_err(|_| Problem::new(Code::MalformedRequest, "the body ended early"))?;
        if body.len() + part.len() > bytes_max {
            return Err(Problem::of_bytes(bytes_max));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// What no page of another may do with an answer.
const SECURITY: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
    ("vary", "cookie, authorization"),
];

/// The beginning of an answer to a browser or a program: what no page of another may do with it.
pub fn secured(status: u16, request: &str, is_encrypted: bool) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in SECURITY {
        response.insert_header((HeaderName::from_static(name), HeaderValue::from_static(value)));
    }
    if is_encrypted {
        response.insert_header(("strict-transport-security", "max-age=31536000"));
    }
    response.insert_header(("avis-request", request));
    response
}

fn written(answer: Answer, (request, is_encrypted): (&str, bool), pool: &WorkPool) -> HttpResponse {
    let Answer { status, body, etag, location, cookies, is_replayed, is_dry, page, download } = answer;
    let mut response = secured(status, request, is_encrypted);
    for (name, value) in [("etag", etag), ("location", location)] {
        if let Some(value) = value {
            response.insert_header((name, value));
        }
    }
    for cookie in cookies {
        response.append_header((header::SET_COOKIE, cookie));
    }
    if is_replayed {
        response.insert_header(("idempotent-replayed", "true"));
    }
    if is_dry {
        response.insert_header(("avis-dry-run", "true"));
    }
    if status == 202 {
        response.insert_header((header::RETRY_AFTER, 1));
    }
    match (body, page, download) {
        (Some(body), ..) => response.content_type(header::ContentType::json()).body(body.into_json()),
        (None, Some(page), _) => response.content_type(header::ContentType::html()).body(page),
        (None, None, Some(download)) => downloaded(response, &download, pool),
        (None, None, None) => response.finish(),
    }
}

/// A file that goes out while it is written; one that breaks off is not taken for whole.
pub(super) fn downloaded(mut response: HttpResponseBuilder, download: &Download, pool: &WorkPool) -> HttpResponse {
    let (mut output, body) = outgoing::body();
    let download = download.clone();
    let media_type = download.media_type;
    // The answer goes on while it is being written. Where nobody writes it, it breaks off at once.
    let begun = pool.begin(move || {
        let Download { write, ended, .. } = download;
        let is_whole = match write(&mut output) {
            Ok(()) => output.end().is_ok(),
            Err(error) => {
                output.fail(error.to_string());
                false
            }
        };
        if let Some(ended) = ended {
            ended(is_whole);
        }
    });
    if begun.is_err() {
        return response.status(StatusCode::SERVICE_UNAVAILABLE).insert_header((header::RETRY_AFTER, 1)).finish();
    }
    response.content_type(media_type).streaming(body)
}

fn refused(problem: &Problem, request: &str, is_encrypted: bool) -> HttpResponse {
    let mut response = secured(problem.code.status(), request, is_encrypted);
    if problem.code.status() == 401 {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    if let Some(seconds) = problem.retry_after_s {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    if problem.replayed.is_some() {
        response.insert_header(("idempotent-replayed", "true"));
    }
    if !problem.allowed.is_empty() {
        response.insert_header((header::ALLOW, problem.allowed.join(", ")));
    }
    response.content_type("application/problem+json").body(problem.json(request))
}
