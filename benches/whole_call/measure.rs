//! The measurements, each in turns where two things are compared.

use std::time::Duration;

use crate::line;
use crate::peers::{self, Peer, SignIn};
use crate::programs::Programs;
use crate::run::{Call, Sample};
use crate::service::{Place, Service};
use crate::stats::Spread;

/// What one peer's runs took, round by round.
pub struct Series {
    pub wall_ms: Vec<f64>,
    pub cpu_ms: Vec<f64>,
    pub peak_mib: Vec<f64>,
}

/// Runs A B C … A B C …, so that a slow moment of the machine meets everybody; the first two rounds are not counted.
pub fn compare(peers: &[Peer], rounds: usize) -> Result<Vec<Option<Series>>, String> {
    let calls: Vec<Option<&Call>> = peers.iter().map(|peer| peer.call.as_ref().ok()).collect();
    let samples = in_turns(&calls, rounds)?;
    let peaks = (0..rounds)
        .map(|_| {
            calls
                .iter()
                .map(|call| call.map(Call::peak_bytes).transpose())
                .collect()
        })
        .collect::<Result<Vec<Vec<Option<u64>>>, String>>()?;
    let series = samples.iter().enumerate().map(|(peer, samples)| {
        samples.as_ref().map(|samples| Series {
            wall_ms: samples.iter().map(|sample| sample.wall.as_secs_f64() * 1e3).collect(),
            cpu_ms: samples.iter().map(|sample| sample.cpu.as_secs_f64() * 1e3).collect(),
            peak_mib: peaks.iter().filter_map(|round| Some(mib(round[peer]?))).collect(),
        })
    });
    Ok(series.collect())
}

fn in_turns(calls: &[Option<&Call>], rounds: usize) -> Result<Vec<Option<Vec<Sample>>>, String> {
    let mut samples: Vec<Option<Vec<Sample>>> = calls.iter().map(|call| call.map(|_| Vec::new())).collect();
    for round in 0..rounds + WARM_UPS {
        for (call, samples) in calls.iter().zip(&mut samples) {
            if let (Some(call), Some(samples)) = (call, samples) {
                let sample = call.run()?;
                if round >= WARM_UPS {
                    samples.push(sample);
                }
            }
        }
    }
    Ok(samples)
}

/// Round trips of a call on a line of 40 ms: what the line adds to the time without it, in units of its round trip.
pub struct RoundTrips {
    pub token_and_write: Spread,
    pub ready_token: Spread,
    /// With a reading before the write.
    pub reading_first: Spread,
    /// The same with a ready token.
    pub ready_token_reading_first: Spread,
    /// CPU time with the reading as a multiple of that without it.
    pub cpu_of_reading_first: Spread,
    /// Values and comment through Microsoft Graph, over one connection.
    pub graph: Spread,
    pub graph_ready_token: Spread,
    /// One request after the other.
    pub curl: Option<Spread>,
}

