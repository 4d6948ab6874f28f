//! See the library for what this program does.

use std::process::ExitCode;

fn main() -> ExitCode {
    defender_update_incident::process::main()
}
