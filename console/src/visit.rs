//! One visit to a page: who comes, in which language, with what, and what is asked of the control plane for it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::io::Read;

use avis_admin::control::{Code, Control, OPERATOR, Question, Refusal, Reply, SESSION_COOKIE, Visitor, encoded, may};
use avis_core::telling::{self, Language};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::fields::Fields;
use crate::formats;
use crate::language::spoken;
use crate::reading::{items_of, text, texts};
use crate::sentence::case;
use crate::simulator::Simulator;
use crate::texts::Texts;
use crate::view::{Field, Form, Html, Kind};

/// What was typed to recognise somebody, as an eID or the number of a card: it is in no answer, and typed again.
pub(crate) const IDENTIFIER: &str = "value";

/// What the button sends that tries what was typed, and keeps nothing of it.
pub(crate) const TRY: &str = "try";

/// The cookie of the theme that somebody chose.
pub(crate) const THEME: &str = "avis-theme";
/// The cookie of the party for which somebody acts.
pub(crate) const PARTY: &str = "avis-party";

/// Where a page asks, shortly before the end of a session, how to say so.
const ENDING: &str = "/session-ending";

/// A visit.
pub(crate) struct Visit<'a> {
    control: &'a Control,
    visitor: &'a Visitor,
    /// The till simulator; none where there is none.
    pub(crate) simulator: Option<&'a Simulator>,
    /// The path of the page.
    pub(crate) path: String,
    /// What stands in the path, by the names of the page's pattern.
    pub(crate) parameters: Vec<(&'static str, String)>,
    pub(crate) query: Fields,
    /// What the address asks for, where that was refused and is left out.
    pub(crate) refused: Fields,
    pub(crate) form: Fields,
    file: Cell<Option<Box<dyn Read + Send>>>,
    pub(crate) texts: Texts,
    /// `light` or `dark`; empty where the system of who visits says.
    pub(crate) theme: &'static str,
    /// Who signed in.
    pub(crate) me: Option<Me>,
    /// Why it is not known who visits, where it is not.
    pub(crate) nobody: Refusal,
    /// Why what the form asked was refused.
    pub(crate) refusal: Option<Refusal>,
    /// What fields with a fault are called, by their ids: the summary of faults names them so.
    pub(crate) labels: RefCell<HashMap<String, String>>,
    pub(crate) now: Timestamp,
    /// In which amounts are that carry none.
    currency: OnceCell<String>,
    /// How often the control plane was asked.
    pub(crate) questions: Cell<usize>,
    /// What the browser is to keep, as headers have it.
    pub(crate) cookies: RefCell<Vec<String>>,
}

/// Who signed in, acting for a party.
#[derive(Clone, Debug)]
pub(crate) struct Me {
    /// Of the user; empty for a resident.
    id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    /// The party for which they act.
    pub(crate) party: Option<String>,
    /// Every party in which a role of theirs counts.
    pub(crate) parties: Vec<String>,
    pub(crate) roles: Vec<String>,
    actions: Vec<String>,
}

/// What came with a visit.
pub(crate) struct Come {
    pub(crate) path: String,
    pub(crate) query: Fields,
    pub(crate) form: Fields,
    /// A file beside the form.
    pub(crate) file: Option<Box<dyn Read + Send>>,
    /// The languages that the browser asks for, as its header has them.
    pub(crate) accepts: String,
}

impl<'a> Visit<'a> {
    /// Of who comes; who signed in is found out.
    pub(crate) fn begin(
        control: &'a Control,
        visitor: &'a Visitor,
        simulator: Option<&'a Simulator>,
        come: Come,
        is_sent: bool,
    ) -> Self {
        let theme = match visitor.cookie(THEME) {
            Some("dark") => "dark",
            Some("light") => "light",
            _ => "",
        };
        let mut visit = Self {
            control,
            visitor,
            simulator,
            path: come.path,
            parameters: Vec::new(),
            query: come.query,
            refused: Fields::default(),
            form: come.form,
            file: Cell::new(come.file),
            texts: Texts(spoken(visitor, &come.accepts)),
            theme,
            me: None,
            nobody: Code::NotSignedIn.into(),
            refusal: None,
            labels: RefCell::default(),
            now: control.now(),
            currency: OnceCell::new(),
            questions: Cell::new(0),
            cookies: RefCell::default(),
        };
        // To be warned of the end of a session does not prolong it.
        let is_warned = visit.path == ENDING && !is_sent;
        if visitor.cookie(SESSION_COOKIE).is_some() && !is_warned {
            match visit.find_me() {
                Ok(me) => visit.me = Some(me),
                Err(refusal) => visit.nobody = refusal,
            }
        }
        visit
    }

