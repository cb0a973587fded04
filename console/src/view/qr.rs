//! A text as a QR code, drawn on the server: for what is printed and scanned later.

use askama::Template;
use qrcodegen::{QrCode, QrCodeEcc};

use super::html::Html;

/// What scanners need free around a code, in its modules.
const QUIET: i32 = 4;

#[derive(Template)]
#[template(path = "qr.html")]
struct Drawn<'a> {
    told: &'a str,
    /// From one edge to the other, what is free included.
    side: i32,
    /// The dark modules, as a path.
    dark: String,
}

/// The code of a text, with what it says for who does not see it. Nothing of a text that has no room in one.
pub(crate) fn qr(text: &str, told: &str) -> Html {
    // A quarter may be soiled on paper that was carried about.
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Quartile) else { return Html::default() };
    let side = code.size();
    let modules = (0..side).flat_map(|row| (0..side).map(move |column| (column, row)));
    let dark = modules.filter(|(column, row)| code.get_module(*column, *row));
    let dark = dark.map(|(column, row)| format!("M{},{}h1v1h-1z", column + QUIET, row + QUIET)).collect();
    Html::of(&Drawn { told, side: side + 2 * QUIET, dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The finder patterns stand in three corners, and nothing stands in what has to be free.
    #[test]
    fn a_code_has_its_three_corners_and_room_around_it() {
        let drawn = qr("https://avis.example.lv/forms/000001-8", "000001-8").to_string();
        let side: i32 = drawn.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let path = drawn.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        let module = |part: &str| {
            let (column, row) = part.split_once("h1").unwrap().0.split_once(',').unwrap();
            (column.parse::<i32>().unwrap(), row.parse::<i32>().unwrap())
        };
        let dark: std::collections::HashSet<(i32, i32)> = path.split('M').skip(1).map(module).collect();
        let inside = QUIET..side - QUIET;
        assert!(dark.iter().all(|(column, row)| inside.contains(column) && inside.contains(row)));
        for (left, top) in [(QUIET, QUIET), (side - QUIET - 7, QUIET), (QUIET, side - QUIET - 7)] {
            for (column, row) in (0..7).flat_map(|row| (0..7).map(move |column| (column, row))) {
                let ring = i32::max((column - 3_i32).abs(), (row - 3_i32).abs());
                assert_eq!(dark.contains(&(left + column, top + row)), ring != 2, "{left} {top} {column} {row}");
            }
        }
        assert!(drawn.contains("aria-label=\"000001-8\""));
    }

    #[test]
    fn a_text_without_room_is_not_drawn() {
        assert!(qr(&"x".repeat(4_000), "x").is_empty());
    }
}
