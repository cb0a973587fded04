//! A merchant says by forms alone how points are earned and what they pay, in a programme and a campaign.

use avis_testing::eventually;
use serde_json::{Value, json};

use super::browser::{Browser, ENTER};
use super::person::Person;
use super::until_quote;
use crate::program::Server;

/// Rules of one programme.
const RULES_MAX: usize = 64;

/// The next version of the programme of the demo is drafted; its path.
pub(super) fn drafted(shop: &Person<'_>) -> String {
    let made = shop.step("/programmes/demo-points", "draft", &[]).leads_to();
    made.split('?').next().unwrap().to_owned()
}

/// The content of a draft, as its JSON stands; of a long one on a page of its own.
fn content(editor: &Person<'_>, draft: &str) -> Value {
    let form = editor.get(&format!("{draft}?json=yes")).form("save");
    serde_json::from_str(&form.iter().find(|(name, _)| name == "content").unwrap().1).unwrap()
}

/// Somebody begins something; the path of the draft.
fn begun(person: &Person<'_>, kind: &str, fields: &[(&str, &str)]) -> String {
    let path = format!("/drafts/new?kind={kind}");
    let made = person.step_of(&person.get(&path), &path, "make", fields).leads_to();
    assert!(made.ends_with("done=draft-begun"), "{made}");
    made.split('?').next().unwrap().to_owned()
}

/// Fills a place of a draft; what it says then.
fn filled(person: &Person<'_>, draft: &str, place: &str, fields: &[(&str, &str)]) -> Value {
    person.step(draft, &format!("set:{place}"), fields).leads_to();
    content(person, draft)
}

/// Submitted by one, approved and published by another.
fn published(server: &Server, editor: &Person<'_>, draft: &str) {
    let approver = Person::user(server, "sandis@shop.example");
    editor.step(draft, "submit", &[]).leads_to();
    approver.step(draft, "approve", &[]).leads_to();
    let published = approver.step(draft, "publish", &[("reason", "decided")]).leads_to();
    let revision = until_quote(approver.get(&published).html.split("id=\"live-").nth(1).unwrap());
    let live = || approver.get(&format!("/live/{revision}")).text();
    eventually("the rules on every engine", live, |text| text.contains("Live on 1 of 1"));
}

/// Two rules of earning: one for what is paid, and one that gives more to a level.
fn earning(editor: &Person<'_>, draft: &str) {
    let rules = [
        ("earn.per", "0,50"),
        ("earn.rules.0.code", "base"),
        ("earn.rules.0.gives", "money"),
        ("earn.rules.0.number", "3"),
        ("earn.rules.0.except_products", "shop.gift"),
    ];
    filled(editor, draft, "earn", &rules);
    let bonus = [
        ("earn.rules.1.code", "gold"),
        ("earn.rules.1.gives", "bonus"),
        ("earn.rules.1.number", "20"),
        ("earn.rules.1.uses.max", "4"),
        ("earn.rules.1.uses.window", "rolling"),
        ("earn.rules.1.uses.length", "30"),
        ("shape", "add:r1"),
        ("n-r1-add", "tier"),
    ];
    let earn = filled(editor, draft, "earn", &bonus)["earn"].clone();
    assert_eq!(earn["rules"][1]["when"], json!({"tier": {}}));
    let level = [("n-r1-program", "stars"), ("n-r1-at_least", "gold")];
    let earn = filled(editor, draft, "earn", &level)["earn"].clone();
    let base = json!({"code": "base", "money": 3, "except_products": ["shop.gift"]});
    let gold = json!({"code": "gold", "bonus": 2_000, "uses": {"max": 4, "window": {"rolling": {"days": 30}}},
        "when": {"tier": {"program": "stars", "at_least": "gold"}}});
    assert_eq!(earn, json!({"per": 50, "rules": [base, gold]}));
}

