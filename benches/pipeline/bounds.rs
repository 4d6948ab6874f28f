//! How long a document may take that is as large as it may be, refused or accepted: by the CPU's time, in which nobody else's
//! work is.
//!
//! Each is measured in a process of its own, as a run reads one document and ends: one that has read others has memory at hand
//! for a small document, and none for a large one, which is no matter of the document.

use std::env;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use defender_update_incident::contract::check;
use defender_update_incident::contract::document::{self, Document};
use defender_update_incident::ground::environment::Environment;
use defender_update_incident::input;
use defender_update_incident::outcome::error::Error;
use rustix::time::{ClockId, clock_gettime};

/// One document.
pub(crate) struct Large {
    /// What is in it.
    pub(crate) what: &'static str,
    text: String,
    is_accepted: bool,
}

impl Large {
    /// Reads it as a run does, up to the values that it becomes.
    pub(crate) fn read(&self) {
        let is_accepted = read(black_box(self.text.as_bytes()));
        assert_eq!(is_accepted, self.is_accepted, "{}: whether it is accepted", self.what);
    }

    fn cost_of_one(&self, file: &Path) -> io::Result<Duration> {
        let output = Command::new(env::current_exe()?).arg(MEASURE).arg(file).output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let (nanoseconds, is_accepted) = said.trim().split_once(' ').unwrap_or_default();
        assert_eq!(
            is_accepted,
            self.is_accepted.to_string(),
            "{}: whether it is accepted",
            self.what
        );
        let nanoseconds = nanoseconds
            .parse()
            .map_err(|_| io::Error::other(format!("a process said `{said}`")))?;
        Ok(Duration::from_nanos(nanoseconds))
    }
}

/// The least that a small document and a large one took, in turns, so that what slows the machine meets both.
fn costs(small: &Large, large: &Large) -> io::Result<(Duration, Duration)> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let [small_file, large_file] =
        ["small", "large"].map(|name| folder.join(format!("bounds-{}-{name}.json", std::process::id())));
    let measured = || {
        fs::write(&small_file, &small.text)?;
        fs::write(&large_file, &large.text)?;
        let (mut little, mut much) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            little = little.min(small.cost_of_one(&small_file)?);
            much = much.min(large.cost_of_one(&large_file)?);
        }
        Ok((little, much))
    };
    let costs = measured();
    for file in [small_file, large_file] {
        fs::remove_file(file).ok();
    }
    costs
}

/// Whether a document becomes values.
fn read(document: impl Read) -> bool {
    let read = document::read(document)
        .and_then(Document::of)
        .map(check::check)
        .and_then(|checked| input::parse(checked, &Environment::default()));
    match read {
        Ok(_) => true,
        Err(Error::Input(_)) => false,
        Err(error) => panic!("{error:?}"),
    }
}

/// What a process is for that was started to measure: it reads the file that its last argument names, and says the CPU's
/// nanoseconds and whether it was accepted.
pub(crate) fn measure(file: &str) -> io::Result<()> {
    let file = File::open(file)?;
    let before = cpu_time();
    let is_accepted = read(file);
    let cost = cpu_time().saturating_sub(before);
    writeln!(io::stdout(), "{} {is_accepted}", cost.as_nanos())
}

/// The argument before the file.
pub(crate) const MEASURE: &str = "--measure";

