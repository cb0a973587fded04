//! What is sought in a list: by fields that stand in the address, shown again with the faults of what was refused.

use avis_admin::control::Refusal;

use crate::view::{Details, Field, Html, Kind, Search};
use crate::visit::Visit;

impl Visit<'_> {
    /// A form by which a list is searched: its fields are in the address.
    pub(crate) fn search(&self, fields: Vec<Field>) -> Html {
        let typed = |field: &Field| self.query.find(&field.name).or_else(|| self.refused.find(&field.name));
        let is_open = fields.iter().any(|field| typed(field).is_some_and(|typed| !typed.trim().is_empty()));
        let search = Search { address: "", fields, submit: self.say("search-do") };
        Html::of(&Details { summary: self.say("search-title"), parts: vec![self.searched(search)], is_open })
    }

    /// A field by which a list is searched, of a kind of line.
    pub(crate) fn sought(&self, kind: &'static str, name: &'static str) -> Field {
        Field::new(name, self.word("column", name)).kind(Kind::Line(kind)).optional()
    }

    /// A form of what stands in the address, as it was filled: with faults beside the fields of what was refused.
    pub(crate) fn searched(&self, mut search: Search) -> Html {
        for field in &mut search.fields {
            let typed = self.refused.find(&field.name);
            let typed = typed.or_else(|| self.query.find(&field.name).filter(|_| field.value.is_empty()));
            if let Some(typed) = typed {
                typed.clone_into(&mut field.value);
            }
            if self.is_refused() && field.fault.is_none() {
                field.fault = self.fault(&field.name);
            }
            self.name_fault(&Search::id(field), field);
        }
        Html::of(&search)
    }

    /// Whether the page is shown without what its address asks for: that was refused.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.pairs().next().is_some()
    }

    /// Leaves out what the address asks for, where it is that which was refused: the page can be shown without it.
    pub(crate) fn leave_out(&mut self, refusal: &Refusal) -> bool {
        let can_be = refusal.code.status() == 422 && self.refusal.is_none() && self.query.pairs().next().is_some();
        if can_be {
            self.refused = std::mem::take(&mut self.query);
            self.refusal = Some(refusal.clone());
        }
        can_be
    }
}
