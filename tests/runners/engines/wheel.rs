//! The wheel that `.ci/platform-tools` built, installed as its users install it, and its module.

use std::path::PathBuf;
use std::process::{Command, Output};

use super::{Folder, skipped, source, tool};

/// The wheel and a Python that has it.
pub(crate) struct Wheel {
    pub file: PathBuf,
    pub python: PathBuf,
}

impl Wheel {
    /// What was built last, or `None` where nothing was.
    pub(crate) fn find() -> Option<Self> {
        let python = tool("temporal", "python")?;
        let built = std::fs::read_dir(source("target/platforms/wheel")).ok()?;
        let mut files = built.flatten().map(|entry| entry.path());
        let Some(file) = files.find(|path| path.extension().is_some_and(|kind| kind == "whl")) else {
            skipped("target/platforms/wheel holds no wheel");
            return None;
        };
        Some(Self { file, python })
    }

    /// Runs a few lines of Python that import the module.
    pub(crate) fn python(&self, lines: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.python);
        command
            .args([
                "-c",
                &format!("import json, sys\nimport defender_update_incident as defender\n{lines}"),
            ])
            .args(arguments);
        command
    }
}

/// Packs a program into a folder.
pub(crate) fn build(program: &std::path::Path, folder: &Folder, name: &str) -> Output {
    Command::new("python3")
        .arg(source("deploy/wheel/build.py"))
        .arg(program)
        .arg(folder.0.join(name))
        .output()
        .expect("Python starts")
}
