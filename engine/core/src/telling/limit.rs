//! A limit in words: what it counts, over what, and how much is used and left.

use crate::document::LimitScope;
use crate::telling::{Language, day, money};
use crate::trace::{Counted, LimitTrace};
use crate::window::{LimitWindow, Window};

/// Such as "20 of 20 units used by the holder that month (until 30 November 2026), 0 left".
pub fn limit(limit: &LimitTrace, currency: &str, language: Language) -> String {
    let amount = |number: i64| match limit.counts {
        Counted::Uses | Counted::Units => number.to_string(),
        Counted::Discount | Counted::Spent => money(number, currency, language),
    };
    let (used, max, left) = (amount(limit.used), amount(limit.max), amount(limit.left));
    let what = match limit.counts {
        Counted::Uses => language.choose(" times used", " reizēm izmantotas"),
        Counted::Units => language.choose(" units used", " vienībām izmantotas"),
        Counted::Discount => language.choose(" of discount used", " atlaides izmantoti"),
        Counted::Spent => language.choose(" spent", " iztērēti"),
    };
    let whose = match limit.scope {
        LimitScope::Holder => language.choose("by the holder", "šim cilvēkam"),
        LimitScope::Household => language.choose("by the household", "šai mājsaimniecībai"),
        LimitScope::Provider => language.choose("at this provider", "pie šī pārdevēja"),
        LimitScope::Benefit => language.choose("by everybody together", "visiem kopā"),
    };
    let until = limit.until.map(|date| day(date, language));
    let until =
        until.map(|day| language.choose(format!(" (until {day})"), format!(" (līdz {day})"))).unwrap_or_default();
    let beyond = language.choose("; beyond it the provider bears the discount", "; pāri tam atlaidi sedz pārdevējs");
    let beyond = if limit.unfunded { beyond } else { "" };
    let when = window(limit.window, language);
    language.choose(
        format!("{used} of {max}{what} {whose} {when}{until}, {left} left{beyond}"),
        format!("{when}{until} {whose} {used} no {max}{what}, atlicis {left}{beyond}"),
    )
}

fn window(window: LimitWindow, language: Language) -> String {
    let named = match window {
        LimitWindow::Dates(Window::Day) => language.choose("that day", "tajā dienā"),
        LimitWindow::Dates(Window::Week) => language.choose("that week", "tajā nedēļā"),
        LimitWindow::Dates(Window::Month) => language.choose("that month", "tajā mēnesī"),
        LimitWindow::Dates(Window::Year) => language.choose("that year", "tajā gadā"),
        LimitWindow::Dates(Window::SchoolYear) => language.choose("that school year", "tajā mācību gadā"),
        LimitWindow::Dates(Window::Lifetime) => language.choose("in all", "pavisam"),
        LimitWindow::Dates(Window::Rolling { days }) => {
            return language.choose(format!("within {days} days"), format!("{days} dienu laikā"));
        }
        LimitWindow::FromFirst { minutes } => {
            return language.choose(
                format!("within {minutes} minutes of the first use"),
                format!("{minutes} minūšu laikā kopš pirmās reizes"),
            );
        }
    };
    named.to_owned()
}
