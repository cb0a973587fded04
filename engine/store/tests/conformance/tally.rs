//! What moved, added up by days and months: as the ledger has it, whoever adds it up and whenever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use avis_core::authorization::OperationKind;
use avis_core::movement::ServiceDay;
use avis_core::narrow;
use avis_core::settlement::reports::{Span, Spans};
use avis_core::settlement::{Began, Change, Month, Stake};
use avis_store::sqlite::{Folder, SqliteStore};
use avis_store::{
    Act, Actor, AuditEntry, Authorizations, Days, Entries, PairMonth, Registry, Reports, Tallied, TallyPart, TallyRow,
    TallyVerification, ToldDay, Wanted, WholeMonth, Whose,
};
use avis_testing::TempFolder;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::reports::Reported;
use crate::rows::Dialect;
use crate::sealed::verified;
use crate::till::{PROVIDER, Till, operation, secret};

const DAY: Date = Date::constant(2026, 11, 18);

/// Where days are closed and added up.
pub(crate) struct Book {
    registry: SqliteStore,
    reports: Box<dyn Reports>,
    day: ServiceDay,
    now: Timestamp,
    _folder: TempFolder,
}

impl Book {
    pub(crate) fn of(reported: &dyn Reported) -> Self {
        let folder = TempFolder::new("avis-tally");
        let store = SqliteStore::open(Folder::create(&folder.path().join("avis")).unwrap().into(), &secret()).unwrap();
        let day = ServiceDay::of_deployment(TimeZone::get("Europe/Riga").unwrap());
        let now = "2027-02-20T10:00:00Z".parse().unwrap();
        Self { registry: store, reports: reported.reports(), day, now, _folder: folder }
    }

    fn days(&self) -> Days<'_> {
        let registry: &dyn Registry = &self.registry;
        Days { registry, reports: &*self.reports, day: self.day.clone(), now: self.now }
    }

    pub(crate) fn tally(&self) {
        self.days().tally(&|| false).unwrap();
    }

    fn close(&self, date: Date) {
        let entry = |_: &str, _: &ToldDay| AuditEntry::new(self.now, Act::new(Actor::machine("test"), "day_closed"));
        let whose = Whose { provider: PROVIDER, terminal: None };
        self.days().close(whose, date, None, ("test", &entry)).unwrap();
    }

    fn verified(&self) -> TallyVerification {
        self.days().verify_tally().unwrap()
    }

    /// What days come to by month and key, and by how many persons.
    fn told(&self, from: Date, until: Date) -> BTreeMap<String, (i64, usize)> {
        let mut sums: BTreeMap<String, (i64, BTreeSet<u32>)> = BTreeMap::new();
        let days = self.days();
        let spans = Spans::of(from, until);
        let wanted = Tallied { of: &TallyPart::ALL, spans: &spans, provider: None, party: None };
        let read = days.each_tallied((from, until), &wanted, &mut |row| {
            let month = Month::of(row.span().start());
            let seen = |seer: &Option<std::sync::Arc<str>>| seer.as_deref().unwrap_or("all").to_owned();
            let (key, sum, people) = match row {
                TallyRow::Sold(_, provider, kind, sold) => (format!("sold {provider} {kind}"), sold.count, vec![]),
                TallyRow::Borne(_, of, by, amount) => {
                    (format!("borne {} {} {}", of.provider, of.benefit, by.payer), narrow(amount), vec![])
                }
                TallyRow::Used(_, of, seer, uses, people) => {
                    (format!("used {} {} {}", of.provider, of.benefit, seen(&seer)), uses, people)
                }
                TallyRow::Standing(_, provider, seer, count) => {
                    (format!("standing {provider} {}", seen(&seer)), count, vec![])
                }
                TallyRow::Changed(of, authorizations, _) => {
                    (format!("changed {} {} {}", of.provider, of.party, of.stake.benefit), authorizations, vec![])
                }
            };
            let of = sums.entry(format!("{month} {key}")).or_default();
            of.0 += sum;
            of.1.extend(people);
            Ok(())
        });
        read.unwrap();
        sums.into_iter().map(|(key, (sum, people))| (key, (sum, people.len()))).collect()
    }
}

/// What became of stakes, the month in which they began, and how: in how many authorizations, and how many units moved.
type Changed = BTreeMap<(Stake, Month, Date, i128, i128), (i64, i128)>;

