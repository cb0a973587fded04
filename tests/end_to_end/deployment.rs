//! Several engines on one PostgreSQL: what their tests share.

use avis_testing::{PrivatePostgres, Proxy, postgres};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::program::{Folder, Ran, Server, avis_in, demo_data};

pub(crate) const DESK: &str = "avis_demo_atd_desk";
pub(crate) const BUS: &str = "avis_demo_jelgava_bus";

/// A deployment of its own database, with a folder for each node.
pub(crate) struct Deployment {
    pub(crate) files: Folder,
    pub(crate) database: String,
    pub(crate) url: String,
}

impl Deployment {
    /// With its tables, and nothing in them.
    pub(crate) fn empty(test: &str) -> Self {
        let postgres = postgres();
        let database = postgres.new_database().unwrap();
        let url = postgres.url(&database);
        Self { files: Folder::new(test), database, url }
    }

    /// With the demo's rules, people and terminals.
    pub(crate) fn of_the_demo(test: &str) -> Self {
        let file = |name: &str| demo_data().join(name).to_str().unwrap().to_owned();
        let sources = [file("catalogue.json"), file("holders.ndjson"), file("terminals.json")];
        Self::empty(test).filled(&sources)
    }

    /// With rules, people and one terminal.
    pub(crate) fn of(test: &str, catalogue: &Value, people: &Value, terminal: &Value) -> Self {
        Self::on(postgres(), test, catalogue, people, terminal)
    }

    /// The same on a server of its own, which can be stopped.
    pub(crate) fn on(
        postgres: &PrivatePostgres,
        test: &str,
        catalogue: &Value,
        people: &Value,
        terminal: &Value,
    ) -> Self {
        let database = postgres.new_database().unwrap();
        let url = postgres.url(&database);
        let deployment = Self { files: Folder::new(test), database, url };
        let sources = [
            deployment.files.write("catalogue.json", catalogue),
            deployment.files.write_lines("holders.ndjson", people),
            deployment.files.write("terminals.json", &json!({"terminals": [terminal]})),
        ];
        deployment.filled(&sources)
    }

    fn filled(self, [catalogue, holders, terminals]: &[String; 3]) -> Self {
        assert_eq!(self.avis(&["migrate"]).out, "the database is up to date\n");
        let folder = self.folder("first");
        let sources = ["--catalogue", catalogue, "--holders", holders, "--terminals", terminals];
        let ran = self.avis(&[&["import", "--folder", &folder], &sources[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        self
    }

    /// A node's own folder, with the deployment's key.
    pub(crate) fn folder(&self, node: &str) -> String {
        let folder = format!("{}/{node}", self.files.path());
        let _ = std::fs::remove_dir_all(&folder);
        let key = format!("{}/first/identifier.key", self.files.path());
        if node != "first" {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::copy(key, format!("{folder}/identifier.key")).unwrap();
        }
        folder
    }

    pub(crate) fn avis(&self, arguments: &[&str]) -> Ran {
        avis_in(&[("AVIS_CLUSTER__DATABASE", &self.url)], arguments)
    }

    pub(crate) fn engine(&self, node: &str) -> Server {
        self.engine_behind(node, &self.url)
    }

    /// An engine that reaches the database by a way of its own.
    pub(crate) fn engine_behind(&self, node: &str, url: &str) -> Server {
        let folder = self.folder(node);
        self.engine_in(&folder, node, url, &[])
    }

    /// An engine in a folder that may have been used before, with further settings.
    pub(crate) fn engine_in(&self, folder: &str, node: &str, url: &str, settings: &[(&str, &str)]) -> Server {
        let environment =
            [("AVIS_CLUSTER__DATABASE", url), ("AVIS_CLUSTER__NODE", node), ("AVIS_FOLLOW__STALE_AFTER_S", "2")];
        let environment = [&environment[..], settings].concat();
        Server::run_in(&environment, &["serve", "--listen", "127.0.0.1:0", "--folder", folder], " terminals.\n")
    }

    /// A way to the database that can be cut, and its address.
    pub(crate) fn way(&self) -> (Proxy, String) {
        let port = postgres().port();
        let proxy = Proxy::to(port);
        let url = self.url.replace(&format!(":{port}"), &format!(":{}", proxy.port()));
        assert_ne!(url, self.url);
        (proxy, url)
    }
}

pub(crate) fn new_id() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("0190f6a2-9000-7000-8000-{:012}", NEXT.fetch_add(1, Ordering::SeqCst))
}

/// A trip of Velta's, of which twenty a month are free.
pub(crate) fn trip(id: &str) -> String {
    json!({
        "request_id": id, "occurred_at": Timestamp::now().to_string(), "channel": "conductor", "currency": "EUR",
        "identifiers": [{"scheme": "resident-card", "value": "VELTA-0004"}],
        "lines": [{"line_id": "1", "product": "transport.bus.city.single", "quantity": 1, "unit_price": 85}],
    })
    .to_string()
}

/// A ticket of Anna's, whose right has no limit.
pub(crate) fn single(id: &str) -> Value {
    json!({
        "request_id": id, "occurred_at": Timestamp::now().to_string(), "channel": "desk", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}],
    })
}
