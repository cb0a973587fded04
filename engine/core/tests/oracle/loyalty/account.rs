//! An account, whose points are moved one by one (6).

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use crate::oracle::{facts, time};

pub(super) struct Account {
    pub(super) key: Value,
    lots: Vec<Lot>,
    pub(super) owed: i128,
    shorts: Vec<Short>,
}

struct Lot {
    earned_at: Timestamp,
    from: Timestamp,
    until: Option<Timestamp>,
    left: i128,
}

struct Short {
    /// The number of the operation that left it.
    left_by: usize,
    open: i128,
    recoverable: bool,
}

/// Where a point came from.
#[derive(Clone, Copy, PartialEq)]
enum Home {
    Lot(usize),
    ExpiredLot(usize),
    Debt,
    Short(usize),
    Gift,
}

/// What is posted of an authorization in a programme: each point that it spent or that was taken back.
#[derive(Default)]
pub(super) struct Posting {
    recorded: usize,
    earned: i128,
    own: Option<usize>,
    spent: Vec<Home>,
    taken_back: Vec<Home>,
    /// Points that came back and went to a short: by which operation, to which short, and from where they had been taken.
    to_shorts: Vec<(Value, usize, Home)>,
}

/// Why something is posted.
pub(super) struct Why<'a> {
    pub(super) programme: &'a Value,
    pub(super) t: Timestamp,
    pub(super) earned_at: Timestamp,
    pub(super) number: usize,
    pub(super) by: &'a Value,
    pub(super) is_refund: bool,
    pub(super) slides: bool,
    pub(super) undone: &'a [Value],
}

/// From when points are active and when they expire, that come at an instant (2).
pub(super) fn dates(programme: &Value, at: Timestamp) -> (Timestamp, Option<Timestamp>) {
    let zone = time::zone(programme);
    let date = time::service_date(programme, at);
    let pending = &programme["pending"];
    let from = if let Some(days) = pending["days"].as_i64() {
        time::midnight(date.saturating_add(Span::new().days(days)), &zone)
    } else if pending["dates"].is_array() {
        let mut day = date.tomorrow().unwrap();
        while !facts::list(&pending["dates"]).iter().any(|named| *named == time::month_and_day(day)) {
            day = day.tomorrow().unwrap();
        }
        time::midnight(day, &zone)
    } else {
        at
    };
    (from, end(programme, date))
}

fn end(programme: &Value, date: Date) -> Option<Timestamp> {
    let expiry = &programme["expiry"];
    if expiry.is_null() {
        return None;
    }
    let mut last = match expiry["months"].as_i64() {
        Some(months) => {
            let mut month = date.first_of_month();
            for _ in 0..months {
                month = month.last_of_month().tomorrow().unwrap();
            }
            Date::new(month.year(), month.month(), date.day().min(month.days_in_month())).unwrap()
        }
        None => date.saturating_add(Span::new().days(expiry["days"].as_i64().unwrap())),
    };
    let is_end = |day: Date| {
        let ends_month = day == day.last_of_month();
        match expiry["round_up"].as_str() {
            None => true,
            Some("month") => ends_month,
            Some("quarter") => ends_month && day.month() % 3 == 0,
            Some("half_year") => ends_month && day.month() % 6 == 0,
            Some("year") => ends_month && day.month() == 12,
            Some(named) => time::month_and_day(day) == named,
        }
    };
    while !is_end(last) {
        last = last.tomorrow().unwrap();
    }
    Some(time::midnight(last.tomorrow().unwrap(), &time::zone(programme)))
}

impl Lot {
    fn is(&self, state: &str, t: Timestamp) -> bool {
        let now = if t < self.from {
            "pending"
        } else if self.until.is_some_and(|until| until <= t) {
            "expired"
        } else {
            "active"
        };
        now == state
    }
}

impl Account {
    pub(super) fn new(key: Value) -> Self {
        Account { key, lots: vec![], owed: 0, shorts: vec![] }
    }

    fn sum(&self, state: &str, t: Timestamp) -> i128 {
        self.lots.iter().filter(|lot| lot.is(state, t)).map(|lot| lot.left).sum()
    }

    pub(super) fn balance(&self, t: Timestamp) -> i128 {
        self.sum("active", t) - self.owed
    }

