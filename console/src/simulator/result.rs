//! The right side: what it costs, who bears each cent, why something is left to pay, and what can be done with what was sold.

use askama::Template;
use avis_core::Reason;
use avis_core::telling::money;

use super::answer::{Advice, Answer, Line, Programme};
use super::play::Scene;
use super::setup::Setup;
use super::shares::{Shares, Who};
use super::state::State;
use crate::view::{Column, Facts, Heading, Html, Listing, Notice, Table, Tone, link, tag};
use crate::visit::Visit;

/// The length of the bar.
const LENGTH: i64 = 1000;
/// How many kinds of payers the stylesheet tells apart.
const KINDS: usize = 4;

/// The bar of who bears what.
#[derive(Template)]
#[template(path = "payers.html")]
struct Bar {
    title: String,
    parts: Vec<Part>,
}

/// A part of the bar.
struct Part {
    kind: usize,
    from: i64,
    width: i64,
    name: String,
    amount: String,
}

/// The colour of a payer, beside its name.
#[derive(Template)]
#[template(
    source = r#"<span><svg class="key" viewBox="0 0 20 20" aria-hidden="true"><rect class="payer-{{ kind }}" width="20" height="20"/>{% if self.is_hatched() %}<rect fill="url(#hatch-{{ kind }})" width="20" height="20"/>{% endif %}</svg> {{ name }}</span>"#,
    ext = "html"
)]
struct Key<'a> {
    kind: usize,
    name: &'a str,
}

impl Key<'_> {
    fn is_hatched(&self) -> bool {
        self.kind > 0
    }
}

#[derive(Template)]
#[template(source = r#"<p class="price">{{ text }}</p>"#, ext = "html")]
struct Price {
    text: String,
}

/// What can be done with an authorization.
#[derive(Template)]
#[template(
    source = r#"<form method="post" action="/try" id="operation" class="operation">{% for (name, value) in hidden %}<input type="hidden" name="{{ name }}" value="{{ value }}">{% endfor %}
{% for (id, label, value) in units %}<div class="field"><label for="units-{{ id }}">{{ label }}</label><input type="text" inputmode="numeric" id="units-{{ id }}" name="units-{{ id }}" value="{{ value }}" autocomplete="off"></div>{% endfor %}
<div class="actions">{% for (step, label) in steps %}<button class="quiet" name="do" value="{{ step }}:{{ fresh }}">{{ label }}</button>{% endfor %}</div></form>"#,
    ext = "html"
)]
struct Operations {
    hidden: Vec<(&'static str, String)>,
    units: Vec<(String, String, i64)>,
    steps: Vec<(&'static str, String)>,
    fresh: String,
}

/// Everything on the right side, in its order.
pub(super) fn parts(visit: &Visit<'_>, setup: &Setup, scene: &Scene<'_>, fresh: &str) -> Vec<Html> {
    let view = View { visit, setup, scene };
    let mut parts = Vec::new();
    parts.extend(scene.problem.as_ref().map(|problem| {
        let arguments = [("code", (&*problem.code).into()), ("detail", (&*problem.detail).into())];
        notice(Tone::Bad, visit.texts.with("try-refused", &arguments))
    }));
    if scene.state.is_offline {
        let word = if scene.state.kept.is_some() { "kept" } else { "is-offline" };
        parts.push(notice(Tone::Warn, visit.word("try-offline", word)));
    }
    let Some(answer) = &scene.answer else {
        if !scene.wrong.is_empty() {
            parts.push(Html::paragraph(visit.say("try-mend")));
        }
        parts.push(view.ways(fresh));
        return parts;
    };
    let is_record = answer.authorization_id.is_some();
    let shares = if is_record { Shares::standing(answer) } else { Shares::decided(answer) };
    parts.push(view.price(answer, &shares));
    if shares.total() > 0 {
        parts.extend(view.payers(&shares));
        // Of what was given back whole nothing is left.
        parts.extend(view.reasons(answer));
    }
    parts.push(view.lines(answer));
    parts.extend(answer.loyalty.iter().flat_map(|programme| view.points(programme)));
    parts.extend(answer.coupons.iter().map(|coupon| {
        Html::paragraph(
            visit.texts.with("try-coupon-is", &[("state", (&*visit.word("try-coupon-state", &coupon.state)).into())]),
        )
    }));
    parts.extend(answer.advice.as_ref().and_then(|advice| view.advice(advice)));
    if is_record {
        parts.push(view.operations(answer, fresh));
        parts.extend(view.history(answer));
    }
    parts.push(view.ways(fresh));
    parts
}

fn notice(tone: Tone, text: String) -> Html {
    Html::of(&Notice { tone, text })
}

struct View<'a> {
    visit: &'a Visit<'a>,
    setup: &'a Setup,
    scene: &'a Scene<'a>,
}

impl View<'_> {
    fn money(&self, amount: i64) -> String {
        money(amount, &self.scene.terminal.currency, self.visit.language())
    }

