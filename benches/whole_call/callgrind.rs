//! Instructions by part, from what callgrind wrote. A function belongs to the part that its name tells; what has no part of
//! its own, such as copying memory, goes to those who called it, in proportion to what each call cost. So the parts add up
//! to the total, which is of all threads.

use std::collections::HashMap;

/// What the instructions of a call are spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    StartUp,
    Schema,
    Rsa,
    KeyExchange,
    Hashing,
    TlsRest,
    Json,
    Rest,
}

impl Part {
    pub const ALL: [Self; 8] = [
        Self::StartUp,
        Self::Schema,
        Self::Rsa,
        Self::KeyExchange,
        Self::Hashing,
        Self::TlsRest,
        Self::Json,
        Self::Rest,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::StartUp => "start-up: C library, Rust runtime, threads, settings, logging",
            Self::Schema => "schema check",
            Self::Rsa => "TLS: RSA signatures checked",
            Self::KeyExchange => "TLS: X25519",
            Self::Hashing => "TLS: hashing, key schedule, AEAD",
            Self::TlsRest => "TLS: certificates and the protocol",
            Self::Json => "JSON read and written",
            Self::Rest => "the rest: HTTP, sockets, values",
        }
    }

    /// `None` where the name tells nothing.
    fn of(function: &str) -> Option<Self> {
        PARTS
            .iter()
            .find(|(_, words)| words.iter().any(|word| fits(function, word)))
            .map(|(part, _)| *part)
    }
}

/// The first that fits counts; `^` stands for the name's beginning, which is where C has its prefixes.
const PARTS: [(Part, &[&str]); 8] = [
    (
        Part::KeyExchange,
        &["x25519", "curve25519", "fiat_25519", "^fe_", "^ge_", "^table_select"],
    ),
    (
        Part::Hashing,
        &[
            "sha256",
            "sha512",
            "gcm",
            "ghash",
            "aes_",
            "aesni",
            "chacha",
            "poly1305",
            "hkdf",
            "hmac",
            "ring::digest",
            "ring::aead",
        ],
    ),
    (
        Part::Rsa,
        &[
            "__bn_",
            "^bn_",
            "_mont",
            "LIMBS_",
            "ring::rsa",
            "ring::arithmetic",
            "ring::limb",
        ],
    ),
    (
        Part::TlsRest,
        &["rustls", "webpki", "ring::", "ring_core", "untrusted", "http::tls"],
    ),
    (Part::Schema, &["schema", "contract::check", "regex"]),
    (Part::Json, &["serde", "strict_json", "envelope"]),
    (
        Part::StartUp,
        &[
            "(below main)",
            "^_dl_",
            "^__libc_",
            "cpu_features",
            "^intel_",
            "^init_cacheinfo",
            "^handle_intel",
            "tunable",
            "std::rt::",
            "lang_start",
            "std::thread",
            "^start_thread",
            "^pthread_create",
            "^allocate_stack",
            "env_logger",
            "::logging::",
            "::settings::",
            "signal_hook",
            "::process::",
        ],
    ),
    (
        Part::Rest,
        &[
            "ureq",
            "http::",
            "httparse",
            "defender_update_incident",
            "getaddrinfo",
            "std::net",
            "flate2",
            "miniz",
        ],
    ),
];

fn fits(function: &str, word: &str) -> bool {
    word.strip_prefix('^')
        .map_or_else(|| function.contains(word), |prefix| function.starts_with(prefix))
}

/// What callgrind wrote of one run.
#[derive(Default)]
pub struct Profile {
    names: Vec<String>,
    own: Vec<f64>,
    /// Caller, called, and what the call cost with all that it called.
    calls: Vec<(usize, usize, f64)>,
}

impl Profile {
    /// Reads the text of a `callgrind.out` file.
    pub fn parse(text: &str) -> Self {
        let mut profile = Self::default();
        let mut known = HashMap::new();
        let (mut caller, mut called, mut is_call) = (0, 0, false);
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("fn=") {
                caller = profile.function(&mut known, name);
            } else if let Some(name) = line.strip_prefix("cfn=") {
                called = profile.function(&mut known, name);
            } else if line.starts_with("calls=") {
                is_call = true;
            } else if line.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c)) {
                let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok()).unwrap_or(0.0);
                if is_call {
                    profile.calls.push((caller, called, cost));
                } else if let Some(own) = profile.own.get_mut(caller) {
                    *own += cost;
                }
                is_call = false;
            }
        }
        profile
    }

    /// Names come as `(7) name` once and as `(7)` from then on.
    fn function<'a>(&mut self, known: &mut HashMap<&'a str, usize>, text: &'a str) -> usize {
        let (number, name) = text.split_once(' ').unwrap_or((text, ""));
        *known.entry(number).or_insert_with(|| {
            self.names.push(name.to_owned());
            self.own.push(0.0);
            self.names.len() - 1
        })
    }

    /// All instructions.
    pub fn total(&self) -> f64 {
        self.own.iter().sum()
    }

    /// Instructions of each part, in the order of [`Part::ALL`].
    pub fn parts(&self) -> [f64; Part::ALL.len()] {
        let shares = self.shares();
        let mut parts = [0.0; Part::ALL.len()];
        for (own, share) in self.own.iter().zip(&shares) {
            for (part, share) in parts.iter_mut().zip(share) {
                *part += own * share;
            }
        }
        parts
    }

    /// Which share of each function belongs to which part.
    fn shares(&self) -> Vec<[f64; Part::ALL.len()]> {
        let whole = |part| Part::ALL.map(|one| f64::from(u8::from(one == part)));
        let named: Vec<Option<Part>> = self.names.iter().map(|name| Part::of(name)).collect();
        let mut shares: Vec<_> = named.iter().map(|part| whole(part.unwrap_or(Part::Rest))).collect();
        // Each pass carries the parts one call deeper; helpers call helpers, but no chain of them is this long.
        for _ in 0..LONGEST_CHAIN {
            let mut sums = vec![[0.0; Part::ALL.len()]; shares.len()];
            for (caller, called, cost) in &self.calls {
                if caller != called && named[*called].is_none() {
                    for (sum, share) in sums[*called].iter_mut().zip(&shares[*caller]) {
                        *sum += share * cost;
                    }
                }
            }
            for (share, sum) in shares.iter_mut().zip(sums) {
                let total: f64 = sum.iter().sum();
                if total > 0.0 {
                    *share = sum.map(|sum| sum / total);
                }
            }
        }
        shares
    }

    /// The functions with the most instructions of their own, for those who look for what to save.
    pub fn largest(&self, count: usize) -> Vec<(&str, f64)> {
        let mut all: Vec<_> = self
            .names
            .iter()
            .map(String::as_str)
            .zip(self.own.iter().copied())
            .collect();
        all.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        all.truncate(count);
        all
    }
}

const LONGEST_CHAIN: usize = 30;
