//! Lists in which so much is wrong that nobody reads it: the validator makes an error of each element, with its place and its
//! value, so the first ones are left to it and the others are only counted.

use serde_json::Value;

use crate::outcome::violations::{MOST_SHOWN, Violations};

/// Counts the elements of the document's lists that are too many to be told of, and takes them out.
pub(super) fn count(root: &mut Value, violations: &mut Violations) {
    for (at, takes_null) in LISTS {
        let Some(list) = root.pointer_mut(at).and_then(Value::as_array_mut) else {
            continue;
        };
        let before = list.len();
        let mut wrong = 0;
        list.retain(|element| {
            let fits = element.is_string() || *takes_null && element.is_null();
            wrong += usize::from(!fits);
            fits || wrong <= MOST_SHOWN
        });
        let counted = before - list.len();
        if counted > 0 {
            violations.push_more(at, counted);
        }
    }
}

/// Every list of texts that the schema has, and whether null may be among them.
const LISTS: &[(&str, bool)] = &[
    ("/asset/scope", false),
    ("/json_body/tags", false),
    ("/add_tags", false),
    ("/remove_tags", false),
    ("/only_if/status", true),
    ("/only_if/assignedTo", true),
    ("/only_if/classification", true),
    ("/only_if/determination", true),
    ("/only_if/severity", true),
    ("/only_if/tags", false),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::schema;

    /// The places of the arrays below a schema, its references followed.
    fn arrays(schema: &Value, at: &str, found: &mut Vec<(String, bool)>) {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let schema = match reference {
            Some(reference) => schema::input().pointer(reference.trim_start_matches('#')).unwrap(),
            None => schema,
        };
        if let Some(items) = schema.get("items") {
            found.push((at.to_owned(), items["type"].to_string().contains("null")));
        }
        for (key, inner) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            arrays(inner, &format!("{at}/{key}"), found);
        }
    }

    #[test]
    fn the_lists_are_those_of_the_schema() {
        let mut found = Vec::new();
        arrays(schema::input(), "", &mut found);
        found.sort();
        let mut listed: Vec<(String, bool)> = LISTS.iter().map(|(at, null)| ((*at).to_owned(), *null)).collect();
        listed.sort();
        assert_eq!(found, listed);
    }
}
