//! Contracts and the statements issued by them, as a file carries them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Value;

use super::posted::{Days, Posted};
use super::{Changes, Earlier, Period, PeriodRefused, Statement};
use crate::fault::Faults;
use crate::limits::{AMOUNT_MAX, STATEMENTS_MAX};
use crate::read::{self, Object, Place, Read};
use crate::settlement::contract::{Contract, Contracts};
use crate::settlement::movement::PostedMovement;
use crate::settlement::written::Plain;

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
        let mut providers: HashMap<&str, Posted> = HashMap::new();
        for statement in &self.statements {
            providers.entry(&statement.provider).or_default().follow(statement.grantor.clone());
        }
        Settling { file: self, providers }
    }
}

/// The pairs of a file with the movements that concern them.
#[derive(Debug)]
pub struct Settling<'f> {
    file: &'f SettlementFile,
    providers: HashMap<&'f str, Posted>,
}

impl Settling<'_> {
    /// Takes a movement in. In whatever order they come, they come to the same.
    ///
    /// # Errors
    /// What contradicts another movement of the same authorization.
    pub fn add(&mut self, movement: &PostedMovement) -> Result<(), Faults> {
        self.providers.get_mut(&*movement.provider).map_or(Ok(()), |posted| posted.add(movement))
    }

    /// The statements of all pairs, in the order of the file.
    ///
    /// # Errors
    /// The pointer of what can't be issued, with the reason.
    pub fn statements(&mut self) -> Result<Vec<Statement>, Faults> {
        self.providers.values_mut().for_each(Posted::sort);
        let mut of_pairs: HashMap<(&str, &str), Vec<&Contract>> = HashMap::new();
        for contract in &self.file.contracts {
            of_pairs.entry((&contract.grantor, &contract.provider)).or_default().push(contract);
        }
        let mut issuing: HashMap<(&str, &str), Issuing<'_>> = HashMap::new();
        let mut statements = Vec::with_capacity(self.file.statements.len());
        for (index, dated) in self.file.statements.iter().enumerate() {
            let Some(posted) = self.providers.get(&*dated.provider) else { continue };
            let pair = (&*dated.grantor, &*dated.provider);
            let issuing = issuing.entry(pair).or_insert_with(|| {
                let contracts = Contracts::of(of_pairs.remove(&pair).unwrap_or_default().into_iter().cloned());
                Issuing::new(contracts, posted.days(&dated.grantor))
            });
            let fault = |(field, detail): (String, String)| Faults::at(format!("/statements/{index}{field}"), detail);
            statements.push(issuing.next(dated).map_err(fault)?);
        }
        Ok(statements)
    }
}

/// A pair with what was issued so far.
struct Issuing<'p> {
    contracts: Contracts,
    days: Days<'p>,
    earlier: Earlier,
    /// When the last statement was issued; none if that is a draft, or there is none.
    issued_on: Option<Date>,
    has_draft: bool,
    /// What was issued and never paid, in minor units.
    unpaid: i128,
    /// What is paid on a day that is still to come.
    paid_later: BTreeMap<Date, i128>,
    /// Those that the next statement has.
    adjustments: Vec<(Box<str>, i128)>,
}

impl<'p> Issuing<'p> {
    fn new(contracts: Contracts, days: Days<'p>) -> Self {
        let (earlier, paid_later, adjustments) = (Earlier::default(), BTreeMap::new(), Vec::new());
        Self { contracts, days, earlier, issued_on: None, has_draft: false, unpaid: 0, paid_later, adjustments }
    }

    /// The field that can't be taken and why, or the statement.
    fn next(&mut self, dated: &DatedStatement) -> Result<Statement, (String, String)> {
        self.check_order(dated)?;
        let refused = |refused: PeriodRefused| ("/from".to_owned(), refused.to_string());
        self.earlier.check(dated.period, self.days.next_day()).map_err(refused)?;
        let opening = self.opening(dated.issued_on);
        let mut changes = Changes::new(&dated.grantor, &self.contracts, dated.period);
        self.days.take_until(dated.period.until(), &mut changes);
        let adjustments = std::mem::take(&mut self.adjustments);
        let statement = self.earlier.next_statement(dated.provider.clone(), changes, opening, adjustments);
        match dated.issued_on {
            Some(_) => self.issue(statement, dated),
            None => Ok(statement),
        }
    }

