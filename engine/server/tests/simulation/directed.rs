//! Faults one by one, by their names.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use avis_server::Packer;
use avis_store::{Clock, LocalSnapshot, Revision, Stored};
use jiff::SignedDuration;
use serde_json::json;

use crate::node::Node;
use crate::reader::decided_by;
use crate::rows::{CARD_KEYS, LATER, benefit, benefit_row, card, gone, holder, holder_of_later, row, secret, terminal};
use crate::store::Trouble;
use crate::world::{Signalling, World};

/// A world in which every engine has come to the first state.
fn settled(engines: usize) -> World {
    let mut world = World::new(7, engines);
    world.run(0);
    assert!(world.is_settled());
    world
}

fn anna(cards: &[usize]) -> serde_json::Value {
    let cards: Vec<_> = cards.iter().map(|number| card(*number)).collect();
    json!({"holder": "h-anna", "identifiers": cards})
}

fn applied(world: &World) -> Revision {
    world.nodes[0].follower.applied().unwrap()
}

/// What a local snapshot of the store holds now.
fn snapshot_of(world: &World) -> LocalSnapshot {
    let path = std::env::temp_dir().join(format!("avis-simulated-{}.snapshot", std::process::id()));
    let (mut packer, now) = (Packer::new(&secret()), world.clock.now());
    LocalSnapshot::write_packed(&path, &*world.store, &secret(), now, &mut |row| packer.pack(row)).unwrap();
    let snapshot = LocalSnapshot::open(&path, &secret(), now, SignedDuration::from_secs(1)).unwrap();
    std::fs::remove_file(path).unwrap();
    snapshot
}

#[test]
fn who_begins_with_a_local_snapshot_goes_on_with_the_store() {
    let mut world = settled(1);
    let bert = |cards: &[usize]| {
        let cards: Vec<_> = cards.iter().map(|number| card(*number)).collect();
        holder(&json!({"holder": "h-bert", "birth_date": "1990-01-01", "identifiers": cards}))
    };
    world.commit(vec![holder(&anna(&[1])), bert(&[2, 3])]);
    world.run(2000);
    let mut node = Node::start(&world.store, &world.clock);
    node.follower.begin_with(snapshot_of(&world)).unwrap();
    world.reader.lock().unwrap().compare(&node.engine, &world.store.state(), &world.clock);
    world.nodes.push(node);
    // A card moves, somebody goes, and comes back.
    let moved = vec![holder(&anna(&[1, 2])), bert(&[3])];
    let back = vec![holder(&anna(&[1])), bert(&[2, 3])];
    for changes in [moved, vec![gone("holder", "h-bert")], vec![bert(&[3])], back] {
        world.commit(changes);
        world.run(2000);
        world.compare();
    }
    let counted = world.nodes[1].follower.counted();
    assert_eq!((counted.mismatches, counted.reloads), (0, 1), "what it began with is in its sums");
    // All is read again: who stands as in the snapshot, who was changed, and who is gone since.
    let mut node = Node::start(&world.store, &world.clock);
    node.follower.begin_with(snapshot_of(&world)).unwrap();
    world.nodes.push(node);
    world.commit(vec![holder(&anna(&[]))]);
    world.run(2000);
    world.store.goes_back(1);
    world.run(2000);
    world.compare();
    assert_eq!(world.nodes[2].follower.counted().reloads, 2);
}

