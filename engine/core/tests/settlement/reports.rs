//! Figures and small groups of any ledger, held against a reading that looks at every row for every number.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use avis_core::movement::Direction;
use avis_core::movement::{Movement, MovementKind};
use avis_core::settlement::reports::{
    Counted, Dimension, Figures, HOLDERS_MIN, Leaf, Moved, OTHER, Person, Sight, Spans, Step, Tally, Tallying, leaves,
    open_data,
};
use avis_core::settlement::{
    Began, Change, Changes, Contract, Contracts, Earlier, Line, Month, MovementId, Period, PostedMovement, Stake,
};
use jiff::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::world::date;

/// A row as it is owned by a test.
#[derive(Clone, Debug)]
struct Row {
    authorization: u128,
    day: i32,
    holder: Option<Arc<str>>,
    territory: Option<Arc<str>>,
    provider: Arc<str>,
    product: Arc<str>,
    stake: Stake,
    amount: i64,
}

impl Row {
    fn moved(&self) -> Moved<'_> {
        Moved {
            authorization: Uuid::from_u128(self.authorization),
            provider: &self.provider,
            date: self.date(),
            direction: if self.amount < 0 { Direction::Return } else { Direction::Sale },
            holder: self.holder.as_ref(),
            territory: self.territory.as_ref(),
            product: &self.product,
            stake: &self.stake,
            amount: self.amount,
        }
    }

    fn date(&self) -> Date {
        date(self.day)
    }

    /// The row as a movement of its own.
    fn movement(&self, number: i64) -> PostedMovement {
        let (authorization, direction) = (Uuid::from_u128(self.authorization), self.moved().direction);
        let moved = Movement {
            kind: MovementKind::Sale,
            direction,
            gross: self.amount,
            discount: self.amount,
            payable: 0,
            lines: Vec::new(),
        };
        PostedMovement {
            id: MovementId { authorization, number },
            request_id: authorization,
            original_request_id: None,
            provider: self.provider.clone(),
            terminal: "desk".into(),
            occurred_at: Timestamp::UNIX_EPOCH,
            recorded_at: Timestamp::UNIX_EPOCH,
            authorized_on: self.date(),
            natural_date: self.date(),
            business_date: self.date(),
            moved,
        }
    }

    fn value(&self, dimension: Dimension) -> String {
        match dimension {
            Dimension::Month => self.date().strftime("%Y-%m").to_string(),
            Dimension::Grantor => self.stake.benefit_grantor.as_deref().unwrap_or("unknown").to_owned(),
            Dimension::Benefit => self.stake.benefit.to_string(),
            Dimension::Version => self.stake.version.to_string(),
            Dimension::Provider => self.provider.to_string(),
            Dimension::Product => self.product.to_string(),
            Dimension::Territory => self.territory.as_deref().unwrap_or("unknown").to_owned(),
        }
    }
}

fn text(choices: &'static [&'static str]) -> impl Strategy<Value = Arc<str>> {
    prop::sample::select(choices).prop_map(Arc::from)
}

fn stake() -> impl Strategy<Value = Stake> {
    let grantor = prop::option::weighted(0.9, text(&["state", "town"]));
    let payer = (text(&["state", "town", "bus"]), prop::sample::select(vec!["", "unfunded", "over_granted"]));
    (text(&["half", "day", "gift"]), 1..=2_i64, grantor, payer).prop_map(
        |(benefit, version, benefit_grantor, (payer, cause))| Stake { benefit, version, benefit_grantor, payer, cause },
    )
}

