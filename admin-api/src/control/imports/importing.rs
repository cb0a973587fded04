//! A list of whatever kind on its way: taken in from a call, or gone on with by who finds its job left.

use std::sync::Arc;

use serde_json::json;

use super::columns::Columns;
use super::job::{self, Running, Stopped};
use super::left;
use super::list::{List, Listed};
use super::order::{Order, What};
use super::rows::{Format, Rows};
use super::rows_kept;
use super::work::{Work, stop};
use super::{accepted, columns, parameter};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept;
use crate::control::problem::Problem;
use crate::control::secret::{self, hashed};

/// The thread of an import.
const THREAD: &str = "avis-import";

/// What becomes of a list, whatever its rows are.
pub(super) trait Importing {
    /// Takes the file in while it comes. What it does is told by the job.
    ///
    /// # Errors
    /// A file of another kind, or that breaks off; no place for a job.
    fn begin(self: Box<Self>, call: &Call<'_>, what: What) -> Result<Answer, Problem>;

    /// Goes on with rows that were kept.
    ///
    /// # Errors
    /// No thread.
    fn go_on(self: Box<Self>, control: &Control, order: Order, running: Running) -> Result<(), Problem>;
}

impl<L: List> Importing for L {
    fn begin(self: Box<Self>, call: &Call<'_>, what: What) -> Result<Answer, Problem> {
        let content_type = call.incoming.header("content-type")?.unwrap_or_default();
        let is_encoded = call.incoming.header("content-encoding")?.is_some();
        let format = Format::of(content_type, is_encoded, self.formats())?;
        let columns = Columns::of(call, format)?;
        let file = call.incoming.file().ok_or_else(|| Problem::at("", "expected a file"))?;
        let id = secret::id(call.now)?;
        let mut running = Running::begin(call, &id, call.query.clone())?;
        let order = Order::of(call, what, (self.action(), &id));
        let work = Work::of(call.control, &order);
        let mut rows = Rows::new(file, format, columns, self.fields());
        match work.read(&*self, &mut rows, &mut running) {
            Ok(listed) => started(call, (work, order), (*self, listed), running, &rows.hash()),
            Err(stopped) => Err(stop(&*work.registry, running, stopped)),
        }
    }

    fn go_on(self: Box<Self>, control: &Control, order: Order, running: Running) -> Result<(), Problem> {
        let work = Work::of(control, &order);
        let going_on = move |mut running: Running| match work.read_again(&*self, order, &mut running) {
            Ok(Some(listed)) => work.run(&*self, listed, running),
            // A part of a list would pass for the whole.
            Ok(None) => running.end(&*work.registry, job::FAILED, &job::Report::default(), |job| {
                job.problem = Some(left::interrupted("rows of its file are not kept any more"));
            }),
            Err(stopped) => _ = stop(&*work.registry, running, stopped),
        };
        running.hand_over(THREAD, going_on).map(|_| ())
    }
}

/// The rest goes on beside the answer. The same file in the same way again is the first job.
fn started<L: List>(
    call: &Call<'_>,
    (work, order): (Work, Order),
    (list, listed): (L, Listed<L::Row>),
    running: Running,
    hash: &str,
) -> Result<Answer, Problem> {
    let registry = Arc::clone(&work.registry);
    if !work.dry_run {
        let way: Vec<_> = ["kind", "mode", "group", columns::NAME].map(|name| parameter(call, name)).into();
        let file = hashed(&json!([hash, call.party()?, way]).to_string());
        match job::of_same_file(call, &file) {
            Ok(Some(first)) => {
                running.withdraw(&*registry);
                return Ok(accepted(&first.record.key, job::shown(&first)));
            }
            known => {
                let remembered = known.and_then(|_| job::remember(&*registry, &file, &running.id, call.now));
                if let Err(problem) = remembered {
                    return Err(stop(&*registry, running, Stopped::Failed(problem)));
                }
            }
        }
    }
    let id = running.id.clone();
    let Listed { total, bad, ref report, .. } = listed;
    let order = Order { total, bad, faults: report.faults.clone(), ..order };
    let until = rows_kept::until(call.now);
    if let Err(error) = registry.change(&[kept::make(&id, &order, (&running.owner, ""), until)], &[]) {
        return Err(stop(&*registry, running, error.into()));
    }
    let shown = running.shown();
    // Without a thread it is left for who finds it: whoever asked is told so by the job.
    let _ = running.hand_over(THREAD, move |running| work.run(&list, listed, running));
    Ok(accepted(&id, shown))
}

impl Control {
    /// Goes on with imports on which nobody works any more, and ends other jobs that were left. Other nodes may do the same at the
    /// same time: each is one's alone.
    pub fn take_up_imports(&self) {
        let taken_up = left::taken_up(&*self.registry, self.clock.now()).unwrap_or_else(|problem| {
            let detail = problem.detail;
            tracing::warn!(target: "avis::control", detail, "imports that were left could not be looked for");
            Vec::new()
        });
        for (running, order) in taken_up {
            let id = running.id.clone();
            let importing = order.what.clone().importing(self);
            // Without rules or a thread it is left as it is, for another attempt.
            if let Err(problem) = importing.and_then(|importing| importing.go_on(self, order, running)) {
                let code = problem.code.word();
                tracing::warn!(target: "avis::control", job = %id, code, "an import waits for another attempt");
            }
        }
    }
}
