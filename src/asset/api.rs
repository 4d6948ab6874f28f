//! Which API, and its base: the asset's word and the host of its `url` have to say the same. The API is never changed for
//! another one afterwards.

use super::reader::Reader;
use crate::asset::input::AssetInput;
use crate::ground::api::{Answer, Api, is_without_incidents};
use crate::ground::cloud::{Cloud, is_portal};
use crate::ground::service_url::ServiceUrl;

impl AssetInput {
    /// The API that the asset means, whatever else may be wrong with it.
    #[must_use]
    pub fn api(&self) -> Api {
        let by_host = || Api::of_host(&ServiceUrl::parse(self.url.as_deref()?).ok()?);
        self.api.or_else(by_host).unwrap_or_default()
    }
}

impl Reader<'_> {
    /// The API and its base.
    pub(super) fn api(&mut self) -> (Api, Option<ServiceUrl>) {
        let (api, given) = (self.input.api(), self.input.url.take());
        let said = self.input.api.is_some();
        // Whoever asks later finds no URL to tell it by.
        self.input.api = Some(api);
        let Some(text) = given else {
            let url = self.input.cloud.unwrap_or(Cloud::Public).url_of(api);
            return (api, self.url("url", url));
        };
        let Some(url) = self.url("url", &text) else {
            return (api, None);
        };
        match Api::of_host(&url) {
            Some(of_host) if said && of_host != api => {
                let (found, host) = (api.word(), of_host.word());
                self.blame(
                    "api",
                    format!(
                        "expected `{host}`, as `url` is of that API, found `{found}`; leave out the one that is wrong"
                    ),
                );
                return (api, None);
            }
            Some(_) if is_without_incidents(&url) => {
                let problem = "expected a cloud whose Microsoft Graph has incidents, found one where it has none";
                self.blame("url", problem);
                return (api, None);
            }
            _ => {}
        }
        if is_portal(url.host()) {
            let problem = format!(
                "expected the API's address, such as `{}`, found the portal's, which people open in a browser",
                Cloud::Public.url_of(api)
            );
            self.blame("url", problem);
            return (api, None);
        }
        let url = without_own_path(url, api.incidents_path());
        let base = match api {
            Api::Defender => Some(url),
            Api::Graph => self.graph_base(url),
        };
        (api, base)
    }

    /// At Microsoft's own hosts nothing but a version may stand behind them, and this program speaks one.
    fn graph_base(&mut self, url: ServiceUrl) -> Option<ServiceUrl> {
        if Api::of_host(&url).is_some() && url.path() != "/" {
            let problem = "expected the base alone, such as `https://graph.microsoft.com`, found a path behind it; version 1.0 is what is called";
            self.blame("url", problem);
            return None;
        }
        Some(url)
    }

    /// In whose keys and words the incident comes out.
    pub(super) fn answer(&mut self, api: Api) -> Answer {
        let answer = self.input.answer.unwrap_or_default();
        if answer == Answer::Graph && api == Api::Defender {
            let problem =
                "expected `defender`, as that is the API, found `graph`; set `api` to `graph`, or leave this out";
            self.blame("answer", problem);
        }
        answer
    }
}

/// The API's own path begins every call, so that one at the end of the base is there twice.
fn without_own_path(url: ServiceUrl, incidents: &str) -> ServiceUrl {
    // The address of one incident is what a person has at hand.
    let last = url.path().rsplit('/').next().unwrap_or_default();
    let one = format!("{incidents}/{last}");
    let is_one = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let one = is_one.then_some(one.as_str());
    // All of it, or as much as ends with one of its words.
    let ends = incidents.match_indices('/').filter_map(|(end, _)| incidents.get(..end));
    for end in one.into_iter().chain([incidents]).chain(ends.rev()) {
        if let Some(base) = url.without_end(end) {
            log::warn!("`url`: left out `/{end}` at its end, which every call has in its own path");
            return base;
        }
    }
    url
}
