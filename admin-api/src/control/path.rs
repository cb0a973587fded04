//! Paths and their patterns, in which `{name}` stands for one segment.

/// What stands in a path under the names of a pattern; none where the path is not of it. `may_be` says whether a text may stand
/// under a name.
pub fn path_parameters(
    pattern: &'static str,
    path: &str,
    may_be: impl Fn(&str, &str) -> bool,
) -> Option<Vec<(&'static str, String)>> {
    let (mut expected, mut given, mut found) = (pattern.split('/'), path.split('/'), Vec::new());
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(expected), Some(given)) => match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) if may_be(name, given) => found.push((name, given.to_owned())),
                None if expected == given => {}
                _ => return None,
            },
            _ => return None,
        }
    }
}
