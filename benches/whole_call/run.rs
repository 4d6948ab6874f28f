//! One run of one program: started, fed, read to its end, timed and checked. A run that did not do its work is an error, so
//! that no figure can come from a failure.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// A program to run: nothing of this process's environment reaches it but `PATH`.
#[derive(Clone)]
pub struct Call {
    pub program: PathBuf,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub stdin: String,
    pub success: Success,
}

/// How a run's output shows that the incident was updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// One envelope with status 200 and the incident.
    Envelope,
    /// The incident, and as many lines that say 200 as there were requests to see.
    Statuses(usize),
    /// At least so many bytes, for a program that makes no request.
    Bytes(usize),
}

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// From before the process is made until its output has ended and it is gone.
    pub wall: Duration,
    /// User and system time of the process and of all that it started.
    pub cpu: Duration,
}

impl Call {
    /// Runs it once.
    pub fn run(&self) -> Result<Sample, String> {
        let before = cpu_of_children()?;
        let started = Instant::now();
        let (child, stdout, stderr) = self.read_to_end(self.start(&[])?)?;
        let (status, wall) = (child?, started.elapsed());
        let cpu = cpu_of_children()?.saturating_sub(before);
        self.check(status.success(), &stdout, &stderr)?;
        Ok(Sample { wall, cpu })
    }

    /// Runs it once and watches the most memory that it and all that it started had together. The kernel's figure at the end
    /// of a process would not do: it counts what the process that started it had at that moment. Watching takes time of its
    /// own, so that nothing is timed here.
    pub fn peak_bytes(&self) -> Result<u64, String> {
        let child = self.start(&[])?;
        let process = child.id();
        let watching = thread::spawn(move || {
            let mut peak = 0;
            // The lines are gone once the process is.
            while let Some(bytes) = memory(process) {
                peak = peak.max(bytes);
                thread::sleep(Duration::from_micros(200));
            }
            peak
        });
        let (ended, stdout, stderr) = self.read_to_end(child)?;
        self.check(ended?.success(), &stdout, &stderr)?;
        watching
            .join()
            .ok()
            .filter(|peak| *peak > 0)
            .ok_or_else(|| "the memory could not be watched".to_owned())
    }

    /// Runs it once as the last arguments of another program.
    pub fn run_under(&self, wrapper: &[&str]) -> Result<(), String> {
        let (ended, stdout, stderr) = self.read_to_end(self.start(wrapper)?)?;
        self.check(ended?.success(), &stdout, &stderr)
    }

    fn start(&self, wrapper: &[&str]) -> Result<Child, String> {
        let program = self.program.display().to_string();
        let mut words = wrapper.iter().copied().chain([program.as_str()]);
        Command::new(words.next().unwrap_or_default())
            .args(words)
            .args(&self.args)
            .env_clear()
            .env("PATH", path())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))
    }

    /// Inputs are small enough for a pipe, and nothing here writes much to stderr, so that no thread is needed.
    #[allow(clippy::type_complexity, reason = "the three ends of one process")]
    fn read_to_end(
        &self,
        mut child: Child,
    ) -> Result<(Result<std::process::ExitStatus, String>, Vec<u8>, Vec<u8>), String> {
        if let Some(mut stdin) = child.stdin.take() {
            // Who takes no input may be gone already.
            stdin.write_all(self.stdin.as_bytes()).ok();
        }
        let (mut out, mut err) = (Vec::new(), Vec::new());
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_end(&mut out).map_err(|error| error.to_string())?;
        }
        if let Some(mut stderr) = child.stderr.take() {
            stderr.read_to_end(&mut err).map_err(|error| error.to_string())?;
        }
        Ok((child.wait().map_err(|error| error.to_string()), out, err))
    }

    fn check(&self, exited_well: bool, stdout: &[u8], stderr: &[u8]) -> Result<(), String> {
        let text = String::from_utf8_lossy(stdout);
        let has = |part: &str| text.contains(part) || text.contains(&part.replace(':', ": "));
        let done = match self.success {
            Success::Envelope => has("\"status_code\":200") && has("\"incidentId\":552"),
            Success::Statuses(count) => {
                has("\"incidentId\":552") && text.lines().filter(|line| *line == "200").count() == count
            }
            Success::Bytes(count) => stdout.len() >= count,
        };
        if exited_well && done {
            return Ok(());
        }
        let start: String = text.chars().take(600).collect();
        Err(format!(
            "{} did not update the incident: {start}\n{}",
            self.program.display(),
            String::from_utf8_lossy(stderr)
        ))
    }
}

/// Where programs are looked for.
#[allow(clippy::disallowed_methods, reason = "a benchmark's own setting")]
pub fn path() -> String {
    std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned())
}

/// Of those that have ended and were waited for: the sandbox, which goes on, is not among them.
fn cpu_of_children() -> Result<Duration, String> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    let micros = (usage.user_time() + usage.system_time()).num_microseconds();
    Ok(Duration::from_micros(micros.try_into().unwrap_or_default()))
}

/// Of a process by itself the most it ever had, as it may be gone before it is looked at again; with others what they have now.
fn memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let of_children: u64 = children
        .split_whitespace()
        .filter_map(|child| memory(child.parse().ok()?))
        .sum();
    let line = if of_children == 0 { "VmHWM:" } else { "VmRSS:" };
    let own = status.lines().find_map(|found| found.strip_prefix(line))?;
    let kibibytes: u64 = own.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1_024 + of_children)
}
