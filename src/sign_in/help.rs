//! What to do about Entra ID's refusals, by AADSTS number.

/// By AADSTS number. They are help for the reader alone: Microsoft says that programs must not decide on them.
pub(super) const HELP: &[(i64, &str)] = &[
    (
        50_034,
        "check `oauth_un` and `tenant_id`: there is no such user in this tenant",
    ),
    (
        50_126,
        "check `oauth_un` and `oauth_pwd`: the user's name or password is wrong",
    ),
    (
        50_055,
        "the user's password has expired: sign in once in a browser and set a new one",
    ),
    (
        50_053,
        "the user's account is locked after too many wrong passwords: wait, or have an administrator unlock it",
    ),
    (50_057, "the user's account is disabled"),
    (50_076, SECOND_FACTOR),
    (50_079, SECOND_FACTOR),
    (50_158, SECOND_FACTOR),
    (
        700_082,
        "the refresh token has expired: it was not used for too long; sign in anew for another",
    ),
    (70_008, "the grant has expired: sign in anew for another"),
    (
        50_173,
        "the grant was revoked, as after a change of password: sign in anew for another",
    ),
    (
        700_027,
        "the assertion's signature does not fit: upload this certificate to the application in Entra ID, or use the one that is there",
    ),
    (
        700_024,
        "the assertion is outside its time: check this machine's clock; a federated token's file may be stale",
    ),
    (
        700_213,
        "no federated credential of the application fits this token: check its issuer, subject and audience in Entra ID",
    ),
    (
        70_021,
        "no federated credential of the application fits this token: check its issuer, subject and audience in Entra ID",
    ),
    (
        7_000_218,
        "this application needs a credential: set `client_secret` beside the refresh token",
    ),
    (
        7_000_215,
        "set `client_secret` to the secret's value, not to its id; Entra ID shows the value only once, so create a new secret if it is lost",
    ),
    (
        7_000_222,
        "the client secret has expired: create a new one in Entra ID and set `client_secret` to its value",
    ),
    (
        700_016,
        "check `client_id`, and that `tenant_id` is the tenant in which the application is registered or consented to",
    ),
    (
        900_023,
        "check `tenant_id`: it is neither a tenant's id nor one of its domain names",
    ),
    (
        70_011,
        "check `scope`: it has to be the URL of a resource that this tenant knows, with `/.default` behind it",
    ),
    (500_011, "check `scope`: the resource is not known in this tenant"),
    (
        1_002_012,
        "check `scope`: an application's sign-in takes a scope that ends in `/.default`",
    ),
    (
        901_002,
        "this token endpoint takes `scope`, not `resource`: use the one that ends in `/oauth2/v2.0/token`",
    ),
    (
        53_003,
        "a Conditional Access policy blocks this sign-in: ask for an exception for the application, or run from an allowed network",
    ),
    (
        65_001,
        "an administrator has to consent to the application's permissions first",
    ),
    (
        7_000_112,
        "the application is disabled: enable it in Entra ID under Enterprise applications",
    ),
];

/// No such tenant here, a tenant of another cloud, and an application or a resource of another cloud.
pub(super) const OTHER_CLOUD: [i64; 4] = [90_002, 90_038, 900_382, 900_432];

const SECOND_FACTOR: &str = "this user has to prove who they are with a second factor, which no program can: use an application's \
                             certificate or secret, or have the user exempted by a Conditional Access policy";
