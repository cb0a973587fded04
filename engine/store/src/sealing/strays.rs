//! Rows that belong to nothing that the ledger recorded, by queries that each store asks.
//!
//! Tables are named as on PostgreSQL; SQLite has no schemas ([`on_sqlite`]).

/// A table, and a query of what is amiss in it.
pub(crate) type Stray = (&'static str, &'static str);

/// Units that were appended by somebody else than the ledger, with their numbers: sealed and queued ones are all that there may be.
pub(crate) const ADDED: [Stray; 6] = [
    (
        "points_entry",
        "SELECT authorization_id, event FROM avis.points_entry
         EXCEPT SELECT authorization_id, event FROM avis.seal EXCEPT SELECT authorization_id, event FROM avis.unsealed",
    ),
    (
        "points_event",
        "SELECT id, 0 FROM avis.points_event
         EXCEPT SELECT authorization_id, event FROM avis.seal EXCEPT SELECT authorization_id, event FROM avis.unsealed",
    ),
    (
        "authorization",
        "SELECT id, 0 FROM avis.authorization
         EXCEPT SELECT authorization_id, event FROM avis.seal EXCEPT SELECT authorization_id, event FROM avis.unsealed",
    ),
    (
        "authorization_event",
        "SELECT authorization_id, number FROM avis.authorization_event
         EXCEPT SELECT authorization_id, event FROM avis.seal EXCEPT SELECT authorization_id, event FROM avis.unsealed",
    ),
    (
        "movement",
        "SELECT authorization_id, event FROM avis.movement
         EXCEPT SELECT authorization_id, event FROM avis.seal EXCEPT SELECT authorization_id, event FROM avis.unsealed",
    ),
    (
        "entry",
        "SELECT authorization_id, number FROM avis.entry UNION SELECT authorization_id, number FROM avis.movement_line
         EXCEPT SELECT authorization_id, number FROM avis.movement",
    ),
];

/// Authorizations of which there are rows and no record, whatever was sealed of them.
pub(crate) const WITHOUT_RECORD: [Stray; 5] = [
    (
        "authorization_event",
        "SELECT DISTINCT e.authorization_id FROM avis.authorization_event e
         WHERE NOT EXISTS (SELECT 1 FROM avis.authorization a WHERE a.id = e.authorization_id)",
    ),
    (
        "movement",
        "SELECT DISTINCT m.authorization_id FROM avis.movement m
         WHERE NOT EXISTS (SELECT 1 FROM avis.authorization a WHERE a.id = m.authorization_id)",
    ),
    (
        "points_entry",
        "SELECT DISTINCT e.authorization_id FROM avis.points_entry e WHERE e.event = 0
         AND NOT EXISTS (SELECT 1 FROM avis.authorization a WHERE a.id = e.authorization_id)
         AND NOT EXISTS (SELECT 1 FROM avis.points_event p WHERE p.id = e.authorization_id)",
    ),
    (
        "points_entry",
        "SELECT DISTINCT e.authorization_id FROM avis.points_entry e WHERE e.event <> 0 AND NOT EXISTS
         (SELECT 1 FROM avis.authorization_event h WHERE h.authorization_id = e.authorization_id AND h.number = e.event)",
    ),
    (
        "request",
        "SELECT DISTINCT r.authorization_id FROM avis.request r WHERE r.authorization_id IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM avis.authorization a WHERE a.id = r.authorization_id)
         AND NOT EXISTS (SELECT 1 FROM avis.points_event p WHERE p.id = r.authorization_id)",
    ),
];

/// A query as SQLite has it.
pub(crate) fn on_sqlite(query: &str) -> String {
    query.replace("avis.", "")
}