    /// Statements of a pair stand in the order in which they were issued, and a draft stands last.
    fn check_order(&mut self, dated: &DatedStatement) -> Result<(), (String, String)> {
        let refused = |detail: &str| Err(("/issued_on".to_owned(), detail.to_owned()));
        if self.has_draft {
            return refused("expected that the statement of the pair before it was issued, too");
        }
        if dated.issued_on.is_some() && dated.issued_on < self.issued_on {
            return refused("expected a date that is not before the one of the pair's statement before");
        }
        self.has_draft = dated.issued_on.is_none();
        self.issued_on = dated.issued_on;
        Ok(())
    }

    /// What is not paid when a statement is issued; a draft is made after all payments.
    fn opening(&mut self, issued_on: Option<Date>) -> i128 {
        while let Some(paid) = self.paid_later.first_entry() {
            if issued_on.is_some_and(|issued_on| *paid.key() > issued_on) {
                break;
            }
            self.unpaid -= paid.remove();
        }
        self.unpaid
    }

    fn issue(&mut self, statement: Statement, dated: &DatedStatement) -> Result<Statement, (String, String)> {
        let number = self.earlier.next_number();
        for (index, Adjustment { line, amount, reason }) in dated.adjustments.iter().enumerate() {
            if *line > statement.lines.len() {
                let detail = format!("expected one of the {} lines of the statement", statement.lines.len());
                return Err((format!("/adjustments/{index}/line"), detail));
            }
            self.adjustments.push((adjustment_note(number, *line, reason), i128::from(*amount)));
        }
        self.earlier.add(&self.contracts, statement.period, &statement.lines);
        self.unpaid += statement.total();
        if let Some(paid_on) = dated.paid_on {
            *self.paid_later.entry(paid_on).or_default() += statement.total();
        }
        Ok(Statement { number: Some(number), ..statement })
    }
}

/// What the line of an adjustment is noted with: which line of which statement it is about, and why.
pub fn adjustment_note(number: u32, line: usize, reason: &str) -> Box<str> {
    format!("{number}/{line}: {reason}").into()
}

impl Read for SettlementFile {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let currency = object.required::<Plain>("currency");
        let contracts = object.list::<Contract>("contracts", STATEMENTS_MAX);
        let statements = object.list("statements", STATEMENTS_MAX);
        object.schema();
        object.close();
        let contracts = contracts?;
        let mut versions = BTreeSet::new();
        for (index, contract) in contracts.iter().enumerate() {
            if !versions.insert((&contract.grantor, &contract.provider, contract.version)) {
                let place = place.field("contracts");
                return place.item(index).field("version").fault("expected a version that the pair has not had before");
            }
        }
        Some(Self { currency: currency?.0, statements: statements?, contracts })
    }
}

impl Read for DatedStatement {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (grantor, provider) = (object.required::<Plain>("grantor"), object.required::<Plain>("provider"));
        let (from, until) = (object.required::<Date>("from"), object.required::<Date>("until"));
        let (issued_on, paid_on) = (object.optional("issued_on"), object.optional("paid_on"));
        let adjustments = object.list("adjustments", crate::limits::RULE_LIST_MAX);
        object.close();
        let period = match Period::new(from?, until?) {
            Ok(period) => period,
            Err(refused) => return place.field("until").fault(refused.to_string()),
        };
        let (issued_on, paid_on, adjustments): (Option<Date>, Option<Date>, Vec<Adjustment>) =
            (issued_on?, paid_on?, adjustments?);
        if paid_on.is_some_and(|paid_on| issued_on.is_none_or(|issued_on| paid_on < issued_on)) {
            return place.field("paid_on").fault("expected an `issued_on`, and a date that is not before it");
        }
        if issued_on.is_none() && !adjustments.is_empty() {
            return place.field("adjustments").fault("expected none of a draft, which has no `issued_on`");
        }
        let (grantor, provider) = (grantor?.0.into(), provider?.0.into());
        Some(Self { grantor, provider, period, issued_on, paid_on, adjustments })
    }
}

impl Read for Adjustment {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let line = object.bounded("line", 1, i64::from(i32::MAX));
        let (amount, reason) = (object.bounded("amount", -AMOUNT_MAX, AMOUNT_MAX), object.required::<Plain>("reason"));
        object.close();
        Some(Self { line: usize::try_from(line?).ok()?, amount: amount?, reason: reason?.0 })
    }
}
