//! Sign in, send the update, and find out what became of it.

use std::time::{Duration, Instant};

use crate::asset::Asset;
use crate::envelope::Applied;
use crate::error::Error;
use crate::http::{Client, Limits, Sent};
use crate::input::Input;
use crate::refusal;
use crate::sign_in::{self, AccessToken};

/// The time of one run.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    end: Instant,
    connect: Duration,
}

impl Deadline {
    /// Starts now.
    #[must_use]
    pub fn of(asset: &Asset) -> Self {
        Self {
            end: Instant::now() + asset.timing.total,
            connect: asset.timing.connect,
        }
    }

    /// What a request that starts now may take.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            connect: self.connect,
            total: self.end.saturating_duration_since(Instant::now()),
        }
    }
}

/// Delivers one update.
///
/// # Errors
/// [`Error`] with what became of the update.
pub fn deliver(input: &Input) -> Result<Applied, Error> {
    let deadline = Deadline::of(&input.asset);
    let client = Client::new(&input.asset.network);
    let token = access_token(&client, &input.asset, &deadline)?;
    let request = input.action.request(&input.asset.url, token.secret());
    match client.send(&request, deadline.limits()) {
        Ok(answer) if answer.status < 300 && answer.unreadable.is_some() => Err(refusal::unread(answer)),
        Ok(answer) if answer.status < 300 => Ok(Applied {
            answer,
            recovered: None,
        }),
        Ok(answer) => Err(refusal::from_answer(answer)),
        Err(fault) if fault.sent == Sent::Nothing => Err(refusal::unsent(&fault, "the update")),
        Err(fault) => Err(refusal::lost(&fault)),
    }
}

/// Signs in.
///
/// # Errors
/// [`Error`] with Entra ID's own words.
pub fn access_token(client: &Client, asset: &Asset, deadline: &Deadline) -> Result<AccessToken, Error> {
    let ask = asset.sign_in.request();
    match client.send(&ask.request, deadline.limits()) {
        Ok(answer) if answer.status < 300 => AccessToken::from_answer(&answer),
        Ok(answer) => Err(sign_in::from_answer(answer, &ask.credentials)),
        Err(fault) => Err(sign_in::from_fault(&fault, ask.request.host())),
    }
}
