//! Every network that a SOC has, through the real binary: TLS that is right and wrong, proxies of every kind, addresses of
//! either family. Every run logs at the most detailed level, and no proxy's password may show.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::net::{IpAddr, Ipv6Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use sandbox::answer::Answer;
use sandbox::{Expect, Fault, Leg, Reply, Sandbox, Scripted, Settings, Tls, TlsVersions};
use serde_json::{Value, json};
use support::Run;
use support::outcome::{Outcome, with};
use support::proxy::{Proxy, Speaks};
use support::tools::{Daemon, TempFolder, free_port, program, skipped};

fn start(tls: Tls) -> Sandbox {
    Sandbox::start(Settings {
        tls: Some(tls),
        ..Settings::default()
    })
}

/// Adds a comment to incident 552, with these fields of the asset, null taking one away.
fn update(sandbox: &Sandbox, fields: Value, env: &[(&str, &str)]) -> Outcome {
    comment(sandbox, "closed", fields, env)
}

fn comment(sandbox: &Sandbox, text: &str, fields: Value, env: &[(&str, &str)]) -> Outcome {
    let usual = json!({"retry_wait_secs": 0.01, "timeout_secs": 10});
    let asset = with(with(sandbox.asset(), &usual), &fields);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"comment": text}});
    // Said, as some of the environments are Turbine's.
    let run = Run::with_stdin(input.to_string())
        .args(&["--framing", "plain"])
        .env("RUST_LOG", "trace");
    let run = env.iter().fold(run, |run, (name, value)| run.env(name, value));
    run.outcome(&["pass@word-not-real", "-not-real", &sandbox.settings().client_secret])
}

fn assert_applied(sandbox: &Sandbox, outcome: &Outcome) {
    assert_eq!(outcome.code, 0, "{}\n{}", outcome.out, outcome.log);
    let comments = sandbox.incident(552).expect("it is there")["comments"]
        .as_array()
        .map(Vec::len);
    assert_eq!(comments, Some(1));
}

#[test]
fn a_ca_of_ones_own_is_trusted_wherever_it_is_named() {
    let folder = TempFolder::new("ca");
    for way in ["ca_certificate", "ca_certificate_path", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        let sandbox = start(Tls::Good);
        let pem = sandbox.ca_pem().expect("it speaks TLS");
        let file = folder.file("ca.pem", pem);
        folder.file("README", "no certificate, as such folders hold too");
        let outcome = match way {
            "ca_certificate" => update(&sandbox, json!({"ca_certificate": pem}), &[]),
            "ca_certificate_path" => update(
                &sandbox,
                json!({"ca_certificate": null, "ca_certificate_path": file}),
                &[],
            ),
            "SSL_CERT_FILE" => update(&sandbox, json!({"ca_certificate": null}), &[(way, &file)]),
            _ => update(&sandbox, json!({"ca_certificate": null}), &[(way, folder.path())]),
        };
        assert_applied(&sandbox, &outcome);
    }
}

#[test]
fn a_chain_of_rsa_keys_with_an_intermediate_is_trusted() {
    let sandbox = Sandbox::start(Settings {
        tls: Some(Tls::Good),
        tls_versions: TlsVersions::Only13,
        rsa_chain: true,
        ..Settings::default()
    });
    assert_applied(&sandbox, &update(&sandbox, json!({}), &[]));
}

#[test]
fn certificates_may_be_in_several_folders_among_other_things() {
    let sandbox = start(Tls::Good);
    let (one, other) = (TempFolder::new("one"), TempFolder::new("other"));
    let file = other.file("ca.pem", sandbox.ca_pem().expect("it speaks TLS"));
    for (target, name) in [
        (file.as_str(), "0a1b2c3d.0"),
        ("/nowhere", "dead"),
        ("/dev/zero", "endless"),
    ] {
        std::os::unix::fs::symlink(target, format!("{}/{name}", other.path())).expect("a link can be made");
    }
    let folders = format!("/nowhere:{}:{}", one.path(), other.path());
    let outcome = update(
        &sandbox,
        json!({"ca_certificate": null}),
        &[("SSL_CERT_DIR", folders.as_str())],
    );
    assert_applied(&sandbox, &outcome);
    assert!(outcome.log.contains("/nowhere cannot be read"), "{}", outcome.log);
}

