//! The pages: one table, from which they are found, and by which people find them.

mod account;
mod audit;
mod beginning;
mod benefits;
mod breakdown;
mod budgets;
mod calls;
mod cards;
mod case;
mod cases;
mod changed_cases;
mod changes;
mod choices;
mod conditions;
mod contracts;
mod cost;
mod coupons;
mod csv;
mod days;
mod disputes;
mod drafts;
mod engines;
mod entering;
mod exports;
mod faults;
mod figures;
mod filled;
mod finding;
mod forms;
mod ground;
mod groups;
mod help;
mod history;
mod indicators;
mod jobs;
mod leaves;
mod lists;
mod live;
mod mapping;
mod meeting;
mod members;
mod metering;
mod parties;
mod party;
mod period;
mod places;
mod price_list;
mod prices;
mod priorities;
mod profile;
mod programmes;
mod providers;
mod reconciling;
mod resolving;
mod services;
mod sign_in;
mod spread;
mod start;
mod statements;
mod terminals;
mod through;
mod tokens;
mod turnover;
mod unused;
mod user;
mod why;
mod why_not;

use avis_admin::control::{Code, Refusal, Reply, path_parameters};

use crate::layout::Page as Whole;
use crate::simulator;
use crate::view::Html;
use crate::visit::Visit;

pub(crate) use faults::refused;

/// A file to keep.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) content: Content,
}

