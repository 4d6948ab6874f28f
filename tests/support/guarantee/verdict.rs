//! Judges one run by what the service holds after it, never by how it was reached.

use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::{Body, Case, Must, Ran, asset_of, body, run};
use sandbox::{Api, Sandbox, clock, seed_incident};

pub(super) struct Verdict {
    pub said: String,
    pub doubled: bool,
    pub lied: bool,
    pub wrong: Option<String>,
}

/// What the service holds of an update.
struct Held {
    /// New comments, in this incident and in the one that it was merged into.
    copies: usize,
    /// The values that were asked for and are not there.
    missing: Vec<String>,
    /// Whether any value is there that was not before.
    any_value: bool,
}

/// Runs a case and judges it.
pub(super) fn judge(case: &Case) -> Verdict {
    let sandbox = Sandbox::start(case.settings.clone());
    sandbox.put_incident(incident(case));
    for (leg, fault) in &case.faults {
        sandbox.fault(*leg, fault.clone());
    }
    let input = input(case, &sandbox);
    let started = Instant::now();
    let ran = run(&input);
    let took = started.elapsed();
    let mut verdict = verdict(case, &ran, &held(case, &sandbox));
    // The limit itself, the second that the contract allows, and what a busy machine needs to start a process.
    if took.as_secs_f64() > case.timeout_secs + 1.0 + SLOW_MACHINE_SECS {
        verdict
            .wrong
            .get_or_insert(format!("{}: took {took:?} of {} s", case.name, case.timeout_secs));
    }
    if verdict.wrong.is_none() && is_safe_to_repeat(&ran) {
        again(case, &sandbox, &input, &ran, &mut verdict);
    }
    verdict
}

fn input(case: &Case, sandbox: &Sandbox) -> Value {
    let mut asset = asset_of(sandbox, case.api);
    asset["timeout_secs"] = json!(case.timeout_secs);
    asset["settle_secs"] = json!(case.settle_secs);
    if case.closed_port {
        asset["token_url"] = json!(format!(
            "{}/{}/oauth2/v2.0/token",
            sandbox.origin(),
            sandbox.settings().tenant
        ));
        asset["url"] = json!("http://127.0.0.1:1");
    }
    json!({
        "asset": asset,
        "path_parameters": {"id": ID},
        "json_body": body(case.body, case.comment),
    })
}

/// Half done, and the rest may come; or the values are in doubt, and the comment was not sent.
fn is_safe_to_repeat(ran: &Ran) -> bool {
    let half_done = ran.code == 3 && ran.out["update"] == "partly_applied";
    half_done || ran.out["parts"] == json!({"values": "unknown", "comment": "not_applied"})
}

/// The same document once more, now that nothing goes wrong: the comment is there once.
fn again(case: &Case, sandbox: &Sandbox, input: &Value, before: &Ran, verdict: &mut Verdict) {
    sandbox.clear_faults();
    let ran = run(input);
    let held = held(case, sandbox);
    let finished = ran.code == 0 && held.copies == 1 && held.missing.is_empty();
    // The other half of a merge is for a person to find.
    let moved = !sandbox.incident(ID).unwrap_or_default()["redirectIncidentId"].is_null();
    verdict.doubled |= held.copies > 1;
    if !finished && !moved {
        verdict.wrong = Some(format!(
            "{}: said {}, and once more: exit {}, {} new copies, not there: {:?}, {}",
            case.name, before.text, ran.code, held.copies, held.missing, ran.text
        ));
    }
}

/// The incident as it is before the run.
fn incident(case: &Case) -> Value {
    let mut incident = seed_incident();
    incident["status"] = json!("Active");
    if case.body == Body::EqualCommentThere {
        let before = clock::rfc3339(SystemTime::now() - Duration::from_secs(60));
        let text = case.settings.kept_form.of(case.comment);
        incident["comments"] = json!([{"comment": text, "createdBy": "Sandbox Playbook", "createdTime": before}]);
    }
    if let Some(into) = case.merged_into {
        incident["redirectIncidentId"] = json!(into);
        incident["status"] = json!("Redirected");
    }
    incident
}

