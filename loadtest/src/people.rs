//! Who buys where, and what the core says to it: the same files that the server reads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_core::{
    Catalogue, Holder, IdentifierForms, IdentifierState, Means, Outcome, Person, Plan, Request, RuleSet, Totals, WrittenHolder,
    plan, recognise,
};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

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
}

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

    /// What the core finds for a body that a terminal sends.
    ///
    /// # Errors
    /// A body that the core refuses: a mistake of this generator.
    pub(crate) fn plan(&self, terminal: &Terminal, body: &str) -> Result<Box<Plan>, String> {
        let request = Request::parse(body.as_bytes()).map_err(|faults| format!("own request: {faults}"))?;
        let person = self.person(&request);
        plan(self.rules.clone(), &terminal.provider, person, request).map_err(|faults| format!("own request: {faults}"))
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
