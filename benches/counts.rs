//! Instructions and allocations, counted by valgrind where it is present: they do not depend on how busy a machine is.
//!
//! `cargo bench --bench counts` prints the table. Without `--bench` each workload runs once, so that nothing rots, and where
//! valgrind is, those of `counts.toml` are held to the figures there, and a `pick` to its bound.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use avis_core::limits::{CONDITION_DEPTH_MAX, CONDITION_LEAVES_MAX, LINES_MAX};
use avis_core::loyalty::{Inquiry, LoyaltyRequest, inquire};
use avis_core::{Catalogue, IdentifierKey, Means, Person, Request, RuleSet, Totals, plan, plan_loyal};
use avis_server::Directory;
use common::by_hand::ByHand;
use common::over_http::{bare, by_hand, quote};
use common::settled::GROWING;
use common::{BODY, catalogue, engine, holder, payable, request, rules, secret, unlimited};
use dashmap::DashMap;
use serde_json::{Value, json};

/// A workload: prepared once, then run as often as asked.
type Workload = fn() -> Box<dyn FnMut() -> i64>;

/// One run of it is as long as some ten thousand of a decision.
const MEETING: &str = "what meets, 1,000 benefits";
const WITHOUT_PICK: &str = "500 lines, each at half price";
/// The same discounts, so that the difference is what it takes to pick.
const WITH_PICK: &str = "500 lines, each at half price, picked";

const OF_NOTHING_ELSE: &str = "plan and decide, 100 benefits";
/// The same for who is in none of the eight programmes of the provider.
const BESIDE_PROGRAMMES: &str = "plan and decide, in none of 8 programmes";

const WORKLOADS: [(&str, Workload); 15] = [
    (OF_NOTHING_ELSE, || decide(100)),
    ("plan and decide, 10,000 benefits", || decide(10_000)),
    ("parse the request", parse),
    ("bare probe of a map", probe),
    ("directory look-up", look_up),
    ("bare handler over HTTP", bare),
    ("quote over HTTP, no usage needed", || quote(&unlimited(100))),
    ("quote over HTTP, usage of a limit", || quote(&catalogue(100))),
    (WITHOUT_PICK, || decide_basket(&json!({}))),
    (WITH_PICK, || decide_basket(&json!({"pick": {"every": 1}}))),
    (MEETING, meet),
    ("the largest condition that is taken", largest_condition),
    ("the same decision by hand", decide_by_hand),
    ("a quote by hand over HTTP", by_hand),
    (BESIDE_PROGRAMMES, decide_beside_programmes),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "--run", number, times] => run(number.parse().unwrap(), times.parse().unwrap()),
        [_, "--grow", number, size] => grow(number.parse().unwrap(), size.parse().unwrap()),
        words if words.contains(&"--bench") => table(),
        _ => common::leaving_nothing(|| {
            (0..WORKLOADS.len()).for_each(|number| run(number, 2));
            (0..GROWING.len()).for_each(|number| grow(number, 10));
            if has_valgrind() {
                hold_to_the_figures();
                hold_the_pick();
                hold_the_meeting();
                hold_who_is_in_no_programme();
                hold_to_their_sizes();
            } else {
                println!("valgrind is not here: nothing is held to its figure or its size");
            }
        }),
    }
}

fn run(number: usize, times: u64) {
    let (name, workload) = WORKLOADS[number];
    let mut workload = workload();
    let sum: i64 = (0..times).map(|_| workload()).sum();
    println!("{name}: computed {sum}");
}

fn grow(number: usize, size: usize) {
    let (name, work) = GROWING[number];
    println!("{name}: {size} come to {}", work(size));
}

const FEW: u64 = 50;
const MANY: u64 = FEW + 500;
/// Enough for a figure: the preparation differs from process to process by some hundred thousand instructions, since the standard
/// maps of the reader of catalogues hash under a seed of each process, and is shared by all runs.
const MOST: u64 = FEW + 4_000;
/// Enough for a figure in the millions.
const SOME: u64 = FEW + 50;
const LARGE: f64 = 1_000_000.0;

/// What one more run costs: the difference of many runs and few, so that the preparation falls out.
fn counted(tool: &[&str], number: usize, many: u64, read: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    let program = std::env::current_exe().ok()?;
    let (few, many) = if number == number_of(MEETING) { (1, 3) } else { (FEW, many) };
    let count = |times: u64| read(&told(tool, &program, &["--run", &number.to_string(), &times.to_string()])?);
    Some((count(many)? - count(few)?) / (many - few) as f64)
}

fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok()
}

