//! A large answer that was packed beforehand, over plain http on loopback, so that no work of a server's is timed with the
//! client's: what is left is reading, decoding, checking and writing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::run::{Call, Success};

/// An incident, packed as `gzip` packs it by itself.
pub struct Packed {
    pub gzip: Arc<Vec<u8>>,
    pub plain_bytes: usize,
}

impl Packed {
    /// An incident of at least so many bytes. No two of its alerts are alike, as copies would unpack faster than anything real.
    pub fn make(bytes: usize) -> Result<Self, String> {
        let mut incident: Value = serde_json::from_str(include_str!("../../tests/sandbox/incident_552.json"))
            .map_err(|error| error.to_string())?;
        let alert = incident["alerts"][0].clone();
        let copies = bytes.div_ceil(alert.to_string().len());
        let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
        incident["alerts"] = (0..copies).map(|_| varied(&alert, &mut noise)).collect();
        let plain = incident.to_string();
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        let packed = packer.write_all(plain.as_bytes()).and_then(|()| packer.finish());
        Ok(Self {
            gzip: Arc::new(packed.map_err(|error| error.to_string())?),
            plain_bytes: plain.len(),
        })
    }

    /// Starts a server of this answer that lasts as long as this process, and returns the call that asks it.
    pub fn call(&self, binary: &Path) -> Result<Call, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        let body = Arc::clone(&self.gzip);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let body = Arc::clone(&body);
                // A client that is gone is missed by its own check.
                thread::spawn(move || answer(client, &body).ok());
            }
        });
        let input = json!({
            "asset": {"url": format!("http://127.0.0.1:{port}"), "access_token": "a.token.not-real"},
            "path_parameters": {"id": 552},
            "json_body": {"status": "Resolved"},
        });
        Ok(Call {
            program: binary.to_path_buf(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: input.to_string(),
            success: Success::Envelope,
        })
    }
}

fn answer(client: TcpStream, body: &[u8]) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line)? > 2 {
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
        line.clear();
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    let mut client = client;
    write!(
        client,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    )?;
    client.write_all(body)
}

/// The same keys; hexadecimal digits and numbers of its own in every text.
fn varied(value: &Value, noise: &mut Noise) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), varied(value, noise)))
            .collect(),
        Value::Array(list) => list.iter().map(|value| varied(value, noise)).collect(),
        Value::String(text) => text
            .chars()
            .map(|c| if c.is_ascii_hexdigit() { noise.digit() } else { c })
            .collect::<String>()
            .into(),
        other => other.clone(),
    }
}

/// xorshift64: the same bytes on every machine.
struct Noise(u64);

impl Noise {
    fn digit(&mut self) -> char {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        char::from_digit((self.0 >> 32) as u32 & 0xF, 16).unwrap_or('0')
    }
}
