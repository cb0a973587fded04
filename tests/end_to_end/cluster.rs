//! Several engines on one PostgreSQL: real processes, the real database.

use avis_testing::{eventually, own_redis, postgres};
use serde_json::{Value, json};

use crate::deployment::{BUS, DESK, Deployment, new_id, single, trip};
use crate::program::{Server, avis_in};

/// F18, between processes.
#[test]
fn many_tills_at_two_engines_share_one_quota_to_the_last_trip() {
    let deployment = Deployment::of_the_demo("f18");
    let engines = [deployment.engine("one"), deployment.engine("two")];
    let sold: Vec<Value> = std::thread::scope(|scope| {
        let tills: Vec<_> = (0..10)
            .map(|till| {
                let engine = &engines[till % 2];
                scope.spawn(move || {
                    (0..6).map(|_| engine.send(BUS, "/v1/authorizations", trip(&new_id())).json()).collect::<Vec<_>>()
                })
            })
            .collect();
        tills.into_iter().flat_map(|till| till.join().unwrap()).collect()
    });
    assert_eq!(sold.len(), 60);
    assert_eq!(sold.iter().filter(|answer| answer["payable"] == 0).count(), 20);
    let has_reached = |answer: &&Value| answer["reasons"].as_array().unwrap().contains(&json!("limit_reached"));
    let declined = sold.iter().filter(has_reached);
    assert_eq!(declined.count(), 40);
}

/// F16 and a lost engine: whoever is left answers the same.
#[test]
fn a_request_is_answered_the_same_by_every_engine_also_when_one_is_gone() {
    let deployment = Deployment::of_the_demo("one-gone");
    let (one, two) = (deployment.engine("one"), deployment.engine("two"));
    let (id, at) = (new_id(), single(&new_id()));
    let mut request = at;
    request["request_id"] = json!(id);
    let first = one.send(DESK, "/v1/authorizations", request.to_string());
    assert_eq!(first.json()["outcome"], "approved");
    one.kill();
    let again = two.send(DESK, "/v1/authorizations", request.to_string());
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (first.text.as_str(), "true"));
    let authorization = first.json()["authorization_id"].as_str().unwrap().to_owned();
    // While it is served: the folder gives the key only.
    let two_folder = format!("{}/two", deployment.files.path());
    let replayed = deployment.avis(&["replay", "--folder", &two_folder, &authorization]);
    assert_eq!((replayed.code, replayed.out), (0, format!("{authorization}: the same\n")), "{}", replayed.err);
    let missing = deployment.avis(&["replay", "--folder", &two_folder, &id]);
    assert!(missing.code == 1 && missing.out.contains("there is no such record"), "{}", missing.out);
    let refused = deployment.avis(&["backup", "--folder", &two_folder, "--to", "nowhere"]);
    assert!(refused.code == 2 && refused.err.contains("pg_dump"), "{}", refused.err);
    let void = json!({"request_id": new_id()}).to_string();
    let voided = two.send(DESK, &format!("/v1/authorizations/{authorization}/void"), void);
    assert_eq!(voided.json()["state"], "voided", "{}", voided.text);
}

