//! Programmes in `avis decide` and `avis check`, and at tills.

use std::process::Command;

use serde_json::{Value, json};

use crate::program::{Folder, Server, avis, demo_data};

/// The documents that stand on the page.
fn examples() -> Vec<Value> {
    let page = std::fs::read_to_string(demo_data().join("../docs/loyalty.md")).unwrap();
    let (_, page) = page.split_once("## Five programmes to copy").unwrap();
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(|block| serde_json::from_str(block).unwrap()).collect()
}

#[test]
fn every_programme_of_the_page_does_what_its_cases_say() {
    let folder = Folder::new("loyalty-page");
    let examples = examples();
    assert_eq!(examples.len(), 5);
    for example in &examples {
        let ran = avis(&["check", &folder.write("catalogue.json", example)]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("1 case passes"), "{}", ran.out);
    }
}

#[test]
fn the_programmes_of_the_demo_pass() {
    let ran = avis(&["check", demo_data().join("loyalty/catalogue.json").to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn a_case_that_fails_names_the_part_of_the_operation() {
    let mut stamps = examples().remove(1);
    stamps["cases"][0]["expect"][2]["loyalty"][0]["taken_back"] = json!(6);
    let ran = avis(&["check", &Folder::new("loyalty-fails").write("catalogue.json", &stamps)]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("/expect/2/loyalty/0/taken_back: expected 6, got 5"), "{}", ran.out);
}

/// The lines of a case, as a file of requests.
fn decided(example: &Value, more: &[&str]) -> crate::program::Ran {
    let folder = Folder::new(&format!("loyalty-decide-{}", more.len()));
    let case = &example["cases"][0];
    let numbered = case["requests"].as_array().unwrap().iter().enumerate().map(|(place, line)| {
        let mut line = line.clone();
        line["request_id"] = json!(format!("00000000-0000-0000-0000-{place:012}"));
        line
    });
    let requests = folder.write_lines("requests.ndjson", &numbered.collect());
    let holders = folder.write_lines("holders.ndjson", &json!([case["holder"]]));
    let catalogue = folder.write("catalogue.json", example);
    let provider = case["provider"].as_str().unwrap();
    let files =
        ["decide", "--catalogue", &catalogue, "--holders", &holders, "--requests", &requests, "--provider", provider];
    avis(&files.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
}

#[test]
fn a_file_of_requests_may_hold_operations() {
    let ran = decided(&examples()[1], &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let answers: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[1]["due"], 1580);
    assert_eq!(answers[2]["operation"]["kind"], "refund");
    assert_eq!(answers[2]["lines"][0], json!({"line_id": "1", "units": 3, "payable": 900, "due": 810}));
    assert_eq!(answers[3]["loyalty"][0]["pending"], 16);
}

#[test]
fn an_explanation_shows_the_rules_and_the_exact_sum() {
    let ran = decided(&examples()[1], &["--explain"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for told in
        ["in play, 200 points and 0 pending", "120 points pay €1.20", "rule tuesday on line 1: applies", "/ 1000000"]
    {
        assert!(ran.out.contains(told), "{told}: {}", ran.out);
    }
}

#[test]
fn a_programme_beside_others_is_judged_with_them() {
    let folder = Folder::new("loyalty-beside");
    let demo = demo_data().join("loyalty/catalogue.json");
    let stars = |owner: &str| {
        json!({"currency": "EUR", "benefits": [{
            "code": "gold-wrap", "version": 1, "grantor": owner, "name": {"lv": "n", "en": "n"}, "priority": 1,
            "scope": {"providers": {"tags": ["store"]}, "products": ["service.wrap"]}, "effect": {"percent": {"rate": 10_000}},
            "when": {"tier": {"program": "chain-club", "at_least": "gold"}}}]})
    };
    let check = |owner: &str| {
        let file = folder.write("new.json", &stars(owner));
        avis(&["check", &file, "--beside", demo.to_str().unwrap()])
    };
    let ran = check("chain");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let ran = check("cafe");
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("this is the programme of another owner"), "{}", ran.err);
}

/// The lines of the page are pasted, as somebody who reads it would.
#[test]
fn what_the_page_shows_happens_at_the_tills_of_the_demo() {
    let data = demo_data().join("loyalty");
    let arguments = ["demo", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let server = Server::run(&arguments, "Stop with Ctrl-C.\n");
    let page = std::fs::read_to_string(demo_data().join("../docs/loyalty.md")).unwrap();
    let (_, lines) = page.split_once("```sh\n").unwrap();
    let (lines, _) = lines.split_once("```").unwrap();
    let lines = lines.replace("http://127.0.0.1:8320", &server.url(""));
    let ran = Command::new("bash").args(["-c", &lines]).output().unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [nine, tenth, coat, wrap, bread] = &answers[..] else { panic!("{out}") };
    assert_eq!((&nine["due"], &nine["loyalty"][0]["balance_after"]), (&json!(2250), &json!(9)));
    assert_eq!(
        (&tenth["due"], &tenth["lines"][1]["payable"]),
        (&json!(380), &json!(0)),
        "the cheapest is free: {tenth}"
    );
    let rewards = json!([{"benefit": "tenth-coffee", "units": 1, "points": 9}]);
    assert_eq!((&tenth["loyalty"][0]["rewards"], &tenth["loyalty"][0]["balance_after"]), (&rewards, &json!(1)));
    assert_eq!((&coat["loyalty"][0]["earned"]["points"], &coat["loyalty"][0]["tier"]), (&json!(600), &Value::Null));
    assert_eq!((&wrap["lines"][0]["payable"], &wrap["loyalty"][0]["tier"]), (&json!(0), &json!("silver")));
    assert_eq!((&wrap["tender"], &wrap["due"]), (&json!(50), &json!(50)), "a half at most: {wrap}");
    assert_eq!(wrap["lines"][1]["tender"], json!([{"program": "chain-club", "amount": 50, "payer": "chain"}]));
    assert_eq!((&bread["discount"], &bread["due"]), (&json!(100), &json!(100)));
    assert!(bread["loyalty"][0]["earned"]["points"].as_i64().unwrap() >= 1, "{bread}");
    assert_eq!(bread["loyalty"][0]["balance_after"], 0, "pending for 14 days");
}

#[test]
fn programmes_members_and_coupons_come_back_as_they_were_imported() {
    let folder = Folder::new("loyalty-export");
    let demo = |name: &str| demo_data().join("loyalty").join(name).to_str().unwrap().to_owned();
    let one = format!("{}/one", folder.path());
    let import = |data: &str, catalogue: &str, holders: &str| {
        let ran = avis(&["import", "--folder", data, "--catalogue", catalogue, "--holders", holders]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    };
    let export = |data: &str, what: &str| {
        let ran = avis(&["export", "--folder", data, what]);
        // Also where it is more than fits between the two ends, nobody waits for the other one.
        assert_eq!((ran.code, &*ran.err), (0, ""));
        ran.out
    };
    import(&one, &demo("catalogue.json"), &demo("holders.ndjson"));
    let (catalogue, holders) = (export(&one, "catalogue"), export(&one, "holders"));
    assert_eq!(holders.lines().count(), 20_004, "four people and the supermarket's members");
    let exported: Value = serde_json::from_str(&catalogue).unwrap();
    assert_eq!(exported["coupons"][0]["key"].as_str().map(str::len), Some(32));
    assert_eq!(exported["coupons"][0].get("code"), None, "{catalogue}");
    // Under the same key the same again: a coupon that is imported a second time is the one that is there.
    import(&one, &demo("catalogue.json"), &demo("holders.ndjson"));
    assert_eq!((export(&one, "catalogue"), export(&one, "holders")), (catalogue, holders));
    let changed = {
        let mut changed: Value =
            serde_json::from_str(&std::fs::read_to_string(demo("catalogue.json")).unwrap()).unwrap();
        changed["programs"][1]["earn"]["rules"][0]["unit"] = json!(2);
        folder.write("changed.json", &changed)
    };
    let ran = avis(&["import", "--folder", &one, "--catalogue", &changed]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains("/programs/1/earn: this version is published and does not change"), "{}", ran.err);
}

/// What the control plane refuses does not pass by the command: a campaign stays as it was published, and a coupon of its campaign.
#[test]
fn an_import_changes_no_campaign_but_its_end_and_moves_no_coupon() {
    let folder = Folder::new("loyalty-campaigns");
    let data = format!("{}/data", folder.path());
    let import = |catalogue: &Value| {
        let file = folder.write("catalogue.json", catalogue);
        avis(&["import", "--folder", &data, "--catalogue", &file])
    };
    let campaign = |code: &str, uses: i64, until: &str| json!({"code": code, "owner": "shop", "uses": uses, "valid": {"from": "2026-01-01", "until": until}});
    let coupons =
        |campaign: &str, until: &str| json!([{"campaign": campaign, "code": "AB12-CD", "valid": {"until": until}}]);
    let catalogue = |uses: i64, until: &str, coupons: Value| json!({"currency": "EUR", "campaigns": [campaign("spring", uses, until), campaign("autumn", 1, "2030-12-31")], "coupons": coupons});
    let published = import(&catalogue(1, "2030-12-31", coupons("spring", "2030-01-31")));
    assert_eq!(published.code, 0, "{}", published.err);
    let refused = |changed: Value, told: &str| {
        let ran = import(&changed);
        assert!(ran.code == 2 && ran.err.contains(told), "{told}: {} {}", ran.code, ran.err);
    };
    refused(
        catalogue(2, "2030-12-31", json!([])),
        "/campaigns/0/uses: this campaign is published and does not change but for `valid.until`",
    );
    let mut taken = catalogue(1, "2030-12-31", json!([]));
    taken["campaigns"][0]["owner"] = json!("rival");
    refused(taken, "/campaigns/0/owner: this campaign is published");
    refused(
        catalogue(1, "2030-12-31", coupons("autumn", "2030-01-31")),
        "/coupons/0/campaign: this coupon is of another campaign and stays so",
    );
    let ended = import(&catalogue(1, "2028-12-31", coupons("spring", "2029-01-31")));
    assert_eq!(ended.code, 0, "its end may change, and until when a coupon is good: {}", ended.err);
}

/// On 28 November from 11:00 UTC on it is the 29th in Auckland, and nowhere west of it.
#[test]
fn memberships_meet_or_not_by_the_clocks_of_their_programme() {
    let folder = Folder::new("loyalty-zones");
    let data = format!("{}/data", folder.path());
    let program = |code: &str, zone: &str| json!({"code": code, "version": 1, "owner": "shop", "time_zone": zone, "earn": {"per": 100, "rules": [{"code": "base", "money": 1}]}});
    let catalogue =
        json!({"currency": "EUR", "programs": [program("east", "Pacific/Auckland"), program("west", "Europe/Riga")]});
    let catalogue = folder.write("catalogue.json", &catalogue);
    let import = |program: &str| {
        let memberships = json!([{"program": program, "until": "2026-11-28", "consent": "terms-1"},
            {"program": program, "from": "2026-11-28T16:00:00Z", "consent": "terms-2"}]);
        let holders = folder.write("holders.ndjson", &json!({"holder": "h-1", "memberships": memberships}));
        avis(&["import", "--folder", &data, "--catalogue", &catalogue, "--holders", &holders])
    };
    let east = import("east");
    assert_eq!(east.code, 0, "{}", east.err);
    let west = import("west");
    assert!(west.code == 2 && west.err.contains("/memberships/1: expected one membership"), "{}", west.err);
}
