//! Conditions in words, and what would make one that is not so come true.

use serde_json::Value;

use crate::telling::{Language, money};
use crate::trace::Node;
use crate::truth::Truth;

const WEEKDAYS: [(&str, &str); 7] = [
    ("Monday", "pirmdiena"),
    ("Tuesday", "otrdiena"),
    ("Wednesday", "trešdiena"),
    ("Thursday", "ceturtdiena"),
    ("Friday", "piektdiena"),
    ("Saturday", "sestdiena"),
    ("Sunday", "svētdiena"),
];

/// What a condition asks: such as "in one of the groups pupils", "all of these".
pub fn condition(node: &Node, currency: &str, language: Language) -> String {
    match node.test {
        "all" => language.choose("all of these", "viss šis").to_owned(),
        "any" => language.choose("any of these", "kaut kas no šī").to_owned(),
        "not" => language.choose("not this", "ne šis").to_owned(),
        test => {
            let asked = asked(test, &node.asks, currency, language);
            of_another(node, language).map_or(asked.clone(), |means| format!("{asked} ({means})"))
        }
    }
}

/// Which of the means that were shown are another person's, where a condition asks that none is.
fn of_another(node: &Node, language: Language) -> Option<String> {
    let others = node.read.as_ref().filter(|_| node.test == "no_mismatch")?.get("others")?.as_array()?;
    let schemes = others.iter().map(|scheme| plain(Some(scheme))).collect::<Vec<_>>();
    let (another, and) =
        (language.choose("another person's", "citai personai pieder"), language.choose(" and ", " un "));
    (!schemes.is_empty()).then(|| format!("{another}: {}", schemes.join(and)))
}

/// What a leaf asks, as its document has it: such as "in one of the groups pupils".
pub fn asked(test: &str, asks: &Value, currency: &str, language: Language) -> String {
    LeafAsks { asks, currency, language }.told(test)
}

/// What would have to be otherwise for a condition to be true, as one sentence's part; none where it is.
pub fn change(node: &Node, currency: &str, language: Language) -> Option<String> {
    Change { currency, language }.told(node, true).map(|(told, _)| told)
}

/// How tests that are not as they should be are joined.
struct Change<'a> {
    currency: &'a str,
    language: Language,
}

impl Change<'_> {
    /// What has to be changed for a node to be so or not so, and whether that is several things joined.
    fn told(&self, node: &Node, wanted: bool) -> Option<(String, bool)> {
        let is_so = if wanted { node.answer == Truth::True } else { node.answer == Truth::False };
        if is_so {
            return None;
        }
        let parts = |wanted: bool| node.parts.iter().filter_map(move |part| self.told(part, wanted));
        let (and, or) = (self.language.choose(" and ", " un "), self.language.choose(" or ", " vai "));
        match (node.test, wanted) {
            ("all", true) | ("any", false) => joined(parts(wanted), and),
            ("all", false) | ("any", true) => joined(parts(wanted), or),
            ("not", _) => joined(parts(!wanted), and),
            _ => {
                let asked = condition(node, self.currency, self.language);
                let not = |asked: &str| self.language.choose(format!("not {asked}"), format!("ne: {asked}"));
                Some((if wanted { asked } else { not(&asked) }, false))
            }
        }
    }
}

fn joined(parts: impl Iterator<Item = (String, bool)>, by: &str) -> Option<(String, bool)> {
    let parts: Vec<(String, bool)> = parts.collect();
    match &*parts {
        [] => None,
        [one] => Some(one.clone()),
        several => {
            let told =
                several.iter().map(|(told, is_joined)| if *is_joined { format!("({told})") } else { told.clone() });
            Some((told.collect::<Vec<_>>().join(by), true))
        }
    }
}

/// What a leaf asks, as a trace has it.
struct LeafAsks<'a> {
    asks: &'a Value,
    currency: &'a str,
    language: Language,
}

