//! Operations on what was sold.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::authorization::{Authorization, Origin, Refusal, State};
use crate::loyalty::books::Books;
use crate::loyalty::{FileOperation, FileOperationOf, Happening, PointsMoved, TooMuch};
use crate::usage::{Charge, Totals};

/// What an operation did.
#[derive(Clone, Debug, PartialEq)]
pub struct Operated {
    /// Its own id.
    pub request_id: Uuid,
    /// The word of what happened.
    pub kind: &'static str,
    /// Where the authorization stands; none of what is not there.
    pub authorization: Option<Authorization>,
    /// What it did to points.
    pub loyalty: Vec<PointsMoved>,
}

/// Why an operation can't be done. Nothing happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationRefused {
    /// No request of that id was recorded.
    #[error("no request of that id was recorded")]
    NotFound,
    /// The authorization does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The holder is no member of such a programme now.
    #[error("the holder is no member of such a programme now")]
    NotAMember,
    /// An adjustment takes more than there is.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
}

impl OperationRefused {
    /// The code of the problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Refused(Refusal::NotInState(_)) => "not_in_state",
            Self::Refused(_) => "invalid_request",
            Self::NotAMember => "not_a_member",
            Self::TooMuch(_) => "not_enough_points",
        }
    }
}

impl Books {
    /// Does an operation on what was sold.
    ///
    /// # Errors
    /// Nothing was sold under that id, or what was does not allow it.
    pub fn operate(&mut self, operation: &FileOperation) -> Result<Operated, OperationRefused> {
        if let Some(at) = operation.occurred_at.or(self.clock) {
            self.pass(at);
        }
        let at = self.clock.unwrap_or(Timestamp::MIN);
        let by = operation.request_id;
        let plain = Happening::plain(at, by);
        let (place, happening) = match &operation.what {
            FileOperationOf::Capture { original, lines } => {
                let place = self.change(*original, |sold, origin| sold.capture(origin, lines).map(|_| ()), by)?;
                (place, Happening::captured(at, by))
            }
            FileOperationOf::Refund { original, lines } => {
                let place = self.change(*original, |sold, origin| sold.refund(origin, lines).map(|_| ()), by)?;
                (place, Happening::refunded(at, by))
            }
            FileOperationOf::Void { original } => {
                (self.change(*original, |sold, origin| sold.void(origin).map(|_| ()), by)?, plain)
            }
            FileOperationOf::Reversal { original } => match self.by_request.get(original) {
                Some(place) => {
                    let undone = self.reverse(*place, *original, by);
                    (*self.by_request.get(original).unwrap_or(&usize::MAX), Happening::reversed(at, by, undone))
                }
                None => {
                    self.undone_before.insert(*original);
                    (usize::MAX, plain)
                }
            },
            FileOperationOf::Adjustment { .. } | FileOperationOf::Statement { .. } | FileOperationOf::Clock => {
                (usize::MAX, plain)
            }
        };
        if !matches!(operation.what, FileOperationOf::Reversal { .. }) {
            self.by_request.insert(by, place);
        }
        let loyalty = self.post(place, &happening);
        let authorization = self.sold.get(place).map(|sold| sold.authorization.clone());
        Ok(Operated { request_id: by, kind: operation.what.word(), authorization, loyalty })
    }

    /// Changes an authorization; usage follows.
    fn change(
        &mut self,
        original: Uuid,
        change: impl FnOnce(&mut Authorization, Origin) -> Result<(), Refusal>,
        by: Uuid,
    ) -> Result<usize, OperationRefused> {
        let place = *self.by_request.get(&original).ok_or(OperationRefused::NotFound)?;
        let opened = self.sold.get_mut(place).filter(|sold| sold.request_id == original);
        let sold = opened.ok_or(OperationRefused::NotFound)?;
        let before = sold.authorization.consumed();
        change(&mut sold.authorization, Origin { request_id: Some(by), ..Origin::default() })?;
        let after = sold.authorization.consumed();
        self.held.remove(&(sold.ends, place));
        self.follow(&before, &after);
        Ok(place)
    }

    /// Undoes a request, and says which requests are undone by that.
    fn reverse(&mut self, place: usize, original: Uuid, by: Uuid) -> Vec<Uuid> {
        let Some(sold) = self.sold.get_mut(place) else { return Vec::new() };
        let (before, stood) = (sold.authorization.consumed(), sold.authorization.standing_requests());
        let origin = Origin { request_id: Some(by), ..Origin::default() };
        sold.authorization.reverse(origin, original, original == sold.request_id);
        let (after, stands) = (sold.authorization.consumed(), sold.authorization.standing_requests());
        if sold.authorization.state() == State::Held {
            self.held.insert((sold.ends, place));
        } else {
            self.held.remove(&(sold.ends, place));
        }
        self.follow(&before, &after);
        stood.into_iter().filter(|request| !stands.contains(request)).collect()
    }

    /// A hold ends as of its own end.
    pub(super) fn expire(&mut self, place: usize, end: Timestamp) {
        let Some(sold) = self.sold.get_mut(place) else { return };
        let before = sold.authorization.consumed();
        if sold.authorization.expire(Origin::default()).is_err() {
            return;
        }
        let after = sold.authorization.consumed();
        self.follow(&before, &after);
        self.post(place, &Happening::plain(end, Uuid::nil()));
    }

    /// Usage follows by the difference.
    fn follow(&mut self, before: &[Charge], after: &[Charge]) {
        let difference = before.iter().zip(after).map(|(before, after)| Charge {
            totals: Totals {
                uses: after.totals.uses - before.totals.uses,
                units: after.totals.units - before.totals.units,
                discount: after.totals.discount - before.totals.discount,
                spent: after.totals.spent - before.totals.spent,
                since: None,
            },
            ..after.clone()
        });
        let difference: Vec<Charge> = difference.collect();
        self.usage.charge(&difference);
    }
}

impl Operated {
    /// The answer: the authorization as it now stands, with the operation and what became of points.
    pub fn answer(&self) -> Value {
        let state = self.authorization.as_ref().map_or(State::Reversed, Authorization::state);
        let lines = self.authorization.iter().flat_map(|authorization| {
            authorization.lines.iter().enumerate().map(move |(place, line)| {
                let left = authorization.left(place);
                json!({
                    "line_id": line.decided.line_id,
                    "units": left.units,
                    "payable": left.payable(),
                    "due": left.due(),
                })
            })
        });
        let lines: Vec<Value> = lines.collect();
        json!({
            "request_id": self.request_id,
            "operation": {"kind": self.kind, "request_id": self.request_id},
            "state": state,
            "lines": lines,
            "loyalty": self.loyalty,
        })
    }
}
