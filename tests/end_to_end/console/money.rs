//! What grantors and providers owe each other, in the console: contracts, statements with disputes, budgets and figures.

use avis_testing::eventually;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::person::{Page, Person};
use crate::program::{Server, demo_data};

/// A sale of a day, for which the state bears half: 3.58.
fn sell(server: &Server, number: u32) {
    let request = json!({"request_id": format!("0190f6a2-3000-7000-8000-{number:012}"), "channel": "app",
        "occurred_at": "2026-11-20T08:12:00+02:00", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}]});
    let sold = server.send("avis_demo_atd_app", "/v1/authorizations", request.to_string());
    assert_eq!(sold.json()["outcome"], "approved", "{}", sold.text);
}

fn path_of(page: &Page) -> String {
    page.leads_to().split('?').next().unwrap().to_owned()
}

/// Who deals with contracts and statements.
pub(super) struct People<'s> {
    editor: Person<'s>,
    approver: Person<'s>,
    provider: Person<'s>,
}

impl<'s> People<'s> {
    pub(super) fn of(server: &'s Server) -> Self {
        Self {
            editor: Person::user(server, "elza@state.example"),
            approver: Person::user(server, "aivars@state.example"),
            provider: Person::user(server, "peteris@atd.example"),
        }
    }

    /// A contract that counts: 90 % of the discount, 20.00 a month.
    pub(super) fn contract(&self) -> String {
        let fields = [
            ("provider", "atd"),
            ("from", "2026-11-01"),
            ("rate", "90"),
            ("per", "month"),
            ("ceiling", "20,00"),
            ("rounding", "record"),
        ];
        let made = path_of(&self.editor.step("/contracts", "make", &fields));
        self.approver.step(&made, "confirm", &[]).leads_to();
        made
    }

    /// A statement of the day on which something was sold, issued by the provider.
    fn statement(&self) -> String {
        self.provider.step("/days/2026-11-20", "close", &[]).leads_to();
        let fields = [("grantor", "lv-state"), ("from", "2026-11-20"), ("until", "2026-11-21")];
        let made = path_of(&self.provider.step("/statements", "make", &fields));
        self.provider.step(&made, "issue", &[]).leads_to();
        made
    }
}

/// Pages of what is owed, with who sees them: a contract, a day, a statement with a line and on paper, a file that was held against the
/// ledger.
pub(super) fn settled(server: &Server) -> Vec<(&'static str, String)> {
    let people = People::of(server);
    let contract = people.contract();
    (0..3).for_each(|number| sell(server, number));
    let statement = people.statement();
    people.provider.step("/reconciling", "profile", &PROFILE).leads_to();
    let rows = "20.11.2026;09:12:00;Lietotne;L-1;;9,15;3,58\n20.11.2026;08:12:00;Kase 1;L-2;;7,15;4,08\n";
    let run = reconciled(&people.provider, rows);
    vec![
        ("elza@state.example", contract),
        ("aivars@state.example", format!("{statement}/lines/1")),
        ("peteris@atd.example", statement.clone()),
        ("peteris@atd.example", format!("{statement}/print")),
        ("peteris@atd.example", "/days/2026-11-20".to_owned()),
        ("peteris@atd.example", run),
    ]
}

#[test]
fn a_contract_is_drafted_by_one_and_confirmed_by_another() {
    let server = Server::start();
    let people = People::of(&server);
    let page = people.editor.get("/contracts");
    let bad = people.editor.step_of(
        &page,
        "/contracts",
        "make",
        &[("provider", "atd"), ("from", "2026-11-01"), ("rate", "x")],
    );
    assert!(bad.status == 422 && bad.html.contains("href=\"#make-rate\""), "{}", bad.text());
    let fields = [("provider", "atd"), ("from", "2026-11-01"), ("rates", "lv-goda-gimene 95,5\n"), ("rate", "90")];
    let fields = [&fields[..], &[("rounding", "record"), ("per", "")]].concat();
    let made = path_of(&people.editor.step_of(&page, "/contracts", "make", &fields));
    assert_eq!(path_of(&people.editor.step_of(&page, "/contracts", "make", &fields)), made, "sent twice, done once");
    let own = people.editor.get(&made);
    assert!(own.text().contains("lv-goda-gimene 95.5") && !own.steps().contains(&"confirm"), "{}", own.text());
    assert!(!people.provider.get("/contracts").text().contains("lv-state"), "a draft is the grantor's own");

    let [read, old] = [(); 2].map(|()| people.approver.get(&made));
    people.approver.step_of(&read, &made, "confirm", &[]).leads_to();
    let again = people.approver.step_of(&old, &made, "confirm", &[]);
    assert_eq!(again.status, 412, "an old page: {}", again.text());
    assert!(people.provider.get("/contracts").text().contains("lv-state – atd"));
    // Another party's is as if it were not there.
    assert_eq!(Person::user(&server, "raivis@riga.example").get(&made).status, 404);
}

