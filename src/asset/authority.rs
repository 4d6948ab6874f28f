//! Where to sign in: the token endpoint as it is given, or the sign-in service and the tenant in it. Portals show both in
//! several shapes, and people paste what they find: what can mean one thing alone is taken, with a warning.

use super::reader::{Place, Reader};
use crate::ground::cloud::{DEFAULT_LOGIN_URL, DEFAULT_URL, is_login_host};
use crate::ground::format::is_tenant;
use crate::ground::service_url::ServiceUrl;

impl Reader<'_> {
    /// Where tokens are asked for.
    pub(super) fn token_endpoint(&mut self) -> Option<ServiceUrl> {
        if let Some(text) = self.input.token_url.take() {
            self.note_source("token_url", "the asset");
            let parsed = parse_sign_in(
                without_version(&text),
                "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
            );
            let parsed = parsed.and_then(|url| match url.path() {
                "/" if is_login_host(url.host()) => Err(format!("{WHOLE_ENDPOINT}, found a host alone")),
                _ => Ok(url),
            });
            return self.noting("token_url", parsed);
        }
        let login = self.login();
        let given = self.input.tenant_id.take();
        let tenant = self.or_variable("tenant_id", given, "AZURE_TENANT_ID");
        let (tenant, place) = match (tenant, &login) {
            (Some(given), _) => given,
            (None, Some((login, place))) if tenant_in(login).is_some() => {
                let tenant = tenant_in(login).unwrap_or_default();
                log::warn!("`tenant_id` is not set: taken from the end of {place}");
                (tenant, *place)
            }
            (None, _) => {
                if !self.violations.blames_asset("token_url") {
                    self.missing("tenant_id", "the tenant's id or domain name (or `token_url`)");
                }
                return None;
            }
        };
        // The schema has seen to what stands in the asset.
        if !is_tenant(&tenant) {
            let problem = "expected a tenant's id or domain name: letters, digits, `.` and `-`, found other characters";
            return self.noting_at(place, Err(problem.to_owned()));
        }
        let (login, place) = login?;
        let base = base_of(login, &tenant, place);
        self.noting_at(place, base)
            .map(|base| base.join(&format!("{tenant}/oauth2/v2.0/token")))
    }

    fn login(&mut self) -> Option<(ServiceUrl, Place)> {
        let given = self
            .input
            .login_url
            .take()
            .or_else(|| Some(self.input.cloud?.login_url().to_owned()));
        let (text, place) = match self.or_variable("login_url", given, "AZURE_AUTHORITY_HOST") {
            None => (DEFAULT_LOGIN_URL.to_owned(), Place::Field("login_url")),
            // Azure's SDKs take a host alone too.
            Some((host, place @ Place::Variable(_))) if !host.contains("://") => (format!("https://{host}"), place),
            Some(given) => given,
        };
        let parsed = parse_sign_in(&text, DEFAULT_LOGIN_URL);
        self.noting_at(place, parsed).map(|url| (url, place))
    }
}

/// The sign-in service alone. The tenant may stand at its end too, as portals show an authority; at Microsoft's own hosts
/// nothing else may.
fn base_of(login: ServiceUrl, tenant: &str, place: Place) -> Result<ServiceUrl, String> {
    const EXPECTED: &str = "expected the sign-in service alone, such as `https://login.microsoftonline.com`";
    for end in [
        "oauth2/v2.0/token",
        "oauth2/token",
        "oauth2/v2.0/authorize",
        "oauth2/authorize",
    ] {
        if login.without_end(end).is_some() {
            let cure = "set `token_url` to it instead, with `token` at its end, and leave `login_url` out";
            return Err(format!("{EXPECTED}, found a whole endpoint (`/{end}`); {cure}"));
        }
    }
    let shared = ["common", "organizations", "consumers"].into_iter();
    let shared = shared.filter(|_| is_login_host(login.host()));
    for end in [tenant].into_iter().chain(shared) {
        for end in [format!("{end}/v2.0"), end.to_owned()] {
            if let Some(base) = login.without_end(&end) {
                log::warn!("{place}: left out `/{end}` at its end; the tenant is `{tenant}`");
                return Ok(base);
            }
        }
    }
    if is_login_host(login.host()) && login.path() != "/" {
        return Err(format!(
            "{EXPECTED}, found a path that is not the tenant of `tenant_id`; leave out the one that is wrong"
        ));
    }
    Ok(login)
}

/// The tenant at the end of an authority, where it can be nothing else.
fn tenant_in(login: &ServiceUrl) -> Option<String> {
    let path = login.path().trim_matches('/');
    let tenant = path.strip_suffix("/v2.0").unwrap_or(path);
    let alone = is_login_host(login.host()) && !tenant.is_empty() && !tenant.contains('/');
    alone.then(|| tenant.to_owned())
}

/// The endpoint of version 1 is shown with its version behind it, which it does not need.
fn without_version(url: &str) -> &str {
    let Some((endpoint, query)) = url.split_once('?') else {
        return url;
    };
    let version = |pair: &str| pair.is_empty() || pair.split('=').next() == Some("api-version");
    if !query.split('&').all(version) {
        return url;
    }
    if !query.is_empty() {
        log::warn!("`token_url`: left out `?api-version` at its end, which the endpoint does not need");
    }
    endpoint
}

const WHOLE_ENDPOINT: &str =
    "expected a whole endpoint, such as `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`";

/// The example in a refusal is of the field's own kind.
fn parse_sign_in(url: &str, example: &str) -> Result<ServiceUrl, String> {
    ServiceUrl::parse(url).map_err(|problem| problem.replace(DEFAULT_URL, example))
}
