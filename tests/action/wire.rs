//! What happens on the wire between the program and a service, through the real binary: bodies that are cut, answers that
//! come early or were there before, heads that nobody can read, connections that die while they wait.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use support::Run;
use support::outcome::{Outcome, with};
use support::rogue::{Line, Rogue, Speaks};

/// Adds the comment `closed` to incident 552 with a token that is there already.
fn update(server: &Rogue, fields: Value) -> Outcome {
    comment(server, "closed", fields, &[])
}

fn comment(server: &Rogue, text: &str, fields: Value, env: &[(&str, &str)]) -> Outcome {
    send(server, &json!({"comment": text}), fields, env)
}

fn send(server: &Rogue, body: &Value, fields: Value, env: &[(&str, &str)]) -> Outcome {
    let asset = with(server.asset(), &fields);
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": body});
    let run = Run::with_stdin(input.to_string())
        .args(&["--framing", "plain"])
        .env("RUST_LOG", "info");
    env.iter()
        .fold(run, |run, (name, value)| run.env(name, value))
        .outcome(&[])
}

/// Signing in at the same server.
fn signing_in(server: &Rogue) -> Value {
    json!({
        "access_token": null,
        "login_url": server.origin(),
        "tenant_id": "00000000-0000-0000-0000-000000000001",
        "client_id": "00000000-0000-0000-0000-000000000002",
        "client_secret": "secret-not-real",
        "scope": "https://api.example/.default",
    })
}

const TOKEN: &str = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ-not-real.eyJ-not-real.not-real"}"#;

const INCIDENT: &str = r#"{"incidentId":552,"comments":[{"comment":"closed","createdTime":"2024-09-05T07:20:45.5Z"}]}"#;

/// The incident as any answer has it, a second later by the service's clock with each connection.
fn whole(number: usize) -> String {
    answer(number, &format!("Content-Length: {}\r\n", INCIDENT.len()), INCIDENT)
}

fn answer(number: usize, fields: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nDate: {}\r\n{fields}\r\n{body}", date(number))
}

fn date(number: usize) -> String {
    format!("Thu, 05 Sep 2024 07:20:{:02} GMT", 44 + number)
}

fn json_answer(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nDate: {}\r\nContent-Length: {}\r\n\r\n{body}",
        date(0),
        body.len()
    )
}

/// Answers a PATCH as told, and everything else as a service does.
fn patched(speaks: Speaks, act: impl Fn(&mut Line) -> Option<()> + Send + Sync + 'static) -> Rogue {
    Rogue::start(speaks, move |line| {
        let (head, _) = line.request()?;
        if head.starts_with("PATCH ") {
            return act(line);
        }
        line.say(whole(line.number))?;
        line.goodbye()
    })
}

fn assert_read_back(what: &str, server: &Rogue, outcome: &Outcome) {
    assert!(outcome.is(0, "applied"), "{what}: {}", outcome.out);
    assert_eq!(outcome.out["recovered"]["by"], "read_back", "{what}: {}", outcome.out);
    assert_eq!(server.count("PATCH"), 1, "{what}");
    assert!(server.count("GET") >= 1, "{what}: it was read back");
}

fn assert_taken(what: &str, server: &Rogue, outcome: &Outcome) {
    assert!(outcome.is(0, "applied"), "{what}: {}", outcome.out);
    assert_eq!((server.count("PATCH"), server.count("GET")), (1, 0), "{what}");
}

