//! Documents as people and platforms hand them over, on stdin and by `--input`: in another coding, with an id that is no whole
//! number, with something around a value, with so much wrong that nobody would read it. What is certain is taken, with a warning
//! where it was mended; what is not is refused with its place and its cure, and nothing is sent.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use sandbox::{Sandbox, Settings};
use serde_json::{Value, json};
use support::Run;
use support::tools::{TempFolder, skipped};

fn document() -> Value {
    json!({
        "asset": {"access_token": "eyJ-not-real.eyJ-not-real.not-real"},
        "path_parameters": {"id": 552},
        "json_body": {"comment": "grüße \u{1f511}"},
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut document = document();
    let (parent, key) = pointer.rsplit_once('/').expect("it is below something");
    document.pointer_mut(parent).expect("it is there")[key] = value;
    document
}

struct Shown {
    code: Option<i32>,
    out: Value,
    log: String,
}

impl Shown {
    fn of(run: &Run) -> Self {
        let ran = run.go().expect("the binary ends by itself");
        Self {
            code: ran.code,
            out: serde_json::from_str(&ran.one_line().expect("stdout is one line")).expect("stdout is JSON"),
            log: ran.stderr_text(),
        }
    }

    /// What is wrong, with its place, one a line.
    fn problems(&self) -> String {
        let all = self.out["violations"].as_array();
        let line = |one: &Value| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            format!("{}: {}\n", text("at"), text("problem"))
        };
        all.into_iter().flatten().map(line).collect()
    }

    #[track_caller]
    fn assert_refused(&self, what: &str, words: &str) {
        assert_eq!(
            (self.code, &self.out["update"]),
            (Some(2), &json!("not_applied")),
            "{what}: {}",
            self.out
        );
        let problems = self.problems();
        assert!(problems.contains(words), "{what}: expected `{words}`, found {problems}");
    }

    #[track_caller]
    fn assert_taken(&self, what: &str, warning: &str) {
        assert_eq!(self.code, Some(0), "{what}: {}", self.out);
        if warning.is_empty() {
            assert_eq!(self.log, "", "{what}");
        } else {
            assert!(
                self.log.contains(warning),
                "{what}: expected `{warning}`, found {}",
                self.log
            );
        }
    }
}

/// What would be sent for this.
fn show(bytes: impl Into<Vec<u8>>) -> Shown {
    Shown::of(&Run::with_stdin(bytes).args(&["--dry-run"]))
}

/// The same from a file.
fn show_file(name: &str, bytes: &[u8]) -> Shown {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("inputs-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).expect("a file can be written");
    let shown = Shown::of(&Run::default().args(&["--dry-run", "--input", path.to_str().expect("it is UTF-8")]));
    std::fs::remove_file(path).ok();
    shown
}

fn show_document(document: &Value) -> Shown {
    show(document.to_string())
}

fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

const MARK: &str = "\u{feff}";

#[test]
fn a_coding_that_its_mark_tells_is_read() {
    let text = document().to_string();
    let little = u16::to_le_bytes;
    for (what, bytes) in [
        (
            "UTF-16, as PowerShell writes it",
            utf_16(&format!("{MARK}{text}\r\n"), little),
        ),
        ("big-endian", utf_16(&format!("{MARK}{text}"), u16::to_be_bytes)),
        ("its mark twice", utf_16(&format!("{MARK}{MARK}{text}"), little)),
        ("UTF-8 with a mark", format!("{MARK}{text}").into_bytes()),
        ("with two", format!("{MARK}{MARK}\n{text}").into_bytes()),
    ] {
        for shown in [show(bytes.clone()), show_file("mark", &bytes)] {
            shown.assert_taken(what, "");
            assert_eq!(
                shown.out["write"]["body"]["comment"],
                document()["json_body"]["comment"],
                "{what}"
            );
        }
    }
}

#[test]
fn a_coding_that_nothing_tells_is_named_with_its_cure() {
    let text = document().to_string();
    let utf_32 = |unit: fn(u32) -> [u8; 4]| -> Vec<u8> { text.chars().map(u32::from).flat_map(unit).collect() };
    let latin_1: Vec<u8> = text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let cut = [utf_16(&format!("{MARK}{text}"), u16::to_le_bytes), b"\n".to_vec()].concat();
    let half = utf_16(&format!("{MARK}{{\"a\": \""), u16::to_le_bytes);
    for (what, bytes, words) in [
        (
            "UTF-16 without its mark",
            utf_16(&text, u16::to_le_bytes),
            "UTF-16 without a byte order mark; write UTF-8",
        ),
        (
            "big-endian",
            utf_16(&text, u16::to_be_bytes),
            "UTF-16 without a byte order mark; write UTF-8",
        ),
        (
            "after a line break",
            utf_16(&format!("\n{text}"), u16::to_le_bytes),
            "UTF-16 without a byte order mark",
        ),
        ("UTF-32", utf_32(u32::to_le_bytes), "UTF-32; write UTF-8"),
        ("UTF-32, big-endian", utf_32(u32::to_be_bytes), "UTF-32; write UTF-8"),
        (
            "Windows-1252",
            latin_1,
            "a byte of another coding, such as Windows-1252, at offset",
        ),
        (
            "UTF-16 and a line break in UTF-8",
            cut,
            "UTF-16 that ends within a character",
        ),
        (
            "half a pair",
            [half, vec![0x3d, 0xd8, b'"', 0]].concat(),
            "UTF-16 with half a character in it",
        ),
        ("a mark alone", MARK.into(), "found nothing but a byte order mark"),
        (
            "a mark of UTF-16 alone",
            vec![0xff, 0xfe],
            "found nothing but a byte order mark",
        ),
    ] {
        for shown in [show(bytes.clone()), show_file("coding", &bytes)] {
            shown.assert_refused(what, words);
            assert!(!shown.out.to_string().contains("eyJ"), "{what}: {}", shown.out);
        }
    }
}

#[test]
fn an_id_is_its_text_and_no_rounded_number() {
    let with_id = |id: &str| show(document().to_string().replace("552", id));
    for (id, path) in [
        ("552.0", "/552"),
        ("5.52e2", "/552"),
        ("5520e-1", "/552"),
        ("552E+0", "/552"),
        ("4503599627370497", "/4503599627370497"),
        ("9007199254740993", "/9007199254740993"),
        ("9223372036854775807", "/9223372036854775807"),
    ] {
        let shown = with_id(id);
        shown.assert_taken(id, "");
        let url = shown.out["write"]["url"].as_str().expect("a text");
        assert!(url.ends_with(path), "{id}: {url}");
    }
    for id in [
        "4503599627370497.5",
        "551.99999999999999999",
        "552.00000000000000000000000001",
        "9007199254740993.0",
        "9223372036854775807.0",
        "9223372036854775808",
        "1e-400",
        "-0.0",
        "0",
        "5.525e2",
    ] {
        with_id(id).assert_refused(id, "/path_parameters/id: expected a whole number");
    }
}

#[test]
fn a_scope_is_of_one_resource_beside_what_is_none() {
    let show = |scope: Value| {
        let mut document = document();
        document["asset"] = json!({
            "tenant_id": "00000000-0000-0000-0000-000000000001",
            "client_id": "00000000-0000-0000-0000-000000000002",
            "client_secret": "secret-not-real",
            "scope": scope,
        });
        show_document(&document)
    };
    for scope in [
        json!("offline_access https://security.microsoft.com/mtp/.default"),
        json!("https://api.security.microsoft.com/.default openid profile email"),
        json!(["openid", "https://api.security.microsoft.com/.default"]),
        json!(["offline_access https://api.security.microsoft.com/.default"]),
        json!("OpenID  https://api.security.microsoft.com/.default "),
    ] {
        let shown = show(scope.clone());
        assert_eq!(shown.code, Some(0), "{scope}: {}", shown.out);
    }
    for (scope, words) in [
        (json!("offline_access"), "found those alone that ask for details"),
        (
            json!("https://a/.default https://b/.default offline_access"),
            "found 2 resources",
        ),
        (
            json!("https://api.security.microsoft.com/.default,offline_access"),
            "divided by blanks",
        ),
        (
            json!("[\"https://api.security.microsoft.com/.default\"]"),
            "divided by blanks",
        ),
        (
            json!(["https://api.security.microsoft.com/.default, openid"]),
            "divided by blanks",
        ),
    ] {
        show(scope.clone()).assert_refused(&scope.to_string(), words);
    }
}

#[test]
fn a_cloud_by_another_name_is_understood_or_left() {
    for (cloud, words) in [
        ("GCCH", "did you mean `gcc_high`?"),
        ("GCC High", "did you mean `gcc_high`?"),
        ("gcc-high", "did you mean `gcc_high`?"),
        ("DoD", "did you mean `dod`?"),
        ("commercial", "did you mean `public`?"),
        ("AzureCloud", "did you mean `public`?"),
    ] {
        show_document(&with("/asset/cloud", json!(cloud))).assert_refused(cloud, words);
    }
    // These mean two of them, or none.
    for cloud in ["AzureUSGovernment", "usgov", "AzureChinaCloud", "gc", "xyz"] {
        let shown = show_document(&with("/asset/cloud", json!(cloud)));
        shown.assert_refused(cloud, "/asset/cloud: expected one of");
        assert!(
            !shown.problems().contains("did you mean"),
            "{cloud}: {}",
            shown.problems()
        );
    }
}

#[test]
fn what_stands_around_a_token_is_taken_off_and_what_is_none_is_named() {
    const TOKEN: &str = "eyJ-not-real.eyJ-not-real.not-real";
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("inputs-token-{}", std::process::id()));
    let both = |token: &str| {
        std::fs::write(&file, token).expect("a file can be written");
        let mut document = document();
        document["asset"] = json!({"access_token_file": file.to_str().expect("it is UTF-8")});
        [
            show_document(&with("/asset/access_token", json!(token))),
            show_document(&document),
        ]
    };
    for (token, warning) in [
        (format!(" {TOKEN}\t"), "a blank"),
        (format!("{TOKEN}\u{a0}"), "a no-break space"),
    ] {
        for shown in both(&token) {
            shown.assert_taken(&token, warning);
        }
    }
    for (token, words) in [
        (format!("\"{TOKEN}\""), "quotes; give the token alone"),
        (format!("'{TOKEN}'"), "quotes; give the token alone"),
        (json!({"accessToken": TOKEN}).to_string(), "a whole JSON answer"),
        (json!([TOKEN]).to_string(), "a whole JSON answer"),
        (format!("Bearer {TOKEN}"), "without `Bearer` in front"),
        (
            "undefined".to_owned(),
            "a runner writes for a value that it does not have",
        ),
        (
            "[object Object]".to_owned(),
            "a runner writes for a value that it does not have",
        ),
        ("{{ token }}".to_owned(), "a template's placeholder"),
        ("${TOKEN}".to_owned(), "a template's placeholder"),
        ("$TOKEN".to_owned(), "a variable that no shell replaced"),
        ("<token>".to_owned(), "a placeholder in angle brackets"),
        (
            "<!DOCTYPE html><title>x</title></html>".to_owned(),
            "a page or a document of a server",
        ),
        ("********".to_owned(), "what is shown in place of a secret"),
        (format!("{TOKEN}\n{TOKEN}"), "a line break inside it"),
    ] {
        for shown in both(&token) {
            shown.assert_refused(&token, words);
            assert!(!shown.out.to_string().contains(TOKEN), "{token}: {}", shown.out);
        }
    }
    std::fs::remove_file(file).ok();
}

/// What came with a credential out of a form, a file or a shell.
const AROUND: [(&str, &str, &str); 10] = [
    ("", "\n", "a line break"),
    ("", "\r\n", "a line break"),
    ("", "\n\n", "a line break"),
    ("\n", "", "a line break"),
    (" ", "", "a blank"),
    ("", "\t", "a tab"),
    ("\"", "\"", "quotes"),
    ("\u{feff}", "", "byte order mark"),
    ("", "\u{a0}", "a no-break space"),
    ("\u{200b}", "", "an invisible character"),
];

#[test]
fn what_stands_around_a_credential_is_left_out_with_a_warning_wherever_it_comes_from() {
    let sandbox = Sandbox::start(Settings::default());
    let settings = sandbox.settings();
    let folder = TempFolder::new("around");
    let asset = json!({
        "url": sandbox.origin(), "login_url": sandbox.origin(), "tenant_id": settings.tenant, "client_id": settings.client_id,
        "client_secret": settings.client_secret, "scope": settings.scope,
    });
    for (before, behind, said) in AROUND {
        for (field, variable) in [
            ("client_secret", "AZURE_CLIENT_SECRET"),
            ("client_id", "AZURE_CLIENT_ID"),
            ("tenant_id", "AZURE_TENANT_ID"),
        ] {
            let right = asset[field].as_str().expect("a text").to_owned();
            let given = format!("{before}{right}{behind}");
            let mut as_field = asset.clone();
            as_field[field] = json!(given);
            let mut left_out = asset.clone();
            left_out[field] = Value::Null;
            let mut ways = vec![
                ("field", as_field, Run::default()),
                ("variable", left_out.clone(), Run::default().env(variable, &given)),
            ];
            if field == "client_secret" {
                left_out["client_secret_file"] = json!(folder.file("secret", &given));
                ways.push(("file", left_out, Run::default()));
            }
            for (way, asset, mut run) in ways {
                let document =
                    json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}});
                run.stdin = document.to_string().into_bytes();
                // One line break is what every editor leaves at a file's end.
                let is_usual = way == "file" && before.is_empty() && ["\n", "\r\n"].contains(&behind);
                let what = format!("{given:?} in a {way}");
                let shown = Shown::of(&run);
                shown.assert_taken(&what, if is_usual { "" } else { said });
                if field == "client_secret" {
                    assert!(!shown.log.contains(&right), "{what}: {}", shown.log);
                }
            }
        }
    }
}