#[test]
fn a_line_is_disputed_and_answered_and_the_statement_is_agreed_paid_and_printed() {
    let server = Server::start();
    let people = People::of(&server);
    people.contract();
    (0..3).for_each(|number| sell(&server, number));
    let statement = people.statement();
    let issued = people.approver.get(&statement);
    assert!(issued.html.contains(&format!("href=\"{statement}/lines/1\"")), "a line opens: {}", issued.text());
    let line = format!("{statement}/lines/1");
    let opened = people.approver.get(&line);
    assert!(opened.text().contains("What sums to it") && opened.text().contains("atd-app"), "{}", opened.text());
    assert!(!opened.html.contains("ANNA"), "nobody is told whose it was");
    let number = [("claimed", "nine"), ("reason", "two were given back")];
    let bad = people.approver.step_of(&opened, &line, "dispute", &number);
    assert!(bad.status == 422 && bad.html.contains("href=\"#dispute-claimed\""), "{}", bad.text());
    let dispute = [("claimed", "9.00"), ("reason", "two <b>were</b> given back")];
    let told = people.approver.step(&line, "dispute", &dispute).leads_to();
    let told = people.approver.get(&told);
    assert!(told.text().contains("It is disputed: €9.00 – two <b>were</b> given back (open)"), "{}", told.text());
    assert!(!told.steps().contains(&"dispute") && !told.html.contains("<b>were"), "once");
    let disputed = people.approver.get(&statement);
    assert!(!disputed.steps().contains(&"agree"), "not while a dispute is open: {}", disputed.text());
    assert!(disputed.text().contains("two <b>were</b> given back") && !disputed.html.contains("<b>were"));
    let stale = people.approver.step_of(&issued, &statement, "agree", &[]);
    assert_eq!(stale.status, 412, "{}", stale.text());

    assert!(!people.provider.get(&line).steps().contains(&"dispute"), "who issued it disputes nothing");
    let answer = [("amount", "-3.22"), ("reason", "one was found")];
    people.provider.step(&statement, "end_dispute:1", &answer).leads_to();
    people.approver.step(&statement, "agree", &[]).leads_to();
    assert!(!people.provider.get(&statement).steps().contains(&"pay"), "the grantor pays");
    let today = TimeZone::get("Europe/Riga").unwrap().to_datetime(Timestamp::now()).date().to_string();
    people.approver.step(&statement, "pay", &[("paid_on", &today), ("reference", "order 7")]).leads_to();
    let paid = people.provider.get(&statement).text();
    assert!(
        paid.contains("order 7") && paid.contains("one was found") && paid.contains("a dispute answered"),
        "{paid}"
    );

    let printed = people.provider.get(&format!("{statement}/print"));
    assert!(printed.text().contains("Statement 1") && printed.text().contains("lv-goda-gimene"), "{}", printed.text());
    let sealed = people.approver.get(&format!("{statement}/sealed"));
    assert!(sealed.html.starts_with("statement,grantor,provider,"), "{}", sealed.html);
    let workbook = people.approver.get(&format!("{statement}/workbook"));
    assert!(workbook.header("content-type").contains("spreadsheetml") && workbook.html.starts_with("PK"));
    let other = Person::user(&server, "raivis@riga.example");
    for path in ["", "/print", "/sealed", "/workbook", "/lines/1"] {
        assert_eq!(other.get(&format!("{statement}{path}")).status, 404, "{path}");
    }
}

