//! A service that repeats everything it was ever sent, and the tokens it hands out, in every part of one of its answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use super::codings::{Coding, within_json};

/// Which answer repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    SignedIn,
    SignInRefused,
    SignInRefusedByAnother,
    SignInRefusedByAPage,
    SignInRedirected,
    /// A gateway's 503 around a good answer.
    SignInFails,
    Updated,
    UpdateRefused,
    /// A redirect, whose target repeats it.
    UpdateRedirected,
    UpdateRefusedByAPage,
    UpdateCodedOddly,
    /// 401, with the reasons in fields of the head.
    Challenged,
    /// After an interim answer, in chunks with extensions and trailers.
    InChunks,
    /// The update's answer is lost, and the reading shows another incident's words.
    ReadBack,
    /// `--read`: whose comment it is.
    Read,
    /// `only_if`: the state that it is in.
    NotMet,
    Proxy,
    ProxyWantsAnother,
    ProxyRedirects,
    ProxyTalks,
    ProxySpeaksNoHttp,
    Token,
    /// Through Microsoft Graph: the values, and the list of comments.
    GraphUpdated,
    GraphRefused,
    /// The values are set, and the comment is refused.
    GraphCommentRefused,
    GraphRead,
}

impl Place {
    /// Where it stands in a service's data.
    pub(crate) fn is_an_incident(self) -> bool {
        matches!(
            self,
            Self::Updated | Self::ReadBack | Self::Read | Self::NotMet | Self::GraphUpdated | Self::GraphRead
        )
    }

    pub(crate) fn is_graphs(self) -> bool {
        matches!(
            self,
            Self::GraphUpdated | Self::GraphRefused | Self::GraphCommentRefused | Self::GraphRead
        )
    }

    pub(crate) fn is_proxys(self) -> bool {
        matches!(
            self,
            Self::Proxy | Self::ProxyWantsAnother | Self::ProxyRedirects | Self::ProxyTalks | Self::ProxySpeaksNoHttp
        )
    }
}

/// One run's service.
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    place: Place,
    codings: Vec<Coding>,
    token: String,
    secrets: Mutex<Vec<String>>,
    /// Those that were handed out and that nothing repeats: they hold all the others.
    handed_out: Mutex<Vec<String>>,
    echoed: AtomicUsize,
    stopped: AtomicBool,
}

impl Echo {
    pub(crate) fn start(place: Place, codings: &[Coding], token: &str, secrets: &[String]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let shared = Arc::new(Shared {
            place,
            codings: codings.to_vec(),
            token: token.to_owned(),
            secrets: Mutex::new(secrets.to_vec()),
            handed_out: Mutex::default(),
            echoed: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let serving = Arc::clone(&serving);
                thread::spawn(move || serving.serve(stream));
            }
        });
        Self { address, shared }
    }

    /// How many answers repeated them, and all that there were.
    pub(crate) fn stop(self) -> (usize, Vec<String>) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        TcpStream::connect(self.address).ok();
        let mut secrets = self.shared.secrets.lock().expect("no thread panicked").clone();
        secrets.extend(
            self.shared
                .handed_out
                .lock()
                .expect("no thread panicked")
                .iter()
                .cloned(),
        );
        (self.shared.echoed.load(Ordering::SeqCst), secrets)
    }
}

