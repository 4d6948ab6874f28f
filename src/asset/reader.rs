//! Reads the asset's fields, noting what is wrong as it goes, and where each value came from.

use crate::asset::input::AssetInput;
use crate::schema::Violations;
use crate::secret::Secret;
use crate::service_url::ServiceUrl;
use crate::settings::Environment;

/// Reads the fields.
pub(super) struct Reader<'a> {
    pub(super) input: AssetInput,
    pub(super) environment: &'a Environment,
    pub(super) violations: &'a mut Violations,
    /// Which value came from where, for the log.
    pub(super) sources: Vec<String>,
}

impl Reader<'_> {
    /// The field's own value, or else the variable's.
    pub(super) fn or_variable(&mut self, field: &str, given: Option<String>, variable: &str) -> Option<String> {
        let value = given.map(|value| (value, "the asset"));
        let value = value.or_else(|| Some((self.environment.get(variable)?.to_owned(), variable)));
        let (value, source) = value?;
        self.note_source(field, source);
        Some(value)
    }

    pub(super) fn note_source(&mut self, field: &str, source: &str) {
        self.sources.push(format!("`{field}` from {source}"));
    }

    /// A secret that stands in its field or in the file that another field names; `None` also where it could not be read,
    /// which is then noted.
    pub(super) fn secret(&mut self, field: &str, given: Option<Secret>, file: Option<String>) -> Option<Secret> {
        let file_field = format!("{field}_file");
        match (given, file) {
            (Some(_), Some(_)) => {
                self.blame(&file_field, format!("expected `{field}` or `{field}_file`, found both"));
                None
            }
            (Some(secret), None) => {
                self.note_source(field, "the asset");
                Some(secret)
            }
            (None, Some(path)) => {
                self.note_source(field, "its file");
                let read = read_secret(&path);
                self.noting(&file_field, read)
            }
            (None, None) => None,
        }
    }

    pub(super) fn url(&mut self, field: &str, text: &str) -> Option<ServiceUrl> {
        let parsed = ServiceUrl::parse(text);
        self.noting(field, parsed)
    }

    pub(super) fn missing(&mut self, field: &str, expected: &str) {
        // A field that is there, but of the wrong kind, is not missing; nor is one whose file could not be read.
        if !self.violations.blames_asset(field) && !self.violations.blames_asset(&format!("{field}_file")) {
            self.blame(field, format!("expected {expected}, found nothing"));
        }
    }

    pub(super) fn blame(&mut self, field: &str, problem: impl Into<String>) {
        self.violations.push_asset(field, problem);
    }

    pub(super) fn noting<T>(&mut self, field: &str, parsed: Result<T, String>) -> Option<T> {
        parsed.map_err(|problem| self.blame(field, problem)).ok()
    }
}

/// Reads a secret from a file, as containers mount them: editors and `echo` leave a line break at its end.
///
/// # Errors
/// What was expected and what was found, without content.
pub(super) fn read_secret(path: &str) -> Result<Secret, String> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("expected a file that can be read, found: {error}"))?;
    let text = zeroize::Zeroizing::new(text);
    let value = text.trim_end_matches(['\r', '\n']);
    if value.is_empty() {
        return Err("expected a file with a secret in it, found an empty one".to_owned());
    }
    Ok(Secret::new(value.to_owned()))
}