    pub(super) fn pending(&self, t: Timestamp) -> i128 {
        self.sum("pending", t)
    }

    /// Points that have not expired, in order, those of the same dates together.
    pub(super) fn lots(&self, t: Timestamp) -> Vec<Value> {
        let mut lots: Vec<&Lot> = self.lots.iter().filter(|lot| lot.left > 0 && !lot.is("expired", t)).collect();
        lots.sort_by_key(|lot| (lot.until.is_none(), lot.until, lot.earned_at));
        lots.iter().map(|lot| json!([lot.earned_at, lot.from, lot.until, lot.left as i64])).collect()
    }

    /// The first in the order of lots that has a point.
    fn first(&self, state: &str, t: Timestamp) -> Option<usize> {
        let lots = self.lots.iter().enumerate().filter(|(_, lot)| lot.left > 0 && lot.is(state, t));
        lots.min_by_key(|(place, lot)| (lot.until.is_none(), lot.until, lot.earned_at, *place)).map(|(place, _)| place)
    }

    /// A point comes: what is owed first.
    fn comes(&mut self, home: Home, why: &Why) {
        if self.owed > 0 {
            self.owed -= 1;
            return;
        }
        match home {
            Home::Lot(place) if !self.lots[place].is("expired", why.t) => self.lots[place].left += 1,
            // "For a lot that has expired meanwhile a new one gets them"
            _ => {
                let days = why.programme["returns"]["expired_days"].as_i64().unwrap_or(30);
                let last = time::service_date(why.programme, why.t).saturating_add(Span::new().days(days));
                let until = time::midnight(last.tomorrow().unwrap(), &time::zone(why.programme));
                self.lots.push(Lot { earned_at: why.t, from: why.t, until: Some(until), left: 1 });
            }
        }
    }

    /// A gift or a correction; `None` if it takes more than there is.
    pub(super) fn adjust(&mut self, programme: &Value, points: i128, t: Timestamp) -> Option<()> {
        if -points > self.balance(t).max(0) {
            return None;
        }
        let until = end(programme, time::service_date(programme, t));
        if points > 0 {
            let paid = points.min(self.owed);
            self.owed -= paid;
            self.lots.push(Lot { earned_at: t, from: t, until, left: points - paid });
        }
        for _ in 0..-points {
            let place = self.first("active", t).unwrap();
            self.lots[place].left -= 1;
        }
        Some(())
    }

    pub(super) fn open(&mut self, posting: &mut Posting, number: usize) {
        posting.recorded = number;
    }

    // 6: "Each operation posts what stands less what is posted, by programme, so"
    pub(super) fn post(&mut self, posting: &mut Posting, spent: i128, earned: i128, why: &Why) -> Value {
        let (mut returned, mut taken_back, mut short, mut over) = (0, 0, 0, 0);
        let policy = why.programme["returns"]["earned"].as_str().unwrap_or("within_balance");
        // 1. "Spent comes back to the lots it was taken from, the last first."
        while posting.spent.len() as i128 > spent {
            returned += 1;
            let home = posting.spent.pop().unwrap();
            if home != Home::Gift {
                self.comes_back(posting, home, why);
            }
        }
        // 2. "Earned stands again"
        let mut restored = 0;
        while posting.earned + restored < earned && !posting.taken_back.is_empty() {
            restored += 1;
            self.stands_again(posting, why);
        }
        // 3. "Spent is taken from active lots, in order."
        while (posting.spent.len() as i128) < spent {
            let home = self.spend_one(posting, policy, why);
            over += i128::from(home == Home::Gift);
            posting.spent.push(home);
        }
        // 4. "Earned is taken back"
        let spares = policy == "only_pending" && why.is_refund;
        let mut left = posting.earned - earned;
        while left > 0
            && let Some(home) = self.take_back_one(posting, spares, why.t)
        {
            posting.taken_back.push(home);
            (taken_back, left) = (taken_back + 1, left - 1);
        }
        if left > 0 && policy == "unlimited" {
            self.owed += left;
            taken_back += left;
            posting.taken_back.extend((0..left).map(|_| Home::Debt));
        } else if left > 0 {
            self.shorts.push(Short { left_by: why.number, open: left, recoverable: !spares });
            short = left;
            let place = self.shorts.len() - 1;
            posting.taken_back.extend((0..left).map(|_| Home::Short(place)));
        }
        // 5. "Earned anew makes the authorization's lot"
        for _ in 0..earned - posting.earned - restored {
            self.earn_one(posting, why);
        }
        posting.earned = earned;
        self.slide(spent, earned, why);
        json!({"returned": returned as i64, "taken_back": taken_back as i64, "short": short as i64,
               "over_granted": over as i64, "balance_after": self.balance(why.t) as i64})
    }

