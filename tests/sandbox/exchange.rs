//! The JSON form of a script: `exchange.json`, an array of `{"request": …, "answer": …}`. An unknown key is an error, so
//! that a typing mistake does not silently weaken a case. `{{origin}}` is for the caller to replace before parsing.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::answer::{Answer, Framing};
use super::base64;
use super::coding::Coding;
use super::fault::Fault;
use super::script::{Expect, Reply, Scripted};

/// Reads the text of an `exchange.json`.
pub fn parse(text: &str) -> Result<Vec<Scripted>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// One element of the array.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    request: RequestText,
    answer: AnswerText,
}

/// At most one of `body`, `json` and `form`; with none of them the body must be empty, unless `any_body` is set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestText {
    method: String,
    path: String,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    absent: Vec<String>,
    body: Option<String>,
    json: Option<Value>,
    form: Option<Map<String, Value>>,
    #[serde(default)]
    any_body: bool,
}

/// At most one of `body`, `json`, `base64` and `raw`, the last being the whole answer, status line and all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerText {
    status: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<String>,
    json: Option<Value>,
    base64: Option<String>,
    raw: Option<String>,
    coding: Option<String>,
    /// Where it is not said, a `Transfer-Encoding: chunked` among the headers says it.
    chunked: Option<bool>,
    /// Neither length nor chunks.
    #[serde(default)]
    until_close: bool,
    #[serde(default)]
    close: bool,
    /// A fault's name in snake_case; `millis`, `at`, `bytes` and `count` are its parameters.
    fault: Option<String>,
    millis: Option<u64>,
    at: Option<usize>,
    bytes: Option<usize>,
    count: Option<usize>,
}

impl<'de> Deserialize<'de> for Scripted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entry = Entry::deserialize(deserializer)?;
        entry.scripted().map_err(serde::de::Error::custom)
    }
}

impl Entry {
    fn scripted(self) -> Result<Scripted, String> {
        let fault = self.answer.fault()?;
        Ok(Scripted {
            expect: self.request.expect()?,
            reply: self.answer.reply()?,
            fault,
        })
    }
}

impl RequestText {
    fn expect(self) -> Result<Expect, String> {
        let form = self.form.map(texts).transpose()?;
        let json = self.json.map(|json| json.to_string());
        let body = match (self.body, json, &form, self.any_body) {
            (Some(text), None, None, false) | (None, Some(text), None, false) => Some(text),
            (None, None, Some(_), false) | (None, None, None, true) => None,
            (None, None, None, false) => Some(String::new()),
            _ => {
                return Err("a request has one of `body`, `json`, `form` and `any_body`".to_owned());
            }
        };
        Ok(Expect {
            any: false,
            method: self.method,
            target: self.path,
            headers: texts(self.headers)?,
            absent_headers: self.absent,
            body: body.map(String::into_bytes),
            form,
        })
    }
}

impl AnswerText {
    fn reply(self) -> Result<Reply, String> {
        let json = self.json.map(|json| json.to_string());
        let decoded = match &self.base64 {
            Some(text) => Some(base64::decode(text).ok_or("`base64` is not base64")?),
            None => None,
        };
        let body = match (self.body, json, decoded, self.raw) {
            (None, None, None, Some(raw)) => return Ok(Reply::Raw(raw.into_bytes())),
            (Some(text), None, None, None) | (None, Some(text), None, None) => text.into_bytes(),
            (None, None, Some(bytes), None) => bytes,
            (None, None, None, None) => Vec::new(),
            _ => {
                return Err("an answer has at most one of `body`, `json`, `base64` and `raw`".to_owned());
            }
        };
        let said = self.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("Transfer-Encoding") && value.eq_ignore_ascii_case("chunked")
        });
        let framing = match (self.until_close, self.chunked.unwrap_or(said)) {
            (true, _) => Framing::UntilClose,
            (false, true) => Framing::Chunked,
            (false, false) => Framing::Length,
        };
        Ok(Reply::Built(Answer {
            status: self.status.unwrap_or_else(|| "200 OK".to_owned()),
            headers: self.headers,
            body,
            coding: coding(self.coding.as_deref())?,
            framing,
            close: self.close,
        }))
    }

    fn fault(&self) -> Result<Option<Fault>, String> {
        let Some(name) = self.fault.as_deref() else {
            return Ok(None);
        };
        let missing = |what: &str| format!("the fault `{name}` needs `{what}`");
        let time = || self.millis.map(Duration::from_millis).ok_or_else(|| missing("millis"));
        let at = || self.at.ok_or_else(|| missing("at"));
        let bytes = || self.bytes.ok_or_else(|| missing("bytes"));
        Ok(Some(match name {
            "delay" => Fault::Delay(time()?),
            "close_before_read" => Fault::CloseBeforeRead,
            "reset_before_read" => Fault::ResetBeforeRead,
            "reset_after_read" => Fault::ResetAfterRead,
            "reset_after_change" => Fault::ResetAfterChange,
            "close_after_change" => Fault::CloseAfterChange,
            "hang_before_change" => Fault::HangBeforeChange,
            "hang_after_change" => Fault::HangAfterChange,
            "cut_answer" => Fault::CutAnswer { at: at()? },
            "cut_before_change" => Fault::CutBeforeChange { at: at()? },
            "drip_answer" => Fault::DripAnswer { every: time()? },
            "endless_headers" => Fault::EndlessHeaders,
            "endless_body" => Fault::EndlessBody,
            "endless_100" => Fault::Endless100,
            "many_headers" => Fault::ManyHeaders(self.count.ok_or_else(|| missing("count"))?),
            "big_header" => Fault::BigHeader(bytes()?),
            "bomb" => Fault::Bomb {
                coding: coding(self.coding.as_deref())?,
                decoded_bytes: bytes()?,
            },
            _ => return Err(format!("unknown fault `{name}`")),
        }))
    }
}

fn coding(name: Option<&str>) -> Result<Coding, String> {
    Ok(match name {
        None | Some("identity") => Coding::Identity,
        Some("gzip") => Coding::Gzip,
        Some("x-gzip") => Coding::XGzip,
        Some("gzip, gzip") => Coding::GzipTwice,
        Some("deflate") => Coding::DeflateZlib,
        Some("raw-deflate") => Coding::DeflateRaw,
        Some("transfer-gzip") => Coding::TransferGzip,
        Some(name) => return Err(format!("unknown coding `{name}`")),
    })
}

fn texts(map: Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    map.into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text)),
            _ => Err(format!("`{name}` must be a string")),
        })
        .collect()
}
