//! What is wrong with what is asked for, or with the request.

/// By Entra ID's number.
pub(super) const HELP: &[(i64, &str)] = &[
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
    (90_023, MALFORMED),
    (90_100, MALFORMED),
    (90_102, MALFORMED),
    (90_117, MALFORMED),
    (165_900, MALFORMED),
    (
        50_029,
        "check `tenant_id` or `token_url`: the tenant's domain name in it holds a character that none can have",
    ),
    (90_014, LOST_ON_THE_WAY),
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
    // Faults of Entra ID's own that another try does not change, by Microsoft's words.
    (50_000, FAULT_OF_ENTRA),
    (90_036, FAULT_OF_ENTRA),
    (90_092, FAULT_OF_ENTRA),
];

const UNKNOWN_RESOURCE: &str = "check `scope`: the resource is not known in this tenant";

const CONSENT: &str = "an administrator has to consent to the application's permissions first";

const NOT_IN_REGISTRATION: &str = "the application's registration does not ask for this API: add its permission there, have an administrator consent, and check `scope` and `client_id`";

const MALFORMED: &str = "a value of the sign-in is not in its form: check `tenant_id` or `token_url`, `client_id` and `scope` for what does not belong there";

const LOST_ON_THE_WAY: &str = "a part of the request did not arrive: check `token_url`, and that no proxy in between takes the request's body away";

const FAULT_OF_ENTRA: &str =
    "Entra ID itself has failed, and will again: give the ids in the message to Microsoft's support";
