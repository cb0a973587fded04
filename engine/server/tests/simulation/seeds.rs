//! Thousands of runs in which chance decides everything, each by its seed.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use crate::random::Random;
use crate::store::Trouble;
use crate::world::{Signalling, World};

/// `SIMULATION_SEEDS` runs more or fewer, and `SIMULATION_SEED` one alone.
const SEEDS: u64 = 2000;

#[test]
fn whatever_happens_engines_follow() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds = match number("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SIMULATION_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
            eprintln!("the seed is {seed}: run it again with SIMULATION_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

/// What may go wrong in one run.
#[derive(Clone, Copy)]
struct Weather {
    trouble: Trouble,
    forges: bool,
    parts: bool,
    restarts: bool,
    goes_back: bool,
    commits_in_streams: bool,
}

impl Weather {
    fn of(random: &mut Random) -> Self {
        let mut some = |chance, most| if random.percent(chance) { 1 + random.below(most) } else { 0 };
        let trouble =
            Trouble { unreachable: some(30, 60), cut: some(50, 60), damaged: some(30, 30), slow_ms: some(20, 60) };
        let [forges, parts, restarts, goes_back, commits_in_streams] = [0; 5].map(|_| some(50, 1) == 1);
        Self { trouble, forges, parts, restarts, goes_back, commits_in_streams }
    }
}

fn run(seed: u64) {
    let mut world = World::new(seed, 3);
    let weather = Weather::of(&mut world.random);
    let [lost, doubled, late, later_by_minutes] = [60, 40, 60, 10].map(|most| world.random.below(most));
    world.signalling = Signalling { lost, doubled, late, later_by_minutes };
    let sound = weather.trouble.damaged == 0;
    meddle(&mut world, weather, sound);
    for _ in 0..30 {
        if world.random.percent(30) {
            world.store.trouble(if world.random.percent(50) { weather.trouble } else { Trouble::default() });
        }
        happen(&mut world, weather);
        let pause_ms = world.random.below(400);
        world.run(i64::try_from(pause_ms).unwrap());
        if world.random.percent(25) {
            world.glance(sound);
        }
    }
    // The faults cease. What was damaged again and again is not read again at each look.
    world.store.trouble(Trouble::default());
    world.store.on_no_row();
    world.run(2000);
    let mut minutes = 0;
    while !sound && !world.is_settled() {
        minutes += 1;
        assert!(minutes < 4, "what was damaged is not mended");
        world.run(60_000);
    }
    world.compare();
}

/// One thing that happens to the world.
fn happen(world: &mut World, weather: Weather) {
    let engine = world.random.place(world.nodes.len());
    match world.random.below(20) {
        0 if weather.restarts => world.restart(engine),
        1 if weather.goes_back => {
            let back = world.random.below(6);
            world.store.goes_back(back);
            let number = world.store.state().head.revision.number;
            world.announce(number);
        }
        2 | 3 if weather.forges => {
            let number = if world.random.percent(50) { u64::MAX } else { world.random.below(100) };
            world.announce(number);
        }
        4 if weather.parts => world.nodes[engine].is_parted = !world.nodes[engine].is_parted,
        _ => {
            let changes = world.think_of_changes();
            world.commit(changes);
        }
    }
}

/// Commits and readers in the middle of streams.
fn meddle(world: &mut World, weather: Weather, sound: bool) {
    if !weather.commits_in_streams {
        return;
    }
    let mut random = world.random.child();
    let (store, clock, reader) = (Arc::downgrade(&world.store), world.clock.clone(), world.reader.clone());
    let engines: Arc<Mutex<Vec<_>>> =
        Arc::new(Mutex::new(world.nodes.iter().map(|node| node.engine.clone()).collect()));
    world.store.on_row(move |_| {
        let Some(store) = store.upgrade() else { return };
        if random.percent(3) {
            let changes = crate::office::changes(&mut random, &store.state(), avis_store::Clock::now(&*clock));
            store.revise(changes);
        }
        if random.percent(5) {
            let engines = engines.lock().unwrap();
            let engine = random.pick(&engines);
            reader.lock().unwrap().glance(engine, &store, sound);
        }
    });
}
