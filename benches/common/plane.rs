//! The control plane in this process, over a store, with parties and an editor who signed in.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may stop at what it does not expect")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use avis_admin::control::{Control, Door, Points, Proxies, Settled, routes, settle};
use avis_core::movement::ServiceDay;
use avis_store::sqlite::{Folder, FolderRecords, SqliteLedger, SqliteReports};
use avis_store::{Clock, Registry, Store};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::filled::cases;
use super::over_http::{exchange, served};
use super::secret;

const PASSWORD: &str = "tilts pāri lielajai upei";
/// How long one asks for another: nobody comes faster than the pace.
const BETWEEN_LOOKS: SignedDuration = SignedDuration::from_millis(60);

/// Each look takes it a little further.
struct Ticking {
    now: Mutex<Timestamp>,
    day: ServiceDay,
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let mut now = self.now.lock().unwrap();
        *now += BETWEEN_LOOKS;
        *now
    }

    fn service_day(&self) -> &ServiceDay {
        &self.day
    }
}

/// A control plane that listens.
pub(crate) struct Plane {
    pub(crate) address: SocketAddr,
    /// Of an editor of the grantor `state`.
    pub(crate) cookie: String,
}

impl Plane {
    /// Of many parties over a store; records of use are in the folder.
    pub(crate) fn over(
        (store, registry): (Arc<dyn Store>, Arc<dyn Registry>),
        folder: &Arc<Folder>,
        parties: usize,
    ) -> Self {
        let clock =
            Arc::new(Ticking { now: Mutex::new(Timestamp::now()), day: ServiceDay::of_deployment(TimeZone::UTC) });
        let party = |code: &str, capacity: &str| json!({"code": code, "name": {"lv": code, "en": code}, "capacities": [capacity]});
        let others = (0..parties).map(|number| party(&format!("party-{number}"), "centre"));
        let parties: Vec<Value> = others.chain([party("state", "grantor")]).collect();
        let users = json!([{"email": "ed@state.lv", "name": "Ed", "roles": [["state", "ed"]]}]);
        let settled: Settled =
            serde_json::from_value(json!({"password": PASSWORD, "parties": parties, "users": users})).unwrap();
        settle(&*registry, &settled, clock.now()).unwrap();
        let ledger = Arc::new(SqliteLedger::open(folder.clone(), &secret(), clock.clone()).unwrap());
        let path = folder.file("");
        let (recorded, reports) = (Arc::new(FolderRecords::new(&path)), Arc::new(SqliteReports::new(&path)));
        let points = Points { accounts: reports.clone(), ledger, alone_max: 1_000 };
        let control = Control::new(store, registry, clock, cases(), recorded, reports, points);
        let door = Arc::new(Door { control: Arc::new(control), is_encrypted: false, proxies: Proxies::default() });
        let routes = Arc::new(routes(door));
        let address = served(move |config| routes(config));
        Self { address, cookie: signed_in(address) }
    }

    /// An answer in JSON.
    pub(crate) fn get(&self, path: &str) -> Value {
        let request = ureq::get(format!("http://{}/admin/v1{path}", self.address)).header("cookie", &self.cookie);
        serde_json::from_str(&request.call().unwrap().body_mut().read_to_string().unwrap()).unwrap()
    }

    /// Sends a file of CSV; the answer.
    pub(crate) fn upload(&self, path: &str, csv: &str) -> Value {
        let request = ureq::post(format!("http://{}/admin/v1{path}", self.address)).header("cookie", &self.cookie);
        let mut answer = request.header("sec-fetch-site", "same-origin").content_type("text/csv").send(csv).unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// Each run asks a server for a page as the editor, on one connection.
    pub(crate) fn getting(&self, address: SocketAddr, path: &str) -> Box<dyn FnMut() -> i64> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\n\r\n", self.cookie);
        exchange(address, request, 256 * 1024, is_whole)
    }
}

fn signed_in(address: SocketAddr) -> String {
    let body = json!({"email": "ed@state.lv", "password": PASSWORD}).to_string();
    let request = ureq::post(format!("http://{address}/admin/v1/sessions")).content_type("application/json");
    let answer = request.send(body).unwrap();
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// Whether all that the answer announces has come.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| answer.len() >= head + 4 + length)
}
