//! The wheel: what is in it, and what its module does for every wrapper in Python.
//!
//! `.ci/platform-tools` builds and installs it; without it the tests say SKIPPED.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::engines::wheel::{Wheel, build};
use crate::engines::{
    Folder, Process, asset, children, copies, on_path, runs, skipped, terminate, text, until, updates,
};
use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};

/// Runs the document in the file that is the first argument, and prints what came of it.
const RUN: &str = "outcome = defender.run(json.load(open(sys.argv[1])))
print(json.dumps({'ok': outcome.ok, 'exit_code': outcome.exit_code, 'update': outcome.update, 'name': outcome.name,
                  'text': outcome.text(), 'signal': outcome.signal, 'retry': outcome.retry_after_secs}))";

fn document(sandbox: &Sandbox, comment: &str) -> Value {
    json!({"asset": asset(sandbox), "path_parameters": {"id": 552}, "json_body": {"comment": comment}})
}

#[test]
fn the_wheel_says_what_became_of_an_update_whatever_the_exit_code() {
    let Some(wheel) = Wheel::find() else { return };
    let folder = Folder::new("wheel-run");
    let refusal = |code, wait: &str| Fault::Status {
        code,
        change: false,
        headers: vec![("Retry-After".to_owned(), wait.to_owned())],
        body: String::new(),
    };
    for (fault, read, expected) in [
        (None, None, json!({"ok": true, "exit_code": 0})),
        (
            Some(refusal(403, "0")),
            None,
            json!({"ok": false, "exit_code": 1, "update": "not_applied", "name": "Forbidden"}),
        ),
        (
            Some(refusal(429, "600")),
            None,
            json!({"exit_code": 3, "update": "not_applied", "name": "TooManyRequests", "retry": 600}),
        ),
        (
            Some(Fault::CloseAfterChange),
            Some(refusal(403, "0")),
            json!({"exit_code": 4, "update": "unknown", "signal": null}),
        ),
    ] {
        let sandbox = Sandbox::start(Settings::default());
        fault.into_iter().for_each(|fault| sandbox.fault(Leg::Patch, fault));
        read.into_iter().for_each(|fault| sandbox.fault(Leg::Get, fault));
        let input = folder.file("input.json", &document(&sandbox, "closed").to_string());
        // A platform's variable must not choose the framing.
        let output = wheel
            .python(RUN, &[&input.display().to_string()])
            .env("ASSET_KEYS", "url")
            .output()
            .expect("Python starts");
        let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
        for (key, value) in expected.as_object().expect("an object") {
            assert_eq!(&found[key], value, "{key} of {found}");
        }
        assert!(!text(&output).contains(&sandbox.settings().client_secret));
    }
}

#[test]
fn a_program_that_says_nothing_leaves_the_outcome_unknown() {
    let Some(wheel) = Wheel::find() else { return };
    let lines = "for program in sys.argv[1:]:
    outcome = defender.run({}, program=program)
    try:
        outcome.raise_for_failure()
    except defender.Failure as failure:
        import pickle
        failure = pickle.loads(pickle.dumps(failure))
        print(json.dumps([failure.name, failure.update, failure.exit_code]))";
    let folder = Folder::new("wheel-silent");
    let script = |name: &str, text: &str| {
        let path = folder.file(name, text);
        let status = Command::new("chmod").arg("+x").arg(&path).status();
        assert!(status.expect("chmod starts").success());
        path.display().to_string()
    };
    let killed = script("killed", "#!/bin/sh\nkill -KILL $$\n");
    let silent = script("silent", "#!/bin/sh\nexit 0\n");
    let garbled = script("garbled", "#!/bin/sh\necho '[1]'; exit 3\n");
    let output = wheel
        .python(lines, &["/does/not/exist", &killed, &silent, &garbled])
        .output()
        .expect("Python starts");
    let expected = [
        r#"["ProgramNotStarted", "not_applied", 127]"#,
        r#"["ProgramKilled", "unknown", -9]"#,
        r#"["ProgramUnreadable", "unknown", 0]"#,
        r#"["ProgramUnreadable", "unknown", 3]"#,
    ];
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(stdout.lines().collect::<Vec<_>>(), expected, "{}", text(&output));
}

/// A wrapper whose write is under way.
fn writing(wheel: &Wheel, folder: &Folder, sandbox: &Sandbox, lines: &str) -> Process {
    let drip = Fault::DripAnswer {
        every: Duration::from_micros(400),
    };
    sandbox.fault(Leg::Patch, drip);
    let input = folder.file("input.json", &document(sandbox, "closed").to_string());
    let child = wheel
        .python(lines, &[&input.display().to_string()])
        .stdout(File::create(folder.0.join("out")).expect("the folder takes a file"))
        .stderr(Stdio::null())
        .spawn();
    let process = Process(child.expect("Python starts"));
    until("the write is under way", Duration::from_secs(20), || {
        updates(sandbox) == 1
    });
    process
}

