//! The page `/try`: a till on the left, what it comes to on the right, and the very calls below.

use askama::Template;
use avis_admin::control::{Code, Refusal};
use uuid::Uuid;

use super::Simulator;
use super::form::{Form, told};
use super::play::{Action, Doing, Scene, Trouble, play};
use super::state::{QUERY_BYTES_MAX, State};
use super::wrong::WrongAt;
use super::{drafted, fitting, result, why};
use crate::fields::Fields;
use crate::layout::{Faults, Shell, nowhere};
use crate::pages::{Shown, Step, Stepped};
use crate::texts::Texts;
use crate::view::{Code as Verbatim, Details, Html, link};
use crate::visit::Visit;

/// What the buttons of the page do.
pub(crate) const STEPS: &[(&str, Step)] = &[
    ("sell", act),
    ("hold", act),
    ("capture", act),
    ("refund", act),
    ("void", act),
    ("reverse", act),
    ("keep", act),
    ("upload", act),
    ("compare", act),
];

/// A link with its text.
struct Link {
    address: String,
    text: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "simulator.html")]
struct TillPage {
    shell: Shell,
    texts: Texts,
    tills: Vec<Link>,
    stories: Vec<Link>,
    reasons: Vec<Link>,
    form: Form,
    result: Vec<Html>,
    calls: Vec<Html>,
    address: String,
}

/// Shows the state that stands in the address.
pub(crate) fn show(visit: &Visit<'_>) -> Result<Shown, Refusal> {
    // A step that was refused says why on the page of its form.
    let fields = if visit.refusal.is_some() { &visit.form } else { &visit.query };
    page(visit, fields, None).map(|(_, html)| Shown::Html(html))
}

/// Does what a button says, and shows what it came to.
fn act(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let (status, html) = page(visit, &visit.form, doing(&visit.form))?;
    Ok(Stepped::Html(status, html))
}

/// What a form asks to be done: `STEP:REQUEST`, with units by line.
fn doing(form: &Fields) -> Option<Doing> {
    let (word, request) = form.find("do")?.split_once(':')?;
    let units = form.pairs().filter_map(|(name, value)| Some((name.strip_prefix("units-")?, value.trim())));
    let units = units.filter(|(_, value)| !value.is_empty()).map(|(line, value)| (line.to_owned(), value.to_owned()));
    Some(Doing { action: Action::of_word(word)?, request: request.parse().ok()?, units: units.collect() })
}

fn page(visit: &Visit<'_>, fields: &Fields, doing: Option<Doing>) -> Result<(u16, Html), Refusal> {
    let absent = || refusal(Code::NotFound, visit.say("try-absent"));
    let simulator: &Simulator = visit.simulator.ok_or_else(absent)?;
    let setup = &simulator.setup;
    if !simulator.is_open() && visit.me.is_none() {
        return Err(Code::NotSignedIn.into());
    }
    let length: usize = fields.pairs().map(|(name, value)| name.len() + value.len() + 2).sum();
    if length > QUERY_BYTES_MAX {
        let most = i64::try_from(QUERY_BYTES_MAX).unwrap_or(i64::MAX);
        return Err(refusal(Code::TooLarge, visit.texts.with("try-too-long", &[("most", most.into())])));
    }
    let (state, wrong) = match State::read(fields) {
        Ok(state) => (state, Vec::new()),
        Err(wrong) => (setup.beginning(None), wrong),
    };
    let fresh: Uuid = visit.new_key().parse().unwrap_or_default();
    let state = begun(visit, simulator, state, fresh);
    let is_why = fields.find("why").is_some_and(|why| !why.is_empty());
    let explains = is_why && (setup.open || visit.oversees());
    // What can't be read is not acted upon.
    let doing = doing.filter(|_| wrong.is_empty());
    let played = play(setup, &*simulator.engine, state, doing.as_ref(), fresh, explains);
    let mut scene = played.map_err(|trouble| troubled(visit, &trouble))?;
    scene.wrong.splice(0..0, wrong);
    let status = if scene.wrong.is_empty() && scene.problem.is_none() { 200 } else { 422 };
    Ok((status, whole(visit, simulator, &scene, fresh, is_why)))
}

