//! Whether coupons are good, and what became of those presented.

use std::sync::Arc;

use jiff::Timestamp;

use crate::loyalty::{Campaign, Coupon};
use crate::plan::LocalMoment;

/// `taken`: it served, and is used once more. `not_needed`: it is good and served nothing. `used`: as often as it may be, or sent
/// twice. `not_now`: it is not good at this time. `unknown`: nobody knows it, or it is somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponState {
    /// It served, and is used once more.
    Taken,
    /// It is good and served nothing.
    NotNeeded,
    /// It was used as often as it may be, or sent twice.
    Used,
    /// It is not good at this time.
    NotNow,
    /// Nobody knows it, or it is somebody else's.
    Unknown,
}

/// A coupon that was presented.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct PresentedCoupon {
    code: Box<str>,
    /// None of one that is not known.
    pub(crate) campaign: Option<Arc<str>>,
    /// [`CouponState::NotNeeded`] of one that is good.
    pub(crate) state: CouponState,
    /// Whether it is the first good one of its campaign.
    first: bool,
    /// Whether the campaign holds out the account of who presents it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) held_out: bool,
}

impl std::fmt::Debug for PresentedCoupon {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "PresentedCoupon({:?}, {:?}, …)", self.campaign, self.state)
    }
}

impl Coupon {
    /// Whether it is good for a holder while so many uses of it stand: [`CouponState::NotNeeded`], or why it is not. For who is held
    /// out of its campaign there is no time at which it is.
    pub(crate) fn state(
        &self,
        used: i64,
        (campaign, held_out): (Option<&Campaign>, bool),
        holder: Option<&str>,
        at: Timestamp,
    ) -> CouponState {
        let Some(campaign) = campaign else { return CouponState::Unknown };
        let moment = LocalMoment::of(at, &campaign.time_zone).moment;
        if self.holder.as_deref().is_some_and(|owner| holder != Some(owner)) {
            CouponState::Unknown
        } else if held_out || !campaign.valid.holds_at(&moment) || !self.valid.holds_at(&moment) {
            CouponState::NotNow
        } else if campaign.uses.is_some_and(|uses| used >= uses) {
            CouponState::Used
        } else {
            CouponState::NotNeeded
        }
    }
}

impl PresentedCoupon {
    pub(crate) fn new(
        code: &str,
        campaign: Option<&str>,
        (state, held_out): (CouponState, bool),
        before: &[Self],
    ) -> Self {
        let is_unknown = state == CouponState::Unknown;
        let twice = !is_unknown && before.iter().any(|other| *other.code == *code);
        let state = if twice { CouponState::Used } else { state };
        let campaign = campaign.filter(|_| !is_unknown).map(Arc::from);
        let is_good = state == CouponState::NotNeeded;
        let first = is_good && !before.iter().any(|other| other.is_good() && other.campaign == campaign);
        Self { code: code.into(), campaign, state, first, held_out }
    }

    fn is_good(&self) -> bool {
        self.state == CouponState::NotNeeded
    }

    /// Serves nothing now, however good it may be.
    pub(crate) fn put_off(&mut self) {
        self.first = false;
        if self.is_good() {
            self.state = CouponState::NotNow;
        }
    }

    pub(crate) fn counts_for(&self, campaign: &str) -> bool {
        self.first && self.campaign.as_deref() == Some(campaign)
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }
}
