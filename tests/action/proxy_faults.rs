//! Proxies that refuse, explain, drip, or are none: what they say is told, the help is about what they say, and a password that
//! will not do goes out once. Most are scripted on the wire; squid and microsocks are themselves.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sandbox::{Sandbox, Settings, Tls};
use serde_json::{Value, json};
use support::Run;
use support::outcome::{Outcome, with};
use support::rogue::{Line, Rogue, Speaks};
use support::tools::{Daemon, TempFolder, free_port, program, skipped};

const PASSWORD: &str = "pass-word-not-real";

/// What this file looks for.
trait Judged {
    /// Nothing was sent, since the way was never opened.
    #[track_caller]
    fn assert_unsent(&self, what: &str, code: i32, message: &str, help: &str);
}

impl Judged for Outcome {
    #[track_caller]
    fn assert_unsent(&self, what: &str, code: i32, message: &str, help: &str) {
        let update = &self.out["update"];
        assert_eq!(
            (self.code, update),
            (code, &json!("not_applied")),
            "{what}: {}",
            self.out
        );
        assert!(
            self.text("message").contains(message),
            "{what}: expected `{message}`: {}",
            self.out
        );
        assert!(
            self.text("help").contains(help),
            "{what}: expected the help `{help}`: {}",
            self.out
        );
        assert!(
            self.text("message").contains("by way of the proxy `127.0.0.1:"),
            "{what}: {}",
            self.out
        );
    }
}

/// A run at which a token has to be asked for, through this proxy.
fn update(proxy: &str, fields: Value) -> Outcome {
    let usual = json!({
        "url": "https://api.example",
        "login_url": "https://login.example",
        "tenant_id": "00000000-0000-0000-0000-000000000001",
        "client_id": "00000000-0000-0000-0000-000000000002",
        "client_secret": "secret-not-real",
        "http_proxy": proxy,
        "retry_wait_secs": 0.01,
        "timeout_secs": 20,
    });
    let asset = with(usual, &fields);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"comment": "closed"}});
    Run::with_stdin(input.to_string())
        .env("RUST_LOG", "trace")
        .outcome(&[PASSWORD])
}

/// A proxy that does this to whoever asks, and how many times a password was shown to it.
struct Faulty {
    server: Rogue,
    shown: Arc<Mutex<usize>>,
}

impl Faulty {
    fn start(act: impl Fn(&mut Line) -> Option<()> + Send + Sync + 'static) -> Self {
        let shown = Arc::new(Mutex::new(0));
        let count = Arc::clone(&shown);
        let server = Rogue::start(Speaks::Plain, move |line| {
            let head = line.head()?;
            if head.contains("\r\nProxy-Authorization: Basic ") {
                *count.lock().expect("no thread panicked") += 1;
            }
            act(line)
        });
        Self { server, shown }
    }

    /// One that says this.
    fn saying(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        Self::start(move |line| line.say(&text))
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://user:{PASSWORD}@127.0.0.1:{}", self.server.port)
    }

    fn shown(&self) -> usize {
        *self.shown.lock().expect("no thread panicked")
    }
}

fn answer(status: &str, fields: &str, page: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n{page}",
        page.len()
    )
}

#[test]
fn a_password_that_will_not_do_goes_out_once_and_is_explained() {
    let many: String = (0..200).map(|field| format!("X-{field}: y\r\n")).collect();
    let basic = "Proxy-Authenticate: Basic realm=\"corp, inc\"\r\n";
    const USER: &str = "check the user and password";
    const SCHEME: &str = "no user and password in `http_proxy`";
    for (what, said, message, help) in [
        ("Basic", answer("407 Wrong", basic, ""), "it answered 407 Wrong", USER),
        (
            "many fields",
            answer("407 Wrong", &format!("{many}{basic}"), ""),
            "it answered 407 Wrong",
            USER,
        ),
        (
            "a head without end",
            format!("HTTP/1.1 407 Wrong\r\nX: {}", "x".repeat(200_000)),
            "it answered 407 Wrong",
            USER,
        ),
        (
            "a head that breaks off",
            "HTTP/1.1 407 Wrong\r\nX: 1\r\n".to_owned(),
            "it answered 407 Wrong",
            USER,
        ),
        (
            "nothing offered",
            answer("407 Wrong", "", ""),
            "it answered 407 Wrong",
            USER,
        ),
        (
            "NTLM and Negotiate",
            answer(
                "407 Wrong",
                "Proxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n",
                "",
            ),
            "it offers `NTLM` and `Negotiate`, and only `Basic` is spoken here",
            SCHEME,
        ),
        (
            "on one line",
            answer("407 Wrong", "Proxy-Authenticate: Negotiate, NTLM\r\n", ""),
            "it offers `Negotiate` and `NTLM`, and only",
            SCHEME,
        ),
        (
            "Digest",
            answer(
                "407 Wrong",
                "Proxy-Authenticate: Digest realm=\"a b, c\", nonce=\"x,y\", algorithm=MD5\r\n",
                "",
            ),
            "it offers `Digest`, and only",
            SCHEME,
        ),
        (
            "Basic among others",
            answer("407 Wrong", &format!("Proxy-Authenticate: Negotiate\r\n{basic}"), ""),
            "it answered 407 Wrong",
            USER,
        ),
    ] {
        let proxy = Faulty::saying(said);
        let outcome = update(&proxy.url("http"), json!({}));
        outcome.assert_unsent(what, 1, message, help);
        assert_eq!(
            (proxy.shown(), proxy.server.connections()),
            (1, 1),
            "{what}: {}",
            outcome.out
        );
    }
}