/// F29, between processes: what one node imports, every engine knows.
#[test]
fn f29_what_is_imported_at_one_node_counts_at_every_engine() {
    let deployment = Deployment::of_the_demo("everywhere");
    let engines = [deployment.engine("one"), deployment.engine("two")];
    let folder = format!("{}/one", deployment.files.path());
    let anna = deployment.avis(&["export", "--folder", &folder, "holders"]).out;
    let anna = anna.lines().find(|line| line.contains("\"h-anna\"")).unwrap();
    let blocked =
        deployment.files.write("blocked.ndjson", &anna.replace("\"status\":\"active\"", "\"status\":\"blocked\""));
    let imported = deployment.avis(&["import", "--folder", &folder, "--holders", &blocked]);
    assert!(imported.out.contains("1 changed"), "{}{}", imported.out, imported.err);
    let revision: u64 = imported.out.rsplit("revision ").next().unwrap().trim_end_matches(")\n").parse().unwrap();
    for engine in &engines {
        let mut request = single(&new_id());
        request["min_revision"] = json!(revision);
        // An engine that has not come so far yet says so; it comes by itself.
        let sent = || engine.send(DESK, "/v1/authorizations", request.to_string()).json();
        let answer = eventually("the revision at an engine", sent, |answer| answer["code"] != "stale_data");
        assert_eq!((&answer["outcome"], &answer["reasons"][0]), (&json!("declined"), &json!("identifier_blocked")));
    }
    // Every engine tells how it stands, and each command shows all of them.
    let told = || deployment.avis(&["status", "--folder", &folder]).out;
    let status = eventually("both engines equal to the store", told, |status| {
        let rows: Vec<_> = status.lines().filter(|line| line.starts_with("one ") || line.starts_with("two ")).collect();
        rows.len() == 2 && rows.iter().all(|row| row.split_whitespace().skip(2).take(2).eq(["0", "equal"]))
    });
    assert!(
        status.contains("engine at revision") && status.contains("over-granted offline 0 for grantors"),
        "{status}"
    );
    let said = deployment.avis(&["status", "--folder", &folder, "--json"]).out;
    let said: Value = serde_json::from_str(&said).unwrap();
    for engine in said["store"]["fleet"].as_array().unwrap() {
        assert_eq!((&engine["stand_in"]["in_journal"], &engine["stand_in"]["away_since"]), (&json!(0), &Value::Null));
    }
    assert_eq!(said["ledger"]["over_granted"], json!({"grantors": 0, "providers": 0}));
    // The audit of all nodes is one.
    let audit = deployment.avis(&["audit", "--folder", &folder, "--kind", "holders_imported"]);
    assert!(audit.out.contains(&format!("revision {revision};")) && audit.out.lines().count() == 3, "{}", audit.out);
}

/// F22 as far as quotes: a database that is away stops no quote, and what nobody else may sell is told.
#[test]
fn quotes_go_on_without_the_database_and_holds_with_it_again() {
    let deployment = Deployment::of_the_demo("database-away");
    let (proxy, url) = deployment.way();
    let engine = deployment.engine_behind("one", &url);
    assert_eq!(engine.quote(BUS, trip(&new_id())).json()["usage"], "exact");
    proxy.part();
    let answer = engine.quote(BUS, trip(&new_id()));
    assert_eq!((answer.status, &answer.json()["usage"]), (200, &json!("as_of")), "{}", answer.text);
    let quote = || engine.quote(DESK, single(&new_id()).to_string()).json();
    eventually("a quote that is stale", quote, |quote| quote["stale"] == true);
    let hold = |id: &str| {
        let mut hold = single(id);
        hold["mode"] = json!("hold");
        engine.send(DESK, "/v1/authorizations", hold.to_string())
    };
    let refused = hold(&new_id());
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"), "{}", refused.text);
    assert_eq!((engine.get("/healthz").status, engine.get("/readyz").status), (200, 200));
    proxy.mend();
    let id = new_id();
    eventually("a hold with the database", || hold(&id).status, |status| *status == 200);
    eventually("a quote that is not stale", quote, |quote| quote["stale"] == false);
    let counted = || engine.quote(BUS, trip(&new_id())).json();
    eventually("a quote of exact usage", counted, |quote| quote["usage"] == "exact");
}

