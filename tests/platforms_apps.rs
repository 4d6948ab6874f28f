//! The apps of `deploy/` do in each platform what the program does by itself: each is started by its vendor's published code, or,
//! where a vendor publishes none, by a stand-in after its documented protocol (`tests/platforms/`), and its update arrives.
//!
//! `.ci/platform-tools` installs what they need into `target/platforms/`; without it the tests say SKIPPED.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

mod sandbox;
mod support;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};
use support::{Run, leaks};

/// What one call of an app came to.
#[derive(Debug)]
struct Told {
    /// Whether the platform takes it for a success.
    ok: bool,
    /// What the platform hands on or shows.
    text: String,
    /// What it logs.
    log: String,
}

/// One call of an app, with the fields of its form by their names there.
enum Call {
    Update(Value),
    Check,
}

/// Calls an app once; `None` where the platform's tools are not there.
type App = fn(&Sandbox, &Call) -> Option<Told>;

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
    let Some(package) = platform("splunk_soar/dist/defender_update_incident.tgz") else {
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
    let root = folder.0.join("defender_update_incident");
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
    let script = repository("tests/platforms/shuffle_backend.py");
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

fn wait_for_update(sandbox: &Sandbox) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while updates(sandbox) == 0 {
        assert!(std::time::Instant::now() < until, "no update came");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
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

/// A program that knows them does what they say; one that does not refuses them by name, as it does any unknown key.
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
    let schema = Run::default()
        .args(&["--schema", "input"])
        .go()
        .expect("it ends by itself");
    let schema: Value = serde_json::from_slice(&schema.stdout).expect("it is JSON");
    if schema["properties"]["once"].is_null() {
        for key in ["once", "add_tags", "remove_tags", "only_if"] {
            assert!(told.text.contains(&format!("/{key}")), "{key}: {told:?}");
        }
        assert_eq!(sandbox.connections(), 0);
    } else {
        assert!(told.ok, "{told:?}");
        let tags = sandbox.incident(552).expect("it is there")["tags"].clone();
        assert!(
            tags.as_array().is_some_and(|all| all.contains(&json!("added"))),
            "{tags}"
        );
    }
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

/// The asset as a form has it: what it has no box for is in the box for further fields.
fn form(sandbox: &Sandbox) -> Value {
    let settings = sandbox.settings();
    json!({
        "tenant_id": settings.tenant,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "url": sandbox.origin(),
        "login_url": sandbox.origin(),
        "scope": settings.scope,
        "cloud": "",
        "http_proxy": "",
        "more_fields": json!({"retry_wait_secs": 0, "settle_secs": 0}).to_string(),
    })
}

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file that `.ci/platform-tools` has put there.
fn platform(path: &str) -> Option<PathBuf> {
    let found = repository("target/platforms").join(path);
    if !found.exists() {
        let line = format!(
            "SKIPPED: there is no {}; `.ci/platform-tools` installs it",
            found.display()
        );
        writeln!(std::io::stderr(), "{line}").expect("a line");
        return None;
    }
    Some(found)
}

/// A folder of its own, which goes away with the value.
struct Folder(PathBuf);

impl Folder {
    fn make(name: &str) -> Self {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("defender-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the folder for temporary files takes one");
        Self(folder)
    }

    fn put(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// A child with nothing of this process's environment but what a platform has, and what it wrote to stdout and stderr.
fn ran(program: &Path, args: &[&OsStr], env: &[(&str, &Path)], stdin: &str) -> (String, String) {
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("HOME", std::env::temp_dir())
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut pipe = child.stdin.take().expect("stdin is piped");
    pipe.write_all(stdin.as_bytes()).ok();
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The JSON that a stand-in of ours printed last.
fn answered(stdout: &str, stderr: &str) -> Value {
    let last = stdout.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"))
}

fn list_as_text(fields: &mut Value) {
    for name in ["tags", "add_tags", "remove_tags"] {
        if let Some(list) = fields[name].as_array() {
            let tags: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            fields[name] = json!(tags.join(", "));
        }
    }
}

/// The SDK's own command line runs the action; what it prints is what the platform's action daemon gets and logs.
fn splunk_soar(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("splunk_soar/bin/python")?;
    let folder = Folder::make("splunk-soar");
    let asset = folder.put("asset.json", &form(sandbox).to_string());
    let script = repository("deploy/splunk-soar/src/app.py");
    let mut args = vec![script.as_os_str(), OsStr::new("action")];
    let params;
    match call {
        Call::Check => args.push(OsStr::new("test_connectivity")),
        Call::Update(fields) => {
            let mut fields = fields.clone();
            list_as_text(&mut fields);
            params = folder.put("params.json", &fields.to_string());
            args.extend([OsStr::new("update_incident"), OsStr::new("-p"), params.as_os_str()]);
        }
    }
    args.extend([OsStr::new("-a"), asset.as_os_str()]);
    let (stdout, stderr) = ran(&python, &args, &[], "");
    let text = format!("{stdout}{stderr}");
    assert!(text.contains("Action success: "), "{text}");
    Some(Told {
        ok: text.contains("Action success: True"),
        log: text.clone(),
        text,
    })
}

/// A copy of what Cortex's runner of processes does: a job's folder, the command with it, and the file that comes of it. The exit code
/// is not looked at.
fn cortex(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("cortex/bin/python")?;
    let folder = Folder::make("cortex");
    std::fs::create_dir_all(folder.0.join("output")).expect("a folder");
    let (name, fields) = match call {
        Call::Check => ("Defender_CheckConnection", json!({})),
        Call::Update(fields) => ("Defender_UpdateIncident", fields.clone()),
    };
    let config = cortex_config(name, &[form(sandbox), fields.clone()]);
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
fn cortex_config(name: &str, filled_in: &[Value]) -> Value {
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

/// The vendor's SDK against a stand-in for its backend.
fn shuffle(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("shuffle/bin/python")?;
    let app = "deploy/shuffle/defender-update-incident/1.0.0";
    let definition: Value =
        serde_norway::from_str(&std::fs::read_to_string(repository(app).join("api.yaml")).expect("it is there"))
            .expect("YAML");
    let (action, mut fields) = match call {
        Call::Check => ("check", json!({})),
        Call::Update(fields) => ("update_incident", fields.clone()),
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
    let form = form(sandbox);
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
    let script = repository("tests/platforms/shuffle_backend.py");
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

/// A stand-in for the registry's package and its executor.
fn tracecat(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("tracecat/bin/python")?;
    let form = form(sandbox);
    let secrets: Value = form
        .as_object()
        .expect("an object")
        .iter()
        .map(|(name, value)| (format!("DEFENDER_{}", name.to_uppercase()), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let (action, mut arguments) = match call {
        Call::Check => ("check", json!({})),
        Call::Update(fields) => ("update_incident", fields.clone()),
    };
    arguments["only_if"] = condition(&arguments);
    if let Some(arguments) = arguments.as_object_mut() {
        arguments.retain(|_, value| !value.is_null());
    }
    let action = format!("tools.defender_update_incident.{action}");
    let stdin = json!({"action": action, "secrets": secrets, "arguments": arguments});
    let script = repository("tests/platforms/tracecat/run.py");
    let path = [repository("deploy/tracecat"), repository("tests/platforms/tracecat")];
    let path = std::env::join_paths(path).expect("no colon is in it");
    let (stdout, stderr) = ran(
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

/// Stand-ins for the modules that the server puts beside an integration.
fn xsoar(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let python = platform("xsoar/bin/python")?;
    let mut params = form(sandbox);
    params["credentials"] = json!({"identifier": params["client_id"], "password": params["client_secret"]});
    let (command, mut args) = match call {
        Call::Check => ("test-module", json!({})),
        Call::Update(fields) => ("defender-incident-update", fields.clone()),
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
    let (script, integration) = (repository("tests/platforms/xsoar/run.py"), repository(integration));
    let (stdout, stderr) = ran(
        &python,
        &[script.as_os_str(), integration.as_os_str()],
        &[],
        &stdin.to_string(),
    );
    let answer = answered(&stdout, &stderr);
    let results = answer["results"].as_array().expect("there are results");
    assert_eq!(results.len(), 1, "{answer}");
    let failed = results[0]["Type"] == 4;
    if failed && matches!(call, Call::Update(_)) {
        let context = results[0]["EntryContext"].as_object();
        let update = context
            .and_then(|all| all.values().next())
            .map(|failure| &failure["update"]);
        assert!(
            update.is_some_and(Value::is_string),
            "a playbook can branch on it: {answer}"
        );
    }
    Some(Told {
        ok: !failed && (matches!(call, Call::Update(_)) || results[0] == "ok"),
        text: answer["results"].to_string(),
        log: format!("{}{stderr}", answer["log"]),
    })
}

/// A Node-RED of its own for each call, with the package installed from the file that users get. It is ended so many milliseconds
/// after its call, or once that has been answered.
fn node_red_answer(sandbox: &Sandbox, call: &Call, end_after_millis: Option<u64>) -> Option<(Value, String)> {
    let red = platform("node_red/node_modules/node-red")?;
    let package = platform("node_red/node-red-contrib-defender-update-incident-0.1.0.tgz")?;
    let folder = Folder::make("node-red");
    let installed = Command::new("npm")
        .args([
            "install",
            "--silent",
            "--offline",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .args([&folder.0, &package])
        .status()
        .expect("npm starts");
    assert!(installed.success(), "the package can be installed");
    let mut asset = form(sandbox);
    let credentials = json!({"client_secret": asset["client_secret"], "more_fields": asset["more_fields"]});
    for secret in ["client_secret", "more_fields", "http_proxy"] {
        asset.as_object_mut().expect("an object").remove(secret);
    }
    let stdin = json!({"asset": asset, "credentials": credentials, "payload": node_red_payload(call), "end_after": end_after_millis});
    let nodes = red.parent().and_then(Path::parent).expect("it is in a folder");
    let script = repository("tests/platforms/node_red.js");
    let args = [script.as_os_str(), nodes.as_os_str(), folder.0.as_os_str()];
    let (stdout, stderr) = ran(Path::new("node"), &args, &[], &stdin.to_string());
    Some((answered(&stdout, &stderr), stderr))
}

fn node_red(sandbox: &Sandbox, call: &Call) -> Option<Told> {
    let (answer, _) = node_red_answer(sandbox, call, None)?;
    let ok = match call {
        Call::Check => answer["check"]["ok"] == true,
        Call::Update(_) => {
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
fn node_red_payload(call: &Call) -> Value {
    let Call::Update(fields) = call else {
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

/// Where a platform takes JSON itself rather than text that holds it.
fn condition(fields: &Value) -> Value {
    fields["only_if"]
        .as_str()
        .filter(|text| !text.is_empty())
        .map_or(Value::Null, |text| serde_json::from_str(text).expect("it is JSON"))
}
