//! Finds out what became of a commit whose answer was lost.

use std::time::Duration;

use deadpool_postgres::Pool;
use uuid::Uuid;

use super::head::take_turn;
use crate::postgres::database::backoff;
use crate::store::StoreError;

/// How often the database is asked before the doubt is told: about half a minute where it refuses at once.
const ATTEMPTS: u32 = 64;
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(6);

/// Whether a commit is there.
pub(super) async fn is_there(pool: &Pool, commit_id: Uuid) -> Result<bool, StoreError> {
    let mut last = StoreError::Busy;
    for attempt in 0..ATTEMPTS {
        match tokio::time::timeout(ATTEMPT, look(pool, commit_id)).await {
            Ok(Ok(is_there)) => return Ok(is_there),
            Ok(Err(error)) => last = error,
            Err(_) => last = StoreError::Failed("it does not answer".into()),
        }
        tokio::time::sleep(backoff(attempt)).await;
    }
    Err(StoreError::Doubtful(last.to_string()))
}

/// The turn is taken first: while the lost commit is still being written, it has it.
async fn look(pool: &Pool, commit_id: Uuid) -> Result<bool, StoreError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    take_turn(&transaction).await?;
    let query = "SELECT EXISTS (SELECT FROM avis.revision WHERE commit_id = $1)";
    Ok(transaction.query_one(query, &[&commit_id]).await?.get(0))
}
