//! Stories of several people one after another: several benefits are stopped and go on, an approved change is moved to another day, the
//! audit is read and verified, and a role waits for a second person.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use avis_testing::eventually;
use serde_json::{Value, json};

use super::money::sent_with_file;
use super::person::{PASSWORD, Page, Person};
use super::planted::administration;
use super::{changed, decoded_address, drafted, until_quote};
use crate::program::{Server, demo_data, story_people, without_past};

const THREE: [&str; 3] = ["lv-goda-gimene", "lv-preschool", "lv-orphan"];

/// What is sent of the form by which several benefits are stopped.
fn stopping<'f>(page: &'f [(String, String)], reason: &'f str) -> Vec<(&'f str, &'f str)> {
    let given = page.iter().filter(|(name, _)| !["codes", "reason"].contains(&name.as_str()));
    let mut fields: Vec<(&str, &str)> = given.map(|(name, value)| (&**name, &**value)).collect();
    fields.extend(THREE.map(|code| ("codes", code)));
    fields.push(("reason", reason));
    fields
}

#[test]
fn an_approver_reads_what_stopping_means_stops_three_benefits_and_lets_them_go_on() {
    let server = Server::start();
    let approver = Person::user(&server, "aivars@state.example");
    for (language, means, stopped) in
        [("en", "may be done by one person", "stopped"), ("lv", "drīkst viens cilvēks", "apturēts")]
    {
        approver.choose("avis-language", language);
        let page = approver.get("/benefits/stop");
        let form = page.form("stop");
        assert!(page.text().contains(means), "{}", page.text());
        // What was chosen stays chosen after a fault.
        let refused = approver.send("/benefits/stop", &stopping(&form, ""));
        let chosen = refused.form("stop").into_iter().filter(|(name, _)| name == "codes").map(|(_, code)| code);
        assert_eq!((refused.status, chosen.collect::<BTreeSet<_>>()), (422, THREE.map(str::to_owned).into()));
        let done = approver.send("/benefits/stop", &stopping(&form, "looked into")).leads_to();
        assert!(done.contains("revision="), "{done}");
        for code in THREE {
            let path = format!("/benefits/{code}");
            assert!(approver.get(&path).text().contains(stopped), "{}", approver.get(&path).text());
            approver.step(&path, "resume", &[("reason", "nothing was found")]).leads_to();
            assert!(!approver.get(&path).steps().contains(&"resume"), "{code} goes on");
        }
    }
}

#[test]
fn an_approval_is_gone_when_the_day_of_publishing_is_moved() {
    let server = Server::start();
    let (editor, approver) =
        (Person::user(&server, "elza@state.example"), Person::user(&server, "aivars@state.example"));
    let draft = drafted(&editor);
    let (content, cases) = changed(&editor.get(&draft), 6_000, 286);
    editor.step(&draft, "save", &[("content", &content), ("cases", &cases)]).leads_to();
    editor.step(&draft, "submit", &[]).leads_to();
    approver.step(&draft, "approve", &[]).leads_to();
    let approved = approver.get(&draft);
    assert!(approved.steps().contains(&"publish") && editor.get(&draft).text().contains("takes the approval away"));
    editor.step(&draft, "save", &[("publish_at", "2030-01-01T00:00:00+02:00")]).leads_to();
    let now = approver.get(&draft);
    assert!(!now.steps().contains(&"publish") && now.text().contains("being edited"), "{}", now.text());
    let stale = approver.step_of(&approved, &draft, "publish", &[("reason", "decided")]);
    assert!([409, 412].contains(&stale.status), "{}", stale.text());
}

