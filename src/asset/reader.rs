//! Reads the asset's fields, noting what is wrong as it goes, and where each value came from.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use crate::asset::input::AssetInput;
use crate::ground::environment::Environment;
use crate::ground::secret::Secret;
use crate::ground::service_url::ServiceUrl;
use crate::outcome::violations::Violations;

/// Reads the fields.
pub(super) struct Reader<'a> {
    pub(super) input: AssetInput,
    pub(super) environment: &'a Environment,
    pub(super) violations: &'a mut Violations,
    /// Which value came from where, for the log.
    pub(super) sources: Vec<String>,
}

/// Where a value stands, and so where what is wrong with it is to be corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Field(&'static str),
    Variable(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, "`{name}`"),
            Self::Variable(name) => write!(f, "environment variable `{name}`"),
        }
    }
}

impl Reader<'_> {
    /// The field's own value, or else the variable's.
    pub(super) fn or_variable(
        &mut self,
        field: &'static str,
        given: Option<String>,
        variable: &'static str,
    ) -> Option<(String, Place)> {
        if let Some(value) = given {
            self.note_source(field, "the asset");
            return Some((value, Place::Field(field)));
        }
        let value = self.environment.get(variable)?.to_owned();
        self.note_source(field, variable);
        Some((value, Place::Variable(variable)))
    }

    pub(super) fn note_source(&mut self, field: &str, source: &str) {
        self.sources.push(format!("`{field}` from {source}"));
    }

    /// A secret that stands in its field or in the file that another field names; `None` also where it could not be read,
    /// which is then noted.
    pub(super) fn secret(
        &mut self,
        field: &'static str,
        given: Option<Secret>,
        file_field: &'static str,
        file: Option<String>,
    ) -> Option<(Secret, Place)> {
        match (given, file) {
            (Some(_), Some(_)) => {
                self.blame(file_field, format!("expected `{field}` or `{file_field}`, found both"));
                None
            }
            (Some(secret), None) => {
                self.note_source(field, "the asset");
                Some((secret, Place::Field(field)))
            }
            (None, Some(path)) => {
                self.note_source(field, "its file");
                let place = Place::Field(file_field);
                let read = read_secret(&path);
                self.noting_at(place, read).map(|secret| (secret, place))
            }
            (None, None) => None,
        }
    }

    pub(super) fn url(&mut self, field: &str, text: &str) -> Option<ServiceUrl> {
        let parsed = ServiceUrl::parse(text);
        self.noting(field, parsed)
    }

    /// The API's base. `api` is a part of every call's own path, so that one at the end of the base is there twice.
    pub(super) fn api_url(&mut self, text: &str) -> Option<ServiceUrl> {
        let url = self.url("url", text)?;
        for end in ["api/incidents", "api"] {
            if let Some(base) = url.without_end(end) {
                log::warn!("`url`: left out `/{end}` at its end, which every call has in its own path");
                return Some(base);
            }
        }
        Some(url)
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

    /// The same for a value that may be a variable's.
    pub(super) fn noting_at<T>(&mut self, place: Place, parsed: Result<T, String>) -> Option<T> {
        match place {
            Place::Field(field) => self.noting(field, parsed),
            Place::Variable(name) => parsed
                .map_err(|problem| {
                    self.violations
                        .push("", format!("environment variable `{name}`: {problem}"));
                })
                .ok(),
        }
    }
}

/// Reads a secret from a file, as containers mount them: editors and `echo` leave a line break at its end.
///
/// # Errors
/// What was expected and what was found, without content.
pub(super) fn read_secret(path: &str) -> Result<Secret, String> {
    let bytes = read_file(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "expected a text, found a file that is not UTF-8".to_owned())?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err("expected a file with a secret in it, found an empty one".to_owned()),
        value => Ok(Secret::new(value.to_owned())),
    }
}

/// Reads a file of a size that a credential can have; not every path ends somewhere.
///
/// # Errors
/// What was expected and what was found, without content.
pub(super) fn read_file(path: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    read_file_up_to(path.as_ref(), MAX_FILE_BYTES)
}

/// The same for a file of at most so many bytes.
pub(super) fn read_file_up_to(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("expected a file that can be read, found: {error}"))?;
    if bytes.len() as u64 > limit {
        return Err(format!("expected a file of at most {limit} bytes, found a larger one"));
    }
    Ok(bytes)
}

/// Far above any credential.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
