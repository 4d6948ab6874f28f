//! `grant_type=client_credentials`: an application for itself. How it proves who it is, is one file each.

use super::super::form;
use super::refusal::Refusal;
use super::tokens::Granted;
use super::{Ask, assertion, client_secret};

/// Judges the value of the proof's parameter.
pub(super) type Proof = fn(&Ask, &[(String, String)], &str) -> Result<(), Refusal>;

const PROOFS: &[(&str, Proof)] = &[
    ("client_secret", client_secret::check),
    ("client_assertion", assertion::check),
];

/// The application's roles, for a client that proves itself.
pub(super) fn grant(ask: &Ask, form: &[(String, String)]) -> Result<Granted, Refusal> {
    prove(ask, form)?;
    Ok(Granted {
        roles: ask.settings.roles_of(ask.api),
        scopes: Vec::new(),
        api: ask.api,
    })
}

/// Exactly one proof, and a right one.
pub(super) fn prove(ask: &Ask, form: &[(String, String)]) -> Result<(), Refusal> {
    let given = PROOFS
        .iter()
        .find_map(|(name, check)| form::only(form, name).map(|value| (value, check)));
    let Some((value, check)) = given else {
        let message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(Refusal::invalid_client(7_000_218, message));
    };
    check(ask, form, value)
}
