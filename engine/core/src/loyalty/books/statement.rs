//! What a member has, and what an owner gives or takes.

use std::sync::Arc;

use jiff::Timestamp;

use crate::loyalty::account::Account;
use crate::loyalty::books::{Books, OperationRefused};
use crate::loyalty::{Membership, ProgrammeStatement};
use crate::rules::RuleSet;

impl Books {
    /// What a member has in each programme now.
    pub fn statement(&self, rules: &RuleSet, holder: &Arc<str>, memberships: &[Membership]) -> Vec<ProgrammeStatement> {
        let at = self.clock.unwrap_or(Timestamp::MIN);
        let programmes = rules.loyalty.iter().flat_map(|loyalty| &loyalty.programmes);
        let own = programmes.filter(|programme| programme.in_force(at)).filter_map(|programme| {
            let programme = &programme.written;
            Some((programme, programme.account_by(holder, memberships, at)?))
        });
        let nothing = Account::default();
        own.map(|(programme, key)| programme.statement(self.accounts.get(&key).unwrap_or(&nothing), at)).collect()
    }

    /// Gives a member points, or takes some.
    ///
    /// # Errors
    /// No membership now, or more to be taken than there is.
    pub fn adjust(
        &mut self,
        rules: &RuleSet,
        program: &str,
        holder: &Arc<str>,
        memberships: &[Membership],
        points: i64,
    ) -> Result<i64, OperationRefused> {
        let at = self.clock.unwrap_or(Timestamp::MIN);
        let mut programmes = rules.loyalty.iter().flat_map(|loyalty| &loyalty.programmes);
        let named = programmes.find(|programme| *programme.frame.code == *program && programme.in_force(at));
        let programme = &named.ok_or(OperationRefused::NotAMember)?.written;
        let key = programme.account_by(holder, memberships, at).ok_or(OperationRefused::NotAMember)?;
        let account = self.accounts.entry(key.clone()).or_default();
        let entries = programme.adjustment(points).apply(&key, account, at)?;
        let balance = account.balance(at);
        self.keep(entries);
        Ok(balance)
    }
}
