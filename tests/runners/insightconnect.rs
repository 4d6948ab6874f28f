//! InsightConnect's framing, against what it replaces: the vendor's own runtime with a small action that runs the program, and
//! this binary alone, get the same messages, and their events are compared key by key. Every difference is one of a list, each
//! with its reason, and a difference that is gone fails the test too.
//!
//! `.ci/platform-tools` installs the runtime into `target/platforms/insightconnect`; without it that test says SKIPPED.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};

/// Changes the usual message.
type Change = fn(&mut Value);

/// One message, told in another way.
struct Case {
    name: &'static str,
    arguments: &'static [&'static str],
    message: Change,
    faults: fn() -> Vec<(Leg, Fault)>,
    /// Why the two differ, where they do.
    differs: Option<&'static str>,
}

/// As far as two events can be compared.
#[derive(Debug, PartialEq)]
struct Event {
    code: Option<i32>,
    /// The keys, and the kinds of their values; the value itself where it is no prose.
    shape: Vec<String>,
    /// What follows from it for the next step.
    told: Value,
    patches: Vec<String>,
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn fixed_sandbox() -> Sandbox {
    Sandbox::start(Settings {
        fixed_date: Some("Wed, 25 Nov 2026 06:00:00 GMT".to_owned()),
        fixed_time: Some("2026-11-25T06:00:00Z".to_owned()),
        fixed_tracking_id: Some("|7f1c2a0e-4d2b3c4a5f6e7d8c.".to_owned()),
        ..Settings::default()
    })
}

fn message(sandbox: &Sandbox) -> Value {
    let settings = sandbox.settings();
    json!({
        "version": "v1",
        "type": "action_start",
        "body": {
            "action": "update_incident",
            "meta": {"jobId": "7", "attempt": 2},
            "input": {"incident_id": 552, "status": "Resolved", "comment": "closed by a workflow", "assigned_to": "a@contoso.example", "tags": []},
            "connection": {
                "url": sandbox.origin(),
                "login_url": sandbox.origin(),
                "tenant_id": settings.tenant,
                "client_id": settings.client_id,
                "client_secret": {"secretKey": settings.client_secret},
                "scope": settings.scope,
                "cloud": "",
                "retry_wait_secs": 0,
                "settle_secs": 0,
            },
        },
    })
}

fn ours() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_defender-update-incident"));
    command.env_clear();
    command
}

fn start(mut command: Command, message: &Value) -> Child {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    stdin.write_all(message.to_string().as_bytes()).expect("it reads");
    child
}

fn run(command: Command, message: &Value) -> Output {
    start(command, message).wait_with_output().expect("it ends")
}

/// The event is the last line: the vendor's runtime writes its log in front of it.
fn last_line(output: &Output) -> Result<Value, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| format!("{error}: {text}"))
}

/// Our event, which is all that stdout holds.
fn only_line(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with('\n') && text.matches('\n').count() == 1, "{text}");
    last_line(output).expect("the line is JSON")
}

fn data(event: &Value) -> Value {
    let data = event["body"]["exception"]["data"].as_str().unwrap_or("null");
    serde_json::from_str(data).unwrap_or_default()
}

fn shape(at: &str, value: &Value, lines: &mut Vec<String>) {
    // What is written for people, and what each side adds to it of its own.
    let prose = [
        "/body/log",
        "/body/error",
        "/body/exception/cause",
        "/body/exception/assistance",
        "/body/exception/data",
    ];
    match value {
        Value::Object(map) => {
            lines.push(format!("{at} object"));
            map.iter()
                .for_each(|(key, value)| shape(&format!("{at}/{key}"), value, lines));
        }
        Value::String(_) if prose.contains(&at) => lines.push(format!("{at} text")),
        value => lines.push(format!("{at} {value}")),
    }
}

