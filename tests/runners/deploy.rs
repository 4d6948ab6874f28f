//! What a user copies from `deploy/` works: the playbook with a real Ansible, the Kubernetes files by their official schemas,
//! the Argo file by the shape of its CRD.
//!
//! `TEST_VENV` names a Python environment that has `ansible-core` and `kubernetes-validate`, and `IMAGE_COMMAND` holds the
//! command that starts the image, as `deploy/check-image.sh` writes it; without them the tests that need them say SKIPPED.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};
use support::Run;

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
    play_with(sandbox, more, &[])
}

fn play_with(sandbox: &Sandbox, more: Value, arguments: &[&str]) -> Option<Output> {
    let playbook = tool("ansible-playbook")?;
    let settings = sandbox.settings();
    let mut variables = json!({
        "incident_id": 552,
        "defender_command": [env!("CARGO_BIN_EXE_defender-update-incident")],
        "defender_tenant_id": settings.tenant,
        "defender_client_id": settings.client_id,
        "defender_client_secret": settings.client_secret,
        "defender_comment": "closed by playbook 7",
        "defender_delay": 0,
        "defender_asset_extra": {"url": sandbox.origin(), "login_url": sandbox.origin(), "scope": settings.scope, "retry_wait_secs": 0, "settle_secs": 0},
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    });
    for (name, value) in more.as_object().expect("variables are an object") {
        variables[name] = value.clone();
    }
    if let Some(variables) = variables.as_object_mut() {
        variables.retain(|_, value| !value.is_null());
    }
    let output = Command::new(playbook)
        .arg(deploy("ansible/update_incident.yml"))
        .args(["-i", "localhost,", "-c", "local", "-e", &variables.to_string()])
        .args(arguments)
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

/// A refusal that asks for a longer wait than a run has.
fn too_many() -> Fault {
    Fault::Status {
        code: 429,
        change: false,
        headers: vec![("Retry-After".to_owned(), "600".to_owned())],
        body: String::new(),
    }
}

fn updates(sandbox: &Sandbox) -> usize {
    let requests = sandbox.requests();
    requests.iter().filter(|request| request.method == "PATCH").count()
}

#[test]
fn the_playbook_tries_again_after_3_and_4_and_the_comment_is_there_once() {
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, too_many());
    let Some(output) = play(&sandbox, json!({})) else {
        return;
    };
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(updates(&sandbox), 2);

    // The answer is lost and the incident cannot be read back: exit code 4, after which the next run finds the comment there.
    let sandbox = Sandbox::start(Settings::default());
    sandbox.fault(Leg::Patch, Fault::CloseAfterChange);
    sandbox.fault(Leg::Get, Fault::Delay(Duration::ZERO));
    sandbox.fault(
        Leg::Get,
        Fault::Status {
            code: 403,
            change: false,
            headers: Vec::new(),
            body: String::new(),
        },
    );
    let output = play(&sandbox, json!({"defender_comment": "closed by playbook 7"})).expect("it ran before");
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(updates(&sandbox), 1, "the next run found it there");
    let incident = sandbox.incident(552).expect("it is there");
    assert_eq!(incident["comments"].as_array().map(Vec::len), Some(1), "{incident}");
}

#[test]
fn the_playbook_says_what_was_wrong_once_it_has_tried_often_enough() {
    let sandbox = Sandbox::start(Settings::default());
    (0..9).for_each(|_| sandbox.fault(Leg::Patch, too_many()));
    let Some(output) = play(&sandbox, json!({})) else {
        return;
    };
    assert!(!output.status.success());
    let shown = text(&output);
    assert!(
        shown.contains("TooManyRequests: ") && shown.contains("600 s"),
        "{shown}"
    );
    assert_eq!(updates(&sandbox), 4, "once, and three times more");
}

#[test]
fn the_playbook_shows_in_check_mode_what_it_would_send() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(output) = play_with(&sandbox, json!({}), &["--check"]) else {
        return;
    };
    let shown = text(&output);
    assert!(output.status.success(), "{shown}");
    assert!(
        shown.contains("closed by playbook 7") && shown.contains("changed=0"),
        "{shown}"
    );
    assert_eq!(sandbox.connections(), 0);
}

