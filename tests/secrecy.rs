//! No secret in any stream, at any log level. The HTTP crate's most detailed level dumps heads and bodies in rows of 16
//! bytes, in which a plain search finds nothing, so the rows are put together again before the search.

mod sandbox;
mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use support::case::Case;
use support::secrets::shows;

#[test]
fn no_case_shows_a_secret_at_the_most_detailed_log_level() {
    let cases = Case::all();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    for filter in ["trace", "ureq_proto::util=trace"] {
                        let ran = case.run(&[("RUST_LOG", filter)]).ran;
                        for (stream, text) in [("stdout", ran.stdout()), ("stderr", ran.stderr())] {
                            if let Some(secret) = found_secret(&text) {
                                let problem = format!("{}: `{secret}` on {stream} with {filter}:\n{text}", case.name);
                                wrong.lock().unwrap().push(problem);
                            }
                        }
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_cases_hold_secrets_to_be_found() {
    // Every credential in the fixtures ends in the same words, so that one search finds them all.
    let with_secret = Case::all()
        .iter()
        .filter(|case| {
            std::fs::read_to_string(case.folder.join("stdin.json")).is_ok_and(|text| found_secret(&text).is_some())
        })
        .count();
    assert!(with_secret > 100, "{with_secret} cases");
}

#[test]
fn a_secret_is_found_in_a_dump() {
    let rows = "TRACE ureq_proto::util: 61 75 74 68 6f 72 69 7a 61 74 69 6f 6e 3a 20 42  authorization: B\n\
                TRACE ureq_proto::util: 65 61 72 65 72 20 65 78 61 6d 70 6c 65 2d 73 65  earer example-se\n\
                TRACE ureq_proto::util: 63 72 65 74 2d 6e 6f 74 2d 72 65 61 6c           cret-not-real\n";
    assert_eq!(found_secret(rows), Some("-not-real"));
    assert_eq!(found_secret("no such thing"), None);
    assert_eq!(found_secret("form: a=example%2Dsecret%2Dnot%2Dreal"), Some("-not-real"));
    assert_eq!(
        found_secret("Basic dXNlcjpleGFtcGxlLXNlY3JldC1ub3QtcmVhbA=="),
        Some("-not-real")
    );
}

fn found_secret(text: &str) -> Option<&'static str> {
    SECRETS.iter().find(|secret| shows(text, secret)).copied()
}

/// How every credential in the fixtures ends, plain; `.` where a token's parts are divided.
const SECRETS: [&str; 3] = ["-not-real", ".not-real", "bm90LXJlYWw"];