fn event(case: &Case, mut command: Command) -> Event {
    let sandbox = fixed_sandbox();
    (case.faults)()
        .into_iter()
        .for_each(|(leg, fault)| sandbox.fault(leg, fault));
    let mut message = message(&sandbox);
    (case.message)(&mut message);
    command.args(case.arguments);
    let output = run(command, &message);
    // The vendor's runtime may end without one.
    let event = last_line(&output).unwrap_or_default();
    let mut lines = Vec::new();
    shape("", &event, &mut lines);
    lines.sort();
    let data = data(&event);
    for stream in [&output.stdout, &output.stderr] {
        assert!(
            !String::from_utf8_lossy(stream).contains(&sandbox.settings().client_secret),
            "{}",
            case.name
        );
    }
    let patches = sandbox
        .requests()
        .into_iter()
        .filter(|request| request.method == "PATCH");
    Event {
        code: output.status.code(),
        shape: lines,
        told: json!([data["update"], data["name"], data["exit_code"]]),
        patches: patches
            .map(|request| String::from_utf8_lossy(&request.body).into_owned())
            .collect(),
    }
}

#[test]
fn the_event_is_the_vendors_runtimes_but_for_a_list_of_differences() {
    let python = source("target/platforms/insightconnect/bin/python");
    let mut err = std::io::stderr();
    if !python.exists() {
        let told = writeln!(err, "SKIPPED: no {}; .ci/platform-tools installs it", python.display());
        return told.expect("a line");
    }
    let theirs = || {
        let mut command = Command::new(&python);
        command
            .env_clear()
            .arg(source("tests/runners/insightconnect/plugin.py"))
            .arg(env!("CARGO_BIN_EXE_defender-update-incident"));
        command
    };
    let cases = cases();
    let mut wrong = Vec::new();
    for case in &cases {
        let (theirs, ours) = (event(case, theirs()), event(case, ours()));
        if (theirs == ours) == case.differs.is_some() {
            let why = case.differs.unwrap_or("alike");
            let only = |one: &Event, other: &Event| -> Vec<String> {
                let new = |line: &&String| !other.shape.contains(line);
                one.shape.iter().filter(new).cloned().collect()
            };
            wrong.push(format!(
                "{} ({why}):\n  theirs {:?} {:?} {} {:?}\n  ours   {:?} {:?} {} {:?}",
                case.name,
                theirs.code,
                only(&theirs, &ours),
                theirs.told,
                theirs.patches,
                ours.code,
                only(&ours, &theirs),
                ours.told,
                ours.patches,
            ));
        }
    }
    let differing = cases.iter().filter(|case| case.differs.is_some()).count();
    let alike = cases.len() - differing;
    writeln!(err, "insightconnect: alike {alike}, deliberately different {differing}").expect("a line");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(alike >= 14 && differing >= 6, "{alike} and {differing}");
}

fn refusal(leg: Leg, code: u16) -> Vec<(Leg, Fault)> {
    let fault = Fault::Status {
        code,
        change: false,
        headers: Vec::new(),
        body: String::new(),
    };
    vec![(leg, fault)]
}