#[test]
fn the_playbook_adds_no_comment_of_its_own() {
    let sandbox = Sandbox::start(Settings::default());
    let Some(output) = play(&sandbox, json!({"defender_comment": null})) else {
        return;
    };
    assert!(output.status.success(), "{}", text(&output));
    let incident = sandbox.incident(552).expect("it is there");
    assert_eq!(
        (&incident["status"], &incident["comments"]),
        (&json!("Resolved"), &json!([]))
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
        (
            json!(["/bin/sh", "-c", "cat >/dev/null; exit 125", "sh"]),
            "exit code 125",
        ),
        (
            json!(["/bin/sh", "-c", "cat >/dev/null; kill -KILL $$", "sh"]),
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
fn the_playbook_runs_again_what_was_killed_however_it_is_told() {
    let sandbox = Sandbox::start(Settings::default());
    for (number, end) in ["kill -KILL $$", "kill -TERM $$", "exit 137", "exit 143"]
        .into_iter()
        .enumerate()
    {
        let count = std::env::temp_dir().join(format!("defender-playbook-{}-{number}", std::process::id()));
        let script = format!("cat >/dev/null; echo started >>{}; {end}", count.display());
        let Some(_) = play(&sandbox, json!({"defender_command": ["/bin/sh", "-c", script, "sh"]})) else {
            return;
        };
        let starts = std::fs::read_to_string(&count).expect("it was started");
        std::fs::remove_file(&count).ok();
        assert_eq!(starts.lines().count(), 4, "{end}: once, and three times more");
    }
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

/// The pod may read its secret, whose files are root's unless the pod names a group for them, and may do nothing else.
fn assert_confined(pod: &Value, container: &Value) {
    let context = &pod["securityContext"];
    assert_eq!(
        (&context["runAsUser"], &context["runAsNonRoot"]),
        (&json!(65_532), &json!(true))
    );
    assert_eq!(context["fsGroup"], context["runAsGroup"]);
    let volumes = pod["volumes"].as_array().expect("there are volumes");
    let modes: Vec<_> = volumes
        .iter()
        .filter_map(|volume| volume["secret"]["defaultMode"].as_u64())
        .collect();
    assert_eq!(modes, [0o440]);
    assert_eq!(
        container["securityContext"],
        json!({"readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}})
    );
}

/// A run that the deadline ended could not say what became of its update, so every run there may be has to fit before it.
fn assert_deadline_leaves_time(tries: u64, deadline_secs: u64) {
    const RUN_SECS: u64 = 100;
    const POD_START_SECS: u64 = 30;
    // 10 s, then twice as long each time.
    let waits = 10 * (2_u64.pow(u32::try_from(tries - 1).expect("few tries")) - 1);
    let longest = tries * (RUN_SECS + POD_START_SECS) + waits;
    assert!(longest < deadline_secs, "{longest} s of {deadline_secs} s");
}

/// The document is taken once its secret is where it says.
fn assert_accepted(whose: &str, document: &str) {
    let secret = std::env::temp_dir().join(format!(
        "defender-update-incident-{whose}-secret-{}",
        std::process::id()
    ));
    std::fs::write(&secret, "not-real").expect("the folder for temporary files takes one");
    let mut document: Value = serde_json::from_str(document).expect("it is JSON");
    let place = document
        .pointer_mut("/asset/client_secret_file")
        .expect("the secret is in a file");
    assert_eq!(*place, "/secrets/client_secret");
    *place = json!(secret);
    let run = Run::with_stdin(document.to_string()).args(&["update_incident", "--dry-run"]);
    let ran = run.go().expect("it ends by itself");
    std::fs::remove_file(&secret).ok();
    let shown = ran.stdout_text();
    assert_eq!(ran.code, Some(0), "{shown}");
    assert!(shown.contains("/api/incidents/552"), "{shown}");
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
    for code in [3, 4, 137, 143] {
        assert_eq!(reaction(code).as_deref(), Some("Count"), "{code}: tried again");
    }
    for code in [1, 2] {
        assert_eq!(reaction(code).as_deref(), Some("FailJob"), "{code}");
    }
    let disruption = json!({"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]});
    assert!(rules.contains(&disruption), "a pod that was moved is no failure");

    let spec = &job["spec"];
    let seconds = |value: &Value| value.as_u64().expect("a number");
    assert_deadline_leaves_time(
        seconds(&spec["backoffLimit"]) + 1,
        seconds(&spec["activeDeadlineSeconds"]),
    );
    let (pod, metadata) = (&spec["template"]["spec"], &spec["template"]["metadata"]);
    // What the API server asks for beside a podFailurePolicy, and the schema does not say.
    assert_eq!(pod["restartPolicy"], "Never");
    assert!(
        seconds(&pod["terminationGracePeriodSeconds"]) > 5,
        "a write in flight gets 5 s"
    );
    let container = &pod["containers"][0];
    assert_eq!(container["name"], rules[1]["onExitCodes"]["containerName"]);
    assert_confined(pod, container);
    assert_accepted(
        "kubernetes",
        metadata["annotations"]["input"].as_str().expect("there is a document"),
    );
    let mounted = format!(
        "{}/{}",
        container["volumeMounts"][0]["mountPath"]
            .as_str()
            .expect("there is a mount"),
        pod["volumes"][0]["downwardAPI"]["items"][0]["path"]
            .as_str()
            .expect("there is a file")
    );
    assert_eq!(container["args"], json!(["update_incident", "--input", mounted]));

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
fn the_argo_template_is_valid_and_tries_again_after_all_but_a_refusal() {
    let template = yaml("argo/workflow-template.yaml");
    assert_eq!(
        (&template["apiVersion"], &template["kind"]),
        (&json!("argoproj.io/v1alpha1"), &json!("WorkflowTemplate"))
    );
    assert_shape("WorkflowTemplate", "WorkflowTemplate", &template);
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
    // The sum in the file is for two at a time.
    assert_eq!(spec["parallelism"], 2);
    assert_eq!(all["failFast"], false);
    let retry = &update["retryStrategy"];
    assert_eq!(
        retry["expression"],
        "lastRetry.status == 'Error' || (lastRetry.exitCode != '1' && lastRetry.exitCode != '2')"
    );
    assert_eq!(retry["retryPolicy"], "Always");
    assert_eq!(
        retry["backoff"],
        json!({"duration": "10", "factor": "2", "maxDuration": "14m"})
    );
    let deadline = update["activeDeadlineSeconds"].as_u64().expect("a number");
    assert_eq!(deadline, 14 * 60, "the two limits are one");
    let retries: u64 = retry["limit"]
        .as_str()
        .and_then(|limit| limit.parse().ok())
        .expect("a number");
    assert_deadline_leaves_time(retries + 1, deadline);
    assert_confined(update, &update["container"]);
    let document = &update["inputs"]["artifacts"][0];
    assert_eq!(
        update["container"]["args"],
        json!(["update_incident", "--input", document["path"]])
    );
    let filled = document["raw"]["data"]
        .as_str()
        .expect("there is a document")
        .replace("{{workflow.parameters.tenant_id}}", "t")
        .replace("{{workflow.parameters.client_id}}", "c")
        .replace("{{inputs.parameters.id}}", "552")
        .replace("{{inputs.parameters.json_body}}", r#"{"status": "Resolved"}"#);
    assert_accepted("argo", &filled);
}

/// The wheel is on no index, so an index that knows its name has it from somebody else, and pip would give that the credentials.
#[test]
fn no_recipe_lets_an_index_answer_for_the_wheel() {
    const NAME: &str = "defender-update-incident";
    let mut looked_at = Vec::new();
    let mut folders = vec![deploy("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("it is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = entry.file_name().into_string().expect("a name in UTF-8");
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            // As installers compare names.
            let text = text.replace('_', "-").to_lowercase();
            let by_name: Vec<&str> = match name.as_str() {
                "requirements.txt" => text.lines().filter(|line| line.starts_with(NAME)).collect(),
                // A dependency is a text of its own; another project's name goes on behind ours.
                "pyproject.toml" => text
                    .split('"')
                    .filter(|one| one.starts_with(NAME) && !one.starts_with("defender-update-incident-"))
                    .collect(),
                "Dockerfile" => text
                    .lines()
                    .filter(|line| line.contains("pip install") && line.contains(NAME) && !line.contains("--no-index"))
                    .collect(),
                _ => continue,
            };
            looked_at.push(name);
            let wrong: Vec<_> = by_name.iter().filter(|one| !one.contains(" @ https://")).collect();
            assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
        }
    }
    for name in ["requirements.txt", "pyproject.toml", "Dockerfile"] {
        assert!(looked_at.iter().any(|one| one == name), "no {name} was found");
    }
    let recipe = std::fs::read_to_string(deploy("tracecat/pyproject.toml")).expect("it is there");
    let page = std::fs::read_to_string(deploy("tracecat/README.md")).expect("it is there");
    let listed = page.lines().find(|line| line.starts_with("dependencies = ["));
    assert!(
        recipe.contains(listed.expect("README shows it")),
        "README shows what is in the file"
    );
}

#[test]
fn every_platform_has_a_readme_that_answers_the_same_questions() {
    let table = std::fs::read_to_string(deploy("../docs/runners.md")).expect("it is there");
    let mut platforms = 0;
    for folder in std::fs::read_dir(deploy("")).expect("it is there").flatten() {
        if !folder.path().is_dir() {
            continue;
        }
        platforms += 1;
        let name = folder.file_name().into_string().expect("a name in UTF-8");
        assert!(
            table.contains(&format!("](../deploy/{name}/README.md)")),
            "docs/runners.md does not lead to {name}"
        );
        let page = std::fs::read_to_string(folder.path().join("README.md")).unwrap_or_default();
        for heading in ["Install", "What a failure looks like", "What was run"] {
            assert!(
                page.lines().any(|line| line == format!("## {heading}")),
                "the README of {name} has no part `{heading}`"
            );
        }
    }
    assert!(platforms >= 14, "{platforms} were found");
}

/// A form that lacks a word, or has another, is found out by its user alone.
#[test]
fn the_forms_offer_the_words_of_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../schemas/update_incident.input.json")).expect("JSON");
    let words = |definition: &str, field: &str| -> Vec<String> {
        let words = schema["$defs"][definition]["properties"][field]["enum"].as_array();
        let words = words.expect("it is a choice").iter();
        words.map(|word| word.as_str().expect("a word").to_owned()).collect()
    };
    let (cloud, status) = (words("AssetInput", "cloud"), words("JsonBody", "status"));
    let classification = words("JsonBody", "classification");
    let all = [&cloud, &status, &classification];
    for (path, vocabularies) in [
        ("splunk-soar/src/app.py", &all[..]),
        (
            "xsoar/Packs/DefenderUpdateIncident/Integrations/DefenderUpdateIncident/DefenderUpdateIncident.yml",
            &all,
        ),
        ("cortex/DefenderUpdateIncident/Defender_UpdateIncident.json", &all),
        // What it sets the status to is its name.
        (
            "cortex/DefenderUpdateIncident/Defender_ResolveIncident.json",
            &[&cloud, &classification],
        ),
        ("cortex/DefenderUpdateIncident/Defender_CheckConnection.json", &[&cloud]),
        ("shuffle/defender-update-incident/1.0.0/api.yaml", &all),
        ("tracecat/custom_actions/defender.py", &[&status, &classification]),
        ("insightconnect/plugin.spec.yaml", &all),
        ("node-red/defender.html", &[&cloud]),
    ] {
        let text = std::fs::read_to_string(deploy(path)).expect("it is there");
        for words in vocabularies {
            let offered: Vec<_> = text.lines().filter_map(|line| choice(line, words)).collect();
            assert!(!offered.is_empty(), "{path} offers no {words:?}");
            for offer in offered {
                assert_eq!(&offer, *words, "{path}");
            }
        }
    }
}

/// What a line offers, if it is a choice among some of these words: in a list of whatever language, or in prose.
fn choice(line: &str, words: &[String]) -> Option<Vec<String>> {
    let parts: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let known = |part: &&str| words.iter().any(|word| word == part);
    let first = parts.iter().position(known)?;
    // A line with one of them is an example.
    if parts.iter().filter(|part| known(part)).count() < 3 {
        return None;
    }
    let rest = parts[first..].iter().filter(|part| !part.is_empty() && **part != "or");
    Some(rest.map(|part| (*part).to_owned()).collect())
}

/// The keys of each object, by hand from Argo's CRD and Kubernetes' core, as far as somebody might use them here; a key's
/// type where it is an object again, `[]` for a list of them. What is not listed is taken for a slip of the pen.
const SHAPES: &[(&str, &[(&str, &str)])] = &[
    (
        "WorkflowTemplate",
        &[
            ("apiVersion", ""),
            ("kind", ""),
            ("metadata", "Metadata"),
            ("spec", "WorkflowSpec"),
        ],
    ),
    (
        "Metadata",
        &[("name", ""), ("namespace", ""), ("labels", ""), ("annotations", "")],
    ),
    (
        "WorkflowSpec",
        &[
            ("entrypoint", ""),
            ("parallelism", ""),
            ("synchronization", "Synchronization"),
            ("arguments", "Arguments"),
            ("templates", "[]Template"),
            ("serviceAccountName", ""),
            ("activeDeadlineSeconds", ""),
            ("podGC", ""),
            ("ttlStrategy", ""),
        ],
    ),
    ("Synchronization", &[("mutexes", "[]Mutex"), ("semaphores", "")]),
    ("Mutex", &[("name", ""), ("namespace", "")]),
    (
        "Arguments",
        &[("parameters", "[]Parameter"), ("artifacts", "[]Artifact")],
    ),
    (
        "Parameter",
        &[
            ("name", ""),
            ("value", ""),
            ("default", ""),
            ("description", ""),
            ("enum", ""),
        ],
    ),
    (
        "Artifact",
        &[("name", ""), ("path", ""), ("mode", ""), ("raw", "RawArtifact")],
    ),
    ("RawArtifact", &[("data", "")]),
    (
        "Template",
        &[
            ("name", ""),
            ("failFast", ""),
            ("inputs", "Arguments"),
            ("outputs", ""),
            ("steps", "[][]WorkflowStep"),
            ("container", "Container"),
            ("retryStrategy", "RetryStrategy"),
            ("activeDeadlineSeconds", ""),
            ("automountServiceAccountToken", ""),
            ("securityContext", "PodSecurityContext"),
            ("volumes", "[]Volume"),
            ("parallelism", ""),
        ],
    ),
    (
        "WorkflowStep",
        &[
            ("name", ""),
            ("template", ""),
            ("arguments", "Arguments"),
            ("withParam", ""),
            ("when", ""),
        ],
    ),
    (
        "RetryStrategy",
        &[
            ("limit", ""),
            ("retryPolicy", ""),
            ("expression", ""),
            ("backoff", "Backoff"),
        ],
    ),
    (
        "Backoff",
        &[("duration", ""), ("factor", ""), ("maxDuration", ""), ("cap", "")],
    ),
    (
        "PodSecurityContext",
        &[
            ("runAsNonRoot", ""),
            ("runAsUser", ""),
            ("runAsGroup", ""),
            ("fsGroup", ""),
            ("seccompProfile", "SeccompProfile"),
        ],
    ),
    ("SeccompProfile", &[("type", ""), ("localhostProfile", "")]),
    ("Volume", &[("name", ""), ("secret", "SecretVolume")]),
    (
        "SecretVolume",
        &[("secretName", ""), ("defaultMode", ""), ("items", ""), ("optional", "")],
    ),
    (
        "Container",
        &[
            ("image", ""),
            ("imagePullPolicy", ""),
            ("command", ""),
            ("args", ""),
            ("env", ""),
            ("resources", "Resources"),
            ("securityContext", "SecurityContext"),
            ("volumeMounts", "[]VolumeMount"),
        ],
    ),
    ("Resources", &[("requests", ""), ("limits", "")]),
    (
        "SecurityContext",
        &[
            ("readOnlyRootFilesystem", ""),
            ("allowPrivilegeEscalation", ""),
            ("capabilities", "Capabilities"),
        ],
    ),
    ("Capabilities", &[("drop", ""), ("add", "")]),
    (
        "VolumeMount",
        &[("name", ""), ("mountPath", ""), ("subPath", ""), ("readOnly", "")],
    ),
];

fn assert_shape(at: &str, shape: &str, value: &Value) {
    if let Some(element) = shape.strip_prefix("[]") {
        let list = value.as_array().unwrap_or_else(|| panic!("{at} is no list"));
        return list.iter().for_each(|value| assert_shape(at, element, value));
    }
    let (_, keys) = SHAPES
        .iter()
        .find(|(name, _)| *name == shape)
        .expect("its shape is known");
    let object = value.as_object().unwrap_or_else(|| panic!("{at} is no object"));
    for (key, value) in object {
        let at = format!("{at}.{key}");
        let (_, inner) = keys
            .iter()
            .find(|(name, _)| name == key)
            .unwrap_or_else(|| panic!("{at} is unknown"));
        if !inner.is_empty() {
            assert_shape(&at, inner, value);
        }
    }
}
