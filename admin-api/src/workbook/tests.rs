//! Workbooks as programs write them, and such as nobody should.

use std::io::{Cursor, Write as _};

use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use avis_core::movement::ServiceDay;
use avis_core::settlement::reconcile::{Profile, Sheet};
use jiff::tz::TimeZone;

use super::*;
use crate::read_sheet;

const ROOTS: &str =
    r#"<Relationships><Relationship Id="r1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const RELATIONS: &str = r#"<Relationships>
    <Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>
    <Relationship Id="r2" Type="http://x/worksheet" Target="/xl/worksheets/sheet2.xml"/>
    <Relationship Id="r3" Type="http://x/sharedStrings" Target="sharedStrings.xml"/>
    <Relationship Id="r4" Type="http://x/styles" Target="styles.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><x:workbook xmlns:x="s" xmlns:r="o"><x:workbookPr/><x:sheets><x:sheet name="Notes" sheetId="1" r:id="r1"/>
    <x:sheet name="Sales" sheetId="2" r:id="r2"/></x:sheets></x:workbook>"#;
/// Style 1 is of dates with times, 2 of times, 3 of money.
const STYLES: &str = r##"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd.mm.yyyy\ hh:mm"/></numFmts>
    <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
    <cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="20"/><xf numFmtId="4"/></cellXfs></styleSheet>"##;
const SHARED: &str = "<sst><si><t>Time</t></si><si><r><t>Disc</t></r><r><t>ount</t></r><rPh><t>x</t></rPh></si><si><t>Bill</t></si></sst>";