/// What is away is said once, with what goes on, and nothing of what lies between.
#[test]
fn a_command_says_in_one_sentence_that_the_database_is_away() {
    let deployment = Deployment::of_the_demo("told-away");
    let (proxy, url) = deployment.way();
    let engine = deployment.engine_behind("one", &url);
    let (served, other) = (format!("{}/one", deployment.files.path()), deployment.folder("other"));
    proxy.part();
    let tried: [&[&str]; 7] = [
        &["status"],
        &["audit"],
        &["events"],
        &["key", "list"],
        &["export", "catalogue"],
        &["export", "movements"],
        &["replay", "0190f6a2-9000-7000-8000-000000000001"],
    ];
    for folder in [&served, &other] {
        for command in tried {
            let (name, rest) = command.split_first().unwrap();
            let arguments = [&[*name, "--folder", folder], rest].concat();
            let ran = avis_in(&[("AVIS_CLUSTER__DATABASE", &*url)], &arguments);
            // A folder that was made with more rights than it should have is closed, and that is told.
            let told: Vec<_> = ran.err.lines().filter(|line| !line.contains("it is closed to them now")).collect();
            assert_eq!((ran.code, ran.out.as_str(), told.len()), (2, "", 1), "{command:?}: {}", ran.err);
            let (start, end) = (
                "avis: the database that the nodes share (`cluster.database`) can't be used now: ",
                "need no database\n",
            );
            assert!(told[0].starts_with(start) && ran.err.ends_with(end), "{command:?}: {}", ran.err);
            assert!(!ran.err.contains("error connecting") && !ran.err.contains("Error occurred"), "{}", ran.err);
        }
    }
    proxy.mend();
    drop(engine);
}

/// What one node is for: terminals here, administration there.
#[test]
fn an_engine_is_administered_by_another_node() {
    let deployment = Deployment::of_the_demo("roles");
    let environment = [("AVIS_CLUSTER__DATABASE", &*deployment.url)];
    let (engine, admin) = (deployment.folder("engine"), deployment.folder("admin"));
    let serve = |folder: &str, role: &str, last_words: &str| {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--folder", folder, "--role", role];
        Server::run_in(&environment, &arguments, last_words)
    };
    let till = serve(&engine, "engine", " terminals.\n");
    let office = serve(&admin, "admin", "this machine.\n");
    assert_eq!(office.get("/v1/quote").status, 404, "no terminal is answered there");
    let refused = deployment.avis(&["status", "--folder", &engine]);
    assert!(refused.code == 2 && refused.err.contains("operator.json"), "{}", refused.err);
    let made = deployment.avis(&[
        "key",
        "--folder",
        &admin,
        "create",
        "new",
        "--provider",
        "atd",
        "--channels",
        "desk",
        "--schemes",
        "etalons",
    ]);
    let key = made.out.lines().next().unwrap().to_owned();
    let quoted = || till.quote(&key, single(&new_id()).to_string()).status;
    eventually("the new key at the engine", quoted, |status| *status == 200);
    let (stopped, said) = office.stop();
    assert!(stopped.success() && said.contains("stopped"), "{said}");
}