/// Holds every document against the bounds, and says what each took.
pub(crate) fn require() -> ExitCode {
    let mut missed = 0;
    let mut out = io::stdout().lock();
    for (small, large) in documents(SMALL).iter().zip(&documents(LARGE)) {
        let (little, much) = match costs(small, large) {
            Ok(costs) => costs,
            Err(error) => {
                writeln!(out, "{}: not measured: {error}", large.what).ok();
                return ExitCode::FAILURE;
            }
        };
        let ratio = much.as_secs_f64() / little.as_secs_f64().max(f64::MIN_POSITIVE);
        let holds = much <= MOST && ratio <= MOST_GROWTH;
        missed += usize::from(!holds);
        let verdict = if holds { "holds" } else { "MISSED" };
        let line = format!("{verdict}: {}: {much:.1?}, {ratio:.1} times {little:.1?}", large.what);
        // Nobody may read it; the exit code says the same.
        writeln!(out, "{line}").ok();
    }
    if missed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Documents of about so many bytes, those first in which as much is wrong as fits: of as many values as are read, and of more.
pub(crate) fn documents(bytes: usize) -> Vec<Large> {
    // Room for what stands around.
    let bytes = bytes - 1_024;
    let list = |one: &str, count: usize| vec![one; count].join(",");
    let keys = |count: usize, width: usize| {
        let keys: Vec<String> = (0..count).map(|key| format!("\"k{key:0width$}\":1")).collect();
        keys.join(",")
    };
    let half = "0,".repeat(bytes / 4);
    let body = |rest: String| format!("\"json_body\": {{{rest}}}");
    let comment = |text: String| body(format!("\"comment\": \"{text}\""));
    // So many fill the document with as many as are read.
    let (values, width) = (bytes / VALUE, VALUE - 6);
    let wide = format!("\"{}\"", "t".repeat(width));
    let near = list("\"actives\"", values);
    let beside_near = comment("x".repeat(bytes - near.len()));
    let refused = [
        ("unknown keys", keys(values, width)),
        ("unknown keys of the body", body(keys(values, width))),
        (
            "numbers for tags, before a comment",
            body(format!(
                "\"tags\": [{}], \"comment\": \"{}\"",
                list("1", values),
                "x".repeat(bytes - 2 * values)
            )),
        ),
        (
            "words of no list, before a comment",
            format!("\"only_if\": {{\"status\": [{near}]}}, {beside_near}"),
        ),
        ("one key twice and twice", list(&format!("{wide}:1"), values)),
        ("short keys without end", keys(bytes / 13, 7)),
        (
            "numbers without end",
            body(format!("\"tags\": [{}]", list("1", bytes / 2))),
        ),
        (
            "objects without end",
            body(format!("\"tags\": [{}]", list("{\"a\":{}}", bytes / 9))),
        ),
        (
            "a long key before zeros",
            format!("\"{}\": [{half}0]", "k".repeat(bytes / 2)),
        ),
    ];
    let accepted = [
        ("a long comment", comment("x".repeat(bytes))),
        ("a comment in escapes", comment("\\u00e4".repeat(bytes / 6))),
        ("a comment of quotes", comment("\\\"".repeat(bytes / 2))),
        ("a comment in two scripts", comment("a\u{e4}".repeat(bytes / 3))),
        ("many tags", body(format!("\"tags\": [{}]", list(&wide, values)))),
        (
            "blanks",
            format!("{}{}", " ".repeat(bytes), comment("closed".to_owned())),
        ),
    ];
    let large = |is_accepted: bool| {
        move |(what, rest): (&'static str, String)| Large {
            what,
            text: format!("{BEGIN}, {rest}}}"),
            is_accepted,
        }
    };
    let refused = refused.into_iter().map(large(false));
    refused.chain(accepted.into_iter().map(large(true))).collect()
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

pub(crate) const SMALL: usize = 512 * 1_024;

/// The most that is read.
pub(crate) const LARGE: usize = 4 * 1_024 * 1_024;

/// The bytes of each value in a document that is full of them: 4 MiB hold just fewer than the 20,000 that are read.
const VALUE: usize = 212;

const MOST: Duration = Duration::from_millis(100);

/// From the small to the large, which is eight times as long: linear, and a little for caches that it no longer fits into.
const MOST_GROWTH: f64 = 8.5;

const ROUNDS: usize = 50;

const BEGIN: &str = r#"{"asset": {"access_token": "eyJ-not-real"}, "path_parameters": {"id": 552}"#;
