use super::*;
use crate::ground::cleaned::DEEPEST_JSON;

const SECRET: &str = "p\"a+ss/wö&rd~1 %41\\x";

fn gate(secrets: &[&str]) -> Gate {
    let gate = Gate::default();
    secrets
        .iter()
        .for_each(|secret| gate.learn(&Secret::new((*secret).to_owned())));
    gate
}

fn cleaned(secret: &str, text: &str) -> String {
    gate(&[secret]).text(Wire::new(text), Author::Service).to_string()
}

fn escaped(text: &str, form: impl Fn(u32) -> String) -> String {
    text.encode_utf16().map(|unit| form(u32::from(unit))).collect()
}

#[test]
fn a_secret_is_found_in_every_coding() {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let once = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
    let twice = utf8_percent_encode(&once, NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(SECRET).unwrap();
    let inner = json.trim_matches('"').to_owned();
    let entities = SECRET
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('+', "&plus;")
        .replace('ö', "&ouml;");
    for coded in [
        SECRET.to_owned(),
        once.clone(),
        once.to_lowercase(),
        twice,
        once.replace("%20", "+"),
        inner.clone(),
        serde_json::to_string(&inner).unwrap().trim_matches('"').to_owned(),
        escaped(SECRET, |unit| format!("\\u{unit:04X}")),
        escaped(SECRET, |unit| format!("\\u{unit:04x}")),
        escaped(SECRET, |unit| format!("&#{unit};")),
        escaped(SECRET, |unit| format!("&#x{unit:X};")),
        escaped(SECRET, |unit| format!("&#x00{unit:x};")),
        entities,
        format!("{}\r\n\t{}", &SECRET[..7], &SECRET[7..]),
    ] {
        let shown = cleaned(SECRET, &format!("said: {coded}, no more"));
        assert_eq!(shown, "said: [redacted], no more", "{coded}");
    }
}

#[test]
fn a_secret_in_base64_and_in_hex_takes_all_of_the_run_with_it() {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    for before in ["", "x", "id", "ids", "user:"] {
        for behind in ["", "1", "12", "123"] {
            let text = format!("{before}{SECRET}{behind}");
            for coded in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                assert_eq!(
                    cleaned(SECRET, &format!("Basic {coded}!")),
                    "Basic [redacted]!",
                    "{text}"
                );
            }
        }
    }
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(cleaned(SECRET, &format!("<{hex}>")), "<[redacted]>");
    assert_eq!(cleaned(SECRET, &format!("<{}>", hex.to_uppercase())), "<[redacted]>");
}

#[test]
fn a_short_secret_is_taken_out_of_echoes_and_leaves_data_alone() {
    assert_eq!(
        cleaned("552", "the password 552 is wrong, 5521 too"),
        "the password [redacted] is wrong, 5521 too"
    );
    assert_eq!(cleaned("null", "null&x=nullable"), "[redacted]&x=[redacted]able");
    let gate = gate(&["552", "null", "long-enough", "12345678"]);
    let body = br#"{"incidentId":552,"x":null,"y":"null","n":12345678,"long-enough":["a long-enough b","12345678"]}"#;
    let (clean, raw) = gate.body(body.to_vec(), Author::Service);
    assert_eq!(
        String::from_utf8_lossy(&clean),
        r#"{"incidentId":552,"x":null,"y":"null","n":12345678,"[redacted]":["a [redacted] b","[redacted]"]}"#
    );
    assert_eq!(raw.as_deref(), Some(&body[..]));
}

#[test]
fn what_holds_no_secret_stays_byte_for_byte() {
    let gate = gate(&[SECRET, "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.e30.sig"]);
    for body in [
        &b"{\"a\": \"\\ud800 \\u0041 100%25 &amp; C:\\\\x\\\\y\",\n \"b\":[1.0e5]}"[..],
        b"<html>\r\n  <p>50 % &lt; 60 %</p>\r\n</html>",
        b"caf\xe9",
        b"",
    ] {
        assert_eq!(&*gate.body(body.to_vec(), Author::Service).0, body);
    }
}