#[test]
fn a_body_that_is_cut_is_read_back() {
    let half = &INCIDENT[..40];
    let chunk = format!("{:x}\r\n{half}\r\n", half.len());
    let length = format!("Content-Length: {}\r\n", INCIDENT.len());
    let chunked = "Transfer-Encoding: chunked\r\n";
    let cut: [(&str, String, bool); 8] = [
        ("until close, reset", answer(0, "", half), true),
        ("until close, whole JSON, reset", answer(0, "", INCIDENT), true),
        ("length, end", answer(0, &length, half), false),
        ("length, reset", answer(0, &length, half), true),
        ("chunks, end", answer(0, chunked, &chunk), false),
        ("chunks, reset", answer(0, chunked, &chunk), true),
        ("half a chunk, end", answer(0, chunked, "ff\r\n{"), false),
        ("nothing of the body, reset", answer(0, "", ""), true),
    ];
    for (what, bytes, resets) in cut {
        for speaks in [Speaks::Plain, Speaks::Tls] {
            let bytes = bytes.clone();
            let server = patched(speaks, move |line| {
                line.say(&bytes)?;
                if resets { line.reset() } else { line.goodbye() }
            });
            let outcome = update(&server, json!({}));
            assert_read_back(&format!("{what}, {speaks:?}"), &server, &outcome);
        }
    }
    // Over TLS anybody on the line can end a connection, but nobody can say goodbye.
    let server = patched(Speaks::Tls, |line| line.say(answer(0, "", INCIDENT)));
    assert_read_back(
        "until close, without close_notify",
        &server,
        &update(&server, json!({})),
    );
}

#[test]
fn a_body_that_ends_properly_is_taken() {
    let chunks = format!(
        "5\r\n{}\r\n{:x};x=y\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
        &INCIDENT[..5],
        INCIDENT.len() - 5,
        &INCIDENT[5..]
    );
    for (what, bytes) in [
        ("until close", answer(0, "", INCIDENT)),
        ("chunks", answer(0, "Transfer-Encoding: chunked\r\n", &chunks)),
        ("length", whole(0)),
    ] {
        for speaks in [Speaks::Plain, Speaks::Tls] {
            let bytes = bytes.clone();
            let server = patched(speaks, move |line| {
                line.say(&bytes)?;
                line.goodbye()
            });
            assert_taken(&format!("{what}, {speaks:?}"), &server, &update(&server, json!({})));
        }
    }
    // With a length nobody needs the end of the connection.
    let server = patched(Speaks::Tls, |line| {
        line.say(whole(0))?;
        line.reset()
    });
    assert_taken("length, reset", &server, &update(&server, json!({})));
}

#[test]
fn a_token_answer_that_is_cut_is_asked_for_again() {
    for (what, first, resets) in [
        ("until close, reset", answer(0, "", &TOKEN[..30]), true),
        ("length, end", answer(0, "Content-Length: 500\r\n", TOKEN), false),
        ("whole, until close, reset", answer(0, "", TOKEN), true),
        ("half a head", "HTTP/1.1 200 OK\r\nContent-Le".to_owned(), false),
    ] {
        let asked = Mutex::new(0);
        let server = Rogue::start(Speaks::Plain, move |line| {
            let (head, _) = line.request()?;
            if head.starts_with("PATCH ") {
                return line.say(whole(0));
            }
            let mut asked = asked.lock().expect("no thread panicked");
            *asked += 1;
            if *asked > 1 {
                return line.say(json_answer(TOKEN));
            }
            line.say(&first)?;
            if resets { line.reset() } else { Some(()) }
        });
        let outcome = update(&server, signing_in(&server));
        assert!(outcome.is(0, "applied"), "{what}: {}", outcome.out);
        assert_eq!((server.count("POST"), server.count("PATCH")), (2, 1), "{what}");
    }
}

