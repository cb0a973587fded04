//! What an office does now and then: tokens for programs, what a party is called and may be, lists out, prices from a file, and lists
//! whose columns are called otherwise.

use avis_testing::eventually;
use serde_json::Value;

use super::money::{send_with_file, sent_with_file};
use super::person::{Page, Person};
use crate::program::Server;

#[test]
fn a_token_is_made_shown_once_used_and_ended() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    assert!(editor.get("/account").text().contains("There is no token."));
    let today = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    let until = today.tomorrow().unwrap().to_string();
    for (until, scopes, field) in
        [("", "benefits.stop", "until"), (&*until, "", "scopes"), ("2200-01-01", "me", "until")]
    {
        let refused =
            editor.step("/account", "make_token", &[("name", "nightly"), ("until", until), ("scopes", scopes)]);
        let at = format!("href=\"#make_token-{field}\"");
        assert!(refused.status == 422 && refused.html.contains(&at), "{until} {scopes}: {}", refused.text());
    }
    let fields = [("name", "nightly <b>job</b>"), ("until", &*until), ("scopes", "open.read")];
    let made = editor.step("/account", "make_token", &fields);
    let token = made.html.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(token.starts_with("avisu_"), "{}", made.text());
    let ask = |path: &str| {
        let request = ureq::get(server.url(&format!("/admin/v1{path}"))).config().http_status_as_error(false).build();
        request.header("authorization", format!("Bearer {token}")).call().unwrap().status().as_u16()
    };
    assert_eq!((ask("/benefits"), ask("/drafts")), (200, 403), "what is ticked, and nothing else");
    let listed = editor.get("/account");
    assert!(!listed.html.contains(&token) && !listed.html.contains("<b>job"), "shown once");
    assert!(listed.text().contains("nightly <b>job</b>") && listed.text().contains("open.read"), "{}", listed.text());
    let step = listed.steps().into_iter().find(|step| step.starts_with("end_token:")).unwrap().to_owned();
    editor.step_of(&listed, "/account", &step, &[]).leads_to();
    assert_eq!(ask("/benefits"), 401);
}

#[test]
fn a_party_is_named_by_its_own_and_closed_by_an_operator() {
    let server = Server::start();
    let operator = Person::user(&server, "olga@operator.example");
    let party = "/parties/demo-shop";
    assert!(operator.get("/parties").html.contains(&format!("href=\"{party}\"")));
    let (stale, shown) = (operator.get(party), operator.get(party));
    let named = [("en", "Corner <i>shop</i>"), ("contact", "desk@shop.example")];
    let saved = operator.step_of(&shown, party, "change", &named).leads_to();
    let text = operator.get(&saved).text();
    assert!(text.contains("Corner <i>shop</i>") && text.contains("desk@shop.example"), "{text}");
    let late = operator.step_of(&stale, party, "change", &[("en", "Another")]);
    assert!(late.status == 412 && !operator.get(party).text().contains("Another"), "{}", late.text());
    let nothing = operator.step(party, "change", &[("capacities", "")]);
    assert!(nothing.status == 422 && nothing.html.contains("href=\"#change-capacities\""), "{}", nothing.text());
    // A merchant stays one while nothing else is said of it.
    let shop = Person::user(&server, "solvita@shop.example");
    assert!(operator.get(party).form("change").contains(&("commercial".to_owned(), "yes".to_owned())));
    operator.step(party, "change", &[("state", "closed")]).leads_to();
    assert_eq!(shop.get("/programmes").status, 403, "no role counts in a closed party");

    let administrator = Person::user(&server, "ada@state.example");
    let own = administrator.get("/parties/lv-state");
    let fields: Vec<String> = own.form("change").into_iter().map(|(name, _)| name).collect();
    assert!(fields.contains(&"lv".to_owned()) && !fields.contains(&"state".to_owned()), "{fields:?}");
    administrator.step_of(&own, "/parties/lv-state", "change", &[("lv", "Valsts kase")]).leads_to();
    assert!(administrator.get("/parties/riga").steps().is_empty(), "another's is read");
}

