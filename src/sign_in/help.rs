//! What to do about a refusal, by Entra ID's number (AADSTS) or AD FS's (MSIS). They are help for the reader alone:
//! Microsoft says that programs must not decide on them.

/// What to do, by the number and, where one number is used for several causes, by the words with it.
pub(super) fn by_number(code: i64, description: &str) -> Option<&'static str> {
    let description = description.to_ascii_lowercase();
    let by_words = BY_WORDS
        .iter()
        .find(|(known, words, _)| *known == code && description.contains(words))
        .map(|(_, _, help)| *help);
    by_words.or_else(|| HELP.iter().find(|(known, _)| *known == code).map(|(_, help)| *help))
}

/// The same for the numbers of AD FS.
pub(super) fn by_msis_number(code: i64) -> &'static str {
    MSIS.iter()
        .find(|(known, _)| *known == code)
        .map_or(UNKNOWN_MSIS, |(_, help)| *help)
}

/// The number behind a prefix such as `AADSTS`, where the words have one.
pub(super) fn number_in(description: &str, prefix: &str) -> Option<i64> {
    let (_, rest) = description.split_once(prefix)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// One number, several causes.
const BY_WORDS: &[(i64, &str, &str)] = &[
    (
        700_027,
        "expired",
        "the certificate has expired: make a new one, upload it to the application in Entra ID under Certificates & secrets, and set `client_certificate` or `client_certificate_path` to it",
    ),
    (700_023, "audience", ASSERTION_ELSEWHERE),
    (
        50_053,
        "malicious",
        "Entra ID blocks the address that this machine comes from, because of malicious activity: run from another one, or have an administrator look at the sign-in's log",
    ),
];

const HELP: &[(i64, &str)] = &[
    // The application and its tenant.
    (
        700_016,
        "check `client_id`, and that `tenant_id` is the tenant in which the application is registered or consented to",
    ),
    (
        700_011,
        "check `client_id`, and that `tenant_id` is the tenant in which the application is registered or consented to",
    ),
    (
        7_000_229,
        "the application has no service principal in this tenant: have an administrator consent to it there, and check `tenant_id`",
    ),
    (
        90_099,
        "the application is not consented to in this tenant: have an administrator of it do so, and check `tenant_id`",
    ),
    (7_000_112, DISABLED),
    (70_001, DISABLED),
    (
        1_000_031,
        "the application cannot be used in this tenant: an administrator has to look at it in Entra ID under Enterprise applications",
    ),
    (
        50_105,
        "the application is for assigned users alone: have an administrator assign this one in Entra ID under Enterprise applications, Users and groups",
    ),
    (
        50_194,
        "the application is for its own tenant alone: set `tenant_id` to that tenant's id in place of `common` or `organizations`",
    ),
    (9_001_023, ONE_TENANT),
    (90_124, ONE_TENANT),
    (90_130, ONE_TENANT),
    (
        9_002_332,
        "the application is for accounts of work and school: set `tenant_id` to the tenant's id in place of `consumers`",
    ),
    (
        900_023,
        "check `tenant_id`: it is neither a tenant's id nor one of its domain names",
    ),
    (50_059, NO_TENANT),
    (50_128, NO_TENANT),
    (90_019, NO_TENANT),
    (50_002, TENANT_RESTRICTIONS),
    (500_021, TENANT_RESTRICTIONS),
    (500_022, TENANT_RESTRICTIONS),
    (
        50_049,
        "check `login_url`: it is not a sign-in service of Microsoft's that Entra ID knows",
    ),
    (
        100_007,
        "regional sign-in services are for Microsoft's own applications: set `login_url` to `https://login.microsoftonline.com`, or leave it out",
    ),
    // The client secret.
    (
        7_000_215,
        "set `client_secret` to the secret's value, not to its id; Entra ID shows the value only once, so create a new secret if it is lost",
    ),
    (
        7_000_222,
        "the client secret has expired: create a new one in Entra ID and set `client_secret` to its value",
    ),
    (
        70_002,
        "check `client_secret`: it is not one of this application's; create a new secret in Entra ID if it is lost",
    ),
    (
        7_000_218,
        "this application needs a credential: set `client_secret`, or with a refresh token `client_secret` beside it",
    ),
    (
        7_000_232,
        "this id is a managed identity's, which has no secret: sign in with `managed_identity`, or set `client_id` to an application's",
    ),
    (
        700_025,
        "the application is a public one, which has no secret: leave `client_secret` out, or register it as a web application",
    ),
    // The certificate and the assertion that it signs.
    (
        700_027,
        "the assertion's signature does not fit: upload this certificate to the application in Entra ID, or use the one that is there",
    ),
    (
        700_030,
        "the certificate's subject is not one that the application trusts: check its trusted subject names, and set `send_certificate_chain` to true",
    ),
    (
        50_012,
        "the certificate is not accepted: check that this one is uploaded to the application in Entra ID, or that its subject and issuer are trusted and `send_certificate_chain` is true",
    ),
    (
        50_003,
        "the application has no certificate in Entra ID: upload this one under Certificates & secrets",
    ),
    (
        50_017,
        "Entra ID cannot follow the certificate to its CA, or cannot read the CA's revocation list: check the CAs that the tenant trusts",
    ),
    (
        50_032,
        "the key is too weak: make a certificate with an RSA key of 2048 bits or more, and upload it",
    ),
    (
        50_006,
        "the signature cannot be verified: check that the certificate in Entra ID is the one in `client_certificate`",
    ),
    (
        900_384,
        "the signature of the assertion cannot be verified: check that the certificate in Entra ID, or the federated token's issuer, is the one in use",
    ),
    (
        700_021,
        "the assertion is another application's: check `client_id`, and in a federated token its subject",
    ),
    (
        50_048,
        "the assertion is another application's: check `client_id`, and in a federated token its subject and issuer",
    ),
    (700_024, OUT_OF_TIME),
    (500_133, OUT_OF_TIME),
    (
        50_013,
        "the assertion is not accepted: check this machine's clock, `token_url` and `login_url`, and for a federated token that its file is fresh",
    ),
    (
        50_027,
        "the token in `federated_token_file` is not one that Entra ID can use: check its issuer, its audience and that its file is fresh",
    ),
    (
        5_002_723,
        "the token in `federated_token_file` does not say which key has signed it: use one that an identity provider has made",
    ),
    // The federated token.
    (70_021, NO_FEDERATED_CREDENTIAL),
    (
        700_211,
        "no federated credential of the application has this token's issuer: set the issuer of the federated credential in Entra ID to the one in the message, letter by letter, the slash at its end included",
    ),
    (
        700_212,
        "no federated credential of the application has this token's audience: have the token made for the audience of the federated credential in Entra ID, which is `api://AzureADTokenExchange` unless changed",
    ),
    (
        700_213,
        "no federated credential of the application has this token's subject: set the subject of the federated credential in Entra ID to the one in the message, letter by letter",
    ),
    (
        700_229,
        "the federated token is a user's: use one that an application got for itself",
    ),
    // What is asked for.
    (
        70_011,
        "check `scope`: it has to be the URL of a resource that this tenant knows, with `/.default` behind it",
    ),
    (
        28_002,
        "check `scope`: it has to be the URL of a resource that this tenant knows, with `/.default` behind it",
    ),
    (
        28_003,
        "set `scope`, or leave it out altogether: an empty one is asked for",
    ),
    (500_011, UNKNOWN_RESOURCE),
    (50_001, UNKNOWN_RESOURCE),
    (650_054, UNKNOWN_RESOURCE),
    (
        650_052,
        "this tenant has no subscription to the service that `scope` names: check `scope`, and that Defender XDR is licensed and switched on",
    ),
    (
        700_022,
        "check `scope`: it names more than one resource, and Entra ID gives a token for one at a time",
    ),
    (
        700_023,
        "check `scope`: it names no resource; it is the API's URL with `/.default` behind it",
    ),
    (
        1_002_012,
        "check `scope`: an application's sign-in takes a scope that ends in `/.default`",
    ),
    (
        901_002,
        "this token endpoint takes `scope`, not `resource`: use the one that ends in `/oauth2/v2.0/token`",
    ),
    (
        501_461,
        "check `scope`: the resource is not one that this application's custom claims allow",
    ),
    (
        90_009,
        "`scope` names the application itself: set it to the Defender API's, such as `https://api.security.microsoft.com/.default`",
    ),
    (65_001, CONSENT),
    (65_004, CONSENT),
    (90_008, CONSENT),
    (90_094, CONSENT),
    (90_095, CONSENT),
    (
        65_002,
        "`client_id` is an application of Microsoft's own, which may not ask for this: register an application of yours",
    ),
    (65_005, NOT_IN_REGISTRATION),
    (650_056, NOT_IN_REGISTRATION),
    (650_057, NOT_IN_REGISTRATION),
    // The request.
    (
        9_002_313,
        "a value of the sign-in is cut off or of another kind: paste `tenant_id` or `token_url`, `client_id`, `scope` and the credential anew",
    ),
    (90_004, MALFORMED),
    (90_013, MALFORMED),
    (90_014, MALFORMED),
    (90_023, MALFORMED),
    (90_100, MALFORMED),
    (90_102, MALFORMED),
    (90_117, MALFORMED),
    (165_900, MALFORMED),
    (50_029, MALFORMED),
    (900_144, LOST_ON_THE_WAY),
    (90_121, LOST_ON_THE_WAY),
    (
        90_056,
        "check `token_url`: it has to be the token endpoint, which ends in `/oauth2/v2.0/token`",
    ),
    (
        900_561,
        "check `token_url`: it has to be the token endpoint, which ends in `/oauth2/v2.0/token`, and nothing in between may turn the POST into a GET",
    ),
    (
        70_003,
        "this token endpoint does not know this way of signing in: check `token_url`, which ends in `/oauth2/v2.0/token`",
    ),
    // The user and the password.
    (
        50_034,
        "check `oauth_un` and `tenant_id`: there is no such user in this tenant",
    ),
    (
        51_004,
        "check `oauth_un` and `tenant_id`: there is no such user in this tenant",
    ),
    (
        16_000,
        "this user is of another tenant: check `oauth_un` and `tenant_id`, or have the user added to this tenant as a guest",
    ),
    (
        16_003,
        "this user is of another tenant: check `oauth_un` and `tenant_id`, or have the user added to this tenant as a guest",
    ),
    (
        50_020,
        "this user is of another tenant: check `oauth_un` and `tenant_id`, or have the user added to this tenant as a guest",
    ),
    (
        50_014,
        "this user is a guest who has not accepted the invitation: accept it in a browser, or use a user of this tenant",
    ),
    (
        500_208,
        "this is no account of work or school: set `oauth_un` to one of the tenant's users",
    ),
    (500_212, CROSS_TENANT),
    (500_213, CROSS_TENANT),
    (
        500_341,
        "the user's account was deleted: set `oauth_un` to another user, or have it restored within 30 days",
    ),
    (
        50_126,
        "check `oauth_un` and `oauth_pwd`: the user's name or password is wrong",
    ),
    (
        50_064,
        "check `oauth_un` and `oauth_pwd`: the user's name or password is wrong",
    ),
    (
        50_056,
        "the user has no password in this directory, as federated and password-less users have none: use another way of signing in",
    ),
    (
        50_055,
        "the user's password has expired: sign in once in a browser and set a new one",
    ),
    (
        50_144,
        "the user's password in the Active Directory has expired: set a new one there",
    ),
    (
        50_135,
        "Entra ID asks for a new password, since the account is at risk: sign in once in a browser and set one",
    ),
    (
        50_125,
        "the user has to finish a password reset or its registration: sign in once in a browser",
    ),
    (
        50_053,
        "the user's account is locked after too many wrong passwords: wait, or have an administrator unlock it",
    ),
    (
        50_057,
        "the user's account is disabled: have an administrator enable it",
    ),
    (
        90_072,
        "the user is not in this tenant, so that its second factor cannot be asked for: check `oauth_un` and `tenant_id`",
    ),
    (50_072, SECOND_FACTOR),
    (50_074, SECOND_FACTOR),
    (50_076, SECOND_FACTOR),
    (50_078, SECOND_FACTOR),
    (50_079, SECOND_FACTOR),
    (50_158, SECOND_FACTOR),
    (53_004, SECOND_FACTOR),
    (53_010, SECOND_FACTOR),
    (
        700_020,
        "a person has to sign in or consent first; use an application's credential for unattended runs",
    ),
    // The domain's own sign-in, which Entra ID asks about the password.
    (20_001, FEDERATED_DOMAIN),
    (20_012, FEDERATED_DOMAIN),
    (20_033, FEDERATED_DOMAIN),
    (40_008, FEDERATED_DOMAIN),
    (40_009, FEDERATED_DOMAIN),
    (40_010, FEDERATED_DOMAIN),
    (40_015, FEDERATED_DOMAIN),
    (50_008, FEDERATED_DOMAIN),
    (50_107, FEDERATED_DOMAIN),
    (80_001, ON_PREMISES),
    (80_002, ON_PREMISES),
    (80_005, ON_PREMISES),
    (80_007, ON_PREMISES),
    (80_010, ON_PREMISES),
    (
        80_012,
        "the user may not sign in at this hour: the Active Directory sets the hours",
    ),
    (
        80_013,
        "the clocks of the Active Directory and of the machine with the authentication agent differ: have them set",
    ),
    (80_014, ON_PREMISES),
    // Policies.
    (
        53_003,
        "a Conditional Access policy blocks this sign-in: ask for an exception for the application, or run from an allowed network",
    ),
    (
        50_131,
        "a Conditional Access policy blocks this sign-in: ask for an exception for the application, or run from an allowed network",
    ),
    (
        530_032,
        "a security policy of the tenant blocks this sign-in: have an administrator look at the policies that the sign-in's log names",
    ),
    (
        530_035,
        "the tenant's security defaults block signing in by password: use an application's certificate or secret",
    ),
    (53_000, DEVICE),
    (53_001, DEVICE),
    (50_005, DEVICE),
    (50_097, DEVICE),
    (50_129, DEVICE),
    (50_155, DEVICE),
    (
        53_002,
        "a Conditional Access policy allows approved applications alone: ask for an exception for this one",
    ),
    (53_011, AT_RISK),
    (530_034, AT_RISK),
    // The refresh token.
    (
        700_082,
        "the refresh token has expired: it was not used for too long; sign in anew for another",
    ),
    (70_008, "the grant has expired: sign in anew for another"),
    (
        70_043,
        "the refresh token has expired, as a Conditional Access policy wants people to sign in more often: sign in anew for another",
    ),
    (
        700_084,
        "the refresh token is a single page app's, which lasts a day at most and cannot be renewed: sign in with an application's credential",
    ),
    (
        70_000,
        "check `refresh_token`: it is not valid, or belongs to another application or tenant; sign in anew for another",
    ),
    (
        50_173,
        "the grant was revoked, as after a change of password: sign in anew for another",
    ),
    (
        50_132,
        "the session has ended, as after a change of password: sign in anew for another",
    ),
    (
        50_133,
        "the session was revoked, as after a change of password: sign in anew for another",
    ),
    (
        50_089,
        "the refresh token or its session has expired or was revoked: sign in anew for another",
    ),
    (
        50_085,
        "the refresh token needs its owner to sign in again at another provider: sign in anew for another",
    ),
    (
        9_002_341,
        "the user has to permit the sign-in once in a browser: sign in anew for another refresh token",
    ),
    // What passes.
    (50_033, PASSES),
    (50_087, PASSES),
    (70_012, PASSES),
    (90_006, PASSES),
    (90_012, PASSES),
    (90_024, PASSES),
    (90_033, PASSES),
    (90_090, PASSES),
    (90_091, PASSES),
    (
        90_055,
        "Entra ID turns this tenant's requests away, as there are too many of them: run it again later, less often, or with `token_cache_dir`",
    ),
    (
        50_196,
        "the same sign-in was asked for too often within a short time: run it again later, and set `token_cache_dir` so that runs share a token",
    ),
    (50_000, FAULT_OF_ENTRA),
    (90_036, FAULT_OF_ENTRA),
    (90_092, FAULT_OF_ENTRA),
];

/// No such tenant here, a tenant of another cloud, and an application or a resource of another cloud.
pub(super) const OTHER_CLOUD: [i64; 7] = [90_002, 90_038, 90_043, 90_051, 900_382, 900_432, 1_000_104];

/// By AD FS's number (MSIS).
const MSIS: &[(i64, &str)] = &[
    (9_602, "check `scope` or `url`: AD FS knows no such resource"),
    (
        9_605,
        "AD FS does not let this application use the resource: whoever runs it has to grant the permission",
    ),
    (9_607, "check `client_id`: AD FS knows no such application"),
    (
        9_622,
        "check the client secret or the certificate: AD FS does not accept it; its event log says why",
    ),
    (
        9_659,
        "check `oauth_un` and `oauth_pwd`: the user's name or password is wrong",
    ),
];

const UNKNOWN_MSIS: &str = "AD FS has answered, not Entra ID: check `token_url` or `login_url`; if AD FS is meant, its event log says more about the MSIS number";

const DISABLED: &str = "the application is disabled: enable it in Entra ID under Enterprise applications";

const ONE_TENANT: &str =
    "set `tenant_id` to the tenant's own id: this sign-in does not work with `common` or `consumers`";

const NO_TENANT: &str =
    "set `tenant_id` to the tenant's id or domain name: the request names none that Entra ID can tell";

const TENANT_RESTRICTIONS: &str =
    "the network allows certain tenants alone: ask whoever runs its proxy to add the tenant of `tenant_id`";

const ASSERTION_ELSEWHERE: &str =
    "the assertion is made out to another token endpoint: check `token_url`, or `login_url` and `tenant_id`";

const OUT_OF_TIME: &str =
    "the assertion is outside its time: check this machine's clock; a federated token's file may be stale";

const NO_FEDERATED_CREDENTIAL: &str =
    "no federated credential of the application fits this token: check its issuer, subject and audience in Entra ID";

const UNKNOWN_RESOURCE: &str = "check `scope`: the resource is not known in this tenant";

const CONSENT: &str = "an administrator has to consent to the application's permissions first";

const NOT_IN_REGISTRATION: &str = "the application's registration does not ask for this API: add its permission there, have an administrator consent, and check `scope` and `client_id`";

const MALFORMED: &str = "a value of the sign-in is not in its form: check `tenant_id` or `token_url`, `client_id` and `scope` for what does not belong there";

const LOST_ON_THE_WAY: &str = "a part of the request did not arrive: check `token_url`, and that no proxy in between takes the request's body away";

const CROSS_TENANT: &str = "a policy between the two tenants forbids this user's access: have their administrators allow it, or use a user of this tenant";

const SECOND_FACTOR: &str = "this user has to prove who they are with a second factor, which no program can: use an application's \
                             certificate or secret, or have the user exempted by a Conditional Access policy";

const FEDERATED_DOMAIN: &str = "the sign-in service of the user's own domain did not vouch for the user: ask whoever runs it, or sign in as an application";

const ON_PREMISES: &str = "Entra ID could not check the password with the Active Directory: ask whoever runs its authentication agents; run it again later";

const DEVICE: &str = "a policy asks for a device that the organisation manages, which this sign-in cannot prove: use an application's certificate or secret, or ask for an exception";

const AT_RISK: &str = "the user is blocked as being at risk: have an administrator look at the account";

const PASSES: &str = "Entra ID could not answer for a moment: nothing was changed; run it again later";

const FAULT_OF_ENTRA: &str = "Entra ID itself has failed: run it again later, and give the ids in the message to Microsoft's support if it stays so";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_stands_twice() {
        let mut all: Vec<i64> = HELP.iter().map(|(code, _)| *code).chain(OTHER_CLOUD).collect();
        let number = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), number);
    }

    #[test]
    fn a_number_is_found_in_words() {
        assert_eq!(number_in("AADSTS700016: x", "AADSTS"), Some(700_016));
        assert_eq!(number_in("MSIS9607: x", "MSIS"), Some(9_607));
        assert_eq!(number_in("no AADSTS here", "AADSTS"), None);
        assert_eq!(number_in("", "AADSTS"), None);
    }
}