/// The seal is right, and a byte of what is behind its rows is not: lengths, places, slots and counts may say anything.
#[test]
fn a_local_snapshot_that_contradicts_itself_ends_in_an_error_or_in_nobody() {
    const SEAL_BYTES: usize = 32;
    let mut world = settled(1);
    let bert = json!({"holder": "h-bert", "identifiers": [card(2), card(3)]});
    world.commit(vec![holder(&anna(&[1])), holder(&bert)]);
    let path = std::env::temp_dir().join(format!("avis-contradicted-{}.snapshot", std::process::id()));
    let (mut packer, now) = (Packer::new(&secret()), world.clock.now());
    LocalSnapshot::write_packed(&path, &*world.store, &secret(), now, &mut |row| packer.pack(row)).unwrap();
    world.store.revise(vec![holder(&anna(&[1, 2])), gone("holder", "h-bert")]);
    let whole = std::fs::read(&path).unwrap();
    let sealed = whole.len() - SEAL_BYTES;
    let (mut refused, mut begun) = (0, 0);
    for (place, byte) in (sealed - 400..sealed).flat_map(|place| [0, 0x7f, 0xff].map(|byte| (place, byte))) {
        let mut changed = whole.clone();
        changed[place] = byte;
        let mut hasher = secret().derived("avis seal of local snapshots").hasher();
        let seal = *hasher.update(&changed[..sealed]).finalize().as_bytes();
        changed[sealed..].copy_from_slice(&seal);
        std::fs::write(&path, &changed).unwrap();
        let mut node = Node::start(&world.store, &world.clock);
        let opened = LocalSnapshot::open(&path, &secret(), now, SignedDuration::from_secs(1));
        if opened.is_ok_and(|snapshot| node.follower.begin_with(snapshot).is_ok()) {
            begun += 1;
            let directory = &node.engine.directory;
            let found = CARD_KEYS.iter().filter_map(|key| directory.look_up(key));
            found.for_each(|(packed, _)| drop(directory.unpack(&packed)));
            // What changed since comes, and all of it again where the sums differ.
            (0..3).for_each(|_| drop(node.follower.follow()));
            assert!(directory.codes().len() <= 1 + directory.holder_count() && directory.identifier_count() < 1_000);
        } else {
            refused += 1;
        }
    }
    std::fs::remove_file(path).unwrap();
    assert!(refused > 100 && begun > 100, "{refused} were refused, {begun} began");
}

#[test]
fn f1_f2_lost_messages_are_made_up_for_within_two_seconds() {
    let mut world = settled(3);
    world.signalling = Signalling { lost: 100, ..Signalling::default() };
    world.commit(vec![holder(&anna(&[1]))]);
    world.run(2000);
    world.compare();
}

#[test]
fn f1_a_message_after_a_lost_one_brings_both_changes_at_once() {
    let mut world = settled(1);
    world.store.revise(vec![holder(&anna(&[1]))]);
    world.commit(vec![benefit_row(&benefit("b-1", 1, 500))]);
    world.run(5);
    world.compare();
}

#[test]
fn f3_a_forged_number_costs_one_empty_pull_however_often_it_comes() {
    let mut world = settled(1);
    let calls = world.store.served().calls;
    (0..100).for_each(|_| world.send(0, u64::MAX, 1));
    world.run(5);
    assert_eq!(world.store.served().calls, calls + 1);
    // News are still heard.
    world.commit(vec![holder(&anna(&[1]))]);
    world.run(5);
    world.compare();
    assert_eq!(world.store.served().calls, calls + 2);
}

#[test]
fn f3_old_and_doubled_numbers_cost_nothing() {
    let mut world = settled(1);
    let number = world.commit(vec![holder(&anna(&[1]))]);
    world.run(5);
    let calls = world.store.served().calls;
    (0..=number).for_each(|old| world.send(0, old, 1));
    world.send(0, number, 2);
    world.run(5);
    assert_eq!(world.store.served().calls, calls);
}

#[test]
fn f4_a_row_that_cannot_be_read_grants_nothing_and_holds_up_nothing_behind_it() {
    let mut world = settled(2);
    let mut poison = benefit("b-0", 1, 2500);
    poison["effect"] = json!({LATER: 1});
    world.commit(vec![
        benefit_row(&poison),
        holder_of_later(&anna(&[1])),
        row("terminal", "t-1", &json!({LATER: 1})),
        row("benefit", "b-1/1", &benefit("b-1", 1, 5000)),
        holder(&json!({"holder": "h-2", "identifiers": [card(2)]})),
        terminal(2, 0),
    ]);
    world.run(2000);
    world.compare();
    let engine = &world.nodes[0].engine;
    assert!(engine.directory.look_up(&CARD_KEYS[1]).is_none() && engine.directory.look_up(&CARD_KEYS[2]).is_some());
    let decided = decided_by(engine.known().rules.clone());
    assert!(decided.contains("b-1") && !decided.contains("b-0"), "{decided}");
    let counted = world.nodes[0].follower.counted();
    assert_eq!((counted.unreadable, counted.quarantined, counted.reloads), (3, 1, 2));
    // Read again once, and not at each look.
    world.run(10_000);
    assert_eq!(world.nodes[0].follower.counted().reloads, 2);
}

