//! What is added up of one authorization after another.

use uuid::Uuid;

/// What is known of the authorization whose movements come. All of one come together, so that each is whole when the next one begins.
#[derive(Clone, Debug)]
pub struct OneByOne<T>(Option<(Uuid, T)>);

impl<T> Default for OneByOne<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> OneByOne<T> {
    /// What became of the authorization before this one, if this is another.
    pub fn whole_before(&mut self, authorization: Uuid) -> Option<T> {
        self.0.take_if(|(current, _)| *current != authorization).map(|(_, known)| known)
    }

    /// What is known of this authorization, before which [`Self::whole_before`] was asked.
    pub fn of(&mut self, authorization: Uuid, new: impl FnOnce() -> T) -> &mut T {
        &mut self.0.get_or_insert_with(|| (authorization, new())).1
    }

    /// What became of the last authorization.
    pub fn last(&mut self) -> Option<T> {
        self.0.take().map(|(_, known)| known)
    }
}
