//! What engines follow, row by row.

/// A row that engines follow: the whole of what is known under a key, or that there is nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Of what kind.
    pub kind: Kind,
    /// Unique within the kind.
    pub key: Box<str>,
    /// JSON, in the shape of an entry of the files; none is a tombstone.
    pub content: Option<Box<str>>,
}

/// Kinds of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// What the whole deployment has in common, such as its currency.
    Deployment,
    /// A named set of dates.
    Calendar,
    /// A beneficiary group.
    Group,
    /// A stacking slot.
    Slot,
    /// Who sells.
    Provider,
    /// A version of a benefit.
    Benefit,
    /// A version of a programme.
    Program,
    /// What coupons have in common.
    Campaign,
    /// A coupon, by the keyed hash of its code.
    Coupon,
    /// A price of a product at a provider, from its beginning.
    Price,
    /// A worked example beside the rules.
    Case,
    /// A holder with all identifiers.
    Holder,
    /// A terminal with all its keys.
    Terminal,
}

/// Kinds that are read together, compared together, and loaded again together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything that decisions follow from but people and coupons.
    Rules,
    /// People and their identifiers.
    Holders,
    /// Who may call.
    Terminals,
    /// Coupons, of which there may be millions.
    Coupons,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Rules, Self::Holders, Self::Terminals, Self::Coupons];

    /// The word for it in columns, metrics and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Holders => "holders",
            Self::Terminals => "terminals",
            Self::Coupons => "coupons",
        }
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Deployment,
        Self::Calendar,
        Self::Group,
        Self::Slot,
        Self::Provider,
        Self::Benefit,
        Self::Program,
        Self::Campaign,
        Self::Coupon,
        Self::Price,
        Self::Case,
        Self::Holder,
        Self::Terminal,
    ];

    /// The word for it in columns.
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Calendar => "calendar",
            Self::Group => "group",
            Self::Slot => "slot",
            Self::Provider => "provider",
            Self::Benefit => "benefit",
            Self::Program => "program",
            Self::Campaign => "campaign",
            Self::Coupon => "coupon",
            Self::Price => "price",
            Self::Case => "case",
            Self::Holder => "holder",
            Self::Terminal => "terminal",
        }
    }

    /// The kind that a column names; none if a later program wrote it.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// To which scope it belongs.
    pub fn scope(self) -> Scope {
        match self {
            Self::Holder => Scope::Holders,
            Self::Terminal => Scope::Terminals,
            Self::Coupon => Scope::Coupons,
            Self::Deployment
            | Self::Calendar
            | Self::Group
            | Self::Slot
            | Self::Provider
            | Self::Benefit
            | Self::Program
            | Self::Campaign
            | Self::Price
            | Self::Case => Scope::Rules,
        }
    }
}

/// The key of a version of a benefit.
pub fn version_key(code: &str, version: i64) -> Box<str> {
    format!("{code}/{version}").into()
}

/// The code and the number that a key of a version names.
pub fn version_of_key(key: &str) -> Option<(&str, i64)> {
    let (code, version) = key.rsplit_once('/')?;
    Some((code, version.parse().ok()?))
}
