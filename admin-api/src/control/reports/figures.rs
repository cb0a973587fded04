//! Uses, holders, discount and who bears it, by whatever they are grouped (settlement 5.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use avis_core::narrow;
use avis_core::settlement::reports::{Cell, Counted, Dimension, Figures, Spans, groups_csv, payers_csv};
use avis_store::{TallyPart, TallyRow};
use serde_json::{Map, Value, json};

use super::{CODE, FROM, SUM, UNTIL, days, each_moved, each_tallied, parameter, published, sight};
use crate::control::answer::{Answer, Download};
use crate::control::call::Call;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use crate::control::policy::Reach;
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, needed, optional};

/// Which days, by what, and of what alone; with what is asked before the days, and behind what they are grouped by.
macro_rules! asked {
    ([$($before:expr),*], [$($behind:expr),*]) => {
        &[
            $($before,)*
            FROM,
            UNTIL,
            optional("by", Kind::Token(1, 200)),
            $($behind,)*
            optional("grantor", CODE),
            optional("benefit", CODE),
            optional("version", Kind::Whole(1, i64::MAX)),
            optional("provider", CODE),
            optional("product", CODE),
            optional("territory", CODE),
        ]
    };
}

/// A page of groups.
pub(super) const QUERY: &[Field] = asked!([LIMIT_FIELD, CURSOR_FIELD], []);

/// The same as a file: its groups, or who bears what of them.
pub(super) const CSV_QUERY: &[Field] = asked!([], [optional("of", Kind::Word(&["groups", PAYERS]))]);

/// Who bears it.
const PAYERS: &str = "payers";

const ENTRY: &[Field] = &[needed("payer", CODE), needed("cause", Kind::Token(0, 20)), needed("amount", SUM)];

/// A group.
pub(super) const SHOWN: &[Field] = &[
    optional("month", Kind::Token(7, 7)),
    optional("grantor", CODE),
    optional("benefit", CODE),
    optional("version", Kind::Token(1, 20)),
    optional("provider", CODE),
    optional("product", CODE),
    optional("territory", CODE),
    needed("uses", SUM),
    needed("holders", Kind::Whole(0, i64::MAX)),
    needed("discount", SUM),
    optional("entries", Kind::List(&Kind::Object(ENTRY), 100_000)),
];

/// `GET /reports/figures`: of what the own party sold, pays and grants; for who oversees all parties, of what is published.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, counted) = (Page::of(call)?, counted(call)?);
    if call.reach == Some(Reach::All) {
        return published::figures(call, &page, &counted);
    }
    let by = counted.by.clone();
    let shown = |(values, cell): (Vec<Arc<str>>, Cell)| (key(&values), shown(&by, &values, &cell));
    let shown = cells(call, counted)?.into_iter().map(shown).collect::<BTreeMap<_, _>>();
    Ok(page.answer_of_all(shown))
}

/// `GET /reports/figures/csv`: all groups at once, or who bears what of them.
pub(super) fn csv(call: &Call<'_>) -> Result<Answer, Problem> {
    let counted = counted(call)?;
    let by = counted.by.clone();
    let of_payers = parameter(call, "of") == Some(PAYERS);
    let csv = if call.reach == Some(Reach::All) {
        if of_payers {
            return Err(Problem::at("/of", "who bears what is told of the own party alone"));
        }
        let groups = published::groups(call, &counted)?;
        let rows = groups
            .iter()
            .map(|(values, (uses, holders, discount))| (values.as_slice(), (*uses, *holders, i128::from(*discount))));
        groups_csv(&by, rows)
    } else {
        let cells = cells(call, counted)?;
        let holders = |cell: &Cell| u64::try_from(cell.holders.len()).unwrap_or(u64::MAX);
        let groups = cells.iter().map(|(values, cell)| (values.as_slice(), (cell.uses, holders(cell), cell.discount)));
        if of_payers { payers_csv(&by, &cells) } else { groups_csv(&by, groups) }
    };
    Ok(Answer::download(Download::new(published::CSV, move |out| out.write_all(csv.as_bytes()))))
}

