//! `avis config`: the settings of this run, and where each comes from.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use toml::Value;

use crate::failure::{self, Failure};
use crate::settings::{Origin, Sourced, Sources};

/// Prints the settings of this run as a file of settings, and where each comes from: the default, a line of a file, or a variable.
/// Passwords in addresses are not shown.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis config\n  AVIS_HTTP__LISTEN=0.0.0.0:8320 avis --config avis.toml config --json   for a program"
)]
pub(crate) struct Config {
    /// Write a JSON document instead of lines.
    #[arg(long)]
    json: bool,
}

impl Config {
    pub(crate) fn run(&self, sources: &Sources) -> Result<ExitCode, Failure> {
        let text = if self.json { as_json(sources) } else { as_toml(sources) };
        failure::written(write!(io::stdout(), "{text}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn as_toml(sources: &Sources) -> String {
    let (mut text, mut table) = (String::new(), "");
    for (name, sourced) in sources.all() {
        let (own, name) = name.split_once('.').unwrap_or(("", name));
        if own != table {
            text += &format!("\n[{own}]\n");
            table = own;
        }
        let line = format!("{name} = {}", shown(&sourced.value));
        text += &format!("{line:<40} # {}\n", sourced.origin);
    }
    text
}

fn as_json(sources: &Sources) -> String {
    let setting = |(name, Sourced { value, origin }): (&str, &Sourced)| {
        let (kind, file, line, variable) = match origin {
            Origin::Default => ("default", None, None, None),
            Origin::File(path, line) => ("file", Some(path.display().to_string()), Some(*line), None),
            Origin::Variable(name) => ("variable", None, None, Some(name.as_str())),
        };
        json!({"name": name, "value": shown(value), "from": kind, "file": file, "line": line, "variable": variable})
    };
    let settings: Vec<_> = sources.all().map(setting).collect();
    format!("{:#}\n", json!({ "settings": settings }))
}

/// A value without its password, as JSON writes it and TOML reads it. Settings are texts and numbers.
fn shown(value: &Value) -> serde_json::Value {
    match value {
        Value::String(text) => without_password(text).into(),
        other => other.as_integer().into(),
    }
}

/// The address of a server: as a URL, or as words with `password=`.
fn without_password(text: &str) -> String {
    if let Some((scheme, rest)) = text.split_once("://") {
        let Some((who, rest)) = rest.rsplit_once('@') else { return text.to_owned() };
        let who = who.split_once(':').map_or(who.to_owned(), |(user, _)| format!("{user}:***"));
        return format!("{scheme}://{who}@{rest}");
    }
    let word = |word: &str| if word.starts_with("password=") { "password=***".to_owned() } else { word.to_owned() };
    if text.contains("password=") { text.split(' ').map(word).collect::<Vec<_>>().join(" ") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for (given, expected) in [
            ("postgres://avis:se:cr@et@db.example/avis", "postgres://avis:***@db.example/avis"),
            ("rediss://:secret@redis.example", "rediss://:***@redis.example"),
            ("postgres://avis@db.example/avis", "postgres://avis@db.example/avis"),
            ("redis://redis.example", "redis://redis.example"),
            ("host=db user=avis password=secret dbname=avis", "host=db user=avis password=*** dbname=avis"),
            ("Europe/Riga", "Europe/Riga"),
        ] {
            assert_eq!(without_password(given), expected);
        }
    }
}
