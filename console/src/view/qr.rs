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
    let dark = (0..side).flat_map(|row| {
        let runs = runs(side, |column| code.get_module(column, row));
        runs.into_iter().map(move |(first, length)| format!("M{},{}h{length}v1h-{length}z", first + QUIET, row + QUIET))
    });
    Html::of(&Drawn { told, side: side + 2 * QUIET, dark: dark.collect() })
}

/// Dark modules of a row that stand together: the first one of each run, and how many they are.
fn runs(side: i32, is_dark: impl Fn(i32) -> bool) -> Vec<(i32, i32)> {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for column in (0..side).filter(|column| is_dark(*column)) {
        match runs.last_mut() {
            Some((first, length)) if *first + *length == column => *length += 1,
            _ => runs.push((column, 1)),
        }
    }
    runs
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
        let modules = |part: &str| {
            let (at, length) = part.split('v').next().unwrap().split_once('h').unwrap();
            let (column, row) = at.split_once(',').unwrap();
            let [column, row, length] = [column, row, length].map(|number| number.parse::<i32>().unwrap());
            (column..column + length).map(move |column| (column, row))
        };
        let dark: std::collections::HashSet<(i32, i32)> = path.split('M').skip(1).flat_map(modules).collect();
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