#[test]
fn figures_and_budgets_are_pictures_with_tables_and_files() {
    let server = Server::start();
    let people = People::of(&server);
    people.contract();
    (0..3).for_each(|number| sell(&server, number));
    people.statement();
    let days = "from=2026-11-01&to=2026-11-30";
    let figures = people.editor.get(&format!("/figures?{days}"));
    let text = figures.text();
    assert!(text.contains("lv-goda-gimene") && text.contains("10.74") && text.contains("Who paid"), "{text}");
    assert!(figures.html.contains("<svg class=\"bars\"") && figures.html.contains("<title>Discount by month</title>"));
    let csv = people.editor.get(&format!("/figures/csv?{days}")).html;
    let row = "2026-11,lv-state,lv-goda-gimene,atd,3,1,10.74\n";
    assert_eq!(csv, format!("month,grantor,benefit,provider,uses,holders,discount\n{row}"));
    let payers = people.editor.get(&format!("/figures/csv?of=payers&{days}")).html;
    assert!(payers.contains("2026-11,lv-state,lv-goda-gimene,atd,lv-state,,10.74\n"), "{payers}");
    let bad = people.editor.get("/figures?from=soon");
    let text = bad.text();
    assert!(bad.status == 422 && text.contains("From: expected") && bad.html.contains("value=\"soon\""), "{text}");

    let unused = people.editor.get(&format!("/figures/unused?benefit=lv-goda-gimene&{days}")).text();
    assert!(unused.contains("Of them without a use"), "{unused}");
    let none = people.editor.get(&format!("/figures/unused?benefit=riga-pupil&{days}")).text();
    assert!(none.contains("None of your benefits has this code."), "{none}");

    // Who sells sees what was sold, and what is owed for it: 90 % of it.
    let sold = people.provider.get(&format!("/figures?{days}")).text();
    assert!(sold.contains("What was sold") && sold.contains("21.45") && sold.contains("9.66"), "{sold}");

    let csv = people.provider.get(&format!("/figures/turnover?{days}")).html;
    assert_eq!(csv, "month,count,gross,discount,payable\n2026-11,3,21.45,10.74,10.71\n");

    let budgets = people.editor.get("/budgets");
    let text = budgets.text();
    assert!(text.contains("Ceiling of the contract: atd") && text.contains("9.66"), "{text}");
    assert!(budgets.html.contains("<svg class=\"burn-down\"") && !budgets.html.contains(" style="), "{}", budgets.html);
    let csv = people.editor.get("/budgets/csv").html;
    assert!(csv.contains("\nceiling,,atd,1,2026-11-01,2026-12-01,20.00,9.66,"), "{csv}");
    let of_riga = Person::user(&server, "raivis@riga.example").get("/budgets").text();
    assert!(of_riga.contains("Limit of a benefit: riga-museum-senior") && of_riga.contains("It lasts"), "{of_riga}");
}

/// A file as a browser sends it beside fields.
pub(super) fn sent_with_file(person: &Person<'_>, path: &str, step: &str, fields: &[(&str, &str)], file: &str) -> Page {
    send_with_file(person, path, person.get(path).form(step), (fields, file))
}

