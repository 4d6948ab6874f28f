//! What is wrong with the user, the password or the refresh token, and what policies forbid.

/// By Entra ID's number.
pub(super) const HELP: &[(i64, &str)] = &[
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
    (5_000_819, FEDERATED_DOMAIN),
    (90_123, FEDERATED_DOMAIN),
    (50_107, FEDERATED_DOMAIN),
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
];

const CROSS_TENANT: &str = "a policy between the two tenants forbids this user's access: have their administrators allow it, or use a user of this tenant";

const SECOND_FACTOR: &str = "this user has to prove who they are with a second factor, which no program can: use an application's \
                             certificate or secret, or have the user exempted by a Conditional Access policy";

const FEDERATED_DOMAIN: &str = "the sign-in service of the user's own domain did not vouch for the user: ask whoever runs it, or sign in as an application";

const ON_PREMISES: &str =
    "Entra ID could not check the password with the Active Directory: ask whoever runs its authentication agents";

const DEVICE: &str = "a policy asks for a device that the organisation manages, which this sign-in cannot prove: use an application's certificate or secret, or ask for an exception";

const AT_RISK: &str = "the user is blocked as being at risk: have an administrator look at the account";
