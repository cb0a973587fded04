//! What was asked for of an import whose file came whole, kept until the job ends: who finds it left goes on with it.

use avis_store::{Act, AuditObject};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::holders::Holders;
use super::importing::Importing;
use super::parameter;
use super::relations::Relations;
use super::rows::RowFault;
use super::rules::Rules;
use super::subject::Subject;
use super::terminals::Terminals;
use crate::control::Control;
use crate::control::call::Call;
use crate::control::kept::Object;
use crate::control::problem::Problem;
use crate::control::rules as published;

/// Which list, how, by whom and why.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) what: What,
    pub(super) act: Act,
    /// Whether rows that can't be are left out, as long as they are few.
    pub(super) sets_aside: bool,
    pub(super) dry_run: bool,
    /// How many may end, where a full list ends many.
    pub(super) ends: Option<u64>,
    /// Rows of the file, and how many of them can't be.
    pub(super) total: u64,
    pub(super) bad: u64,
    pub(super) faults: Vec<RowFault>,
}

/// Of what a list is, and what of it is the caller's to write.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum What {
    /// People.
    Holders,
    /// Who speaks for whom.
    Relations,
    /// Terminals, of one provider alone or of any.
    Terminals { provider: Option<String> },
    /// Rules, of one grantor alone or of any, and the user who wrote them.
    Rules { grantor: Option<String>, by: String },
    /// Memberships, or means.
    #[serde(untagged)]
    OfPeople(Subject),
}

impl Object for Order {
    const KIND: &'static str = "import_order";
}

impl Order {
    /// As a call asks for it; the act of the job of this id.
    pub(super) fn of(call: &Call<'_>, what: What, (action, id): (&str, &str)) -> Self {
        let object = AuditObject { kind: "job".to_owned(), key: id.to_owned() };
        let reason = parameter(call, "reason").map(str::to_owned);
        Self {
            what,
            act: Act { object: Some(object), reason, ..call.act(action, None) },
            sets_aside: parameter(call, "bad_rows") == Some("set_aside"),
            dry_run: call.query.get("dry_run").and_then(Value::as_bool).unwrap_or(false),
            ends: call.query.get("ends").and_then(Value::as_u64),
            total: 0,
            bad: 0,
            faults: Vec::new(),
        }
    }
}

impl What {
    /// The kind of list that it is.
    ///
    /// # Errors
    /// Rules that can't be read, beside which others come.
    pub(super) fn importing(self, control: &Control) -> Result<Box<dyn Importing>, Problem> {
        Ok(match self {
            Self::OfPeople(subject) => Box::new(subject),
            Self::Holders => Box::new(Holders),
            Self::Relations => Box::new(Relations),
            Self::Terminals { provider } => Box::new(Terminals { provider }),
            Self::Rules { grantor, by } => Box::new(Rules { grantor, by, published: published::rules(control)? }),
        })
    }
}
