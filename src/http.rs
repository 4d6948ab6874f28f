//! Requests and answers, and the only folder that names the HTTP crate.

mod ahead;
mod body_length;
mod client;
mod coding;
mod deadline;
mod fault;
mod head;
mod kept;
mod line;
mod lookup;
mod network;
mod passing;
mod request;
mod response;
mod retry_after;
mod road;
mod seen;
mod socket;
mod socks;
mod tls;
mod tls_fault;
mod tls_stream;
mod tls_table;
mod tunnel;

#[cfg(feature = "fuzzing")]
pub(crate) use client::answer_of;
pub use client::{Client, Limits};
pub use fault::{Fault, FaultKind, ProxyRefusal, Sent, TlsFault};
pub use network::{Network, ProxyUrl, ProxyVariables};
pub use request::{Method, Request};
pub use response::Response;
pub use retry_after::wait_asked_for;
pub use tls::{Roots, Tls};
