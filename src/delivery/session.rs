//! One run's talk with the services: a client, a time limit, and a line on the log for every attempt.

use std::time::{Duration, Instant, SystemTime};

use crate::api::Replay;
use crate::asset::Asset;
use crate::delivery::progress::{Progress, Stopped};
use crate::delivery::retry::{self, Decision, Outcome, Situation};
use crate::ground::cleaned::Gate;
use crate::http::{Client, Fault, Limits, Request, Response, wait_asked_for};
use crate::outcome::error::{Error, Name};
use crate::outcome::requests::RequestIds;
use crate::sign_in::token_cache::{TokenCache, Turn};
use crate::sign_in::{self, AccessToken, Step, Via};

/// One run's talk with the services.
pub struct Session<'a> {
    /// Who we are and where to go.
    pub asset: &'a Asset,
    /// How far the run has come.
    pub progress: &'a Progress,
    client: Client<'a>,
    gate: Gate,
    cache: Option<TokenCache>,
    end: Instant,
}

impl<'a> Session<'a> {
    /// Starts the clock, unless the run has started it; nothing is opened yet.
    #[must_use]
    pub fn open(asset: &'a Asset, progress: &'a Progress) -> Self {
        let end = progress.end().unwrap_or_else(|| Instant::now() + asset.timing.total);
        progress.set_end(end);
        Self {
            asset,
            progress,
            client: Client::new(&asset.network),
            gate: gate(asset),
            cache: asset.token_cache(),
            end,
        }
    }

    /// What is left of the time limit.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// What a decision about the next attempt depends on.
    #[must_use]
    pub fn situation(&self, replay: Replay, attempts: u32, token_renewed: bool) -> Situation {
        Situation {
            replay,
            attempts,
            writes: self.progress.writes_of_this(),
            token_renewed,
            time_left: self.time_left(),
            first_wait: self.asset.timing.first_wait,
            random: retry::random(),
        }
    }

    /// Sends a request once that carries this token. It may take half of the time that is left, so that a silent server
    /// leaves room to find out what became of it.
    ///
    /// # Errors
    /// [`Fault`] where no answer came.
    pub fn attempt(&self, what: &str, number: u32, request: &Request, token: &AccessToken) -> Result<Response, Fault> {
        self.attempt_within(what, number, request, token, self.limits())
    }

    /// The same in no more than these limits.
    ///
    /// # Errors
    /// [`Fault`] where no answer came.
    pub fn attempt_within(
        &self,
        what: &str,
        number: u32,
        request: &Request,
        token: &AccessToken,
        limits: Limits,
    ) -> Result<Response, Fault> {
        self.gate.learn(token.secret());
        let Some((client_id, service_id)) = self.asset.api.request_id_fields() else {
            return self.attempt_with(&self.client, what, number, request, limits);
        };
        let client_request_id = request.open_header(client_id).unwrap_or_default();
        let place = self.progress.begin_request(RequestIds {
            method: request.method().to_owned(),
            client_request_id: client_request_id.to_owned(),
            ..RequestIds::default()
        });
        let result = self.attempt_with(&self.client, what, number, request, limits);
        let id = result.as_ref().ok().and_then(|answer| answer.header(service_id));
        let id = id.map(|id| id.to_string());
        log::info!(
            "{what}: attempt {number}: {client_id} {client_request_id}, {service_id} {}",
            id.as_deref().unwrap_or("none")
        );
        if let Ok(answer) = &result {
            self.progress.end_request(place, answer.status, id);
        }
        result
    }

    fn attempt_with(
        &self,
        client: &Client<'_>,
        what: &str,
        number: u32,
        request: &Request,
        limits: Limits,
    ) -> Result<Response, Fault> {
        let started = Instant::now();
        let result = client.send(request, limits, &self.gate);
        let millis = started.elapsed().as_millis();
        let (method, url) = (request.method(), request.url());
        match &result {
            Ok(answer) => {
                // Not the reason: it is a text of the other end's, which may echo what it was sent.
                let status = answer.status;
                log::info!("{what}: {method} {url}: attempt {number}: {status} after {millis} ms");
            }
            Err(fault) => log::info!("{what}: {method} {url}: attempt {number}: {fault} after {millis} ms"),
        }
        result
    }

    /// Starts connecting to the API while the sign-in is under way: the write then finds its connection open.
    pub fn open_ahead(&self) {
        // With the token at hand there is nothing to overlap with.
        if !self.asset.sign_in.can_renew() {
            return;
        }
        self.client.open_ahead(&self.asset.url, self.limits());
    }

