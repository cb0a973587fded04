//! Who may do what: one table, from which requests are admitted, the published policy is written, and tests walk.

use serde_json::{Map, Value, json};

/// A role that a user has in a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs the installation.
    Operator,
    /// Administers a party.
    Administrator,
    /// Edits a grantor's drafts.
    Editor,
    /// Approves a grantor's drafts.
    Approver,
    /// Runs a provider's terminals.
    Provider,
    /// A clerk of a service centre.
    Clerk,
    /// A specialist of an institution.
    Specialist,
    /// Reads everything of a party.
    Auditor,
    /// Who signed in as a person, of no party.
    Resident,
}

/// How far an action of a role goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// What is of the person who asks.
    Person,
    /// What is of the party for which the person acts.
    Own,
    /// What is of any party.
    All,
}

/// A row of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reads what all who signed in may read.
    OpenRead,
    /// Makes and changes parties, invites, grants, disables.
    PartyManage,
    /// Reads users and grants.
    UsersRead,
    /// Confirms a grant that another asked for.
    GrantsConfirm,
    /// One's own account.
    Me,
    /// One's own tokens.
    Tokens,
    /// Reads drafts.
    DraftsRead,
    /// Makes, changes and submits drafts.
    DraftsWrite,
    /// Approves, rejects and publishes drafts.
    DraftsDecide,
    /// Suspends, resumes and ends benefits.
    BenefitsStop,
    /// Decides requests of invented holders.
    Try,
    /// Reads what meets at a provider, and what a draft would change there.
    Priorities,
    /// Writes one entitlement of a group.
    MembersWrite,
    /// Reads programmes and campaigns.
    LoyaltyRead,
    /// Writes memberships of programmes, and reads what a member who was found has.
    LoyaltyMembers,
    /// Makes coupons of campaigns.
    LoyaltyCoupons,
    /// Gives members points and takes some, and confirms it.
    LoyaltyAdjust,
    /// Finds a person by an exact identifier.
    PeopleFind,
    /// Reads a person who was found.
    PeopleRead,
    /// Asks for an erasure, and confirms it.
    PeopleErase,
    /// Imports lists.
    Imports,
    /// Exports lists.
    Exports,
    /// Reads and cancels jobs.
    Jobs,
    /// Adds, blocks, replaces and removes a person's means.
    MeansWrite,
    /// Blocks means of a scheme that the provider issues.
    MeansBlock,
    /// Changes slots, calendars and providers' tags.
    GroundWrite,
    /// Reads providers and terminals.
    ProviderRead,
    /// Changes providers, their terminals and keys.
    ProviderWrite,
    /// Reads records of use.
    RecordsRead,
    /// Reads why records came out as they did.
    Explain,
    /// Reads contracts, days, statements and reconciliations.
    SettlementRead,
    /// Closes days of the own provider.
    DaysClose,
    /// Drafts, issues, disputes, agrees to and pays statements.
    SettlementWrite,
    /// Drafts and confirms contracts.
    ContractsWrite,
    /// Holds a provider's own file against the ledger, and resolves what is found.
    Reconcile,
    /// Asks for consultations, gives and holds them.
    Consultations,
    /// Reads and verifies the audit.
    Audit,
    /// Reads how the engines stand, and how much parties record.
    Figures,
}

/// What each role may do, in the order of [`Role::ALL`].
type Reaches = [Option<Reach>; 9];

const A: Option<Reach> = Some(Reach::All);
const O: Option<Reach> = Some(Reach::Own);
const S: Option<Reach> = Some(Reach::Person);
const N: Option<Reach> = None;

