//! A checked document becomes values that make sense together.

use crate::actions::read_first::ReadFirst;
use crate::actions::update_incident::{IncidentUpdate, UpdateIncident};
use crate::asset::Asset;
use crate::contract::check::Checked;
use crate::ground::environment::Environment;
use crate::outcome::error::Error;
use crate::outcome::violations::Violations;

/// Everything a run needs, each value checked.
#[derive(Debug)]
pub struct Input {
    /// Who we are and where to go.
    pub asset: Asset,
    /// What to do there.
    pub action: UpdateIncident,
}

/// Turns a checked document into values. What the schema found wrong comes first, then what only makes sense together.
///
/// # Errors
/// [`Error::Input`] with everything that is wrong, at once.
pub fn parse(checked: Checked, environment: &Environment) -> Result<Input, Error> {
    let (document, mut violations) = checked.into_parts();
    let api = document.asset.api();
    let asset = Asset::parse(document.asset, environment, &mut violations);
    let read_first = ReadFirst::parse(document.read_first, document.json_body.tags.is_some(), &mut violations);
    api.check(&document.json_body, read_first.as_ref(), &mut violations);
    let changes_tags = read_first.as_ref().is_some_and(ReadFirst::changes_tags);
    let update = if document.json_body.is_a_blank_comment() && !changes_tags {
        violations.push(
            "/json_body/comment",
            "expected a text, found a blank one, which would add nothing",
        );
        None
    } else {
        IncidentUpdate::parse(document.json_body, document.json_body_bytes)
    };
    match (asset, document.incident_id) {
        (Some(asset), Some(id)) if violations.is_empty() && (update.is_some() || changes_tags) => Ok(Input {
            asset,
            action: UpdateIncident { id, update, read_first },
        }),
        _ => Err(refused(violations)),
    }
}

/// Parses the asset alone, for a run that only signs in.
///
/// # Errors
/// [`Error::Input`] with everything that is wrong with the asset.
pub fn parse_asset(checked: Checked, environment: &Environment) -> Result<Asset, Error> {
    let (document, mut violations) = checked.into_parts();
    let asset = Asset::parse(document.asset, environment, &mut violations);
    violations.keep_asset_only();
    match asset {
        Some(asset) if violations.is_empty() => Ok(asset),
        _ => Err(refused(violations)),
    }
}

fn refused(violations: Violations) -> Error {
    let (violations, more) = violations.into_parts();
    Error::input_of_many(violations, more)
}