#[test]
fn an_auditor_reads_what_was_done_in_order_verifies_it_and_a_changed_byte_is_named() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let draft = drafted(&editor);
    let (content, cases) = changed(&editor.get(&draft), 6_000, 286);
    editor.step(&draft, "save", &[("content", &content), ("cases", &cases)]).leads_to();
    editor.step(&draft, "submit", &[]).leads_to();
    let approver = Person::user(&server, "aivars@state.example");
    approver.step(&draft, "approve", &[]).leads_to();
    approver.step("/benefits/lv-preschool", "suspend", &[("reason", "looked into")]).leads_to();

    let auditor = Person::user(&server, "ruta@audit.example");
    // What can be sought stands before the table.
    let listed = |path: &str| auditor.get(path).html.split_once("<tbody").unwrap().1.to_owned();
    let text = listed("/audit");
    // The newest first, each with who did it.
    assert!(text.contains("Aivars") && text.contains("Elza"), "{text}");
    let places = ["stopped a benefit", "approved a draft", "submitted a draft", "made a draft"]
        .map(|told| text.find(told).unwrap_or_else(|| panic!("{told}: {text}")));
    assert!(places.is_sorted(), "{places:?}: {text}");
    let key = draft.trim_start_matches("/drafts/");
    let of_draft = listed(&format!("/audit?object_kind=draft&object_key={key}"));
    assert!(of_draft.contains("approved a draft") && !of_draft.contains("stopped a benefit"), "{of_draft}");
    let stopped = listed("/audit?action=benefit_suspended");
    assert!(stopped.contains("stopped a benefit") && !stopped.contains("approved a draft"), "{stopped}");
    let elza = decoded_address(&auditor.get("/audit?action=draft_submitted").html, "/audit?actor=");
    assert!(listed(&elza).contains("made a draft") && !listed(&elza).contains("stopped a benefit"), "{elza}");

    let held = auditor.step("/audit", "verify", &[]);
    assert!(held.status == 200 && held.text().contains("The audit holds"), "{}", held.text());
    let store = administration(&server);
    let seq: i64 = store
        .query_row("SELECT seq FROM audit WHERE action = 'draft_approved' ORDER BY seq DESC LIMIT 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(store.execute("UPDATE audit SET at = at + 1 WHERE seq = ?1", [seq]).unwrap(), 1);
    for (language, told) in [("en", "The audit was changed"), ("lv", "Žurnāls ir mainīts")] {
        auditor.choose("avis-language", language);
        let broken = auditor.step("/audit", "verify", &[]).text();
        assert!(broken.contains(told) && broken.contains(&seq.to_string()), "{broken}");
    }
}

/// Who was invited for a role joins by the link, with a password.
fn joined<'s>(server: &'s Server, inviter: &Person<'_>, role: &str, email: &str) -> Person<'s> {
    let invited = inviter.step("/users", "invite", &[("party", "lv-state"), ("role", role)]);
    let link = invited.html.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let person = Person::nobody(server, "en");
    let fields = [("link", &*link), ("email", email), ("name", "Nora \u{5d0}<b>Nora</b>"), ("password", PASSWORD)];
    person.step("/join", "join", &fields).leads_to();
    assert_eq!(person.sign_in(email).status, 303);
    person
}

/// The path of the page of somebody among users, by their address.
fn user(page: &Page, email: &str) -> String {
    let before = page.html.split(email).next().unwrap();
    let path = until_quote(before.rsplit("href=\"").next().unwrap());
    assert!(path.starts_with("/users/"), "{path}");
    path
}

#[test]
fn a_role_that_opens_much_waits_for_a_second_person_and_is_taken_away_on_the_page_of_its_user() {
    let server = Server::start();
    let administrator = Person::user(&server, "ada@state.example");
    let nora = joined(&server, &administrator, "ap", "nora@state.example");
    let start = nora.get("/").text();
    assert!(start.contains("A second person") && !nora.get("/").html.contains("/drafts"), "{start}");
    // Not by who invited; by another who may.
    let own = administrator.get("/users");
    let step = own.steps().into_iter().find(|step| step.starts_with("confirm:")).unwrap().to_owned();
    let refused = administrator.step_of(&own, "/users", &step, &[]);
    assert!(refused.status == 403 || refused.status == 409, "{}", refused.text());
    let operator = Person::user(&server, "olga@operator.example");
    assert!(operator.get("/").text().contains("Role to confirm"), "{}", operator.get("/").text());
    let (_, confirmed) = (operator.get("/users"), operator.step("/users", &step, &[]));
    confirmed.leads_to();
    // Whoever gets or loses a role signs in again.
    let entered = |person: &Person<'_>| assert_eq!(person.sign_in("nora@state.example").status, 303);
    entered(&nora);
    assert!(nora.get("/").html.contains("/drafts"), "{}", nora.get("/").text());

    // On their page they get another role, and lose it.
    let listed = administrator.get("/users");
    assert!(listed.text().contains("<b>Nora</b>") && !listed.html.contains("<b>Nora"), "{}", listed.text());
    let page = user(&listed, "nora@state.example");
    let given = administrator.step(&page, "give", &[("role", "ed"), ("reason", "edits, too")]).leads_to();
    assert!(administrator.get(&given).text().contains("The role is given."), "{given}");
    entered(&nora);
    assert_eq!(nora.get("/drafts/new").status, 200, "an editor begins drafts");
    for left in [2, 1] {
        let read = administrator.get(&page);
        let takes: Vec<String> =
            read.steps().into_iter().filter(|step| step.starts_with("take:")).map(str::to_owned).collect();
        assert_eq!(takes.len(), left, "{}", read.text());
        administrator.step_of(&read, &page, &takes[0], &[]).leads_to();
    }
    entered(&nora);
    assert_eq!(nora.get("/drafts").status, 403, "{}", nora.get("/drafts").text());
    let strange = administrator.step("/users", "invite", &[("party", "riga"), ("role", "ed")]);
    assert!(strange.status >= 400, "another party’s: {}", strange.text());
}

