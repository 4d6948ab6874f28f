//! Name lookup as a SOC's machines have it: a host with several addresses, one with an IPv6 address alone, a resolver that
//! never answers. Each needs files of /etc of its own, which a mount namespace gives; without the right to make one the
//! tests say SKIPPED.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sandbox::{Sandbox, Settings, Tls};
use serde_json::{Value, json};
use support::tools::skipped;

/// Runs the binary with these files in place of /etc/hosts and /etc/resolv.conf.
fn run(name: &str, hosts: &str, resolver: &str, input: &Value) -> Option<(i32, Value, Duration)> {
    let folder = std::env::temp_dir().join(format!("defender-update-incident-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files takes one");
    let file = |name: &str, text: &str| {
        let path: PathBuf = folder.join(name);
        std::fs::write(&path, text).expect("it can be written");
        path
    };
    let (hosts, resolver) = (file("hosts", hosts), file("resolv.conf", resolver));
    let script = "mount --bind \"$1\" /etc/hosts && mount --bind \"$2\" /etc/resolv.conf && exec \"$3\"";
    let child = Command::new("unshare")
        .args(["-m", "sh", "-c", script, "sh"])
        .args([
            &hosts,
            &resolver,
            &PathBuf::from(env!("CARGO_BIN_EXE_defender-update-incident")),
        ])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let started = Instant::now();
    let (code, text) = support::fed(child, &input.to_string());
    let took = started.elapsed();
    std::fs::remove_dir_all(&folder).ok();
    let out = serde_json::from_str(&text).ok()?;
    Some((code.unwrap_or(-1), out, took))
}

fn input(sandbox: &Sandbox, host: &str) -> Value {
    let origin = format!("https://{host}:{}", sandbox.address().port());
    let mut asset = sandbox.asset();
    asset["url"] = json!(origin);
    asset["login_url"] = json!(origin);
    asset["verify_ssl"] = json!(false);
    asset["timeout_secs"] = json!(5);
    json!({
        "asset": asset,
        "path_parameters": {"id": 552},
        "json_body": {"comment": "closed"},
    })
}

fn start(address: IpAddr) -> Sandbox {
    Sandbox::start(Settings {
        tls: Some(Tls::Good),
        bind: address,
        ..Settings::default()
    })
}

const NO_NAMESPACE: &str = "no mount namespace can be made here (it takes root and `unshare`)";

#[test]
fn the_next_address_is_tried_when_one_is_dead() {
    // Whichever of the two is tried first, it is the dead one in one of these runs.
    for alive in ["127.0.0.1", "127.0.0.2"] {
        let sandbox = start(alive.parse().expect("it is an address"));
        let hosts = "127.0.0.1 two.test\n127.0.0.2 two.test\n";
        let Some((code, out, _)) = run(&format!("two-{alive}"), hosts, "", &input(&sandbox, "two.test")) else {
            return skipped(NO_NAMESPACE);
        };
        assert_eq!(code, 0, "{out}");
    }
}

#[test]
fn a_host_with_an_ipv6_address_alone_is_reached() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return skipped("this machine has no IPv6 loopback address");
    }
    let sandbox = start(IpAddr::V6(Ipv6Addr::LOCALHOST));
    let Some((code, out, _)) = run("six", "::1 six.test\n", "", &input(&sandbox, "six.test")) else {
        return skipped(NO_NAMESPACE);
    };
    assert_eq!(code, 0, "{out}");
}

/// A bastion without IPv6, as it may say so: by a reply, by hanging up, or by a yes that it takes back.
/// How often it was asked for an IPv6 address is counted.
fn bastion(refusal: &'static [u8]) -> (u16, Arc<AtomicUsize>) {
    let asked: Arc<AtomicUsize> = Arc::default();
    let count = Arc::clone(&asked);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let count = Arc::clone(&count);
            thread::spawn(move || carry(client, refusal, &count));
        }
    });
    (port, asked)
}

