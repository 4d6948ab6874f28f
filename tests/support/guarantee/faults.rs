//! What goes wrong on the way: faults of the write, of the sign-in and of the reading, one by one and after one another.

use std::time::Duration;

use super::{Body, Case, Must};
use sandbox::{Coding, Fault, Late, Leg};

/// All of them for one kind of body.
pub fn of(body: Body) -> Vec<Case> {
    let kinds = [
        passing(body),
        repeated(body),
        final_answers(body),
        silence(body),
        other_legs(body),
    ];
    kinds.into_iter().flatten().collect()
}

/// Faults of the write that pass: the update is applied in the end.
fn passing(body: Body) -> Vec<Case> {
    let mut cases: Vec<Case> = passing_faults()
        .into_iter()
        .map(|(name, fault)| Case::new(name, body, vec![(Leg::Patch, fault)], Must::Apply))
        .collect();
    for at in CUTS {
        let fault = Fault::CutAnswer { at };
        cases.push(Case::new(
            format!("answer cut at {at}"),
            body,
            vec![(Leg::Patch, fault)],
            Must::Apply,
        ));
    }
    for at in [0, 9, 200] {
        let fault = Fault::CutBeforeChange { at };
        // A head that says 200 and a change that was not made: no client can tell until it reads.
        let must = if at > 100 { continue } else { Must::Apply };
        cases.push(Case::new(
            format!("answer cut at {at}, nothing changed"),
            body,
            vec![(Leg::Patch, fault)],
            must,
        ));
    }
    cases
}

/// The same fault several times in a row, and faults after one another.
fn repeated(body: Body) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, fault) in passing_faults() {
        for times in [2, 3] {
            let faults = vec![(Leg::Patch, fault.clone()); times];
            // A second refused token means what it says. What appends goes out twice at most: once, and once more after its
            // absence was proved; a 429 does not count.
            let turned_away = matches!(fault, Fault::Status { code: 429, .. });
            let wasted = body != Body::Values && !fault.keeps_change() && !turned_away;
            let must = if fault == Fault::RevokeToken || wasted {
                Must::NotApply
            } else {
                Must::Apply
            };
            cases.push(Case::new(format!("{name}, {times} times"), body, faults, must));
        }
    }
    cases
}

/// Answers that are final.
fn final_answers(body: Body) -> Vec<Case> {
    let status = |code| Fault::Status {
        code,
        change: false,
        headers: Vec::new(),
        body: String::new(),
    };
    let redirect = Fault::Redirect {
        code: 302,
        location: "http://127.0.0.1:1/".to_owned(),
    };
    let mut cases: Vec<Case> = [400, 403, 404, 405, 410, 413]
        .into_iter()
        .map(|code| {
            Case::new(
                format!("{code}"),
                body,
                vec![(Leg::Patch, status(code))],
                Must::NotApply,
            )
        })
        .collect();
    cases.push(Case::new("302", body, vec![(Leg::Patch, redirect)], Must::NotApply));
    let wait = vec![("Retry-After".to_owned(), "600".to_owned())];
    let throttled = Fault::Status {
        code: 429,
        change: false,
        headers: wait,
        body: String::new(),
    };
    cases.push(Case::new(
        "429 for longer than there is time",
        body,
        vec![(Leg::Patch, throttled)],
        Must::NotApply,
    ));
    // After a doubtful attempt even a final answer leaves the doubt, unless reading takes it away.
    let faults = vec![(Leg::Patch, Fault::CloseAfterChange), (Leg::Patch, status(400))];
    cases.push(Case::new("400 after a lost answer", body, faults, Must::BeHonest));
    let mut closed = Case::new("nobody listens", body, Vec::new(), Must::NotApply).timeout(3.0);
    closed.closed_port = true;
    cases.push(closed);
    cases
}

/// Servers that do not answer, or not to the end.
fn silence(body: Body) -> Vec<Case> {
    let endless = [
        ("endless header fields", Fault::EndlessHeaders),
        ("endless interim answers", Fault::Endless100),
        ("endless body", Fault::EndlessBody),
        (
            "drip",
            Fault::DripAnswer {
                every: Duration::from_millis(200),
            },
        ),
        ("a silent server that changed nothing", Fault::HangBeforeChange),
        ("a silent server that made the change", Fault::HangAfterChange),
        ("a delay past the deadline", Fault::Delay(Duration::from_secs(30))),
    ];
    let mut cases: Vec<Case> = endless
        .into_iter()
        .map(|(name, fault)| Case::new(name, body, vec![(Leg::Patch, fault)], Must::BeHonest).timeout(3.0))
        .collect();
    let everywhere = vec![
        (Leg::Patch, Fault::HangAfterChange),
        (Leg::Get, Fault::HangAfterChange),
        (Leg::Get, Fault::HangAfterChange),
    ];
    cases.push(Case::new("silence on the write and the reading", body, everywhere, Must::BeHonest).timeout(3.0));
    let slow = vec![(Leg::Patch, Fault::Delay(Duration::from_millis(500)))];
    cases.push(Case::new("a delay within the limit", body, slow, Must::Apply));
    cases
}