#[test]
fn a_token_endpoint_shows_entra_ids_fields_and_no_token() {
    let show = |body: &str| {
        let (clean, _) = gate(&[SECRET]).body(body.as_bytes().to_vec(), Author::TokenEndpoint);
        String::from_utf8_lossy(&clean).into_owned()
    };
    let refusal = r#"{"error": "invalid_client", "error_codes":[7000215], "trace_id":"t"}"#;
    assert_eq!(show(refusal), refusal);
    assert_eq!(
        show(
            r#"{"error":"x","access_token":"opaque-token","error_description":"got opaque-token","deep":{"error":1}}"#
        ),
        r#"{"error":"x","error_description":"got [redacted]"}"#
    );
    assert!(show(r#"{"access_token":"opaque-token"}"#).starts_with("[left out: "));
    assert!(show("<p>access_token=opaque-token").starts_with("[left out: "));
}

#[test]
fn a_token_in_a_place_to_go_to_is_taken_out() {
    let gate = Gate::default();
    let text = |text: &str| gate.text(Wire::new(text), Author::TokenEndpoint).to_string();
    assert_eq!(
        text("https://h/#access_token=abc&x=1"),
        "https://h/#access_token=[redacted]&x=1"
    );
    assert_eq!(
        text("https://h/%23access_token%3Dabc%26x=1"),
        "https://h/%23access_token%3D[redacted]%26x=1"
    );
    assert_eq!(text("the access_token has expired"), "the access_token has expired");
    assert_eq!(text("of type token_type=Bearer"), "of type token_type=Bearer");
}

#[test]
fn what_cannot_be_searched_is_left_out_and_says_so() {
    let (clean, _) = gate(&[SECRET]).body(b"p\0a\0s\0s\0".to_vec(), Author::Service);
    assert!(clean.starts_with(b"[left out: "));
}

#[test]
fn brackets_too_deep_for_a_reader_are_a_text() {
    let json = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    let is_json = |depth| Gate::default().body(json(depth), Author::Service).0.json().is_some();
    assert!(is_json(DEEPEST_JSON));
    assert!(!is_json(DEEPEST_JSON + 1));
    let many = format!("[{}{{}}]", "{},\"[[\",".repeat(2_000));
    assert!(
        Gate::default()
            .body(many.into_bytes(), Author::Service)
            .0
            .json()
            .is_some()
    );
}

#[test]
fn a_token_is_known_by_its_name_in_any_spelling() {
    let gate = Gate::default();
    let text = |text: &str| gate.text(Wire::new(text), Author::TokenEndpoint).to_string();
    for name in [
        "ACCESS_TOKEN",
        "Access-Token",
        "accessToken",
        "id_Token",
        "Refresh_token",
        "CLIENT_ASSERTION",
    ] {
        assert_eq!(
            text(&format!("/#{name}=opaque1&x=1")),
            format!("/#{name}=[redacted]&x=1")
        );
    }
    let fields = [("X-Access-Token", "opaque-one"), ("Server", "opaque-one of x")];
    let fields = fields.map(|(name, value)| (Wire::new(name), Wire::new(value)));
    let clean = gate.fields(&fields, Author::TokenEndpoint);
    let clean: Vec<&str> = clean.iter().map(|(_, value)| &**value).collect();
    assert_eq!(clean, ["[redacted]", "[redacted] of x"]);
}

#[test]
fn a_quotation_is_cleaned_before_it_is_cut() {
    for before in 150..=200 {
        let page = format!("<p>{} {SECRET} and more</p>", "x".repeat(before));
        let words = Words::from("it said").and_page(page.as_bytes()).and(" and ");
        let words = words.and_quote(Wire::new(format!("{}{SECRET}", "y".repeat(before))));
        let said = gate(&[SECRET]).say(words, Author::Service).to_string();
        assert!(!said.contains("p\"a"), "{said}");
    }
    let said = gate(&[SECRET]).say(Words::from("it ").and_quote(Wire::new("p\0a\0")), Author::Service);
    assert!(said.contains("[left out: "), "{said}");
}

#[test]
fn a_password_of_digits_is_taken_out_of_a_token_endpoints_numbers() {
    let body =
        br#"{"error":"x","error_codes":[12345678, 7000215],"code":-12345678.0,"statusCode":400,"message":"12345678"}"#;
    let (clean, _) = gate(&["12345678"]).body(body.to_vec(), Author::TokenEndpoint);
    assert_eq!(
        String::from_utf8_lossy(&clean),
        r#"{"error":"x","error_codes":["[redacted]", 7000215],"code":"[redacted]","statusCode":400,"message":"[redacted]"}"#
    );
}

#[test]
fn a_refusal_is_looked_into_and_an_incident_searched() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let twice = STANDARD.encode(STANDARD.encode(SECRET));
    let body = format!(r#"{{"error":{{"message":"got {twice}"}}}}"#).into_bytes();
    let (clean, _) = gate(&[SECRET]).refusal(body, Author::Service);
    assert_eq!(&*clean, br#"{"error":{"message":"got [redacted]"}}"#);
}

/// An incident is searched for the digits themselves, whichever letters they are written in and wherever they begin.
#[test]
fn a_secret_in_hex_is_taken_out_of_an_incident_in_any_case() {
    // The second is as short as one that is searched for there, and ends where the answer does.
    for secret in [SECRET, "klmnoj-z"] {
        let small: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let (first, second) = small.split_at(9);
        let mixed = format!("{}{second}", first.to_uppercase());
        for hex in [small.to_uppercase(), small.clone(), mixed] {
            for before in (0..8).map(|count| "-".repeat(count)) {
                let body = format!(r#"{{"incidentId":552,"x":"{before}{hex}"}}"#).into_bytes();
                let (clean, _) = gate(&[secret]).body(body, Author::Service);
                let expected = format!(r#"{{"incidentId":552,"x":"{before}[redacted]"}}"#);
                assert_eq!(String::from_utf8_lossy(&clean), expected, "{hex}");
            }
        }
    }
}

#[test]
fn letters_beyond_latin_are_a_text_within_digits_too() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let units =
        |secret: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> { secret.encode_utf16().flat_map(order).collect() };
    let (mixed, korean) = ("\u{21d}>:-\u{7d3}:", "0]\u{d269}kh&");
    for (secret, coded) in [
        (mixed, mixed.replace('>', "&gt;").into_bytes()),
        (mixed, units(mixed, u16::to_le_bytes)),
        (korean, units(korean, u16::to_le_bytes)),
        (korean, units(korean, u16::to_be_bytes)),
    ] {
        let body = format!(r#"{{"error":{{"message":"got {}"}}}}"#, STANDARD.encode(&coded)).into_bytes();
        let (clean, _) = gate(&[secret]).refusal(body, Author::Service);
        assert_eq!(&*clean, br#"{"error":{"message":"got [redacted]"}}"#, "{coded:?}");
    }
}
