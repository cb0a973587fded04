//! The control plane by commands of any machine: who signed in there drafts, approves, publishes, imports and blocks.

use serde_json::{Value, json};

use crate::plane::{PASSWORD, Plane};
use crate::program::{Folder, Ran, Server, avis_in, avis_in_fed, import_demo};

/// Somebody at a machine of their own.
pub(crate) struct Desk {
    pub(crate) files: Folder,
    home: String,
}

impl Desk {
    pub(crate) fn of(test: &str) -> Self {
        let files = Folder::new(test);
        let home = format!("{}/home", files.path());
        Self { files, home }
    }

    pub(crate) fn fed(&self, arguments: &[&str], input: &str) -> Ran {
        avis_in_fed(&[("XDG_CONFIG_HOME", &self.home)], arguments, input)
    }

    pub(crate) fn refused(&self, arguments: &[&str], told: &str) {
        let ran = avis_in(&[("XDG_CONFIG_HOME", &self.home)], arguments);
        assert!(ran.code == 2 && ran.err.contains(told), "{arguments:?}: {ran:?}");
    }

    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let ran = avis_in(&[("XDG_CONFIG_HOME", &self.home)], arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        ran.out
    }

    /// What the control plane answers to who is signed in here.
    fn reads(&self, server: &Server, path: &str) -> Value {
        let kept = std::fs::read_to_string(format!("{}/avis/sign-in.json", self.home)).unwrap();
        let kept: Value = serde_json::from_str(&kept).unwrap();
        let bearer = format!("Bearer {}", kept["token"].as_str().unwrap());
        server.get_with(&format!("/admin/v1{path}"), &[("authorization", &bearer)]).json()
    }

    pub(crate) fn sign_in(&self, server: &Server, email: &str) -> String {
        let ran = self.fed(&["sign-in", &server.url(""), "--email", email], &format!("{PASSWORD}\n"));
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    }
}

#[test]
fn a_rule_a_list_and_a_lost_card_by_commands_alone() {
    let files = Folder::new("remote");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let server = Server::serve_as_it_is(&folder);
    let plane = Plane(&server);
    let (first, second) = plane.operators(&folder);
    for (code, capacity) in [("lv-state", "grantor"), ("desk", "centre")] {
        plane.party(&first, code, capacity);
    }
    for (party, role) in [("lv-state", "ed"), ("lv-state", "ap"), ("lv-state", "au"), ("desk", "cl")] {
        plane.joins((&first, &second), party, role);
    }
    let (editor, approver, clerk) = (Desk::of("remote-ed"), Desk::of("remote-ap"), Desk::of("remote-cl"));
    editor.refused(&["benefit", "list"], "`avis sign-in URL` comes first");
    let wrong = editor.fed(&["sign-in", &server.url(""), "--email", "ed@lv-state.lv"], "not the password at all\n");
    assert!(wrong.code == 2 && wrong.err.contains("sign_in_refused"), "{wrong:?}");
    let told = editor.sign_in(&server, "ed@lv-state.lv");
    assert!(told.contains("for `lv-state` (ed)") && !told.contains("avisu_"), "{told}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let kept = std::fs::metadata(format!("{}/avis/sign-in.json", editor.home)).unwrap();
        assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    }
    approver.sign_in(&server, "ap@lv-state.lv");
    clerk.sign_in(&server, "cl@desk.lv");
    from_draft_to_benefit(&server, &editor, &approver);
    lists(&server, &editor);
    lost_card(&clerk);
    reports(&editor);
    audited(&server);
    assert!(editor.done(&["sign-out"]).contains("Signed out"));
    editor.refused(&["benefit", "list"], "`avis sign-in URL` comes first");
}

