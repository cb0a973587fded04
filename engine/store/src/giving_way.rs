//! Threads that give way to tills: what people ask for and what goes on in the background must not take a processor from a sale.

/// How far below a thread of tills one stands that gives way: it gets a quarter of a processor that both want, so
/// that a machine with too much to do still answers people.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Lets the calling thread, and those that it starts from then on, give way to tills: it has a low priority and, where there are
/// several processors, is kept off one of them. Whoever gives way may hold no lock for which a till waits. Elsewhere than on Linux
/// nothing is done.
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
    use rustix::process::setpriority_process;
    use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};

    pub(super) fn give_way() -> io::Result<()> {
        // As the first who gave way found it: who is started by one is kept off no other processor.
        static PLACES: OnceLock<Option<CpuSet>> = OnceLock::new();
        let places = PLACES.get_or_init(|| sched_getaffinity(None).ok().and_then(|own| all_but_one(&own)));
        // The number of a thread names that thread alone.
        setpriority_process(Some(gettid()), super::NICENESS)?;
        places.as_ref().map_or(Ok(()), |places| sched_setaffinity(None, places))
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
        assert_eq!(own, (NICENESS, (before.1 - 1).max(1)));
        assert_eq!(started, own);
        assert_eq!(standing(), before, "others stay as they were");
    }
}
