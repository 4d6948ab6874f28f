//! What may answer in Defender's place, what the incident may come to, and in which form a comment may be kept: columns of
//! the fault matrix.

use std::time::Duration;

use super::{Body, Case, Must};
use sandbox::{CopyShows, Fault, GetCache, Half, KeptForm, Late, Leg, Merge, Settings};

/// All of them for one kind of body.
pub fn of(body: Body) -> Vec<Case> {
    let columns = [
        kept_forms(body),
        foreign_successes(body),
        pages_of_refusal(body),
        merged(body),
        half(body),
        copies(body),
        foreign_readings(body),
    ];
    columns.into_iter().flatten().collect()
}

/// The form in which the comment is kept, against what the client hears of the write.
fn kept_forms(body: Body) -> Vec<Case> {
    if body == Body::Values {
        return Vec::new();
    }
    let mut cases = Vec::new();
    for form in FORMS {
        // A beginning, or a text with something after it, may be another run's.
        let is_ours = !matches!(form, KeptForm::Shortened | KeptForm::Appended);
        for (name, fault) in told_of_a_change() {
            let must = if is_ours { Must::Apply } else { Must::NotKnow };
            let faults = fault.map(|fault| (Leg::Patch, fault)).into_iter().collect();
            cases.push(kept(format!("kept as {form:?}, {name}"), body, faults, must, form));
        }
        // Of the one that is sent again only the answer tells.
        for (name, fault) in [("504", status(504, false, "")), ("reset", Fault::ResetAfterRead)] {
            let must = if is_ours { Must::Apply } else { Must::NotKnow };
            let faults = vec![(Leg::Patch, fault)];
            cases.push(kept(
                format!("kept as {form:?}, first not made: {name}"),
                body,
                faults,
                must,
                form,
            ));
        }
    }
    cases
}

fn kept(name: String, body: Body, faults: Vec<(Leg, Fault)>, must: Must, kept_form: KeptForm) -> Case {
    let case = Case::new(name, body, faults, must);
    Case {
        comment: TYPED,
        settings: Settings {
            kept_form,
            ..case.settings
        },
        ..case
    }
}

/// What the client hears of a change that was made; nothing where it hears the usual answer.
fn told_of_a_change() -> Vec<(&'static str, Option<Fault>)> {
    let late = Fault::LateVisible {
        after: Duration::from_millis(150),
        answer: Late::Close,
    };
    vec![
        ("answered", None),
        ("504", Some(status(504, true, ""))),
        ("500", Some(status(500, true, ""))),
        ("closed", Some(Fault::CloseAfterChange)),
        ("reset", Some(Fault::ResetAfterChange)),
        ("a page", Some(status(200, true, PAGE))),
        ("an empty 200", Some(status(200, true, ""))),
        ("cut", Some(Fault::CutAnswer { at: 600 })),
        ("shown only later", Some(late)),
    ]
}

/// Whose body a success has, against whether the change was made and what the reading is.
fn foreign_successes(body: Body) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, code, text) in FOREIGN {
        for change in [true, false] {
            for reading in ["true", "page", "other incident", "never", "403 page"] {
                let must = match (reading, change, code) {
                    ("true", true, _) => Must::Apply,
                    // It means later, and later may be after the reading.
                    ("true", false, 202) => Must::NotKnow,
                    ("true", false, _) => Must::NotApply,
                    _ => Must::NotKnow,
                };
                let mut faults = vec![(Leg::Patch, status(code, change, text))];
                let untrue = match reading {
                    "page" => Some(status(200, false, PAGE)),
                    "other incident" => Some(status(200, false, OTHER_INCIDENT)),
                    "never" => Some(Fault::ResetAfterRead),
                    "403 page" => Some(status(403, false, PAGE)),
                    _ => None,
                };
                faults.extend(untrue.map(|fault| vec![(Leg::Get, fault); MANY]).unwrap_or_default());
                let name = format!("{name}, change {change}, reading {reading}");
                cases.push(Case::new(name, body, faults, must).timeout(6.0));
            }
        }
    }
    cases
}

