//! Terminals that train: what they sell is kept in a ledger of its own, so that it moves nothing that is real.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use avis_store::{Ledger, LedgerError};

use super::AppState;
use crate::terminal::Terminal;

/// Says of an answer that all in it is for training.
const TRAINING: HeaderName = HeaderName::from_static("avis-training");

/// That the request is a terminal's that trains.
struct Trains;

/// Notes who calls, so that every answer to it makes itself known.
pub(super) fn mark(http: &HttpRequest, terminal: &Terminal) {
    if terminal.trains() {
        http.extensions_mut().insert(Trains);
    }
}

/// Makes an answer to a terminal that trains known as one.
pub(super) fn tell<B>(response: &mut ServiceResponse<B>) {
    let is_training = response.request().extensions().contains::<Trains>();
    if is_training {
        response.headers_mut().insert(TRAINING, HeaderValue::from_static("true"));
    }
}

/// Opens a ledger for training.
type Open = dyn Fn() -> Result<Arc<dyn Ledger>, String> + Send + Sync;

/// The ledger of terminals that train, opened when the first of them calls.
pub struct Training {
    /// Before what may hold its folder, so that it is closed first.
    opened: Mutex<Option<Arc<dyn Ledger>>>,
    open: Box<Open>,
}

impl fmt::Debug for Training {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Training")
    }
}

impl Training {
    /// In the ledger that a function opens.
    pub fn new(open: impl Fn() -> Result<Arc<dyn Ledger>, String> + Send + Sync + 'static) -> Self {
        Self { opened: Mutex::default(), open: Box::new(open) }
    }

    /// Where nobody trains: who calls is told that there is no ledger.
    pub fn nowhere() -> Self {
        Self::new(|| Err("nobody trains here".to_owned()))
    }

    fn ledger(&self) -> Result<Arc<dyn Ledger>, LedgerError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ledger) = &*opened {
            return Ok(ledger.clone());
        }
        let ledger = (self.open)().map_err(LedgerError::OutOfReach)?;
        Ok(opened.insert(ledger).clone())
    }
}

impl AppState {
    /// Where what a terminal sells is recorded.
    ///
    /// # Errors
    /// A ledger for training that can't be opened.
    pub(super) fn ledger_of(&self, terminal: &Terminal) -> Result<Arc<dyn Ledger>, LedgerError> {
        if terminal.trains() { self.training.ledger() } else { Ok(self.ledger.clone()) }
    }
}