/// F5: Redis makes news quick, and its absence only slow.
#[test]
fn news_comes_by_redis_long_before_the_next_look() {
    let redis = own_redis();
    let deployment = Deployment::of_the_demo("redis");
    // Looks are far apart: what comes between them comes by Redis.
    let seldom = "8000";
    let url = redis.url();
    let environment = [
        ("AVIS_CLUSTER__DATABASE", &*deployment.url),
        ("AVIS_CLUSTER__REDIS", &url),
        ("AVIS_FOLLOW__EVERY_MS", seldom),
    ];
    let folder = deployment.folder("hears");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--folder", &folder];
    let engine = Server::run_in(&environment, &serve, " terminals.\n");
    let office = deployment.folder("office");
    let create = ["create", "--provider", "atd", "--channels", "desk", "--schemes", "etalons"];
    let mut made = 0;
    // A subscription takes a moment to be there: who is late is told by the next news.
    let new_key = || {
        made += 1;
        let code = format!("new-{made}");
        let ran = avis_in(&environment, &[&["key", "--folder", &office], &create[..], &[&code]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.lines().next().unwrap().to_owned()
    };
    let is_taken = |key: &String| (0..20).any(|_| engine.quote(key, single(&new_id()).to_string()).status == 200);
    let key = eventually("a new key, before the next look", new_key, is_taken);
    redis.stop();
    assert_eq!(engine.send(&key, "/v1/authorizations", single(&new_id()).to_string()).status, 200, "sales go on");
}

/// F11: somebody writes to the store and does not come to an end.
#[test]
fn f11_a_change_that_stays_open_holds_up_changes_and_no_sale() {
    let deployment = Deployment::of_the_demo("open-change");
    let postgres = postgres();
    let engine = deployment.engine("one");
    let holding = "pg_stat_activity WHERE query LIKE '%avis-holds-it%' AND pid <> pg_backend_pid()";
    std::thread::scope(|scope| {
        let held = scope.spawn(|| {
            let hold = "SELECT 1 FROM avis.store FOR UPDATE; SELECT 'avis-holds-it', pg_sleep(600)";
            std::panic::catch_unwind(|| postgres.sql(&deployment.database, &format!("BEGIN; {hold}")).unwrap()).is_err()
        });
        let sleeping = format!("SELECT count(*) FROM {holding} AND wait_event = 'PgSleep'");
        let asked = || postgres.sql(&deployment.database, &sleeping).unwrap();
        eventually("a session that holds the row and sleeps", asked, |count| count == "1");
        let folder = deployment.folder("office");
        let create = ["key", "--folder", &folder, "create", "new", "--provider", "atd", "--channels", "desk"];
        let refused = deployment.avis(&[&create[..], &["--schemes", "etalons"]].concat());
        assert!(refused.code == 2 && refused.err.contains("another change is being written"), "{}", refused.err);
        let sold = engine.send(DESK, "/v1/authorizations", single(&new_id()).to_string());
        assert_eq!((sold.status, &sold.json()["stale"]), (200, &json!(false)), "{}", sold.text);
        let ended =
            postgres.sql(&deployment.database, &format!("SELECT pg_terminate_backend(pid) FROM {holding}")).unwrap();
        assert_eq!(ended, "t");
        assert!(held.join().unwrap(), "it was ended");
        assert_eq!(deployment.avis(&[&create[..], &["--schemes", "etalons"]].concat()).code, 0);
    });
}

#[test]
fn a_database_without_tables_and_a_foreign_key_are_refused_with_what_to_do() {
    let deployment = Deployment::empty("not-migrated");
    let folder = deployment.folder("first");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(format!("{folder}/identifier.key"), [1; 32]).unwrap();
    let refused = deployment.avis(&["serve", "--listen", "127.0.0.1:0", "--folder", &folder]);
    assert!(refused.code == 2 && refused.err.contains("run `avis migrate` first"), "{}", refused.err);
    assert_eq!(deployment.avis(&["migrate"]).code, 0);
    assert_eq!(deployment.avis(&["migrate"]).code, 0, "again without effect");
    let life = || {
        let status = deployment.avis(&["status", "--folder", &folder]);
        assert_eq!(status.code, 0, "{}", status.err);
        status.out.lines().next().unwrap().to_owned()
    };
    let before = life();
    assert_eq!(life(), before);
    assert_eq!(deployment.avis(&["migrate", "--restored"]).code, 0);
    assert_ne!(life(), before, "F37: what was put back begins another incarnation");
    let other = deployment.folder("other");
    std::fs::write(format!("{other}/identifier.key"), [7; 32]).unwrap();
    let refused = deployment.avis(&["status", "--folder", &other]);
    assert!(refused.code == 2 && refused.err.contains("another identifier key"), "{}", refused.err);
    assert!(crate::program::avis(&["migrate"]).err.contains("`cluster.database`"));
    let tables = postgres().sql(&deployment.database, "SELECT count(*) FROM avis.store").unwrap();
    assert_eq!(tables.trim(), "1");
}
