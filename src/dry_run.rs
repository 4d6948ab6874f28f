//! `--dry-run`: what would be sent, with every credential redacted, and nothing sent.

use serde_json::{Map, Value, json};

use crate::actions::update_incident::UpdateIncident;
use crate::api::{Api, Part};
use crate::delivery::session;
use crate::ground::secret::{REDACTED, Secret};
use crate::http::Request;
use crate::input::Input;
use crate::outcome::error::Error;
use crate::outcome::shown::{self, Outcome};
use crate::sign_in::{SignIn, Step};

/// Shows the sign-in and the write, which may be two requests.
///
/// # Errors
/// [`Error`] where the sign-in's request cannot be made.
pub fn show(input: &Input) -> Outcome {
    // A secret that stands in the update too is nobody's to read.
    let gate = session::gate(&input.asset);
    let token = Secret::new(REDACTED.to_owned());
    let (api, action, url) = (input.asset.api, &input.action, &input.asset.url);
    let mut report = json!({
        "dry_run": true,
        "sign_in": sign_in(&input.asset.sign_in).map_err(|error| shown::error(error, &gate))?,
    });
    for (name, part, body) in writes(api, action) {
        report[name] = written(api, &api.write(part, action, &body, url, &token));
    }
    if let Some(read_first) = &action.read_first {
        let reading = api.reading(action, url, &token);
        report["reading"] = json!({
            "method": reading.method(),
            "url": reading.url(),
            "headers": headers(api, &reading),
        });
        // What is left of it, only the reading will show.
        for name in ["write", "comment"] {
            if let Some(write) = report.get_mut(name) {
                write["largest"] = json!(true);
            }
        }
        if let (Some(write), true) = (report.get_mut("write"), read_first.changes_tags()) {
            write["tags_of_the_incident"] = json!({"added": read_first.add_tags, "removed": read_first.remove_tags});
        }
    }
    Ok(shown::report(report, 0, &gate))
}

/// The requests in their order, each with its key in the report and its body.
fn writes(api: Api, action: &UpdateIncident) -> Vec<(&'static str, Part, Vec<u8>)> {
    let body = largest_body(action);
    if !api.has_two_requests() {
        return vec![("write", Part::Whole, body)];
    }
    let mut values: Map<String, Value> = serde_json::from_slice(&body).unwrap_or_default();
    values.shift_remove("comment");
    let first = action
        .asks_for_values()
        .then(|| ("write", Part::Values, api.body_of_part(&values, None)));
    let comment = action.comment();
    let second = comment.map(|comment| ("comment", Part::Comment, api.body_of_part(&values, Some(comment))));
    first.into_iter().chain(second).collect()
}

fn written(api: Api, write: &Request) -> Value {
    json!({
        "method": write.method(),
        "url": write.url(),
        "headers": headers(api, write),
        "body": serde_json::from_slice::<Value>(write.body_bytes()).unwrap_or_default(),
    })
}

/// The update as it is written, with the tags to add where it adds any.
fn largest_body(action: &UpdateIncident) -> Vec<u8> {
    let added = action.read_first.as_ref().map(|read_first| &read_first.add_tags);
    let mut body: Map<String, Value> = serde_json::from_slice(action.bytes()).unwrap_or_default();
    match added.filter(|tags| !tags.is_empty()) {
        Some(tags) => {
            body.insert("tags".to_owned(), json!(tags));
            serde_json::to_vec(&body).unwrap_or_default()
        }
        None => action.bytes().to_vec(),
    }
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

fn headers(api: Api, request: &Request) -> Map<String, Value> {
    let id_field = api.request_id_fields().map(|(client, _)| client);
    request
        .shown_headers()
        .map(|(name, value)| {
            // Another one for each request, and none was sent.
            let is_new = id_field == Some(name);
            (
                name.to_owned(),
                if is_new { json!("[a new GUID]") } else { json!(value) },
            )
        })
        .collect()
}
