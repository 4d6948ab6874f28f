//! Node-RED.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{Call, Folder, Told, answered, condition, form_for, platform, ran, repository};
use sandbox::Sandbox;

/// Installs the package into a folder from the file that users get.
pub(crate) fn install(folder: &Path) -> Option<()> {
    let package = platform(concat!(
        "node_red/node-red-contrib-defender-update-incident-",
        env!("CARGO_PKG_VERSION"),
        ".tgz"
    ))?;
    let installed = Command::new("npm")
        .args([
            "install",
            "--silent",
            "--offline",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .args([folder, &package])
        .status()
        .expect("npm starts");
    assert!(installed.success(), "the package can be installed");
    Some(())
}

/// A Node-RED of its own for each call, with the package installed from the file that users get. It is ended so many milliseconds
/// after its call, or once that has been answered.
pub(crate) fn answer(sandbox: &Sandbox, call: &Call, end_after_millis: Option<u64>) -> Option<(Value, String)> {
    let red = platform("node_red/node_modules/node-red")?;
    let folder = Folder::make("node-red");
    install(&folder.0)?;
    let mut asset = form_for(sandbox, call);
    let credentials = json!({"client_secret": asset["client_secret"], "more_fields": asset["more_fields"]});
    for secret in ["client_secret", "more_fields", "http_proxy"] {
        asset.as_object_mut().expect("an object").remove(secret);
    }
    let stdin =
        json!({"asset": asset, "credentials": credentials, "payload": payload(call), "end_after": end_after_millis});
    let nodes = red.parent().and_then(Path::parent).expect("it is in a folder");
    let script = repository("tests/runners/platforms/node_red.js");
    let args = [script.as_os_str(), nodes.as_os_str(), folder.0.as_os_str()];
    let (stdout, stderr) = ran(Path::new("node"), &args, &[], &stdin.to_string());
    Some((answered(&stdout, &stderr), stderr))
}

pub(crate) fn node_red(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let (answer, _) = answer(sandbox, call, None)?;
    let ok = match call.fields() {
        None => answer["check"]["ok"] == true,
        Some(_) => {
            let failed = answer["caught"].is_string();
            assert_eq!(
                failed,
                answer["output"] != "applied",
                "a catch node hears of a failure alone: {answer}"
            );
            !failed
        }
    };
    let log = answer["log"].as_str().unwrap_or_default().to_owned();
    Some(Told {
        ok,
        text: answer.to_string(),
        log,
    })
}

/// Its messages hold the document itself.
fn payload(call: &Call) -> Value {
    let Some(fields) = call.fields() else {
        return Value::Null;
    };
    let mut body = json!({});
    for (ours, theirs) in [
        ("status", "status"),
        ("assigned_to", "assignedTo"),
        ("classification", "classification"),
        ("determination", "determination"),
        ("tags", "tags"),
        ("comment", "comment"),
    ] {
        // Nothing is left out of a message but by its author.
        if !matches!(&fields[ours], Value::Null) && fields[ours] != "" && fields[ours] != json!([]) {
            body[theirs] = fields[ours].clone();
        }
    }
    if fields["remove_owner"] == true {
        body["assignedTo"] = Value::Null;
    }
    let mut payload = json!({"path_parameters": {"id": fields["incident_id"]}, "json_body": body});
    if fields["asset"].is_object() {
        payload["asset"] = fields["asset"].clone();
    }
    if fields["once"] == "true" {
        payload["once"] = json!(true);
        payload["add_tags"] = fields["add_tags"].clone();
        payload["remove_tags"] = fields["remove_tags"].clone();
        payload["only_if"] = condition(fields);
    }
    payload
}
