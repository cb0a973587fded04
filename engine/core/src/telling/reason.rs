//! Reasons in words.

use crate::reason::Reason;
use crate::telling::Language;

impl Reason {
    /// The one statement of it, in neutral English words: the published description, its page and the page for terminals have it.
    pub fn statement(self) -> String {
        let told = self.told(Language::En);
        match self {
            Self::IdentifierBlocked | Self::IdentifierExpired | Self::IdentifierMismatch | Self::IdentifierUnknown => {
                format!("{told}; said of the request as a whole")
            }
            _ => told.to_owned(),
        }
    }

    /// What it tells the person, in neutral words: a part of a sentence.
    pub fn told(self, language: Language) -> &'static str {
        let (english, latvian) = match self {
            Self::IdentifierBlocked => ("this card is blocked", "šī karte ir bloķēta"),
            Self::IdentifierExpired => ("this card is past its validity", "šīs kartes derīguma termiņš ir beidzies"),
            Self::IdentifierMismatch => {
                ("two cards of different people were presented", "uzrādītas divu dažādu cilvēku kartes")
            }
            Self::IdentifierUnknown => ("this card is not known", "šī karte nav zināma"),
            Self::LimitReached => ("the quota is used up", "kvota ir izlietota"),
            Self::NoBenefit => ("there is no benefit for this at all", "šim vispār nav atlaides"),
            Self::NoRight => ("the benefits here are for others", "atlaides šeit ir citiem"),
            Self::NotNow => ("not on this day or at this time", "ne šajā dienā vai laikā"),
            Self::NotThisWay => (
                "not through this channel, not for this basket, line or companion",
                "ne šādā veidā: ne šajā kanālā, grozam, rindai vai pavadonim",
            ),
            Self::NotWithThisMeans => ("another card is needed", "vajadzīga cita karte"),
            Self::NothingLeft => {
                ("a bound of the rule left nothing of a discount", "noteikuma robeža neatstāja neko no atlaides")
            }
            Self::Unfunded => (
                "the budget is used up; the provider bears the discount",
                "budžets ir izlietots; atlaidi sedz pārdevējs",
            ),
        };
        language.choose(english, latvian)
    }
}
