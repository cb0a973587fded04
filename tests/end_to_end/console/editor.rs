//! The editor of a benefit by forms alone: conditions in boxes, several limits, cases that are tried before anything is saved.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::person::{Page, Person};
use super::{demo, drafted};
use crate::program::{Folder, Server};

/// The sentence of a draft, each place under its name.
fn sentence(page: &Page) -> BTreeMap<&str, &str> {
    let places = page.html.split("<details class=\"place\" id=\"place-").skip(1);
    let told = places.map(|place| {
        let told = place
            .split("<summary id=")
            .nth(1)
            .unwrap()
            .split_once('>')
            .map(|(_, told)| told)
            .unwrap()
            .split("</summary>")
            .next()
            .unwrap();
        (place.split('"').next().unwrap(), told)
    });
    told.collect()
}

/// A benefit that says something of all that it may say.
pub(super) fn full(effect: &Value) -> Value {
    json!({
        "name": {"lv": "Puse", "en": "Half"}, "public_name": {"lv": "Atlaide", "en": "Off"},
        "when": {"all": [{"age": {"min": 7, "max": 18}}, {"not": {"weekday": {"in": [6, 7]}}}]},
        "covers": {"holder": true, "companions": 2},
        "scope": {
            "products": ["transport"], "except_products": ["transport.night"],
            "providers": {"codes": ["atd"], "tags": ["rail"]},
        },
        "valid": {"from": "2027-01-01", "until": "2028-01-01"},
        "time_zone": "Europe/Riga", "service_day_start": "04:30",
        "effect": effect, "base": "gross",
        "rounding": {"on": "price", "per": "line", "increment": 5, "mode": "half_even"},
        "max_discount": {"per_line": 2_000, "per_authorization": 3_000}, "min_price": 50,
        "pick": {"every": 3, "skip": 1, "take": 2},
        "choose": {
            "order": "cheapest",
            "every": {"of": 4, "units": 1, "products": ["transport.bus"], "except_products": ["transport.bus.night"]},
        },
        "only_untouched": true, "at_least": {"amount": 500, "lines": "all"},
        "limits": [
            {"scope": "holder", "measure": "uses", "window": {"rolling": {"days": 9}}, "max": 3},
            {"scope": "household", "measure": "units", "window": {"from_first": {"minutes": 9}}, "max": 3},
            {"scope": "holder", "measure": "units", "window": {"month": {}}, "max": 3, "carry_over": {"until": "10-31"}},
            {"scope": "benefit", "measure": "discount", "window": {"year": {}}, "max": 900, "on_exhausted": "unfunded"},
        ],
        "funding": [{"payer": "riga", "rate": 4_000}, {"payer": "lv-state", "rate": 6_000}],
        "offline": {"allow": {"max_discount": 1_000, "max_uses": 4}},
        "costs": {"program": "demo-points", "points": 100, "per": "use", "automatic": true},
        "slot": "atd", "priority": 7,
    })
}

