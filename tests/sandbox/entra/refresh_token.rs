//! `grant_type=refresh_token`: a person who signed in earlier. An application that sends a secret has to send the right one.

use super::super::form;
use super::refusal::Refusal;
use super::tokens::Granted;
use super::{Ask, client_credentials};

/// The person's permissions.
pub(super) fn grant(ask: &Ask, form: &[(String, String)]) -> Result<Granted, Refusal> {
    if form::only(form, "client_secret").is_some() {
        client_credentials::prove(ask, form)?;
    }
    let given = form::only(form, "refresh_token").ok_or_else(|| Refusal::missing("refresh_token"))?;
    if ask.settings.refresh_token.as_deref() != Some(given) {
        return Err(Refusal::new(
            "invalid_grant",
            700_082,
            "The refresh token has expired due to inactivity.",
        ));
    }
    Ok(Granted {
        roles: Vec::new(),
        scopes: vec![ask.api.delegated_permission().to_owned()],
        api: ask.api,
    })
}