/// The policy. Columns: op, ad, ed, ap, pr, cl, sp, au, re.
const TABLE: &[(Action, &str, Reaches)] = &[
    (Action::OpenRead, "open.read", [A, A, A, A, A, A, A, A, A]),
    (Action::PartyManage, "party.manage", [A, O, N, N, N, N, N, N, N]),
    (Action::UsersRead, "users.read", [A, O, N, N, N, N, N, O, N]),
    (Action::GrantsConfirm, "grants.confirm", [A, O, N, O, N, N, N, N, N]),
    (Action::Me, "me", [S, S, S, S, S, S, S, S, S]),
    (Action::Tokens, "tokens", [S, S, S, S, S, S, S, S, N]),
    (Action::DraftsRead, "drafts.read", [N, N, O, O, N, N, N, O, N]),
    (Action::DraftsWrite, "drafts.write", [N, N, O, N, N, N, N, N, N]),
    (Action::DraftsDecide, "drafts.decide", [N, N, N, O, N, N, N, N, N]),
    (Action::BenefitsStop, "benefits.stop", [N, N, N, O, N, N, N, N, N]),
    (Action::Try, "try", [N, N, O, O, O, N, N, O, N]),
    (Action::Priorities, "priorities", [A, N, A, A, O, N, N, O, N]),
    (Action::MembersWrite, "members.write", [N, N, O, N, N, N, N, N, N]),
    (Action::LoyaltyRead, "loyalty.read", [N, N, O, O, N, N, N, O, N]),
    (Action::LoyaltyMembers, "loyalty.members", [N, N, O, N, N, N, N, N, N]),
    (Action::LoyaltyCoupons, "loyalty.coupons", [N, N, O, N, N, N, N, N, N]),
    (Action::LoyaltyAdjust, "loyalty.adjust", [N, N, O, O, N, N, N, N, N]),
    (Action::PeopleFind, "people.find", [N, N, N, N, N, A, N, N, N]),
    (Action::PeopleRead, "people.read", [N, N, N, N, N, S, N, N, S]),
    (Action::PeopleErase, "people.erase", [A, N, N, N, N, S, N, N, S]),
    (Action::MeansWrite, "means.write", [N, N, N, N, N, S, N, N, S]),
    (Action::MeansBlock, "means.block", [N, N, N, N, O, N, N, N, N]),
    (Action::Imports, "imports", [A, N, O, N, O, N, N, N, N]),
    (Action::Exports, "exports", [A, N, O, N, O, N, N, O, S]),
    (Action::Jobs, "jobs", [A, O, O, O, O, N, N, O, N]),
    (Action::GroundWrite, "ground.write", [A, N, N, N, N, N, N, N, N]),
    (Action::ProviderRead, "provider.read", [A, N, A, A, O, N, N, O, N]),
    (Action::ProviderWrite, "provider.write", [A, N, N, N, O, N, N, N, N]),
    (Action::RecordsRead, "records.read", [N, N, O, O, O, N, N, O, N]),
    (Action::Explain, "explain", [N, N, O, O, N, S, N, O, N]),
    (Action::SettlementRead, "settlement.read", [N, O, O, O, O, N, N, O, N]),
    (Action::DaysClose, "days.close", [N, O, N, N, O, N, N, N, N]),
    (Action::SettlementWrite, "settlement.write", [N, N, N, O, O, N, N, N, N]),
    (Action::ContractsWrite, "contracts.write", [N, N, O, O, N, N, N, N, N]),
    (Action::Reconcile, "reconcile", [N, N, N, N, O, N, N, N, N]),
    (Action::Consultations, "consultations", [N, N, N, N, N, O, O, O, S]),
    (Action::Audit, "audit", [N, O, N, N, N, N, N, O, N]),
    (Action::Figures, "figures", [A, O, O, O, O, O, O, O, N]),
];

const fn but_the_last<T>(all: &[T]) -> &[T] {
    match all.split_last() {
        Some((_, others)) => others,
        None => all,
    }
}

impl Role {
    /// Every role, in the order of the policy's columns: residents, who are no users, last.
    pub const ALL: [Self; 9] = [
        Self::Operator,
        Self::Administrator,
        Self::Editor,
        Self::Approver,
        Self::Provider,
        Self::Clerk,
        Self::Specialist,
        Self::Auditor,
        Self::Resident,
    ];

    /// The words of all roles.
    pub(crate) const WORDS: [&'static str; 9] = ["op", "ad", "ed", "ap", "pr", "cl", "sp", "au", "re"];

    /// The words of those that a party gives to its users.
    pub(crate) const GIVEN: &'static [&'static str] = but_the_last(&Self::WORDS);

    /// Those of users.
    pub const OF_USERS: &'static [Self] = but_the_last(&Self::ALL);

