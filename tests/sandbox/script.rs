//! Scripted mode: the requests that must come, in order, each with the answer it gets. A request that differs, or is one
//! too many, is noted and answered 599.

use std::collections::VecDeque;

use super::answer::Answer;
use super::delivery::Delivery;
use super::fault::Fault;
use super::form;
use super::request::Recorded;

/// One exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripted {
    /// What must come.
    pub expect: Expect,
    /// What goes back.
    pub reply: Reply,
    /// What goes wrong with it.
    pub fault: Option<Fault>,
}

/// What a request must be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expect {
    /// Whatever it is: nothing is compared.
    pub any: bool,
    /// Exactly.
    pub method: String,
    /// Exactly: the path and the query.
    pub target: String,
    /// Each once, with exactly this value or, for `ANY`, with any; the name's case does not matter.
    pub headers: Vec<(String, String)>,
    /// Names that must not be there.
    pub absent_headers: Vec<String>,
    /// Exactly these bytes; not compared where `None`.
    pub body: Option<Vec<u8>>,
    /// A form of exactly these pairs in any order, a value of `ANY` standing for any; not compared where `None`.
    pub form: Option<Vec<(String, String)>>,
}

/// What goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Put together from its parts.
    Built(Answer),
    /// As it is, then the end of the connection.
    Raw(Vec<u8>),
}

impl Scripted {
    /// An answer without a fault.
    pub fn new(expect: Expect, reply: Reply) -> Self {
        Self {
            expect,
            reply,
            fault: None,
        }
    }
}

/// The exchanges to come, and what went otherwise.
#[derive(Debug, Default)]
pub struct Script {
    next: VecDeque<Scripted>,
    begun: usize,
    mismatches: Vec<String>,
}

impl Script {
    /// Adds exchanges to those there are.
    pub fn extend(&mut self, more: Vec<Scripted>) {
        self.next.extend(more);
    }

    /// The exchange that is this request's. One that goes wrong before the request is read is compared here, as far as
    /// its first line.
    pub fn take(&mut self, line: &Recorded) -> Option<Scripted> {
        self.begun += 1;
        let scripted = self.next.pop_front()?;
        if scripted.fault.as_ref().is_some_and(Fault::before_read) {
            self.note(scripted.expect.differences_in_line(line));
        }
        Some(scripted)
    }

    /// Compares, and answers.
    pub fn answer(&mut self, request: &Recorded, scripted: Option<Scripted>) -> Delivery {
        let Some(Scripted { expect, reply, fault }) = scripted else {
            let what = format!("no request was expected, found {} {}", request.method, request.target);
            return self.refuse(vec![what]);
        };
        let differences = expect.differences(request);
        if !differences.is_empty() {
            return self.refuse(differences);
        }
        match (reply, fault) {
            (Reply::Built(answer), None) => Delivery::usual(&answer),
            (Reply::Built(answer), Some(fault)) => Delivery::faulty(fault, answer),
            (Reply::Raw(bytes), None | Some(Fault::Delay(_) | Fault::DelayUntil(_))) => Delivery::raw(bytes),
            (Reply::Raw(bytes), Some(Fault::CutAnswer { at })) => Delivery::raw(bytes.into_iter().take(at).collect()),
            (Reply::Raw(bytes), Some(Fault::DripAnswer { every })) => Delivery::raw(bytes).dripping(every),
            (Reply::Raw(_), Some(fault)) => Delivery::faulty(fault, Answer::new("200 OK")),
        }
    }

    /// Notes something that no comparison finds.
    pub fn mismatch(&mut self, what: String) {
        self.note(vec![what]);
    }

    /// What went otherwise, in words; also that an expected request never came.
    pub fn finish(&self) -> Result<(), String> {
        let missing = self.next.iter().map(|scripted| {
            format!(
                "a request that was expected never came: {} {}",
                scripted.expect.method, scripted.expect.target
            )
        });
        let all: Vec<String> = self.mismatches.iter().cloned().chain(missing).collect();
        if all.is_empty() { Ok(()) } else { Err(all.join("\n")) }
    }

    fn refuse(&mut self, differences: Vec<String>) -> Delivery {
        let body = differences.join("\n");
        self.note(differences);
        Delivery::usual(
            &Answer::new("599 Not In The Script")
                .header("Content-Type", "text/plain")
                .body(body),
        )
    }

    fn note(&mut self, differences: Vec<String>) {
        let number = self.begun;
        self.mismatches
            .extend(differences.into_iter().map(|what| format!("request {number}: {what}")));
    }
}

impl Expect {
    /// All that is otherwise; nothing where the request is as expected.
    pub fn differences(&self, found: &Recorded) -> Vec<String> {
        if self.any {
            return Vec::new();
        }
        let mut differences = self.differences_in_line(found);
        for (name, value) in &self.headers {
            let values: Vec<&str> = found
                .headers
                .iter()
                .filter(|(other, _)| other.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
                .collect();
            if !matches!(values[..], [only] if only == value || value == ANY) {
                differences.push(format!("header {name}: expected `{value}`, found {values:?}"));
            }
        }
        for name in &self.absent_headers {
            if let Some(value) = found.header(name) {
                differences.push(format!("header {name}: expected none, found `{value}`"));
            }
        }
        if let Some(body) = self.body.as_ref().filter(|body| **body != found.body) {
            let expected = String::from_utf8_lossy(body);
            differences.push(format!("body: expected `{expected}`, found `{}`", found.text()));
        }
        differences.extend(self.form.as_ref().and_then(|form| form_difference(form, found)));
        differences
    }

    /// All that is otherwise in the first line.
    pub fn differences_in_line(&self, found: &Recorded) -> Vec<String> {
        let mut differences = Vec::new();
        for (what, expected, found) in [
            ("method", &self.method, &found.method),
            ("target", &self.target, &found.target),
        ] {
            if expected != found {
                differences.push(format!("{what}: expected `{expected}`, found `{found}`"));
            }
        }
        differences
    }
}

fn form_difference(expected: &[(String, String)], found: &Recorded) -> Option<String> {
    let Some(mut left) = form::parse(&found.body) else {
        return Some(format!("body: expected a form, found `{}`", found.text()));
    };
    let mut missing = Vec::new();
    for (name, value) in expected {
        let place = left
            .iter()
            .position(|(other, given)| other == name && (value == ANY || value == given));
        match place {
            Some(place) => drop(left.remove(place)),
            None => missing.push(format!("{name}={value}")),
        }
    }
    let besides: Vec<String> = left.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (!missing.is_empty() || !besides.is_empty())
        .then(|| format!("form: expected and not there {missing:?}, there and not expected {besides:?}"))
}

/// In place of a header's or a form's value: whatever it is.
pub const ANY: &str = "{{any}}";
