//! The pages for people: every link leads somewhere, every command parses, every example is what it says it is. Addresses
//! of other machines are not asked, since tests talk to this one alone.
#![allow(clippy::expect_used, reason = "what cannot be read ends its test")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::Run;

/// One Markdown file, cut into what is prose and what is a block of code.
struct Page {
    /// From the root of the project.
    path: PathBuf,
    /// With its lines' numbers, from 1.
    prose: Vec<(usize, String)>,
    blocks: Vec<Block>,
}

/// A fenced block of code.
struct Block {
    language: String,
    line: usize,
    text: String,
}

#[test]
fn no_link_is_dead() {
    let pages = pages();
    let links: usize = pages.iter().map(|page| page.links().len()).sum();
    assert!(links >= 40, "{links} links were found: the reader of pages is broken");
    let dead: Vec<String> = pages.iter().flat_map(Page::dead_links).collect();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn readme_leads_to_every_page() {
    let readme = PathBuf::from("README.md");
    let links = Page::read(&readme).links().into_iter();
    let reached: BTreeSet<PathBuf> = links
        .filter_map(|(_, target)| {
            let file = target.split('#').next()?;
            within(&readme, file)
        })
        .collect();
    for path in pages()
        .into_iter()
        .map(|page| page.path)
        .filter(|path| path.starts_with("docs"))
    {
        assert!(reached.contains(&path), "README has no link to {}", path.display());
    }
}

/// The map and the recipes name files, which move.
#[test]
fn every_file_that_a_page_names_is_there() {
    let mut named = 0;
    let mut missing = Vec::new();
    for page in pages() {
        for (line, file) in page.files_named() {
            named += 1;
            if !root().join(&file).exists() {
                missing.push(format!("{}:{line}: `{file}` is not there", page.path.display()));
            }
        }
    }
    assert!(named >= 40, "{named} files are named: the reader of pages is broken");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Cargo runs nothing, and is content, where a filter fits no test.
#[test]
fn every_test_that_is_named_is_there() {
    let mut named = 0;
    let others = [
        "manifest.yaml",
        "actions/update_incident.yaml",
        "deploy/insightconnect/plugin.spec.yaml",
    ];
    let pages = pages().into_iter().map(|page| page.path);
    for path in pages.chain(others.map(PathBuf::from)) {
        let text = fs::read_to_string(root().join(&path)).expect("it is there");
        let text = text.replace('`', " ").replace("\n# ", " ");
        let words: Vec<&str> = text.split_whitespace().collect();
        for at in words
            .iter()
            .enumerate()
            .filter(|(_, word)| **word == "--test")
            .map(|(at, _)| at)
        {
            named += 1;
            let place = format!(
                "{}: {}",
                path.display(),
                words[at..].iter().take(3).copied().collect::<Vec<_>>().join(" ")
            );
            let folder = root()
                .join("tests")
                .join(words.get(at + 1).copied().unwrap_or_default());
            assert!(
                folder.join("main.rs").exists(),
                "{place}: there is no such program of tests"
            );
            let Some((module, test)) = words.get(at + 2).and_then(|filter| filter.split_once("::")) else {
                continue;
            };
            let module = fs::read_to_string(folder.join(format!("{module}.rs"))).unwrap_or_default();
            assert!(module.contains(&format!("fn {test}")), "{place}: there is no such test");
        }
    }
    assert!(named >= 10, "{named} tests are named: the reader of pages is broken");
}

/// In rooms where files are not one of a kind each, the map says where what is.
#[test]
fn the_map_names_every_file_of_the_code() {
    let page = fs::read_to_string(root().join("docs/development.md")).expect("the page is there");
    let (_, map) = page.split_once("## Where is what").expect("it has a map");
    let mut missing = Vec::new();
    for room in [
        "api", "asset", "contract", "delivery", "ground", "http", "outcome", "process", "sign_in",
    ] {
        let row = map
            .lines()
            .find(|line| line.starts_with("| `") && line.contains(&format!("`{room}/`")));
        let row = row.unwrap_or_else(|| panic!("the map has no row for {room}/"));
        for file in fs::read_dir(root().join("src").join(room))
            .expect("the room is there")
            .flatten()
        {
            let path = file.path();
            let name = path
                .file_stem()
                .and_then(|name| name.to_str())
                .expect("a name in ASCII");
            if !row.contains(&format!("`{name}`")) && !row.contains(&format!("`{name}/`")) {
                missing.push(format!("{room}/{name}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "the map in docs/development.md does not name {missing:?}"
    );
}

#[test]
fn every_command_parses() {
    let mut blocks = 0;
    for page in pages() {
        for block in &page.blocks {
            let shell = match block.language.as_str() {
                "sh" | "shell" => "sh",
                "bash" => "bash",
                _ => continue,
            };
            blocks += 1;
            match parse(shell, &block.text) {
                Ok(Ok(())) => {}
                Ok(Err(said)) => panic!("{}:{}: {said}", page.path.display(), block.line),
                Err(error) => {
                    return writeln!(std::io::stderr(), "SKIPPED: {shell} cannot be started: {error}").expect("a line");
                }
            }
        }
    }
    assert!(
        blocks >= 6,
        "{blocks} blocks of commands were found: the reader of pages is broken"
    );
}

#[test]
fn every_example_in_json_is_json() {
    for page in pages() {
        for block in page.blocks.iter().filter(|block| block.language == "json") {
            if let Err(error) = serde_json::from_str::<Value>(&block.text) {
                panic!("{}:{}: {error}", page.path.display(), block.line);
            }
        }
    }
}

#[test]
fn every_example_of_an_input_is_accepted() {
    let mut inputs = 0;
    for page in pages() {
        for block in page
            .blocks
            .iter()
            .filter(|block| block.language == "json" && block.text.contains("path_parameters"))
        {
            inputs += 1;
            let ran = Run::with_stdin(block.text.clone())
                .args(&["--dry-run"])
                .go()
                .expect("it ends");
            assert_eq!(
                ran.code,
                Some(0),
                "{}:{}: {}",
                page.path.display(),
                block.line,
                ran.stdout_text()
            );
        }
    }
    assert!(
        inputs >= 2,
        "{inputs} examples of an input: README has one of the documented form, docs/input.md a flat one"
    );
}

#[test]
fn readme_fits_on_a_screen_or_two() {
    let characters = fs::read_to_string(root().join("README.md"))
        .expect("it is there")
        .chars()
        .count();
    assert!(
        characters <= README_CHARACTERS,
        "README has {characters} characters, of at most {README_CHARACTERS}"
    );
}

/// What finds faults has to find them: one page that has each.
#[test]
fn the_reader_of_pages_finds_what_it_is_there_for() {
    let text = "# A `b` page\n\n## Twice\n## Twice\n\n[a](gone.md) [b](README.md#nowhere) [c](#twice-1) [d](#a-b-page) [e](../out.md)\n\
                ![f](gone.svg) `[g](no-link.md)` `src/gone.rs` `src/lib.rs`\n[h]: gone-too.md\n<img src=\"gone.png\">\n[i](docs/../README.md#use-it) [j](https://example.com/x)\n\
                ```sh\nif true; [k](in-code.md)\n```\n";
    let page = Page::parse(PathBuf::from("page.md"), text);
    let dead = page.dead_links();
    let found: Vec<&str> = dead.iter().filter_map(|line| line.split('`').nth(1)).collect();
    assert_eq!(
        found,
        [
            "gone.md",
            "README.md#nowhere",
            "../out.md",
            "gone.svg",
            "gone-too.md",
            "gone.png"
        ]
    );
    let named: Vec<String> = page.files_named().into_iter().map(|(_, file)| file).collect();
    assert_eq!(named, ["src/gone.rs", "src/lib.rs"]);
    assert_eq!((page.blocks.len(), page.blocks[0].language.as_str()), (1, "sh"));
    if let Ok(parsed) = parse("sh", &page.blocks[0].text) {
        assert!(parsed.is_err(), "an `if` without its end was taken for a command");
    }
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(path.to_path_buf(), &text)
    }

    fn parse(path: PathBuf, text: &str) -> Self {
        let (mut prose, mut blocks) = (Vec::new(), Vec::new());
        let mut open: Option<Block> = None;
        for (line, number) in text.lines().zip(1..) {
            match (line.trim_start().strip_prefix("```"), open.take()) {
                (Some(_), Some(block)) => blocks.push(block),
                (Some(language), None) => {
                    open = Some(Block {
                        language: language.split_whitespace().next().unwrap_or_default().to_owned(),
                        line: number,
                        text: String::new(),
                    });
                }
                (None, Some(mut block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, None) => prose.push((number, line.to_owned())),
            }
        }
        if let Some(block) = open {
            panic!("{}:{}: a block of code has no end", path.display(), block.line);
        }
        Self { path, prose, blocks }
    }

    /// Where links and pictures lead to, with the lines that have them.
    fn links(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (number, line) in &self.prose {
            let line = without_code(line);
            for opening in ["](", "href=\"", "src=\""] {
                let end = if opening == "](" { [')', ' '] } else { ['"', '"'] };
                let targets = line.split(opening).skip(1).filter_map(|rest| rest.split(end).next());
                found.extend(targets.map(|target| (*number, target.to_owned())));
            }
            // A reference's definition: `[name]: target`.
            if let Some((_, target)) = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
                found.push((*number, target.trim().to_owned()));
            }
        }
        found
    }

    /// What stands in backticks and is a path of this project, with the lines that have it.
    fn files_named(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (number, line) in &self.prose {
            let words = line
                .split('`')
                .skip(1)
                .step_by(2)
                .filter_map(|code| code.split(' ').next());
            let files =
                words.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)) && !MADE.contains(word));
            found.extend(files.map(|file| (*number, file.to_owned())));
        }
        found
    }

    fn dead_links(&self) -> Vec<String> {
        let links = self.links().into_iter();
        links
            .filter_map(|(line, target)| {
                let why = self.why_dead(&target)?;
                Some(format!("{}:{line}: `{target}` {why}", self.path.display()))
            })
            .collect()
    }

    fn why_dead(&self, target: &str) -> Option<String> {
        if is_elsewhere(target) {
            return None;
        }
        let (file, anchor) = target
            .split_once('#')
            .map_or((target, None), |(file, anchor)| (file, Some(anchor)));
        if file.is_empty() {
            return anchor
                .filter(|anchor| !self.anchors().contains(*anchor))
                .map(|_| "is no heading here".to_owned());
        }
        let Some(path) = within(&self.path, file) else {
            return Some("leads out of the project".to_owned());
        };
        if !root().join(&path).exists() {
            return Some("is not there".to_owned());
        }
        let anchor = anchor?;
        if path.extension().is_none_or(|extension| extension != "md") {
            return Some("names a heading of what is no page".to_owned());
        }
        (!Self::read(&path).anchors().contains(anchor)).then(|| "is no heading there".to_owned())
    }

    /// What the forges make of the headings, so that links can name them.
    fn anchors(&self) -> BTreeSet<String> {
        let mut anchors = BTreeSet::new();
        for (_, line) in &self.prose {
            let title = line.trim_start_matches('#');
            if title.len() == line.len() || !title.starts_with(' ') {
                continue;
            }
            let slug: String = title
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect();
            let mut names = std::iter::once(slug.clone()).chain((1..).map(|count| format!("{slug}-{count}")));
            anchors.extend(names.find(|name| !anchors.contains(name)));
        }
        anchors
    }
}

/// A line with what stands in backticks left out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// Another machine's, which no test asks for.
fn is_elsewhere(target: &str) -> bool {
    ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| target.starts_with(scheme))
}

/// The file that a page means, from the root of the project; nothing where it would be outside.
fn within(page: &Path, file: &str) -> Option<PathBuf> {
    let mut path = page.parent().unwrap_or(Path::new("")).to_path_buf();
    for part in Path::new(file).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            _ => return None,
        }
    }
    Some(path)
}

