//! How many programmes meet at one provider at once.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::document::{Provider, ProviderScope};
use crate::limits::PROGRAMMES_AT_PROVIDER_MAX;
use crate::loyalty::document::Programme;
use crate::read::{self, Place};
use crate::span::Interval;

/// A version while it is the one that counts.
struct Counting {
    index: usize,
    code: Box<str>,
    during: Interval,
    providers: ProviderScope,
}

/// Notes the programme that is one too many at a provider.
pub(super) fn check_overlap(catalogue: &Value, place: &Place<'_>) {
    let counting = counting(catalogue);
    let codes: HashSet<&str> = counting.iter().map(|version| &*version.code).collect();
    if codes.len() <= PROGRAMMES_AT_PROVIDER_MAX {
        return;
    }
    let listed = catalogue.get("providers").and_then(Value::as_array).into_iter().flatten();
    let mut providers: Vec<Provider> = listed.filter_map(|provider| read::parsed(provider).ok()).collect();
    // Who is not listed is in the scope of all providers only.
    providers.push(Provider::default());
    let moments: HashSet<Option<Timestamp>> = counting.iter().map(|version| version.during.from).collect();
    let mut noted = HashSet::new();
    for provider in &providers {
        let here: Vec<&Counting> = counting.iter().filter(|version| covers(&version.providers, provider)).collect();
        for at in moments.iter().map(|moment| moment.unwrap_or(Timestamp::MIN)) {
            let mut together: Vec<&&Counting> = here.iter().filter(|version| version.during.contains(at)).collect();
            together.sort_by_key(|version| version.index);
            if let Some(version) = together.get(PROGRAMMES_AT_PROVIDER_MAX)
                && noted.insert(version.index)
            {
                let detail = format!("expected at most {PROGRAMMES_AT_PROVIDER_MAX} programmes at a provider at once");
                let _ = place.item(version.index).field("scope").fault::<()>(detail);
            }
        }
    }
}

/// Each version from its beginning until it ends or a higher one begins.
fn counting(catalogue: &Value) -> Vec<Counting> {
    let listed = catalogue.get("programs").and_then(Value::as_array).into_iter().flatten().enumerate();
    let readable = listed.filter_map(|(index, value)| Some((index, read::parsed::<Programme>(value).ok()?)));
    let mut by_code: BTreeMap<Box<str>, Vec<(usize, Programme)>> = BTreeMap::new();
    for (index, programme) in readable {
        by_code.entry(programme.code.clone()).or_default().push((index, programme));
    }
    let mut counting = Vec::new();
    for (code, mut versions) in by_code {
        versions.sort_by_key(|(_, programme)| std::cmp::Reverse(programme.version));
        let mut superseded: Option<Timestamp> = None;
        for (index, programme) in versions {
            let mut during = programme.valid.resolve(&programme.time_zone);
            let from = during.from.unwrap_or(Timestamp::MIN);
            during.until = [during.until, superseded].into_iter().flatten().min();
            superseded = Some(superseded.map_or(from, |before| before.min(from)));
            counting.push(Counting { index, code: code.clone(), during, providers: programme.scope.providers });
        }
    }
    counting
}

fn covers(scope: &ProviderScope, provider: &Provider) -> bool {
    match scope {
        ProviderScope::All => true,
        ProviderScope::Codes(codes) => codes.contains(&provider.code),
        ProviderScope::Tags(tags) => tags.iter().any(|tag| provider.tags.contains(tag)),
    }
}
