//! Work that a control plane does beside: followed until it has ended.

use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Ask, Remote};
use crate::failure::Failure;

/// How often a job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How long a job may stand still until it is no more waited for; a great list is committed in minutes.
const STILL_MOST: Duration = Duration::from_mins(15);

/// A job, with what it came to.
#[derive(Deserialize)]
pub(crate) struct Job<R> {
    pub(crate) id: String,
    pub(crate) state: String,
    progress: Progress,
    pub(crate) revision: Option<u64>,
    pub(crate) result: Option<R>,
    problem: Option<Problem>,
}

#[derive(Deserialize)]
struct Progress {
    done: u64,
    of: Option<u64>,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

impl<R: DeserializeOwned> Job<R> {
    /// The job once it has ended.
    ///
    /// # Errors
    /// A job of which nothing is heard for long; what the control plane refuses.
    pub(crate) fn ended(mut self, remote: &mut Remote) -> Result<Self, Failure> {
        let progress = ProgressBar::new(0);
        let mut moved_at = Instant::now();
        while self.is_going() {
            progress.set_length(self.progress.of.unwrap_or_default());
            progress.set_position(self.progress.done);
            if moved_at.elapsed() > STILL_MOST {
                let Self { id, state, progress, .. } = self;
                let minutes = STILL_MOST.as_secs() / 60;
                let told = format!("job {id} is {state} at {} for {minutes} minutes", progress.done);
                return Err(Failure::new(format!("{told}: it goes on, and `GET /admin/v1/jobs/{id}` tells of it")));
            }
            thread::sleep(LOOK_EVERY);
            let next: Self = remote.ask(&Ask::get(format!("/jobs/{}", self.id)))?.body;
            if (&next.state, next.progress.done) != (&self.state, self.progress.done) {
                moved_at = Instant::now();
            }
            self = next;
        }
        progress.finish_and_clear();
        Ok(self)
    }

    fn is_going(&self) -> bool {
        matches!(&*self.state, "waiting" | "running")
    }

    /// Why it came to nothing.
    pub(crate) fn told(&self) -> String {
        let problem = self.problem.as_ref().map(|problem| format!("{} ({})", problem.detail, problem.code));
        problem.unwrap_or_else(|| self.state.clone())
    }
}
