//! Who reads engines and compares them with the store, knowing nothing of how they follow.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use avis_core::{Person, Request, RuleSet, Totals, WrittenHolder, plan};
use avis_server::{Engine, Found, KeyHash, Terminal, rules_of};
use avis_store::{Clock, Revision, Scope};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::SimulatedClock;
use crate::rows::{CARD_KEYS, LATER, TERMINALS, key_of};
use crate::store::{SimulatedStore, State};

/// Remembers what the rules of each revision decide, and whom cards name there.
#[derive(Default)]
pub(crate) struct Reader {
    decided: HashMap<(Uuid, u64), String>,
    expected: HashMap<(Uuid, u64), Arc<Expected>>,
    /// What was read last, so that it is not decided again and again.
    last: Option<(Arc<RuleSet>, String)>,
}

/// What the rows of one state say of people and terminals.
struct Expected {
    cards: Vec<Named>,
    holders: usize,
    identifiers: usize,
    terminals: Vec<Terminal>,
}

/// What each key that a terminal may send hashes to.
static KEY_HASHES: LazyLock<Vec<KeyHash>> = LazyLock::new(|| {
    let editions = (0..TERMINALS).flat_map(|number| (0..3).map(move |edition| (number, edition)));
    editions.map(|(number, edition)| KeyHash::of(key_of(number, edition))).collect()
});

impl Expected {
    fn of(state: &State) -> Self {
        let terminals = state.all("terminal").filter_map(|content| serde_json::from_value(content).ok()).collect();
        let mut expected = Self { cards: vec![None; CARD_KEYS.len()], holders: 0, identifiers: 0, terminals };
        let hexes: Vec<String> = CARD_KEYS.iter().map(|key| key.to_hex()).collect();
        for mut person in state.people().filter(|person| person.get(LATER).is_none()) {
            let Value::Array(cards) = person.as_object_mut().unwrap().remove("identifiers").unwrap() else { continue };
            expected.holders += 1;
            expected.identifiers += cards.len();
            for mut card in cards {
                let number = hexes.iter().position(|hex| card["key"] == **hex).unwrap();
                let fields = card.as_object_mut().unwrap();
                fields.remove("key");
                fields.remove("scheme");
                let named = &mut expected.cards[number];
                assert!(named.is_none(), "a card names one holder in the store");
                *named = Some((person.to_string(), card));
            }
        }
        expected
    }
}

impl Reader {
    /// Everything that an engine knows must be as of this state.
    pub(crate) fn compare(&mut self, engine: &Engine, state: &State, now: &SimulatedClock) {
        let known = engine.known();
        assert_eq!(known.head, Some(state.head), "an engine and its state differ");
        let expected = self.expected(state);
        for number in 0..CARD_KEYS.len() {
            assert_eq!(named(engine, number), expected.cards[number], "of card {number} at {:?}", state.head);
        }
        assert_eq!(engine.directory.holder_count(), expected.holders, "holders at {:?}", state.head);
        assert_eq!(engine.directory.identifier_count(), expected.identifiers, "identifiers at {:?}", state.head);
        compare_terminals(engine, &expected.terminals, now);
        self.compare_rules(engine, state);
    }

    /// I5: what the rules decide names a revision, and the rules as of that revision decide the same.
    fn compare_rules(&mut self, engine: &Engine, state: &State) {
        let Revision { incarnation, number } = state.head.revision;
        let then = self.decided.entry((incarnation, number)).or_insert_with(|| decided(rules_of(&state.rules())));
        let rules = engine.known().rules.clone();
        let is_last = matches!((&rules, &self.last), (Some(rules), Some((last, _))) if Arc::ptr_eq(rules, last));
        if !is_last {
            self.last = rules.clone().map(|rules| (rules.clone(), decided_by(Some(rules))));
        }
        let now = rules.and(self.last.as_ref()).map_or(NO_RULES, |(_, decided)| decided);
        assert_eq!(then, now, "decisions at {:?}", state.head.revision);
    }

    fn expected(&mut self, state: &State) -> Arc<Expected> {
        let Revision { incarnation, number } = state.head.revision;
        self.expected.entry((incarnation, number)).or_insert_with(|| Arc::new(Expected::of(state))).clone()
    }

    /// At any moment, also in the middle of a stream: rules are as of one revision, and holders as of it or of a later one.
    pub(crate) fn glance(&mut self, engine: &Engine, store: &SimulatedStore, wire_is_sound: bool) {
        let known = engine.known();
        let Some(head) = known.head else { return };
        let state = store.lived(head.revision).state;
        if head.digests.of(Scope::Rules) == state.head.digests.of(Scope::Rules) {
            self.compare_rules(engine, &state);
        }
        // While everything is read again after a restore, holders come one by one.
        let is_present = store.state().head.revision.incarnation == head.revision.incarnation;
        if !wire_is_sound || !is_present {
            return;
        }
        let states: Vec<_> = store.since(head.revision).iter().map(|state| self.expected(state)).collect();
        for number in 0..CARD_KEYS.len() {
            let now = named(engine, number);
            // A card on its way from one holder to another may name nobody for a moment.
            let is_of_a_state = now.is_none() || states.iter().any(|state| state.cards[number] == now);
            assert!(is_of_a_state, "card {number} is {now:?}, older than {:?}", head.revision);
        }
    }
}

/// Whom a card names and in which state, as JSON has it.
type Named = Option<(String, Value)>;

fn named(engine: &Engine, number: usize) -> Named {
    let (packed, state) = engine.directory.look_up(&CARD_KEYS[number])?;
    let facts = serde_json::to_value(engine.directory.unpack(&packed).unwrap()).unwrap();
    Some((facts.to_string(), serde_json::to_value(state).unwrap()))
}

fn compare_terminals(engine: &Engine, terminals: &[Terminal], clock: &SimulatedClock) {
    let known = engine.known();
    assert_eq!(known.credentials.count(), terminals.len());
    for hash in &*KEY_HASHES {
        let expected = terminals.iter().find(|terminal| terminal.keys.iter().any(|key| key.sha256 == *hash));
        match known.credentials.find(*hash, clock.now()) {
            Found::Terminal(found, _) => assert_eq!(Some(&**found), expected),
            Found::Ended(_) => panic!("no key ends"),
            Found::Nobody => assert_eq!(None, expected),
        }
    }
}

/// What is decided before there are any.
const NO_RULES: &str = "no rules";

fn decided(rules: Option<RuleSet>) -> String {
    decided_by(rules.map(Arc::new))
}

/// What rules decide of some sales.
pub(crate) fn decided_by(rules: Option<Arc<RuleSet>>) -> String {
    let Some(rules) = rules else { return NO_RULES.into() };
    let sales = ["2017-05-05T12:00:00+03:00", "2026-11-18T12:00:00+02:00", "2026-11-19T12:00:00+02:00"];
    let decisions = sales.map(|at| {
        let line = json!({"line_id": "1", "product": "transport.bus", "quantity": 1, "unit_price": 400});
        let request = json!({"request_id": Uuid::nil(), "occurred_at": at, "currency": "EUR", "lines": [line]});
        let person = json!({"holder": "h", "entitlements": [{"group": "pupil", "from": "2010-09-01"}]});
        let holder = Some(Arc::new(WrittenHolder::from_value(&person).unwrap().holder));
        let person = Person { holder, identifiers: Vec::new() };
        let plan = plan(rules.clone(), "atd", person, Request::from_value(&request).unwrap()).unwrap();
        serde_json::to_string(&plan.decide(&plan.usage(|_| Totals::default()))).unwrap()
    });
    decisions.join("\n")
}
