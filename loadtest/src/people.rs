//! Who buys where, and what the core says to it: the same files that the server reads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_core::loyalty::{AccountKey, Inquiry, LoyaltyRequest, inquire};
use avis_core::{
    Catalogue, Holder, IdentifierForms, IdentifierState, Means, Outcome, Person, Plan, Request, RuleSet, Totals,
    WrittenHolder, plan_loyal, recognise,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use crate::points;

/// The holder whose quota many tills sell; nobody else sells to her, so that her use can be counted.
pub(crate) const CONTENDED_HOLDER: &str = "h-velta";

/// The files of a folder of demo data.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) catalogue: PathBuf,
    pub(crate) holders: PathBuf,
    pub(crate) terminals: PathBuf,
}

impl Files {
    pub(crate) fn of(data: &Path) -> Self {
        let file = |name| data.join(name);
        Self { catalogue: file("catalogue.json"), holders: file("holders.ndjson"), terminals: file("terminals.json") }
    }
}

/// Rules, holders and terminals, as the server knows them.
pub(crate) struct World {
    rules: Arc<RuleSet>,
    zone: TimeZone,
    forms: IdentifierForms,
    known: HashMap<(Box<str>, String), (usize, IdentifierState)>,
    holders: Vec<Arc<Holder>>,
    pub(crate) currency: String,
    pub(crate) terminals: Vec<Terminal>,
    /// Members who come again and again, where points are earned and spent; none where there are no programmes.
    pub(crate) regulars: Option<Regulars>,
}

/// A few members of a programme, and where its points count. Many tills meet at their accounts.
pub(crate) struct Regulars {
    /// By its place among the terminals.
    pub(crate) terminal: usize,
    pub(crate) program: String,
    pub(crate) members: Vec<Identifier>,
}

/// So many.
const REGULARS: usize = 12;

/// A terminal that sells.
pub(crate) struct Terminal {
    pub(crate) code: String,
    pub(crate) provider: String,
    pub(crate) key: String,
    pub(crate) channels: Vec<String>,
    pub(crate) schemes: Vec<String>,
    /// What some benefit is for, at this provider.
    pub(crate) products: Vec<String>,
    /// What people can present here.
    pub(crate) identifiers: Vec<Identifier>,
}

/// An identifier that somebody presents.
#[derive(Clone)]
pub(crate) struct Identifier {
    pub(crate) scheme: Box<str>,
    pub(crate) value: Box<str>,
}

#[derive(Deserialize)]
struct WrittenTerminals {
    terminals: Vec<WrittenTerminal>,
}

#[derive(Deserialize)]
struct WrittenTerminal {
    terminal: String,
    provider: String,
    key: String,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    schemes: Vec<String>,
    scopes: Option<Vec<String>>,
}

