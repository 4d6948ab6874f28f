//! Running the real binary the way a runner does: text in, text and exit code out, in an environment of the test's making.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    reason = "each test includes the whole module and uses a part of it; a run that cannot be made ends its test"
)]

pub mod case;
pub mod proxy;
pub mod secrets;

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What came out of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Ran {
    pub fn stdout(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("stdout is UTF-8")
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// Runs the binary once with nothing but `env` in its environment; ends the test where it takes unreasonably long.
pub fn run(args: &[String], env: &[(String, String)], stdin: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_defender-update-incident"))
        .args(args)
        .env_clear()
        .envs(env.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut input = child.stdin.take().expect("stdin is piped");
    let bytes = stdin.to_vec();
    // A program that refuses its arguments ends without reading.
    let writing = thread::spawn(move || input.write_all(&bytes).is_ok());
    let mut out = child.stdout.take().expect("stdout is piped");
    let mut err = child.stderr.take().expect("stderr is piped");
    let reading = thread::spawn(move || {
        let mut bytes = Vec::new();
        err.read_to_end(&mut bytes).map(|_| bytes).expect("stderr can be read")
    });
    let watched = thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).map(|_| bytes).expect("stdout can be read")
    });
    let patience = Instant::now() + Duration::from_secs(60);
    let status = loop {
        match child.try_wait().expect("the binary can be waited for") {
            Some(status) => break status,
            None if Instant::now() > patience => {
                child.kill().expect("it can be killed");
                panic!("the binary did not end");
            }
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    writing.join().expect("writing does not panic");
    Ran {
        code: status.code().unwrap_or(-1),
        stdout: watched.join().expect("reading does not panic"),
        stderr: reading.join().expect("reading does not panic"),
    }
}

/// The one line of an envelope, its framing's prefix taken off.
pub fn one_line<'a>(text: &'a str, prefix: &str) -> Result<&'a str, String> {
    let line = text.strip_suffix('\n').ok_or("expected a line break at the end")?;
    if line.contains('\n') {
        return Err(format!("expected one line, found {}", line.lines().count()));
    }
    line.strip_prefix(prefix)
        .ok_or_else(|| format!("expected `{prefix}` in front, found `{line}`"))
}
