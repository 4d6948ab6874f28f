//! What holds whatever comes: any bytes on stdin end in one line and a published exit code, and any JSON that the server
//! answers comes through as it was written.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sandbox::{Answer, Coding, Expect, Framing, Reply, Sandbox, Scripted, Settings};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use support::{Run, json_text};

/// Bytes that a person, a broken platform or nobody at all would send, those that nearly fit among them.
fn stdin() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        any_json(4).prop_map(|value| value.to_string().into_bytes()),
        near_document().prop_map(|value| value.to_string().into_bytes()),
        (near_document(), any::<proptest::sample::Index>(), any::<u8>()).prop_map(|(value, place, byte)| {
            let mut bytes = value.to_string().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            bytes
        }),
        (near_document(), any::<proptest::sample::Index>()).prop_map(|(value, place)| {
            let mut bytes = value.to_string().into_bytes();
            bytes.truncate(place.index(bytes.len()));
            bytes
        }),
    ]
}

/// A document whose every part may be right, wrong, unset or missing. Nothing in it leads off this machine: the one URL
/// that is reachable is one where nobody listens.
fn near_document() -> impl Strategy<Value = Value> {
    let asset = any_of(&[
        (
            "url",
            &[json!("http://127.0.0.1:1"), json!(""), json!("https://"), json!(1)],
        ),
        ("login_url", &[json!("http://127.0.0.1:1/x/"), json!("ftp://127.0.0.1")]),
        ("tenant_id", &[json!("contoso.example"), json!("a/b"), json!("..")]),
        ("client_id", &[json!("id"), json!("\u{7}"), json!([])]),
        ("client_secret", &[json!("secret"), json!(""), json!({"a": 1})]),
        ("scope", &[json!(["a/b", "c/d"]), json!("x y"), json!([1])]),
        ("verify_ssl", &[json!(true), json!(false), json!("no")]),
        (
            "ca_certificate",
            &[
                json!("no certificate"),
                json!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            ],
        ),
        ("ca_certificate_path", &[json!("/nowhere"), json!("/")]),
        ("http_proxy", &[json!("::"), json!("socks5://u:p@")]),
        ("timeout_secs", &[json!(0.2), json!(1e-300), json!(0.001), json!(1e300)]),
        ("connect_timeout_secs", &[json!(1), json!(-0.0), json!(3600)]),
    ]);
    let body = any_of(&[
        ("status", &[json!("Resolved"), json!("resolved"), json!(null)]),
        ("assignedTo", &[json!(null), json!(""), json!(1)]),
        ("classification", &[json!("TruePositive"), json!("tp")]),
        ("determination", &[json!("Malware"), json!("New"), json!("a b")]),
        ("tags", &[json!([]), json!([null]), json!("x")]),
        ("comment", &[json!("\u{0}"), json!(["x"])]),
        ("", &[json!(1)]),
    ]);
    let id = proptest::sample::select(vec![
        json!(552),
        json!(0),
        json!(1e19),
        json!(-5),
        json!("552"),
        json!(9.007_199_254_740_993e15),
    ]);
    let odd = proptest::option::weighted(0.2, ("[a-z_~/]{0,12}", any_json(2)));
    (asset, body, id, any::<bool>(), odd).prop_map(|(mut asset, body, id, nested, odd)| {
        // Without these, the defaults: a host far away, and the patience for it.
        for (key, value) in [("login_url", json!("http://127.0.0.1:1")), ("timeout_secs", json!(0.2))] {
            if asset.get(key).is_none() {
                asset[key] = value;
            }
        }
        let mut root = if nested { json!({"asset": asset}) } else { asset };
        root["path_parameters"] = json!({"id": id});
        root["json_body"] = body;
        if let Some((key, value)) = odd {
            root[key] = value;
        }
        root
    })
}

