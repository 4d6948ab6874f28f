//! A random secret, put into a random answer in a random coding, never comes out.
#![no_main]

#[allow(dead_code, reason = "the test uses more of it")]
#[path = "../../tests/guarantee/gate/codings.rs"]
mod codings;
#[path = "../../tests/guarantee/gate/detector.rs"]
mod detector;

use std::collections::HashSet;

use codings::{CODINGS, Coding, DEEP, IN_EACH_OTHER};
use defender_update_incident::api::defender;
use defender_update_incident::fuzzing;
use defender_update_incident::ground::cleaned::{Author, Gate};
use defender_update_incident::ground::secret::Secret;
use defender_update_incident::outcome::envelope::Applied;
use defender_update_incident::outcome::shown;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|bytes: &[u8]| -> Corpus { run(bytes).map_or(Corpus::Reject, |()| Corpus::Keep) });

fn run(bytes: &[u8]) -> Option<()> {
    let ([coding, outer, place, length, around], rest) = bytes.split_first_chunk()?;
    let length = usize::from(*length % 60).min(rest.len());
    let (secret, text) = rest.split_at(length);
    let secret = String::from_utf8_lossy(secret).into_owned();
    let text = String::from_utf8_lossy(text).into_owned();
    // A header has no control characters, and a credential no blanks around it.
    let is_fit = secret.len() >= SHORTEST && secret.trim() == secret && !secret.contains(char::is_control);
    // What a page takes for a line's end cannot be told from one.
    if !is_fit || secret.contains("<br") || secret.contains("<wbr") || secret.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    // The detector tries each as the beginning of an entity, within each other.
    if bytes.iter().filter(|byte| **byte == b'&').count() > MOST_AMPERSANDS {
        return None;
    }
    let inner = &CODINGS[usize::from(*coding) % CODINGS.len()];
    // One of a few signs is there by chance, in what stands around it and in the envelope's own.
    if secret.chars().collect::<HashSet<_>>().len() < FEWEST_LETTERS {
        return None;
    }
    // Two codings around a secret that itself looks coded leave no way to tell its own from theirs.
    let is_plain = !secret.contains(['%', '\\', '&', '<', '+', ' ']);
    let in_another = is_plain && outer % 2 == 1 && IN_EACH_OTHER.contains(&inner.0);
    let outer = IN_EACH_OTHER[usize::from(*outer / 2) % IN_EACH_OTHER.len()];
    let outer = CODINGS.iter().find(|known| known.0 == outer).filter(|_| in_another);
    let coding = Coding {
        inner,
        outer: outer.unwrap_or(&CODINGS[0]),
    };
    // To find these, all of an incident would have to be decoded.
    let is_deep = DEEP.contains(&inner.0) || ["base64", "hexadecimal"].contains(&coding.outer.0);
    if is_deep && place % 8 < 2 {
        return None;
    }
    let coded = coding.apply(&secret);
    // Letters around base64 and digits are digits themselves.
    let (before, behind) = match around % 3 {
        0 => (" ", " "),
        1 => ("\"", "\", "),
        _ => ("(", ")"),
    };
    let said = format!("it said{before}{coded}{behind}and no more");
    let secrets = [secret.clone()];
    let gate = Gate::default();
    gate.learn(&Secret::new(secret));
    let line = shown_at(*place, &said, &text, &gate)?;
    // What can be read as the secret without it being there is in the rest by chance.
    let without = shown_at(*place, "it said no more", &text, &Gate::default())?;
    if !detector::shown(&without, &secrets).is_empty() {
        return None;
    }
    let shown = detector::shown(&line, &secrets);
    assert!(shown.is_empty(), "{shown:?}, {} at {place}: {line}", coding.name());
    Some(())
}

/// What is printed of an answer that says it, as a part of a body with other things in it or in the head.
fn shown_at(place: u8, said: &str, text: &str, gate: &Gate) -> Option<String> {
    let in_head = said
        .replace("\r\n ", "\0")
        .replace(['\r', '\n'], "")
        .replace('\0', "\r\n ");
    let json = |value: serde_json::Value| ("application/json", value.to_string());
    let (status, author, (kind, body), field) = match place % 8 {
        0 => (
            "200 OK",
            Author::Service,
            json(serde_json::json!({"incidentId": 552, "displayName": said, "x": text})),
            "",
        ),
        1 => (
            "200 OK",
            Author::Service,
            json(serde_json::json!({"incidentId": 552, said: [text]})),
            "",
        ),
        2 => (
            "400 x",
            Author::Service,
            json(serde_json::json!({"error": {"code": text, "message": said}})),
            "",
        ),
        3 => (
            "403 x",
            Author::Service,
            ("text/html", format!("<html><p>{said}</p></html>")),
            "",
        ),
        4 => (
            "503 x",
            Author::Service,
            ("text/plain", text.to_owned()),
            in_head.as_str(),
        ),
        5 => (
            "400 x",
            Author::TokenEndpoint,
            json(serde_json::json!({"error": "x", "error_description": said})),
            "",
        ),
        6 => (
            "302 x",
            Author::TokenEndpoint,
            ("text/html", said.to_owned()),
            in_head.as_str(),
        ),
        _ => ("502 x", Author::TokenEndpoint, ("text/html", said.to_owned()), ""),
    };
    let wire =
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nLocation: /{field}\r\nX-Said: {field}\r\n\r\n{body}");
    let answer = fuzzing::answer(wire.as_bytes(), gate, author)?;
    let line = if answer.status < 300 {
        let applied = Applied {
            answer,
            recovered: None,
            writes: 1,
            differs: Vec::new(),
            redirected_to: None,
            unchanged: None,
            parts: None,
            requests: Vec::new(),
        };
        serde_json::to_string(&shown::applied(applied, gate))
    } else {
        serde_json::to_string(&shown::error(defender::refusal(answer), gate))
    };
    Some(line.expect("an envelope is JSON"))
}

/// In a service's data shorter ones are not searched for.
const SHORTEST: usize = 8;

/// More take the detector minutes.
const MOST_AMPERSANDS: usize = 8;

/// Of different ones.
const FEWEST_LETTERS: usize = 6;
