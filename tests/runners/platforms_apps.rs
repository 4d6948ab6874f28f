//! The apps of `deploy/` do in each platform what the program does by itself: each is started by its vendor's published code, or,
//! where a vendor publishes none, by a stand-in after its documented protocol (`tests/runners/platforms/`), and its update arrives.
//!
//! `.ci/platform-tools` installs what they need into `target/platforms/`; without it the tests say SKIPPED.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::platforms::{
    App, Call, Folder, Told, answered, cortex, cortex_config, form, node_red, node_red_answer, platform, ran,
    repository, shuffle, splunk_soar, tracecat, wait_for_update, xsoar,
};
use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};
use support::leaks;

#[test]
fn splunk_soar_app() {
    behaves(splunk_soar);
}

#[test]
fn cortex_responder() {
    behaves(cortex);
}

#[test]
fn shuffle_app() {
    behaves(shuffle);
}

#[test]
fn tracecat_functions() {
    behaves(tracecat);
}

#[test]
fn xsoar_integration() {
    behaves(xsoar);
}

#[test]
fn node_red_nodes() {
    behaves(node_red);
}

/// The names of a form's boxes beside the incident's number.
const BOXES: [&str; 11] = [
    "status",
    "assigned_to",
    "remove_owner",
    "classification",
    "determination",
    "tags",
    "comment",
    "add_tags",
    "remove_tags",
    "only_if",
    "once",
];

/// What its users install, as the vendor's own tool packs it.
#[test]
fn splunk_soar_package_holds_the_program_and_describes_the_action() {
    let Some(package) = platform("splunk_soar/dist/defender_update_incident_app.tgz") else {
        return;
    };
    let folder = Folder::make("splunk-soar-package");
    let unpacked = Command::new("tar")
        .arg("-xzf")
        .arg(&package)
        .arg("-C")
        .arg(&folder.0)
        .status();
    assert!(unpacked.expect("there is tar").success());
    let root = folder.0.join("defender_update_incident_app");
    let manifest = std::fs::read_to_string(root.join("manifest.json")).expect("it is there");
    let manifest: Value = serde_json::from_str(&manifest).expect("it is JSON");

    let actions = manifest["actions"].as_array().expect("there are actions");
    let named = |name: &str| {
        actions
            .iter()
            .find(|action| action["identifier"] == name)
            .expect("it is there")
    };
    assert_eq!(named("test_connectivity")["type"], "test");
    let update = named("update_incident");
    assert_eq!(update["read_only"], false);
    assert_eq!(update["parameters"]["incident_id"]["required"], true);
    for name in BOXES {
        assert_eq!(update["parameters"][name]["required"], false, "{name}");
    }
    for secret in ["client_secret", "http_proxy", "more_fields"] {
        assert_eq!(manifest["configuration"][secret]["data_type"], "password", "{secret}");
    }

    let wheels = manifest["pip313_dependencies"]["wheel"]
        .as_array()
        .expect("there are wheels");
    let wheel = wheels
        .iter()
        .find(|wheel| wheel["module"] == "defender-update-incident")
        .expect("it is listed");
    let wheel = root.join(wheel["input_file"].as_str().expect("it has a file"));
    let python = platform("splunk_soar/bin/python").expect("the package was made with it");
    let target = folder.0.join("installed");
    let pip = ["-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target"].map(OsStr::new);
    let args = [&pip[..], &[target.as_os_str(), wheel.as_os_str()]].concat();
    let (_, stderr) = ran(&python, &args, &[], "");
    let (version, _) = ran(
        &target.join("bin/defender-update-incident"),
        &[OsStr::new("--version")],
        &[],
        "",
    );
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}{stderr}");
}

/// What its users upload, as the vendor's own tool zips it.
#[test]
fn xsoar_zip_holds_the_integration() {
    let Some(zip) = platform("xsoar_sdk/dist/DefenderUpdateIncident.zip") else {
        return;
    };
    let folder = Folder::make("xsoar-zip");
    let python = platform("xsoar_sdk/bin/python").expect("the zip was made with it");
    let unzip = ["-m", "zipfile", "-e"].map(OsStr::new);
    let (_, stderr) = ran(
        &python,
        &[&unzip[..], &[zip.as_os_str(), folder.0.as_os_str()]].concat(),
        &[],
        "",
    );
    let unified = folder.0.join("Integrations/integration-DefenderUpdateIncident.yml");
    let unified = std::fs::read_to_string(unified).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    let unified: Value = serde_norway::from_str(&unified).expect("it is YAML");
    let script = unified["script"]["script"].as_str().expect("the code is in it");
    assert!(script.contains("from defender_update_incident import"), "{script}");
    let command = &unified["script"]["commands"][0];
    let arguments = command["arguments"].as_array().expect("there are arguments");
    for name in ["incident_id"].iter().chain(&BOXES) {
        assert!(arguments.iter().any(|one| one["name"] == *name), "{name}");
    }
    let parameters = unified["configuration"].as_array().expect("there are parameters");
    let credentials = parameters
        .iter()
        .find(|one| one["name"] == "credentials")
        .expect("they are there");
    assert_eq!(credentials["type"], 9);
}