fn any_of(fields: &[(&'static str, &[Value])]) -> impl Strategy<Value = Value> + use<> {
    let members: Vec<_> = fields
        .iter()
        .map(|(name, values)| {
            (
                Just(*name),
                proptest::option::weighted(0.7, proptest::sample::select(values.to_vec())),
            )
        })
        .collect();
    members.prop_map(|members| {
        let given = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(given.collect())
    })
}

fn any_json(depth: u32) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(depth, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("\\PC{0,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// JSON as text, with what no parser keeps: spellings of numbers, escapes, duplicate keys, white space.
fn json_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        proptest::sample::select(NUMBERS).prop_map(str::to_owned),
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,5})?",
    ];
    let string = prop_oneof![
        proptest::sample::select(STRINGS).prop_map(str::to_owned),
        any::<String>().prop_map(|text| Value::from(text).to_string()),
    ];
    let leaf = prop_oneof![
        number,
        string.clone(),
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned())
    ];
    let space = proptest::sample::select(vec!["", "", " ", "\t", "\n", "\r\n  "]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let element = (space.clone(), inner.clone(), space.clone()).prop_map(|(a, text, b)| format!("{a}{text}{b}"));
        let member =
            (space.clone(), string.clone(), element.clone()).prop_map(|(a, key, value)| format!("{a}{key}:{value}"));
        prop_oneof![
            proptest::collection::vec(element, 0..6).prop_map(|list| format!("[{}]", list.join(","))),
            proptest::collection::vec(member, 0..6).prop_map(|list| format!("{{{}}}", list.join(","))),
        ]
    })
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    })
}

