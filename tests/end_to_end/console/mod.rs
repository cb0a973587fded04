//! The console without a script: who sees which pages, what becomes of a draft, and what is typed is never lost.

mod browser;
mod editor;
mod focus;
mod forms;
mod ground;
mod keys;
mod latvian;
mod long_rules;
mod looks;
mod many;
mod merchant;
mod mistakes;
mod money;
mod office;
mod operators;
mod person;
mod planted;
mod review;
mod shop;
mod stories;
mod through;
mod why;

use std::collections::HashSet;
use std::fs;

use avis_testing::eventually;
use serde_json::{Value, json};

use self::person::{Page, Person};
use crate::program::{ANY_TIME, Folder, Server, demo_data};

/// Every user of the demo, with a room that is theirs and one that is not.
const USERS: [(&str, &str, &str); 11] = [
    ("elza@state.example", "/drafts", "/audit"),
    ("aivars@state.example", "/drafts", "/groups"),
    ("ada@state.example", "/users", "/drafts"),
    ("rita@riga.example", "/lists", "/engines"),
    ("raivis@riga.example", "/budgets", "/terminals/none"),
    ("peteris@atd.example", "/reconciling", "/drafts"),
    ("solvita@shop.example", "/programmes", "/users"),
    ("sandis@shop.example", "/statements", "/users"),
    ("olga@operator.example", "/engines", "/audit"),
    ("klinta@centre.example", "/why", "/drafts"),
    ("ruta@audit.example", "/audit", "/parties"),
];

/// Questions to the control plane that one page costs at most.
const QUESTIONS_MAX: usize = 8;

/// The demo with one of its files changed.
fn demo(folder: &Folder, changed: &str, change: impl FnOnce(&mut Value)) -> Server {
    for file in ["catalogue.json", "holders.ndjson", "terminals.json", "try.json", "users.json", "simulator.json"] {
        folder.write(file, &fs::read_to_string(demo_data().join(file)).unwrap());
    }
    let mut file = serde_json::from_str(&fs::read_to_string(demo_data().join(changed)).unwrap()).unwrap();
    change(&mut file);
    folder.write(changed, &file);
    Server::run_in(&ANY_TIME, &["demo", "--listen", "127.0.0.1:0", "--data", folder.path()], "Stop with Ctrl-C.\n")
}

#[test]
fn each_user_sees_the_rooms_of_their_roles_and_each_page_is_light_and_asks_little() {
    let server = Server::start();
    let made = looks::made(&server);
    for (email, own, others) in USERS {
        let person = Person::user(&server, email);
        let rooms = rooms(&person);
        assert!(rooms.contains(&own.to_owned()) && !rooms.contains(&others.to_owned()), "{email}: {rooms:?}");
        let behind = looks::BEHIND.iter().filter(|(whose, _)| *whose == email).map(|(_, path)| (*path).to_owned());
        let made = made.iter().filter(|(whose, _)| *whose == email).map(|(_, path)| path.clone());
        for room in &rooms.into_iter().chain(behind).chain(made).collect::<Vec<_>>() {
            let page = person.get(room);
            assert_eq!(page.status, 200, "{email} {room}: {}", page.text());
            let questions: usize = page.header("avis-questions").parse().unwrap();
            assert!(questions <= QUESTIONS_MAX && page.html.len() <= 40_000, "{room}: {questions} {}", page.html.len());
            let mut ids = HashSet::new();
            let twice = page.html.split(" id=\"").skip(1).map(until_quote).find(|id| !ids.insert(id.clone()));
            assert_eq!(twice, None, "{room} has two of one id");
            assert!(!page.html.contains(" style=") && !page.html.contains("<style") && !page.html.contains("<script>"));
            let policy = page.header("content-security-policy");
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{room}");
            assert_eq!((page.header("cache-control"), page.header("x-content-type-options")), ("no-store", "nosniff"));
        }
    }
}

/// The rooms to which the navigation leads somebody.
fn rooms(person: &Person<'_>) -> Vec<String> {
    person.get("/").html.split("<li><a href=\"").skip(1).map(until_quote).collect()
}

fn until_quote(text: &str) -> String {
    text.split('"').next().unwrap().to_owned()
}

