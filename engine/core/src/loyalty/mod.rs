//! Merchants' loyalty: programmes, points, tiers, coupons and rewards.
//!
//! Two pure halves beside those of a decision. [`inquire`] says which accounts and coupons a request must know, and given them,
//! [`Known`] what they come to; with that a plan is made, and [`Plan::decide_loyal`](crate::Plan::decide_loyal) says what follows:
//! rewards, tenders, what is earned. [`Account`] is what becomes of points; whoever keeps accounts stores and locks them.

mod account;
mod books;
mod coupon_book;
mod coupons;
mod dates;
mod document;
mod enrolment;
mod facts;
mod following;
mod hold_out;
mod known;
mod levels;
mod owner;
mod prior_price;
mod rules;
mod settle;

pub use account::{
    Account, AccountKey, AccountName, Entry, LedgerAccount, Lot, TooMuch, UnreadableAccount, lots_of_use,
};
pub use books::{Books, Operated, OperationRefused};
pub use coupon_book::Coupons;
pub use coupons::CouponState;
pub use document::*;
pub(crate) use document::{check_loyalty, check_memberships, conditions_of_programmes};
pub use enrolment::{EnrolmentBody, TooManyMemberships};
pub use following::{Happening, PointsMoved};
pub use hold_out::HoldOut;
pub use known::{Inquiry, Known, inquire};
pub use owner::{Adjustment, LotAnswer, ProgrammeStatement};
pub use prior_price::Price;
pub(crate) use prior_price::{Prices, PricesAt, check_prices};
pub(crate) use rules::{LoyaltyRules, ProgrammeVersion};
pub(crate) use settle::settle;
pub use settle::{
    CouponAnswer, EarnedAnswer, FrozenLoyalty, FrozenProgramme, LinePoints, NextLevel, ProgrammeAnswer,
    ProgrammeReason, Redeemed, RewardAnswer, SettledLine, Settlement, Standing, TakenCoupon, TenderPart,
};
