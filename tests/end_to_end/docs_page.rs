//! `/docs`: a newcomer finds it, and its lines do what they say.

use std::process::Command;

use avis_core::Reason;
use avis_server::http::Code;
use serde_json::Value;

use crate::program::{Folder, Server, demo_data};

#[test]
fn it_is_found_from_the_root_and_where_the_program_starts() {
    let folder = format!("{}/avis", Folder::new("docs-page").path());
    for server in [Server::start(), Server::serve(&folder)] {
        let page = server.get("/docs");
        // The client follows what it is told.
        assert_eq!(server.get("/docs/").text, page.text);
        assert!(server.get("/").text.contains("<a href=\"/docs\">"));
        assert!(server.welcome.contains(&format!("\nHow to call it: {}\n", server.url("/docs"))), "{}", server.welcome);
        assert!(server.welcome.contains(" serves the folder "), "{}", server.welcome);
    }
    let server = Server::start();
    assert!(server.welcome.contains("avis") && server.post("/docs", &[], "").status == 405);
}

#[test]
fn it_tells_how_to_authenticate_and_every_reason_and_problem() {
    let server = Server::start();
    let page = plain(&server.get("/docs").text);
    assert!(page.contains("authorization: Bearer KEY"));
    for code in Code::ALL {
        let row = format!(
            "{} {} {} {} {}",
            code.status().as_u16(),
            code.word(),
            code.recorded().word(),
            code.statement(),
            code.remedy()
        );
        assert!(page.contains(&row.replace('`', "")), "{row}");
    }
    for reason in Reason::ALL {
        assert!(page.contains(&format!("{} {}", reason.word(), reason.statement())), "{}", reason.word());
    }
    assert!(!server.get("/docs").text.contains("<details>"), "examples are open");
}

/// The page's text, cells apart.
fn plain(html: &str) -> String {
    let html = html.replace("</td><td>", " ");
    let text: String = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Pastes every line of the page into one shell, in their order.
#[test]
fn every_line_for_a_shell_is_answered() {
    let server = Server::start();
    let page = server.get("/docs").text;
    let set_up = plain(page.split("<pre tabindex=\"0\"><code>").nth(1).unwrap().split("</code>").next().unwrap());
    let lines: Vec<String> =
        page.split("<code class=\"curl\">").skip(1).map(|rest| plain(rest.split("</code>").next().unwrap())).collect();
    let document = server.get("/openapi.json").json();
    let count: usize =
        document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(lines.len(), count, "each call has one");
    let data = demo_data().join("loyalty");
    let arguments = ["demo", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let merchants = Server::run(&arguments, "Stop with Ctrl-C.\n");
    let mut script = set_up.replace("http://127.0.0.1:8320", &server.url("")) + "\n";
    for line in &lines {
        // Programmes, and who enrols in them, are those of the other demo.
        let line = line.replace("$AVIS/v1/members", &merchants.url("/v1/members"));
        let line = line.replace("$AVIS/v1/means", &merchants.url("/v1/means"));
        let line = line.replacen("curl -s ", "curl -sS -w '\\n%{http_code}\\n==\\n' ", 1);
        // What a person does with the answer to the hold.
        let is_hold = line.contains("/v1/authorizations\" ");
        let keep = "ID=$(echo \"$ANSWER\" | sed -n 's/.*\"authorization_id\":\"\\([^\"]*\\)\".*/\\1/p')";
        script += &if is_hold { format!("ANSWER=$({line})\necho \"$ANSWER\"\n{keep}\n") } else { line + "\n" };
    }
    let ran = Command::new("sh").arg("-c").arg(&script).output();
    let output = ran.unwrap();
    let (told, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if failed.contains("curl: not found") {
        eprintln!("SKIPPED: the lines of /docs were not run, since there is no curl");
        return;
    }
    let answers: Vec<&str> = told.split("\n==\n").filter(|answer| !answer.trim().is_empty()).collect();
    assert_eq!(answers.len(), lines.len(), "{told}\n{failed}");
    for (line, answer) in lines.iter().zip(answers) {
        let (body, status) = answer.trim_end().rsplit_once('\n').unwrap_or(("", answer));
        // Nobody was given the code of the example.
        let guessed = line.contains("/v1/means\"") && body.contains("\"pointer\":\"/code\"");
        // What was captured whole is voided by the line after it, and then has nothing to give back.
        let voided = serde_json::from_str::<Value>(body).is_ok_and(|problem| problem["state"] == "voided");
        let is_as_expected = status == "200" || (status == "409" && voided) || (status == "422" && guessed);
        assert!(is_as_expected, "{line}\n{answer}\n{failed}");
    }
}
