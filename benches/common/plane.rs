//! The control plane in this process, over a store, with parties and an editor who signed in.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may stop at what it does not expect")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, rt};
use avis_admin::CaseRunner;
use avis_admin::control::{Control, Door, Points, Proxies, Settled, routes, settle};
use avis_core::movement::ServiceDay;
use avis_store::sqlite::{Folder, FolderRecords, SqliteLedger, SqliteReports};
use avis_store::{Clock, Registry, Store};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

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
        let cases = CaseRunner { secret: secret(), zone: TimeZone::UTC };
        let control = Control::new(store, registry, clock, cases, recorded, reports, points);
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
}

fn signed_in(address: SocketAddr) -> String {
    let body = json!({"email": "ed@state.lv", "password": PASSWORD}).to_string();
    let request = ureq::post(format!("http://{address}/admin/v1/sessions")).content_type("application/json");
    let answer = request.send(body).unwrap();
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

/// Serves with one thread in this process; where.
pub(crate) fn served(configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let app = move || {
            let configure = configure.clone();
            App::new().configure(move |config| configure(config))
        };
        let server = HttpServer::new(app).workers(1).listen(socket).unwrap();
        rt::System::new().block_on(server.run()).unwrap();
    });
    address
}

/// One connection; each run is one `GET` and its whole answer.
pub(crate) fn getting(address: SocketAddr, path: &str, cookie: &str) -> impl FnMut() -> i64 {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n");
    let mut buffer = vec![0; 256 * 1024];
    move || {
        stream.write_all(request.as_bytes()).unwrap();
        let mut read = 0;
        while !is_whole(&buffer[..read]) {
            let more = stream.read(&mut buffer[read..]).unwrap();
            assert!(more > 0, "the server ended within an answer");
            read += more;
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..read]));
        i64::try_from(read).unwrap()
    }
}

/// Whether all that the answer announces has come.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| answer.len() >= head + 4 + length)
}