fn from_draft_to_benefit(server: &Server, editor: &Desk, approver: &Desk) {
    let content = json!({"name": {"lv": "Laiva", "en": "Boat"}, "valid": {"from": "2026-01-01"}, "priority": 10,
        "scope": {"providers": {"codes": ["atd"]}, "products": ["lv.boat"]}, "effect": {"percent": {"rate": 5000}}});
    let mut draft = json!({"code": "lv-boat", "content": content, "cases": []});
    draft["content"]["effect"] = json!({"percent": {"rate": -1}});
    let file = editor.files.write("draft.json", &draft);
    let id = editor.done(&["benefit", "draft", &file]).split_whitespace().next().unwrap().to_owned();
    editor.refused(&["benefit", "submit", &id], "/content/effect/percent/rate: ");
    draft["content"]["effect"] = json!({"percent": {"rate": 5000}});
    let file = editor.files.write("draft.json", &draft);
    editor.done(&["benefit", "draft", &file, "--id", &id]);
    assert!(editor.done(&["benefit", "submit", &id]).contains("submitted"));
    editor.refused(&["benefit", "approve", &id], "out_of_scope");
    assert!(approver.done(&["benefit", "drafts"]).contains("submitted"));
    approver.done(&["benefit", "approve", &id]);
    let published = approver.done(&["benefit", "publish", &id, "--reason", "decided"]);
    assert!(published.contains("published as version 1 (revision "), "{published}");
    assert!(editor.done(&["benefit", "list"]).contains("lv-boat"));
    assert!(editor.done(&["benefit", "difference", "lv-boat", "1"]).lines().count() > 3);
    let lines = editor.done(&["benefit", "list", "--json"]);
    let listed: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(listed.iter().any(|one| one["code"] == "lv-boat" && one["version"] == 1), "{lines}");
    approver.done(&["benefit", "suspend", "lv-boat", "--reason", "a mistake"]);
    assert!(editor.done(&["benefit", "show", "lv-boat"]).contains("suspensions"));
    approver.done(&["benefit", "resume", "lv-boat", "--reason", "none"]);
    let mut other = draft.clone();
    other["base"] = json!(1);
    other["content"]["effect"] = json!({"percent": {"rate": 2500}});
    let file = editor.files.write("other.json", &other);
    let id = editor.done(&["benefit", "draft", &file]).split_whitespace().next().unwrap().to_owned();
    editor.done(&["benefit", "submit", &id]);
    approver.done(&["benefit", "approve", &id]);
    let published = approver.done(&["benefit", "publish", &id, "--reason", "decided otherwise"]);
    assert!(published.contains("published as version 2 (revision "), "{published}");
    let again = editor.done(&["benefit", "roll-back", "lv-boat", "1", "--note", "as before"]);
    assert!(again.contains("lv-boat  draft"), "{again}");
    let again = editor.reads(server, &format!("/drafts/{}", again.split_whitespace().next().unwrap()));
    assert_eq!((&again["content"], &again["base"]), (&draft["content"], &json!(2)), "{again}");
    editor.refused(&["benefit", "roll-back", "lv-boat", "7"], "(not_found: /benefits/lv-boat/versions/7)");
    approver.refused(&["benefit", "end", "nobodys", "--reason", "x"], "not_found");
}

fn audited(server: &Server) {
    let auditor = Desk::of("remote-au");
    auditor.sign_in(server, "au@lv-state.lv");
    let head = auditor.done(&["audit", "verify"]);
    let mut anchor: Value = serde_json::from_str(&head).unwrap();
    let file = auditor.files.write("anchor.json", &anchor);
    assert!(auditor.done(&["audit", "verify", "--anchor", &file]).starts_with('{'));
    anchor["link"] = json!("0".repeat(64));
    let file = auditor.files.write("anchor.json", &anchor);
    let changed = auditor.fed(&["audit", "verify", "--anchor", &file], "");
    assert!(changed.code == 1 && changed.err.contains("the audit is not as it was written"), "{changed:?}");
}

fn lists(server: &Server, editor: &Desk) {
    let at = server.url("");
    let list = editor.files.write("list.csv", "scheme,value,from,until\netalons,ANNA-0001,2019-05-01,2031-05-01\n");
    let import =
        ["import", "--at", &at, "--kind", "entitlements", "--group", "goda-gimene", "--reason", "monthly", "--list"];
    let dry = editor.done(&[&import[..], &[&list, "--dry-run"]].concat());
    assert!(dry.contains("1 changed") && !dry.contains("revision"), "{dry}");
    assert!(editor.done(&[&import[..], &[&list]].concat()).contains("(revision "));
    let bad =
        editor.files.write("bad.csv", "scheme,value,from\netalons,SECRET-9,2019-05-01\netalons,ANNA-0001,never\n");
    let ran = editor.fed(&[&import[..], &[&bad]].concat(), "");
    assert!(ran.code == 2 && ran.err.contains("bad.csv:3: from invalid"), "{ran:?}");
    assert!(!ran.err.contains("SECRET"), "{ran:?}");
    let export = ["export", "--at", &at, "entitlements", "--group", "goda-gimene", "--reason", "check"];
    let exported = editor.fed(&export, &format!("{PASSWORD}\n"));
    assert!(exported.code == 0 && exported.out.starts_with("scheme,key,from,until\n"), "{exported:?}");
    assert!(!exported.out.contains("ANNA"), "{}", exported.out);
    editor.refused(&export, "expected a line on the standard input");
    editor.refused(&["export", "--at", "http://127.0.0.1:9", "rules", "--reason", "x"], "signed in at ");
    for arguments in [&["import", "--terminals", "x.json"][..], &["export", "rules"], &["import", "--at", &at]] {
        assert_eq!(editor.fed(arguments, "").code, 2, "{arguments:?}");
    }
}

