//! What is shown where a page can't be: who it is for, that there is none, or where to sign in first.

use avis_admin::control::{Code, Refusal};

use super::{Next, sign_in};
use crate::layout::Page;
use crate::view::{Details, Html, link};
use crate::visit::Visit;

/// What follows a refusal that the page itself can't show.
pub(crate) fn refused(visit: &mut Visit<'_>, refusal: &Refusal) -> (u16, Next) {
    match refusal.code {
        Code::NotSignedIn | Code::SignInAgain => return sign_in::first(visit, refusal),
        _ => {}
    }
    let mut page = Page::new(visit.word("problem", refusal.code.word()));
    page.add(Html::paragraph(visit.say(match refusal.code.status() {
        403 if refusal.code == Code::CrossSite => "fault-cross-site",
        403 => "fault-forbidden",
        404 => "fault-not-found",
        413 => "fault-too-large",
        429 | 503 => "fault-later",
        _ => "fault-other",
    })));
    // What stands in the address is told by its fields: the form that made it is not on this page.
    for (pointer, detail) in &refusal.errors {
        let field = visit.word("column", pointer.trim_start_matches('/'));
        page.add(Html::paragraph(format!("{field}: {}", visit.texts.fault(detail))));
    }
    if !refusal.errors.is_empty() {
        page.add(link(visit.path.clone(), visit.say("fault-anew")));
    }
    let mut told = Vec::new();
    if refusal.detail != refusal.code.title() {
        told.push(Html::paragraph(&*refusal.detail));
    }
    told.push(Html::paragraph(visit.texts.with("fault-request", &[("id", visit.request().into())])));
    page.add(Html::of(&Details { summary: visit.say("fault-more"), parts: told, is_open: false }));
    (refusal.code.status(), Next::Show(page.whole(visit)))
}
