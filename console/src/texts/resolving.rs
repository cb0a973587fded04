//! From a message to a text: places are filled, and a form is chosen by a number or a word.

use avis_core::telling::{self, Language};
use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey};

use super::Argument;
use super::plural::category;

/// A message with what stands in its places; a place for which nothing is given shows its name.
pub(super) fn resolved(pattern: &Pattern<&str>, arguments: &[(&str, Argument<'_>)], language: Language) -> String {
    let mut text = String::new();
    write(pattern, arguments, language, &mut text);
    text
}

fn write(pattern: &Pattern<&str>, arguments: &[(&str, Argument<'_>)], language: Language, text: &mut String) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => text.push_str(value),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => {
                text.push_str(&inlined(inline, arguments, language));
            }
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                if let Some(variant) = chosen(selector, variants, arguments, language) {
                    write(&variant.value, arguments, language, text);
                }
            }
        }
    }
}

fn argument<'a>(inline: &InlineExpression<&str>, arguments: &[(&str, Argument<'a>)]) -> Option<Argument<'a>> {
    let InlineExpression::VariableReference { id } = inline else { return None };
    arguments.iter().find(|(name, _)| *name == id.name).map(|(_, argument)| *argument)
}

fn inlined(inline: &InlineExpression<&str>, arguments: &[(&str, Argument<'_>)], language: Language) -> String {
    match (inline, argument(inline, arguments)) {
        (_, Some(Argument::Text(text))) => text.to_owned(),
        (_, Some(Argument::Number(number))) => telling::number(number, language),
        (InlineExpression::StringLiteral { value } | InlineExpression::NumberLiteral { value }, None) => {
            (*value).to_owned()
        }
        (InlineExpression::VariableReference { id }, None) => format!("{{{}}}", id.name),
        _ => String::new(),
    }
}

/// The variant of the number itself, of its category, or of the word; else the one that is marked.
fn chosen<'p>(
    selector: &InlineExpression<&str>,
    variants: &'p [Variant<&'p str>],
    arguments: &[(&str, Argument<'_>)],
    language: Language,
) -> Option<&'p Variant<&'p str>> {
    let given = argument(selector, arguments);
    let exactly = |variant: &&Variant<&str>| match (&variant.key, given) {
        (VariantKey::NumberLiteral { value }, Some(Argument::Number(number))) => value.parse() == Ok(number),
        (VariantKey::Identifier { name }, Some(Argument::Text(text))) => *name == text,
        _ => false,
    };
    let by_category = |variant: &&Variant<&str>| match (&variant.key, given) {
        (VariantKey::Identifier { name }, Some(Argument::Number(number))) => *name == category(number, language),
        _ => false,
    };
    let found = variants.iter().find(exactly).or_else(|| variants.iter().find(by_category));
    found.or_else(|| variants.iter().find(|variant| variant.default))
}
