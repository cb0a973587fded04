//! Rights that nobody used, counted; and what is published of a closed month, as a file.

use avis_admin::control::{Code, Refusal};

use super::period::Period;
use super::{Shown, downloaded};
use crate::layout::Page;
use crate::reading::{is, text, whole};
use crate::view::{Facts, Field, Html, Kind, Notice, Search, Tone, link};
use crate::visit::Visit;

/// Who is entitled to an own benefit and did not use it in the days that are chosen.
pub(super) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let mut page = Page::new(visit.say("unused-title"));
    page.add(Html::paragraph(visit.say("unused-lead")));
    let (period, benefit) = (Period::of(visit)?, visit.query.text("benefit"));
    page.add(Period::form_with(
        visit,
        period,
        Some(Field::new("benefit", visit.word("column", "benefit")).value(benefit)),
    ));
    if let (Some(period), false) = (period, benefit.is_empty()) {
        page.add(counted(visit, period, benefit)?);
    }
    page.add(link("/figures", visit.word("room", "figures")));
    Ok(Shown::Page(page))
}

fn counted(visit: &Visit<'_>, period: Period, benefit: &str) -> Result<Html, Refusal> {
    let mut query = period.query();
    query.push(("benefit", benefit.to_owned()));
    let unused = match visit.list("/reports/unused", query) {
        Err(refusal) if refusal.code == Code::NotFound => {
            return Ok(Html::of(&Notice { tone: Tone::Warn, text: visit.say("unused-no-benefit") }));
        }
        asked => asked?.body,
    };
    if !is(&unused, "countable") {
        return Ok(Html::of(&Notice { tone: Tone::Plain, text: visit.say("unused-not-countable") }));
    }
    let row = |name: &str| {
        let number = whole(&unused, name).map(|number| visit.number(number));
        (visit.word("unused", name), Html::text(number.unwrap_or_else(|| visit.say("unused-no-limit"))))
    };
    let version = whole(&unused, "version").map(|version| version.to_string()).unwrap_or_default();
    Ok(Html::of(&Facts {
        rows: vec![
            (visit.word("column", "benefit"), Html::text(text(&unused, "benefit"))),
            (visit.word("column", "version"), Html::text(version)),
            row("entitled"),
            row("unused_holders"),
            row("unused_units"),
        ],
    }))
}

/// What is published of a closed month, as a file of open data.
pub(super) fn open_data(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    let month = visit.query.text("month");
    let reply = visit.list("/reports/open-data", vec![("month", month.to_owned())])?;
    downloaded(reply, "open-data.csv").map(Shown::File)
}

/// On the page of figures of who oversees all parties: a month to choose.
pub(super) fn open_data_form(visit: &Visit<'_>) -> Html {
    let month = Field::new("month", visit.word("column", "month")).kind(Kind::Line("month"));
    visit.searched(Search { address: "/figures/open-data", fields: vec![month], submit: visit.say("open-data-take") })
}