fn count(changed: &mut Changed, (began, stake, change): (Began, &Stake, Change), authorizations: i64) {
    let key = (stake.clone(), Month::of(began.first), began.authorized_on, change.before, change.after);
    let of = changed.entry(key).or_default();
    *of = (of.0 + authorizations, of.1 + change.units);
}

impl Book {
    /// What a month comes to for the grantor, as it is added up; none where that may not be all.
    fn changed(&self, month: Month) -> Option<(Changed, WholeMonth)> {
        let (days, mut changed) = (self.days(), Changed::new());
        let closed = days.closed(PROVIDER).unwrap();
        let of = PairMonth { grantor: "state", provider: PROVIDER, month, closed: &closed, since: Date::MIN };
        let whole = days.each_change(&of, &mut |began, stake, change, authorizations| {
            count(&mut changed, (began, stake, change), authorizations);
        });
        whole.unwrap().map(|whole| (changed, whole))
    }

    /// The same by its rows.
    fn changed_by_rows(&self, month: Month) -> Changed {
        let closed = self.days().closed(PROVIDER).unwrap();
        let of = Authorizations::OfDays(month.first(), month.end());
        let wanted = Wanted { provider: PROVIDER, entries: Entries::Of("state"), closed: &closed, of };
        let mut stakes: BTreeMap<(Uuid, Stake), (Began, Change)> = BTreeMap::new();
        let read = self.reports.each_posting(&wanted, &mut |posting| {
            let (movement, date) = (&posting.movement, posting.movement.business_date);
            let Some(borne) = posting.borne.filter(|_| date < month.end()) else { return Ok(()) };
            let began = Began { first: posting.first, authorized_on: movement.authorized_on };
            let key = (movement.id.authorization, borne.stake);
            let (_, change) = stakes.entry(key).or_insert((began, Change::default()));
            change.after += i128::from(borne.amount);
            if date < month.first() {
                change.before += i128::from(borne.amount);
            } else {
                change.units += i128::from(borne.units);
            }
            Ok(())
        });
        read.unwrap();
        let mut changed = Changed::new();
        for ((_, stake), (began, change)) in stakes.iter().filter(|(_, (_, change))| change.before != change.after) {
            count(&mut changed, (*began, stake, *change), 1);
        }
        changed
    }
}

/// Something for several benefits, something given back, something of another provider, and nothing of it on a day that was closed.
fn sell(till: &Till, book: &Book) {
    let sold = ["gift", "half", "three", "gift"].map(|product| till.sell(product, 2));
    till.answer(operation(OperationKind::Refund, &sold[1], Some(1)));
    till.sell_at("tram", "gift", 1);
    book.close(DAY);
    till.answer(operation(OperationKind::Refund, &sold[0], None));
    till.sell("gift", 1);
}

pub(crate) fn what_is_added_up_is_what_the_rows_come_to(reported: &dyn Reported) {
    let (till, book) = (Till::new(reported), Book::of(reported));
    sell(&till, &book);
    verified(reported);
    book.tally();
    let found = book.verified();
    assert!(found.is_whole() && found.whole > 20, "{found:?}");
    let (next, after) = (DAY.tomorrow().unwrap(), DAY.tomorrow().unwrap().tomorrow().unwrap());
    let of = |from, until, key: &str| book.told(from, until).get(key).copied();
    assert_eq!(of(DAY, next, "2026-11 used bus gift-benefit all"), Some((2, 1)), "by one person");
    assert_eq!(of(next, after, "2026-11 used bus gift-benefit all"), Some((0, 1)), "one is gone and one came");
    assert_eq!(of(DAY, after, "2026-11 used bus gift-benefit all"), Some((2, 1)));
    assert_eq!(of(DAY, next, "2026-11 standing bus state"), Some((4, 0)), "what stands in the grantor's eyes");
    let Dialect { schema, month, .. } = reported.dialect();
    let sums = format!(
        "SELECT {month}, provider, benefit, payer, sum(amount) FROM {schema}entry WHERE payer IS NOT NULL GROUP BY 1, 2, 3, 4"
    );
    let expected = reported
        .rows(&sums)
        .into_iter()
        .map(|row| (format!("{} borne {} {} {}", row[0], row[1], row[2], row[3]), (row[4].parse().unwrap(), 0)));
    let told = book.told(Date::MIN, Date::MAX);
    let borne = told.into_iter().filter(|(key, _)| key.contains("borne"));
    assert_eq!(borne.collect::<BTreeMap<_, _>>(), expected.collect(), "as an independent sum");
}

