//! Where each request is answered, so that none is answered in two places.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

/// Requests that are remembered as the cluster's: those of some minutes at a busy engine, in about 10 MB. An older one that is
/// repeated in an outage would be sold again and be found out afterwards.
const REMEMBERED_MAX: usize = 65_536;

/// A provider and its request.
pub(super) type Request = (Arc<str>, Uuid);

/// The newest requests that the cluster's ledger has, and all that the journal keeps.
#[derive(Debug, Default)]
pub(super) struct RequestRouter {
    requests: HashMap<Request, Place>,
    /// The cluster's, the oldest first.
    remembered: VecDeque<Request>,
    /// Providers' authorizations that only the journal knows.
    authorizations: HashSet<Request>,
    /// How many requests are the journal's.
    in_journal: usize,
    /// How many of these the cluster's ledger refused.
    set_aside: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The cluster's ledger has it, or may have it.
    Cluster {
        /// Whether one task alone went there under its id.
        once: bool,
    },
    /// The journal has it, or gets it.
    Journal,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// To the cluster's ledger.
    Cluster,
    /// To the journal; whether it is the first under its id.
    Journal { first: bool },
    /// The cluster's ledger alone can tell what became of it, and is away.
    OutcomeUnknown,
}

impl RequestRouter {
    /// Finds the place of a request, or gives it one.
    pub(super) fn route(&mut self, request: &Request, is_away: bool) -> Route {
        match (self.requests.get_mut(request), is_away) {
            (Some(Place::Journal), _) => Route::Journal { first: false },
            (Some(Place::Cluster { .. }), true) => Route::OutcomeUnknown,
            (Some(Place::Cluster { once }), false) => {
                *once = false;
                Route::Cluster
            }
            (None, true) => {
                self.in_journal += 1;
                self.requests.insert(request.clone(), Place::Journal);
                Route::Journal { first: true }
            }
            (None, false) => {
                self.remember(request.clone(), Place::Cluster { once: true });
                Route::Cluster
            }
        }
    }

    /// The cluster's ledger may know of a request that did not come by here: it was asked to reverse it.
    pub(super) fn leave_to_cluster(&mut self, request: Request) {
        match self.requests.get_mut(&request) {
            Some(Place::Cluster { once }) => *once = false,
            Some(Place::Journal) => {}
            None => self.remember(request, Place::Cluster { once: false }),
        }
    }

    /// The cluster's ledger surely does not have a request: it could not be reached. Where others went there under the same id,
    /// what became of those is not known.
    pub(super) fn came_to_nothing(&mut self, request: &Request) {
        if self.requests.get(request) == Some(&Place::Cluster { once: true }) {
            self.requests.remove(request);
            // It is one of the newest.
            if let Some(at) = self.remembered.iter().rposition(|remembered| remembered == request) {
                self.remembered.remove(at);
            }
        }
    }

    fn remember(&mut self, request: Request, place: Place) {
        self.requests.insert(request.clone(), place);
        self.remembered.push_back(request);
        if self.remembered.len() > REMEMBERED_MAX
            && let Some(oldest) = self.remembered.pop_front()
        {
            self.requests.remove(&oldest);
        }
    }

    /// The journal keeps a request, with the authorization that it opened.
    pub(super) fn keep(&mut self, request: Request, authorization: Option<Uuid>) {
        let authorization = authorization.map(|id| (request.0.clone(), id));
        self.authorizations.extend(authorization);
        if self.requests.insert(request, Place::Journal) != Some(Place::Journal) {
            self.in_journal += 1;
        }
    }

    /// The journal does not get it.
    pub(super) fn give_up(&mut self, request: &Request) {
        self.requests.remove(request);
        self.in_journal -= 1;
    }

    /// One of the journal's is not handed in any more: the cluster's ledger refused it.
    pub(super) fn set_aside(&mut self) {
        self.set_aside += 1;
    }

    /// How many are still to be handed in.
    pub(super) fn to_hand_in(&self) -> usize {
        self.in_journal.saturating_sub(self.set_aside)
    }

    /// The cluster's ledger has it now instead of the journal.
    pub(super) fn hand_over(&mut self, request: Request, authorization: Option<Uuid>) {
        if let Some(id) = authorization {
            self.authorizations.remove(&(request.0.clone(), id));
        }
        self.remember(request, Place::Cluster { once: false });
        self.in_journal -= 1;
    }