#[test]
fn an_early_answer_is_read() {
    let refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large";
    let text = "0123456789abcdef".repeat(200 * 1024);
    for speaks in [Speaks::Plain, Speaks::Tls] {
        for (what, reads, stays, interim) in [
            ("at once, and gone", 0, false, false),
            ("at once, and stays", 0, true, false),
            ("after a part, and gone", 300_000, false, false),
            ("after a part, and stays", 300_000, true, false),
            ("after an interim answer", 100_000, true, true),
        ] {
            let server = Rogue::start(speaks, move |line| {
                let head = line.head()?;
                if !head.starts_with("PATCH ") {
                    return line.say("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
                }
                if interim {
                    line.say("HTTP/1.1 102 Processing\r\n\r\n")?;
                }
                let mut part = vec![0; reads];
                line.read_exact(&mut part)?;
                line.say(refusal)?;
                if stays {
                    thread::sleep(Duration::from_secs(5));
                }
                line.goodbye()
            });
            let outcome = comment(&server, &text, json!({}), &[]);
            let what = format!("{what}, {speaks:?}: {}", outcome.out);
            assert_eq!(outcome.out["status_code"], 413, "{what}");
            assert!(!outcome.log.contains("attempt 2: 413"), "{what}: {}", outcome.log);
            assert!(outcome.took < Duration::from_secs(15), "{what}");
        }
    }
}

#[test]
fn an_interim_answer_while_a_large_request_is_written_stops_nothing() {
    let text = "0123456789abcdef".repeat(64 * 1024);
    for speaks in [Speaks::Plain, Speaks::Tls] {
        let server = Rogue::start(speaks, |line| {
            let head = line.head()?;
            line.say("HTTP/1.1 100 Continue\r\n\r\n")?;
            thread::sleep(Duration::from_millis(200));
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length?];
            line.read_exact(&mut body)?;
            let body: Value = serde_json::from_slice(&body).ok()?;
            let incident = json!({"incidentId": 552, "comments": [{"comment": body["comment"], "createdTime": "2024-09-05T07:20:45.5Z"}]});
            line.say(json_answer(&incident.to_string()))?;
            line.goodbye()
        });
        let outcome = comment(&server, &text, json!({}), &[]);
        assert!(outcome.is(0, "applied"), "{speaks:?}: {}", outcome.out);
    }
}

#[test]
fn interim_answers_are_never_mixed_with_the_final_one() {
    for interim in [
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nContent-Length: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
        "HTTP/1.1 102 Processing\r\nbroken\r\n\r\n",
        "\r\n\r\nHTTP/1.1 100\r\n\r\n",
    ] {
        for at_once in [true, false] {
            let server = patched(Speaks::Plain, move |line| {
                if at_once {
                    return line.say(format!("{interim}{}", whole(0)));
                }
                line.say(interim)?;
                thread::sleep(Duration::from_millis(100));
                line.say(whole(0))
            });
            let outcome = update(&server, json!({}));
            assert_taken(&format!("{interim:?}"), &server, &outcome);
            assert_eq!(
                (&outcome.out["status_code"], &outcome.out["reason"]),
                (&json!(200), &json!("OK"))
            );
            assert!(outcome.out["response_headers"].get("Link").is_none(), "{}", outcome.out);
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

#[test]
fn every_coding_is_undone_and_a_word_that_is_none_is_nothing() {
    let once = gzip(INCIDENT.as_bytes());
    let twice = gzip(&once);
    let chunked = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n0\r\n\r\n"].concat();
    let sized = |fields: &str, bytes: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nDate: {}\r\n{fields}Content-Length: {}\r\n\r\n",
            date(0),
            bytes.len()
        );
        [head.as_bytes(), bytes].concat()
    };
    let in_chunks = |fields: &str, bytes: &[u8]| {
        [
            format!("HTTP/1.1 200 OK\r\nDate: {}\r\n{fields}\r\n", date(0)).as_bytes(),
            &chunked(bytes),
        ]
        .concat()
    };
    for (what, bytes) in [
        (
            "two lines",
            sized("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", &twice),
        ),
        ("one line", sized("Content-Encoding: gzip, GZIP\r\n", &twice)),
        (
            "identity on a second line",
            sized("Content-Encoding: gzip\r\nContent-Encoding: identity\r\n", &once),
        ),
        (
            "gzip, chunked",
            in_chunks("Transfer-Encoding: gzip, chunked\r\n", &once),
        ),
        (
            "gzip and chunked on two lines",
            in_chunks("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", &once),
        ),
        (
            "both kinds",
            in_chunks(
                "Content-Encoding: x-gzip\r\nTransfer-Encoding: gzip, chunked\r\n",
                &twice,
            ),
        ),
        ("utf-8", sized("Content-Encoding: utf-8\r\n", INCIDENT.as_bytes())),
        ("UTF8", sized("Content-Encoding: UTF8\r\n", INCIDENT.as_bytes())),
        ("none", sized("Content-Encoding: none\r\n", INCIDENT.as_bytes())),
        ("nothing", sized("Content-Encoding: \r\n", INCIDENT.as_bytes())),
        ("utf-8 before gzip", sized("Content-Encoding: utf-8, gzip\r\n", &once)),
        (
            "the token",
            sized(
                "Content-Encoding: eyJ-not-real.eyJ-not-real.not-real\r\n",
                INCIDENT.as_bytes(),
            ),
        ),
    ] {
        let server = patched(Speaks::Plain, move |line| line.say(&bytes));
        assert_taken(what, &server, &update(&server, json!({})));
    }
    for coding in ["br", "zstd", "compress"] {
        let bytes = sized(&format!("Content-Encoding: {coding}\r\n"), INCIDENT.as_bytes());
        let server = patched(Speaks::Plain, move |line| line.say(&bytes));
        assert_read_back(coding, &server, &update(&server, json!({})));
    }
    let server = Rogue::start(Speaks::Plain, |line| {
        let (head, _) = line.request()?;
        let coded = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: utf-8\r\nContent-Length: {}\r\n\r\n{TOKEN}",
            TOKEN.len()
        );
        line.say(if head.starts_with("POST ") { coded } else { whole(0) })
    });
    let outcome = update(&server, signing_in(&server));
    assert!(outcome.is(0, "applied"), "{}", outcome.out);
    assert_eq!(server.count("POST"), 1, "one sign-in is enough");
}

