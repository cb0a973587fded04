//! From an empty installation, by the control plane alone: a grantor, a carrier and a service centre come in, a benefit reaches every
//! till, is suspended and rolled back, a lost card is refused at once, and the auditor reads it all. Of one folder, and of a cluster.

use std::fmt::Write;
use std::fs::File;

use avis_testing::{eventually, own_redis, postgres};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::deployment::{Deployment, new_id};
use crate::plane::Plane;
use crate::program::{Folder, Server, avis, command, story_people};

/// How far ahead something is scheduled, so that it is seen to wait.
const AHEAD: SignedDuration = SignedDuration::from_secs(10);
const PRICE: i64 = 200;

/// Who takes part, each by a session.
struct Cast {
    operator: String,
    editor: String,
    approver: String,
    carrier: String,
    clerk: String,
    auditor: String,
    other_editor: String,
}

/// An installation with its control plane and its tills.
struct Story<'s> {
    plane: Plane<'s>,
    engines: Vec<&'s Server>,
    cast: Cast,
    key: String,
}

/// A ticket of somebody's, for whom nothing older than a revision may be known.
fn ticket(card: &str, revision: u64) -> String {
    json!({"request_id": new_id(), "occurred_at": Timestamp::now(), "channel": "desk", "currency": "EUR",
        "min_revision": revision, "identifiers": [{"scheme": "etalons", "value": card}],
        "lines": [{"line_id": "1", "product": "ticket", "quantity": 1, "unit_price": PRICE}]})
    .to_string()
}

fn content(rate: i64) -> Value {
    json!({"name": {"lv": "Braucieni", "en": "Rides"}, "valid": {"from": "2026-01-01"}, "priority": 10,
        "scope": {"providers": {"codes": ["bus"]}}, "when": {"member_of": {"groups": ["seniors"]}},
        "effect": {"percent": {"rate": rate}}})
}

/// A senior pays the rest, and anybody else the whole.
fn cases(payable: i64) -> Value {
    let case = |name: &str, groups: Value, payable: i64| {
        json!({"name": name, "provider": "bus",
            "holder": {"holder": "h", "entitlements": groups, "identifiers": [{"scheme": "etalons", "value": "CASE-1"}]},
            "requests": [{"request_id": "0190f6a2-1001-7000-8000-000000000001", "occurred_at": "2026-11-18T08:12:00+02:00",
                "channel": "desk", "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "CASE-1"}],
                "lines": [{"line_id": "1", "product": "ticket", "quantity": 1, "unit_price": PRICE}]}],
            "expect": [{"payable": payable}]})
    };
    json!([case("a senior", json!([{"group": "seniors"}]), payable), case("somebody else", json!([]), PRICE)])
}

impl<'s> Story<'s> {
    /// The operator's link is taken up, and everybody comes in.
    fn begin(plane: Plane<'s>, engines: Vec<&'s Server>, links: (&str, &str)) -> Self {
        let (operator, second) = plane.operators_by(links);
        for (code, capacity) in [("city", "grantor"), ("town", "grantor"), ("bus", "provider"), ("desk", "centre")] {
            plane.party(&operator, code, capacity);
        }
        let joins = |party: &str, role: &str| plane.joins((&operator, &second), party, role);
        let (editor, approver) = (joins("city", "ed"), joins("city", "ap"));
        let (carrier, clerk, auditor) = (joins("bus", "pr"), joins("desk", "cl"), joins("operator", "au"));
        let other_editor = joins("town", "ed");
        let provider = json!({"accepts": ["etalons"], "issues": ["etalons"], "reason": "a contract"});
        plane.put(&operator, "/providers/bus", &provider);
        let terminal = json!({"code": "bus-1", "channels": ["desk"], "schemes": ["etalons"], "reason": "a new one"});
        plane.done(&carrier, "/terminals", None, &terminal);
        let key = plane.done(&carrier, "/terminals/bus-1/keys", None, &json!({"reason": "the first"}));
        let key = key["secret"].as_str().unwrap().to_owned();
        let cast = Cast { operator, editor, approver, carrier, clerk, auditor, other_editor };
        let story = Self { plane, engines, cast, key };
        story.each("a key that is taken", |engine| engine.read(&story.key, "/v1/terminal").status, &200);
        story
    }

    /// Waits until each engine sees what is expected.
    fn each<T: PartialEq + std::fmt::Debug>(&self, what: &str, look: impl Fn(&Server) -> T, expected: &T) {
        for engine in &self.engines {
            eventually(what, || look(engine), |seen| seen == expected);
        }
    }

    fn price(&self, engine: &Server) -> i64 {
        engine.quote(&self.key, ticket("CARD-1", 0)).json()["payable"].as_i64().unwrap()
    }

