//! The plan of `src/`: no two files import each other, however long the circle; a room imports only rooms that `lib.rs`
//! lists below it; one folder names the HTTP crate; two files read arguments and environment.
#![allow(clippy::expect_used, reason = "a source that cannot be read ends its test")]

mod imports;

use std::collections::{BTreeMap, BTreeSet};

use imports::Sources;

#[test]
fn no_two_files_import_each_other() {
    let sources = Sources::read();
    let graph = sources.imports();
    assert!(graph.len() > 50, "the sources are there");
    let mut done = BTreeSet::new();
    for file in graph.keys() {
        let mut way = Vec::new();
        if let Some(circle) = circle_from(file, &graph, &mut way, &mut done) {
            panic!("these files import each other in a circle: {}", circle.join(" → "));
        }
    }
}

/// Depth first: a file that is met again on the way that led to it closes a circle.
fn circle_from<'a>(
    file: &'a str,
    graph: &'a BTreeMap<String, BTreeSet<String>>,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<String>> {
    if let Some(start) = way.iter().position(|earlier| *earlier == file) {
        let closed = way[start..].iter().chain([&file]);
        return Some(closed.map(|name| (*name).to_owned()).collect());
    }
    if done.contains(file) {
        return None;
    }
    way.push(file);
    for next in graph.get(file).into_iter().flatten() {
        if let Some(circle) = circle_from(next, graph, way, done) {
            return Some(circle);
        }
    }
    way.pop();
    done.insert(file);
    None
}

#[test]
fn a_room_imports_only_rooms_below_it() {
    let sources = Sources::read();
    let rooms = sources.rooms();
    assert!(rooms.len() > 10, "lib.rs lists the rooms");
    let floor = |file: &str| {
        let room = file.split(['/', '.']).next().expect("a path has a first part");
        rooms.iter().position(|known| known == room)
    };
    for (file, imported) in sources.imports() {
        for below in imported {
            // lib.rs and main.rs are above all rooms, and the process runs what lib.rs has.
            let (Some(from), Some(to)) = (floor(&file), floor(&below)) else {
                continue;
            };
            assert!(from <= to, "{file} imports {below}, which lib.rs lists above it");
        }
    }
}

#[test]
fn one_folder_names_the_http_crate() {
    let sources = Sources::read();
    let mut seen = 0;
    for (file, text) in sources.texts() {
        let names_it = text.contains("ureq::") || text.contains("use ureq");
        seen += usize::from(names_it);
        assert!(!names_it || file.starts_with("http/"), "{file} names the HTTP crate");
        assert!(
            !(file.starts_with("actions") && text.contains("crate::http")),
            "{file}: an action knows nothing of HTTP"
        );
    }
    assert!(seen > 0, "somebody names it");
}

#[test]
fn two_files_read_arguments_and_environment() {
    let readers: Vec<String> = Sources::read()
        .texts()
        .filter(|(_, text)| text.contains("env::args") || text.contains("env::var"))
        .map(|(file, _)| file.to_owned())
        .collect();
    assert_eq!(readers, ["ground/environment.rs", "process/settings.rs"]);
}

/// What came over a connection, and what nobody may see, has one way out each, and each of their uses is on this list: a
/// new one is looked at by somebody before it is added here.
#[test]
fn every_way_out_of_a_secret_and_of_the_wire_is_known() {
    let sources = Sources::read();
    let mut found: Vec<(String, String, usize)> = Vec::new();
    for (file, text) in sources.texts() {
        let mut uses: BTreeMap<String, usize> = BTreeMap::new();
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if word.starts_with("expose") {
                *uses.entry(word.to_owned()).or_default() += 1;
            }
        }
        uses.extend(SHOWN_UNSEEN.map(|way| (way.to_owned(), text.matches(way).count())));
        found.extend(
            uses.into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(word, count)| (file.to_owned(), word, count)),
        );
    }
    let found: Vec<(&str, &str, usize)> = found
        .iter()
        .map(|(file, word, count)| (file.as_str(), word.as_str(), *count))
        .collect();
    let new: Vec<_> = found.iter().filter(|found| !WAYS_OUT.contains(found)).collect();
    let gone: Vec<_> = WAYS_OUT.iter().filter(|known| !found.contains(known)).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "not on the list: {new:#?}\nno more there: {gone:#?}"
    );
}

