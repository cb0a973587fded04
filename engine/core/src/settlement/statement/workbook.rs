//! The sealed rows of a statement as a workbook (XLSX): the same cells, numbers as numbers, text as text, and no formulas
//! (settlement 3.4). It is not compressed, and the same rows are the same bytes.

use std::fmt::Write as _;

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
pub fn workbook(csv: &str) -> Vec<u8> {
    let sheet = sheet(csv);
    let mut archive = Archive::default();
    for (name, content) in [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", SHEETS),
        ("xl/worksheets/sheet1.xml", &sheet),
    ] {
        archive.add(name, content.as_bytes());
    }
    archive.end()
}

fn sheet(csv: &str) -> String {
    let mut sheet = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#
        .to_owned();
    let mut names: Vec<String> = Vec::new();
    for (row, cells) in (1..).zip(rows(csv)) {
        // Writing to a string can't fail.
        let _ = write!(sheet, r#"<row r="{row}">"#);
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let place = format!("{}{row}", letters(column));
            let is_number = row > 1 && names.get(column).is_some_and(|name| NUMBERS.contains(&name.as_str()));
            let _ = if is_number {
                write!(sheet, r#"<c r="{place}"><v>{cell}</v></c>"#)
            } else {
                let text = cell.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
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

/// The cells of each row of CSV as AVIS writes it.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut is_quoted, mut letters) = (false, csv.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter => cell.push(letter),
        }
    }
    rows
}

/// The name of a column, counted from 0: A to Z, then AA.
fn letters(column: usize) -> String {
    let letter = u32::try_from(column % 26).ok().and_then(|place| char::from_u32(u32::from('A') + place));
    let before = if column < 26 { String::new() } else { letters(column / 26 - 1) };
    before + &letter.map(String::from).unwrap_or_default()
}

/// A ZIP archive whose files are stored as they are.
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    files: u16,
}

impl Archive {
    fn add(&mut self, name: &str, content: &[u8]) {
        let offset = length(&self.bytes);
        let mut described = Vec::new();
        // Version 2.0, no flags, stored, the first moment that can be written.
        [20_u16, 0, 0, 0, 0x21].iter().for_each(|field| described.extend(field.to_le_bytes()));
        described.extend(crc(content).to_le_bytes());
        [length(content), length(content)].iter().for_each(|field| described.extend(field.to_le_bytes()));
        described.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
        described.extend(0_u16.to_le_bytes());
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&described);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(content);
        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(20_u16.to_le_bytes());
        self.directory.extend(&described);
        // No comment, the first disk, no attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.files += 1;
    }

    fn end(mut self) -> Vec<u8> {
        let offset = length(&self.bytes);
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06");
        self.bytes.extend([0; 4]);
        [self.files, self.files].iter().for_each(|field| self.bytes.extend(field.to_le_bytes()));
        self.bytes.extend(length(&self.directory).to_le_bytes());
        self.bytes.extend(offset.to_le_bytes());
        self.bytes.extend([0; 2]);
        self.bytes
    }
}

/// A statement is far below what 32 bits count.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// The checksum of ZIP.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)))
    };
    !bytes.iter().fold(!0, step)
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
    fn an_archive_names_each_file_with_its_checksum_and_place() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
        let bytes = workbook("a,b\n1,2\n");
        assert_eq!(bytes, workbook("a,b\n1,2\n"));
        let end = &bytes[bytes.len() - 22..];
        assert_eq!((&end[..4], end[10]), (&b"PK\x05\x06"[..], 5));
        let number = |at: usize| u32::from_le_bytes(end[at..at + 4].try_into().unwrap()) as usize;
        let directory = &bytes[number(16)..number(16) + number(12)];
        assert_eq!(&directory[..4], b"PK\x01\x02");
        assert_eq!(number(16) + number(12) + 22, bytes.len());
    }
}