    /// The word for it.
    pub fn word(self) -> &'static str {
        let place = Self::ALL.iter().position(|role| *role == self);
        place.and_then(|place| Self::WORDS.get(place)).copied().unwrap_or_default()
    }

    /// The role of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// The capacity that a party must have for it; none if every party may.
    pub(crate) fn capacity(self) -> Option<&'static str> {
        match self {
            Self::Operator => Some("operator"),
            Self::Editor | Self::Approver => Some("grantor"),
            Self::Provider => Some("provider"),
            Self::Clerk => Some("centre"),
            Self::Specialist => Some("institution"),
            Self::Administrator | Self::Auditor | Self::Resident => None,
        }
    }

    /// Whether a grant of it counts only once a second person confirmed it.
    pub(crate) fn needs_confirmation(self) -> bool {
        matches!(self, Self::Operator | Self::Administrator | Self::Approver | Self::Auditor)
    }

    /// Whether a user may have both, the second in the same party or not.
    pub(crate) fn excludes(self, other: Self, same_party: bool) -> bool {
        let either = |one: Self, two: Self| (self == one && other == two) || (self == two && other == one);
        let is_operator_and_grantor = either(Self::Operator, Self::Editor) || either(Self::Operator, Self::Approver);
        let is_auditor_and_other = self != other && (self == Self::Auditor || other == Self::Auditor);
        is_operator_and_grantor || (same_party && is_auditor_and_other)
    }
}

impl Action {
    /// Every action.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(action, ..)| *action)
    }

    fn row(self) -> Option<&'static (Self, &'static str, Reaches)> {
        TABLE.iter().find(|(action, ..)| *action == self)
    }

    /// The word for it, which is also the scope of a token.
    pub fn word(self) -> &'static str {
        self.row().map(|(_, word, _)| *word).unwrap_or_default()
    }

    /// The action of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::all().find(|action| action.word() == word)
    }

    /// How far it goes for a role, in the operator's party or in another.
    pub fn reach(self, role: Role, of_operator: bool) -> Option<Reach> {
        let place = Role::ALL.iter().position(|one| *one == role)?;
        let reach = self.row()?.2.get(place).copied().flatten()?;
        let oversees = role == Role::Auditor && of_operator && reach == Reach::Own;
        Some(if oversees { Reach::All } else { reach })
    }
}

impl Reach {
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::All => "A",
            Self::Own => "O",
            Self::Person => "S",
        }
    }
}

/// The table as it is published.
pub(crate) fn published() -> Value {
    let row = |(_, word, reaches): &(Action, &str, Reaches)| {
        let letters = Role::WORDS.iter().zip(reaches).map(|(role, reach)| {
            let letter = reach.map_or(".", Reach::letter);
            ((*role).to_owned(), json!(letter))
        });
        ((*word).to_owned(), Value::Object(letters.collect::<Map<_, _>>()))
    };
    Value::Object(TABLE.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_row_and_one_word() {
        let words: std::collections::HashSet<_> = Action::all().map(Action::word).collect();
        assert_eq!(words.len(), TABLE.len());
        for action in Action::all() {
            assert_eq!(Action::of_word(action.word()), Some(action));
        }
        for role in Role::ALL {
            assert_eq!(Role::of_word(role.word()), Some(role));
        }
    }

    #[test]
    fn an_auditor_of_the_operator_reads_what_is_anyones() {
        assert_eq!(Action::Audit.reach(Role::Auditor, false), Some(Reach::Own));
        assert_eq!(Action::Audit.reach(Role::Auditor, true), Some(Reach::All));
        assert_eq!(Action::Me.reach(Role::Auditor, true), Some(Reach::Person));
        assert_eq!(Action::PartyManage.reach(Role::Auditor, true), None);
    }

    #[test]
    fn roles_exclude_each_other_in_both_orders() {
        use Role::{Administrator, Approver, Auditor, Clerk, Editor, Operator};
        for (one, other, same_party, excluded) in [
            (Operator, Editor, false, true),
            (Operator, Approver, false, true),
            (Operator, Administrator, true, false),
            (Auditor, Clerk, true, true),
            (Auditor, Clerk, false, false),
            (Auditor, Auditor, true, false),
            (Editor, Approver, true, false),
        ] {
            assert_eq!(one.excludes(other, same_party), excluded, "{one:?} {other:?}");
            assert_eq!(other.excludes(one, same_party), excluded, "{other:?} {one:?}");
        }
    }
}
