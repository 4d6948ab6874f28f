//! Shuffle.

use serde_json::{Value, json};

use super::{Call, Told, answered, form_for, list_as_text, platform, ran, repository};
use sandbox::Sandbox;

/// The vendor's SDK against a stand-in for its backend.
pub(crate) fn shuffle(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("shuffle/bin/python")?;
    let app = "deploy/shuffle/defender-update-incident/1.0.0";
    let definition: Value =
        serde_norway::from_str(&std::fs::read_to_string(repository(app).join("api.yaml")).expect("it is there"))
            .expect("YAML");
    let (action, mut fields) = match call.fields() {
        None => ("check", json!({})),
        Some(fields) => ("update_incident", fields.clone()),
    };
    list_as_text(&mut fields);
    let described = definition["actions"].as_array().expect("there are actions");
    let described = described
        .iter()
        .find(|one| one["name"] == action)
        .expect("it is described");
    let boxes = definition["authentication"]["parameters"]
        .as_array()
        .into_iter()
        .flatten();
    let boxes = boxes.chain(described["parameters"].as_array().into_iter().flatten());
    let form = form_for(sandbox, call);
    // Every value comes as text, whatever it is.
    let parameters: Value = boxes
        .map(|one| one["name"].as_str().expect("it has a name"))
        .map(
            |name| match [&form[name], &fields[name]].into_iter().find(|value| !value.is_null()) {
                Some(Value::String(text)) => (name.to_owned(), json!(text)),
                Some(other) => (name.to_owned(), json!(other.to_string())),
                None => (name.to_owned(), json!("")),
            },
        )
        .collect::<serde_json::Map<_, _>>()
        .into();
    let stdin = json!({"app": repository(app).join("src/app.py"), "action": action, "parameters": parameters});
    let script = repository("tests/runners/platforms/shuffle_backend.py");
    let (stdout, stderr) = ran(&python, &[script.as_os_str()], &[], &stdin.to_string());
    let answer = answered(&stdout, &stderr);
    let last = answer["results"]
        .as_array()
        .and_then(|all| all.last())
        .expect("there is a result");
    assert_eq!(last["status"], "SUCCESS", "{answer}");
    let text = last["result"].as_str().expect("it is text").to_owned();
    let result: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(result["success"] == true, result["exit_code"] == 0, "{result}");
    Some(Told {
        ok: result["success"] == true,
        text,
        log: answer["log"].as_str().unwrap_or_default().to_owned(),
    })
}
