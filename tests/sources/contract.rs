//! The contract stands in several places, each for its own reader: the types, the schemas, the YAML that the platform
//! discovers, Cargo.toml, README and docs/. Here they are held against each other.
#![allow(clippy::unwrap_used, reason = "what cannot be read ends its test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use defender_update_incident::actions::update_incident;
use defender_update_incident::contract::schema::Kind;
use serde::Deserialize;
use serde_json::{Value, json};

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn documents(path: &str) -> Vec<Value> {
    serde_norway::Deserializer::from_str(&text(path))
        .map(|document| Value::deserialize(document).unwrap_or_else(|error| panic!("{path}: {error}")))
        .collect()
}

/// Finds a document the way the platform does: in any YAML file below the root, by its `schema` and its `name`.
fn discover(schema: &str, name: &str) -> (String, Value) {
    let mut found: Vec<(String, Value)> = yaml_files()
        .into_iter()
        .flat_map(|path| {
            documents(&path)
                .into_iter()
                .map(move |document| (path.clone(), document))
        })
        .filter(|(_, document)| document["schema"] == schema && document["name"] == name)
        .collect();
    assert_eq!(found.len(), 1, "documents with schema {schema} and name {name}");
    found.remove(0)
}

fn yaml_files() -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                walk(&path, found);
            } else if name.ends_with(".yaml") {
                let relative = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), &mut found);
    found
}

/// Says at which place two values differ, rather than printing both.
fn assert_same(what: &str, found: &Value, expected: &Value) {
    const CURE: &str = "run `cargo run --example schemas`";
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let keys: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
            for key in keys {
                let (found, expected) = (found.get(key), expected.get(key));
                match (found, expected) {
                    (Some(found), Some(expected)) => assert_same(&format!("{what}/{key}"), found, expected),
                    (None, _) => panic!("{what}/{key} is missing: {CURE}"),
                    (_, None) => panic!("{what}/{key} is not in the types: {CURE}"),
                }
            }
        }
        _ => assert_eq!(found, expected, "{what}: {CURE}"),
    }
}

#[test]
fn the_action_is_found_and_says_what_the_types_say() {
    let (path, action) = discover("action/1", update_incident::NAME);
    assert_eq!(
        path,
        format!("actions/{}.yaml", update_incident::NAME),
        "the file's name is the action's"
    );
    let (input, output) = (
        Kind::Input.generate_for_platform(),
        Kind::Output.generate_for_platform(),
    );
    for part in [
        "path_parameters",
        "json_body",
        "once",
        "only_if",
        "add_tags",
        "remove_tags",
    ] {
        assert_same(
            &format!("inputs/{part}"),
            &action["inputs"]["properties"][part],
            &input["properties"][part],
        );
    }
    assert_eq!(action["inputs"]["required"], input["required"]);
    for (part, place) in [("output", 0), ("error", 1)] {
        assert_same(part, &action[part]["properties"], &output["anyOf"][place]["properties"]);
        assert_eq!(action[part]["required"], Value::Null, "{part}: nothing has to be there");
    }
    assert_eq!(action["title"], "Update Incident by ID");
}

#[test]
fn the_endpoint_and_the_method_are_those_that_are_sent() {
    let (_, action) = discover("action/1", update_incident::NAME);
    let exchange: Value =
        serde_json::from_str(&text("tests/cases/the_seeds_example_comes_back/exchange.json")).unwrap();
    let sent = &exchange[1]["request"];
    let endpoint = action["meta"]["endpoint"].as_str().unwrap();
    assert_eq!(sent["path"], json!(format!("/{}", endpoint.replace("{{id}}", "552"))));
    assert_eq!(sent["method"], action["meta"]["method"]);
}

#[test]
fn the_assets_have_the_fields_of_the_types_and_all_of_them() {
    let schema = Kind::Input.generate_for_platform();
    let fields = schema["properties"]["asset"]["properties"].as_object().unwrap();
    let identity = &documents("manifest.yaml")[0];
    let mut covered = BTreeSet::new();
    for name in identity["assets"].as_array().unwrap() {
        let (path, asset) = discover("asset/1", name.as_str().unwrap());
        assert_eq!(path, "manifest.yaml");
        let own = asset["inputs"]["properties"].as_object().unwrap();
        for (field, found) in own {
            let expected = fields
                .get(field)
                .unwrap_or_else(|| panic!("{name}: `{field}` is no field of the asset"));
            assert_same(&format!("{name}/{field}"), found, expected);
            covered.insert(field.clone());
        }
        for field in asset["inputs"]["required"].as_array().unwrap() {
            assert!(
                own.contains_key(field.as_str().unwrap()),
                "{name}: {field} is required and not there"
            );
        }
    }
    let missing: Vec<_> = fields.keys().filter(|field| !covered.contains(*field)).collect();
    assert!(
        missing.is_empty(),
        "fields of the asset that no asset of manifest.yaml has: {missing:?}"
    );
}