#[test]
fn rules_terminals_and_people_are_taken_out_by_whom_the_policy_lets() {
    let server = Server::start();
    let lines = |page: &Page| -> Vec<Value> {
        assert_eq!(page.status, 200, "{}", page.text());
        page.html.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let why = [("reason", "a copy for the archive")];
    let editor = Person::user(&server, "elza@state.example");
    let rules = editor.step("/benefits", "export", &why);
    assert!(rules.header("content-disposition").contains("rules.ndjson"));
    assert!(lines(&rules).iter().any(|rule| rule["code"] == "lv-goda-gimene"));
    let provider = Person::user(&server, "peteris@atd.example");
    let terminals = lines(&provider.step("/terminals", "export", &why));
    assert!(terminals.iter().all(|terminal| terminal["provider"] == "atd" && terminal.get("keys").is_none()));
    let auditor = Person::user(&server, "ruta@audit.example");
    let people = lines(&auditor.step("/audit", "export:holders", &why));
    assert!(people.len() > 3_000 && people.iter().all(|holder| holder.get("holder").is_none()));
    assert!(auditor.step("/audit", "export:relations", &why).html.starts_with("scheme,key,guardian_scheme"));
    assert_eq!(auditor.step("/audit", "export:holders", &[("reason", "")]).status, 422);
    let administrator = Person::user(&server, "ada@state.example");
    assert!(!administrator.get("/audit").steps().iter().any(|step| step.starts_with("export")));
}

#[test]
fn prices_come_from_a_file_all_or_none_with_each_fault_by_its_line() {
    let server = Server::start();
    let provider = Person::user(&server, "olga@operator.example");
    let page = "/prices/demo-shop";
    let send = |dry_run: &str, file: &str| {
        sent_with_file(&provider, page, "file", &[("reason", "the season"), ("dry_run", dry_run)], file)
    };
    let bad = send(
        "",
        "Product;Price;From;Until\nshop.rye;1,99;2030-01-01;\nshop.oat;much;2030-01-01;\nshop.tea;2.49;soon;\n",
    );
    assert!(bad.status == 422 && bad.text().contains("line 3"), "{}", bad.text());
    let bad = send("", "product,price,from\nshop.rye,1.99,2030-01-01\nshop.tea,2.49,soon\n");
    assert!(bad.status == 422 && bad.text().contains("line 3: From"), "{}", bad.text());
    for (file, told) in [("product,price\n", "product, price, from"), ("", "product, price, from")] {
        let refused = send("", file);
        assert!(refused.status == 422 && refused.text().contains(told), "{}", refused.text());
    }
    // What a spreadsheet may hold that is not meant so is told, not read as nothing.
    for (file, told) in [
        ("product,price,from,untill\nshop.rye,1.99,2030-01-01,2030-01-31\n", "product, price, from"),
        ("product,price,from,reduced\nshop.rye,1.99,2030-01-01,perhaps\n", "line 2: expected yes or no"),
        ("product,price,from\nshop.rye,1.99,2030-01-01,more\n", "line 2: has other columns"),
        ("product,price,from\nshop.rye,1.99,\"2030-01-01\nshop.tea,2.49,2030-01-01\n", "line 2: a quote is not closed"),
    ] {
        let refused = send("", file);
        assert!(refused.status == 422 && refused.text().contains(told), "{file}: {}", refused.text());
    }
    assert!(send("", &"x".repeat(300_000)).text().contains("at most 200 KB"));
    assert!(!provider.get(page).text().contains("shop.rye"), "nothing was told");
    let good = "\u{feff}product,price,from,until,reduced\nshop.rye,1.99,2030-01-01,2030-01-31,\n\nshop.tea,2.49,2030-01-01,,Jā\n";
    let tried = send("yes", good);
    assert!(tried.status == 200 && !provider.get(page).text().contains("shop.rye"), "{}", tried.text());
    send("", good).leads_to();
    let told = provider.get(page).text();
    assert!(told.contains("shop.rye") && told.contains("shop.tea") && told.contains("reduced"), "{told}");
}

#[test]
fn columns_that_are_called_otherwise_are_said_in_a_form() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let file = "Karte;Veids;Piezīme\nANNA-0001;etalons;<b>zvanīja</b>\n";
    let asked = [("group", "orphan"), ("reason", "the list of the year"), ("dry_run", "")];
    let page = sent_with_file(&editor, "/lists", "import", &asked, file);
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Which column is what?") && page.text().contains("ANNA-0001"), "{}", page.text());
    assert!(!page.html.contains("<b>zvan"), "{}", page.html);
    let said = |pairs: &[(&str, &str)], file: &str| {
        send_with_file(&editor, "/lists/columns", page.form("import"), (pairs, file))
    };
    // What is twice the same is said at its column, and what was chosen stays.
    let twice = said(&[("column-0", "value"), ("column-1", "value")], file);
    assert!(twice.status == 422 && twice.html.contains("href=\"#import-column-1\""), "{}", twice.text());
    // A group that is none is mended on the page.
    let asked_again = page.form("import");
    assert!(asked_again.iter().any(|(name, value)| name == "group" && value == "orphan"), "{asked_again:?}");
    let other = said(&[("column-0", "value"), ("column-1", "scheme")], "other\n1\n");
    assert!(other.status == 422 && other.html.contains("href=\"#import-file\""), "{}", other.text());
    let begun = said(&[("column-0", "value"), ("column-1", "scheme"), ("column-2", "")], file).leads_to();
    let ended = |page: &Page| !page.html.contains("/progress?looks=");
    let done = eventually("a job that ended", || editor.get(&begun), ended).text();
    assert!(done.contains("Changed1") || done.contains("Changed 1"), "{done}");
    // Columns of one name are one thing.
    let one_name = sent_with_file(&editor, "/lists", "import", &asked, "Karte;Veids;;\nANNA-0001;etalons;;\n");
    let columns = [("column-0", "value"), ("column-1", "scheme"), ("column-2", "from"), ("column-3", "")];
    let refused = send_with_file(&editor, "/lists/columns", one_name.form("import"), (&columns, file));
    assert!(refused.status == 422 && refused.html.contains("href=\"#import-column-3\""), "{}", refused.text());
    // Names that are known need no form, whatever mark the file begins with.
    let known = sent_with_file(&editor, "/lists", "import", &asked, "\u{feff}scheme,value\netalons,KARLIS-0002\n");
    assert!(known.leads_to().starts_with("/lists/"));
}

#[test]
fn a_mistyped_number_keeps_the_page_and_invitations_are_told_apart() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    for number in ["0190f6a2-9000-7000-8000-000000000000", "12<b>3"] {
        let page = editor.get(&format!("/sales?number={}", number.replace('<', "%3C").replace('>', "%3E")));
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(
            page.text().contains("No sale of this number") && page.html.contains("by-number-fault"),
            "{}",
            page.text()
        );
        assert!(!page.html.contains("12<b>"), "what was typed stays, as text");
    }
    let administrator = Person::user(&server, "ada@state.example");
    for note in ["Nora", "the night desk"] {
        administrator.step("/users", "invite", &[("party", "lv-state"), ("role", "ed"), ("note", note)]);
    }
    let listed = administrator.get("/users").text();
    assert!(listed.contains("Nora") && listed.contains("the night desk"), "{listed}");
}