fn held(case: &Case, sandbox: &Sandbox) -> Held {
    let own = sandbox.incident(ID).expect("the incident is there");
    let other = own["redirectIncidentId"].as_u64().and_then(|id| sandbox.incident(id));
    let comments = |incident: &Value| incident["comments"].as_array().map_or(0, Vec::len);
    let all = comments(&own) + other.as_ref().map_or(0, comments);
    let asked = body(case.body, case.comment);
    let is_there =
        |key: &str, value: &Value| own[key] == *value || other.as_ref().is_some_and(|other| other[key] == *value);
    let values: Vec<(&String, &Value)> = asked
        .as_object()
        .expect("a body is an object")
        .iter()
        .filter(|(key, _)| *key != "comment")
        .collect();
    Held {
        copies: all - usize::from(case.body == Body::EqualCommentThere),
        missing: values
            .iter()
            .filter(|(key, value)| !is_there(key, value))
            .map(|(key, _)| format!("/json_body/{key}"))
            .collect(),
        any_value: values.iter().any(|(key, value)| is_there(key, value)),
    }
}

fn verdict(case: &Case, ran: &Ran, held: &Held) -> Verdict {
    let said = match (ran.code, ran.out["update"].as_str()) {
        (0, None) => "applied".to_owned(),
        (_, Some(update)) => update.to_owned(),
        (_, None) => "nothing".to_owned(),
    };
    let code_fits = match said.as_str() {
        "applied" => matches!(ran.code, 0 | 4),
        "not_applied" => matches!(ran.code, 1 | 3),
        "partly_applied" => matches!(ran.code, 1 | 3) && case.api == Api::Graph && case.body == Body::WithComment,
        "unknown" => ran.code == 4,
        _ => false,
    };
    let told: Vec<&str> = ran.out["differs"]
        .as_array()
        .map(|list| list.iter().filter_map(|differs| differs["at"].as_str()).collect())
        .unwrap_or_default();
    // A value that is not there is no lie where the envelope names it.
    let values_hidden = held.missing.iter().any(|at| !told.contains(&at.as_str()));
    let asks_for_comment = case.body != Body::Values;
    let lied = match said.as_str() {
        "applied" => (asks_for_comment && held.copies == 0) || values_hidden,
        "not_applied" => held.copies > 0 || held.any_value,
        "partly_applied" => held.copies > 0 || values_hidden,
        _ => false,
    };
    let parts = parts_lie(case, &said, &ran.out["parts"], held, values_hidden);
    let as_it_must = match case.must {
        Must::Apply => said == "applied",
        Must::NotApply => said == "not_applied",
        Must::NotKnow => said == "unknown",
        Must::Partly => said == "partly_applied",
        Must::BeHonest => true,
    };
    let doubled = held.copies > 1;
    let lied = lied || parts.is_some();
    let wrong = (doubled || lied || !code_fits || !as_it_must).then(|| {
        format!(
            "{}: had to {:?}, said {said}, exit {}, {} new copies, not there: {:?}, {} {}",
            case.name,
            case.must,
            ran.code,
            held.copies,
            held.missing,
            parts.unwrap_or_default(),
            ran.text
        )
    });
    Verdict {
        said,
        doubled,
        lied,
        wrong,
    }
}

/// What is not true in what is said of the two parts.
fn parts_lie(case: &Case, said: &str, parts: &Value, held: &Held, values_hidden: bool) -> Option<String> {
    let has_two = case.api == Api::Graph && case.body == Body::WithComment;
    if !has_two || parts.is_null() {
        let wanted = has_two && matches!(said, "partly_applied" | "unknown");
        return (wanted == parts.is_null()).then(|| format!("parts are there, or are not, against the rule: {parts}"));
    }
    let part = |name: &str| parts[name].as_str().unwrap_or("nothing");
    let values_true = match part("values") {
        "applied" => !values_hidden,
        "not_applied" => !held.any_value,
        "unknown" => true,
        _ => false,
    };
    let comment_true = match part("comment") {
        "applied" => held.copies > 0,
        "not_applied" => held.copies == 0,
        "unknown" => true,
        _ => false,
    };
    let fits = match (part("values"), part("comment")) {
        ("applied", "applied") => said == "applied",
        ("applied", "not_applied") => said == "partly_applied",
        ("not_applied", "not_applied") => said == "not_applied",
        _ => said == "unknown",
    };
    (!values_true || !comment_true || !fits).then(|| format!("untrue parts: {parts}"))
}

const ID: u64 = 552;

const SLOW_MACHINE_SECS: f64 = 3.0;