fn reports(editor: &Desk) {
    let days = ["2026-01-01", "2027-01-01"];
    let figures = editor.done(&[&["report", "figures"][..], &days, &["--by", "benefit,month"]].concat());
    assert!(figures.starts_with("benefit  month  uses"), "{figures}");
    editor.refused(&[&["report", "figures"][..], &days, &["--by", "colour"]].concat(), "by: expected some of");
    assert!(editor.done(&["report", "indicators"]).contains("transactions"));
    assert!(editor.done(&["report", "budgets"]).starts_with("budget"));
    assert!(editor.done(&["report", "open-data", "--dictionary"]).starts_with("column,"));
    editor.refused(&["report", "open-data", "2999-01"], "day_is_open");
    editor.refused(&[&["report", "unused", "nothing"][..], &days].concat(), "not_found");
    assert!(editor.done(&["day", "2026-01-01"]).starts_with("2026-01-01  open"));
    editor.refused(&["day", "2999-01-01"], "day_not_begun");
}

fn lost_card(clerk: &Desk) {
    let find = ["people", "find", "etalons", "--because", "by_phone", "--reason", "lost the card"];
    let found = clerk.fed(&find, "ANNA-0001\n");
    assert_eq!(found.code, 0, "{}", found.err);
    assert!(!found.out.contains("ANNA"), "{}", found.out);
    let handle = found.out.split_whitespace().next().unwrap();
    let line = found.out.lines().find(|line| line.contains("etalons")).unwrap();
    let means = line.split_whitespace().next().unwrap();
    assert!(clerk.done(&["people", "block", handle, means]).contains("blocked (revision "));
    assert!(clerk.done(&["people", "means", handle]).contains("blocked"));
    let nobody = clerk.fed(&find, "NOBODY-1\n");
    assert!(nobody.code == 2 && nobody.err.contains("not_found"), "{nobody:?}");
}

#[test]
fn parties_and_who_acts_for_them_by_commands_alone() {
    let files = Folder::new("remote-parties");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let server = Server::serve_as_it_is(&folder);
    let plane = Plane(&server);
    plane.operators(&folder);
    let at = server.url("");
    let (olga, oto, editor) = (Desk::of("remote-olga"), Desk::of("remote-oto"), Desk::of("remote-riga"));
    olga.sign_in(&server, "olga@avis.lv");
    oto.sign_in(&server, "oto@avis.lv");
    let riga = ["party", "make", "riga", "--lv", "Rīga", "--en", "Riga", "--capacity", "grantor"];
    assert_eq!(olga.done(&riga), "riga (Riga): grantor, active\n");
    olga.refused(&riga, "exists");
    // What is delicate asks for the password again.
    let delicate = |desk: &Desk, arguments: &[&str]| {
        let ran = desk.fed(&[&["user", "--at", &at], arguments].concat(), &format!("{PASSWORD}\n"));
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        ran.out
    };
    for (email, role) in [("ed@riga.lv", "ed"), ("ap@riga.lv", "ap")] {
        let invited = delicate(&olga, &["invite", "--party", "riga", "--role", role]);
        plane.come_in(invited.lines().next().unwrap(), email);
    }
    let own = olga.fed(&["user", "--at", &at, "confirm", "ap@riga.lv"], &format!("{PASSWORD}\n"));
    assert!(own.code == 2 && own.err.contains("own_grant"), "{own:?}");
    assert_eq!(delicate(&oto, &["confirm", "ap@riga.lv"]), "ap@riga.lv is `ap` of `riga` now.\n");
    oto.refused(&["user", "--at", &at, "confirm", "ed@riga.lv"], "no role of ed@riga.lv waits");
    oto.refused(&["user", "--at", &at, "enable", "nobody@riga.lv", "--reason", "x"], "nobody signs in as");
    delicate(&oto, &["enable", "ed@riga.lv", "--reason", "is back"]);
    editor.sign_in(&server, "ed@riga.lv");
    editor.done(&["benefit", "drafts"]);
    olga.done(&["party", "close", "riga"]);
    editor.refused(&["benefit", "drafts"], "not_your_role");
    olga.done(&["party", "open", "riga"]);
    olga.done(&["party", "rename", "riga", "--lv", "Rīga", "--en", "City of Riga"]);
    let listed: Value = serde_json::from_str(&editor.done(&["party", "list", "--json"])).unwrap();
    let riga = listed.as_array().unwrap().iter().find(|party| party["code"] == "riga").unwrap();
    assert_eq!((&riga["name"]["en"], &riga["state"]), (&json!("City of Riga"), &json!("active")));
    editor.refused(&["user", "--at", &at, "invite", "--party", "riga", "--role", "ed"], "out_of_scope");
}

#[test]
fn where_nobody_vouches_for_a_server_it_is_told_who_could() {
    let desk = Desk::of("remote-unvouched");
    let none = desk.files.write("none.pem", "");
    let at = ["sign-in", "https://127.0.0.1:1", "--email", "anna@riga.lv", "--ca"];
    desk.refused(&[&at[..], &[&none]].concat(), "`--ca FILE` names some");
    desk.refused(&[&at[..], &["/nowhere.pem"]].concat(), "/nowhere.pem: ");
}