#[test]
fn the_identity_is_that_of_the_package() {
    let identity = &documents("manifest.yaml")[0];
    assert_eq!(identity["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(identity["license"], env!("CARGO_PKG_LICENSE"));
    assert_eq!(identity["actions"], json!([update_incident::NAME]));
    assert!(
        text("CHANGELOG.md").contains(&format!("## [{}]", env!("CARGO_PKG_VERSION"))),
        "CHANGELOG has this version"
    );
    assert!(
        text("Dockerfile").contains(&format!("ARG VERSION={}", env!("CARGO_PKG_VERSION"))),
        "the image has it too"
    );
    let toolchain = env!("CARGO_PKG_RUST_VERSION");
    assert!(
        text("Dockerfile").contains(&format!("FROM rust:{toolchain}-slim-bookworm")),
        "the image is built with {toolchain}"
    );
}

/// Every word that users meet has its place on the page that explains it, and each is looked for there alone.
#[test]
fn the_pages_name_every_failure_exit_code_option_and_field() {
    let output = Kind::Output.generate_for_platform();
    let names = &output["anyOf"][1]["properties"]["name"];
    let listed: Vec<String> = names["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["const"].as_str())
        .chain(names["enum"].as_array().into_iter().flatten().filter_map(Value::as_str))
        .map(|name| format!("| `{name}` |"))
        .collect();
    assert!(listed.len() >= 20, "{names}");
    let input = Kind::Input.generate_for_platform();
    let fields = |pointer: &str| -> Vec<String> {
        let fields = input.pointer(pointer).and_then(Value::as_object).unwrap();
        fields.keys().map(|field| format!("`{field}`")).collect()
    };
    let options = ["--input", "--framing", "--dry-run", "--check", "--schema"];
    for (page, words) in [
        ("docs/failures.md", listed),
        ("README.md", (0..=4).map(|code| format!("| {code} |")).collect()),
        ("docs/asset.md", fields("/properties/asset/properties")),
        ("docs/input.md", fields("/properties/json_body/properties")),
        (
            "docs/input.md",
            fields("/properties/path_parameters/properties")
                .iter()
                .map(|id| id.replace('`', "\""))
                .collect(),
        ),
        ("docs/input.md", options.map(|option| format!("| `{option}")).to_vec()),
    ] {
        let text = text(page);
        assert!(!words.is_empty(), "{page}: nothing to look for");
        for word in words {
            assert!(text.contains(&word), "{page} does not mention {word}");
        }
    }
}

#[test]
fn what_users_copy_names_the_image_of_this_version() {
    let image = format!("{}:{}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    for path in [
        "docs/image.md",
        "deploy/kubernetes/job.yaml",
        "deploy/kubernetes/README.md",
        "deploy/argo/workflow-template.yaml",
        "deploy/ansible/update_incident.yml",
        "deploy/ansible/README.md",
    ] {
        let text = text(path);
        let named: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || "\"',`/[]".contains(c))
            .filter(|word| word.starts_with(concat!(env!("CARGO_PKG_NAME"), ":")))
            .collect();
        assert!(!named.is_empty(), "{path} names no image");
        assert!(named.iter().all(|word| *word == image), "{path}: {named:?}");
    }
}

#[test]
fn the_packages_have_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    for (path, wanted) in [
        ("deploy/node-red/package.json", format!("\"version\": \"{version}\"")),
        (
            "deploy/node-red/README.md",
            format!("defender-update-incident-{version}.tgz"),
        ),
        ("deploy/splunk-soar/pyproject.toml", format!("version = \"{version}\"")),
        ("deploy/tracecat/pyproject.toml", format!("version = \"{version}\"")),
        (
            "deploy/tracecat/README.md",
            format!("defender_update_incident-{version}-py3"),
        ),
        (
            "deploy/xsoar/README.md",
            format!("defender-update-incident-xsoar:{version}"),
        ),
        (
            "deploy/xsoar/Packs/DefenderUpdateIncident/Integrations/DefenderUpdateIncident/DefenderUpdateIncident.yml",
            format!("defender-update-incident-xsoar:{version}"),
        ),
    ] {
        assert!(text(path).contains(&wanted), "{path} has no {wanted}");
    }
}

#[test]
fn the_page_on_speed_has_the_ratios_that_were_measured() {
    let (page, results) = (text("docs/speed.md"), text("benches/results.md"));
    let measured = results.split("\n## Ratios\n\n").nth(1).unwrap();
    let measured = measured.split("\n\n").next().unwrap();
    assert!(measured.lines().count() >= 4, "{measured}");
    assert!(page.contains(measured), "run `cargo bench --bench whole_call`");
}