/// What moves of one authorization: of each stake something is sold, and some of it given back.
fn sold(authorization: u128) -> impl Strategy<Value = Vec<Row>> {
    let holder = prop::option::weighted(0.8, (0..12_u8).prop_map(|number| Arc::from(format!("h-{number}"))));
    let territory = prop::option::of(text(&["lv.riga", "lv.riga.north", "lv.ogre", "lv"]));
    let product = text(&["transport.bus", "transport.bus.city", "transport.train", "tea"]);
    let movements = prop::collection::vec((0..40, prop::sample::select(vec![5, 3, -3, -5])), 1..4);
    let stakes = prop::collection::vec((stake(), product, movements), 1..3);
    (1..60_i32, holder, territory, text(&["bus", "train"]), stakes).prop_map(
        move |(day, holder, territory, provider, stakes)| {
            let mut rows = Vec::new();
            for (stake, product, movements) in stakes {
                let (mut last, mut left) = (day, 0);
                for (after, amount) in movements {
                    if left + amount < 0 {
                        continue;
                    }
                    (last, left) = (last + after, left + amount);
                    rows.push(Row {
                        authorization,
                        day: last,
                        holder: holder.clone(),
                        territory: territory.clone(),
                        provider: provider.clone(),
                        product: product.clone(),
                        stake: stake.clone(),
                        amount,
                    });
                }
            }
            rows
        },
    )
}

fn ledger(most: u128) -> impl Strategy<Value = Vec<Row>> {
    (0..most).map(sold).collect::<Vec<_>>().prop_map(|sales| sales.into_iter().flatten().collect::<Vec<_>>())
}

/// What a group comes to: uses, holders, discount, entries.
type Sums = (i64, usize, i128, BTreeMap<(String, String), i128>);

fn told(rows: &[Row], counted: &Counted) -> BTreeMap<Vec<String>, Sums> {
    let mut figures = Figures::new(counted.clone());
    rows.iter().for_each(|row| figures.add(&row.moved()).unwrap());
    sums(figures)
}

fn sums(figures: Figures) -> BTreeMap<Vec<String>, Sums> {
    let cells = figures.cells().unwrap().into_iter();
    cells
        .map(|(key, cell)| {
            let entries =
                cell.entries.into_iter().map(|((payer, cause), sum)| ((payer.to_string(), cause.to_owned()), sum));
            let key = key.iter().map(ToString::to_string).collect();
            (key, (cell.uses, cell.holders.len(), cell.discount, entries.collect()))
        })
        .collect()
}

/// The same, by looking at every row again for each group.
fn naively(rows: &[Row], counted: &Counted) -> BTreeMap<Vec<String>, Sums> {
    let key = |row: &Row| counted.by.iter().map(|dimension| row.value(*dimension)).collect::<Vec<_>>();
    let holds = |row: &&Row| {
        counted.only.iter().all(|(dimension, only)| {
            let value = row.value(*dimension);
            let is_path = matches!(dimension, Dimension::Product | Dimension::Territory);
            value == *only || (is_path && value.starts_with(&format!("{only}.")))
        })
    };
    let all: Vec<&Row> = rows.iter().filter(holds).collect();
    let within = |row: &&&Row| counted.from <= row.date() && row.date() < counted.until;
    let keys: BTreeSet<Vec<String>> = all.iter().filter(within).map(|row| key(row)).collect();
    let group = |wanted: &Vec<String>| -> Sums {
        let own: Vec<&&Row> = all.iter().filter(within).filter(|row| key(row) == *wanted).collect();
        let pairs: BTreeSet<(u128, &str)> = own.iter().map(|row| (row.authorization, &*row.stake.benefit)).collect();
        let month = counted.by.iter().position(|dimension| *dimension == Dimension::Month).map(|place| &wanted[place]);
        // What stands of a use at the end of the days (or the month) of a group, or before them.
        let stands = |pair: &(u128, &str), at_end: bool| -> i64 {
            let same = |row: &&&Row| {
                let others = counted.by.iter().zip(wanted).filter(|(dimension, _)| **dimension != Dimension::Month);
                (row.authorization, &*row.stake.benefit) == *pair
                    && others.into_iter().all(|(dimension, value)| row.value(*dimension) == *value)
            };
            let counts = |row: &&&Row| {
                let (in_days, own_month) = (row.date() >= counted.from, row.value(Dimension::Month));
                let before = !in_days || month.is_some_and(|month| own_month < *month);
                before || (at_end && row.date() < counted.until && month.is_none_or(|month| own_month == *month))
            };
            i64::from(all.iter().filter(same).filter(counts).map(|row| row.amount).sum::<i64>() > 0)
        };
        let uses = pairs.iter().map(|pair| stands(pair, true) - stands(pair, false)).sum();
        let holder = |row: &&&Row| {
            row.holder
                .as_ref()
                .map_or_else(|| format!("{}/{}", row.authorization, row.stake.benefit), ToString::to_string)
        };
        let holders: HashSet<String> = own.iter().filter(|row| row.amount > 0).map(holder).collect();
        let mut entries = BTreeMap::new();
        for row in &own {
            let bearer = (row.stake.payer.to_string(), row.stake.cause.to_owned());
            *entries.entry(bearer).or_default() += i128::from(row.amount);
        }
        (uses, holders.len(), own.iter().map(|row| i128::from(row.amount)).sum(), entries)
    };
    keys.iter().map(|wanted| (wanted.clone(), group(wanted))).collect()
}

