//! A drop-in has to behave like what it replaces: Swimlane's own runner, as published on PyPI, and this binary get the same
//! flat input against the same answers, and their outcomes and requests are compared. Every difference is one of a list,
//! each with its reason, and a difference that is gone fails the test too.
//!
//! `TEST_VENV` names a Python environment that has `connector-def-runner`; without it the test says SKIPPED.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::collections::BTreeSet;
use std::io::Write;
use std::iter;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sandbox::answer::{Answer, Framing};
use sandbox::script::{Expect, Reply, Scripted};
use sandbox::{Coding, Sandbox, Settings, Tls};
use serde_json::{Value, json};

/// One comparison.
struct Case {
    name: &'static str,
    /// The answer to the update; the sign-in succeeds unless the answers say otherwise.
    answers: Vec<Reply>,
    /// Changes the usual input.
    input: fn(&mut Value),
    /// Whether it is over TLS, by a certificate that nobody has a reason to trust.
    untrusted: bool,
    /// How the two differ, where they do.
    differs: Option<Difference>,
}

/// A difference that is meant.
struct Difference {
    /// The first cell of the row in the table of `docs/turbine.md` that says so.
    row: &'static str,
    why: &'static str,
    theirs: Came,
    ours: Came,
}

/// What a run came to: its exit code, how many requests it made, and words that stand in what it wrote.
type Came = (i32, usize, &'static str);

/// What a run came to, as far as the two can be compared.
#[derive(Debug, PartialEq)]
struct Outcome {
    code: i32,
    /// Line by line; of an envelope each key in order, and of a failure the keys of Swimlane's.
    stdout: Vec<String>,
    /// The same.
    stderr: Vec<String>,
    /// Method, target, content type, authorization, and the body in a form that spacing and order do not change.
    requests: Vec<String>,
}

const AT_ONCE: usize = 6;

#[test]
#[allow(clippy::disallowed_methods, reason = "a test's own setting")]
fn the_binary_does_what_swimlanes_runner_does_but_for_a_list_of_differences() {
    let mut err = std::io::stderr();
    let Some(venv) = std::env::var_os("TEST_VENV") else {
        return writeln!(err, "SKIPPED: TEST_VENV names no environment with connector-def-runner").expect("a line");
    };
    let python = std::path::Path::new(&venv).join("bin/python");
    let runner = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/runners/turbine/runner.py");
    let cases = cases();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let compare = |case: &Case| {
        let theirs = run(case, Command::new(&python).arg(runner));
        let ours = run(case, &mut Command::new(env!("CARGO_BIN_EXE_defender-update-incident")));
        let as_expected = match &case.differs {
            None => theirs == ours,
            Some(difference) => theirs != ours && theirs.came_to(difference.theirs) && ours.came_to(difference.ours),
        };
        if !as_expected {
            let why = case.differs.as_ref().map_or("alike", |difference| difference.why);
            wrong.lock().expect("no panic holds it").push(format!(
                "{} ({why}):\n  theirs {theirs:?}\n  ours   {ours:?}",
                case.name
            ));
        }
    };
    // Most of a case is waiting, for Python to start or for an incident to settle.
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    compare(case);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic held it");
    let differing = cases.iter().filter(|case| case.differs.is_some()).count();
    writeln!(
        err,
        "turbine: cases {}, alike {}, deliberately different {differing}",
        cases.len(),
        cases.len() - differing
    )
    .expect("a line");
    assert!(cases.len() >= 25 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_page_lists_the_differences_and_none_besides() {
    let page = include_str!("../../docs/turbine.md");
    let (_, section) = page
        .split_once("## Moving from Swimlane's own action")
        .expect("docs/turbine.md has the section");
    let rows: BTreeSet<&str> = section
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|row| row.split('|').nth(1))
        .map(str::trim)
        .collect();
    let cases = cases();
    let shown = cases.iter().filter_map(|case| Some(case.differs.as_ref()?.row));
    let expected: BTreeSet<&str> = shown.chain(SHOWN_ELSEWHERE.iter().map(|(row, _)| *row)).collect();
    assert_eq!(rows, expected);
    let count = format!("a test compares the two in {} cases", cases.len());
    assert!(page.contains(&count), "docs/turbine.md does not say: {count}");
}

impl Outcome {
    fn came_to(&self, (code, requests, words): Came) -> bool {
        let says = |stream: &[String]| stream.iter().any(|line| line.contains(words));
        self.code == code && self.requests.len() == requests && (says(&self.stdout) || says(&self.stderr))
    }
}

fn run(case: &Case, command: &mut Command) -> Outcome {
    let sandbox = Sandbox::start(Settings {
        tls: case.untrusted.then_some(Tls::SelfSigned),
        ..Settings::default()
    });
    // Requests are compared between the two, not with a script: whatever comes is answered in order. Who reads the incident after
    // that finds it as it was before.
    let before = Reply::Built(json_answer(
        "200 OK",
        r#"{"incidentId": 552, "status": "Active", "comments": []}"#,
    ));
    for answer in case.answers.iter().chain(iter::repeat_n(&before, 3)) {
        sandbox.script(vec![Scripted::new(
            Expect {
                any: true,
                ..Expect::default()
            },
            answer.clone(),
        )]);
    }
    let mut input = json!({
        "url": sandbox.origin(),
        "token_url": format!("{}/tenant/oauth2/v2.0/token", sandbox.origin()),
        "client_id": "client",
        "client_secret": "secret-not-real",
        "scope": ["https://api.security.microsoft.com/.default"],
        "path_parameters": {"id": 552},
        "json_body": {"status": "Resolved", "comment": "geschlossen – „ok“"},
        "settle_secs": 0,
    });
    (case.input)(&mut input);
    if input["url"] == "nobody" {
        input["url"] = json!("http://127.0.0.1:1");
    }
    let mut child = command
        .arg("update_incident")
        .env(
            "ASSET_KEYS",
            "url,token_url,client_id,client_secret,scope,verify_ssl,timeout_secs,retry_wait_secs,settle_secs",
        )
        .env("NO_PROXY", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(input.to_string().as_bytes())
        .expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let lines = |stream: &[u8]| {
        let text = String::from_utf8_lossy(stream).replace(&sandbox.origin(), "origin");
        text.lines().map(comparable).collect()
    };
    let requests = sandbox.requests().into_iter().map(|request| {
        let mut form = request.form();
        form.sort();
        let body = serde_json::from_slice::<Value>(&request.body).map_or(format!("{form:?}"), |json| json.to_string());
        let header = |name| request.header(name).unwrap_or_default().to_owned();
        format!(
            "{} {} {} {} {body}",
            request.method,
            request.target,
            header("Content-Type"),
            header("Authorization")
        )
    });
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: lines(&output.stdout),
        stderr: lines(&output.stderr),
        requests: requests.collect(),
    }
}

const FURTHER_KEYS: [&str; 8] = [
    "name",
    "message",
    "help",
    "update",
    "retry_after_secs",
    "violations",
    "writes",
    "differs",
];

/// A framed envelope in a form that spacing does not change; any other line as it is.
fn comparable(line: &str) -> String {
    let framed = line
        .split_once(' ')
        .filter(|(frame, _)| ["::set-output", "::set-error"].contains(frame));
    let parsed = framed.and_then(|(frame, json)| Some((frame, serde_json::from_str::<Value>(json).ok()?)));
    let Some((frame, mut envelope)) = parsed else {
        return line.to_owned();
    };
    // Ours tells more; what Swimlane's tells has to be in it, unchanged.
    if let Some(envelope) = envelope
        .as_object_mut()
        .filter(|envelope| envelope.contains_key("status_code"))
    {
        for more in FURTHER_KEYS {
            envelope.shift_remove(more);
        }
    }
    format!("{frame} {envelope}")
}

fn token() -> Reply {
    Reply::Built(
        Answer::new("200 OK")
            .header("Content-Type", "application/json")
            .body(TOKEN.to_owned()),
    )
}

fn json_answer(status: &str, body: &str) -> Answer {
    Answer::new(status)
        .header("Content-Type", "application/json; charset=utf-8")
        .body(body.to_owned())
}

fn alike(name: &'static str, answer: Answer) -> Case {
    Case {
        name,
        answers: vec![token(), Reply::Built(answer)],
        input: |_| {},
        untrusted: false,
        differs: None,
    }
}

fn different(
    row: &'static str,
    name: &'static str,
    answers: Vec<Reply>,
    input: fn(&mut Value),
    (theirs, ours): (Came, Came),
    why: &'static str,
) -> Case {
    Case {
        name,
        answers,
        input,
        untrusted: false,
        differs: Some(Difference { row, why, theirs, ours }),
    }
}

fn cases() -> Vec<Case> {
    let fine = || json_answer("200 OK", INCIDENT);
    let error = r#"{"error": {"code": "Forbidden", "message": "no", "target": "|x"}}"#;
    let built = Reply::Built;
    let mut cases = vec![
        alike("200", fine()),
        alike("200 in chunks", fine().framed(Framing::Chunked)),
        alike("200 until the connection ends", fine().framed(Framing::UntilClose)),
        alike("gzip", fine().coded(Coding::Gzip).header("Content-Encoding", "gzip")),
        alike(
            "deflate",
            fine().coded(Coding::DeflateZlib).header("Content-Encoding", "deflate"),
        ),
        alike(
            "deflate without zlib's header",
            fine().coded(Coding::DeflateRaw).header("Content-Encoding", "deflate"),
        ),
        alike(
            "gzip in chunks",
            fine()
                .coded(Coding::Gzip)
                .header("Content-Encoding", "gzip")
                .framed(Framing::Chunked),
        ),
        alike("a header twice", fine().header("X-Two", "a").header("X-Two", "b")),
        alike(
            "headers in odd case",
            fine()
                .header("OData-Version", "4.0")
                .header("mise-correlation-id", "m")
                .header("X-SHOUT", "s"),
        ),
        alike("201", json_answer("201 Created", INCIDENT)),
        alike("an odd reason", json_answer("200 Nearly All Right", INCIDENT)),
        alike("a reason in capitals", json_answer("403 FORBIDDEN", error)),
        alike("no reason", json_answer("200 ", INCIDENT)),
        alike(
            "JSON over several lines",
            json_answer("200 OK", &INCIDENT.replace(", ", ",\n  ")),
        ),
        alike("400", json_answer("400 Bad Request", error)),
        alike("403", json_answer("403 Forbidden", error)),
        alike("404", json_answer("404 Not Found", error)),
        Case {
            // With a comment the incident would be read.
            input: |input| input["json_body"] = json!({"status": "Resolved"}),
            ..alike(
                "404 as HTML",
                Answer::new("404 Not Found")
                    .header("Content-Type", "text/html")
                    .body("<p>no</p>".to_owned()),
            )
        },
        alike("409", json_answer("409 Conflict", error)),
    ];
    let location = |status: &str| Answer::new(status).header("Location", "/elsewhere").body(String::new());
    let refused = || {
        json_answer(
            "401 Unauthorized",
            r#"{"error": "invalid_client", "error_description": "AADSTS7000215: no"}"#,
        )
    };
    cases.extend([
        Case {
            untrusted: true,
            ..different(
                "TLS",
                "a certificate that nobody trusts",
                vec![token(), built(fine())],
                |_| {},
                ((0, 2, "\"status_code\":200"), (1, 0, "TlsFailed")),
                "Swimlane's hands the secret to whoever answers",
            )
        },
        different(
            "text or JSON under a type without a charset",
            "JSON under another type",
            vec![
                token(),
                built(
                    Answer::new("200 OK")
                        .header("Content-Type", "text/plain")
                        .body(INCIDENT.to_owned()),
                ),
            ],
            |_| {},
            ((0, 2, "geschlossen â"), (0, 2, "geschlossen –")),
            "JSON is UTF-8 whatever the type says; Swimlane's reads Latin-1",
        ),
        different(
            "302 and other redirects",
            "302",
            vec![token(), built(location("302 Found")), built(fine())],
            |_| {},
            ((0, 3, "\"status_code\":200"), (1, 2, "\"status_code\":302")),
            "a redirect turns the update into a read, and is refused",
        ),
        different(
            "307, 308",
            "307",
            vec![token(), built(location("307 Temporary Redirect")), built(fine())],
            |_| {},
            ((0, 3, "\"status_code\":200"), (1, 2, "\"status_code\":307")),
            "the token goes nowhere else",
        ),
        different(
            "401",
            "401, then fine",
            vec![
                token(),
                built(json_answer("401 Unauthorized", error)),
                token(),
                built(fine()),
            ],
            |_| {},
            ((1, 2, "\"status_code\":401"), (0, 4, "\"status_code\":200")),
            "a fresh token is tried once",
        ),
        different(
            "429, 503 with a wait",
            "429, then fine",
            vec![
                token(),
                built(json_answer("429 Too Many Requests", error).header("Retry-After", "0")),
                built(fine()),
            ],
            |_| {},
            ((1, 2, "\"status_code\":429"), (0, 3, "\"status_code\":200")),
            "a wait that was asked for is waited",
        ),
        different(
            "5xx, lost connections",
            "500, then the incident",
            vec![
                token(),
                built(json_answer("500 Internal Server Error", error)),
                built(fine()),
                built(fine()),
                built(fine()),
            ],
            |input| input["json_body"] = json!({"status": "Resolved"}),
            ((1, 2, "\"status_code\":500"), (0, 3, "\"status_code\":200")),
            "what sets values is sent again",
        ),
        different(
            "a refused sign-in",
            "a refused sign-in",
            vec![built(refused())],
            |_| {},
            ((1, 1, "Traceback"), (1, 1, "AADSTS7000215")),
            "Swimlane's ends in a traceback without the AADSTS text",
        ),
        different(
            "a refused sign-in",
            "a sign-in that answers a page",
            vec![built(Answer::new("200 OK").body("<p>log in</p>".to_owned()))],
            |_| {},
            ((1, 1, "Traceback"), (1, 1, "SignInAnswerInvalid")),
            "Swimlane's ends in a traceback",
        ),
        different(
            "5xx, lost connections",
            "nobody listens",
            vec![token()],
            |input| {
                input["url"] = json!("nobody");
                input["timeout_secs"] = json!(4);
            },
            ((1, 1, "ConnectionError"), (1, 1, "ConnectionFailed")),
            "the message says what to do, and the connection is tried again",
        ),
        different(
            "input",
            "no id",
            vec![token(), built(fine())],
            |input| input["path_parameters"] = json!({}),
            ((0, 2, "\"status_code\":200"), (1, 0, "InvalidInput")),
            "Swimlane's sends it to `api/incidents/`",
        ),
        different(
            "input",
            "an id with a query in it",
            vec![token(), built(fine())],
            |input| input["path_parameters"]["id"] = json!("1?x=2"),
            ((0, 2, "\"status_code\":200"), (1, 0, "InvalidInput")),
            "Swimlane's sends the query",
        ),
        different(
            "552.0",
            "552.0",
            vec![token(), built(fine())],
            |input| input["path_parameters"]["id"] = json!(552.0),
            ((0, 2, "\"status_code\":200"), (0, 2, "\"status_code\":200")),
            "552 is meant",
        ),
        different(
            "input",
            "a scope as text",
            vec![token(), built(fine())],
            |input| input["scope"] = json!("https://api.security.microsoft.com/.default"),
            ((0, 2, "\"status_code\":200"), (0, 2, "\"status_code\":200")),
            "Swimlane's sends it letter by letter",
        ),
        different(
            "input",
            "a value that is near",
            vec![token(), built(fine())],
            |input| input["json_body"]["status"] = json!("resolved"),
            ((0, 2, "\"status_code\":200"), (1, 0, "did you mean")),
            "the input is checked before anything is sent",
        ),
        different(
            "input",
            "an empty update",
            vec![token(), built(fine())],
            |input| input["json_body"] = json!({}),
            ((0, 2, "\"status_code\":200"), (1, 0, "InvalidInput")),
            "an update that changes nothing is refused",
        ),
    ]);
    cases.extend(no_incident());
    cases.extend(unusual_bytes());
    cases
}

/// Successes that hold no incident which shows the update: the incident is read, and was not changed.
fn no_incident() -> Vec<Case> {
    const NOT_IT: &str = "something in between answered in Defender's place";
    const LOST: &str = "a gateway that loses bodies, or what it was sent";
    let page = |content_type: &str, body: &str| {
        Answer::new("200 OK")
            .header("Content-Type", content_type)
            .body(body.to_owned())
    };
    let of = |name, answer, why| {
        let row = "2xx without an incident that shows the update";
        let came = ((0, 2, "::set-output"), (1, 4, "::set-error"));
        different(row, name, vec![token(), Reply::Built(answer)], |_| {}, came, why)
    };
    vec![
        of("204", Answer::new("204 No Content"), LOST),
        of("200 without a body", Answer::new("200 OK").body(String::new()), LOST),
        of("202", json_answer("202 Accepted", "{}"), "it means later"),
        of("text", page("text/plain; charset=utf-8", "fine – „ok“"), NOT_IT),
        of("HTML", page("text/html", "<p>fine</p>"), NOT_IT),
        of("an array", json_answer("200 OK", "[1, {\"a\": null}]"), NOT_IT),
        of("a number", json_answer("200 OK", "7"), NOT_IT),
        of("null", json_answer("200 OK", "null"), NOT_IT),
        of(
            "an error",
            json_answer("200 OK", r#"{"error": {"code": "Forbidden"}}"#),
            NOT_IT,
        ),
        of(
            "another incident",
            json_answer("200 OK", &INCIDENT.replace("552", "553")),
            NOT_IT,
        ),
        of(
            "the incident without the comment",
            json_answer("200 OK", r#"{"incidentId": 552, "status": "Resolved", "comments": []}"#),
            "what it does not show is not known to be written",
        ),
    ]
}

/// Answers that Microsoft does not give, and something in between might.
fn unusual_bytes() -> Vec<Case> {
    let raw = |bytes: &[u8]| vec![token(), Reply::Raw(bytes.to_vec())];
    let raw_then_shown = |bytes: &[u8]| {
        let mut answers = raw(bytes);
        answers.push(Reply::Built(
            json_answer("200 OK", INCIDENT).header("Date", "Thu, 05 Sep 2024 07:20:44 GMT"),
        ));
        answers
    };
    let typed = |content_type: &str, body: &str| {
        let answer = Answer::new("200 OK")
            .header("Content-Type", content_type)
            .body(body.to_owned());
        vec![token(), Reply::Built(answer)]
    };
    vec![
        different(
            "text or JSON under a type without a charset",
            "text under a type without a charset",
            typed("text/html", "<p>für</p>"),
            |_| {},
            ((0, 2, "fÃ¼r"), (1, 4, "für")),
            "UTF-8 is what is written nowadays",
        ),
        different(
            "a charset other than UTF-8",
            "JSON in Latin-1",
            raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=iso-8859-1\r\nContent-Length: 9\r\n\r\n{\"a\":\"\xe4\"}"),
            |_| {},
            ((0, 2, "json_body"), (1, 4, "response_text")),
            "JSON is UTF-8",
        ),
        different(
            "what JSON does not have, such as `NaN`",
            "NaN",
            typed("application/json", "{\"a\":NaN}"),
            |_| {},
            ((0, 2, "json_body"), (1, 4, "response_text")),
            "nobody downstream could read it",
        ),
        different(
            "other than ASCII in a header",
            "a header in UTF-8",
            vec![
                token(),
                Reply::Built(json_answer("200 OK", INCIDENT).header("X-Word", "schön")),
            ],
            |_| {},
            ((0, 2, "schÃ¶n"), (0, 2, "schön")),
            "UTF-8 is what is written nowadays",
        ),
        different(
            "302 and other redirects",
            "302 to nowhere",
            typed_status("302 Found"),
            |_| {},
            ((0, 2, "\"status_code\":302"), (1, 2, "\"status_code\":302")),
            "the update was not made",
        ),
        different(
            "302 and other redirects",
            "304",
            typed_status("304 Not Modified"),
            |_| {},
            ((0, 2, "\"status_code\":304"), (1, 2, "\"status_code\":304")),
            "the update was not made",
        ),
        different(
            "a body that is cut, or coded in a way that was not offered",
            "a body that is cut",
            raw_then_shown(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{\"incidentId\": 552"),
            |_| {},
            ((1, 2, "ChunkedEncodingError"), (0, 3, "read_back")),
            "the incident is read for its state",
        ),
        different(
            "a body that is cut, or coded in a way that was not offered",
            "brotli",
            raw_then_shown(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxx"),
            |_| {},
            ((0, 2, "response_text"), (0, 3, "read_back")),
            "the incident is read for its state",
        ),
        different(
            "input",
            "an id as text",
            vec![token(), Reply::Built(json_answer("200 OK", INCIDENT))],
            |input| input["path_parameters"]["id"] = json!("552"),
            ((0, 2, "\"status_code\":200"), (1, 0, "without quotes")),
            "the contract says a number",
        ),
    ]
}

fn typed_status(status: &str) -> Vec<Reply> {
    vec![token(), Reply::Built(Answer::new(status).body(String::new()))]
}

/// Rows of that table that need more than an answer and an input, and where they are shown.
const SHOWN_ELSEWHERE: [(&str, &str); 3] = [
    (
        "time limits",
        "tests/guarantee/fault_matrix.rs; Swimlane's would never end",
    ),
    ("further keys", "each case here"),
    ("the variable `http_proxy`", "tests/action/network.rs"),
];

/// Shows what the usual input asks for; nobody's clock is ahead of its comment's.
const INCIDENT: &str = r#"{"incidentId": 552, "status": "Resolved", "incidentName": "a\u200bb \"c\"", "tags": [], "assignedTo": null, "comments": [{"comment": "geschlossen – „ok“", "createdBy": "app", "createdTime": "2099-01-01T00:00:00.5Z"}]}"#;

const TOKEN: &str = r#"{"token_type": "Bearer", "expires_in": 3599, "access_token": "example.token.not-real"}"#;