fn carry(mut client: TcpStream, refusal: &[u8], count: &AtomicUsize) -> Option<()> {
    let mut hello = [0; 3];
    client.read_exact(&mut hello).ok()?;
    client.write_all(&[5, 0]).ok()?;
    let mut request = [0; 4];
    client.read_exact(&mut request).ok()?;
    if request[3] == 4 {
        count.fetch_add(1, Ordering::SeqCst);
        client.read_exact(&mut [0; 18]).ok()?;
        return client.write_all(refusal).ok();
    }
    let mut address = [0; 6];
    client.read_exact(&mut address).ok()?;
    let port = u16::from_be_bytes([address[4], address[5]]);
    let [a, b, c, d, ..] = address;
    let mut server = TcpStream::connect((IpAddr::from([a, b, c, d]), port)).ok()?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client).ok().map(|_| ())
}

#[test]
fn a_bastion_without_ipv6_is_asked_for_the_next_address() {
    let sandbox = start("127.0.0.1".parse().expect("it is an address"));
    for (what, refusal) in [
        ("no such network", [5, 3, 0, 1, 0, 0, 0, 0, 0, 0].as_slice()),
        ("not reached", &[5, 4, 0, 1, 0, 0, 0, 0, 0, 0]),
        ("no such kind of address", &[5, 8, 0, 1, 0, 0, 0, 0, 0, 0]),
        ("its rules", &[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]),
        ("any failure", &[5, 1, 0, 1, 0, 0, 0, 0, 0, 0]),
        ("hangs up", &[]),
        ("says yes and hangs up", &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ] {
        let mut input = input(&sandbox, "both.test");
        let (port, asked) = bastion(refusal);
        input["asset"]["http_proxy"] = json!(format!("socks5://127.0.0.1:{port}"));
        // Another try would take all of the time.
        input["asset"]["retry_wait_secs"] = json!(60);
        let hosts = "::1 both.test\n127.0.0.1 both.test\n";
        let Some((code, out, _)) = run("bastion", hosts, "", &input) else {
            return skipped(NO_NAMESPACE);
        };
        assert_eq!(code, 0, "{what}: {out}");
        if asked.load(Ordering::SeqCst) == 0 {
            return skipped("this machine tries IPv4 first");
        }
    }
}

#[test]
fn a_resolver_that_never_answers_cannot_pass_the_deadline() {
    let Ok(_silent) = UdpSocket::bind("127.0.0.99:53") else {
        return skipped("port 53 cannot be had here");
    };
    let sandbox = start("127.0.0.1".parse().expect("it is an address"));
    let resolver = "nameserver 127.0.0.99\noptions timeout:30 attempts:5\n";
    let Some((code, out, took)) = run("silent", "", resolver, &input(&sandbox, "silent.test")) else {
        return skipped(NO_NAMESPACE);
    };
    assert_eq!((code, &out["update"]), (3, &json!("not_applied")), "{out}");
    // The limit, the second that is promised, and time for a busy machine to start a process.
    assert!(took < Duration::from_secs(5 + 1 + 3), "took {took:?}");
}

#[test]
fn a_look_up_keeps_to_its_own_limit() {
    let Ok(_silent) = UdpSocket::bind("127.0.0.97:53") else {
        return skipped("port 53 cannot be had here");
    };
    let sandbox = start("127.0.0.1".parse().expect("it is an address"));
    let mut input = input(&sandbox, "silent.test");
    for (field, secs) in [
        ("timeout_secs", 60.0),
        ("connect_timeout_secs", 0.5),
        ("retry_wait_secs", 0.0),
    ] {
        input["asset"][field] = json!(secs);
    }
    let resolver = "nameserver 127.0.0.97\noptions timeout:30 attempts:5\n";
    let Some((code, out, took)) = run("limited", "", resolver, &input) else {
        return skipped(NO_NAMESPACE);
    };
    assert_eq!((code, &out["name"]), (3, &json!("TimedOut")), "{out}");
    let message = out["message"].as_str().expect("a text");
    assert!(
        message.contains("not looked up within `connect_timeout_secs`"),
        "{message}"
    );
    // Eight attempts of half a second, where half of what is left would be 30 s for the first alone.
    assert!(took < Duration::from_secs(20), "took {took:?}");
}
