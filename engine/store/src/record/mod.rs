//! A record: an authorization with everything that its answers need.

mod stored;

use std::sync::Arc;

use avis_core::authorization::Authorization;
use avis_core::loyalty::{CouponAnswer, ProgrammeAnswer, Settlement};
use avis_core::movement::ServiceDay;
use avis_core::offline::OverGrant;
use avis_core::{Decision, Outcome, Reasons};
use jiff::Timestamp;
use jiff::civil::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock::Moment;
use crate::ledger::NewAuthorization;
use crate::revision::RulesRead;

pub use stored::UnreadableRecord;
pub(crate) use stored::{happened, read_record, written_event, written_record};

/// The record of one use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// A UUID of version 7, made by the engine.
    pub id: Uuid,
    /// Who sold.
    pub provider: Arc<str>,
    /// At which till.
    pub terminal: Arc<str>,
    /// The terminal's own id of the request.
    pub request_id: Uuid,
    /// The holder's code, by which no person is known outside; none if no holder was recognised.
    pub holder: Option<Arc<str>>,
    /// The deepest territory in which the holder resided then, of several the smallest; none where that is not known.
    pub territory: Option<Arc<str>>,
    /// When it took place, by the terminal.
    pub occurred_at: Timestamp,
    /// On which day of the provider that was.
    pub authorized_on: Date,
    /// The provider's business day then, where that was another one than the deployment's.
    pub own_day: Option<ServiceDay>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// When a hold ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Which rules were read.
    pub rules: RulesRead,
    /// Whether that data may have been too old.
    pub stale: bool,
    /// The version of the engine that decided.
    pub engine: Box<str>,
    /// What was decided.
    pub outcome: Outcome,
    /// Why not everything is discounted.
    pub reasons: Reasons,
    /// Where identifiers of several people were presented, the place of the one that named the holder.
    pub named_by: Option<u8>,
    /// The frozen lines and what became of them.
    pub authorization: Authorization,
    /// Of what was sold without a connection.
    pub advice: Option<Advised>,
    /// What the terminal was told of points and coupons; none where loyalty was not asked.
    pub told: Option<ToldOfLoyalty>,
}

/// What an answer says of points and coupons.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ToldOfLoyalty {
    /// What became of each coupon.
    pub coupons: Vec<CouponAnswer>,
    /// What each programme comes to.
    pub loyalty: Vec<ProgrammeAnswer>,
}

/// How a sale without a connection came about.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
pub struct Advised {
    /// By the terminal's own clock.
    #[schema(value_type = String, format = DateTime)]
    pub device_time: Timestamp,
    /// In the order in which the terminal sold.
    #[schema(minimum = 0)]
    pub device_sequence: u64,
}

impl Record {
    /// The authorization as it stands, with its history, as JSON: as a till reads it back.
    pub fn read_back(&self) -> Vec<u8> {
        crate::answer::read_back(self)
    }

    /// Freezes a decision, with what a terminal granted beyond it.
    pub(crate) fn new(
        new: &NewAuthorization,
        decision: Decision,
        over_granted: Vec<OverGrant>,
        id: Uuid,
        moment: Moment<'_>,
    ) -> Self {
        let request = new.plan.request();
        let own_day = new.plan.own_day(moment.day);
        let day = own_day.as_ref().unwrap_or(moment.day);
        let is_hold = request.mode == avis_core::Mode::Hold;
        let holder = new.plan.person().holder.as_deref();
        Self {
            id,
            provider: new.key.provider.clone(),
            terminal: new.terminal.clone(),
            request_id: request.request_id,
            holder: holder.map(|holder| holder.code.clone()),
            territory: holder.and_then(|holder| holder.territory_at(request.occurred_at, moment.day.zone())).cloned(),
            occurred_at: request.occurred_at,
            authorized_on: day.date(request.occurred_at),
            own_day,
            recorded_at: moment.now,
            expires_at: is_hold.then(|| moment.now.saturating_add(new.hold).unwrap_or(Timestamp::MAX)),
            rules: new.rules,
            stale: new.stale,
            engine: env!("CARGO_PKG_VERSION").into(),
            outcome: decision.outcome,
            reasons: decision.reasons,
            named_by: decision.named_by,
            authorization: Authorization::new(request, decision, over_granted),
            advice: None,
            told: None,
        }
    }

    /// With what points come to.
    #[must_use]
    pub(crate) fn settled(mut self, settlement: Option<&Settlement>) -> Self {
        if let Some(settlement) = settlement {
            self.authorization.settle(settlement);
            self.told = Some(ToldOfLoyalty::of(settlement));
        }
        self
    }
}

impl ToldOfLoyalty {
    pub(crate) fn of(settlement: &Settlement) -> Self {
        Self { coupons: settlement.coupons.clone(), loyalty: settlement.loyalty.clone() }
    }
}