#[test]
fn a_refusal_that_breaks_off_has_the_password_shown_no_second_time() {
    type End = fn(&mut Line) -> Option<()>;
    let ends: [(&str, Speaks, End); 4] = [
        ("a reset", Speaks::Plain, Line::reset),
        ("silence", Speaks::Plain, Line::wait_for_end),
        ("TLS that ends without a word", Speaks::Tls, |_| Some(())),
        ("TLS and a reset", Speaks::Tls, Line::reset),
    ];
    for (end, speaks, act) in ends {
        for said in [
            "HTTP/1.1 407 Wrong\r\nX: 1\r\nProxy-Authenticate: Basic\r\n",
            "HTTP/1.1 407 Wrong\r\nProxy-Authen",
            "HTTP/1.1 407 Wro",
            "HTTP/1.0 407",
        ] {
            let proxy = Rogue::start(speaks, move |line| {
                line.head()?;
                line.say(said)?;
                act(line)
            });
            let scheme = if matches!(speaks, Speaks::Tls) { "https" } else { "http" };
            let url = format!("{scheme}://user:{PASSWORD}@127.0.0.1:{}", proxy.port);
            let outcome = update(&url, json!({"verify_ssl": false, "connect_timeout_secs": 1}));
            let what = format!("{end} after {said:?}");
            outcome.assert_unsent(&what, 1, "it answered 407", "check the user and password");
            assert_eq!(proxy.connections(), 1, "{what}");
        }
    }
}

#[test]
fn a_socks_server_that_hangs_up_on_a_password_is_shown_it_once() {
    type End = fn(&mut Line) -> Option<()>;
    let ends: [(&str, End); 3] = [
        ("it closes", |_| Some(())),
        ("a reset", Line::reset),
        ("half an answer", |line| line.say([1])),
    ];
    // A name that is looked up here may have several addresses, and each would show the password again.
    for scheme in ["socks5", "socks5h"] {
        for (what, end) in ends {
            let proxy = Rogue::start(Speaks::Plain, move |line| {
                line.read_exact(&mut [0; 4])?;
                line.say([5, 2])?;
                line.read_exact(&mut [0; 3 + "user".len() + PASSWORD.len()])?;
                end(line)
            });
            let url = format!("{scheme}://user:{PASSWORD}@127.0.0.1:{}", proxy.port);
            let outcome = update(&url, json!({"login_url": "https://localhost"}));
            outcome.assert_unsent(
                what,
                1,
                "it hung up on the user and password",
                "check the user and password",
            );
            assert_eq!(proxy.connections(), 1, "{scheme}: {what}");
        }
    }
}

