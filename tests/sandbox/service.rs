//! Where a request is judged: which leg it is on, which fault it takes, what it changes and what it is answered. All of it
//! under one lock, so that what the state shows is exactly what was applied.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::api::{Api, Call, Keep, Used, bearer};
use super::cache::{Copy, GetCache};
use super::defender;
use super::delivery::Delivery;
use super::entra::{self, tokens::Tokens};
use super::fault::{Fault, Leg, Merge};
use super::graph;
use super::incidents::Incidents;
use super::lock;
use super::request::Recorded;
use super::script::{Script, Scripted};
use super::settings::Settings;

/// The services behind the sockets.
pub(crate) struct Service {
    /// As chosen before the start.
    pub settings: Settings,
    /// All that changes.
    pub state: Mutex<State>,
}

/// All that changes while the sandbox runs.
#[derive(Default)]
pub(crate) struct State {
    /// Entra ID's side.
    pub tokens: Tokens,
    /// The incidents, which both APIs hold.
    pub incidents: Incidents,
    /// Of Defender's quotas.
    pub defender: Used,
    /// Of Graph's quotas.
    pub graph: Used,
    /// Graph's ids of requests.
    pub seen: graph::Seen,
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
pub(crate) enum Plan {
    /// The services answer.
    Serve(Option<Fault>),
    /// The script answers; `None` where it has no more to say.
    Follow(Option<Box<Scripted>>),
}

impl Plan {
    /// The fault, where there is one.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Serve(fault) => fault.as_ref(),
            Self::Follow(scripted) => scripted.as_ref().and_then(|scripted| scripted.fault.as_ref()),
        }
    }

    /// How long to wait before anything is judged.
    pub(crate) fn delay(&self) -> Duration {
        match self.fault() {
            Some(Fault::Delay(time)) => *time,
            Some(Fault::DelayUntil(then)) => then.saturating_duration_since(Instant::now()),
            _ => Duration::ZERO,
        }
    }
}

impl Service {
    /// Takes the fault or the scripted answer that is this request's, from its first line alone.
    pub(crate) fn plan(&self, line: &Recorded) -> Plan {
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
    pub(crate) fn answer(&self, request: &Recorded, plan: Plan) -> Delivery {
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
    pub(crate) fn complain(&self, what: String) {
        let mut state = lock(&self.state);
        if let Some(script) = &mut state.script {
            script.mismatch(what.clone());
        }
        state.complaints.push(what);
    }

    fn usual(&self, state: &mut State, request: &Recorded, fault: Option<&Fault>) -> Answer {
        let (settings, keeps) = (&self.settings, fault.is_none_or(Fault::keeps_change));
        if entra::owns(settings, request.path()) {
            return entra::answer(settings, &mut state.tokens, request, keeps);
        }
        let Some(asked) = self.asked(request) else {
            let mut answer = Answer::new("404 Not Found").body("no such place in the sandbox");
            answer.close = request.wants_close();
            return answer;
        };
        let used = match asked.api {
            Api::Defender => &mut state.defender,
            Api::Graph => &mut state.graph,
        };
        let counted = used.count(settings, request);
        let has_fresh_id = asked.api == Api::Defender || state.seen.has_fresh_id(request);
        let State {
            tokens,
            incidents,
            copy,
            ..
        } = state;
        if let Some(cache) = settings.get_cache {
            let kept = through_cache(cache, copy, request, asked.place(request), |read| {
                let call = Call {
                    settings,
                    tokens,
                    request: read,
                    counted: Ok(()),
                    has_fresh_id: true,
                    keep: Keep::All,
                };
                asked.api.answer(&call, incidents)
            });
            if let Some(answer) = kept.filter(|_| fault.is_none()) {
                return answer;
            }
        }
        if fault == Some(&Fault::RevokeToken) {
            tokens.revoke(bearer(request).unwrap_or_default());
            return asked.api.refuse_token(settings, request);
        }
        let keep = match fault {
            Some(Fault::Half { half, .. }) => Keep::Half(*half),
            _ if keeps => Keep::All,
            _ => Keep::Nothing,
        };
        let call = Call {
            settings,
            tokens,
            request,
            counted,
            has_fresh_id,
            keep,
        };
        asked.answer(&call, incidents, fault)
    }

    /// Whose incident a request is about, and which.
    fn asked(&self, line: &Recorded) -> Option<Asked> {
        let of = |api, id: &str| Asked {
            api,
            number: id.parse().unwrap_or_default(),
        };
        let defender = defender::owns(&self.settings, line.path()).map(|id| of(Api::Defender, id));
        defender.or_else(|| graph::owns(&self.settings, line.path()).map(|(id, _)| of(Api::Graph, id)))
    }

    fn leg(&self, line: &Recorded) -> Option<Leg> {
        if entra::owns(&self.settings, line.path()) {
            return Some(Leg::Token);
        }
        self.asked(line)?;
        match line.method.as_str() {
            "PATCH" => Some(Leg::Patch),
            "POST" => Some(Leg::Comment),
            "GET" => Some(Leg::Get),
            _ => None,
        }
    }
}

impl Api {
    fn answer(self, call: &Call, incidents: &mut Incidents) -> Answer {
        match self {
            Self::Defender => defender::answer(call, incidents),
            Self::Graph => graph::answer(call, incidents),
        }
    }

    fn refuse_token(self, settings: &Settings, request: &Recorded) -> Answer {
        match self {
            Self::Defender => defender::refuse_token(settings, request),
            Self::Graph => graph::refuse_token(settings, request),
        }
    }
}

/// The incident that a request is about.
struct Asked {
    api: Api,
    /// 0 where it is no number.
    number: u64,
}

impl Asked {
    /// The answer, and what else happens to the incident at that moment.
    fn answer(&self, call: &Call, incidents: &mut Incidents, fault: Option<&Fault>) -> Answer {
        let number = self.number;
        match fault {
            Some(Fault::LateVisible { after, .. }) => {
                let older = incidents.visible(number);
                let before = incidents.current(number).cloned();
                let answer = self.api.answer(call, incidents);
                let changed = incidents.current(number) != before.as_ref();
                if let Some(older) = older.filter(|_| changed) {
                    incidents.show_until(Instant::now() + *after, older);
                }
                answer
            }
            Some(Fault::Merged { into, merge, .. }) => {
                if *merge == Merge::BeforeChange {
                    incidents.merge(number, *into);
                }
                let answer = self.api.answer(call, incidents);
                if *merge != Merge::BeforeChange {
                    incidents.merge(number, *into);
                }
                answer
            }
            _ => self.api.answer(call, incidents),
        }
    }

    /// Where the incident is read that a request is about.
    fn place(&self, request: &Recorded) -> String {
        let path = request.path();
        match self.api {
            Api::Defender => path.to_owned(),
            Api::Graph => path.strip_suffix("/comments").unwrap_or(path).to_owned(),
        }
    }
}

/// The gateway's answer to a reading of the incident at `place`, where it has one. What it does not have it asks for: before the first update too, as
/// if somebody had read the incident just then.
fn through_cache(
    cache: GetCache,
    copy: &mut Option<Copy>,
    request: &Recorded,
    place: String,
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
            target: place,
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
