//! The schemes of identifiers: those that the deployment types, and those that providers accept or issue.

use std::collections::{BTreeMap, BTreeSet};

use avis_store::Kind as RowKind;
use serde_json::{Value, json};

use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::Page;
use crate::control::problem::Problem;
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed};

/// A scheme; `typed` is one whose values are compared as people type them.
pub(super) const SCHEME: &[Field] = &[
    needed("code", Kind::Token(1, 200)),
    needed("typed", Kind::Truth),
    needed("issued_by", Kind::List(&Kind::Token(1, 200), 100_000)),
    needed("accepted_by", Kind::List(&Kind::Token(1, 200), 100_000)),
];

/// Whether people type identifiers of a scheme here, or a provider issues or accepts them.
pub(crate) fn is_known_scheme(call: &Call<'_>, scheme: &str) -> Result<bool, Problem> {
    if call.control.cases.secret.forms().typed_schemes().any(|typed| typed == scheme) {
        return Ok(true);
    }
    let rules = rules::rules(call.control)?;
    let names = |content: &Value, field: &str| {
        let schemes = content.get(field).and_then(Value::as_array).into_iter().flatten();
        schemes.into_iter().any(|known| known.as_str() == Some(scheme))
    };
    let mut providers = rules.entries(RowKind::Provider);
    Ok(providers.any(|(_, content)| names(content, "issues") || names(content, "accepts")))
}

/// `GET /schemes`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let rules = rules::rules(call.control)?;
    let typed: BTreeSet<&str> = call.control.cases.secret.forms().typed_schemes().collect();
    let named = |field: &str| {
        let mut by_scheme: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (provider, content) in rules.entries(RowKind::Provider) {
            let schemes = content.get(field).and_then(Value::as_array).into_iter().flatten();
            for scheme in schemes.filter_map(Value::as_str) {
                by_scheme.entry(scheme).or_default().push(provider);
            }
        }
        by_scheme
    };
    let (issued, accepted) = (named("issues"), named("accepts"));
    let all: BTreeSet<&str> = typed.iter().chain(issued.keys()).chain(accepted.keys()).copied().collect();
    Ok(page.answer_of_all(all.into_iter().map(|scheme| {
        let issued_by = issued.get(scheme).map_or(&[][..], Vec::as_slice);
        let accepted_by = accepted.get(scheme).map_or(&[][..], Vec::as_slice);
        let shown = json!({"code": scheme, "typed": typed.contains(scheme), "issued_by": issued_by,
                           "accepted_by": accepted_by});
        (scheme.to_owned(), shown)
    })))
}
