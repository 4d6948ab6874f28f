//! Cortex XSOAR.

use serde_json::{Value, json};

use super::{Call, Told, answered, form_for, list_as_text, platform, ran_for, repository};
use sandbox::Sandbox;

/// Stand-ins for the modules that the server puts beside an integration.
pub(crate) fn xsoar(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("xsoar/bin/python")?;
    let mut params = form_for(sandbox, call);
    params["credentials"] = json!({"identifier": params["client_id"], "password": params["client_secret"]});
    let (command, mut args) = match call.fields() {
        None => ("test-module", json!({})),
        Some(fields) => ("defender-incident-update", fields.clone()),
    };
    list_as_text(&mut args);
    // What comes from a playbook is text.
    for (_, value) in args.as_object_mut().expect("an object") {
        if !value.is_string() && !value.is_null() {
            *value = json!(value.to_string());
        }
    }
    let stdin = json!({"command": command, "params": params, "args": args});
    let integration =
        "deploy/xsoar/Packs/DefenderUpdateIncident/Integrations/DefenderUpdateIncident/DefenderUpdateIncident.py";
    let (script, integration) = (
        repository("tests/runners/platforms/xsoar/run.py"),
        repository(integration),
    );
    let (stdout, stderr) = ran_for(
        sandbox,
        call,
        &python,
        &[script.as_os_str(), integration.as_os_str()],
        &[],
        &stdin.to_string(),
    );
    let answer = answered(&stdout, &stderr);
    let results = answer["results"].as_array().expect("there are results");
    assert_eq!(results.len(), 1, "{answer}");
    let failed = results[0]["Type"] == 4;
    if failed && call.fields().is_some() {
        let context = results[0]["EntryContext"].as_object();
        let failure = context.and_then(|all| all.values().next()).unwrap_or(&Value::Null);
        assert!(failure["update"].is_string(), "a playbook can branch on it: {answer}");
        assert_eq!(
            failure["parts"].is_object(),
            matches!(call, Call::UpdateThroughGraph(_)),
            "{answer}"
        );
    }
    Some(Told {
        ok: !failed && (call.fields().is_some() || results[0] == "ok"),
        text: answer["results"].to_string(),
        log: format!("{}{stderr}", answer["log"]),
    })
}