/// An address that names a terminal, a benefit or a draft alone begins with a sale for it.
fn begun(visit: &Visit<'_>, simulator: &Simulator, state: State, fresh: Uuid) -> State {
    let named = State {
        terminal: state.terminal.clone(),
        benefit: state.benefit.clone(),
        is_offline: state.is_offline,
        draft: state.draft,
        ..State::default()
    };
    if state != named {
        return state;
    }
    let terminal = Some(&*state.terminal).filter(|terminal| !terminal.is_empty());
    let fitting = if terminal.is_none() { fitting::begun(visit, simulator, &state, fresh) } else { None };
    let State { benefit, is_offline, draft, .. } = named;
    let begun = fitting.unwrap_or_else(|| simulator.setup.beginning(terminal));
    State { benefit, is_offline, draft, ..begun }
}

fn refusal(code: Code, detail: String) -> Refusal {
    Refusal { detail, ..Refusal::from(code) }
}

/// There is nothing to show, and why.
fn troubled(visit: &Visit<'_>, trouble: &Trouble) -> Refusal {
    let (code, text) = match trouble {
        Trouble::NoTerminal => (Code::NotFound, visit.say("try-no-terminal")),
        Trouble::Unreachable(error) => {
            tracing::warn!(target: "avis::console", error, "the engine of the simulator does not answer");
            (Code::Unavailable, visit.say("try-unreachable"))
        }
        Trouble::Unreadable(error) => {
            tracing::warn!(target: "avis::console", error, "what the engine of the simulator answered can't be read");
            (Code::Unavailable, visit.say("try-unreadable"))
        }
        Trouble::KeyRefused => (Code::Unavailable, visit.say("try-key-refused")),
        Trouble::NotTraining => (Code::Unavailable, visit.say("try-not-training")),
    };
    refusal(code, text)
}

fn whole(visit: &Visit<'_>, simulator: &Simulator, scene: &Scene<'_>, fresh: Uuid, is_why: bool) -> Html {
    let (setup, language) = (&simulator.setup, visit.language());
    let mut shell = Shell::of(visit, visit.say("try-title"), &nowhere());
    shell.back = scene.state.address();
    shell.faults = (!scene.wrong.is_empty()).then(|| faults(visit, &scene.wrong, &scene.terminal.currency));
    let tills = setup.terminals.iter().map(|till| Link {
        address: setup.beginning(Some(&till.terminal)).address(),
        text: till.name.told(language).to_owned(),
        is_here: till.terminal == scene.till.terminal,
    });
    let example = |is_reason: bool| {
        let all = setup.examples(language).filter(move |example| example.reason.is_some() == is_reason);
        all.map(|example| Link { address: example.state.address(), text: example.title.to_owned(), is_here: false })
    };
    let fresh = fresh.to_string();
    let mut result = vec![fitting::part(visit, scene)];
    result.extend(result::parts(visit, setup, scene, &fresh));
    match &scene.why {
        Some(explained) => result.push(why::part(visit, explained)),
        None if scene.answer.is_some() && (setup.open || visit.oversees()) => {
            result.push(link(format!("{}&why=1", scene.state.address()), visit.say("try-why")));
        }
        None => {}
    }
    result.extend(drafted::part(visit, setup, scene));
    let form = Form::of(visit, setup, scene, fresh, is_why);
    Html::of(&TillPage {
        shell,
        texts: visit.texts,
        tills: tills.collect(),
        stories: example(false).collect(),
        reasons: example(true).collect(),
        form,
        result,
        calls: calls(visit, simulator, scene),
        address: scene.state.address(),
    })
}

fn faults(visit: &Visit<'_>, wrong: &[WrongAt], currency: &str) -> Faults {
    let one = |wrong: &WrongAt| (format!("#{}", wrong.field), told(visit, wrong, currency));
    Faults { title: visit.word("problem", Code::Invalid.word()), advice: None, list: wrong.iter().map(one).collect() }
}

/// The calls that were made, each with its answer and a line for a shell; the first is open.
fn calls(visit: &Visit<'_>, simulator: &Simulator, scene: &Scene<'_>) -> Vec<Html> {
    let verbatim = |label: &str, text: String| Html::of(&Verbatim { label: visit.word("try-call", label), text });
    let one = |(place, exchange): (usize, &super::play::Exchange)| {
        Html::of(&Details {
            summary: format!("{} {} → {}", exchange.call.method, exchange.call.path, exchange.reply.status),
            parts: vec![
                verbatim("request", exchange.call.written()),
                verbatim("answer", exchange.reply.written()),
                verbatim("curl", exchange.call.curl(simulator.engine.url())),
            ],
            is_open: place == 0,
        })
    };
    scene.exchanges.iter().enumerate().map(one).collect()
}
