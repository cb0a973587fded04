//! A decision and its trace as a tree for people: first what it comes to, then what applied, then all that was looked at.

use std::io::{self, Write};

use avis_core::telling::{Language, limit, money, sentence};
use avis_core::{
    Considered, DecidedLine, Decision, FundingReason, IdentifierVerdict, LineVerdict, LoyaltyStep, Node, Obstacle,
    Reasons, Standing, Trace, Truth, Turn, TurnTrace,
};
use uuid::Uuid;

/// Writes one request's story.
pub(crate) fn write(
    out: &mut impl Write,
    request_id: Uuid,
    decision: &Decision,
    trace: &Trace,
    language: Language,
) -> io::Result<()> {
    let mut tree = Tree { out, language, currency: &trace.currency };
    writeln!(tree.out, "{}", sentence(decision, trace, language))?;
    tree.branch(language.choose("lines", "rindas"))?;
    decision.lines.iter().try_for_each(|line| tree.line(line))?;
    tree.branch(language.choose("turns", "kārtas"))?;
    // What applied first; among those and the others, in the order in which it was.
    for is_applied in [true, false] {
        for turn in trace.turns.iter().filter(|turn| (turn.turn == Turn::Applied) == is_applied) {
            tree.turn(turn)?;
        }
    }
    if !trace.loyalty.is_empty() {
        tree.branch(language.choose("loyalty", "lojalitāte"))?;
    }
    trace.loyalty.iter().try_for_each(|step| tree.loyalty(step))?;
    let nobody = language.choose("nobody recognised", "neviens nav atpazīts");
    let holder = trace.holder.as_deref().unwrap_or(nobody);
    tree.branch(&format!("{}: {holder}", language.choose("holder", "turētājs")))?;
    for identifier in &trace.identifiers {
        writeln!(tree.out, "│  · {}: {}", identifier.scheme, verdict(identifier.verdict, language))?;
    }
    tree.branch(language.choose("candidates", "kandidāti"))?;
    for is_eligible in [true, false] {
        let of_kind = |one: &&Considered| one.lines.iter().any(|line| line.eligible) == is_eligible;
        trace.candidates.iter().filter(of_kind).try_for_each(|candidate| tree.considered(candidate))?;
    }
    for aside in &trace.set_aside {
        let why = standing(aside.standing, language);
        writeln!(tree.out, "│  · {}: {why}", tree.version(&aside.benefit, aside.version))?;
    }
    writeln!(tree.out, "└─ {} {request_id}\n", language.choose("request", "pieprasījums"))
}

/// A tree while it is written.
struct Tree<'a, W> {
    out: &'a mut W,
    language: Language,
    currency: &'a str,
}

