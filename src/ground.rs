//! The ground that everything else stands on: values that know nothing of the rooms above them.

pub mod api;
pub mod cleaned;
pub mod clock;
pub mod cloud;
pub mod der;
pub mod encoding;
pub mod environment;
pub mod format;
pub mod guid;
pub mod host;
pub mod json;
pub mod no_proxy;
pub mod pem;
pub mod secret;
pub mod service_url;
pub mod spelling;
pub mod text;
pub mod time;
