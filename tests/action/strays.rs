//! No credential goes where it was not meant to go: addresses that a forgiving parser would read in another way, a side-car
//! behind a proxy, variables that cannot be read, proxies that are asked once, and words on the command line.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use defender_update_incident::ground::environment::VARIABLES;
use serde_json::{Value, json};
use support::Run;

/// Listens, notes what comes, and answers it with what it is told to.
struct Trap {
    address: SocketAddr,
    came: Arc<Mutex<Vec<String>>>,
}

impl Trap {
    fn set(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let came = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (Arc::clone(&came), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &noted, &*answer));
            }
        });
        Self { address, came }
    }

    fn came(&self) -> Vec<String> {
        self.came.lock().expect("no thread panicked").clone()
    }
}

fn serve(mut stream: TcpStream, noted: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Vec<u8>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut bytes = Vec::new();
    let text = loop {
        let mut piece = [0; 8_192];
        let length = stream.read(&mut piece).unwrap_or_default();
        bytes.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            body.len() >= length.unwrap_or(0)
        });
        if whole || length == 0 {
            break text;
        }
    };
    noted.lock().expect("no thread panicked").push(text.clone());
    stream.write_all(&answer(&text)).ok()?;
    stream.flush().ok()
}

/// Signs in and updates whatever comes.
fn service(request: &str) -> Vec<u8> {
    let body = if request.starts_with("POST") || request.starts_with("GET /msi") {
        json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "a-token-of.this-test"})
    } else {
        json!({"incidentId": 552, "status": "Resolved"})
    };
    let body = body.to_string();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn asset() -> Value {
    json!({
        "tenant_id": "11111111-1111-1111-1111-111111111111", "client_id": "22222222-2222-2222-2222-222222222222",
        "client_secret": SECRET, "retry_wait_secs": 0.01, "timeout_secs": 3, "connect_timeout_secs": 1,
    })
}

fn document(asset: &Value) -> String {
    json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}}).to_string()
}

fn run(run: Run) -> (Option<i32>, String) {
    let ran = run.go().expect("it runs");
    let output = format!("{}{}", ran.stdout_text(), ran.stderr_text());
    assert!(!output.contains(SECRET), "{output}");
    (ran.code, output)
}

/// Each looks like an address of this machine's trap to a parser that forgives.
fn forgiven(port: u16) -> Vec<String> {
    let mut list: Vec<String> = [
        "127.0.0.1:84443",
        "127.0.0.1:443x",
        "127.0.0.1:abc",
        "localhost:8O80",
        "[::1]x",
        "127.0.0.1:",
        "127.0.0.1:0",
        "127.0.0.1:+443",
        "127.0.0.1:-1",
        "127.0.0.1: 443",
        "127.0.0.1:443:443",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "127.0.0.01",
        "[::1",
        "[]",
        "::1",
        "[::1]443",
        "[127.0.0.1]",
        "[::1%25lo]",
        "127.0.0.1\u{ff0e}example",
        "",
        "127.0.0.1%3a80",
        "a@127.0.0.1",
        "127.0.0.1:\u{ff18}\u{ff10}",
        "-.example..",
        "127.0.0.1:65536",
    ]
    .map(str::to_owned)
    .into();
    list.push(format!("127.0.0.1:{port}x"));
    list.push(format!("127.0.0.1:0{port}"));
    list.push(format!("127.0.0.1:{port}\\@example.com"));
    list.push(format!("example.com\\@127.0.0.1:{port}"));
    list.push(format!("example.com@127.0.0.1:{port}"));
    list
}