#[test]
fn a_ca_that_cannot_be_read_is_refused() {
    let sandbox = start(Tls::Good);
    for (fields, at) in [
        (json!({"ca_certificate": "no PEM"}), "/asset/ca_certificate"),
        (
            json!({"ca_certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}),
            "/asset/ca_certificate",
        ),
        (
            json!({"ca_certificate_path": "/does/not/exist"}),
            "/asset/ca_certificate_path",
        ),
    ] {
        let outcome = update(&sandbox, fields, &[]);
        assert_eq!(
            (outcome.code, outcome.out["violations"][0]["at"].as_str()),
            (2, Some(at)),
            "{}",
            outcome.out
        );
    }
    assert_eq!(sandbox.connections(), 0);
}

#[test]
fn a_handshake_that_fails_says_what_failed_and_what_to_set() {
    let unknown = json!({"ca_certificate": null});
    for (tls, fields, words, help) in [
        (Tls::Good, unknown.clone(), "UnknownIssuer", "`ca_certificate`"),
        (Tls::SelfSigned, json!({}), "certificate", "`ca_certificate`"),
        (
            Tls::SelfSignedCa,
            json!({}),
            "CaUsedAsEndEntity",
            "one that this CA has signed",
        ),
        (Tls::Expired, json!({}), "expired", "clock"),
        (Tls::WrongHost, json!({}), "not valid for name", "`url`, `login_url`"),
    ] {
        let sandbox = start(tls);
        let outcome = update(&sandbox, fields, &[]);
        assert_eq!(
            (outcome.code, &outcome.out["name"]),
            (1, &json!("TlsFailed")),
            "{tls:?}: {}",
            outcome.out
        );
        let text = |key: &str| outcome.out[key].as_str().unwrap_or_default().to_owned();
        assert!(text("message").contains(words), "{tls:?}: {}", text("message"));
        assert!(text("help").contains(help), "{tls:?}: {}", text("help"));
        assert_eq!(sandbox.requests().len(), 0, "nothing was sent to an impostor");
    }
}

#[test]
fn verification_is_off_only_when_told_and_warns() {
    for tls in [Tls::SelfSigned, Tls::Expired, Tls::WrongHost] {
        let sandbox = start(tls);
        let outcome = update(&sandbox, json!({"ca_certificate": null, "verify_ssl": false}), &[]);
        assert_applied(&sandbox, &outcome);
        assert!(
            outcome.log.contains("WARN") && outcome.log.contains("`verify_ssl` is false"),
            "{}",
            outcome.log
        );
    }
}

#[test]
fn both_versions_of_tls_are_spoken() {
    for versions in [TlsVersions::Only12, TlsVersions::Only13] {
        let sandbox = Sandbox::start(Settings {
            tls: Some(Tls::Good),
            tls_versions: versions,
            ..Settings::default()
        });
        assert_applied(&sandbox, &update(&sandbox, json!({}), &[]));
    }
}

#[test]
fn an_update_larger_than_any_buffer_arrives_whole() {
    for tls in [None, Some(Tls::Good)] {
        let sandbox = Sandbox::start(Settings {
            tls,
            ..Settings::default()
        });
        let text: String = (0..200_000).map(|number| format!("{number},")).collect();
        assert_applied(&sandbox, &comment(&sandbox, &text, json!({}), &[]));
        let incident = sandbox.incident(552).expect("it is there");
        assert!(incident["comments"][0]["comment"] == *text, "{tls:?}");
    }
}

#[test]
fn an_http_proxy_is_used_with_and_without_a_password() {
    for credentials in [None, Some("user:pass@word-not-real")] {
        let sandbox = start(Tls::Good);
        let proxy = Proxy::start(Speaks::Http, credentials);
        let user = credentials.map_or("", |_| "user:pass%40word-not-real@");
        let url = format!("http://{user}127.0.0.1:{}", proxy.port());
        assert_applied(&sandbox, &update(&sandbox, json!({"http_proxy": url}), &[]));
        assert_eq!(proxy.asked().len(), 2, "{:?}", proxy.asked());
        assert!(
            proxy.asked().iter().all(|target| sandbox.origin().ends_with(target)),
            "{:?}",
            proxy.asked()
        );

        // The same from a file, as a container mounts it.
        let folder = TempFolder::new(&format!("proxy-{}", proxy.port()));
        let file = folder.file("proxy", &format!("{url}\n"));
        let outcome = update(&sandbox, json!({"http_proxy_file": file}), &[]);
        assert_eq!(outcome.code, 0, "{}", outcome.out);
        assert_eq!(proxy.asked().len(), 4);
    }
}

#[test]
fn a_proxy_that_wants_another_password_is_explained_and_not_asked_again() {
    for (speaks, scheme, user, words) in [
        (
            Speaks::Http,
            "http",
            "user:wrong-not-real@",
            "it answered 407 Proxy Authentication Required",
        ),
        (
            Speaks::Http,
            "http",
            "",
            "it answered 407 Proxy Authentication Required",
        ),
        (
            Speaks::Socks5,
            "socks5h",
            "user:wrong-not-real@",
            "it refused the user and password",
        ),
        (Speaks::Socks5, "socks5h", "", "it wants a user and a password"),
    ] {
        let sandbox = start(Tls::Good);
        let proxy = Proxy::start(speaks, Some("user:right"));
        let url = format!("{scheme}://{user}127.0.0.1:{}", proxy.port());
        let started = Instant::now();
        let outcome = update(&sandbox, json!({"http_proxy": url, "retry_wait_secs": 60}), &[]);
        assert_eq!(
            (outcome.code, &outcome.out["name"]),
            (1, &json!("ConnectionFailed")),
            "{}",
            outcome.out
        );
        // A password that is tried again and again locks its account.
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        let text = |key: &str| outcome.out[key].as_str().unwrap_or_default().to_owned();
        let message = format!("by way of the proxy `127.0.0.1:{}`: {words}", proxy.port());
        assert!(text("message").ends_with(&message), "{}", outcome.out);
        assert!(text("help").contains("`http_proxy`"), "{}", outcome.out);
        assert_eq!(sandbox.connections(), 0);
    }
}

#[test]
fn an_https_proxy_is_used_and_verified() {
    let sandbox = start(Tls::Good);
    let proxy = Proxy::start(Speaks::Https, Some("user:pass@word-not-real"));
    let url = format!("https://user:pass%40word-not-real@localhost:{}", proxy.port());
    let both = format!("{}{}", sandbox.ca_pem().expect("it speaks TLS"), proxy.ca_pem);
    assert_applied(
        &sandbox,
        &update(&sandbox, json!({"http_proxy": url, "ca_certificate": both}), &[]),
    );
    let outcome = update(&sandbox, json!({"http_proxy": url}), &[]);
    assert_eq!(
        (outcome.code, &outcome.out["name"]),
        (1, &json!("TlsFailed")),
        "{}",
        outcome.out
    );
}

#[test]
fn a_socks_proxy_is_used_with_and_without_a_password() {
    for (scheme, credentials) in [
        ("socks5", None),
        ("socks5h", Some("user:pass@word-not-real")),
        ("socks5", Some("user:pass@word-not-real")),
    ] {
        let sandbox = start(Tls::Good);
        let proxy = Proxy::start(Speaks::Socks5, credentials);
        let user = credentials.map_or("", |_| "user:pass%40word-not-real@");
        let url = format!("{scheme}://{user}127.0.0.1:{}", proxy.port());
        // The name may have an address of each family, and this proxy speaks one.
        let fields = json!({"http_proxy": url, "url": sandbox.origin().replace("localhost", "127.0.0.1"), "login_url": sandbox.origin().replace("localhost", "127.0.0.1")});
        assert_applied(&sandbox, &update(&sandbox, fields, &[]));
        assert_eq!(proxy.asked().len(), 2, "{:?}", proxy.asked());
    }
}

#[test]
fn the_environments_proxy_is_used_but_for_its_exceptions() {
    let proxy = Proxy::start(Speaks::Http, None);
    let url = format!("http://user:pass%40word-not-real@127.0.0.1:{}", proxy.port());
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let sandbox = start(Tls::Good);
        let before = proxy.asked().len();
        let outcome = update(&sandbox, json!({}), &[(variable, &url)]);
        assert_applied(&sandbox, &outcome);
        assert_eq!(proxy.asked().len(), before + 2, "{variable}");
        let source = format!("the environment sets the proxy `127.0.0.1:{}`", proxy.port());
        assert!(outcome.log.contains(&source), "{}", outcome.log);
    }
    let before = proxy.asked().len();
    for exceptions in ["localhost", "example.com, localhost", ".localhost", "*"] {
        for variable in ["NO_PROXY", "no_proxy"] {
            let sandbox = start(Tls::Good);
            assert_applied(
                &sandbox,
                &update(&sandbox, json!({}), &[("HTTPS_PROXY", &url), (variable, exceptions)]),
            );
        }
    }
    let sandbox = start(Tls::Good);
    let origin = sandbox.origin().replace("localhost", "127.0.0.1");
    let by_address = json!({"url": origin, "login_url": origin});
    assert_applied(
        &sandbox,
        &update(
            &sandbox,
            by_address,
            &[("HTTPS_PROXY", &url), ("NO_PROXY", "127.0.0.0/8")],
        ),
    );
    assert_eq!(proxy.asked().len(), before, "no excepted host was asked for");

    // HTTP_PROXY is for another scheme, and the asset's proxy wins over all.
    let sandbox = start(Tls::Good);
    assert_applied(
        &sandbox,
        &update(
            &sandbox,
            json!({}),
            &[
                ("HTTP_PROXY", "http://127.0.0.1:1"),
                ("http_proxy", "http://127.0.0.1:1"),
            ],
        ),
    );
    let sandbox = start(Tls::Good);
    let fields = json!({"http_proxy": url});
    assert_applied(
        &sandbox,
        &update(
            &sandbox,
            fields,
            &[("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "*")],
        ),
    );
    assert_eq!(proxy.asked().len(), before + 2);
}

#[test]
fn turbines_proxy_is_used_where_nothing_else_names_one() {
    let proxy = Proxy::start(Speaks::Http, None);
    let url = format!("http://127.0.0.1:{}", proxy.port());
    let (turbine, nobody) = (("ASSET_KEYS", "url"), "http://127.0.0.1:1");
    let runs: [(Value, &[(&str, &str)]); 3] = [
        (json!({}), &[turbine, ("http_proxy", &url)]),
        (json!({"http_proxy": url}), &[turbine, ("http_proxy", nobody)]),
        (json!({}), &[turbine, ("http_proxy", nobody), ("HTTPS_PROXY", &url)]),
    ];
    for (number, (fields, env)) in runs.into_iter().enumerate() {
        let sandbox = start(Tls::Good);
        assert_applied(&sandbox, &update(&sandbox, fields, env));
        assert_eq!(proxy.asked().len(), 2 * (number + 1), "{env:?}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_explained() {
    let sandbox = start(Tls::Good);
    let outcome = update(&sandbox, json!({"http_proxy": "http://127.0.0.1:1"}), &[]);
    assert_eq!(
        (outcome.code, &outcome.out["name"]),
        (3, &json!("ConnectionFailed")),
        "{}",
        outcome.out
    );
    let text = |key: &str| outcome.out[key].as_str().unwrap_or_default().to_owned();
    assert!(
        text("message").contains("by way of the proxy `127.0.0.1:1`: "),
        "{}",
        outcome.out
    );
    assert!(text("help").contains("`http_proxy`"), "{}", outcome.out);
    assert_eq!(sandbox.connections(), 0, "nothing goes around the proxy");
}

#[test]
fn a_port_that_speaks_no_tls_is_explained() {
    let sandbox = Sandbox::start(Settings::default());
    let origin = sandbox.origin().replace("http:", "https:");
    let outcome = update(&sandbox, json!({"url": origin, "login_url": origin}), &[]);
    assert_eq!(
        (outcome.code, &outcome.out["name"]),
        (1, &json!("TlsFailed")),
        "{}",
        outcome.out
    );
    let help = outcome.out["help"].as_str().expect("a text");
    assert!(help.contains("speak TLS"), "{help}");
}

#[test]
fn ipv6_is_spoken() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return skipped("this machine has no IPv6 loopback address");
    }
    let settings = Settings {
        tls: Some(Tls::Good),
        bind: IpAddr::V6(Ipv6Addr::LOCALHOST),
        ..Settings::default()
    };
    let sandbox = Sandbox::start(settings);
    assert!(sandbox.origin().contains("[::1]"), "{}", sandbox.origin());
    assert_applied(&sandbox, &update(&sandbox, json!({}), &[]));
}

#[test]
fn a_host_without_an_address_is_explained() {
    let sandbox = start(Tls::Good);
    let url = "https://nowhere.invalid";
    let outcome = update(&sandbox, json!({"url": url, "login_url": url}), &[]);
    assert_eq!(
        (outcome.code, &outcome.out["name"]),
        (3, &json!("ConnectionFailed")),
        "{}",
        outcome.out
    );
    assert!(
        outcome.out["help"].as_str().expect("a text").contains("name"),
        "{}",
        outcome.out
    );
}

#[test]
fn the_connection_to_the_api_is_opened_during_the_sign_in_and_used() {
    for versions in [TlsVersions::Only12, TlsVersions::Only13] {
        // A sign-in that is quick, and one in which the other connection waits long enough to be looked at before its use.
        for delay in [Duration::ZERO, Duration::from_millis(1_200)] {
            let settings = Settings {
                tls: Some(Tls::Good),
                tls_versions: versions,
                ..Settings::default()
            };
            let sandbox = Sandbox::start(settings);
            sandbox.fault(Leg::Token, Fault::Delay(delay));
            assert_applied(&sandbox, &update(&sandbox, json!({}), &[]));
            assert_eq!(sandbox.connections(), 2, "{versions:?}, sign-in {delay:?}");
        }
    }
}

#[test]
fn a_connection_that_was_closed_while_it_waited_is_replaced() {
    let idle_timeout = Duration::from_millis(500);
    let sandbox = Sandbox::start(Settings {
        tls: Some(Tls::Good),
        idle_timeout,
        ..Settings::default()
    });
    sandbox.fault(Leg::Token, Fault::Delay(Duration::from_millis(1_500)));
    assert_applied(&sandbox, &update(&sandbox, json!({}), &[]));
    assert_eq!(sandbox.requests().len(), 2, "nothing was sent over the closed one");
}

#[test]
fn what_was_in_the_way_during_the_sign_in_is_no_attempt() {
    let sign_in = Sandbox::start(Settings::default());
    sign_in.fault(Leg::Token, Fault::Delay(Duration::from_millis(1_500)));
    let port = free_port();
    let api = thread::spawn(move || {
        // Nobody listens while the connection is opened ahead.
        thread::sleep(Duration::from_millis(600));
        let api = Sandbox::start(Settings {
            port,
            ..Settings::default()
        });
        let (anything, fine) = (
            Expect {
                any: true,
                ..Expect::default()
            },
            Answer::new("200 OK")
                .header("Date", "Thu, 05 Sep 2024 07:20:44 GMT")
                .body(r#"{"incidentId":552,"comments":[{"comment":"closed","createdTime":"2024-09-05T07:20:45.5Z"}]}"#),
        );
        api.script(vec![Scripted::new(anything, Reply::Built(fine))]);
        api
    });
    let outcome = update(&sign_in, json!({"url": format!("http://127.0.0.1:{port}")}), &[]);
    assert_eq!(outcome.code, 0, "{}", outcome.out);
    assert!(!outcome.log.contains("attempt 2"), "{}", outcome.log);
    assert_eq!(api.join().expect("it starts").requests().len(), 1);
}

#[test]
fn a_refused_sign_in_sends_nothing_over_the_connection_that_is_open() {
    let sandbox = start(Tls::Good);
    sandbox.fault(Leg::Token, Fault::Delay(Duration::from_millis(1_000)));
    let outcome = update(&sandbox, json!({"client_secret": "wrong"}), &[]);
    assert_eq!(outcome.code, 1);
    assert_eq!(sandbox.requests().len(), 1);
    assert_eq!(sandbox.connections(), 2, "one for each service, though it is one host");
}

#[test]
fn a_real_tinyproxy_carries_the_update() {
    let Some(tinyproxy) = program("tinyproxy") else {
        return skipped("tinyproxy is not installed");
    };
    let folder = TempFolder::new("tinyproxy");
    let port = free_port();
    let config = folder.file(
        "tinyproxy.conf",
        &format!("Port {port}\nListen 127.0.0.1\nTimeout 30\nBasicAuth user passnotreal\nAllow 127.0.0.1\n"),
    );
    let _daemon = Daemon::start(&tinyproxy, &["-d", "-c", &config], port);
    let sandbox = start(Tls::Good);
    let url = format!("http://user:passnotreal@127.0.0.1:{port}");
    assert_applied(&sandbox, &update(&sandbox, json!({"http_proxy": url}), &[]));
    let wrong = format!("http://user:other@127.0.0.1:{port}");
    let outcome = update(&sandbox, json!({"http_proxy": wrong}), &[]);
    assert_eq!(
        (outcome.code, &outcome.out["name"]),
        (1, &json!("ConnectionFailed")),
        "{}",
        outcome.out
    );
}

#[test]
fn a_real_nginx_in_front_carries_the_update() {
    let Some(nginx) = program("nginx") else {
        return skipped("nginx is not installed");
    };
    let folder = TempFolder::new("nginx");
    let port = free_port();
    let key = rcgen::KeyPair::generate().expect("ring makes keys");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("the name is ASCII");
    let certificate = params.self_signed(&key).expect("it can be signed").pem();
    let (certificate_file, key_file) = (
        folder.file("cert.pem", &certificate),
        folder.file("key.pem", &key.serialize_pem()),
    );
    let sandbox = Sandbox::start(Settings::default());
    let config = folder.file(
        "nginx.conf",
        &format!(
            "daemon off; pid {0}/pid; error_log {0}/error.log;\nevents {{}}\nhttp {{ access_log off;\n\
             client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;\n\
             server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {certificate_file}; ssl_certificate_key {key_file};\n\
             location /gate/ {{ proxy_pass {1}/; proxy_http_version 1.1; }} }} }}\n",
            folder.path(),
            sandbox.origin(),
        ),
    );
    let _daemon = Daemon::start(&nginx, &["-c", &config, "-p", folder.path()], port);
    let gate = format!("https://localhost:{port}/gate");
    let outcome = update(
        &sandbox,
        json!({"url": gate, "login_url": gate, "ca_certificate": certificate}),
        &[],
    );
    assert_applied(&sandbox, &outcome);
    assert!(
        outcome.out["response_headers"]["Server"]
            .as_str()
            .is_some_and(|server| server.contains("nginx"))
    );
}

#[test]
fn a_real_haproxy_in_front_serves_one_at_a_time_and_answers_for_others() {
    let Some(haproxy) = program("haproxy") else {
        return skipped("haproxy is not installed");
    };
    let folder = TempFolder::new("haproxy");
    let key = rcgen::KeyPair::generate().expect("ring makes keys");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("the name is ASCII");
    let certificate = params.self_signed(&key).expect("it can be signed").pem();
    let both = folder.file("both.pem", &format!("{certificate}{}", key.serialize_pem()));
    let sandbox = Sandbox::start(Settings::default());
    let (one, refusing, alone) = (free_port(), free_port(), free_port());
    let config = folder.file(
        "haproxy.cfg",
        &format!(
            "defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n\
             frontend one\n bind 127.0.0.1:{one} ssl crt {both}\n maxconn 1\n default_backend api\n\
             frontend refusing\n bind 127.0.0.1:{refusing} ssl crt {both}\n http-request deny if {{ method PATCH }}\n default_backend api\n\
             frontend alone\n bind 127.0.0.1:{alone} ssl crt {both}\n default_backend nobody\n\
             backend api\n server api 127.0.0.1:{}\n\
             backend nobody\n",
            sandbox.address().port(),
        ),
    );
    let _daemon = Daemon::start(&haproxy, &["-db", "-f", &config], alone);
    let through = |port: u16| {
        let gate = format!("https://localhost:{port}");
        update(
            &sandbox,
            json!({"url": gate, "login_url": gate, "ca_certificate": certificate}),
            &[],
        )
    };
    let told = |outcome: &Outcome, key: &str| outcome.out[key].as_str().unwrap_or_default().to_owned();
    let outcome = through(refusing);
    assert_eq!(
        (outcome.code, &outcome.out["update"]),
        (1, &json!("not_applied")),
        "{}",
        outcome.out
    );
    assert!(
        told(&outcome, "message").contains("Request forbidden by administrative rules"),
        "{}",
        outcome.out
    );
    assert!(
        told(&outcome, "help").contains("a web page came in the API's place"),
        "{}",
        outcome.out
    );

    let outcome = through(alone);
    assert_eq!(
        (outcome.code, &outcome.out["name"]),
        (3, &json!("SignInUnavailable")),
        "{}",
        outcome.out
    );
    assert!(
        told(&outcome, "message").contains("the token endpoint answered 503 Service Unavailable"),
        "{}",
        outcome.out
    );

    // A second connection is taken and not served; it must not be the one that the sign-in waits behind.
    let outcome = through(one);
    assert_applied(&sandbox, &outcome);
    // Its names of fields are in lower case.
    assert!(outcome.out["response_headers"]["date"].is_string(), "{}", outcome.out);
}
