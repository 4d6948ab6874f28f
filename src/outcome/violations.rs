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
    form: Form,
    asset_taken_out: bool,
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
            form,
            asset_taken_out: false,
        }
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

    /// Adds one; `at` points into the documented form.
    pub fn push(&mut self, at: &str, problem: impl Into<String>) {
        let violation = Violation::new(self.place(at), problem);
        self.list.push(violation);
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
        self.list.is_empty()
    }

    /// Forgets what is wrong with the action's own part, for a run that only signs in.
    pub fn keep_asset_only(&mut self) {
        self.list
            .retain(|violation| !ACTION_PARTS.iter().any(|part| violation.at.starts_with(part)));
    }

    /// All of them.
    #[must_use]
    pub fn into_vec(self) -> Vec<Violation> {
        self.list
    }
}

/// The parts of a document that are about the incident.
const ACTION_PARTS: [&str; 6] = [
    "/path_parameters",
    "/json_body",
    "/once",
    "/only_if",
    "/add_tags",
    "/remove_tags",
];