/// A filter that looks at answers refuses after the write; without a comment a refusal is taken at its word.
fn pages_of_refusal(body: Body) -> Vec<Case> {
    let mut cases = Vec::new();
    for code in [400, 403, 404, 413] {
        for change in [true, false] {
            if change && body == Body::Values {
                continue;
            }
            let must = if change { Must::Apply } else { Must::NotApply };
            let page = || status(code, change, PAGE);
            let name = format!("{code} as a page, change {change}");
            cases.push(Case::new(&name, body, vec![(Leg::Patch, page())], must));
            let name = format!("{name}, reading a page once");
            let faults = vec![(Leg::Patch, page()), (Leg::Get, status(200, false, PAGE))];
            cases.push(Case::new(name, body, faults, must));
        }
        let both = vec![
            (Leg::Patch, status(code, false, PAGE)),
            (Leg::Get, status(403, false, PAGE)),
        ];
        cases.push(Case::new(
            format!("{code} and 403 as pages"),
            body,
            both,
            Must::NotApply,
        ));
    }
    cases
}

/// Merged before the run, or while it was under way.
fn merged(body: Body) -> Vec<Case> {
    let mut cases = Vec::new();
    for answer in LATE {
        for merge in [Merge::AfterChange, Merge::BeforeChange, Merge::InsteadOfChange] {
            // No service shows in its answer what it has not done.
            if (merge, answer) == (Merge::InsteadOfChange, Late::Usual) {
                continue;
            }
            let fault = Fault::Merged {
                into: OTHER,
                merge,
                answer,
            };
            let name = format!("merged {merge:?}, {answer:?}");
            cases.push(Case::new(name, body, vec![(Leg::Patch, fault)], Must::BeHonest));
        }
        let fault = match answer {
            Late::Usual => None,
            Late::Unavailable => Some(status(503, true, "")),
            Late::Close => Some(Fault::CloseAfterChange),
            Late::Reset => Some(Fault::ResetAfterChange),
        };
        let faults: Vec<_> = fault.map(|fault| (Leg::Patch, fault)).into_iter().collect();
        let mut case = Case::new(format!("merged long before, {answer:?}"), body, faults, Must::Apply);
        case.merged_into = Some(OTHER);
        cases.push(case);
    }
    for (name, fault) in [("504", status(504, false, "")), ("page", status(200, false, PAGE))] {
        let must = match (body, name) {
            (Body::Values, "504") => Must::Apply,
            // The other incident may hold it.
            _ => Must::NotKnow,
        };
        let mut case = Case::new(
            format!("merged long before, {name}, nothing changed"),
            body,
            vec![(Leg::Patch, fault)],
            must,
        );
        case.merged_into = Some(OTHER);
        cases.push(case);
    }
    cases
}

/// A part of the update is made.
fn half(body: Body) -> Vec<Case> {
    let halves = match body {
        Body::WithComment => vec![Half::Values, Half::Comment, Half::FirstKey],
        Body::Values => vec![Half::FirstKey],
        Body::CommentAlone | Body::EqualCommentThere => Vec::new(),
    };
    let mut cases = Vec::new();
    for half in halves {
        for answer in LATE {
            let faults = vec![(Leg::Patch, Fault::Half { half, answer })];
            let must = match (half, answer) {
                (Half::Comment, _) => Must::Apply,
                // Values may be sent again, and what a service makes of them is told.
                (Half::FirstKey, _) if body == Body::Values => Must::Apply,
                _ => Must::BeHonest,
            };
            cases.push(Case::new(
                format!("half of it: {half:?}, {answer:?}"),
                body,
                faults.clone(),
                must,
            ));
            let mut twice = faults.clone();
            twice.extend(faults);
            let name = format!("half of it: {half:?}, {answer:?}, twice");
            cases.push(Case::new(name, body, twice, Must::BeHonest));
        }
    }
    cases
}

/// Stale readings, for a while and for the whole run.
fn copies(body: Body) -> Vec<Case> {
    let mut cases = Vec::new();
    for (shows, settle_secs, answer_ids) in [
        (CopyShows::Age, 0.3, false),
        (CopyShows::Date, 0.3, true),
        (CopyShows::IdAlone, 0.3, true),
        // By the date alone two readings are told apart only where a second lies between them.
        (CopyShows::Date, 1.2, false),
    ] {
        for (keeps, name_of_time) in [
            (Duration::from_millis(700), "for a while"),
            (Duration::from_secs(60), "always"),
        ] {
            for (name, fault) in [
                ("504, change made", status(504, true, "")),
                ("closed, change made", Fault::CloseAfterChange),
                ("504, nothing changed", status(504, false, "")),
                ("reset, nothing changed", Fault::ResetAfterRead),
                ("a page, change made", status(200, true, PAGE)),
                ("a page, nothing changed", status(200, false, PAGE)),
            ] {
                let name = format!("copies {name_of_time} ({shows:?}, ids {answer_ids}), {name}");
                let case = Case::new(name, body, vec![(Leg::Patch, fault)], Must::BeHonest).timeout(5.0);
                let settings = Settings {
                    get_cache: Some(GetCache { keeps, shows }),
                    answer_ids,
                    ..case.settings
                };
                cases.push(Case {
                    settle_secs,
                    settings,
                    ..case
                });
            }
        }
    }
    cases
}

