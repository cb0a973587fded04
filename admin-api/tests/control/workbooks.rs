//! A provider's workbook, held against the ledger as a text is.

use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::parties::Parties;
use crate::till::Till;
use crate::world::run;

/// A workbook of one sheet, as a body carries it.
fn book(rows: &str) -> String {
    STANDARD.encode(packed(rows))
}

/// A workbook of one sheet.
pub(crate) fn packed(rows: &str) -> Vec<u8> {
    let relations = |kind: &str, target: &str| {
        format!(r#"<Relationships><Relationship Id="r1" Type="http://x/{kind}" Target="{target}"/></Relationships>"#)
    };
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("_rels/.rels", relations("officeDocument", "xl/workbook.xml")),
        ("xl/_rels/workbook.xml.rels", relations("worksheet", "worksheets/sheet1.xml")),
        ("xl/workbook.xml", r#"<workbook><sheets><sheet name="Sales" r:id="r1"/></sheets></workbook>"#.to_owned()),
        ("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")),
    ] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub(crate) fn text(text: &str) -> String {
    format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#)
}

pub(crate) fn row(cells: &[String]) -> String {
    format!("<row>{}</row>", cells.concat())
}

#[test]
fn a_workbook_is_reconciled_like_a_text_and_a_broken_one_leaves_nothing() {
    run(async {
        let parties = Parties::new("workbooks").await;
        let till = Till::new(&parties.world);
        till.sell("2026-11-18T05:00:00Z", 1_000).await;
        till.sell("2026-11-18T05:10:00Z", 300).await;
        let amount = |amount: &str| format!("<c><v>{amount}</v></c>");
        let rows = [
            row(&["Laiks", "Kase", "Atlaide"].map(text)),
            row(&[text("18.11.2026 05:00"), text("desk"), amount("5")]),
            row(&[text("18.11.2026 05:10"), text("desk"), amount("1.4999999999999999")]),
            row(&[text("18.11.2026 05:20"), text("desk"), amount("1.4")]),
            row(&[text("18.11.2026 05:30"), text("desk"), text("=1+1")]),
        ];
        let profile = |sheet: &str| {
            json!({"format": "xlsx", "sheet": sheet, "dates": ["DD.MM.YYYY HH:mm"],
                   "columns": {"occurred_at": "Laiks", "terminal": "Kase", "discount": "Atlaide"}})
        };
        let body = |file: &str, sheet: &str| json!({"from": "2026-11-18", "until": "2026-11-19", "file": file, "profile": profile(sheet)});
        let path = "/providers/bus/reconciliations";
        let file = book(&rows.concat());
        for bad in [
            body("Laiks;Kase;Atlaide\n", "Sales"),
            body(&STANDARD.encode("Laiks;Kase;Atlaide\n"), "Sales"),
            body(&file, "Notes"),
            body(&book(&row(&["Laiks", "Kase"].map(text))), "Sales"),
            body(&book(&format!("<!DOCTYPE a>{}", rows[0])), "Sales"),
        ] {
            parties.make(&parties.bus, path, &bad).await.is(422, "invalid");
        }
        assert_eq!(parties.get(&parties.bus, path).await.json()["items"], json!([]), "and nothing is kept of it");
        let made = parties.make(&parties.bus, path, &body(&file, "Sales")).await;
        assert_eq!(made.json()["summary"], json!({"matched": 2, "missing_here": 1}), "{made:?}");
        let bad_rows = made.json()["bad_rows"].clone();
        let bad: Vec<(&Value, &Value)> =
            bad_rows.as_array().unwrap().iter().map(|bad| (&bad["line"], &bad["field"])).collect();
        assert_eq!(bad, [(&json!(5), &json!("discount"))], "a formula as a text is no amount");
        let again = parties.make(&parties.bus, path, &body(&file, "Sales")).await;
        assert_eq!(again.text, made.text, "the same file is the run that is there");
    });
}
