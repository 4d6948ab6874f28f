//! What is shown for a refused sign-in: every number that Microsoft's page of codes lists for the ways of signing in that
//! this program has (client secret, certificate, federated token, password, refresh token) gives a cure of its own, and
//! every field of the answer is read by itself. Through the real binary.
#![allow(clippy::expect_used, reason = "a run that cannot be made ends its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sandbox::{Fault, Leg, Sandbox, Settings};
use serde_json::json;
use support::Run;
use support::outcome::{Outcome, with};

/// Signs in at a token endpoint that answers so.
fn refused(sandbox: &Sandbox, code: u16, headers: &[(&str, &str)], body: impl Into<String>) -> Outcome {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    sandbox.fault(
        Leg::Token,
        Fault::Status {
            code,
            change: false,
            headers: headers.collect(),
            body: body.into(),
        },
    );
    let asset = with(sandbox.asset(), &json!({"retry_wait_secs": 0, "timeout_secs": 20}));
    let input = json!({"asset": asset, "path_parameters": {"id": 552}, "json_body": {"status": "Resolved"}});
    Run::with_stdin(input.to_string()).outcome(&[])
}

/// Entra ID's answer with this number.
fn answer(number: i64, words: &str) -> String {
    let description = format!("AADSTS{number}: {words}\r\nTrace ID: t\r\nCorrelation ID: c");
    json!({"error": "invalid_client", "error_description": description, "error_codes": [number]}).to_string()
}

#[test]
fn every_number_has_its_own_cure() {
    let sandbox = Sandbox::start(Settings::default());
    let mut shown: BTreeMap<&str, String> = BTreeMap::new();
    let stays = |(number, _): &&(i64, &str)| !PASSING.contains(number);
    for (number, words) in NUMBERS.iter().filter(stays) {
        let outcome = refused(&sandbox, 400, &[], answer(*number, "words"));
        assert_eq!(outcome.code, 1, "AADSTS{number}");
        let help = outcome.text("help");
        assert!(
            help.contains(words),
            "AADSTS{number}: expected `{words}`, found `{help}`"
        );
        assert!(!help.contains("look the AADSTS number up"), "AADSTS{number}: {help}");
        // Two cures are not one with other words to find it by.
        let known = shown.entry(words).or_insert_with(|| help.to_owned());
        assert_eq!(known, help, "AADSTS{number}");
    }
    let outcome = refused(&sandbox, 400, &[], answer(999_999, "words"));
    assert!(
        outcome.text("help").contains("credential"),
        "an unknown number falls back to the error: {}",
        outcome.out
    );
}

#[test]
fn a_number_that_passes_is_asked_again_and_worth_another_run() {
    for number in PASSING {
        let (_, words) = NUMBERS.iter().find(|(known, _)| known == number).expect("it is listed");
        let sandbox = Sandbox::start(Settings::default());
        let outcome = refused(&sandbox, 400, &[], answer(*number, "words"));
        assert_eq!(outcome.code, 0, "AADSTS{number}: {}", outcome.out);
        // As long as it is said, it is asked again, up to the most attempts of a run.
        for _ in 1..8 {
            say_again(&sandbox, answer(*number, "words"));
        }
        let outcome = refused(&sandbox, 400, &[], answer(*number, "words"));
        let shown = (outcome.text("name"), outcome.text("update"));
        assert_eq!(outcome.code, 3, "AADSTS{number}: {}", outcome.out);
        assert_eq!(shown, ("SignInUnavailable", "not_applied"), "AADSTS{number}");
        assert!(outcome.text("help").contains(words), "AADSTS{number}: {}", outcome.out);
        assert!(
            outcome.text("help").contains("run it again later"),
            "AADSTS{number}: {}",
            outcome.out
        );
        assert_eq!(sandbox.faults_left(), 0, "AADSTS{number}");
    }
}