#[test]
fn all_that_a_benefit_may_say_is_said_in_both_languages() {
    let schema: Value = serde_json::from_str(include_str!("../../../schema/catalogue.schema.json")).unwrap();
    let may_say = schema["properties"]["benefits"]["items"]["properties"].as_object().unwrap();
    let others = ["code", "version", "grantor", "suspensions"];
    let whole = full(&json!({}));
    let silent: Vec<_> =
        may_say.keys().filter(|name| whole.get(name).is_none() && !others.contains(&&***name)).collect();
    assert!(silent.is_empty(), "{silent:?}");

    let server = Server::start();
    let (editor, draft) = editor(&server);
    let paid = (
        "free; the provider is paid at most €3.50 a unit",
        "par brīvu; pārdevējam maksā ne vairāk kā 3,50 € par vienību",
    );
    for (effect, (english, latvian)) in [
        (json!({"percent": {"rate": 5_000}}), ("50 % off", "50 % atlaide")),
        (json!({"amount_off": {"amount": 350, "per": "unit"}}), ("€3.50 off each unit", "3,50 € atlaide")),
        (json!({"fixed_price": {"amount": 350}}), ("for €3.50", "par 3,50 €")),
        (json!({"price_cap": {"amount": 350}}), paid),
        (
            json!({"spend_cap": {"amount": 350, "window": {"rolling": {"days": 2}}}}),
            ("at most €3.50 within 2 days", "3,50 €"),
        ),
    ] {
        editor.choose("avis-language", "en");
        editor.step(&draft, "save", &[("content", &full(&effect).to_string())]).leads_to();
        for (language, gets, units) in [
            ("en", english, "1 for every 4 that are bought, transport.bus, but not transport.bus.night"),
            ("lv", latvian, "1 par katrām 4 nopirktajām, transport.bus, bet ne transport.bus.night"),
        ] {
            editor.choose("avis-language", language);
            let page = editor.get(&draft);
            let told = sentence(&page);
            assert_eq!(told.len(), 17, "{told:#?}");
            assert!(told.values().all(|told| !told.contains('{')), "{told:#?}");
            assert!(told["gets"].replace('\u{a0}', " ").contains(gets), "{}", told["gets"]);
            assert!(told["units"].contains(units), "{}", told["units"]);
        }
    }
}

#[test]
fn a_row_without_what_it_begins_with_is_refused_and_stands_there_again() {
    let server = Server::start();
    let (editor, draft) = editor(&server);
    let rows = [
        ("limits", "limits.0.max", "limits.0.length", [("limits.0.max", ""), ("limits.0.length", "9")]),
        (
            "limits",
            "limits.1.max",
            "limits.1.carry_over.until",
            [("limits.0.max", "3"), ("limits.1.carry_over.until", "10-31")],
        ),
        ("paid-by", "funding.1.payer", "funding.1.rate", [("funding.0.payer", "riga"), ("funding.1.rate", "60")]),
    ];
    editor.step(&draft, "set:limits", &[("limits.0.max", ""), ("limits.0.length", "")]).leads_to();
    editor.step(&draft, "set:paid-by", &[("funding.0.payer", ""), ("funding.0.rate", "")]).leads_to();
    let before = content(&editor, &draft);
    assert!(before.get("limits").is_none() && before.get("funding").is_none(), "{before}");
    for (place, first, other, typed) in rows {
        let step = format!("set:{place}");
        let refused = editor.step(&draft, &step, &typed);
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert!(refused.html.contains(&format!("id=\"{step}-{first}-fault\"")), "{first}: {}", refused.text());
        let (_, value) = typed.iter().find(|(name, _)| *name == other).unwrap();
        assert!(refused.form(&step).contains(&(other.to_owned(), (*value).to_owned())), "{}", refused.text());
        assert_eq!(content(&editor, &draft), before, "{first}: nothing is written");
    }
}

/// The content of a draft, as its JSON stands; of a long one on a page of its own.
fn content(editor: &Person<'_>, draft: &str) -> Value {
    in_json(editor, draft, "content")
}

