//! What terminals upload of sales without a connection.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::fault::Faults;
use crate::limits::{ADVICES_MAX, LINES_MAX};
use crate::loyalty::LoyaltyRequest;
use crate::read::{self, Object, Place, Read};
use crate::request::{Amount, Mode};

/// A sale that a terminal made without a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What was asked of the terminal.
    pub request: LoyaltyRequest,
    /// What it granted.
    pub granted: Vec<Granted>,
    /// By the terminal's own clock.
    pub device_time: Timestamp,
    /// In the order in which the terminal sold.
    pub device_sequence: u64,
}

/// A discount that a terminal granted by itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Granted {
    /// On which line.
    pub line_id: Box<str>,
    /// By which benefit's code.
    pub benefit: Arc<str>,
    /// By which version, as the terminal knew it.
    pub version: i64,
    /// Minor units.
    pub amount: i64,
}

impl Advice {
    /// Reads an upload: every record is read on its own.
    ///
    /// # Errors
    /// A body that is no list of records.
    pub fn parse_all(json: &[u8]) -> Result<Vec<Result<Self, Faults>>, Faults> {
        let records: Records = read::document(json)?;
        Ok(records.0.iter().map(read::parsed).collect())
    }

    /// Reads one that is parsed already.
    ///
    /// # Errors
    /// Every field that is not as expected.
    pub fn from_value(value: &Value) -> Result<Self, Faults> {
        read::parsed(value)
    }
}

struct Records(Vec<Value>);

impl Read for Records {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let records = match object.raw("records") {
            Some(Value::Array(records)) if (1..=ADVICES_MAX).contains(&records.len()) => Some(records.clone()),
            _ => place.field("records").fault(format!("expected a list of 1 to {ADVICES_MAX} records")),
        };
        object.close();
        Some(Self(records?))
    }
}

impl Read for Advice {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (request, granted) = (object.required("request"), object.list("granted", LINES_MAX));
        let device_time = object.required("device_time");
        let device_sequence = object.bounded("device_sequence", 0, i64::MAX);
        object.close();
        let device_sequence = device_sequence.and_then(|sequence| u64::try_from(sequence).ok());
        let asked: LoyaltyRequest = request?;
        let request = &asked.request;
        if request.mode == Mode::Hold {
            let request = place.field("request");
            return request.field("mode").fault("expected `sale`; what was sold offline is not held");
        }
        let granted: Vec<Granted> = granted?;
        let free =
            |given: &Granted| request.lines.iter().any(|line| line.line_id == given.line_id && line.gross() == 0);
        for (index, _) in granted.iter().enumerate().filter(|(_, given)| given.amount == 0 && !free(given)) {
            let granted = place.field("granted");
            let detail = "expected at least 1 where the line costs something; what was not granted is left out";
            let _ = granted.item(index).field("amount").fault::<()>(detail);
        }
        Some(Self { request: asked, granted, device_time: device_time?, device_sequence: device_sequence? })
    }
}

impl Read for Granted {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (line_id, benefit) = (object.required("line_id"), object.required("benefit"));
        let version = object.bounded("version", 1, i64::from(u32::MAX));
        let amount = object.required::<Amount>("amount");
        object.close();
        Some(Self { line_id: line_id?, benefit: benefit?, version: version?, amount: amount?.0 })
    }
}