fn cases() -> Vec<Case> {
    const RUN: &[&str] = &["run"];
    let alike = |name, arguments, message| Case {
        name,
        arguments,
        message,
        faults: Vec::new,
        differs: None,
    };
    let faulty = |name, faults| Case {
        faults,
        ..alike(name, RUN, |_| {})
    };
    let differs = |name, message, why| Case {
        differs: Some(why),
        ..alike(name, RUN, message)
    };
    vec![
        alike("applied", RUN, |_| {}),
        alike("applied, as the vendor's tool starts it", &["--debug", "run"], |_| {}),
        alike("no meta", RUN, |message| drop(remove(message, "meta"))),
        alike("null for meta", RUN, |message| message["body"]["meta"] = json!(null)),
        alike("a word with a slip", RUN, |message| {
            message["body"]["input"]["status"] = json!("resolved")
        }),
        alike("a text for a number", RUN, |message| {
            message["body"]["input"]["incident_id"] = json!("552")
        }),
        alike("nothing to change", RUN, |message| {
            message["body"]["input"] = json!({"incident_id": 552, "status": ""})
        }),
        alike("no connection", RUN, |message| drop(remove(message, "connection"))),
        alike("a tag", RUN, |message| {
            message["body"]["input"]["tags"] = json!(["reviewed"])
        }),
        alike("a wrong secret", RUN, |message| {
            message["body"]["connection"]["client_secret"] = json!({"secretKey": "another-one-not-real"});
        }),
        faulty("forbidden", || refusal(Leg::Patch, 403)),
        faulty("nobody knows", || {
            [vec![(Leg::Patch, Fault::CloseAfterChange)], refusal(Leg::Get, 403)].concat()
        }),
        faulty("lost, and found by reading", || {
            vec![(Leg::Patch, Fault::CloseAfterChange)]
        }),
        alike("once", RUN, |message| message["body"]["input"]["once"] = json!(true)),
        alike("a box that nobody ticked", RUN, |message| {
            message["body"]["input"]["once"] = json!(false)
        }),
        alike("tags to add alone", RUN, |message| {
            message["body"]["input"] =
                json!({"incident_id": 552, "status": "", "add_tags": ["reviewed"], "remove_tags": []});
        }),
        alike("a state that it is not in", RUN, |message| {
            message["body"]["input"]["only_if"] = json!({"status": "Redirected"});
        }),
        alike("a state that nobody knows", RUN, |message| {
            message["body"]["input"]["only_if"] = json!({"status": "redirected", "assigned_to": null});
        }),
        alike("the test of the connection", RUN, |message| {
            message["type"] = json!("connection_test")
        }),
        alike("the test by its argument", &["test"], |_| {}),
        alike("the test by both", &["test"], |message| {
            message["type"] = json!("connection_test")
        }),
        Case {
            faults: || refusal(Leg::Token, 401),
            ..alike("the test fails", RUN, |message| {
                message["type"] = json!("connection_test")
            })
        },
        differs(
            "another action",
            |message| message["body"]["action"] = json!("update_incidents"),
            "every failure of ours has an exception",
        ),
        differs(
            "a trigger",
            |message| {
                message["type"] = json!("trigger_start");
                message["body"]["trigger"] = json!("new_incident");
            },
            "every failure of ours has an exception",
        ),
        differs(
            "a type that nobody knows",
            |message| message["type"] = json!("action_stop"),
            "every failure of ours has an exception",
        ),
        differs(
            "another version",
            |message| message["version"] = json!("v2"),
            "every failure of ours has an exception",
        ),
        differs(
            "a list for meta",
            |message| message["body"]["meta"] = json!([1, "x"]),
            "theirs ends without an event; ours repeats what it was given",
        ),
        differs(
            "no version",
            |message| drop(message.as_object_mut().expect("an object").remove("version")),
            "ours takes it for v1",
        ),
        Case {
            arguments: &[],
            differs: Some("theirs prints its usage without an argument; ours goes by the message"),
            ..alike("no argument", RUN, |_| {})
        },
    ]
}

fn remove(message: &mut Value, key: &str) -> Option<Value> {
    message["body"].as_object_mut().expect("an object").remove(key)
}

