//! How much room there is where the folder lies.

use std::path::Path;
use std::process::Command;

use super::finding::{Findings, Verdict};

/// Below this an import of a nation's holders does not fit, nor a day of many sales.
const LITTLE_KB: u64 = 2 * 1024 * 1024;

/// Below this a sale may be refused at any moment.
const TOO_LITTLE_KB: u64 = 64 * 1024;

pub(super) fn check(folder: &Path, findings: &mut Findings) {
    // A folder that is not there yet will lie beside its nearest ancestor that is.
    let there = folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    match free_kilobytes(there) {
        None => findings.add(Verdict::Warning, "disk", "`df` does not tell how much is free; look yourself"),
        Some(free) => {
            let (verdict, advice) = if free < TOO_LITTLE_KB {
                (Verdict::Problem, "; nothing can be recorded soon: make room")
            } else if free < LITTLE_KB {
                (Verdict::Warning, "; a large import may not fit: make room")
            } else {
                (Verdict::Ok, "")
            };
            findings.add(verdict, "disk", format!("{} MB are free{advice}", free / 1024));
        }
    }
}

fn free_kilobytes(path: &Path) -> Option<u64> {
    let output = Command::new("df").env("LC_ALL", "C").arg("-Pk").arg("--").arg(path).output().ok()?;
    free_of(&String::from_utf8_lossy(&output.stdout))
}

/// What `df` says is free: the number before the percentage, however its columns stand and whatever names hold blanks.
fn free_of(report: &str) -> Option<u64> {
    let words: Vec<&str> = report.lines().last()?.split_whitespace().collect();
    let used = words.iter().position(|word| word.strip_suffix('%').is_some_and(|part| part.parse::<u8>().is_ok()))?;
    words.get(used.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_room_is_read_whatever_the_columns_are() {
        let head = "Filesystem 1024-blocks Used Available Capacity Mounted on";
        for (row, free) in [
            ("/dev/vda 263174212 39000000 56000000 42% /", Some(56_000_000)),
            ("/dev/vda                    1          1        0     100%    /mnt/with a 7% name", Some(0)),
            ("//server/with blanks 10 3 7 30% /mnt", Some(7)),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(free_of(&format!("{head}\n{row}\n")), free, "{row}");
        }
        assert_eq!(free_of(""), None);
    }
}