/// Levels by what is spent, when points end, and what they pay.
fn levels_and_paying(editor: &Person<'_>, draft: &str) {
    let levels = [
        ("tiers.measure", "spend"),
        ("tiers.window", "year"),
        ("tiers.levels.0.code", "silver"),
        ("tiers.levels.0.min", "100"),
        ("tiers.levels.1.code", "gold"),
        ("tiers.levels.1.min", "250,50"),
    ];
    filled(editor, draft, "levels", &levels[..4]);
    let tiers = filled(editor, draft, "levels", &levels)["tiers"].clone();
    assert_eq!(tiers["levels"][1], json!({"code": "gold", "min": 25_050}));
    filled(
        editor,
        draft,
        "expiry",
        &[("expiry.months", "6"), ("expiry.round_up", "day"), ("expiry.round_up_day", "12-31")],
    );
    let pays = [("redeem.points", "1"), ("redeem.amount", "0,01"), ("redeem.max_share", "50"), ("redeem.min", "100")];
    filled(editor, draft, "redeem", &pays);
    let limit = [("redeem.limits.0.max", "500"), ("redeem.limits.0.window", "day")];
    let said = filled(editor, draft, "redeem", &limit);
    assert_eq!(said["expiry"], json!({"months": 6, "round_up": "12-31"}));
    let redeem = json!({"points": 1, "amount": 1, "max_share": 5_000, "min": 100, "limits": [{"max": 500, "window": {"day": {}}}]});
    assert_eq!(said["redeem"], redeem);
}

/// What is wrong stands there still with its fault beside it, and nothing is written.
fn faulty(editor: &Person<'_>, draft: &str) {
    let said = content(editor, draft);
    // What is no number stands there still, with its fault beside it.
    let wrong = editor.step(draft, "set:redeem", &[("redeem.points", "many")]);
    assert!(wrong.status == 422 && wrong.html.contains("id=\"set:redeem-redeem.points-fault\""), "{}", wrong.text());
    assert!(wrong.form("set:redeem").contains(&("redeem.points".to_owned(), "many".to_owned())));
    // A row without what it begins with is refused.
    let nameless = editor.step(draft, "set:earn", &[("earn.rules.2.number", "5")]);
    assert!(nameless.status == 422 && nameless.html.contains("id=\"set:earn-earn.rules.2.code-fault\""));
    assert_eq!(content(editor, draft), said, "nothing is written");
}

fn rule(number: usize) -> Value {
    json!({"code": format!("rule-{number}"), "money": number + 1,
        "when": {"all": [{"channel": {"in": ["shop"]}}, {"weekday": {"in": [1, 2, 3]}}]}})
}

/// A draft of a programme with so many rules, each of which has a condition, and what it says.
fn drafted_with_rules(editor: &Person<'_>, count: usize) -> (String, Value) {
    let draft = drafted(editor);
    let mut said = content(editor, &draft);
    said["earn"]["rules"] = (0..count).map(rule).collect();
    editor.step(&draft, "save", &[("content", &said.to_string())]).leads_to();
    (draft, said)
}

