//! Why a request was refused, as problem details (RFC 9457). Nothing was changed, and no value that was sent comes back.

use avis_core::{Fault, Faults};
use avis_store::{LedgerError, RecordedError, StoreError};
use serde::{Deserialize, Serialize};

use crate::fault::AdminError;
use crate::work_pool::NotDone;

/// The faults that one problem lists.
pub(crate) const ERRORS_MAX: usize = 100;

/// Every code, with its status and its title.
macro_rules! codes {
    ($($code:ident $word:literal $status:literal $title:literal),+ $(,)?) => {
        /// What went wrong, for programs: a closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $(#[doc = $title] $code),+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// The word for it.
            pub fn word(self) -> &'static str { match self { $(Self::$code => $word),+ } }

            /// The status of the answer.
            pub fn status(self) -> u16 { match self { $(Self::$code => $status),+ } }

            /// The code of a word.
            pub fn of_word(word: &str) -> Option<Self> { Self::ALL.iter().copied().find(|code| code.word() == word) }

            /// What it is about, for people.
            pub fn title(self) -> &'static str { match self { $(Self::$code => $title),+ } }
        }
    };
}

codes! {
    MalformedRequest "malformed_request" 400 "The request can't be read",
    TwoCredentials "two_credentials" 400 "A cookie and a bearer token came together",
    PartyUnclear "party_unclear" 400 "It is not clear for which party this is asked",
    NotSignedIn "not_signed_in" 401 "Nobody is signed in, or not any more",
    SignInRefused "sign_in_refused" 401 "The account or the password is not right",
    SignInNotCompleted "sign_in_not_completed" 401 "Signing in through the provider came to nothing: begin again",
    SignInAgain "sign_in_again" 401 "This needs a sign-in of the last ten minutes",
    NotYourRole "not_your_role" 403 "No role of yours may do this",
    LocalSignInOff "local_sign_in_off" 403 "Passwords are not taken: sign in through a provider",
    NotInvited "not_invited" 403 "Nobody is known by this sign-in: take up an invitation by it",
    UnknownPerson "unknown_person" 403 "AVIS does not know who signs in by this: a service desk helps",
    NotYours "not_yours" 403 "It belongs to another",
    NotYourParty "not_your_party" 403 "You have no role in this party",
    OutOfScope "out_of_scope" 403 "The token is not for this",
    CrossSite "cross_site" 403 "The request comes from another site",
    EncryptionNeeded "encryption_needed" 403 "Signing in needs an encrypted connection",
    OwnWork "own_work" 403 "A draft is approved by another than who edited it last",
    OwnGrant "own_grant" 403 "A grant is confirmed by another than who asked for it or is to have it",
    NotFound "not_found" 404 "There is nothing of this name",
    WrongMethod "wrong_method" 405 "The path takes another method",
    NotAdded "not_added" 409 "The means can't be added",
    Exists "exists" 409 "There is one of this name already",
    RolesExcludeEachOther "roles_exclude_each_other" 409 "One user can't have both roles",
    IdempotencyKeyReused "idempotency_key_reused" 409 "The key was used for another request",
    InProgress "in_progress" 409 "A request of this key is being answered",
    TooManyObjects "too_many_objects" 409 "There are as many of this as there may be",
    ContentChanged "content_changed" 409 "The content is another than the one that was read",
    Outdated "outdated" 409 "The draft is based on a version that is not the newest",
    PeriodIsIssued "period_is_issued" 409 "Days of this are in an issued statement",
    Gap "gap" 409 "Something of the days before would be in no statement",
    DayIsOpen "day_is_open" 409 "A day of this is not closed yet",
    NotInThisState "not_in_this_state" 409 "Its state does not allow this",
    TimeTaken "time_taken" 409 "The time is not free",
    Changed "changed" 412 "It was changed meanwhile",
    TooLarge "too_large" 413 "The body is too large",
    WrongMediaType "wrong_media_type" 415 "The body is of another media type",
    Invalid "invalid" 422 "Fields are not as expected",
    DayNotBegun "day_not_begun" 422 "The day has not begun yet",
    CaseFailed "case_failed" 422 "A case comes out otherwise than it expects",
    BadRows "bad_rows" 422 "Rows of the file can't be imported",
    TooManyEnds "too_many_ends" 409 "The list would end more than a tenth",
    CursorMismatch "cursor_mismatch" 422 "The cursor belongs to other filters",
    LooksLikeAnIdentifier "looks_like_an_identifier" 422 "A text looks like a personal code or a card number",
    PreconditionRequired "precondition_required" 428 "This needs the etag that was read, as if-match",
    TooManyRequests "too_many_requests" 429 "Too many requests came at once",
    TooManyAttempts "too_many_attempts" 429 "Too many sign-ins failed",
    Failed "failed" 500 "The answer could not be made",
    Unavailable "unavailable" 503 "The store does not answer now",
    ProviderAway "provider_away" 503 "The provider of the sign-in does not answer now",
    Overloaded "overloaded" 503 "Too many wait for the same",
    OutcomeUnknown "outcome_unknown" 503 "Whether it was written is not known",
}

/// One fault of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FieldFault {
    /// JSON pointer to the field, or the name of the parameter or header.
    pub(crate) pointer: String,
    /// What was expected.
    pub(crate) detail: String,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// For programs.
    pub(crate) code: Code,
    /// For people.
    pub(crate) detail: String,
    /// Every fault, the first [`ERRORS_MAX`].
    pub(crate) errors: Vec<FieldFault>,
    /// Seconds after which another attempt may help.
    pub(crate) retry_after_s: Option<u64>,
    /// The methods that the path takes, where it was asked with another.
    pub(crate) allowed: Vec<&'static str>,
    /// The request that was refused so before, where this one repeats it.
    pub(crate) replayed: Option<String>,
}

