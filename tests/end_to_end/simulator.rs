//! The till simulator, as a browser without scripts meets it: its pages are read, its links followed and its forms sent.

use serde_json::Value;

use crate::plane::{DEMO_PASSWORD, Plane};
use crate::program::{Answer, Folder, Server, demo_data, import_demo};

/// A page as it was served.
struct Page {
    status: u16,
    html: String,
}

/// What stands between two texts, each time.
fn between<'t>(text: &'t str, from: &'t str, until: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(from).skip(1).filter_map(move |rest| rest.split(until).next())
}

/// A text without markup.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut parts = html.split('<');
    text += parts.next().unwrap();
    for part in parts {
        text += part.split_once('>').map_or("", |(_, text)| text);
    }
    let text = text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&").replace('\u{a0}', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An attribute of a tag.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    tag.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest.split('"').next().unwrap())
}

fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'")
}

fn encoded(fields: &[(String, String)]) -> String {
    let one = |text: &str| {
        let escaped = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        };
        text.bytes().map(escaped).collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect::<Vec<_>>().join("&")
}

impl Page {
    fn of(answer: Answer) -> Self {
        assert!(answer.text.len() <= 40_000, "{} bytes", answer.text.len());
        assert!(!answer.text.contains(" style="), "the policy for content forbids it");
        Self { status: answer.status, html: answer.text }
    }

    fn get(server: &Server, path: &str) -> Self {
        Self::of(server.get_with(path, &[("accept-language", "en")]))
    }

