//! What was measured, as Markdown.

use std::fmt::Write;

use crate::goals::{self, Goal, Measured};
use crate::peers::OURS;
use crate::stats::Spread;

/// The whole of `results.md`.
pub fn markdown(measured: &Measured, machine: &[(&'static str, String)], skipped: &[String]) -> String {
    let mut text = format!(
        "# Results\n\nWritten by `cargo bench --bench whole_call`; do not edit. Each figure is the median of {} rounds with its \
         quartiles; in a round everybody takes a turn, and ratios are taken within a round.\n",
        measured.rounds
    );
    section(
        &mut text,
        "The machine",
        &["", ""],
        machine.iter().map(|(what, is)| vec![(*what).to_owned(), is.clone()]),
    );
    for why in skipped {
        add(&mut text, format_args!("\nSKIPPED: {why}\n"));
    }
    let rows = goals::all(measured);
    section(
        &mut text,
        "Goals",
        &["figure", "goal", "measured", ""],
        rows.iter().map(
            |Goal {
                 figure,
                 goal,
                 measured,
                 met,
             }| {
                let met = met.map_or("skipped", |met| if met { "met" } else { "**missed**" });
                vec![
                    (*figure).to_owned(),
                    (*goal).to_owned(),
                    measured.clone(),
                    met.to_owned(),
                ]
            },
        ),
    );
    section(
        &mut text,
        "One call: token and update over TLS 1.3 on loopback, RSA-2048 chain, a process that starts cold",
        &["", "who", "wall ms", "CPU ms", "peak memory MiB", "beside it"],
        comparison(measured),
    );
    text.push_str(
        "\nPeak memory is watched in as many further rounds, since the other figures would suffer from it; a script's is that of \
         all its processes together.\n",
    );
    add(&mut text, format_args!("\n## Ratios\n\n{}", ratios(measured)));
    add(
        &mut text,
        format_args!(
            "\n## Round trips on a line of 40 ms\n\nWhat the line adds to the same call without it, divided by its round \
             trip; opening a connection costs one.\n\n{}",
            round_trips(measured)
        ),
    );
    instructions(&mut text, measured);
    text.push_str(NOTES);
    text
}

/// How many times this binary's figure each of the others takes. `docs/speed.md` has these lines too.
pub fn ratios(measured: &Measured) -> String {
    let rows = (0..measured.peers.len()).filter(|peer| *peer != OURS).map(|peer| {
        let name = format!("{} / this binary", measured.peers[peer].name);
        match goals::ratios(measured, peer) {
            Some((wall, cpu)) => vec![name, wall.show(1), cpu.show(1)],
            None => vec![name, "SKIPPED".to_owned(), "SKIPPED".to_owned()],
        }
    });
    table(&["ratio", "wall time", "CPU time"], rows)
}

fn comparison(measured: &Measured) -> Vec<Vec<String>> {
    let rows = measured.peers.iter().zip(&measured.series).map(|(peer, series)| {
        let mut row = vec![peer.letter.to_string(), peer.name.to_owned()];
        match (series, &peer.call) {
            (Some(series), _) => row.extend([
                Spread::of(series.wall_ms.iter().copied()).show(2),
                Spread::of(series.cpu_ms.iter().copied()).show(2),
                Spread::of(series.peak_mib.iter().copied()).show(2),
                peer.note.to_owned(),
            ]),
            (None, call) => {
                let why = call.as_ref().err().map_or("", String::as_str);
                row.extend([String::new(), String::new(), String::new(), format!("SKIPPED: {why}")]);
            }
        }
        row
    });
    rows.collect()
}

fn round_trips(measured: &Measured) -> String {
    let trips = &measured.round_trips;
    let row = |what: &str, spread: Option<Spread>| {
        vec![
            what.to_owned(),
            spread.map_or("SKIPPED: no curl".to_owned(), |spread| spread.show(2)),
        ]
    };
    table(
        &["call", "round trips"],
        [
            row("this binary, token and write", Some(trips.token_and_write)),
            row("this binary, with a ready token", Some(trips.ready_token)),
            row("this binary, token, reading and write", Some(trips.reading_first)),
            row(
                "this binary, reading and write with a ready token",
                Some(trips.ready_token_reading_first),
            ),
            row(
                "this binary, token, values and comment through Microsoft Graph",
                Some(trips.graph),
            ),
            row(
                "this binary, values and comment through Microsoft Graph with a ready token",
                Some(trips.graph_ready_token),
            ),
            row("curl, one request after the other", trips.curl),
        ],
    )
}

fn instructions(text: &mut String, measured: &Measured) {
    let counted = match &measured.instructions {
        Ok(counted) => counted,
        Err(why) => return add(text, format_args!("\n## Instructions\n\nSKIPPED: {why}\n")),
    };
    let row = |what: &str, count: f64| {
        let share = 100.0 * count / counted.ours_total;
        vec![what.to_owned(), format!("{:.2}", count / 1e6), format!("{share:.0} %")]
    };
    let mut rows: Vec<_> = counted
        .parts
        .iter()
        .map(|(part, count)| row(part.label(), *count))
        .collect();
    rows.push(row("**this binary, all threads**", counted.ours_total));
    if let Some(curl) = counted.curl_total {
        rows.push(row("curl, one process", curl));
    }
    section(
        text,
        "Instructions of a whole call",
        &["part", "million", "share"],
        rows,
    );
    text.push_str(
        "\nCounted by callgrind in the shipped code built with its functions' names. What serves every part, such as copying \
         memory, is counted with the part that called it.\n",
    );
}

fn section(text: &mut String, title: &str, head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    add(text, format_args!("\n## {title}\n\n{}", table(head, rows)));
}

fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
    for row in rows {
        add(&mut text, format_args!("| {} |\n", row.join(" | ")));
    }
    text
}

fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    // A String takes everything.
    text.write_fmt(more).ok();
}

const NOTES: &str = "
## How it is measured

- The sandbox is a process of its own, and its CPU counts for nobody. It shares the machine's cores, so wall times hold its part
  of both handshakes.
- CPU is user and system time of the process and of all that it started, as the kernel counts it. Wall time ends when the output
  has been read and the process is gone.
- Sign-in and API are two names of the sandbox (`localhost` and `127.0.0.1`), as they are two hosts in life: no client can use
  one connection for both.
- Every run is checked: exit code 0, status 200, the incident in the answer. One that fails ends the benchmark.
- The line of 40 ms is a TCP relay. It holds the first bytes of a connection a round trip longer, since the kernel answers its
  SYN at once.
- The answer of 20 MiB comes over plain http from a server that packed it beforehand. Nothing is subtracted: start, request and
  the reading of the socket are in this binary's time, and `gzip` reads a file. Memory with an incident of 20 MiB is that of a
  whole call over TLS, with a token fetched.
- The first check is timed in a fresh process each, with the validator made in it, and without the parsing of the JSON text.
";