impl<W: Write> Tree<'_, W> {
    fn branch(&mut self, name: &str) -> io::Result<()> {
        writeln!(self.out, "├─ {name}")
    }

    fn money(&self, amount: i64) -> String {
        money(amount, self.currency, self.language)
    }

    fn version(&self, benefit: &str, version: i64) -> String {
        format!("{benefit} {} {version}", self.language.choose("version", "versija"))
    }

    fn because(&self, reasons: Reasons) -> String {
        let told: Vec<_> = reasons.iter().map(|reason| reason.told(self.language)).collect();
        if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) }
    }

    fn line(&mut self, line: &DecidedLine) -> io::Result<()> {
        let (gross, payable) = (self.money(line.gross), self.money(line.payable));
        let (of, to_pay) = (self.language.choose("line", "rinda"), self.language.choose("to pay", "jāmaksā"));
        let because = self.because(line.reasons);
        writeln!(self.out, "│  · {of} {}: {gross} → {payable} {to_pay}{because}", line.line_id)?;
        for discount in &line.discounts {
            let payers = discount.funding.iter().map(|entry| {
                let reason = match entry.reason {
                    Some(FundingReason::Unfunded) => self.language.choose(" (unfunded)", " (bez finansējuma)"),
                    Some(FundingReason::OverGranted) => self
                        .language
                        .choose(" (granted offline beyond what was due)", " (bezsaistē piešķirts par daudz)"),
                    None => "",
                };
                let (pays, amount) = (self.language.choose("pays", "sedz"), self.money(entry.amount));
                format!("{} {pays} {amount}{reason}", entry.payer)
            });
            let payers: Vec<_> = payers.collect();
            let (amount, by) = (self.money(discount.amount), self.language.choose("by", "pēc"));
            let version = self.version(&discount.benefit, discount.version);
            writeln!(self.out, "│    {amount} {by} {version}: {}", payers.join(", "))?;
        }
        Ok(())
    }

    fn turn(&mut self, turn: &TurnTrace) -> io::Result<()> {
        let (of, what) = (self.language.choose("line", "rinda"), self.told(turn));
        let version = self.version(&turn.benefit, turn.version);
        writeln!(self.out, "│  · {of} {}: {version} {what}", turn.line_id)?;
        turn.limits.iter().try_for_each(|found| {
            let (name, told) =
                (self.language.choose("limit", "ierobežojums"), limit(found, self.currency, self.language));
            writeln!(self.out, "│    {name}: {told}")
        })
    }

    fn told(&self, turn: &TurnTrace) -> String {
        let told = match turn.turn {
            Turn::Applied => return self.applied(turn),
            Turn::NotChosen => ("gives less than another of its slot", "dod mazāk nekā cita tajā pašā vietā"),
            Turn::NothingToGive => ("comes to nothing", "nedod neko"),
            Turn::NothingLeft => ("finds nothing left to pay", "nav vairs par ko maksāt"),
            Turn::LimitReached => ("has reached its limit", "ir sasniegusi savu ierobežojumu"),
            Turn::Touched => {
                ("holds back: something was taken from the line before", "atturas: no rindas jau kaut kas ir atņemts")
            }
            Turn::TooLittleInBasket => (
                "holds back: less than its `at_least` remained to be paid",
                "atturas: atlicis mazāk par tās `at_least`",
            ),
            Turn::NotPicked => ("picks no unit of the line", "neizvēlas nevienu rindas vienību"),
            Turn::Bounded => {
                ("has bounds that left nothing of a discount", "ir robežas, kas no atlaides neko neatstāja")
            }
            Turn::NoCompanionsLeft => ("covers all its companions already", "jau sedz visus savus pavadoņus"),
        };
        self.language.choose(told.0, told.1).to_owned()
    }

    fn applied(&self, turn: &TurnTrace) -> String {
        let (takes, left) = (self.money(turn.amount.unwrap_or_default()), self.money(turn.left_to_pay));
        let units = turn.units.unwrap_or_default();
        let trimmed = self.language.choose(", trimmed by a limit", ", ierobežojuma samazināta");
        let trimmed = if turn.trimmed { trimmed } else { "" };
        let unit = if units == 1 { "unit" } else { "units" };
        self.language.choose(
            format!("takes {takes} off {units} {unit}{trimmed}; {left} left to pay"),
            format!("dod {takes} par vienībām: {units}{trimmed}; atliek maksāt {left}"),
        )
    }

    fn considered(&mut self, candidate: &Considered) -> io::Result<()> {
        let language = self.language;
        let slot = candidate.slot.as_ref().map(|slot| format!(", {} {slot}", language.choose("slot", "vieta")));
        let name = candidate.name.in_first_of([language.tag()]);
        let version = self.version(&candidate.benefit, candidate.version);
        writeln!(self.out, "│  · {version} ({name}{})", slot.unwrap_or_default())?;
        if let Some(when) = &candidate.when {
            self.condition(when, 2)?;
        }
        for line in &candidate.lines {
            let of = language.choose("line", "rinda");
            writeln!(self.out, "│    {of} {}: {}", line.line_id, eligibility(line, language))?;
            if let Some(when) = &line.when {
                self.condition(when, 3)?;
            }
        }
        Ok(())
    }

    fn condition(&mut self, node: &Node, depth: usize) -> io::Result<()> {
        let reads = self.language.choose("read", "nolasīts");
        let read = node.read.as_ref().map(|read| format!(" — {reads} {read}")).unwrap_or_default();
        let asks = if node.asks.is_null() { String::new() } else { format!(" {}", node.asks) };
        let indent = depth * 2;
        writeln!(self.out, "│{:indent$}{} {}{asks}{read}", "", mark(node.answer), node.test)?;
        node.parts.iter().try_for_each(|part| self.condition(part, depth + 1))
    }

    fn loyalty(&mut self, step: &LoyaltyStep) -> io::Result<()> {
        let (out, language) = (&mut *self.out, self.language);
        match step {
            LoyaltyStep::Member { program, version, in_play, balance, pending, tier, counted } => {
                let place = match in_play {
                    true => language.choose("in play", "darbojas"),
                    false => language.choose("not at this provider", "ne pie šī pārdevēja"),
                };
                let level = language.choose("level", "līmenis");
                let tier = tier.as_deref().map_or_else(String::new, |tier| format!(", {level} {tier}"));
                let told = language.choose(
                    format!(
                        "version {version}: {place}, {balance} points and {pending} pending{tier}, {counted} counted"
                    ),
                    format!(
                        "versija {version}: {place}, punkti: {balance}, gaidāmi: {pending}{tier}, skaitīti: {counted}"
                    ),
                );
                writeln!(out, "│  · {program} {told}")
            }
            LoyaltyStep::Tender { program, asked, available, room, points, amount, reasons } => {
                let most = language.choose("as many as possible", "cik iespējams");
                let asked = asked.map_or_else(|| most.to_owned(), |asked| asked.to_string());
                let words: Vec<&str> = reasons.iter().map(|reason| reason.word()).collect();
                let because = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
                let (room, amount) = (money(*room, self.currency, language), money(*amount, self.currency, language));
                let told = language.choose(
                    format!("asked for {asked} of {available} points, room for {room}: {points} points pay {amount}"),
                    format!("prasīti punkti: {asked} no {available}, vieta {room}: {points} punkti samaksā {amount}"),
                );
                writeln!(out, "│  · {program}: {told}{because}")
            }
            LoyaltyStep::Rule { program, rule, line_id, applies, used_up, when } => {
                let applies = match (applies, used_up) {
                    (true, _) => language.choose("applies", "der"),
                    (false, true) => language.choose("its uses are used up", "tā reizes ir izlietotas"),
                    (false, false) => language.choose("its condition is not true", "tā nosacījums nav patiess"),
                };
                let (named, of) = language.choose(("rule", "on line"), ("noteikums", "rindai"));
                writeln!(out, "│  · {program}: {named} {rule} {of} {line_id}: {applies}")?;
                when.iter().try_for_each(|when| self.condition(when, 2))
            }
            LoyaltyStep::Earned { program, exact, of, uncut, points } => {
                let exact = exact.join(" + ");
                let told = language.choose(
                    format!("earned {points} of {uncut}; exactly ({exact}) / {of} and what is fixed"),
                    format!("nopelnīti punkti: {points} no {uncut}; precīzi ({exact}) / {of} un tas, kas ir noteikts"),
                );
                writeln!(out, "│  · {program}: {told}")
            }
        }
    }
}

