//! Pictures of figures, made on the server. Each has a title, and stands beside a table of the same figures.

use askama::Template;
use jiff::civil::Date;

use super::html::Html;

/// The width of a picture, in its own units.
const WIDTH: i128 = 380;
/// The height of a bar with its name.
const STEP: usize = 44;
/// Characters of a name in a picture; the table has all of it.
const NAME_MAX: usize = 36;
/// Bars of one picture: the greatest, where there are more.
const BARS_MAX: usize = 24;

/// Bars beneath each other, each with its name and what it comes to.
#[derive(Template)]
#[template(path = "bars.html")]
struct Bars {
    title: String,
    height: usize,
    bars: Vec<Bar>,
}

struct Bar {
    name: String,
    told: String,
    width: i128,
    top: usize,
}

/// A picture of amounts: their names, and each as it is told. Nothing where there is none above zero.
pub(crate) fn bars(title: String, parts: Vec<(String, i64, String)>) -> Html {
    let most = parts.iter().map(|(_, amount, _)| *amount).max().unwrap_or_default();
    bars_of(most, title, parts)
}

/// The same, where a whole bar stands for a given amount.
pub(crate) fn bars_of(most: i64, title: String, mut parts: Vec<(String, i64, String)>) -> Html {
    if most <= 0 || parts.is_empty() {
        return Html::default();
    }
    if parts.len() > BARS_MAX {
        parts.sort_by_key(|(_, amount, _)| std::cmp::Reverse(*amount));
        parts.truncate(BARS_MAX);
    }
    let bar = |(place, (name, amount, told)): (usize, (String, i64, String))| Bar {
        name: shortened(name),
        told,
        width: (i128::from(amount.max(0)) * WIDTH / i128::from(most)).min(WIDTH),
        top: place * STEP,
    };
    let bars: Vec<Bar> = parts.into_iter().enumerate().map(bar).collect();
    Html::of(&Bars { title, height: bars.len() * STEP, bars })
}

fn shortened(name: String) -> String {
    if name.chars().count() <= NAME_MAX {
        return name;
    }
    name.chars().take(NAME_MAX - 1).chain(['…']).collect()
}

/// How a budget went down, and how it goes on.
pub(crate) struct BurnDown {
    pub(crate) title: String,
    /// The whole budget, and as it is told.
    pub(crate) amount: (i64, String),
    /// The first day and the one behind the last, and as the picture tells them.
    pub(crate) days: (Date, Date),
    pub(crate) told: (String, String),
    /// What was used by mornings, the last being today.
    pub(crate) course: Vec<(Date, i64)>,
    /// Where it comes to at the end, and the day on which it runs out before.
    pub(crate) forecast: i64,
    pub(crate) runs_out: Option<Date>,
}

#[derive(Template)]
#[template(path = "burn_down.html")]
struct Drawn {
    title: String,
    left: String,
    today: i128,
    now: i128,
    end: (i128, i128),
    amount: String,
    first: String,
    last: String,
}

impl BurnDown {
    /// How far to the right a day is.
    fn across(&self, day: Date) -> i128 {
        let days = |from: Date, until: Date| i128::from(from.until(until).map_or(0, |span| span.get_days()));
        (days(self.days.0, day) * WIDTH / days(self.days.0, self.days.1).max(1)).clamp(0, WIDTH)
    }

    /// How far down what is left is when so much is used.
    fn down(&self, used: i64) -> i128 {
        const TOP: i128 = 24;
        const HEIGHT: i128 = 180;
        TOP + (i128::from(used) * HEIGHT / i128::from(self.amount.0.max(1))).clamp(0, HEIGHT)
    }

    /// The picture.
    pub(crate) fn html(self) -> Html {
        let point = |(day, used): &(Date, i64)| format!("{},{}", self.across(*day), self.down(*used));
        let left = self.course.iter().map(point).collect::<Vec<_>>().join(" ");
        let (today, used) = self.course.last().copied().unwrap_or((self.days.0, 0));
        // What ran out already goes on nowhere.
        let end = match self.runs_out {
            Some(day) if day >= today => (self.across(day), self.down(self.amount.0)),
            Some(_) => (self.across(today), self.down(used)),
            None => (self.across(self.days.1), self.down(self.forecast)),
        };
        Html::of(&Drawn {
            left,
            today: self.across(today),
            now: self.down(used),
            end,
            title: self.title,
            amount: self.amount.1,
            first: self.told.0,
            last: self.told.1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_what_they_stand_for_and_their_names_stay_names() {
        let part = |name: &str, amount: i64| (name.to_owned(), amount, amount.to_string());
        let told = bars("Who paid".to_owned(), vec![part("<b>", 50), part(&"x".repeat(60), 100), part("c", -5)]);
        let told = told.to_string();
        assert!(told.contains("width=\"190\"") && told.contains("width=\"0\"") && !told.contains("<b>"), "{told}");
        assert!(!told.contains(&"x".repeat(60)) && told.contains("<title>Who paid</title>"), "{told}");
        assert!(bars(String::new(), vec![part("a", 0)]).is_empty());
        let half = bars_of(200, String::new(), vec![part("a", 100), part("b", 300)]).to_string();
        assert_eq!((half.matches("width=\"190\"").count(), half.matches("width=\"380\"").count()), (1, 3), "{half}");
        let many: Vec<_> = (0..100).map(|number| part("a", number)).collect();
        assert_eq!(bars(String::new(), many).to_string().matches("class=\"whole\"").count(), BARS_MAX);
    }

    #[test]
    fn a_budget_goes_down_to_where_it_runs_out() {
        let day = |month: i8, day: i8| Date::constant(2026, month, day);
        let budget = |runs_out: Option<Date>, forecast: i64| BurnDown {
            title: "Seniors".to_owned(),
            amount: (1_000, "10,00".to_owned()),
            days: (day(1, 1), Date::constant(2027, 1, 1)),
            told: ("a".to_owned(), "b".to_owned()),
            course: vec![(day(1, 1), 0), (day(7, 2), 500)],
            forecast,
            runs_out,
        };
        let goes_on = budget(None, 800).html().to_string();
        assert!(goes_on.contains("points=\"0,24 189,114\"") && goes_on.contains("x2=\"380\" y2=\"168\""), "{goes_on}");
        let ends = budget(Some(day(10, 1)), 1_500).html().to_string();
        assert!(ends.contains("x2=\"284\" y2=\"204\""), "{ends}");
        let over = budget(Some(day(3, 1)), 1_500).html().to_string();
        assert!(over.contains("x2=\"189\" y2=\"114\""), "{over}");
    }
}
