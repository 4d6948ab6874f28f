//! Runs the stand-in for Entra ID, Defender and Microsoft Graph as a process of its own: one JSON line on stdout says where
//! it is and what it takes, then it serves until stdin closes. Its `graph` holds the asset's fields for the same incident
//! through Graph: `api`, `url` and `scope`, and a token that Graph takes.
//!
//! ```text
//! cargo run --example sandbox -- [--tls | --rsa-chain] [--port N] [--ca-out FILE] [--delay-ms N]
//!                                [--quota N [--window-secs N]] [--big-incident BYTES]
//! ```
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people, with one line for programs"
)]

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use sandbox::{Api, Quota, Sandbox, Settings, Tls, TlsVersions};
use serde_json::json;

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| serve(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options) -> Result<(), String> {
    let sandbox = Sandbox::start(Settings {
        tls: options.tls.then_some(Tls::Good),
        tls_versions: if options.rsa_chain {
            TlsVersions::Only13
        } else {
            TlsVersions::Both
        },
        rsa_chain: options.rsa_chain,
        port: options.port,
        answer_delay: options.delay,
        quota: options.quota.map(|calls| Quota {
            calls,
            window: options.window,
        }),
        ..Settings::default()
    });
    if let Some(bytes) = options.big_incident {
        sandbox.put_incident(sandbox::big_incident(INCIDENT, bytes));
    }
    if let (Some(file), Some(pem)) = (&options.ca_out, sandbox.ca_pem()) {
        std::fs::write(file, pem).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    let settings = sandbox.settings();
    let line = json!({
        "origin": sandbox.origin(),
        "tenant": settings.tenant,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "scope": settings.scope,
        "incident": INCIDENT,
        "access_token": sandbox.issue_token(),
        "graph": {
            "api": "graph",
            "url": sandbox.origin(),
            "scope": settings.graph_scope,
            "access_token": sandbox.issue_token_for(Api::Graph),
        },
        "ca": options.ca_out.as_ref().filter(|_| options.tls),
    });
    println!("{line}");
    io::stdout()
        .flush()
        .and_then(|()| io::copy(&mut io::stdin(), &mut io::sink()))
        .map_err(|error| error.to_string())?;
    Ok(())
}

struct Options {
    tls: bool,
    /// TLS 1.3 alone, with a chain as public services have.
    rsa_chain: bool,
    port: u16,
    ca_out: Option<PathBuf>,
    delay: Duration,
    quota: Option<u32>,
    window: Duration,
    big_incident: Option<usize>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            tls: false,
            rsa_chain: false,
            port: 0,
            ca_out: None,
            delay: Duration::ZERO,
            quota: None,
            window: Duration::from_secs(60),
            big_incident: None,
        };
        while let Some(flag) = arguments.next() {
            match flag.as_str() {
                "--tls" => options.tls = true,
                "--rsa-chain" => (options.tls, options.rsa_chain) = (true, true),
                _ => options.set(&flag, arguments.next())?,
            }
        }
        Ok(options)
    }

    fn set(&mut self, flag: &str, value: Option<String>) -> Result<(), String> {
        let value = value.ok_or_else(|| format!("{flag} needs a value, or is unknown"))?;
        match flag {
            "--port" => self.port = number(flag, &value)?,
            "--ca-out" => self.ca_out = Some(value.into()),
            "--delay-ms" => self.delay = Duration::from_millis(number(flag, &value)?),
            "--quota" => self.quota = Some(number(flag, &value)?),
            "--window-secs" => self.window = Duration::from_secs(number(flag, &value)?),
            "--big-incident" => self.big_incident = Some(number(flag, &value)?),
            _ => return Err(format!("unknown flag {flag}")),
        }
        Ok(())
    }
}

fn number<T: std::str::FromStr>(flag: &str, value: &str) -> Result<T, String> {
    value
        .parse()
        .map_err(|_| format!("{flag}: expected a number, found `{value}`"))
}

const INCIDENT: u64 = 552;
const USAGE: &str = "usage: sandbox [--tls | --rsa-chain] [--port N] [--ca-out FILE] [--delay-ms N] \
                     [--quota N [--window-secs N]] [--big-incident BYTES]";
