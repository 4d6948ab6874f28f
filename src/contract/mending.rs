//! The asset's texts: what stands around one and is certainly no part of it is taken off with a warning, and one that
//! cannot be what it was given for is refused. Neither repeats anything of it.

use serde_json::{Map, Value};

use crate::ground::text::{self, Ends};

/// Takes off what is around the asset's texts.
pub(super) fn mend(asset: &mut Map<String, Value>) {
    for (key, value) in asset.iter_mut().filter(|(key, _)| is_mended(key)) {
        match value {
            Value::String(text) => mend_one(text, key),
            Value::Object(names) => {
                for (name, value) in names.iter_mut() {
                    if let (Value::String(text), true) = (value, is_identity(name)) {
                        mend_one(text, &format!("{key}/{name}"));
                    }
                }
            }
            _ => {}
        }
    }
}

fn mend_one(text: &mut String, key: &str) {
    if let Some(found) = text::mend(text, ends_of(key)) {
        log::warn!("`{key}`: left out what stood around it: {found}");
    }
}

/// The fields whose texts cannot be what they were given for, and why.
pub(super) fn faults(asset: &Map<String, Value>) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    for (key, value) in asset.iter().filter(|(key, _)| is_mended(key)) {
        match value {
            Value::String(text) => faults.extend(fault(text, key).map(|found| (format!("/asset/{key}"), found))),
            Value::Object(names) => {
                let named = names.iter().filter(|(name, _)| is_identity(name));
                let named = named.filter_map(|(name, value)| Some((name, value.as_str()?)));
                faults.extend(named.filter_map(|(name, text)| {
                    let found = fault(text, name)?;
                    Some((format!("/asset/{key}/{name}"), found))
                }));
            }
            _ => {}
        }
    }
    faults
}

fn fault(text: &str, key: &str) -> Option<String> {
    let path = is_path(key).then(|| text::path_fault(text)).flatten();
    let found = path.or_else(|| text::fault(text, ends_of(key)))?;
    let expected = match key {
        _ if is_path(key) => "a path",
        "access_token" => "a token alone",
        _ => "the value itself",
    };
    Some(format!("expected {expected}, found {found}"))
}

/// The known fields that are one text. Certificates and keys are read line by line, and scopes word by word.
fn is_mended(key: &str) -> bool {
    crate::asset::ASSET_KEYS.contains(&key) && !["client_certificate", "ca_certificate", "scope"].contains(&key)
}

fn is_identity(name: &str) -> bool {
    ["client_id", "object_id", "resource_id"].contains(&name)
}

fn is_path(key: &str) -> bool {
    ["_file", "_path", "_dir"].iter().any(|end| key.ends_with(end))
}

fn ends_of(key: &str) -> Ends {
    match key {
        "oauth_pwd" => Ends::Password,
        "access_token" => Ends::Token,
        _ => Ends::Bare,
    }
}