/// Of many rules each is folded, with what is asked in it, until its button opens it; all others stay as they are.
#[test]
fn a_programme_of_many_rules_is_light_and_changed_rule_by_rule() {
    let server = Server::start();
    let editor = Person::user(&server, "solvita@shop.example");
    let (draft, mut said) = drafted_with_rules(&editor, 8);
    let opened = editor.get(&draft);
    let form = opened.form("set:earn");
    assert!(opened.html.len() <= 40_000, "{}", opened.html.len());
    assert!(form.contains(&("earn.rules.kept".to_owned(), "0,1,2,3,4,5,6,7".to_owned())), "{form:?}");
    assert!(!form.iter().any(|(name, _)| name == "earn.rules.3.code"), "{form:?}");

    // The button of a rule opens it with its condition, and nothing is lost by it.
    let fourth = editor.step(&draft, "set:earn", &[("row", "3")]).leads_to();
    assert!(fourth.contains("open=earn&row=3"), "{fourth}");
    let page = editor.get(&fourth);
    assert!(page.html.len() <= 40_000, "{}", page.html.len());
    let form = page.form("set:earn");
    assert!(form.contains(&("earn.rules.3.code".to_owned(), "rule-3".to_owned())), "{form:?}");
    assert!(form.contains(&("n-r3.1-in".to_owned(), "1, 2, 3".to_owned())), "{form:?}");
    assert_eq!(content(&editor, &draft), said);
    let at = fourth.split('#').next().unwrap();
    editor.step_of(&page, at, "set:earn", &[("earn.rules.3.number", "40"), ("n-r3.1-in", "6")]).leads_to();
    said["earn"]["rules"][3] = rule(39);
    said["earn"]["rules"][3]["code"] = json!("rule-3");
    said["earn"]["rules"][3]["when"]["all"][1]["weekday"]["in"] = json!([6]);
    assert_eq!(content(&editor, &draft), said);

    // What is wrong in it stands there still; another rule is added behind the others, and one is taken away.
    let wrong = editor.step_of(&editor.get(at), at, "set:earn", &[("earn.rules.3.number", "many")]);
    assert!(
        wrong.status == 422 && wrong.html.contains("<a href=\"#set:earn-earn.rules.3.number\">"),
        "{}",
        wrong.text()
    );
    assert!(wrong.form("set:earn").contains(&("earn.rules.3.number".to_owned(), "many".to_owned())));
    let behind = editor.step(&draft, "set:earn", &[("row", "8")]).leads_to();
    let behind = behind.split('#').next().unwrap();
    let new = [("earn.rules.8.code", "last"), ("earn.rules.8.gives", "fixed"), ("earn.rules.8.number", "7")];
    editor.step(behind, "set:earn", &new).leads_to();
    said["earn"]["rules"].as_array_mut().unwrap().push(json!({"code": "last", "fixed": 7}));
    assert_eq!(content(&editor, &draft), said);
    let typed = ["code", "number", "products", "except_products", "uses.max", "uses.length"];
    let typed = typed.map(|name| format!("earn.rules.3.{name}"));
    let page = editor.get(at);
    let mut fields = page.form("set:earn");
    fields.retain(|(name, _)| !name.starts_with("n-r3"));
    fields.iter_mut().filter(|(name, _)| typed.contains(name)).for_each(|(_, value)| value.clear());
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    editor.send(at, &fields).leads_to();
    said["earn"]["rules"].as_array_mut().unwrap().remove(3);
    assert_eq!(content(&editor, &draft), said);
}

/// Of very many rules one is chosen from a list, and the JSON has a page of its own: both pages stay within their weight.
#[test]
fn a_programme_of_as_many_rules_as_there_may_be_is_light() {
    let server = Server::start();
    let editor = Person::user(&server, "solvita@shop.example");
    let (draft, mut said) = drafted_with_rules(&editor, RULES_MAX);
    let opened = editor.get(&draft);
    assert!(opened.html.len() <= 40_000 && !opened.html.contains("id=\"save-content\""), "{}", opened.html.len());
    let json = format!("{draft}?json=yes");
    assert!(opened.html.contains(&format!("href=\"{json}#edit\"")), "{}", opened.text());
    let alone = editor.get(&json);
    assert!(alone.html.len() <= 120_000 && content(&editor, &draft) == said, "{}", alone.html.len());

    let chosen = [("row", "chosen"), ("chosen", "17")];
    let open = editor.get(&format!("{draft}?open=earn"));
    assert!(open.html.len() <= 40_000, "{}", open.html.len());
    let last = editor.step_of(&open, &draft, "set:earn", &chosen).leads_to();
    assert!(last.contains("open=earn&row=17"), "{last}");
    let page = editor.get(&last);
    assert!(page.html.len() <= 40_000, "{}", page.html.len());
    let at = last.split('#').next().unwrap();
    editor.step_of(&page, at, "set:earn", &[("earn.rules.17.number", "500")]).leads_to();
    said["earn"]["rules"][17]["money"] = json!(500);
    assert_eq!(content(&editor, &draft), said);
    // A fault of the JSON is told where it stands.
    let broken = editor.step(&json, "save", &[("content", "{ \"name\": ")]);
    assert!(broken.status == 422 && broken.html.contains("href=\"#save-content\""), "{}", broken.text());
    assert!(broken.form("save").iter().any(|(_, value)| value == "{ \"name\": "), "{}", broken.text());
}

