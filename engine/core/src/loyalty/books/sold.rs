//! An authorization in the books.

use jiff::Timestamp;
use uuid::Uuid;

use crate::authorization::Authorization;
use crate::loyalty::books::Books;
use crate::loyalty::{Happening, PointsMoved};

/// An authorization, and which of its coupons it uses.
#[derive(Debug)]
pub(super) struct Sold {
    pub(super) request_id: Uuid,
    /// When it ends if it is held then.
    pub(super) ends: Timestamp,
    pub(super) authorization: Authorization,
    /// Whether the use of each coupon stands.
    pub(super) coupons: Vec<bool>,
}

impl Books {
    /// Posts what stands now of an authorization, in every programme, and of its coupons.
    pub(super) fn post(&mut self, place: usize, happening: &Happening) -> Vec<PointsMoved> {
        let Some(sold) = self.sold.get_mut(place) else { return Vec::new() };
        let (mut moved, mut entries) = (Vec::new(), Vec::new());
        let Sold { authorization, request_id, .. } = &*sold;
        for programme in authorization.loyalty.programmes() {
            let account = self.accounts.entry(programme.key().clone()).or_default();
            let (points, entered) = programme.follow((*request_id, authorization), account, happening);
            moved.push(points);
            entries.extend(entered);
        }
        for (taken, stood) in sold.authorization.loyalty.coupons().iter().zip(&mut sold.coupons) {
            let stands = taken.stands(&sold.authorization.lines, sold.authorization.balance());
            *self.coupons.entry(taken.code().into()).or_default() += i64::from(stands) - i64::from(*stood);
            *stood = stands;
        }
        self.keep(entries);
        moved
    }
}
