//! Rows on their way into a table by `COPY`: the way that costs the server least where they are many.

use std::pin::Pin;

use deadpool_postgres::Transaction;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use crate::store::StoreError;

/// A `COPY` that was begun. It is undone unless it is ended.
pub(super) struct Copying(Pin<Box<BinaryCopyInWriter>>);

impl Copying {
    /// Begins to copy into a table, named with its columns, rows of these types.
    pub(super) async fn begin(transaction: &Transaction<'_>, into: &str, types: &[Type]) -> Result<Self, StoreError> {
        let copy = transaction.prepare_cached(&format!("COPY {into} FROM STDIN BINARY")).await?;
        let sink = transaction.copy_in(&copy).await?;
        Ok(Self(Box::pin(BinaryCopyInWriter::new(sink, types))))
    }

    /// A row: a value for each column.
    pub(super) async fn write(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<(), StoreError> {
        Ok(self.0.as_mut().write(values).await?)
    }

    pub(super) async fn end(mut self) -> Result<(), StoreError> {
        self.0.as_mut().finish().await?;
        Ok(())
    }
}
