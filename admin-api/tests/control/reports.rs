//! Reports through the control plane: the own party's figures, what is published of all, budgets, unused rights, indicators.

use std::sync::Arc;

use avis_admin::control::Role;
use avis_store::sqlite::SqliteReports;
use avis_store::{Kind, Row};
use avis_testing::{TempFolder, eventually};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::till::{Till, half};
use crate::world::{Answered, World, run};

/// Who reads.
struct Readers {
    world: World,
    operator: String,
    city: String,
    town: String,
    bus: String,
    tram: String,
}

impl Readers {
    async fn new(test: &str) -> Self {
        let (world, operator) = World::with_parties(test).await;
        let city = world.user(&operator, "city", Role::Editor).await;
        let town = world.user(&operator, "town", Role::Editor).await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        let tram = world.user(&operator, "tram", Role::Provider).await;
        Self { world, operator, city, town, bus, tram }
    }

    async fn close(&self, by: &str, provider: &str, date: &str) {
        let close = self.world.post(&format!("/providers/{provider}/days/{date}/close")).by(by);
        close.json(&json!({})).send().await.is_done();
    }

    async fn close_all(&self, date: &str) {
        self.close(&self.bus, "bus", date).await;
        self.close(&self.tram, "tram", date).await;
    }

    /// The answer, which is the same before what moved is added up and after it.
    async fn get(&self, by: &str, path: &str) -> Answered {
        let answered = self.world.get(path).by(by).send().await;
        self.world.control.tally(&|| false).unwrap();
        let again = self.world.get(path).by(by).send().await;
        assert_eq!((answered.status, told(&answered)), (again.status, told(&again)), "{path}");
        again
    }

    async fn items(&self, by: &str, path: &str) -> Vec<Value> {
        let answered = self.get(by, path).await;
        answered.json()["items"].as_array().unwrap_or_else(|| panic!("{answered:?}")).clone()
    }
}

/// Six people of one place buy something: as many as may be told of.
async fn sell_to_six(till: &Till<'_>, at: &str) {
    for number in 0..6 {
        till.sell_to_resident(&format!("h-{number}"), "lv.riga", at, 200).await;
    }
}

/// What is answered, but for the name of the request in a refusal.
fn told(answered: &Answered) -> Value {
    let mut told = serde_json::from_str(&answered.text).unwrap_or_else(|_| json!(answered.text));
    if answered.status != 200 {
        told["request"].take();
    }
    told
}

const OCTOBER: &str = "from=2026-10-01&until=2026-11-01";

