//! The versions that can apply, found by the index: never by looking at each of them.

use smallvec::SmallVec;

use crate::plan::{Facts, LineSet};
use crate::request::{Line, LineFor};
use crate::rules::{Bucket, Id, Provider, Version};
use crate::trace::Recorder;

/// A version that the index can't rule out.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) version: Id<Version>,
    /// The lines whose product is in its scope.
    pub(super) in_scope: LineSet,
    /// Whether one of those is the holder's own; asked only of versions that cover companions.
    pub(super) beside_holder: bool,
}

/// Where versions for lines can be, line by line.
pub(super) type LineBuckets = SmallVec<[(Id<Line>, Id<Bucket>); 4]>;

/// Where versions for the lines of a request at a provider can be.
pub(super) fn buckets(facts: &Facts, provider: &Provider) -> LineBuckets {
    let mut buckets = LineBuckets::new();
    for (place, line) in facts.request.lines.iter().enumerate() {
        let found = |bucket| buckets.push((Id::at(place), bucket));
        facts.rules.index.find(&provider.places, &line.product, &facts.rules.names, found);
    }
    buckets
}

/// Versions that the index can't rule out, in the order of evaluation; with a full recorder also those for whose groups the
/// holder never was.
pub(super) fn found<R: Recorder>(facts: &Facts, buckets: &LineBuckets) -> SmallVec<[Found; 4]> {
    let mut places: SmallVec<[(Id<Bucket>, usize); 8]> = SmallVec::new();
    buckets.iter().for_each(|(line, bucket)| places.push((*bucket, line.place())));
    places.sort_unstable();
    let mut found = SmallVec::<[Found; 4]>::new();
    // Each bucket once, with the lines for which it was found.
    for same in places.chunk_by(|(left, _), (right, _)| left == right) {
        let Some((bucket, _)) = same.first() else { continue };
        let lines: LineSet = same.iter().map(|(_, line)| *line).collect();
        let mut add = |versions: &[Id<Version>]| {
            for version in versions {
                found.push(Found { version: *version, in_scope: lines.clone(), beside_holder: false });
            }
        };
        let bucket = facts.rules.index.bucket(*bucket);
        add(&bucket.open);
        if R::FULL {
            bucket.gated.iter().for_each(|gated| add(&gated.versions));
        } else {
            facts.groups().for_each(|group| add(bucket.of_group(group)));
        }
    }
    found.sort_unstable_by_key(|found| found.version);
    // It can be in several buckets, and in one of them for several groups.
    found.dedup_by(|again, first| {
        let is_same = again.version == first.version;
        if is_same {
            first.in_scope.add(&again.in_scope);
        }
        is_same
    });
    found.iter_mut().for_each(|found| found.settle(facts));
    found
}

impl Found {
    /// Takes out the lines that its scope excepts, and looks for the holder's own.
    fn settle(&mut self, facts: &Facts) {
        let (version, lines) = (facts.rules.versions.get(self.version), &facts.request.lines);
        if !version.scope.except_products.is_empty() {
            let stays = |line: &Line| !version.scope.excepts(line.product.as_str());
            self.in_scope = self.in_scope.iter().filter(|place| lines.get(*place).is_some_and(stays)).collect();
        }
        if version.covers.companions > 0 {
            let is_own = |line: &Line| line.passenger == LineFor::Holder;
            self.beside_holder = self.in_scope.iter().any(|place| lines.get(place).is_some_and(is_own));
        }
    }
}
