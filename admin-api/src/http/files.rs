//! Files in and out.

use std::io::{BufReader, Read};

use actix_web::web::{self, Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::limits::CATALOGUE_BYTES_MAX;
use avis_store::{Interrupted, Store, StoreError};

use crate::export;
use crate::fault::AdminError;
use crate::http::answer::{self, CommitOptions};
use crate::http::{is_operator, outgoing, pipe};
use crate::import::{self, Imported};
use crate::operator::Operator;

/// Bytes of a file of terminals; a hundred for each of a hundred thousand.
const TERMINALS_BYTES_MAX: u64 = 10 * 1024 * 1024;

pub(super) async fn import_catalogue(
    http: HttpRequest,
    query: Query<CommitOptions>,
    body: Payload,
    operator: Data<Operator>,
) -> HttpResponse {
    import(&http, body, &operator, move |operator, input| {
        let json = whole(input, CATALOGUE_BYTES_MAX)?;
        let context = query.import(operator, "import of a catalogue");
        import::catalogue(&*operator.store, &json, &operator.cases, &context)
    })
    .await
}

pub(super) async fn import_holders(
    http: HttpRequest,
    query: Query<CommitOptions>,
    body: Payload,
    operator: Data<Operator>,
) -> HttpResponse {
    import(&http, body, &operator, move |operator, input| {
        let context = query.import(operator, "import of holders");
        let stores = (&*operator.store, &*operator.registry);
        import::holders(stores, BufReader::new(input), &operator.secret, &context)
    })
    .await
}

pub(super) async fn import_terminals(
    http: HttpRequest,
    query: Query<CommitOptions>,
    body: Payload,
    operator: Data<Operator>,
) -> HttpResponse {
    import(&http, body, &operator, move |operator, input| {
        let json = whole(input, TERMINALS_BYTES_MAX)?;
        import::terminals(&*operator.store, &json, &query.import(operator, "import of terminals"))
    })
    .await
}

/// Imports a body on a thread that may wait, while it is being received.
async fn import(
    http: &HttpRequest,
    payload: Payload,
    operator: &Data<Operator>,
    work: impl FnOnce(&Operator, pipe::BodyReader) -> Result<Imported, AdminError> + Send + 'static,
) -> HttpResponse {
    if !is_operator(http, operator) {
        return answer::unauthorized();
    }
    let (input, feeding) = pipe::feed(payload, pipe::BodyLimits::FILE);
    let working = answer::done(http, operator, move |operator| work(operator, input));
    // Both at once on this thread: the body is fed as fast as it is read.
    let fed = actix_web::rt::spawn(feeding);
    let answered = working.await;
    fed.abort();
    answered
}

fn whole(input: impl Read, bytes_max: u64) -> Result<Vec<u8>, AdminError> {
    let mut bytes = Vec::new();
    let read = input.take(bytes_max + 1).read_to_end(&mut bytes);
    read.map_err(|error| StoreError::from(Interrupted(format!("the input ended early: {error}"))))?;
    if bytes.len() as u64 > bytes_max {
        return Err(AdminError::at("", format!("expected at most {bytes_max} bytes")));
    }
    Ok(bytes)
}

pub(super) async fn export_catalogue(http: HttpRequest, operator: Data<Operator>) -> HttpResponse {
    exported(&http, &operator, "application/json", |store, output| export::catalogue(store, output)).await
}

pub(super) async fn export_holders(http: HttpRequest, operator: Data<Operator>) -> HttpResponse {
    exported(&http, &operator, "application/x-ndjson", |store, output| export::holders(store, output)).await
}

pub(super) async fn export_terminals(http: HttpRequest, operator: Data<Operator>) -> HttpResponse {
    exported(&http, &operator, "application/json", |store, output| export::terminals(store, output)).await
}

type Export = fn(&dyn Store, &mut outgoing::BodyWriter) -> Result<(), AdminError>;

async fn exported(
    http: &HttpRequest,
    operator: &Data<Operator>,
    content_type: &'static str,
    export: Export,
) -> HttpResponse {
    if !is_operator(http, operator) {
        return answer::unauthorized();
    }
    // Once the answer has begun, a store that is away can't be told any more.
    let asked = operator.clone();
    match web::block(move || asked.store.head()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return answer::refused(error.into()),
        Err(_) => return answer::stopping(),
    }
    let (mut output, body) = outgoing::body();
    let asked = operator.clone();
    // The answer goes on while it is being written; who writes it needs no answer itself.
    drop(web::block(move || {
        match export(&*asked.store, &mut output) {
            // Who did not read it to its end knows.
            Ok(()) => drop(output.end()),
            Err(error) => output.fail(error.to_string()),
        }
    }));
    HttpResponse::Ok().content_type(content_type).streaming(body)
}
