//! What the simulator has to play with: terminals that train, products with prices, test means, and examples to begin with.

use std::collections::HashSet;

use avis_core::DottedPath;
use avis_core::limits::{AMOUNT_MAX, IDENTIFIERS_MAX};
use avis_core::telling::Language;
use serde::Deserialize;
use serde_json::Value;

use super::state::{LINES_MAX, Row, State};

/// Entries of each list of the file.
const ENTRIES_MAX: usize = 200;
/// Characters of a name that stands in an address.
const NAME_CHARACTERS_MAX: usize = 40;

/// The file that fills the simulator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The engine that is called, such as `https://avis.example.lv`; absent, that of this node.
    pub(super) engine: Option<String>,
    /// Whether it is for everybody; else it is for who signed in.
    #[serde(default)]
    pub(super) open: bool,
    pub(super) terminals: Vec<Till>,
    /// What branches of the tree of products are called.
    #[serde(default)]
    pub(super) tree: Vec<Branch>,
    pub(super) products: Vec<Offer>,
    pub(super) means: Vec<Means>,
    #[serde(default)]
    pub(super) coupons: Vec<Coupon>,
    examples: Vec<Example>,
}

/// A text in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    lv: String,
    en: String,
}

impl Words {
    pub(super) fn told(&self, language: Language) -> &str {
        language.choose(&self.en, &self.lv)
    }
}

/// A terminal that trains, and its key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Till {
    pub(super) terminal: String,
    pub(super) key: String,
    pub(super) name: Words,
    /// Paths of what it sells.
    products: Vec<String>,
    /// The programme whose points pay here.
    pub(super) program: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Branch {
    path: String,
    pub(super) name: Words,
}

/// A product with its usual price.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offer {
    pub(super) product: String,
    pub(super) name: Words,
    pub(super) unit_price: i64,
}

/// What somebody presents, known in addresses by its name alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Means {
    pub(super) name: String,
    pub(super) title: Words,
    pub(super) identifiers: Vec<Presented>,
    /// Who presents it, for trying drafts: as in a file of holders.
    pub(super) holder: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Presented {
    pub(super) scheme: String,
    pub(super) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Coupon {
    pub(super) name: String,
    pub(super) title: Words,
    pub(super) code: String,
}

/// A state worth a look; with a reason, one that the engine answers with that reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    title: Words,
    reason: Option<String>,
    terminal: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    means: String,
    #[serde(default)]
    coupon: String,
    lines: Vec<ExampleLine>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleLine {
    product: String,
    quantity: i64,
}

/// A link to an example.
pub(super) struct Shown<'a> {
    pub(super) title: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) state: State,
}

impl Setup {
    /// Reads the file.
    ///
    /// # Errors
    /// All that is wrong, each with its place.
    pub fn read(json: &[u8]) -> Result<Self, Vec<String>> {
        let setup: Self = serde_json::from_slice(json).map_err(|error| vec![error.to_string()])?;
        let mut faults = Vec::new();
        setup.check(&mut |place, told| faults.push(format!("{place}: {told}")));
        if faults.is_empty() { Ok(setup) } else { Err(faults) }
    }

    fn check(&self, fault: &mut impl FnMut(String, String)) {
        let Self { terminals, tree, products, means, coupons, examples, .. } = self;
        for (list, length, least) in [
            ("terminals", terminals.len(), 1),
            ("tree", tree.len(), 0),
            ("products", products.len(), 1),
            ("means", means.len(), 0),
            ("coupons", coupons.len(), 0),
            ("examples", examples.len(), 1),
        ] {
            if !(least..=ENTRIES_MAX).contains(&length) {
                fault(format!("/{list}"), format!("expected {least} to {ENTRIES_MAX} entries"));
            }
        }
        check_names("terminals", "terminal", terminals.iter().map(|till| &*till.terminal), fault);
        check_names("means", "name", means.iter().map(|means| &*means.name), fault);
        check_names("coupons", "name", coupons.iter().map(|coupon| &*coupon.name), fault);
        for (place, offer) in products.iter().enumerate() {
            if DottedPath::of_text(offer.product.as_str().into()).is_none() {
                fault(format!("/products/{place}/product"), "expected a dotted path".to_owned());
            }
            if products.iter().take(place).any(|before| before.product == offer.product) {
                fault(format!("/products/{place}/product"), "it stands before already".to_owned());
            }
            if !(0..=AMOUNT_MAX).contains(&offer.unit_price) {
                fault(format!("/products/{place}/unit_price"), format!("expected 0 to {AMOUNT_MAX}"));
            }
        }
        for (place, means) in means.iter().enumerate() {
            if !(1..=IDENTIFIERS_MAX).contains(&means.identifiers.len()) {
                fault(format!("/means/{place}/identifiers"), format!("expected 1 to {IDENTIFIERS_MAX} entries"));
            }
        }
        for (place, till) in terminals.iter().enumerate() {
            for (number, product) in till.products.iter().enumerate() {
                if self.offer(product).is_none() {
                    fault(format!("/terminals/{place}/products/{number}"), "it is none of `products`".to_owned());
                }
            }
        }
        for (place, example) in examples.iter().enumerate() {
            self.check_example(&format!("/examples/{place}"), example, fault);
        }
    }