    /// Who signed in; for the party that was chosen, if that is still one of theirs, else for the first.
    fn find_me(&self) -> Result<Me, Refusal> {
        let chosen = self.visitor.cookie(PARTY).map(str::to_owned);
        let me = match self.me_for(chosen) {
            Err(refusal) if refusal.code == Code::NotYourParty => self.me_for(None)?,
            asked => asked?,
        };
        match me.parties.first() {
            Some(first) if me.party.is_none() => self.me_for(Some(first.clone())),
            _ => Ok(me),
        }
    }

    fn me_for(&self, party: Option<String>) -> Result<Me, Refusal> {
        let question = Question { method: "GET", path: "/me".to_owned(), party, ..Question::default() };
        self.ask(question).map(|reply| Me::of(&reply.body))
    }

    /// Asks the control plane, for the party for which the visitor acts.
    ///
    /// # Errors
    /// What the control plane refuses, each fault in the language of the page.
    pub(crate) fn ask(&self, question: Question) -> Result<Reply, Refusal> {
        self.questions.set(self.questions.get() + 1);
        let party = question.party.or_else(|| self.party().map(str::to_owned));
        let asked = self.control.ask(self.visitor, Question { party, ..question });
        asked.map_err(|mut refusal| {
            for (pointer, detail) in &mut refusal.errors {
                *detail = case::refused(self, pointer, detail).unwrap_or_else(|| self.texts.fault(detail));
            }
            refusal.detail = self.texts.fault(&refusal.detail);
            refusal
        })
    }

    /// Reads something.
    ///
    /// # Errors
    /// What the control plane refuses.
    pub(crate) fn get(&self, path: impl Into<String>) -> Result<Reply, Refusal> {
        self.list(path, Vec::new())
    }

