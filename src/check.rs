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
    /// The template ids of the Entra roles that a user has in the whole tenant.
    wids: Vec<String>,
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
    let Claims { aud, roles, scp, wids } = claims.unwrap_or_default();
    let scp = scp.unwrap_or_default();
    let has = |role: &str, delegated: &str| {
        roles.iter().any(|known| known == role) || scp.split_whitespace().any(|known| known == delegated)
    };
    let wanted = asset.api.permission();
    let may_update = has(wanted.application, wanted.delegated);
    let may_read = has(wanted.reading_application, wanted.reading_delegated);
    let user_roles: Vec<&str> = ROLES
        .iter()
        .filter(|(id, _)| wids.iter().any(|wid| wid.eq_ignore_ascii_case(id)))
        .map(|(_, name)| *name)
        .collect();
    // An application needs none.
    let lacks_role = !scp.is_empty() && user_roles.is_empty();
    let help = match (readable, may_update) {
        (true, true) if lacks_role => NO_ROLE,
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
        "user_roles": (!scopes.is_empty()).then_some(user_roles),
        "may_update_incidents": readable.then_some(may_update),
        "may_read_incidents": readable.then_some(may_update || may_read),
        "allows": readable.then_some(allows(may_update, may_read)),
        "help": help,
    });
    Ok(shown::report(report, u8::from(readable && !may_update), session.gate()))
}

/// What of a document, and of the modes, works with the token. The permission to update covers the reading.
fn allows(may_update: bool, may_read: bool) -> &'static [&'static str] {
    match (may_update, may_read) {
        (true, _) => &["json_body", "once", "only_if", "add_tags", "remove_tags", "--read"],
        (false, true) => &["--read"],
        (false, false) => &[],
    }
}

const NO_ROLE: &str = "the token has the permission, but none of the Entra roles Security Operator, Security Administrator and Global Administrator for its user: without one of them, or a role of Defender's own, which no token shows, updates are refused";

/// Entra's built-in roles that may change incidents, by their template ids.
const ROLES: [(&str, &str); 3] = [
    ("5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", "Security Operator"),
    ("194ae4cb-b126-40b2-bd5b-6391b380977d", "Security Administrator"),
    ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator"),
];

fn claims(token: &AccessToken) -> Option<Claims> {
    let payload = token.secret().expose().split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}