#[test]
fn a_run_that_is_asked_to_end_answers_its_message() {
    let sandbox = fixed_sandbox();
    sandbox.fault(Leg::Patch, Fault::HangAfterChange);
    let mut command = ours();
    command.arg("run");
    let child = start(command, &message(&sandbox));
    let patience = Instant::now() + Duration::from_secs(20);
    while sandbox.requests().len() < 2 {
        assert!(Instant::now() < patience, "the write never came");
        thread::sleep(Duration::from_millis(5));
    }
    let id = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .expect("it has an id");
    kill_process(id, Signal::TERM).expect("it is there");
    let output = child.wait_with_output().expect("it ends");
    let event = only_line(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(event["body"]["meta"], json!({"jobId": "7", "attempt": 2}));
    let data = data(&event);
    assert_eq!(
        (&data["update"], &data["exit_code"]),
        (&json!("unknown"), &json!(4)),
        "{data}"
    );
    assert!(
        event["body"]["error"]
            .as_str()
            .expect("a text")
            .contains("(update: unknown)"),
        "{event}"
    );
}

#[test]
fn only_type_and_body_together_make_a_message() {
    let sandbox = fixed_sandbox();
    let usual = message(&sandbox);
    let plain = |change: Change, arguments: &[&str]| {
        let mut message = usual.clone();
        change(&mut message);
        let mut command = ours();
        command.args(arguments);
        let output = run(command, &message);
        (output.status.code(), only_line(&output))
    };
    let without = |key: &'static str| -> Change {
        match key {
            "type" => |message| drop(message.as_object_mut().expect("an object").remove("type")),
            _ => |message| drop(message.as_object_mut().expect("an object").remove("body")),
        }
    };
    let refused: [(Change, &[&str]); 6] = [
        (without("type"), &[]),
        (without("body"), &[]),
        (|message| message["asset"] = json!({}), &[]),
        (|message| message["path_parameters"] = json!({"id": 552}), &[]),
        (|message| message["json_body"] = json!({"status": "Resolved"}), &[]),
        (|_| {}, &["--framing", "plain"]),
    ];
    for (change, arguments) in refused {
        let (code, envelope) = plain(change, arguments);
        assert_eq!(
            (code, &envelope["name"]),
            (Some(2), &json!("InvalidInput")),
            "{envelope}"
        );
    }
    // Whoever asks for the framing gets its events, whatever is on stdin.
    for arguments in [&["run"][..], &["test"], &["--framing", "insightconnect"]] {
        let (code, event) = plain(without("type"), arguments);
        assert_eq!((code, &event["body"]["status"]), (Some(1), &json!("error")), "{event}");
    }
    // The message says more than the environment.
    let mut command = ours();
    command.env("ASSET_KEYS", "url").arg("--dry-run");
    let event = only_line(&run(command, &usual));
    assert_eq!(
        event["body"]["output"]["write"]["body"]["status"],
        json!("Resolved"),
        "{event}"
    );
    assert_eq!(sandbox.connections(), 0);
}

#[test]
fn what_is_wrong_is_told_at_its_place_in_the_message() {
    let sandbox = fixed_sandbox();
    let mut message = message(&sandbox);
    message["body"]["input"] =
        json!({"incident_id": 0, "status": "resolved", "assigned_to": 5, "assignd_to": "x", "comment": 7});
    message["body"]["connection"]["client_secret"] = json!({"secretKey": 5});
    message["body"]["connection"]["tennant_id"] = json!("x");
    let mut command = ours();
    command.arg("run");
    let output = run(command, &message);
    let event = only_line(&output);
    let violations = data(&event)["violations"].clone();
    let found: BTreeSet<String> = violations
        .as_array()
        .expect("there are some")
        .iter()
        .map(|violation| violation["at"].as_str().expect("a place").to_owned())
        .collect();
    for place in [
        "/body/input/incident_id",
        "/body/input/status",
        "/body/input/assigned_to",
        "/body/input/assignd_to",
        "/body/input/comment",
        "/body/connection/client_secret",
        "/body/connection/tennant_id",
    ] {
        assert!(found.contains(place), "{place}: {violations}");
    }
    let text = violations.to_string();
    assert!(
        text.contains("did you mean `assigned_to`?") && !text.contains("`assignedTo`"),
        "{text}"
    );

    // A test of the connection is not about the inputs.
    let mut command = ours();
    command.arg("test");
    message["body"]["connection"]["client_secret"] = json!({"secretKey": sandbox.settings().client_secret});
    remove_key(&mut message["body"]["connection"], "tennant_id");
    let event = only_line(&run(command, &message));
    assert_eq!(event["body"]["output"]["may_update_incidents"], json!(true), "{event}");
}

fn remove_key(value: &mut Value, key: &str) {
    value.as_object_mut().expect("an object").remove(key);
}