/// What is answered.
struct Answer {
    status: &'static str,
    headers: Vec<(String, String)>,
    body: String,
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let request = read(&mut stream)?;
        self.note(&request);
        let Some(answer) = self.answer(&request) else {
            // The update whose answer is lost: the connection just ends.
            return None;
        };
        let echoes = self.echoes_in(&request);
        let reason = if echoes {
            self.all(|text| in_head(&text))
        } else {
            String::new()
        };
        let mut head = format!("HTTP/1.1 {} {reason}\r\n", answer.status);
        let mut headers = answer.headers;
        if echoes {
            self.echoed.fetch_add(1, Ordering::SeqCst);
            headers.extend(self.echoing_headers());
        }
        if echoes && self.place == Place::ProxySpeaksNoHttp {
            return stream.write_all(self.all(|text| text).as_bytes()).ok();
        }
        if echoes && self.place == Place::InChunks {
            return self.write_in_chunks(&mut stream, &head, &headers, &answer.body);
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!(
            "Date: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            httpdate::fmt_http_date(std::time::SystemTime::now()),
            answer.body.len()
        ));
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(answer.body.as_bytes()).ok()
    }

    fn echoes_in(&self, request: &str) -> bool {
        let (sign_in, update, comment, reading) = (
            is_sign_in(request),
            request.starts_with("PATCH"),
            is_comment(request),
            request.starts_with("GET /api") || request.starts_with("GET /v1.0"),
        );
        match self.place {
            Place::SignedIn
            | Place::SignInRefused
            | Place::SignInRefusedByAnother
            | Place::SignInRefusedByAPage
            | Place::SignInRedirected
            | Place::SignInFails => sign_in,
            Place::Token => sign_in,
            Place::GraphUpdated => update || comment,
            Place::GraphCommentRefused => comment,
            Place::GraphRead => reading,
            Place::Updated
            | Place::GraphRefused
            | Place::UpdateRedirected
            | Place::UpdateRefused
            | Place::UpdateRefusedByAPage
            | Place::UpdateCodedOddly
            | Place::Challenged
            | Place::InChunks => update,
            Place::ReadBack | Place::Read | Place::NotMet => reading,
            place => place.is_proxys() && request.starts_with("CONNECT"),
        }
    }

    /// Assertions are made for each request, so they are known once they came.
    fn note(&self, request: &str) {
        let mut secrets = self.secrets.lock().expect("no thread panicked");
        for field in request.split(['&', '\n']) {
            if let Some(coded) = field.strip_prefix("client_assertion=") {
                let assertion = percent_encoding::percent_decode_str(coded)
                    .decode_utf8_lossy()
                    .into_owned();
                if !secrets.contains(&assertion) {
                    secrets.push(assertion);
                }
            }
        }
    }

    fn all(&self, form: impl Fn(String) -> String) -> String {
        let secrets = self.secrets.lock().expect("no thread panicked");
        let each =
            |coding: &Coding| -> Vec<String> { secrets.iter().map(|secret| form(coding.apply(secret))).collect() };
        self.codings.iter().flat_map(each).collect::<Vec<String>>().join(" , ")
    }

    /// The inside of a string of JSON: what is coded so already stands in it as it is.
    fn all_in_json(&self) -> String {
        let secrets = self.secrets.lock().expect("no thread panicked");
        let one = |coding: &Coding, secret: &String| {
            let coded = coding.apply(secret);
            if coding.is_json() { coded } else { within_json(&coded) }
        };
        let each = |coding: &Coding| -> Vec<String> { secrets.iter().map(|secret| one(coding, secret)).collect() };
        self.codings.iter().flat_map(each).collect::<Vec<String>>().join(" , ")
    }

    fn echoing_headers(&self) -> Vec<(String, String)> {
        let secrets = self.secrets.lock().expect("no thread panicked").clone();
        let mut headers = vec![
            ("Server".to_owned(), self.all(|text| in_head(&text))),
            (
                "Content-Type".to_owned(),
                format!("text/x; {}", self.all(|text| in_head(&text))),
            ),
            (
                "Set-Cookie".to_owned(),
                format!("session={}; Path=/", self.all(|text| in_head(&text))),
            ),
            (
                "WWW-Authenticate".to_owned(),
                format!("Bearer error=\"x\", claims=\"{}\"", self.all(|text| in_head(&text))),
            ),
            ("Retry-After".to_owned(), self.all(|text| in_head(&text))),
            ("Connection".to_owned(), self.all(|text| in_head(&text))),
        ];
        let coded = self
            .codings
            .iter()
            .flat_map(|coding| secrets.iter().map(|secret| coding.apply(secret)));
        for coded in coded {
            headers.push(("X-Echo".to_owned(), in_head(&coded)));
            if coded.len() < 1_000
                && coded
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
            {
                headers.push((coded, "as a name".to_owned()));
            }
        }
        headers
    }

    fn answer(&self, request: &str) -> Option<Answer> {
        let here = self.echoes_in(request);
        let json = |status, body: &Value| Answer {
            status,
            headers: vec![],
            body: body.to_string(),
        };
        if request.starts_with("CONNECT") {
            return Some(self.proxys_answer());
        }
        if is_sign_in(request) {
            return Some(self.token_answer(here));
        }
        if request.starts_with("PATCH") && self.place == Place::ReadBack {
            return None;
        }
        let mut page = Answer {
            status: "403",
            headers: vec![],
            body: format!("<html><title>No</title>\r\n{}</html>", self.all(|text| text)),
        };
        if self.place == Place::UpdateCodedOddly && here {
            page.status = "200";
            page.headers
                .push(("Content-Encoding".to_owned(), self.all(|text| in_head(&text))));
        }
        if self.place.is_graphs() {
            return Some(self.with_own_escapes(self.graphs_answer(request, here)));
        }
        let answer = match self.place {
            Place::UpdateRedirected if here => Answer {
                status: "307",
                headers: vec![(
                    "Location".to_owned(),
                    format!("https://gateway.example/?{}", self.all(|text| in_head(&text))),
                )],
                body: String::new(),
            },
            Place::UpdateRefusedByAPage | Place::UpdateCodedOddly if here => page,
            Place::Challenged if here => json("401", &Value::Null),
            Place::UpdateRefused | Place::InChunks if here => {
                let message = self.in_json();
                json(
                    "400",
                    &json!({"error": {"code": message, "message": message, "target": message}}),
                )
            }
            Place::Updated | Place::ReadBack | Place::Read | Place::NotMet if here => {
                let mut incident = incident();
                let text = self.in_json();
                incident["comments"][0]["createdBy"] = text.clone().into();
                if self.place == Place::NotMet {
                    incident["status"] = text.clone().into();
                }
                incident["displayName"] = text.clone().into();
                incident["tags"] = json!([text, {"deep": text}]);
                incident[&text] = json!({&text: {&text: 1}});
                json("200", &incident)
            }
            _ => json("200", &incident()),
        };
        Some(self.with_own_escapes(answer))
    }

    fn graphs_answer(&self, request: &str, here: bool) -> Answer {
        let text = self.in_json();
        let comments = json!([
            {"comment": "closed by playbook 7", "createdByDisplayName": "x", "createdDateTime": "2031-01-01T00:00:00Z"},
        ]);
        let mut incident = json!({
            "id": "552", "lastUpdateDateTime": "2024-09-05T07:20:44Z", "status": "resolved", "customTags": ["seen"],
            "comments": comments,
        });
        let mut list = json!({"value": comments});
        let mut status = "200";
        if here && matches!(self.place, Place::GraphRefused | Place::GraphCommentRefused) {
            status = "400";
            let inner = json!({"request-id": text, "date": text, "code": text});
            incident = json!({"error": {"code": text, "message": text, "target": text, "innerError": inner}});
            list = incident.clone();
        } else if here {
            list["value"][0]["createdByDisplayName"] = text.clone().into();
            list[&text] = text.clone().into();
            incident["comments"] = list["value"].clone();
            incident["displayName"] = text.clone().into();
            incident["determination"] = text.clone().into();
            if self.place == Place::GraphRead {
                incident["customTags"] = json!([text, {"deep": text}]);
            }
            incident[&text] = json!({&text: {&text: 1}});
        }
        Answer {
            status,
            headers: if here {
                vec![("request-id".to_owned(), self.all(|text| in_head(&text)))]
            } else {
                vec![]
            },
            body: if is_comment(request) { list } else { incident }.to_string(),
        }
    }

    /// A text for a JSON string, which is put in afterwards.
    fn in_json(&self) -> String {
        PUT_IN_LATER.to_owned()
    }

    fn with_own_escapes(&self, mut answer: Answer) -> Answer {
        answer.body = answer.body.replace(PUT_IN_LATER, &self.all_in_json());
        answer
    }

    /// A proxy's words: the page is longer than what is shown of it, and so are the fields.
    fn proxys_answer(&self) -> Answer {
        let text = || self.all(|text| in_head(&text));
        let (status, headers) = match self.place {
            Place::ProxyWantsAnother => ("407", vec![("Proxy-Authenticate".to_owned(), text())]),
            Place::ProxyRedirects => (
                "302",
                vec![
                    (
                        "Location".to_owned(),
                        format!("http://portal.example/{}?{}", "x".repeat(150), text()),
                    ),
                    (
                        "X-Squid-Error".to_owned(),
                        format!("ERR {} {}", "x".repeat(170), text()),
                    ),
                ],
            ),
            Place::ProxyTalks => ("200", vec![]),
            _ => ("407", vec![]),
        };
        let lead = if self.place == Place::Proxy {
            ""
        } else {
            "<p>It cannot be.</p> "
        };
        let page = self.all(|text| text);
        Answer {
            status,
            headers,
            body: format!("{lead}{page} {} {page}", "and ".repeat(40)),
        }
    }

    fn write_in_chunks(
        &self,
        stream: &mut TcpStream,
        head: &str,
        headers: &[(String, String)],
        body: &str,
    ) -> Option<()> {
        let text = self.all(|text| in_head(&text));
        let fields: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let (one, other) = body.split_at(1);
        let answer = format!(
            "HTTP/1.1 103 {text}\r\nLink: {text}\r\n\r\n{head}{fields}Date: Tue, 31 Dec 2030 23:59:59 GMT\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
             {:x};x=\"{text}\"\r\n{one}\r\n{:x}\r\n{other}\r\n0\r\nX-Trailer: {text}\r\n\r\n",
            one.len(),
            other.len()
        );
        stream.write_all(answer.as_bytes()).ok()
    }

    fn token_answer(&self, here: bool) -> Answer {
        let good = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": self.token, "refresh_token": self.token, "text": self.in_json()});
        let answer = |status, body: String| Answer {
            status,
            headers: vec![],
            body,
        };
        let fragment = format!(
            "/#access_token={}&x={}",
            percent_encoding::utf8_percent_encode(&self.token, percent_encoding::NON_ALPHANUMERIC),
            self.all(|text| in_head(&text))
        );
        let given = match self.place {
            Place::SignInRefused if here => {
                let text = self.in_json();
                let refusal = json!({
                    "error": "invalid_client", "error_description": format!("AADSTS7000215: {text}"), "error_codes": [7_000_215],
                    "trace_id": text, "correlation_id": text, "timestamp": text, "error_uri": text, "suberror": text, "message": text,
                    "access_token": self.token, text.clone(): text, "more": {"id_token": self.token},
                });
                answer("400", refusal.to_string())
            }
            Place::SignInRefusedByAnother if here => answer("403", good.to_string()),
            Place::SignInFails if here => {
                let mut fails = answer("503", good.to_string());
                // Longer than the run may take, so that it is asked once.
                fails.headers.push(("Retry-After".to_owned(), "600".to_owned()));
                fails
            }
            Place::SignInRefusedByAPage if here => answer(
                "403",
                format!(
                    "<p>access_token={} {}",
                    percent_encoding::utf8_percent_encode(&self.token, percent_encoding::NON_ALPHANUMERIC),
                    self.all(|text| text)
                ),
            ),
            Place::SignInRedirected if here => {
                let mut redirect = answer("302", good.to_string());
                redirect.headers.push(("Location".to_owned(), fragment));
                redirect
            }
            Place::Token => answer(
                "200",
                json!({"token_type": "Bearer", "expires_in": 3599, "access_token": self.readable_token()}).to_string(),
            ),
            _ => answer("200", good.to_string()),
        };
        self.with_own_escapes(given)
    }

    /// A token in whose claims the service repeats what it was sent.
    fn readable_token(&self) -> String {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let text = self.all(|text| text);
        let claims = json!({"aud": text, "roles": [text], "scp": text});
        let token = format!("e30.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims.to_string()));
        self.handed_out.lock().expect("no thread panicked").push(token.clone());
        token
    }
}

fn incident() -> Value {
    json!({"incidentId": 552, "lastUpdateTime": "2024-09-05T07:20:44Z", "status": "Resolved", "tags": ["seen"], "comments": [
        {"comment": "closed by playbook 7", "createdTime": "2031-01-01T00:00:00Z"},
    ]})
}

fn is_sign_in(request: &str) -> bool {
    request.starts_with("POST") && !is_comment(request) || request.starts_with("GET /msi")
}

fn is_comment(request: &str) -> bool {
    request.starts_with("POST /v1.0/")
}

/// A header field has no line breaks.
fn in_head(text: &str) -> String {
    // Folded lines stay.
    text.replace("\r\n ", "\0")
        .replace(['\r', '\n'], "")
        .replace('\0', "\r\n ")
}

fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 8_192];
        let length = stream.read(&mut chunk).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text.replace("\r\n\r\n", "\n"));
            }
        }
    }
}

const PUT_IN_LATER: &str = "put-in-later";
