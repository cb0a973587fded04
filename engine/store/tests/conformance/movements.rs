//! What moves of what stands sold is rows, from which reports are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use avis_core::authorization::OperationKind;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::advices::advice;
use crate::rows::{Dialect, Tables};
use crate::till::{
    HOLD, TestClock, Till, catalogue, id_of, new_id, operation, operation_under, reversal, reversal_under,
};

/// Columns of the movements of an authorization, in their order.
fn movements(tables: &dyn Tables, columns: &str, of: &Value) -> Vec<String> {
    let Dialect { schema, authorization, .. } = tables.dialect();
    let id = id_of(of).simple();
    let query = format!(
        "SELECT {columns} FROM {schema}movement WHERE {authorization} = '{id}' ORDER BY authorization_id, number"
    );
    tables.rows(&query).into_iter().map(|row| row.join(" ")).collect()
}

/// The entries of one movement of an authorization.
fn entries(tables: &dyn Tables, of: &Value, number: i64) -> Vec<String> {
    let Dialect { schema, authorization, .. } = tables.dialect();
    let id = id_of(of).simple();
    let query = format!(
        "SELECT benefit, grantor, units, payer, cause, amount FROM {schema}entry
         WHERE {authorization} = '{id}' AND number = {number} ORDER BY line, discount, place"
    );
    tables.rows(&query).into_iter().map(|row| row.join(" ")).collect()
}

fn request_id(answer: &Value) -> Uuid {
    answer["request_id"].as_str().unwrap().parse().unwrap()
}

/// settlement.md 1.1.
pub(crate) fn each_request_that_changes_what_stands_sold_makes_one_movement(tables: &dyn Tables) {
    let till = Till::new(tables);
    let hold = till.hold("half", 4);
    let (capture, refund, void, whole) = (new_id(), new_id(), new_id(), new_id());
    till.answer(operation_under(capture, OperationKind::Capture, &hold, Some(3)));
    till.answer(operation_under(refund, OperationKind::Refund, &hold, Some(1)));
    till.answer(reversal(refund));
    till.answer(operation_under(void, OperationKind::Void, &hold, None));
    till.answer(reversal(void));
    till.answer(reversal_under(whole, request_id(&hold)));
    assert_eq!(
        movements(tables, "number, kind, direction, terminal, gross, discount, payable", &hold),
        [
            "1 capture sale desk 300 150 150",
            "2 refund return desk -100 -50 -50",
            "3 reversal sale office 100 50 50",
            "4 void return desk -300 -150 -150",
            "5 reversal sale office 300 150 150",
            "6 reversal return office -300 -150 -150",
        ]
    );
}

/// settlement.md 1.1.
pub(crate) fn a_movement_says_when_where_and_by_which_request(tables: &dyn Tables) {
    let clock = Arc::<TestClock>::default();
    let till = Till::open(tables, &clock);
    let sale = till.sell("half", 2);
    // Late in the evening of Riga, when it is another day there than in UTC.
    clock.go(16 * 3600);
    let (refund, undo) = (new_id(), new_id());
    till.answer(operation_under(refund, OperationKind::Refund, &sale, Some(1)));
    till.answer(reversal_under(undo, refund));
    let same = "CASE WHEN occurred_at = recorded_at THEN 'now' ELSE 'then' END";
    let dates = "natural_date - authorized_on";
    let of = |number: usize| movements(tables, &format!("{same}, {dates}, provider, holder"), &sale)[number].clone();
    assert_eq!([of(0), of(1), of(2)], ["now 0 bus h-1", "now 1 bus h-1", "now 1 bus h-1"]);
    let Dialect { schema, authorization, .. } = tables.dialect();
    let id = id_of(&sale).simple();
    let hex = |column: &str| authorization.replace("authorization_id", column);
    let requests = format!(
        "SELECT {}, coalesce({}, '') FROM {schema}movement WHERE {authorization} = '{id}' ORDER BY number",
        hex("request_id"),
        hex("original_request_id")
    );
    let none = String::new();
    let simple = |id: Uuid| id.simple().to_string();
    assert_eq!(
        tables.rows(&requests),
        [[simple(request_id(&sale)), none.clone()], [simple(refund), none], [simple(undo), simple(refund)]]
    );
}

