//! The control plane of AVIS: imports, exports, terminals' keys, and the operator's endpoints.

pub mod control;
pub mod http;
pub mod import;
pub mod keys;

mod cases;
mod change;
mod client_encryption;
mod export;
mod fault;
mod file_till;
mod ndjson;
mod operator;
mod own_blocks;
mod provider_file;
mod text_file;
mod work_pool;
mod workbook;

pub use cases::{CaseRunner, FailedCase};
pub use client_encryption::{ClientEncryptionError, client_encryption};
pub use export::{catalogue, holders, terminals};
pub use fault::{AdminError, LineFault};
pub use file_till::{Answered, Decided, FileTill};
pub use ndjson::{NdjsonReader, NumberedLine};
pub use operator::{Authority, Operator, OperatorFile};
pub use provider_file::read_sheet;
pub use work_pool::{NotDone, WorkPool};