    /// How long the next request may take.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            connect: self.asset.timing.connect,
            total: self.time_left() / 2,
        }
    }

    /// Waits before another attempt.
    ///
    /// # Errors
    /// [`Stopped`] as soon as nothing new may be started.
    pub fn pause(&self, what: &str, wait: Duration) -> Result<(), Stopped> {
        log::info!("{what}: again in {} ms", wait.as_millis());
        self.progress.pause(wait)
    }

    /// The token of an earlier run, where one is kept that lasts for a while yet.
    #[must_use]
    pub fn kept_token(&self) -> Option<AccessToken> {
        self.unrefused_token(None)
    }

    fn unrefused_token(&self, refused: Option<&AccessToken>) -> Option<AccessToken> {
        let token = self.cache.as_ref()?.read()?;
        if refused.is_some_and(|refused| refused.is_same(&token)) {
            return None;
        }
        log::info!("sign-in: with the token that an earlier run has kept");
        Some(token)
    }

    /// Has no run use a token again that was refused.
    pub fn discard(&self, refused: &AccessToken) {
        if let Some(cache) = &self.cache {
            cache.discard(refused);
        }
    }

    /// Signs in, or uses the token of another process that is signing in at the same time; but not one that was `refused`,
    /// which a folder that cannot be written to keeps.
    ///
    /// # Errors
    /// [`Error`] with Entra ID's own words.
    pub fn sign_in(&self, refused: Option<&AccessToken>) -> Result<AccessToken, Error> {
        let Some(cache) = &self.cache else {
            return self.sign_in_anew();
        };
        let patience = Instant::now() + LONGEST_TURN.min(self.time_left() / 4);
        loop {
            let turn = cache.turn();
            if let Some(token) = self.unrefused_token(refused) {
                return Ok(token);
            }
            match turn {
                Turn::Others if Instant::now() < patience => {
                    self.progress.pause(LOOK_AGAIN).map_err(|Stopped| self.cancelled())?;
                }
                turn => {
                    if matches!(turn, Turn::Others) {
                        cache.note_wait_in_vain();
                    }
                    let token = self.sign_in_anew()?;
                    cache.write(&token);
                    return Ok(token);
                }
            }
        }
    }

    /// Signs in, again where the failure may pass, and keeps nothing.
    ///
    /// # Errors
    /// [`Error`] with Entra ID's own words.
    pub fn sign_in_anew(&self) -> Result<AccessToken, Error> {
        for attempts in 1.. {
            // Made anew for each attempt: an assertion that was sent before may be refused for it.
            let ask = match self.asset.sign_in.step()? {
                Step::Ready(token) => return Ok(token),
                Step::Ask(ask) => ask,
            };
            ask.credentials
                .iter()
                .for_each(|credential| self.gate.learn(credential));
            self.progress.begin().map_err(|Stopped| self.cancelled())?;
            let asked = SystemTime::now();
            let result = match ask.via {
                Via::Network => {
                    self.attempt_with(&self.client.beside(), "sign-in", attempts, &ask.request, self.limits())
                }
                Via::Direct => {
                    let network = self.asset.network.direct();
                    self.attempt_with(&Client::new(&network), "sign-in", attempts, &ask.request, self.limits())
                }
            };
            let (error, outcome) = match result {
                Ok(answer) if answer.status < 300 => match AccessToken::from_answer(&answer, asked) {
                    Err(error @ Error::Unavailable(_)) => (error, Outcome::TurnedAway(None)),
                    token => return token,
                },
                Ok(answer) => {
                    let wait = wait_asked_for(&answer);
                    let error = sign_in::from_answer(answer, &ask);
                    let passing = matches!(error, Error::Unavailable(_));
                    (
                        error,
                        if passing {
                            Outcome::TurnedAway(wait)
                        } else {
                            Outcome::Refused
                        },
                    )
                }
                Err(fault) => (sign_in::from_fault(&fault, &ask), Outcome::of_fault(&fault)),
            };
            match retry::decide(outcome, &self.situation(Replay::Always, attempts, true)) {
                Decision::Again(wait) => self.pause("sign-in", wait).map_err(|Stopped| self.cancelled())?,
                _ => return Err(error),
            }
        }
        Err(self.cancelled())
    }

    /// What the other end's texts are shown through.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The failure of a run that was asked to stop.
    #[must_use]
    pub fn cancelled(&self) -> Error {
        self.progress.interrupted(Name::Cancelled, CANCELLED)
    }
}

/// Knows what the asset holds; each token request and each token is learned when it is made.
#[must_use]
pub fn gate(asset: &Asset) -> Gate {
    let gate = Gate::default();
    asset
        .network
        .credentials()
        .for_each(|credential| gate.learn(&credential));
    asset
        .sign_in
        .credentials()
        .for_each(|credential| gate.learn(credential));
    gate
}

/// How long another process may take to sign in for this one too.
const LONGEST_TURN: Duration = Duration::from_secs(10);

/// Well below what a sign-in takes.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What a run that was asked to stop says first.
pub const CANCELLED: &str = "the run was asked to stop";
