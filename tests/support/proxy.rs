//! Proxies for tests: CONNECT over http or https, with or without a password, and SOCKS5. Each notes what it was asked.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a proxy speaks.
#[derive(Clone)]
pub enum Speaks {
    Http,
    Https,
    Socks5,
}

/// A running proxy; its threads end with the test's process.
pub struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    pub ca_pem: String,
}

trait Stream: Read + Write + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn tcp(&self) -> &TcpStream {
        &self.sock
    }
}

impl Proxy {
    /// Starts one. With `credentials` (`user:password`) it lets nobody else through.
    pub fn start(speaks: Speaks, credentials: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let key = rcgen::KeyPair::generate().expect("ring makes keys");
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("the name is ASCII");
        let certificate = params.self_signed(&key).expect("it can be signed");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has suites")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).expect("rcgen writes PKCS#8"),
            )
            .expect("the key belongs to the certificate");
        let config = Arc::new(config);
        let (notes, credentials) = (Arc::clone(&asked), credentials.map(str::to_owned));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (notes, credentials, config, speaks) = (
                    Arc::clone(&notes),
                    credentials.clone(),
                    Arc::clone(&config),
                    speaks.clone(),
                );
                thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
                    match speaks {
                        Speaks::Http => connect(stream, &notes, credentials.as_deref()),
                        Speaks::Https => {
                            let tls = ServerConnection::new(config).ok()?;
                            connect(StreamOwned::new(tls, stream), &notes, credentials.as_deref())
                        }
                        Speaks::Socks5 => socks5(stream, &notes, credentials.as_deref()),
                    }
                });
            }
        });
        Self {
            address,
            asked,
            ca_pem: certificate.pem(),
        }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The targets it was asked for, whether it let them through or not.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no thread panicked").clone()
    }
}

fn connect(mut stream: impl Stream, notes: &Mutex<Vec<String>>, credentials: Option<&str>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let target = head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
    notes.lock().expect("no thread panicked").push(target.clone());
    let expected = credentials.map(|text| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text)));
    let given = head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: "));
    if expected.is_some() && given != expected.as_deref() {
        stream
            .write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
            )
            .ok()?;
        return stream.flush().ok();
    }
    let upstream = TcpStream::connect(target.replace("localhost", "127.0.0.1")).ok()?;
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    stream.flush().ok()?;
    pump(stream, upstream)
}

/// SOCKS5 (RFC 1928) with a password (RFC 1929) or none.
fn socks5(mut stream: TcpStream, notes: &Mutex<Vec<String>>, credentials: Option<&str>) -> Option<()> {
    let methods = exact(&mut stream, 2).and_then(|head| exact(&mut stream, usize::from(head[1])))?;
    let wanted = if credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&wanted) {
        stream.write_all(&[5, 0xff]).ok()?;
        return None;
    }
    stream.write_all(&[5, wanted]).ok()?;
    if let Some(expected) = credentials {
        let name = exact(&mut stream, 2).and_then(|head| exact(&mut stream, usize::from(head[1])))?;
        let password = exact(&mut stream, 1).and_then(|head| exact(&mut stream, usize::from(head[0])))?;
        let given = format!(
            "{}:{}",
            String::from_utf8(name).ok()?,
            String::from_utf8(password).ok()?
        );
        let right = given == expected;
        stream.write_all(&[1, u8::from(!right)]).ok()?;
        if !right {
            return None;
        }
    }
    let head = exact(&mut stream, 4)?;
    let host = match head[3] {
        1 => exact(&mut stream, 4)?
            .iter()
            .map(u8::to_string)
            .collect::<Vec<_>>()
            .join("."),
        3 => exact(&mut stream, 1)
            .and_then(|length| exact(&mut stream, usize::from(length[0])))
            .map(|name| String::from_utf8_lossy(&name).into_owned())?,
        _ => return None,
    };
    let port = exact(&mut stream, 2).map(|port| u16::from_be_bytes([port[0], port[1]]))?;
    let target = format!("{host}:{port}");
    notes.lock().expect("no thread panicked").push(target.clone());
    let upstream = TcpStream::connect(target.replace("localhost", "127.0.0.1")).ok()?;
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
    pump(stream, upstream)
}

fn exact(stream: &mut TcpStream, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// Carries bytes both ways until one side ends. One thread, since a TLS stream cannot be shared by two.
fn pump(mut client: impl Stream, mut server: TcpStream) -> Option<()> {
    let turn = Some(Duration::from_millis(3));
    client.tcp().set_read_timeout(turn).ok()?;
    server.set_read_timeout(turn).ok()?;
    let mut buffer = [0; 16_384];
    loop {
        for to_server in [true, false] {
            let read = if to_server {
                client.read(&mut buffer)
            } else {
                server.read(&mut buffer)
            };
            match read {
                Ok(0) => return Some(()),
                Ok(length) if to_server => server.write_all(&buffer[..length]).ok()?,
                Ok(length) => client.write_all(&buffer[..length]).and_then(|()| client.flush()).ok()?,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return None,
            }
        }
    }
}