pub(crate) fn a_question_has_what_came_since_it_was_added_up(reported: &dyn Reported) {
    let (till, book) = (Till::new(reported), Book::of(reported));
    till.sell("gift", 1);
    verified(reported);
    book.tally();
    sell(&till, &book);
    let questions = [(DAY, DAY.tomorrow().unwrap()), (Date::MIN, Date::MAX), (DAY.first_of_month(), Date::MAX)];
    let ask = || questions.map(|(from, until)| book.told(from, until));
    let before = ask();
    assert!(before.iter().all(|told| told.len() > 10), "{before:?}");
    verified(reported);
    book.tally();
    assert_eq!(ask(), before);
    book.tally();
    assert_eq!(ask(), before, "what is added up is not added again");
}

pub(crate) fn many_add_up_and_close_while_tills_sell_and_each_movement_counts_once(reported: &dyn Reported) {
    let (till, book) = (Till::new(reported), Book::of(reported));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let adding = [0, 1].map(|_| {
            threads.spawn(|| {
                while !is_over.load(Ordering::SeqCst) {
                    book.tally();
                }
            })
        });
        for number in 0..24 {
            let sold = till.sell("gift", 2);
            if number % 3 == 0 {
                till.answer(operation(OperationKind::Refund, &sold, Some(1)));
            }
            if number % 4 == 0 {
                book.close(DAY.saturating_add(jiff::Span::new().days(number / 4)));
            }
        }
        is_over.store(true, Ordering::SeqCst);
        adding.into_iter().for_each(|adding| adding.join().unwrap());
    });
    verified(reported);
    book.tally();
    let found = book.verified();
    assert!(found.is_whole() && found.whole > 20, "{found:?}");
    let sales: i64 = book
        .told(Date::MIN, Date::MAX)
        .iter()
        .filter(|(key, _)| key.contains("sold bus sale"))
        .map(|(_, sum)| sum.0)
        .sum();
    assert_eq!(sales, 24);
}

pub(crate) fn a_sum_that_was_changed_is_found_and_one_that_is_cleared_is_made_again(reported: &dyn Reported) {
    let (till, book) = (Till::new(reported), Book::of(reported));
    sell(&till, &book);
    verified(reported);
    book.tally();
    for change in [
        "UPDATE tally_borne SET amount = amount + 1 WHERE span = 'month' AND benefit = 'half-benefit'",
        "DELETE FROM tally_used WHERE span = 'day' AND provider = 'tram'",
        "UPDATE tally_sold SET gross = gross - 1 WHERE span = 'day' AND kind = 'refund'",
        "UPDATE tally_standing SET count = count + 1 WHERE span = 'month' AND seer = 'state'",
        "UPDATE tally_changed SET units = units + 1 WHERE party = 'state' AND benefit = 'half-benefit'",
    ] {
        reported.change_tally(change);
        let found = book.verified();
        assert!(!found.is_whole(), "{change}");
        assert!(found.differing.iter().all(|row| !row.contains("h-1")), "nobody is named: {found:?}");
        book.reports.clear_tally().unwrap();
        assert_eq!(book.verified().whole, 0);
        book.tally();
        assert!(book.verified().is_whole(), "{change}");
    }
}

pub(crate) fn a_row_of_a_provider_that_moved_nothing_is_found(reported: &dyn Reported) {
    let (till, book) = (Till::new(reported), Book::of(reported));
    sell(&till, &book);
    verified(reported);
    book.tally();
    let providers = book.reports.providers().unwrap();
    assert_eq!(providers.iter().map(|provider| &**provider).collect::<BTreeSet<_>>(), BTreeSet::from(["bus", "tram"]));
    let whole = book.verified().whole;
    reported.change_tally(
        "INSERT INTO tally_sold (span, start, provider, kind, count, gross, discount, payable)
         VALUES ('day', 20000, 'ghost', 'sale', 1, 100, 50, 50)",
    );
    let found = book.verified();
    assert_eq!((found.whole, found.differing_count), (whole, 1));
    assert!(found.differing[0].contains("ghost"), "{found:?}");
}

