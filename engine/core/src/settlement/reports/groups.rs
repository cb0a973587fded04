//! Small groups (settlement 5.2): what leaves its owner is leaves of one tree, each of so many holders that nobody is told, and
//! nothing is to be had by subtracting one from another.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Cell;
use crate::settlement::month::Month;

/// The fewest holders of a group that leaves its owner.
pub const HOLDERS_MIN: usize = 5;

/// What the children of a node are called together that are too few by themselves.
pub const OTHER: &str = "other";

/// A group that is published. Its columns are those of the tree; deeper ones of `other` are empty.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Leaf {
    /// As `2026-11`.
    pub month: String,
    /// Whose benefits.
    pub grantor: String,
    /// The benefit's code.
    pub benefit: String,
    /// Where holders resided.
    pub territory: String,
    /// Authorizations × benefits that stand, end less beginning.
    pub uses: i64,
    /// Distinct holders.
    pub holders: u64,
    /// Minor units.
    pub discount: i64,
}

/// A node of the tree, with what is below it by the next column.
struct Node {
    cell: Cell,
    children: BTreeMap<Arc<str>, Node>,
}

impl Node {
    /// The node of groups under the values of the columns that are left.
    fn of(groups: Vec<(&[Arc<str>], Cell)>) -> Self {
        let (mut cell, mut below) = (Cell::default(), BTreeMap::<Arc<str>, Vec<(&[Arc<str>], Cell)>>::new());
        for (values, group) in groups {
            if let Some((first, rest)) = values.split_first() {
                below.entry(first.clone()).or_default().push((rest, group));
            } else {
                cell.join(group);
            }
        }
        let children: BTreeMap<_, _> = below.into_iter().map(|(value, groups)| (value, Self::of(groups))).collect();
        children.values().for_each(|child| cell.join(child.cell.clone()));
        Self { cell, children }
    }

    fn holders(&self) -> usize {
        self.cell.holders.len()
    }

    /// The leaves below a node of enough holders, each behind the values on the way to it.
    fn leaves(self, way: &[Arc<str>], found: &mut Vec<(Vec<Arc<str>>, Cell)>) {
        if self.children.is_empty() {
            found.push((way.to_vec(), self.cell));
            return;
        }
        let (few, mut many): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.children.into_iter().partition(|(_, child)| child.holders() < HOLDERS_MIN);
        let behind = |value: &Arc<str>| way.iter().chain([value]).cloned().collect::<Vec<_>>();
        if !few.is_empty() {
            let mut other = Cell::default();
            few.into_values().for_each(|child| other.join(child.cell));
            while other.holders.len() < HOLDERS_MIN {
                let fewest = many.iter().min_by_key(|(value, child)| (child.holders(), *value));
                let Some(value) = fewest.map(|(value, _)| value.clone()) else { break };
                many.remove(&value).into_iter().for_each(|child| other.join(child.cell));
            }
            found.push((behind(&OTHER.into()), other));
        }
        many.into_iter().for_each(|(value, child)| child.leaves(&behind(&value), found));
    }
}

/// What is published of a closed month, of its groups by grantor, benefit and territory; nothing if too few holders are in all of
/// them. Sums beyond 64 bits stay at their edge.
pub fn leaves(month: Month, groups: BTreeMap<Vec<Arc<str>>, Cell>) -> Vec<Leaf> {
    let groups: Vec<_> = groups.into_iter().collect();
    let root = Node::of(groups.iter().map(|(values, cell)| (values.as_slice(), cell.clone())).collect());
    let mut found = Vec::new();
    if root.holders() >= HOLDERS_MIN {
        root.leaves(&[], &mut found);
    }
    let leaf = |(values, cell): (Vec<Arc<str>>, Cell)| {
        let column = |place: usize| values.get(place).map(ToString::to_string).unwrap_or_default();
        let discount = cell.discount.clamp(i64::MIN.into(), i64::MAX.into());
        Leaf {
            month: month.to_string(),
            grantor: column(0),
            benefit: column(1),
            territory: column(2),
            uses: cell.uses,
            holders: cell.holders.len() as u64,
            discount: i64::try_from(discount).unwrap_or_default(),
        }
    };
    found.into_iter().map(leaf).collect()
}
