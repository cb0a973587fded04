//! Whose use is counted, as the tables write it.

use std::borrow::Cow;

use avis_core::Subject;

/// A kind and a code; a colon can't stand in the kind, so no two subjects are written alike.
pub(crate) fn subject_key(subject: &Subject) -> Cow<'static, str> {
    match subject {
        Subject::Holder(code) => format!("holder:{code}").into(),
        Subject::Household(code) => format!("household:{code}").into(),
        Subject::Provider(code) => format!("provider:{code}").into(),
        Subject::Benefit => "benefit".into(),
    }
}

/// In which order subjects are locked: those whom many share come last, and are held shortest.
pub(crate) fn lock_order(subject: &Subject) -> u8 {
    match subject {
        Subject::Holder(_) => 0,
        Subject::Household(_) => 1,
        Subject::Provider(_) => 2,
        Subject::Benefit => 3,
    }
}
