//! What may be typed.

use std::fmt;
use std::str::FromStr;

/// How it is told.
pub(super) const HELP: &str = "\
Type, and see what becomes of the sales (docs/operate.md tells what to expect):

  stop redis       ends it as a crash would; so do: postgres, one, two, admin
  start redis      starts it again
  status           which revision every engine has
  help             this

Ctrl-C ends everything, and nothing is kept.";

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    Stop(Part),
    Start(Part),
    Status,
    Help,
}

/// What can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Redis,
    Postgres,
    One,
    Two,
    Admin,
}

impl Part {
    const ALL: [Self; 5] = [Self::Redis, Self::Postgres, Self::One, Self::Two, Self::Admin];

    fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Postgres => "postgres",
            Self::One => "one",
            Self::Two => "two",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Instruction {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let part = |name: &str| Part::ALL.into_iter().find(|part| part.name() == name);
        let instruction = match words[..] {
            [] | ["help"] => Some(Self::Help),
            ["status"] => Some(Self::Status),
            ["stop", name] => part(name).map(Self::Stop),
            ["start", name] => part(name).map(Self::Start),
            _ => None,
        };
        let names = Part::ALL.map(Part::name).join(", ");
        instruction.ok_or_else(|| {
            format!("`{}`: expected `status`, `help`, or `stop` or `start` and one of {names}", line.trim())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_understood_or_refused_with_what_was_expected() {
        assert_eq!(" stop  redis ".parse(), Ok(Instruction::Stop(Part::Redis)));
        assert_eq!("start two".parse(), Ok(Instruction::Start(Part::Two)));
        assert_eq!("status".parse(), Ok(Instruction::Status));
        assert_eq!("".parse(), Ok(Instruction::Help));
        for wrong in ["stop", "stop three", "stop one two", "halt"] {
            let refused = wrong.parse::<Instruction>().unwrap_err();
            assert!(refused.contains(wrong) && refused.contains("postgres"), "{refused}");
        }
    }
}
