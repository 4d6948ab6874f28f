//! Content codings, right and odd, as servers send them.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

/// How a body is packed, and so which headers speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coding {
    /// As it is, without a `Content-Encoding`.
    #[default]
    Identity,
    /// `Content-Encoding: gzip`
    Gzip,
    /// `Content-Encoding: x-gzip`, gzip's old name.
    XGzip,
    /// `Content-Encoding: gzip, gzip`: packed twice.
    GzipTwice,
    /// `Content-Encoding: deflate` as RFC 9110 has it: zlib.
    DeflateZlib,
    /// `Content-Encoding: deflate` as some servers send it: raw, without zlib's header.
    DeflateRaw,
    /// `Transfer-Encoding: gzip, chunked`: the transfer is packed, not the content.
    TransferGzip,
}

impl Coding {
    /// The value of `Content-Encoding`.
    pub fn label(self) -> Option<&'static str> {
        match self {
            Self::Identity | Self::TransferGzip => None,
            Self::Gzip => Some("gzip"),
            Self::XGzip => Some("x-gzip"),
            Self::GzipTwice => Some("gzip, gzip"),
            Self::DeflateZlib | Self::DeflateRaw => Some("deflate"),
        }
    }

    /// The body packed.
    pub fn encode(self, body: &[u8]) -> Vec<u8> {
        self.encode_padded(body, body.len())
    }

    /// The body with spaces after it up to `total` bytes, packed without ever holding it whole.
    pub fn encode_padded(self, body: &[u8], total: usize) -> Vec<u8> {
        match self {
            Self::Identity => {
                let mut plain = body.to_vec();
                plain.resize(total.max(body.len()), b' ');
                plain
            }
            Self::Gzip | Self::XGzip | Self::TransferGzip => {
                let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
                pour(&mut packer, body, total);
                packer.finish().expect("a Vec takes every byte")
            }
            Self::GzipTwice => Self::Gzip.encode(&Self::Gzip.encode_padded(body, total)),
            Self::DeflateZlib => {
                let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
                pour(&mut packer, body, total);
                packer.finish().expect("a Vec takes every byte")
            }
            Self::DeflateRaw => {
                let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
                pour(&mut packer, body, total);
                packer.finish().expect("a Vec takes every byte")
            }
        }
    }

    /// What Defender picks for a client's `Accept-Encoding`: deflate where offered, else nothing.
    pub fn negotiate(accept_encoding: Option<&str>) -> Self {
        if offers(accept_encoding, "deflate") {
            Self::DeflateZlib
        } else {
            Self::Identity
        }
    }

    /// What Graph picks: gzip where offered, else nothing.
    pub fn negotiate_gzip(accept_encoding: Option<&str>) -> Self {
        if offers(accept_encoding, "gzip") {
            Self::Gzip
        } else {
            Self::Identity
        }
    }
}

fn offers(accept_encoding: Option<&str>, coding: &str) -> bool {
    accept_encoding.unwrap_or_default().split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts.any(|weight| weight.replace(' ', "").trim_end_matches(['0', '.']) == "q=");
        name.eq_ignore_ascii_case(coding) && !refused
    })
}

fn pour(packer: &mut impl Write, body: &[u8], total: usize) {
    packer.write_all(body).expect("a Vec takes every byte");
    let block = [b' '; 65_536];
    let mut left = total.saturating_sub(body.len());
    while left > 0 {
        let piece = left.min(block.len());
        packer.write_all(&block[..piece]).expect("a Vec takes every byte");
        left -= piece;
    }
}
