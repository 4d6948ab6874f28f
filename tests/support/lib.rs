//! Runs the real binary: text in, text out, under a time limit and with nothing of this process's environment.
#![allow(clippy::expect_used, reason = "a test that cannot start its program has failed")]

pub mod case;
pub mod guarantee;
pub mod json_text;
pub mod leaks;
pub mod outcome;
pub mod proxy;
pub mod rogue;
pub mod tools;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// One run to come.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// After the program's name.
    pub args: Vec<String>,
    /// All that is in the environment.
    pub env: Vec<(String, String)>,
    /// All that is on stdin.
    pub stdin: Vec<u8>,
    /// In place of the build that is tested.
    pub program: Option<PathBuf>,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Ran {
    /// `None` where a signal ended it, which is how a crash shows.
    pub code: Option<i32>,
    /// All of it.
    pub stdout: Vec<u8>,
    /// All of it.
    pub stderr: Vec<u8>,
}

impl Run {
    /// A run with nothing but this on stdin.
    pub fn with_stdin(stdin: impl Into<Vec<u8>>) -> Self {
        Self {
            stdin: stdin.into(),
            ..Self::default()
        }
    }

    /// With these arguments.
    #[must_use]
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args = args.iter().map(|arg| (*arg).to_owned()).collect();
        self
    }

    /// With one more variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// By another build of the program.
    #[must_use]
    pub fn by(mut self, program: Option<PathBuf>) -> Self {
        self.program = program;
        self
    }

    /// Runs the binary to its end.
    ///
    /// # Errors
    /// That it had to be killed.
    pub fn go(&self) -> Result<Ran, String> {
        let mut child = self.start(Stdio::piped());
        let until = Instant::now() + TIME_LIMIT;
        let stdout = reading(child.stdout.take().expect("stdout is piped"));
        let stderr = reading(child.stderr.take().expect("stderr is piped"));
        let ended = self.feed(&mut child);
        let (Some(stdout), Some(stderr)) = (before(until, &stdout), before(until, &stderr)) else {
            child.kill().ok();
            child.wait().ok();
            return Err(format!("the program was still running after {TIME_LIMIT:?}"));
        };
        let code = child.wait().map_err(|error| error.to_string())?.code();
        ended.recv().ok();
        Ok(Ran { code, stdout, stderr })
    }

    /// Runs the binary with a stdout that nobody reads any more, and returns its exit code and its stderr.
    ///
    /// # Errors
    /// That it had to be killed.
    pub fn go_unread(&self) -> Result<Ran, String> {
        let (reader, writer) = std::io::pipe().map_err(|error| error.to_string())?;
        drop(reader);
        let mut child = self.start(Stdio::from(writer));
        let stderr = reading(child.stderr.take().expect("stderr is piped"));
        let ended = self.feed(&mut child);
        let Some(stderr) = before(Instant::now() + TIME_LIMIT, &stderr) else {
            child.kill().ok();
            child.wait().ok();
            return Err(format!("the program was still running after {TIME_LIMIT:?}"));
        };
        let code = child.wait().map_err(|error| error.to_string())?.code();
        ended.recv().ok();
        Ok(Ran {
            code,
            stdout: Vec::new(),
            stderr,
        })
    }

    fn start(&self, stdout: Stdio) -> Child {
        Command::new(self.program.clone().unwrap_or_else(program))
            .args(&self.args)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built and can be started")
    }

    /// On a thread, since the program may speak before it has read everything, or not read at all.
    fn feed(&self, child: &mut Child) -> Receiver<()> {
        let (done, ended) = mpsc::channel();
        let (mut pipe, bytes) = (child.stdin.take().expect("stdin is piped"), self.stdin.clone());
        thread::spawn(move || {
            // A program that refuses its arguments reads nothing, and that is no failure of this test.
            pipe.write_all(&bytes).ok();
            drop(pipe);
            done.send(()).ok();
        });
        ended
    }
}

impl Ran {
    /// As text; what is no UTF-8 shows as U+FFFD.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// As text; what is no UTF-8 shows as U+FFFD.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The one line of stdout without its line feed.
    ///
    /// # Errors
    /// That there is another number of lines, or that the last is not ended.
    pub fn one_line(&self) -> Result<String, String> {
        one_line(&self.stdout).map_err(|problem| format!("stdout: {problem}"))
    }
}

/// The build that is tested: cargo names it to a test program, and it lies one folder above one that is started by hand.
#[allow(clippy::disallowed_methods, reason = "cargo says it in the environment")]
pub fn program() -> PathBuf {
    let name = "defender-update-incident";
    if let Some(path) = std::env::var_os(format!("CARGO_BIN_EXE_{name}")) {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test program has a path");
    let folder = test.ancestors().nth(2).expect("it lies in target/debug/deps");
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Starts the build that is tested with nothing in its environment; stderr is the test's.
pub fn started() -> Child {
    Command::new(program())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

/// Waits for a program that a test started by its own means, and returns its exit code and all of its stdout.
pub fn ended(child: &mut Child) -> (Option<i32>, String) {
    let mut text = String::new();
    let mut stdout = child.stdout.take().expect("stdout is piped");
    stdout.read_to_string(&mut text).expect("stdout is UTF-8");
    (child.wait().expect("it ends").code(), text)
}

/// The same, with this on its stdin.
pub fn fed(mut child: Child, input: &str) -> (Option<i32>, String) {
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // What cannot run the program at all reads nothing, which its code tells.
    stdin.write_all(input.as_bytes()).ok();
    drop(stdin);
    ended(&mut child)
}

/// Exactly one line, ended by exactly one `\n`.
pub fn one_line(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    match text.strip_suffix('\n') {
        Some(line) if !line.contains(['\n', '\r']) => Ok(line.to_owned()),
        Some(_) => Err(format!(
            "expected one line, found {} of them:\n{text}",
            text.lines().count()
        )),
        None => Err(format!("expected one line with its line feed, found `{text}`")),
    }
}

/// Does `work` for every item on a few threads, and returns what it gave in the order of the items.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..THREADS.min(items.len()) {
            scope.spawn(|| {
                while let Some((place, item)) = {
                    let place = next.fetch_add(1, Ordering::SeqCst);
                    items.get(place).map(|item| (place, item))
                } {
                    let result = work(item);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((place, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

fn reading(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (done, ended) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).ok();
        done.send(bytes).ok();
    });
    ended
}

fn before(until: Instant, ended: &Receiver<Vec<u8>>) -> Option<Vec<u8>> {
    ended.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
}

/// Far above what any case takes, on a slow machine too.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Most of a case is waiting for a process.
const THREADS: usize = 4;