/// What is in a file.
pub(crate) enum Content {
    /// Bytes, of a media type.
    Written(&'static str, Vec<u8>),
    /// A file of the control plane, which goes out while it is written.
    Read(Reply),
}

/// What a page shows: its title and parts, or something of its own.
pub(crate) enum Shown {
    /// A page of parts.
    Page(Whole),
    /// A part of a page, or a page with a template of its own.
    Html(Html),
    /// A file to keep.
    File(File),
}

/// What follows a visit.
pub(crate) enum Next {
    /// A page.
    Show(Html),
    /// Another page is to be asked for.
    Go(String),
    /// A file is kept.
    Save(File),
}

/// What a step comes to.
pub(crate) enum Stepped {
    /// It was done; a page shows it.
    Go(String),
    /// It was done; something is shown that is shown once.
    Show(Whole),
    /// Something is shown that has a template of its own, with a status.
    Html(u16, Html),
    /// It was done; a file is kept.
    Save(File),
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
    /// The word for those among which it stands; none of one that stands alone.
    pub(crate) group: &'static str,
    /// The operation without which there is nothing to see.
    pub(crate) needs: Option<(&'static str, &'static str)>,
}

const fn room(
    group: &'static str,
    path: &'static str,
    name: &'static str,
    needs: (&'static str, &'static str),
) -> Room {
    Room { path, name, group, needs: Some(needs) }
}

/// The rooms, in their order; those of a group stand together.
pub(crate) const ROOMS: &[Room] = &[
    Room { path: "/", name: "start", group: "", needs: None },
    room("rules", "/benefits", "benefits", ("GET", "/benefits")),
    room("rules", "/drafts", "drafts", ("GET", "/drafts")),
    room("rules", "/priorities", "priorities", ("GET", "/providers/{code}/priorities")),
    room("rules", "/ground", "ground", ("PUT", "/slots/{name}")),
    room("rules", "/groups", "groups", ("POST", "/groups")),
    room("rules", "/lists", "lists", ("POST", "/imports")),
    room("rules", "/programmes", "programmes", ("GET", "/programs")),
    room("rules", "/prices", "prices", ("POST", "/providers/{code}/prices")),
    room("tills", "/terminals", "terminals", ("GET", "/terminals")),
    room("tills", "/sales", "sales", ("GET", "/authorizations")),
    room("tills", "/providers", "providers", ("PUT", "/providers/{code}")),
    room("tills", "/cards", "cards", ("POST", "/means/block")),
    room("tills", "/why", "why", ("POST", "/explain")),
    room("money", "/days", "days", ("POST", "/providers/{code}/days/{date}/close")),
    room("money", "/contracts", "contracts", ("GET", "/contracts")),
    room("money", "/statements", "statements", ("GET", "/statements")),
    room("money", "/reconciling", "reconciling", ("POST", "/providers/{code}/reconciliations")),
    room("people", "/parties", "parties", ("POST", "/parties")),
    room("people", "/users", "users", ("GET", "/users")),
    room("people", "/services", "services", ("POST", "/services")),
    room("people", "/forms", "forms", ("GET", "/forms")),
    room("people", "/engines", "engines", ("GET", "/engines")),
    room("people", "/audit", "audit", ("GET", "/audit")),
    room("figures", "/figures", "figures", ("GET", "/reports/figures")),
    // Who has budgets drafts benefits.
    room("figures", "/budgets", "budgets", ("GET", "/drafts")),
    room("figures", "/indicators", "indicators", ("GET", "/indicators")),
    room("figures", "/metering", "metering", ("GET", "/metering")),
];

const fn page(path: &'static str, show: Show, steps: &'static [(&'static str, Step)]) -> Page {
    Page { path, is_open: false, show, steps }
}

const fn open(path: &'static str, show: Show, steps: &'static [(&'static str, Step)]) -> Page {
    Page { is_open: true, ..page(path, show, steps) }
}

/// Every page. A fixed segment stands before a parameter.
pub(crate) const PAGES: &[Page] = &[
    page("/", start::show, &[]),
    page(
        "/account",
        account::show,
        &[
            ("end_session", account::end_session),
            ("end_token", tokens::end),
            ("make_token", tokens::make),
            ("password", account::change_password),
        ],
    ),
    page("/adjustments", members::adjustments, &[("confirm", members::confirm), ("remove", members::remove)]),
    page("/audit", audit::list, &[("export", audit::export), ("verify", audit::verify)]),
    page("/audit/people", audit::people, &[]),
    page("/audit/{seq}", audit::show, &[]),
    page("/benefits", benefits::list, &[("export", benefits::export)]),
    page("/benefits/stop", benefits::several, &[("stop", benefits::suspend_several)]),
    page(
        "/benefits/{code}",
        benefits::show,
        &[
            ("draft", benefits::draft),
            ("suspend", benefits::suspend),
            ("resume", benefits::resume),
            ("end", benefits::end),
        ],
    ),
    page("/benefits/{code}/{n}", benefits::version, &[]),
    page("/benefits/{code}/{n}/differences", changes::of_version, &[]),
    page("/budgets", budgets::list, &[]),
    page("/budgets/csv", budgets::file, &[]),
    page("/campaigns", coupons::list, &[]),
    page("/campaigns/{code}", coupons::campaign, &[("make", coupons::make)]),
    page("/coupons/{id}", coupons::show, &[("take", coupons::take)]),
    page("/coupons/{id}/progress", coupons::progress, &[]),
    page("/cards", cards::show, &[("block", cards::block), ("export", cards::export)]),
    page("/contracts", contracts::list, &[("make", contracts::make)]),
    page("/contracts/{id}", contracts::show, &[("confirm", contracts::confirm), ("remove", contracts::remove)]),
    page("/days", days::days, &[("look", days::look)]),
    page("/days/{date}", days::day, &[("close", days::close)]),
    page("/drafts", drafts::list, &[]),
    page("/drafts/new", beginning::new, &[("make", beginning::make)]),
    page(
        "/drafts/{id}",
        drafts::show,
        &[
            ("save", drafts::save),
            ("set", drafts::set),
            ("check", drafts::check),
            ("expect", drafts::expect),
            ("case", case::add),
            ("submit", drafts::submit),
            ("withdraw", drafts::withdraw),
            ("approve", drafts::approve),
            ("reject", drafts::reject),
            ("publish", drafts::publish),
            ("unschedule", drafts::unschedule),
            ("rebase", drafts::rebase),
            ("remove", drafts::remove),
        ],
    ),
    page("/drafts/{id}/changed-cases", changed_cases::show, &[]),
    page("/drafts/{id}/differences", changes::of_draft, &[]),
    page("/drafts/{id}/history", history::show, &[]),
    page("/drafts/{id}/cases", drafts::show, &[("save", cases::run), ("set", cases::run)]),
    page("/engines", engines::list, &[]),
    page("/figures", figures::show, &[]),
    page("/figures/csv", figures::file, &[]),
    page("/figures/open-data", unused::open_data, &[]),
    page("/figures/turnover", turnover::file, &[]),
    page("/figures/unused", unused::show, &[]),
    page("/forms", forms::list, &[("print", forms::print)]),
    page("/forms/print", forms::again, &[]),
    page("/forms/{number}", forms::show, &[("find", entering::find), ("cancel", forms::cancel)]),
    page(
        "/forms/{number}/person/{handle}",
        entering::show,
        &[
            ("find", entering::find),
            ("cancel", forms::cancel),
            ("block", entering::enter_block),
            ("add", entering::enter_add),
            ("consultation", entering::enter_consultation),
        ],
    ),
    page("/ground", ground::slots, &[("slot", ground::set_slot)]),
    page("/ground/calendars", ground::calendars, &[("calendar", ground::set_calendar)]),
    page(
        "/ground/calendars/{name}",
        ground::calendar,
        &[("calendar", ground::set_calendar), ("remove", ground::remove_calendar)],
    ),
    page("/ground/slots/{name}", ground::slot, &[("slot", ground::set_slot), ("remove", ground::remove_slot)]),
    page("/groups", groups::list, &[("make", groups::make)]),
    page(
        "/groups/{code}",
        groups::show,
        &[("name", groups::set_name), ("member", groups::write_member), ("export", groups::export)],
    ),
    page("/indicators", indicators::show, &[]),
    page("/indicators/csv", indicators::file, &[]),
    page("/lists", lists::list, &[("import", lists::import)]),
    page(mapping::PATH, mapping::show, &[("import", lists::import)]),
    page("/lists/{id}", lists::show, &[("cancel", lists::cancel)]),
    page("/lists/{id}/progress", lists::progress, &[]),
    page("/live/{n}", live::show, &[]),
    page("/metering", metering::show, &[]),
    page("/metering/csv", metering::file, &[]),
    page("/parties", parties::list, &[("make", parties::make)]),
    page("/parties/{code}", party::show, &[("change", party::change)]),
    page("/prices", prices::list, &[]),
    page("/prices/{code}", prices::show, &[("file", price_list::tell), ("tell", prices::tell)]),
    page("/priorities", priorities::list, &[]),
    page(
        "/priorities/{code}",
        priorities::show,
        &[("up", priorities::step), ("down", priorities::step), ("move", priorities::step)],
    ),
    page("/programmes", programmes::list, &[]),
    page(
        "/programmes/{code}",
        programmes::show,
        &[("draft", programmes::draft), ("find", members::find), ("join", members::join), ("leave", members::leave)],
    ),
    page("/programmes/{code}/csv", programmes::file, &[]),
    page("/programmes/{code}/members/{handle}", members::show, &[("adjust", members::adjust)]),
    page("/providers", providers::list, &[]),
    page("/providers/{code}", providers::show, &[("means", providers::set_means), ("tags", providers::set_tags)]),
    page("/reconciling", reconciling::list, &[("reconcile", reconciling::reconcile), ("profile", profile::save)]),
    page("/reconciling/files/{id}", reconciling::file, &[("cancel", reconciling::cancel)]),
    page("/reconciling/files/{id}/progress", reconciling::progress, &[]),
    page(
        "/reconciling/{id}",
        reconciling::show,
        &[("resolve", resolving::resolve), ("advise", resolving::advise), ("dispute", resolving::dispute)],
    ),
    page("/sales", why::list, &[("export", why::export)]),
    page("/sales/{id}", why::show, &[]),
    page("/services", services::list, &[("make", services::make)]),
    page(
        "/services/{id}",
        services::show,
        &[("publish", services::publish), ("withdraw", services::withdraw), ("change", services::change)],
    ),
    page("/statements", statements::list, &[("make", statements::make)]),
    page(
        "/statements/{id}",
        statements::show,
        &[
            ("issue", statements::issue),
            ("remove", statements::remove),
            ("end_dispute", disputes::end),
            ("agree", statements::agree),
            ("pay", statements::pay),
        ],
    ),
    page("/statements/{id}/lines/{n}", disputes::line, &[("dispute", disputes::dispute)]),
    page("/statements/{id}/print", statements::printed, &[]),
    page("/statements/{id}/sealed", statements::sealed, &[]),
    page("/statements/{id}/workbook", statements::workbook, &[]),
    page("/terminals", terminals::list, &[("export", terminals::export), ("make", terminals::make)]),
    page("/terminals/{code}/waiting", calls::waiting, &[]),
    page(
        "/terminals/{code}",
        terminals::show,
        &[("key", terminals::key), ("end", terminals::end_key), ("change", terminals::change)],
    ),
    page(
        "/users",
        parties::users,
        &[("confirm", parties::confirm), ("invite", parties::invite), ("uninvite", parties::uninvite)],
    ),
    page(
        "/users/{id}",
        user::show,
        &[("give", user::give), ("take", user::take), ("disable", user::disable), ("enable", user::enable)],
    ),
    page("/why", why_not::show, &[("ask", why_not::ask)]),
    open("/choices", choices::show, &[("", choices::choose)]),
    open("/help", help::show, &[]),
    open("/session-ending", sign_in::ending, &[("", sign_in::prolong)]),
    open("/sign-in", sign_in::show, &[("sign_in", sign_in::enter)]),
    open("/sign-out", sign_in::show, &[("", sign_in::leave)]),
    open("/join", sign_in::join, &[("join", sign_in::accept), ("through", through::begin)]),
    open("/try", simulator::show, simulator::STEPS),
];

/// Answers a visit: a page, or a step of one of its forms.
pub(crate) fn answer(visit: &mut Visit<'_>, is_sent: bool) -> (u16, Next) {
    let Some((page, parameters)) = find(&visit.path) else { return refused(visit, &Code::NotFound.into()) };
    visit.parameters = parameters;
    if !page.is_open && visit.me.is_none() {
        return refused(visit, &visit.nobody.clone());
    }
    if !is_sent {
        return shown(visit, page, 200);
    }
    let name = visit.form.find("do").unwrap_or_default();
    // Forms that are one of many on their page are named `STEP:WHICH`.
    let name = name.split(':').next().unwrap_or_default();
    let Some((_, step)) = page.steps.iter().find(|(known, _)| *known == name) else {
        return refused(visit, &Code::MalformedRequest.into());
    };
    match step(visit) {
        Ok(Stepped::Go(path)) => (303, Next::Go(path)),
        Ok(Stepped::Show(whole)) => (200, Next::Show(whole.whole(visit))),
        Ok(Stepped::Html(status, html)) => (status, Next::Show(html)),
        Ok(Stepped::Save(file)) => (200, Next::Save(file)),
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
    let mut shown = (page.show)(visit);
    let mut status = status;
    if let Some(refusal) = shown.as_ref().err().filter(|refusal| visit.leave_out(refusal)) {
        status = refusal.code.status();
        shown = (page.show)(visit);
    }
    match shown {
        Ok(Shown::Page(whole)) => (status, Next::Show(whole.whole(visit))),
        Ok(Shown::Html(html)) => (status, Next::Show(html)),
        Ok(Shown::File(file)) => (status, Next::Save(file)),
        Err(refusal) => refused(visit, &refusal),
    }
}

/// A file of the control plane, to keep under a name.
fn downloaded(reply: Reply, name: &str) -> Result<File, Refusal> {
    if !reply.is_file() {
        return Err(Code::NotFound.into());
    }
    Ok(File { name: name.to_owned(), content: Content::Read(reply) })
}

/// The page of a path, with what stands in it.
fn find(path: &str) -> Option<(&'static Page, Vec<(&'static str, String)>)> {
    PAGES.iter().find_map(|page| Some((page, parameters(page.path, path)?)))
}

fn parameters(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    path_parameters(pattern, path, |_, given| !given.is_empty())
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
