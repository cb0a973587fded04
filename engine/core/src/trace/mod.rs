//! Why a decision came out as it did: recorded by the same code that decides, never told by a second one.

mod limit;
mod loyalty;
mod node;
mod recorder;

use std::sync::Arc;

use utoipa::ToSchema;

use crate::document::Text;
use crate::person::{IdentifierVerdict, Person};
use crate::request::{Line, Request};
use crate::rules::Version;

pub use limit::{Counted, LimitTrace};
pub use loyalty::LoyaltyStep;
pub use node::Node;
pub(crate) use recorder::Recorder;

/// The whole story of a decision. It names groups and values that were read: never for a till.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct Trace {
    /// The code of the holder that was recognised; null if nobody was.
    #[schema(required)]
    pub holder: Option<Arc<str>>,
    /// ISO 4217 code of every amount.
    pub currency: Box<str>,
    /// What became of each identifier presented; never its value.
    pub identifiers: Vec<IdentifierTrace>,
    /// Versions that do not count at that time.
    pub set_aside: Vec<SetAside>,
    /// Every candidate in the order of evaluation, with its verdict for each line.
    pub candidates: Vec<Considered>,
    /// Each turn of a benefit on a line, in order.
    pub turns: Vec<TurnTrace>,
    /// What loyalty did, in order; absent where it was not asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub loyalty: Vec<LoyaltyStep>,
    #[serde(skip)]
    open: Vec<Vec<Node>>,
    #[serde(skip)]
    ended: Option<Node>,
}

/// What became of an identifier.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct IdentifierTrace {
    /// Its scheme.
    pub scheme: Box<str>,
    /// What became of it.
    pub verdict: IdentifierVerdict,
}

/// A version that is not a candidate because of the time or a suspension.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct SetAside {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Its version.
    #[schema(minimum = 1)]
    pub version: i64,
    /// Why.
    pub standing: Standing,
}

/// Why a version is not a candidate. `superseded`: a higher version counts. `suspended`: for this holder. `not_asked_for`: a reward
/// whose programme is not in play, or that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VersionStanding)]
pub enum Standing {
    /// A higher version counts.
    Superseded,
    /// Its validity begins later.
    NotBegun,
    /// Its validity is over.
    Ended,
    /// It is suspended for this holder.
    Suspended,
    /// It is a reward whose programme is not in play, or that nobody asked for.
    NotAskedFor,
}

/// A candidate and its verdicts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct Considered {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Its version.
    #[schema(minimum = 1)]
    pub version: i64,
    /// Its full name.
    pub name: Text,
    /// Whose rule it is.
    pub grantor: Arc<str>,
    /// Its slot; null is a slot of its own.
    #[schema(required)]
    pub slot: Option<Arc<str>>,
    /// The condition with the values read, if it asks nothing of the line.
    #[schema(required)]
    pub when: Option<Node>,
    /// For each line in its scope.
    pub lines: Vec<LineVerdict>,
}

/// Whether a benefit is eligible for a line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct LineVerdict {
    /// As in the request.
    pub line_id: Box<str>,
    /// Whether.
    pub eligible: bool,
    /// What stands in the way; null if nothing does.
    #[schema(required)]
    pub because: Option<Obstacle>,
    /// The condition with the values read, if it asks of the line.
    #[schema(required)]
    pub when: Option<Node>,
}

/// What stands in the way of a benefit on a line. `not_covered`: not for whom the line is. `condition`: false or unknown.
/// `without_holder`: a companion's line, and none of the holder's in scope. `subject_unknown`: its use is counted by holder or
/// household, and there is no holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// It does not cover whom the line is for.
    NotCovered,
    /// Its condition is false or unknown.
    Condition,
    /// A companion's line, and none of the holder's in its scope.
    WithoutHolder,
    /// Its use is counted by holder or household, and there is no holder.
    SubjectUnknown,
}

/// What happened as a benefit's turn came on a line.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
pub struct TurnTrace {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Its version.
    #[schema(minimum = 1)]
    pub version: i64,
    /// As in the request.
    pub line_id: Box<str>,
    /// What happened.
    pub turn: Turn,
    /// Units covered, if a discount was computed.
    #[schema(required)]
    pub units: Option<i64>,
    /// The discount in minor units, if one was given.
    #[schema(required)]
    pub amount: Option<i64>,
    /// Whether a limit made it smaller.
    pub trimmed: bool,
    /// What is left to pay on the line afterwards, in minor units.
    #[schema(minimum = 0)]
    pub left_to_pay: i64,
    /// The benefit's limits afterwards, in the order of its document.
    pub limits: Vec<LimitTrace>,
}

/// What happened as a benefit's turn came: `not_chosen` is that another benefit of its slot gives more, `nothing_to_give` that it
/// came to zero, `touched` and `too_little_in_basket` that it holds back by `only_untouched` and `at_least`, `not_picked` that its
/// `pick` covers no unit here, `bounded` that `min_price` or a `max_discount` left nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It gave a discount.
    Applied,
    /// Another benefit of its slot gives more.
    NotChosen,
    /// It came to zero.
    NothingToGive,
    /// Nothing was left to pay of what the line costs.
    NothingLeft,
    /// A limit has nothing left.
    LimitReached,
    /// All companions are covered already.
    NoCompanionsLeft,
    /// Something was taken from the line before, and it looks at untouched ones only.
    Touched,
    /// Less than its `at_least` remained to be paid as its slot began.
    TooLittleInBasket,
    /// Its `pick` covers no unit of the line.
    NotPicked,
    /// `min_price`, `max_discount` or the slot's left nothing of a discount.
    Bounded,
}

impl Trace {
    pub(crate) fn of(person: &Person, request: &Request) -> Self {
        let verdicts = request.identifiers.iter().zip(&person.identifiers);
        let identifiers = verdicts
            .map(|(identifier, verdict)| IdentifierTrace { scheme: identifier.scheme.clone(), verdict: *verdict });
        Self {
            holder: person.holder.as_ref().map(|holder| holder.code.clone()),
            currency: request.currency.as_str().into(),
            identifiers: identifiers.collect(),
            ..Self::default()
        }
    }
}

impl SetAside {
    pub(crate) fn of(version: &Version, standing: Standing) -> Self {
        Self { benefit: version.code.clone(), version: version.number, standing }
    }
}

impl Considered {
    pub(crate) fn of(version: &Version) -> Self {
        Self {
            benefit: version.code.clone(),
            version: version.number,
            name: version.name.clone(),
            grantor: version.grantor.clone(),
            slot: version.slot_name.clone(),
            when: None,
            lines: Vec::new(),
        }
    }
}

impl LineVerdict {
    pub(crate) fn of(line: &Line, because: Option<Obstacle>) -> Self {
        Self { line_id: line.line_id.clone(), eligible: because.is_none(), because, when: None }
    }
}