fn counted() -> impl Strategy<Value = Counted> {
    let by = prop::sample::subsequence(Dimension::ALL.to_vec(), 0..=4);
    let only = prop::sample::select(vec![
        None,
        Some((Dimension::Product, "transport.bus")),
        Some((Dimension::Product, "transport")),
        Some((Dimension::Territory, "lv.riga")),
        Some((Dimension::Benefit, "half")),
        Some((Dimension::Version, "2")),
        Some((Dimension::Grantor, "unknown")),
    ]);
    (1..60, 1..60, by, only).prop_map(|(from, days, by, only)| Counted {
        from: date(from),
        until: date(from + days),
        by,
        only: only.into_iter().map(|(dimension, value)| (dimension, value.to_owned())).collect(),
    })
}

/// The same from what days and months come to, added up in two parts that are cut somewhere.
fn added_up(rows: &[Row], counted: &Counted, cut: usize) -> BTreeMap<Vec<String>, Sums> {
    let (mut people, mut figures) = (BTreeMap::new(), Figures::new(counted.clone()));
    for tally in tallies(rows, cut) {
        for spans in Spans::of(counted.from, counted.until) {
            for ((span, granted, bearer), amount) in tally.borne.iter().filter(|((span, ..), _)| spans.has(*span)) {
                let by = (&bearer.payer, bearer.cause);
                figures.add_borne((span.start(), granted), by, *amount).unwrap();
            }
            for ((span, granted, seer), used) in tally.used.iter().filter(|((span, ..), _)| spans.has(*span)) {
                if Sight::All.has_used(granted, seer.as_deref()) {
                    let number = |person: &Person| {
                        let next = u32::try_from(people.len()).unwrap();
                        *people.entry(person.name()).or_insert(next)
                    };
                    let numbers: Vec<u32> = used.people.iter().map(number).collect();
                    figures.add_used((span.start(), granted), used.uses, &numbers).unwrap();
                }
            }
        }
    }
    sums(figures)
}

/// What rows come to before a place among them, and from there on, as if those before had been added up when they were recorded.
fn tallies(rows: &[Row], cut: usize) -> [Tally; 2] {
    [false, true].map(|is_behind| {
        let mut tallying = Tallying::default();
        for (place, row) in rows.iter().enumerate() {
            let before = rows[..place].iter().filter(|before| before.authorization == row.authorization).count();
            let first = began(rows, row.authorization).first;
            let movement = PostedMovement { authorized_on: first, ..row.movement(i64::try_from(before).unwrap() + 1) };
            let (holder, territory) = (row.holder.as_ref(), row.territory.as_ref());
            let borne = Some((&row.stake, row.amount, row.amount.signum()));
            let step = Step { movement: &movement, holder, territory, first, borne };
            tallying.add(&step, (place >= cut) == is_behind);
        }
        tallying.tally()
    })
}

/// When the first of an authorization's movements counts.
fn began(rows: &[Row], authorization: u128) -> Began {
    let first = rows.iter().find(|row| row.authorization == authorization).unwrap().date();
    Began { first, authorized_on: first }
}

