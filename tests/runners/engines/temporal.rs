//! A Temporal server, and workers from `deploy/temporal`.

use std::cell::Cell;
use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Folder, Process, source, tool, until};

/// The server, on ports that the kernel picked, with its history in a folder of its own.
pub(crate) struct Engine {
    _server: Process,
    pub folder: Folder,
    address: String,
    python: PathBuf,
    program: PathBuf,
    workers: Cell<u32>,
}

/// A worker, and its file with the asset.
pub(crate) struct Worker {
    pub process: Process,
    pub asset: PathBuf,
}

/// What a worker is told by its environment.
pub(crate) struct Queue<'a> {
    pub name: &'a str,
    pub at_once: u32,
    pub per_minute: u32,
    pub asset: Value,
}

impl Engine {
    /// One that answers, or `None` where this machine has none.
    pub(crate) fn start(name: &str) -> Option<Self> {
        let (program, python) = (tool("temporal", "temporal")?, tool("temporal", "python")?);
        let folder = Folder::new(name);
        // Freed again for the server: nobody else on this machine is given it so soon.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("the kernel has a port").port();
        let log = File::create(folder.0.join("server.log")).expect("the folder takes a file");
        let server = Command::new(&program)
            .args([
                "server",
                "start-dev",
                "--headless",
                "--ip",
                "127.0.0.1",
                "--log-level",
                "error",
            ])
            .args(["--port", &port.to_string(), "--db-filename"])
            .arg(folder.0.join("history.db"))
            .env("HOME", &folder.0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("it starts");
        let engine = Self {
            _server: Process(server),
            folder,
            address: format!("127.0.0.1:{port}"),
            python,
            program,
            workers: Cell::new(0),
        };
        // It is healthy before it has made the namespace.
        until("the server has its namespace", Duration::from_secs(60), || {
            let described = engine.temporal(&["operator", "namespace", "describe", "default"]);
            described.status.success()
        });
        Some(engine)
    }

    /// Asks the server.
    pub(crate) fn temporal(&self, arguments: &[&str]) -> Output {
        Command::new(&self.program)
            .args(arguments)
            .args(["--address", &self.address])
            .env("HOME", &self.folder.0)
            .output()
            .expect("it starts")
    }

    /// A worker as `deploy/temporal` has it, with a file of its own for the asset.
    pub(crate) fn worker(&self, queue: &Queue<'_>) -> Worker {
        let number = self.workers.get() + 1;
        self.workers.set(number);
        let asset = self
            .folder
            .file(&format!("asset-{number}.json"), &queue.asset.to_string());
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.0.join("workers.log"))
            .expect("the folder takes a file");
        let worker = self
            .python(queue.name)
            .arg(source("deploy/temporal/worker.py"))
            .env("DEFENDER_ASSET_FILE", &asset)
            .env("DEFENDER_AT_ONCE", queue.at_once.to_string())
            .env("DEFENDER_PER_MINUTE", queue.per_minute.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn();
        Worker {
            process: Process(worker.expect("it starts")),
            asset,
        }
    }

    /// Python, with what finds the server and the queue.
    pub(crate) fn python(&self, queue: &str) -> Command {
        let mut command = Command::new(&self.python);
        command
            .env("TEMPORAL_ADDRESS", &self.address)
            .env("DEFENDER_QUEUE", queue)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// One update by `deploy/temporal/start.py`, to its end.
    pub(crate) fn update(&self, queue: &str, id: &str, document: &Value) -> Output {
        self.start_update(queue, id, document)
            .wait_with_output()
            .expect("it ends")
    }

    /// The same, on its way.
    pub(crate) fn start_update(&self, queue: &str, id: &str, document: &Value) -> Child {
        let input = self.folder.file(&format!("{id}.json"), &document.to_string());
        self.python(queue)
            .arg(source("deploy/temporal/start.py"))
            .arg(id)
            .stdin(File::open(input).expect("it was written"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts")
    }

    /// All that the workers wrote.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.0.join("workers.log")).unwrap_or_default()
    }

    /// What the engine keeps of a workflow.
    pub(crate) fn history(&self, id: &str) -> Value {
        let output = self.temporal(&["workflow", "show", "--output", "json", "--workflow-id", id]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// Starts a workflow for each document, and gives their outcomes in order once all have ended: `"applied"`, or the type of the
    /// failure.
    pub(crate) fn outcomes(&self, queue: &str, documents: &[Value]) -> Fleet {
        let input = self.folder.file("fleet.json", &json!(documents).to_string());
        // In a file: a pipe that nobody reads meanwhile would hold it up once full.
        let outcomes = self.folder.file("outcomes.json", "");
        let driver = self
            .python(queue)
            .arg(source("tests/runners/engines/temporal_fleet.py"))
            .stdin(File::open(input).expect("it was written"))
            .stdout(File::create(&outcomes).expect("it was written"))
            .spawn();
        Fleet {
            driver: Process(driver.expect("it starts")),
            outcomes,
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            writeln!(std::io::stderr(), "the workers said: {}", self.log()).ok();
        }
    }
}

/// Many workflows on their way.
pub(crate) struct Fleet {
    driver: Process,
    outcomes: PathBuf,
}

impl Fleet {
    /// Their outcomes, once all have ended; a test that waits for ever says nothing.
    pub(crate) fn ended(mut self, limit: Duration) -> Vec<String> {
        until("all workflows have ended", limit, || {
            self.driver.0.try_wait().expect("it was started").is_some()
        });
        let outcomes = std::fs::read_to_string(&self.outcomes).expect("it was written");
        serde_json::from_str(&outcomes).unwrap_or_else(|error| panic!("{error}: {outcomes}"))
    }
}