fn in_json(editor: &Person<'_>, draft: &str, field: &str) -> Value {
    let form = editor.get(&format!("{draft}?json=yes")).form("save");
    serde_json::from_str(&form.iter().find(|(name, _)| name == field).unwrap().1).unwrap()
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
        let (_, goes_on) = led.split_once('#').unwrap();
        assert!(goes_on == "at-who" || goes_on.starts_with("n-0"), "{led}");
        editor.get(led.split('#').next().unwrap())
    };
    let opened = content(&editor, &draft)["when"].clone();
    let [family, shown] = [0, 1].map(|place| opened["all"][place].clone());
    assert!(family.get("member_of").is_some() && shown.get("identifier").is_some(), "{opened}");

    let page = step(&[("shape", "add:0"), ("n-0-add", "age")]);
    assert_eq!(content(&editor, &draft)["when"], json!({"all": [family, shown, {"age": {}}]}));
    assert!(page.html.contains("<details class=\"place\" id=\"place-who\" open"), "one goes on where one was");
    step(&[("shape", "wrap:0.2"), ("n-0.2-max", "17")]);
    assert_eq!(content(&editor, &draft)["when"], json!({"all": [family, shown, {"any": [{"age": {"max": 17}}]}]}));
    let page = step(&[("n-0.2-join", "not")]);
    assert_eq!(content(&editor, &draft)["when"], json!({"all": [family, shown, {"not": {"age": {"max": 17}}}]}));
    // A box is read aloud as what it is.
    assert!(page.html.contains("id=\"n-0\"><legend>All of these</legend>"));
    assert!(page.html.contains("id=\"n-0.2\"><legend>Not this</legend>"));

    // What is no number is said beside its field, and stands there still.
    let wrong = editor.step(&draft, "set:who", &[("n-0.2.0-max", "many")]);
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.html.contains("href=\"#n-0.2.0-max\""), "the fault leads to its field");
    assert!(wrong.form("set:who").contains(&("n-0.2.0-max".to_owned(), "many".to_owned())), "{}", wrong.text());
    assert!(wrong.html.contains("id=\"n-0.2.0-max-fault\""));

    step(&[("shape", "unwrap:0.2")]);
    assert_eq!(content(&editor, &draft)["when"], json!({"all": [family, shown, {"age": {"max": 17}}]}));
    step(&[("shape", "remove:0.0")]);
    step(&[("shape", "remove:0.0")]);
    assert_eq!(content(&editor, &draft)["when"], json!({"all": [{"age": {"max": 17}}]}));
    step(&[("shape", "remove:0")]);
    assert_eq!(content(&editor, &draft).get("when"), None);
    // However deep the boxes that somebody sends, a page is answered.
    let mut deep: Vec<(String, String)> = editor.get(&format!("{draft}?open=who")).form("set:who");
    deep.extend((0..900).map(|depth| (format!("n-0{}-join", ".0".repeat(depth)), "any".to_owned())));
    let deep: Vec<(&str, &str)> = deep.iter().map(|(name, value)| (&**name, &**value)).collect();
    let answer = editor.send(&draft, &deep);
    assert_eq!(answer.status, 303, "{}", answer.text());
    step(&[("shape", "add:0"), ("n-0-add", "channel")]);
    assert_eq!(content(&editor, &draft)["when"], json!({"channel": {}}));

    // A fault of a condition leads to its field.
    let checked = editor.step(&draft, "check", &[]);
    assert!(checked.html.contains("<a href=\"#n-0-in\">Which, with commas between: "), "{}", checked.text());
}

#[test]
fn what_the_sentence_can_not_say_stays_as_it_is() {
    let server = Server::start();
    let (editor, draft) = editor(&server);
    let mut written = content(&editor, &draft);
    let odd = json!({"attribute": {"name": "grade", "op": "eq", "value": "5"}});
    written["when"] = json!({"any": [odd, {"not": {"weekday": {"in": [6, 7]}}}]});
    written["limits"] = json!([
        {"scope": "holder", "measure": "uses", "window": {"rolling": {"days": 9}}, "max": 3},
        {"scope": "benefit", "measure": "discount", "window": {"year": {}}, "max": 100_000, "on_exhausted": "unfunded"},
    ]);
    editor.step(&draft, "save", &[("content", &written.to_string())]).leads_to();
    let places = [
        "named", "who", "covers", "on", "at", "valid", "gets", "rounding", "bounds", "units", "only", "limits",
        "paid-by", "offline", "points", "slot", "priority",
    ];
    for place in places {
        editor.step(&draft, &format!("set:{place}"), &[]).leads_to();
        assert_eq!(content(&editor, &draft), written, "{place}");
    }
    let third = [
        ("limits.2.max", "12,50"),
        ("limits.2.measure", "discount"),
        ("limits.2.window", "rolling"),
        ("limits.2.length", "7"),
        ("limits.0.max", ""),
        ("limits.0.length", ""),
    ];
    editor.step(&draft, "set:limits", &third).leads_to();
    let limits = content(&editor, &draft)["limits"].clone();
    assert_eq!(limits[0], written["limits"][1]);
    let week = json!({"scope": "holder", "measure": "discount", "window": {"rolling": {"days": 7}}, "max": 1_250});
    assert_eq!(limits[1], week);
}

