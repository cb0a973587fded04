//! `avis man`: the manual page, made of what `--help` says.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Arg, Args, Command, CommandFactory};

use crate::failure::{self, Failure};

/// Prints the manual page.
#[derive(Args)]
#[command(after_help = "Example:\n  avis man > /usr/local/share/man/man1/avis.1    and from then on `man avis`")]
pub(crate) struct Man {}

impl Man {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        failure::written(io::stdout().write_all(page(&crate::Arguments::command()).as_bytes()))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn page(program: &Command) -> String {
    let name = program.get_name();
    let about = program.get_about().map(ToString::to_string).unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    let mut page =
        format!(".TH {} 1 \"\" \"{name} {version}\"\n.SH NAME\n{name} \\- {}\n", name.to_uppercase(), text(&about));
    page += &format!(".SH SYNOPSIS\n.B {name}\n[options] command [options]\n.SH OPTIONS\n");
    page.extend(program.get_arguments().map(option));
    page += ".SH COMMANDS\n";
    commands(name, program, &mut page);
    page +=
        &format!(".SH EXAMPLES\n{}", verbatim(&program.get_after_help().map(ToString::to_string).unwrap_or_default()));
    page
}

/// Every command below one, each with its options.
fn commands(above: &str, command: &Command, page: &mut String) {
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("{above} {}", command.get_name());
        let values = command.get_positionals().map(|value| format!(" {}", value_names(value)));
        page.push_str(&format!(".SS \"{name}{}\"\n", text(&values.collect::<String>())));
        let about =
            command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
        for paragraph in about.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            page.push_str(&format!("{}\n.PP\n", text(paragraph)));
        }
        page.extend(command.get_arguments().filter(|argument| !argument.is_hide_set()).map(option));
        if let Some(examples) = command.get_after_help() {
            page.push_str(&format!(".PP\n{}", verbatim(&examples.to_string())));
        }
        commands(&name, command, page);
    }
}

fn option(argument: &Arg) -> String {
    let value = if argument.get_action().takes_values() { value_names(argument) } else { String::new() };
    let named = match argument.get_long() {
        Some(long) => format!("\\fB\\-\\-{}\\fR {}", text(long), text(&value)),
        None => format!("\\fI{}\\fR", text(&value)),
    };
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    format!(".TP\n{}\n{}\n", named.trim_end(), text(&help))
}

fn value_names(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string);
    names.collect::<Vec<_>>().join(" ")
}

fn verbatim(examples: &str) -> String {
    let lines = examples.lines().map(|line| format!("{}\n", text(line)));
    format!(".nf\n{}.fi\n", lines.collect::<String>())
}

/// As it stands, whatever roff would make of it.
fn text(plain: &str) -> String {
    let escaped = plain.replace('\\', "\\e").replace('-', "\\-");
    let lines =
        escaped.lines().map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}
