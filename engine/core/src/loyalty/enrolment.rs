//! Joining a programme and leaving it, whoever asks for it: what becomes of a holder's memberships.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use uuid::Uuid;

use crate::fault::Faults;
use crate::holder::Holder;
use crate::limits::{HOLDER_FACTS_MAX, IDENTIFIERS_MAX};
use crate::loyalty::Membership;
use crate::read::{self, Object, Place, Read};
use crate::request::Presented;
use crate::rules::RuleSet;
use crate::span::{Bound, Span};

/// A holder who enrols or leaves, as a terminal asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolmentBody {
    /// The terminal's own id of this request.
    pub request_id: Uuid,
    /// The programme's code.
    pub program: Box<str>,
    /// What the person presented.
    pub identifiers: Vec<Presented>,
    /// To what the person consented; none of who leaves.
    pub consent: Option<Box<str>>,
}

/// A holder for whom no more can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a holder has at most {HOLDER_FACTS_MAX} memberships, those that ended among them")]
pub struct TooManyMemberships;

impl EnrolmentBody {
    /// Reads the body of who enrols, or of who leaves.
    ///
    /// # Errors
    /// Every fault with its place.
    pub fn parse(json: &[u8], joins: bool) -> Result<Self, Faults> {
        if joins {
            read::document::<Enrolment<true>>(json).map(|body| body.0)
        } else {
            read::document::<Enrolment<false>>(json).map(|body| body.0)
        }
    }
}

/// A body with or without consent.
struct Enrolment<const JOINS: bool>(EnrolmentBody);

impl<const JOINS: bool> Read for Enrolment<JOINS> {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (request_id, program) = (object.required("request_id"), object.required("program"));
        let identifiers: Option<Vec<Presented>> = object.list("identifiers", IDENTIFIERS_MAX);
        let consent = if JOINS { object.required("consent").map(Some) } else { Some(None) };
        object.close();
        let identifiers = identifiers?;
        if identifiers.is_empty() {
            return place.field("identifiers").fault("expected at least one identifier");
        }
        Some(Self(EnrolmentBody { request_id: request_id?, program: program?, identifiers, consent: consent? }))
    }
}

impl Holder {
    /// Makes the holder a member from an instant on. A membership that holds then stands as it is; else the first that was to begin later
    /// begins now, with this consent and account. Dates are read in the programme's zone.
    ///
    /// # Errors
    /// Too many memberships.
    pub fn join(
        &mut self,
        (program, zone): (&str, &TimeZone),
        (consent, account): (&str, Option<&str>),
        now: Timestamp,
    ) -> Result<&Membership, TooManyMemberships> {
        let not_over = |one: &Membership| *one.program == *program && !one.ended_at(now, zone);
        let known = self.memberships.iter().enumerate().filter(|(_, one)| not_over(one));
        // The one that holds, or else the first to come: nothing can lie between it and now.
        let first = known.min_by_key(|(_, one)| one.span.resolve(zone).from).map(|(place, _)| place);
        let place = first.unwrap_or(self.memberships.len());
        let holds = |one: &Membership| one.span.resolve(zone).contains(now);
        if !self.memberships.get(place).is_some_and(holds) {
            let until = self.memberships.get(place).and_then(|later| later.span.until);
            let new = Membership {
                program: program.into(),
                account: account.map(Arc::from),
                span: Span { from: Some(Bound::Instant(now)), until },
                consent: consent.into(),
            };
            match self.memberships.get_mut(place) {
                Some(later) => *later = new,
                None if place >= HOLDER_FACTS_MAX => return Err(TooManyMemberships),
                None => self.memberships.push(new),
            }
        }
        self.memberships.get(place).ok_or(TooManyMemberships)
    }

    /// Ends the holder's membership at an instant, and what was to come of it; whether there was any.
    pub fn leave(&mut self, (program, zone): (&str, &TimeZone), now: Timestamp) -> bool {
        let before = self.memberships.len();
        let begins_later = |one: &Membership| one.span.resolve(zone).from.is_some_and(|from| from >= now);
        self.memberships.retain(|one| *one.program != *program || !begins_later(one));
        let mut ended = self.memberships.len() != before;
        for one in self.memberships.iter_mut().filter(|one| *one.program == *program && !one.ended_at(now, zone)) {
            one.span.until = Some(Bound::Instant(now));
            ended = true;
        }
        ended
    }
}