fn number_of(name: &str) -> usize {
    let number = WORKLOADS.iter().position(|(workload, _)| *workload == name);
    number.unwrap_or_else(|| panic!("no workload `{name}`"))
}

/// What a tool of valgrind says of a program.
fn told(tool: &[&str], program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("valgrind").env("LC_ALL", "C").args(tool).arg(program).args(arguments).output().ok()?;
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

const INSTRUCTIONS: [&str; 2] = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];

fn instructions(number: usize, many: u64) -> Option<f64> {
    counted(&INSTRUCTIONS, number, many, |text| after(text, "Collected"))
}

/// By how much more four times as many may cost: what sorts takes a little more than four, and who compares each with each sixteen.
const FOURFOLD_MAX: f64 = 6.0;

/// What is settled grows with its size.
fn hold_to_their_sizes() {
    let program = std::env::current_exe().unwrap();
    for (number, (name, _)) in GROWING.iter().enumerate() {
        let count = |size: &str| {
            let told = told(&INSTRUCTIONS, &program, &["--grow", &number.to_string(), size]);
            told.and_then(|text| after(&text, "Collected"))
                .unwrap_or_else(|| panic!("valgrind counted nothing of `{name}`"))
        };
        let (nothing, some, fourfold) = (count("1"), count("2000"), count("8000"));
        let ratio = (fourfold - nothing) / (some - nothing);
        println!("{name}: four times as many cost {ratio:.1} times as much");
        assert!(ratio <= FOURFOLD_MAX, "`{name}` grows faster than its size");
    }
}

fn allocations(number: usize) -> Option<f64> {
    counted(&["--tool=memcheck", "--leak-check=no"], number, MANY, |text| after(text, "total heap usage"))
}

/// The number that a report gives after some words, whatever stands between them and however its digits are grouped.
fn after(report: &str, words: &str) -> Option<f64> {
    let rest = report.lines().find_map(|line| line.split_once(words))?.1;
    let number = rest.trim_start_matches(|letter: char| letter == ':' || letter.is_whitespace());
    number.split_whitespace().next()?.replace(',', "").parse().ok()
}

fn table() {
    if !has_valgrind() {
        return println!("valgrind is not here: nothing is counted");
    }
    println!("{:<36}{:>14}{:>14}", "workload", "instructions", "allocations");
    let counts: Vec<f64> = (0..WORKLOADS.len())
        .map(|number| {
            let (cost, allocated) =
                (instructions(number, MANY).unwrap_or(f64::NAN), allocations(number).unwrap_or(f64::NAN));
            println!("{:<36}{cost:>14.0}{allocated:>14.1}", WORKLOADS[number].0);
            cost
        })
        .collect();
    let [small, large, _, probe, look_up, bare, quote, limited, all, picked, met, largest, by_hand, least, beside] =
        counts[..]
    else {
        return;
    };
    let ratios = [
        ("10,000 benefits against 100", large / small, 1.1),
        ("who is in no programme, beside 8 and beside none", beside / small, 1.05),
        ("directory look-up against a bare probe", look_up / probe, 2.0),
        ("quote against a bare handler, both over HTTP", quote / bare, 1.6),
        ("quote that reads usage against one that does not", limited / quote, 1.15),
        ("what no quote leaves out against a bare handler", least / bare, 1.6),
    ];
    println!("{:<50}{small:>8.0}   (goal: at most 6,000; by hand {by_hand:.0})", "plan and decide");
    println!("{:<50}{:>8.0}   (goal: at most 200,000)", "a pick over 500 lines, more than without", picked - all);
    println!("{:<50}{met:>8.0}   (goal: at most 150,000,000, 50 ms)", "what meets at a provider of 1,000 benefits");
    println!(
        "{:<50}{largest:>8.0}   (goal: at most 3,000,000, 1 ms)",
        "a condition as deep and as long as there may be"
    );
    for (what, ratio, goal) in ratios {
        println!("{what:<50}{ratio:>8.2}   (goal: at most {goal})");
    }
}

/// By how much a count may exceed its figure before the figure has to change in the same commit.
const GROWTH_MAX: f64 = 1.03;

/// What a `pick` over as many lines as there may be costs at most beside the same without: a bound, whatever the figure is. In the profile
/// of a release, of which the goal of 200,000 is, it takes 186,000; here 244,000.
const PICK_MAX: f64 = 260_000.0;

fn hold_the_pick() {
    let count =
        |name| instructions(number_of(name), SOME).unwrap_or_else(|| panic!("valgrind counted nothing of `{name}`"));
    let more = count(WITH_PICK) - count(WITHOUT_PICK);
    println!("a pick over {LINES_MAX} lines: {more:.0} instructions, the bound is {PICK_MAX}");
    assert!(more <= PICK_MAX, "a pick over {LINES_MAX} lines is above its bound");
}