#[test]
fn a_malformed_field_is_skipped() {
    for odd in [
        "X Bad: 1",
        "no colon",
        ": no name",
        "X-Blank : 1",
        "X-Nul: a\0b",
        "X-Return: a\rb",
        "X-Bell: \u{7}",
        "X(odd)[name]: 1",
        "Ünïcode: 1",
        "HTTP/1.1 200 OK",
        "=====",
    ] {
        for speaks in [Speaks::Plain, Speaks::Tls] {
            let bytes = answer(
                0,
                &format!("{odd}\r\nContent-Length: {}\r\nX-Kept: yes\r\n", INCIDENT.len()),
                INCIDENT,
            );
            let server = patched(speaks, move |line| line.say(&bytes));
            let outcome = update(&server, json!({}));
            assert_taken(odd, &server, &outcome);
            assert_eq!(
                outcome.out["response_headers"]["X-Kept"], "yes",
                "{odd:?}: {}",
                outcome.out
            );
        }
    }
    let many: String = (0..300).map(|number| format!("X-{number}: y\r\n")).collect();
    let bytes = answer(0, &format!("{many}Content-Length: {}\r\n", INCIDENT.len()), INCIDENT);
    let server = patched(Speaks::Plain, move |line| line.say(&bytes));
    assert_taken("300 fields", &server, &update(&server, json!({})));
}

#[test]
fn a_head_that_leaves_the_body_in_doubt_is_read_back() {
    let length = INCIDENT.len();
    for fields in [
        format!("Content-Length : {length}\r\n"),
        format!("Content-Length {length}\r\n"),
        format!("Content-Length: {length}x\r\n"),
        format!("Content-Length: {length}, 7\r\n"),
        format!("Content-Length: 7\r\nContent-Length: {length}\r\n"),
        format!("Content-Encoding\0: gzip\r\nContent-Length: {length}\r\n"),
        "Transfer-Encoding : chunked\r\n".to_owned(),
        "Transfer-Encoding: chunked, gzip\r\n".to_owned(),
        format!("X-Long: {}\r\n", "x".repeat(100_000)),
    ] {
        let bytes = answer(0, &fields, INCIDENT);
        let server = patched(Speaks::Plain, move |line| line.say(&bytes));
        let outcome = update(&server, json!({}));
        assert_read_back(&fields[..fields.len().min(60)], &server, &outcome);
    }
    for cut in [
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nDate: Thu",
        "HTTP/1.1 200\r\nDate: x\r\n",
    ] {
        for resets in [true, false] {
            let server = patched(Speaks::Plain, move |line| {
                line.say(cut)?;
                if resets { line.reset() } else { Some(()) }
            });
            assert_read_back(cut, &server, &update(&server, json!({})));
        }
    }
}