#[test]
fn a_proxys_password_that_no_url_holds_has_its_cure() {
    for (password, coded) in [
        ("p#w", "%23"),
        ("p/w", "%2F"),
        ("p\\w", "%5C"),
        ("p?w", "%3F"),
        ("p w", "%20"),
        ("p\u{e4}w", "%C3%A4"),
        ("p[w", "%5B"),
        ("100%w", "%25"),
    ] {
        let url = |password: &str| format!("http://user:{password}@127.0.0.1:9");
        let asked = |value: String| {
            let field = show_document(&with("/asset/http_proxy", json!(value)));
            let variable = Shown::of(
                &Run::with_stdin(document().to_string())
                    .args(&["--dry-run"])
                    .env("HTTPS_PROXY", &value),
            );
            [field, variable]
        };
        for shown in asked(url(password)) {
            shown.assert_refused(password, &format!("write it as `{coded}`"));
            assert!(!shown.out.to_string().contains(password), "{}", shown.out);
        }
        let right: String = password
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_string()
                } else {
                    coded.to_owned()
                }
            })
            .collect();
        for shown in asked(url(&right)) {
            shown.assert_taken(&right, "");
        }
    }
}

#[test]
fn an_exception_that_can_match_nothing_is_named_once_its_list_is_asked() {
    let go = |list: &str, document: &Value| {
        let run = Run::with_stdin(document.to_string()).args(&["--dry-run"]);
        Shown::of(&run.env("HTTPS_PROXY", "http://127.0.0.1:9").env("NO_PROXY", list))
    };
    for entry in [
        "https://api.example",
        "10.0.0.0/33",
        "b;c",
        "[::1",
        "10.0.0.0/255.0.0.1",
    ] {
        let shown = go(&format!("a.example,{entry}"), &document());
        shown.assert_taken(entry, "environment variable `NO_PROXY`: entry 2 can match no host");
        // A proxy of the asset's own is for every host.
        let shown = go(entry, &with("/asset/http_proxy", json!("http://127.0.0.1:9")));
        shown.assert_taken(entry, "");
    }
    for list in ["a.example, .b.example", "10.0.0.0/8,[::1],127.0.0.1:8080", "*"] {
        go(list, &document()).assert_taken(list, "");
    }
}

