//! `--dry-run`: what would be sent, with every credential redacted, and nothing sent.

use serde_json::{Map, Value, json};

use crate::api::defender;
use crate::ground::secret::{REDACTED, Secret};
use crate::http::Request;
use crate::input::Input;
use crate::outcome::envelope::Envelope;
use crate::outcome::error::Error;
use crate::sign_in::{SignIn, Step};

/// Shows the sign-in and the write.
///
/// # Errors
/// [`Error`] where the sign-in's request cannot be made.
pub fn show(input: &Input) -> Result<Envelope, Error> {
    let write = defender::update(&input.action, &input.asset.url, &Secret::new(REDACTED.to_owned()));
    let report = json!({
        "dry_run": true,
        "sign_in": sign_in(&input.asset.sign_in)?,
        "write": {
            "method": write.method(),
            "url": write.url(),
            "headers": headers(&write),
            "body": serde_json::from_slice::<Value>(write.body_bytes()).unwrap_or_default(),
        },
    });
    Ok(Envelope::Report(report, 0))
}

fn sign_in(sign_in: &SignIn) -> Result<Value, Error> {
    let way = sign_in.way();
    let Step::Ask(ask) = sign_in.step()? else {
        return Ok(json!({"way": way}));
    };
    let form: Map<String, Value> = ask
        .shown_form
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    Ok(json!({
        "way": way,
        "method": ask.request.method(),
        "url": ask.request.url(),
        "scope": sign_in.scope().map(ToString::to_string),
        "form": form,
    }))
}

fn headers(request: &Request) -> Map<String, Value> {
    request
        .shown_headers()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}
