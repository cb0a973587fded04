//! Programmes in `avis decide` and `avis check`, and that tills are not given them.

use serde_json::{Value, json};

use crate::program::{Folder, avis, demo_data};

/// The documents that stand on the page.
fn examples() -> Vec<Value> {
    let page = std::fs::read_to_string(demo_data().join("../docs/loyalty.md")).unwrap();
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
        assert!(ran.out.contains("1 cases pass"), "{}", ran.out);
    }
}

#[test]
fn the_programmes_of_the_demo_pass() {
    let ran = avis(&["check", demo_data().join("loyalty.json").to_str().unwrap()]);
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
fn tills_are_not_given_what_they_can_not_apply() {
    let folder = Folder::new("loyalty-import");
    let catalogue = folder.write("catalogue.json", &examples()[1]);
    let data = format!("{}/data", folder.path());
    let ran = avis(&["import", "--folder", &data, "--catalogue", &catalogue]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains("loyalty is not applied at tills yet"), "{}", ran.err);
    let holders = folder.write_lines("holders.ndjson", &json!([examples()[1]["cases"][0]["holder"]]));
    let ran = avis(&["import", "--folder", &data, "--holders", &holders]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains("/memberships: loyalty is not applied at tills yet"), "{}", ran.err);
}