#[test]
fn figures_are_of_what_the_own_party_grants_or_sold() {
    run(async {
        let readers = Readers::new("figures").await;
        let till = Till::new(&readers.world);
        till.sell_to_resident("h-1", "lv.riga", "2026-10-05T10:00:00Z", 1_000).await;
        till.sell_to_resident("h-1", "lv.riga", "2026-10-06T10:00:00Z", 300).await;
        let back = till.sell_to_resident("h-2", "lv.ogre", "2026-10-07T10:00:00Z", 500).await;
        till.sell("2026-09-30T10:00:00Z", 900).await;
        let path = format!("/reports/figures?{OCTOBER}&by=territory,month");
        let row = |territory: &str, uses: i64, holders: u64, discount: i64| {
            json!({"territory": territory, "month": "2026-10", "uses": uses, "holders": holders, "discount": discount,
                   "entries": [{"payer": "city", "cause": "", "amount": discount}]})
        };
        let expected = [row("lv.ogre", 1, 1, 250), row("lv.riga", 2, 1, 650)];
        assert_eq!(readers.items(&readers.city, &path).await, expected);
        assert!(readers.items(&readers.bus, &path).await.is_empty(), "who sells is not told where a buyer lives");
        let sold = readers.items(&readers.bus, &format!("/reports/figures?{OCTOBER}&by=month")).await;
        assert_eq!((&sold[0]["uses"], &sold[0]["discount"]), (&json!(3), &json!(900)), "it sold all of it");
        let of_city = format!("/reports/figures?{OCTOBER}&territory=lv.riga&grantor=city");
        readers.get(&readers.bus, &of_city).await.is(422, "invalid");
        assert!(readers.items(&readers.town, &path).await.is_empty());
        let of_riga = format!("/reports/figures?{OCTOBER}&territory=lv.riga&by=benefit,version,provider,product");
        let only = &readers.items(&readers.city, &of_riga).await[0];
        assert_eq!(
            [&only["benefit"], &only["version"], &only["provider"], &only["product"], &only["discount"]],
            [&json!("city-half"), &json!("1"), &json!("bus"), &json!("ticket"), &json!(650)]
        );
        // What is given back in November takes from November.
        till.refund(back).await;
        let both = readers.items(&readers.city, "/reports/figures?from=2026-10-01&until=2026-12-01&by=month").await;
        let told: Vec<_> = both.iter().map(|row| (row["uses"].as_i64(), row["discount"].as_i64())).collect();
        assert_eq!(told, [(Some(3), Some(900)), (Some(-1), Some(-250))]);
        // Who sold sees all of it by month, whoever granted something, and nobody else does.
        let turnover = format!("/reports/turnover?{}", "from=2026-09-01&until=2026-12-01");
        let month = |month: &str, count: i64, gross: i64| json!({"month": month, "count": count, "gross": gross, "discount": gross / 2, "payable": gross / 2});
        let sold = readers.items(&readers.bus, &turnover).await;
        assert_eq!(sold, [month("2026-09", 1, 900), month("2026-10", 3, 1_800), month("2026-11", 0, -500)]);
        assert!(readers.items(&readers.city, &turnover).await.is_empty());
        let csv = |of: &str| format!("/reports/figures/csv?from=2026-10-01&until=2026-12-01&by=month{of}");
        let groups = readers.get(&readers.city, &csv("")).await.text;
        assert_eq!(groups, "month,uses,holders,discount\n2026-10,3,2,9.00\n2026-11,-1,0,-2.50\n");
        let payers = readers.get(&readers.city, &csv("&of=payers")).await.text;
        assert_eq!(payers, "month,payer,cause,amount\n2026-10,city,,9.00\n2026-11,city,,-2.50\n");
        readers.get(&readers.operator, &csv("&of=payers")).await.is(422, "invalid");
        for bad in ["by=colour", "by=month,month", "version=0", "until=2026-10-01"] {
            let path = format!("/reports/figures?from=2026-10-01&until=2026-11-01&{bad}");
            let path = if bad.starts_with("until") { format!("/reports/figures?from=2026-10-01&{bad}") } else { path };
            readers.get(&readers.city, &path).await.is(422, "invalid");
        }
    });
}

#[test]
fn what_leaves_its_owner_is_published_once_of_closed_months_and_without_small_groups() {
    run(async {
        let readers = Readers::new("published").await;
        let till = Till::new(&readers.world);
        for (number, territory) in ["lv.riga"; 6].into_iter().chain(["lv.ogre"; 2]).chain(["lv.cesis"; 5]).enumerate() {
            till.sell_to_resident(&format!("h-{number}"), territory, "2026-10-05T10:00:00Z", 200).await;
        }
        let published = "/reports/published?month=2026-10";
        let open = readers.get(&readers.operator, published).await;
        open.is(409, "day_is_open");
        assert!(open.json()["detail"].as_str().unwrap().contains(": those of bus"), "{open:?}");
        let open = readers.get(&readers.town, published).await;
        assert!(!open.json()["detail"].as_str().unwrap().contains("bus"), "{open:?}");
        readers.close(&readers.bus, "bus", "2026-10-31").await;
        // Something may count at the tram still, though it sold nothing.
        readers.get(&readers.operator, published).await.is(409, "day_is_open");
        readers.close(&readers.tram, "tram", "2026-10-31").await;
        readers.get(&readers.operator, "/reports/published?month=2026-11").await.is(409, "day_is_open");
        let group = |territory: &str, count: i64| {
            json!({"month": "2026-10", "grantor": "city", "benefit": "city-half", "territory": territory, "uses": count,
                   "holders": count, "discount": 100 * count})
        };
        let first = readers.get(&readers.operator, published).await;
        // The two of Ogre are told together with the fewest others.
        assert_eq!(first.json()["groups"], json!([group("other", 7), group("lv.riga", 6)]));
        till.sell_to_resident("h-9", "lv.riga", "2026-10-05T11:00:00Z", 200).await;
        assert_eq!(readers.get(&readers.town, published).await.text, first.text, "for everybody, and for ever");
        let csv = readers.get(&readers.operator, "/reports/open-data?month=2026-10").await;
        assert_eq!(
            csv.text,
            "month,grantor,benefit,territory,uses,holders,discount\n2026-10,city,city-half,other,7,7,7.00\n\
             2026-10,city,city-half,lv.riga,6,6,6.00\n"
        );
        let dictionary = readers.get(&readers.operator, "/reports/open-data/dictionary").await;
        assert_eq!(dictionary.text.lines().count(), 8);
        // Who oversees all parties sees sums of that, and no other cut.
        let all = readers.items(&readers.operator, &format!("/reports/figures?{OCTOBER}&by=grantor")).await;
        assert_eq!(all, [json!({"grantor": "city", "uses": 13, "holders": 13, "discount": 1_300})]);
        let csv = readers.get(&readers.operator, &format!("/reports/figures/csv?{OCTOBER}&by=grantor")).await.text;
        assert_eq!(csv, "grantor,uses,holders,discount\ncity,13,13,13.00\n");
        for cut in [format!("{OCTOBER}&by=provider"), "from=2026-10-02&until=2026-11-01".to_owned()] {
            readers.get(&readers.operator, &format!("/reports/figures?{cut}")).await.is(422, "invalid");
        }
        readers.get(&readers.operator, "/reports/published?month=2026-13").await.is(422, "invalid");
    });
}

