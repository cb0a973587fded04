//! Staged rows in the order in which they came.

use std::io::{self, Read, Write};
use std::path::Path;

use avis_core::IdentifierKey;

use super::{StagedIdentifier, StagedRow};
use crate::bytes::{read_array, read_text, write_text};
use crate::revision::Digest;
use crate::row::{Kind, Row};
use crate::spill::Spill;
use crate::store::StoreError;

/// Bytes that are kept in memory before they are written.
const MEMORY_BYTES: usize = 1024 * 1024;

/// Where staged rows wait.
pub(super) struct Spool {
    spill: Spill,
    rows: u64,
}

/// Staged rows on their way back.
pub(crate) struct StagedRows {
    source: Box<dyn Read + Send>,
    left: u64,
}

impl Spool {
    pub(super) fn new(folder: &Path) -> Self {
        Self { spill: Spill::new(folder, MEMORY_BYTES), rows: 0 }
    }

    pub(super) fn push(&mut self, row: &StagedRow) -> Result<(), StoreError> {
        self.rows += 1;
        row.write(&mut self.spill).map_err(|error| not_staged(&error))
    }

    pub(super) fn into_rows(self) -> Result<StagedRows, StoreError> {
        let source = self.spill.into_reader().map_err(|error| not_staged(&error))?;
        Ok(StagedRows { source, left: self.rows })
    }
}

fn not_staged(error: &io::Error) -> StoreError {
    StoreError::Failed(format!("what came can't be kept until its turn: {error}"))
}

impl Iterator for StagedRows {
    type Item = Result<StagedRow, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(StagedRow::read(&mut self.source).map_err(|error| not_staged(&error)))
    }
}

const HAS_CONTENT: u8 = 1;
const ASKS_SINCE: u8 = 2;

impl StagedRow {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.number.to_le_bytes())?;
        out.write_all(&self.salt)?;
        let has_content = if self.row.content.is_some() { HAS_CONTENT } else { 0 };
        out.write_all(&[has_content | if self.asks_since { ASKS_SINCE } else { 0 }])?;
        write_text(self.row.kind.word(), out)?;
        write_text(&self.row.key, out)?;
        if let (Some(content), Some(digest), Some(after)) = (&self.row.content, self.digest, self.after_digest) {
            write_text(content, out)?;
            out.write_all(&digest.to_bytes())?;
            out.write_all(&after)?;
        }
        let identifiers = u32::try_from(self.identifiers.len()).map_err(io::Error::other)?;
        out.write_all(&identifiers.to_le_bytes())?;
        for StagedIdentifier { key, scheme } in &self.identifiers {
            out.write_all(&key.0)?;
            write_text(scheme, out)?;
        }
        Ok(())
    }

    fn read(source: &mut impl Read) -> io::Result<Self> {
        let number = u64::from_le_bytes(read_array(source)?);
        let salt = read_array(source)?;
        let [flags] = read_array(source)?;
        let kind = Kind::of_word(&read_text(source)?).ok_or(io::ErrorKind::InvalidData)?;
        let key = read_text(source)?;
        let (content, digest, after_digest) = if flags & HAS_CONTENT == 0 {
            (None, None, None)
        } else {
            let content = read_text(source)?;
            (Some(content), Some(Digest::from_bytes(read_array(source)?)), Some(read_array(source)?))
        };
        let count = u32::from_le_bytes(read_array(source)?);
        let identifier = |source: &mut _| -> io::Result<_> {
            Ok(StagedIdentifier { key: IdentifierKey(read_array(source)?), scheme: read_text(source)? })
        };
        let identifiers = (0..count).map(|_| identifier(source)).collect::<io::Result<_>>()?;
        let (row, asks_since) = (Row { kind, key, content }, flags & ASKS_SINCE != 0);
        Ok(Self { number, row, digest, salt, after_digest, identifiers, asks_since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64) -> StagedRow {
        let byte = number.to_le_bytes()[0];
        let content = (!number.is_multiple_of(3)).then(|| "x".repeat(700).into());
        let identifier = |place: u8| StagedIdentifier { key: IdentifierKey([place; 16]), scheme: "etalons".into() };
        StagedRow {
            number,
            digest: content.is_some().then(|| Digest::from_bytes([byte; 16])),
            after_digest: content.is_some().then_some([4; 32]),
            row: Row { kind: Kind::Holder, key: format!("h-{number}").into(), content },
            salt: [byte; 16],
            identifiers: (0..byte % 4).map(identifier).collect(),
            asks_since: number % 2 == 1,
        }
    }

    #[test]
    fn rows_come_back_as_they_were_be_they_few_or_many() {
        for count in [0, 3, 5_000] {
            let folder = std::env::temp_dir().join(format!("avis-spool-{}-{count}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let mut spool = Spool::new(&folder);
            (0..count).for_each(|number| spool.push(&row(number)).unwrap());
            assert_eq!(spool.spill.is_in_file(), count == 5_000, "many are not kept in memory");
            if cfg!(unix) {
                assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "nobody else can open it");
            }
            let rows: Vec<_> = spool.into_rows().unwrap().map(Result::unwrap).collect();
            assert_eq!(rows, (0..count).map(row).collect::<Vec<_>>());
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let mut spool = Spool::new(Path::new("/nowhere/at/all"));
        let pushed = (0..5_000).try_for_each(|number| spool.push(&row(number)));
        assert!(matches!(pushed, Err(StoreError::Failed(told)) if told.contains("until its turn")));
    }
}