#[test]
fn an_address_that_has_to_be_forgiven_is_refused_wherever_it_stands() {
    let trap = Trap::set(service);
    let origin = format!("http://{}", trap.address);
    let mut runs = Vec::new();
    for address in forgiven(trap.address.port()) {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{address}");
            for field in ["url", "login_url", "token_url"] {
                let mut asset = asset();
                asset["url"] = json!(origin);
                asset["login_url"] = json!(origin);
                asset[field] = if field == "token_url" {
                    json!(format!("{url}/t/oauth2/v2.0/token"))
                } else {
                    json!(url)
                };
                runs.push((format!("{field} {url}"), Run::with_stdin(document(&asset))));
            }
            // A proxy's user is no mistake, and a field that is empty is none.
            if !address.is_empty() && !address.contains('@') {
                let mut asset = asset();
                asset["url"] = json!(origin);
                asset["login_url"] = json!(origin);
                asset["http_proxy"] = json!(url);
                runs.push((format!("http_proxy {url}"), Run::with_stdin(document(&asset))));
            }
            for variable in [
                "AZURE_AUTHORITY_HOST",
                "IDENTITY_ENDPOINT",
                "HTTPS_PROXY",
                "ALL_PROXY",
                "http_proxy",
            ] {
                let mut asset = asset();
                asset["url"] = json!(origin);
                if variable == "IDENTITY_ENDPOINT" {
                    asset = json!({"managed_identity": "system", "url": origin, "timeout_secs": 3});
                } else if variable != "AZURE_AUTHORITY_HOST" {
                    asset["login_url"] = json!(origin);
                }
                // A proxy's user is no mistake, and one that is set to nothing is not set.
                if variable.to_ascii_lowercase().ends_with("proxy") && (address.is_empty() || address.contains('@')) {
                    continue;
                }
                let run = Run::with_stdin(document(&asset))
                    .env(variable, &url)
                    .env("IDENTITY_HEADER", "a-header");
                let run = if variable == "http_proxy" {
                    run.env("ASSET_KEYS", "x").args(&["--framing", "plain"])
                } else {
                    run
                };
                runs.push((format!("{variable} {url}"), run));
            }
        }
    }
    assert!(runs.len() > 300, "{}", runs.len());
    let wrong: Vec<String> = support::in_parallel(&runs, |(what, one)| {
        let (code, output) = run(one.clone());
        (code != Some(2)).then(|| format!("{what}: {code:?} {output}"))
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(trap.came().is_empty(), "{:?}", trap.came());
}

#[test]
fn plain_http_to_this_machine_never_meets_a_proxy() {
    let (proxy, service) = (Trap::set(|_| b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Trap::set(service));
    let port = service.address.port();
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let origin = format!("http://{host}:{port}");
        for variable in ["", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "http_proxy"] {
            for scheme in ["http", "socks5", "https"] {
                let mut asset = asset();
                asset["url"] = json!(origin);
                asset["login_url"] = json!(origin);
                let url = format!("{scheme}://u:p4ssw0rd-of-the-proxy@{}", proxy.address);
                let mut one = Run::default();
                if variable.is_empty() {
                    asset["http_proxy"] = json!(url);
                } else {
                    one = one.env(variable, &url).env("ASSET_KEYS", "x");
                }
                one.stdin = document(&asset).into_bytes();
                let (code, output) = run(one.args(&["--framing", "plain"]));
                assert_eq!(code, Some(0), "{variable} {scheme} {host}: {output}");
            }
        }
    }
    assert!(proxy.came().is_empty(), "{:?}", proxy.came());
    assert!(!service.came().is_empty());
}

#[cfg(unix)]
#[test]
fn a_variable_that_cannot_be_read_is_named_and_nothing_is_sent() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::process::{Command, Stdio};

    let trap = Trap::set(service);
    let mut asset = asset();
    asset["url"] = json!(format!("http://{}", trap.address));
    asset["login_url"] = asset["url"].clone();
    for name in VARIABLES.iter().copied() {
        for value in [
            &b"http://u:p\xe4ss@127.0.0.1:9"[..],
            b"\xff",
            b"127.0.0.1\xc3",
            b"\xed\xa0\x80",
            b"ok\x80ok",
        ] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_defender-update-incident"));
            command
                .env_clear()
                .env(name, OsString::from_vec(value.to_vec()))
                .args(["--framing", "plain"]);
            if name == "http_proxy" {
                command.env("ASSET_KEYS", "x");
            }
            let mut child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("it starts");
            let mut stdin = child.stdin.take().expect("it is piped");
            stdin.write_all(document(&asset).as_bytes()).expect("it reads");
            drop(stdin);
            let ended = child.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&ended.stdout).into_owned();
            assert_eq!(ended.status.code(), Some(2), "{name} {value:?}: {said}");
            assert!(said.contains(name), "{name} {value:?}: {said}");
        }
    }
    assert!(trap.came().is_empty(), "{:?}", trap.came());
}

