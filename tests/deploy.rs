//! What a user copies from `deploy/` works: the playbook with a real Ansible, the Kubernetes files by their official schemas,
//! the Argo file by the shape of its CRD.
//!
//! `TEST_VENV` names a Python environment that has `ansible-core` and `kubernetes-validate`, and `IMAGE_COMMAND` holds the
//! command that starts the image, as `deploy/check-image.sh` writes it; without them the tests that need them say SKIPPED.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

mod sandbox;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};

use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};

fn deploy(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path)
}

/// A program of the test environment, where there is one.
#[allow(clippy::disallowed_methods, reason = "a test's own setting")]
fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("TEST_VENV").map(|venv| PathBuf::from(venv).join("bin").join(name));
    let found = path.filter(|path| path.exists());
    if found.is_none() {
        writeln!(std::io::stderr(), "SKIPPED: TEST_VENV names no environment with {name}").expect("a line");
    }
    found
}

/// The command that starts the image, where there is one.
#[allow(clippy::disallowed_methods, reason = "a test's own setting")]
fn image_command() -> Option<Value> {
    let Some(command) = std::env::var_os("IMAGE_COMMAND").filter(|command| !command.is_empty()) else {
        writeln!(
            std::io::stderr(),
            "SKIPPED: IMAGE_COMMAND holds no command that starts the image"
        )
        .expect("a line");
        return None;
    };
    Some(serde_json::from_slice(command.as_encoded_bytes()).expect("IMAGE_COMMAND is a JSON list"))
}

fn yaml(path: &str) -> Value {
    let text = std::fs::read_to_string(deploy(path)).expect("it is there");
    serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn play(sandbox: &Sandbox, more: Value) -> Option<Output> {
    let playbook = tool("ansible-playbook")?;
    let settings = sandbox.settings();
    let mut variables = json!({
        "incident_id": 552,
        "defender_command": [env!("CARGO_BIN_EXE_defender-update-incident")],
        "defender_tenant_id": settings.tenant,
        "defender_client_id": settings.client_id,
        "defender_client_secret": settings.client_secret,
        "defender_delay": 0,
        "defender_asset_extra": {"url": sandbox.origin(), "login_url": sandbox.origin(), "scope": settings.scope, "retry_wait_secs": 0, "settle_secs": 0},
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    });
    for (name, value) in more.as_object().expect("variables are an object") {
        variables[name] = value.clone();
    }
    let output = Command::new(playbook)
        .arg(deploy("ansible/update_incident.yml"))
        .args(["-i", "localhost,", "-c", "local", "-e", &variables.to_string()])
        .env("ANSIBLE_NOCOLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("it starts");
    let shown = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!shown.contains(&settings.client_secret), "the secret is shown: {shown}");
    Some(output)
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// What both the binary and the container have to make of the playbook.
fn updates_and_uses_the_answer(more: Value) {
    let sandbox = Sandbox::start(Settings::default());
    let Some(output) = play(&sandbox, more) else {
        return;
    };
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("Incident 552 is Resolved, severity Informational"),
        "{}",
        text(&output)
    );
    assert_eq!(
        sandbox.incident(552).expect("it is there")["comments"][0]["comment"],
        "closed by playbook 7"
    );
}

#[test]
fn the_playbook_updates_and_uses_the_answer() {
    updates_and_uses_the_answer(json!({}));
}

#[test]
fn the_playbook_updates_by_the_container() {
    if let Some(command) = image_command() {
        updates_and_uses_the_answer(json!({"defender_command": command}));
    }
}

#[test]
fn the_playbook_tries_again_after_3_and_stops_after_4() {
    let sandbox = Sandbox::start(Settings::default());
    let wait = vec![("Retry-After".to_owned(), "600".to_owned())];
    sandbox.fault(
        Leg::Patch,
        Fault::Status {
            code: 429,
            change: false,
            headers: wait,
            body: String::new(),
        },
    );
    let Some(output) = play(&sandbox, json!({})) else {
        return;
    };
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(
        sandbox
            .requests()
            .iter()
            .filter(|request| request.method == "PATCH")
            .count(),
        2
    );

    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, Fault::CloseAfterChange);
    sandbox.fault(
        Leg::Get,
        Fault::Status {
            code: 403,
            change: false,
            headers: Vec::new(),
            body: String::new(),
        },
    );
    let output = play(&sandbox, json!({})).expect("it ran before");
    assert!(!output.status.success());
    assert!(
        text(&output).contains("Read incident 552 before repeating anything"),
        "{}",
        text(&output)
    );
    assert_eq!(
        sandbox
            .requests()
            .iter()
            .filter(|request| request.method == "PATCH")
            .count(),
        1,
        "not repeated"
    );
}

#[test]
fn the_playbook_stops_at_a_refusal_and_says_what_to_do() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(output) = play(&sandbox, json!({"defender_status": "resolved"})) else {
        return;
    };
    assert!(!output.status.success());
    assert!(text(&output).contains("did you mean `Resolved`?"), "{}", text(&output));
    assert_eq!(sandbox.connections(), 0);
}

