//! Finds the versions that can apply at a provider, on a product, for a holder: by look-up, never by a scan.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;

use crate::condition::Condition;
use crate::document::ProviderScope;
use crate::path::DottedPath;
use crate::reason::{Reason, Reasons};
use crate::rules::names::{Names, Symbol};
use crate::rules::table::{Id, Table};
use crate::rules::version::{CompiledCondition, Question, Says, Version};

/// Versions by scope, product path and required group.
#[derive(Debug)]
pub(crate) struct Index {
    scopes: HashMap<ScopeKey, Id<ScopeIndex>, FixedState>,
    places: Table<ScopeIndex>,
    buckets: Table<Bucket>,
    /// The lengths of all paths in the places, so that a product is looked up only where one of them can end.
    path_lengths: Box<[usize]>,
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

/// Where the versions of one scope key are.
#[derive(Debug, Default)]
pub(crate) struct ScopeIndex {
    /// Those for all products.
    of_all_products: Option<Id<Bucket>>,
    by_path: HashMap<Symbol, Id<Bucket>, FixedState>,
}

/// The versions of one scope key and one product path.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    /// Those that do not require a group.
    pub(crate) open: Vec<Id<Version>>,
    /// Those that require one of some groups, under each of them.
    by_group: HashMap<Symbol, Vec<Id<Version>>, FixedState>,
    /// Those that require a group, each once, by what they can say to who was never given one.
    pub(crate) gated: Vec<Gated>,
}

/// Versions that require one of some groups and can say the same to everybody outside those.
#[derive(Debug)]
pub(crate) struct Gated {
    pub(crate) says: Says,
    pub(crate) versions: Vec<Id<Version>>,
}

impl Bucket {
    /// All of them, each once.
    pub(crate) fn versions(&self) -> impl Iterator<Item = Id<Version>> {
        let gated = self.gated.iter().flat_map(|gated| &gated.versions);
        self.open.iter().chain(gated).copied()
    }

    pub(crate) fn of_group(&self, group: Symbol) -> &[Id<Version>] {
        self.by_group.get(&group).map_or(&[], Vec::as_slice)
    }
}

impl Index {
    pub(crate) fn build(versions: &Table<Version>, names: &mut Names) -> Self {
        let mut buckets: HashMap<(ScopeKey, Option<Symbol>), Bucket, FixedState> = HashMap::default();
        let mut path_lengths = BTreeSet::new();
        for (id, version) in versions.iter() {
            let gate = version.when.as_ref().and_then(gate);
            path_lengths.extend(version.scope.products.iter().flatten().map(|path| path.as_str().len()));
            for scope in scope_keys(&version.scope.providers, names) {
                for path in product_keys(version.scope.products.as_deref(), names) {
                    put(buckets.entry((scope, path)).or_default(), id, version, gate.as_ref());
                }
            }
        }
        let (keys, buckets): (Vec<_>, Vec<_>) = buckets.into_iter().unzip();
        let mut places: HashMap<ScopeKey, ScopeIndex, FixedState> = HashMap::default();
        for (place, (scope, path)) in keys.into_iter().enumerate() {
            let of_scope = places.entry(scope).or_default();
            match path {
                Some(path) => drop(of_scope.by_path.insert(path, Id::at(place))),
                None => of_scope.of_all_products = Some(Id::at(place)),
            }
        }
        let (keys, places): (Vec<_>, Vec<_>) = places.into_iter().unzip();
        let scopes = keys.into_iter().enumerate().map(|(place, scope)| (scope, Id::at(place))).collect();
        let (places, buckets) = (Table::new(places), Table::new(buckets));
        Self { scopes, places, buckets, path_lengths: path_lengths.into_iter().collect() }
    }

    pub(crate) fn bucket(&self, id: Id<Bucket>) -> &Bucket {
        self.buckets.get(id)
    }

    /// Where the versions of a scope key are, if there are any.
    pub(crate) fn places_of(&self, scope: ScopeKey) -> Option<Id<ScopeIndex>> {
        self.scopes.get(&scope).copied()
    }

    /// Hands out the buckets in which versions for a product at a provider can be.
    pub(crate) fn find(
        &self,
        places: &[Id<ScopeIndex>],
        product: &DottedPath,
        names: &Names,
        mut found: impl FnMut(Id<Bucket>),
    ) {
        let places = || places.iter().map(|id| self.places.get(*id));
        for path in self.path_lengths.iter().filter_map(|bytes| product.of_length(*bytes)) {
            if let Some(path) = names.find(path) {
                places().filter_map(|of_scope| of_scope.by_path.get(&path)).for_each(|bucket| found(*bucket));
            }
        }
        places().filter_map(|of_scope| of_scope.of_all_products).for_each(found);
    }
}

fn put(bucket: &mut Bucket, id: Id<Version>, version: &Version, gate: Option<&Gate>) {
    let Some(gate) = gate else { return bucket.open.push(id) };
    for group in &gate.groups {
        bucket.by_group.entry(*group).or_default().push(id);
    }
    let says = Says::of(version.covers, gate.blames);
    match bucket.gated.iter_mut().find(|gated| gated.says == says) {
        Some(alike) => alike.versions.push(id),
        None => bucket.gated.push(Gated { says, versions: vec![id] }),
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

/// The groups of which a holder must have been given one, whenever, for a condition to be true.
struct Gate {
    groups: BTreeSet<Symbol>,
    /// The reasons that the condition can give to who was given none of them.
    blames: Reasons,
}

/// None if the condition can be true without any group.
fn gate(condition: &CompiledCondition) -> Option<Gate> {
    match condition {
        Condition::Leaf(question) => match &**question {
            Question::MemberOf { groups, .. } => {
                let blames = Reasons::default().with(Reason::NoRight);
                Some(Gate { groups: groups.iter().copied().collect(), blames })
            }
            _ => None,
        },
        Condition::Not(_) => None,
        Condition::All(parts) => narrowest(parts),
        Condition::Any(parts) => parts.iter().map(gate).reduce(either)?,
    }
}

/// The gate of the part that names the fewest groups; the parts before it can be to blame as well.
fn narrowest(parts: &[CompiledCondition]) -> Option<Gate> {
    let mut before = Reasons::default();
    let gates = parts.iter().filter_map(|part| {
        let found = gate(part).map(|gate| Gate { blames: gate.blames.or(before), ..gate });
        before = part.leaves().into_iter().fold(before, |reasons, leaf| reasons.with(leaf.reason()));
        found
    });
    gates.min_by_key(|gate| gate.groups.len())
}

/// Where no part is true, the first is to blame.
fn either(first: Option<Gate>, other: Option<Gate>) -> Option<Gate> {
    let (first, other) = (first?, other?);
    Some(Gate { groups: &first.groups | &other.groups, blames: first.blames })
}