/// The lines of a month's statement of the state with a provider, made of what `add` adds.
fn stated(month: Month, provider: &str, add: impl FnOnce(&mut Changes<'_>)) -> Vec<Line> {
    let contract = |version: i64, from: &str, rate: i64| {
        let contract =
            json!({"grantor": "state", "provider": provider, "version": version, "from": from, "rate": rate});
        Contract::from_value(&contract).unwrap()
    };
    let contracts = Contracts::of([contract(1, "2026-01-01", 3333), contract(2, "2026-11-20", 5001)]);
    let period = Period::new(month.first(), month.end()).unwrap();
    let mut changes = Changes::new("state", &contracts, period);
    add(&mut changes);
    Earlier::default().next_statement(provider.into(), changes, 0, []).lines
}

/// The same, by looking at each stake of each authorization.
fn stated_naively(rows: &[Row], month: Month, provider: &str) -> Vec<Line> {
    let is_own = |row: &&Row| {
        let (grantor, payer) = (row.stake.benefit_grantor.as_deref(), &*row.stake.payer);
        &*row.provider == provider && (grantor == Some("state") || payer == "state")
    };
    let own: Vec<&Row> = rows.iter().filter(is_own).collect();
    let stakes: BTreeSet<(u128, &Stake)> = own.iter().map(|row| (row.authorization, &row.stake)).collect();
    stated(month, provider, |changes| {
        for (authorization, stake) in stakes {
            let same = |row: &&&Row| row.authorization == authorization && row.stake == *stake;
            let mut change = Change::default();
            for row in own.iter().filter(same).filter(|row| row.date() < month.end()) {
                change.after += i128::from(row.amount);
                if row.date() < month.first() {
                    change.before += i128::from(row.amount);
                } else {
                    change.units += i128::from(row.amount.signum());
                }
            }
            changes.add(began(rows, authorization), stake, change);
        }
    })
}

/// What is published of November.
fn published(rows: &[Row]) -> Vec<Leaf> {
    let by = vec![Dimension::Grantor, Dimension::Benefit, Dimension::Territory];
    let mut figures = Figures::new(Counted { from: date(1), until: date(31), by, ..Counted::default() });
    rows.iter().for_each(|row| figures.add(&row.moved()).unwrap());
    leaves(Month::of(date(1)), figures.cells().unwrap())
}

/// Which rows a leaf stands for, as whoever knows all of them and the other leaves would say.
fn rows_of<'r>(leaf: &Leaf, all: &[Leaf], rows: &'r [Row]) -> Vec<&'r Row> {
    let columns = |leaf: &Leaf| [leaf.grantor.clone(), leaf.benefit.clone(), leaf.territory.clone()];
    let of = |row: &Row| [Dimension::Grantor, Dimension::Benefit, Dimension::Territory].map(|one| row.value(one));
    let wanted = columns(leaf);
    let place = wanted.iter().position(|value| value == OTHER);
    let is_of = |row: &Row| match place {
        None => of(row) == wanted,
        Some(place) => {
            let named = all.iter().map(columns).any(|other| {
                other[..place] == wanted[..place] && other[place] != OTHER && other[place] == of(row)[place]
            });
            of(row)[..place] == wanted[..place] && !named
        }
    };
    rows.iter().filter(|row| row.date() < date(31) && is_of(row)).collect()
}