#[test]
fn an_invitation_that_nobody_took_up_is_listed_and_taken_back() {
    let server = Server::start();
    let administrator = Person::user(&server, "ada@state.example");
    let invited = administrator.step("/users", "invite", &[("party", "lv-state"), ("role", "ed")]);
    let link = invited.html.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let listed = administrator.get("/users");
    assert!(listed.text().contains("Invitations that nobody took up yet"), "{}", listed.text());
    let step = listed.steps().into_iter().find(|step| step.starts_with("uninvite:")).unwrap().to_owned();
    administrator.step_of(&listed, "/users", &step, &[]).leads_to();
    assert!(!administrator.get("/users").text().contains("Invitations that nobody took up yet"));
    let person = Person::nobody(&server, "en");
    let fields = [("link", &*link), ("email", "nora@state.example"), ("name", "Nora"), ("password", PASSWORD)];
    let late = person.step("/join", "join", &fields);
    assert!(late.status >= 400 && late.status < 500, "{}", late.text());
}

/// A list is sent, and its job ends; the page of what became of it.
fn imported(editor: &Person<'_>, rows: &[String], is_tried: bool) -> Page {
    let fields =
        [("group", "orphan"), ("reason", "the list of the year"), ("dry_run", if is_tried { "yes" } else { "" })];
    let file = format!("scheme,value,from\n{}\n", rows.join("\n"));
    let begun = sent_with_file(editor, "/lists", "import", &fields, &file).leads_to();
    let ended = |page: &Page| !page.html.contains("/progress?looks=");
    eventually("a job that ended", || editor.get(&begun), ended)
}

/// The people of the demo, and as many more as the story is to have, one a line.
fn many_people() -> String {
    let mut holders = std::fs::read_to_string(demo_data().join("holders.ndjson")).unwrap();
    for number in holders.lines().count()..story_people(0) {
        let means = json!({"scheme": "etalons", "value": format!("STORY-{number:07}")});
        let _ = writeln!(holders, "{}", json!({"holder": format!("s-{number:07}"), "identifiers": [means]}));
    }
    holders
}

#[test]
fn a_long_list_is_tried_mended_by_line_and_field_imported_and_nothing_the_second_time() {
    let data = without_past();
    let holders = many_people();
    std::fs::write(data.path().join("holders.ndjson"), &holders).unwrap();
    let server = Server::of_data(data.path());
    let editor = Person::user(&server, "elza@state.example");
    let means = |line: &str| {
        let holder: Value = serde_json::from_str(line).ok()?;
        let first = holder["identifiers"].get(0)?.clone();
        (first["status"].is_null())
            .then(|| [first["scheme"].as_str().unwrap(), first["value"].as_str().unwrap()].join(","))
    };
    let good: Vec<String> = holders.lines().filter_map(means).map(|means| format!("{means},2026-09-01")).collect();
    assert!(good.len() > 3_000, "{}", good.len());
    let mut bad = good.clone();
    bad[2] = "etalons,NOBODY-0000,2026-09-01".to_owned();
    bad[10] = bad[10].replace("2026-09-01", "soon");
    bad[2_000] = "etalons,,2026-09-01".to_owned();
    for (language, told) in [("en", "nobody is known by it"), ("lv", "pēc tā nevienu nepazīst")] {
        editor.choose("avis-language", language);
        let page = imported(&editor, &bad, true);
        let text = page.text();
        for line in ["4", "12", "2002"] {
            assert!(page.html.contains(&format!(">{line}</td>")), "{line}: {text:.2000}");
        }
        assert!(text.contains(told), "{text:.2000}");
        assert!(page.html.contains(">from</td>") && page.html.contains(">value</td>"), "{text:.2000}");
        assert!(!page.html.contains("NOBODY-0000"), "no value is told");
    }
    editor.choose("avis-language", "en");
    let done = imported(&editor, &good, false);
    assert!(done.text().contains("done") && done.text().contains("Live on"), "{}", done.text());
    let again = imported(&editor, &good, false).text();
    assert!(again.contains("This very list came in before."), "{again}");
    // Another file that says the same changes nothing.
    let turned: Vec<String> = good.iter().rev().cloned().collect();
    let again = imported(&editor, &turned, false).text();
    assert!(again.contains(&format!("As before{}", good.len())) && again.contains("Changed0"), "{again}");
}