#[test]
fn f4_a_damaged_row_is_read_again_while_the_old_rules_serve() {
    let mut world = settled(1);
    let before = decided_by(world.nodes[0].engine.known().rules.clone());
    let (engine, meanwhile) = (world.nodes[0].engine.clone(), Arc::new(Mutex::new(Vec::new())));
    let (seen, store) = (meanwhile.clone(), Arc::downgrade(&world.store));
    world.store.on_row(move |_| {
        seen.lock().unwrap().push(decided_by(engine.known().rules.clone()));
        // Only the pull is damaged; to read everything of the scope takes some attempts.
        store.upgrade().unwrap().trouble(Trouble { cut: 100, ..Trouble::default() });
    });
    world.store.revise(vec![benefit_row(&benefit("b-0", 1, 9000))]);
    world.store.alter(Some(("benefit".into(), "b-0/1".into())));
    (0..10).for_each(|_| assert!(world.look(0).is_err()));
    let meanwhile = std::mem::take(&mut *meanwhile.lock().unwrap());
    assert!(meanwhile.len() > 5 && meanwhile.iter().all(|decided| *decided == before));
    world.store.on_no_row();
    world.store.alter(None);
    world.store.trouble(Trouble::default());
    world.run(2000);
    world.compare();
    assert!(world.nodes[0].follower.counted().mismatches > 0);
    assert_ne!(decided_by(world.nodes[0].engine.known().rules.clone()), before);
}

#[test]
fn f4_what_reading_again_does_not_mend_is_tried_less_and_less_often_and_mended_at_last() {
    let mut world = settled(1);
    world.store.trouble(Trouble { damaged: 100, ..Trouble::default() });
    world.store.revise(vec![gone("benefit", "b-0/1"), gone("holder", "h-0"), gone("terminal", "t-0")]);
    world.run(200_000);
    let reloads = world.nodes[0].follower.counted().reloads;
    assert!((3..100).contains(&reloads), "{reloads} times in 200 looks");
    world.store.trouble(Trouble::default());
    world.run(70_000);
    world.compare();
}

#[test]
fn f4_a_damaged_row_that_took_anothers_card_and_a_cut_do_not_lose_the_card() {
    for seed in 0..200 {
        let mut world = World::new(seed, 1);
        world.run(0);
        world.store.revise(vec![holder(&anna(&[1, 2, 3]))]);
        world.run(2000);
        world.store.revise(vec![holder(&json!({"holder": "h-2", "identifiers": []}))]);
        world.store.trouble(Trouble { damaged: 100, cut: 50, ..Trouble::default() });
        let _ = world.look(0);
        world.store.trouble(Trouble::default());
        world.run(4000);
        world.compare();
    }
}

#[test]
fn f8_holders_of_a_stream_are_applied_one_by_one() {
    let mut world = settled(1);
    let people = (0..500).map(|number| holder(&json!({"holder": format!("h-{number}"), "identifiers": []})));
    world.store.revise(people.collect());
    let (engine, waiting) = (world.nodes[0].engine.clone(), Arc::new(AtomicU64::new(0)));
    let mut handed: u64 = 1;
    let most = waiting.clone();
    world.store.on_row(move |stored| {
        let held = handed - engine.directory.holder_count() as u64;
        most.fetch_max(held, Ordering::Relaxed);
        handed += u64::from(matches!(stored, Stored::Row(row) if *row.key != *"h-0"));
    });
    world.look(0).unwrap();
    world.compare();
    assert_eq!(waiting.load(Ordering::Relaxed), 0, "each is in the directory before the next comes");
}

#[test]
fn f12_a_change_during_a_fill_is_newer_and_wins() {
    let mut world = settled(1);
    world.store.revise(vec![holder(&anna(&[1])), holder(&json!({"holder": "h-2", "identifiers": [card(2)]}))]);
    let (store, mut rows) = (Arc::downgrade(&world.store), 0);
    world.store.on_row(move |_| {
        rows += 1;
        if rows == 3 {
            store.upgrade().unwrap().revise(vec![holder(&anna(&[3])), gone("holder", "h-2")]);
        }
    });
    // A fill, which hands out the state as of its beginning.
    world.restart(0);
    world.look(0).unwrap();
    assert!(!world.is_settled());
    world.run(1000);
    world.compare();
}

