//! Why each benefit gave what it gave: a line a candidate, in the order of the decision, with its conditions and what would change it.

use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::document::Text;
use crate::telling::{Language, change, condition, day, limit, money};
use crate::trace::{Considered, LineVerdict, Node, Obstacle, SetAside, Standing, Trace, Turn, TurnTrace};
use crate::truth::Truth;

/// Something in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Words {
    /// In Latvian.
    pub lv: String,
    /// In English.
    pub en: String,
}

impl Words {
    fn by(tell: impl Fn(Language) -> String) -> Self {
        Self { lv: tell(Language::Lv), en: tell(Language::En) }
    }
}

/// What became of a benefit on a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyLine {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Its version.
    pub version: i64,
    /// Its full name; none of a version that was set aside.
    #[schema(required)]
    pub name: Option<Text>,
    /// As in the request; none of what was set aside as a whole.
    #[schema(required)]
    pub line_id: Option<Box<str>>,
    /// In one word.
    #[schema(required)]
    pub result: Option<WhyResult>,
    /// The discount that it gave.
    #[schema(required)]
    pub amount: Option<i64>,
    /// In a few words.
    pub words: Words,
    /// Its condition, from the outside to the inside.
    pub conditions: Vec<WhyCondition>,
    /// What would have to be otherwise; none where it gave something, or nothing can be.
    #[schema(required)]
    pub would_change: Option<Words>,
}

/// What became of it, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum WhyResult {
    /// Its turn came.
    Turn(Turn),
    /// It was not eligible.
    Obstacle(Obstacle),
    /// It was no candidate.
    Standing(Standing),
}

/// A condition, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyCondition {
    /// How many joined ones it stands in.
    pub depth: usize,
    /// `all`, `any`, `not`, or what is asked.
    pub test: &'static str,
    /// ✓, ✗ or not known.
    pub answer: Truth,
    /// What the rule asks, as in its document; null for `all`, `any` and `not`.
    #[schema(value_type = Option<Object>, required)]
    pub asks: Value,
    /// What was read; null if nothing is known.
    #[schema(required)]
    pub read: Option<Value>,
    /// What it asks, in words.
    pub words: Words,
}

/// A line for each candidate on each line that its scope covers; behind them what is not in force then.
pub fn why(trace: &Trace) -> Vec<WhyLine> {
    let teller = Teller { trace };
    let considered = trace.candidates.iter().flat_map(|candidate| teller.considered(candidate));
    // Of a newer version the older ones tell nothing.
    let aside = trace.set_aside.iter().filter(|one| one.standing != Standing::Superseded);
    considered.chain(aside.map(set_aside)).collect()
}

struct Teller<'a> {
    trace: &'a Trace,
}

impl Teller<'_> {
    fn considered(&self, candidate: &Considered) -> Vec<WhyLine> {
        candidate.lines.iter().flat_map(|verdict| self.on_line(candidate, verdict)).collect()
    }

    fn on_line(&self, candidate: &Considered, verdict: &LineVerdict) -> Vec<WhyLine> {
        let when = verdict.when.as_ref().or(candidate.when.as_ref());
        let line = WhyLine {
            benefit: candidate.benefit.clone(),
            version: candidate.version,
            name: Some(candidate.name.clone()),
            line_id: Some(verdict.line_id.clone()),
            result: None,
            amount: None,
            words: Words::by(|language| language.choose("its turn did not come", "līdz tam kārta nenonāca").to_owned()),
            conditions: self.conditions(when),
            would_change: None,
        };
        if let Some(obstacle) = verdict.because {
            let words = Words::by(|language| obstacle_in_words(obstacle, language).to_owned());
            let would_change = self.instead_of(obstacle, when);
            return vec![WhyLine { result: Some(WhyResult::Obstacle(obstacle)), words, would_change, ..line }];
        }
        let is_its = |turn: &&TurnTrace| {
            turn.benefit == candidate.benefit && turn.version == candidate.version && turn.line_id == verdict.line_id
        };
        let turns: Vec<WhyLine> = self.trace.turns.iter().filter(is_its).map(|turn| self.turn(&line, turn)).collect();
        if turns.is_empty() { vec![line] } else { turns }
    }

    fn turn(&self, line: &WhyLine, turn: &TurnTrace) -> WhyLine {
        let words = Words::by(|language| self.turn_in_words(turn, language));
        let would_change = after_turn(turn);
        WhyLine { result: Some(WhyResult::Turn(turn.turn)), amount: turn.amount, words, would_change, ..line.clone() }
    }

    fn turn_in_words(&self, turn: &TurnTrace, language: Language) -> String {
        let currency = &self.trace.currency;
        let full = turn.limits.iter().filter(|limit| limit.left == 0 && !limit.unfunded);
        let limits: Vec<String> = full.map(|full| limit(full, currency, language)).collect();
        let limits = if limits.is_empty() { String::new() } else { format!(": {}", limits.join("; ")) };
        match turn.turn {
            Turn::Applied => {
                let gave = money(turn.amount.unwrap_or(0), currency, language);
                let gave = language.choose(format!("gave {gave}"), format!("deva {gave}"));
                if turn.trimmed { format!("{gave}{limits}") } else { gave }
            }
            Turn::LimitReached => format!("{}{limits}", language.choose("the quota is used up", "kvota ir izlietota")),
            other => turn_word(other, language).to_owned(),
        }
    }

    fn conditions(&self, when: Option<&Node>) -> Vec<WhyCondition> {
        let mut all = Vec::new();
        if let Some(node) = when {
            self.flatten(node, 0, &mut all);
        }
        all
    }

    fn flatten(&self, node: &Node, depth: usize, all: &mut Vec<WhyCondition>) {
        let words = Words::by(|language| condition(node, &self.trace.currency, language));
        all.push(WhyCondition {
            depth,
            test: node.test,
            answer: node.answer,
            asks: node.asks.clone(),
            read: node.read.clone(),
            words,
        });
        node.parts.iter().for_each(|part| self.flatten(part, depth + 1, all));
    }

    /// What would have to be in the place of an obstacle.
    fn instead_of(&self, obstacle: Obstacle, when: Option<&Node>) -> Option<Words> {
        let plain = |english: &str, latvian: &str| Some(both(english, latvian));
        match obstacle {
            Obstacle::Condition => {
                let node = when?;
                let [lv, en] = [Language::Lv, Language::En].map(|it| change(node, &self.trace.currency, it));
                Some(Words { lv: lv?, en: en? })
            }
            Obstacle::NotCovered => plain("a line for whom it covers", "rinda tam, kam tas pienākas"),
            Obstacle::WithoutHolder => plain("a line of the holder's own beside it", "arī paša turētāja rinda"),
            Obstacle::SubjectUnknown => {
                plain("a means by which the person is known", "līdzeklis, pēc kura cilvēks ir zināms")
            }
        }
    }
}

