//! Accounts of points in the tables of a database: laws that hold whatever happened, and what each authorization did to them.

use std::collections::HashMap;

use avis_testing::postgres;
use serde_json::Value;

/// Each query finds what breaks a law.
const BROKEN: [&str; 4] = [
    // Double entry.
    "SELECT program, account, number FROM avis.points_entry GROUP BY 1, 2, 3 HAVING sum(points) <> 0",
    // What is left of a lot is what its entries come to, and so is the balance.
    "SELECT program, account, lot, l.points, e.points
     FROM (SELECT program, account, lot, points FROM avis.points_lot) l
     FULL JOIN (SELECT program, account, lot, sum(points) AS points FROM avis.points_entry
                WHERE ledger_account = 'points' GROUP BY 1, 2, 3) e USING (program, account, lot)
     WHERE l.points IS DISTINCT FROM e.points",
    // No lot was ever overdrawn.
    "SELECT * FROM (SELECT program, account, lot, number,
                           sum(points) OVER (PARTITION BY program, account, lot ORDER BY number, place) AS left
                    FROM avis.points_entry WHERE ledger_account = 'points') l WHERE \"left\" < 0",
    // Nobody ever owed anything: no programme here lets anybody.
    "SELECT program, account, number FROM avis.points_entry WHERE ledger_account = 'owed'",
];

/// Of each opening: the balance before it and after it, what it spent, and what it earned.
const OPENINGS: &str = "
    SELECT authorization_id, program, after - moved, after, spent, earned
    FROM (SELECT *, sum(moved) OVER (PARTITION BY program, account ORDER BY number) AS after
          FROM (SELECT program, account, number, authorization_id, event,
                       coalesce(sum(points) FILTER (WHERE ledger_account = 'points'), 0) AS moved,
                       coalesce(sum(points) FILTER (WHERE ledger_account IN ('reserved', 'redeemed')), 0) AS spent,
                       -coalesce(sum(points) FILTER (WHERE ledger_account = 'issued'), 0) AS earned
                FROM avis.points_entry GROUP BY 1, 2, 3, 4, 5) o) r
    WHERE event = 0";

/// Checks accounts by themselves, and that the answers to sales are in them as they were told; how often a sale moved points of a
/// programme.
pub(crate) fn hold(database: &str, answers: &[Value]) -> usize {
    let rows = |query: &str| postgres().sql(database, query).unwrap();
    for query in BROKEN {
        assert_eq!(rows(query), "", "{query}");
    }
    let openings = rows(OPENINGS);
    let openings: HashMap<(&str, &str), Vec<i64>> = openings
        .lines()
        .map(|row| {
            let columns: Vec<&str> = row.split('|').collect();
            ((columns[0], columns[1]), columns[2..].iter().map(|number| number.parse().unwrap()).collect())
        })
        .collect();
    let mut moved = 0;
    for answer in answers {
        for of in answer["loyalty"].as_array().unwrap() {
            let points = |told: &Value| told.as_i64().unwrap_or_default();
            // What others earned while it waited for the account is active from later than its own moment.
            let [before, after] =
                ["balance_before", "balance_after"].map(|name| points(&of[name]) + points(&of["pending_before"]));
            let told = [before, after, points(&of["redeemed"]["points"]), points(&of["earned"]["points"])];
            let id = answer["authorization_id"].as_str().unwrap_or_default();
            match openings.get(&(id, of["program"].as_str().unwrap())) {
                Some(opening) if opening[..] == told => {}
                // Whoever sold without the ledger knew no balance.
                Some(opening) => {
                    assert_eq!(
                        (&answer["stale"], &opening[2..]),
                        (&true.into(), &[0, told[3]][..]),
                        "{opening:?}: {answer}"
                    );
                }
                None => assert_eq!(told[2..], [0, 0], "moved points without an entry: {answer}"),
            }
            moved += usize::from(openings.contains_key(&(id, of["program"].as_str().unwrap())));
        }
    }
    moved
}
