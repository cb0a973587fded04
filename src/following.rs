//! How an engine comes to know what it follows: from its local snapshot if there is a good one, then from the store.

use std::sync::Arc;

use avis_server::{Engine, Follower, Following};
use avis_store::{LocalSnapshot, LocalSnapshotError, StoreError};
use jiff::{SignedDuration, Timestamp};

use crate::failure::Failure;
use crate::installation::Installation;
use crate::settings::Settings;

/// An engine that has come to a state, and goes on; with it when the local snapshot was taken, if one was found good.
///
/// # Errors
/// A store that is away where nothing else tells what it had.
pub(crate) fn start(
    installation: &Installation,
    engine: &Arc<Engine>,
    settings: &Settings,
) -> Result<(Following, Option<Timestamp>), Failure> {
    let mut follower = Follower::new(installation.store.clone(), engine.clone(), &installation.secret);
    let age_max = SignedDuration::try_from(settings.stand_in().stale_max).unwrap_or(SignedDuration::MAX);
    let begun = installation.snapshot(age_max).map(|found| begin(&mut follower, found));
    if let Err(error) = follower.follow() {
        match &begun {
            Some(Ok(taken_at)) => {
                tracing::warn!(target: "avis::store", %error, %taken_at, "the store is away; the local snapshot is served");
            }
            Some(Err(unused)) => return Err(Failure::new(format!("{error}; and {unused}"))),
            None => return Err(Failure::of(error)),
        }
    }
    let following = Following::start(follower, &*installation.signal(), settings.follow_every());
    let following = following.map_err(|error| Failure::new(format!("no thread can be started: {error}")))?;
    Ok((following, begun.and_then(Result::ok)))
}

/// Begins with a snapshot; when it was taken, or why it is of no use.
fn begin(follower: &mut Follower, found: Result<LocalSnapshot, LocalSnapshotError>) -> Result<Timestamp, Unused> {
    let used = found.map_err(Unused::from).and_then(|snapshot| {
        let taken_at = snapshot.taken_at();
        follower.begin_with(snapshot)?;
        Ok(taken_at)
    });
    match &used {
        // At a first start there is none.
        Ok(_) | Err(Unused::Snapshot(LocalSnapshotError::Missing(_))) => {}
        Err(error) => tracing::warn!(target: "avis::snapshot", %error, "the local snapshot is not used"),
    }
    used
}

/// Why a local snapshot is of no use.
#[derive(Debug, thiserror::Error)]
enum Unused {
    /// It is none, or not a good one.
    #[error(transparent)]
    Snapshot(#[from] LocalSnapshotError),
    /// It could not be read to its end.
    #[error(transparent)]
    Read(#[from] StoreError),
}
