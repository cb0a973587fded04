//! README's shell blocks and those of the guides, pasted from top to bottom into one shell.

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::program::{AVIS, Folder, ran_to_its_end};

/// What stands for programs that a test does not run: `cargo run` is the built program, a pager shows all.
const CARGO: &str = r#"#!/bin/bash
[ "$1" = run ] && [ "$2" = --release ] && [ "$3" = -- ] && [ "$5" != --cluster ] && { shift 3; exec avis "$@"; }
exit 0
"#;
const LESS: &str = "#!/bin/bash\nexec cat\n";

/// Ends what serves now, starts something else beside the shell, and waits for it.
const SERVE: &str = r#"
pasted_serve() {
  [ -z "$served" ] || { kill $served; wait $served; }
  "$@" >served.log 2>&1 & served=$!
  for _ in $(seq 600); do curl -sf $address/readyz >ready.log && return; sleep 0.1; done
  echo "FAILED to serve: $(cat served.log)"
}
trap 'echo "FAILED: $BASH_COMMAND"' ERR
"#;

/// The shell blocks of README, in order.
fn blocks() -> Vec<String> {
    blocks_of("README.md")
}

/// The shell blocks of a page, in order.
fn blocks_of(page: &str) -> Vec<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// A line as it is run here: what serves goes on beside the shell.
fn pasted(line: &str, serves: &[&str]) -> String {
    match serves.iter().find(|command| line.trim_end() == **command) {
        Some(command) => format!("pasted_serve {}", command.replace("cargo run --release --", "avis")),
        None => line.to_owned(),
    }
}

const DEMO: &str = "cargo run --release -- demo";
const INSTALLATION: &str = "avis serve --folder avis-data";

