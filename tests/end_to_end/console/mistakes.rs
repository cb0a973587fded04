//! What people do by mistake: a form is sent twice, something is sought that can't be, or more is sent than can be read.

use super::drafted;
use super::person::Person;
use crate::program::Server;

#[test]
fn a_form_sent_twice_is_done_once_and_nothing_comes_from_elsewhere() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let page = editor.get("/groups");
    let fields = [("code", "quay"), ("reason", "a new one")];
    for _ in 0..2 {
        let done = editor.step_of(&page, "/groups", "make", &fields);
        assert_eq!(done.leads_to(), "/groups?done=group-made");
    }
    let again = editor.step("/groups", "make", &fields);
    assert_eq!(again.status, 409, "{}", again.text());
    let (field, fault) = ("id=\"make-code\" name=\"code\" value=\"quay\"", "role=\"alert\"");
    assert!(again.html.contains(field) && again.html.contains(fault), "{}", again.html);
    for site in ["cross-site", "same-site", "none"] {
        let sent = editor.send_from(site, "/groups", &[("do", "make"), ("code", "pier"), ("reason", "from elsewhere")]);
        assert_eq!(sent.status, 403, "{site}");
    }
    assert!(!editor.get("/groups").text().contains("pier"));
    let file = "--cut\r\ncontent-disposition: form-data; name=\"do\"\r\n\r\nimport\r\n--cut--\r\n";
    let sent = editor.send_body_from("cross-site", "/lists", "multipart/form-data; boundary=cut", file);
    assert_eq!(sent.status, 403, "{}", sent.text());
}

#[test]
fn what_is_sought_wrongly_stands_in_its_form_with_the_fault_beside_it() {
    let server = Server::start();
    let (auditor, provider) =
        (Person::user(&server, "ruta@audit.example"), Person::user(&server, "peteris@atd.example"));
    for (person, path, field, typed) in [
        (&provider, "/sales?from=never&until=2026-11-18", "from", "never"),
        (&provider, "/figures?from=2026-11-18&to=soon", "to", "soon"),
        (&auditor, "/audit?object_kind=draft", "object_key", ""),
        (&auditor, "/indicators?since=2026-11-18", "since", "2026-11-18"),
    ] {
        let page = person.get(path);
        assert_eq!(page.status, 422, "{path}: {}", page.text());
        let led = page.html.contains(&format!("href=\"#by-{field}\""));
        let typed = page.html.contains(&format!("id=\"by-{field}\" name=\"{field}\" value=\"{typed}\""));
        assert!(led && typed && page.html.contains(&format!("id=\"by-{field}-fault\"")), "{path}: {}", page.html);
        assert!(page.html.contains("<table") || page.html.contains("class=\"empty\""), "{path} shows nothing");
    }
    let day = provider.step("/days", "look", &[("date", "")]);
    assert!(day.status == 422 && day.html.contains("href=\"#look-date\""), "{}", day.text());
}

#[test]
fn what_can_not_be_read_is_answered_by_a_page_in_the_language_of_who_sent_it() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let many = vec!["a=b"; 3_000].join("&");
    let large = format!("do=make&code={}", "x".repeat(4 * 1024 * 1024));
    for (body, status, told) in [
        (&*many, 413, ["It is larger than a form may be.", "Tas ir lielāks, nekā veidlapa drīkst būt."]),
        (&*large, 413, ["It is larger than a form may be.", "Tas ir lielāks, nekā veidlapa drīkst būt."]),
        ("do=nothing", 400, ["It could not be done.", "To nevarēja izdarīt."]),
    ] {
        for (language, told) in ["en", "lv"].into_iter().zip(told) {
            editor.choose("avis-language", language);
            let page = editor.send_body("/groups", "application/x-www-form-urlencoded", body);
            assert!(page.status == status && page.text().contains(told), "{}: {}", page.status, page.text());
        }
    }
    editor.choose("avis-language", "en");
    let elsewhere = editor.send_from("cross-site", "/groups", &[("do", "make"), ("code", "pier")]);
    assert!(elsewhere.text().contains("It was sent from another site"), "{}", elsewhere.text());
    // A draft within the bound of forms may still be larger than the control plane takes.
    let draft = drafted(&editor);
    let content = format!("{{\"x\": \"{}\"}}", "y".repeat(2 * 1024 * 1024));
    let saved = editor.step(&draft, "save", &[("content", &content)]);
    assert_eq!(saved.status, 413, "{}", saved.text().get(..2_000).unwrap_or_default());
}
