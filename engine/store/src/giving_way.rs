//! Threads that give way to tills: what people ask for and what goes on in the background must not take a processor from a sale.

/// How far below a thread of tills one stands that gives way, whatever niceness the program was started with: it gets a quarter of a
/// processor that both want, so that a machine with too much to do still answers people.
#[cfg(target_os = "linux")]
const BELOW: i32 = 5;

/// Lets the calling thread, and those that it starts from then on, give way to tills: it has a low priority and, where there are
/// several processors, is kept off one of them. Whoever gives way may hold no lock for which a till waits. Where the system permits
/// neither, and elsewhere than on Linux, it goes on as it is.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = linux::give_way() {
        tracing::debug!(target: "avis::background", %error, "a thread can't give way");
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::OnceLock;

    use rustix::io;
    use rustix::process::{getpriority_process, setpriority_process};
    use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};

    /// Niceness, and the most that there is.
    const NICEST: i32 = 19;

    /// How a thread stands that gives way.
    struct Standing {
        niceness: io::Result<i32>,
        places: Option<CpuSet>,
    }

    pub(super) fn give_way() -> io::Result<()> {
        // By the first who gave way: who is started by one is put no further down, and kept off no other processor.
        static STANDING: OnceLock<Standing> = OnceLock::new();
        // The number of a thread names that thread alone.
        let thread = Some(gettid());
        let standing = STANDING.get_or_init(|| Standing {
            niceness: getpriority_process(thread).map(below),
            places: sched_getaffinity(None).ok().and_then(|own| all_but_one(&own)),
        });
        let is_nicer = standing.niceness.and_then(|niceness| setpriority_process(thread, niceness));
        let is_placed = standing.places.as_ref().map_or(Ok(()), |places| sched_setaffinity(None, places));
        is_nicer.and(is_placed)
    }

    /// The niceness of who gives way beside a thread of another.
    pub(super) fn below(niceness: i32) -> i32 {
        niceness.saturating_add(super::BELOW).min(NICEST)
    }

    /// The last of some processors, one fewer than this process may use at once; none where it may use only one.
    pub(super) fn all_but_one(own: &CpuSet) -> Option<CpuSet> {
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        let most = at_once.min(usize::try_from(own.count()).unwrap_or(usize::MAX));
        let last = (0..CpuSet::MAX_CPU).rev().filter(|place| own.is_set(*place)).take(most.checked_sub(1)?);
        let mut places = CpuSet::new();
        last.for_each(|place| places.set(place));
        (places.count() > 0).then_some(places)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;
    use std::thread;

    use super::*;

    /// How nice the calling thread is, and on how many processors it may run.
    fn standing() -> (i32, usize) {
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let nice = stat.rsplit(')').next().unwrap().split_whitespace().nth(16).unwrap().parse().unwrap();
        (nice, thread::available_parallelism().unwrap().get())
    }

    #[test]
    fn who_gives_way_and_whom_it_starts_stand_below_others_and_leave_them_a_processor() {
        let before = standing();
        let (own, started) = thread::spawn(|| {
            give_way();
            // Once more changes nothing.
            give_way();
            (standing(), thread::spawn(standing).join().unwrap())
        })
        .join()
        .unwrap();
        assert_eq!(own, (linux::below(before.0), (before.1 - 1).max(1)));
        assert_eq!(started, own);
        assert_eq!(standing(), before, "others stay as they were");
    }

    /// What the system did for a thread: its niceness counts from what the thread had.
    #[test]
    fn who_was_started_nice_gives_way_from_there_and_no_further_than_there_is() {
        assert_eq!([-20, -5, 0, 10, 17, 19].map(linux::below), [-15, 0, 5, 15, 19, 19]);
    }
}