/// The list above is typed by hand. Microsoft's page is another hand's, and the sources are what is shown.
#[test]
fn no_number_of_microsofts_page_and_of_the_sources_is_forgotten() {
    let listed: BTreeSet<i64> = NUMBERS.iter().map(|(number, _)| *number).collect();
    assert_eq!(listed.len(), NUMBERS.len(), "none is listed twice");
    let page = include_str!("sign_in_numbers/page.txt");
    assert!(page.lines().count() > 300, "the page is long");
    for line in page.lines() {
        let (number, why_not) = line.split_once(' ').unwrap_or((line, ""));
        let is_listed = listed.contains(&number.parse().expect("a number"));
        assert_eq!(is_listed, why_not.is_empty(), "AADSTS{line}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sign_in");
    let files = std::fs::read_dir(folder.join("help")).expect("it is there").flatten();
    let mut tables: Vec<String> = files
        .map(|file| std::fs::read_to_string(file.path()).expect("it can be read"))
        .collect();
    let by_words = std::fs::read_to_string(folder.join("help.rs")).expect("it can be read");
    // AD FS has numbers of its own.
    tables.push(by_words.split("const MSIS").next().unwrap_or_default().to_owned());
    let words = tables
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii_digit() && c != '_'));
    let numbers = words
        .filter_map(|word| word.replace('_', "").parse().ok())
        .filter(|number| *number > 9_999);
    let known: BTreeSet<i64> = numbers.collect();
    assert_eq!(known, listed);
}

/// The same answer once more, for the next request.
fn say_again(sandbox: &Sandbox, body: String) {
    let status = Fault::Status {
        code: 400,
        change: false,
        headers: Vec::new(),
        body,
    };
    sandbox.fault(Leg::Token, status);
}

#[test]
fn one_number_for_several_causes_is_told_by_its_words() {
    let sandbox = Sandbox::start(Settings::default());
    for (number, words, cure) in [
        (
            700_027,
            "The certificate with identifier used to sign the client assertion is expired on application.",
            "has expired: make a new one",
        ),
        (
            700_027,
            "Client assertion contains an invalid signature. [Reason - The key used is expired.]",
            "has expired: make a new one",
        ),
        (
            700_027,
            "Client assertion contains an invalid signature. [Reason - The key was not found.]",
            "upload this certificate",
        ),
        (
            700_027,
            "Client assertion failed signature validation.",
            "upload this certificate",
        ),
        (
            700_023,
            "Client assertion audience claim does not match Realm issuer.",
            "made out to another token endpoint",
        ),
        (700_023, "InvalidResourcelessScope", "it names no resource"),
        (
            50_053,
            "The account is locked, you've tried to sign in too many times.",
            "locked",
        ),
        (
            50_053,
            "Sign-in was blocked because it came from an IP address with malicious activity.",
            "the address that this machine comes from",
        ),
    ] {
        let outcome = refused(&sandbox, 401, &[], answer(number, words));
        assert!(outcome.text("help").contains(cure), "{words}: {}", outcome.out);
    }
}

#[test]
fn each_field_of_a_refusal_is_read_by_itself() {
    let sandbox = Sandbox::start(Settings::default());
    let secret = "check `client_secret`: it is not one of this application's";
    let words = "AADSTS70002: Error validating credentials.";
    for (what, body) in [
        (
            "error_codes null",
            json!({"error": "invalid_client", "error_description": words, "error_codes": null}).to_string(),
        ),
        (
            "no error_codes",
            json!({"error": "invalid_client", "error_description": words}).to_string(),
        ),
        (
            "error_codes a number",
            json!({"error": "invalid_client", "error_codes": 70_002}).to_string(),
        ),
        (
            "error_codes texts",
            json!({"error": "invalid_client", "error_codes": ["70002"]}).to_string(),
        ),
        (
            "error_description null",
            json!({"error": "invalid_client", "error_description": null, "error_codes": [70_002]}).to_string(),
        ),
        (
            "error_description a number",
            json!({"error": "invalid_client", "error_description": 7, "error_codes": [null, 70_002]}).to_string(),
        ),
        (
            "trace_id a number",
            json!({"error": "invalid_client", "error_description": words, "trace_id": 5, "correlation_id": null})
                .to_string(),
        ),
        (
            "a byte order mark",
            format!(
                "\u{feff}{}",
                json!({"error": "invalid_client", "error_codes": [70_002]})
            ),
        ),
        (
            "nested",
            json!({"error": {"code": "invalid_client", "message": words}}).to_string(),
        ),
    ] {
        let outcome = refused(&sandbox, 401, &[], body);
        assert_eq!((outcome.code, outcome.text("name")), (1, "SignInRefused"), "{what}");
        assert!(outcome.text("help").starts_with(secret), "{what}: {}", outcome.out);
        assert!(
            outcome
                .text("message")
                .contains("Entra ID refused the sign-in with 401 Unauthorized: invalid_client"),
            "{what}"
        );
    }
    for body in [
        json!({"error": null, "error_codes": [70_002]}),
        json!({"error": 5, "error_description": words}),
    ] {
        let outcome = refused(&sandbox, 401, &[], body.to_string());
        assert!(outcome.text("help").starts_with(secret), "{body}: {}", outcome.out);
    }
    for (what, body) in [
        (
            "no word of an error",
            json!({"error": null, "error_description": "words"}),
        ),
        ("an array", json!([1])),
        ("a text", json!("x")),
    ] {
        let outcome = refused(&sandbox, 401, &[], body.to_string());
        assert_eq!(
            (outcome.code, outcome.text("name")),
            (1, "SignInAnswerInvalid"),
            "{what}"
        );
    }
}

