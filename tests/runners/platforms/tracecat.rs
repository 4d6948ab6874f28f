//! Tracecat.

use std::path::Path;

use serde_json::{Value, json};

use super::{Call, Told, answered, condition, form_for, platform, ran_for, repository};
use sandbox::Sandbox;

/// A stand-in for the registry's package and its executor.
pub(crate) fn tracecat(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("tracecat/bin/python")?;
    let form = form_for(sandbox, call);
    let secrets: Value = form
        .as_object()
        .expect("an object")
        .iter()
        .map(|(name, value)| (format!("DEFENDER_{}", name.to_uppercase()), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let (action, mut arguments) = match call.fields() {
        None => ("check", json!({})),
        Some(fields) => ("update_incident", fields.clone()),
    };
    arguments["only_if"] = condition(&arguments);
    if let Some(arguments) = arguments.as_object_mut() {
        arguments.retain(|_, value| !value.is_null());
    }
    let action = format!("tools.defender_update_incident.{action}");
    let stdin = json!({"action": action, "secrets": secrets, "arguments": arguments});
    let script = repository("tests/runners/platforms/tracecat/run.py");
    let path = [
        repository("deploy/tracecat"),
        repository("tests/runners/platforms/tracecat"),
    ];
    let path = std::env::join_paths(path).expect("no colon is in it");
    let (stdout, stderr) = ran_for(
        sandbox,
        call,
        &python,
        &[script.as_os_str()],
        &[("PYTHONPATH", Path::new(&path))],
        &stdin.to_string(),
    );
    let answer = answered(&stdout, &stderr);
    Some(Told {
        ok: answer["error"].is_null(),
        text: answer.to_string(),
        log: stderr,
    })
}