#[test]
fn all_that_a_benefit_says_is_said_in_fields_and_each_fault_stands_at_its_own() {
    let server = Server::start();
    let (editor, draft) = editor(&server);
    let set = |place: &str, changes: &[(&str, &str)]| {
        editor.step(&draft, &format!("set:{place}"), changes).leads_to();
        content(&editor, &draft)
    };
    set("named", &[("name.lv", "<b>Puse</b>"), ("name.en", "\u{5d0}\u{5d1}")]);
    set("covers", &[("covers.companions", "2")]);
    set("rounding", &[("rounding.on", "price"), ("rounding.increment", "0,05"), ("rounding.mode", "down")]);
    set("bounds", &[("max_discount.per_line", "20"), ("min_price", "0.50")]);
    set("units", &[("pick.every", "3"), ("pick.skip", "1")]);
    set("only", &[("only_untouched", "yes"), ("at_least.amount", "5")]);
    set("offline", &[("offline.allow.max_discount", "10"), ("offline.allow.max_uses", "4")]);
    set("points", &[("costs.program", "demo-points"), ("costs.points", "100"), ("costs.per", "use")]);
    set("paid-by", &[("funding.0.payer", "riga"), ("funding.0.rate", "40"), ("funding.1.payer", "lv-state")]);
    let written = set("gets", &[("effect.kind", "amount_off"), ("effect.number", "1,50"), ("effect.per", "line")]);
    for (pointer, value) in [
        ("/name/lv", json!("<b>Puse</b>")),
        ("/covers", json!({"companions": 2})),
        ("/rounding", json!({"on": "price", "per": "unit", "increment": 5, "mode": "down"})),
        ("/max_discount", json!({"per_line": 2_000})),
        ("/min_price", json!(50)),
        ("/pick", json!({"every": 3, "skip": 1})),
        ("/only_untouched", json!(true)),
        ("/at_least", json!({"amount": 500})),
        ("/offline", json!({"allow": {"max_discount": 1_000, "max_uses": 4}})),
        ("/costs", json!({"program": "demo-points", "points": 100, "per": "use"})),
        ("/funding", json!([{"payer": "riga", "rate": 4_000}, {"payer": "lv-state"}])),
        ("/effect", json!({"amount_off": {"amount": 150, "per": "line"}})),
    ] {
        assert_eq!(written.pointer(pointer), Some(&value), "{pointer}");
    }
    let page = editor.get(&draft);
    assert!(page.text().contains("<b>Puse</b>") || page.text().contains('\u{5d0}'), "{}", page.text());
    assert!(!page.html.contains("<b>Puse"), "a name with markup stays a name");

    // Each fault leads to its field, and is told beside it; a spend cap goes with none of what was said.
    set("gets", &[("effect.kind", "spend_cap"), ("effect.number", "4.65"), ("effect.window", "rolling")]);
    let faults_at = |fields: &[&str]| {
        let checked = editor.step(&draft, "check", &[]);
        assert_eq!(checked.status, 422);
        for field in fields {
            assert!(checked.html.contains(&format!("href=\"#{field}\"")), "{field}: {}", checked.text());
            assert!(checked.html.contains(&format!("id=\"{field}-fault\"")), "{field} has no fault beside it");
            assert!(checked.html.contains(&format!("id=\"{field}\"")), "{field} is not on the page");
        }
        checked.text()
    };
    faults_at(&["set:gets-effect.length", "set:paid-by-funding.1.rate", "set:points-costs.program"]);
    set("gets", &[("effect.length", "7")]);
    set("paid-by", &[("funding.1.rate", "60")]);
    set("points", &[("costs.program", ""), ("costs.points", ""), ("costs.per", "")]);
    let text = faults_at(&[
        "set:rounding-rounding.on",
        "set:bounds-max_discount.per_line",
        "set:bounds-min_price",
        "set:units-pick.every",
        "set:only-only_untouched",
        "set:covers-covers.companions",
    ]);
    assert!(text.contains("free after spending") && text.contains("up to 2 companions"), "{text}");
}

