//! Security events: written off the till's path, sealed in batches.

use deadpool_postgres::Object;
use tokio_postgres::Row;

use super::reading::Reading;
use super::{bigint, fixed};
use crate::audit::{KeptEvent, add_event};
use crate::chain::{FIRST, Parts};
use crate::registry::{Broken, SecurityEvent};
use crate::store::StoreError;

/// Writes events and the seal over them, one engine at a time.
pub(super) async fn note(client: &mut Object, events: &[SecurityEvent]) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    transaction.batch_execute("LOCK TABLE avis.security_seal IN EXCLUSIVE MODE").await?;
    let newest = "SELECT until, chain FROM avis.security_seal ORDER BY until DESC LIMIT 1";
    let newest = transaction.query_opt(newest, &[]).await?;
    let (after, before) = match &newest {
        Some(row) => (row.get::<_, i64>(0).unsigned_abs(), fixed(row.get(1))?),
        None => (0, FIRST),
    };
    let insert = transaction
        .prepare_cached(
            "INSERT INTO avis.security_event (number, at, kind, provider, terminal, subject)
             VALUES ($1, timestamptz 'epoch' + $2::bigint * interval '1 millisecond', $3, $4, $5, $6)",
        )
        .await?;
    let mut seal = Parts::after(before);
    let until = after + events.len() as u64;
    for (number, event) in (after + 1..).zip(events) {
        let (at_ms, kind) = (event.at.as_millisecond(), event.kind.word());
        let whose = [&event.provider, &event.terminal, &event.subject].map(Option::as_deref);
        add_event(&mut seal, &KeptEvent { number, at_ms, kind, whose });
        let [provider, terminal, subject] = whose;
        transaction.execute(&insert, &[&bigint(number), &at_ms, &kind, &provider, &terminal, &subject]).await?;
    }
    let insert = "INSERT INTO avis.security_seal (until, chain) VALUES ($1, $2)";
    transaction.execute(insert, &[&bigint(until), &seal.link().as_slice()]).await?;
    Ok(transaction.commit().await?)
}

/// The first seal that does not hold, or the events that are under none.
pub(super) fn verify(reading: &Reading<'_>) -> Result<Option<Broken>, StoreError> {
    let mut seals = reading.pages("SELECT until, chain FROM avis.security_seal ORDER BY until", &[])?;
    let mut events = reading.pages(
        "SELECT number, (extract(epoch FROM at) * 1000)::bigint, kind, provider, terminal, subject
         FROM avis.security_event ORDER BY number",
        &[],
    )?;
    let mut before = FIRST;
    while let Some(row) = seals.next()? {
        let until = number(&row);
        let mut seal = Parts::after(before);
        while let Some(event) = events.next_if(|event| number(event) <= until)? {
            let whose = [event.get(3), event.get(4), event.get(5)];
            add_event(&mut seal, &KeptEvent { number: number(&event), at_ms: event.get(1), kind: event.get(2), whose });
        }
        before = seal.link();
        if before != fixed(row.get(1))? {
            return Ok(Some(Broken::Events(until)));
        }
    }
    let mut beyond = None;
    while let Some(event) = events.next()? {
        beyond = Some(Broken::Events(number(&event)));
    }
    Ok(beyond)
}

fn number(row: &Row) -> u64 {
    row.get::<_, i64>(0).unsigned_abs()
}
