//! Users whom the owner of the machine lets in again.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::control::{enable, reset};
use crate::http::answer;
use crate::operator::Operator;

/// A user, by the address with which they sign in.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Addressed {
    /// The address.
    pub email: String,
}

pub(super) async fn enabled(http: HttpRequest, user: Json<Addressed>, operator: Data<Operator>) -> HttpResponse {
    answer::done(&http, &operator, move |operator| enable(&*operator.registry, &user.email, operator.clock.now())).await
}

pub(super) async fn reset_password(http: HttpRequest, user: Json<Addressed>, operator: Data<Operator>) -> HttpResponse {
    answer::done(&http, &operator, move |operator| reset(&*operator.registry, &user.email, operator.clock.now())).await
}
