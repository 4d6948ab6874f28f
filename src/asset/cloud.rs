//! Microsoft's clouds: where the API and the sign-in of each are.

use schemars::JsonSchema;
use serde::Deserialize;

/// A cloud of Microsoft's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[allow(
    missing_docs,
    reason = "a doc on a variant would turn the schema's plain enum into oneOf"
)]
pub enum Cloud {
    Public,
    Gcc,
    GccHigh,
    Dod,
}

impl Cloud {
    /// Base of the Defender API.
    #[must_use]
    pub fn url(self) -> &'static str {
        match self {
            Self::Public => super::DEFAULT_URL,
            Self::Gcc => "https://api-gcc.security.microsoft.us",
            Self::GccHigh | Self::Dod => "https://api-gov.security.microsoft.us",
        }
    }

    /// Base of the sign-in service. GCC's tenants live in the public Entra ID.
    #[must_use]
    pub fn login_url(self) -> &'static str {
        match self {
            Self::Public | Self::Gcc => super::DEFAULT_LOGIN_URL,
            Self::GccHigh | Self::Dod => "https://login.microsoftonline.us",
        }
    }
}