impl Membership {
    /// Whether it is over at an instant, its dates read in the programme's zone.
    pub fn ended_at(&self, now: Timestamp, zone: &TimeZone) -> bool {
        self.span.resolve(zone).until.is_some_and(|until| until <= now)
    }
}

impl RuleSet {
    /// The zone of a programme of a code that counts and is in force at an instant, if its scope covers the provider.
    pub fn programme_at(&self, provider: &str, code: &str, at: Timestamp) -> Option<&TimeZone> {
        let provider = self.provider(provider);
        let mut programmes = self.loyalty.as_deref()?.programmes.iter();
        let found = programmes
            .find(|one| *one.frame.code == *code && one.in_force(at) && provider.covered_by(&one.scope().providers));
        found.map(|one| &one.terms.zone)
    }

    /// The campaigns of which a holder has no coupons of its own any more once it left a programme: those of the programme's owner,
    /// unless the holder is, or is to be, in another programme of that owner.
    pub fn campaigns_left(&self, program: &str, holder: &Holder, now: Timestamp) -> HashSet<&str> {
        let Some(loyalty) = self.loyalty.as_deref() else { return HashSet::new() };
        let versions = |code: &str| loyalty.programmes.iter().find(|one| *one.frame.code == *code);
        let Some(left) = versions(program) else { return HashSet::new() };
        let stays = holder.memberships.iter().any(|membership| {
            let of_owner = versions(&membership.program).filter(|one| one.owner == left.owner);
            of_owner.is_some_and(|one| !membership.ended_at(now, &one.terms.zone))
        });
        let of_owner = loyalty.campaigns.iter().filter(|campaign| !stays && *campaign.owner == *left.owner);
        of_owner.map(|campaign| &*campaign.code).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holder::WrittenHolder;

    fn holder(memberships: &str) -> Holder {
        let json = format!(r#"{{"holder": "h", "memberships": [{memberships}]}}"#);
        WrittenHolder::parse(json.as_bytes()).unwrap().holder
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    const NOW: &str = "2026-05-10T09:00:00Z";

    fn join(holder: &mut Holder, program: &str) -> Membership {
        let zone = TimeZone::get("Europe/Riga").unwrap();
        holder.join((program, &zone), ("terms-2", None), at(NOW)).unwrap().clone()
    }

    #[test]
    fn who_joins_is_a_member_from_that_instant_on_and_once() {
        let mut new = holder("");
        let joined = join(&mut new, "p");
        assert_eq!((joined.span.from, joined.span.until), (Some(Bound::Instant(at(NOW))), None));
        assert_eq!(&*joined.consent, "terms-2");
        assert_eq!((join(&mut new, "p"), new.memberships.len()), (joined, 1));
        let mut known = holder(r#"{"program": "p", "from": "2026-05-10", "consent": "terms-1", "account": "f"}"#);
        assert_eq!(&*join(&mut known, "p").consent, "terms-1", "a membership that holds stands as it is");
        join(&mut known, "q");
        assert_eq!(known.memberships.len(), 2);
    }

    #[test]
    fn what_was_to_begin_later_begins_now_and_what_ended_stays_ended() {
        let mut later =
            holder(r#"{"program": "p", "from": "2026-06-01", "until": "2026-12-31", "consent": "terms-1"}"#);
        let joined = join(&mut later, "p");
        assert_eq!((joined.span.from, later.memberships.len()), (Some(Bound::Instant(at(NOW))), 1));
        assert!(matches!(joined.span.until, Some(Bound::Date(_))) && &*joined.consent == "terms-2");
        let mut ended = holder(r#"{"program": "p", "until": "2026-05-09", "consent": "terms-1"}"#);
        join(&mut ended, "p");
        assert_eq!(ended.memberships.len(), 2);
    }

    /// In whatever order they were written: what comes of it can be read again.
    #[test]
    fn of_several_to_come_the_first_begins_now_and_one_that_holds_stands() {
        let earlier = r#"{"program": "p", "until": "2027-07-01", "consent": "earlier"}"#;
        let to_come = r#"{"program": "p", "from": "2027-01-01", "until": "2027-07-01", "consent": "earlier"}"#;
        let later = r#"{"program": "p", "from": "2027-08-01", "consent": "later"}"#;
        for (one, consent) in [(earlier, "earlier"), (to_come, "terms-2")] {
            for written in [format!("{later}, {one}"), format!("{one}, {later}")] {
                let mut member = holder(&written);
                let joined = join(&mut member, "p");
                assert!((&*joined.consent, joined.span.until.is_some()) == (consent, true), "{written}");
                assert_eq!(member.memberships.iter().filter(|one| &*one.consent == "later").count(), 1);
                let again = serde_json::to_string(&member).unwrap();
                assert_eq!(WrittenHolder::parse(again.as_bytes()).unwrap().holder, member, "{again}");
            }
        }
    }

    /// On 28 November it is the 29th in Auckland.
    #[test]
    fn who_joins_after_a_last_day_in_the_zone_of_the_programme_can_be_read_wherever_else_it_is_that_day() {
        let zone = TimeZone::get("Pacific/Auckland").unwrap();
        let mut ended = holder(r#"{"program": "p", "until": "2026-11-28", "consent": "terms-1"}"#);
        let joined = ended.join(("p", &zone), ("terms-2", None), at("2026-11-28T16:00:00Z")).unwrap();
        assert_eq!(&*joined.consent, "terms-2");
        let again = serde_json::to_string(&ended).unwrap();
        assert_eq!(WrittenHolder::parse(again.as_bytes()).unwrap().holder, ended);
    }

    #[test]
    fn who_leaves_is_no_member_from_that_instant_on_and_not_later_either() {
        let zone = TimeZone::get("Europe/Riga").unwrap();
        let mut member = holder(
            r#"{"program": "p", "until": "2026-07-01", "consent": "a"}, {"program": "p", "from": "2026-08-01", "consent": "b"},
               {"program": "q", "consent": "c"}"#,
        );
        assert!(member.leave(("p", &zone), at(NOW)) && !member.leave(("p", &zone), at(NOW)));
        assert_eq!(member.memberships.len(), 2);
        assert_eq!(member.memberships[0].span.until, Some(Bound::Instant(at(NOW))));
        assert_eq!(member.memberships[1].span.until, None, "another programme is another matter");
        assert!(join(&mut member, "p").span.from.is_some() && member.leave(("p", &zone), at(NOW)));
        assert_eq!(member.memberships.len(), 2, "what began and ended at one instant never was");
    }

    #[test]
    fn a_holder_has_a_bounded_number_of_memberships() {
        let mut many = holder("");
        let zone = TimeZone::UTC;
        for number in 0..HOLDER_FACTS_MAX {
            many.join((&format!("p{number}"), &zone), ("terms", None), at(NOW)).unwrap();
        }
        assert_eq!(many.join(("one-more", &zone), ("terms", None), at(NOW)), Err(TooManyMemberships));
        assert_eq!(many.memberships.len(), HOLDER_FACTS_MAX);
    }

    #[test]
    fn a_body_is_read_strictly() {
        let body = |more: &str| {
            format!(
                r#"{{"request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "program": "p",
                     "identifiers": [{{"scheme": "card", "value": "1"}}]{more}}}"#
            )
        };
        let pointer = |json: &str, joins| {
            EnrolmentBody::parse(json.as_bytes(), joins).map_err(|faults| faults.list[0].pointer.clone())
        };
        let joins = body(r#", "consent": "terms-3""#);
        assert_eq!(pointer(&joins, true).unwrap().consent.as_deref(), Some("terms-3"));
        assert_eq!(pointer(&body(""), true).unwrap_err(), "/consent");
        assert_eq!(pointer(&joins, false).unwrap_err(), "/consent", "who leaves consents to nothing");
        assert_eq!(
            pointer(&body("").replace(r#"[{"scheme": "card", "value": "1"}]"#, "[]"), false).unwrap_err(),
            "/identifiers"
        );
    }
}