/// Cortex puts a job's whole input beside an error, and blanks by name what it takes for a secret.
#[test]
fn cortex_responder_shows_no_secret_of_its_configuration() {
    let Some(python) = platform("cortex/bin/python") else {
        return;
    };
    let folder = Folder::make("cortex");
    let secrets = ["typed-secret-1", "typed-secret-2", "typed-secret-3", "typed-secret-4"];
    let config = json!({
        "service": "check", "tenant_id": "t", "client_id": "c", "client_secret": secrets[0],
        "http_proxy": format!("http://user:{}@127.0.0.1:1", secrets[1]),
        "proxy": {"https": format!("http://user:{}@127.0.0.1:1", secrets[2])},
        "more_fields": format!("{{\"client_certificate\": \"{}", secrets[3]),
    });
    folder.put(
        "input/input.json",
        &json!({"dataType": "thehive:case", "data": {}, "config": config}).to_string(),
    );
    let script = repository("deploy/cortex/DefenderUpdateIncident/update_incident.py");
    let (stdout, stderr) = ran(&python, &[script.as_os_str(), folder.0.as_os_str()], &[], "");
    let report = std::fs::read_to_string(folder.0.join("output/output.json")).expect("there is a report");
    assert!(report.contains("more_fields: expected a JSON object"), "{report}");
    for secret in secrets {
        let shown = format!("{report}{stdout}{stderr}");
        assert!(leaks::find(shown.as_bytes(), secret).is_empty(), "{secret}: {shown}");
    }
}

/// Which alerts have a number of Defender's as their reference is the site's to say: another source's number is another thing.
#[test]
fn cortex_responder_takes_no_other_sources_reference_for_an_incident() {
    let Some(python) = platform("cortex/bin/python") else {
        return;
    };
    let (field, typed) = (
        "defender-incident-id",
        json!({"defender-incident-id": {"integer": 552, "order": 1}}),
    );
    for (data, source, updated) in [
        (json!({"source": "edr", "sourceRef": "552"}), None, false),
        (json!({"source": "edr", "sourceRef": "552"}), Some("defender"), false),
        (
            json!({"source": "defender", "sourceRef": "552"}),
            Some("defender"),
            true,
        ),
        (
            json!({"source": "defender", "sourceRef": "INC-552"}),
            Some("defender"),
            false,
        ),
        (json!({"customFieldValues": {field: 552.0}}), None, true),
        (json!({"customFieldValues": {field: "552"}}), None, true),
        (json!({"customFieldValues": {field: true}}), None, false),
        (json!({"customFields": typed}), None, true),
        (json!({"customFields": []}), None, false),
    ] {
        let sandbox = Sandbox::start(Settings::default());
        let mut config = cortex_config("Defender_ResolveIncident", &[form(&sandbox)]);
        config["alert_source"] = json!(source);
        let folder = Folder::make("cortex");
        let job = json!({"dataType": "thehive:alert", "data": data, "config": config});
        folder.put("input/input.json", &job.to_string());
        let script = repository("deploy/cortex/DefenderUpdateIncident/update_incident.py");
        ran(&python, &[script.as_os_str(), folder.0.as_os_str()], &[], "");
        assert_eq!(updates(&sandbox), usize::from(updated), "{data} {source:?}");
        assert_eq!(sandbox.connections() > 0, updated, "{data} {source:?}");
    }
}

