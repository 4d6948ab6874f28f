//! Builds and installs what is measured, and says of everything that a machine lacks why it is left out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run;

/// What there is to measure. A peer that is missing is an `Err` with the reason.
pub struct Programs {
    /// For files of the benchmark's own.
    pub folder: PathBuf,
    /// The file that is shipped.
    pub binary: PathBuf,
    /// The same code with its functions' names, for valgrind.
    pub named_binary: Result<PathBuf, String>,
    /// The stand-in for Entra ID and Defender.
    pub sandbox: PathBuf,
    /// A Python that has Swimlane's runner and requests.
    pub python: Result<PathBuf, String>,
    pub curl: Result<PathBuf, String>,
    pub jq: Result<PathBuf, String>,
    pub valgrind: Result<PathBuf, String>,
    pub gzip: Result<PathBuf, String>,
}

/// Swimlane's runner as published on PyPI.
pub const RUNNER: &str = "connector-def-runner==2.3.18";

/// This project.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

impl Programs {
    /// Builds and installs everything; what was built and installed before is used again.
    pub fn prepare() -> Result<Self, String> {
        let target = target_folder()?;
        let folder = target.join("whole-call");
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let sandbox = done(
            Command::new("cargo")
                .args(["build", "--release", "--locked", "--example", "sandbox", "--target-dir"])
                .arg(&target),
        )
        .map(|_| target.join("release/examples/sandbox"))?;
        // First, as the two share a folder and the one that is shipped has to be left there.
        let named = folder.join("named");
        let valgrind = find("valgrind");
        let named_binary = valgrind.clone().and_then(|_| {
            let built = build(&target.join("static"), &["-C", "strip=none"])?;
            std::fs::copy(built, &named).map_err(|error| error.to_string())?;
            Ok(named)
        });
        let binary = build(&target.join("static"), &[])?;
        Ok(Self {
            python: environment(&folder.join("venv")),
            folder,
            binary,
            named_binary,
            sandbox,
            curl: find("curl"),
            jq: find("jq"),
            valgrind,
            gzip: find("gzip"),
        })
    }

    /// What is left out, and why.
    pub fn skipped(&self) -> Vec<String> {
        [&self.python, &self.curl, &self.jq, &self.valgrind, &self.gzip]
            .into_iter()
            .filter_map(|program| program.as_ref().err().cloned())
            .collect()
    }

    /// What measured, in words.
    pub fn machine(&self) -> Vec<(&'static str, String)> {
        let first_line = |program: &Result<PathBuf, String>, argument: &str| match program {
            Ok(path) => done(Command::new(path).arg(argument)).map_or_else(
                |error| error,
                |text| text.lines().next().unwrap_or_default().chars().take(60).collect(),
            ),
            Err(why) => format!("SKIPPED: {why}"),
        };
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cpu = read("/proc/cpuinfo")
            .lines()
            .find_map(|line| {
                line.strip_prefix("model name")?
                    .split_once(": ")
                    .map(|(_, name)| name.to_owned())
            })
            .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let version = |command: &mut Command| done(command).map_or_else(|error| error, |text| text.trim().to_owned());
        vec![
            ("CPU", format!("{cpu}, {cores} cores")),
            ("kernel", format!("Linux {}", read("/proc/sys/kernel/osrelease").trim())),
            // That of what is measured: results are no change of it.
            (
                "commit",
                version(Command::new("git").args([
                    "log",
                    "-1",
                    "--format=%h",
                    "--",
                    "src",
                    "Cargo.toml",
                    "Cargo.lock",
                ])),
            ),
            ("rustc", version(Command::new("rustc").arg("-V"))),
            ("curl", first_line(&self.curl, "-V")),
            ("Python", first_line(&self.python, "-V")),
            ("Swimlane's runner", RUNNER.to_owned()),
            ("valgrind", first_line(&self.valgrind, "--version")),
        ]
    }
}

/// cargo puts a benchmark at `TARGET/release/deps/NAME`.
fn target_folder() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    this.ancestors()
        .nth(3)
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("{} is in no target folder", this.display()))
}

fn build(target: &Path, flags: &[&str]) -> Result<PathBuf, String> {
    let mut script = Command::new(Path::new(ROOT).join("deploy/build.sh"));
    done(script.arg(target).args(flags)).map(|path| PathBuf::from(path.trim()))
}

fn environment(venv: &Path) -> Result<PathBuf, String> {
    let python = venv.join("bin/python");
    let ready = "import importlib.metadata as m, requests; assert m.version('connector-def-runner') == '2.3.18'";
    if done(Command::new(&python).args(["-c", ready])).is_ok() {
        return Ok(python);
    }
    find("python3")
        .and_then(|system| done(Command::new(system).args(["-m", "venv"]).arg(venv)))
        .and_then(|_| done(Command::new(&python).args(["-m", "pip", "install", "-q", RUNNER, "requests"])))
        .map(|_| python)
        .map_err(|why| format!("no Python environment with {RUNNER}: {why}"))
}

fn find(name: &str) -> Result<PathBuf, String> {
    run::path()
        .split(':')
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("{name} is not installed"))
}

/// Runs a command to its end and returns its stdout; what it says on stderr is shown as it comes.
fn done(command: &mut Command) -> Result<String, String> {
    let output = command
        .current_dir(ROOT)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{} cannot be started: {error}", command.get_program().display()))?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", command.get_program().display(), output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
