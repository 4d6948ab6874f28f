//! TheHive Cortex.

use serde_json::{Value, json};

use super::{Call, Folder, Told, form_for, platform, ran, repository};
use sandbox::Sandbox;

/// A copy of what Cortex's runner of processes does: a job's folder, the command with it, and the file that comes of it. The exit code
/// is not looked at.
pub(crate) fn cortex(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("cortex/bin/python")?;
    let folder = Folder::make("cortex");
    std::fs::create_dir_all(folder.0.join("output")).expect("a folder");
    let (name, fields) = match call.fields() {
        None => ("Defender_CheckConnection", json!({})),
        Some(fields) => ("Defender_UpdateIncident", fields.clone()),
    };
    let config = config(name, &[form_for(sandbox, call), fields.clone()]);
    let job = json!({
        "dataType": "thehive:case", "tlp": 2, "pap": 2, "message": "", "parameters": {}, "config": config,
        "data": {"_type": "Case", "customFields": [{"name": "defender-incident-id", "type": "integer", "value": fields["incident_id"]}]},
    });
    folder.put("input/input.json", &job.to_string());
    let script = repository("deploy/cortex/DefenderUpdateIncident/update_incident.py");
    let (stdout, stderr) = ran(&python, &[script.as_os_str(), folder.0.as_os_str()], &[], "");
    let text = std::fs::read_to_string(folder.0.join("output/output.json")).unwrap_or_default();
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    Some(Told {
        ok: report["success"] == true,
        text,
        log: format!("{stdout}{stderr}"),
    })
}

/// What an organisation has filled in, of the items that the definition has, under the definition's own values.
pub(crate) fn config(name: &str, filled_in: &[Value]) -> Value {
    let path = repository("deploy/cortex/DefenderUpdateIncident").join(format!("{name}.json"));
    let definition: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("it is there")).expect("JSON");
    assert_eq!(definition["name"], name);
    let mut config = json!({});
    for item in definition["configurationItems"].as_array().expect("there are items") {
        let name = item["name"].as_str().expect("it has a name");
        let value = filled_in
            .iter()
            .map(|values| &values[name])
            .find(|value| !value.is_null());
        let value = value.unwrap_or(&item["defaultValue"]).clone();
        assert!(!value.is_null() || item["required"] == false, "{name} is required");
        let fits = match item["type"].as_str() {
            Some("string") if item["multi"] == true => value.is_array() || value.is_null(),
            Some("string") => value.is_string() || value.is_null(),
            Some("boolean") => value.is_boolean() || value.is_null(),
            _ => false,
        };
        assert!(fits, "{name} has a type that Cortex knows");
        config[name] = value;
    }
    for (name, value) in definition["config"].as_object().expect("an object") {
        config[name] = value.clone();
    }
    config
}
