//! Which steps made the tables of a store: a step that was run is not changed afterwards, and tables of other steps are not used.

/// What tells a step of a schema from every other.
pub(crate) fn digest(step: &str) -> String {
    blake3::hash(step.as_bytes()).to_hex()[..16].to_owned()
}

/// The first step of those that were run, by their versions, that is not as it is known here; none where all are.
pub(crate) fn other(known: &[&str], found: u32, ran: impl Fn(u32) -> Option<String>) -> Option<u32> {
    (1..=found).zip(known).find(|(version, step)| ran(*version) != Some(digest(step))).map(|(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_was_changed_or_never_noted_is_found() {
        let ran = |version: u32| ["a", "b"].get(version as usize - 1).map(|step| digest(step));
        assert_eq!(other(&["a", "b"], 2, ran), None);
        assert_eq!(other(&["a", "b", "c"], 2, ran), None, "what was not run yet is not looked for");
        assert_eq!(other(&["a", "x"], 2, ran), Some(2));
        assert_eq!(other(&["a", "b"], 1, |_| None), Some(1));
    }
}
