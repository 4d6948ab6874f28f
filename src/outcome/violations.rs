//! What is wrong with a document, pointing to where its author wrote.

use std::borrow::Cow;

use serde::Serialize;

use crate::ground::json::pointer;

/// One thing that is wrong with the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Violation {
    /// JSON Pointer (RFC 6901) to the place in the input; empty for the document itself.
    #[schemars(example = serde_json::json!("/json_body/status"))]
    pub at: String,
    /// What was expected and what was found.
    #[schemars(example = serde_json::json!("expected one of `Active`, `InProgress`, `Resolved`, `Redirected`, found `resolved`; did you mean `Resolved`?"))]
    pub problem: String,
}

/// What is wrong with a document, pointing to where its author wrote.
pub struct Violations {
    list: Vec<Violation>,
    /// Those that are not in the list any more.
    more: Count,
    /// All of them.
    all: Count,
    form: Form,
    asset_taken_out: bool,
}

/// How many are about the action's own part, and how many are not.
#[derive(Clone, Copy, Default)]
struct Count {
    action: usize,
    rest: usize,
}

/// Which of the accepted forms a document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `{"asset": {…}, "path_parameters": {…}, "json_body": {…}}`
    Nested,
    /// Turbine's: the asset's fields beside `path_parameters` and `json_body`.
    Flat,
    /// A message of a platform, which has each part at a place of its own: the documented place, and the message's. The first
    /// that fits counts, and the last has to fit everything.
    Renamed(&'static [(&'static str, &'static str)]),
}

impl Violation {
    /// `at` is a JSON Pointer; `problem` reads *expected X, found Y*.
    #[must_use]
    pub fn new(at: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            problem: problem.into(),
        }
    }
}

impl Violations {
    /// None yet, of a document in this form.
    #[must_use]
    pub fn of(form: Form) -> Self {
        Self {
            list: Vec::new(),
            more: Count::default(),
            all: Count::default(),
            form,
            asset_taken_out: false,
        }
    }

    /// The form of the document.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The asset as a whole did not fit, and nothing of it is left.
    pub fn blame_whole_asset(&mut self) {
        self.asset_taken_out = true;
    }

    /// Whether something is already known to be wrong at `at` or below it.
    #[must_use]
    pub fn blames(&self, at: &str) -> bool {
        let at = self.place(at);
        self.list.iter().any(|known| known.at.starts_with(&*at))
    }

    /// Adds one; `at` points into the documented form. What is too much to be read is only counted.
    pub fn push(&mut self, at: &str, problem: impl Into<String>) {
        let violation = Violation::new(self.place(at), self.named(at, problem.into()));
        if self.full(at) {
            self.push_more(at, 1);
        } else {
            self.all.add(at, 1);
            self.list.push(violation);
        }
    }

    /// Whether what is wrong with this part is only counted from now on.
    #[must_use]
    pub fn full(&self, at: &str) -> bool {
        let told = if is_of_action(at) {
            self.all.action - self.more.action
        } else {
            self.all.rest - self.more.rest
        };
        told >= MOST_SHOWN
    }

    /// Counts more that are wrong with this part, which may not be worth their words.
    pub fn push_more(&mut self, at: &str, count: usize) {
        self.all.add(at, count);
        self.more.add(at, count);
    }

    /// Where the author wrote what the documented form has at `at`.
    fn place<'a>(&self, at: &'a str) -> Cow<'a, str> {
        match self.form {
            Form::Flat => at.strip_prefix("/asset").unwrap_or(at).into(),
            Form::Nested => at.into(),
            Form::Renamed(places) => {
                let below = |place: &str| {
                    at.strip_prefix(place)
                        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                let place = places.iter().find_map(|(place, theirs)| Some((theirs, below(place)?)));
                place.map_or(at.into(), |(theirs, rest)| format!("{theirs}{rest}").into())
            }
        }
    }

    /// A problem at this place with the names that its author knows.
    fn named(&self, at: &str, problem: String) -> String {
        let Form::Renamed(places) = self.form else {
            return problem;
        };
        places.iter().fold(problem, |problem, (ours, theirs)| {
            match (ours.rsplit_once('/'), theirs.rsplit_once('/')) {
                // Elsewhere the same word is another name, and the names of whole parts stand in no problem.
                (Some((part, name)), Some((_, named))) if !part.is_empty() && at.starts_with(part) => {
                    problem.replace(&format!("`{name}`"), &format!("`{named}`"))
                }
                _ => problem,
            }
        })
    }

    /// Adds one about a field of the asset, or about the asset as a whole where `field` is empty.
    pub fn push_asset(&mut self, field: &str, problem: impl Into<String>) {
        self.push(
            &if field.is_empty() {
                "/asset".to_owned()
            } else {
                pointer("/asset", field)
            },
            problem,
        );
    }

    /// Whether something is already known to be wrong with this field of the asset, or with the asset as a whole.
    #[must_use]
    pub fn blames_asset(&self, field: &str) -> bool {
        let at = pointer("/asset", field);
        self.asset_taken_out || self.list.iter().any(|violation| violation.at == self.place(&at))
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.action == 0 && self.all.rest == 0
    }

    /// Forgets what is wrong with the action's own part, for a run that only signs in.
    pub fn keep_asset_only(&mut self) {
        let parts = ACTION_PARTS.map(|part| self.place(part));
        self.list
            .retain(|violation| !parts.iter().any(|part| violation.at.starts_with(&**part)));
        (self.all.action, self.more.action) = (0, 0);
    }

    /// The first of them, and how many more there are.
    #[must_use]
    pub fn into_parts(mut self) -> (Vec<Violation>, usize) {
        let dropped = self.list.len().saturating_sub(MOST_SHOWN);
        self.list.truncate(MOST_SHOWN);
        (self.list, dropped + self.more.action + self.more.rest)
    }
}

impl Count {
    fn add(&mut self, at: &str, count: usize) {
        let part = if is_of_action(at) {
            &mut self.action
        } else {
            &mut self.rest
        };
        *part += count;
    }
}

fn is_of_action(at: &str) -> bool {
    ACTION_PARTS.iter().any(|part| at.starts_with(part))
}

/// Nobody reads more, and whoever sent so much wants to know what and not how often.
pub const MOST_SHOWN: usize = 100;

/// The parts of a document that are about the incident.
const ACTION_PARTS: [&str; 6] = [
    "/path_parameters",
    "/json_body",
    "/once",
    "/only_if",
    "/add_tags",
    "/remove_tags",
];
