//! Statements of a control plane: drafted, issued, disputed line by line, agreed to and paid, as who signed in (`avis sign-in`).

use std::io::{self, Write};

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::failure::{self, Failure};
use crate::remote::{Ask, Remote, SignedIn};
use crate::table::table;
use crate::told::{items, minor_units, money, print, text};

/// What is done about statements of the own party.
#[derive(Subcommand)]
pub(super) enum Step {
    /// Lists the statements of the own party, the newest first
    List {
        /// For a program, amounts in minor units
        #[arg(long)]
        json: bool,
    },
    /// Shows a statement with its lines, disputes and steps
    Show {
        #[command(flatten)]
        shown: Shown,
        /// The sealed bytes instead, whose hash it tells
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
    /// Lists the movements that sum to a line
    Line {
        #[command(flatten)]
        shown: Shown,
        /// Its number
        line: u32,
    },
    /// Drafts a statement of days of one month with another party
    Draft(Draft),
    /// Removes a draft
    Remove {
        /// The statement's id
        id: String,
    },
    /// Issues a statement of closed days: its lines are sealed
    Issue(Maybe),
    /// Disputes a line that the other party issued
    Dispute {
        #[command(flatten)]
        of: OfLine,
        /// What the line should say is owed, such as `120.50`
        #[arg(long, value_name = "AMOUNT", value_parser = minor_units, allow_hyphen_values = true)]
        claimed: i64,
    },
    /// Ends a dispute: with an amount that the next statement adds, or keeping the line
    End {
        #[command(flatten)]
        of: OfLine,
        /// What the next statement adds, such as `-7.15`
        #[arg(long, value_name = "AMOUNT", value_parser = minor_units, allow_hyphen_values = true)]
        amount: Option<i64>,
    },
    /// Agrees to a statement that the other party issued
    Agree(Maybe),
    /// Says that a statement was paid as a whole
    Pay {
        #[command(flatten)]
        maybe: Maybe,
        /// When
        #[arg(long, value_name = "DATE")]
        on: Date,
        /// Under which reference
        #[arg(long, value_name = "TEXT")]
        reference: String,
    },
}

#[derive(Args)]
pub(super) struct Shown {
    /// The statement's id
    id: String,
    /// For a program, amounts in minor units
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Draft {
    /// The first day
    from: Date,
    /// The day after the last
    until: Date,
    /// Who owes it; the own party where it is not said
    #[arg(long, value_name = "CODE", required_unless_present = "provider")]
    grantor: Option<String>,
    /// To whom; the own party where it is not said
    #[arg(long, value_name = "CODE")]
    provider: Option<String>,
    /// For a program
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Maybe {
    #[command(flatten)]
    shown: Shown,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Args)]
pub(super) struct OfLine {
    #[command(flatten)]
    shown: Shown,
    /// The line's number
    line: u32,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Step {
    pub(super) fn run(self) -> Result<(), Failure> {
        let remote = &mut Remote::signed_in(None)?;
        match self {
            Self::List { json } => {
                let all = remote.list_of::<Value>(&Ask::get("/statements").with("newest_first", Some("true")))?;
                print(json, &Value::from(all), listed)
            }
            Self::Show { shown, csv: true } => {
                let sealed: Value = remote.ask(&Ask::get(format!("/statements/{}/sealed", shown.id)))?.body;
                failure::written(write!(io::stdout(), "{}", text(&sealed, "csv")))
            }
            Self::Show { shown, csv: false } => {
                let statement = remote.ask(&Ask::get(format!("/statements/{}", shown.id)))?.body;
                print(shown.json, &statement, told)
            }
            Self::Line { shown, line } => {
                let movements = remote.list::<Value>(&format!("/statements/{}/lines/{line}/movements", shown.id))?;
                print(shown.json, &Value::from(movements), opened)
            }
            Self::Draft(draft) => draft.run(remote),
            Self::Remove { id } => {
                let path = format!("/statements/{id}");
                let read = remote.ask::<Value>(&Ask::get(&*path))?;
                remote.ask::<Value>(&Ask::delete(path).matching(read.etag))?;
                failure::written(writeln!(io::stdout(), "{id} is removed."))
            }
            Self::Issue(maybe) => maybe.step(remote, "issue", json!({})),
            Self::Agree(maybe) => maybe.step(remote, "agree", json!({})),
            Self::Pay { maybe, on, reference } => {
                maybe.step(remote, "pay", json!({"paid_on": on, "reference": reference}))
            }
            Self::Dispute { of, claimed } => {
                let OfLine { shown, line, reason } = of;
                shown.step(remote, "disputes", json!({"line": line, "claimed": claimed, "reason": reason}))
            }
            Self::End { of, amount } => {
                let OfLine { shown, line, reason } = of;
                shown.step(remote, "disputes/end", json!({"line": line, "amount": amount, "reason": reason}))
            }
        }
    }
}

impl Draft {
    fn run(self, remote: &mut Remote) -> Result<(), Failure> {
        let Self { from, until, grantor, provider, json } = self;
        let own = || Ok::<_, Failure>(SignedIn::read()?.party);
        let (grantor, provider) = (grantor.map_or_else(own, Ok)?, provider.map_or_else(own, Ok)?);
        let body = json!({"grantor": grantor, "provider": provider, "from": from, "until": until});
        let made = remote.ask::<Value>(&Ask::post("/statements", body))?.body;
        let statement = remote.ask(&Ask::get(format!("/statements/{}", text(&made, "id"))))?.body;
        print(json, &statement, told)
    }
}

impl Maybe {
    fn step(self, remote: &mut Remote, step: &str, mut body: Value) -> Result<(), Failure> {
        if let (Some(fields), Some(reason)) = (body.as_object_mut(), self.reason) {
            fields.insert("reason".to_owned(), json!(reason));
        }
        self.shown.step(remote, step, body)
    }
}

impl Shown {
    /// Takes a step of the statement as it stands, and shows what became of it.
    fn step(self, remote: &mut Remote, step: &str, body: Value) -> Result<(), Failure> {
        let path = format!("/statements/{}", self.id);
        let read = remote.ask::<Value>(&Ask::get(&*path))?;
        let done = remote.ask(&Ask::post(format!("{path}/{step}"), body).matching(read.etag))?.body;
        print(self.json, &done, told)
    }
}

fn listed(all: &Value) -> String {
    let row = |one: &Value| {
        let days = format!("{} until {}", text(one, "from"), text(one, "until"));
        let number = text(one, "number");
        [
            text(one, "id"),
            text(one, "grantor"),
            text(one, "provider"),
            number,
            days,
            text(one, "state"),
            money(one, "total"),
        ]
    };
    let rows: Vec<_> = all.as_array().into_iter().flatten().map(row).collect();
    table(["statement", "grantor", "provider", "number", "days", "state", "total"], &rows)
}

/// A statement as lines: what it is, then its lines, disputes and steps.
fn told(statement: &Value) -> String {
    let of = |name: &str| text(statement, name);
    let number = Some(of("number")).filter(|number| !number.is_empty()).unwrap_or_else(|| "draft".to_owned());
    let mut told = format!(
        "{}  {}/{}/{number}  {} until {}  {}\n",
        of("id"),
        of("grantor"),
        of("provider"),
        of("from"),
        of("until"),
        of("state")
    );
    let sums = ["opening", "total", "balance"].map(|name| format!("{name} {}", money(statement, name)));
    told.push_str(&format!("{} {}\n", sums.join("  "), of("currency")));
    let refused = statement.get("refused").map(|refused| text(refused, "detail")).unwrap_or_default();
    for (word, value) in [("sha256", of("hash")), ("open from", of("open_from")), ("can't be issued:", refused)] {
        if !value.is_empty() {
            told.push_str(&format!("{word} {value}\n"));
        }
    }
    for part in [lines(statement), disputes(statement), steps(statement)].into_iter().flatten() {
        told.push_str(&format!("\n{part}"));
    }
    told
}

fn lines(statement: &Value) -> Option<String> {
    let row = |line: &Value| {
        let of = |name: &str| text(line, name);
        let amounts = [money(line, "amount"), money(line, "reimbursed")];
        let [amount, reimbursed] = amounts;
        [
            of("line"),
            of("part"),
            of("month"),
            of("benefit"),
            of("payer"),
            of("contract"),
            of("uses"),
            amount,
            reimbursed,
            of("note"),
        ]
    };
    let rows: Vec<_> = items(statement, "lines").iter().map(row).collect();
    let heads = ["line", "part", "month", "benefit", "payer", "contract", "uses", "amount", "reimbursed", "note"];
    (!rows.is_empty()).then(|| table(heads, &rows))
}

fn disputes(statement: &Value) -> Option<String> {
    let row = |dispute: &Value| {
        let of = |name: &str| text(dispute, name);
        let outcome = Some(of("outcome")).filter(|outcome| !outcome.is_empty()).unwrap_or_else(|| "open".to_owned());
        [of("line"), money(dispute, "claimed"), of("reason"), outcome, money(dispute, "amount"), of("outcome_reason")]
    };
    let rows: Vec<_> = items(statement, "disputes").iter().map(row).collect();
    (!rows.is_empty()).then(|| table(["disputed line", "claimed", "reason", "outcome", "amount", "because"], &rows))
}

fn steps(statement: &Value) -> Option<String> {
    let row = |step: &Value| ["step", "party", "at", "reason"].map(|name| text(step, name));
    let rows: Vec<_> = items(statement, "steps").iter().map(row).collect();
    (!rows.is_empty()).then(|| table(["step", "party", "at", "reason"], &rows))
}

fn opened(movements: &Value) -> String {
    let row = |one: &Value| {
        let of = |name: &str| text(one, name);
        [
            of("movement"),
            of("kind"),
            of("terminal"),
            of("occurred_at"),
            of("business_date"),
            of("units"),
            money(one, "amount"),
        ]
    };
    let rows: Vec<_> = movements.as_array().into_iter().flatten().map(row).collect();
    table(["movement", "kind", "terminal", "at", "counts on", "units", "amount"], &rows)
}
