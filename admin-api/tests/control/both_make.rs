//! Movements that each side takes out for itself, and the statement that each makes of them.

use avis_core::settlement::{PostedMovement, SettlementFile};
use serde_json::{Value, json};

use crate::parties::{Parties, on_each_store};
use crate::till::Till;
use crate::world::run;

const DAYS: &str = "from=2026-11-01&until=2026-11-19&reason=statement";

/// What somebody takes out.
async fn exported(parties: &Parties, by: &str, beside: &str) -> (String, Vec<PostedMovement>) {
    let answer = parties.get(by, &format!("/exports/movements?{DAYS}{beside}")).await;
    answer.is_done();
    let read = |line: &str| PostedMovement::from_json(line.as_bytes()).unwrap();
    let movements = answer.text.lines().map(read).collect();
    (answer.text, movements)
}

/// The sealed bytes of the first statement, made of movements.
fn made(movements: &[PostedMovement]) -> String {
    let file = json!({"currency": "EUR",
        "contracts": [{"grantor": "city", "provider": "bus", "version": 1, "from": "2026-11-01", "rate": 3333}],
        "statements": [{"grantor": "city", "provider": "bus", "from": "2026-11-01", "until": "2026-11-19",
                        "issued_on": "2026-11-18"}]});
    let file = SettlementFile::from_json(file.to_string().as_bytes()).unwrap();
    let mut settling = file.settling();
    movements.iter().for_each(|movement| settling.add(movement).unwrap());
    settling.statements().unwrap().remove(0).sealed("EUR").csv
}

on_each_store! {
    async fn both_sides_make_the_statement_of_what_they_take_out(parties) {
        let till = Till::new(&parties.world);
        let mut sold = Vec::new();
        for number in 0..12_i64 {
            let at = format!("2026-11-{:02}T10:00:00Z", 1 + number % 17);
            sold.push(till.sell_units(&at, 101 + 37 * number, 2).await);
        }
        for authorization in sold.iter().step_by(3) {
            till.refund_unit(*authorization).await;
        }
        parties.contract(json!({"rate": 3333})).await.is_done();
        parties.close("2026-11-18", None).await.is_done();
        // It counts on the next day, which is in no file of these.
        till.refund(sold[1]).await;
        let path = parties.draft(&parties.bus, "2026-11-01", "2026-11-19").await;
        parties.step(&parties.bus, &path, "issue", None).await.is_done();
        let sealed = parties.get(&parties.bus, &format!("{path}/sealed")).await.json()["csv"].clone();

        let (_, own) = exported(&parties, &parties.bus, "").await;
        let until = "2026-11-19".parse().unwrap();
        let whole: Vec<PostedMovement> =
            parties.world.movements().into_iter().filter(|movement| movement.business_date < until).collect();
        assert_eq!((&own, own.len()), (&whole, 16), "all that the provider sold on the days");
        let (text, of_city) = exported(&parties, &parties.editor, "&provider=bus").await;
        assert!(!text.contains("h-1"), "{text}");
        assert_eq!(of_city.len(), 16);
        for (part, whole) in of_city.iter().zip(&whole) {
            assert_eq!((part.id, part.request_id), (whole.id, whole.request_id));
            let told = (part.moved.gross, part.moved.discount, part.moved.payable);
            assert_eq!(told, (whole.moved.discount, whole.moved.discount, 0), "what was paid beside it is not told");
        }
        for movements in [&own, &of_city] {
            assert_eq!(json!(made(movements)), sealed);
        }
        let noted = parties.get(&parties.auditor, "/audit?action=list_exported").await.json();
        assert_eq!(noted["items"][0]["reason"], json!("statement"), "{noted}");
    }
}

on_each_store! {
    async fn who_has_no_part_in_it_takes_nothing_out(parties) {
        Till::new(&parties.world).sell("2026-11-17T10:00:00Z", 1_000).await;
        let operator = parties.world.sign_in("olga@avis.lv").await;
        let town = parties.world.user(&operator, "town", avis_admin::control::Role::Editor).await;
        assert_eq!(exported(&parties, &town, "&provider=bus").await.0, "", "nothing of it concerns the town");
        let refused = |by: &str, query: &str, code: (u16, &str)| {
            let (parties, path) = (&parties, format!("/exports/movements?{query}"));
            let by = by.to_owned();
            let code = (code.0, code.1.to_owned());
            async move { parties.get(&by, &path).await.is(code.0, &code.1) }
        };
        refused(&parties.editor, DAYS, (422, "invalid")).await;
        refused(&parties.editor, &format!("{DAYS}&provider=nobody"), (404, "not_found")).await;
        refused(&parties.bus, "from=2026-11-01&until=2026-11-01&reason=x", (422, "invalid")).await;
        refused(&parties.bus, "from=2026-01-01&until=2026-11-01&reason=x", (422, "invalid")).await;
        refused(&parties.bus, "from=2026-11-01&until=2026-11-19", (422, "invalid")).await;
        let seen: Value = parties.get(&parties.bus, "/providers/bus/days/2026-11-17").await.json();
        assert_eq!(seen["ours"]["sale"]["count"], json!(1));
    }
}
