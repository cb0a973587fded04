//! The catalogue as it is written: read strictly, every fault at once, each with its place. A [`Catalogue`] that exists is valid.

mod benefit;
mod case;
mod catalogue;
mod combination;
mod limit;
mod location;
mod pick;
mod references;
mod refinements;
mod scope;
mod text;
mod warnings;

pub use benefit::{Base, Benefit, Covers, Effect, MaxDiscount, Offline, PerWhat, Share, Suspension};
pub(crate) use benefit::{Zone, default_zone};
pub use case::Case;
pub use catalogue::{Calendar, Catalogue, Group, Provider, Slot, SlotPolicy, UnreadableVersion};
pub use limit::{CarryOver, Limit, LimitScope, Measure, OnExhausted};
pub use location::Location;
pub use pick::Pick;
pub use refinements::{AtLeast, Refinements};
pub use scope::{ProviderScope, Scope};
pub use text::Text;
pub(crate) use text::{LanguageTag, default_languages};
