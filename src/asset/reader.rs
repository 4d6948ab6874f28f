//! Reads the asset's fields, noting what is wrong as it goes, and where each value came from.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use crate::asset::input::AssetInput;
use crate::ground::encoding;
use crate::ground::environment::Environment;
use crate::ground::secret::Secret;
use crate::ground::service_url::ServiceUrl;
use crate::ground::text::{self, Ends};
use crate::outcome::violations::Violations;

/// Reads the fields.
pub(super) struct Reader<'a> {
    pub(super) input: AssetInput,
    pub(super) environment: &'a Environment,
    pub(super) violations: &'a mut Violations,
    /// Which value came from where, for the log.
    pub(super) sources: Vec<String>,
    /// The variables that were found wrong, for which nothing else is missing.
    pub(super) wrong_variables: Vec<&'static str>,
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
        let value = self.variable(variable)?;
        self.note_source(field, variable);
        Some((value, Place::Variable(variable)))
    }

    /// A variable's value without what stood around it; `None` also where it cannot be what it is for, which is then noted.
    pub(super) fn variable(&mut self, name: &'static str) -> Option<String> {
        let mut value = self.environment.get(name)?.to_owned();
        let place = Place::Variable(name);
        if let Some(found) = text::mend(&mut value, Ends::Bare) {
            log::warn!("{place}: left out what stood around it: {found}");
        }
        let path = PATHS.contains(&name).then(|| text::path_fault(&value)).flatten();
        match path.or_else(|| text::fault(&value, Ends::Bare)) {
            None => Some(value),
            Some(found) => {
                self.wrong_variables.push(name);
                let expected = if PATHS.contains(&name) {
                    "a path"
                } else {
                    "the value itself"
                };
                self.noting_at(place, Err(format!("expected {expected}, found {found}")))
            }
        }
    }

    /// Notes the variables that could not be read at all.
    pub(super) fn note_unreadable_variables(&mut self) {
        for name in self.environment.unreadable() {
            let problem = "expected UTF-8, found another byte".to_owned();
            self.noting_at::<()>(Place::Variable(name), Err(problem));
        }
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
                let read = read_secret(&path, place, ends_of(field));
                self.noting_at(place, read).map(|secret| (secret, place))
            }
            (None, None) => None,
        }
    }

    pub(super) fn url(&mut self, field: &str, text: &str) -> Option<ServiceUrl> {
        let parsed = ServiceUrl::parse(text);
        self.noting(field, parsed)
    }

    pub(super) fn missing(&mut self, field: &str, expected: &str) {
        // A field that is there, but of the wrong kind, is not missing; nor is one whose file or variable was of no use.
        let variable = match field {
            "client_id" => "AZURE_CLIENT_ID",
            "tenant_id" => "AZURE_TENANT_ID",
            _ => "",
        };
        if !self.wrong_variables.contains(&variable)
            && !self.violations.blames_asset(field)
            && !self.violations.blames_asset(&format!("{field}_file"))
        {
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

/// Reads a secret from a file, as containers mount them: editors and `echo` leave one line break at its end, which is taken
/// off without a word.
///
/// # Errors
/// What was expected and what was found, without content.
pub(super) fn read_secret(path: &str, place: Place, ends: Ends) -> Result<Secret, String> {
    let bytes = read_file(path)?;
    let text = encoding::decode(&bytes).map_err(|found| format!("expected a text in UTF-8, found {found}"))?;
    let mut text = text.into_owned();
    if !bytes.starts_with(text.as_bytes().get(..1).unwrap_or_default()) {
        log::warn!("the file that {place} names: read as what its byte order mark says; write UTF-8 without one");
    }
    let kept = text
        .strip_suffix('\n')
        .map_or(text.len(), |kept| kept.strip_suffix('\r').unwrap_or(kept).len());
    text.truncate(kept);
    if text.is_empty() {
        return Err("expected a file with a secret in it, found an empty one".to_owned());
    }
    if let Some(found) = text::mend(&mut text, ends) {
        log::warn!("the file that {place} names: left out what stood around its text: {found}");
    }
    match text::fault(&text, ends) {
        None => Ok(Secret::new(std::mem::take(&mut *text))),
        Some(found) => Err(format!("expected a file with the secret itself in it, found {found}")),
    }
}

/// How the text of a secret may begin and end.
pub(super) fn ends_of(field: &str) -> Ends {
    match field {
        "oauth_pwd" => Ends::Password,
        "access_token" | "federated_token_file" => Ends::Token,
        _ => Ends::Bare,
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

/// The variables that name files and folders, but for OpenSSL's, which are often somebody else's.
const PATHS: &[&str] = &[
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
    "DEFENDER_TOKEN_CACHE_DIR",
];
