//! What each reason tells the person. The published description, its page and the page for terminals take their words from here.

use avis_core::Reason;

/// The one statement of a reason, in neutral words.
pub fn statement(reason: Reason) -> &'static str {
    match reason {
        Reason::IdentifierBlocked => "this card is blocked; said of the request as a whole",
        Reason::IdentifierExpired => "this card is past its validity; said of the request as a whole",
        Reason::IdentifierMismatch => "two cards of different people were presented; said of the request as a whole",
        Reason::IdentifierUnknown => "this card is not known; said of the request as a whole",
        Reason::LimitReached => "the quota is used up",
        Reason::NoBenefit => "there is no benefit for this at all",
        Reason::NoRight => "the benefits here are for others",
        Reason::NotNow => "not on this day or at this time",
        Reason::NotThisWay => "not through this channel, not for this basket, line or companion",
        Reason::NotWithThisMeans => "another card is needed",
        Reason::NothingLeft => "a bound of the rule left nothing of a discount",
        Reason::Unfunded => "the budget is used up; the provider bears the discount",
    }
}