#[cfg(unix)]
#[test]
fn a_filter_of_logs_that_is_no_text_is_named() {
    use std::ffi::OsStr;
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;
    use std::process::{Command, Stdio};
    for bytes in [&b"info\xff"[..], b"\xed\xa0\x80"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_defender-update-incident"))
            .env_clear()
            .env("RUST_LOG", OsStr::from_bytes(bytes))
            .args(["--dry-run"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        stdin.write_all(document().to_string().as_bytes()).expect("it reads");
        drop(stdin);
        let child = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        assert_eq!(child.status.code(), Some(2), "{said}");
        assert!(said.contains("environment variable `RUST_LOG`"), "{said}");
    }
}

#[test]
fn an_identity_has_an_id_or_is_none() {
    for (identity, words) in [
        (
            json!({"client_id": ""}),
            "/asset/managed_identity/client_id: expected the value itself, found an empty text",
        ),
        (
            json!({"client_id": " "}),
            "/asset/managed_identity/client_id: expected the value itself, found an empty text",
        ),
        (json!({"resource_id": ""}), "/asset/managed_identity/resource_id"),
        (json!({"client_id": null}), "found null"),
        (json!({}), "an object with 0 keys"),
        (json!({"client_id": "a", "object_id": "b"}), "an object with 2 keys"),
        (json!("user"), "a string that is none"),
        (json!(true), "found a boolean"),
    ] {
        let mut document = document();
        document["asset"] = json!({"managed_identity": identity});
        show_document(&document).assert_refused(&identity.to_string(), words);
    }
}

#[test]
fn a_list_in_one_text_and_a_null_have_their_cure() {
    const LIST: &str = "each in quotes of its own, such as `[\"a\", \"b\"]`";
    const KEEP: &str = "leave the key out to keep the value";
    for (at, value, words) in [
        ("/json_body/tags", json!("a,b"), LIST),
        ("/json_body/tags", json!("a; b"), LIST),
        ("/json_body/tags", json!("a\nb"), LIST),
        ("/json_body/tags", json!("[\"a\",\"b\"]"), LIST),
        ("/json_body/tags", json!("a"), "put it into brackets"),
        ("/json_body/tags", json!(""), "write `[]` for none at all"),
        ("/json_body/tags", json!(null), KEEP),
        ("/json_body/classification", json!(null), KEEP),
        ("/json_body/determination", json!(null), KEEP),
        ("/json_body/status", json!(null), KEEP),
        ("/json_body/status", json!(""), KEEP),
        ("/json_body/determination", json!(""), KEEP),
        ("/add_tags", json!("a,b"), LIST),
        ("/only_if", json!({"tags": "a,b"}), LIST),
        (
            "/only_if",
            json!({"status": "Active, InProgress"}),
            "`[\"Active\", \"InProgress\"]`",
        ),
    ] {
        show_document(&with(at, value.clone())).assert_refused(&format!("{at} {value}"), words);
    }
}

#[test]
fn a_path_that_only_a_shell_reads_is_refused() {
    for field in [
        "token_cache_dir",
        "ca_certificate_path",
        "access_token_file",
        "http_proxy_file",
    ] {
        for path in [
            "~/.cache/x",
            "~user/x",
            "$HOME/x",
            "${HOME}/x",
            "%USERPROFILE%\\x",
            "file:///x",
        ] {
            let shown = show_document(&with(&format!("/asset/{field}"), json!(path)));
            shown.assert_refused(path, "; write the path ");
        }
    }
}

#[test]
fn a_file_of_certificates_of_the_environment_may_be_missing() {
    let empty = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("inputs-empty-{}", std::process::id()));
    std::fs::create_dir_all(&empty).expect("a folder can be made");
    let folder = empty.to_str().expect("it is UTF-8");
    for (name, value, warns) in [
        ("SSL_CERT_FILE", "/nowhere/ca.pem", true),
        ("SSL_CERT_FILE", "/dev/null", true),
        ("SSL_CERT_FILE", "relative.pem", true),
        ("SSL_CERT_FILE", folder, true),
        ("SSL_CERT_FILE", "", false),
        ("SSL_CERT_DIR", "/nowhere", true),
        ("SSL_CERT_DIR", "/dev/null", true),
        ("SSL_CERT_DIR", folder, false),
    ] {
        let run = Run::with_stdin(document().to_string())
            .args(&["--dry-run"])
            .env(name, value);
        let shown = Shown::of(&run);
        shown.assert_taken(&format!("{name}={value}"), if warns { name } else { "" });
    }
    std::fs::remove_dir_all(&empty).ok();
}

#[test]
fn so_much_wrong_that_nobody_reads_it_is_counted() {
    let many = |count: usize, one: &Value| Value::Array(vec![one.clone(); count]);
    let keys = |count: usize| -> Value {
        (0..count)
            .map(|key| (format!("key{key}"), json!(1)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let mut beside = document();
    beside
        .as_object_mut()
        .expect("it is one")
        .extend(keys(5_000).as_object().expect("it is one").clone());
    for (what, document) in [
        ("unknown keys", beside),
        ("in the body", with("/json_body", keys(5_000))),
        ("in the asset", with("/asset", keys(5_000))),
        ("numbers", with("/json_body/tags", many(5_000, &json!(1)))),
        (
            "nulls among texts",
            with(
                "/json_body/tags",
                Value::Array([vec![json!("a"); 50], vec![json!(null); 5_000]].concat()),
            ),
        ),
        ("objects", with("/only_if", json!({"tags": many(5_000, &json!({}))}))),
        ("words", with("/only_if", json!({"status": many(5_000, &json!("Foo"))}))),
        (
            "near words",
            with("/only_if", json!({"status": many(5_000, &json!("active"))})),
        ),
    ] {
        let shown = show_document(&document);
        shown.assert_refused(what, "expected ");
        let told = shown.out["violations"].as_array().map_or(0, Vec::len);
        assert!((90..=100).contains(&told), "{what}: {told} are told");
        let message = shown.out["message"].as_str().expect("a text");
        assert!(
            message.contains(" more; `violations` has the first "),
            "{what}: {message}"
        );
        assert!(shown.out.to_string().len() < 100_000, "{what}");
    }
}

#[test]
fn the_limit_holds_from_the_first_byte_whatever_the_size() {
    let mut document = document();
    document["asset"]["timeout_secs"] = json!(20);
    document["k".repeat(1_000_000)] = Value::Array(vec![json!(0); 1_400_000]);
    for (what, document) in [
        ("a long key before many zeros", document),
        (
            "many numbers",
            with("/json_body/tags", Value::Array(vec![json!(1); 900_000])),
        ),
        (
            "as many numbers as are read",
            with("/json_body/tags", Value::Array(vec![json!(1); 19_000])),
        ),
    ] {
        let started = Instant::now();
        let shown = show_document(&document);
        shown.assert_refused(what, "expected ");
        // Far more than it takes, and far less than it took.
        assert!(
            started.elapsed() < Duration::from_secs(12),
            "{what}: {:?}",
            started.elapsed()
        );
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test's own setting")]
fn a_document_full_of_faults_is_refused_within_a_limit_of_a_second() {
    // Without optimisation it takes longer, whatever the program does.
    let Some(shipped) = std::env::var_os("STATIC_BINARY").map(PathBuf::from) else {
        return skipped("STATIC_BINARY names no optimised build; deploy/build.sh makes it");
    };
    let hasty = || with("/asset/timeout_secs", json!(1));
    let mut keys = hasty();
    keys.as_object_mut()
        .expect("it is one")
        .extend((0..19_000).map(|key| (format!("{key:0200}"), json!(1))));
    let mut words = hasty();
    words["only_if"] = json!({"status": vec![json!("actives"); 19_000]});
    let mut tags = hasty();
    tags["json_body"]["tags"] = Value::Array(vec![json!(1); 900_000]);
    let mut long = hasty();
    long["k".repeat(1_000_000)] = Value::Array(vec![json!(0); 1_400_000]);
    for (what, document) in [
        ("unknown keys", keys),
        ("words of no list", words),
        ("numbers for tags", tags),
        ("a long key before many zeros", long),
    ] {
        let run = Run::with_stdin(document.to_string());
        Shown::of(&run.by(Some(shipped.clone()))).assert_refused(what, "expected ");
    }
}