#[test]
fn a_wrong_password_goes_to_a_proxy_once() {
    let fields = |count: usize| "X-Field: x\r\n".repeat(count);
    let answers = [
        "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n".to_owned(),
        format!("HTTP/1.1 407 No\r\n{}Content-Length: 0\r\n\r\n", fields(21)),
        format!("HTTP/1.1 407 No\r\n{}\r\n", fields(150)),
        format!("HTTP/1.1 407 No\r\nX: {}\r\n\r\n", "x".repeat(60_000)),
        format!("HTTP/1.1 407 No\r\nX: {}\r\n\r\n", "x".repeat(200_000)),
        "HTTP/1.1 407 No\r\nbad field\r\n: none\r\n\r\n".to_owned(),
        "HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n\r\n".to_owned(),
        "HTTP/1.1 407 No\r\nX: y".to_owned() + "\r\n",
        "HTTP/1.1 403 No\r\n\r\n<html>no".to_owned(),
        "HTTP/1.1 302 Elsewhere\r\nLocation: http://portal.example/\r\n\r\n".to_owned(),
        "HTTP/1.0 407\n\n".to_owned(),
        "SSH-2.0-x\r\n".to_owned(),
    ];
    for answer in answers {
        let said = answer.clone();
        let proxy = Trap::set(move |_| said.clone().into_bytes());
        let mut asset = asset();
        asset["url"] = json!("https://api.example.test");
        asset["login_url"] = json!("https://login.example.test");
        asset["http_proxy"] = json!(format!("http://u:p4ssw0rd-of-the-proxy@{}", proxy.address));
        let (code, output) = run(Run::with_stdin(document(&asset)));
        let beginning: String = answer.chars().take(60).collect();
        assert_eq!(code, Some(1), "{beginning}: {output}");
        let asked = proxy
            .came()
            .iter()
            .filter(|request| request.contains("Proxy-Authorization"))
            .count();
        assert_eq!(asked, 1, "{beginning}: {:?}", proxy.came());
    }
}

#[test]
fn what_is_not_understood_is_not_repeated() {
    let words = [
        format!("--check={SECRET}"),
        format!("--read={SECRET}"),
        format!("--{SECRET}"),
        SECRET.to_owned(),
        format!("--framing={SECRET}"),
        format!("--schema={SECRET}"),
        format!("-{SECRET}"),
        format!("--dry-run={SECRET}"),
    ];
    for word in words {
        let (code, output) = run(Run::with_stdin(document(&asset())).args(&[&word]));
        assert_eq!(code, Some(2), "{word}: {output}");
    }
    let mut documents = Vec::new();
    for key in [SECRET, "Hunter2-Hunter2", "p"] {
        let value = json!(SECRET);
        documents.push(json!({"asset": {key: value}}));
        documents.push(json!({"asset": asset(), "path_parameters": {"id": 552}, "json_body": {key: value}}));
        documents.push(json!({"asset": asset(), "path_parameters": {key: value}, "json_body": {"status": "Resolved"}}));
        documents.push(
            json!({"asset": asset(), "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}, key: value}),
        );
    }
    for field in ["status", "classification", "determination", "tags"] {
        documents.push(json!({"asset": asset(), "path_parameters": {"id": 552}, "json_body": {field: SECRET}}));
    }
    for field in [
        "url",
        "login_url",
        "token_url",
        "http_proxy",
        "client_secret_file",
        "ca_certificate",
        "cloud",
        "access_token",
        "timeout_secs",
    ] {
        let mut asset = asset();
        asset[field] = json!(format!("{SECRET} {SECRET}"));
        documents.push(json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}}));
    }
    for document in documents {
        let (code, output) = run(Run::with_stdin(document.to_string()));
        assert_eq!(code, Some(2), "{document}: {output}");
        assert!(!output.contains("Hunter2"), "{document}: {output}");
    }
}

/// What is a password more often than a word.
const SECRET: &str = "s3cr3t~of-this.Test_552";