#[test]
fn no_file_and_no_function_outgrows_its_subject() {
    for (file, text) in Sources::read().texts() {
        assert!(
            text.lines().count() <= MOST_LINES || TABLES.contains(&file),
            "{file} has more than {MOST_LINES} lines"
        );
        for (name, lines) in imports::functions(text) {
            assert!(lines <= MOST_LINES_OF_A_FUNCTION, "{file}: `{name}` has {lines} lines");
        }
    }
}

/// Tests in the same file left aside. A smell at 300, and an alarm here.
const MOST_LINES: usize = 310;

/// Plain data, one row an error: cut up, nobody would find a row.
const TABLES: [&str; 1] = ["http/tls_table.rs"];

const MOST_LINES_OF_A_FUNCTION: usize = 60;

/// By these a text may be shown as it is, or as somebody else makes it: nothing but the place where it is used says that what is
/// put in was looked at.
const SHOWN_UNSEEN: [&str; 5] = [
    "shown::own",
    "Body::left_out",
    "Body::made_of",
    ".words(",
    "gate.value(",
];

/// File, name, and how often it stands there, where it is defined too.
const WAYS_OUT: &[(&str, &str, usize)] = &[
    ("api/defender.rs", "expose_body", 1),
    ("api/graph.rs", "expose_body", 2),
    ("api/graph.rs", "Body::made_of", 2),
    ("asset/network.rs", "expose", 1),
    ("asset/sign_in.rs", "expose", 1),
    ("check.rs", "expose", 1),
    ("delivery/freshness.rs", "expose_header", 3),
    ("ground/cleaned/forms.rs", "expose", 1),
    ("ground/cleaned/gate.rs", ".words(", 2),
    ("ground/cleaned/gate.rs", "Body::left_out", 2),
    ("ground/cleaned/gate.rs", "expose", 8),
    ("ground/cleaned/shapes.rs", "expose", 1),
    ("ground/cleaned/wire.rs", "expose", 1),
    ("ground/secret.rs", "expose", 1),
    ("ground/secret.rs", "expose_bytes", 1),
    ("http/body_length.rs", "expose", 3),
    ("http/client.rs", "expose_codings", 2),
    ("http/head.rs", "expose", 1),
    ("http/head.rs", "expose_codings", 1),
    ("http/head.rs", "expose_values", 4),
    ("http/request.rs", "expose", 2),
    ("http/response.rs", "expose", 2),
    ("http/response.rs", "expose_body", 1),
    ("http/response.rs", "expose_header", 2),
    ("http/response.rs", "expose_headers", 1),
    ("http/retry_after.rs", "expose_body", 1),
    ("http/retry_after.rs", "expose_header", 1),
    ("http/retry_after.rs", "expose_headers", 1),
    ("http/tunnel.rs", "expose", 1),
    ("http/tunnel.rs", "expose_schemes", 2),
    ("http/tunnel.rs", "expose_values", 1),
    ("http/tunnel.rs", "expose_without_basic", 3),
    ("lib.rs", "shown::own", 4),
    ("outcome/shown.rs", ".words(", 3),
    ("outcome/shown.rs", "gate.value(", 5),
    ("process.rs", "shown::own", 3),
    ("sign_in.rs", "expose_bytes", 5),
    ("sign_in.rs", "expose_key_digest", 1),
    ("sign_in/access_token.rs", "expose", 4),
    ("sign_in/access_token.rs", "expose_body", 1),
    ("sign_in/application.rs", "expose", 1),
    ("sign_in/certificate.rs", "expose_key_digest", 1),
    ("sign_in/token_cache.rs", "expose", 1),
];