    /// Whether a request is the journal's.
    pub(super) fn is_in_journal(&self, provider: &str, request_id: Uuid) -> bool {
        self.in_journal > 0 && self.requests.get(&(provider.into(), request_id)) == Some(&Place::Journal)
    }

    /// Whether only the journal knows an authorization.
    pub(super) fn is_ours(&self, provider: &str, authorization: Uuid) -> bool {
        !self.authorizations.is_empty() && self.authorizations.contains(&(provider.into(), authorization))
    }

    /// How many requests are the journal's.
    pub(super) fn in_journal(&self) -> usize {
        self.in_journal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: usize) -> Request {
        ("bus".into(), Uuid::from_u128(number as u128))
    }

    #[test]
    fn what_went_to_the_ledger_never_goes_to_the_journal() {
        let mut router = RequestRouter::default();
        assert_eq!(router.route(&request(1), false), Route::Cluster);
        assert_eq!(router.route(&request(1), true), Route::OutcomeUnknown);
        assert_eq!(router.route(&request(1), false), Route::Cluster);
    }

    #[test]
    fn what_surely_did_not_arrive_may_go_to_the_journal() {
        let mut router = RequestRouter::default();
        assert_eq!(router.route(&request(1), false), Route::Cluster);
        router.came_to_nothing(&request(1));
        assert_eq!((router.requests.len(), router.remembered.len()), (0, 0));
        assert_eq!(router.route(&request(1), true), Route::Journal { first: true });
        router.came_to_nothing(&request(1));
        assert_eq!(router.route(&request(1), true), Route::Journal { first: false }, "the journal keeps what it has");
    }

    #[test]
    fn of_two_under_one_id_the_other_may_have_arrived() {
        let mut router = RequestRouter::default();
        assert_eq!([false; 2].map(|is_away| router.route(&request(1), is_away)), [Route::Cluster; 2]);
        router.came_to_nothing(&request(1));
        assert_eq!(router.route(&request(1), true), Route::OutcomeUnknown);
    }

    #[test]
    fn what_was_reversed_on_its_way_stays_the_ledgers() {
        let mut router = RequestRouter::default();
        assert_eq!(router.route(&request(1), false), Route::Cluster);
        router.leave_to_cluster(request(1));
        router.came_to_nothing(&request(1));
        assert_eq!(router.route(&request(1), true), Route::OutcomeUnknown);
    }

    #[test]
    fn what_the_journal_has_does_not_go_to_the_ledger_until_it_is_handed_in() {
        let mut router = RequestRouter::default();
        assert_eq!(router.route(&request(1), true), Route::Journal { first: true });
        assert_eq!(router.route(&request(1), false), Route::Journal { first: false });
        router.keep(request(1), Some(Uuid::max()));
        assert!(router.is_ours("bus", Uuid::max()) && !router.is_ours("tram", Uuid::max()));
        assert_eq!((router.in_journal(), router.is_in_journal("bus", request(1).1)), (1, true));
        router.hand_over(request(1), Some(Uuid::max()));
        assert!(!router.is_ours("bus", Uuid::max()));
        assert_eq!((router.in_journal(), router.is_in_journal("bus", request(1).1)), (0, false));
        assert_eq!(router.route(&request(1), false), Route::Cluster);
        assert_eq!(router.route(&request(1), true), Route::OutcomeUnknown, "also in the next outage");
    }

    #[test]
    fn what_the_journal_could_not_keep_has_no_place() {
        let mut router = RequestRouter::default();
        router.route(&request(1), true);
        router.give_up(&request(1));
        assert_eq!(router.in_journal(), 0);
        assert_eq!(router.route(&request(1), false), Route::Cluster);
    }

    #[test]
    fn only_the_newest_are_remembered() {
        let mut router = RequestRouter::default();
        for number in 0..REMEMBERED_MAX + 2 {
            assert_eq!(router.route(&request(number), false), Route::Cluster);
        }
        assert_eq!(router.requests.len(), REMEMBERED_MAX);
        assert_eq!(router.route(&request(2), true), Route::OutcomeUnknown);
        assert_eq!(router.route(&request(1), true), Route::Journal { first: true });
    }
}