/// settlement.md 1.3: the provider's clocks, and not the deployment's: 08:12 in Riga is 01:12 in New York, where the night bus is of the day before.
pub(crate) fn the_days_of_a_provider_are_its_own_and_stay_those_of_its_sale(tables: &dyn Tables) {
    let clock = Arc::<TestClock>::default();
    let open = |start: &str| {
        let mut catalogue = catalogue();
        catalogue["providers"][0]["time_zone"] = json!("America/New_York");
        catalogue["providers"][0]["service_day_start"] = json!(start);
        Till::of(tables, &clock, &catalogue, &json!({"holder": "h-1", "household": "hh-1"}))
    };
    let till = open("04:00");
    let sold = till.sell("gift", 2);
    clock.go(4 * 3600);
    drop(till);
    // Whatever it says by now, what follows counts where the sale did: at 05:12 there.
    let till = open("06:00");
    till.answer(operation(OperationKind::Refund, &sold, Some(1)));
    let Dialect { schema, .. } = tables.dialect();
    let days = |column: &str| {
        let rows = tables.rows(&format!("SELECT {column} FROM {schema}movement ORDER BY number"));
        rows.into_iter().map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    let (authorized, natural) = (days("authorized_on"), days("natural_date"));
    assert!(authorized[0] == authorized[1] && authorized[0] == natural[0], "{authorized:?} {natural:?}");
    let is_the_18th = |day: &str| day == "2026-11-18" || day == "20775";
    assert_eq!([&natural[0], &natural[1]].map(|day| is_the_18th(day)), [false, true]);
}

/// settlement.md 1.1.
pub(crate) fn what_is_held_repeated_or_undone_already_moves_nothing(tables: &dyn Tables) {
    let clock = Arc::<TestClock>::default();
    let till = Till::open(tables, &clock);
    let (void, sale) = (new_id(), new_id());
    let hold = till.hold("three", 1);
    till.answer(operation_under(void, OperationKind::Void, &hold, None));
    till.answer(reversal(void));
    till.answer(reversal(request_id(&hold)));
    let expired = till.hold("three", 1);
    clock.go(HOLD.as_secs());
    till.sell("nothing", 1);
    till.answer(reversal(new_id()));
    assert_eq!([movements(tables, "kind", &hold), movements(tables, "kind", &expired)], [[""; 0]; 2]);
    let sold = till.answer(till.sale(sale, "sale", "three", 1));
    till.answer(till.sale(sale, "sale", "three", 1));
    till.answer(reversal(sale));
    till.answer(reversal(sale));
    assert_eq!(movements(tables, "kind", &sold), ["sale", "reversal"]);
}

/// settlement.md 1.2: who bears what was granted offline beyond our decision, and what is given back of it first.
pub(crate) fn what_is_given_back_is_taken_from_what_was_over_granted(tables: &dyn Tables) {
    let till = Till::new(tables);
    till.sell("three", 2);
    let id = new_id();
    let upload = till.answer(advice(&till, id, "three", 4, 400));
    // One unit is within the limit; the caps allow 150 more.
    let entered = [
        "three-benefit state 1 state  100",
        "three-benefit state 1 state over_granted 150",
        "three-benefit state 1 bus over_granted 150",
    ];
    assert_eq!(movements(tables, "kind, direction, gross", &upload), ["advice sale 400"]);
    assert_eq!(sorted(entries(tables, &upload, 1)), sorted(entered.map(str::to_owned).to_vec()));
    let mut listed = vec![listed(tables)];
    for _ in 0..3 {
        till.answer(operation(OperationKind::Refund, &upload, Some(1)));
        listed.push(self::listed(tables));
    }
    // Each refund gives back of both entries in proportion to what is left of them, of the grantor's over-granted part first.
    let sums: Vec<i64> = listed.iter().map(|(grantor, provider)| grantor + provider).collect();
    assert_eq!(listed[0], (150, 150));
    assert!(sums.windows(2).all(|pair| pair[1] < pair[0]), "{listed:?}");
    assert_eq!(
        entries(tables, &upload, 2),
        ["three-benefit state 0 state over_granted -63", "three-benefit state 0 bus over_granted -37",]
    );
    till.answer(reversal(id));
    assert_eq!(self::listed(tables), (0, 0), "what is undone was not over-granted");
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort_unstable();
    rows
}

/// What is listed as over-granted, and borne by grantors and by providers.
fn listed(tables: &dyn Tables) -> (i64, i64) {
    let schema = tables.dialect().schema;
    let query = format!("SELECT coalesce(sum(grantor), 0), coalesce(sum(provider), 0) FROM {schema}over_grant");
    let row = tables.rows(&query).remove(0);
    (row[0].parse().unwrap(), row[1].parse().unwrap())
}

/// settlement.md 1.2.
pub(crate) fn what_comes_back_beyond_a_limit_is_entered_as_the_providers(tables: &dyn Tables) {
    let till = Till::new(tables);
    let first = till.sell("three", 3);
    let refund = new_id();
    till.answer(operation_under(refund, OperationKind::Refund, &first, Some(2)));
    till.sell("three", 2);
    let reversed = till.answer(reversal(refund));
    assert_eq!(reversed["operation"]["over_granted"][0]["provider"], 200);
    assert_eq!(entries(tables, &first, 3), ["three-benefit state 2 bus over_granted 200"]);
    assert_eq!(listed(tables), (0, 200));
    till.answer(operation(OperationKind::Refund, &first, Some(1)));
    assert_eq!(entries(tables, &first, 4), ["three-benefit state -1 bus over_granted -100"]);
    till.answer(operation(OperationKind::Refund, &first, None));
    assert_eq!(
        sorted(entries(tables, &first, 5)),
        ["three-benefit state -2 bus over_granted -100", "three-benefit state -2 state  -100"]
    );
    assert_eq!(listed(tables), (0, 0));
}

/// An independent SQL gives what the answers to terminals said.
pub(crate) fn discount_by_grantor_benefit_provider_and_month_is_what_terminals_were_told(tables: &dyn Tables) {
    let clock = Arc::<TestClock>::default();
    let till = Till::open(tables, &clock);
    let mut told: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut tell = |product: &str, month: &str, discount: i64| {
        *told.entry((format!("{product}-benefit"), month.to_owned())).or_default() += discount;
    };
    let given_back = |answer: &Value| -> i64 {
        let lines = answer["operation"]["lines"].as_array().unwrap().iter();
        lines.flat_map(|line| line["funding"].as_array().unwrap()).map(|share| share["amount"].as_i64().unwrap()).sum()
    };
    let mut sold = Vec::new();
    for (product, units) in [("half", 3), ("gift", 5), ("three", 2), ("half", 1), ("purse", 1), ("nothing", 1)] {
        let answer = till.sell(product, units);
        tell(product, "2026-11", answer["discount"].as_i64().unwrap());
        sold.push((product, answer));
    }
    let upload = till.answer(advice(&till, new_id(), "three", 2, 200));
    tell("three", "2026-11", upload["discount"].as_i64().unwrap());
    let hold = till.hold("half", 2);
    // Refunds of December are December's.
    clock.go(20 * 24 * 3600);
    for (product, sale) in sold.iter().take(3) {
        let refund = till.answer(operation(OperationKind::Refund, sale, Some(1)));
        tell(product, "2026-12", -given_back(&refund));
    }
    let undone = new_id();
    till.answer(operation_under(undone, OperationKind::Refund, &upload, Some(1)));
    till.answer(reversal(undone));
    let void = till.answer(operation(OperationKind::Void, &sold[3].1, None));
    tell("half", "2026-12", -given_back(&void));
    assert_eq!(hold["state"], "held");
    told.retain(|_, discount| *discount != 0);
    let Dialect { schema, month, .. } = tables.dialect();
    let query = format!(
        "SELECT grantor, benefit, provider, {month}, sum(amount) FROM {schema}entry
         GROUP BY 1, 2, 3, 4 HAVING sum(amount) <> 0 ORDER BY 2, 4"
    );
    let rows = tables.rows(&query).into_iter().map(|row| row.join(" "));
    let told = told.iter().map(|((benefit, month), discount)| format!("state {benefit} bus {month} {discount}"));
    assert_eq!(rows.collect::<Vec<_>>(), told.collect::<Vec<_>>());
}

/// Who did what, when, by which request and why can be read for good, also of what was undone.
pub(crate) fn the_history_keeps_every_operation_and_reversal(tables: &dyn Tables) {
    let clock = Arc::<TestClock>::default();
    let till = Till::open(tables, &clock);
    let sale = till.sell("half", 3);
    let (refund, first, second, whole) = (new_id(), new_id(), new_id(), new_id());
    let refunded = till.answer(operation_under(refund, OperationKind::Refund, &sale, Some(2)));
    let done = &refunded["operation"];
    assert_eq!((&done["gross"], &done["discount"], &done["payable"]), (&json!(200), &json!(100), &json!(100)));
    clock.go(60);
    till.answer(reversal_under(first, refund));
    till.answer(reversal_under(second, refund));
    till.answer(reversal_under(whole, request_id(&sale)));
    let read = till.read(&sale);
    assert_eq!(
        (&read["state"], &read["terminal"], &read["occurred_at"]),
        (&json!("reversed"), &json!("t"), &json!("2026-11-18T06:12:00Z"))
    );
    assert_eq!(read["lines"][0]["product"], "half");
    let undo = |id: Uuid, original: Uuid, result: &str| {
        json!({
            "kind": "reversal", "request_id": id, "original_request_id": original, "result": result, "lines": [],
            "terminal": "office", "reason": "no answer", "recorded_at": "2026-11-18T06:13:00Z",
        })
    };
    let history = read["history"].as_array().unwrap();
    assert_eq!(history[0]["undone"], true);
    assert_eq!((&history[0]["terminal"], &history[0]["reason"]), (&json!("desk"), &json!("changed plans")));
    assert_eq!(
        history[1..],
        [
            undo(first, refund, "reversed"),
            undo(second, refund, "already_reversed"),
            undo(whole, request_id(&sale), "reversed"),
        ]
    );
    drop(till);
    assert_eq!(Till::open(tables, &clock).read(&sale), read, "and after a restart");
}

/// Stored forms change only with their format number: what was written once is read for ever.
pub(crate) fn what_is_stored_has_the_form_of_its_version(tables: &dyn Tables) {
    let till = Till::new(tables);
    let [request, capture, undo] = [1, 2, 3].map(|number| Uuid::from_u128(number << 64));
    let sale = till.answer(till.sale(request, "hold", "half", 2));
    till.answer(operation_under(capture, OperationKind::Capture, &sale, Some(1)));
    till.answer(reversal_under(undo, capture));
    let Dialect { schema, authorization, .. } = tables.dialect();
    let id = id_of(&sale);
    let by_id = format!("{} = '{}'", authorization.replace("authorization_id", "id"), id.simple());
    let engine = env!("CARGO_PKG_VERSION");
    let opened = tables.rows(&format!("SELECT record FROM {schema}authorization WHERE {by_id}"));
    let line = r#"{"line_id":"1","product":"half","quantity":2,"gross":200,"payable":100,"discounts":[{"benefit":"half-benefit","version":1,"grantor":"state","public_name":{"lv":"Atlaide","en":"Discount"},"units":2,"amount":100,"funding":[{"payer":"state","amount":100}]}]}"#;
    assert_eq!(
        opened[0][0],
        format!(
            r#"{{"format":1,"id":"{id}","provider":"bus","terminal":"t","request_id":"{request}","holder":"h-1","occurred_at":"2026-11-18T06:12:00Z","authorized_on":"2026-11-18","recorded_at":"2026-11-18T06:12:00Z","expires_at":"2026-11-18T06:42:00Z","rules":{{"revision":1,"digest":"07070707070707070707070707070707"}},"engine":"{engine}","outcome":"approved","reasons":[],"authorization":{{"mode":"hold","lines":[{line}],"charged":[{{"code":"half-benefit","subject":{{"household":"hh-1"}},"date":"2026-11-18","totals":{{"uses":1,"units":2,"discount":100,"spent":0}}}}],"quotas":[{{"need":{{"code":"half-benefit","subject":{{"household":"hh-1"}},"range":{{"from":"2026-11-18","until":"2026-11-18"}}}},"measure":"uses","most":1000000}}]}}}}"#
        )
    );
    let events = tables.rows(&format!(
        "SELECT content FROM {schema}authorization_event WHERE {authorization} = '{}' ORDER BY number",
        id.simple()
    ));
    let at = "2026-11-18T06:12:00Z";
    assert_eq!(
        events.concat(),
        [
            format!(
                r#"{{"format":1,"kind":"capture","at":"{at}","terminal":"desk","request_id":"{capture}","moves":[{{"line":0,"units":1,"parts":[50,50],"covered":[1]}}]}}"#
            ),
            format!(
                r#"{{"format":1,"kind":"reversal","at":"{at}","terminal":"office","request_id":"{undo}","reason":"no answer","original_request_id":"{capture}","result":"reversed"}}"#
            ),
        ]
    );
}