#[test]
fn a_programme_is_said_by_forms_published_and_told_in_words() {
    let server = Server::start();
    let editor = Person::user(&server, "solvita@shop.example");
    // What of it may begin is said where it belongs.
    for path in ["/programmes", "/drafts"] {
        assert!(editor.get(path).html.contains("href=\"/drafts/new?kind=program\""), "{path}");
    }
    let names = [("code", "stars"), ("name-lv", "<b>Zvaigznes</b>"), ("name-en", "Stars"), ("from", "2026-01-01")];
    let draft = begun(&editor, "program", &names);
    let opened = content(&editor, &draft);
    assert_eq!(opened["scope"], json!({"providers": {"codes": ["demo-shop"]}}));
    assert_eq!(opened["name"], json!({"lv": "<b>Zvaigznes</b>", "en": "Stars"}));
    assert!(!editor.get(&draft).html.contains("<b>Zvaigznes"), "a name with markup stays a name");

    earning(&editor, &draft);
    // A fault is told where it is mended: a level that is not there.
    let checked = editor.step(&draft, "check", &[]);
    assert!(checked.status == 422 && checked.html.contains("href=\"#n-r1-at_least\""), "{}", checked.text());
    assert!(checked.html.contains("id=\"n-r1-at_least-fault\"") && checked.html.contains("id=\"place-earn\" open"));
    levels_and_paying(&editor, &draft);
    faulty(&editor, &draft);

    published(&server, &editor, &draft);
    for (language, told) in [
        (
            "en",
            ["3 points for every €0.50 paid", "gold from €250.50", "at most 50 % of a purchase", "on the next 12-31"],
        ),
        (
            "lv",
            [
                "3 punkti par katriem samaksātiem 0,50 €",
                "gold no 250,50 €",
                "ne vairāk kā 50 % no pirkuma",
                "tuvākajā 12-31",
            ],
        ),
    ] {
        editor.choose("avis-language", language);
        let page = editor.get("/programmes/stars").text().replace('\u{a0}', " ");
        assert!(told.iter().all(|told| page.contains(told)), "{language}: {page}");
    }
}

#[test]
fn what_a_programme_says_stays_as_it_is_whichever_place_is_saved() {
    let server = Server::start();
    let editor = Person::user(&server, "solvita@shop.example");
    let draft = drafted(&editor);
    let mut written = content(&editor, &draft);
    assert!(written["earn"]["rules"][1]["when"]["coupon"].is_object(), "{written}");
    // A condition that no field has room for, and a window that has none either.
    written["earn"]["rules"][0]["when"] =
        json!({"any": [{"height": {"min": 1}}, {"not": {"birthday": {"in": "month"}}}]});
    written["pending"] = json!({"dates": ["01-01", "07-01"]});
    written["returns"] = json!({"earned": "unlimited", "expired_days": 0});
    editor.step(&draft, "save", &[("content", &written.to_string())]).leads_to();
    let places =
        ["named", "at", "on", "valid", "earn", "earn-most", "pending", "expiry", "redeem", "levels", "returns"];
    for place in places {
        assert_eq!(filled(&editor, &draft, place, &[]), written, "{place}");
    }
    written["expiry"] = json!({"months": "twelve"});
    editor.step(&draft, "save", &[("content", &written.to_string())]).leads_to();
    let page = editor.get(&draft);
    assert!(!page.steps().contains(&"set:expiry") && page.steps().contains(&"set:earn"), "{:?}", page.steps());
    assert_eq!(filled(&editor, &draft, "earn", &[]), written);
}

