//! The program under strace, which kills it at a system call, or makes calls fail. Nothing of it is in the product.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use avis_testing::{KillAtDeadline, end_if_it_hangs, eventually};

use crate::program::{AVIS, Folder};

/// What writes, what makes it last, and what answers.
const CALLS: &str = "pwrite64,fdatasync,fsync,ftruncate,rename,unlink,sendto,write,writev";

/// Whether strace can be used here; a test that needs it says so and does nothing where it can't.
pub(crate) fn can_trace(test: &str) -> bool {
    let tried = strace().args(["-qq", "-o", "/dev/null", "true"]).status();
    let can = tried.is_ok_and(|status| status.success());
    if !can {
        eprintln!("SKIPPED {test}: it needs strace, which is not installed or may not trace here");
    }
    can
}

/// Its words are English whatever this machine speaks: some of them are read here.
fn strace() -> Command {
    let mut command = Command::new("strace");
    command.env("LC_ALL", "C");
    command
}

/// A system call of one thread: its name, and the how manyth of that thread it is.
pub(crate) type Point = (String, u32);

/// A run of the program that is killed as it enters a call, if it comes to it.
pub(crate) fn killed_at((call, number): &Point, arguments: &[&str]) -> Child {
    traced("/dev/null", &[&format!("inject={call}:signal=KILL:when={number}")], arguments)
}

/// A run of the program that is only watched.
pub(crate) fn watched(log: &str, arguments: &[&str]) -> Child {
    traced(log, &[], arguments)
}

fn traced(log: &str, expressions: &[&str], arguments: &[&str]) -> Child {
    let mut command = strace();
    // The tracer stands aside, so that the child is the program itself.
    command.args(["-D", "-f", "-q", "-o", log, "-e", "signal=none", "-e", &format!("trace={CALLS}")]);
    for expression in expressions {
        command.args(["-e", expression]);
    }
    end_if_it_hangs();
    // The tracer has the same pipes: whoever ends the program for good ends both, by their group.
    command.process_group(0);
    command.arg(AVIS).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// A line of strace's log: the thread, and what became of it. Both are parted by as many blanks as strace likes.
fn event(line: &str) -> Option<(u32, &str)> {
    let (thread, rest) = line.trim_start().split_once(char::is_whitespace)?;
    Some((thread.parse().ok()?, rest.trim_start()))
}

/// Whether a log tells of the end of a process.
fn has_ended(log: &str, process: u32) -> bool {
    log.lines().filter_map(event).any(|(thread, what)| thread == process && what.starts_with("+++"))
}

/// Every point of a run that was watched and is over: any thread may come to it.
pub(crate) fn points(log: &str, process: u32) -> Vec<Point> {
    // The tracer stands aside, and writes its last line after the end.
    let read = || std::fs::read_to_string(log).unwrap();
    let log = eventually(&format!("the end of process {process} in strace's log"), read, |log| has_ended(log, process));
    points_of(&log)
}

fn points_of(log: &str) -> Vec<Point> {
    let mut counts: BTreeMap<(u32, &str), u32> = BTreeMap::new();
    for (thread, what) in log.lines().filter_map(event) {
        let Some((call, _)) = what.split_once('(') else { continue };
        if CALLS.split(',').any(|known| known == call) {
            *counts.entry((thread, call)).or_default() += 1;
        }
    }
    let mut most: BTreeMap<&str, u32> = BTreeMap::new();
    for ((_, call), count) in counts {
        let known = most.entry(call).or_default();
        *known = count.max(*known);
    }
    most.into_iter().flat_map(|(call, count)| (1..=count).map(move |number| (call.to_owned(), number))).collect()
}

/// As many of the points as `CUT_POINTS` says, spread over all of them.
pub(crate) fn chosen(points: &[Point]) -> Vec<&Point> {
    let most: usize = std::env::var("CUT_POINTS").map_or(12, |text| text.parse().unwrap());
    let count = most.min(points.len());
    (0..count).map(|place| &points[place * points.len() / count]).collect()
}

/// Calls of a running process that fail until this is dropped.
pub(crate) struct Failing(Child);

impl Failing {
    /// Lets calls fail with an error, as in `EIO`.
    pub(crate) fn start(process: u32, calls: &str, error: &str) -> Self {
        let mut command = strace();
        command.args(["-f", "-o", "/dev/null", "-e", "signal=none", "-e", &format!("trace={calls}")]);
        command.args(["-e", &format!("inject={calls}:error={error}"), "-p", &process.to_string()]);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let _deadline = KillAtDeadline::new(child.id(), "strace to attach");
        let mut line = String::new();
        while !line.contains(" attached") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "strace does not attach");
        }
        // It goes on to tell of threads; nobody reads it, and nothing waits for it.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self(child)
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        // Asked to end, it lets the process go first.
        let _deadline = KillAtDeadline::new(self.0.id(), "strace to end");
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// A file for the log of a run.
pub(crate) fn log(folder: &Folder, name: &str) -> String {
    folder.write(name, "")
}

#[test]
fn a_log_is_read_whatever_the_width_of_its_process_ids() {
    // As strace writes them: short ids are padded to five digits, longer ones are not.
    for id in ["7    ", "7049 ", "99999", "4194304"] {
        let process: u32 = id.trim().parse().unwrap();
        let log = format!("{id} write(1, \"+++\", 3) = 3\n{id} write(1, \"b\", 1) = 1\n{id} fsync(3) = 0\n");
        assert!(!has_ended(&log, process), "{log}");
        let over = format!("{log}{id} +++ exited with 0 +++\n");
        assert!(has_ended(&over, process) && !has_ended(&over, process + 1), "{over}");
        let point = |call: &str, number| (call.to_owned(), number);
        assert_eq!(points_of(&over), [point("fsync", 1), point("write", 1), point("write", 2)]);
    }
}
