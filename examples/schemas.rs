//! Rewrites what is generated from the Rust types: `cargo run --example schemas`. That is `schemas/`, and in
//! `actions/update_incident.yaml` and `manifest.yaml` the parts that describe inputs and outputs.

use std::error::Error;
use std::fs;
use std::path::Path;

use defender_update_incident::contract::schema::Kind;
use serde::Deserialize;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (kind, name) in [
        (Kind::Input, "update_incident.input.json"),
        (Kind::Output, "update_incident.output.json"),
    ] {
        fs::write(root.join("schemas").join(name), format!("{:#}\n", kind.generate()))?;
    }
    let (input, output) = (
        Kind::Input.generate_for_platform(),
        Kind::Output.generate_for_platform(),
    );
    rewrite(&root.join("actions/update_incident.yaml"), |document| {
        for part in [
            "path_parameters",
            "json_body",
            "once",
            "only_if",
            "add_tags",
            "remove_tags",
        ] {
            document["inputs"]["properties"][part] = input["properties"][part].clone();
        }
        for (part, place) in [("output", 0), ("error", 1)] {
            document[part]["properties"] = output["anyOf"][place]["properties"].clone();
        }
    })?;
    rewrite(&root.join("manifest.yaml"), |document| {
        let fields = document
            .pointer_mut("/inputs/properties")
            .and_then(Value::as_object_mut);
        for (name, field) in fields.into_iter().flatten() {
            *field = input["properties"]["asset"]["properties"][name].clone();
        }
    })
}

/// Changes every document of a YAML file; the comment at its head stays.
fn rewrite(path: &Path, change: impl Fn(&mut Value)) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let head: String = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut documents = Vec::new();
    for document in serde_norway::Deserializer::from_str(&text) {
        let mut document = Value::deserialize(document)?;
        change(&mut document);
        documents.push(serde_norway::to_string(&document)?);
    }
    fs::write(path, head + &documents.join("---\n"))?;
    Ok(())
}