pub(crate) fn months_and_the_days_around_them_are_what_the_days_are(reported: &dyn Reported) {
    let (till, book) = (Till::new(reported), Book::of(reported));
    sell(&till, &book);
    verified(reported);
    book.tally();
    let by_days = |from, until, party| {
        let mut sum = 0;
        let spans = [Spans { word: Span::DAY, from, until }];
        let add = &mut |row| {
            if let TallyRow::Borne(.., amount) = row {
                sum += narrow(amount);
            }
            Ok(())
        };
        let wanted = Tallied { of: &[TallyPart::Borne], spans: &spans, provider: None, party: Some(party) };
        book.days().each_tallied((from, until), &wanted, add).unwrap();
        sum
    };
    let told = |from, until| -> i64 {
        let told = book.told(from, until);
        told.iter().filter(|(key, _)| key.contains("borne")).map(|(_, sum)| sum.0).sum()
    };
    let day = |month, day| Date::constant(2026, month, day);
    let asked =
        [(day(11, 1), day(12, 1)), (day(10, 15), day(11, 19)), (day(11, 19), day(12, 2)), (day(1, 1), day(12, 31))];
    for (from, until) in asked {
        assert_eq!(told(from, until), by_days(from, until, "state"), "{from} until {until}");
    }
    assert!(told(asked[0].0, asked[0].1) > 0);
    assert_eq!(by_days(asked[0].0, asked[0].1, "nobody"), 0, "a party is given what is its own");
}

/// Also of what counted late, was given back months later, and was added up in parts.
pub(crate) fn a_closed_month_is_what_its_rows_come_to_once_all_of_it_is_added_up(reported: &dyn Reported) {
    let (till, book) = (Till::new(reported), Book::of(reported));
    let [november, december, january] =
        [(2026, 11), (2026, 12), (2027, 1)].map(|(year, month)| Month::of(Date::constant(year, month, 1)));
    let add_up = || {
        verified(reported);
        book.tally();
    };
    let sold = ["gift", "half", "three", "gift"].map(|product| till.sell(product, 2));
    add_up();
    till.answer(operation(OperationKind::Refund, &sold[1], Some(1)));
    add_up();
    assert_eq!(book.changed(november), None, "its days are open");
    till.sell_at("tram", "gift", 1);
    till.sell("three", 1);
    book.close(november.end().yesterday().unwrap());
    verified(reported);
    assert_eq!(book.changed(november), None, "something of it is not added up");
    book.tally();
    // Late: what is sold counts on the next day, and what comes back corrects.
    let late = till.sell("half", 3);
    till.answer(operation(OperationKind::Refund, &sold[0], None));
    till.answer(operation(OperationKind::Refund, &sold[2], Some(1)));
    book.close(december.end().yesterday().unwrap());
    add_up();
    till.answer(operation(OperationKind::Refund, &late, Some(2)));
    till.answer(operation(OperationKind::Refund, &sold[3], Some(1)));
    till.answer(operation(OperationKind::Refund, &sold[3], Some(1)));
    book.close(january.end().yesterday().unwrap());
    add_up();
    let before = [None, Some(DAY), Some(DAY)];
    for (month, first_before) in [november, december, january].into_iter().zip(before) {
        let (changed, whole) = book.changed(month).unwrap();
        assert_eq!(changed, book.changed_by_rows(month), "{month}");
        assert!(changed.len() > 1, "{month}: {changed:?}");
        assert_eq!(whole, WholeMonth { first_before }, "{month}");
    }
    let (corrected, _) = book.changed(january).unwrap();
    let began: BTreeSet<Month> = corrected.keys().map(|(_, began, ..)| *began).collect();
    assert_eq!(began, BTreeSet::from([november, december]), "what counted late began when it counted");
    assert!(book.verified().is_whole());
    if book.reports.is_apart() {
        reported.change_tally("UPDATE tallied SET cursor = json_replace(cursor, '$.0.link', '00')");
        assert_eq!(book.changed(november), None, "it is not of this ledger");
    }
    book.reports.clear_tally().unwrap();
    assert_eq!(book.changed(november), None);
}
