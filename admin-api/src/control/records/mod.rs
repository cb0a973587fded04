//! Records of use for those who answer for them: a provider reads its own, a grantor what its own benefits gave, and nobody whose
//! they were.

mod explained;
mod now;
mod operations;
mod why;

use std::io;
use std::sync::Arc;

use avis_store::{Record, Recorded, RecordedError, RecordedFilter};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Answer;
use super::call::Call;
use super::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use super::policy::{Action, Reach, Role};
use super::problem::{Code, Problem};
use super::rules::{self, Rules};
use super::shape::{Field, Kind, needed, optional};

pub use explained::differences;
pub(crate) use explained::rules_of_then;
pub(crate) use operations::OPERATIONS;

const AMOUNT: Kind = Kind::Whole(i64::MIN, i64::MAX);

const LISTED: &[Field] = &[
    LIMIT_FIELD,
    CURSOR_FIELD,
    optional("from", Kind::Instant),
    optional("until", Kind::Instant),
    optional("provider", Kind::Token(1, 200)),
    optional("terminal", Kind::Token(1, 200)),
];

/// A record in a list. A grantor reads what its own benefits gave, and no more.
const ITEM: &[Field] = &[
    needed("id", Kind::Id),
    needed("provider", Kind::Token(1, 200)),
    optional("terminal", Kind::Token(1, 200)),
    optional("request_id", Kind::Id),
    needed("state", Kind::Token(1, 50)),
    needed("occurred_at", Kind::Instant),
    needed("recorded_at", Kind::Instant),
    optional("gross", AMOUNT),
    needed("discount", AMOUNT),
    optional("payable", AMOUNT),
];

/// How much of a record the caller reads.
enum View {
    /// All but whose it was.
    Whole,
    /// What the benefits of a grantor gave.
    OfGrantor(String),
}

/// What the caller reads of which records.
struct Reader {
    /// Of any.
    reads_all: bool,
    /// As which provider.
    provider: Option<String>,
    /// As which grantor.
    grantor: Option<String>,
}

impl Reader {
    /// By the roles of the caller that have an action: a provider's and an auditor's are of the provider, a grantor's and an
    /// auditor's of the grantor.
    fn of(call: &Call<'_>, action: Action) -> Result<Self, Problem> {
        let caller = call.caller()?;
        let party = call.party()?.to_owned();
        let as_any = |roles: &[Role]| caller.reach(action, Some(roles)).is_some();
        let provider = as_any(&[Role::Provider, Role::Auditor]).then(|| party.clone());
        let grantor = as_any(&[Role::Editor, Role::Approver, Role::Auditor]).then_some(party);
        Ok(Self { reads_all: call.reach == Some(Reach::All), provider, grantor })
    }

    fn view(&self, record: &Record, rules: &Rules) -> Option<View> {
        if self.reads_all || self.provider.as_deref() == Some(&*record.provider) {
            return Some(View::Whole);
        }
        let grantor = self.grantor.as_deref()?;
        own_discounts(record, grantor, rules).next().map(|_| View::OfGrantor(grantor.to_owned()))
    }
}

/// What a grantor's benefits gave in a record, with the places of the lines.
fn own_discounts<'r>(
    record: &'r Record,
    grantor: &'r str,
    rules: &'r Rules,
) -> impl Iterator<Item = (usize, &'r avis_core::Discount)> {
    let lines = record.authorization.lines.iter().enumerate();
    let discounts =
        lines.flat_map(|(place, line)| line.decided.discounts.iter().map(move |discount| (place, discount)));
    discounts.filter(move |(_, discount)| rules.grantor_of(&discount.benefit) == Some(grantor))
}

/// A record as a till reads it back, with its provider.
fn whole(record: &Record) -> Value {
    let mut shown: Value = serde_json::from_slice(&record.read_back()).unwrap_or_default();
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("id".to_owned(), json!(record.id));
        fields.insert("provider".to_owned(), json!(record.provider));
        fields.remove("authorization_id");
    }
    shown
}

/// What a grantor's benefits gave.
fn of_grantor(record: &Record, grantor: &str, rules: &Rules) -> Value {
    let own: Vec<_> = own_discounts(record, grantor, rules).collect();
    let lines = record.authorization.lines.iter().enumerate().filter_map(|(place, line)| {
        let discounts: Vec<_> = own.iter().filter(|(of, _)| *of == place).map(|(_, discount)| discount).collect();
        (!discounts.is_empty()).then(|| json!({"line_id": line.decided.line_id, "discounts": discounts}))
    });
    let lines: Vec<Value> = lines.collect();
    let discount: i64 = own.iter().map(|(_, discount)| discount.amount).sum();
    json!({"id": record.id, "provider": record.provider, "state": whole(record).get("state"),
           "occurred_at": record.occurred_at, "recorded_at": record.recorded_at, "discount": discount, "lines": lines})
}