#[test]
fn a_success_with_a_byte_order_mark_is_one() {
    let sandbox = Sandbox::start(Settings::default());
    let token = sandbox.issue_token();
    let body = format!(
        "\u{feff}{}",
        json!({"token_type": null, "expires_in": null, "access_token": token})
    );
    let outcome = refused(&sandbox, 200, &[], body);
    assert_eq!(outcome.code, 0, "{}", outcome.out);
}

#[test]
fn ad_fs_is_named_and_its_numbers_have_their_cures() {
    let sandbox = Sandbox::start(Settings::default());
    for (error, words, cure) in [
        (
            "invalid_client",
            "MSIS9607: The 'client_id' parameter in the request is invalid.",
            "check `client_id`",
        ),
        (
            "invalid_client",
            "MSIS9622: Client authentication failed.",
            "the client secret or the certificate",
        ),
        (
            "invalid_grant",
            "MSIS9659: Invalid 'username' or 'password'.",
            "`oauth_pwd`",
        ),
        (
            "invalid_resource",
            "MSIS9602: The received 'resource' parameter is invalid.",
            "check `scope`",
        ),
        (
            "unauthorized_client",
            "MSIS9605: The client is not allowed to access the requested resource.",
            "has to grant",
        ),
        ("server_error", "MSIS9999: words", "AD FS has answered, not Entra ID"),
    ] {
        let body = json!({"error": error, "error_description": words});
        let outcome = refused(&sandbox, 400, &[], body.to_string());
        assert_eq!((outcome.code, outcome.text("name")), (1, "SignInRefused"), "{words}");
        assert!(
            outcome.text("message").starts_with("AD FS refused the sign-in"),
            "{}",
            outcome.out
        );
        assert!(outcome.text("help").contains(cure), "{words}: {}", outcome.out);
    }
}

