//! stdin, stdout and stderr as runners hand them over: pipes that do not block, pipes that nobody closes, terminals, disks
//! that are full and files that may not grow. The update goes on as if nothing were, or the exit code tells what did not.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use serde_json::{Value, json};
use support::rogue::{Rogue, Speaks};

/// A service whose incident is far larger than any pipe holds.
fn service() -> Rogue {
    Rogue::start(Speaks::Plain, |line| {
        let (head, _) = line.request()?;
        let body = if head.starts_with("POST ") {
            TOKEN.to_owned()
        } else {
            let alerts = vec![Value::from("x".repeat(1_000)); 2_000];
            json!({"incidentId": 552, "alerts": alerts, "comments":
                [{"comment": "closed", "createdBy": "x", "createdTime": "2024-09-05T07:20:45.5Z"}]})
            .to_string()
        };
        line.say(format!(
            "HTTP/1.1 200 OK\r\nDate: Thu, 05 Sep 2024 07:20:44 GMT\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    })
}

const TOKEN: &str = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ-not-real.eyJ-not-real.not-real"}"#;

fn document(server: &Rogue) -> Value {
    json!({
        "asset": {
            "url": server.origin(),
            "access_token": "eyJ-not-real.eyJ-not-real.not-real",
            "timeout_secs": 30,
        },
        "path_parameters": {"id": 552},
        "json_body": {"comment": "closed"},
    })
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_defender-update-incident"));
    command.args(args).env_clear().stderr(Stdio::piped());
    command
}

/// The program under a limit that only a shell sets.
fn limited(limit: &str, args: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    let line = format!("{limit} && exec \"$0\" {args}");
    command
        .args(["-c", &line, env!("CARGO_BIN_EXE_defender-update-incident")])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

struct Ended {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

impl Ended {
    fn envelope(&self) -> Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.stdout)))
    }

    #[track_caller]
    fn assert_whole(&self, what: &str) {
        assert_eq!(self.code, Some(0), "{what}: {}", self.stderr);
        assert_eq!(self.envelope()["json_body"]["incidentId"], 552, "{what}");
    }
}

/// Reads what comes, slowly, as a runner does that has other things to do.
fn end(mut child: Child, mut stdout: impl Read) -> Ended {
    let mut said = Vec::new();
    let mut piece = [0; 64 * 1024];
    loop {
        match stdout.read(&mut piece).expect("stdout can be read") {
            0 => break,
            amount => said.extend_from_slice(&piece[..amount]),
        }
        if said.len() < 512 * 1024 {
            thread::sleep(Duration::from_millis(20));
        }
    }
    let mut stderr = String::new();
    let mut pipe = child.stderr.take().expect("stderr is piped");
    pipe.read_to_string(&mut stderr).expect("stderr is UTF-8");
    let code = child.wait().expect("it ends").code();
    Ended {
        code,
        stdout: said,
        stderr,
    }
}

fn run(command: &mut Command, input: &[u8]) -> Ended {
    let mut child = command.spawn().expect("it starts");
    // It may end before it has read anything.
    child.stdin.take().expect("stdin is piped").write_all(input).ok();
    let stdout = child.stdout.take();
    match stdout {
        Some(stdout) => end(child, stdout),
        None => end(child, std::io::empty()),
    }
}

fn pipe() -> (PipeReader, PipeWriter) {
    std::io::pipe().expect("a pipe can be made")
}

fn never_block(stream: impl std::os::fd::AsFd) {
    let flags = fcntl_getfl(&stream).expect("it has flags");
    fcntl_setfl(&stream, flags | OFlags::NONBLOCK).expect("they can be set");
}

#[test]
fn pipes_that_do_not_block_are_waited_for_both_ways() {
    let server = service();
    let input = document(&server).to_string();
    let (reader, mut writer) = pipe();
    let (said, stdout) = pipe();
    never_block(&reader);
    never_block(&stdout);
    let child = program(&[]).stdin(reader).stdout(stdout).spawn().expect("it starts");
    for piece in input.as_bytes().chunks(input.len() / 3) {
        // Late enough for the program to find nothing there.
        thread::sleep(Duration::from_millis(200));
        writer.write_all(piece).expect("it reads");
    }
    drop(writer);
    let ended = end(child, said);
    ended.assert_whole("slow both ways");
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_pause_within_a_document_is_no_end() {
    let server = service();
    let input = document(&server).to_string();
    let (reader, mut writer) = pipe();
    let child = program(&[]).stdin(reader).stdout(Stdio::piped()).spawn();
    let mut child = child.expect("it starts");
    let (first, second) = input.split_at(input.len() / 2);
    writer.write_all(first.as_bytes()).expect("it reads");
    // Longer than what is taken for the end of a whole one.
    thread::sleep(Duration::from_millis(1_500));
    writer.write_all(second.as_bytes()).expect("it reads");
    drop(writer);
    let stdout = child.stdout.take().expect("stdout is piped");
    let ended = end(child, stdout);
    ended.assert_whole("in two halves");
    assert_eq!(ended.stderr, "");
}

#[test]
fn the_time_that_a_document_takes_to_come_counts() {
    let server = service();
    let mut input = document(&server);
    for (limit, in_time) in [(1, false), (20, true)] {
        input["asset"]["timeout_secs"] = json!(limit);
        let text = input.to_string();
        let mut child = program(&[])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        for piece in text.as_bytes().chunks(text.len() / 8) {
            // It may have ended by then.
            stdin.write_all(piece).ok();
            thread::sleep(Duration::from_millis(250));
        }
        drop(stdin);
        let stdout = child.stdout.take().expect("stdout is piped");
        let ended = end(child, stdout);
        if in_time {
            ended.assert_whole("in time");
            continue;
        }
        let out = ended.envelope();
        let told = (&out["name"], &out["update"]);
        assert_eq!(ended.code, Some(3), "{out}");
        assert_eq!(told, (&json!("TimedOut"), &json!("not_applied")), "{out}");
        assert_eq!(
            server.requests().len(),
            0,
            "nothing is begun that cannot be ended: {out}"
        );
    }
}

#[test]
fn a_whole_document_is_enough_where_stdin_stays_open() {
    let server = service();
    let text = document(&server).to_string();
    let utf_16: Vec<u8> = "\u{feff}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (what, input) in [
        ("as it is", text.clone().into_bytes()),
        ("with blanks around", format!(" \n{text}\r\n\n").into_bytes()),
        ("in UTF-16", utf_16),
    ] {
        let (reader, mut writer) = pipe();
        let child = program(&[]).stdin(reader).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("it starts");
        let started = Instant::now();
        writer.write_all(&input).expect("it reads");
        let stdout = child.stdout.take().expect("stdout is piped");
        let ended = end(child, stdout);
        ended.assert_whole(what);
        assert!(
            ended.stderr.contains("stdin was not closed"),
            "{what}: {}",
            ended.stderr
        );
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{what}: {:?}",
            started.elapsed()
        );
        drop(writer);
    }
}

#[test]
fn what_is_no_whole_document_is_waited_for_and_then_named() {
    let server = service();
    let mut half = document(&server).to_string();
    half.truncate(half.len() - 1);
    for (what, input) in [("half of one", half.as_str()), ("a list", "[1]"), ("nothing", "")] {
        let (reader, mut writer) = pipe();
        let child = program(&[]).stdin(reader).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("it starts");
        writer.write_all(input.as_bytes()).expect("it reads");
        thread::sleep(Duration::from_millis(1_500));
        assert!(child.try_wait().expect("it is a child").is_none(), "{what}: it waits");
        drop(writer);
        let stdout = child.stdout.take().expect("stdout is piped");
        let ended = end(child, stdout);
        assert_eq!(
            (ended.code, &ended.envelope()["name"]),
            (Some(2), &json!("InvalidInput")),
            "{what}"
        );
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_terminal_is_not_taken_for_a_pipe_that_nobody_closes() {
    let server = service();
    // It gives the program a terminal, and types what comes on its own stdin.
    let command = format!("'{}' > /dev/null", env!("CARGO_BIN_EXE_defender-update-incident"));
    let typing = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match typing {
        Ok(child) => child,
        Err(error) => {
            writeln!(std::io::stderr(), "SKIPPED: `script` cannot be started: {error}").expect("a line");
            return;
        }
    };
    let mut keys = child.stdin.take().expect("stdin is piped");
    keys.write_all(format!("{}\n", document(&server)).as_bytes())
        .expect("it takes keys");
    thread::sleep(Duration::from_millis(2_500));
    assert!(
        child.try_wait().expect("it is a child").is_none(),
        "somebody may still be thinking"
    );
    assert_eq!(server.connections(), 0);
    // Ctrl-D.
    keys.write_all(&[4]).expect("it takes keys");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(server.count("PATCH"), 1);
}

#[test]
fn a_full_disk_is_told_by_the_exit_code_and_on_stderr() {
    let server = service();
    let input = document(&server).to_string();
    let full = || File::options().write(true).open("/dev/full").expect("Linux has it");
    for (args, code) in [
        ([].as_slice(), 4),
        (&["--read"], 4),
        (&["--framing", "turbine"], 1),
        (&["--dry-run"], 3),
        (&["--schema", "input"], 3),
        (&["--schema", "output"], 3),
        (&["--help"], 3),
        (&["--version"], 3),
        (&["--no-such-option"], 2),
    ] {
        let mut command = program(args);
        let ended = run(command.stdin(Stdio::piped()).stdout(full()), input.as_bytes());
        assert_eq!(ended.code, Some(code), "{args:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("could not be written"),
            "{args:?}: {}",
            ended.stderr
        );
    }
    // Where only stderr is full, nothing is missing.
    let mut command = program(&[]);
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(full())
        .env("RUST_LOG", "debug");
    let mut child = command.spawn().expect("it starts");
    child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(input.as_bytes())
        .expect("it reads");
    let ran = child.wait_with_output().expect("it ends");
    assert_eq!(ran.status.code(), Some(0));
    assert!(serde_json::from_slice::<Value>(&ran.stdout).is_ok());
}

#[test]
fn a_file_that_may_not_grow_ends_no_run() {
    let server = service();
    let folder = std::env::temp_dir().join(format!("defender-update-incident-streams-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files takes one");
    let mut document = document(&server);
    document["asset"] = json!({
        "url": server.origin(),
        "login_url": server.origin(),
        "tenant_id": "00000000-0000-0000-0000-000000000001",
        "client_id": "00000000-0000-0000-0000-000000000002",
        "client_secret": "secret-not-real",
        "scope": "https://api.example/.default",
        "token_cache_dir": folder.to_str().expect("it is UTF-8"),
    });
    let input = document.to_string();
    let ended = run(&mut limited("ulimit -f 0", ""), input.as_bytes());
    ended.assert_whole("a token cache that takes nothing");
    assert!(
        ended.stderr.contains("the token cache cannot be written"),
        "{}",
        ended.stderr
    );
    for limit in ["ulimit -f 0", "ulimit -f 1"] {
        let out = File::create(folder.join("out")).expect("a file can be made");
        let ended = run(limited(limit, "").stdout(out), input.as_bytes());
        assert_eq!(ended.code, Some(4), "{limit}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("could not be written"),
            "{limit}: {}",
            ended.stderr
        );
    }
    std::fs::remove_dir_all(&folder).ok();
}

#[test]
fn a_user_who_may_start_no_thread_is_told_so() {
    if !rustix::process::geteuid().is_root() {
        writeln!(
            std::io::stderr(),
            "SKIPPED: only root can run as a user that nobody else is"
        )
        .expect("a line");
        return;
    }
    // The limit counts all of a user's processes, so this is one that has none.
    let program = env!("CARGO_BIN_EXE_defender-update-incident");
    for most in ["--nproc=1", "--nproc=2"] {
        let mut command = Command::new("prlimit");
        command
            .args([most, "setpriv", "--reuid", "64999", "--clear-groups", program])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let input = json!({
            "asset": {"url": "https://localhost:1", "access_token": "eyJ-not-real.eyJ-not-real.not-real", "timeout_secs": 5,
                      "retry_wait_secs": 0.01},
            "path_parameters": {"id": 552},
            "json_body": {"comment": "closed"},
        });
        let ended = run(&mut command, input.to_string().as_bytes());
        if ended.code == Some(126) || ended.code == Some(127) {
            writeln!(
                std::io::stderr(),
                "SKIPPED: another user cannot start it: {}",
                ended.stderr
            )
            .expect("a line");
            return;
        }
        let out = ended.envelope();
        assert_eq!(
            (ended.code, &out["update"]),
            (Some(3), &json!("not_applied")),
            "{most}: {out}"
        );
        let said = out.to_string();
        assert!(
            said.contains("no thread could be started") && said.contains("ulimit -u"),
            "{most}: {out}"
        );
        assert!(!said.contains("/rustc/") && !said.contains(".rs:"), "{most}: {out}");
    }
}
