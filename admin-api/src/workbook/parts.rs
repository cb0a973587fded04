//! What stands around the sheets of a workbook: where its parts are, its sheets' names, which styles are of dates, and texts that cells
//! share.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use avis_core::Faults;
use avis_core::settlement::reconcile::Epoch;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::guarded::{Budget, Guarded};
use super::refused;
use super::xml::{Piece, Reading, Xml};

/// Styles of cells; Excel has 65,490.
const STYLES_MAX: usize = 100_000;
/// Bytes of all texts that cells share: a million of a hundred characters.
const SHARED_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Bytes in which it must be said what is in a workbook: tens of thousands of parts.
const CONTENTS_BYTES_MAX: u64 = 4 * 1024 * 1024;

pub(super) type Part<'a, 'b, F> = Xml<Guarded<'b, BufReader<ZipFile<'a, Opened<'b, F>>>>>;

/// A workbook whose parts are read.
pub(super) struct Parts<'b, F> {
    archive: ZipArchive<Opened<'b, F>>,
    budget: &'b Budget,
}

/// A file of which only so much is read until it is known what is in it.
pub(super) struct Opened<'b, F> {
    file: &'b mut F,
    left: &'b Cell<u64>,
}

impl<F: Read> Read for Opened<'_, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        let left = self.left.get().checked_sub(count as u64);
        self.left.set(left.ok_or_else(|| io::Error::other("it has more parts than AVIS takes"))?);
        Ok(count)
    }
}

impl<F: Seek> Seek for Opened<'_, F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// By what the sheet of a workbook is read.
pub(super) struct Book {
    /// The part of the sheet.
    pub(super) sheet: String,
    pub(super) epoch: Epoch,
    /// Whether each style of cells is of dates or times.
    pub(super) times: Vec<bool>,
    pub(super) shared: Shared,
}

/// Texts that cells share.
#[derive(Default)]
pub(super) struct Shared {
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Shared {
    pub(super) fn get(&self, place: usize) -> Option<&str> {
        let end = |place: usize| usize::try_from(*self.ends.get(place)?).ok();
        let from = place.checked_sub(1).map_or(Some(0), end)?;
        self.text.get(from..end(place)?)
    }
}

/// What a part refers to, by id: its type and the part.
type Relations = HashMap<String, (String, String)>;

impl<'b, F: Read + Seek> Parts<'b, F> {
    pub(super) fn open(file: &'b mut F, budget: &'b Budget) -> Result<Self, Faults> {
        let left = budget.packed();
        left.set(CONTENTS_BYTES_MAX);
        let archive = ZipArchive::new(Opened { file, left });
        let archive = archive.map_err(|_| refused("it is no ZIP archive, or has too many parts"))?;
        left.set(u64::MAX);
        Ok(Self { archive, budget })
    }

    /// A part by its name, if it is there.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Part<'_, 'b, F>>, Faults> {
        match self.archive.by_name(name) {
            Ok(file) => Ok(Some(Xml::new(Guarded::new(BufReader::new(file), self.budget)))),
            Err(ZipError::FileNotFound) => Ok(None),
            Err(_) => Err(refused("a part of it is packed or encrypted in a way that is not taken")),
        }
    }

    /// What is needed to read a sheet: the one of a name, or the first.
    pub(super) fn book(&mut self, sheet: Option<&str>) -> Result<Book, Faults> {
        let of_kind = |relations: &Relations, kind: &str| {
            let found = relations.values().find(|(other, _)| other.rsplit('/').next() == Some(kind));
            found.map(|(_, part)| part.clone())
        };
        let roots = self.relations("")?;
        let book = of_kind(&roots, "officeDocument").ok_or_else(|| refused("it has no workbook"))?;
        let relations = self.relations(&book)?;
        let (id, epoch) = self.sheet_id(&book, sheet)?;
        let (_, sheet) = relations.get(&id).ok_or_else(|| refused("its sheet is in no part"))?;
        let times = of_kind(&relations, "styles").map(|part| self.times(&part)).transpose()?.unwrap_or_default();
        let shared = of_kind(&relations, "sharedStrings").map(|part| self.shared(&part)).transpose()?;
        Ok(Book { sheet: sheet.clone(), epoch, times, shared: shared.unwrap_or_default() })
    }

    fn relations(&mut self, of: &str) -> Result<Relations, Faults> {
        let (folder, file) = of.rsplit_once('/').map_or(("", of), |(folder, file)| (folder, file));
        let name = format!("{folder}{}_rels/{file}.rels", if folder.is_empty() { "" } else { "/" });
        let mut relations = Relations::new();
        let Some(mut part) = self.part(&name)? else { return Ok(relations) };
        while let Some(piece) = part.next()? {
            if let Piece::Opens(element) = piece
                && let (Some(id), Some(kind), Some(target)) =
                    (element.value("Id"), element.value("Type"), element.value("Target"))
            {
                relations.insert(id, (kind, within(folder, &target)));
            }
        }
        Ok(relations)
    }

