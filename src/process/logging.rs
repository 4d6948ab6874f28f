//! Logs go to stderr: warnings, or what `RUST_LOG` asks for. The crates' most detailed level dumps requests and answers,
//! so it is left out at compile time (the features of `log` in Cargo.toml), where no setting can bring it back.

use std::io::Write;

/// Starts logging.
pub fn start() {
    env_logger::Builder::new()
        .parse_filters(&crate::ground::environment::log_filter())
        .format(|out, record| writeln!(out, "{} {}: {}", record.level(), record.target(), record.args()))
        .init();
}
