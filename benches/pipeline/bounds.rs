//! How long a document may take that is as large as it may be, refused or accepted: by the CPU's time, in which nobody else's
//! work is.

use std::hint::black_box;
use std::io::{self, Write};
use std::process::ExitCode;
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
        let read = document::read(black_box(&self.text).as_bytes())
            .and_then(Document::of)
            .map(check::check)
            .and_then(|checked| input::parse(checked, &Environment::default()));
        match read {
            Ok(_) => assert!(self.is_accepted, "{}: it is accepted", self.what),
            Err(Error::Input(_)) => assert!(!self.is_accepted, "{}: it is refused", self.what),
            Err(error) => panic!("{}: {error:?}", self.what),
        }
    }

    /// The least that it took in some rounds: the first warm what the others find warm.
    fn cost(&self) -> Duration {
        let once = || {
            let before = cpu_time();
            self.read();
            cpu_time().saturating_sub(before)
        };
        (0..ROUNDS).map(|_| once()).min().unwrap_or_default()
    }
}

/// Holds every document against the bounds, and says what each took.
pub(crate) fn require() -> ExitCode {
    let mut missed = 0;
    let mut out = io::stdout().lock();
    for (small, large) in documents(SMALL).iter().zip(&documents(LARGE)) {
        let (little, much) = (small.cost(), large.cost());
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

const ROUNDS: usize = 10;

const BEGIN: &str = r#"{"asset": {"access_token": "eyJ-not-real"}, "path_parameters": {"id": 552}"#;
