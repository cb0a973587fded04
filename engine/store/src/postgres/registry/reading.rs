//! Reads one moment, a page at a time.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;

use deadpool_postgres::Transaction;
use futures_core::Stream;
use tokio::runtime::Handle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Portal, Row, RowStream};

use super::PostgresStore;
use super::head::head;
use crate::revision::Head;
use crate::store::StoreError;

/// Rows that are in memory at a time.
const PAGE: i32 = 500;

/// What is read at once may be read long and slowly, and through whole tables; who is gone is noticed all the same.
const LONG: &str = "
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = '10min';
    SET LOCAL enable_seqscan = on;
    SET LOCAL enable_hashjoin = on;
    SET LOCAL enable_mergejoin = on";

/// One moment of the store.
pub(super) struct Reading<'a> {
    runtime: &'a Handle,
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) head: Head,
}

/// The rows of a query.
pub(super) struct Pages<'a> {
    reading: &'a Reading<'a>,
    portal: Portal,
    page: VecDeque<Row>,
    has_more: bool,
}

impl PostgresStore {
    /// Reads on a connection of its own, so that who reads long or slowly holds up nobody. Nothing is called while the runtime is
    /// entered: who takes rows may use the store.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Reading<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut client = self.client()?;
        let begin = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
        let transaction = self.wait(begin.start())?;
        self.wait(transaction.batch_execute(LONG))?;
        let head = self.wait(head(&*transaction))?;
        read(&Reading { runtime: self.database.runtime(), transaction: &transaction, head })
    }
}

impl Reading<'_> {
    pub(super) fn pages(&self, query: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Pages<'_>, StoreError> {
        let portal = self.runtime.block_on(self.transaction.bind(query, parameters))?;
        Ok(Pages { reading: self, portal, page: VecDeque::new(), has_more: true })
    }

    /// Hands out the rows of a query. The server reads the next page while one is handed out, so nothing else is to be read
    /// meanwhile.
    pub(super) fn each(
        &self,
        query: &str,
        parameters: &[&(dyn ToSql + Sync)],
        sink: &mut dyn FnMut(Row),
    ) -> Result<(), StoreError> {
        let portal = self.runtime.block_on(self.transaction.bind(query, parameters))?;
        let ask = || self.runtime.block_on(self.transaction.query_portal_raw(&portal, PAGE));
        let mut next = Some(ask()?);
        while let Some(asked) = next.take() {
            let page = self.runtime.block_on(rows_of(asked))?;
            if i32::try_from(page.len()) == Ok(PAGE) {
                next = Some(ask()?);
            }
            page.into_iter().for_each(&mut *sink);
        }
        Ok(())
    }
}

/// All that is left of a page.
async fn rows_of(page: RowStream) -> Result<Vec<Row>, tokio_postgres::Error> {
    let (mut page, mut rows) = (pin!(page), Vec::new());
    while let Some(row) = poll_fn(|context| page.as_mut().poll_next(context)).await {
        rows.push(row?);
    }
    Ok(rows)
}

impl Pages<'_> {
    pub(super) fn next(&mut self) -> Result<Option<Row>, StoreError> {
        self.fill()?;
        Ok(self.page.pop_front())
    }

    /// The next row if it is as wanted; else it stays the next.
    pub(super) fn next_if(&mut self, wanted: impl FnOnce(&Row) -> bool) -> Result<Option<Row>, StoreError> {
        self.fill()?;
        Ok(if self.page.front().is_some_and(wanted) { self.page.pop_front() } else { None })
    }

    fn fill(&mut self) -> Result<(), StoreError> {
        if self.page.is_empty() && self.has_more {
            let Reading { runtime, transaction, .. } = self.reading;
            let page = runtime.block_on(transaction.query_portal(&self.portal, PAGE))?;
            self.has_more = i32::try_from(page.len()) == Ok(PAGE);
            self.page = page.into();
        }
        Ok(())
    }
}
