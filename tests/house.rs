//! The plan of `src/`: no two files import each other, however long the circle; a room imports only rooms that `lib.rs`
//! lists below it; one folder names the HTTP crate; two files read arguments and environment.
#![allow(clippy::expect_used, reason = "a source that cannot be read ends its test")]

#[path = "house/imports.rs"]
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