#[test]
fn a_signal_for_the_wrapper_lets_the_write_answer() {
    let Some(wheel) = Wheel::find() else { return };
    let folder = Folder::new("wheel-term");
    let cancelled = "import asyncio
async def main():
    task = asyncio.create_task(defender.run_async(json.load(open(sys.argv[1]))))
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(15, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        print('{\"cancelled\": true}')
asyncio.run(main())";
    let nobody_handles_it = "import asyncio
async def main():
    document = json.load(open(sys.argv[1]))
    refused = {**document, 'json_body': {}}
    # One that is over sooner takes nothing away from one that goes on.
    outcome, _ = await asyncio.gather(defender.run_async(document), defender.run_async(refused))
    print(json.dumps({'ok': outcome.ok, 'signal': outcome.signal}))
asyncio.run(main())";
    for (lines, expected) in [
        (RUN, json!({"ok": true, "signal": 15})),
        (nobody_handles_it, json!({"ok": true, "signal": 15})),
        (cancelled, json!({"cancelled": true})),
    ] {
        let sandbox = Sandbox::start(Settings::default());
        let mut wrapper = writing(&wheel, &folder, &sandbox, lines);
        terminate(&wrapper);
        assert!(wrapper.0.wait().expect("it was started").success());
        let found = std::fs::read_to_string(folder.0.join("out")).expect("it was made");
        let found: Value = serde_json::from_str(&found).unwrap_or_else(|error| panic!("{error}: {found}"));
        for (key, value) in expected.as_object().expect("an object") {
            assert_eq!(&found[key], value, "{key} of {found}");
        }
        assert_eq!(copies(&sandbox, 552, "closed"), 1);
    }
}

#[test]
fn the_program_dies_with_its_wrapper() {
    let Some(wheel) = Wheel::find() else { return };
    let folder = Folder::new("wheel-kill");
    let thread = "import threading
thread = threading.Thread(target=lambda: defender.run(json.load(open(sys.argv[1]))))
thread.start()
thread.join()";
    for lines in [RUN, thread] {
        let sandbox = Sandbox::start(Settings::default());
        let wrapper = writing(&wheel, &folder, &sandbox, lines);
        let program = children(wrapper.0.id());
        assert_eq!(program.len(), 1);
        drop(wrapper);
        until("the program is dead too", Duration::from_secs(1), || !runs(program[0]));
    }
}

#[test]
fn the_wheel_is_found_wherever_pip_puts_it() {
    let Some(wheel) = Wheel::find() else { return };
    let folder = Folder::new("wheel-target");
    let target = folder.0.join("target");
    let installed = Command::new(&wheel.python)
        .args(["-m", "pip", "install", "-q", "--no-index", "--target"])
        .arg(&target)
        .arg(&wheel.file)
        .output()
        .expect("pip starts");
    assert!(installed.status.success(), "{}", text(&installed));
    let found = Command::new("python3")
        .args([
            "-c",
            "import defender_update_incident as d; print(d.path()); print(d.run(None, ['--schema', 'input']).ok)",
        ])
        .env("PYTHONPATH", &target)
        .output()
        .expect("Python starts");
    let expected = format!("{}\nTrue\n", target.join("bin/defender-update-incident").display());
    assert_eq!(text(&found), expected);
    let found = wheel
        .python("print(defender.path())", &[])
        .output()
        .expect("Python starts");
    let beside = wheel.python.with_file_name("defender-update-incident");
    assert_eq!(text(&found), format!("{}\n", beside.display()));
}

#[test]
fn the_same_program_makes_the_same_wheel_and_another_than_a_static_one_none() {
    let Some(wheel) = Wheel::find() else { return };
    if on_path("python3").is_none() {
        return skipped("no python3");
    }
    let folder = Folder::new("wheel-build");
    let program = wheel.python.with_file_name("defender-update-incident");
    for name in ["one", "two"] {
        let built = build(&program, &folder, name);
        assert!(built.status.success(), "{}", text(&built));
        let checked = Command::new("sha256sum")
            .args(["-c", "--strict", "SHA256SUMS"])
            .current_dir(folder.0.join(name))
            .output()
            .expect("it starts");
        assert_eq!(text(&checked).matches(": OK").count(), 2, "{}", text(&checked));
    }
    let sums = |name: &str| std::fs::read(folder.0.join(name).join("SHA256SUMS")).expect("it was made");
    assert_eq!(sums("one"), sums("two"));
    for (program, words) in [
        (env!("CARGO_BIN_EXE_defender-update-incident"), "needs a loader"),
        ("/etc/passwd", "expected a 64-bit"),
    ] {
        let built = build(program.as_ref(), &folder, "refused");
        assert!(
            !built.status.success() && text(&built).contains(words),
            "{}",
            text(&built)
        );
    }
}
