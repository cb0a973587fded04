//! Paths and their patterns, in which `{name}` stands for one segment.

/// Characters of a path to which somebody is sent back.
const OWN_MOST: usize = 200;

/// Whether a text is a path on this host and leads nowhere else.
pub fn is_own_path(path: &str) -> bool {
    let is_of_ours = path.strip_prefix('/').is_some_and(|rest| !rest.starts_with('/'));
    is_of_ours && path.len() <= OWN_MOST && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_back_to_another_host() {
        for path in ["/", "/console", "/a?b=c#d"] {
            assert!(is_own_path(path), "{path}");
        }
        for path in ["", "//evil.lv", "/\\evil.lv", "https://evil.lv", "/a\r\nb", "/ā", "x"] {
            assert!(!is_own_path(path), "{path}");
        }
        assert!(is_own_path(&format!("/{}", "a".repeat(199))) && !is_own_path(&format!("/{}", "a".repeat(200))));
    }
}
