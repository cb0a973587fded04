//! Signing in through a real provider of OpenID Connect, from the pages of the console.

use std::net::TcpListener;
use std::path::Path;

use avis_testing::IdentityProvider;

use super::person::{Page, Person};
use crate::program::{ANY_TIME, Folder, Server, demo_data};

const SECRET: &str = "a secret: of /two+ parts";

/// An address that nothing listens on now: the provider has to know it before the program starts.
fn free_address() -> String {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().to_string()
}

/// Goes through the provider as a browser does, as somebody; where it sends the browser on this host.
fn walked(location: &str, who: &str, own: &str) -> String {
    let config = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).proxy(None);
    let agent: ureq::Agent = config.max_redirects_will_error(false).build().into();
    let issuer = location.split('/').take(3).collect::<Vec<_>>().join("/");
    let (mut address, mut cookies) = (format!("{location}&login_hint={who}"), Vec::<String>::new());
    for _ in 0..10 {
        let answer = agent.get(&address).header("cookie", cookies.join("; ")).call().unwrap();
        let set = answer.headers().get_all("set-cookie").iter();
        cookies.extend(set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned()));
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        if let Some(path) = location.strip_prefix(own) {
            return path.to_owned();
        }
        address = if location.starts_with('/') { format!("{issuer}{location}") } else { location };
    }
    panic!("the provider sends the browser nowhere");
}

/// The link of a page to somewhere else.
fn way_out(page: &Page) -> String {
    let link = page.html.split("class=\"go\" href=\"").nth(1).unwrap();
    super::until_quote(link).replace("&#38;", "&")
}

#[test]
fn who_was_invited_joins_through_a_provider_and_signs_in_by_its_button() {
    let address = free_address();
    let own = format!("http://{address}");
    let redirect = format!("{own}/admin/v1/auth/staff/callback");
    let Some(provider) = IdentityProvider::start(Path::new(env!("CARGO_TARGET_TMPDIR")), SECRET, &[&redirect]) else {
        return;
    };
    let folder = Folder::new("console-through");
    folder.write("staff.secret", &format!("{SECRET}\n"));
    let staff =
        format!("issuer = \"{}\"\nclient_id = \"avis\"\nclient_secret_file = \"staff.secret\"", provider.issuer);
    let file = folder.write("providers.toml", &format!("address = \"{own}\"\n\n[providers.staff]\n{staff}\n"));
    let data = demo_data();
    let arguments = ["demo", "--listen", &address, "--data", data.to_str().unwrap()];
    let environment = [&ANY_TIME[..], &[("AVIS_LOGIN__PROVIDERS", &file)]].concat();
    let server = Server::run_in(&environment, &arguments, "Stop with Ctrl-C.\n");

    let invited = Person::user(&server, "ada@state.example");
    let invited = invited.step("/users", "invite", &[("party", "lv-state"), ("role", "ed")]);
    let link = invited.html.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let person = Person::nobody(&server, "en");
    let fields = [("provider", "staff"), ("link", &link), ("email", "nora@state.example"), ("name", "Nora Nora")];
    let goes_on = person.step("/join", "through", &fields);
    assert_eq!(goes_on.status, 200, "{}", goes_on.text());
    let back = walked(&way_out(&goes_on), "nora", &own);
    assert_eq!(person.get(&back).leads_to(), "/");
    assert!(person.get("/").text().contains("Good day, Nora Nora"), "{}", person.get("/").text());

    let another = Person::nobody(&server, "lv");
    let page = another.get("/sign-in");
    assert!(page.text().contains("Pieteikties caur staff") && page.steps().contains(&"sign_in"), "{}", page.text());
    // What comes to nothing at the provider leads a browser to a page that says so, and a program to a refusal.
    let asked = person.get_as("text/html", "/admin/v1/auth/staff/callback?state=nothing");
    let told = another.get(&asked.leads_to());
    assert!(told.status == 200 && told.text().contains("Pieteikšanās caur"), "{}", told.text());
    let refused = person.get_as("application/json", "/admin/v1/auth/staff/callback?state=nothing");
    assert!(refused.status == 401 && refused.header("content-type") == "application/problem+json", "{}", refused.html);
    let loses = "Piesakoties šādi, ierakstītais zūd.";
    let asked = another.send("/account", &[("do", "end_session"), ("id", "1")]);
    assert!(asked.status == 401 && asked.text().contains(loses), "{}", asked.text());
    assert!(!page.text().contains(loses), "nothing was typed before");
    let back = walked(&another.get(&way_out(&page)).leads_to(), "nora", &own);
    another.get(&back).leads_to();
    assert!(another.get("/").text().contains("Labdien, Nora Nora"), "{}", another.get("/").text());
}