fn shown(record: &Record, view: &View, rules: &Rules) -> Value {
    match view {
        View::Whole => whole(record),
        View::OfGrantor(grantor) => of_grantor(record, grantor, rules),
    }
}

/// The fields of a list, of a record as it is shown.
fn item(shown: &Value) -> Value {
    let fields = ITEM.iter().filter_map(|field| Some((field.name.to_owned(), shown.get(field.name)?.clone())));
    Value::Object(fields.collect())
}

/// Records that the caller reads, page by page.
pub(crate) struct Pages {
    recorded: Arc<dyn Recorded>,
    rules: Arc<Rules>,
    reader: Reader,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    sold_by: Option<String>,
    terminal: Option<String>,
}

/// Records that are read at a time where all are wanted.
const AT_ONCE: usize = 500;

/// Those that the query names.
///
/// # Errors
/// A terminal, for who does not read at which terminal something was sold.
pub(crate) fn pages(call: &Call<'_>) -> Result<Pages, Problem> {
    let text = |name: &str| call.query.get(name).and_then(Value::as_str).map(str::to_owned);
    let instant = |name: &str| -> Option<Timestamp> { call.query.get(name)?.as_str()?.parse().ok() };
    let (rules, reader) = (rules::rules(call.control)?, Reader::of(call, Action::RecordsRead)?);
    let (from, until, sold_by, terminal) = (instant("from"), instant("until"), text("provider"), text("terminal"));
    let is_told = reader.reads_all || (reader.provider.is_some() && reader.grantor.is_none());
    if terminal.is_some() && !is_told {
        return Err(Problem::at("/terminal", "expected none: terminals are told to their provider"));
    }
    Ok(Pages { recorded: call.control.recorded.clone(), rules, reader, from, until, sold_by, terminal })
}

impl Pages {
    /// So many of the newest behind one, each with its id, as a list shows them.
    fn page(&self, behind: Option<Uuid>, most: usize) -> Result<Vec<(Uuid, Value)>, RecordedError> {
        let of = |party: &Option<String>| party.as_deref().filter(|_| !self.reader.reads_all).map(str::to_owned);
        let (provider, grantor) = (of(&self.reader.provider), of(&self.reader.grantor));
        let filter = RecordedFilter {
            provider: provider.as_deref(),
            grantor: grantor.as_deref(),
            sold_by: self.sold_by.as_deref(),
            terminal: self.terminal.as_deref(),
            from: self.from,
            until: self.until,
            behind,
        };
        let records = self.recorded.newest(&filter, most)?;
        let shown = records.iter().map(|(record, _)| {
            // What moved by a benefit that rules do not know any more is told without it.
            let nothing = || View::OfGrantor(grantor.clone().unwrap_or_default());
            let view = self.reader.view(record, &self.rules).unwrap_or_else(nothing);
            (record.id, item(&shown(record, &view, &self.rules)))
        });
        Ok(shown.collect())
    }

    /// Hands out all of them.
    ///
    /// # Errors
    /// A ledger that can't be read; what the sink refuses.
    pub(crate) fn each(&self, sink: &mut dyn FnMut(Value) -> io::Result<()>) -> io::Result<()> {
        let mut behind = None;
        loop {
            let page = self.page(behind, AT_ONCE).map_err(|error| io::Error::other(error.to_string()))?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            behind = Some(*last);
            page.into_iter().try_for_each(|(_, shown)| sink(shown))?;
        }
    }
}

/// `GET /authorizations`: the newest first.
fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let shown = pages(call)?.page(Uuid::try_parse(&page.after).ok(), page.most())?;
    Ok(page.answer(shown.into_iter().map(|(id, shown)| (id.to_string(), shown))))
}

/// The record in the path with what its decision read, as far as the caller reads it.
fn find(call: &Call<'_>, action: Action, rules: &Rules) -> Result<(Record, avis_core::Reading, View), Problem> {
    let id = Uuid::try_parse(call.path("id")).map_err(|_| Problem::from(Code::NotFound))?;
    found(call, id, action, rules)
}

/// A record with what its decision read, as far as the caller reads it.
fn found(
    call: &Call<'_>,
    id: Uuid,
    action: Action,
    rules: &Rules,
) -> Result<(Record, avis_core::Reading, View), Problem> {
    let found = call.control.recorded.record(id)?;
    let reader = Reader::of(call, action)?;
    let read = found.and_then(|(record, reading)| {
        let view = reader.view(&record, rules)?;
        Some((record, reading, view))
    });
    read.ok_or_else(|| Code::NotFound.into())
}

/// `GET /authorizations/{id}`.
fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let (record, _, view) = find(call, Action::RecordsRead, &rules)?;
    Ok(Answer::of(shown(&record, &view, &rules)))
}
