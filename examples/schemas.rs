//! Rewrites `schemas/` from the Rust types: `cargo run --example schemas`.

use std::path::Path;

use defender_update_incident::schema::Kind;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for (kind, name) in [
        (Kind::Input, "update_incident.input.json"),
        (Kind::Output, "update_incident.output.json"),
    ] {
        std::fs::write(folder.join(name), format!("{:#}\n", kind.generate()))?;
    }
    Ok(())
}