#[test]
fn a_reason_in_the_head_alone_is_shown() {
    let sandbox = Sandbox::start(Settings::default());
    for (header, shown) in [
        (
            r#"Bearer error="invalid_client", error_description="the secret has expired""#,
            "the secret has expired",
        ),
        (
            r#"Bearer authorization_uri="https://login.example/t", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ==""#,
            "eyJhY2Nlc3NfdG9rZW4iOnt9fQ==",
        ),
        (r#"Basic realm="the proxy""#, "the proxy"),
        ("Negotiate, NTLM", "401 Unauthorized"),
    ] {
        for name in ["WWW-Authenticate", "www-authenticate"] {
            let outcome = refused(&sandbox, 401, &[(name, header)], "");
            assert!(outcome.text("message").contains(shown), "{header}: {}", outcome.out);
        }
    }
    let two = [
        ("WWW-Authenticate", "Negotiate"),
        ("WWW-Authenticate", "Bearer error=\"second\""),
    ];
    let outcome = refused(&sandbox, 401, &two, "");
    assert!(outcome.text("message").contains("second"), "{}", outcome.out);
}

/// Those of them that pass by themselves: no credential and no setting is at fault.
const PASSING: &[i64] = &[
    50_033, 50_087, 50_196, 70_012, 80_001, 80_002, 80_005, 80_014, 90_006, 90_012, 90_024, 90_033, 90_055, 90_090,
    90_091, 501_621,
];

/// The numbers of Microsoft's page (`MicrosoftDocs/entra-docs`, `reference-error-codes.md`, of 24 April 2024) that the ways of signing in can meet, with the words of their cure; and those that
/// Microsoft's own documentation of single features has besides.
const NUMBERS: &[(i64, &str)] = &[
    (16_000, "of another tenant"),
    (16_003, "of another tenant"),
    (20_001, "the user's own domain"),
    (20_012, "the user's own domain"),
    (20_033, "the user's own domain"),
    (28_002, "with `/.default` behind it"),
    (28_003, "an empty one"),
    (40_008, "the user's own domain"),
    (40_009, "the user's own domain"),
    (40_010, "the user's own domain"),
    (40_015, "the user's own domain"),
    (50_000, "Entra ID itself has failed"),
    (50_001, "the resource is not known in this tenant"),
    (50_002, "the network allows certain tenants"),
    (500_011, "the resource is not known in this tenant"),
    (500_021, "the network allows certain tenants"),
    (500_022, "the network allows certain tenants"),
    (50_003, "has no certificate in Entra ID"),
    (50_005, "a device that the organisation manages"),
    (50_006, "the signature cannot be verified"),
    (50_008, "the user's own domain"),
    (50_012, "the certificate is not accepted"),
    (50_013, "the assertion is not accepted"),
    (500_133, "outside its time"),
    (50_014, "the invitation"),
    (50_017, "follow the certificate to its CA"),
    (50_020, "of another tenant"),
    (500_208, "no account of work or school"),
    (500_212, "between the two tenants"),
    (500_213, "between the two tenants"),
    (500_341, "was deleted"),
    (50_027, "not one that Entra ID can use"),
    (50_029, "a character that none can have"),
    (50_032, "too weak"),
    (50_033, "for a moment"),
    (50_034, "no such user"),
    (50_048, "its subject and issuer"),
    (50_049, "check `login_url`"),
    (50_053, "locked"),
    (50_055, "password has expired: sign in once"),
    (50_056, "has no password in this directory"),
    (50_057, "disabled: have an administrator"),
    (50_059, "set `tenant_id`"),
    (50_064, "name or password is wrong"),
    (50_072, "a second factor"),
    (50_074, "a second factor"),
    (50_076, "a second factor"),
    (50_078, "a second factor"),
    (50_079, "a second factor"),
    (50_085, "at another provider"),
    (50_087, "for a moment"),
    (50_089, "or its session has expired"),
    (50_097, "a device that the organisation manages"),
    (50_105, "assigned users alone"),
    (50_107, "the user's own domain"),
    (50_124, "rules for claims cannot be followed"),
    (501_241, "rules for claims cannot be followed"),
    (50_125, "password reset"),
    (50_126, "name or password is wrong"),
    (50_128, "set `tenant_id`"),
    (50_129, "a device that the organisation manages"),
    (50_131, "a Conditional Access policy blocks"),
    (50_132, "the session has ended"),
    (50_133, "the session was revoked"),
    (50_135, "asks for a new password"),
    (50_144, "in the Active Directory has expired"),
    (50_146, "a signing key of its own"),
    (501_461, "custom claims"),
    (501_621, "rules for claims took too long"),
    (5_000_819, "the user's own domain"),
    (50_155, "a device that the organisation manages"),
    (50_158, "a second factor"),
    (50_173, "the grant was revoked"),
    (50_194, "in place of `common` or `organizations`"),
    (50_196, "too often within a short time"),
    (51_004, "no such user"),
    (5_002_723, "which key has signed it"),
    (53_000, "a device that the organisation manages"),
    (53_001, "a device that the organisation manages"),
    (53_002, "approved applications alone"),
    (53_003, "a Conditional Access policy blocks"),
    (530_032, "a security policy of the tenant"),
    (530_034, "at risk: have"),
    (530_035, "security defaults"),
    (53_004, "a second factor"),
    (53_010, "a second factor"),
    (53_011, "at risk: have"),
    (65_001, "has to consent to the application's permissions"),
    (65_002, "an application of Microsoft's own"),
    (65_004, "has to consent to the application's permissions"),
    (65_005, "does not ask for this API"),
    (650_052, "no subscription"),
    (650_054, "the resource is not known in this tenant"),
    (650_056, "does not ask for this API"),
    (650_057, "does not ask for this API"),
    (70_000, "check `refresh_token`"),
    (70_001, "the application is disabled"),
    (700_011, "check `client_id`, and that `tenant_id`"),
    (700_016, "check `client_id`, and that `tenant_id`"),
    (70_002, "it is not one of this application's"),
    (700_020, "for unattended runs"),
    (700_021, "in a federated token its subject"),
    (700_022, "more than one resource"),
    (700_023, "it names no resource"),
    (700_024, "outside its time"),
    (700_025, "a public one"),
    (700_027, "upload this certificate"),
    (70_003, "does not know this way of signing in"),
    (700_030, "trusted subject names"),
    (70_008, "the grant has expired"),
    (700_082, "not used for too long"),
    (700_084, "single page app"),
    (70_011, "with `/.default` behind it"),
    (70_012, "for a moment"),
    (70_021, "check its issuer, subject and audience"),
    (700_211, "this token's issuer"),
    (700_212, "this token's audience"),
    (700_213, "this token's subject"),
    (700_229, "is a user's"),
    (70_043, "sign in more often"),
    (7_000_112, "the application is disabled"),
    (7_000_215, "not to its id"),
    (7_000_218, "needs a credential"),
    (7_000_222, "the client secret has expired"),
    (7_000_229, "no service principal"),
    (7_000_232, "a managed identity's"),
    (80_001, "did not reach the Active Directory"),
    (80_002, "did not reach the Active Directory"),
    (80_005, "did not reach the Active Directory"),
    (80_007, "could not check the password"),
    (80_010, "could not check the password"),
    (80_012, "at this hour"),
    (80_013, "the clocks"),
    (80_014, "did not reach the Active Directory"),
    (90_002, "check `tenant_id`; a tenant of a government cloud"),
    (90_004, "not in its form"),
    (90_006, "for a moment"),
    (90_008, "has to consent to the application's permissions"),
    (90_009, "names the application itself"),
    (900_023, "neither a tenant's id nor"),
    (9_001_023, "with `common` or `consumers`"),
    (90_012, "for a moment"),
    (90_013, "not in its form"),
    (90_014, "did not arrive"),
    (900_144, "did not arrive"),
    (90_019, "set `tenant_id`"),
    (90_023, "not in its form"),
    (9_002_313, "cut off or of another kind"),
    (9_002_332, "in place of `consumers`"),
    (9_002_341, "permit the sign-in"),
    (90_024, "for a moment"),
    (90_033, "for a moment"),
    (90_036, "Entra ID itself has failed"),
    (90_038, "check `tenant_id`; a tenant of a government cloud"),
    (900_382, "check `tenant_id`; a tenant of a government cloud"),
    (900_384, "or the federated token's issuer"),
    (90_043, "check `tenant_id`; a tenant of a government cloud"),
    (900_432, "check `tenant_id`; a tenant of a government cloud"),
    (90_051, "check `tenant_id`; a tenant of a government cloud"),
    (90_055, "turns this tenant's requests away"),
    (
        90_056,
        "check `token_url`: it has to be the token endpoint, which ends in `/oauth2/v2.0/token`",
    ),
    (900_561, "may turn the POST into a GET"),
    (90_072, "its second factor cannot be asked for"),
    (90_090, "for a moment"),
    (90_091, "for a moment"),
    (90_092, "Entra ID itself has failed"),
    (90_094, "has to consent to the application's permissions"),
    (90_095, "has to consent to the application's permissions"),
    (90_099, "is not consented to in this tenant"),
    (90_100, "not in its form"),
    (901_002, "takes `scope`, not `resource`"),
    (90_102, "not in its form"),
    (90_117, "not in its form"),
    (90_121, "did not arrive"),
    (90_123, "the user's own domain"),
    (90_124, "with `common` or `consumers`"),
    (90_130, "with `common` or `consumers`"),
    (100_007, "regional sign-in services"),
    (1_000_031, "cannot be used in this tenant"),
    (1_000_104, "check `tenant_id`; a tenant of a government cloud"),
    (1_002_012, "takes a scope that ends in"),
    (165_900, "not in its form"),
    (220_501, "follow the certificate to its CA"),
];