    fn costs(&self, what: &str, price: i64) {
        self.each(what, |engine| self.price(engine), &price);
    }

    /// The people are known, and the grantor says who is a senior.
    fn lists(&self) {
        let (plane, cast, count) = (&self.plane, &self.cast, story_people(1_000));
        let (mut known, mut seniors) = (String::new(), "scheme,value,from\n".to_owned());
        for number in 0..count {
            writeln!(known, r#"{{"identifiers":[{{"scheme":"etalons","value":"CARD-{number}"}}]}}"#).unwrap();
            writeln!(seniors, "etalons,CARD-{number},2026-01-01").unwrap();
        }
        let job = plane.import_as(&cast.operator, "kind=holders&reason=the+register", ("application/x-ndjson", &known));
        assert_eq!((&job["state"], &job["result"]["added"]), (&json!("done"), &json!(count)), "{job}");
        plane.done(&cast.editor, "/groups", None, &json!({"code": "seniors", "reason": "decided"}));
        let query = "kind=entitlements&group=seniors&mode=full&reason=the+first+list";
        let job = plane.import(&cast.editor, query, &seniors);
        assert_eq!((&job["state"], &job["result"]["changed"]), (&json!("done"), &json!(count)), "{job}");
        self.is_live(&job["revision"]);
    }

    /// Waits until a revision is on every engine.
    fn is_live(&self, revision: &Value) {
        let live = || {
            let read = self.plane.read(&self.cast.editor, &format!("/revisions/{revision}"));
            (read["live"].as_u64().unwrap(), read["of"].as_u64().unwrap())
        };
        let all = self.engines.len() as u64;
        eventually("a revision that is live everywhere", live, |(live, of)| live == of && *of == all);
    }

    /// A draft that two people made: its id.
    fn approved(&self, base: Option<i64>, rate: i64, publish_at: Option<Timestamp>) -> String {
        let (plane, cast) = (&self.plane, &self.cast);
        let body = json!({"code": "city-rides", "base": base, "content": content(rate),
            "cases": cases(PRICE * (10_000 - rate) / 10_000), "publish_at": publish_at});
        let draft = plane.done(&cast.editor, "/drafts", None, &body);
        let id = draft["id"].as_str().unwrap().to_owned();
        let (hash, step) =
            (json!({"content_hash": draft["content_hash"]}), |step: &str| format!("/drafts/{id}/{step}"));
        plane.done(&cast.editor, &step("submit"), Some(&json!(1)), &hash);
        plane.refused(&cast.editor, &step("approve"), &hash, (403, "not_your_role"));
        plane.refused(&cast.approver, &step("publish"), &json!({"reason": "early"}), (409, "not_in_this_state"));
        plane.done(&cast.approver, &step("approve"), Some(&json!(2)), &hash);
        id
    }

    fn published(&self, id: &str) -> Value {
        let step = format!("/drafts/{id}/publish");
        self.plane.done(&self.cast.approver, &step, Some(&json!(3)), &json!({"reason": "decided"}))
    }

    /// Scheduled, live on every engine, suspended, resumed, followed by another version, and rolled back.
    fn benefit(&self) {
        let (plane, cast) = (&self.plane, &self.cast);
        self.costs("the whole price", PRICE);
        let first = self.approved(None, 5_000, Some(Timestamp::now() + AHEAD));
        assert_eq!(self.published(&first)["state"], "scheduled");
        self.costs("what is scheduled is not in force", PRICE);
        let read = || plane.read(&cast.editor, &format!("/drafts/{first}"));
        let published = eventually("its time", read, |draft| draft["state"] == "published");
        self.is_live(&published["revision"]);
        self.costs("half the price", PRICE / 2);
        let from = Timestamp::now() - SignedDuration::from_mins(1);
        plane.done(&cast.approver, "/benefits/city-rides/suspend", None, &json!({"reason": "a mistake", "from": from}));
        self.costs("the whole price while it is suspended", PRICE);
        plane.done(&cast.approver, "/benefits/city-rides/resume", None, &json!({"reason": "none"}));
        self.costs("half the price again", PRICE / 2);
        let second = self.published(&self.approved(Some(1), 10_000, None));
        assert_eq!(second["version"], 2);
        self.is_live(&second["revision"]);
        self.costs("nothing", 0);
        let third = self.published(&self.approved(Some(2), 5_000, None));
        assert_eq!(third["version"], 3, "rolled back");
        self.costs("half the price, as before", PRICE / 2);
    }

    /// F29: a lost card is refused everywhere by who wants the revision of its block.
    fn lost_card(&self) {
        let (plane, cast) = (&self.plane, &self.cast);
        let shown = json!({"scheme": "etalons", "value": "CARD-1", "reason": {"code": "by_phone", "text": "lost it"}});
        let found = plane.done(&cast.clerk, "/people/find", None, &shown);
        let means = format!("/people/{}/means", found["handle"].as_str().unwrap());
        let card = plane.read(&cast.clerk, &means)["items"][0]["id"].as_str().unwrap().to_owned();
        let blocked = plane.done(&cast.clerk, &format!("{means}/{card}/block"), None, &Value::Null);
        let revision = blocked["revision"].as_u64().unwrap();
        for engine in &self.engines {
            let sold = || {
                let answer = engine.send(&self.key, "/v1/authorizations", ticket("CARD-1", revision));
                (answer.status, answer.json()["payable"].as_i64(), answer.text)
            };
            // Who wants a newer state than an engine has is told to come again, and is never sold by the old one.
            let seen = eventually("an engine that knows of it", sold, |(status, ..)| *status != 503);
            assert_eq!((seen.0, seen.1), (200, Some(PRICE)), "{}", seen.2);
            assert!(seen.2.contains("identifier_blocked"), "{}", seen.2);
        }
        let other = |engine: &Server| engine.quote(&self.key, ticket("CARD-2", 0)).json()["payable"].as_i64();
        self.each("another card", other, &Some(PRICE / 2));
    }

    /// The story as the audit tells it, and its chain against an anchor that was kept elsewhere.
    fn audited(&self, anchor: &Value) {
        let (plane, cast) = (&self.plane, &self.cast);
        for action in [
            "holders_imported",
            "entitlements_imported",
            "draft_approved",
            "draft_scheduled",
            "benefit_published",
            "benefit_suspended",
            "benefit_resumed",
            "person_found",
            "means_blocked",
            "refused",
        ] {
            let told = plane.read(&cast.auditor, &format!("/audit?action={action}"));
            assert!(!told["items"].as_array().unwrap().is_empty(), "{action}");
            assert!(!told.to_string().contains("CARD-"), "{told}");
        }
        let verify = |anchor: &Value| plane.done(&cast.auditor, "/audit/verify", None, &json!({"anchor": anchor}));
        assert_eq!(verify(anchor)["holds"], true);
        let other = json!({"seq": anchor["seq"], "link": "0".repeat(64)});
        assert_eq!(verify(&other)["holds"], false, "an anchor of another chain");
    }

    /// F32: each tries what is another's.
    fn nobody_does_what_is_not_theirs(&self) {
        let (plane, cast) = (&self.plane, &self.cast);
        let draft = plane.read(&cast.editor, "/drafts")["items"][0]["id"].as_str().unwrap().to_owned();
        let find = json!({"scheme": "etalons", "value": "CARD-2", "reason": {"code": "at_desk", "text": "asks"}});
        for by in [&cast.operator, &cast.editor, &cast.approver, &cast.carrier, &cast.auditor] {
            plane.refused(by, "/people/find", &find, (403, "not_your_role"));
        }
        let reason = json!({"reason": "mine now"});
        plane.refused(&cast.operator, &format!("/drafts/{draft}/publish"), &reason, (403, "not_your_role"));
        plane.refused(&cast.other_editor, &format!("/drafts/{draft}/withdraw"), &Value::Null, (404, "not_found"));
        plane.refused(&cast.carrier, "/benefits/city-rides/suspend", &reason, (403, "not_your_role"));
        plane.refused(&cast.other_editor, "/benefits/city-rides/suspend", &reason, (403, "not_your_role"));
        let member =
            json!({"scheme": "etalons", "value": "CARD-2", "from": "2026-01-01", "source": "x", "reason": "x"});
        plane.refused(&cast.other_editor, "/groups/seniors/members", &member, (403, "not_yours"));
        plane.refused(&cast.clerk, "/terminals/bus-1/keys", &reason, (403, "not_your_role"));
        let by_key = crate::program::agent().get(plane.0.url("/admin/v1/me"));
        let by_key = by_key.header("authorization", format!("Bearer {}", self.key)).call().unwrap();
        assert_eq!(by_key.status().as_u16(), 401, "a terminal's key is none of a user");
    }

    fn tell(&self) {
        let anchor = self.plane.read(&self.cast.auditor, "/audit/head");
        self.lists();
        self.benefit();
        self.lost_card();
        self.nobody_does_what_is_not_theirs();
        self.audited(&anchor);
    }
}

fn link_of(folder: &str) -> String {
    std::fs::read_to_string(format!("{folder}/first-operator.link")).unwrap().trim().to_owned()
}

/// Whether the number of a card is there: as it was written, in its normal form, or as bytes in hexadecimal digits.
fn names_a_card(bytes: &[u8]) -> bool {
    let bytes = bytes.to_ascii_lowercase();
    let cards = ["card-1", "card1", "434152442d31", "4341524431", "636172642d31", "6361726431"];
    cards.iter().any(|card| bytes.windows(card.len()).any(|part| part == card.as_bytes()))
}

/// A server whose log is in a file.
fn logging(log: &str, environment: &[(&str, &str)], arguments: &[&str], last_words: &str) -> Server {
    let mut command = command(arguments);
    command.envs(environment.iter().copied()).stderr(File::create(log).unwrap());
    Server::started(command.spawn().unwrap(), last_words).unwrap()
}

/// I7: what was shown at tills and desks is not in metrics.
fn counts_no_card(server: &Server) {
    let metrics = server.get("/metrics");
    assert!(metrics.status == 200 && !names_a_card(metrics.text.as_bytes()), "{}", metrics.text);
}

/// Nor in the log of a server until its end, which has what it must.
fn logged_no_card(server: Server, log: &str, expected: &str) {
    assert!(server.stop().0.success());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains(expected), "{expected}: {log}");
    assert!(!names_a_card(log.as_bytes()), "{log}");
}

