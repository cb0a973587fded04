//! What each reason tells the person. The published description, its page and the page for terminals take their words from here.

use avis_core::Reason;
use avis_core::telling::Language;

/// The one statement of a reason, in neutral words.
pub fn statement(reason: Reason) -> String {
    let told = reason.told(Language::En);
    match reason {
        Reason::IdentifierBlocked
        | Reason::IdentifierExpired
        | Reason::IdentifierMismatch
        | Reason::IdentifierUnknown => format!("{told}; said of the request as a whole"),
        _ => told.to_owned(),
    }
}
