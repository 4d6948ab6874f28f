//! What is wrong with a document, pointing to where its author wrote.

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

/// Which of the two accepted forms a document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `{"asset": {…}, "path_parameters": {…}, "json_body": {…}}`
    Nested,
    /// Turbine's: the asset's fields beside `path_parameters` and `json_body`.
    Flat,
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
        self.list.iter().any(|known| known.at.starts_with(at))
    }

    /// Adds one; `at` points into the documented form. What is too much to be read is only counted.
    pub fn push(&mut self, at: &str, problem: impl Into<String>) {
        let violation = Violation::new(self.place(at), problem);
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
        let all = if is_of_action(at) {
            self.all.action
        } else {
            self.all.rest
        };
        all >= MOST_SHOWN
    }

    /// Counts more that are wrong with this part, which may not be worth their words.
    pub fn push_more(&mut self, at: &str, count: usize) {
        self.all.add(at, count);
        self.more.add(at, count);
    }

    /// Where the author wrote what the documented form has at `at`.
    fn place<'a>(&self, at: &'a str) -> &'a str {
        match self.form {
            Form::Flat => at.strip_prefix("/asset").unwrap_or(at),
            Form::Nested => at,
        }
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
        self.list.retain(|violation| !is_of_action(&violation.at));
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