#[test]
fn cases_are_tried_with_what_is_typed_and_nothing_is_saved() {
    let server = Server::start();
    let (editor, draft) = editor(&server);
    let before = content(&editor, &draft);
    let typed = [("effect.kind", "percent"), ("effect.number", "60")];

    let tried = editor.step(&draft, "set:gets", &[&typed[..], &[("try", "yes")]].concat());
    assert!(tried.status == 200 && tried.text().contains("to pay: expected €3.57, got €2.86"), "{}", tried.text());
    assert!(
        tried.form("set:gets").contains(&("effect.number".to_owned(), "60".to_owned())),
        "what is typed stands there still"
    );
    assert_eq!(content(&editor, &draft), before);

    let opened = editor.get(&draft);
    let beside = editor.step_of(&opened, &draft, "set:gets", &[("try", "yes")]);
    assert!(
        beside.text().contains("1 case comes out as expected") && !beside.text().contains("got €2.86"),
        "{}",
        beside.text()
    );
    // What is told as one types is the same part alone.
    let mut fields = opened.form("set:gets");
    fields.iter_mut().filter(|(name, _)| name == "effect.number").for_each(|(_, value)| "60".clone_into(value));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let part = editor.send(&format!("{draft}/cases"), &fields);
    assert!(
        part.html.starts_with("<div id=\"cases\" role=\"status\">") && part.html.contains("got €2.86"),
        "{}",
        part.html
    );

    let broken = editor.step(&draft, "save", &[("content", "{"), ("try", "yes")]);
    assert!(broken.status == 200 && broken.text().contains("can’t be run"), "{}", broken.text());
    assert_eq!(content(&editor, &draft), before);
}

#[test]
fn another_case_is_said_by_a_form_and_expects_what_comes() {
    let server = Server::start();
    let (editor, draft) = editor(&server);
    let form = format!("{draft}?new-case=yes");
    let cases = || in_json(&editor, &draft, "cases");
    let before = cases().as_array().unwrap().len();
    let said = [
        ("name", "a monthly pass <b>at</b> the desk"),
        ("provider", "atd"),
        ("groups", "goda-gimene"),
        ("born", "1990-05-01"),
        ("scheme", "etalons"),
        ("product", "transport.bus.regional.single"),
        ("price", "7,15"),
        ("at", "2026-11-25T08:12"),
    ];
    for (field, wrong) in [("price", "much"), ("at", "soon"), ("quantity", "0"), ("name", ""), ("born", "old")] {
        let refused = editor.step(&form, "case", &[&said[..], &[(field, wrong)]].concat());
        assert!(
            refused.status == 422 && refused.html.contains(&format!("href=\"#case-{field}\"")),
            "{field}: {}",
            refused.text()
        );
    }
    assert_eq!(cases().as_array().unwrap().len(), before, "nothing is written");
    for (language, told) in [("en", "expects what came"), ("lv", "gaida to, kas iznāca")] {
        editor.choose("avis-language", language);
        let name = format!("a ticket <b>at</b> the desk: {language}");
        let added = editor.step(&form, "case", &[&said[..], &[("name", &name)]].concat()).leads_to();
        let page = editor.get(&added);
        assert!(page.text().contains(told) && !page.html.contains("<b>at"), "{}", page.text());
        let cases = cases();
        let last = cases.as_array().unwrap().last().unwrap();
        assert_eq!(last["expect"], json!([{"outcome": "approved", "payable": 357}]), "{last}");
        assert_eq!(last["requests"][0]["occurred_at"], "2026-11-25T08:12:00+02:00");
    }
    // Somebody without a right pays all of it.
    editor.step(&form, "case", &[&said[..], &[("groups", ""), ("name", "no right")]].concat()).leads_to();
    let cases = cases();
    assert_eq!(
        cases.as_array().unwrap().last().unwrap()["expect"],
        json!([{"outcome": "declined", "payable": 715}]),
        "{cases}"
    );
    editor.choose("avis-language", "en");
    editor.step(&draft, "check", &[]).leads_to();
}