/// What the meeting of a thousand benefits costs at most: 50 ms. In the profile of a release it takes 115,000,000.
const MEETING_MAX: f64 = 150_000_000.0;

fn hold_the_meeting() {
    let counted = instructions(number_of(MEETING), SOME);
    let counted = counted.unwrap_or_else(|| panic!("valgrind counted nothing of `{MEETING}`"));
    println!("{MEETING}: {counted:.0} instructions, the bound is {MEETING_MAX}");
    assert!(counted <= MEETING_MAX, "`{MEETING}` is above its bound");
}

/// By how much dearer a decision may be for who is in no programme, where there are some: a bound, whatever the goal of 1.05 is. Where
/// little is optimised it takes 1.11.
const BESIDE_PROGRAMMES_MAX: f64 = 1.15;

fn hold_who_is_in_no_programme() {
    let count =
        |name| instructions(number_of(name), MOST).unwrap_or_else(|| panic!("valgrind counted nothing of `{name}`"));
    let ratio = count(BESIDE_PROGRAMMES) / count(OF_NOTHING_ELSE);
    println!("who is in no programme: {ratio:.3} of where there is none, the bound is {BESIDE_PROGRAMMES_MAX}");
    assert!(ratio <= BESIDE_PROGRAMMES_MAX, "programmes make decisions dearer for who is in none");
}

/// The counts of the test profile, by workload.
fn hold_to_the_figures() {
    let figures: toml::Table = include_str!("counts.toml").parse().unwrap();
    let mut grew = Vec::new();
    for (name, figure) in figures {
        let figure = count(&figure);
        let counted = instructions(number_of(&name), if figure < LARGE { MOST } else { SOME })
            .unwrap_or_else(|| panic!("valgrind counted nothing of `{name}`"));
        println!("{name}: {counted:.0} instructions, the figure is {figure:.0}");
        if counted > figure * GROWTH_MAX {
            grew.push(name);
        }
    }
    assert!(grew.is_empty(), "{grew:?} grew: if it is worth it, change the figure in counts.toml");
}

fn count(figure: &toml::Value) -> f64 {
    figure.as_integer().unwrap_or_else(|| panic!("counts.toml: expected whole numbers")) as f64
}

fn person() -> Person {
    engine(100).person(&request())
}

/// F27: as many leaves as a condition may have, as deep as it may be, and each is looked at.
fn largest_condition() -> Box<dyn FnMut() -> i64> {
    let mut leaves = vec![json!({"age": {"min": 99}}); CONDITION_LEAVES_MAX - 1];
    leaves.push(json!({"channel": {"in": ["desk"]}}));
    let mut when = json!({"any": leaves});
    // What is around a leaf counts as well.
    for _ in 0..CONDITION_DEPTH_MAX - 2 {
        when = json!({"not": when});
    }
    let mut catalogue = unlimited(1);
    catalogue["benefits"][0]["when"] = when;
    let rules = Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap()));
    let (person, request) = (person(), request());
    Box::new(move || payable(&plan(rules.clone(), "provider-0", person.clone(), request.clone()).unwrap()))
}

/// What is decided is there before the first run: its copies are none of the work.
fn decide(benefits: usize) -> Box<dyn FnMut() -> i64> {
    let (rules, mut inputs) = (rules(benefits), vec![(person(), request()); MOST as usize]);
    Box::new(move || {
        let (person, request) = inputs.pop().unwrap();
        payable(&plan(rules.clone(), "provider-0", person, request).unwrap())
    })
}

/// The bound of the decision: the same benefits for the same request, with nothing that is general.
fn decide_by_hand() -> Box<dyn FnMut() -> i64> {
    let (rules, mut inputs) = (ByHand::new(), vec![(person(), request()); MOST as usize]);
    Box::new(move || {
        let (person, request) = inputs.pop().unwrap();
        let decided = rules.decide(&person, &request);
        black_box((&decided.charges, &decided.quotas));
        decided.lines[0].payable
    })
}