/// With what the log of a node with a control plane begins.
const FIRST_LINK: &str = "the first operator comes in by this link";
/// What a till asked, as an engine logs it.
const ASKED: &str = "route=/v1/authorizations";

/// Reports each second, so that it is soon known how far each engine is.
const SOON: (&str, &str) = ("AVIS_FOLLOW__REPORT_S", "1");
/// Each request is a line of the log.
const ALL_REQUESTS: (&str, &str) = ("AVIS_LOG__REQUESTS", "all");

#[test]
fn the_whole_story_in_an_empty_folder() {
    let files = Folder::new("story-folder");
    let folder = format!("{}/avis", files.path());
    let arguments = ["serve", "--create", "--listen", "127.0.0.1:0", "--folder", &folder];
    let log = files.write("log", "");
    let server = logging(&log, &[SOON, ALL_REQUESTS], &arguments, " terminals.\n");
    let second = avis(&["user", "--folder", &folder, "invite"]).out;
    let links = (&*link_of(&folder), second.lines().next().unwrap());
    Story::begin(Plane(&server), vec![&server], links).tell();
    counts_no_card(&server);
    logged_no_card(server, &log, FIRST_LINK);
    for file in std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()) {
        assert!(!names_a_card(&std::fs::read(&file).unwrap()), "{}", file.display());
    }
}

