//! `grant_type=password`: a person, by an application that proves itself too.

use super::super::form;
use super::refusal::Refusal;
use super::tokens::Granted;
use super::{Ask, client_credentials};

/// The person's permissions.
pub(super) fn grant(ask: &Ask, form: &[(String, String)]) -> Result<Granted, Refusal> {
    client_credentials::prove(ask, form)?;
    let given = form::only(form, "username").zip(form::only(form, "password"));
    let known = ask
        .settings
        .user
        .as_ref()
        .map(|(name, password)| (name.as_str(), password.as_str()));
    if given.is_none() || given != known {
        return Err(Refusal::new("invalid_grant", 50_126, "Invalid username or password."));
    }
    if ask.settings.second_factor {
        let message = "You must use multi-factor authentication to access the resource.";
        return Err(Refusal::new("interaction_required", 50_076, message));
    }
    Ok(Granted {
        roles: Vec::new(),
        scopes: vec![ask.api.delegated_permission().to_owned()],
        api: ask.api,
    })
}