    /// Reads a list with filters.
    ///
    /// # Errors
    /// What the control plane refuses.
    pub(crate) fn list(&self, path: impl Into<String>, query: Vec<(&'static str, String)>) -> Result<Reply, Refusal> {
        self.ask(Question { method: "GET", path: path.into(), query, ..Question::default() })
    }

    /// Sends something, once for the form's key, as of the etag that the form read.
    ///
    /// # Errors
    /// What the control plane refuses.
    pub(crate) fn send(&self, method: &'static str, path: impl Into<String>, body: Value) -> Result<Reply, Refusal> {
        let if_match = self.form.find("etag").filter(|etag| !etag.is_empty()).map(str::to_owned);
        let path = path.into();
        let form = self.form.find("once").filter(|key| !key.is_empty());
        let idempotency_key = form.and_then(|form| self.control.key_within(form, (method, &path), &body));
        self.ask(Question { method, path, body, if_match, idempotency_key, ..Question::default() })
    }

    /// Whether who signed in may do an operation at all.
    pub(crate) fn may(&self, method: &str, path: &str) -> bool {
        self.me.as_ref().is_some_and(|me| may(method, path, &me.roles, &me.actions))
    }

    /// Whether who signed in has an action at all.
    pub(crate) fn has_action(&self, action: &str) -> bool {
        self.me.as_ref().is_some_and(|me| me.actions.iter().any(|known| known == action))
    }

    /// The actions that who signed in has.
    pub(crate) fn actions(&self) -> &[String] {
        self.me.as_ref().map_or(&[], |me| &me.actions)
    }

    /// The party for which who signed in acts.
    pub(crate) fn party(&self) -> Option<&str> {
        self.me.as_ref()?.party.as_deref()
    }

    /// Whether who signed in may know every party's rules: an auditor of the operator's.
    pub(crate) fn oversees(&self) -> bool {
        self.is("au") && self.party() == Some(OPERATOR)
    }

    /// Whether who signed in has a role, by its word, in the party for which they act.
    pub(crate) fn is(&self, role: &str) -> bool {
        self.me.as_ref().is_some_and(|me| me.roles.iter().any(|own| own == role))
    }

    /// The party for which the visitor acts; empty where there is none.
    pub(crate) fn own(&self) -> &str {
        self.party().unwrap_or_default()
    }

    /// Whether it is the visitor whom an id of a user names.
    pub(crate) fn is_me(&self, user: &str) -> bool {
        self.me.as_ref().is_some_and(|me| !me.id.is_empty() && me.id == user)
    }

    /// Through whom users sign in.
    pub(crate) fn sign_in_providers(&self) -> Vec<&str> {
        self.control.sign_in_providers().collect()
    }

    /// Whether anybody signs in with a password.
    pub(crate) fn takes_passwords(&self) -> bool {
        self.control.takes_passwords()
    }

    /// An id that nobody has yet.
    pub(crate) fn new_key(&self) -> String {
        self.control.new_key()
    }

    /// The JSON that was typed into a field.
    ///
    /// # Errors
    /// What is no JSON, with the line at which that shows.
    pub(crate) fn json_of(&self, field: &str) -> Result<Value, Refusal> {
        serde_json::from_str(self.form.text(field)).map_err(|error| Self::at(field, &self.no_json(&error)))
    }

    /// That something is no JSON, and where that shows.
    pub(crate) fn no_json(&self, error: &serde_json::Error) -> String {
        let place = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.texts.with("no-json", &[("line", place(error.line()).into()), ("column", place(error.column()).into())])
    }

    /// That something else is expected in a field.
    pub(crate) fn at(field: &str, expected: &str) -> Refusal {
        Refusal { errors: vec![(format!("/{field}"), expected.to_owned())], ..Code::Invalid.into() }
    }

    /// A refusal with each fault at the field of the form that it is about: by the first beginning of a pointer that is known. Behind
    /// a beginning that ends with `/` the rest stays; any other one is the whole of a field.
    pub(crate) fn placed(mut refusal: Refusal, fields: &[(&str, &str)]) -> Refusal {
        for (pointer, _) in &mut refusal.errors {
            let mut known = fields.iter().filter_map(|(begins, field)| {
                let rest = pointer.strip_prefix(begins)?;
                Some(if begins.ends_with('/') { format!("{field}{rest}") } else { (*field).to_owned() })
            });
            if let Some(field) = known.next() {
                *pointer = field;
            }
        }
        refusal
    }

    /// Which of the forms of one step was sent.
    pub(crate) fn which(&self) -> &str {
        self.form.find("do").and_then(|step| step.split_once(':')).map_or("", |(_, which)| which)
    }

    /// The file that was sent, as it comes; once.
    pub(crate) fn take_file(&self) -> Option<Box<dyn Read + Send>> {
        self.file.take()
    }

    /// How this host is reached.
    pub(crate) fn origin(&self) -> String {
        self.visitor.origin()
    }

    /// The zone in which people read times.
    pub(crate) fn zone(&self) -> &TimeZone {
        self.control.zone()
    }

    /// The day in that zone.
    pub(crate) fn today(&self) -> Date {
        self.zone().to_datetime(self.now).date()
    }

    /// Why it is done: a field of every form that changes what engines follow.
    pub(crate) fn reason(&self) -> Field {
        Field::new("reason", self.word("column", "reason"))
    }

    /// The address of the page, with what stands in its query.
    pub(crate) fn address(&self) -> String {
        let query = self.query.pairs().map(|(name, value)| format!("{name}={}", encoded(value)));
        let query = query.collect::<Vec<_>>().join("&");
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }

    /// What stands in the path under a name.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    /// The id of the request, for who asks about it.
    pub(crate) fn request(&self) -> &str {
        self.visitor.request()
    }

    /// Lets the browser keep a choice for a year.
    pub(crate) fn keep(&self, cookie: &str, value: &str) {
        let kept = format!("{cookie}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000");
        self.cookies.borrow_mut().push(kept);
    }

    /// The language.
    pub(crate) fn language(&self) -> Language {
        self.texts.0
    }

    /// A message without places.
    pub(crate) fn say(&self, name: &str) -> String {
        self.texts.say(name)
    }

    /// Yes or no.
    pub(crate) fn yes_or_no(&self, is: bool) -> String {
        self.say(if is { "yes" } else { "no" })
    }

    /// What a word of a closed list is called.
    pub(crate) fn word(&self, family: &str, word: &str) -> String {
        self.texts.word(family, word)
    }

    /// A date or a moment as people write it.
    pub(crate) fn when(&self, value: &Value) -> String {
        formats::when(value, self.control.zone(), self.language())
    }

    /// A number as people write it.
    pub(crate) fn number(&self, number: i64) -> String {
        telling::number(number, self.language())
    }

    /// Hundredths of a percent as people write them.
    pub(crate) fn percent(&self, hundredths: i64) -> String {
        telling::percent(hundredths, self.language())
    }

    /// The currency of the installation: figures and budgets carry none.
    pub(crate) fn currency(&self) -> &str {
        self.currency.get_or_init(|| self.control.currency())
    }

    /// An amount in the currency of the installation, as people write it.
    pub(crate) fn amount(&self, amount: i64) -> String {
        self.money(amount, self.currency())
    }

    /// An amount in that currency as somebody types it; none of what is no such number.
    pub(crate) fn of_amount(&self, typed: &str) -> Option<i64> {
        formats::of_amount(typed, self.currency())
    }

    /// The same, which may be below zero.
    pub(crate) fn of_signed_amount(&self, typed: &str) -> Option<i64> {
        formats::of_signed_amount(typed, self.currency())
    }

    /// An amount in that currency as a field or a file has it.
    pub(crate) fn plain_amount(&self, amount: i64) -> String {
        telling::plain_amount(amount, self.currency())
    }

    /// An amount as people write it.
    pub(crate) fn money(&self, amount: i64, currency: &str) -> String {
        telling::money(amount, currency, self.language())
    }

    /// The text of the language, of an object with one for each; else the other one.
    pub(crate) fn named<'v>(&self, name: &'v Value) -> &'v str {
        let other = self.language().choose("lv", "en");
        let found = name.get(self.language().tag()).or_else(|| name.get(other)).or(Some(name));
        found.and_then(Value::as_str).unwrap_or_default()
    }

    /// A form as it was sent: what was typed stands there again, and faults beside their fields. A key makes it be done once.
    pub(crate) fn form(&self, mut form: Form) -> Html {
        let is_sent = self.shows_typed(&form.step);
        for field in form.fields.iter_mut().filter(|_| is_sent) {
            // A password is typed again, and so is by what somebody is recognised.
            if !matches!(field.kind, Kind::Line("password")) && field.name != IDENTIFIER {
                field.value = match field.kind {
                    Kind::Ticks(_) => self.form.all(&field.name).collect::<Vec<_>>().join(","),
                    _ => self.form.find(&field.name).unwrap_or_default().to_owned(),
                };
            }
            field.fault = self.fault(&field.name);
            self.name_fault(&format!("{}-{}", form.step, field.name), field);
        }
        form.hidden("once", self.control.new_key()).html()
    }

    /// Lets the summary of faults call a field with a fault, of an id, as the page does.
    pub(crate) fn name_fault(&self, id: &str, field: &Field) {
        if field.fault.is_some() {
            self.labels.borrow_mut().insert(id.to_owned(), field.label.clone());
        }
    }

    /// Whether what was typed is only tried, and stands there again.
    pub(crate) fn is_tried(&self) -> bool {
        self.form.find(TRY).is_some()
    }

    /// Whether what was typed into the form of a step stands there again.
    pub(crate) fn shows_typed(&self, step: &str) -> bool {
        (self.refusal.is_some() || self.is_tried()) && self.form.find("do") == Some(step)
    }

    /// What is wrong at a field.
    pub(crate) fn fault(&self, field: &str) -> Option<String> {
        let errors = &self.refusal.as_ref()?.errors;
        let at = |pointer: &str| pointer.trim_start_matches('/').split('/').next() == Some(field);
        errors.iter().find(|(pointer, _)| at(pointer)).map(|(_, detail)| detail.clone())
    }
}

impl Me {
    fn of(body: &Value) -> Self {
        let counts = items_of(body, "roles").iter().filter(|role| text(role, "state") == "counts");
        let mut parties: Vec<String> = counts.map(|role| text(role, "party").to_owned()).collect();
        parties.sort();
        parties.dedup();
        Self {
            id: text(body, "id").to_owned(),
            name: text(body, "name").to_owned(),
            email: text(body, "email").to_owned(),
            party: Some(text(body, "party")).filter(|party| !party.is_empty()).map(str::to_owned),
            parties,
            roles: texts(body, "acts_as"),
            actions: texts(body, "actions"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_placed_at_the_field_that_it_is_about() {
        let known = [("/name/", "/name-"), ("/lines/0/price", "/price"), ("/lines", "/line")];
        for (pointer, placed) in [
            ("/name/lv", "/name-lv"),
            ("/lines/0/price/0", "/price"),
            ("/lines/1", "/line"),
            ("/other/name/lv", "/other/name/lv"),
        ] {
            let refusal = Refusal { errors: vec![(pointer.to_owned(), "x".to_owned())], ..Code::Invalid.into() };
            assert_eq!(Visit::placed(refusal, &known).errors, [(placed.to_owned(), "x".to_owned())]);
        }
    }
}