/// Cortex ends a job by SIGTERM; the program then has 5 s for a write in flight, and what it says is still reported.
#[test]
fn cortex_responder_reports_after_sigterm() {
    let Some(python) = platform("cortex/bin/python") else {
        return;
    };
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, Fault::HangAfterChange);
    let folder = Folder::make("cortex");
    let mut config = cortex_config("Defender_ResolveIncident", &[form(&sandbox)]);
    config["comment"] = json!("closed by playbook 7");
    let data = json!({"customFieldValues": {"defender-incident-id": 552}});
    folder.put(
        "input/input.json",
        &json!({"dataType": "thehive:case", "data": data, "config": config}).to_string(),
    );
    let mut child = Command::new(python)
        .arg(repository("deploy/cortex/DefenderUpdateIncident/update_incident.py"))
        .arg(&folder.0)
        .env_clear()
        .spawn()
        .expect("it starts");
    wait_for_update(&sandbox);
    let killed = Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .expect("there is kill");
    assert!(killed.success());
    child.wait().expect("it ends");
    let report = std::fs::read_to_string(folder.0.join("output/output.json")).expect("there is a report");
    assert!(report.contains("Cancelled"), "{report}");
    assert!(report.contains("update: unknown"), "{report}");
}

#[test]
fn splunk_soar_app_ends_an_update_by_its_own_way() {
    ends_by_its_own_way(splunk_soar);
}

#[test]
fn xsoar_integration_ends_an_update_by_its_own_way() {
    ends_by_its_own_way(xsoar);
}

#[test]
fn tracecat_functions_end_an_update_by_their_own_way() {
    ends_by_its_own_way(tracecat);
}

/// The platform ends an app by SIGTERM; the program then has 5 s for a write in flight, and what it says is still told.
fn ends_by_its_own_way(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, Fault::HangAfterChange);
    let fields = json!({"incident_id": 552, "comment": "closed by playbook 7"});
    let Some(told) = app(&sandbox, &Call::UpdateAndEnd(fields)) else {
        return;
    };
    assert!(!told.ok, "{told:?}");
    for words in ["Cancelled", "unknown"] {
        assert!(told.text.contains(words), "{words}: {told:?}");
    }
    assert_eq!(updates(&sandbox), 1, "nothing is repeated");
}

/// Shuffle gives an action 30 s where nobody says otherwise, and forgets one that takes longer.
#[test]
fn shuffle_app_says_what_it_knows_before_its_time_is_over() {
    let Some(python) = platform("shuffle/bin/python") else {
        return;
    };
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, Fault::HangAfterChange);
    for _ in 0..10 {
        sandbox.fault(Leg::Get, Fault::HangBeforeChange);
    }
    let mut parameters = form(&sandbox);
    parameters["incident_id"] = json!("552");
    parameters["comment"] = json!("closed by playbook 7");
    let app = repository("deploy/shuffle/defender-update-incident/1.0.0/src/app.py");
    let stdin = json!({"app": app, "action": "update_incident", "parameters": parameters}).to_string();
    let script = repository("tests/runners/platforms/shuffle_backend.py");
    let limit = [("SHUFFLE_APP_SDK_TIMEOUT", Path::new("8"))];
    let (stdout, stderr) = ran(&python, &[script.as_os_str()], &limit, &stdin);
    let answer = answered(&stdout, &stderr);
    let last = answer["results"]
        .as_array()
        .and_then(|all| all.last())
        .expect("there is a result");
    let result: Value = serde_json::from_str(last["result"].as_str().expect("it is text")).expect("it is JSON");
    assert_eq!(
        (&result["success"], &result["update"]),
        (&json!(false), &json!("unknown")),
        "{result}"
    );
    assert_eq!(result["exit_code"], 4, "{result}");
}

/// A container that is stopped gets SIGTERM first, and the SDK runs actions in threads, which no signal reaches.
#[test]
fn shuffle_app_ends_an_update_by_its_own_way() {
    let Some(python) = platform("shuffle/bin/python") else {
        return;
    };
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, Fault::HangAfterChange);
    let folder = Folder::make("shuffle");
    let mut parameters = form(&sandbox);
    parameters["incident_id"] = json!("552");
    parameters["comment"] = json!("closed by playbook 7");
    let app = repository("deploy/shuffle/defender-update-incident/1.0.0/src/app.py");
    let end_when = folder.0.join("update-came");
    let stdin = json!({"app": app, "action": "update_incident", "parameters": parameters, "end_when": end_when});
    let script = repository("tests/runners/platforms/shuffle_backend.py");
    let (stdout, stderr) = std::thread::scope(|scope| {
        let running = scope.spawn(|| ran(&python, &[script.as_os_str()], &[], &stdin.to_string()));
        wait_for_update(&sandbox);
        folder.put("update-came", "");
        running.join().expect("it ends")
    });
    let answer = answered(&stdout, &stderr);
    let last = answer["results"]
        .as_array()
        .and_then(|all| all.last())
        .unwrap_or(&Value::Null);
    let result: Value = serde_json::from_str(last["result"].as_str().expect("it is text")).expect("it is JSON");
    assert_eq!(
        (&result["name"], &result["update"]),
        (&json!("Cancelled"), &json!("unknown")),
        "{answer}"
    );
}

