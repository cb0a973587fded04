//! A condition laid out as the questions that are asked of it, one after another.

use std::sync::Arc;

use crate::condition::Condition;
use crate::rules::{CompiledCondition, Question};
use crate::truth::Truth;

/// Whether a condition is true, asked in the order of its leaves: each answer says which is asked next. `not` is in what is wished of
/// the leaves below it, so that only two things can become of each: it is as wished, or it is false, true or unknown instead.
///
/// What a trace hears, and who is to blame, is told by the condition itself.
#[derive(Debug)]
pub(crate) struct Steps(Box<[Step]>);

/// A leaf, and where its answer leads.
#[derive(Debug)]
struct Step {
    question: Arc<Question>,
    wished: Truth,
    met: usize,
    unmet: usize,
}

/// No place of a step: the condition is true.
const TRUE: usize = usize::MAX;
/// No place of a step: it is not.
const NOT_TRUE: usize = usize::MAX - 1;

impl Steps {
    pub(crate) fn of(condition: &CompiledCondition) -> Self {
        let mut steps = Vec::new();
        lay(condition, Truth::True, (TRUE, NOT_TRUE), &mut steps);
        Self(steps.into_boxed_slice())
    }

    /// Whether it is true by these answers.
    pub(crate) fn are_met(&self, mut answer: impl FnMut(&Question) -> Truth) -> bool {
        let mut place = 0;
        while let Some(step) = self.0.get(place) {
            place = if answer(&step.question) == step.wished { step.met } else { step.unmet };
        }
        place == TRUE
    }
}

/// Lays out the leaves of a condition that leads to one place where it is as wished, and to another where it is not.
fn lay(condition: &CompiledCondition, wished: Truth, (met, unmet): (usize, usize), steps: &mut Vec<Step>) {
    // `all` is true if each part is, and false if one is; `any` the other way round. A reader takes neither without a part.
    let (parts, each_counts) = match condition {
        Condition::Leaf(question) => return steps.push(Step { question: question.clone(), wished, met, unmet }),
        Condition::Not(inner) => return lay(inner, wished.not(), (met, unmet), steps),
        Condition::All(parts) => (parts, wished == Truth::True),
        Condition::Any(parts) => (parts, wished == Truth::False),
    };
    let last = parts.len().saturating_sub(1);
    for (place, part) in parts.iter().enumerate() {
        let next = steps.len() + part.leaves().len();
        let leads_to = match (place == last, each_counts) {
            (true, _) => (met, unmet),
            (false, true) => (next, unmet),
            (false, false) => (met, next),
        };
        lay(part, wished, leads_to, steps);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::condition::Leaf;
    use Truth::{False, True, Unknown};

    fn leaf(name: &str) -> CompiledCondition {
        Condition::Leaf(Arc::new(Question::Plain(Leaf::Coupon { campaign: name.into() })))
    }

    fn name(question: &Question) -> &str {
        let Question::Plain(Leaf::Coupon { campaign }) = question else { panic!("{question:?}") };
        campaign
    }

    /// As three-valued logic has it.
    fn truth(condition: &CompiledCondition, answers: &HashMap<&str, Truth>) -> Truth {
        match condition {
            Condition::All(parts) => parts.iter().map(|part| truth(part, answers)).min().unwrap(),
            Condition::Any(parts) => parts.iter().map(|part| truth(part, answers)).max().unwrap(),
            Condition::Not(inner) => truth(inner, answers).not(),
            Condition::Leaf(question) => answers[name(question)],
        }
    }

    #[test]
    fn a_condition_and_its_steps_are_true_by_the_same_answers() {
        let not = |inner| Condition::Not(Box::new(inner));
        let (a, b, c, d) = (|| leaf("a"), || leaf("b"), || leaf("c"), || leaf("d"));
        let conditions = [
            a(),
            not(a()),
            not(not(a())),
            Condition::All(vec![a(), not(b()), Condition::Any(vec![c(), d()])]),
            Condition::Any(vec![Condition::All(vec![a(), b()]), not(Condition::Any(vec![c(), not(d())]))]),
            not(Condition::All(vec![Condition::Any(vec![a(), b()]), not(Condition::All(vec![c(), d()]))])),
            Condition::Any(vec![
                Condition::Any(vec![a()]),
                Condition::All(vec![not(Condition::Any(vec![b(), c()])), d()]),
            ]),
        ];
        let all = [False, Unknown, True];
        let answers = all.into_iter().flat_map(|a| all.into_iter().flat_map(move |b| all.map(move |c| (a, b, c))));
        let answers =
            answers.flat_map(|(a, b, c)| all.map(|d| HashMap::from([("a", a), ("b", b), ("c", c), ("d", d)])));
        let answers: Vec<_> = answers.collect();
        for condition in conditions {
            let steps = Steps::of(&condition);
            for answers in &answers {
                let wished = truth(&condition, answers) == True;
                assert_eq!(steps.are_met(|question| answers[name(question)]), wished, "{condition:?} {answers:?}");
            }
        }
    }

    #[test]
    fn what_does_not_matter_any_more_is_not_asked() {
        let condition = Condition::All(vec![Condition::Any(vec![leaf("a"), leaf("b")]), leaf("c"), leaf("d")]);
        let mut asked = String::new();
        let met = Steps::of(&condition).are_met(|question| {
            asked.push_str(name(question));
            if name(question) == "c" { False } else { True }
        });
        assert_eq!((met, &*asked), (false, "ac"));
    }
}
