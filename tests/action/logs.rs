//! Whatever `RUST_LOG` asks for, nobody but this program writes to the log: what other crates see of a connection, nobody has
//! cleaned.

use support::case::Case;

#[test]
fn no_filter_turns_on_the_logs_of_other_crates() {
    let cases = Case::all();
    let case = cases
        .iter()
        .find(|case| case.name == "the_seeds_example_comes_back")
        .expect("the case is there");
    let mut own = 0;
    for filter in FILTERS {
        let outcome = case.run(&[("RUST_LOG", filter)]).expect("the case runs");
        for line in outcome.ran.stderr_text().lines() {
            let mut words = line.split(' ');
            let (level, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            assert!(
                ["ERROR", "WARN", "INFO", "DEBUG"].contains(&level) && target.starts_with("defender_update_incident::"),
                "{filter}: {line}"
            );
            own += 1;
        }
    }
    assert!(own > 0, "this program's own lines are there");
}

/// By name, by the name of a part, in any case, all of them, with this program's own switched off, and with a text to look
/// for.
const FILTERS: [&str; 16] = [
    "trace",
    "TRACE",
    "debug",
    "ureq=trace",
    "ureq=trace,ureq_proto=debug",
    "ureq_proto::util=trace",
    "ureq::unversioned=trace",
    "rustls=trace",
    "rustls::client=trace,ureq_proto=debug",
    "rustls::client::hs=debug,info",
    "trace,defender_update_incident=off",
    "off,ureq=trace,rustls=trace",
    "trace/.",
    "debug/Bearer|secret",
    "u=trace,r=trace",
    "=trace",
];
