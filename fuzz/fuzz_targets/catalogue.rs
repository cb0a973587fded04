//! Any bytes as a catalogue: refused, or decided so that every cent is accounted for.

#![no_main]

#[path = "../../engine/core/tests/fuzzed/mod.rs"]
#[allow(dead_code, reason = "the other target uses the rest")]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzed::catalogue(bytes));
