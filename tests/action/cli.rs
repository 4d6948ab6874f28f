//! The command line: what is printed on request, that the published schemas are those of the code, and that a reader who
//! went away is no crash.
#![allow(clippy::expect_used, reason = "a program that does not end has failed its test")]

use std::fs;
use std::path::Path;

use defender_update_incident::contract::schema::Kind;
use support::Run;

fn printed(args: &[&str]) -> String {
    let ran = Run::default().args(args).go().expect("the program ends");
    assert_eq!((ran.code, ran.stderr_text().as_str()), (Some(0), ""), "{args:?}");
    ran.stdout_text()
}

#[test]
fn help_names_every_option_and_every_exit_code() {
    let help = printed(&["--help"]);
    assert_eq!(help, printed(&["-h"]));
    for words in [
        "--framing",
        "--dry-run",
        "--check",
        "--schema",
        "--help",
        "--version",
        "update_incident",
        "RUST_LOG",
    ] {
        assert!(help.contains(words), "`{words}` is not in\n{help}");
    }
    for code in 0..=4 {
        assert!(
            help.contains(&format!("\n  {code}  ")),
            "exit code {code} is not in\n{help}"
        );
    }
    assert!(
        help.lines().all(|line| line.chars().count() <= 100),
        "a line is too wide\n{help}"
    );
}

#[test]
fn the_version_is_the_packages() {
    let expected = format!("defender-update-incident {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(printed(&["--version"]), expected);
    assert_eq!(printed(&["-V"]), expected);
}

#[test]
fn schemas_are_printed_as_they_are_published() {
    for (kind, name) in SCHEMAS {
        assert_eq!(printed(&["--schema", kind]), published(name));
    }
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (kind, name) in [(Kind::Input, SCHEMAS[0].1), (Kind::Output, SCHEMAS[1].1)] {
        assert!(
            published(name) == format!("{:#}\n", kind.generate()),
            "schemas/{name} is not what the Rust types say: run `cargo run --example schemas` and read the difference"
        );
    }
}

#[test]
fn the_input_schema_hides_secrets_and_takes_its_own_example() {
    let schema = Kind::Input.generate();
    let secret = schema
        .pointer("/$defs/AssetInput/properties/client_secret")
        .expect("a secret");
    assert_eq!(
        (&secret["format"], &secret["writeOnly"]),
        (&"password".into(), &true.into())
    );
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let examples = schema["examples"].as_array().expect("examples");
    for example in examples {
        let problems: Vec<String> = validator.iter_errors(example).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{problems:?}");
    }
}

#[test]
fn nothing_is_read_before_it_is_needed() {
    // Over the limit of stdin: were it read, this would be an input error.
    let ran = Run::with_stdin(vec![b' '; 5 << 20])
        .args(&["--version"])
        .go()
        .expect("the program ends");
    assert_eq!(ran.code, Some(0));
}

#[test]
fn a_reader_who_went_away_is_no_crash() {
    let input_error = Run::with_stdin("{}");
    for (run, code) in [
        (Run::default().args(&["--help"]), 0),
        (Run::default().args(&["--schema", "output"]), 0),
        (input_error.clone(), 2),
        (input_error.args(&["--framing", "plain"]), 2),
    ] {
        let ran = run.go_unread().expect("the program ends");
        assert_eq!(
            (ran.code, ran.stderr_text().as_str()),
            (Some(code), ""),
            "{:?}",
            run.args
        );
    }
}

#[test]
fn an_update_whose_outcome_nobody_reads_is_applied_all_the_same() {
    let sandbox = sandbox::Sandbox::start(sandbox::Settings::default());
    let input = serde_json::json!({
        "asset": sandbox.asset(),
        "path_parameters": {"id": 552},
        "json_body": {"status": "InProgress"}
    });
    let ran = Run::with_stdin(input.to_string())
        .go_unread()
        .expect("the program ends");
    assert_eq!((ran.code, ran.stderr_text().as_str()), (Some(0), ""));
    assert_eq!(
        sandbox.incident(552).expect("the incident is there")["status"],
        "InProgress"
    );
}

fn published(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const SCHEMAS: [(&str, &str); 2] = [
    ("input", "update_incident.input.json"),
    ("output", "update_incident.output.json"),
];