#[test]
fn what_was_there_before_the_request_is_no_answer_to_it() {
    for early in [
        whole(0),
        "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "220 smtp.example ESMTP\r\n".to_owned(),
    ] {
        for speaks in [Speaks::Plain, Speaks::Tls] {
            // Of the connections to the API the first, which is opened ahead, has the bytes at once.
            let bytes = early.clone();
            let api = Rogue::start(speaks, move |line| {
                if line.number == 0 {
                    line.say(&bytes)?;
                    return line.wait_for_end();
                }
                line.request()?;
                line.say(whole(0))
            });
            let login = Rogue::start(Speaks::Plain, |line| {
                line.request()?;
                thread::sleep(Duration::from_millis(400));
                line.say(json_answer(TOKEN))
            });
            let mut fields = signing_in(&login);
            fields["login_url"] = json!(login.origin());
            let outcome = update(&api, fields);
            assert_taken(&format!("{early:?} {speaks:?}"), &api, &outcome);
            assert_eq!(api.connections(), 2, "the first was of no use");
        }
    }
}

#[test]
fn a_connection_that_died_while_it_waited_is_replaced_however_young() {
    for speaks in [Speaks::Plain, Speaks::Tls] {
        for (what, resets, goodbye, after) in [
            ("end", false, false, 0),
            ("goodbye", false, true, 0),
            ("reset", true, false, 0),
            ("end, a moment later", false, true, 150),
            ("reset, a moment later", true, false, 150),
        ] {
            let api = Rogue::start(speaks, move |line| {
                if line.number == 0 {
                    thread::sleep(Duration::from_millis(after));
                    if goodbye {
                        line.goodbye()?;
                    }
                    return if resets { line.reset() } else { Some(()) };
                }
                line.request()?;
                line.say(whole(0))
            });
            let login = Rogue::start(Speaks::Plain, |line| {
                line.request()?;
                thread::sleep(Duration::from_millis(600));
                line.say(json_answer(TOKEN))
            });
            let mut fields = signing_in(&login);
            fields["login_url"] = json!(login.origin());
            let outcome = update(&api, fields);
            assert_taken(&format!("{what}, {speaks:?}"), &api, &outcome);
            assert!(
                !outcome.log.contains("update: PATCH") || !outcome.log.contains("attempt 2"),
                "{}",
                outcome.log
            );
        }
    }
}

#[test]
fn the_connection_ahead_gets_out_of_the_sign_ins_way() {
    for speaks in [Speaks::Plain, Speaks::Tls] {
        let server = Rogue::one_at_a_time(speaks, |line| {
            let (head, _) = line.request()?;
            line.say(if head.starts_with("POST ") {
                json_answer(TOKEN)
            } else {
                whole(0)
            })?;
            line.goodbye()
        });
        // More than once, since which of the two connections comes first is a matter of chance.
        for _ in 0..4 {
            let outcome = update(&server, signing_in(&server));
            assert!(outcome.is(0, "applied"), "{speaks:?}: {}", outcome.out);
            assert!(outcome.took < Duration::from_secs(9), "{speaks:?}: {:?}", outcome.took);
        }
        assert_eq!((server.count("POST"), server.count("PATCH")), (4, 4), "{speaks:?}");
    }
}

#[test]
fn what_no_server_takes_is_not_sent() {
    let server = Rogue::start(Speaks::Plain, |line| {
        line.request()?;
        line.say(whole(0))
    });
    let long = "x".repeat(17_000);
    let identity = json!({"access_token": null, "managed_identity": "system", "scope": "https://api.example/.default"});
    let endpoint = format!("{}/msi/token", server.origin());
    let environment = [
        ("IDENTITY_ENDPOINT", endpoint.as_str()),
        ("IDENTITY_HEADER", long.as_str()),
    ];
    for (what, fields, env) in [
        ("token", json!({"access_token": long}), [].as_slice()),
        ("token of 64 KiB", json!({"access_token": "x".repeat(65_536)}), &[]),
        ("URL", json!({"url": format!("{}/{long}", server.origin())}), &[]),
        ("identity header", identity, &environment),
        ("token just too long", json!({"access_token": "x".repeat(16_384)}), &[]),
    ] {
        let outcome = comment(&server, "closed", fields, env);
        assert!(
            outcome.is(1, "not_applied") || outcome.is(2, "not_applied"),
            "{what}: {}",
            outcome.out
        );
        assert!(outcome.took < Duration::from_secs(3), "{what}: {:?}", outcome.took);
        assert_eq!(server.requests(), Vec::<String>::new(), "{what}");
    }
    let outcome = update(&server, json!({"access_token": "x".repeat(16_000)}));
    assert_taken("a token that fits", &server, &outcome);
}