    fn check_example(&self, place: &str, example: &Example, fault: &mut impl FnMut(String, String)) {
        let till = self.till(&example.terminal);
        if till.is_none() {
            fault(format!("{place}/terminal"), "it is none of `terminals`".to_owned());
        }
        if !example.means.is_empty() && self.means(&example.means).is_none() {
            fault(format!("{place}/means"), "it is none of `means`".to_owned());
        }
        if !example.coupon.is_empty() && self.coupon(&example.coupon).is_none() {
            fault(format!("{place}/coupon"), "it is none of `coupons`".to_owned());
        }
        if !(1..=LINES_MAX).contains(&example.lines.len()) {
            fault(format!("{place}/lines"), format!("expected 1 to {LINES_MAX} lines"));
        }
        for (number, line) in example.lines.iter().enumerate() {
            if !till.is_some_and(|till| till.products.contains(&line.product)) {
                fault(format!("{place}/lines/{number}/product"), "the terminal does not sell it".to_owned());
            }
        }
    }

    pub(super) fn till(&self, terminal: &str) -> Option<&Till> {
        self.terminals.iter().find(|till| till.terminal == terminal)
    }

    pub(super) fn means(&self, name: &str) -> Option<&Means> {
        self.means.iter().find(|means| means.name == name)
    }

    pub(super) fn coupon(&self, name: &str) -> Option<&Coupon> {
        self.coupons.iter().find(|coupon| coupon.name == name)
    }

    pub(super) fn offer(&self, product: &str) -> Option<&Offer> {
        self.products.iter().find(|offer| offer.product == product)
    }

    /// What a terminal sells.
    pub(super) fn offers<'a>(&'a self, till: &'a Till) -> impl Iterator<Item = &'a Offer> {
        till.products.iter().filter_map(|product| self.offer(product))
    }

    /// The nearest branch above a product.
    pub(super) fn branch(&self, product: &str) -> Option<&Branch> {
        let above = |branch: &&Branch| product.strip_prefix(&*branch.path).is_some_and(|rest| rest.starts_with('.'));
        self.tree.iter().filter(above).max_by_key(|branch| branch.path.len())
    }

    /// All examples, in their order.
    pub(super) fn examples(&self, language: Language) -> impl Iterator<Item = Shown<'_>> {
        self.examples.iter().map(move |example| Shown {
            title: example.title.told(language),
            reason: example.reason.as_deref(),
            state: example.state(),
        })
    }

    /// With what a terminal begins: its first example; the first of all where none is named.
    pub(super) fn beginning(&self, terminal: Option<&str>) -> State {
        let of_it = |example: &&Example| terminal.is_none_or(|terminal| example.terminal == terminal);
        let found = self.examples.iter().find(of_it).map(Example::state);
        found.unwrap_or_else(|| State { terminal: terminal.unwrap_or_default().to_owned(), ..State::default() })
    }
}

impl Example {
    fn state(&self) -> State {
        let row = |line: &ExampleLine| Row {
            product: line.product.clone(),
            quantity: line.quantity.to_string(),
            ..Row::default()
        };
        State {
            terminal: self.terminal.clone(),
            channel: self.channel.clone(),
            at: self.at.clone(),
            means: self.means.clone(),
            coupon: self.coupon.clone(),
            rows: self.lines.iter().map(row).collect(),
            ..State::default()
        }
    }
}

fn check_names<'a>(
    list: &str,
    field: &str,
    names: impl Iterator<Item = &'a str>,
    fault: &mut impl FnMut(String, String),
) {
    let mut before = HashSet::new();
    for (place, name) in names.enumerate() {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        if !(1..=NAME_CHARACTERS_MAX).contains(&name.len()) || !name.bytes().all(is_plain) {
            let told = format!("expected 1 to {NAME_CHARACTERS_MAX} small letters, digits, `-` and `.`");
            fault(format!("/{list}/{place}/{field}"), told);
        }
        if !before.insert(name) {
            fault(format!("/{list}/{place}/{field}"), "it stands before already".to_owned());
        }
    }
}
