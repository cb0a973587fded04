//! Finds the versions that can apply at a provider, on a product, for a holder: by look-up, never by a scan.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;

use crate::condition::Condition;
use crate::document::ProviderScope;
use crate::path::DottedPath;
use crate::rules::names::{Names, Symbol};
use crate::rules::table::{Id, Table};
use crate::rules::version::{Question, Version};

/// Versions by scope, product path and required group.
#[derive(Debug)]
pub(crate) struct Index {
    places: HashMap<(ScopeKey, Option<Symbol>), Id<Bucket>, FixedState>,
    buckets: Table<Bucket>,
}

/// How a scope names providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ScopeKey {
    /// All of them.
    All,
    /// By a tag.
    Tag(Symbol),
    /// By the code.
    Code(Symbol),
}

/// The versions of one scope key and one product path.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    /// Those that do not require a group.
    pub(crate) open: Vec<Id<Version>>,
    /// Those that require one of some groups, under each of them.
    by_group: HashMap<Symbol, Vec<Id<Version>>, FixedState>,
    /// Those that require a group, each once.
    pub(crate) gated: Vec<Id<Version>>,
}

impl Bucket {
    pub(crate) fn of_group(&self, group: Symbol) -> &[Id<Version>] {
        self.by_group.get(&group).map_or(&[], Vec::as_slice)
    }
}

impl Index {
    pub(crate) fn build(versions: &Table<Version>, names: &mut Names) -> Self {
        let mut buckets: HashMap<(ScopeKey, Option<Symbol>), Bucket, FixedState> = HashMap::default();
        for (id, version) in versions.iter() {
            let required = version.when.as_ref().and_then(required_groups);
            for scope in scope_keys(&version.scope.providers, names) {
                for path in product_keys(version.scope.products.as_deref(), names) {
                    put(buckets.entry((scope, path)).or_default(), id, required.as_ref());
                }
            }
        }
        let (keys, buckets): (Vec<_>, Vec<_>) = buckets.into_iter().unzip();
        let places = keys.into_iter().enumerate().map(|(place, key)| (key, Id::at(place))).collect();
        Self { places, buckets: Table::new(buckets) }
    }

    pub(crate) fn bucket(&self, id: Id<Bucket>) -> &Bucket {
        self.buckets.get(id)
    }

    /// The buckets in which versions for a product at a provider can be.
    pub(crate) fn find(&self, scopes: &[ScopeKey], product: &DottedPath, names: &Names) -> Vec<Id<Bucket>> {
        let mut found = Vec::new();
        let paths = product.upwards().filter_map(|path| names.find(path)).map(Some);
        for path in paths.chain([None]) {
            found.extend(scopes.iter().filter_map(|scope| self.places.get(&(*scope, path)).copied()));
        }
        found
    }
}

fn put(bucket: &mut Bucket, id: Id<Version>, required: Option<&BTreeSet<Symbol>>) {
    match required {
        None => bucket.open.push(id),
        Some(groups) => {
            bucket.gated.push(id);
            for group in groups {
                bucket.by_group.entry(*group).or_default().push(id);
            }
        }
    }
}

fn scope_keys(providers: &ProviderScope, names: &mut Names) -> Vec<ScopeKey> {
    match providers {
        ProviderScope::All => vec![ScopeKey::All],
        ProviderScope::Codes(codes) => distinct(codes, names).map(ScopeKey::Code).collect(),
        ProviderScope::Tags(tags) => distinct(tags, names).map(ScopeKey::Tag).collect(),
    }
}

fn distinct(words: &[Box<str>], names: &mut Names) -> impl Iterator<Item = Symbol> + use<> {
    words.iter().map(|word| names.intern(word)).collect::<BTreeSet<_>>().into_iter()
}

fn product_keys(products: Option<&[DottedPath]>, names: &mut Names) -> BTreeSet<Option<Symbol>> {
    match products {
        None => BTreeSet::from([None]),
        Some(paths) => paths.iter().map(|path| Some(names.intern(path.as_str()))).collect(),
    }
}

/// The groups of which a holder must have been given one, whenever, for the condition to be true; none if it can be true
/// without any.
fn required_groups(condition: &Condition<Question>) -> Option<BTreeSet<Symbol>> {
    match condition {
        Condition::Leaf(Question::MemberOf { groups, .. }) => Some(groups.iter().copied().collect()),
        Condition::Leaf(_) | Condition::Not(_) => None,
        Condition::All(parts) => parts.iter().filter_map(required_groups).min_by_key(BTreeSet::len),
        Condition::Any(parts) => {
            parts.iter().map(required_groups).try_fold(BTreeSet::new(), |union, groups| Some(&union | &groups?))
        }
    }
}