/// Measures each call behind a relay with a delay and behind one without, in turns.
pub fn round_trips(programs: &Programs, service: &Service, rounds: usize) -> Result<RoundTrips, String> {
    // Each call through Microsoft Graph adds a comment, and no other call may find a longer incident than the one before.
    let commented = Service::start(&programs.sandbox, programs.folder.join("commented-ca.pem"), &[])?;
    let near_and_far = |service: &Service| -> Result<[Place; 2], String> {
        Ok([
            Place::at(line::start(service.address(), Duration::ZERO)?),
            Place::at(line::start(service.address(), ROUND_TRIP)?),
        ])
    };
    let (places, commented_places) = (near_and_far(service)?, near_and_far(&commented)?);
    let both = |call: &dyn Fn(&Place) -> Call| places.each_ref().map(call);
    let ours = |sign_in| both(&|place: &Place| peers::ours(&programs.binary, service, place, sign_in));
    let reading = |sign_in| both(&|place: &Place| peers::ours_reading_first(&programs.binary, service, place, sign_in));
    let curl = programs
        .curl
        .as_ref()
        .ok()
        .map(|curl| both(&|place: &Place| peers::curl_once(curl.clone(), service, place)));
    let through_graph = |sign_in| {
        commented_places
            .each_ref()
            .map(|place| peers::ours_through_graph(&programs.binary, &commented, place, sign_in))
    };
    let pairs = [
        Some(ours(SignIn::Secret)),
        Some(ours(SignIn::ReadyToken)),
        Some(reading(SignIn::Secret)),
        Some(reading(SignIn::ReadyToken)),
        Some(through_graph(SignIn::Secret)),
        Some(through_graph(SignIn::ReadyToken)),
        curl,
    ];
    let calls: Vec<Option<&Call>> = pairs
        .iter()
        .flat_map(|pair| (0..2).map(move |place| pair.as_ref().map(|pair| &pair[place])))
        .collect();
    let samples = in_turns(&calls, rounds)?;
    let trips = |pair: usize| match (&samples[2 * pair], &samples[2 * pair + 1]) {
        (Some(near), Some(far)) => {
            Some(Spread::of(near.iter().zip(far).map(|(near, far)| {
                (far.wall.as_secs_f64() - near.wall.as_secs_f64()) / ROUND_TRIP.as_secs_f64()
            })))
        }
        _ => None,
    };
    let cpu = |call: usize| -> Vec<f64> {
        let samples = samples[call].iter().flatten();
        samples.map(|sample: &Sample| sample.cpu.as_secs_f64()).collect()
    };
    Ok(RoundTrips {
        token_and_write: trips(0).ok_or(NO_RUN)?,
        ready_token: trips(1).ok_or(NO_RUN)?,
        reading_first: trips(2).ok_or(NO_RUN)?,
        ready_token_reading_first: trips(3).ok_or(NO_RUN)?,
        cpu_of_reading_first: Spread::of_ratios(&cpu(4), &cpu(0)),
        graph: trips(4).ok_or(NO_RUN)?,
        graph_ready_token: trips(5).ok_or(NO_RUN)?,
        curl: trips(6),
    })
}

/// The most memory with a large incident, beside the incident's size.
pub struct LargeIncident {
    pub peak_mib: Spread,
    pub bound_mib: f64,
}

/// Updates an incident of 20 MiB.
pub fn large_incident(programs: &Programs) -> Result<LargeIncident, String> {
    let size = LARGE_BYTES.to_string();
    let ca = programs.folder.join("large-ca.pem");
    let service = Service::start(&programs.sandbox, ca, &["--big-incident", &size])?;
    let place = Place::at(service.address().port());
    let call = peers::ours(&programs.binary, &service, &place, SignIn::Secret);
    let peaks = (0..LARGE_ROUNDS)
        .map(|_| call.peak_bytes().map(mib))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(LargeIncident {
        peak_mib: Spread::of(peaks),
        bound_mib: 2.0 * mib(LARGE_BYTES) + 16.0,
    })
}

/// Each round's speed of this binary's whole call, as a share of the speed of `gzip -dc FILE | cat`.
pub fn large_answer(programs: &Programs, rounds: usize) -> Result<Result<Spread, String>, String> {
    let packed = crate::canned::Packed::make(LARGE_BYTES as usize)?;
    let file = programs.folder.join("incident.json.gz");
    std::fs::write(&file, packed.gzip.as_slice()).map_err(|error| error.to_string())?;
    if let Err(why) = &programs.gzip {
        return Ok(Err(why.clone()));
    }
    let gzip = Call {
        program: "/bin/sh".into(),
        args: vec![
            "-c".to_owned(),
            "gzip -dc \"$0\" | cat".to_owned(),
            file.display().to_string(),
        ],
        env: Vec::new(),
        stdin: String::new(),
        success: crate::run::Success::Bytes(packed.plain_bytes),
    };
    let ours = packed.call(&programs.binary)?;
    let samples = in_turns(&[Some(&gzip), Some(&ours)], rounds)?;
    let wall = |peer: usize| -> Vec<f64> {
        samples[peer]
            .iter()
            .flatten()
            .map(|sample: &Sample| sample.wall.as_secs_f64())
            .collect()
    };
    Ok(Ok(Spread::of_ratios(&wall(0), &wall(1))))
}

pub fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1_024.0 * 1_024.0)
}

const NO_RUN: &str = "no run over the line";
const WARM_UPS: usize = 2;
const LARGE_ROUNDS: usize = 3;
const LARGE_BYTES: u64 = 20 * 1_024 * 1_024;
const ROUND_TRIP: Duration = Duration::from_millis(40);