#[test]
fn a_test_that_finds_no_permission_is_a_failure() {
    let sandbox = Sandbox::start(Settings {
        roles: Vec::new(),
        ..Settings::default()
    });
    let mut command = ours();
    command.arg("test");
    let output = run(command, &message(&sandbox));
    let event = only_line(&output);
    assert_eq!(
        (output.status.code(), &event["body"]["status"]),
        (Some(1), &json!("error"))
    );
    let data = data(&event);
    assert_eq!(
        (&data["update"], &data["name"], &data["exit_code"]),
        (&json!("not_applied"), &json!("Forbidden"), &json!(1))
    );
    assert!(
        event["body"]["exception"]["assistance"]
            .as_str()
            .expect("a text")
            .contains("Incident.ReadWrite.All")
    );
}

#[test]
fn the_plugins_file_says_what_the_schema_says() {
    let text = std::fs::read_to_string(source("deploy/insightconnect/plugin.spec.yaml")).expect("it is there");
    let plugin: Value = serde_norway::from_str(&text).expect("it is YAML");
    let schema: Value = serde_json::from_str(include_str!("../../schemas/update_incident.input.json")).expect("JSON");
    assert_eq!(plugin["version"], json!(env!("CARGO_PKG_VERSION")));
    let page = std::fs::read_to_string(source("deploy/insightconnect/README.md")).expect("it is there");
    let image = concat!("community/defender_update_incident:", env!("CARGO_PKG_VERSION"), " ");
    assert!(page.contains(image), "{image}");

    let fields = schema["$defs"]["AssetInput"]["properties"]
        .as_object()
        .expect("there are fields");
    let connection = plugin["connection"].as_object().expect("there is a connection");
    let offered: BTreeSet<&str> = connection.keys().map(String::as_str).collect();
    let left_out = |name: &&str| name.ends_with("_file") || name.ends_with("_path") || name.ends_with("_dir");
    let known: BTreeSet<&str> = fields
        .keys()
        .map(String::as_str)
        .filter(|name| !left_out(name))
        .collect();
    assert_eq!(offered, known, "all but those that name files");
    for (name, field) in connection {
        let secret = fields[name]["format"] == "password";
        assert_eq!(field["type"] == "credential_secret_key", secret, "{name}");
        same_words(name, field, &fields[name]);
    }

    let mut fields = schema["$defs"]["JsonBody"]["properties"].clone();
    let fields = fields.as_object_mut().expect("there are fields");
    for (name, field) in schema["properties"].as_object().expect("there are parts") {
        if !["asset", "path_parameters", "json_body"].contains(&name.as_str()) {
            fields.insert(name.clone(), field.clone());
        }
    }
    let mut input = plugin["actions"]["update_incident"]["input"].clone();
    let input = input.as_object_mut().expect("there are inputs");
    assert_eq!(
        input.shift_remove("incident_id").expect("it is there")["required"],
        json!(true)
    );
    let owner = input.shift_remove("assigned_to").expect("it is there");
    input.insert("assignedTo".to_owned(), owner);
    let names = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(input), names(fields));
    for (name, field) in fields {
        same_words(name, &input[name.as_str()], field);
        let list = field["type"] == "array";
        assert_eq!(input[name.as_str()]["type"] == "[]string", list, "{name}");
    }
}

/// A form offers the words of the schema, and the empty one of a choice that nobody made.
fn same_words(name: &str, offered: &Value, field: &Value) {
    let words = field["enum"].as_array().map(|words| {
        let nothing = std::iter::once(json!(""));
        nothing.chain(words.iter().cloned()).collect::<Vec<_>>()
    });
    assert_eq!(offered["enum"].as_array(), words.as_ref(), "{name}");
}

#[test]
fn the_image_adds_the_plugins_file_alone() {
    let recipe = std::fs::read_to_string(source("deploy/insightconnect/Dockerfile")).expect("it is there");
    let steps: Vec<&str> = recipe.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        steps,
        [
            "ARG IMAGE=defender-update-incident",
            "FROM $IMAGE",
            "COPY plugin.spec.yaml /plugin.spec.yaml"
        ]
    );
}