impl LeafAsks<'_> {
    fn told(&self, test: &str) -> String {
        let (text, language) = (|name: &str| plain(self.asks.get(name)), self.language);
        let named = |english: &str, latvian: &str| format!("{} {}", language.choose(english, latvian), self.listed());
        match test {
            "member_of" => named("in one of the groups", "kādā no grupām:"),
            "identifier" => named("shows one of the means", "uzrāda kādu no līdzekļiem:"),
            "no_mismatch" => {
                language.choose("shows means of one person", "uzrāda vienas personas līdzekļus").to_owned()
            }
            "channel" => named("buys by", "pērk šādā kanālā:"),
            "resident_in" => format!("{}{}", named("lives in", "dzīvo:"), self.as_of()),
            "age" => format!("{}{}", self.years(), self.as_of()),
            "attribute" => self.compared("what is known of the person", "par cilvēku zināmais"),
            "context" => self.compared("what the purchase says", "pirkuma dati"),
            "line" => self.compared("what the line says", "rindas dati"),
            "weekday" => self.weekdays(),
            "time_of_day" | "dates" => {
                let (from, until) = (text("from"), text("until"));
                language.choose(format!("from {from} to {until}"), format!("no {from} līdz {until}"))
            }
            "calendar" if self.asks.get("is") == Some(&Value::Bool(false)) => {
                language.choose(format!("on no day of `{}`", text("name")), format!("ne `{}` dienā", text("name")))
            }
            "calendar" => {
                language.choose(format!("on a day of `{}`", text("name")), format!("`{}` dienā", text("name")))
            }
            "basket_total" => self.bounds(|amount| money(amount, self.currency, language), ("in all", "kopā")),
            "basket_quantity" => self.bounds(|units| units.to_string(), ("units in all", "vienības kopā")),
            "quantity" => self.bounds(|units| units.to_string(), ("units of the line", "vienības rindā")),
            "member" => {
                language.choose(format!("member of `{}`", text("program")), format!("`{}` dalībnieks", text("program")))
            }
            "tier" => {
                let (level, program) = (text("at_least"), text("program"));
                language.choose(
                    format!("at least `{level}` in `{program}`"),
                    format!("vismaz `{level}` programmā `{program}`"),
                )
            }
            "coupon" => {
                language.choose(format!("a coupon of `{}`", text("campaign")), format!("`{}` kupons", text("campaign")))
            }
            "birthday" => match text("in").as_str() {
                "month" => language.choose("in the month of the birthday", "dzimšanas dienas mēnesī").to_owned(),
                _ => language.choose("on the birthday", "dzimšanas dienā").to_owned(),
            },
            other => other.to_owned(),
        }
    }

    /// The one list that a leaf names.
    fn listed(&self) -> String {
        let list = self.asks.as_object().into_iter().flatten().find_map(|(_, value)| value.as_array());
        let words: Vec<String> = list.into_iter().flatten().map(|word| plain(Some(word))).collect();
        words.join(self.language.choose(" or ", " vai "))
    }

    fn bounds(&self, amount: impl Fn(i64) -> String, of: (&str, &str)) -> String {
        let bound = |name: &str| self.asks.get(name).and_then(Value::as_i64).map(&amount);
        let least = bound("min").map(|min| self.language.choose(format!("at least {min}"), format!("vismaz {min}")));
        let most =
            bound("max").map(|max| self.language.choose(format!("at most {max}"), format!("ne vairāk kā {max}")));
        let both: Vec<String> = least.into_iter().chain(most).collect();
        format!("{} {}", both.join(", "), self.language.choose(of.0, of.1))
    }

    fn years(&self) -> String {
        self.bounds(|years| years.to_string(), ("years old", "gadus vecs"))
    }

    /// When a fact is looked at, where that is not the time of sale.
    fn as_of(&self) -> String {
        let days = self.asks.get("plus_days").and_then(Value::as_i64).unwrap_or(0);
        let anchor = self.asks.get("as_of").and_then(Value::as_str);
        let (english, latvian) = match anchor {
            None if days == 0 => return String::new(),
            None | Some("now") => ("that day", "tajā dienā"),
            Some("year_start") => ("at the beginning of the year", "gada sākumā"),
            Some("month_start") => ("at the beginning of the month", "mēneša sākumā"),
            Some("school_year_start") => ("at the beginning of the school year", "mācību gada sākumā"),
            Some("year_end") => ("at the end of the year", "gada beigās"),
            Some("month_end") => ("at the end of the month", "mēneša beigās"),
            Some("school_year_end") => ("at the end of the school year", "mācību gada beigās"),
            Some(other) => (other, other),
        };
        let shift = match days {
            0 => String::new(),
            days => self.language.choose(format!(" {days:+} days"), format!(" {days:+} dienas")),
        };
        format!(" {}{shift}", self.language.choose(english, latvian))
    }

    fn compared(&self, english: &str, latvian: &str) -> String {
        let (name, op) = (plain(self.asks.get("name")), plain(self.asks.get("op")));
        let sign = match op.as_str() {
            "eq" => "=",
            "ne" => "≠",
            "lt" => "<",
            "le" | "lte" => "≤",
            "gt" => ">",
            "ge" | "gte" => "≥",
            "in" => self.language.choose("is one of", "ir kāds no"),
            other => other,
        };
        let value = match self.asks.get("value") {
            Some(Value::Array(values)) => values.iter().map(|value| plain(Some(value))).collect::<Vec<_>>().join(", "),
            value => plain(value),
        };
        format!("{}: `{name}` {sign} {value}", self.language.choose(english, latvian))
    }

    fn weekdays(&self) -> String {
        let days = self.asks.get("in").and_then(Value::as_array).into_iter().flatten();
        let named = days.filter_map(|day| {
            let place = usize::try_from(day.as_i64()?.checked_sub(1)?).ok()?;
            WEEKDAYS.get(place).map(|(english, latvian)| self.language.choose(*english, *latvian))
        });
        let days = named.collect::<Vec<_>>().join(self.language.choose(" or ", " vai "));
        self.language.choose(format!("on {days}"), format!("nedēļas diena: {days}"))
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn leaf(test: &'static str, answer: Truth, asks: Value) -> Node {
        Node { test, answer, asks, read: Some(Value::Null), parts: Vec::new() }
    }

    fn joint(test: &'static str, answer: Truth, parts: Vec<Node>) -> Node {
        Node { test, answer, asks: Value::Null, read: None, parts }
    }

    #[test]
    fn leaves_are_told_in_both_languages() {
        for (test, asks, english, latvian) in [
            ("member_of", json!({"groups": ["a", "b"]}), "in one of the groups a or b", "kādā no grupām: a vai b"),
            ("age", json!({"min": 65}), "at least 65 years old", "vismaz 65 gadus vecs"),
            (
                "age",
                json!({"max": 6, "as_of": "year_end", "plus_days": -1}),
                "at most 6 years old at the end of the year -1 days",
                "ne vairāk kā 6 gadus vecs gada beigās -1 dienas",
            ),
            ("weekday", json!({"in": [6, 7]}), "on Saturday or Sunday", "nedēļas diena: sestdiena vai svētdiena"),
            ("basket_total", json!({"min": 1000}), "at least €10.00 in all", "vismaz 10,00\u{a0}€ kopā"),
            ("calendar", json!({"name": "free", "is": false}), "on no day of `free`", "ne `free` dienā"),
            (
                "line",
                json!({"name": "zone", "op": "in", "value": ["a", "b"]}),
                "what the line says: `zone` is one of a, b",
                "rindas dati: `zone` ir kāds no a, b",
            ),
        ] {
            let node = leaf(test, Truth::False, asks);
            assert_eq!(condition(&node, "EUR", Language::En), english);
            assert_eq!(condition(&node, "EUR", Language::Lv), latvian);
        }
    }

    #[test]
    fn of_means_of_several_people_it_is_told_which_are_anothers() {
        let node = |answer, others: Value| Node {
            read: Some(json!({"holder": ["card"], "others": others})),
            ..leaf("no_mismatch", answer, json!({}))
        };
        let told = |node: &Node| [Language::En, Language::Lv].map(|language| condition(node, "EUR", language));
        assert_eq!(
            told(&node(Truth::False, json!(["pass", "eid"]))),
            [
                "shows means of one person (another person's: pass and eid)",
                "uzrāda vienas personas līdzekļus (citai personai pieder: pass un eid)",
            ]
        );
        let of_one = ["shows means of one person", "uzrāda vienas personas līdzekļus"];
        assert_eq!(told(&node(Truth::True, json!([]))), of_one);
        assert_eq!(told(&leaf("no_mismatch", Truth::Unknown, json!({}))), of_one, "nobody is known");
        let instead = change(&node(Truth::False, json!(["pass"])), "EUR", Language::En).unwrap();
        assert_eq!(instead, "shows means of one person (another person's: pass)");
    }

    #[test]
    fn what_would_change_an_answer_names_what_stands_in_the_way_alone() {
        let pupil = || leaf("member_of", Truth::False, json!({"groups": ["pupils"]}));
        let shown = || leaf("identifier", Truth::True, json!({"schemes": ["card"]}));
        let known = leaf("age", Truth::Unknown, json!({"max": 6}));
        let told = |node: &Node| change(node, "EUR", Language::En);
        assert_eq!(told(&shown()), None);
        let all = joint("all", Truth::False, vec![shown(), joint("any", Truth::False, vec![pupil(), known])]);
        assert_eq!(told(&all).unwrap(), "in one of the groups pupils or at most 6 years old");
        let not = joint("not", Truth::False, vec![shown()]);
        assert_eq!(told(&not).unwrap(), "not shows one of the means card");
        let both = joint("all", Truth::False, vec![pupil(), joint("any", Truth::False, vec![pupil(), pupil()])]);
        let expected = "in one of the groups pupils and (in one of the groups pupils or in one of the groups pupils)";
        assert_eq!(told(&both).unwrap(), expected);
    }
}