/// Faults of the sign-in and of the reading.
fn other_legs(body: Body) -> Vec<Case> {
    let status = |code| Fault::Status {
        code,
        change: false,
        headers: Vec::new(),
        body: String::new(),
    };
    let mut cases = Vec::new();
    for (name, fault) in [
        ("reset before the request is read", Fault::ResetBeforeRead),
        ("reset after it", Fault::ResetAfterRead),
        ("429", status(429)),
        ("500", status(500)),
        ("503", status(503)),
    ] {
        cases.push(Case::new(
            format!("sign-in: {name}"),
            body,
            vec![(Leg::Token, fault.clone())],
            Must::Apply,
        ));
        let lost = |faults: Vec<Fault>| {
            let reading = faults.into_iter().map(|fault| (Leg::Get, fault));
            [(Leg::Patch, Fault::CloseAfterChange)]
                .into_iter()
                .chain(reading)
                .collect::<Vec<_>>()
        };
        cases.push(Case::new(
            format!("lost answer, reading: {name}"),
            body,
            lost(vec![fault.clone()]),
            Must::Apply,
        ));
        cases.push(Case::new(
            format!("lost answer, reading: {name}, twice"),
            body,
            lost(vec![fault.clone(); 2]),
            Must::Apply,
        ));
        let not_made = vec![(Leg::Patch, Fault::ResetAfterRead), (Leg::Get, fault)];
        cases.push(Case::new(
            format!("lost request, reading: {name}"),
            body,
            not_made,
            Must::Apply,
        ));
    }
    cases.push(Case::new(
        "sign-in: 400",
        body,
        vec![(Leg::Token, status(400))],
        Must::NotApply,
    ));
    for code in [403, 404] {
        let faults = vec![(Leg::Patch, Fault::CloseAfterChange), (Leg::Get, status(code))];
        let must = if body == Body::Values {
            Must::Apply
        } else {
            Must::BeHonest
        };
        cases.push(Case::new(format!("lost answer, reading: {code}"), body, faults, must));
    }
    let revoked = vec![(Leg::Patch, Fault::CloseAfterChange), (Leg::Get, Fault::RevokeToken)];
    cases.push(Case::new(
        "lost answer, reading: token refused",
        body,
        revoked,
        Must::Apply,
    ));
    cases
}

/// Faults of the write that the next attempt, or a reading, gets over.
fn passing_faults() -> Vec<(String, Fault)> {
    let mut faults = vec![
        ("reset before the request is read".to_owned(), Fault::ResetBeforeRead),
        ("closed before the request is read".to_owned(), Fault::CloseBeforeRead),
        ("reset before the change".to_owned(), Fault::ResetAfterRead),
        ("reset after the change".to_owned(), Fault::ResetAfterChange),
        ("closed after the change".to_owned(), Fault::CloseAfterChange),
        ("token refused".to_owned(), Fault::RevokeToken),
        ("502 as a page".to_owned(), Fault::Html { code: 502 }),
        (
            "no HTTP, change made".to_owned(),
            Fault::Raw {
                change: true,
                bytes: b"SSH-2.0-x\r\n".to_vec(),
            },
        ),
        (
            "no HTTP, nothing changed".to_owned(),
            Fault::Raw {
                change: false,
                bytes: b"SSH-2.0-x\r\n".to_vec(),
            },
        ),
        ("150 header fields".to_owned(), Fault::ManyHeaders(150)),
        ("a header field of 100 KiB".to_owned(), Fault::BigHeader(100 * 1024)),
        (
            "a bomb".to_owned(),
            Fault::Bomb {
                coding: Coding::Gzip,
                decoded_bytes: 40 * 1024 * 1024,
            },
        ),
    ];
    for code in [408, 500, 502, 503, 504] {
        for change in [true, false] {
            let made = if change { "change made" } else { "nothing changed" };
            let fault = Fault::Status {
                code,
                change,
                headers: Vec::new(),
                body: String::new(),
            };
            faults.push((format!("{code}, {made}"), fault));
        }
    }
    let wait = || vec![("retry-after-ms".to_owned(), "50".to_owned())];
    for (code, change) in [(429, false), (503, false), (503, true)] {
        let fault = Fault::Status {
            code,
            change,
            headers: wait(),
            body: String::new(),
        };
        faults.push((format!("{code} with a wait, change {change}"), fault));
    }
    for (name, answer) in [
        ("503", Late::Unavailable),
        ("closed", Late::Close),
        ("reset", Late::Reset),
    ] {
        let fault = Fault::LateVisible {
            after: Duration::from_millis(150),
            answer,
        };
        faults.push((format!("{name}, shown only later"), fault));
    }
    faults
}

/// What the soak draws from.
pub fn any() -> Vec<(String, Fault)> {
    let mut faults = passing_faults();
    faults.extend(CUTS.map(|at| (format!("cut at {at}"), Fault::CutAnswer { at })));
    faults.push(("hang before".to_owned(), Fault::HangBeforeChange));
    faults.push(("hang after".to_owned(), Fault::HangAfterChange));
    faults.push((
        "drip".to_owned(),
        Fault::DripAnswer {
            every: Duration::from_millis(50),
        },
    ));
    faults
}

/// Through the status line, the header fields, the empty line and the chunks.
const CUTS: [usize; 20] = [
    0, 1, 5, 9, 12, 15, 17, 30, 60, 120, 180, 240, 300, 340, 380, 400, 450, 600, 900, 1_200,
];