/// The address in a page that begins so.
fn decoded_address(html: &str, begin: &str) -> String {
    let address = until_quote(html.split(&format!("\"{begin}")).nth(1).unwrap());
    format!("{begin}{}", address.replace("&#38;", "&").replace("&amp;", "&"))
}

/// Somebody drafts the next version of the benefit of the demo; the path of the draft.
fn drafted(editor: &Person<'_>) -> String {
    let made = editor.step("/benefits/lv-goda-gimene", "draft", &[]).leads_to();
    made.split('?').next().unwrap().to_owned()
}

/// What stands in the editor, with another rate and what its case expects.
fn changed(page: &Page, rate: i64, payable: i64) -> (String, String) {
    let form = page.form("save");
    let field =
        |name: &str| serde_json::from_str::<Value>(&form.iter().find(|(known, _)| known == name).unwrap().1).unwrap();
    let (mut content, mut cases) = (field("content"), field("cases"));
    content["effect"]["percent"]["rate"] = json!(rate);
    cases[0]["expect"][0]["payable"] = json!(payable);
    (content.to_string(), cases.to_string())
}

#[test]
fn one_edits_another_approves_and_the_till_sees_it() {
    let server = Server::start();
    let (editor, approver) =
        (Person::user(&server, "elza@state.example"), Person::user(&server, "aivars@state.example"));
    let draft = drafted(&editor);
    let opened = editor.get(&draft);

    // A fault is told with its place, and what was typed stands there still.
    let (wrong, _) = changed(&opened, 99_999, 357);
    let faulty = editor.step(&draft, "save", &[("content", &wrong)]).leads_to();
    let checked = editor.step(&faulty, "check", &[]);
    assert_eq!(checked.status, 422);
    assert!(checked.html.contains("<a href=\"#set:gets-effect.number\">How much: "), "{}", checked.text());
    // What no field has room for is told by its place in the JSON.
    let mut strange: Value = serde_json::from_str(&wrong).unwrap();
    strange["colour"] = json!("red");
    let faulty = editor.step(&draft, "save", &[("content", &strange.to_string())]).leads_to();
    let checked = editor.step(&faulty, "check", &[]);
    assert!(checked.html.contains("<a href=\"#save-content\">In the JSON at colour: "), "{}", checked.text());
    let broken = editor.step(&draft, "save", &[("content", "{ \"name\": ")]);
    assert!(broken.status == 422 && broken.form("save").iter().any(|(_, value)| value == "{ \"name\": "));

    // A case fails and says so; mended, it is submitted.
    let (content, _) = changed(&opened, 6_000, 357);
    editor.step(&draft, "save", &[("content", &content)]).leads_to();
    let failed = editor.step(&draft, "submit", &[]);
    assert!(failed.status == 422 && failed.text().contains("to pay: expected €3.57, got €2.86"), "{}", failed.text());
    // The cases expect what comes now, by a button that stands where they failed.
    editor.step_of(&failed, &draft, "expect", &[]).leads_to();
    let (_, cases) = changed(&opened, 6_000, 286);
    let json = editor.get(&format!("{draft}?json=yes"));
    let expecting = json.form("save").into_iter().find(|(name, _)| name == "cases").unwrap().1;
    assert_eq!(serde_json::from_str::<Value>(&expecting).unwrap(), serde_json::from_str::<Value>(&cases).unwrap());
    editor.step(&draft, "submit", &[]).leads_to();
    assert!(!editor.get(&draft).steps().contains(&"approve"), "an editor is shown no approval");

    // The second person reads the difference; an approval hangs on what was read.
    let read = approver.get(&draft);
    assert!(read.text().replace('\u{a0}', " ").contains("“50 % off” becomes “60 % off”"), "{}", read.text());
    approver.step_of(&read, &draft, "approve", &[]).leads_to();
    let (other, _) = changed(&opened, 6_100, 286);
    editor.step(&draft, "save", &[("content", &other)]).leads_to();
    assert!(!approver.get(&draft).steps().contains(&"publish"), "the approval is gone with the content");
    let stale = approver.step_of(&read, &draft, "approve", &[]);
    assert_eq!(stale.status, 412, "{}", stale.text());
    editor.step(&draft, "save", &[("content", &content)]).leads_to();
    editor.step(&draft, "submit", &[]).leads_to();
    approver.step(&draft, "approve", &[]).leads_to();
    let published = approver.step(&draft, "publish", &[("reason", "decided")]).leads_to();
    let fragment = until_quote(approver.get(&published).html.split("id=\"live-").nth(1).unwrap());
    eventually(
        "the rule on every engine",
        || approver.get(&format!("/live/{fragment}")).text(),
        |text| text.contains("Live on 1 of 1"),
    );
    let request = json!({"request_id": "0190f6a2-1001-7000-8000-000000000099", "occurred_at": "2026-11-25T08:12:00+02:00",
        "channel": "app", "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}]});
    let quote = server.quote("avis_demo_atd_app", request.to_string()).json();
    assert_eq!(quote["payable"], 286, "{quote}");
}

#[test]
fn what_is_anothers_is_as_if_it_were_not_there() {
    let server = Server::start();
    let draft = drafted(&Person::user(&server, "elza@state.example"));
    let other = Person::user(&server, "rita@riga.example");
    let none = "/drafts/0190f6a2-0000-7000-8000-000000000001";
    let (others, nothing) = (other.get(&draft), other.get(none));
    assert_eq!((others.status, nothing.status), (404, 404));
    let without_request = |page: &Page| page.text().split("Request ").next().unwrap().to_owned();
    assert_eq!(without_request(&others), without_request(&nothing));
    assert_eq!(Person::user(&server, "peteris@atd.example").get(&draft).status, 403);
}

#[test]
fn nothing_that_was_typed_is_lost_when_a_session_ends() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let draft = drafted(&editor);
    let opened = editor.get(&draft);
    editor.forget("__Host-avis");
    let asked = editor.step_of(&opened, &draft, "save", &[("note", "typed <b>before</b> the end")]);
    assert!(asked.status == 401 && asked.text().contains("Nothing of what you typed is lost"), "{}", asked.text());
    let entered = editor.step_of(
        &asked,
        "/sign-in",
        "sign_in",
        &[("email", "elza@state.example"), ("password", person::PASSWORD)],
    );
    assert_eq!(entered.status, 200, "{}", entered.text());
    let saved = editor.step_of(&entered, &draft, "save", &[]).leads_to();
    let page = editor.get(&saved);
    assert!(page.text().contains("typed <b>before</b> the end") && !page.html.contains("<b>"), "{}", page.text());
}

#[test]
fn by_what_somebody_is_recognised_is_typed_again_by_whoever_signs_in_next() {
    let server = Server::start();
    let desk = Person::user(&server, "solvita@shop.example");
    let programme = "/programmes/demo-points";
    let opened = desk.get(programme);
    desk.forget("__Host-avis");
    let typed = [("scheme", "etalons"), ("value", "ANNA-0001"), ("reason", "at the till")];
    let asked = desk.step_of(&opened, programme, "find", &typed);
    let kept = asked.form("sign_in");
    assert_eq!(asked.status, 401, "{}", asked.text());
    assert!(kept.contains(&("kept.reason".to_owned(), "at the till".to_owned())), "{kept:?}");
    assert!(!asked.html.contains("ANNA-0001"), "{}", asked.html);
    let link = desk.send("/audit", &[("do", "verify"), ("seq", "1"), ("link", "avis_secret_link")]);
    assert!(link.status == 401 && !link.html.contains("avis_secret_link"), "{}", link.html);
}

#[test]
fn an_upload_that_breaks_off_imports_nothing() {
    let server = Server::start();
    let editor = Person::user(&server, "rita@riga.example");
    let fields = [("kind", "entitlements"), ("group", "jelgava-pensioner"), ("mode", "delta"), ("bad_rows", "refuse")];
    let fields = fields.into_iter().chain([("do", "import"), ("reason", "the new year")]);
    let part = |(name, value)| format!("--cut\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let mut body: String = fields.map(part).collect();
    body += "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nscheme,value\netalons,ANNA-0001\n";
    editor.send_broken_off("/lists", "multipart/form-data; boundary=cut", &body);
    // Whether a job began or not, none of the list came in.
    let none = |page: &Page| !page.text().contains("running") && !page.text().contains("waits");
    eventually("what became of it", || editor.get("/lists"), none);
    let lists = editor.get("/lists");
    assert!(!lists.text().contains("done"), "{}", lists.text());
}

#[test]
fn a_provider_connects_a_till_with_a_key_that_is_shown_once() {
    let server = Server::start();
    let provider = Person::user(&server, "peteris@atd.example");
    let fields = [("code", "atd-pier"), ("channels", "desk, app"), ("schemes", "etalons"), ("reason", "a new one")];
    provider.step("/terminals", "make", &fields).leads_to();
    let page = provider.get("/terminals/atd-pier");
    let shown = provider.step_of(&page, "/terminals/atd-pier", "key", &[("reason", "the first")]);
    let key = shown.html.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(shown.text().contains(&format!("Bearer {key}")), "{}", shown.text());
    assert!(shown.text().contains("Waiting for the first call of this terminal."), "{}", shown.text());
    let waiting = decoded_address(&shown.html, "/terminals/atd-pier/waiting");
    eventually("a key that is known", || server.read(&key, "/v1/terminal").status, |status| *status == 200);
    let came = |page: &Page| page.text().contains("The till is connected.");
    eventually("the first call", || provider.get(&waiting), came);
    // What it is refused is told with its cause and field; and what it sold without a connection and did not upload.
    assert_eq!(server.quote(&key, r#"{"request_id": 1}"#).status, 422);
    let advice = |number: u32| {
        let request = json!({"request_id": format!("0190f6a2-2000-7000-8000-{number:012}"), "channel": "desk",
            "occurred_at": "2026-11-25T08:12:00+02:00", "currency": "EUR",
            "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}]});
        json!({"request": request, "granted": [], "device_time": "2026-11-25T08:12:00+02:00", "device_sequence": number})
    };
    // A record that is refused did not come.
    let mut refused = advice(2);
    refused["request"]["channel"] = json!("kiosk");
    let upload = json!({"records": [advice(1), refused, advice(4)]}).to_string();
    let uploaded = server.send(&key, "/v1/advices", upload);
    let statuses =
        |answer: &Value| answer["records"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
    let statuses: Vec<Value> = statuses(&uploaded.json());
    assert_eq!((uploaded.status, statuses), (200, vec![json!(200), json!(403), json!(200)]), "{}", uploaded.text);
    // What it may do is changed while it sells, by who read it last.
    let page_of = provider.get("/terminals/atd-pier");
    let wider = [("channels", "desk, app, kiosk"), ("reason", "a kiosk beside it")];
    let changed = provider.step_of(&page_of, "/terminals/atd-pier", "change", &wider).leads_to();
    assert!(provider.get(&changed).text().contains("Channelsdesk, app, kiosk"), "{changed}");
    let stale =
        provider.step_of(&page_of, "/terminals/atd-pier", "change", &[("channels", "desk"), ("reason", "later")]);
    assert_eq!(stale.status, 412, "{}", stale.text());
    let bare = provider.step("/terminals/atd-pier", "change", &[("reason", "")]);
    assert!(bare.status == 422 && bare.html.contains("href=\"#change-reason\""), "{}", bare.text());
    let told = |page: &Page| {
        let text = page.text();
        text.contains("a field is missing, unknown or not as expected (/") && text.contains("2 – 3")
    };
    eventually("its refusals and gaps", || provider.get("/terminals/atd-pier"), told);
    assert!(provider.get("/terminals").text().contains("Gaps"));
    assert!(!Person::user(&server, "elza@state.example").get("/terminals").text().contains("Gaps"));
    eventually("a key that is taken", || server.read(&key, "/v1/terminal").status, |status| *status == 200);
    let again = provider.step_of(&page, "/terminals/atd-pier", "key", &[("reason", "the first")]);
    assert!(!again.html.contains(&key), "a repeat shows no secret");
    provider.step("/terminals/atd-pier", "end", &[("reason", "it was lost")]).leads_to();
    eventually("a key that is refused", || server.read(&key, "/v1/terminal").status, |status| *status == 401);
    // Its page says when that was, why, and that the till still calls with it.
    let ended = |page: &Page| page.text().contains("it was lostended") && page.text().contains("the key has ended");
    eventually("when and why", || provider.get("/terminals/atd-pier"), ended);
    assert!(!Person::user(&server, "elza@state.example").get("/terminals/atd-pier").text().contains("it was lost"));
}
