//! A run of tests that hangs ends by itself, and says what each process waited for.

use std::collections::HashSet;
use std::fs::{read_dir, read_to_string};
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

/// Many times what a whole run of one test program takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// The same where one of these variables asks for greater counts.
const LIMIT_OF_GREAT_COUNTS: Duration = Duration::from_secs(12 * 60 * 60);
const COUNTS: [&str; 3] = ["RACE_ROUNDS", "CUT_POINTS", "BENCH_ROWS"];

/// Ends this process with an error if it is still there long after it should have ended. Asked for again it changes nothing.
pub fn end_if_it_hangs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::thread::spawn(|| {
            let is_great = COUNTS.iter().any(|name| std::env::var_os(name).is_some());
            std::thread::sleep(if is_great { LIMIT_OF_GREAT_COUNTS } else { LIMIT });
            eprintln!("avis-testing: these tests hang; this is what their processes wait for:");
            tell(std::process::id(), &mut HashSet::new());
            std::process::exit(101);
        });
    });
}

/// What a process and those that it started do now.
fn tell(process: u32, told: &mut HashSet<u32>) {
    if !told.insert(process) {
        return;
    }
    let folder = format!("/proc/{process}");
    let words = read_to_string(format!("{folder}/cmdline")).unwrap_or_default().replace('\0', " ");
    eprintln!("{process}: {words}");
    for thread in read_dir(format!("{folder}/task")).into_iter().flatten().flatten() {
        let read = |name: &str| read_to_string(thread.path().join(name)).unwrap_or_default();
        let (name, place, call) = (read("comm"), read("wchan"), read("syscall"));
        eprintln!("  {} {}: {} in {}", thread.file_name().display(), name.trim(), call.trim(), place.trim());
        for child in read("children").split_whitespace().filter_map(|child| child.parse().ok()) {
            if Path::new("/proc").join(format!("{child}")).exists() {
                tell(child, told);
            }
        }
    }
}
