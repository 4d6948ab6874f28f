//! The columns of the matrix through Microsoft Graph, where an update is two requests: what went wrong with Defender's one
//! goes wrong with the values, with the comment, and with both.

use serde_json::{Value, json};

use super::{Body, Case, Must};
use sandbox::{Api, Fault, Leg, words};

/// All that are made of one kind of columns.
pub fn of(columns: impl Fn(Body) -> Vec<Case>) -> Vec<Case> {
    let (values, comment) = (columns(Body::Values), columns(Body::CommentAlone));
    let both = values.iter().filter_map(|one| {
        let other = comment.iter().find(|other| bare(other) == bare(one))?;
        on_both(one, other)
    });
    let (on_values, on_comment) = (values.iter().map(on_values), comment.iter().filter_map(on_comment));
    on_values.chain(on_comment).chain(both).collect()
}

/// Where one part is asked for, and the one request goes wrong as Defender's does.
pub fn of_one_part(columns: impl Fn(Body) -> Vec<Case>, body: Body) -> Vec<Case> {
    let leg = if body == Body::Values { Leg::Patch } else { Leg::Comment };
    columns(body)
        .iter()
        .map(|case| Case {
            name: format!("Graph: {}", case.name),
            api: Api::Graph,
            faults: moved(&case.faults, leg),
            ..case.clone()
        })
        .collect()
}

/// The values meet the faults, and the comment none.
fn on_values(case: &Case) -> Case {
    let must = match case.must {
        // Nothing is written into an incident that is another's by now.
        Must::Apply if case.merged_into.is_some() => Must::Partly,
        // What was set is not what was asked for: the comment may wait for a person, or be sent.
        _ if has_half(case) => Must::BeHonest,
        must => must,
    };
    of_two(case, "the values", moved(&case.faults, Leg::Patch), must)
}

/// The comment meets the faults, after values that met none.
fn on_comment(case: &Case) -> Option<Case> {
    // What goes wrong before the first request goes wrong before the values.
    let is_earlier = case.closed_port || case.faults.iter().any(|(leg, _)| *leg == Leg::Token);
    let must = match case.must {
        _ if case.merged_into.is_some() => Must::Partly,
        // The values went the same way a moment before, so that a page in both places is no lack of permission.
        Must::NotApply if has_refused_reading(case) => Must::NotKnow,
        Must::NotApply => Must::Partly,
        must => must,
    };
    (!is_earlier).then(|| of_two(case, "the comment", moved(&case.faults, Leg::Comment), must))
}

/// Both meet them. Where readings fail too, it is not said which of the two takes that: those cases are the others' alone.
fn on_both(values: &Case, comment: &Case) -> Option<Case> {
    let on_comment = on_comment(comment)?;
    let mut faults = values.faults.iter().chain(&comment.faults);
    if faults.any(|(leg, _)| *leg == Leg::Get) {
        return None;
    }
    let must = match values.must {
        // A token is renewed once in a run.
        _ if values.faults.iter().any(|(_, fault)| *fault == Fault::RevokeToken) => Must::BeHonest,
        _ if has_half(values) => Must::BeHonest,
        Must::Apply => on_comment.must,
        must => must,
    };
    let faults = moved(&values.faults, Leg::Patch)
        .into_iter()
        .chain(on_comment.faults.clone());
    Some(of_two(comment, "both", faults.collect(), must))
}

fn of_two(case: &Case, on: &str, faults: Vec<(Leg, Fault)>, must: Must) -> Case {
    Case {
        name: format!("Graph: {}, on {on}", bare(case)),
        api: Api::Graph,
        body: Body::WithComment,
        faults,
        must,
        ..case.clone()
    }
}

fn has_refused_reading(case: &Case) -> bool {
    case.faults
        .iter()
        .any(|(leg, fault)| *leg == Leg::Get && matches!(fault, Fault::Status { code: 403, .. }))
}

fn has_half(case: &Case) -> bool {
    case.faults.iter().any(|(_, fault)| matches!(fault, Fault::Half { .. }))
}

/// A case's name without its body.
fn bare(case: &Case) -> &str {
    case.name.rsplit_once(" [").map_or(case.name.as_str(), |(name, _)| name)
}

/// The faults of the write on another leg, and what is written in Defender's form in Graph's.
fn moved(faults: &[(Leg, Fault)], write: Leg) -> Vec<(Leg, Fault)> {
    let move_one = |(leg, fault): &(Leg, Fault)| {
        let leg = if *leg == Leg::Patch { write } else { *leg };
        let fault = match fault.clone() {
            Fault::Status {
                code,
                change,
                headers,
                body,
            } => Fault::Status {
                code,
                change,
                headers,
                body: in_graphs_form(&body, leg),
            },
            fault => fault,
        };
        (leg, fault)
    };
    faults.iter().map(move_one).collect()
}

/// An incident as Graph writes it, or the list that answers a comment; any other text as it is.
fn in_graphs_form(body: &str, leg: Leg) -> String {
    let Some(incident) = serde_json::from_str::<Value>(body)
        .ok()
        .filter(|value| value["incidentId"].is_u64())
    else {
        return body.to_owned();
    };
    let comments = incident["comments"].as_array().map(|list| {
        let each = list.iter().map(|one| {
            json!({
                "comment": one["comment"],
                "createdByDisplayName": one["createdBy"],
                "createdDateTime": one["createdTime"],
            })
        });
        each.collect::<Value>()
    });
    let id = incident["incidentId"].to_string();
    if leg == Leg::Comment {
        let context = format!("https://graph.microsoft.com/v1.0/$metadata#security/incidents('{id}')/comments");
        return json!({"@odata.context": context, "value": comments}).to_string();
    }
    let mut graph = json!({"id": id});
    for (key, value) in incident.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("incidentId", _) => {}
            ("status", Value::String(word)) => graph["status"] = json!(words::to_graph(key, word)),
            ("tags", _) => graph["customTags"] = value.clone(),
            ("lastUpdateTime", _) => graph["lastUpdateDateTime"] = value.clone(),
            ("comments", _) => graph["comments"] = json!(comments),
            _ => graph[key] = value.clone(),
        }
    }
    graph.to_string()
}
