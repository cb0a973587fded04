//! Every call: who may, what it is for, what it takes, what it answers, and who answers it. Routes, the scope that a caller needs,
//! the published description and the page are made of this table.

use actix_web::Route;
use actix_web::http::Method;
use utoipa::openapi::HttpMethod::{self, Get, Post};

use crate::http::{
    Code, advise, authorize, days, explain, health, members, offline, openapi, operate, quote, read, reverse, tap,
    terminal,
};
use crate::terminal::Scope;

/// A call.
pub(super) struct Endpoint {
    pub(super) method: HttpMethod,
    pub(super) path: &'static str,
    /// Unique; names the call in generated clients.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) about: &'static str,
    pub(super) access: Access,
    /// The schema of the body, and an example of it.
    pub(super) body: Option<(&'static str, &'static str)>,
    pub(super) answer: Answer,
    /// Groups of codes of refusals.
    pub(super) problems: &'static [Group],
    /// Those of the records that it takes, each of which is answered on its own.
    pub(super) of_records: &'static [Group],
    /// Whether it is asked for its head alone, too.
    pub(super) has_head: bool,
    /// Who answers.
    pub(super) handler: fn(Route) -> Route,
}

impl Endpoint {
    /// The methods by which it is called.
    pub(super) fn methods(&self) -> impl Iterator<Item = Method> {
        let method = if self.method == Post { Method::POST } else { Method::GET };
        [Some(method), self.has_head.then_some(Method::HEAD)].into_iter().flatten()
    }

    /// Its method and path, as in `POST /v1/quote`.
    pub(super) fn name(&self) -> String {
        let method = if self.method == Post { "POST" } else { "GET" };
        format!("{method} {}", self.path)
    }

    /// Whether it says that it may refuse so.
    pub(super) fn declares(&self, code: Code) -> bool {
        self.problems.iter().any(|group| group.contains(&code))
    }
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// A terminal that sells.
    Sell,
    /// A credential for explanations.
    Explain,
    /// A terminal at which persons enrol in programmes.
    Enrol,
    /// Any terminal.
    Key,
    /// Everybody.
    Open,
}

impl Access {
    /// The scope that a credential needs; none where any will do.
    pub(super) fn scope(self) -> Option<Scope> {
        match self {
            Self::Sell => Some(Scope::Sell),
            Self::Explain => Some(Scope::Explain),
            Self::Enrol => Some(Scope::Enrol),
            Self::Key | Self::Open => None,
        }
    }
}

/// What comes back with 200.
pub(super) enum Answer {
    /// JSON of one of these schemas, and an example.
    Json(&'static [Shape], &'static str),
    /// JSON, and whether it is repeated to the byte when the same request is sent again.
    Repeated(&'static [Shape], &'static str),
    /// Something else, by its media type and what it is.
    Other(&'static str, &'static str),
    /// A line of text for who watches, and with 503 what it says while nothing may be sent.
    Ready(&'static str, &'static str),
}

