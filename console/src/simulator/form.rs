//! The left side: what stands in the fields, and what may stand there.

use askama::Template;
use avis_core::telling::money;

use super::play::Scene;
use super::setup::{Offer, Setup};
use super::state::{LINES_MAX, Row, State};
use super::wrong::WrongAt;
use crate::view::Html;
use crate::visit::Visit;

/// One of a list.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) is_chosen: bool,
}

/// The form of a sale.
pub(super) struct Form {
    pub(super) state: State,
    pub(super) channels: Vec<Choice>,
    pub(super) means: Vec<Choice>,
    pub(super) coupons: Vec<Choice>,
    pub(super) has_points: bool,
    pub(super) rows: Vec<RowForm>,
    pub(super) is_why: bool,
    /// The id of the request that the buttons would make.
    pub(super) fresh: String,
    faults: Vec<(String, String)>,
}

/// The attributes of a field that is wrong.
#[derive(Template)]
#[template(source = r#" aria-invalid="true" aria-describedby="{{ id }}-fault""#, ext = "html")]
struct Invalid {
    id: String,
}

/// The fields of one line.
pub(super) struct RowForm {
    pub(super) row: Row,
    /// By branch of the tree.
    pub(super) products: Vec<(String, Vec<Choice>)>,
    /// The usual price.
    pub(super) usual: String,
    pub(super) grants: Vec<Choice>,
    pub(super) faults: Vec<(String, String)>,
    place: usize,
    pub(super) legend: String,
}

impl Form {
    pub(super) fn of(visit: &Visit<'_>, setup: &Setup, scene: &Scene<'_>, fresh: String, is_why: bool) -> Self {
        let (state, language) = (&scene.state, visit.language());
        let channel = |channel: &String| Choice {
            text: visit.word("try-channel", channel),
            is_chosen: *channel == state.channel,
            value: channel.clone(),
        };
        let means = setup.means.iter().filter(|means| scene.terminal.takes(means)).map(|means| Choice {
            text: means.title.told(language).to_owned(),
            is_chosen: means.name == state.means,
            value: means.name.clone(),
        });
        let coupons = setup.coupons.iter().map(|coupon| Choice {
            text: coupon.title.told(language).to_owned(),
            is_chosen: coupon.name == state.coupon,
            value: coupon.name.clone(),
        });
        let faults: Vec<(String, String)> =
            scene.wrong.iter().map(|one| (one.field.clone(), told(visit, one, &scene.terminal.currency))).collect();
        // One more than are filled, so that a line can be added without a script.
        let empty = (state.rows.len() < LINES_MAX).then(|| Row { quantity: "1".to_owned(), ..Row::default() });
        let rows = state.rows.iter().cloned().chain(empty);
        Self {
            channels: scene.terminal.channels.iter().map(channel).collect(),
            means: means.collect(),
            coupons: coupons.collect(),
            has_points: scene.till.program.is_some(),
            rows: rows.enumerate().map(|(place, row)| RowForm::of(visit, setup, scene, &faults, place, row)).collect(),
            state: state.clone(),
            is_why,
            fresh,
            faults,
        }
    }

    /// What is wrong with a field.
    pub(super) fn fault(&self, field: &str) -> Option<&str> {
        self.faults.iter().find(|(known, _)| known == field).map(|(_, told)| &**told)
    }
}

impl RowForm {
    fn of(
        visit: &Visit<'_>,
        setup: &Setup,
        scene: &Scene<'_>,
        faults: &[(String, String)],
        place: usize,
        row: Row,
    ) -> Self {
        let (language, currency) = (visit.language(), &*scene.terminal.currency);
        let mut products: Vec<(String, Vec<Choice>)> = Vec::new();
        for offer in setup.offers(scene.till) {
            let branch = setup.branch(&offer.product).map_or("", |branch| branch.name.told(language));
            let choice = Choice {
                text: format!("{} · {}", offer.name.told(language), money(offer.unit_price, currency, language)),
                is_chosen: offer.product == row.product,
                value: offer.product.clone(),
            };
            match products.iter_mut().find(|(known, _)| known == branch) {
                Some((_, choices)) => choices.push(choice),
                None => products.push((branch.to_owned(), vec![choice])),
            }
        }
        let usual = setup.offer(&row.product).map(|offer: &Offer| money(offer.unit_price, currency, language));
        let ending = format!("-{}", place + 1);
        let own = faults.iter().filter(|(field, _)| field.ends_with(&ending)).cloned();
        let grants = scene.offline.iter().flat_map(|offline| &offline.benefits);
        let grants = grants.filter(|grant| grant.covers(&row.product)).map(|grant| {
            let value = format!("{}:{}", grant.benefit, grant.version);
            let most = money(grant.max_discount, currency, language);
            let arguments =
                [("benefit", (&*grant.benefit).into()), ("most", (&*most).into()), ("uses", grant.max_uses.into())];
            Choice { text: visit.texts.with("try-grant-of", &arguments), is_chosen: value == row.grant, value }
        });
        let number = i64::try_from(place + 1).unwrap_or(i64::MAX);
        let legend = visit.texts.with("try-line", &[("n", number.into())]);
        let usual = usual.unwrap_or_default();
        Self { products, usual, grants: grants.collect(), faults: own.collect(), place, legend, row }
    }

    /// Whether it is there to be filled, after others.
    pub(super) fn is_more(&self) -> bool {
        self.place > 0 && self.row.product.is_empty()
    }

    /// The attributes of a field that is wrong.
    pub(super) fn aria(&self, field: &str) -> Html {
        let id = format!("{field}-{}", self.place + 1);
        if self.faults.iter().any(|(known, _)| *known == id) { Html::of(&Invalid { id }) } else { Html::default() }
    }
}

/// What is wrong, in words.
pub(super) fn told(visit: &Visit<'_>, wrong: &WrongAt, currency: &str) -> String {
    use super::wrong::Wrong as W;
    let (texts, language) = (visit.texts, visit.language());
    let most = |name: &str, most: i64| texts.with(name, &[("most", most.into())]);
    let count = |most: usize| i64::try_from(most).unwrap_or(i64::MAX);
    match &wrong.wrong {
        W::TooLong { most: limit } => most("try-wrong-long", count(*limit)),
        W::TooManyLines { most: limit } => most("try-wrong-lines", count(*limit)),
        W::NoId => texts.say("try-wrong-id"),
        W::NoChannel => texts.say("try-wrong-channel"),
        W::NoTime => texts.say("try-wrong-time"),
        W::NoMeans => texts.say("try-wrong-means"),
        W::NotTaken { scheme } => texts.with("try-wrong-scheme", &[("scheme", (&**scheme).into())]),
        W::NoCoupon => texts.say("try-wrong-coupon"),
        W::NoPoints => texts.say("try-wrong-points"),
        W::NoProgramme => texts.say("try-wrong-programme"),
        W::NoProduct => texts.say("try-wrong-product"),
        W::NoQuantity { most: limit } => most("try-wrong-quantity", *limit),
        W::NoAmount { most: limit } => {
            texts.with("try-wrong-amount", &[("most", (&*money(*limit, currency, language)).into())])
        }
        W::NoGrant => texts.say("try-wrong-grant"),
        W::NoLines => texts.say("try-wrong-empty"),
        W::NoUnits => texts.say("try-wrong-units"),
    }
}
