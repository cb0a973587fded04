//! Coupons by their codes, of which there may be millions: what most of them have in common is kept once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::IdentifierKey;
use crate::loyalty::Coupon;
use crate::span::Span;

/// Coupons by their codes, or by the keyed hashes of these.
#[derive(Clone, Debug, Default)]
pub struct Coupons {
    /// By keyed hash.
    hashed: HashMap<[u8; 16], Packed>,
    /// By code, where codes are not hashed.
    written: HashMap<Box<str>, Packed>,
    campaigns: HashSet<Arc<str>>,
}

/// A coupon without its code.
#[derive(Clone, Debug)]
struct Packed {
    campaign: Arc<str>,
    /// What is its own; most have nothing.
    own: Option<Box<(Option<Box<str>>, Span)>>,
}

impl Coupons {
    /// Takes in a coupon, in the place of one of the same code.
    pub fn insert(&mut self, coupon: Coupon) {
        let campaign = match self.campaigns.get(&*coupon.campaign) {
            Some(known) => known.clone(),
            None => {
                let campaign: Arc<str> = (&*coupon.campaign).into();
                self.campaigns.insert(campaign.clone());
                campaign
            }
        };
        let is_plain = coupon.holder.is_none() && coupon.valid == Span::default();
        let packed = Packed { campaign, own: (!is_plain).then(|| Box::new((coupon.holder, coupon.valid))) };
        match IdentifierKey::from_hex(&coupon.code) {
            Some(key) => drop(self.hashed.insert(key.0, packed)),
            None => drop(self.written.insert(coupon.code, packed)),
        }
    }

    /// Forgets the coupon of a code.
    pub fn remove(&mut self, code: &str) {
        match IdentifierKey::from_hex(code) {
            Some(key) => drop(self.hashed.remove(&key.0)),
            None => drop(self.written.remove(code)),
        }
    }

    /// The coupon of a code.
    pub fn get(&self, code: &str) -> Option<Coupon> {
        let packed = match IdentifierKey::from_hex(code) {
            Some(key) => self.hashed.get(&key.0),
            None => self.written.get(code),
        }?;
        let (holder, valid) = packed.own.as_deref().cloned().unwrap_or_default();
        Some(Coupon { campaign: (&*packed.campaign).into(), code: code.into(), holder, valid })
    }
}

impl FromIterator<Coupon> for Coupons {
    fn from_iter<T: IntoIterator<Item = Coupon>>(coupons: T) -> Self {
        let mut book = Self::default();
        coupons.into_iter().for_each(|coupon| book.insert(coupon));
        book
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_coupon_is_found_by_its_code_as_it_was_written_until_it_is_gone() {
        let read = |value| Coupon::from_value(&value).unwrap();
        let plain = read(json!({"campaign": "spring", "key": "000102030405060708090a0b0c0dfeff"}));
        let own =
            read(json!({"campaign": "spring", "code": "AB12-CD", "holder": "h-1", "valid": {"until": "2025-05-31"}}));
        let mut book: Coupons = [plain.clone(), own.clone()].into_iter().collect();
        assert_eq!((book.get(&plain.code), book.get("AB12CD")), (Some(plain.clone()), Some(own.clone())));
        assert_eq!(book.get("AB12CE"), None);
        book.insert(Coupon { campaign: "autumn".into(), ..plain.clone() });
        assert_eq!(book.get(&plain.code).unwrap().campaign, "autumn".into());
        book.remove(&plain.code);
        book.remove("AB12CD");
        assert_eq!((book.get(&plain.code), book.get("AB12CD")), (None, None));
    }
}
