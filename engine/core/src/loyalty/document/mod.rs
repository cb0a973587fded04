//! Loyalty as it is written: programmes, campaigns, coupons, memberships, rewards, and what a request asks for.

mod across;
mod coupon;
mod membership;
mod operation;
mod overlap;
mod programme;
mod redeem;
mod request;
mod returns;
mod reward;
mod rule;
mod tiers;

pub(crate) use across::{check_loyalty, conditions_of_programmes};
pub use coupon::{Campaign, Coupon, OnRefund};
pub use membership::Membership;
pub(crate) use membership::check_memberships;
pub use operation::{FileLine, FileOperation, FileOperationOf};
pub use programme::Programme;
pub use redeem::Redeem;
pub use request::{LoyaltyRequest, Redemption, RedemptionOf};
pub use returns::{Expiry, Pending, Returns, ReturnsEarned, RoundUp};
pub use reward::{Choose, ChooseOrder, Costs, CostsPer, ForEvery};
pub use rule::{Bonuses, Earn, EarnLimit, EarnRule, Earns, LimitOf, Uses};
pub use tiers::{Downgrade, Level, TierMeasure, Tiers, Upgrade};
