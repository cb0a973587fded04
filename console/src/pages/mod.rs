//! The pages: one table, from which they are found, and by which people find them.

mod account;
mod choices;
mod faults;
mod help;
mod sign_in;
mod start;

use avis_admin::control::{Code, Refusal};

use crate::layout::Page as Whole;
use crate::simulator;
use crate::view::Html;
use crate::visit::Visit;

pub(crate) use faults::refused;

/// What a page shows: its title and parts, or something of its own.
pub(crate) enum Shown {
    /// A page of parts.
    Page(Whole),
    /// A part of a page, or a page with a template of its own.
    Html(Html),
    /// A file to keep.
    File { name: String, media_type: &'static str, bytes: Vec<u8> },
}

/// What follows a visit.
pub(crate) enum Next {
    /// A page.
    Show(Html),
    /// Another page is to be asked for.
    Go(String),
    /// A file is kept.
    Save { name: String, media_type: &'static str, bytes: Vec<u8> },
}

/// What a step comes to.
pub(crate) enum Stepped {
    /// It was done; a page shows it.
    Go(String),
    /// It was done; something is shown that is shown once.
    Show(Whole),
    /// Something is shown that has a template of its own, with a status.
    Html(u16, Html),
    /// The page is shown again with what was found.
    Again,
}

type Show = fn(&Visit<'_>) -> Result<Shown, Refusal>;
pub(crate) type Step = fn(&Visit<'_>) -> Result<Stepped, Refusal>;

/// A page.
pub(crate) struct Page {
    /// Its path; `{name}` stands for one segment.
    pub(crate) path: &'static str,
    /// Whether it is for who did not sign in, too.
    pub(crate) is_open: bool,
    pub(crate) show: Show,
    /// What its forms do, by their names.
    pub(crate) steps: &'static [(&'static str, Step)],
}

/// A page that leads to others.
pub(crate) struct Room {
    pub(crate) path: &'static str,
    /// The word for it.
    pub(crate) name: &'static str,
    /// The operation without which there is nothing to see.
    pub(crate) needs: Option<(&'static str, &'static str)>,
}

/// The rooms, in their order.
pub(crate) const ROOMS: &[Room] = &[Room { path: "/", name: "start", needs: None }];

const fn page(path: &'static str, show: Show, steps: &'static [(&'static str, Step)]) -> Page {
    Page { path, is_open: false, show, steps }
}

const fn open(path: &'static str, show: Show, steps: &'static [(&'static str, Step)]) -> Page {
    Page { is_open: true, ..page(path, show, steps) }
}

/// Every page. A fixed segment stands before a parameter.
pub(crate) const PAGES: &[Page] = &[
    page("/", start::show, &[]),
    page("/account", account::show, &[("end_session", account::end_session), ("password", account::change_password)]),
    open("/choices", choices::show, &[("", choices::choose)]),
    open("/help", help::show, &[]),
    open("/session-ending", sign_in::ending, &[("", sign_in::prolong)]),
    open("/sign-in", sign_in::show, &[("sign_in", sign_in::enter)]),
    open("/sign-out", sign_in::show, &[("", sign_in::leave)]),
    open("/join", sign_in::join, &[("join", sign_in::accept)]),
    open("/try", simulator::show, simulator::STEPS),
];

/// Answers a visit: a page, or a step of one of its forms.
pub(crate) fn answer(visit: &mut Visit<'_>, is_sent: bool) -> (u16, Next) {
    let Some((page, parameters)) = find(&visit.path) else { return refused(visit, &Code::NotFound.into()) };
    visit.parameters = parameters;
    if !page.is_open && visit.me.is_none() {
        return refused(visit, &Code::NotSignedIn.into());
    }
    if !is_sent {
        return shown(visit, page, 200);
    }
    let name = visit.form.find("do").unwrap_or_default();
    // Forms that are one of many on their page are named `STEP:WHICH`.
    let name = name.split(':').next().unwrap_or_default();
    let Some((_, step)) = page.steps.iter().find(|(known, _)| *known == name) else {
        return refused(visit, &Code::NotFound.into());
    };
    match step(visit) {
        Ok(Stepped::Go(path)) => (303, Next::Go(path)),
        Ok(Stepped::Show(whole)) => (200, Next::Show(whole.whole(visit))),
        Ok(Stepped::Html(status, html)) => (status, Next::Show(html)),
        Ok(Stepped::Again) => shown(visit, page, 200),
        // What can be mended is mended on the page.
        Err(refusal) if !matches!(refusal.code.status(), 401 | 404) || page.is_open => {
            let status = refusal.code.status();
            visit.refusal = Some(refusal);
            shown(visit, page, status)
        }
        Err(refusal) => refused(visit, &refusal),
    }
}

fn shown(visit: &mut Visit<'_>, page: &Page, status: u16) -> (u16, Next) {
    match (page.show)(visit) {
        Ok(Shown::Page(whole)) => (status, Next::Show(whole.whole(visit))),
        Ok(Shown::Html(html)) => (status, Next::Show(html)),
        Ok(Shown::File { name, media_type, bytes }) => (status, Next::Save { name, media_type, bytes }),
        Err(refusal) => refused(visit, &refusal),
    }
}

/// The page of a path, with what stands in it.
fn find(path: &str) -> Option<(&'static Page, Vec<(&'static str, String)>)> {
    PAGES.iter().find_map(|page| Some((page, parameters(page.path, path)?)))
}

fn parameters(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (mut expected, mut given, mut found) = (pattern.split('/'), path.split('/'), Vec::new());
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(expected), Some(given)) => match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) if !given.is_empty() => found.push((name, given.to_owned())),
                None if expected == given => {}
                _ => return None,
            },
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_by_its_path() {
        assert_eq!(parameters("/drafts/{id}", "/drafts/a"), Some(vec![("id", "a".to_owned())]));
        assert_eq!((parameters("/drafts/{id}", "/drafts/"), parameters("/drafts", "/drafts/a")), (None, None));
        assert!(find("/").is_some() && find("/nothing").is_none());
    }

    #[test]
    fn every_room_is_a_page() {
        for room in ROOMS {
            assert!(find(room.path).is_some(), "{}", room.path);
        }
    }
}
