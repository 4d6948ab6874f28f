//! Logs go to stderr: warnings, or what `RUST_LOG` asks for. They are this program's own alone: other crates' lines hold what
//! came over a connection, which nobody has cleaned. Their most detailed level, which dumps requests and answers, is left
//! out at compile time besides (the features of `log` in Cargo.toml).

use std::io::Write;

use log::{Log, Metadata, Record};

/// Takes this program's records, and those of nobody else.
struct OwnAlone(env_logger::Logger);

/// Starts logging.
pub fn start() {
    let logger = env_logger::Builder::new()
        .parse_filters(&crate::ground::environment::log_filter())
        .format(|out, record| writeln!(out, "{} {}: {}", record.level(), record.target(), record.args()))
        .build();
    let most = logger.filter();
    // It fails only where there is a logger already.
    if log::set_boxed_logger(Box::new(OwnAlone(logger))).is_ok() {
        log::set_max_level(most);
    }
}

impl Log for OwnAlone {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_own(metadata.target()) && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if is_own(record.target()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

fn is_own(target: &str) -> bool {
    target.split("::").next() == Some(env!("CARGO_CRATE_NAME"))
}