#[test]
fn a_campaign_and_a_benefit_begin_with_a_few_fields() {
    let server = Server::start();
    let editor = Person::user(&server, "solvita@shop.example");
    let bad = "/drafts/new?kind=campaign";
    let refused = editor.step_of(&editor.get(bad), bad, "make", &[("code", "No Such")]);
    assert!(refused.status == 422 && refused.html.contains("href=\"#make-code\""), "{}", refused.text());
    assert!(refused.form("make").contains(&("kind".to_owned(), "campaign".to_owned())));
    let campaign = begun(&editor, "campaign", &[("code", "spring"), ("from", "2026-03-01")]);
    filled(&editor, &campaign, "valid", &[("valid.until", "2027-06-01")]);
    let said = filled(&editor, &campaign, "coupon-uses", &[("uses", "2"), ("on_refund", "keep")]);
    assert_eq!(said, json!({"valid": {"from": "2026-03-01", "until": "2027-06-01"}, "uses": 2, "on_refund": "keep"}));
    let held_out = [("hold_out.program", "demo-points"), ("hold_out.share", "10")];
    let said = filled(&editor, &campaign, "hold-out", &held_out);
    assert_eq!(said["hold_out"], json!({"program": "demo-points", "share": 1_000}));
    published(&server, &editor, &campaign);
    let shown = editor.get("/campaigns/spring").text().replace('\u{a0}', " ");
    for told in ["may be used 2 times", "10 % of the members of demo-points", "Purchases per thousand members"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert!(!editor.get("/campaigns/demo-hundred").text().contains("Purchases per"), "nobody is held out of it");

    // A benefit of the shop, sentence by sentence; what is missing leads to its place.
    let benefit = begun(&editor, "benefit", &[("code", "rye-half"), ("name-lv", "Rupjmaize"), ("from", "2026-01-01")]);
    let checked = editor.step(&benefit, "check", &[]);
    for place in ["set:at-scope.providers.all", "set:gets-effect.kind"] {
        assert!(checked.html.contains(&format!("href=\"#{place}\"")), "{place}: {}", checked.text());
    }
    filled(&editor, &benefit, "at", &[("scope.providers.codes", "demo-shop")]);
    filled(&editor, &benefit, "on", &[("scope.products", "shop.rye")]);
    let said = filled(&editor, &benefit, "gets", &[("effect.kind", "percent"), ("effect.number", "50")]);
    assert_eq!(said["effect"], json!({"percent": {"rate": 5_000}}));
    published(&server, &editor, &benefit);
    // All of it as JSON is as good.
    let whole = json!({"valid": {"from": "2026-05-01"}}).to_string();
    let written = begun(&editor, "campaign", &[("code", "may"), ("content", &whole)]);
    assert_eq!(content(&editor, written.split('?').next().unwrap()), json!({"valid": {"from": "2026-05-01"}}));
}

#[test]
fn points_are_changed_by_keys_alone() {
    let server = Server::start();
    let browser = Browser::english(&server, 390);
    browser.sign_in_by_keys(&server, "solvita@shop.example");
    browser.open(&server.url("/programmes/demo-points"));
    browser.enter("#draft button");
    browser.arrives("/drafts/");
    browser.enter("#place-earn summary");
    browser.tab_to("[id='set:earn-earn.rules.0.number']");
    browser.write("7");
    browser.press(ENTER);
    browser.reads("#place-earn summary", "7 points for every €1.00 paid");
    browser.reads("main", "becomes “base: 7 points for every €1.00 paid");
}
