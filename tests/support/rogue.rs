//! Servers that do on the wire whatever a test tells them, over plain TCP or TLS: what a stand-in for a service does not.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use serde_json::{Value, json};

/// How connections are made.
#[derive(Clone, Copy, Debug)]
pub enum Speaks {
    Plain,
    Tls,
    /// TLS of one version that asks for a client certificate.
    MutualTls(&'static SupportedProtocolVersion),
    /// TLS 1.3 that asks for one, and goes from its first connection without a word once a request has come.
    LostWords,
    /// TLS that asks for one from its second connection on.
    MutualTlsLater,
}

/// A running server; its threads end with the test's process.
pub struct Rogue {
    pub port: u16,
    pub ca_pem: String,
    heads: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    scheme: &'static str,
}

/// One connection to it.
pub struct Line {
    /// Which one, from 0 on.
    pub number: usize,
    stream: Stream,
    heads: Arc<Mutex<Vec<String>>>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Rogue {
    /// Serves each connection on a thread of its own.
    pub fn start(speaks: Speaks, act: impl Fn(&mut Line) -> Option<()> + Send + Sync + 'static) -> Self {
        Self::serve(speaks, act, true)
    }

    /// Serves one connection after the other.
    pub fn one_at_a_time(speaks: Speaks, act: impl Fn(&mut Line) -> Option<()> + Send + Sync + 'static) -> Self {
        Self::serve(speaks, act, false)
    }

    fn serve(speaks: Speaks, act: impl Fn(&mut Line) -> Option<()> + Send + Sync + 'static, in_parallel: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let (ca_pem, config, lenient) = tls(speaks);
        let (heads, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (notes, count, act) = (Arc::clone(&heads), Arc::clone(&connections), Arc::new(act));
        thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                let number = {
                    let mut count = count.lock().expect("no thread panicked");
                    *count += 1;
                    *count - 1
                };
                let is_first_of =
                    |kind| number == 0 && std::mem::discriminant(&speaks) == std::mem::discriminant(&kind);
                let loses = is_first_of(Speaks::LostWords);
                let config = if is_first_of(Speaks::MutualTlsLater) {
                    &lenient
                } else {
                    &config
                };
                let (act, notes, config) = (Arc::clone(&act), Arc::clone(&notes), config.clone());
                let serve = move || {
                    tcp.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
                    // What is said has left before the end does: a reset takes along what waits for an acknowledgement.
                    tcp.set_nodelay(true).ok()?;
                    let stream = match config {
                        None => Stream::Plain(tcp),
                        Some(config) if loses => return go_without_a_word(ServerConnection::new(config).ok()?, tcp),
                        Some(config) => {
                            let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, tcp);
                            // The handshake, so that what a test does comes after it.
                            while stream.conn.is_handshaking() {
                                if stream.conn.complete_io(&mut stream.sock).is_err() {
                                    // What was said of why is to arrive before the end does.
                                    std::io::copy(&mut stream.sock, &mut std::io::sink()).ok();
                                    return None;
                                }
                            }
                            Stream::Tls(Box::new(stream))
                        }
                    };
                    act(&mut Line {
                        number,
                        stream,
                        heads: notes,
                    })
                };
                if in_parallel {
                    thread::spawn(serve);
                } else {
                    serve();
                }
            }
        });
        Self {
            port,
            ca_pem,
            heads,
            connections,
            scheme: if matches!(speaks, Speaks::Plain) {
                "http"
            } else {
                "https"
            },
        }
    }

    pub fn origin(&self) -> String {
        let host = if self.scheme == "http" {
            "127.0.0.1"
        } else {
            "localhost"
        };
        format!("{}://{host}:{}", self.scheme, self.port)
    }

    /// An asset that leads here.
    pub fn asset(&self) -> Value {
        let mut asset = json!({
            "url": self.origin(),
            "access_token": "eyJ-not-real.eyJ-not-real.not-real",
            "retry_wait_secs": 0.01,
            "settle_secs": 0.1,
            "timeout_secs": 20,
        });
        if !self.ca_pem.is_empty() {
            asset["ca_certificate"] = json!(self.ca_pem);
        }
        asset
    }

    /// The first lines of the requests that came whole.
    pub fn requests(&self) -> Vec<String> {
        let heads = self.heads.lock().expect("no thread panicked");
        heads
            .iter()
            .map(|head| head.lines().next().unwrap_or_default().to_owned())
            .collect()
    }

    /// How many of them were of this method.
    pub fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|line| line.starts_with(method)).count()
    }

    pub fn connections(&self) -> usize {
        *self.connections.lock().expect("no thread panicked")
    }
}