#[test]
fn f12_a_change_between_reading_again_and_the_end_is_not_lost() {
    let mut world = settled(1);
    world.store.revise(vec![holder_of_later(&anna(&[1]))]);
    let store = Arc::downgrade(&world.store);
    let mut once = false;
    world.store.on_row(move |stored| {
        // Unlike a pull, reading again hands out what did not change.
        if matches!(stored, Stored::Row(row) if *row.key == *"h-0") && !once {
            once = true;
            store.upgrade().unwrap().revise(vec![gone("holder", "h-0"), holder(&anna(&[1]))]);
        }
    });
    world.look(0).unwrap();
    world.compare();
    assert_eq!(applied(&world).number, 3);
}

#[test]
fn f13_an_engine_starts_at_the_head_of_its_start_or_later_while_changes_pour_in() {
    let mut world = settled(1);
    let store = Arc::downgrade(&world.store);
    let mut edition = 0;
    world.store.on_row(move |_| {
        edition += 1;
        store.upgrade().unwrap().revise(vec![row("case", "one", &json!({"edition": edition}))]);
    });
    world.restart(0);
    let head = world.store.state().head.revision;
    world.look(0).unwrap();
    assert!(applied(&world).number >= head.number);
}

#[test]
fn f24_a_decision_keeps_its_revision_while_rules_change() {
    let mut world = settled(1);
    let known = world.nodes[0].engine.known();
    let before = decided_by(known.rules.clone());
    world.commit(vec![benefit_row(&benefit("b-0", 1, 9000))]);
    world.run(5);
    assert_eq!((known.revision(), decided_by(known.rules.clone())), (1, before.clone()));
    assert_ne!(decided_by(world.nodes[0].engine.known().rules.clone()), before);
    world.compare();
}

#[test]
fn f29_who_has_the_revision_of_a_block_has_the_block() {
    let mut world = settled(1);
    world.commit(vec![holder(&anna(&[1]))]);
    world.run(5);
    let mut blocked = anna(&[1]);
    blocked["identifiers"][0]["status"] = json!("blocked");
    let number = world.commit(vec![holder(&blocked), benefit_row(&benefit("b-1", 1, 500))]);
    let engine = world.nodes[0].engine.clone();
    let state = move || {
        let (_, state) = engine.directory.look_up(&CARD_KEYS[1]).unwrap();
        (engine.known().revision() >= number, serde_json::to_value(state).unwrap()["status"] == "blocked")
    };
    let during = state.clone();
    world.store.on_row(move |_| assert!(matches!(during(), (false, _) | (true, true))));
    world.run(5);
    assert_eq!(state(), (true, true));
}

#[test]
fn f33_rows_of_a_later_program_leave_the_digests_equal() {
    let mut world = settled(2);
    world.commit(vec![row("voucher", "c-1", &json!({"worth": 1})), holder(&anna(&[1]))]);
    world.run(2000);
    world.compare();
    let counted = world.nodes[0].follower.counted();
    assert_eq!((counted.unknown, counted.mismatches, counted.reloads), (1, 0, 1));
}

#[test]
fn f37_a_restore_takes_back_whom_and_what_the_store_forgot() {
    let mut world = settled(2);
    // One who can't be read in the old state makes up for one who is gone: their number tells nothing.
    world.commit(vec![holder_of_later(&json!({"holder": "h-later", "identifiers": []}))]);
    world.commit(vec![holder(&anna(&[1])), benefit_row(&benefit("b-1", 1, 5000)), terminal(1, 0)]);
    world.run(2000);
    world.compare();
    world.store.goes_back(1);
    world.run(2000);
    world.compare();
    assert!(world.nodes[0].engine.directory.look_up(&CARD_KEYS[1]).is_none());
}

#[test]
fn f37_a_restore_that_is_read_by_halves_is_read_whole_in_the_end() {
    for seed in 0..50 {
        let mut world = World::new(seed, 1);
        world.run(0);
        world.commit(vec![holder(&anna(&[1])), benefit_row(&benefit("b-1", 1, 5000)), terminal(1, 0)]);
        world.run(2000);
        world.store.goes_back(1);
        world.store.trouble(Trouble { cut: 100, ..Trouble::default() });
        world.run(3000);
        assert_eq!(applied(&world).number, 2, "what was known serves on");
        world.store.revise(vec![holder(&json!({"holder": "h-2", "identifiers": [card(1)]}))]);
        world.store.trouble(Trouble::default());
        world.run(2000);
        world.compare();
    }
}

