//! A provider's file as its profile says it: a text, or a sheet of a workbook.

use std::io::{Read, Seek};

use avis_core::Faults;
use avis_core::movement::ServiceDay;
use avis_core::settlement::reconcile::{CsvRows, DelimiterSearch, FileRow, Format, Profile, Sheet, SheetReader};

use crate::text_file::TextFile;
use crate::workbook;

/// Rows between two looks.
const LOOK_EVERY: u64 = 1_000;

/// Reads a file by its profile and by the provider's day, in whose zone times without an offset are. A piece of it is in memory at a
/// time, beside the rows that were read. `look` is told after some rows how many came, and may end it.
///
/// # Errors
/// As [`Sheet::read`]; what can't be decoded or unpacked; what `look` fails with.
pub fn read_sheet<E: From<Faults>>(
    file: &mut (impl Read + Seek),
    profile: &Profile,
    day: &ServiceDay,
    look: &mut dyn FnMut(u64) -> Result<(), E>,
) -> Result<Sheet, E> {
    let (mut reader, skipped) = (SheetReader::new(profile, day.zone(), day), profile.skip_rows);
    let mut take = |row: &FileRow| {
        reader.take(row)?;
        let count = reader.count();
        if count.is_multiple_of(LOOK_EVERY) { look(count) } else { Ok(()) }
    };
    match profile.format {
        Format::Csv => {
            let text = TextFile::open(file, profile.encoding);
            let mut text = text.map_err(|error| Faults::of_document(format!("the file can't be read: {error}")))?;
            let delimiter = profile.delimiter.map_or_else(|| delimiter(&mut text, skipped), Ok)?;
            let mut rows = CsvRows::new(delimiter, skipped);
            text.each_piece(&mut |piece| rows.feed(piece, &mut take).map(|()| false))?;
            rows.end(&mut take)?;
        }
        Format::Xlsx => {
            let mut below = |row: &FileRow| if row.line > skipped as u64 { take(row) } else { Ok(()) };
            workbook::each_row(file, profile.sheet.as_deref(), &mut below)?;
        }
    }
    Ok(reader.end()?)
}

/// What cuts a text into cells.
fn delimiter<F: Read + Seek>(text: &mut TextFile<'_, F>, skipped: usize) -> Result<char, Faults> {
    let mut search = DelimiterSearch::new(skipped);
    text.each_piece(&mut |piece| Ok::<_, Faults>(search.feed(piece)))?;
    Ok(search.end())
}