#[test]
fn a_budget_tells_what_is_used_and_when_it_runs_out() {
    run(async {
        let readers = Readers::new("budgets").await;
        let mut rule = half();
        rule["limits"] = json!([{"scope": "benefit", "measure": "discount", "window": {"year": {}}, "max": 3_000, "on_exhausted": "unfunded"}]);
        readers.world.import(&rule);
        let approver = readers.world.user(&readers.operator, "city", Role::Approver).await;
        let body =
            json!({"provider": "bus", "from": "2026-11-01", "rate": 9_000, "ceiling": {"per": "month", "amount": 500}});
        let made = readers.world.post("/contracts").by(&readers.city).once().json(&body).send().await;
        let path = format!("/contracts/{}", made.id());
        let etag = readers.get(&readers.city, &path).await.headers["etag"].clone();
        let confirm = readers.world.post(&format!("{path}/confirm")).by(&approver);
        confirm.header("if-match", &etag).send().await.is_done();
        let till = Till::new(&readers.world);
        // 100 a day on 14 days until yesterday, and something today that does not count yet.
        for day in 4..=18 {
            till.sell(&format!("2026-11-{day:02}T05:00:00Z"), 200).await;
        }
        let mut budgets = readers.items(&readers.city, "/reports/budgets").await;
        let courses: Vec<Value> = budgets.iter_mut().map(|one| one["course"].take()).collect();
        let ends = |course: &Value| (course[0].clone(), course.as_array().unwrap().last().unwrap().clone());
        let step = |date: &str, used: i64| json!({"date": date, "used": used});
        assert_eq!(ends(&courses[0]), (step("2026-01-01", 0), step("2026-11-18", 1_400)));
        assert_eq!(ends(&courses[1]), (step("2026-11-01", 0), step("2026-11-18", 1_260)));
        assert_eq!(courses[1][5], step("2026-11-06", 180), "each morning of a month");
        let limit = json!({"kind": "limit", "benefit": "city-half", "version": 1, "start": "2026-01-01", "end": "2027-01-01",
            "amount": 3_000, "used": 1_400, "days": 14, "recent": 1_400, "forecast": 1_400 + 4_400, "runs_out": "2026-12-03",
            "course": null});
        let ceiling = json!({"kind": "ceiling", "provider": "bus", "version": 1, "start": "2026-11-01", "end": "2026-12-01",
            "amount": 500, "used": 1_260, "days": 14, "recent": 1_260, "forecast": 1_260 + 1_170, "runs_out": "2026-11-09",
            "course": null});
        assert_eq!(budgets, [limit, ceiling]);
        assert!(readers.items(&readers.town, "/reports/budgets").await.is_empty());
    });
}