proptest! {
    #[test]
    fn figures_are_those_of_a_naive_reading(rows in ledger(14), counted in counted()) {
        prop_assert_eq!(told(&rows, &counted), naively(&rows, &counted));
    }

    /// Whatever is asked but by product and version, of a use by one version: of each authorization and benefit there is one grantor.
    #[test]
    fn figures_are_those_of_what_days_and_months_come_to(rows in ledger(14), counted in counted(), cut in 0..60_usize) {
        let is_left_out = |dimension: &Dimension| matches!(dimension, Dimension::Product | Dimension::Version);
        let mut rows = rows;
        rows.sort_by_key(|row| (row.authorization, row.day));
        for row in &mut rows {
            row.stake.benefit_grantor = (&*row.stake.benefit != "gift").then(|| "state".into());
        }
        let by = counted.by.iter().copied().filter(|dimension| !is_left_out(dimension)).collect();
        let only = counted.only.clone().into_iter().filter(|(dimension, _)| !is_left_out(dimension)).collect();
        let counted = Counted { by, only, ..counted };
        prop_assert_eq!(added_up(&rows, &counted, cut), told(&rows, &counted));
    }

    /// Whenever parts of it were added up.
    #[test]
    fn a_months_statement_is_that_of_what_the_month_comes_to(rows in ledger(14), cut in 0..60_usize, month in 0..4) {
        let (mut rows, month) = (rows, Month::of(date(1 + 30 * month)));
        rows.sort_by_key(|row| (row.authorization, row.day));
        let tallies = tallies(&rows, cut);
        for provider in ["bus", "train"] {
            let of_tallies = stated(month, provider, |changes| {
                for (alike, changed) in tallies.iter().flat_map(|tally| &tally.changed) {
                    if alike.month == month && *alike.provider == *provider && &*alike.party == "state" {
                        let change = Change { before: alike.before, after: alike.after, units: changed.units };
                        changes.add_alike(alike.began, &alike.stake, change, changed.authorizations);
                    }
                }
            });
            prop_assert_eq!(of_tallies, stated_naively(&rows, month, provider));
        }
    }

    /// Leaves share no row, none is of fewer holders, and nothing else goes out: no sum of them, and no difference of sums, is about
    /// fewer.
    #[test]
    fn what_is_published_is_of_enough_holders_and_has_every_row_once(rows in ledger(40)) {
        let all = published(&rows);
        let november: Vec<&Row> = rows.iter().filter(|row| row.date() < date(31)).collect();
        let holders = |rows: &[&Row]| -> usize {
            let sold = rows.iter().filter(|row| row.amount > 0);
            let holder = |row: &&&Row| row.holder.as_ref().map_or_else(
                || format!("{}/{}", row.authorization, row.stake.benefit), ToString::to_string);
            sold.map(|row| holder(&row)).collect::<HashSet<_>>().len()
        };
        prop_assert_eq!(all.is_empty(), holders(&november) < HOLDERS_MIN);
        let mut seen = 0;
        for leaf in &all {
            let own = rows_of(leaf, &all, &rows);
            prop_assert!(leaf.holders >= HOLDERS_MIN as u64);
            prop_assert_eq!(leaf.holders, holders(&own) as u64);
            prop_assert_eq!(leaf.discount, own.iter().map(|row| row.amount).sum::<i64>());
            seen += own.len();
        }
        prop_assert!(all.is_empty() || seen == november.len());
        let csv = open_data(&all);
        prop_assert_eq!(csv.lines().count(), all.len() + 1);
    }

    #[test]
    fn the_order_of_authorizations_changes_nothing(rows in ledger(10), counted in counted()) {
        let mut turned = rows.clone();
        turned.sort_by_key(|row| std::cmp::Reverse(row.authorization));
        prop_assert_eq!(told(&rows, &counted), told(&turned, &counted));
    }
}

/// A sale of one unit to a holder in a territory.
fn sale(number: u8, benefit: &str, territory: &str) -> Row {
    Row {
        authorization: u128::from(number),
        day: 3,
        holder: Some(format!("h-{number}").into()),
        territory: Some(territory.into()),
        provider: "bus".into(),
        product: "ticket".into(),
        stake: Stake {
            benefit: benefit.into(),
            version: 1,
            benefit_grantor: Some("state".into()),
            payer: "state".into(),
            cause: "",
        },
        amount: 100,
    }
}

#[test]
fn few_are_told_together_with_the_fewest_others() {
    let of = |benefit: &'static str, territory: &'static str, numbers: std::ops::Range<u8>| {
        numbers.map(move |number| sale(number, benefit, territory))
    };
    let rows: Vec<Row> = of("half", "lv.a", 0..7)
        .chain(of("half", "lv.b", 10..15))
        .chain(of("half", "lv.c", 20..25))
        .chain(of("half", "lv.d", 30..32))
        .chain(of("gift", "lv.a", 40..44))
        .chain(of("day", "lv.a", 50..51))
        .collect();
    let expected = "month,grantor,benefit,territory,uses,holders,discount\n\
                    2026-11,state,other,,5,5,5.00\n\
                    2026-11,state,half,other,7,7,7.00\n\
                    2026-11,state,half,lv.a,7,7,7.00\n\
                    2026-11,state,half,lv.c,5,5,5.00\n";
    assert_eq!(open_data(&published(&rows)), expected);
    assert!(published(&rows[..4]).is_empty(), "a month of four persons is not published");
}
