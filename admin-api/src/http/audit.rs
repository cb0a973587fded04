//! The audit, and what of it concerns security.

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use avis_store::{AuditFilter, AuditObject};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::shown_entry;
use crate::fault::AdminError;
use crate::http::answer;
use crate::operator::Operator;

/// What the control plane refused, as the audit has it.
const REFUSED_BY_CONTROL: [&str; 3] = ["sign_in_refused", "invitation_refused", "refused"];

/// Entries that one answer holds at most.
pub const ENTRIES_MAX: u16 = 10_000;

/// Which entries of the audit are wanted; what is absent is not looked at.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Only what concerns security and changed nothing: refused keys, sign-ins and rights, guessing, ids used again.
    #[serde(default)]
    pub security: bool,
    /// Words of what was done, of which any will do, separated by commas.
    pub kinds: Option<String>,
    /// The actor's code.
    pub actor: Option<String>,
    /// The actor's party.
    pub party: Option<String>,
    /// The kind of the object; together with its key.
    pub object_kind: Option<String>,
    /// The key of the object.
    pub object_key: Option<String>,
    /// Not earlier than this.
    pub from: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
    /// How many at most, the newest first.
    pub most: u16,
}

pub(super) async fn entries(http: HttpRequest, asked: Query<AuditQuery>, operator: Data<Operator>) -> HttpResponse {
    answer::done(&http, &operator, move |operator| {
        let AuditQuery { most, .. } = *asked;
        let found = operator.registry.entries(&asked.into_inner().filter()?, most.min(ENTRIES_MAX).into())?;
        Ok(found.iter().map(shown_entry).collect::<Vec<Value>>())
    })
    .await
}

impl AuditQuery {
    fn filter(self) -> Result<AuditFilter, AdminError> {
        let actions = self.actions()?;
        let object = match (self.object_kind, self.object_key) {
            (Some(kind), Some(key)) => Some(AuditObject { kind, key }),
            (None, None) => None,
            _ => return Err(AdminError::at("", "expected `object_kind` and `object_key` together")),
        };
        let Self { actor, party, from, until, .. } = self;
        Ok(AuditFilter { actor, party, actions, object, from, until, ..AuditFilter::default() })
    }

    fn actions(&self) -> Result<Vec<String>, AdminError> {
        let of_security = || avis_server::terminal_security_events().chain(REFUSED_BY_CONTROL);
        let asked = self.kinds.iter().flat_map(|kinds| kinds.split(',')).map(str::to_owned).collect::<Vec<_>>();
        if !self.security {
            return Ok(asked);
        }
        if let Some(other) = asked.iter().find(|kind| !of_security().any(|word| word == **kind)) {
            let known = of_security().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            return Err(AdminError::at("", format!("`{other}` is no kind of security event; expected one of {known}")));
        }
        Ok(if asked.is_empty() { of_security().map(str::to_owned).collect() } else { asked })
    }
}