#[test]
fn unused_rights_and_indicators_are_counted_and_tell_nobody() {
    run(async {
        let readers = Readers::new("unused").await;
        let mut rule = half();
        rule["when"] = json!({"member_of": {"groups": ["seniors"]}});
        rule["limits"] = json!([{"scope": "holder", "measure": "units", "window": {"month": {}}, "max": 4}]);
        readers.world.import(&rule);
        let mut of_all = half();
        of_all["code"] = json!("city-open");
        readers.world.import(&of_all);
        let till = Till::new(&readers.world);
        till.sell_to_resident("h-anna", "lv.riga", "2026-10-05T10:00:00Z", 200).await;
        till.sell_to_resident("h-other", "lv.riga", "2026-10-05T10:00:00Z", 200).await;
        let path = format!("/reports/unused?benefit=city-half&{OCTOBER}");
        let unused = readers.get(&readers.city, &path).await.json();
        // Anna and Berta are entitled; Anna used one of her four.
        let expected = json!({"benefit": "city-half", "version": 1, "countable": true, "entitled": 2, "unused_holders": 1,
                              "unused_units": 7});
        assert_eq!(unused, expected);
        // Whoever oversees all could have a few by the days: those of one day more less those of one day fewer.
        readers.get(&readers.operator, &path).await.is(403, "not_yours");
        let none = readers.get(&readers.city, &format!("/reports/unused?benefit=city-open&{OCTOBER}")).await;
        assert_eq!(none.json(), json!({"benefit": "city-open", "version": 1, "countable": false}));
        readers.get(&readers.town, &path).await.is(404, "not_found");
        let indicators = |by: String| {
            let readers = &readers;
            async move {
                let items = readers.items(&by, "/indicators").await;
                items.iter().map(|one| (one["value"].as_i64(), one["share"].as_i64())).collect::<Vec<_>>()
            }
        };
        let transactions = (Some(2), Some(0));
        let volume = (Some(200), Some(2));
        let own = indicators(readers.city.clone()).await;
        assert_eq!(own, [transactions, (Some(1), Some(5_000)), volume, (Some(2), None), (None, None)]);
        let all = indicators(readers.operator.clone()).await;
        let nothing = (Some(0), Some(0));
        assert_eq!(all, [nothing, nothing, nothing, (Some(0), None), nothing], "no month is published");
    });
}

#[test]
fn of_all_parties_published_months_are_counted_and_nothing_between_them() {
    run(async {
        let readers = Readers::new("indicators").await;
        let till = Till::new(&readers.world);
        sell_to_six(&till, "2026-09-05T10:00:00Z").await;
        till.sell_to_resident("h-7", "lv.riga", "2026-10-05T10:00:00Z", 1_000).await;
        till.sell_to_resident("h-8", "lv.riga", "2026-11-05T10:00:00Z", 3_000).await;
        readers.close_all("2026-10-31").await;
        let values = |items: Vec<Value>| items.iter().map(|one| one["value"].clone()).collect::<Vec<_>>();
        let all = values(readers.items(&readers.operator, "/indicators").await);
        // In October too few bought something to be told of, and November is open.
        assert_eq!(all, [json!(6), json!(1), json!(600), json!(6), json!(0)]);
        readers.get(&readers.operator, "/indicators?since=2026-09-06").await.is(422, "invalid");
        let months = values(readers.items(&readers.operator, "/indicators?since=2026-09-01").await);
        assert_eq!(
            months,
            [json!(6), json!(1), json!(600), Value::Null, Value::Null],
            "users and consultations of some months are not told"
        );
        let own = values(readers.items(&readers.city, "/indicators?since=2026-10-01").await);
        assert_eq!(own[..3], [json!(2), json!(1), json!(2_000)], "the own party counts as it likes");
    });
}

#[test]
fn a_provider_that_sold_what_stands_counts_whatever_it_took_back_of_earlier_months() {
    run(async {
        let readers = Readers::new("merchants").await;
        let till = Till::new(&readers.world);
        let mut sold = Vec::new();
        for day in 5..8 {
            sold.push(till.sell(&format!("2026-10-{day:02}T10:00:00Z"), 200).await);
        }
        let counted = async || {
            let items = readers.items(&readers.city, "/indicators?since=2026-11-01").await;
            [&items[0], &items[1]].map(|one| one["value"].clone())
        };
        assert_eq!(counted().await, [0, 0].map(Value::from));
        for sale in sold {
            till.refund(sale).await;
        }
        assert_eq!(counted().await, [-3, 0].map(Value::from), "it sold nothing since");
        for day in 3..6 {
            till.sell(&format!("2026-11-{day:02}T10:00:00Z"), 200).await;
        }
        assert_eq!(counted().await, [0, 1].map(Value::from));
    });
}