impl Line {
    /// Reads a head and nothing of a body.
    pub fn head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        String::from_utf8(head).ok()
    }

    /// Reads a whole request, and notes it: its head and its body.
    pub fn request(&mut self) -> Option<(String, String)> {
        let head = self.head()?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("Content-Length")
                .then(|| value.trim().parse().ok())?
        });
        let mut body = vec![0; length.unwrap_or(0)];
        self.read_exact(&mut body)?;
        self.heads.lock().expect("no thread panicked").push(head.clone());
        Some((head, String::from_utf8_lossy(&body).into_owned()))
    }

    pub fn read_exact(&mut self, bytes: &mut [u8]) -> Option<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.read_exact(bytes).ok(),
            Stream::Tls(stream) => stream.read_exact(bytes).ok(),
        }
    }

    pub fn say(&mut self, bytes: impl AsRef<[u8]>) -> Option<()> {
        let bytes = bytes.as_ref();
        match &mut self.stream {
            Stream::Plain(stream) => stream.write_all(bytes).ok(),
            Stream::Tls(stream) => stream.write_all(bytes).and_then(|()| stream.flush()).ok(),
        }
    }

    /// Says goodbye as TLS wants it, where it is spoken.
    pub fn goodbye(&mut self) -> Option<()> {
        if let Stream::Tls(stream) = &mut self.stream {
            stream.conn.send_close_notify();
            stream.conn.complete_io(&mut stream.sock).ok()?;
        }
        Some(())
    }

    /// Has the end of the connection be a reset.
    pub fn reset(&mut self) -> Option<()> {
        let tcp = match &self.stream {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(stream) => &stream.sock,
        };
        // What was sent is to arrive first.
        thread::sleep(Duration::from_millis(100));
        socket2::SockRef::from(tcp).set_linger(Some(Duration::ZERO)).ok()
    }

    /// Carries bytes both ways, up to the end of what comes back.
    pub fn carry(&mut self, mut other: TcpStream) -> Option<()> {
        let Stream::Plain(tcp) = &mut self.stream else {
            return None;
        };
        let (mut from, mut to) = (tcp.try_clone().ok()?, other.try_clone().ok()?);
        thread::spawn(move || std::io::copy(&mut from, &mut to));
        let carried = std::io::copy(&mut other, tcp);
        // Both, since the thread holds the connection too.
        tcp.shutdown(std::net::Shutdown::Both).ok()?;
        carried.ok().map(|_| ())
    }

    /// Waits until the other end has gone, or for twenty seconds.
    pub fn wait_for_end(&mut self) -> Option<()> {
        let mut byte = [0];
        while self.read_exact(&mut byte).is_some() {}
        Some(())
    }
}

/// Shakes hands up to where the client's certificate would be looked at, waits for its request, and resets.
fn go_without_a_word(mut tls: ServerConnection, mut tcp: TcpStream) -> Option<()> {
    while !tls.wants_write() {
        tls.read_tls(&mut tcp).ok()?;
        tls.process_new_packets().ok()?;
    }
    while tls.wants_write() {
        tls.write_tls(&mut tcp).ok()?;
    }
    // The end of the handshake is a hundred bytes, and a request is twice that and more.
    let mut came = 0;
    while came < 250 {
        came += tcp.read(&mut [0; 4096]).ok().filter(|amount| *amount > 0)?;
    }
    socket2::SockRef::from(&tcp).set_linger(Some(Duration::ZERO)).ok()
}

/// The CA, how connections are made, and how they are made of those of whom nothing is asked.
fn tls(speaks: Speaks) -> (String, Option<Arc<ServerConfig>>, Option<Arc<ServerConfig>>) {
    let version: &[&SupportedProtocolVersion] = match speaks {
        Speaks::Plain => return (String::new(), None, None),
        Speaks::Tls => rustls::DEFAULT_VERSIONS,
        Speaks::MutualTls(version) => &[version],
        Speaks::LostWords | Speaks::MutualTlsLater => &[&rustls::version::TLS13],
    };
    let ca_key = rcgen::KeyPair::generate().expect("ring makes keys");
    let mut ca = rcgen::CertificateParams::new(Vec::new()).expect("no name is no wrong one");
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).expect("it can be signed");
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().expect("ring makes keys");
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("the name is ASCII");
    let certificate = params.signed_by(&key, &issuer).expect("it can be signed");
    let config = |asks: bool| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(version)
            .expect("ring has suites");
        let builder = if asks {
            let mut roots = RootCertStore::empty();
            roots.add(ca_certificate.der().clone()).expect("it is a CA's");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("it has a root"))
        } else {
            builder.with_no_client_auth()
        };
        let config = builder.with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("rcgen writes PKCS#8"),
        );
        Some(Arc::new(config.expect("the key belongs to the certificate")))
    };
    let asks = !matches!(speaks, Speaks::Tls);
    (ca_certificate.pem(), config(asks), config(false))
}