fn both(english: &str, latvian: &str) -> Words {
    Words { lv: latvian.to_owned(), en: english.to_owned() }
}

fn obstacle_in_words(obstacle: Obstacle, language: Language) -> &'static str {
    match obstacle {
        Obstacle::NotCovered => {
            language.choose("does not cover whom the line is for", "neattiecas uz to, kam ir rinda")
        }
        Obstacle::Condition => language.choose("its condition is not fulfilled", "tā nosacījums nav izpildīts"),
        Obstacle::WithoutHolder => language.choose("a companion without the holder", "pavadonis bez paša turētāja"),
        Obstacle::SubjectUnknown => language
            .choose("is counted by person, and nobody is known here", "to skaita katram, bet cilvēks nav zināms"),
    }
}

fn turn_word(turn: Turn, language: Language) -> &'static str {
    match turn {
        Turn::Applied => language.choose("gave a discount", "deva atlaidi"),
        Turn::LimitReached => language.choose("the quota is used up", "kvota ir izlietota"),
        Turn::NotChosen => {
            language.choose("another benefit of its slot gives more", "cits tās pašas vietas atvieglojums dod vairāk")
        }
        Turn::NothingToGive => language.choose("came to nothing", "sanāca nulle"),
        Turn::NothingLeft => language.choose("nothing was left to pay", "nekas vairs nebija jāmaksā"),
        Turn::NoCompanionsLeft => {
            language.choose("all companions are covered already", "visi pavadoņi jau ir ietverti")
        }
        Turn::Touched => language.choose("something was taken off before", "jau bija dota cita atlaide"),
        Turn::TooLittleInBasket => language.choose("too little in the basket", "grozā ir par maz"),
        Turn::NotPicked => language.choose("covers no unit of the line", "neattiecas ne uz vienu rindas vienību"),
        Turn::Bounded => language.choose("a bound of the rule left nothing", "noteikuma robeža neatstāja neko"),
    }
}

/// What would have to be otherwise as a turn came to nothing.
fn after_turn(turn: &TurnTrace) -> Option<Words> {
    match turn.turn {
        Turn::LimitReached => {
            let full = turn.limits.iter().filter(|limit| limit.left == 0 && !limit.unfunded);
            let until = full.filter_map(|limit| limit.until).max()?;
            Some(Words {
                lv: format!("pirkums pēc {}", dotted(until)),
                en: format!("a purchase after {}", day(until, Language::En)),
            })
        }
        Turn::NothingLeft => Some(both("less taken off before it", "mazāka atlaide pirms tā")),
        Turn::Touched => Some(both("nothing taken off before it", "nekādas atlaides pirms tā")),
        Turn::TooLittleInBasket => Some(both("more in the basket", "vairāk grozā")),
        Turn::NoCompanionsLeft => Some(both("fewer companions", "mazāk pavadoņu")),
        Turn::Applied | Turn::NotChosen | Turn::NothingToGive | Turn::NotPicked | Turn::Bounded => None,
    }
}

/// A day as it stands after "pēc".
fn dotted(date: Date) -> String {
    format!("{:02}.{:02}.{}.", date.day(), date.month(), date.year())
}

fn set_aside(aside: &SetAside) -> WhyLine {
    let (words, would_change) = match aside.standing {
        Standing::NotBegun => (both("not in force yet", "vēl nav spēkā"), Some(both("a later day", "vēlāka diena"))),
        Standing::Ended => (both("no longer in force", "vairs nav spēkā"), None),
        Standing::Superseded => (both("a newer version counts", "spēkā ir jaunāka versija"), None),
        Standing::Suspended => {
            (both("suspended", "apturēts"), Some(both("the end of the suspension", "apturējuma beigas")))
        }
        Standing::NotAskedFor => (
            both("a reward that nobody asked for", "balva, ko neviens nelūdza"),
            Some(both("points spent for it", "par to iztērēti punkti")),
        ),
    };
    WhyLine {
        benefit: aside.benefit.clone(),
        version: aside.version,
        name: None,
        line_id: None,
        result: Some(WhyResult::Standing(aside.standing)),
        amount: None,
        words,
        conditions: Vec::new(),
        would_change,
    }
}