    fn say(&self, name: &str) -> String {
        self.visit.say(name)
    }

    /// What the person pays, in large letters; of what was sold, what stands of it, and its state.
    fn price(&self, answer: &Answer, shares: &Shares) -> Html {
        let (due, gross) = (self.money(shares.of(&Who::Person)), self.money(shares.total()));
        let pays = [("due", (&*due).into()), ("gross", (&*gross).into())];
        let price = Html::of(&Price { text: self.visit.texts.with("try-pays", &pays) });
        let outcome = match (&answer.state, &*answer.outcome) {
            (Some(state), _) => tag(tone(state), self.visit.word("try-state", state)),
            (None, outcome) => tag(tone(outcome), self.visit.word("try-outcome", outcome)),
        };
        Html::joined([price, outcome])
    }

    fn payers(&self, shares: &Shares) -> [Html; 2] {
        let total = shares.total().max(1);
        let kind = |place: usize| if place == 0 { 0 } else { (place - 1) % (KINDS - 1) + 1 };
        let places = shares.places(LENGTH);
        let parts = shares.0.iter().zip(places).enumerate().map(|(place, (share, (from, width)))| Part {
            kind: kind(place),
            from,
            width,
            name: name(self.visit, &share.who),
            amount: self.money(share.amount),
        });
        let parts: Vec<Part> = parts.collect();
        let rows = shares.0.iter().zip(&parts).map(|(share, part)| {
            // To a tenth of a percent.
            let tenths = (i128::from(share.amount) * 2000 + i128::from(total)) / (2 * i128::from(total));
            let share = self.visit.percent(i64::try_from(tenths * 10).unwrap_or(i64::MAX));
            vec![Html::of(&Key { kind: part.kind, name: &part.name }), Html::text(&part.amount), Html::text(share)]
        });
        let table = Table {
            caption: self.say("try-who-pays"),
            columns: vec![
                Column::text(self.visit.word("column", "try-payer")),
                Column::number(self.visit.word("column", "try-amount")),
                Column::number(self.visit.word("column", "try-share")),
            ],
            rows: rows.collect(),
            empty: String::new(),
            next: None,
        };
        let said = parts.iter().map(|part| format!("{} {}", part.name, part.amount)).collect::<Vec<_>>().join(", ");
        let title = self.visit.texts.with("try-bar", &[("parts", (&*said).into())]);
        [Html::of(&Bar { title, parts }), Html::of(&table)]
    }

    fn told(&self, word: &str) -> String {
        let reason = Reason::ALL.into_iter().find(|reason| reason.word() == word);
        reason.map_or_else(|| word.to_owned(), |reason| reason.told(self.visit.language()).to_owned())
    }