/// What each block wrote, where some of its commands go on beside the shell and others are left out.
fn paste(test: &str, blocks: &[String], serves: &[&str], left_out: &[&str]) -> Vec<String> {
    let folder = Folder::new(test);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    symlink(root.join("demo"), Path::new(folder.path()).join("demo")).unwrap();
    for (name, text) in [("cargo", CARGO), ("less", LESS)] {
        std::fs::set_permissions(folder.write(name, text), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut script = format!("address=http://{port}\n{SERVE}");
    for block in blocks {
        let lines = block.lines().filter(|line| !left_out.contains(&line.trim_end())).map(|line| pasted(line, serves));
        script += &lines.map(|line| line + "\n").collect::<String>().replace("127.0.0.1:8320", &port.to_string());
        script += "\necho; echo '== block =='\n";
    }
    script += "kill $served; wait $served\n";
    let path =
        format!("{}:{}:{}", folder.path(), Path::new(AVIS).parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-c", &script]).current_dir(folder.path()).env("PATH", path);
    bash.env("AVIS_HTTP__LISTEN", port.to_string()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ran = ran_to_its_end(bash.spawn().unwrap());
    assert!(!ran.out.contains("FAILED"), "{}\n{}", ran.out, ran.err);
    let told: Vec<String> = ran.out.split("== block ==\n").map(str::to_owned).collect();
    assert_eq!(told.len(), blocks.len() + 1, "{}\n{}", ran.out, ran.err);
    told
}

/// Every answer in JSON, in order.
fn answers(told: &str) -> Vec<Value> {
    let from = told.find('{').unwrap_or_else(|| panic!("no answer: {told}"));
    serde_json::Deserializer::from_str(&told[from..]).into_iter().map_while(Result::ok).collect()
}

fn check_till(quotes: &str, sale: &str) {
    let payable: Vec<Value> = answers(quotes).iter().map(|quote| quote["payable"].clone()).collect();
    assert_eq!(payable, [0, 357], "{quotes}");
    let states: Vec<Value> = answers(sale).iter().map(|answer| answer["state"].clone()).collect();
    assert_eq!(states, ["captured", "partly_refunded", "held", "reversed"], "{sale}");
}

/// Three tickets on a line, three for two, a family on the train, and a trip with its transfer.
fn check_offers(told: &str) {
    let payable: Vec<Value> = answers(told).iter().map(|answer| answer["payable"].clone()).collect();
    assert_eq!(payable, [1071, 240, 105, 110, 0], "{told}");
}

fn check_rest(told: &[String]) {
    let all = told.concat();
    for words in ["requests answered", "it is served now, and administered at", "cases", "lv-goda-gimene"] {
        assert!(all.contains(words), "{words}\n{all}");
    }
}

/// Whether a newcomer's shell has what README asks for.
fn has_curl() -> bool {
    let has = Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok_and(|ran| ran.success());
    if !has {
        eprintln!("SKIPPED: README was not pasted, since there is no curl");
    }
    has
}

#[test]
fn it_works_on_the_demo_and_then_on_the_installation() {
    if !has_curl() {
        return;
    }
    let told = paste("readme-demo", &blocks(), &[DEMO, INSTALLATION], &[]);
    check_till(&told[1], &told[2]);
    check_offers(&told[3]);
    check_rest(&told);
}

#[test]
fn it_works_from_the_top_on_an_installation() {
    if !has_curl() {
        return;
    }
    let install = blocks().into_iter().find(|block| block.contains(INSTALLATION)).unwrap();
    let all: Vec<String> = std::iter::once(install).chain(blocks()).collect();
    let told = paste("readme-installation", &all, &[INSTALLATION], &[DEMO]).split_off(1);
    check_till(&told[1], &told[2]);
    check_offers(&told[3]);
    check_rest(&told);
}

/// What each role does on the page by role, after the guides.
fn check_roles(told: &str) {
    for words in [
        "\"vsaa\"",
        "City of Riga",
        "riga-boat",
        "etalons  blocked (revision",
        "\"state\":\"entered\"",
        "\"holds\":true",
        "video.example.lv",
        "laivas-1",
    ] {
        assert!(told.contains(words), "{words}\n{told}");
    }
}

/// From an empty folder to a benefit, a list, and a till that sells.
#[test]
fn the_guides_work_one_after_the_other() {
    if !has_curl() {
        return;
    }
    let pages = ["first-benefit", "registry-list", "connect-a-till"];
    let pages = pages.map(|page| blocks_of(&format!("docs/guides/{page}.md")));
    let mut all: Vec<String> = pages.iter().flatten().cloned().collect();
    // As on another day: more than thirty sign-ins would come in one minute.
    all.push(format!("{INSTALLATION}\n"));
    let by_role = blocks_of("docs/administration.md");
    let mut told = paste("guides", &[&all[..], &by_role].concat(), &[INSTALLATION], &[]);
    check_roles(&told.split_off(all.len()).concat());
    let last_of_first = &told[pages[0].len() - 1];
    assert_eq!(answers(last_of_first)[0]["payable"], 500, "{last_of_first}");
    let (tried, sent) = (&told[pages[0].len() + 1], &told[pages[0].len() + 2]);
    assert!(tried.contains("not yet") && sent.matches("(revision ").count() == 2, "{tried}{sent}");
    let sold = told.iter().rev().nth(1).unwrap();
    let answers = answers(sold);
    assert_eq!((&answers[0]["payable"], &answers[1]["outcome"]), (&json!(500), &json!("approved")), "{sold}");
    assert!(sold.contains("the same"), "{sold}");
}

/// What is named on the page by role without a line to paste is a call of the control plane.
#[test]
fn every_call_that_the_page_by_role_names_is_there() {
    let page = include_str!("../../docs/administration.md");
    let described: Value = serde_json::from_str(include_str!("../../schema/control.openapi.json")).unwrap();
    let methods = ["GET", "POST", "PUT", "DELETE"];
    let calls = page.split('`').skip(1).step_by(2).filter_map(|code| code.split_once(' '));
    let calls: Vec<_> = calls.filter(|(method, path)| methods.contains(method) && path.starts_with('/')).collect();
    assert!(calls.len() > 15, "{calls:?}");
    for (method, path) in calls {
        let paths = described["paths"].as_object().unwrap();
        let is_there = paths.iter().any(|(known, of)| known.ends_with(path) && of.get(method.to_lowercase()).is_some());
        assert!(is_there, "{method} {path}");
    }
}
