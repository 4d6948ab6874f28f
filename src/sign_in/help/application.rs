//! What is wrong with the application, its tenant, or what it proves itself with: secret, certificate, federated token.

/// By Entra ID's number.
pub(super) const HELP: &[(i64, &str)] = &[
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
        50_146,
        "the application needs a signing key of its own, which is missing or has expired: have its owner set one in Entra ID",
    ),
    (50_124, CLAIMS_POLICY),
    (501_241, CLAIMS_POLICY),
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
    (50_017, UNTRUSTED_CA),
    (220_501, UNTRUSTED_CA),
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
];

const DISABLED: &str = "the application is disabled: enable it in Entra ID under Enterprise applications";

const CLAIMS_POLICY: &str = "the application's own rules for claims cannot be followed: have an administrator look at them in Entra ID under Enterprise applications, Single sign-on";

const ONE_TENANT: &str =
    "set `tenant_id` to the tenant's own id: this sign-in does not work with `common` or `consumers`";

const NO_TENANT: &str =
    "set `tenant_id` to the tenant's id or domain name: the request names none that Entra ID can tell";

const TENANT_RESTRICTIONS: &str =
    "the network allows certain tenants alone: ask whoever runs its proxy to add the tenant of `tenant_id`";

const UNTRUSTED_CA: &str = "Entra ID cannot follow the certificate to its CA, or cannot read the CA's revocation list: check the CAs that the tenant trusts";

const OUT_OF_TIME: &str =
    "the assertion is outside its time: check this machine's clock; a federated token's file may be stale";

const NO_FEDERATED_CREDENTIAL: &str =
    "no federated credential of the application fits this token: check its issuer, subject and audience in Entra ID";
