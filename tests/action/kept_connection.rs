//! The connection of a reading serves the write that follows it, unless the other end thinks otherwise in between; through the
//! real binary.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use serde_json::{Value, json};
use support::Run;
use support::rogue::{Line, Rogue, Speaks};

/// Reads incident 552, then adds a comment to it.
fn read_and_write(server: &Rogue) -> (i32, Value, String) {
    let asset = server.asset();
    let input =
        json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"comment": "closed"}, "once": true});
    let ran = Run::with_stdin(input.to_string())
        .env("RUST_LOG", "info")
        .go()
        .expect("the binary ends by itself");
    let out = serde_json::from_str(&ran.one_line().expect("stdout is one line")).expect("stdout is JSON");
    (ran.code.expect("it was not killed"), out, ran.stderr_text())
}

fn incident(comments: &Value) -> String {
    let body = json!({"incidentId": 552, "status": "Active", "comments": comments}).to_string();
    format!(
        "HTTP/1.1 200 OK\r\nDate: Thu, 05 Sep 2024 07:20:44 GMT\r\nContent-Length: {}\r\n",
        body.len()
    ) + "\r\n"
        + &body
}

fn before() -> String {
    incident(&json!([]))
}

fn after() -> String {
    incident(&json!([{"comment": "closed", "createdBy": "app", "createdTime": "2024-09-05T07:20:44.5Z"}]))
}

/// Answers each request on the connection as Defender would.
fn serve(line: &mut Line) -> Option<()> {
    loop {
        let (head, _) = line.request()?;
        line.say(if head.starts_with("PATCH") { after() } else { before() })?;
    }
}

#[test]
fn a_reading_and_the_write_share_a_connection() {
    for speaks in [Speaks::Plain, Speaks::Tls] {
        let server = Rogue::start(speaks, serve);
        let (code, out, log) = read_and_write(&server);
        assert_eq!((code, &out["writes"]), (0, &json!(1)), "{out}\n{log}");
        assert_eq!((server.count("GET"), server.count("PATCH")), (1, 1));
        assert_eq!(server.connections(), 1, "{speaks:?}: {log}");
    }
}

#[test]
fn a_connection_that_cannot_serve_another_request_is_not_used_for_one() {
    type Reading = fn(&mut Line) -> Option<()>;
    let readings: [(&str, Reading); 7] = [
        ("it says that it closes", |line| {
            line.say(before().replacen("Content-Length", "Connection: keep-alive, Close\r\nContent-Length", 1))?;
            serve(line)
        }),
        ("it speaks HTTP/1.0", |line| {
            line.say(before().replacen("HTTP/1.1", "HTTP/1.0", 1))?;
            serve(line)
        }),
        ("it ends with the connection", |line| {
            line.say(before().replacen("Content-Length", "X-Length", 1))?;
            line.goodbye()
        }),
        ("it closes without a word", |line| line.say(before())),
        ("it says goodbye", |line| {
            line.say(before())?;
            line.goodbye()
        }),
        ("it resets", |line| {
            line.say(before())?;
            line.reset()
        }),
        ("it says more than it was asked for", |line| {
            line.say(before() + &after())?;
            serve(line)
        }),
    ];
    for (what, reading) in readings {
        for speaks in [Speaks::Plain, Speaks::Tls] {
            let server = Rogue::start(speaks, move |line| {
                if line.number > 0 {
                    return serve(line);
                }
                line.request()?;
                reading(line)
            });
            let (code, out, log) = read_and_write(&server);
            assert_eq!(code, 0, "{what}, {speaks:?}: {out}\n{log}");
            assert!(server.connections() >= 2, "{what}, {speaks:?}: {log}");
            if what == "it says more than it was asked for" {
                assert!(!log.contains("attempt 2"), "it is seen before anything is sent: {log}");
            }
            // Where the end comes only after the look at the connection, the write is in doubt, and is found out by reading.
            assert!(server.count("PATCH") <= 2, "{what}, {speaks:?}: {log}");
        }
    }
}

#[test]
fn a_write_that_meets_the_end_of_its_connection_is_in_doubt() {
    for speaks in [Speaks::Plain, Speaks::Tls] {
        // It takes the write on the connection of the reading, and hangs up without an answer.
        let server = Rogue::start(speaks, |line| {
            if line.number > 0 {
                return serve(line);
            }
            line.request()?;
            line.say(before())?;
            line.request()?;
            Some(())
        });
        let (code, out, log) = read_and_write(&server);
        assert_eq!((code, &out["writes"]), (0, &json!(2)), "{speaks:?}: {out}\n{log}");
        assert!(
            server.count("GET") >= 3,
            "its absence is read twice before it goes out again: {log}"
        );
        assert_eq!(server.count("PATCH"), 2, "{log}");
    }
}