#[test]
fn any_bytes_end_in_one_line_and_a_published_exit_code() {
    let checked = runner(CASES).run(&stdin(), |bytes| {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let fail = |what: String| TestCaseError::fail(format!("{what}\non stdin: {shown}"));
        for dry in [&[][..], &["--dry-run"]] {
            let ran = Run::with_stdin(bytes.clone()).args(dry).go().map_err(fail)?;
            let line = ran.one_line().map_err(fail)?;
            let envelope: Value = serde_json::from_str(&line).map_err(|error| fail(format!("{error}: {line}")))?;
            prop_assert!(envelope.is_object(), "{line}");
            let code = ran
                .code
                .ok_or_else(|| fail(format!("a signal ended it: {}", ran.stderr_text())))?;
            prop_assert!((0..=4).contains(&code), "exit code {code}, on stdin: {shown}");
            prop_assert_eq!(
                code == 0,
                envelope.get("name").is_none(),
                "exit code and envelope disagree: {}",
                line
            );
            prop_assert!(!ran.stderr_text().contains("panicked"), "{}", ran.stderr_text());
        }
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn any_json_comes_through_as_it_was_written() {
    let wire = Wire::start();
    let checked = runner(CASES).run(
        &(json_text(), any_coding(), any::<bool>()),
        |(text, coding, success)| wire.comes_through(&text, coding, success).map_err(TestCaseError::fail),
    );
    checked.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn what_parsers_like_to_change_comes_through() {
    let wire = Wire::start();
    let nested = |depth: usize| format!("{}0{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}0{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let texts = NUMBERS.iter().chain(STRINGS).map(|text| (*text).to_owned()).chain([
        nested(100),
        objects(100),
        r#"{"a":1,"a":2,"":3,"":4}"#.to_owned(),
        r#"{"z":1,"a":2,"m":{"z":1,"a":2}}"#.to_owned(),
        format!("\"{}\"", "long ".repeat(200_000)),
    ]);
    for text in texts {
        for success in [true, false] {
            let shown: String = text.chars().take(60).collect();
            wire.comes_through(&text, Coding::Gzip, success)
                .unwrap_or_else(|problem| panic!("{shown}: {problem}"));
        }
    }
}

#[test]
fn what_is_nested_too_deep_for_its_reader_is_shown_as_a_text() {
    let wire = Wire::start();
    for (opening, closing) in [("[", "]"), ("{\"a\":", "}")] {
        // The bound, and what broke a reader in a report.
        for (depth, is_json) in [(499, true), (500, false), (100_000, false)] {
            let nested = format!("{}0{}", opening.repeat(depth), closing.repeat(depth));
            for (success, beside) in [
                (true, "\"incidentId\":552,\"status\":\"Resolved\""),
                (false, "\"error\":{}"),
            ] {
                let body = format!("{{{beside},\"deep\":{nested}}}");
                let line = wire.answered(&body, Coding::Identity, success);
                let line = line.unwrap_or_else(|problem| panic!("{opening} {depth}: {problem}"));
                let shown = if is_json {
                    format!("\"json_body\":{body}")
                } else {
                    format!("\"response_text\":{}", serde_json::Value::from(body))
                };
                assert!(line.contains(&shown), "{opening} {depth}: {}", &line[..300]);
            }
        }
    }
}

fn any_coding() -> impl Strategy<Value = Coding> {
    proptest::sample::select(vec![
        Coding::Identity,
        Coding::Gzip,
        Coding::DeflateZlib,
        Coding::DeflateRaw,
    ])
}

/// A sandbox that answers whatever the next script says.
struct Wire {
    sandbox: Sandbox,
    input: String,
}

impl Wire {
    fn start() -> Self {
        let sandbox = Sandbox::start(Settings::default());
        let origin = sandbox.origin();
        let input = json!({
            "asset": {
                "url": origin, "login_url": origin, "tenant_id": "t", "client_id": "c", "client_secret": "not a real secret"
            },
            "path_parameters": {"id": 552},
            "json_body": {"status": "Resolved"}
        });
        Self {
            input: input.to_string(),
            sandbox,
        }
    }

    /// Lets the server answer with this text, as a success or as a refusal, and compares what comes out.
    fn comes_through(&self, text: &str, coding: Coding, success: bool) -> Result<(), String> {
        // A success has to show the update, with whatever beside it.
        let shown = format!("{{\"incidentId\":552,\"status\":\"Resolved\",\"beside\":{text}}}");
        let text = if success { &shown } else { text };
        let line = self.answered(text, coding, success)?;
        let envelope: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))?;
        let body = envelope.get("json_body").map(|raw| raw.get()).ok_or("no json_body")?;
        // Line breaks between tokens cannot stay on one line; nothing else may differ, and not even they within tokens.
        if json_text::compact(body) != json_text::compact(text) {
            return Err(json_text::difference(text, body));
        }
        if !text.contains(['\n', '\r']) && body != text.trim_matches([' ', '\t']) {
            return Err(format!("white space changed:\n{}", json_text::difference(text, body)));
        }
        Ok(())
    }

    /// What the run says whose update is answered with this body.
    fn answered(&self, text: &str, coding: Coding, success: bool) -> Result<String, String> {
        let expect = |method: &str, target: &str| Expect {
            method: method.to_owned(),
            target: target.to_owned(),
            ..Expect::default()
        };
        let token = Answer::new("200 OK").body(r#"{"token_type":"Bearer","access_token":"abc"}"#);
        let answer = Answer::new(if success { "200 OK" } else { "400 Bad Request" })
            .body(text)
            .coded(coding)
            .framed(Framing::Chunked);
        self.sandbox.script(vec![
            Scripted::new(expect("POST", "/t/oauth2/v2.0/token"), Reply::Built(token)),
            Scripted::new(expect("PATCH", "/api/incidents/552"), Reply::Built(answer)),
        ]);
        let ran = Run::with_stdin(self.input.as_bytes()).go()?;
        self.sandbox.finish_script()?;
        if ran.code != Some(i32::from(!success)) {
            return Err(format!("exit code {:?}: {}", ran.code, ran.stdout_text()));
        }
        ran.one_line()
    }
}

/// Each is two runs of the binary in the first test, one in the second.
const CASES: u32 = 250;

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-0.0",
    "1.0",
    "1.10",
    "1e400",
    "-1E+400",
    "1e-400",
    "12345678901234567890123",
    "9007199254740993",
    "9007199254740993.0",
    "18446744073709551616",
    "0.1000000000000000055511151231257827021181583404541015625",
    "1e5",
    "1E5",
    "100000e0",
];

const STRINGS: &[&str] = &[
    r#""""#,
    r#""\ud800""#,
    r#""\udc00\ud800""#,
    r#""\ud83d\ude00""#,
    r#""\u0041\/\b\f\n\r\t\"\\""#,
    r#""\u0000""#,
    "\"\u{7f}\u{80}\u{2028}\u{2029}\u{feff}\u{200b}\u{10ffff}\"",
];