/// A schema, and the optional fields of it that are there.
pub(super) type Shape = (&'static str, &'static [&'static str]);

/// Codes of refusals that come together.
type Group = &'static [Code];

const KEY: Group = &[Code::Unauthorized, Code::OutOfScope];
const BODY: Group = &[Code::UnreadableBody, Code::BodyTooSlow, Code::BodyTooLarge, Code::NotJson, Code::InvalidRequest];
const GUESSING: Group = &[Code::TooManyUnknown];
const BASKET: Group = &[Code::NotAllowed, Code::TooManyUnknown, Code::StaleData, Code::NotReady];
const READ: Group = &[Code::LedgerUnavailable];
const RECORDED: Group = &[Code::RequestIdReused, Code::Overloaded, Code::LedgerUnavailable, Code::OutcomeUnknown];
const RECORD: Group = &[Code::NoSuchRecord, Code::NoSuchPath];
const OPERATED: Group = &[Code::NotInState];
const REVERSED: Group = &[Code::NotReversible];
/// Of another currency than the rules of now.
const AGAIN: Group = &[Code::InvalidRequest];
const ENROLLED: Group = &[
    Code::NotAllowed,
    Code::RequestIdReused,
    Code::TooManyUnknown,
    Code::NotReady,
    Code::OutcomeUnknown,
    Code::StoreUnavailable,
];
const TAPPED: Group =
    &[Code::NotAllowed, Code::RequestIdReused, Code::TooManyUnknown, Code::OutcomeUnknown, Code::StoreUnavailable];
const OF_DAYS: Group = &[Code::InvalidRequest, Code::DayNotBegun, Code::LedgerUnavailable, Code::StoreUnavailable];
const RULES: Group = &[Code::NotReady, Code::StoreUnavailable, Code::RulesReplaced];

const RECORDS: Group = &[
    Code::NotAllowed,
    Code::RequestIdReused,
    Code::InvalidRequest,
    Code::NotOffline,
    Code::Overloaded,
    Code::LedgerUnavailable,
    Code::OutcomeUnknown,
    Code::NotReady,
];

const AS_AUTHORIZED: Shape = ("Authorization", &[]);
const WITH_OPERATION: Shape = ("Authorization", &["operation"]);
const WITH_HISTORY: Shape = ("Authorization", &["history"]);
const BEFORE: Shape = ("ReversedBefore", &[]);

const CAPTURE: Endpoint = Endpoint {
    method: Post,
    path: "/v1/authorizations/{id}/capture",
    id: "capture",
    summary: "A hold becomes a sale, whole or in part",
    about: "Allowed while it is `held`. What is not named is released; none named is all. Afterwards it is `captured`.",
    access: Access::Sell,
    body: Some(("Capture", include_str!("examples/capture.json"))),
    answer: Answer::Repeated(&[WITH_OPERATION, BEFORE], include_str!("examples/capture_answer.json")),
    problems: &[KEY, BODY, RECORDED, RECORD, OPERATED],
    of_records: &[],
    has_head: false,
    handler: |route| route.to(operate::capture),
};

const JOIN: Endpoint = Endpoint {
    method: Post,
    path: "/v1/members",
    id: "join",
    summary: "Somebody joins a merchant's programme",
    about: "For credentials of the scope `enrol`. Who is recognised is a member from now on, of a programme that is in force at this \
            provider, and `consent` says to what the person consented. The answer is the same whether or not there was a membership \
            before: a till finds out nothing of a person. Identifiers that are unknown count as they do everywhere. The same request \
            within 24 hours is answered as before; its `request_id` is no other request's.",
    access: Access::Enrol,
    body: Some(("Join", include_str!("examples/join.json"))),
    answer: Answer::Json(&[("Enrolled", &[])], include_str!("examples/join_answer.json")),
    problems: &[KEY, BODY, ENROLLED],
    of_records: &[],
    has_head: false,
    handler: |route| route.to(members::join),
};

const TAP: Endpoint = Endpoint {
    path: "/v1/means",
    id: "tap",
    summary: "Means that somebody taps become theirs",
    about: "For credentials of the scope `enrol`. A person who wants to be recognised by a card is given a code, good for ten minutes, \
            where they manage their means, and says it at the till while the card is read: no number is ever typed. Only means that are \
            nobody's become theirs, and the answer tells nothing of the person. A wrong code counts as an unknown identifier does. \
            The same request within 24 hours is answered as before; its `request_id` is no other request's.",
    body: Some(("Tap", include_str!("examples/tap.json"))),
    answer: Answer::Json(&[("Tapped", &[])], include_str!("examples/tap_answer.json")),
    problems: &[KEY, BODY, TAPPED],
    handler: |route| route.to(tap::tap),
    ..JOIN
};

const DAY: Endpoint = Endpoint {
    method: Get,
    path: "/v1/days/{date}",
    id: "day",
    summary: "A business day of the terminal",
    about: "A closed day is answered with the same bytes for ever, an open one as it stands: what the terminal sold and took back on it, \
            by kind. What came after a close counts on the next open day and is told there as `late`.",
    access: Access::Sell,
    body: None,
    answer: Answer::Json(&[("Day", &[])], include_str!("examples/day_answer.json")),
    problems: &[KEY, OF_DAYS],
    of_records: &[],
    has_head: false,
    handler: |route| route.to(days::read),
};

/// Every call, in the order of the page.
pub(super) const ENDPOINTS: [Endpoint; 23] = [
    Endpoint {
        method: Post,
        path: "/v1/quote",
        id: "quote",
        summary: "Decides and records nothing",
        about: "What would apply now, in which order, and who pays for each cent. A quote promises no limit: others may use it up \
                before you authorize. The answer is 200 for every outcome.",
        access: Access::Sell,
        body: Some(("Request", include_str!("examples/quote.json"))),
        answer: Answer::Json(&[("Quote", &[])], include_str!("examples/quote_answer.json")),
        problems: &[KEY, BODY, BASKET],
        of_records: &[],
        has_head: false,
        handler: |route| route.to(quote::quote),
    },
    Endpoint {
        method: Post,
        path: "/v1/authorizations",
        id: "authorize",
        summary: "Decides and records, in one step with every limit",
        about: "A `sale` is captured at once; a `hold` waits for its capture and then gives everything back by itself. A \
                `request_id` is used once by a provider, across all calls: the same request again is answered with the same \
                bytes, declined answers too. What counts is the meaning: the order of fields, another offset of the same \
                instant, and `min_revision` do not. Each problem says in `recorded` whether it may \
                have been recorded.",
        access: Access::Sell,
        body: Some(("Request", include_str!("examples/hold.json"))),
        answer: Answer::Repeated(&[AS_AUTHORIZED, BEFORE], include_str!("examples/hold_answer.json")),
        problems: &[KEY, BODY, BASKET, RECORDED],
        of_records: &[],
        has_head: false,
        handler: |route| route.to(authorize::authorize),
    },
    CAPTURE,
    Endpoint {
        path: "/v1/authorizations/{id}/void",
        id: "void",
        summary: "Calls a hold or a sale off",
        about: "Allowed while it is `held`, or `captured` and nothing was refunded. Everything is given back; afterwards it is \
                `voided`.",
        body: Some(("Void", include_str!("examples/void.json"))),
        answer: Answer::Repeated(&[WITH_OPERATION, BEFORE], include_str!("examples/void_answer.json")),
        handler: |route| route.to(operate::void),
        ..CAPTURE
    },
    Endpoint {
        path: "/v1/authorizations/{id}/refunds",
        id: "refund",
        summary: "Gives units back",
        about: "Allowed while it is `captured` or `partly_refunded`; none named is all that is left. The first k of the Q units \
                of a line are worth `floor(gross × k / Q)`, whatever comes back in whatever order, and payers get back in \
                proportion to what is left of what they paid. What is given back can be used again.",
        body: Some(("Refund", include_str!("examples/refund.json"))),
        answer: Answer::Repeated(&[WITH_OPERATION, BEFORE], include_str!("examples/refund_answer.json")),
        handler: |route| route.to(operate::refund),
        ..CAPTURE
    },
    Endpoint {
        method: Post,
        path: "/v1/reversals",
        id: "reverse",
        summary: "Undoes a request whose answer never came",
        about: "The original is undone whatever it was (a sale, a hold, a capture, a void, a refund), before, after or without \
                it. If the original comes only later, it has no effect and its `outcome` is `reversed`. With a capture its \
                refunds are undone, too. A reversal itself can't be reversed.",
        access: Access::Sell,
        body: Some(("Reversal", include_str!("examples/reversal.json"))),
        answer: Answer::Repeated(
            &[WITH_OPERATION, ("NothingReversed", &[]), BEFORE],
            include_str!("examples/reversal_answer.json"),
        ),
        problems: &[KEY, BODY, RECORDED, REVERSED],
        of_records: &[],
        has_head: false,
        handler: |route| route.to(reverse::reverse),
    },
    Endpoint {
        method: Post,
        path: "/v1/advices",
        id: "advise",
        summary: "Uploads what was sold without a connection",
        about: "At most 500 records. Each is answered in its place with the status and the body that it would have had alone, \
                so that one that is refused does not hold up the others. It is decided as of its own time, and what was \
                granted is kept as such: for what goes beyond, the grantor is liable within the benefit's `offline` caps, the \
                provider beyond those. Send the same upload again as often as you like.",
        access: Access::Sell,
        body: Some(("Advices", include_str!("examples/advices.json"))),
        answer: Answer::Json(&[("AdviceAnswers", &[])], include_str!("examples/advices_answer.json")),
        problems: &[KEY, BODY, GUESSING],
        of_records: &[RECORDS],
        has_head: false,
        handler: |route| route.to(advise::advise),
    },
    Endpoint {
        method: Get,
        path: "/v1/authorizations/{id}",
        id: "authorization",
        summary: "An authorization as it stands, with its history",
        about: "Of the provider whose terminal asks.",
        access: Access::Sell,
        body: None,
        answer: Answer::Json(&[WITH_HISTORY], include_str!("examples/read_answer.json")),
        problems: &[KEY, RECORD, READ],
        of_records: &[],
        has_head: false,
        handler: |route| route.to(read::authorization),
    },
    Endpoint {
        method: Get,
        path: "/v1/requests/{request_id}",
        id: "request",
        summary: "What became of a request",
        about: "The authorization that it opened or changed, as it stands, with its history; where there is none, the answer \
                that the request was given.",
        access: Access::Sell,
        body: None,
        answer: Answer::Json(
            &[AS_AUTHORIZED, BEFORE, ("NothingReversed", &[])],
            include_str!("examples/read_answer.json"),
        ),
        problems: &[KEY, RECORD, READ],
        of_records: &[],
        has_head: false,
        handler: |route| route.to(read::request),
    },
    Endpoint {
        method: Post,
        path: "/v1/explain",
        id: "explain",
        summary: "What would apply now, and why",
        about: "For credentials of the scope `explain`: it tells groups and values that were read, which a till must not see. \
                Decides and records nothing.",
        access: Access::Explain,
        body: Some(("Request", include_str!("examples/quote.json"))),
        answer: Answer::Json(&[("Explained", &[])], include_str!("examples/explain_answer.json")),
        problems: &[KEY, BODY, BASKET],
        of_records: &[],
        has_head: false,
        handler: |route| route.to(explain::request),
    },
    Endpoint {
        method: Get,
        path: "/v1/authorizations/{id}/explain",
        id: "explain_authorization",
        summary: "Why a record was decided so",
        about: "For credentials of the scope `explain`. It is decided again, from what was read then.",
        access: Access::Explain,
        body: None,
        answer: Answer::Json(&[("Explained", &[])], include_str!("examples/explain_answer.json")),
        problems: &[KEY, RECORD, AGAIN, READ, RULES],
        of_records: &[],
        has_head: false,
        handler: |route| route.to(explain::authorization),
    },
    Endpoint {
        method: Post,
        path: "/v1/days/{date}/close",
        id: "close_day",
        summary: "Closes a business day of the terminal",
        about: "And all open days before it. What the ledger holds by then is the day's; what is recorded later counts on the next one, \
                so that sales go on meanwhile. With the terminal's own `totals` the answer tells in `difference` what theirs are \
                beyond ours; it closes in balance or out of it. Closed before, it answers the same `ours`, compares anew, and says \
                `already_closed`. A day that nobody closes closes by itself a week after its end.",
        body: Some(("CloseDay", include_str!("examples/close_day.json"))),
        answer: Answer::Json(&[("Day", &[])], include_str!("examples/close_day_answer.json")),
        problems: &[KEY, BODY, OF_DAYS, &[Code::OutcomeUnknown]],
        handler: |route| route.to(days::close),
        ..DAY
    },
    DAY,
    JOIN,
    Endpoint {
        path: "/v1/members/leave",
        id: "leave",
        summary: "Somebody leaves a merchant's programme",
        about: "Who is recognised is no member from now on; points stay until they expire, and can't be redeemed. The answer is the \
                same whether or not there was a membership.",
        body: Some(("Leave", include_str!("examples/leave.json"))),
        answer: Answer::Json(&[("Enrolled", &[])], include_str!("examples/leave_answer.json")),
        handler: |route| route.to(members::leave),
        ..JOIN
    },
    TAP,
    Endpoint {
        method: Get,
        path: "/v1/terminal",
        id: "terminal",
        summary: "Who the key is, and what is taken from it",
        about: "A first call to try a key with: it needs no body and no rules, and any scope will do. It tells the terminal, what it \
                may send, the engine's clock and the bounds of `occurred_at`, and at which revisions the engines of the \
                deployment stand.",
        access: Access::Key,
        body: None,
        answer: Answer::Json(&[("Terminal", &[])], include_str!("examples/terminal_answer.json")),
        problems: &[&[Code::Unauthorized]],
        of_records: &[],
        has_head: false,
        handler: |route| route.to(terminal::terminal),
    },
    Endpoint {
        method: Get,
        path: "/v1/terminal/offline",
        id: "offline",
        summary: "What the terminal may grant without a connection",
        about: "Benefits with their versions and caps, at this terminal's provider, as far as their `offline` policy allows. What is \
                granted is uploaded under the same codes and versions (`POST /v1/advices`): within the caps its grantor answers for \
                it, also where it was not due.",
        access: Access::Sell,
        body: None,
        answer: Answer::Json(&[("Offline", &[])], include_str!("examples/offline_answer.json")),
        problems: &[KEY, &[Code::NotReady]],
        of_records: &[],
        has_head: false,
        handler: |route| route.to(offline::offline),
    },
    HEALTH,
    Endpoint {
        path: "/readyz",
        id: "readyz",
        summary: "Answers once everything is loaded",
        about: "Who is answered may send requests. Where the ledger's newest commit failed, the text says so: quotes go on. `HEAD` is \
                answered, too.",
        answer: Answer::Ready(
            "`ready`, or `ready for quotes` and why.",
            "`not ready` and why: no rules are published yet, or it is about to stop.",
        ),
        handler: |route| route.to(health::readyz),
        ..HEALTH
    },
    Endpoint {
        path: "/metrics",
        id: "metrics",
        summary: "What is counted, for Prometheus",
        about: "Requests by operation and result, commits of the ledger and how long they were waited for, how long quotes took, \
                what is in memory.",
        answer: Answer::Other(health::METRICS_TYPE, "The text format of Prometheus."),
        has_head: false,
        handler: |route| route.to(health::metrics),
        ..HEALTH
    },
    Endpoint {
        path: "/openapi.json",
        id: "openapi",
        summary: "This description, for programs",
        about: "OpenAPI 3.1.",
        answer: Answer::Other("application/json", "The document."),
        has_head: false,
        handler: |route| route.to(openapi::json),
        ..HEALTH
    },
    Endpoint {
        path: "/docs",
        id: "docs",
        summary: "This description, for people",
        about: "One page that needs nothing else.",
        answer: Answer::Other("text/html; charset=utf-8", "The page."),
        has_head: false,
        handler: |route| route.to(openapi::docs),
        ..HEALTH
    },
];

const HEALTH: Endpoint = Endpoint {
    method: Get,
    path: "/healthz",
    id: "healthz",
    summary: "Answers while the process lives",
    about: "`HEAD` is answered, too.",
    access: Access::Open,
    body: None,
    answer: Answer::Other(health::LINE_TYPE, "`ok`."),
    problems: &[],
    of_records: &[],
    has_head: true,
    handler: |route| route.to(health::healthz),
};
