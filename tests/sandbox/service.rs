//! Where a request is judged: which leg it is on, which fault it takes, what it changes and what it is answered. All of it
//! under one lock, so that what the state shows is exactly what was applied.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::cache::{Copy, GetCache};
use super::defender::{self, Defender, Keep};
use super::delivery::Delivery;
use super::entra::{self, tokens::Tokens};
use super::fault::{Fault, Leg, Merge};
use super::lock;
use super::request::Recorded;
use super::script::{Script, Scripted};
use super::settings::Settings;

/// The services behind the sockets.
pub struct Service {
    /// As chosen before the start.
    pub settings: Settings,
    /// All that changes.
    pub state: Mutex<State>,
}

/// All that changes while the sandbox runs.
#[derive(Default)]
pub struct State {
    /// Entra ID's side.
    pub tokens: Tokens,
    /// Defender's side.
    pub defender: Defender,
    /// What is still to go wrong.
    pub faults: HashMap<Leg, VecDeque<Fault>>,
    /// Every request fully received.
    pub requests: Vec<Recorded>,
    /// What was no request: broken ones, failed handshakes.
    pub complaints: Vec<String>,
    /// Connections to reset at once.
    pub refuse_next: usize,
    /// What the gateway in front has kept.
    pub copy: Option<Copy>,
    /// In place of the services, where set.
    pub script: Option<Script>,
}

/// What a request line leads to.
pub enum Plan {
    /// The services answer.
    Serve(Option<Fault>),
    /// The script answers; `None` where it has no more to say.
    Follow(Option<Box<Scripted>>),
}

impl Plan {
    /// The fault, where there is one.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Serve(fault) => fault.as_ref(),
            Self::Follow(scripted) => scripted.as_ref().and_then(|scripted| scripted.fault.as_ref()),
        }
    }

    /// How long to wait before anything is judged.
    pub fn delay(&self) -> Duration {
        match self.fault() {
            Some(Fault::Delay(time)) => *time,
            _ => Duration::ZERO,
        }
    }
}

impl Service {
    /// Takes the fault or the scripted answer that is this request's, from its first line alone.
    pub fn plan(&self, line: &Recorded) -> Plan {
        let mut state = lock(&self.state);
        if let Some(script) = &mut state.script {
            return Plan::Follow(script.take(line).map(Box::new));
        }
        let leg = self.leg(line);
        Plan::Serve(
            leg.and_then(|leg| state.faults.get_mut(&leg))
                .and_then(VecDeque::pop_front),
        )
    }

    /// Judges a request that was received, and does what it asks.
    pub fn answer(&self, request: &Recorded, plan: Plan) -> Delivery {
        let mut state = lock(&self.state);
        let fault = match plan {
            Plan::Serve(fault) => fault,
            Plan::Follow(scripted) => {
                let script = state.script.get_or_insert_default();
                return script.answer(request, scripted.map(|scripted| *scripted));
            }
        };
        let usual = self.usual(&mut state, request, fault.as_ref());
        match fault {
            Some(fault) => Delivery::faulty(fault, usual),
            None => Delivery::usual(&usual),
        }
    }

    /// Notes what was no request.
    pub fn complain(&self, what: String) {
        let mut state = lock(&self.state);
        if let Some(script) = &mut state.script {
            script.mismatch(what.clone());
        }
        state.complaints.push(what);
    }

    fn usual(&self, state: &mut State, request: &Recorded, fault: Option<&Fault>) -> Answer {
        let (settings, keeps) = (&self.settings, fault.is_none_or(Fault::keeps_change));
        let keep = if keeps { Keep::All } else { Keep::Nothing };
        let State {
            tokens, defender, copy, ..
        } = state;
        if entra::owns(settings, request.path()) {
            return entra::answer(settings, tokens, request, keeps);
        }
        let Some(id) = defender::owns(settings, request.path()) else {
            let mut answer = Answer::new("404 Not Found").body("no such place in the sandbox");
            answer.close = request.wants_close();
            return answer;
        };
        let counted = defender.count(settings, request);
        if let Some(cache) = settings.get_cache {
            let kept = through_cache(cache, copy, request, |read| {
                defender.answer(settings, tokens, read, Ok(()), Keep::All)
            });
            if let Some(answer) = kept.filter(|_| fault.is_none()) {
                return answer;
            }
        }
        match fault {
            Some(Fault::RevokeToken) => {
                tokens.revoke(defender::bearer(request).unwrap_or_default());
                Defender::refuse_token(settings, request)
            }
            Some(Fault::LateVisible { after, .. }) => {
                let number = id.parse().unwrap_or_default();
                let older = defender.incidents.visible(number);
                let before = defender.incidents.current(number).cloned();
                let answer = defender.answer(settings, tokens, request, counted, keep);
                let changed = defender.incidents.current(number) != before.as_ref();
                if let Some(older) = older.filter(|_| changed) {
                    defender.incidents.show_until(Instant::now() + *after, older);
                }
                answer
            }
            Some(Fault::Half { half, .. }) => defender.answer(settings, tokens, request, counted, Keep::Half(*half)),
            Some(Fault::Merged { into, merge, .. }) => {
                let number = id.parse().unwrap_or_default();
                if *merge == Merge::BeforeChange {
                    defender.incidents.merge(number, *into);
                }
                let answer = defender.answer(settings, tokens, request, counted, keep);
                if *merge != Merge::BeforeChange {
                    defender.incidents.merge(number, *into);
                }
                answer
            }
            _ => defender.answer(settings, tokens, request, counted, keep),
        }
    }

    fn leg(&self, line: &Recorded) -> Option<Leg> {
        if entra::owns(&self.settings, line.path()) {
            return Some(Leg::Token);
        }
        defender::owns(&self.settings, line.path())?;
        match line.method.as_str() {
            "PATCH" => Some(Leg::Patch),
            "GET" => Some(Leg::Get),
            _ => None,
        }
    }
}

/// The gateway's answer to a reading, where it has one. What it does not have it asks for: before the first update too, as
/// if somebody had read the incident just then.
fn through_cache(
    cache: GetCache,
    copy: &mut Option<Copy>,
    request: &Recorded,
    ask: impl FnOnce(&Recorded) -> Answer,
) -> Option<Answer> {
    let is_reading = request.method == "GET";
    let kept = copy.as_ref().and_then(|copy| copy.answer(cache));
    if kept.is_some() {
        return kept.filter(|_| is_reading);
    }
    if is_reading || copy.is_none() {
        let reading = Recorded {
            method: "GET".to_owned(),
            body: Vec::new(),
            ..request.clone()
        };
        let fresh = ask(&reading);
        if fresh.status.starts_with("200") {
            *copy = Some(Copy::of(fresh.clone()));
        }
        return is_reading.then_some(fresh);
    }
    None
}
