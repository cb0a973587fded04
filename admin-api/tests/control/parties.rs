//! The users of a grantor and a provider, and what they ask of the control plane to settle.

use avis_admin::control::Role;
use serde_json::{Value, json};

use crate::world::{Answered, World};

/// A test of what parties do on each store.
macro_rules! on_each_store {
    ($($(#[$about:meta])* async fn $name:ident($parties:ident) $body:block)+) => {
        $($(#[$about])*
        mod $name {
            use super::*;

            #[test]
            fn on_sqlite() {
                run(async {
                    let $parties = Parties::new(concat!(stringify!($name), "-s")).await;
                    $body
                });
            }

            #[test]
            fn on_postgres() {
                run(async {
                    let $parties = Parties::on_database(concat!(stringify!($name), "-p")).await;
                    $body
                });
            }
        })+
    };
}
pub(crate) use on_each_store;

/// The users of a grantor and a provider.
pub(crate) struct Parties {
    pub(crate) world: World,
    /// Edits and approves for the city.
    pub(crate) editor: String,
    pub(crate) approver: String,
    pub(crate) other_approver: String,
    pub(crate) bus: String,
    /// Of the bus.
    pub(crate) auditor: String,
}

impl Parties {
    pub(crate) async fn new(test: &str) -> Self {
        Self::of(World::with_parties(test).await).await
    }

    /// On a database.
    pub(crate) async fn on_database(test: &str) -> Self {
        Self::of(World::with_parties_on_database(test).await).await
    }

    async fn of((world, operator): (World, String)) -> Self {
        let editor = world.user(&operator, "city", Role::Editor).await;
        let approver = world.user(&operator, "city", Role::Approver).await;
        let other_approver = world.user(&operator, "city", Role::Approver).await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        let auditor = world.user(&operator, "bus", Role::Auditor).await;
        Self { world, editor, approver, other_approver, bus, auditor }
    }

    pub(crate) async fn get(&self, by: &str, path: &str) -> Answered {
        self.world.get(path).by(by).send().await
    }

    pub(crate) async fn make(&self, by: &str, path: &str, body: &Value) -> Answered {
        self.world.post(path).by(by).once().json(body).send().await
    }

    /// A step of what was read just before.
    pub(crate) async fn step(&self, by: &str, path: &str, step: &str, body: Option<&Value>) -> Answered {
        let etag = self.get(by, path).await.headers["etag"].clone();
        let request = self.world.post(&format!("{path}/{step}")).by(by).header("if-match", &etag);
        match body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        }
    }

    /// A confirmed contract of the city with the bus.
    pub(crate) async fn contract(&self, beside: Value) -> Answered {
        let mut body = json!({"provider": "bus", "from": "2026-11-01"});
        body.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
        let made = self.make(&self.editor, "/contracts", &body).await;
        self.step(&self.approver, &format!("/contracts/{}", made.id()), "confirm", None).await
    }

    pub(crate) async fn close(&self, date: &str, totals: Option<&Value>) -> Answered {
        let body = json!({"totals": totals});
        self.world.post(&format!("/providers/bus/days/{date}/close")).by(&self.bus).json(&body).send().await
    }

    /// The path of a statement that somebody drafts.
    pub(crate) async fn draft(&self, by: &str, from: &str, until: &str) -> String {
        let body = json!({"grantor": "city", "provider": "bus", "from": from, "until": until});
        let made = self.make(by, "/statements", &body).await;
        format!("/statements/{}", made.id())
    }
}