#[test]
fn a_server_that_wants_a_client_certificate_ends_the_run_at_once() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let server = Rogue::start(Speaks::MutualTls(version), |line| {
            line.request()?;
            line.say(whole(0))
        });
        let outcome = update(&server, json!({}));
        assert!(outcome.is(1, "not_applied"), "{version:?}: {}", outcome.out);
        assert_eq!(outcome.out["name"], "TlsFailed", "{}", outcome.out);
        assert!(
            outcome
                .text("message")
                .contains("client certificates are not supported"),
            "{version:?}: {}",
            outcome.out
        );
        assert_eq!(server.count("PATCH"), 0);
        assert!(server.connections() <= 2, "{}", server.connections());
    }
}

#[test]
fn lost_words_of_a_server_that_wants_a_client_certificate_are_heard_at_the_next_connection() {
    // A comment is read back, and values are sent again: either way the next connection hears it.
    for (what, body) in [
        ("a comment", json!({"comment": "closed"})),
        ("values", json!({"status": "Resolved"})),
    ] {
        let server = Rogue::start(Speaks::LostWords, |line| {
            line.request()?;
            line.say(whole(0))
        });
        let outcome = send(&server, &body, json!({}), &[]);
        assert!(outcome.is(1, "not_applied"), "{what}: {}", outcome.out);
        assert_eq!(outcome.out["name"], "TlsFailed", "{what}: {}", outcome.out);
        assert!(
            outcome
                .text("message")
                .contains("client certificates are not supported"),
            "{what}: {}",
            outcome.out
        );
        assert_eq!(server.connections(), 2, "{what}: nobody is asked a third time");
    }
}

#[test]
fn a_write_that_was_taken_stays_doubtful_whatever_is_wanted_later() {
    for (what, body) in [
        ("a comment", json!({"comment": "closed"})),
        ("values", json!({"status": "Resolved"})),
    ] {
        let server = Rogue::start(Speaks::MutualTlsLater, |line| {
            line.request()?;
            line.reset()
        });
        let outcome = send(&server, &body, json!({}), &[]);
        assert!(outcome.is(4, "unknown"), "{what}: {}", outcome.out);
        assert_eq!((server.count("PATCH"), server.connections()), (1, 2), "{what}");
    }
}

#[test]
fn limits_hold_wherever_the_time_goes() {
    let drip = |line: &mut Line, bytes: &[u8]| {
        for byte in bytes {
            line.say([*byte])?;
            thread::sleep(Duration::from_millis(300));
        }
        Some(())
    };
    let dripping = answer(0, &format!("X: {}\r\n", "y".repeat(500)), INCIDENT);
    let head = Rogue::start(Speaks::Plain, move |line| {
        line.request()?;
        drip(line, dripping.as_bytes())
    });
    let body = Rogue::start(Speaks::Tls, move |line| {
        line.request()?;
        line.say(answer(0, "Content-Length: 500\r\n", ""))?;
        drip(line, &[b' '; 500])
    });
    let silent = Rogue::start(Speaks::Plain, |line| line.wait_for_end());
    for (what, server) in [("head", &head), ("body", &body), ("silence", &silent)] {
        let outcome = update(server, json!({"timeout_secs": 3}));
        assert_eq!(outcome.code, 4, "{what}: {}", outcome.out);
        assert!(outcome.took < Duration::from_secs(6), "{what}: {:?}", outcome.took);
    }
    // A port that takes connections and never shakes hands.
    let url = silent.origin().replace("http://127.0.0.1", "https://localhost");
    let outcome = update(
        &silent,
        json!({"url": url, "timeout_secs": 3, "connect_timeout_secs": 1}),
    );
    assert!(outcome.is(3, "not_applied"), "{}", outcome.out);
    assert!(outcome.took < Duration::from_secs(6), "{:?}", outcome.took);
    assert!(
        outcome.text("message").contains("`connect_timeout_secs`"),
        "{}",
        outcome.out
    );
}