    /// Sends a form from a page of the same host.
    fn post(server: &Server, fields: &[(String, String)]) -> Self {
        let headers = [
            ("accept-language", "en"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
        ];
        Self::of(server.post("/try", &headers, encoded(fields)))
    }

    fn text(&self) -> String {
        plain(&self.html)
    }

    /// The cells of the table under a caption.
    fn table(&self, caption: &str) -> Vec<Vec<String>> {
        let caption = format!("<caption>{caption}</caption>");
        let (_, table) =
            self.html.split_once(&caption).unwrap_or_else(|| panic!("no table {caption}: {}", self.text()));
        let body = between(table, "<tbody", "</tbody>").next().unwrap();
        let cells = |row: &str| between(row, "<td", "</td>").map(|cell| plain(&format!("<td{cell}"))).collect();
        between(body, "<tr", "</tr>").map(cells).collect()
    }

    /// Who pays what.
    fn payers(&self) -> Vec<(String, String)> {
        let of_row = |row: Vec<String>| (row[0].clone(), row[1].clone());
        let payers = self.table("Who pays each cent").into_iter().map(of_row).collect();
        let bar = between(&self.html, "<svg class=\"payers\"", "</svg>").next().unwrap();
        let widths: i64 = between(bar, "<rect class=\"payer-", ">")
            .map(|rect| attribute(rect, "width").unwrap().parse::<i64>().unwrap())
            .sum();
        assert_eq!(widths, 1000, "the bar has no gap: {bar}");
        payers
    }

    /// The address of the link with a text.
    fn link(&self, text: &str) -> String {
        let links = between(&self.html, "<a ", "</a>").filter(|link| plain(&format!("<a {link}")) == text);
        let found = links.filter_map(|link| attribute(&format!(" {link}"), "href").map(unescaped)).next();
        found.unwrap_or_else(|| panic!("no link `{text}`: {}", self.text()))
    }

    /// What a browser sends of a form, as its fields stand, by the button of a step.
    fn filled(&self, form: &str, step: &str) -> Vec<(String, String)> {
        let (_, html) = self
            .html
            .split_once(&format!("id=\"{form}\""))
            .unwrap_or_else(|| panic!("no form {form}: {}", self.text()));
        let html = html.split("</form>").next().unwrap();
        let mut fields = Vec::new();
        for part in html.split('<').skip(1) {
            let name = attribute(part, "name").map(str::to_owned);
            match part.split([' ', '>']).next().unwrap() {
                "input" => fields.extend(name.map(|name| (name, unescaped(attribute(part, "value").unwrap())))),
                "select" => fields.push((name.unwrap(), String::new())),
                "option" if part.contains(" selected") => {
                    fields.last_mut().unwrap().1 = unescaped(attribute(part, "value").unwrap());
                }
                _ => {}
            }
        }
        let mut button = between(html, "<button", ">").filter_map(|button| attribute(button, "value"));
        let button = button.find(|value| value.split(':').next() == Some(step));
        fields.push(("do".to_owned(), button.unwrap_or_else(|| panic!("no button {step}")).to_owned()));
        fields
    }

    /// Presses the button of a step.
    fn press(&self, server: &Server, form: &str, step: &str) -> Self {
        Self::post(server, &self.filled(form, step))
    }
}

fn set(fields: &mut [(String, String)], name: &str, value: &str) {
    let field = fields.iter_mut().find(|(known, _)| known == name);
    value.clone_into(&mut field.unwrap_or_else(|| panic!("no field {name}")).1);
}

fn paid(person: &str, payers: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = [("The person", person)].into_iter().chain(payers.iter().copied());
    all.map(|(who, amount)| (who.to_owned(), amount.to_owned())).collect()
}

#[test]
fn a_newcomer_sells_two_tickets_and_takes_one_back_and_bar_and_payers_follow() {
    let server = Server::start();
    assert!(server.welcome.lines().next().unwrap().ends_with("/try"), "{}", server.welcome);
    let desk = Page::get(&server, "/try");
    assert_eq!((desk.status, desk.payers()), (200, paid("€0.00", &[("lv-state", "€7.15")])));
    assert!(desk.text().contains("Pays €0.00 of €7.15"), "{}", desk.text());
    let latvian = plain(&server.get_with("/try", &[("accept-language", "lv")]).text);
    assert!(latvian.contains("Maksā 0,00 € no 7,15 €") && latvian.contains("lv-state 7,15 €"), "{latvian}");

    let app = Page::get(&server, &desk.link("The same ticket in the app: half price"));
    assert_eq!(app.payers(), paid("€3.57", &[("lv-state", "€3.58")]));
    assert!(
        app.text().contains("not on this day or at this time") || app.text().contains("(not_this_way)"),
        "{}",
        app.text()
    );

    let mut two = app.filled("till", "sell");
    set(&mut two, "quantity", "2");
    let sold = Page::post(&server, &two);
    assert!(sold.text().contains("Pays €7.14 of €14.30 Sold"), "{}", sold.text());
    assert_eq!(sold.payers(), paid("€7.14", &[("lv-state", "€7.16")]));
    // Sent again, as by loading the page anew: the same sale.
    let again = Page::post(&server, &two);
    assert!(again.text().contains("idempotent-replayed: true"), "{}", again.text());

    let refunded = sold.press(&server, "operation", "refund");
    assert_eq!((refunded.status, refunded.payers()), (200, paid("€3.57", &[("lv-state", "€3.58")])));
    assert!(refunded.text().contains("Pays €3.57 of €7.15 Partly refunded"), "{}", refunded.text());
    assert_eq!(refunded.table("What happened"), [["Refunded", "1", "€7.15", "€3.57"]]);
    assert_eq!(refunded.table("Lines")[0].last().unwrap(), "1");
    // A link to this very state shows it again, and holds no identifier.
    let link = refunded.link("A link to this very state");
    assert!(!link.contains("ANNA"), "{link}");
    assert_eq!(Page::get(&server, &link).payers(), refunded.payers());

    let reversed = refunded.press(&server, "operation", "reverse");
    assert!(reversed.text().contains("Pays €0.00 of €0.00 Reversed"), "{}", reversed.text());
    assert!(!reversed.html.contains("svg class=\"payers\""), "nothing stands of it");
    assert!(!reversed.html.contains("avis_demo_try"), "a key is shown nowhere");
}

#[test]
fn a_hold_is_taken_in_part_and_voided_and_what_the_state_forbids_is_refused_in_words() {
    let server = Server::start();
    let desk = Page::get(&server, "/try");
    let mut three = Page::get(&server, &desk.link("The same ticket in the app: half price")).filled("till", "hold");
    set(&mut three, "quantity", "3");
    let held = Page::post(&server, &three);
    assert!(held.text().contains("of €21.45 Held"), "{}", held.text());
    let mut taking = held.filled("operation", "capture");
    set(&mut taking, "units-1", "2");
    let taken = Page::post(&server, &taking);
    assert_eq!(taken.payers(), paid("€7.14", &[("lv-state", "€7.16")]), "{}", taken.text());
    let voided = taken.press(&server, "operation", "void");
    assert!(voided.text().contains("Voided"), "{}", voided.text());
    // An old page that is sent after it.
    let late = taken.press(&server, "operation", "refund");
    assert_eq!(late.status, 422);
    assert!(late.text().contains("refuses this"), "{}", late.text());
    let mut none = held.filled("operation", "capture");
    set(&mut none, "units-1", "0");
    assert!(Page::post(&server, &none).text().contains("Name at least one unit"));
}

#[test]
fn every_reason_has_an_example_for_which_the_engine_gives_it() {
    let server = Server::start();
    let file = std::fs::read_to_string(demo_data().join("simulator.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    let start = Page::get(&server, "/try");
    let mut seen = Vec::new();
    for example in file["examples"].as_array().unwrap() {
        let page = Page::get(&server, &start.link(example["title"]["en"].as_str().unwrap()));
        assert_eq!(page.status, 200, "{example}: {}", page.text());
        let Some(reason) = example["reason"].as_str() else { continue };
        let first = between(&page.html, "<h2 id=\"reasons\">", "</li>").next().map(plain).unwrap_or_default();
        let is_unfunded = reason == "unfunded" && page.text().contains("(unfunded)");
        assert!(first.ends_with(&format!("({reason})")) || is_unfunded, "{reason}: {first} {}", page.text());
        seen.push(reason.to_owned());
    }
    seen.sort_unstable();
    assert_eq!(seen, avis_core::Reason::ALL.map(|reason| reason.word().to_owned()));
}

#[test]
fn points_are_earned_and_pay_and_a_coupon_is_taken_once() {
    let server = Server::start();
    let start = Page::get(&server, "/try");
    let shop = Page::get(&server, &start.link("Points and a coupon in the shop"));
    assert!(shop.text().contains("Coupon: taken"), "{}", shop.text());
    let sold = shop.press(&server, "till", "sell");
    assert!(sold.text().contains("Sold"), "{}", sold.text());
    let next = Page::get(&server, &format!("{}&points=max", sold.link("The next sale")));
    assert!(next.text().contains("Coupon: used before"), "{}", next.text());
    let payers = next.payers();
    assert!(payers.iter().any(|(who, amount)| who == "Points" && amount != "€0.00"), "{payers:?}");
}

#[test]
fn a_sale_without_a_connection_waits_and_is_uploaded() {
    let server = Server::start();
    let app = Page::get(&server, &Page::get(&server, "/try").link("The same ticket in the app: half price"));
    let offline = Page::get(&server, &app.link("Go offline"));
    assert!(offline.text().contains("No connection"), "{}", offline.text());
    let mut keeping = offline.filled("till", "keep");
    set(&mut keeping, "grant", "lv-goda-gimene:4");
    set(&mut keeping, "granted", "4.00");
    let kept = Page::post(&server, &keeping);
    assert!(kept.text().contains("waits on the till"), "{}", kept.text());
    let uploaded = kept.press(&server, "operation", "upload");
    assert!(uploaded.text().contains("Sold"), "{}", uploaded.text());
    // It gave 42 cents more than was due.
    assert!(uploaded.text().contains("The grantor bears €0.42, the provider €0.00"), "{}", uploaded.text());
}

#[test]
fn why_it_came_out_so_is_told_with_each_condition() {
    let server = Server::start();
    let app = Page::get(&server, &Page::get(&server, "/try").link("The same ticket in the app: half price"));
    let why = Page::get(&server, &app.link("Why?")).text();
    assert!(why.contains("buys by desk or conductor✗ noapp"), "{why}");
    assert!(
        why.contains("in one of the groups goda-gimene or goda-gimene-disabled-child✓ yes")
            && why.contains("gave €3.58"),
        "{why}"
    );
}

#[test]
fn bad_input_is_named_and_changes_nothing() {
    let server = Server::start();
    let good =
        "terminal=try-bus&channel=app&at=2026-11-18T08:12&means=anna&product=transport.bus.regional.single&quantity=1";
    for (query, told, field) in [
        (good.replace("anna", "nobody-else"), "There are no such means here", "means"),
        (good.replace("quantity=1", "quantity=1000001"), "Expected a whole number from 1 to 1,000,000", "quantity-1"),
        (format!("{good}&price=10000000000,01"), "at most €10,000,000,000.00", "price-1"),
        (good.replace("2026-11-18T08:12", "tomorrow"), "Expected a day and a time", "at"),
        (format!("{good}&sale=7"), "Expected the id that this page gave", "sale"),
        (
            format!("terminal=try-bus{}", "&product=transport.bus.regional.single".repeat(21)),
            "at most 20 lines",
            "product",
        ),
    ] {
        let page = Page::get(&server, &format!("/try?{query}"));
        assert!(page.text().contains(told), "{told}: {}", page.text());
        assert!(page.html.contains(&format!("href=\"#{field}\"")), "{field}: {}", page.html);
        let mut fields: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        fields.push(("do".to_owned(), format!("sell:{}", crate::deployment::new_id())));
        let sent = Page::post(&server, &fields);
        assert_eq!(sent.status, 422, "{told}: {}", sent.text());
        assert!(!sent.text().contains("POST /v1/authorizations"), "{}", sent.text());
    }
    let long = Page::get(&server, &format!("/try?terminal=try-bus&means={}", "x".repeat(20_000)));
    assert_eq!(long.status, 413, "{}", long.text());
    let strange = Page::get(&server, "/try?terminal=elsewhere&channel=desk");
    assert!(strange.status == 404 && strange.text().contains("no such terminal"), "{}", strange.text());
    let sell = [("do".to_owned(), format!("sell:{}", crate::deployment::new_id()))];
    let elsewhere = [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(server.post("/try", &elsewhere, encoded(&sell)).status, 403);
}

#[test]
fn an_installation_has_a_simulator_if_its_settings_name_a_file() {
    let folder = Folder::new("simulator");
    let avis = format!("{}/avis", folder.path());
    import_demo(&avis);
    let serve = ["serve", "--listen", "127.0.0.1:0", "--folder", &avis];
    let without = Server::run(&serve, " terminals.\n");
    let page = Page::get(&without, "/try");
    assert!(page.status == 404 && page.text().contains("admin.simulator"), "{}", page.text());
    without.stop();

    let mut file: Value = serde_json::from_slice(&std::fs::read(demo_data().join("simulator.json")).unwrap()).unwrap();
    let path = folder.write("simulator.json", &file);
    let with = Server::run_in(&[("AVIS_ADMIN__SIMULATOR", &path)], &serve, " terminals.\n");
    assert_eq!(Page::get(&with, "/try").payers(), paid("€0.00", &[("lv-state", "€7.15")]));
    with.stop();

    file["open"] = Value::Bool(false);
    folder.write("simulator.json", &file);
    let closed = Server::run_in(&[("AVIS_ADMIN__SIMULATOR", &path)], &serve, " terminals.\n");
    assert_eq!(Page::get(&closed, "/try").status, 401);
    closed.stop();

    file["means"][0]["name"] = Value::from("Anna");
    folder.write("simulator.json", &file);
    let refused = crate::program::avis_in(&[("AVIS_ADMIN__SIMULATOR", &path)], &serve);
    assert!(refused.code == 2 && refused.err.contains("/means/0/name"), "{}", refused.err);
}

#[test]
fn staff_see_the_same_sale_beside_a_draft() {
    let server = Server::start();
    let editor = Plane(&server).sign_in_with("elza@state.example", DEMO_PASSWORD);
    let catalogue = std::fs::read(demo_data().join("catalogue.json")).unwrap();
    let catalogue: Value = serde_json::from_slice(&catalogue).unwrap();
    let is_it = |benefit: &&Value| benefit["code"] == "lv-goda-gimene" && benefit["version"] == 4;
    let mut content = catalogue["benefits"].as_array().unwrap().iter().find(is_it).unwrap().clone();
    for name in ["code", "version", "grantor"] {
        content.as_object_mut().unwrap().remove(name);
    }
    content["effect"]["percent"]["rate"] = Value::from(6000);
    content["valid"]["from"] = Value::from("2026-01-01");
    let body = serde_json::json!({"code": "lv-goda-gimene", "base": 4, "content": content, "cases": []});
    let draft = Plane(&server).done(&editor, "/drafts", None, &body);

    let as_editor = |path: &str| Page::of(server.get_with(path, &[("accept-language", "en"), ("cookie", &editor)]));
    let app = Page::get(&server, "/try").link("The same ticket in the app: half price");
    assert!(as_editor(&app).html.contains("id=\"drafted\""));
    let mut fields = as_editor(&app).filled("drafted", "compare");
    set(&mut fields, "draft", draft["id"].as_str().unwrap());
    let headers = [
        ("accept-language", "en"),
        ("cookie", &*editor),
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
    ];
    let beside = Page::of(server.post("/try", &headers, encoded(&fields)));
    assert_eq!(beside.table("Beside a draft"), [["The person", "€3.57", "€2.86"], ["lv-state", "€3.58", "€4.29"]]);
    assert!(!Page::get(&server, &app).html.contains("id=\"drafted\""), "nobody else is offered a draft");
}

#[test]
fn who_presents_a_means_in_the_file_is_who_the_demo_knows() {
    let file = std::fs::read(demo_data().join("simulator.json")).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    let people = std::fs::read_to_string(demo_data().join("holders.ndjson")).unwrap();
    let people: Vec<Value> = people.lines().take(10).map(|line| serde_json::from_str(line).unwrap()).collect();
    let holders = file["means"].as_array().unwrap().iter().filter_map(|means| means.get("holder"));
    let mut count = 0;
    for holder in holders {
        assert!(people.contains(holder), "{holder}");
        count += 1;
    }
    assert!(count >= 7, "{count}");
}
