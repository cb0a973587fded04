//! Contracts and the statements issued by them, as a file carries them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Value;

use super::{Period, PeriodRefused, Settled, SettledPair, Statement};
use crate::fault::Faults;
use crate::limits::{AMOUNT_MAX, STATEMENTS_MAX};
use crate::read::{self, Object, Place, Read};
use crate::settlement::contract::{Contract, Contracts};
use crate::settlement::movement::PostedMovement;

/// Contracts, and the statements that were issued by them in the order of the file.
#[derive(Clone, Debug)]
pub struct SettlementFile {
    /// ISO 4217.
    pub currency: Box<str>,
    /// The versions of every pair.
    pub contracts: Vec<Contract>,
    /// Of every pair in the order in which they were issued.
    pub statements: Vec<DatedStatement>,
}

/// A statement to be issued, and what became of it.
#[derive(Clone, Debug)]
pub struct DatedStatement {
    /// Who pays.
    pub grantor: Arc<str>,
    /// Who sold.
    pub provider: Arc<str>,
    /// Business days of the provider.
    pub period: Period,
    /// When it was issued; none of a draft.
    pub issued_on: Option<Date>,
    /// When it was paid.
    pub paid_on: Option<Date>,
    /// What disputes about its lines ended in, for the statement after it.
    pub adjustments: Vec<Adjustment>,
}

/// What a dispute about a line ended in.
#[derive(Clone, Debug)]
pub struct Adjustment {
    /// The line, from 1.
    pub line: usize,
    /// Minor units, added to what is owed.
    pub amount: i64,
    /// Why.
    pub reason: Box<str>,
}

impl SettlementFile {
    /// Reads it.
    ///
    /// # Errors
    /// Every field that is not as expected.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Faults> {
        read::document(bytes)
    }

    /// What its statements are made of, with no movements yet.
    pub fn settling(&self) -> Settling<'_> {
        let of_contracts = self.contracts.iter().map(|contract| (&*contract.grantor, &*contract.provider));
        let of_statements = self.statements.iter().map(|statement| (&*statement.grantor, &*statement.provider));
        let names: BTreeSet<(&str, &str)> = of_contracts.chain(of_statements).collect();
        let pair = |(grantor, provider)| {
            let contracts = Contracts::between(grantor, provider, &self.contracts);
            ((grantor, provider), SettledPair::new(grantor.into(), provider.into(), contracts))
        };
        Settling { file: self, pairs: names.into_iter().map(pair).collect() }
    }
}

/// The pairs of a file with the movements that concern them.
#[derive(Debug)]
pub struct Settling<'f> {
    file: &'f SettlementFile,
    pairs: BTreeMap<(&'f str, &'f str), SettledPair>,
}

impl Settling<'_> {
    /// Takes a movement in. In whatever order they come, they come to the same.
    pub fn add(&mut self, movement: &PostedMovement) {
        self.pairs.values_mut().for_each(|pair| pair.add(movement));
    }

    /// The statements of all pairs, in the order of the file.
    ///
    /// # Errors
    /// The pointer of what can't be issued, with the reason.
    pub fn statements(&self) -> Result<Vec<Statement>, Faults> {
        let mut issuing: BTreeMap<(&str, &str), Issuing<'_>> = BTreeMap::new();
        let mut statements = Vec::with_capacity(self.file.statements.len());
        for (index, dated) in self.file.statements.iter().enumerate() {
            let names = (&*dated.grantor, &*dated.provider);
            let Some(pair) = self.pairs.get(&names) else { continue };
            let issuing = issuing.entry(names).or_insert_with(|| Issuing::new(pair));
            let fault = |(field, detail): (String, String)| Faults::at(format!("/statements/{index}{field}"), detail);
            statements.push(issuing.issue(dated).map_err(fault)?);
        }
        Ok(statements)
    }
}

/// A pair with what was issued so far.
struct Issuing<'p> {
    pair: &'p SettledPair,
    /// The statements, and when they were paid.
    issued: Vec<(Settled, Option<Date>)>,
    /// Those that the next statement has.
    adjustments: Vec<(Box<str>, i128)>,
}

impl<'p> Issuing<'p> {
    fn new(pair: &'p SettledPair) -> Self {
        Self { pair, issued: Vec::new(), adjustments: Vec::new() }
    }

    /// The field that can't be taken and why, or the statement.
    fn issue(&mut self, dated: &DatedStatement) -> Result<Statement, (String, String)> {
        for (settled, paid_on) in &mut self.issued {
            settled.is_paid = paid_on.is_some_and(|paid| dated.issued_on.is_none_or(|issued| paid <= issued));
        }
        let earlier: Vec<Settled> = self.issued.iter().map(|(settled, _)| settled.clone()).collect();
        let refused = |refused: PeriodRefused| ("/from".to_owned(), refused.to_string());
        let adjustments = std::mem::take(&mut self.adjustments);
        let statement = self.pair.next_statement(dated.period, &earlier, adjustments).map_err(refused)?;
        for (index, Adjustment { line, amount, reason }) in dated.adjustments.iter().enumerate() {
            if *line > statement.lines.len() {
                let detail = format!("expected one of the {} lines of the statement", statement.lines.len());
                return Err((format!("/adjustments/{index}/line"), detail));
            }
            self.adjustments.push((format!("{}/{line}: {reason}", statement.number).into(), i128::from(*amount)));
        }
        self.issued.push((Settled { statement: statement.clone(), is_paid: false }, dated.paid_on));
        Ok(statement)
    }
}

impl Read for SettlementFile {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let currency = object.required("currency");
        let contracts = object.list::<Contract>("contracts", STATEMENTS_MAX);
        let statements = object.list("statements", STATEMENTS_MAX);
        object.close();
        let contracts = contracts?;
        let mut versions = BTreeSet::new();
        for (index, contract) in contracts.iter().enumerate() {
            if !versions.insert((&contract.grantor, &contract.provider, contract.version)) {
                let place = place.field("contracts");
                return place.item(index).field("version").fault("expected a version that the pair has not had before");
            }
        }
        Some(Self { currency: currency?, statements: statements?, contracts })
    }
}

impl Read for DatedStatement {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (grantor, provider) = (object.required("grantor"), object.required("provider"));
        let (from, until) = (object.required::<Date>("from"), object.required::<Date>("until"));
        let (issued_on, paid_on) = (object.optional("issued_on"), object.optional("paid_on"));
        let adjustments = object.list("adjustments", crate::limits::RULE_LIST_MAX);
        object.close();
        let period = match Period::new(from?, until?) {
            Ok(period) => period,
            Err(refused) => return place.field("until").fault(refused.to_string()),
        };
        let (issued_on, paid_on) = (issued_on?, paid_on?);
        if paid_on.is_some() && paid_on < issued_on.or(paid_on) {
            return place.field("paid_on").fault("expected a date that is not before `issued_on`");
        }
        Some(Self { grantor: grantor?, provider: provider?, period, issued_on, paid_on, adjustments: adjustments? })
    }
}

impl Read for Adjustment {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let line = object.bounded("line", 1, i64::from(i32::MAX));
        let (amount, reason) = (object.bounded("amount", -AMOUNT_MAX, AMOUNT_MAX), object.required("reason"));
        object.close();
        Some(Self { line: usize::try_from(line?).ok()?, amount: amount?, reason: reason? })
    }
}
