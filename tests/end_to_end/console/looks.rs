//! Every page in a real browser: it fits its window, says nothing on the browser's console, and is accessible as far as a machine can
//! tell, in both languages, both widths and both themes.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use avis_testing::eventually;
use serde_json::json;

use super::browser::Browser;
use super::person::Person;
use super::{USERS, drafted, merchant, money, operators, shop, why};
use crate::program::Server;

/// Rules by which pages are looked at: WCAG 2.2 up to AA.
const TAGS: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/// Pixels into which what stands on a page still fits.
const NARROWEST: u32 = 320;
/// Pixels of the ways to other pages, at most: three rows.
const NAVIGATION_MAX: i64 = 3 * 50;
const AXE: &str = "axe-core@4.11.0";

/// Pages behind the rooms, with a user who sees them.
pub(super) const BEHIND: &[(&str, &str)] = &[
    ("elza@state.example", "/benefits/lv-goda-gimene"),
    ("elza@state.example", "/benefits/lv-goda-gimene/4"),
    ("elza@state.example", "/benefits/lv-goda-gimene/4/differences"),
    ("elza@state.example", "/try?benefit=lv-goda-gimene"),
    ("elza@state.example", "/drafts/new"),
    ("elza@state.example", "/priorities/atd"),
    ("aivars@state.example", "/benefits/stop"),
    ("peteris@atd.example", "/terminals/atd-desk"),
    ("solvita@shop.example", "/programmes/demo-points"),
    ("solvita@shop.example", "/drafts/new?kind=program"),
    ("solvita@shop.example", "/campaigns/demo-hundred"),
    ("solvita@shop.example", "/adjustments"),
    ("elza@state.example", "/figures/unused?benefit=lv-goda-gimene"),
    ("olga@operator.example", "/indicators?since=2026-01-01"),
    ("ruta@audit.example", "/audit/1"),
    ("ruta@audit.example", "/audit/people"),
    ("elza@state.example", "/account"),
    ("olga@operator.example", "/prices/demo-shop"),
    ("olga@operator.example", "/ground/slots/fare"),
    ("olga@operator.example", "/ground/calendars"),
    ("elza@state.example", "/groups/goda-gimene"),
    ("solvita@shop.example", "/campaigns"),
    ("elza@state.example", "/choices"),
    ("peteris@atd.example", "/providers/atd"),
    ("olga@operator.example", "/providers/atd"),
    ("olga@operator.example", "/parties/demo-shop"),
    ("ada@state.example", "/parties/lv-state"),
];
/// Pages of who did not sign in.
const OPEN: &[&str] = &["/sign-in", "/join", "/help", "/try"];

/// How a page is looked at.
#[derive(Clone, Copy)]
struct Way {
    language: &'static str,
    theme: &'static str,
    width: u32,
}

/// Every way: languages, themes and widths.
fn ways() -> impl Iterator<Item = Way> {
    let languages = ["lv", "en"].into_iter();
    let themed = languages.flat_map(|language| ["light", "dark"].map(|theme| (language, theme)));
    themed.flat_map(|(language, theme)| [1280, 390].map(|width| Way { language, theme, width }))
}

/// axe's script; none where npm or its registry can't be had.
pub(super) fn axe() -> Option<String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let script = folder.join("package/axe.min.js");
    if !script.exists() {
        fs::create_dir_all(&folder).unwrap();
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command
                .current_dir(&folder)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            command.output().ok().filter(|output| output.status.success())
        };
        let packed = run("npm", &["pack", "--silent", AXE])?;
        let name = String::from_utf8(packed.stdout).unwrap();
        run("tar", &["xzf", Path::new(name.trim()).to_str().unwrap()])?;
    }
    fs::read_to_string(script).ok()
}

/// Somebody who looks at pages.
struct Looker<'s> {
    browser: &'s Browser,
    server: &'s Server,
    axe: Option<String>,
    /// Pages that were looked at in every way.
    seen: HashSet<String>,
    /// Where a picture of each page is kept in each way; none are kept without it.
    pictures: Option<PathBuf>,
    /// Whether each user looks at each page in every way.
    is_thorough: bool,
}