impl World {
    /// Reads what the server reads, too.
    ///
    /// # Errors
    /// A file that can't be read or understood, or data in which nobody can buy anything.
    pub(crate) fn load(files: &Files) -> Result<Self, String> {
        let catalogue = read(&files.catalogue)?;
        let rules = Catalogue::parse(&catalogue).map_err(|faults| of_file(&files.catalogue, &faults))?;
        let document: Value = serde_json::from_slice(&catalogue).map_err(|error| of_file(&files.catalogue, &error))?;
        let terminals: WrittenTerminals =
            serde_json::from_slice(&read(&files.terminals)?).map_err(|error| of_file(&files.terminals, &error))?;
        let zone = TimeZone::get("Europe/Riga").map_err(|error| format!("the deployment's time zone: {error}"))?;
        let mut world = Self {
            rules: Arc::new(RuleSet::compile(&rules)),
            zone,
            forms: IdentifierForms::default(),
            known: HashMap::new(),
            holders: Vec::new(),
            currency: document["currency"].as_str().unwrap_or_default().to_owned(),
            terminals: Vec::new(),
            regulars: None,
        };
        let shown = world.holders(&files.holders)?;
        let sells = |terminal: &WrittenTerminal| {
            terminal.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| scope == "sell"))
        };
        for written in terminals.terminals.into_iter().filter(sells) {
            let products = products(&document, &written.provider);
            let accepted = |shown: &&Identifier| written.schemes.iter().any(|scheme| **scheme == *shown.scheme);
            let identifiers: Vec<Identifier> = shown.iter().filter(accepted).cloned().collect();
            if !products.is_empty() && !identifiers.is_empty() {
                let WrittenTerminal { terminal: code, provider, key, channels, schemes, .. } = written;
                world.terminals.push(Terminal { code, provider, key, channels, schemes, products, identifiers });
            }
        }
        if world.terminals.is_empty() {
            return Err(of_file(&files.terminals, &"no terminal sells anything that a benefit is for"));
        }
        world.regulars = world.find_regulars(&document);
        Ok(world)
    }

    /// Reads the holders; what they present, but for the contended one.
    fn holders(&mut self, path: &Path) -> Result<Vec<Identifier>, String> {
        let mut shown = Vec::new();
        for (number, line) in read(path)?.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty())
        {
            let written =
                WrittenHolder::parse(line).map_err(|faults| format!("{}:{}: {faults}", path.display(), number + 1))?;
            for identifier in written.identifiers {
                let Means::Value(value) = identifier.means else {
                    return Err(format!("{}:{}: expected identifiers with their values", path.display(), number + 1));
                };
                let key = (identifier.scheme.clone(), self.forms.normal(&identifier.scheme, &value).into_owned());
                self.known.insert(key, (self.holders.len(), identifier.state));
                if *written.holder.code != *CONTENDED_HOLDER {
                    shown.push(Identifier { scheme: identifier.scheme, value });
                }
            }
            self.holders.push(Arc::new(written.holder));
        }
        Ok(shown)
    }

    /// Who stands at the till, as the server must see it.
    fn person(&self, request: &Request) -> Person {
        let (holder, identifiers) = recognise(&request.identifiers, request.occurred_at, &self.zone, |presented| {
            let key = (presented.scheme.clone(), self.forms.normal(&presented.scheme, &presented.value).into_owned());
            self.known.get(&key).copied()
        });
        Person { holder: holder.and_then(|place| self.holders.get(place)).cloned(), identifiers }
    }

    /// Those of the first programme whose points count at once, at the first terminal where it counts.
    fn find_regulars(&self, document: &Value) -> Option<Regulars> {
        let programmes = document["programs"].as_array()?;
        let programmes = programmes.iter().filter(|one| one["pending"].is_null() && one["redeem"].is_object());
        let codes: Vec<&str> = programmes.filter_map(|one| one["code"].as_str()).collect();
        let at = |(place, terminal): (usize, &Terminal)| {
            codes.iter().find_map(|program| {
                let is_member = |identifier: &&Identifier| {
                    let asked = points::balance_asked(self, terminal, identifier);
                    self.accounts(terminal, &asked).is_ok_and(|keys| keys.iter().any(|key| *key.program == **program))
                };
                let members: Vec<Identifier> =
                    terminal.identifiers.iter().filter(is_member).take(REGULARS).cloned().collect();
                (!members.is_empty()).then(|| Regulars { terminal: place, program: (*program).to_owned(), members })
            })
        };
        self.terminals.iter().enumerate().find_map(at)
    }

    /// The accounts of programmes that are in play for a body at a terminal.
    ///
    /// # Errors
    /// As [`World::plan`].
    pub(crate) fn accounts(&self, terminal: &Terminal, body: &str) -> Result<Vec<AccountKey>, String> {
        let (mut plan, inquiry) = self.planned(terminal, body)?;
        let Some(inquiry) = inquiry else { return Ok(Vec::new()) };
        plan.know(inquiry.known(Timestamp::now(), |_| None, |_| 0));
        let (_, settlement) = plan.decide_loyal(&plan.usage(|_| Totals::default()));
        let told = settlement.map(|settlement| settlement.loyalty).unwrap_or_default();
        let in_play = |key: &&AccountKey| told.iter().any(|of| of.program == key.program && of.standing.is_some());
        Ok(inquiry.wanted().map(|(key, _)| key).filter(in_play).cloned().collect())
    }

    /// What the core finds for a body that a terminal sends, as far as that is known without accounts of points.
    ///
    /// # Errors
    /// A body that the core refuses: a mistake of this generator.
    pub(crate) fn plan(&self, terminal: &Terminal, body: &str) -> Result<Box<Plan>, String> {
        self.planned(terminal, body).map(|(plan, _)| plan)
    }

    /// The same, with what the accounts had as the answer tells it.
    ///
    /// # Errors
    /// As [`World::plan`], and an answer that tells nothing of an account.
    pub(crate) fn plan_as_told(&self, terminal: &Terminal, body: &str, answer: &Value) -> Result<Box<Plan>, String> {
        let (mut plan, inquiry) = self.planned(terminal, body)?;
        if let Some(inquiry) = inquiry {
            plan.know(points::as_told(&inquiry, answer)?);
        }
        Ok(plan)
    }

    fn planned(&self, terminal: &Terminal, body: &str) -> Result<(Box<Plan>, Option<Inquiry>), String> {
        let own = |faults| format!("own request: {faults}");
        let asked = LoyaltyRequest::parse(body.as_bytes()).map_err(own)?;
        let person = self.person(&asked.request);
        let inquiry = inquire(&self.rules, &terminal.provider, person.holder.as_deref(), &asked);
        let known = inquiry.as_ref().map(Inquiry::beforehand);
        let plan = plan_loyal(self.rules.clone(), &terminal.provider, person, asked.request, known).map_err(own)?;
        Ok((plan, inquiry))
    }

    /// Whether something would be given if nothing were used yet.
    pub(crate) fn gives(&self, terminal: &Terminal, body: &Value) -> bool {
        let plan = self.plan(terminal, &body.to_string());
        plan.is_ok_and(|plan| plan.decide(&plan.usage(|_| Totals::default())).outcome != Outcome::Declined)
    }
}

/// The products that some benefit's scope names at a provider.
fn products(catalogue: &Value, provider: &str) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let known = list(&catalogue["providers"]).into_iter().find(|known| known["code"] == provider).unwrap_or_default();
    let tags = list(&known["tags"]);
    let here = |benefit: &Value| {
        let providers = &benefit["scope"]["providers"];
        let coded = list(&providers["codes"]).iter().any(|code| code == provider);
        providers.is_null() || coded || list(&providers["tags"]).iter().any(|tag| tags.contains(tag))
    };
    let named = list(&catalogue["benefits"]).into_iter().filter(here);
    let named = named.flat_map(|benefit| list(&benefit["scope"]["products"]));
    let mut products: Vec<String> = named.filter_map(|product| product.as_str().map(str::to_owned)).collect();
    products.sort();
    products.dedup();
    products
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| of_file(path, &error))
}

fn of_file(path: &Path, detail: &dyn std::fmt::Display) -> String {
    format!("{}: {detail}", path.display())
}
