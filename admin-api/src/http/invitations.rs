//! Invitations by the owner of the machine.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::control::{Role, invite};
use crate::fault::AdminError;
use crate::http::answer;
use crate::operator::Operator;

/// Whom somebody is to join, and as what.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invited {
    /// The code of the party.
    pub party: String,
    /// The word of the role.
    pub role: String,
}

pub(super) async fn create(http: HttpRequest, invited: Json<Invited>, operator: Data<Operator>) -> HttpResponse {
    answer::done(&http, &operator, move |operator| {
        let role = Role::of_word(&invited.role);
        let role = role.ok_or_else(|| AdminError::at("/role", "expected op, ad, ed, ap, pr, cl, sp or au"))?;
        invite(&*operator.registry, &invited.party, role, operator.clock.now())
    })
    .await
}