/// As an engine does it where there are programmes: it is asked what must be known of the holder's accounts, which is nothing.
fn decide_beside_programmes() -> Box<dyn FnMut() -> i64> {
    let mut catalogue = catalogue(100);
    catalogue["programs"] = (0..8)
        .map(|number| {
            json!({
                "code": format!("points-{number}"), "version": 1, "owner": "shop", "name": {"lv": "n", "en": "n"},
                "scope": {"providers": {"all": true}}, "earn": {"per": 100, "rules": [{"code": "base", "money": 1}]},
                "redeem": {"points": 1, "amount": 1},
            })
        })
        .collect();
    let rules = Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap()));
    let asked = LoyaltyRequest::from_value(&serde_json::from_str(BODY).unwrap()).unwrap();
    let mut inputs = vec![(person(), asked); MOST as usize];
    Box::new(move || {
        let (person, asked) = inputs.pop().unwrap();
        let inquiry = inquire(&rules, "provider-0", person.holder.as_deref(), &asked);
        let known = inquiry.as_ref().map(Inquiry::beforehand);
        let plan = plan_loyal(rules.clone(), "provider-0", person, asked.request, known).unwrap();
        plan.decide_loyal(&plan.usage(|_| Totals::default())).0.payable
    })
}

/// A basket as long as one may be, its prices in no order.
fn decide_basket(beside: &Value) -> Box<dyn FnMut() -> i64> {
    let mut benefit = json!({
        "code": "half", "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"}, "valid": {"from": "2018-09-01"},
        "priority": 1, "slot": "fare", "scope": {"providers": {"codes": ["provider-0"]}}, "effect": {"percent": {"rate": 5000}},
    });
    benefit.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
    let mut catalogue = catalogue(0);
    catalogue["providers"] = json!([{"code": "provider-0", "tags": []}]);
    catalogue["benefits"] = json!([benefit]);
    let rules = Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap()));
    let mut body: Value = serde_json::from_str(BODY).unwrap();
    let line = |number: usize| json!({"line_id": number.to_string(), "product": "food", "quantity": 1, "unit_price": 100 + number * 337 % 1009});
    body["lines"] = (0..LINES_MAX).map(line).collect();
    let (person, request) = (person(), Request::parse(body.to_string().as_bytes()).unwrap());
    Box::new(move || payable(&plan(rules.clone(), "provider-0", person.clone(), request.clone()).unwrap()))
}

/// A thousand benefits at one provider, each of which might leave nothing to those behind it, and asks for another group.
fn meet() -> Box<dyn FnMut() -> i64> {
    let group = |number: usize| format!("group-{number}");
    let benefit = |number: usize| {
        json!({
            "code": format!("free-{number}"), "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"},
            "valid": {"from": "2018-09-01"}, "priority": number, "scope": {"providers": {"codes": ["provider-0"]}},
            "when": {"all": [{"member_of": {"groups": [group(number)]}}, {"age": {"min": 7}}]},
            "effect": {"percent": {"rate": 10_000}},
        })
    };
    let mut catalogue = catalogue(0);
    catalogue["providers"] = json!([{"code": "provider-0", "tags": []}]);
    catalogue["groups"] = (0..1_000).map(|number| json!({"code": group(number), "owner": "state"})).collect();
    catalogue["benefits"] = (0..1_000).map(benefit).collect();
    let catalogue = Catalogue::from_value(&catalogue).unwrap();
    let at = request().occurred_at;
    Box::new(move || black_box(catalogue.meeting("provider-0", at, None)).len() as i64)
}

fn parse() -> Box<dyn FnMut() -> i64> {
    Box::new(|| Request::parse(black_box(BODY.as_bytes())).unwrap().gross())
}

const HOLDERS: u64 = 10_000;

fn many_keys() -> Vec<IdentifierKey> {
    (0..HOLDERS).map(|number| IdentifierKey::of("etalons", &format!("CARD-{number}"), &secret()).unwrap()).collect()
}

/// The map that the directory is made of, with nothing around it.
fn probe() -> Box<dyn FnMut() -> i64> {
    let keys = many_keys();
    let map: DashMap<IdentifierKey, Arc<[u8]>, foldhash::fast::FixedState> = DashMap::default();
    for key in &keys {
        map.insert(*key, Arc::from([1].as_slice()));
    }
    let mut place = 0;
    Box::new(move || {
        place = (place + 7) % keys.len();
        map.get(&keys[place]).map_or(0, |found| found.len() as i64)
    })
}

fn look_up() -> Box<dyn FnMut() -> i64> {
    let keys = many_keys();
    let directory = Directory::default();
    for number in 0..HOLDERS {
        let mut written = holder();
        written.holder.code = format!("h-{number}").into();
        written.identifiers.truncate(1);
        written.identifiers[0].means = Means::Value(format!("CARD-{number}").into());
        directory.add(&written, &secret()).unwrap();
    }
    let mut place = 0;
    Box::new(move || {
        place = (place + 7) % keys.len();
        directory.look_up(&keys[place]).map_or(0, |_| 1)
    })
}