    /// Why something is left to pay.
    fn reasons(&self, answer: &Answer) -> Vec<Html> {
        if answer.reasons.is_empty() {
            return Vec::new();
        }
        let main = answer.main_reason.as_deref();
        let first = answer.reasons.iter().filter(|reason| main == Some(reason));
        let others = answer.reasons.iter().filter(|reason| main != Some(reason));
        let texts = first.chain(others).map(|reason| format!("{} ({reason})", self.told(reason))).collect();
        vec![Html::of(&Heading { id: "reasons", text: self.say("try-why-left") }), Html::of(&Listing { texts })]
    }

    fn product(&self, line: &Line) -> String {
        let asked = || {
            let place = line.line_id.parse::<usize>().ok()?.checked_sub(1)?;
            self.scene.state.rows.get(place).map(|row| row.product.clone())
        };
        let product = line.product.clone().or_else(asked).unwrap_or_default();
        self.setup.offer(&product).map_or(product, |offer| offer.name.told(self.visit.language()).to_owned())
    }

    fn lines(&self, answer: &Answer) -> Html {
        let rows = answer.lines.iter().map(|line| {
            let given = line.discounts.iter().map(|discount| {
                let unfunded = discount.funding.iter().any(|entry| entry.reason.is_some());
                let mark = if unfunded { "*" } else { "" };
                format!(
                    "{} v{}: {}{mark} ({})",
                    discount.benefit,
                    discount.version,
                    self.money(discount.amount),
                    discount.units
                )
            });
            let given: Vec<String> = given.collect();
            let left = line.left.as_ref().map(|left| left.units.to_string()).unwrap_or_default();
            let mut cells = vec![
                Html::text(self.product(line)),
                Html::text(self.money(line.gross)),
                Html::text(given.join("; ")),
                Html::text(self.money(line.due.unwrap_or(line.payable))),
            ];
            if answer.authorization_id.is_some() {
                cells.push(Html::text(left));
            }
            cells
        });
        let column = |name: &str| self.visit.word("column", name);
        let mut columns = vec![
            Column::text(column("try-product")),
            Column::number(column("try-price")),
            Column::text(column("try-discount")),
            Column::number(column("try-to-pay")),
        ];
        if answer.authorization_id.is_some() {
            columns.push(Column::number(column("try-left")));
        }
        Html::of(&Table {
            caption: self.say("try-lines"),
            columns,
            rows: rows.collect(),
            empty: String::new(),
            next: None,
        })
    }

    fn points(&self, programme: &Programme) -> Vec<Html> {
        let number = |points: Option<i64>| Html::text(points.map(|points| points.to_string()).unwrap_or_default());
        let redeemed = programme
            .redeemed
            .as_ref()
            .filter(|redeemed| redeemed.points > 0)
            .map(|redeemed| format!("{} ({})", redeemed.points, self.money(redeemed.amount.unwrap_or_default())));
        let rows = vec![
            (self.say("try-points-before"), number(programme.balance_before)),
            (self.say("try-points-redeemed"), Html::text(redeemed.unwrap_or_else(|| "0".to_owned()))),
            (self.say("try-points-earned"), number(programme.earned.as_ref().map(|earned| earned.points))),
            (self.say("try-points-after"), number(programme.balance_after)),
        ];
        let heading = self.visit.texts.with("try-points-of", &[("program", (&*programme.program).into())]);
        let mut parts = vec![Html::of(&Heading { id: "points-of", text: heading }), Html::of(&Facts { rows })];
        if !programme.reasons.is_empty() {
            let texts = programme.reasons.iter().map(|reason| self.visit.word("try-points-reason", reason)).collect();
            parts.push(Html::of(&Listing { texts }));
        }
        parts
    }

    /// What a till without a connection granted beyond our own decision, and who bears it.
    fn advice(&self, advice: &Advice) -> Option<Html> {
        let texts: Vec<String> = advice
            .over_granted
            .iter()
            .map(|over| {
                let (grantor, provider) = (self.money(over.grantor), self.money(over.provider));
                let arguments = [
                    ("benefit", (&*over.benefit).into()),
                    ("grantor", (&*grantor).into()),
                    ("provider", (&*provider).into()),
                ];
                self.visit.texts.with("try-over-granted", &arguments)
            })
            .collect();
        (!texts.is_empty()).then(|| Html::of(&Listing { texts }))
    }

