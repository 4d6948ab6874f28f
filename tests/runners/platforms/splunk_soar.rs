//! Splunk SOAR.

use std::ffi::OsStr;

use super::{Call, Folder, Told, form_for, list_as_text, platform, ran_for, repository};
use sandbox::Sandbox;

/// The SDK's own command line runs the action; what it prints is what the platform's action daemon gets and logs.
pub(crate) fn splunk_soar(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("splunk_soar/bin/python")?;
    let folder = Folder::make("splunk-soar");
    let asset = folder.put("asset.json", &form_for(sandbox, call).to_string());
    let script = repository("deploy/splunk-soar/src/app.py");
    let mut args = vec![script.as_os_str(), OsStr::new("action")];
    let params;
    match call.fields() {
        None => args.push(OsStr::new("test_connectivity")),
        Some(fields) => {
            let mut fields = fields.clone();
            list_as_text(&mut fields);
            params = folder.put("params.json", &fields.to_string());
            args.extend([OsStr::new("update_incident"), OsStr::new("-p"), params.as_os_str()]);
        }
    }
    args.extend([OsStr::new("-a"), asset.as_os_str()]);
    let (stdout, stderr) = ran_for(sandbox, call, &python, &args, &[], "");
    let text = format!("{stdout}{stderr}");
    assert!(text.contains("Action success: "), "{text}");
    Some(Told {
        ok: text.contains("Action success: True"),
        log: text.clone(),
        text,
    })
}
