//! The pod half of `deploy/kubernetes/job.yaml`, by `podman kube play`: its security context, its secret and its document, with
//! the program that is shipped. What makes a Job of it, tries and `podFailurePolicy`, podman does not have.
#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a run that cannot be made ends its test; the environment says where tools are"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::engines::podman::Podman;
use crate::engines::{asset, copies, skipped, until, updates};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::{Value, json};

/// The shipped file, and a podman; `None` where one of them is missing, which is said.
fn tools(name: &str) -> Option<(PathBuf, Podman)> {
    let Some(program) = std::env::var_os("STATIC_BINARY") else {
        skipped("STATIC_BINARY names no program for an image without libraries; deploy/build.sh makes it");
        return None;
    };
    Some((PathBuf::from(program), Podman::start(name)?))
}

/// A sandbox whose secret is what the pod's program will read, and that secret as it goes into the Secret.
fn sandbox(podman: &Podman) -> (Sandbox, String) {
    let mut settings = Settings::default();
    let secret = settings.client_secret.clone();
    if podman.mounts_secrets_encoded() {
        settings.client_secret = STANDARD.encode(&secret);
    }
    (Sandbox::start(settings), secret)
}

fn document(sandbox: &Sandbox, status: &str) -> Value {
    let mut asset = asset(sandbox);
    asset.as_object_mut().expect("it is one").remove("client_secret");
    json!({"asset": asset, "once": true, "path_parameters": {"id": 552}, "json_body": {"status": status, "comment": "by the pod"}})
}

#[test]
fn the_pod_updates_with_its_document_its_secret_and_its_security_context() {
    let Some((program, podman)) = tools("pod1") else {
        return;
    };
    let (sandbox, secret) = sandbox(&podman);
    // An answer that takes some seconds: meanwhile the process can be looked at.
    sandbox.fault(Leg::Patch, Fault::DripAnswer { every: SLOW });
    let pod = podman.play(&program, &document(&sandbox, "Resolved"), &secret);
    until("the write is under way", Duration::from_secs(30), || {
        updates(&sandbox) == 1
    });
    let process = format!("/proc/{}", pod.pid());
    let status = std::fs::read_to_string(format!("{process}/status")).expect("it is writing");
    let said: BTreeMap<_, _> = status.lines().filter_map(|line| line.split_once(":\t")).collect();
    for (key, expected) in [
        ("Uid", "65532\t65532\t65532\t65532"),
        ("Gid", "65532\t65532\t65532\t65532"),
        ("CapEff", "0000000000000000"),
        ("CapPrm", "0000000000000000"),
        ("CapBnd", "0000000000000000"),
        ("NoNewPrivs", "1"),
    ] {
        assert_eq!(said.get(key), Some(&expected), "{key}: {status}");
    }
    let mounts = std::fs::read_to_string(format!("{process}/mounts")).expect("it is writing");
    for folder in ["/", "/input", "/secrets"] {
        let mounted = |line: &&str| line.split(' ').nth(1) == Some(folder);
        let options = mounts.lines().find(mounted).and_then(|line| line.split(' ').nth(3));
        assert!(
            options.is_some_and(|options| options.split(',').any(|one| one == "ro")),
            "{folder}: {mounts}"
        );
    }
    assert_eq!(pod.inspect("{{.HostConfig.Memory}}"), (128 << 20).to_string());
    let (code, said) = pod.ended();
    assert_eq!(code, "0", "{said}");
    assert!(said.contains(r#""status":"Resolved""#), "{said}");
    assert!(!said.contains(&secret), "{said}");
    assert_eq!(copies(&sandbox, 552, "by the pod"), 1);
}

#[test]
fn a_pod_whose_document_is_refused_ends_with_its_exit_code() {
    let Some((program, podman)) = tools("pod2") else {
        return;
    };
    let (sandbox, secret) = sandbox(&podman);
    let pod = podman.play(&program, &document(&sandbox, "resolved"), &secret);
    let (code, said) = pod.ended();
    assert_eq!(code, "2", "{said}");
    assert!(said.contains("did you mean `Resolved`?"), "{said}");
    assert!(sandbox.requests().is_empty());
}

/// Between two bytes of an answer of some thousand.
const SLOW: Duration = Duration::from_millis(1);
