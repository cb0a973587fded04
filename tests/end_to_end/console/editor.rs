//! The editor of a benefit by forms alone: conditions in boxes, several limits, cases that are tried before anything is saved.

use serde_json::{Value, json};

use super::drafted;
use super::person::{Page, Person};
use crate::program::Server;

/// The content of a draft, as its JSON stands on the page.
fn content(page: &Page) -> Value {
    let form = page.form("save");
    serde_json::from_str(&form.iter().find(|(name, _)| name == "content").unwrap().1).unwrap()
}

fn editor(server: &Server) -> (Person<'_>, String) {
    let editor = Person::user(server, "elza@state.example");
    let draft = drafted(&editor);
    (editor, draft)
}

#[test]
fn conditions_are_put_into_boxes_and_taken_out_of_them() {
    let server = Server::start();
    let (editor, draft) = editor(&server);
    let step = |changes: &[(&str, &str)]| {
        let led = editor.step(&draft, "set:who", changes).leads_to();
        assert!(led.ends_with("#place-who"), "{led}");
        editor.get(led.split('#').next().unwrap())
    };
    let opened = content(&editor.get(&draft))["when"].clone();
    let [family, shown] = [0, 1].map(|place| opened["all"][place].clone());
    assert!(family.get("member_of").is_some() && shown.get("identifier").is_some(), "{opened}");

    let page = step(&[("shape", "add:0"), ("n-0-add", "age")]);
    assert_eq!(content(&page)["when"], json!({"all": [family, shown, {"age": {}}]}));
    assert!(page.html.contains("<details class=\"place\" id=\"place-who\" open"), "one goes on where one was");
    let page = step(&[("shape", "wrap:0.2"), ("n-0.2-max", "17")]);
    assert_eq!(content(&page)["when"], json!({"all": [family, shown, {"any": [{"age": {"max": 17}}]}]}));
    let page = step(&[("n-0.2-join", "not")]);
    assert_eq!(content(&page)["when"], json!({"all": [family, shown, {"not": {"age": {"max": 17}}}]}));
    // A box is read aloud as what it is.
    assert!(page.html.contains("id=\"n-0\"><legend>All of these</legend>"));
    assert!(page.html.contains("id=\"n-0.2\"><legend>Not this</legend>"));

    // What is no number is said beside its field, and stands there still.
    let wrong = editor.step(&draft, "set:who", &[("n-0.2.0-max", "many")]);
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.form("set:who").contains(&("n-0.2.0-max".to_owned(), "many".to_owned())), "{}", wrong.text());
    assert!(wrong.html.contains("id=\"n-0.2.0-max-fault\""));

    let page = step(&[("shape", "unwrap:0.2")]);
    assert_eq!(content(&page)["when"], json!({"all": [family, shown, {"age": {"max": 17}}]}));
    step(&[("shape", "remove:0.0")]);
    let page = step(&[("shape", "remove:0.0")]);
    assert_eq!(content(&page)["when"], json!({"all": [{"age": {"max": 17}}]}));
    let page = step(&[("shape", "remove:0")]);
    assert_eq!(content(&page).get("when"), None);
    // However deep the boxes that somebody sends, a page is answered.
    let mut deep: Vec<(String, String)> = editor.get(&draft).form("set:who");
    deep.extend((0..900).map(|depth| (format!("n-0{}-join", ".0".repeat(depth)), "any".to_owned())));
    let deep: Vec<(&str, &str)> = deep.iter().map(|(name, value)| (&**name, &**value)).collect();
    let answer = editor.send(&draft, &deep);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let page = step(&[("shape", "add:0"), ("n-0-add", "channel")]);
    assert_eq!(content(&page)["when"], json!({"channel": {}}));

    // A fault of a condition leads to its box.
    let checked = editor.step(&draft, "check", &[]);
    assert!(checked.html.contains("<a href=\"#n-0\">content/when/channel/in: "), "{}", checked.text());
}

#[test]
fn what_the_sentence_can_not_say_stays_as_it_is() {
    let server = Server::start();
    let (editor, draft) = editor(&server);
    let opened = editor.get(&draft);
    let mut written = content(&opened);
    let odd = json!({"attribute": {"name": "grade", "op": "eq", "value": "5"}});
    written["when"] = json!({"any": [odd, {"not": {"weekday": {"in": [6, 7]}}}]});
    written["limits"] = json!([
        {"scope": "holder", "measure": "uses", "window": {"rolling": {"days": 9}}, "max": 3},
        {"scope": "benefit", "measure": "discount", "window": {"year": {}}, "max": 100_000, "on_exhausted": "unfunded"},
    ]);
    editor.step(&draft, "save", &[("content", &written.to_string())]).leads_to();
    for place in ["who", "limits", "on", "at", "valid", "gets", "paid-by", "slot", "priority"] {
        let saved = editor.step(&draft, &format!("set:{place}"), &[]).leads_to();
        assert_eq!(content(&editor.get(saved.split('#').next().unwrap())), written, "{place}");
    }
    editor.step(&draft, "set:limits", &[("max-2", "12,50"), ("measure-2", "discount"), ("max-0", "")]).leads_to();
    let limits = content(&editor.get(&draft))["limits"].clone();
    assert_eq!(limits[0], written["limits"][1]);
    assert_eq!(limits[1], json!({"scope": "holder", "measure": "discount", "window": {"month": {}}, "max": 1_250}));
}

#[test]
fn cases_are_tried_with_what_is_typed_and_nothing_is_saved() {
    let server = Server::start();
    let (editor, draft) = editor(&server);
    let before = content(&editor.get(&draft));
    let typed = [("effect", "percent"), ("number", "60")];

    let tried = editor.step(&draft, "set:gets", &[&typed[..], &[("try", "yes")]].concat());
    assert!(tried.status == 200 && tried.text().contains("expected 357, got 286"), "{}", tried.text());
    assert!(
        tried.form("set:gets").contains(&("number".to_owned(), "60".to_owned())),
        "what is typed stands there still"
    );
    assert_eq!(content(&tried), before);

    let opened = editor.get(&draft);
    let beside = editor.step_of(&opened, &draft, "set:gets", &[("try", "yes")]);
    assert!(
        beside.text().contains("1 case comes out as expected") && !beside.text().contains("got 286"),
        "{}",
        beside.text()
    );
    // What is told as one types is the same part alone.
    let mut fields = opened.form("set:gets");
    fields.iter_mut().filter(|(name, _)| name == "number").for_each(|(_, value)| "60".clone_into(value));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let part = editor.send(&format!("{draft}/cases"), &fields);
    assert!(
        part.html.starts_with("<div id=\"cases\" role=\"status\">") && part.html.contains("got 286"),
        "{}",
        part.html
    );

    let broken = editor.step(&draft, "save", &[("content", "{"), ("try", "yes")]);
    assert!(broken.status == 200 && broken.text().contains("can’t be run"), "{}", broken.text());
    assert_eq!(content(&editor.get(&draft)), before);
}
