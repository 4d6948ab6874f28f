//! Whatever comes on stdin ends in values that make sense or in an input error, and never in a panic.
#![no_main]

use defender_update_incident::contract::{check, document};
use defender_update_incident::ground::environment::Environment;
use defender_update_incident::outcome::error::Error;
use defender_update_incident::outcome::shown;
use defender_update_incident::process::framing::Frame;
use defender_update_incident::process::mode::Mode;
use defender_update_incident::{dry_run, input};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let environment = Environment::default();
    let frame = Frame::of_environment(&environment);
    let outcome = document::read(bytes)
        .and_then(|root| frame.open(root, Mode::DryRun))
        .and_then(|order| input::parse(check::check(order.document), &environment))
        .map_err(shown::own)
        .and_then(|input| dry_run::show(&input));
    match outcome {
        Ok(report) => drop(serde_json::to_string(&report).expect("a report is JSON")),
        Err(error) => {
            assert!(matches!(*error, Error::Input(_)), "{error:?}");
            let line = serde_json::to_string(&error).expect("an envelope is JSON");
            assert!(!line.contains('\n'));
            assert!(!error.failure().violations.is_empty());
        }
    }
});