    /// The relation of the sheet, and from when the book counts its days.
    fn sheet_id(&mut self, book: &str, wanted: Option<&str>) -> Result<(String, Epoch), Faults> {
        let (mut found, mut epoch) = (None, Epoch::Of1900);
        let mut part = self.part(book)?.ok_or_else(|| refused("it has no workbook"))?;
        let same = |name: &str| wanted.is_none_or(|wanted| name.trim().to_lowercase() == wanted.trim().to_lowercase());
        while let Some(piece) = part.next()? {
            let Piece::Opens(element) = piece else { continue };
            match &*element.name() {
                "workbookPr" if element.value("date1904").is_some_and(|is| is == "1" || is == "true") => {
                    epoch = Epoch::Of1904;
                }
                "sheet" if found.is_none() && element.value("name").is_some_and(|name| same(&name)) => {
                    found = element.value("id");
                }
                _ => {}
            }
        }
        let missing = || refused(if wanted.is_some() { "it has no sheet of this name" } else { "it has no sheet" });
        Ok((found.ok_or_else(missing)?, epoch))
    }

    fn times(&mut self, name: &str) -> Result<Vec<bool>, Faults> {
        let (mut own, mut times, mut is_in_cells) = (HashMap::new(), Vec::new(), false);
        let Some(mut part) = self.part(name)? else { return Ok(times) };
        while let Some(piece) = part.next()? {
            match piece {
                Piece::Opens(element) => match &*element.name() {
                    "numFmt" if own.len() < STYLES_MAX => {
                        let (id, code) = (element.value("numFmtId"), element.value("formatCode"));
                        own.extend(id.map(|id| (id, is_of_times(&code.unwrap_or_default()))));
                    }
                    "cellXfs" => is_in_cells = true,
                    "xf" if is_in_cells => {
                        let id = element.value("numFmtId").unwrap_or_default();
                        times.push(own.get(&id).copied().unwrap_or_else(|| is_built_in_time(&id)));
                    }
                    _ => {}
                },
                Piece::Closes(name) if name == "cellXfs" => break,
                _ => {}
            }
            if times.len() > STYLES_MAX {
                return Err(refused("it has more than 100,000 styles of cells"));
            }
        }
        Ok(times)
    }

    fn shared(&mut self, name: &str) -> Result<Shared, Faults> {
        let mut shared = Shared::default();
        let Some(mut part) = self.part(name)? else { return Ok(shared) };
        let mut reading = Reading::default();
        while let Some(piece) = part.next()? {
            match piece {
                Piece::Opens(element) => reading.open(&element.name()),
                // There are never so many bytes that it could not say where one ends.
                Piece::Closes(name) if &*name == "si" => {
                    shared.ends.push(u32::try_from(shared.text.len()).unwrap_or(u32::MAX));
                }
                Piece::Closes(name) => reading.close(&name),
                Piece::Text(text) if reading.is_on() => shared.text.push_str(&text),
                Piece::Text(_) => {}
            }
            if shared.text.len() > SHARED_BYTES_MAX || shared.ends.len() > SHARED_BYTES_MAX / 8 {
                return Err(refused("its cells share more than 128 MiB of texts"));
            }
        }
        Ok(shared)
    }
}

/// The part that a target names, from a folder.
fn within(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut way: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in target.split('/') {
        match name {
            ".." => drop(way.pop()),
            "." | "" => {}
            name => way.push(name),
        }
    }
    way.join("/")
}

/// Whether a built-in format of numbers shows dates or times.
fn is_built_in_time(id: &str) -> bool {
    matches!(id.parse::<u32>(), Ok(14..=22 | 27..=36 | 45..=47 | 50..=58))
}

/// Whether a format shows dates or times: outside of quotes, brackets and escapes something of a day or of its time stands in it.
fn is_of_times(code: &str) -> bool {
    let (mut letters, mut plain) = (code.chars(), String::new());
    while let Some(letter) = letters.next() {
        match letter {
            ';' => break,
            '"' => letters.by_ref().take_while(|letter| *letter != '"').for_each(drop),
            '\\' | '_' | '*' => drop(letters.next()),
            '[' => {
                let inside: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                // `[h]` is of hours beyond a day; others are colours, conditions and languages.
                let is_elapsed = !inside.is_empty() && inside.chars().all(|letter| "hHmMsS".contains(letter));
                plain.push_str(if is_elapsed { "h" } else { "" });
            }
            letter => plain.push(letter.to_ascii_lowercase()),
        }
    }
    plain != "general" && plain.contains(['d', 'm', 'y', 'h', 's'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_dates_are_told_from_those_of_numbers() {
        for code in ["dd.mm.yyyy", "[$-426]d. mmmm yyyy", "h:mm", "[h]:mm:ss", "yyyy\\-mm\\-dd", "m/d/yy;@"] {
            assert!(is_of_times(code), "{code}");
        }
        for code in ["General", "0.00", "#,##0.00 \"days\"", "[Red]0.00", "0.00E+00", "@", "0\\d", "_d0", "0;dd"] {
            assert!(!is_of_times(code), "{code}");
        }
        assert!(is_built_in_time("14") && is_built_in_time("22") && !is_built_in_time("2") && !is_built_in_time("x"));
    }

    #[test]
    fn a_target_is_found_from_its_folder() {
        let found = ["worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml", "../xl/./worksheets/sheet1.xml"];
        assert!(found.iter().all(|target| within("xl", target) == "xl/worksheets/sheet1.xml"));
        assert_eq!(within("", "xl/workbook.xml"), "xl/workbook.xml");
    }
}
