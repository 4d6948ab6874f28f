//! Whatever an HTTP server answers (head, coding, body) ends in one line of JSON, and what is JSON comes through unchanged.
#![no_main]

use defender_update_incident::api::defender;
use defender_update_incident::delivery::retry::Outcome;
use defender_update_incident::fuzzing;
use defender_update_incident::ground::cleaned::{Author, Gate};
use defender_update_incident::http::wait_asked_for;
use defender_update_incident::outcome::envelope::Applied;
use defender_update_incident::outcome::shown;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    let gate = Gate::default();
    let Some(answer) = fuzzing::answer(bytes, &gate, Author::Service) else {
        return;
    };
    let outcome = Outcome::of_refusal(&answer, false);
    let _ = wait_asked_for(&answer);
    let body = answer.body.clone();
    let line = match outcome {
        Outcome::Refused if answer.status < 300 => {
            let applied = Applied {
                answer,
                recovered: None,
                writes: 1,
                differs: Vec::new(),
                redirected_to: None,
                unchanged: None,
                parts: None,
                requests: Vec::new(),
            };
            serde_json::to_string(&shown::applied(applied, &gate))
        }
        _ => serde_json::to_string(&shown::error(defender::refusal(answer), &gate)),
    };
    let line = line.expect("an envelope is JSON");
    assert!(!line.contains(['\n', '\r']), "{line}");
    serde_json::from_str::<&RawValue>(&line).expect("an envelope is JSON");
    if let Some(json) = body.json() {
        let expected = format!("\"json_body\":{}", json.get().replace(['\n', '\r'], ""));
        assert!(line.contains(&expected), "{line}");
    }
});