#[test]
fn the_whole_story_in_an_empty_cluster() {
    let (deployment, redis) = (Deployment::empty("story-cluster"), own_redis());
    assert_eq!(deployment.avis(&["migrate"]).code, 0);
    let url = redis.url();
    let office = deployment.folder("first");
    let settings = [
        SOON,
        ("AVIS_CLUSTER__DATABASE", &*deployment.url),
        ("AVIS_CLUSTER__NODE", "office"),
        ("AVIS_CLUSTER__REDIS", &url),
        ("AVIS_ADMIN__LISTEN", "127.0.0.1:0"),
    ];
    let arguments = ["serve", "--create", "--folder", &office, "--role", "admin"];
    let files = Folder::new("story-cluster-log");
    let log = files.write("log", "");
    let admin = logging(&log, &settings, &arguments, "this machine.\n");
    let engine = |node: &str| {
        let folder = deployment.folder(node);
        let settings = [
            SOON,
            ALL_REQUESTS,
            ("AVIS_CLUSTER__DATABASE", &*deployment.url),
            ("AVIS_CLUSTER__NODE", node),
            ("AVIS_CLUSTER__REDIS", &url),
        ];
        let log = files.write(&format!("log-{node}"), "");
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--folder", &folder];
        (logging(&log, &settings, &arguments, " terminals.\n"), log)
    };
    let ((one, log_of_one), (two, log_of_two)) = (engine("one"), engine("two"));
    let second = deployment.avis(&["user", "--folder", &office, "invite"]).out;
    let links = (&*link_of(&office), second.lines().next().unwrap());
    Story::begin(Plane(&admin), vec![&one, &two], links).tell();
    [&admin, &one, &two].into_iter().for_each(counts_no_card);
    logged_no_card(admin, &log, FIRST_LINK);
    logged_no_card(one, &log_of_one, ASKED);
    logged_no_card(two, &log_of_two, ASKED);
    let sql = |text: &str| postgres().sql(&deployment.database, text).unwrap();
    let tables =
        sql("SELECT string_agg(format('%I.%I', schemaname, tablename), ' ') FROM pg_tables WHERE schemaname = 'avis'");
    assert!(tables.contains("avis.followed") && tables.contains("avis.authorization"), "{tables}");
    for table in tables.split_whitespace() {
        let rows = sql(&format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t"));
        assert!(!names_a_card(rows.as_bytes()), "{table}");
    }
}
