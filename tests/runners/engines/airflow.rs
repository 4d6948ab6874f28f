//! Airflow with the DAG of `deploy/airflow`, run by its own `dags test`, which needs no scheduler.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use super::{Folder, Process, asset, source, text, tool};
use sandbox::Sandbox;

/// One with its database, and with the connection to the sandbox.
pub(crate) struct Airflow {
    program: PathBuf,
    home: Folder,
}

impl Airflow {
    /// `None` where this machine has none.
    pub(crate) fn start(sandbox: &Sandbox) -> Option<Self> {
        let program = tool("airflow", "airflow")?;
        let home = Folder::new("airflow");
        std::fs::create_dir(home.0.join("dags")).expect("the folder takes another");
        let dag = "defender_update_incidents.py";
        std::fs::copy(source("deploy/airflow").join(dag), home.0.join("dags").join(dag)).expect("it is there");
        let airflow = Self { program, home };
        airflow.succeed(&["db", "migrate"]);
        let mut extra = asset(sandbox);
        let mut take = |key: &str| extra.as_object_mut().and_then(|fields| fields.remove(key));
        let (login, password) = (take("client_id"), take("client_secret"));
        let words = |value: Option<Value>| {
            value
                .and_then(|value| value.as_str().map(str::to_owned))
                .expect("it is text")
        };
        airflow.succeed(&[
            "connections",
            "add",
            "defender",
            "--conn-type",
            "generic",
            "--conn-login",
            &words(login),
            "--conn-password",
            &words(password),
            "--conn-extra",
            &extra.to_string(),
        ]);
        Some(airflow)
    }

    /// Runs the DAG with these updates.
    pub(crate) fn update(&self, updates: &[Value]) -> Output {
        let conf = json!({"updates": updates}).to_string();
        self.airflow(&["dags", "test", "defender_update_incidents", "--conf", &conf])
    }

    /// The same on its way.
    pub(crate) fn start_update(&self, updates: &[Value]) -> Process {
        let conf = json!({"updates": updates}).to_string();
        let child = self
            .command(&["dags", "test", "defender_update_incidents", "--conf", &conf])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Process(child.expect("it starts"))
    }

    fn succeed(&self, arguments: &[&str]) {
        let output = self.airflow(arguments);
        assert!(output.status.success(), "{}", text(&output));
    }

    fn airflow(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it starts")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("AIRFLOW_HOME", &self.home.0)
            .env("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
            .env("NO_COLOR", "1");
        command
    }
}