#[test]
fn a_move_that_makes_another_benefit_unreachable_says_so_on_its_draft() {
    let folder = Folder::new("console-unreachable");
    let server = demo(&folder, "catalogue.json", |rules| {
        rules["slots"].as_array_mut().unwrap().push(json!({"name": "ferry", "policy": "first", "priority": 300}));
        for (code, priority, rate) in [("ferry-half", 10, 5_000), ("ferry-free", 20, 10_000)] {
            rules["benefits"].as_array_mut().unwrap().push(json!({"code": code, "version": 1, "grantor": "lv-state",
                "name": {"lv": code}, "valid": {"from": "2020-01-01"}, "slot": "ferry", "priority": priority,
                "scope": {"providers": {"codes": ["atd"]}, "products": ["transport.ferry"]}, "effect": {"percent": {"rate": rate}}}));
        }
    });
    let editor = Person::user(&server, "elza@state.example");
    let moved = editor.step("/priorities/atd", "up:ferry-free", &[]).leads_to();
    for (language, told, order) in [
        ("en", "It makes unreachable: ferry-half.", "never reached: ferry-free comes before it"),
        ("lv", "Ar to kļūst nesasniedzami: ferry-half.", "līdz tam netiek: pirms tā ir ferry-free"),
    ] {
        editor.choose("avis-language", language);
        let text = editor.goes_to(&moved).text();
        assert!(text.contains(told) && text.contains(order), "{text}");
    }
    // Who approves looks where the draft counts, and elsewhere.
    let draft = moved.split('?').next().unwrap();
    let approver = Person::user(&server, "aivars@state.example");
    let page = approver.get(draft);
    assert!(
        !page.text().contains("It makes") && page.html.contains(&format!("href=\"{draft}?at=atd#meeting\"")),
        "{}",
        page.html
    );
    assert!(approver.goes_to(&format!("{draft}?at=atd")).text().contains("It makes unreachable: ferry-half."));
    for (provider, told) in [("vivi", "At vivi it does not count"), ("nobody", "There is no provider nobody.")] {
        let page = approver.goes_to(&format!("{draft}?at={provider}"));
        assert!(page.status == 200 && page.text().contains(told), "{}", page.text());
    }
    let harmless = editor.step("/priorities/atd", "down:ferry-half", &[]).leads_to();
    editor.choose("avis-language", "en");
    assert!(editor.goes_to(&harmless).text().contains("Nobody would pay instead of somebody else."));
}

#[test]
fn a_benefit_is_moved_to_a_place_of_its_slot_and_to_no_other() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let page = editor.get("/priorities/atd");
    let moved = page.steps().into_iter().find(|step| step.starts_with("move:")).unwrap().to_owned();
    for place in ["0", "10000", "-1", "first", ""] {
        let refused = editor.step_of(&page, "/priorities/atd", &moved, &[("place", place)]);
        assert!(refused.status == 422 && refused.text().contains("expected a place from 1 to"), "{}", refused.text());
    }
    editor.step_of(&page, "/priorities/atd", &moved, &[("place", "1")]).leads_to();
}