#[test]
fn a_provider_that_left_the_rules_counts_by_whatever_figures_are_asked_and_closes_its_days() {
    run(async {
        let readers = Readers::new("left").await;
        let till = Till::new(&readers.world);
        sell_to_six(&till, "2026-10-05T10:00:00Z").await;
        readers.world.commit(vec![Ok(Row { kind: Kind::Provider, key: "bus".into(), content: None }.into())]);
        for by in ["month", "product"] {
            let figures = readers.items(&readers.city, &format!("/reports/figures?{OCTOBER}&by={by}")).await;
            assert_eq!(figures[0]["uses"], json!(6), "{figures:?}");
        }
        readers.close(&readers.tram, "tram", "2026-10-31").await;
        let published = "/reports/published?month=2026-10";
        readers.get(&readers.operator, published).await.is(409, "day_is_open");
        let control = readers.world.control.clone();
        tokio::task::spawn_blocking(move || control.close_overdue_days(7)).await.unwrap();
        let published = readers.get(&readers.operator, published).await.json();
        assert_eq!(published["groups"][0]["uses"], json!(6), "{published}");
    });
}

#[test]
fn a_ceiling_of_rounded_lines_is_used_as_its_statement_reimburses() {
    run(async {
        let readers = Readers::new("batches").await;
        let approver = readers.world.user(&readers.operator, "city", Role::Approver).await;
        let body = json!({"provider": "bus", "from": "2026-11-01", "rate": 3_333, "rounding": "batch",
                          "ceiling": {"per": "month", "amount": 500}});
        let made = readers.world.post("/contracts").by(&readers.city).once().json(&body).send().await;
        let path = format!("/contracts/{}", made.id());
        let etag = readers.get(&readers.city, &path).await.headers["etag"].clone();
        let confirm = readers.world.post(&format!("{path}/confirm")).by(&approver);
        confirm.header("if-match", &etag).send().await.is_done();
        let till = Till::new(&readers.world);
        for day in [4, 5, 6] {
            till.sell(&format!("2026-11-{day:02}T05:00:00Z"), 100).await;
        }
        let budgets = readers.items(&readers.city, "/reports/budgets").await;
        // A third of 150 is 50; of each 50 it would be 17.
        assert_eq!((&budgets[0]["used"], &budgets[0]["recent"]), (&json!(50), &json!(50)), "{budgets:?}");
    });
}

/// A replica that lags answers as of its moment, and none that is away is waited for; what is told for ever is read from the ledger.
#[test]
fn reports_read_from_a_replica_and_from_the_ledger_while_that_is_away() {
    run(async {
        let readers = Readers::new("replica").await;
        let till = Till::new(&readers.world);
        sell_to_six(&till, "2026-10-05T10:00:00Z").await;
        let copy = TempFolder::new("avis-replica");
        let ledger = rusqlite::Connection::open(readers.world.folder.file("ledger.db")).unwrap();
        let path = copy.path().join("ledger.db");
        let queued = || ledger.query_row("SELECT count(*) FROM unsealed", [], |row| row.get::<_, i64>(0)).unwrap();
        eventually("seals of what was sold", queued, |queued| *queued == 0);
        ledger.execute("VACUUM INTO ?1", [path.to_str().unwrap()]).unwrap();
        till.sell_to_resident("h-6", "lv.riga", "2026-10-06T10:00:00Z", 200).await;
        readers.close_all("2026-10-31").await;
        let replica = Arc::new(SqliteReports::new(copy.path()));
        let world = readers.world.reading_from(replica);
        let figures = async || {
            let path = format!("/reports/figures?{OCTOBER}&by=month");
            world.get(&path).by(&readers.city).send().await.json()["items"][0]["uses"].clone()
        };
        assert_eq!(figures().await, json!(6), "as the replica has it");
        let published = world.get("/reports/published?month=2026-10").by(&readers.operator).send().await.json();
        assert_eq!(published["groups"][0]["uses"], json!(7), "{published}");
        let elsewhere = copy.path().join("elsewhere.db");
        std::fs::rename(&path, &elsewhere).unwrap();
        assert_eq!(figures().await, json!(7), "as the ledger has it");
        std::fs::rename(&elsewhere, &path).unwrap();
        assert_eq!(figures().await, json!(7), "who did not answer is left alone for a while");
        world.clock.pass(SignedDuration::from_secs(10));
        assert_eq!(figures().await, json!(6), "as the replica has it again");
    });
}
