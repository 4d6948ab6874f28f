//! The pod of `deploy/kubernetes/job.yaml`, played by podman, with what it keeps in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::{Folder, on_path, skipped, source, text, tool};

/// A podman that can play a pod.
pub(crate) struct Podman {
    folder: Folder,
    python: PathBuf,
}

impl Podman {
    /// `None` where no container runs on this machine; from there on nothing is skipped.
    pub(crate) fn start(name: &str) -> Option<Self> {
        let python = tool("kubernetes", "python")?;
        let (Some(_), Some(_), Some(catatonit)) = (on_path("podman"), on_path("runc"), on_path("catatonit")) else {
            skipped("a pod is played by podman, runc and catatonit, and one of them is not on PATH");
            return None;
        };
        if !rustix::process::getuid().is_root() {
            skipped("the pod runs as a user of its own, which only root can arrange here");
            return None;
        }
        let podman = Self {
            folder: Folder::new(name),
            python,
        };
        // podman takes no longer path than 50 characters for its own: the name is short.
        // Machines that may not raise limits, or have no systemd, refuse podman's defaults.
        podman.folder.file("containers.conf", CONTAINERS_CONF);
        // The one program without libraries that is here for certain.
        let probed = podman
            .make_image(&catatonit, "localhost/probe")
            .and_then(|()| podman.succeed(&["run", "--rm", "--network", "none", "localhost/probe", "--version"]));
        if let Err(why) = probed {
            skipped(&format!("no container runs here: {why}"));
            return None;
        }
        Some(podman)
    }

    /// Whether it mounts a Secret as it is encoded, as 4.3 does.
    pub(crate) fn mounts_secrets_encoded(&self) -> bool {
        let output = self.run(&["version", "--format", "{{.Client.Version}}"]);
        let version = String::from_utf8_lossy(&output.stdout);
        let mut parts = version.trim().split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        (parts.next(), parts.next()) < (Some(4), Some(4))
    }

    /// Plays the Job's pod with this document and this secret, over an image that holds the program alone: not even a user, so that
    /// what the pod's description says of it is what counts.
    pub(crate) fn play(&self, program: &Path, document: &Value, secret: &str) -> Pod<'_> {
        let folder = &self.folder;
        let files = [
            source("deploy/kubernetes/job.yaml"),
            folder.file("document.json", &document.to_string()),
            folder.file("secret", secret),
            folder.0.clone(),
        ];
        let made = Command::new(&self.python)
            .arg(source("tests/runners/engines/pod_from_job.py"))
            .args(files)
            .output()
            .expect("it starts");
        assert!(made.status.success(), "{}", text(&made));
        let image = String::from_utf8_lossy(&made.stdout).trim().to_owned();
        self.make_image(program, &image).unwrap_or_else(|why| panic!("{why}"));
        // The Secret first and by itself.
        for file in ["secret.yaml", "pod.yaml"] {
            let played = self.succeed(&["kube", "play", "--log-driver", "k8s-file", file]);
            played.unwrap_or_else(|why| panic!("{file}: {why}"));
        }
        Pod(self)
    }

    /// An image that holds this program and nothing else, and starts it.
    fn make_image(&self, program: &Path, image: &str) -> Result<(), String> {
        let copied = std::fs::copy(program, self.folder.0.join("program"));
        copied.map_err(|error| format!("{}: {error}", program.display()))?;
        let packed = Command::new("tar")
            .args(["-cf", "image.tar", "program"])
            .current_dir(&self.folder.0)
            .status();
        if !packed.is_ok_and(|status| status.success()) {
            return Err("tar failed".to_owned());
        }
        self.succeed(&["import", "--change", r#"ENTRYPOINT ["/program"]"#, "image.tar", image])
    }

    fn succeed(&self, arguments: &[&str]) -> Result<(), String> {
        let output = self.run(arguments);
        output.status.success().then_some(()).ok_or_else(|| text(&output))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let folder = &self.folder.0;
        Command::new("podman")
            .arg("--root")
            .arg(folder.join("root"))
            .arg("--runroot")
            .arg(folder.join("run"))
            .args(arguments)
            .env("CONTAINERS_CONF", folder.join("containers.conf"))
            // A folder here that had the image's name would be taken for what to build it from.
            .current_dir(folder)
            .output()
            .expect("it starts")
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        // What it mounted is in the way of removing the folder.
        self.run(&["pod", "rm", "--all", "--force"]);
        self.run(&["unmount", "--all"]);
    }
}

/// The one that plays.
pub(crate) struct Pod<'a>(&'a Podman);

impl Pod<'_> {
    /// What podman says of its container, by a template of Go.
    pub(crate) fn inspect(&self, template: &str) -> String {
        let output = self.0.run(&["inspect", "--format", template, CONTAINER]);
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The program's process, or 0 once it has ended.
    pub(crate) fn pid(&self) -> u32 {
        self.inspect("{{.State.Pid}}").parse().expect("it is a number")
    }

    /// Its exit code and what it wrote, once it has ended.
    pub(crate) fn ended(&self) -> (String, String) {
        let code = self.0.run(&["wait", CONTAINER]);
        let logs = self.0.run(&["logs", CONTAINER]);
        (String::from_utf8_lossy(&code.stdout).trim().to_owned(), text(&logs))
    }
}

/// The pod's name and the container's.
const CONTAINER: &str = "update-update";

const CONTAINERS_CONF: &str = r#"[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"#;
