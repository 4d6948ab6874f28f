//! The sandbox as a process of its own, so that its work counts for nobody, and where its parts are to be found.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running sandbox; it ends when this is dropped.
pub struct Service {
    process: Child,
    address: SocketAddr,
    said: Value,
    ca: PathBuf,
}

/// Where a client finds the two services: their certificate has both names, and no client reuses for one host the connection
/// that it has to another, just as with the real ones.
pub struct Place {
    pub sign_in: String,
    pub api: String,
}

impl Service {
    /// Starts one over TLS 1.3 with an RSA-2048 chain, with these flags besides.
    pub fn start(program: &Path, ca: PathBuf, flags: &[&str]) -> Result<Self, String> {
        let mut process = Command::new(program)
            .args(["--rsa-chain", "--ca-out"])
            .arg(&ca)
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .map_err(|error| error.to_string())?;
        }
        let said: Value = serde_json::from_str(&line).map_err(|error| format!("the sandbox said `{line}`: {error}"))?;
        let port = said["origin"]
            .as_str()
            .and_then(|origin| origin.rsplit(':').next()?.parse().ok());
        let port: u16 = port.ok_or_else(|| format!("no port in `{line}`"))?;
        Ok(Self {
            process,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            said,
            ca,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A word that it said at its start.
    pub fn said(&self, key: &str) -> &str {
        self.said[key].as_str().unwrap_or_default()
    }

    /// The same of what it says about Microsoft Graph.
    pub fn said_of_graph(&self, key: &str) -> &str {
        self.said["graph"][key].as_str().unwrap_or_default()
    }

    /// The file of the CA to trust.
    pub fn ca(&self) -> String {
        self.ca.display().to_string()
    }
}

impl Place {
    /// Behind this port.
    pub fn at(port: u16) -> Self {
        Self {
            sign_in: format!("https://localhost:{port}"),
            api: format!("https://127.0.0.1:{port}"),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().ok();
    }
}