fn mark(answer: Truth) -> char {
    match answer {
        Truth::True => '✓',
        Truth::False => '✗',
        Truth::Unknown => '?',
    }
}

fn eligibility(line: &LineVerdict, language: Language) -> &'static str {
    let (english, latvian) = match line.because {
        None => ("eligible", "pienākas"),
        Some(Obstacle::NotCovered) => {
            ("not eligible: it does not cover whom the line is for", "nepienākas: tā neattiecas uz to, kam ir rinda")
        }
        Some(Obstacle::WithoutHolder) => {
            ("not eligible: a companion needs a line of the holder", "nepienākas: pavadonim vajag arī turētāja rindu")
        }
        Some(Obstacle::SubjectUnknown) => ("not eligible: it needs a holder", "nepienākas: vajadzīgs turētājs"),
        Some(Obstacle::Condition) => {
            ("not eligible: its condition is not true", "nepienākas: tās nosacījums nav patiess")
        }
    };
    language.choose(english, latvian)
}

fn verdict(verdict: IdentifierVerdict, language: Language) -> &'static str {
    let (english, latvian) = match verdict {
        IdentifierVerdict::Resolved => ("names the holder", "nosauc turētāju"),
        IdentifierVerdict::Unknown => ("unknown", "nezināms"),
        IdentifierVerdict::Blocked => ("blocked", "bloķēts"),
        IdentifierVerdict::Expired => ("expired", "beidzies"),
        IdentifierVerdict::Mismatch => ("names another holder", "nosauc citu turētāju"),
    };
    language.choose(english, latvian)
}

fn standing(standing: Standing, language: Language) -> &'static str {
    let (english, latvian) = match standing {
        Standing::Superseded => ("a later version counts", "spēkā ir vēlāka versija"),
        Standing::NotBegun => ("not begun yet", "vēl nav sākusies"),
        Standing::Ended => ("ended", "beigusies"),
        Standing::Suspended => ("suspended", "apturēta"),
        Standing::NotAskedFor => (
            "a reward that was not asked for, or whose programme is not in play",
            "balva, kas nav prasīta vai kuras programma šeit nedarbojas",
        ),
    };
    language.choose(english, latvian)
}
