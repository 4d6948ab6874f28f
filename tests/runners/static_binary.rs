//! The static file in an empty folder: no library, no /dev, no shell, two files of /etc and nothing else. That is what the
//! image is, shown where no container engine is at hand.
//!
//! `STATIC_BINARY` names the file that `deploy/build.sh` made; without it, or without the right to change the root folder,
//! the test says SKIPPED.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sandbox::{Sandbox, Settings, Tls};
use serde_json::{Value, json};
use support::tools::skipped;

/// A name server that has one IPv4 address for every name: this machine's own.
fn serve_names(socket: &UdpSocket) {
    let mut question = [0; 512];
    while let Ok((length, asker)) = socket.recv_from(&mut question) {
        // A head of 12 bytes, then the name with the empty label at its end, the type and the class. What else came, such as
        // options, is left out of the answer.
        let Some(name) = question[12..length].iter().position(|byte| *byte == 0) else {
            continue;
        };
        let (kind, end) = (name + 13, name + 17);
        let ipv4 = question[kind..kind + 2] == [0, 1];
        let mut answer = vec![
            question[0],
            question[1],
            0x81,
            0x80,
            0,
            1,
            0,
            u8::from(ipv4),
            0,
            0,
            0,
            0,
        ];
        answer.extend(&question[12..end]);
        if ipv4 {
            // The name is the question's; type A, class IN, a minute, four bytes.
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
        }
        socket.send_to(&answer, asker).ok();
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test's own setting")]
fn the_static_file_runs_where_there_is_nothing_else() {
    let Some(binary) = std::env::var_os("STATIC_BINARY").map(PathBuf::from) else {
        return skipped("STATIC_BINARY names no file that deploy/build.sh made");
    };
    let size = std::fs::metadata(&binary).expect("it is there").len();
    assert!(size < 5_000_000, "{size} bytes");
    let root = std::env::temp_dir().join(format!("defender-update-incident-root-{}", std::process::id()));
    std::fs::create_dir_all(root.join("etc")).expect("it can be made");
    std::fs::copy(&binary, root.join("binary")).expect("it can be copied");
    std::fs::write(root.join("etc/hosts"), "127.0.0.1 api.defender.test\n").expect("it can be written");
    std::fs::write(root.join("etc/resolv.conf"), "nameserver 127.0.0.98\n").expect("it can be written");

    let sandbox = Sandbox::start(Settings {
        tls: Some(Tls::Good),
        seed_answer: true,
        ..Settings::default()
    });
    let settings = sandbox.settings();
    // A host by /etc/hosts and one by the name server, where the certificate is another's, and one by its address, where it
    // fits.
    let mut hosts = vec![("api.defender.test", false), ("127.0.0.1", true)];
    if let Ok(socket) = UdpSocket::bind("127.0.0.98:53") {
        std::thread::spawn(move || serve_names(&socket));
        hosts.push(("api.by-resolver.test", false));
    } else {
        skipped("port 53 cannot be had here, so no name is looked up by resolv.conf");
    }
    for (host, verify) in hosts {
        let origin = format!("https://{host}:{}", sandbox.address().port());
        let input = json!({
            "asset": {
                "url": origin, "login_url": origin, "tenant_id": settings.tenant, "client_id": settings.client_id,
                "client_secret": settings.client_secret, "scope": settings.scope, "verify_ssl": verify,
                "ca_certificate": sandbox.ca_pem(),
            },
            "path_parameters": {"id": 552},
            "json_body": {"status": "Resolved"},
        });
        let child = Command::new("chroot")
            .args(["--userspec=65532:65532".as_ref(), root.as_os_str(), "/binary".as_ref()])
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(child) = child else {
            return skipped("there is no `chroot` here");
        };
        let (code, text) = support::fed(child, &input.to_string());
        if text.is_empty() && code == Some(125) {
            return skipped("the root folder cannot be changed here (it takes root)");
        }
        assert_eq!(code, Some(0), "{text}");
        let found: Value = serde_json::from_str(&text).expect("stdout is JSON");
        let example = include_str!("../cases/the_seeds_example_comes_back/stdout.json");
        let example: Value = serde_json::from_str(example).expect("the example is JSON");
        assert_eq!(found, example);
    }
    std::fs::remove_dir_all(&root).ok();
}
