//! The tokens the sandbox gave, and which of them the APIs take.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::super::api::Api;
use super::super::settings::Settings;
use super::super::{base64, clock, unique};

/// A token that can become valid.
#[derive(Debug, Clone)]
pub struct Token {
    /// What goes into `Authorization: Bearer`.
    pub text: String,
    /// What it permits.
    pub granted: Granted,
    /// When it stops.
    pub ends: Option<Instant>,
}

/// What a grant permits.
#[derive(Debug, Clone, Default)]
pub struct Granted {
    /// The application's permissions.
    pub roles: Vec<String>,
    /// A person's permissions.
    pub scopes: Vec<String>,
    /// The one API that takes the token.
    pub api: Api,
}

impl Token {
    /// A JWT in form, with a signature that is worth nothing.
    pub fn mint(settings: &Settings, granted: Granted) -> Self {
        let now = clock::unix_secs(SystemTime::now());
        let mut claims = json!({
            "aud": settings.resource(granted.api),
            "iss": format!("https://sts.windows.net/{}/", settings.tenant),
            "iat": now,
            "nbf": now,
            "exp": now + settings.token_life_secs,
            "appid": settings.client_id,
            "tid": settings.tenant,
            "jti": unique::uuid(),
            "ver": "1.0",
        });
        if granted.scopes.is_empty() {
            claims["idtyp"] = json!("app");
            claims["roles"] = json!(granted.roles);
        } else {
            claims["scp"] = json!(granted.scopes.join(" "));
            claims["wids"] = json!(settings.user_roles);
        }
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": "sandbox"});
        let part = |value: &serde_json::Value| base64::url_encode(value.to_string().as_bytes());
        let signature = base64::url_encode(b"sandbox signature, worth nothing");
        Self {
            text: format!("{}.{}.{signature}", part(&header), part(&claims)),
            granted,
            ends: Instant::now().checked_add(Duration::from_secs(settings.token_life_secs)),
        }
    }
}

/// The valid tokens.
#[derive(Default)]
pub struct Tokens {
    valid: HashMap<String, Token>,
}

impl Tokens {
    /// Makes a token valid.
    pub fn keep(&mut self, token: Token) {
        self.valid.insert(token.text.clone(), token);
    }

    /// The token with this text, unless it is unknown, revoked or over.
    pub fn find(&self, text: &str) -> Option<&Token> {
        self.valid
            .get(text)
            .filter(|token| token.ends.is_none_or(|ends| Instant::now() < ends))
    }

    /// Makes one token worthless.
    pub fn revoke(&mut self, text: &str) {
        self.valid.remove(text);
    }

    /// Makes every token worthless.
    pub fn revoke_all(&mut self) {
        self.valid.clear();
    }
}
