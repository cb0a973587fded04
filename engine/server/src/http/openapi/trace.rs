//! Why a decision came out as it did, for credentials of the scope `explain`.

use utoipa::ToSchema;

use super::decision::{DecidedLine, Outcome, Reason, Text};

/// A decision with its story.
#[derive(ToSchema)]
pub(super) struct Explained {
    /// In one sentence, by language: who pays how much, by which benefits, and who bears them.
    explanation: Explanation,
    outcome: Outcome,
    /// Of all lines, before discounts, in minor units.
    #[schema(minimum = 0)]
    gross: i64,
    /// Of all lines, in minor units.
    #[schema(minimum = 0)]
    discount: i64,
    /// Of all lines, after discounts, in minor units.
    #[schema(minimum = 0)]
    payable: i64,
    /// In the order of the request.
    lines: Vec<DecidedLine>,
    /// Why something is left to pay, sorted; those of all lines and of the person.
    reasons: Vec<Reason>,
    /// Where only one can be said to the person; null if nothing is left to pay or there is no reason.
    #[schema(required)]
    main_reason: Option<Reason>,
    trace: Trace,
}

/// A sentence in Latvian and in English.
#[derive(ToSchema)]
pub(super) struct Explanation {
    en: String,
    lv: String,
}

/// The whole story of a decision. It names groups and values that were read: never for a till.
#[derive(ToSchema)]
pub(super) struct Trace {
    /// The code of the holder that was recognised; null if nobody was.
    #[schema(required)]
    holder: Option<String>,
    /// ISO 4217 code of every amount.
    currency: String,
    /// What became of each identifier presented; never its value.
    identifiers: Vec<IdentifierTrace>,
    /// Versions that do not count at that time.
    set_aside: Vec<SetAside>,
    /// Every candidate in the order of evaluation, with its verdict for each line.
    candidates: Vec<Considered>,
    /// Each turn of a benefit on a line, in order.
    turns: Vec<TurnTrace>,
    /// What loyalty did, in order; absent where it was not asked.
    #[schema(nullable = false)]
    loyalty: Option<Vec<LoyaltyStep>>,
}

/// What became of an identifier.
#[derive(ToSchema)]
pub(super) struct IdentifierTrace {
    /// Its scheme.
    scheme: String,
    verdict: IdentifierVerdict,
}

/// `resolved` names the holder; `unknown` nobody is known by; `mismatch` names another holder than one before it.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum IdentifierVerdict {
    Resolved,
    Unknown,
    Blocked,
    Expired,
    Mismatch,
}

/// A version that is not a candidate because of the time or a suspension.
#[derive(ToSchema)]
pub(super) struct SetAside {
    /// The benefit's code.
    benefit: String,
    /// Its version.
    #[schema(minimum = 1)]
    version: i64,
    standing: Standing,
}

/// `superseded`: a higher version counts. `suspended`: for this holder. `not_asked_for`: a reward whose programme is not in play, or that
/// nobody asked for.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Standing {
    Superseded,
    NotBegun,
    Ended,
    Suspended,
    NotAskedFor,
}

/// A candidate and its verdicts.
#[derive(ToSchema)]
pub(super) struct Considered {
    /// The benefit's code.
    benefit: String,
    /// Its version.
    #[schema(minimum = 1)]
    version: i64,
    /// Its full name.
    name: Text,
    /// Whose rule it is.
    grantor: String,
    /// Null is a slot of its own.
    #[schema(required)]
    slot: Option<String>,
    /// The condition with the values read, if it asks nothing of the line.
    #[schema(required)]
    when: Option<Node>,
    /// For each line in its scope.
    lines: Vec<LineVerdict>,
}

/// A condition with its answer and those of its parts.
#[derive(ToSchema)]
pub(super) struct Node {
    /// `all`, `any`, `not`, or the leaf's name.
    test: String,
    answer: Truth,
    /// What the rule asks, as in its document; absent for `all`, `any` and `not`.
    #[schema(nullable = false)]
    asks: Option<serde_json::Map<String, serde_json::Value>>,
    /// What was read, of any type; null if nothing is known, absent for `all`, `any` and `not`.
    read: Option<serde_json::Value>,
    /// The parts of `all`, `any` and `not`.
    #[schema(no_recursion, nullable = false)]
    parts: Option<Vec<Node>>,
}

/// What is not known never grants.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Truth {
    False,
    Unknown,
    True,
}

/// Whether a benefit is eligible for a line.
#[derive(ToSchema)]
pub(super) struct LineVerdict {
    /// As in the request.
    line_id: String,
    /// Whether.
    eligible: bool,
    /// What stands in the way; null if nothing does.
    #[schema(required)]
    because: Option<Obstacle>,
    /// The condition with the values read, if it asks of the line.
    #[schema(required)]
    when: Option<Node>,
}