impl Problem {
    /// A refusal with more to say than its title.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        let retry_after_s = (code.status() == 503).then_some(1);
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after_s, allowed: Vec::new(), replayed: None }
    }

    /// That a path takes other methods.
    pub(crate) fn of_method(allowed: Vec<&'static str>) -> Self {
        let detail = format!("expected {}", allowed.join(" or "));
        Self { allowed, ..Self::new(Code::WrongMethod, detail) }
    }

    /// That a body has more bytes than it may.
    pub(crate) fn of_bytes(most: usize) -> Self {
        Self::new(Code::TooLarge, format!("expected at most {most} bytes"))
    }

    /// One fault at one place.
    pub(crate) fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::of_faults(vec![FieldFault { pointer: pointer.into(), detail: detail.into() }])
    }

    /// One fault of a parameter.
    pub(crate) fn of_parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::at(format!("/{name}"), detail)
    }

    /// The faults of what was sent; at least one.
    pub(crate) fn of_faults(mut errors: Vec<FieldFault>) -> Self {
        let count = errors.len();
        errors.truncate(ERRORS_MAX);
        let detail = match errors.as_slice() {
            [only] => only.detail.clone(),
            _ => format!("{count} fields are not as expected"),
        };
        Self { errors, ..Self::new(Code::Invalid, detail) }
    }

    /// Faults of a document that the body carries, or that is made of it: each at its place in the body.
    pub(crate) fn of_document(faults: Faults, place: impl Fn(&str) -> String) -> Self {
        let fault = |fault: Fault| FieldFault { pointer: place(&fault.pointer), detail: fault.detail };
        Self::of_faults(faults.list.into_iter().map(fault).collect())
    }

    /// A refusal that may be tried again after a while.
    pub(crate) fn after(code: Code, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds.max(1)), ..code.into() }
    }

    /// The body, for a request.
    pub(crate) fn json(&self, request: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Body<'a> {
            title: &'static str,
            status: u16,
            code: &'static str,
            detail: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            pointer: Option<&'a str>,
            #[serde(skip_serializing_if = "<[FieldFault]>::is_empty")]
            errors: &'a [FieldFault],
            request: &'a str,
        }
        let Self { code, detail, errors, replayed, .. } = self;
        let request = replayed.as_deref().unwrap_or(request);
        let pointer = errors.first().map(|fault| &*fault.pointer);
        let (title, status, code) = (code.title(), code.status(), code.word());
        // These types have no keys that JSON can't write.
        serde_json::to_vec(&Body { title, status, code, detail, pointer, errors, request }).unwrap_or_default()
    }
}

impl From<Code> for Problem {
    /// A refusal whose title says all.
    fn from(code: Code) -> Self {
        Self::new(code, code.title())
    }
}

/// A pointer with another beginning, if it has the one.
pub(crate) fn moved(pointer: &str, from: &str, to: &str) -> String {
    pointer.strip_prefix(from).map_or_else(|| pointer.to_owned(), |rest| format!("{to}{rest}"))
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Changed(_) | StoreError::RecordChanged { .. } => Code::Changed.into(),
            StoreError::Refused(faults) => Self::of_faults(
                faults.into_iter().map(|fault| FieldFault { pointer: fault.pointer, detail: fault.detail }).collect(),
            ),
            StoreError::Doubtful(_) => Code::OutcomeUnknown.into(),
            StoreError::OtherIncarnation
            | StoreError::Ahead
            | StoreError::Interrupted(_)
            | StoreError::Busy
            | StoreError::Failed(_) => {
                tracing::error!(target: "avis::control", %error, "the store did not do as asked");
                Code::Unavailable.into()
            }
        }
    }
}

impl From<RecordedError> for Problem {
    fn from(error: RecordedError) -> Self {
        tracing::error!(target: "avis::control", %error, "records could not be read");
        Code::Unavailable.into()
    }
}

/// A ledger that did not say what became of something. Asked again under the same id, it is done once.
pub(crate) fn of_ledger(error: &LedgerError, what: &str) -> Problem {
    tracing::error!(target: "avis::control", %error, what, "the ledger did not answer");
    match error {
        LedgerError::Failed(_) => Code::OutcomeUnknown,
        LedgerError::Overloaded | LedgerError::Stopped | LedgerError::OutOfReach(_) => Code::Unavailable,
    }
    .into()
}

impl From<NotDone> for Problem {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Full => Code::Overloaded,
            NotDone::Failed => Code::Failed,
        }
        .into()
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Faults(faults) => Self::of_faults(
                faults.into_iter().map(|fault| FieldFault { pointer: fault.pointer, detail: fault.detail }).collect(),
            ),
            AdminError::Missing(_) => Code::NotFound.into(),
            AdminError::Exists(_) => Code::Exists.into(),
            AdminError::Full(detail) => Self::new(Code::TooManyObjects, detail),
            AdminError::Store(error) => error.into(),
            AdminError::Altered(row) => {
                tracing::error!(target: "avis::control", %row, "the store is not what it was");
                Code::Failed.into()
            }
            AdminError::Output(detail) => {
                tracing::error!(target: "avis::control", detail, "an answer could not be made");
                Code::Failed.into()
            }
        }
    }
}
