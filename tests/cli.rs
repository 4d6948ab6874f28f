//! What the program says about itself, and that the published schemas are those of the types.

mod sandbox;
mod support;

use defender_update_incident::schema::Kind;
use serde_json::Value;
use support::run;

fn ran(args: &[&str]) -> (i32, String) {
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let ran = run(&args, &[], b"");
    assert!(ran.stderr.is_empty(), "{}", ran.stderr());
    (ran.code, ran.stdout())
}

#[test]
fn help_and_version_are_printed() {
    let (code, help) = ran(&["--help"]);
    assert_eq!(code, 0);
    for word in [
        "--framing",
        "--dry-run",
        "--check",
        "--schema",
        "--input",
        "Exit codes",
        "RUST_LOG",
    ] {
        assert!(help.contains(word), "{word} in {help}");
    }
    assert_eq!(ran(&["-h"]), (code, help));
    let version = format!("defender-update-incident {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(ran(&["--version"]), (0, version.clone()));
    assert_eq!(ran(&["-V"]), (0, version));
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (kind, name) in [(Kind::Input, "input"), (Kind::Output, "output")] {
        let published: Value = serde_json::from_str(kind.text()).unwrap();
        let generated = kind.generate();
        assert_eq!(
            format!("{published:#}"),
            format!("{generated:#}"),
            "schemas/update_incident.{name}.json is out of date: run `cargo run --example schemas`"
        );
        assert_eq!(ran(&["--schema", name]), (0, kind.text().to_owned()));
    }
}

#[test]
fn the_schemas_are_schemas_and_accept_their_own_examples() {
    for kind in [Kind::Input, Kind::Output] {
        let schema = kind.generate();
        assert!(jsonschema::meta::is_valid(&schema));
        let validator = jsonschema::validator_for(&schema).unwrap();
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert!(validator.is_valid(example), "{example}");
        }
    }
    let published = include_str!("../tests/cases/seed_example/stdout.json");
    let example: Value = serde_json::from_str(published).unwrap();
    assert!(
        jsonschema::validator_for(&Kind::Output.generate())
            .unwrap()
            .is_valid(&example)
    );
}

#[test]
fn secrets_are_marked_as_such_in_the_schema() {
    let schema = Kind::Input.generate();
    let asset = &schema["$defs"]["AssetInput"]["properties"];
    for field in ["client_secret", "http_proxy"] {
        assert_eq!(asset[field]["writeOnly"], true, "{field}");
        assert_eq!(asset[field]["format"], "password", "{field}");
    }
}
