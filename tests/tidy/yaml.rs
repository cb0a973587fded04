//! YAML files of our style.

use super::{read, texts};

/// What is wrong with a YAML file of our style: two blanks a step, and quotes and brackets that end on their line.
fn crooked(text: &str) -> Option<String> {
    let mut deepest = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let content = line.trim_start_matches(' ');
        let depth = line.len() - content.len();
        let (mut quote, mut open, mut escaped) = (None, 0, false);
        for letter in content.chars() {
            match (quote, letter) {
                (Some('"'), _) if escaped => escaped = false,
                (Some('"'), '\\') => escaped = true,
                (Some(begun), _) if begun == letter => quote = None,
                (None, '"' | '\'') => quote = Some(letter),
                (None, '[' | '{') => open += 1,
                (None, ']' | '}') => open -= 1,
                _ => {}
            }
        }
        let has_name = content.contains(": ") || content.ends_with(':');
        let is_entry = has_name || content.starts_with("- ");
        if depth % 2 != 0 || depth > deepest || content.contains('\t') || quote.is_some() || open != 0 || !is_entry {
            return Some(line.to_owned());
        }
        let named = content.split(" &").next().unwrap_or(content);
        deepest = if named.ends_with(':') || content.starts_with("- ") { depth + 2 } else { depth };
    }
    None
}

#[test]
fn files_for_who_runs_it_can_be_read() {
    for (path, text) in texts(&["yml", "yaml"]) {
        assert_eq!(crooked(&text), None, "{path}");
    }
    for bad in ["a:\n   b: 1", "a: 1\n  b: 2", "a: \"b", "a: [1", "a:\n\tb: 1", "a: 1\nb"] {
        assert!(crooked(bad).is_some(), "{bad}");
    }
    let dashboard: serde_json::Value = serde_json::from_str(&read("config/dashboard.json")).unwrap();
    assert!(!dashboard["panels"].as_array().unwrap().is_empty());
}
