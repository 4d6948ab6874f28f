//! `--dry-run`: what would be sent, with every credential redacted, and nothing sent.

use serde_json::{Map, Value, json};

use crate::envelope::Envelope;
use crate::http::Request;
use crate::input::Input;
use crate::secret::{REDACTED, Secret};

/// Shows the sign-in and the write.
#[must_use]
pub fn show(input: &Input) -> Envelope {
    let ask = input.asset.sign_in.request();
    let write = input
        .action
        .request(&input.asset.url, &Secret::new(REDACTED.to_owned()));
    let form: Map<String, Value> = ask
        .shown_form
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let report = json!({
        "dry_run": true,
        "sign_in": {
            "way": input.asset.sign_in.way(),
            "method": ask.request.method(),
            "url": ask.request.url(),
            "scope": input.asset.sign_in.scope().to_string(),
            "form": form,
        },
        "write": {
            "method": write.method(),
            "url": write.url(),
            "headers": headers(&write),
            "body": serde_json::from_slice::<Value>(write.body_bytes()).unwrap_or_default(),
        },
    });
    Envelope::Report(report, 0)
}

fn headers(request: &Request) -> Map<String, Value> {
    request
        .shown_headers()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}