impl Looker<'_> {
    /// Looks at a page: the first who sees it in every way, others in one.
    fn look(&mut self, who: &str, path: &str, usual: usize) {
        let is_new = self.seen.insert(path.to_owned());
        let all: Vec<Way> = ways().collect();
        let chosen = if is_new || self.is_thorough { all.clone() } else { vec![all[usual % all.len()]] };
        for Way { language, theme, width } in chosen {
            self.browser.choose("avis-language", language);
            self.browser.choose("avis-theme", theme);
            self.browser.resize(width);
            self.browser.open(&self.server.url(path));
            let browser = self.browser;
            eventually("a page", || browser.run("return document.querySelector('h1') !== null"), |is| *is == true);
            let widest = browser.run("return document.documentElement.scrollWidth");
            assert!(widest.as_i64().unwrap() <= i64::from(width), "{path} at {width}: {widest}");
            // On a telephone the ways to other pages leave the page to be seen.
            let ways = browser.run("return document.querySelector('header nav')?.offsetHeight ?? 0");
            assert!(ways.as_i64().unwrap() <= NAVIGATION_MAX, "{who} {path} at {width}: {ways}");
            assert_eq!(browser.run("return document.documentElement.lang"), language);
            assert_eq!(browser.run("return document.documentElement.dataset.theme"), theme);
            self.browser.resize(NARROWEST);
            let widest = browser.run("return document.documentElement.scrollWidth");
            assert!(widest.as_i64().unwrap() <= i64::from(NARROWEST), "{path} at {NARROWEST}: {widest}");
            self.browser.resize(width);
            if let Some(folder) = &self.pictures {
                let named = path.split('?').next().unwrap().trim_matches('/').replace('/', "-");
                let name = if named.is_empty() { "start" } else { &named };
                fs::write(folder.join(format!("{name}-{language}-{width}-{theme}.png")), browser.picture()).unwrap();
            }
            if let Some(axe) = &self.axe {
                judged(browser, axe, &format!("{who} {path} {language} {theme} {width}"));
            }
            assert_eq!(browser.said(), Vec::<String>::new(), "{path}");
        }
    }
}

/// What the demo has none of yet, made to be looked at, with a user who sees it.
pub(super) fn made(server: &Server) -> Vec<(&'static str, String)> {
    let (editor, shop) = (Person::user(server, "elza@state.example"), Person::user(server, "solvita@shop.example"));
    let draft = drafted(&editor);
    let list = Person::user(server, "rita@riga.example");
    let list = money::sent_with_file(
        &list,
        "/lists",
        "import",
        &[("group", "jelgava-pensioner"), ("reason", "a try")],
        "scheme,value\n",
    );
    Person::user(server, "klinta@centre.example").step("/forms", "print", &[("count", "2")]);
    let administrator = Person::user(server, "ada@state.example");
    let user = administrator.get("/users").html.split("href=\"/users/").nth(1).map(super::until_quote).unwrap();
    let mut made = money::settled(server);
    made.extend([
        ("klinta@centre.example", "/forms/print".to_owned()),
        ("klinta@centre.example", "/forms/000001-8".to_owned()),
        ("elza@state.example", format!("{draft}?open=who")),
        ("elza@state.example", format!("{draft}/history")),
        ("elza@state.example", format!("{draft}/changed-cases")),
        ("elza@state.example", format!("{draft}/differences")),
        ("elza@state.example", why::sold(server)),
        ("ada@state.example", format!("/users/{user}")),
        ("solvita@shop.example", operators::service(&shop)),
        ("solvita@shop.example", shop::coupons(&shop)),
        ("solvita@shop.example", format!("{}?open=earn", merchant::drafted(&shop))),
        ("rita@riga.example", list.leads_to().split('?').next().unwrap().to_owned()),
    ]);
    made
}

#[test]
fn every_page_fits_its_window_and_is_accessible_in_both_languages_widths_and_themes() {
    let server = Server::start();
    let browser = Browser::start();
    let axe = axe();
    if axe.is_none() {
        eprintln!("SKIPPED: pages were not looked at by axe, since npm can't get {AXE}");
    }
    let is_thorough = std::env::var("CONSOLE_LOOKS").is_ok_and(|looks| looks == "all");
    let pictures = std::env::var_os("CONSOLE_PICTURES").map(PathBuf::from);
    pictures.iter().for_each(|folder| fs::create_dir_all(folder).unwrap());
    let mut looker = Looker { browser: &browser, server: &server, axe, seen: HashSet::new(), pictures, is_thorough };
    let made = made(&server);
    browser.open(&server.url("/help"));
    OPEN.iter().for_each(|path| looker.look("nobody", path, 0));
    for (place, (email, ..)) in USERS.into_iter().enumerate() {
        browser.sign_in(&server, email);
        let rooms = browser.run("return [...document.querySelectorAll('nav a')].map(a => a.pathname)");
        let rooms = rooms.as_array().unwrap().iter().map(|room| room.as_str().unwrap().to_owned());
        let behind = BEHIND.iter().filter(|(whose, _)| *whose == email).map(|(_, path)| (*path).to_owned());
        let own = made.iter().filter(|(whose, _)| *whose == email).map(|(_, path)| path.clone());
        for path in rooms.chain(behind).chain(own) {
            looker.look(email, &path, place);
        }
        // Who comes next is not to meet who was here.
        browser.open(&server.url("/"));
        browser.run("document.querySelector('form[action=\"/sign-out\"] button').click()");
        eventually("a sign-out", || browser.run("return location.pathname"), |path| path == "/sign-in");
    }
}

