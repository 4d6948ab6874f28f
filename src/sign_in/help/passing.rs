//! What passes by itself: the sign-in is tried again, and so is the run.

/// By Entra ID's number.
pub(super) const HELP: &[(i64, &str)] = &[
    // Entra ID itself.
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
        "Entra ID turns this tenant's requests away, as there are too many of them: sign in less often, or set `token_cache_dir` so that runs share a token; run it again later",
    ),
    (
        50_196,
        "the same sign-in was asked for too often within a short time: set `token_cache_dir` so that runs share a token; run it again later",
    ),
    (
        501_621,
        "the application's own rules for claims took too long: if it stays so, have an administrator make them simpler; run it again later",
    ),
    // Between Entra ID and the Active Directory, which has not looked at the password.
    (80_001, ON_PREMISES),
    (80_002, ON_PREMISES),
    (80_005, ON_PREMISES),
    (80_014, ON_PREMISES),
];

const PASSES: &str = "Entra ID could not answer for a moment; nothing was changed; run it again later";

const ON_PREMISES: &str = "Entra ID did not reach the Active Directory to have the password checked: if it stays so, ask whoever runs its authentication agents; run it again later";