#[test]
fn f37_a_restore_that_is_called_off_halfway_leaves_nobody_behind() {
    for seed in 0..400 {
        let mut world = World::new(seed, 1);
        world.run(0);
        let before = world.store.state();
        world.store.goes_back(0);
        world.store.revise(vec![holder(&anna(&[1]))]);
        world.store.trouble(Trouble { cut: 100, ..Trouble::default() });
        assert!(world.look(0).is_err());
        world.store.comes_back(&before);
        // Reading everything again may be cut after the last row: all came, and nobody was told that this was all.
        world.store.trouble(Trouble { cut: 50, ..Trouble::default() });
        let _ = world.look(0);
        world.store.trouble(Trouble::default());
        world.run(2000);
        world.compare();
    }
}

#[test]
fn i4_who_cannot_ask_grows_old() {
    let mut world = settled(1);
    world.store.trouble(Trouble { unreachable: 100, ..Trouble::default() });
    world.run(60_000);
    assert!(world.nodes[0].engine.age() > Duration::from_secs(58));
    world.store.trouble(Trouble::default());
    world.run(1000);
    assert!(world.nodes[0].engine.age() <= Duration::from_secs(1));
}

#[test]
fn i4_what_took_long_to_come_is_as_old_as_the_asking() {
    let mut world = settled(1);
    let clock = world.clock.clone();
    world.store.on_row(move |_| clock.advance(30_000));
    world.store.revise(vec![holder(&anna(&[1]))]);
    world.look(0).unwrap();
    assert_eq!(world.nodes[0].engine.age(), Duration::from_secs(30));
}

/// The store hands out the name of a row that was changed behind its back, and nothing of its content.
#[test]
fn a_row_that_is_not_what_was_committed_grants_nothing_and_everything_is_not_read_again_and_again() {
    let mut world = settled(1);
    world.commit(vec![
        holder(&anna(&[1])),
        holder(&json!({"holder": "h-2", "identifiers": [card(2)]})),
        benefit_row(&benefit("b-1", 1, 5000)),
        benefit_row(&benefit("b-2", 1, 4000)),
        terminal(2, 0),
    ]);
    world.run(2000);
    world.compare();
    for (kind, key) in [("holder", "h-anna"), ("benefit", "b-1/1"), ("terminal", "t-2")] {
        world.store.alter(Some((kind.into(), key.into())));
        let node = &mut world.nodes[0];
        // It is written once more as it was, so that it comes again.
        world.store.touch(kind, key);
        node.follower.follow().unwrap();
        let counted = node.follower.counted();
        assert!((counted.altered, counted.in_vain) == (1, true) && counted.is_altered(), "{kind}: {counted:?}");
        let known = node.engine.known();
        assert!(kind != "holder" || node.engine.directory.look_up(&CARD_KEYS[1]).is_none());
        assert!(node.engine.directory.look_up(&CARD_KEYS[2]).is_some(), "nobody else is touched");
        let decided = decided_by(known.rules.clone());
        assert!(decided.contains(if kind == "benefit" { "b-2" } else { "b-1" }), "{kind}: {decided}");
        assert_eq!(known.credentials.count(), 2 - usize::from(kind == "terminal"));
        // Found twice, it is not read again at each look, and in a while it is.
        let (reloads, looks) = (counted.reloads, 60);
        for _ in 0..looks {
            node.follower.follow().unwrap();
        }
        assert_eq!(node.follower.counted().reloads, reloads, "{kind}");
        node.follower.follow().unwrap();
        assert_eq!(node.follower.counted().reloads, reloads + 1, "{kind}");
        // What was committed is there again.
        world.store.alter(None);
        world.store.touch(kind, key);
        node.follower.follow().unwrap();
        let counted = node.follower.counted();
        assert!((counted.altered, counted.in_vain) == (0, false) && !counted.is_altered(), "{kind}: {counted:?}");
    }
    world.run(2000);
    world.compare();
}