/// A flow that is deployed anew, or a server that ends, ends the update by SIGTERM and waits for it.
#[test]
fn node_red_nodes_end_an_update_by_its_own_way() {
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, Fault::HangAfterChange);
    let call = Call::Update(json!({"incident_id": 552, "comment": "closed by playbook 7"}));
    let Some((answer, _)) = node_red_answer(&sandbox, &call, Some(300)) else {
        return;
    };
    let log = answer["log"].as_str().expect("there is a log");
    assert!(log.contains("Cancelled"), "{answer}");
    assert!(log.contains("update: unknown"), "{answer}");
}

/// Whoever can send a message may not choose whose credentials go where.
#[test]
fn node_red_nodes_take_no_asset_from_a_message() {
    let (sandbox, other) = (Sandbox::start(Settings::default()), Sandbox::start(Settings::default()));
    let mut asset = form(&other);
    asset.as_object_mut().expect("an object").retain(|_, value| value != "");
    let call = Call::Update(json!({"incident_id": 552, "status": "Resolved", "asset": asset}));
    let Some((answer, _)) = node_red_answer(&sandbox, &call, None) else {
        return;
    };
    assert_eq!(answer["output"], "applied", "{answer}");
    assert_eq!((updates(&sandbox), other.connections()), (1, 0));
}

/// Everything that is asked of every app.
fn behaves(app: App) {
    if app(&Sandbox::start(Settings::default()), &Call::Check).is_none() {
        return;
    }
    updates_all_fields(app);
    takes_the_owner_away(app);
    ignores_what_nobody_filled_in(app);
    hands_on_the_optional_keys(app);
    hands_on_what_the_program_refuses(app);
    says_that_it_was_not_applied(app);
    says_that_it_is_unknown(app);
    says_that_it_is_half_done(app);
    checks_the_connection(app);
}

fn updates_all_fields(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    let comment = "closed by \"playbook 7\" $(id) `id` {x} 'ä'\nsecond line";
    let told = call(
        app,
        &sandbox,
        json!({
            "incident_id": 552, "status": "Resolved", "assigned_to": "soc@example.com", "classification": "TruePositive",
            "determination": "Malware", "tags": ["one", "two"], "comment": comment,
        }),
    );
    assert!(told.ok, "{told:?}");
    assert!(told.text.contains("Resolved"), "{told:?}");
    let incident = sandbox.incident(552).expect("it is there");
    assert_eq!(incident["status"], "Resolved");
    assert_eq!(incident["assignedTo"], "soc@example.com");
    assert_eq!(incident["classification"], "TruePositive");
    assert_eq!(incident["determination"], "Malware");
    assert_eq!(incident["tags"], json!(["one", "two"]));
    assert_eq!(incident["comments"][0]["comment"], comment);
    assert_eq!(updates(&sandbox), 1);
}

fn takes_the_owner_away(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    let told = call(app, &sandbox, json!({"incident_id": 552, "remove_owner": true}));
    assert!(told.ok, "{told:?}");
    let bodies = patches(&sandbox);
    assert_eq!(bodies, [json!({"assignedTo": null})]);
}

fn ignores_what_nobody_filled_in(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    let told = call(
        app,
        &sandbox,
        json!({
            "incident_id": 552, "status": "InProgress", "assigned_to": "", "classification": "", "determination": "",
            "tags": [], "comment": "", "add_tags": [], "remove_tags": [], "only_if": "", "once": "", "remove_owner": false,
        }),
    );
    assert!(told.ok, "{told:?}");
    assert_eq!(patches(&sandbox), [json!({"status": "InProgress"})]);
}

fn hands_on_the_optional_keys(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    let found = sandbox.incident(552).expect("it is there")["status"].clone();
    let told = call(
        app,
        &sandbox,
        json!({
            "incident_id": 552, "status": "Resolved", "once": "true", "add_tags": ["added"], "remove_tags": ["gone"],
            "only_if": json!({"status": found}).to_string(),
        }),
    );
    assert!(told.ok, "{told:?}");
    // `once` and `only_if` read the incident first; only then is it known which tags there are.
    let methods: Vec<_> = sandbox.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["POST", "GET", "PATCH"], "{told:?}");
    assert_eq!(sandbox.incident(552).expect("it is there")["tags"], json!(["added"]));

    let sandbox = Sandbox::start(Settings::default());
    let other = json!({"status": "Redirected"}).to_string();
    let told = call(
        app,
        &sandbox,
        json!({"incident_id": 552, "status": "InProgress", "once": "true", "only_if": other}),
    );
    assert!(!told.ok, "{told:?}");
    assert_eq!(updates(&sandbox), 0, "{told:?}");
}