#[test]
fn the_playbook_says_when_the_program_did_not_start_or_was_killed() {
    let sandbox = Sandbox::start(Settings::default());
    for (command, words) in [
        (json!(["/does/not/exist"]), "Error executing command"),
        (json!(["/bin/sh", "-c", "exit 125", "sh"]), "exit code 125"),
        (
            json!(["/bin/sh", "-c", "kill -KILL $$", "sh"]),
            "Read incident 552 before repeating anything",
        ),
    ] {
        let Some(output) = play(&sandbox, json!({"defender_command": command})) else {
            return;
        };
        assert!(!output.status.success());
        let shown = text(&output);
        assert!(shown.contains("did not start, or was killed"), "{shown}");
        assert!(shown.to_lowercase().contains(&words.to_lowercase()), "{shown}");
    }
    assert_eq!(sandbox.connections(), 0);
}

#[test]
fn the_playbook_takes_a_number_alone() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(output) = play(&sandbox, json!({"incident_id": "INC-552"})) else {
        return;
    };
    assert!(!output.status.success());
    assert!(
        text(&output).contains("expected the number of the incident"),
        "{}",
        text(&output)
    );
    assert_eq!(sandbox.connections(), 0);
}

/// A secret's files are root's unless the pod names a group for them.
fn assert_may_read_its_secrets(pod: &Value) {
    let context = &pod["securityContext"];
    assert_eq!(context["runAsUser"], 65_532);
    assert_eq!(context["fsGroup"], context["runAsGroup"]);
    let volumes = pod["volumes"].as_array().expect("there are volumes");
    let modes: Vec<_> = volumes
        .iter()
        .filter_map(|volume| volume["secret"]["defaultMode"].as_u64())
        .collect();
    assert_eq!(modes, [0o440]);
}

#[test]
fn the_kubernetes_job_is_valid_and_knows_the_exit_codes() {
    let job = yaml("kubernetes/job.yaml");
    let rules = job["spec"]["podFailurePolicy"]["rules"]
        .as_array()
        .expect("there are rules");
    // The first rule that fits counts, as Kubernetes has it.
    let reaction = |code: i64| {
        let fits = |rule: &&Value| {
            let listed = rule["onExitCodes"]["values"]
                .as_array()
                .is_some_and(|codes| codes.contains(&json!(code)));
            match rule["onExitCodes"]["operator"].as_str() {
                Some("In") => listed,
                Some("NotIn") => !listed,
                _ => false,
            }
        };
        rules
            .iter()
            .find(fits)
            .map(|rule| rule["action"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(reaction(3).as_deref(), Some("Count"), "tried again");
    for code in [1, 2, 4, 137] {
        assert_eq!(reaction(code).as_deref(), Some("FailJob"), "{code}");
    }
    assert_may_read_its_secrets(&job["spec"]["template"]["spec"]);
    let Some(validate) = tool("kubernetes-validate") else {
        return;
    };
    // The tool knows no `generateName`, which gives each run a name of its own.
    let text_of_job = std::fs::read_to_string(deploy("kubernetes/job.yaml")).expect("it is there");
    let named = std::env::temp_dir().join(format!("defender-update-incident-job-{}.yaml", std::process::id()));
    let text_of_job = text_of_job.replace(
        "generateName: defender-update-incident-",
        "name: defender-update-incident",
    );
    std::fs::write(&named, text_of_job).expect("the folder for temporary files takes one");
    let output = Command::new(validate)
        .arg("--strict")
        .arg(&named)
        .output()
        .expect("it starts");
    std::fs::remove_file(&named).ok();
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn the_argo_template_tries_again_after_3_alone() {
    let template = yaml("argo/workflow-template.yaml");
    assert_eq!(
        (&template["apiVersion"], &template["kind"]),
        (&json!("argoproj.io/v1alpha1"), &json!("WorkflowTemplate"))
    );
    let spec = &template["spec"];
    let templates = spec["templates"].as_array().expect("there are templates");
    let named = |name: &Value| {
        templates
            .iter()
            .find(|template| &template["name"] == name)
            .expect("it is there")
    };
    let all = named(&spec["entrypoint"]);
    let update = named(&all["steps"][0][0]["template"]);
    assert_eq!(update["retryStrategy"]["expression"], "lastRetry.exitCode == '3'");
    assert_eq!(update["retryStrategy"]["retryPolicy"], "OnFailure");
    assert!(
        spec["parallelism"]
            .as_u64()
            .is_some_and(|parallelism| (1..=50).contains(&parallelism))
    );
    assert_may_read_its_secrets(update);
    let document = update["inputs"]["artifacts"][0]["raw"]["data"]
        .as_str()
        .expect("there is a document");
    let filled = document
        .replace("{{workflow.parameters.tenant_id}}", "t")
        .replace("{{workflow.parameters.client_id}}", "c")
        .replace("{{inputs.parameters.id}}", "552")
        .replace("{{inputs.parameters.json_body}}", r#"{"status": "Resolved"}"#);
    let filled: Value = serde_json::from_str(&filled).expect("it is JSON once it is filled in");
    assert_eq!(filled["path_parameters"]["id"], 552);
    let mount = |container: &Value| container["securityContext"]["readOnlyRootFilesystem"].clone();
    assert_eq!(mount(&update["container"]), json!(true));
}