/// `not_covered`: not for whom the line is. `condition`: false or unknown. `without_holder`: a companion's line, and none of
/// the holder's in scope. `subject_unknown`: its use is counted by holder or household, and there is no holder.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Obstacle {
    NotCovered,
    Condition,
    WithoutHolder,
    SubjectUnknown,
}

/// What happened as a benefit's turn came on a line.
#[derive(ToSchema)]
pub(super) struct TurnTrace {
    /// The benefit's code.
    benefit: String,
    /// Its version.
    #[schema(minimum = 1)]
    version: i64,
    /// As in the request.
    line_id: String,
    turn: Turn,
    /// Units covered, if a discount was computed.
    #[schema(required)]
    units: Option<i64>,
    /// The discount in minor units, if one was given.
    #[schema(required)]
    amount: Option<i64>,
    /// Whether a limit made it smaller.
    trimmed: bool,
    /// What is left to pay on the line afterwards, in minor units.
    #[schema(minimum = 0)]
    left_to_pay: i64,
    /// The benefit's limits afterwards, in the order of its document.
    limits: Vec<LimitTrace>,
}

/// What happened: `not_chosen` is that another benefit of its slot gives more, `nothing_to_give` that it came to zero, `touched`
/// and `too_little_in_basket` that it holds back by `only_untouched` and `at_least`, `not_picked` that its `pick` covers no unit here, `bounded` that `min_price` or a `max_discount`
/// left nothing.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Turn {
    Applied,
    NotChosen,
    NothingToGive,
    NothingLeft,
    LimitReached,
    NoCompanionsLeft,
    Touched,
    TooLittleInBasket,
    NotPicked,
    Bounded,
}

/// A limit after a turn; what this request took of it until then counts as used.
#[derive(ToSchema)]
pub(super) struct LimitTrace {
    scope: LimitScope,
    counts: Counted,
    /// As in the rule: such as `{"month": {}}`.
    window: serde_json::Map<String, serde_json::Value>,
    /// The last service date of the window; null where no date ends it.
    #[schema(required, format = Date)]
    until: Option<String>,
    /// The most in the window: uses, units or minor units.
    max: i64,
    /// Of it, used.
    used: i64,
    /// Of it, left.
    #[schema(minimum = 0)]
    left: i64,
    /// Whether a discount beyond it is given and borne by the provider, instead of not given.
    unfunded: bool,
}

/// Whose use a limit counts; `benefit` is everybody's together.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum LimitScope {
    Holder,
    Household,
    Provider,
    Benefit,
}

/// What a limit counts; `spent` is what the holder pays under a spend cap.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Counted {
    Uses,
    Units,
    Discount,
    Spent,
}

/// Something that loyalty did while it decided: that the holder is a `member`, that points were asked for as a `tender`, that a `rule` of
/// earning was asked of a line, that points were `earned`.
#[derive(ToSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum LoyaltyStep {
    Member {
        /// The programme's code.
        program: String,
        /// The version that counts.
        #[schema(minimum = 1)]
        version: i64,
        /// Whether its scope covers the provider.
        in_play: bool,
        /// Points that can be spent.
        balance: i64,
        /// Points that can't yet.
        pending: i64,
        /// The level; null if none.
        #[schema(required)]
        tier: Option<String>,
        /// What counts towards the next level.
        counted: i64,
    },
    Tender {
        /// The programme's code.
        program: String,
        /// How many points; null is as many as possible.
        #[schema(required)]
        asked: Option<i64>,
        /// How many there were.
        available: i64,
        /// What was left to pay with them, in minor units.
        room: i64,
        /// How many were taken.
        points: i64,
        /// What they pay, in minor units.
        amount: i64,
        /// Why not more.
        reasons: Vec<String>,
    },
    Rule {
        /// The programme's code.
        program: String,
        /// The rule's code.
        rule: String,
        /// As in the request.
        line_id: String,
        /// Whether it applies.
        applies: bool,
        /// Whether its uses are used up.
        used_up: bool,
        /// Its condition with the values read; null if it has none.
        #[schema(required, no_recursion)]
        when: Option<Node>,
    },
    Earned {
        /// The programme's code.
        program: String,
        /// Of each line before rounding, as a numerator.
        exact: Vec<String>,
        /// The denominator.
        #[schema(minimum = 1)]
        of: i64,
        /// Rounded, with what is fixed.
        uncut: i64,
        /// What limits leave of it.
        points: i64,
    },
}