    /// "points that come back (1) from an authorization recorded before the operation that left a short are taken for it, the
    /// oldest first, before what is owed"
    fn comes_back(&mut self, posting: &mut Posting, home: Home, why: &Why) {
        let recorded = posting.recorded;
        let short = self.shorts.iter().position(|one| one.open > 0 && one.recoverable && recorded < one.left_by);
        match short {
            Some(place) => {
                self.shorts[place].open -= 1;
                posting.to_shorts.push((why.by.clone(), place, home));
            }
            None => self.comes(home, why),
        }
    }

    /// "When earned stands again, its own short is cancelled first; what was paid of it since comes as points to its own lot."
    fn stands_again(&mut self, posting: &mut Posting, why: &Why) {
        let open = |home: &Home| matches!(home, Home::Short(place) if self.shorts[*place].open > 0);
        if let Some(at) = posting.taken_back.iter().rposition(open) {
            let Home::Short(place) = posting.taken_back.remove(at) else { unreachable!() };
            self.shorts[place].open -= 1;
            return;
        }
        match posting.taken_back.pop().unwrap() {
            Home::ExpiredLot(place) => self.lots[place].left += 1,
            Home::Lot(place) => self.comes(Home::Lot(place), why),
            _ => self.comes(Home::Lot(posting.own.unwrap()), why),
        }
    }

    fn spend_one(&mut self, posting: &mut Posting, policy: &str, why: &Why) -> Home {
        // "first the shorts that it paid open again"
        if let Some(at) = posting.to_shorts.iter().rposition(|(by, _, _)| why.undone.contains(by)) {
            let (_, place, home) = posting.to_shorts.remove(at);
            self.shorts[place].open += 1;
            return home;
        }
        let anew = !why.undone.is_empty();
        let from = self.first("active", why.t).or_else(|| if anew { self.first("pending", why.t) } else { None });
        match from {
            Some(place) => {
                self.lots[place].left -= 1;
                Home::Lot(place)
            }
            None if policy == "unlimited" => {
                self.owed += 1;
                Home::Debt
            }
            None => Home::Gift,
        }
    }

    fn take_back_one(&mut self, posting: &Posting, spares: bool, t: Timestamp) -> Option<Home> {
        let own = posting.own.filter(|own| {
            let lot = &self.lots[*own];
            lot.left > 0 && !(spares && lot.is("active", t))
        });
        let others = || self.first("pending", t).or_else(|| if spares { None } else { self.first("active", t) });
        let place = own.or_else(others)?;
        self.lots[place].left -= 1;
        Some(if self.lots[place].is("expired", t) { Home::ExpiredLot(place) } else { Home::Lot(place) })
    }

    fn earn_one(&mut self, posting: &mut Posting, why: &Why) {
        let is_new = posting.own.is_none();
        let own = *posting.own.get_or_insert_with(|| {
            let (from, until) = dates(why.programme, why.earned_at);
            self.lots.push(Lot { earned_at: why.earned_at, from, until, left: 0 });
            self.lots.len() - 1
        });
        // "what comes late is earned as of its time": what has expired by then is there as expired.
        let late = self.lots[own].is("expired", why.t) && (is_new || self.lots[own].left > 0);
        if late { self.lots[own].left += 1 } else { self.comes(Home::Lot(own), why) }
    }

    /// 2: "Where the programme `slides`"
    fn slide(&mut self, spent: i128, earned: i128, why: &Why) {
        if !why.slides || why.programme["expiry"]["slides"] != true || spent + earned == 0 {
            return;
        }
        let end = end(why.programme, time::service_date(why.programme, why.earned_at));
        for lot in self.lots.iter_mut().filter(|lot| !lot.is("expired", why.t)) {
            lot.until = lot.until.zip(end).map(|(before, end)| before.max(end));
        }
    }
}