/// What is counted, of what the own party sold, pays and grants.
fn cells(call: &Call<'_>, counted: Counted) -> Result<BTreeMap<Vec<Arc<str>>, Cell>, Problem> {
    let counted = of_own_benefits_where_people_live(call, counted)?;
    let (sight, days) = (sight(call)?, (counted.from, counted.until));
    let mut figures = Figures::new(counted.clone());
    if !is_added_up(&counted) {
        each_moved((call, call.control.reading()), sight, days, &mut |moved| Ok(figures.add(moved)?))?;
        return Ok(figures.cells()?);
    }
    let spans = Spans::of(counted.from, counted.until);
    each_tallied(call, days, (&[TallyPart::Borne, TallyPart::Used], &spans), sight, &mut |row| {
        match &row {
            TallyRow::Borne(span, granted, bearer, amount) if sight.has_borne(granted, &bearer.payer) => {
                figures.add_borne((span.start(), granted), (&bearer.payer, bearer.cause), *amount)?;
            }
            TallyRow::Used(span, granted, seer, uses, people) if sight.has_used(granted, seer.as_deref()) => {
                figures.add_used((span.start(), granted), *uses, people)?;
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(figures.cells()?)
}

/// Whether it is asked by no more than what is added up: one use of two products is one use.
fn is_added_up(counted: &Counted) -> bool {
    let mut asked = counted.by.iter().chain(counted.only.keys());
    !asked.any(|dimension| matches!(dimension, Dimension::Product | Dimension::Version))
}

/// Where people live is told of the own party's benefits alone: who sells could else read it of a single buyer.
fn of_own_benefits_where_people_live(call: &Call<'_>, mut counted: Counted) -> Result<Counted, Problem> {
    const WHERE: Dimension = Dimension::Territory;
    if counted.by.contains(&WHERE) || counted.only.contains_key(&WHERE) {
        let own = call.party()?;
        let grantor = counted.only.insert(Dimension::Grantor, own.to_owned());
        if grantor.is_some_and(|grantor| grantor != own) {
            return Err(Problem::at("/grantor", "expected the own party: of others' benefits no territory is told"));
        }
    }
    Ok(counted)
}

/// What is asked.
fn counted(call: &Call<'_>) -> Result<Counted, Problem> {
    let (from, until) = days(call)?;
    let mut by = Vec::new();
    for word in parameter(call, "by").into_iter().flat_map(|by| by.split(',')) {
        let expected = || {
            let words = Dimension::ALL.map(Dimension::word).join("`, `");
            Problem::at("/by", format!("expected some of `{words}` between commas, each once"))
        };
        let dimension = Dimension::of_word(word).ok_or_else(expected)?;
        if by.contains(&dimension) {
            return Err(expected());
        }
        by.push(dimension);
    }
    let only = Dimension::ALL.into_iter().filter_map(|dimension| {
        let value = call.query.get(dimension.word())?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((dimension, text))
    });
    Ok(Counted { from, until, by, only: only.collect() })
}

/// Under what a group stands in the list.
pub(super) fn key<T: AsRef<str>>(values: &[T]) -> String {
    // Never empty: the group of everything stands behind the beginning of a list, too.
    values.iter().fold("=".to_owned(), |key, value| key + "\n" + value.as_ref())
}

fn shown(by: &[Dimension], values: &[Arc<str>], cell: &Cell) -> Value {
    let mut shown = Map::new();
    for (dimension, value) in by.iter().zip(values) {
        shown.insert(dimension.word().to_owned(), json!(value));
    }
    let entry = |((payer, cause), amount): (&(Arc<str>, &str), &i128)| json!({"payer": payer, "cause": cause, "amount": narrow(*amount)});
    let entries: Vec<Value> = cell.entries.iter().map(entry).collect();
    shown.insert("uses".to_owned(), json!(cell.uses));
    shown.insert("holders".to_owned(), json!(cell.holders.len()));
    shown.insert("discount".to_owned(), json!(narrow(cell.discount)));
    shown.insert("entries".to_owned(), json!(entries));
    Value::Object(shown)
}