/// What a shell says of a script that it reads and does not run.
fn parse(shell: &str, script: &str) -> std::io::Result<Result<(), String>> {
    let mut child = Command::new(shell)
        .arg("-n")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(script.as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(if output.status.success() { Ok(()) } else { Err(said) })
}

/// All that people read: at the root, and in these folders.
fn pages() -> Vec<Page> {
    let mut paths = files("", false);
    for folder in ["docs", "fuzz", "deploy", "benches"] {
        paths.extend(files(folder, true));
    }
    assert!(paths.len() >= 12, "{paths:?}");
    paths.iter().map(|path| Page::read(path)).collect()
}

fn files(folder: &str, deep: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder))
        .expect("the folder is there")
        .flatten()
    {
        let (name, path) = (entry.file_name(), Path::new(folder).join(entry.file_name()));
        let name = name.to_string_lossy();
        if entry.path().is_dir() {
            if deep && !name.starts_with('.') && !["target", "node_modules", "corpus", "artifacts"].contains(&&*name) {
                found.extend(files(&path.to_string_lossy(), true));
            }
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// In which everything is that pages name.
const FOLDERS: [&str; 9] = [
    "src/",
    "tests/",
    "docs/",
    "deploy/",
    "benches/",
    "examples/",
    "actions/",
    "schemas/",
    "fuzz/",
];

/// There once the fuzzers have run.
const MADE: [&str; 2] = ["fuzz/artifacts/", "fuzz/corpus/"];

/// As much as fits on two screens.
const README_CHARACTERS: usize = 8_000;
