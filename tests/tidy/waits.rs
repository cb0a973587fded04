//! Nothing waits without an end.

use super::texts;

/// Loops around a pause that have no deadline, and why they need none: where they stand, how they begin, and when they end.
const WITHOUT_DEADLINE: [(&str, &str, &str); 4] = [
    ("engine/store/src/postgres/ledger/expiry.rs", "loop {", "it serves as long as its ledger: it is ended with it"),
    ("engine/store/src/sqlite/ledger/batch.rs", "loop {", "it serves as long as its ledger: until nobody can submit"),
    ("testing/src/proxy.rs", "while let Ok(length @ 1..)", "it carries bytes until either side has ended"),
    (
        "tests/end_to_end/full_disk.rs",
        "while filler.write_all(&zeros).is_ok() {}",
        "it waits for nothing: it fills a disk",
    ),
];

/// A loop as it is written, from its first line to the one that closes it.
fn loops(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let begins = |line: &str| {
        let line = line.trim_start();
        let line = line.rsplit_once(" = ").map_or(line, |(_, value)| if value == "loop {" { value } else { line });
        let line = if line.starts_with('\'') { line.split_once(": ").map_or(line, |(_, rest)| rest) } else { line };
        line == "loop {" || line.starts_with("while ") || (line.starts_with("for ") && line.ends_with(".. {"))
    };
    let mut found = Vec::new();
    for (number, first) in lines.iter().enumerate().filter(|(_, line)| begins(line)) {
        let closes = |line: &&str| depth(line) == depth(first) && line.trim_end().ends_with(['}', ';']);
        let rest = lines.iter().skip(number + 1).position(closes).map_or(0, |count| count + 1);
        // On one line it closes at once.
        let length = if first.trim_end().ends_with('}') { 1 } else { 1 + rest };
        found.push(lines[number..number + length].join("\n"));
    }
    found
}

/// Whether a loop pauses, or does nothing at all, and no clock ends it. The pause of a background thread (`Control::sleep`) ends when
/// the thread is stopped, and its verdict must be used.
fn waits_without_end(written: &str) -> bool {
    let written = written.replace("control.sleep(", "");
    let pauses = ["sleep(", "yield_now(", "spin_loop(", "park_timeout("].iter().any(|pause| written.contains(pause));
    let is_empty = written.trim_end().ends_with("{}");
    let has_deadline = ["elapsed()", "deadline", "DEADLINE"].iter().any(|clock| written.contains(clock));
    (pauses || is_empty) && !has_deadline
}

#[test]
fn no_loop_waits_without_an_end() {
    let mut excused = Vec::new();
    for (path, text) in texts(&["rs"]) {
        for written in loops(&text).iter().filter(|written| waits_without_end(written)) {
            let begun = written.trim_start();
            let excuse = WITHOUT_DEADLINE.iter().find(|(where_, how, _)| path == *where_ && begun.starts_with(how));
            let excuse = excuse.unwrap_or_else(|| {
                panic!(
                    "{path}: this waits without a deadline (in tests, `avis_testing::eventually` has one):\n{written}"
                )
            });
            excused.push(excuse);
        }
    }
    let gone: Vec<_> = WITHOUT_DEADLINE.iter().filter(|excuse| !excused.contains(excuse)).collect();
    assert!(gone.is_empty(), "these are there no more: {gone:?}");
}

#[test]
fn a_wait_is_recognised_however_it_is_written() {
    let waits = |text: &str| loops(text).iter().any(|written| waits_without_end(written));
    for endless in [
        "    loop {\n        sleep(PAUSE);\n    }\n",
        "    let x = loop {\n        if a() {\n            break 1;\n        }\n        std::thread::yield_now();\n    };\n",
        "    while !a() {}\n",
        "    while !a()\n        && b()\n    {}\n",
        "    'outer: while a() {\n        tokio::time::sleep(PAUSE).await;\n    }\n",
        "    for attempt in 0.. {\n        sleep(PAUSE);\n    }\n",
        "    while control.sleep(PAUSE) {\n        std::thread::sleep(PAUSE);\n    }\n",
    ] {
        assert!(waits(endless), "{endless}");
    }
    for ending in [
        "    while begun.elapsed() < LONG {\n        sleep(PAUSE);\n    }\n",
        "    loop {\n        work();\n    }\n    sleep(PAUSE);\n",
        "    for _ in 0..3 {\n        sleep(PAUSE);\n    }\n",
        "    // While it sleeps(\n",
        "    while control.sleep(PAUSE) {\n        work();\n    }\n",
    ] {
        assert!(!waits(ending), "{ending}");
    }
}