/// The rows of the second sheet, packed into a workbook.
fn book(rows: &str) -> Vec<u8> {
    packed(&[("xl/worksheets/sheet2.xml", &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"))])
}

fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let around = [("_rels/.rels", ROOTS), ("xl/_rels/workbook.xml.rels", RELATIONS), ("xl/workbook.xml", BOOK)];
    let others = [("xl/styles.xml", STYLES), ("xl/sharedStrings.xml", SHARED)];
    let is_given = |name: &str| parts.iter().any(|(given, _)| *given == name);
    let around = around.iter().chain(&others).filter(|(name, _)| !is_given(name));
    for (name, content) in around.chain(parts) {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A workbook with so many parts that are empty.
fn of_parts(count: u32) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..count {
        archive.start_file(format!("{number:0>40}"), SimpleFileOptions::default()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn profile() -> Profile {
    let profile = json!({"format": "xlsx", "sheet": " sales", "dates": ["DD.MM.YYYY HH:mm"],
        "columns": {"occurred_at": "Time", "discount": "Discount", "external_id": "Bill"}});
    Profile::from_value(&profile).unwrap()
}

const HEADER: &str =
    r#"<row r="2"><c r="A2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="s"><v>2</v></c></row>"#;

fn read(bytes: &[u8]) -> Result<Sheet, String> {
    let day = ServiceDay::of_deployment(TimeZone::get("Europe/Riga").unwrap());
    read_sheet(&mut Cursor::new(bytes), &profile(), &day, &mut |_| Ok(()))
        .map_err(|faults: Faults| faults.list[0].detail.clone())
}

/// The rows with their lines, as they are read.
fn rows(bytes: &[u8]) -> Vec<(u64, Vec<(String, CellKind)>)> {
    let mut rows = Vec::new();
    let mut sink = |row: &FileRow| {
        rows.push((row.line, row.cells.iter().cloned().zip(row.kinds.iter().copied()).collect()));
        Ok::<_, Faults>(())
    };
    each_row(&mut Cursor::new(bytes), Some("Sales"), &mut sink).unwrap();
    rows
}

#[test]
fn cells_are_numbers_times_or_texts_in_their_columns() {
    let row = r#"<row r="7" spans="1:9"><c r="A7" s="1"><v>46344.222222222219</v></c><c r="C7" s="3"><v>7.1500000000000004</v></c>
        <c r="D7"><f>1+1</f><v>2</v></c><c t="str"><f>HYPERLINK("x")</f><v>a &amp; b&#33;</v></c>
        <c t="inlineStr"><is><t>in</t><t>line</t></is></c><c t="b"><v>1</v></c><c s="2"><v>0.25</v></c><c t="d"><v>2026-11-18</v></c>
        <c s="1"/><c r="K7"><f>2+2</f></c></row>"#;
    let text = |text: &str| (text.to_owned(), CellKind::Text);
    let expected = vec![
        ("2026-11-18T05:20:00".to_owned(), CellKind::Time),
        text(""),
        ("7.1500000000000004".to_owned(), CellKind::Number),
        ("2".to_owned(), CellKind::Number),
        text("a & b!"),
        text("inline"),
        text("TRUE"),
        ("1899-12-30T06:00:00".to_owned(), CellKind::Time),
        ("2026-11-18T00:00:00".to_owned(), CellKind::Time),
    ];
    assert_eq!(rows(&book(row)), [(7, expected)], "a formula without what it came to is empty");
}

#[test]
fn a_sheet_is_read_by_its_profile_and_rows_are_named_by_the_sheet() {
    let sheet = read(&book(&format!(
        r#"<row r="1"/>{HEADER}
        <row r="5"><c r="A5" s="1"><v>46344.222222222219</v></c><c r="C5"><v>7.15</v></c><c r="D5"><v>1.2345678901234E+17</v></c></row>
        <row r="6"><c r="A6" t="inlineStr"><is><t>18.11.2026 5:21</t></is></c><c r="C6"><v>7.155</v></c></row>
        <row r="7"><c r="A7" s="1"><v>46110.1458333333</v></c><c r="C7"><v>1</v></c></row>
        <row r="8"><c r="C8"><v>7.15</v></c></row>"#
    )))
    .unwrap();
    let bad: Vec<_> = sheet.bad.iter().map(|bad| (bad.line, bad.field)).collect();
    assert_eq!(bad, [(6, "discount"), (7, "occurred_at")], "no amount, and a time that the clock skipped");
    let sums = sheet.sums.unwrap();
    assert_eq!(sums.written, sums.of_rows, "one row is good");
}

#[test]
fn what_is_no_workbook_of_this_sheet_is_refused() {
    for (bytes, word) in [
        (b"Time;Discount\n".to_vec(), "ZIP"),
        (packed(&[("_rels/.rels", "<Relationships/>")]), "no workbook"),
        (
            packed(&[("xl/workbook.xml", "<workbook><sheets><sheet name=\"Notes\" id=\"r1\"/></sheets></workbook>")]),
            "this name",
        ),
        (packed(&[]), "in no part"),
        (packed(&[("xl/worksheets/sheet2.xml", "<worksheet><sheetData><row>")]), "ends before"),
        (packed(&[("xl/worksheets/sheet2.xml", "<worksheet><sheetData></worksheet>")]), "no XML"),
        (packed(&[("xl/worksheets/sheet2.xml", "<worksheet/>")]), "ends before"),
        (book(r#"<row r="2"/><row r="1"/>"#), "order"),
        (book(r#"<row r="1048577"/>"#), "order"),
        (book(r#"<row><c t="s"><v>99</v></c></row>"#), "shares"),
        (book(r#"<row><c r="7"><v>1</v></c></row>"#), "no place"),
        (book("<row><c><v>&other;</v></c></row>"), "does not know"),
    ] {
        let refused = read(&bytes).unwrap_err();
        assert!(refused.contains(word), "{word}: {refused}");
    }
}

#[test]
fn what_would_take_all_memory_or_time_is_refused_before_it_does() {
    let far = r#"<row r="1"><c r="XFD1"><v>1</v></c></row>"#;
    let wide: String = (0..16_384).map(|_| "<c><v>1</v></c>").collect();
    // Zeros that pack to nearly nothing.
    let bomb = format!("<row>{}</row>", "<c r=\"A1\"><v>0</v></c>".repeat(1_000_000));
    let long = format!("<row><c t=\"str\"><v>{}</v></c></row>", "x".repeat(10_000_000));
    // Refused at the cell, for the row does not end.
    let shared = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(4_097));
    let shares = "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c></broken>";
    let inline = format!("<row><c t=\"inlineStr\"><is>{}", "<r><t>āāāā</t></r>".repeat(2_100));
    let deep = "<row>".repeat(100_000);
    let entity = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\">]>".to_owned();
    for (bytes, word) in [
        (book(far), "200 columns"),
        (book(&format!("<row>{wide}</row>")), "200 columns"),
        (book(&bomb), "unpacks"),
        (book(&long), "longer"),
        (book(&deep), "deep"),
        (packed(&[("xl/sharedStrings.xml", &shared), ("xl/worksheets/sheet2.xml", shares)]), "4096 characters"),
        (book(&inline), "4096 characters"),
        (packed(&[("xl/worksheets/sheet2.xml", &entity)]), "document type"),
        (packed(&[("xl/sharedStrings.xml", &format!("<sst>{}</sst>", "<si><t/></si>".repeat(900_000)))]), "unpacks"),
        (of_parts(60_000), "too many parts"),
    ] {
        let refused = read(&bytes).unwrap_err();
        assert!(refused.contains(word), "{word}: {refused}");
    }
}