/// Looks at a page by axe.
pub(super) fn judged(browser: &Browser, axe: &str, page: &str) {
    browser.run(axe);
    let script = format!(
        "const done = arguments[arguments.length - 1]; axe.run({{runOnly: {}}}).then(found => done(found.violations.map(one => \
         one.id + ': ' + one.nodes.map(node => node.html).join(' | '))))",
        json!(TAGS)
    );
    let found = browser.post("/execute/async", &json!({"script": script, "args": []}));
    assert_eq!(found, json!([]), "{page}");
}

/// Bytes that a browser gets, not compressed: the page, the stylesheet, all scripts, all of a first visit, and all of a later one.
const WEIGHTS: [(&str, i64); 5] =
    [("page", 40_000), ("style", 24_000), ("script", 48_000), ("first", 120_000), ("later", 45_000)];

#[test]
fn a_browser_gets_no_more_than_the_weights_and_no_asset_again() {
    let server = Server::start();
    let browser = Browser::start();
    let script = "const all = performance.getEntriesByType('resource'); const page = performance.getEntriesByType('navigation')[0]; \
                  const sum = entries => entries.reduce((sum, one) => sum + one.decodedBodySize, 0); \
                  const of = end => sum(all.filter(one => one.name.endsWith(end))); \
                  const got = all.filter(one => one.transferSize > 0); \
                  return {page: page.decodedBodySize, style: of('.css'), script: of('.js'), \
                          first: page.decodedBodySize + sum(all), later: page.decodedBodySize + sum(got), again: got.map(one => one.name)}";
    let weighed = |path: &str| {
        browser.open(&server.url(path));
        eventually("a page", || browser.run("return document.readyState"), |state| *state == "complete");
        browser.run(script)
    };
    let first = weighed("/try");
    assert!(first["style"].as_i64().unwrap() > 1_000 && first["script"].as_i64().unwrap() > 1_000, "{first}");
    let within = |weights: &serde_json::Value, names: &[&str]| {
        for (name, most) in WEIGHTS.iter().filter(|(name, _)| names.contains(name)) {
            assert!(weights[name].as_i64().unwrap() <= *most, "{name} {most}: {weights}");
        }
    };
    within(&first, &["page", "style", "script", "first"]);
    browser.sign_in(&server, "elza@state.example");
    for path in ["/", "/benefits/lv-goda-gimene", "/drafts", "/priorities/atd", "/figures", "/try"] {
        let later = weighed(path);
        within(&later, &["page", "style", "script", "later"]);
        assert_eq!(later["again"], json!([]), "{path}");
    }
}

#[test]
fn a_row_is_dragged_onto_a_place_as_its_button_would_move_it() {
    let server = Server::start();
    let browser = Browser::start();
    browser.sign_in(&server, "elza@state.example");
    browser.open(&server.url("/priorities/atd"));
    let dragged = browser.run(
        "const row = document.querySelector(\"form[id^='move:']\").closest('tr'); const rows = [...row.parentNode.children]; \
         const to = rows[rows.length - 1] === row ? rows[0] : rows[rows.length - 1]; const data = new DataTransfer(); \
         const send = (what, at) => at.dispatchEvent(new DragEvent(what, {bubbles: true, cancelable: true, dataTransfer: data})); \
         send('dragstart', row); const takes = !send('dragover', to); send('drop', to); return row.draggable && takes",
    );
    assert_eq!(dragged, true);
    eventually(
        "a draft",
        || browser.run("return location.pathname"),
        |path| path.as_str().is_some_and(|path| path.starts_with("/drafts/")),
    );
}

#[test]
fn a_fault_takes_the_focus_and_leads_to_its_field() {
    let server = Server::start();
    let browser = Browser::start();
    browser.sign_in(&server, "elza@state.example");
    browser.open(&server.url("/groups"));
    browser.run("document.querySelector('#make button').click()");
    eventually("a fault", || browser.run("return document.activeElement.className"), |class| class == "summary");
    browser.run("document.querySelector('.summary a').click()");
    let focused = || browser.run("return document.querySelector(location.hash)?.name");
    eventually("the field of the fault", focused, |name| name == "code");
}
