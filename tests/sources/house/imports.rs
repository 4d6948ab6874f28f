//! Which file of `src/` imports which: `use` trees and paths in expressions, followed through re-exports to the file that
//! has the item. Tests inside the files are left aside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// All files of `src/`, by their path below it.
pub(crate) struct Sources {
    texts: BTreeMap<String, String>,
}

impl Sources {
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut texts = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
                let path = entry.expect("the entry can be read").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let text = std::fs::read_to_string(&path).expect("the file can be read");
                    let name = path.strip_prefix(&root).expect("it is below src").to_string_lossy();
                    texts.insert(name.into_owned(), without_comments_and_tests(&text));
                }
            }
        }
        Self { texts }
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(file, text)| (file.as_str(), text.as_str()))
    }

    /// The rooms in the order in which lib.rs lists them.
    pub(crate) fn rooms(&self) -> Vec<String> {
        children(&self.texts["lib.rs"])
    }

    /// For each file those that it imports, itself left out.
    pub(crate) fn imports(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.texts()
            .map(|(file, text)| {
                let module = module_of(file);
                let imported = paths(text, &children(text))
                    .into_iter()
                    .filter_map(|path| self.resolve(&absolute(&module, &path), 0))
                    .filter(|other| other != file)
                    .collect();
                (file.to_owned(), imported)
            })
            .collect()
    }

    /// The file that has the item at an absolute path.
    fn resolve(&self, path: &[String], depth: usize) -> Option<String> {
        if depth > 8 {
            return None;
        }
        let longest = (0..=path.len()).rev().find_map(|length| {
            let file = self.file_of(&path[..length])?;
            Some((file, length))
        });
        let (file, length) = longest?;
        let (Some(item), true) = (path.get(length), length < path.len()) else {
            return Some(file);
        };
        // A re-export leads on to where the item is.
        let text = &self.texts[&file];
        let known = children(text);
        for (public, exported) in use_paths(text) {
            if public && exported.last() == Some(item) {
                let is_relative = exported.first().is_some_and(|first| known.contains(first));
                let module = module_of(&file);
                let target = if is_relative {
                    module.iter().cloned().chain(exported).collect()
                } else {
                    absolute(&module, &exported)
                };
                return self.resolve(&target, depth + 1);
            }
        }
        Some(file)
    }

    fn file_of(&self, module: &[String]) -> Option<String> {
        let file = if module.is_empty() {
            "lib.rs".to_owned()
        } else {
            format!("{}.rs", module.join("/"))
        };
        self.texts.contains_key(&file).then_some(file)
    }
}

/// The names and line counts of a text's functions, as rustfmt lays them out.
pub(crate) fn functions(text: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (start, line) in lines.iter().enumerate() {
        let bare = line.trim_start();
        let head = bare
            .strip_prefix("pub ")
            .or_else(|| bare.strip_prefix("pub(super) "))
            .or_else(|| bare.strip_prefix("pub(crate) "))
            .unwrap_or(bare);
        let Some(rest) = head.strip_prefix("fn ").or_else(|| head.strip_prefix("const fn ")) else {
            continue;
        };
        let indent = line.len() - bare.len();
        let end = (start..lines.len()).find(|at| {
            let other = lines[*at];
            other.len() - other.trim_start().len() == indent
                && (other.trim() == "}" || (*at == start && other.ends_with('}')))
        });
        if let Some(end) = end {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            found.push((name.to_owned(), end - start + 1));
        }
    }
    found
}

fn without_comments_and_tests(text: &str) -> String {
    let end = text
        .find("#[cfg(test)]\nmod tests")
        .or_else(|| text.find("#[cfg(all(test, unix))]\nmod tests"))
        .unwrap_or(text.len());
    text[..end]
        .lines()
        .map(|line| if line.trim_start().starts_with("//") { "" } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

fn module_of(file: &str) -> Vec<String> {
    match file.trim_end_matches(".rs") {
        "lib" => Vec::new(),
        other => other.split('/').map(str::to_owned).collect(),
    }
}

/// The modules that a file declares.
fn children(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| {
            let name = ["pub mod ", "pub(crate) mod ", "pub(super) mod ", "mod "]
                .iter()
                .find_map(|prefix| line.strip_prefix(prefix))?;
            name.strip_suffix(';').map(str::to_owned)
        })
        .collect()
}

/// All paths that a text uses: those of its `use` items, and those in its expressions and types.
fn paths(text: &str, children: &[String]) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = use_paths(text)
        .into_iter()
        // What is only handed on is imported by whoever asks for it.
        .filter(|(public, _)| !public)
        .map(|(_, path)| path)
        .collect();
    let code: String = text
        .split_inclusive(';')
        .filter(|item| !item.trim_start().starts_with("use ") && !item.trim_start().starts_with("pub use "))
        .collect();
    for start in ["crate::", "super::"].iter().flat_map(|word| code.match_indices(word)) {
        found.push(path_at(&code[start.0..]));
    }
    for child in children {
        for (at, _) in code.match_indices(&format!("{child}::")) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if !before.is_alphanumeric() && !matches!(before, '_' | ':') {
                found.push([vec!["self".to_owned()], path_at(&code[at..])].concat());
            }
        }
    }
    for path in &mut found {
        if path.first().is_some_and(|first| children.contains(first)) {
            path.insert(0, "self".to_owned());
        }
    }
    found.retain(|path| matches!(path.first().map(String::as_str), Some("crate" | "super" | "self")));
    found
}

fn path_at(code: &str) -> Vec<String> {
    let end = code
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':')))
        .unwrap_or(code.len());
    code[..end]
        .split("::")
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The paths of a text's `use` items at its top level, groups taken apart, and whether each is handed on.
fn use_paths(text: &str) -> Vec<(bool, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("use ") {
        let line = rest[..at].rfind('\n').map_or(&rest[..at], |start| &rest[start + 1..at]);
        let end = rest[at..].find(';').map_or(rest.len(), |end| at + end);
        let prefix = line.trim();
        if prefix.is_empty() || prefix.starts_with("pub") {
            let tree: String = rest[at + 4..end].split_whitespace().collect::<Vec<_>>().join(" ");
            for path in expand(&tree) {
                found.push((prefix.starts_with("pub"), path));
            }
            rest = &rest[end..];
        } else {
            rest = &rest[at + 4..];
        }
    }
    found
}

fn expand(tree: &str) -> Vec<Vec<String>> {
    let Some(open) = tree.find('{') else {
        let plain = tree.split(" as ").next().unwrap_or(tree).trim();
        return vec![
            plain
                .split("::")
                .filter(|part| *part != "self" && !part.is_empty())
                .map(str::to_owned)
                .collect(),
        ];
    };
    let head: Vec<String> = tree[..open]
        .split("::")
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    let inside = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    parts
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .flat_map(|part| expand(part.trim()))
        .map(|tail| [head.clone(), tail].concat())
        .collect()
}

/// A path as seen from a module, from the crate's root on.
fn absolute(module: &[String], path: &[String]) -> Vec<String> {
    let mut at: Vec<String> = module.to_vec();
    let mut parts = path.iter().peekable();
    match parts.peek().map(|first| first.as_str()) {
        Some("crate") => {
            at.clear();
            parts.next();
        }
        Some("self") => {
            parts.next();
        }
        _ => {}
    }
    for part in parts {
        if part == "super" {
            at.pop();
        } else {
            at.push(part.clone());
        }
    }
    at
}
