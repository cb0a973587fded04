//! The sealed rows of a statement as a workbook (XLSX): the same cells, numbers as numbers, text as text, and no formulas
//! (settlement 3.4). It is not compressed, and the same rows are the same bytes.

use std::fmt::Write as _;
use std::io::{self, Cursor, Write as _};

use avis_core::settlement::reconcile::CsvRows;
use quick_xml::escape::partial_escape;
use zip::CompressionMethod::Stored;
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

/// The media type of a workbook.
pub(super) const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The columns whose cells are numbers.
const NUMBERS: [&str; 9] =
    ["statement", "line", "version", "contract", "rate", "uses", "units", "amount", "reimbursed"];

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="statement" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const SHEETS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// The workbook of a statement's sealed CSV.
///
/// # Errors
/// What can't be packed; nothing of a statement is so.
pub(super) fn workbook(csv: &str) -> io::Result<Vec<u8>> {
    let sheet = sheet(csv);
    // The time of its making would make other bytes of the same rows.
    let options = SimpleFileOptions::default().compression_method(Stored).last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", SHEETS),
        ("xl/worksheets/sheet1.xml", &sheet),
    ] {
        archive.start_file(name, options)?;
        archive.write_all(content.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn sheet(csv: &str) -> String {
    let mut sheet = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#
        .to_owned();
    let mut names: Vec<String> = Vec::new();
    for (row, cells) in (1..).zip(CsvRows::of(csv, ',').into_iter().map(|row| row.cells)) {
        // Writing to a string can't fail.
        let _ = write!(sheet, r#"<row r="{row}">"#);
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let place = format!("{}{row}", letters(column));
            let is_number = row > 1 && names.get(column).is_some_and(|name| NUMBERS.contains(&name.as_str()));
            let _ = if is_number {
                write!(sheet, r#"<c r="{place}"><v>{cell}</v></c>"#)
            } else {
                let text = partial_escape(cell.as_str());
                write!(sheet, r#"<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#)
            };
        }
        sheet.push_str("</row>");
        if row == 1 {
            names = cells;
        }
    }
    sheet.push_str("</sheetData></worksheet>");
    sheet
}

/// The name of a column, counted from 0: A to Z, then AA.
fn letters(column: usize) -> String {
    let letter = u32::try_from(column % 26).ok().and_then(|place| char::from_u32(u32::from('A') + place));
    let before = if column < 26 { String::new() } else { letters(column / 26 - 1) };
    before + &letter.map(String::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_numbers_or_text_and_nothing_is_a_formula() {
        let csv = "line,month,benefit,uses,amount,note\n1,2026-11,lv-gg,2,-12.05,\"'=1+1, \"\"<a>&b\"\"\"\n";
        let sheet = sheet(csv);
        let row = sheet.split("<row ").nth(2).unwrap();
        for cell in [
            r#"<c r="A2"><v>1</v></c>"#,
            r#"<c r="B2" t="inlineStr"><is><t xml:space="preserve">2026-11</t></is></c>"#,
            r#"<c r="D2"><v>2</v></c><c r="E2"><v>-12.05</v></c>"#,
            r#"<t xml:space="preserve">'=1+1, "&lt;a&gt;&amp;b"</t>"#,
        ] {
            assert!(row.contains(cell), "{row}");
        }
        assert!(!sheet.contains("<f>") && sheet.contains(r#"<t xml:space="preserve">line</t>"#));
    }

    #[test]
    fn a_workbook_has_its_parts_and_the_same_rows_are_the_same_bytes() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
        let bytes = workbook("a,b\n1,2\n").unwrap();
        assert_eq!(bytes, workbook("a,b\n1,2\n").unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 5);
        for place in 0..archive.len() {
            assert_eq!(archive.by_index(place).unwrap().last_modified(), Some(DateTime::default()));
        }
        let mut content = String::new();
        io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut content).unwrap();
        assert_eq!(content, sheet("a,b\n1,2\n"));
    }
}