    /// What its state allows.
    fn operations(&self, answer: &Answer, fresh: &str) -> Html {
        let allowed: &[&'static str] = match answer.state.as_deref() {
            Some("held") => &["capture", "void", "reverse"],
            Some("captured") => &["refund", "void", "reverse"],
            Some("partly_refunded") => &["refund", "reverse"],
            Some("refunded" | "voided" | "expired") => &["reverse"],
            _ => &[],
        };
        let is_held = answer.state.as_deref() == Some("held");
        let units = answer.lines.iter().filter_map(|line| {
            let left = line.left.as_ref().map_or(0, |left| left.units);
            let product = self.product(line);
            let arguments = [("product", (&*product).into()), ("left", left.into())];
            let label = self.visit.texts.with("try-units", &arguments);
            (left > 0).then(|| (line.line_id.clone(), label, if is_held { left } else { 1 }))
        });
        let takes_units = allowed.iter().any(|step| matches!(*step, "capture" | "refund"));
        let operations = Operations {
            hidden: self.scene.state.fields(),
            units: if takes_units { units.collect() } else { Vec::new() },
            steps: allowed.iter().map(|step| (*step, self.visit.word("try-do", step))).collect(),
            fresh: fresh.to_owned(),
        };
        if allowed.is_empty() { Html::default() } else { Html::of(&operations) }
    }

    fn history(&self, answer: &Answer) -> Option<Html> {
        let rows: Vec<Vec<Html>> = answer
            .history
            .iter()
            .map(|done| {
                let what = match &done.result {
                    Some(result) => self.visit.word("try-result", result),
                    None => self.visit.word("try-done", &done.kind),
                };
                let undone = if done.undone { format!(" ({})", self.say("try-undone")) } else { String::new() };
                let units: i64 = done.lines.iter().map(|line| line.units).sum();
                let amount =
                    |amount: Option<i64>| Html::text(amount.map(|amount| self.money(amount)).unwrap_or_default());
                vec![
                    Html::text(what + &undone),
                    Html::text(units.to_string()),
                    amount(done.gross),
                    amount(done.payable),
                ]
            })
            .collect();
        let column = |name: &str| self.visit.word("column", name);
        let columns = vec![
            Column::text(column("try-what")),
            Column::number(column("try-units")),
            Column::number(column("try-price")),
            Column::number(column("try-to-pay")),
        ];
        (!rows.is_empty()).then(|| {
            Html::of(&Table { caption: self.say("try-history"), columns, rows, empty: String::new(), next: None })
        })
    }

    /// Where to go from here: the next sale, without a connection and back.
    fn ways(&self, fresh: &str) -> Html {
        let state = &self.scene.state;
        if state.kept.is_some() {
            let steps = vec![("upload", self.visit.word("try-do", "upload"))];
            return Html::of(&Operations { hidden: state.fields(), units: Vec::new(), steps, fresh: fresh.to_owned() });
        }
        let mut links = Vec::new();
        if state.sale.is_some() {
            links.push(link(state.unsold().address(), self.say("try-next")));
        }
        let other = State { is_offline: !state.is_offline, ..state.unsold() };
        let word = if state.is_offline { "go-online" } else { "go-offline" };
        links.push(link(other.address(), self.visit.word("try-way", word)));
        Html::joined(links)
    }
}

/// What somebody who bears a part is called.
pub(super) fn name(visit: &Visit<'_>, who: &Who) -> String {
    match who {
        Who::Person => visit.say("try-person"),
        Who::Points => visit.say("try-by-points"),
        Who::Payer(code) => code.clone(),
    }
}

fn tone(word: &str) -> Tone {
    match word {
        "approved" | "captured" => Tone::Good,
        "partially_approved" | "held" | "partly_refunded" => Tone::Warn,
        "declined" | "expired" => Tone::Bad,
        _ => Tone::Plain,
    }
}