/// What answers a reading is not the incident, so many times in a row.
fn foreign_readings(body: Body) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, code, text) in [
        ("page", 200, PAGE),
        ("text", 200, "please sign in to the network"),
        ("other incident", 200, OTHER_INCIDENT),
        ("another object", 200, r#"{"status":"blocked"}"#),
        ("nothing", 200, ""),
        ("an incident without its parts", 200, r#"{"incidentId":552}"#),
        (
            "an error with an incident",
            200,
            r#"{"incidentId":552,"comments":[],"error":{"code":"x"}}"#,
        ),
        ("404 page", 404, PAGE),
    ] {
        for (made, fault) in [("made", status(504, true, "")), ("not made", Fault::ResetAfterRead)] {
            for times in [1, 2, MANY] {
                let reading = (Leg::Get, status(code, false, text));
                let mut faults = vec![(Leg::Patch, fault.clone())];
                faults.extend(vec![reading; times]);
                let is_lasting = times == MANY || code == 404;
                // Values are sent again, and nobody has to read.
                let must = if body != Body::Values && is_lasting {
                    Must::NotKnow
                } else {
                    Must::Apply
                };
                let name = format!("lost answer, {made}, reading: {name}, {times} times");
                cases.push(Case::new(name, body, faults, must).timeout(6.0));
            }
        }
    }
    cases
}

fn status(code: u16, change: bool, body: &str) -> Fault {
    let kind = if body.starts_with('<') {
        "text/html"
    } else {
        "application/json"
    };
    Fault::Status {
        code,
        change,
        headers: vec![("Content-Type".to_owned(), kind.to_owned())],
        body: body.to_owned(),
    }
}

const FORMS: [KeptForm; 9] = [
    KeptForm::HtmlEscaped,
    KeptForm::NumericEntities,
    KeptForm::Shortened,
    KeptForm::Composed,
    KeptForm::Decomposed,
    KeptForm::ZeroWidthAdded,
    KeptForm::Typographic,
    KeptForm::OtherWhiteSpace,
    KeptForm::Appended,
];

const LATE: [Late; 4] = [Late::Usual, Late::Unavailable, Late::Close, Late::Reset];

const FOREIGN: [(&str, u16, &str); 12] = [
    ("a page", 200, PAGE),
    ("a page with 201", 201, PAGE),
    ("text", 200, "OK"),
    ("a word of JSON", 200, "\"OK\""),
    ("another object", 200, r#"{"status":"blocked"}"#),
    ("an error", 200, r#"{"error":{"code":"Blocked","message":"by policy"}}"#),
    ("a list", 200, "[1]"),
    ("another incident", 200, OTHER_INCIDENT),
    ("an empty 200", 200, ""),
    ("204", 204, ""),
    ("an empty 202", 202, ""),
    ("202 with a page", 202, PAGE),
];

const PAGE: &str = "<!DOCTYPE html><html><head><title>Access blocked</title></head><body>By policy.</body></html>";

/// It shows all that is asked for, under another number.
const OTHER_INCIDENT: &str = r#"{"incidentId":999,"redirectIncidentId":null,"lastUpdateTime":"2099-01-01T00:00:00.5Z","status":"Resolved","tags":["reviewed"],"comments":[{"comment":"closed by playbook 7","createdBy":"x","createdTime":"2099-01-01T00:00:00.5Z"}]}"#;

/// Every kind of character that a service may keep in a form of its own, and longer than what one shortens to. Two of its
/// letters have their accents apart.
const TYPED: &str = "Closed by \"playbook 7\" - caf\u{E9} & cre\u{300}me <R&D>: it's done,\nand nothing else was found in the mailboxes of finance";

const OTHER: u64 = 900;

/// More than any run reads.
const MANY: usize = 40;
