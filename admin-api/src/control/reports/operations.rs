//! The operations of reports.

use super::{budgets, figures, indicators, published, turnover, unused};
use crate::control::operations::{Answers, Operation, get, list};
use crate::control::policy::Action;
use crate::control::shape::Kind;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        query: figures::QUERY,
        ..list(
            "/reports/figures",
            (
                "figures",
                "Uses, holders and discount by whatever is asked: of the own party, or of all as it is published",
            ),
            Action::Figures,
            Kind::Object(figures::SHOWN),
            figures::list,
        )
    },
    Operation {
        query: figures::CSV_QUERY,
        ..get(
            "/reports/figures/csv",
            ("figures_csv", "The same figures as CSV, all at once: groups, or who bears what of them"),
            Action::Figures,
            Answers::File("text/csv"),
            figures::csv,
        )
    },
    Operation {
        query: published::QUERY,
        ..get(
            "/reports/published",
            ("published", "What is published of a closed month: groups of 5 holders and more, each row once"),
            Action::Figures,
            Answers::One(published::SHOWN),
            published::read,
        )
    },
    Operation {
        query: published::QUERY,
        ..get(
            "/reports/open-data",
            ("open_data", "What is published of a closed month, as CSV"),
            Action::Figures,
            Answers::File("text/csv"),
            published::csv,
        )
    },
    get(
        "/reports/open-data/dictionary",
        ("open_data_dictionary", "What the columns of the open data mean, as CSV"),
        Action::Figures,
        Answers::File("text/csv"),
        published::dictionary,
    ),
    Operation {
        query: budgets::QUERY,
        ..list(
            "/reports/budgets",
            (
                "budgets",
                "Budgets of the own benefits and contracts: used, forecast, and the day on which each runs out",
            ),
            Action::Figures,
            Kind::Object(budgets::SHOWN),
            budgets::list,
        )
    },
    Operation {
        query: turnover::QUERY,
        ..list(
            "/reports/turnover",
            ("turnover", "What the own party sold by month, less what came back: with benefits and without"),
            Action::Figures,
            Kind::Object(turnover::SHOWN),
            turnover::list,
        )
    },
    Operation {
        query: unused::QUERY,
        ..get(
            "/reports/unused",
            ("unused", "Who is entitled to an own benefit and did not use it, counted"),
            Action::Figures,
            Answers::One(unused::SHOWN),
            unused::read,
        )
    },
    Operation {
        query: indicators::QUERY,
        ..list(
            "/indicators",
            ("indicators", "The programme's indicators with their targets"),
            Action::Figures,
            Kind::Object(indicators::SHOWN),
            indicators::list,
        )
    },
];
