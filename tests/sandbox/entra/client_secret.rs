//! The proof by a shared secret.

use super::Ask;
use super::refusal::Refusal;

/// AADSTS7000215 for any other secret than the application's.
pub(super) fn check(ask: &Ask, _form: &[(String, String)], secret: &str) -> Result<(), Refusal> {
    if secret == ask.settings.client_secret {
        return Ok(());
    }
    let message = format!(
        "Invalid client secret provided. Send the secret's value, not its ID, for app '{}'.",
        ask.settings.client_id
    );
    Err(Refusal::invalid_client(7_000_215, message))
}