/// The fields of a form, some of them as somebody fills them in, beside a file.
pub(super) fn send_with_file(
    person: &Person<'_>,
    path: &str,
    mut kept: Vec<(String, String)>,
    (fields, file): (&[(&str, &str)], &str),
) -> Page {
    for (name, value) in fields {
        kept.retain(|(known, _)| known != name);
        kept.push(((*name).to_owned(), (*value).to_owned()));
    }
    kept.retain(|(name, _)| name != "file");
    let part = |name: &str, more: &str, value: &str| {
        format!("--cut\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let mut body: String = kept.iter().map(|(name, value)| part(name, "", value)).collect();
    body += &part("file", "; filename=\"sales.csv\"", file);
    body += "--cut--\r\n";
    person.send_body(path, "multipart/form-data; boundary=cut", &body)
}

/// What a file of sales says of how it is written.
const PROFILE: [(&str, &str); 13] = [
    ("occurred_at", "Datums, Laiks"),
    ("external_id", "Kvīts"),
    ("terminal", "Kase"),
    ("authorization_id", "AVIS"),
    ("gross", "Cena"),
    ("discount", "Atlaide"),
    ("dates", "DD.MM.YYYY HH:mm:ss"),
    ("delimiter", ";"),
    ("decimal", ","),
    ("encoding", "auto"),
    ("skip_rows", "1"),
    ("sign", "signed"),
    ("terminals", "Kase 1 = atd-desk\nLietotne = atd-app"),
];

/// The first line of a file of sales, and its columns.
const HEAD: &str = "Pārdotās biļetes\nDatums;Laiks;Kase;Kvīts;AVIS;Cena;Atlaide\n";

/// What a row of a sale does not say of it.
const SALE: [(&str, &str); 7] = [
    ("channel", "app"),
    ("scheme", "etalons"),
    ("value", "ANNA-0001"),
    ("product", "transport.bus.regional.single"),
    ("benefit", "lv-goda-gimene"),
    ("version", "4"),
    ("reason", "the till was broken"),
];

/// Holds rows of a day against the ledger; the path of what is found.
fn reconciled(provider: &Person<'_>, rows: &str) -> String {
    let days = [("from", "2026-11-20"), ("until", "2026-11-21")];
    let job = path_of(&sent_with_file(provider, "/reconciling", "reconcile", &days, &format!("{HEAD}{rows}")));
    let run = |page: &Page| {
        let links = page.html.split("href=\"").filter_map(|rest| rest.split('"').next());
        let is_run = |link: &&str| link.starts_with("/reconciling/") && !link.starts_with("/reconciling/files/");
        links.filter(is_run).last().map(str::to_owned)
    };
    let ended = eventually("the end of a job", || provider.get(&job), |page| run(page).is_some());
    assert!(ended.text().contains(" rows compared"), "{}", ended.text());
    run(&ended).unwrap()
}

/// A file of so many sales that the ledger does not have, held against it; the path of what is found.
pub(super) fn unmatched(server: &Server, count: u32) -> String {
    let provider = Person::user(server, "peteris@atd.example");
    let row = |number: u32| format!("20.11.2026;08:12:00;Kase 1;M-{number};;1,15;0,58\n");
    reconciled(&provider, &(0..count).map(row).collect::<String>())
}

/// A sale of a till that the ledger does not have: the path of what is found, its page, and the step that records it late.
fn missing(provider: &Person<'_>, till: &str) -> (String, Page, String) {
    let run = reconciled(provider, &format!("20.11.2026;08:12:00;{till};L-1;;7,15;3,58\n"));
    let found = provider.get(&run);
    let step = found.steps().into_iter().find(|step| step.starts_with("advise:")).unwrap().to_owned();
    (run, found, step)
}

#[test]
fn the_carrier_of_the_demo_holds_its_file_against_the_ledger_at_once() {
    let server = Server::with_past();
    let provider = Person::user(&server, "peteris@atd.example");
    let file = std::fs::read_to_string(demo_data().join("carrier-sales.csv")).unwrap();
    let days = [("from", "2026-11-01"), ("until", "2026-12-01")];
    let job = path_of(&sent_with_file(&provider, "/reconciling", "reconcile", &days, &file));
    let found = eventually("what was found", || provider.get(&job), |page| page.html.contains("What does not match"));
    assert!(!found.html.contains("did not succeed"), "{}", found.text());
}

#[test]
fn how_files_are_written_is_said_once_and_a_finding_tells_who_resolved_it_and_why() {
    let server = Server::start();
    let provider = Person::user(&server, "peteris@atd.example");
    let [first, old] = [(); 2].map(|()| provider.get("/reconciling"));
    assert!(!first.steps().contains(&"reconcile"), "nobody said yet how files are written: {}", first.text());
    let bad = provider.step_of(&first, "/reconciling", "profile", &[&PROFILE[..], &[("dates", "soon")]].concat());
    assert!(bad.status == 422 && bad.html.contains("href=\"#profile-dates\""), "{}", bad.text());
    let bad = provider.step_of(&first, "/reconciling", "profile", &[&PROFILE[..], &[("terminals", "Kase 1")]].concat());
    assert!(bad.status == 422 && bad.html.contains("href=\"#profile-terminals\""), "{}", bad.text());
    provider.step_of(&first, "/reconciling", "profile", &PROFILE).leads_to();
    let again = provider.step_of(&old, "/reconciling", "profile", &PROFILE);
    assert_eq!(again.status, 428, "an old page writes over nothing: {}", again.text());
    let kept = provider.get("/reconciling").form("profile");
    assert!(kept.contains(&("terminals".to_owned(), PROFILE[12].1.to_owned())), "{kept:?}");

    let (run, found, _) = missing(&provider, "Lietotne");
    assert!(found.text().contains("the ledger does not have it"), "{}", found.text());
    let step = found.steps().into_iter().find(|step| step.starts_with("resolve:")).unwrap().to_owned();
    let bare = provider.step_of(&found, &run, &step, &[("action", "ignore"), ("reason", "")]);
    assert_eq!(bare.status, 422, "{}", bare.text());
    let because = [("action", "ignore"), ("reason", "a <u>test</u> ticket")];
    provider.step_of(&found, &run, &step, &because).leads_to();
    let resolved = provider.get(&run);
    assert!(!resolved.html.contains("<u>"), "{}", resolved.html);
    let text = resolved.text();
    assert!(text.contains("ignored · Pēteris Priede · ") && text.contains(" · a <u>test</u> ticket"), "{text}");
    provider.step_of(&resolved, &run, &step, &[("action", "reopen")]).leads_to();
    assert!(provider.get(&run).text().contains("the ledger does not have it"));
}

#[test]
fn a_sale_that_is_missing_is_recorded_late_and_the_finding_leads_to_it() {
    let server = Server::start();
    let provider = Person::user(&server, "peteris@atd.example");
    provider.step("/reconciling", "profile", &PROFILE).leads_to();
    let (run, found, step) = missing(&provider, "Lietotne");
    // What is wrong is told at its field, and nothing is recorded; by whom somebody is recognised is typed again.
    let bad = provider.step_of(&found, &run, &step, &[&SALE[..], &[("amount", "3.00")]].concat());
    assert!(bad.status == 422 && bad.html.contains(&format!("href=\"#{step}-amount\"")), "{}", bad.text());
    assert!(!bad.html.contains("ANNA-0001"), "{}", bad.html);
    let odd = provider.step_of(&found, &run, &step, &[&SALE[..], &[("quantity", "2")]].concat());
    assert!(odd.status == 422 && odd.html.contains(&format!("href=\"#{step}-quantity\"")), "{}", odd.text());
    let done = provider.step_of(&found, &run, &step, &SALE).leads_to();
    let done = provider.get(&done);
    assert!(done.text().contains("recorded as a late sale · Pēteris Priede"), "{}", done.text());
    assert!(done.text().contains("It is the sale "), "{}", done.text());
    assert!(provider.get("/sales").text().contains("3.58"), "{}", provider.get("/sales").text());
    assert!(!done.steps().iter().any(|step| step.starts_with("advise:")), "once");
}

/// A file numbers its tills in its own way, and nobody said which terminals they are.
#[test]
fn a_sale_of_a_till_that_is_no_terminal_is_recorded_at_the_terminal_that_is_said() {
    let server = Server::start();
    let provider = Person::user(&server, "peteris@atd.example");
    provider.step("/reconciling", "profile", &PROFILE).leads_to();
    let asks = |(_, found, step): &(String, Page, String)| found.form(step).iter().any(|(name, _)| name == "terminal");
    assert!(!asks(&missing(&provider, "Lietotne")), "the row names it");
    let numbered = missing(&provider, "KASE 3");
    assert!(asks(&numbered));
    let (run, found, step) = numbered;
    let bad = provider.step_of(&found, &run, &step, &[&SALE[..], &[("terminal", "KASE 3")]].concat());
    assert!(bad.status == 422 && bad.html.contains(&format!("href=\"#{step}-terminal\"")), "{}", bad.text());
    let done = provider.step_of(&found, &run, &step, &[&SALE[..], &[("terminal", "atd-app")]].concat()).leads_to();
    assert!(provider.get(&done).text().contains("recorded as a late sale · Pēteris Priede"));
}

#[test]
fn a_finding_is_disputed_and_waits_for_its_statement() {
    let server = Server::start();
    let people = People::of(&server);
    people.contract();
    sell(&server, 0);
    people.provider.step("/reconciling", "profile", &PROFILE).leads_to();
    let run = reconciled(&people.provider, "20.11.2026;08:12:00;Lietotne;L-1;;7,15;4,08\n");
    let found = people.provider.get(&run);
    // The sale that it is about is a step away.
    let sale =
        found.html.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|link| link.starts_with("/sales/"));
    let sale = people.provider.get(sale.unwrap_or_else(|| panic!("{}", found.text())));
    assert!(sale.status == 200 && sale.text().contains("7.15") && sale.text().contains("atd-app"), "{}", sale.text());
    let dispute = |of: &Page| of.steps().into_iter().find(|step| step.starts_with("dispute:")).map(str::to_owned);
    let step = dispute(&found).unwrap_or_else(|| panic!("{}", found.text()));
    let bare = people.provider.step_of(&found, &run, &step, &[("more", "much"), ("reason", "x")]);
    assert!(bare.status == 422 && bare.html.contains(&format!("href=\"#{step}-more\"")), "{}", bare.text());
    let done = people.provider.step_of(&found, &run, &step, &[("reason", "fifty cents more")]).leads_to();
    assert!(done.ends_with("done=dispute-waits"), "{done}");
    let done = people.provider.get(&done).text();
    assert!(done.contains("disputed · Pēteris Priede") && done.contains("It waits until the statement"), "{done}");
}