#[test]
fn what_a_socks_server_says_of_why_not_is_told() {
    const USER: &str = "user:right@";
    for (user, what, method, reply, code, message, help) in [
        (
            "",
            "its rules",
            0,
            2,
            1,
            "its rules forbid it",
            "let this machine through",
        ),
        ("", "no connecting", 0, 7, 1, "it does not connect", "is no such proxy"),
        (
            "",
            "the kind of address",
            0,
            8,
            1,
            "this kind of address",
            "write `socks5h://`",
        ),
        (
            "",
            "a number of its own",
            0,
            99,
            1,
            "it gives no known reason",
            "let this machine through",
        ),
        ("", "a failure", 0, 1, 3, "it failed", "that the proxy reaches the host"),
        (
            "",
            "no network",
            0,
            3,
            3,
            "it reaches no such network",
            "that the proxy reaches the host",
        ),
        (
            "",
            "no host",
            0,
            4,
            3,
            "it does not reach the host",
            "that the proxy reaches the host",
        ),
        (
            "",
            "nobody there",
            0,
            5,
            3,
            "the host refused the connection",
            "that the proxy reaches the host",
        ),
        (
            "",
            "too far",
            0,
            6,
            3,
            "the host is too far away",
            "that the proxy reaches the host",
        ),
        (
            "",
            "a password",
            255,
            0,
            1,
            "it wants a user and a password",
            "none was there to be shown",
        ),
        (
            USER,
            "another way",
            255,
            0,
            1,
            "it takes no user and password",
            "no user and password in `http_proxy`",
        ),
        (
            USER,
            "its rules",
            0,
            2,
            1,
            "its rules forbid it",
            "let this machine through",
        ),
    ] {
        let methods = if user.is_empty() { 3 } else { 4 };
        let proxy = Rogue::start(Speaks::Plain, move |line| {
            line.read_exact(&mut vec![0; methods])?;
            line.say([5, method])?;
            line.read_exact(&mut [0; 10])?;
            line.say([5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
        });
        let url = format!("socks5://{user}127.0.0.1:{}", proxy.port);
        let outcome = update(&url, json!({"login_url": "https://127.0.0.2"}));
        outcome.assert_unsent(what, code, message, help);
        let tries = proxy.connections();
        assert_eq!(tries == 1, code == 1, "{what}: {tries} tries");
    }
}

#[test]
fn what_a_proxy_says_of_why_not_is_told() {
    const RULES: &str = "let this machine through to that host and port";
    let page = "<html><head><title>ERROR: denied</title><style>body {color: red}</style></head><body>Access Denied.</body></html>";
    for (what, said, message, help) in [
        (
            "squid's rules",
            answer("403 Forbidden", "X-Squid-Error: ERR_ACCESS_DENIED 0\r\n", page),
            "it answered 403 Forbidden; X-Squid-Error ERR_ACCESS_DENIED 0: ERROR: denied Access Denied.",
            RULES,
        ),
        (
            "a page without an end",
            format!("HTTP/1.1 403 No\r\n\r\n{page}"),
            "it answered 403 No: ERROR: denied Access Denied.",
            RULES,
        ),
        (
            "a portal",
            answer("302 Found", "Location: http://portal.corp.example/sign-in\r\n", ""),
            "it answered 302 Found; it points to http://portal.corp.example/sign-in",
            "wants a person to sign in",
        ),
        (
            "a portal that answers in the host's place",
            "HTTP/1.1 200 OK\r\n\r\n<title>Guest network</title>".to_owned(),
            "it answered 200 and a text of its own: Guest network",
            "is no such proxy",
        ),
        (
            "a web server",
            answer("405 Not Allowed", "", ""),
            "it answered 405 Not Allowed",
            "is no such proxy",
        ),
        (
            "a web server that says it in another way",
            answer("501 Not Implemented", "", ""),
            "it answered 501 Not Implemented",
            "is no such proxy",
        ),
        (
            "a portal by its own number",
            answer("511 Network Authentication Required", "", ""),
            "it answered 511 Network",
            "wants a person to sign in",
        ),
        (
            "SSH",
            "SSH-2.0-x\r\n".to_owned(),
            "it does not speak HTTP: SSH-2.0-x",
            "is no such proxy",
        ),
    ] {
        let proxy = Faulty::saying(said);
        let outcome = update(&proxy.url("http"), json!({}));
        outcome.assert_unsent(what, 1, message, help);
        assert_eq!(proxy.server.connections(), 1, "{what}");
    }
    // What may pass is asked again, and told all the same.
    for (what, said, message) in [
        (
            "squid reaches nobody",
            answer(
                "503 Service Unavailable",
                "X-Squid-Error: ERR_CONNECT_FAIL 111\r\n",
                page,
            ),
            "it answered 503 Service Unavailable; X-Squid-Error ERR_CONNECT_FAIL 111: ERROR: denied",
        ),
        (
            "a gateway",
            answer("502 Bad Gateway", "", "upstream is gone"),
            "it answered 502 Bad Gateway: upstream is gone",
        ),
        (
            "too many",
            answer("429 Too Many Requests", "", ""),
            "it answered 429 Too Many Requests",
        ),
        ("nothing", String::new(), "it did not answer"),
    ] {
        let proxy = Faulty::saying(said);
        let outcome = update(&proxy.url("http"), json!({}));
        outcome.assert_unsent(what, 3, message, "that the proxy reaches the host");
        assert!(proxy.server.connections() > 1, "{what}");
    }
}

#[test]
fn a_proxy_that_speaks_less_than_its_url_says_is_named() {
    for (what, said) in [
        ("HTTP", answer("400 Bad Request", "", "")),
        ("a page", "<html></html>".to_owned()),
    ] {
        let server = Rogue::start(Speaks::Plain, move |line| {
            // All of it: an end before that would be a reset.
            let mut record = [0; 5];
            line.read_exact(&mut record)?;
            let length = u16::from_be_bytes([record[3], record[4]]);
            line.read_exact(&mut vec![0; usize::from(length)])?;
            line.say(&said)
        });
        let url = format!("https://user:{PASSWORD}@127.0.0.1:{}", server.port);
        let outcome = update(&url, json!({"retry_wait_secs": 60}));
        outcome.assert_unsent(
            what,
            1,
            "TLS to the proxy itself: what answered does not speak TLS",
            "write `http://`",
        );
        assert_eq!(server.connections(), 1, "{what}");
        assert!(outcome.took < Duration::from_secs(15), "{what}: {:?}", outcome.took);
    }
    let server = Rogue::start(Speaks::Plain, |line| {
        line.read_exact(&mut [0; 4])?;
        line.say(answer("400 Bad Request", "", ""))
    });
    let url = format!("socks5h://user:{PASSWORD}@127.0.0.1:{}", server.port);
    let outcome = update(&url, json!({"retry_wait_secs": 60}));
    outcome.assert_unsent(
        "SOCKS",
        1,
        "it does not speak SOCKS version 5",
        "check the scheme, host and port",
    );
}

#[test]
fn the_limit_of_connecting_holds_while_a_proxy_drips() {
    let drip = |line: &mut Line, text: &str| {
        for byte in text.bytes() {
            line.say([byte])?;
            thread::sleep(Duration::from_millis(100));
        }
        Some(())
    };
    let page = answer("200 OK", &format!("X: {}\r\n", "y".repeat(1_000)), "");
    let dripping = Faulty::start(move |line| drip(line, &page));
    let silent = Faulty::start(|line| line.wait_for_end());
    for (what, proxy) in [("drips", &dripping), ("is silent", &silent)] {
        let token = json!({"access_token": "eyJ-not-real.eyJ-not-real.not-real", "tenant_id": null, "client_id": null,
                           "client_secret": null, "login_url": null});
        for fields in [json!({}), token] {
            let mut fields = fields;
            fields["timeout_secs"] = json!(4);
            fields["connect_timeout_secs"] = json!(0.5);
            fields["retry_wait_secs"] = json!(60);
            let outcome = update(&proxy.url("http"), fields);
            outcome.assert_unsent(
                what,
                3,
                "no connection within `connect_timeout_secs`",
                "connect_timeout_secs",
            );
            assert_eq!(
                outcome.out["writes"], 0,
                "{what}: no byte of the update has left: {}",
                outcome.out
            );
            assert!(outcome.took < Duration::from_secs(4 + 4), "{what}: {:?}", outcome.took);
        }
    }
}

#[test]
fn a_password_is_not_shown_again_to_find_out_what_became_of_a_write() {
    // The first tunnel is opened and carries the write, whose answer is lost; from then on it wants another password.
    let sandbox = Sandbox::start(Settings {
        tls: Some(Tls::Good),
        ..Settings::default()
    });
    sandbox.fault(sandbox::Leg::Patch, sandbox::Fault::ResetAfterChange);
    let target = sandbox.address();
    let count = Arc::new(Mutex::new(0));
    let tunnels = Arc::clone(&count);
    let proxy = Rogue::start(Speaks::Plain, move |line| {
        line.head()?;
        let number = {
            let mut count = tunnels.lock().expect("no thread panicked");
            *count += 1;
            *count
        };
        if number > 1 {
            return line.say(answer("407 Wrong", "Proxy-Authenticate: Basic\r\n", ""));
        }
        line.say("HTTP/1.1 200 OK\r\n\r\n")?;
        line.carry(std::net::TcpStream::connect(target).ok()?)
    });
    let url = format!("http://user:{PASSWORD}@127.0.0.1:{}", proxy.port);
    let fields = json!({
        "url": sandbox.origin(),
        "access_token": sandbox.issue_token(),
        "tenant_id": null, "client_id": null, "client_secret": null, "login_url": null,
        "ca_certificate": sandbox.ca_pem(),
    });
    let outcome = update(&url, fields);
    assert_eq!(
        (outcome.code, &outcome.out["update"]),
        (4, &json!("unknown")),
        "{}",
        outcome.out
    );
    assert!(
        outcome.text("message").contains("it answered 407 Wrong"),
        "{}",
        outcome.out
    );
    assert_eq!(
        *count.lock().expect("no thread panicked"),
        2,
        "one for the write, one for the reading"
    );
}

#[test]
fn a_real_squid_says_why_not() {
    let Some(squid) = program("squid") else {
        return skipped("squid is not installed");
    };
    let folder = TempFolder::new("squid");
    let port = free_port();
    let config = folder.file(
        "squid.conf",
        &format!(
            "http_port 127.0.0.1:{port}\npid_filename none\ncache_log /dev/null\naccess_log none\ncache_store_log none\n\
             cache deny all\ncache_mem 8 MB\nmemory_cache_shared off\nnetdb_filename none\ncoredump_dir none\n\
             visible_hostname squid.example\nshutdown_lifetime 0 seconds\npinger_enable off\n\
             acl forbidden dstdomain .forbidden.example\nhttp_access deny forbidden\nhttp_access allow localhost\n\
             http_access deny all\n"
        ),
    );
    let _daemon = Daemon::start(&squid, &["-N", "-f", &config], port);
    let url = format!("http://127.0.0.1:{port}");
    let forbidden = update(
        &url,
        json!({"login_url": "https://login.forbidden.example", "retry_wait_secs": 60}),
    );
    forbidden.assert_unsent(
        "its rules",
        1,
        "it answered 403 Forbidden; X-Squid-Error ERR_ACCESS_DENIED",
        "let this machine",
    );
    let gone = free_port();
    let fields = json!({"login_url": format!("https://127.0.0.2:{gone}"), "timeout_secs": 10, "retry_wait_secs": 60});
    let outcome = update(&url, fields);
    outcome.assert_unsent(
        "nobody there",
        3,
        "X-Squid-Error ERR_CONNECT_FAIL",
        "that the proxy reaches the host",
    );
    // And it carries what it allows.
    let sandbox = Sandbox::start(Settings {
        tls: Some(Tls::Good),
        ..Settings::default()
    });
    let outcome = update(&url, sandbox.asset());
    assert_eq!(outcome.code, 0, "{}", outcome.out);
}

#[test]
fn a_real_microsocks_carries_the_update_and_refuses_another_password() {
    let Some(microsocks) = program("microsocks") else {
        return skipped("microsocks is not installed");
    };
    let port = free_port();
    let number = port.to_string();
    let arguments = ["-i", "127.0.0.1", "-p", &number, "-u", "user", "-P", PASSWORD];
    let _daemon = Daemon::start(&microsocks, &arguments, port);
    for scheme in ["socks5", "socks5h"] {
        let sandbox = Sandbox::start(Settings {
            tls: Some(Tls::Good),
            ..Settings::default()
        });
        let outcome = update(&format!("{scheme}://user:{PASSWORD}@127.0.0.1:{port}"), sandbox.asset());
        assert_eq!(outcome.code, 0, "{scheme}: {}", outcome.out);
        let fields = json!({"retry_wait_secs": 60, "url": sandbox.origin(), "login_url": sandbox.origin()});
        let outcome = update(&format!("{scheme}://user:another@127.0.0.1:{port}"), fields.clone());
        outcome.assert_unsent(
            "another",
            1,
            "it refused the user and password",
            "check the user and password",
        );
        let outcome = update(&format!("{scheme}://127.0.0.1:{port}"), fields.clone());
        outcome.assert_unsent(
            "nobody",
            1,
            "it wants a user and a password",
            "none was there to be shown",
        );
        // Nobody listens behind it.
        let fields = json!({"login_url": format!("https://127.0.0.1:{}", free_port()), "timeout_secs": 10, "retry_wait_secs": 60});
        let outcome = update(&format!("{scheme}://user:{PASSWORD}@127.0.0.1:{port}"), fields);
        assert_eq!(
            (outcome.code, &outcome.out["update"]),
            (3, &json!("not_applied")),
            "{}",
            outcome.out
        );
    }
}