fn hands_on_what_the_program_refuses(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    let told = call(app, &sandbox, json!({"incident_id": 552, "status": "resolved"}));
    assert!(!told.ok, "{told:?}");
    assert!(told.text.contains("did you mean `Resolved`?"), "{told:?}");
    assert!(told.text.contains("not_applied"), "{told:?}");
    assert_eq!(sandbox.connections(), 0);
}

fn says_that_it_was_not_applied(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, forbidden());
    let told = call(app, &sandbox, json!({"incident_id": 552, "status": "Resolved"}));
    assert!(!told.ok, "{told:?}");
    for words in ["Forbidden", "not_applied", "Incident.ReadWrite.All"] {
        assert!(told.text.contains(words), "{words}: {told:?}");
    }
}

fn says_that_it_is_unknown(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, Fault::CloseAfterChange);
    sandbox.fault(Leg::Get, forbidden());
    let told = call(
        app,
        &sandbox,
        json!({"incident_id": 552, "comment": "closed by playbook 7"}),
    );
    assert!(!told.ok, "{told:?}");
    assert!(told.text.contains("unknown"), "{told:?}");
    assert!(!told.text.contains("not_applied"), "{told:?}");
    assert_eq!(updates(&sandbox), 1, "nothing is repeated by itself");
}

/// Through Graph an update is two requests, and the second can fail alone.
fn says_that_it_is_half_done(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Comment, forbidden());
    let fields = json!({"incident_id": 552, "status": "InProgress", "comment": "closed by playbook 7"});
    let told = told(app, &sandbox, &Call::UpdateThroughGraph(fields));
    assert!(!told.ok, "{told:?}");
    assert!(told.text.contains("partly_applied"), "{told:?}");
    let incident = sandbox.incident(552).expect("it is there");
    assert_eq!(
        (&incident["status"], &incident["comments"]),
        (&json!("InProgress"), &json!([]))
    );
}

fn checks_the_connection(app: App) {
    let sandbox = Sandbox::start(Settings::default());
    let told = check(app, &sandbox);
    assert!(told.ok, "{told:?}");
    assert_eq!(updates(&sandbox), 0);

    let without_permission = Sandbox::start(Settings {
        roles: Vec::new(),
        ..Settings::default()
    });
    let told = check(app, &without_permission);
    assert!(!told.ok, "{told:?}");
    assert!(told.text.contains("Incident.ReadWrite.All"), "{told:?}");
}

/// The answer that a missing permission gets.
fn forbidden() -> Fault {
    Fault::Status {
        code: 403,
        change: false,
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: json!({"error": {"code": "Forbidden", "message": "not allowed", "target": "|1.2."}}).to_string(),
    }
}

fn call(app: App, sandbox: &Sandbox, fields: Value) -> Told {
    told(app, sandbox, &Call::Update(fields))
}

fn check(app: App, sandbox: &Sandbox) -> Told {
    told(app, sandbox, &Call::Check)
}

fn told(app: App, sandbox: &Sandbox, call: &Call) -> Told {
    let told = app(sandbox, call).expect("it ran before");
    for text in [&told.text, &told.log] {
        let found = leaks::find(text.as_bytes(), &sandbox.settings().client_secret);
        assert!(found.is_empty(), "{found:?}: {told:?}");
        for token in bearer_tokens(sandbox) {
            let found = leaks::find(text.as_bytes(), &token);
            assert!(found.is_empty(), "{found:?}: {told:?}");
        }
    }
    told
}

fn bearer_tokens(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.requests();
    let authorized = requests
        .iter()
        .flat_map(|request| request.headers.iter())
        .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    authorized
        .filter_map(|(_, value)| value.strip_prefix("Bearer ").map(str::to_owned))
        .collect()
}

fn patches(sandbox: &Sandbox) -> Vec<Value> {
    let requests = sandbox.requests();
    let patches = requests.iter().filter(|request| request.method == "PATCH");
    patches
        .map(|request| serde_json::from_slice(&request.body).expect("it is JSON"))
        .collect()
}

fn updates(sandbox: &Sandbox) -> usize {
    patches(sandbox).len()
}
