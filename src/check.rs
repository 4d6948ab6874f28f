//! `--check`: signs in, reports what the token may do, and changes nothing.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;

use crate::asset::Asset;
use crate::delivery::progress::Progress;
use crate::delivery::session::Session;
use crate::ground::cleaned::{Author, Wire};
use crate::outcome::shown::{self, Outcome};
use crate::sign_in::AccessToken;

/// The claims of a token that say what it may do. The token is Microsoft's and opaque by contract, so this is a report for
/// a person and decides nothing that is sent.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Claims {
    aud: Option<String>,
    roles: Vec<String>,
    /// The delegated permissions, divided by spaces, where a person signed in.
    scp: Option<String>,
}

/// Signs in and reports.
///
/// # Errors
/// [`Error`](crate::outcome::error::Error) where the sign-in fails.
pub fn run(asset: &Asset, progress: &Progress) -> Outcome {
    let session = Session::open(asset, progress);
    let token = session
        .sign_in_anew()
        .map_err(|error| shown::error(error, session.gate()))?;
    let claims = claims(&token);
    let readable = claims.is_some();
    let Claims { aud, roles, scp } = claims.unwrap_or_default();
    let scp = scp.unwrap_or_default();
    let has = |role: &str, delegated: &str| {
        roles.iter().any(|known| known == role) || scp.split_whitespace().any(|known| known == delegated)
    };
    let wanted = asset.api.permission();
    let may_update = has(wanted.application, wanted.delegated);
    let may_read = has(wanted.reading_application, wanted.reading_delegated);
    let help = match (readable, may_update) {
        (true, true) => "the token may update incidents, if it is for the API that `url` names; see `audience`",
        (true, false) => wanted.grant,
        (false, _) => "the token is not readable, so only an update will show whether it may update incidents",
    };
    // Whoever made the token may have put into it what it was asked with.
    let shown = |text: String| session.gate().text(Wire::new(text), Author::TokenEndpoint);
    let scopes = shown(scp);
    let report = json!({
        "check": true,
        "signed_in": true,
        "way": asset.sign_in.way(),
        "scope": asset.sign_in.scope().map(ToString::to_string),
        "audience": aud.map(shown),
        "roles": roles.into_iter().map(shown).collect::<Vec<_>>(),
        "scopes": scopes.split_whitespace().collect::<Vec<_>>(),
        "may_update_incidents": readable.then_some(may_update),
        // The permission to update covers the reading, and so `once`, `only_if`, `add_tags`, `remove_tags` and `--read`.
        "may_read_incidents": readable.then_some(may_update || may_read),
        "help": help,
    });
    Ok(shown::report(report, u8::from(readable && !may_update), session.gate()))
}

fn claims(token: &AccessToken) -> Option<Claims> {
    let payload = token.secret().expose().split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}
